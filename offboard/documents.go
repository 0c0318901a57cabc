package offboard

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/practicekit/offboarding/nimbus"
)

// disposeDocuments recognises the orphaned folder, finds the filed history in
// it, and keeps, archives or deletes it (R18 to R20, I2, I4).
func (p practice) disposeDocuments(policy Policy, removal string) Step {
	info := StepInfo{Name: StepDisposeDocuments, Does: "keep the orphaned folder", Rule: "R13, R18",
		Needs: []string{StepConfirmRemoved}, Scope: PerClient}
	switch policy.Documents.folder() {
	case folderArchive:
		info.Does, info.Rule = "delete the orphaned folder, which archives its files", "R19, I2, I4"
	case folderDelete:
		info.Does, info.Rule = "delete the orphaned folder and its files for good", "R20, I2, I4"
	}
	if policy.Documents.folder() != folderKeep {
		info.Destructive = true
		info.Needs = append(disposalNeeds(removal), StepConfirmRemoved)
	}
	return Step{
		StepInfo: info, Check: p.checkDocuments, Apply: p.applyDocuments,
	}
}

func (p practice) checkDocuments(ctx context.Context, v View) (Verdict, error) {
	disposal := v.Spec.Policy.Documents.folder()
	needed := map[folderDisposal][]nimbus.Capability{
		folderKeep:    {nimbus.CapabilityFoldersRead},
		folderArchive: {nimbus.CapabilityFoldersRead, nimbus.CapabilityFoldersArchive, nimbus.CapabilityArchiveRead},
		folderDelete:  {nimbus.CapabilityFoldersRead, nimbus.CapabilityFoldersDelete},
	}
	able, err := p.offers(ctx, v, needed[disposal]...)
	switch {
	case err != nil:
		return Verdict{}, err
	case (!able || v.Facts.Snapshot.Nimbus == "") && disposal == folderKeep:
		return Verdict{State: Skipped, Rule: "R18", Reason: "kept by policy; not looked at, since Nimbus does not offer the folders",
			Kept: []Kept{{What: "folder", ID: v.Entity.Code, Rule: "R18", Why: "orphaned folders can be left as they are"}}}, nil
	}
	if disposal != folderKeep {
		if verdict, err := p.mayDispose(ctx, v); err != nil || verdict.State != "" {
			return verdict, err
		}
	}
	if !able || v.Facts.Snapshot.Nimbus == "" {
		return p.documentsByHand(v, disposal)
	}
	folder, documents, err := p.orphan(ctx, v)
	switch {
	case err != nil:
		return Verdict{}, err
	case folder == nil:
		return p.noFolder(ctx, v, disposal)
	}
	if stranger := v.stranger(documents); stranger != "" && disposal != folderKeep {
		return blocked("I2, I10", "the orphaned folder holds document %s, which was not there when the scope was approved: move it elsewhere", stranger)
	}
	if i := slices.IndexFunc(documents, func(d nimbus.Document) bool { return d.Locked || d.CheckedOut }); i >= 0 && disposal != folderKeep {
		return blocked("P10, R19", "document %s is locked or checked out: have it freed first", documents[i].ID)
	}
	filed, err := p.findFiled(ctx, v, documents)
	if err != nil {
		return Verdict{}, err
	}
	recognised := Disposal{Folder: folder.ID, Documents: len(documents), History: filed}
	if disposal == folderKeep {
		return keptFolder(v, *folder, recognised), nil
	}
	if verdict, err := p.stillLeft(ctx, v, disposal); err != nil || verdict.State != "" {
		return verdict, err
	}
	if last := v.Facts.Disposal; last != nil && last.Folder == folder.ID {
		recognised.Documents = max(recognised.Documents, last.Documents) // part of it may be gone already
	}
	verdict := Verdict{State: Todo, Target: string(folder.ID), Reason: fmt.Sprintf("%s %s", disposal, plural(len(documents), "file"))}
	verdict.Facts.Disposal = &recognised
	return verdict, nil
}

// mayDispose proves, just before, that the account has the edition that the
// policy names (I4). That retention dates have passed the specification's
// Validate has shown when the run began.
func (p practice) mayDispose(ctx context.Context, v View) (Verdict, error) {
	edition, _, ask, err := p.edition(ctx, v)
	if err != nil || ask.State != "" {
		return ask, err
	}
	if want := v.Spec.Policy.Documents.Edition(); edition != want {
		return blocked("I4", "the account's edition is %s by now, and the policy is for %s: the same button does something else there", edition, want)
	}
	return Verdict{}, nil
}

// stillLeft reads the client in XPM by itself, just before its documents are
// deleted for good: a list that serves many clients is enough for what can be
// restored.
func (p practice) stillLeft(ctx context.Context, v View, disposal folderDisposal) (Verdict, error) {
	if disposal != folderDelete || v.Facts.Snapshot.XPM == "" || p.XPM.Clients == nil {
		return Verdict{}, nil
	}
	read := func() (upstreamState, error) { return p.getXPM(ctx, v.Facts.Snapshot.XPM) }
	if v.Spec.Source == SourceXPMField {
		read = func() (upstreamState, error) { return p.upstreamField(ctx, v) }
	}
	state, err := read()
	if err != nil || state.gone {
		return Verdict{}, err
	}
	return blocked("I2, I11", "what took the client out of Nimbus was undone in XPM: its documents are not deleted")
}

// orphan finds the orphaned folder of the client by its code, with or without
// the seven digits of P1, and by the documents in it (I2). It is nil where no
// folder of that code holds any of the client's documents.
func (p practice) orphan(ctx context.Context, v View) (*nimbus.Folder, []nimbus.Document, error) {
	folders, err := p.Nimbus.Folders.List(ctx, nimbus.FolderFilter{Kind: nimbus.FolderOrphaned, Code: v.Entity.Code})
	if err != nil {
		return nil, nil, err
	}
	for _, f := range folders {
		if !isOrphanOf(v.Entity.Code, f.Code) {
			continue
		}
		documents, err := p.Nimbus.Documents.List(ctx, f.ID)
		if err != nil {
			return nil, nil, err
		}
		if slices.ContainsFunc(documents, v.known) {
			return &f, documents, nil
		}
	}
	return nil, nil, nil
}

// isOrphanOf reports whether an orphaned folder of this code may be the client's:
// the code is the client's, with or without seven digits behind it (P1).
func isOrphanOf(client, folder string) bool {
	client, folder = codeKey(client), codeKey(folder)
	digits, ok := strings.CutPrefix(folder, client)
	return ok && (digits == "" || len(digits) == 7 && strings.Trim(digits, "0123456789") == "")
}

// stranger is a document that is neither in the snapshot nor a filed history.
func (v View) stranger(documents []nimbus.Document) nimbus.DocumentID {
	for _, d := range documents {
		if !v.known(d) {
			return d.ID
		}
	}
	return ""
}

// known reports whether a document is in the snapshot or a filed history.
func (v View) known(d nimbus.Document) bool {
	return slices.Contains(v.Facts.Snapshot.Documents, d.ID) || v.isHistory(d)
}

// isHistory reports whether a document is a copy of an export: one that is proved
// to be filed, or whose filing was not known to have been done.
func (v View) isHistory(d nimbus.Document) bool {
	if slices.Contains(v.filedDocuments(), d.ID) {
		return true
	}
	h := v.Facts.History
	return h != nil && d.SHA256 != "" && (d.SHA256 == h.SHA256 || slices.Contains(h.Earlier, d.SHA256))
}

// findFiled reports whether the filed history is among the documents with its
// digest: by its bytes where Nimbus offers downloads, else by what it states (R3).
func (p practice) findFiled(ctx context.Context, v View, documents []nimbus.Document) (bool, error) {
	filed := v.Facts.Filed
	if filed == nil {
		return false, nil
	}
	i := slices.IndexFunc(documents, func(d nimbus.Document) bool {
		return d.SHA256 == filed.SHA256() || d.SHA256 == "" && slices.Contains(filed.Documents, d.ID) && d.Name == filed.Name
	})
	if i < 0 {
		return false, nil
	}
	able, err := p.offers(ctx, v, nimbus.CapabilityDocumentsDownload)
	if err != nil || !able {
		return err == nil && documents[i].SHA256 != "", err
	}
	return p.downloadHas(ctx, documents[i].ID, filed.SHA256())
}

func keptFolder(v View, folder nimbus.Folder, d Disposal) Verdict {
	if filed := v.Facts.Filed; filed != nil && len(filed.Documents) > 0 && !d.History {
		verdict, _ := blocked("R3", "the filed history is not in the orphaned folder %s with its digest; its verified copy is in the evidence", folder.ID)
		return verdict
	}
	verdict := done("kept as orphaned folder %s with %s", folder.ID, plural(d.Documents, "file"))
	verdict.Rule = "R13, R18"
	verdict.Facts.Disposal = &d
	verdict.Kept = []Kept{{What: "folder", ID: string(folder.ID), Rule: "R18, P2",
		Why: "orphaned; until it is disposed of, a client that comes back gets it back, but not its history"}}
	verdict.Details = map[string]string{"folder": string(folder.ID), "files": fmt.Sprint(d.Documents)}
	if until := v.Entity.Earliest(v.Spec.Policy); !until.IsZero() {
		verdict.Details["keepUntil"] = until.String() // P6
	}
	if v.Facts.Filed != nil {
		verdict.Details["historySha256"] = v.Facts.Filed.SHA256()
	}
	return verdict
}

// noFolder judges that no orphaned folder is left: disposed of by this run, or
// never there, or disposed of by somebody else.
func (p practice) noFolder(ctx context.Context, v View, disposal folderDisposal) (Verdict, error) {
	last := v.Facts.Disposal
	switch {
	case last != nil && v.tried(string(last.Folder)) && disposal == folderArchive:
		return p.checkArchive(ctx, v, *last)
	case last != nil && v.tried(string(last.Folder)) && disposal == folderDelete:
		verdict := done("the orphaned folder and its %s are gone for good; the history is kept in the evidence", plural(last.Documents, "file"))
		verdict.Details = map[string]string{"folder": string(last.Folder), "files": fmt.Sprint(last.Documents)}
		return verdict, nil
	case len(v.Facts.Snapshot.Documents) == 0 && len(v.filedDocuments()) == 0:
		verdict := done("the Client folder was empty, so nothing is kept")
		verdict.Rule = "R13"
		return verdict, nil
	}
	return blocked("R13, I11", "no orphaned folder of this client is found, and this run did not dispose of it: look under Documents > Business folders, and in the Archive")
}

// tried reports whether this step has sent, or may have sent, an effect on the
// target that was not refused.
func (v View) tried(target string) bool {
	return slices.ContainsFunc(v.effects(), func(e effect) bool { return e.target == target && e.state != Failed })
}

// checkArchive finds the files in the Archive (I4).
func (p practice) checkArchive(ctx context.Context, v View, d Disposal) (Verdict, error) {
	archived, err := p.Nimbus.Documents.Archived(ctx, d.Folder)
	if err != nil {
		return Verdict{}, err
	}
	for _, id := range slices.Concat(v.filedDocuments(), v.Facts.Snapshot.Documents) {
		if !slices.ContainsFunc(archived, func(a nimbus.Document) bool { return a.ID == id }) {
			return blocked("I4, R19", "the folder is gone, but document %s is not in the Archive: look for it at once", id)
		}
	}
	verdict := done("%s found in the Archive", plural(len(archived), "file"))
	verdict.Details = map[string]string{"folder": string(d.Folder), "files": fmt.Sprint(len(archived))}
	verdict.Kept = []Kept{{What: "archive", ID: string(d.Folder), Rule: "R19, P7",
		Why: plural(len(archived), "file") + " to open, download and restore; earlier versions are kept for 14 days only"}}
	return verdict, nil
}

func (p practice) applyDocuments(ctx context.Context, v View, target string) (Applied, error) {
	folder := nimbus.FolderID(target)
	documents, err := p.Nimbus.Documents.List(ctx, folder)
	if err != nil {
		return Applied{}, fmt.Errorf("%w: %w", errRefused, err)
	}
	if stranger := v.stranger(documents); stranger != "" {
		return Applied{}, fmt.Errorf("%w: document %s appeared in the folder just now (I10)", errRefused, stranger)
	}
	if v.Spec.Policy.Documents.folder() == folderArchive {
		return Applied{}, p.Nimbus.Folders.Archive(ctx, folder, len(documents))
	}
	return Applied{}, p.Nimbus.Folders.Delete(ctx, folder, len(documents))
}

func (p practice) documentsByHand(v View, disposal folderDisposal) (Verdict, error) {
	capability, why := nimbus.CapabilityFoldersArchive, "the policy is to archive the client's documents; with CDM this button moves them to the Archive (R19)"
	if disposal == folderDelete {
		capability, why = nimbus.CapabilityFoldersDelete, "the policy is to destroy the client's documents for good (R20)"
	}
	what := "Delete the orphaned folder of " + v.Entity.Code + ", and hand back the number of files that the warning counts"
	answer, ask, ok := v.byHand(inNimbus(capability, what, Task{
		ID: string(disposal), Rule: "R19, R20, P9",
		Why:      why,
		HandBack: HandBack{Count: true},
	}))
	if !ok {
		return ask, nil
	}
	verdict := attested(answer, fmt.Sprintf("a person disposed of the folder with %d files", answer.Count))
	verdict.Details["files"] = fmt.Sprint(answer.Count)
	return verdict, nil
}

package offboard

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/practicekit/offboarding/nimbus"
)

// fileHistory saves a copy to the Client folder, where it is found in the
// orphaned folder afterwards (R3): unpublished, and mailing nobody (P4).
func (p practice) fileHistory() Step {
	return Step{
		StepInfo: StepInfo{Name: StepFileHistory, Does: "file the history in the Client folder", Rule: "R3, P4, I1",
			Needs: []string{StepExportHistory}, Scope: PerClient},
		Check: p.checkFiled,
		Apply: p.applyFiling,
	}
}

// filingID tells the filing of one export from that of the next.
func filingID(h HistoryFile) string { return h.SHA256[:min(16, len(h.SHA256))] }

// filedName is the name of the copy in Nimbus. It holds a part of the digest, so
// that exports of other runs do not take it.
func filedName(v View) string {
	return v.Spec.Policy.History.fileName(v.Entity.Code, *v.Facts.History)
}

func (p practice) checkFiled(ctx context.Context, v View) (Verdict, error) {
	h, filed := v.Facts.History, v.Facts.Filed
	switch {
	case v.Touched() && filed != nil && (filed.SHA256() == h.SHA256 || v.Facts.Removed != nil):
		return filedVerdict(*filed), nil
	case v.Touched() && filed == nil:
		return blocked("R3, I1", "the client was touched before its history was filed in the Client folder")
	}
	able, err := p.offers(ctx, v, nimbus.CapabilityFoldersRead, nimbus.CapabilityDocumentsUpload)
	if err != nil {
		return Verdict{}, err
	}
	mandatory, err := p.mandatoryFields(ctx, v)
	if err != nil {
		return Verdict{}, err
	}
	if !able || mandatory || v.Facts.Snapshot.Folder == "" {
		name, task := v.filingTask()
		answer, ask, ok := v.byHand(task)
		if !ok {
			return ask, nil
		}
		filed := v.filing(name, Attested)
		verdict := filedVerdict(filed)
		verdict.Facts.Filed, verdict.Details["attestedBy"] = &filed, answer.By
		return verdict, nil
	}
	documents, err := p.Nimbus.Documents.List(ctx, v.Facts.Snapshot.Folder)
	if err != nil {
		return Verdict{}, err
	}
	name := filedName(v)
	for _, d := range documents {
		if d.Name != name || d.Size != h.Size {
			continue
		}
		if same, err := p.hasDigest(ctx, v, d, h.SHA256); err != nil || !same {
			return notFiled(name), err
		}
		if d.Shared() {
			return blocked("P4", "the filed history is published to the client: unpublish document %s", d.ID)
		}
		if want := v.Spec.Policy.History.Path; want != "" && d.Path != want {
			return blocked("R3", "the filed history lies in another place than the policy names: move document %s to %s", d.ID, want)
		}
		filed := v.filing(name, Read).with(d.ID)
		verdict := filedVerdict(filed)
		verdict.Facts.Filed = &filed
		return verdict, nil
	}
	return Verdict{State: Todo, Target: string(v.Facts.Snapshot.Folder) + "/" + name, Reason: "upload " + name}, nil
}

// filingTask asks a person to file the export, under the name that is returned.
func (v View) filingTask() (name string, t Task) {
	h, policy := v.Facts.History, v.Spec.Policy.History
	what := "Upload to the Client folder of " + v.Entity.Code + " the evidence file " + h.File
	t = inNimbus(nimbus.CapabilityDocumentsUpload, what, Task{
		ID: filingID(*h), Rule: "R3, P4, P9",
		Why: "the copy stays with the client's documents when the entity and its history go",
	})
	name = path.Base(h.File)
	if policy.Name != "" {
		name = filedName(v)
		t.Do = append(t.Do, "Name it "+name)
	}
	if policy.Path != "" {
		t.Where, _ = strings.CutSuffix(t.Where, nimbus.PathCurrent)
		t.Where += policy.Path
		t.Do = append(t.Do, "Put it into "+policy.Path)
	}
	return name, t
}

// mandatoryFields reports whether the practice demands fields of every document.
// Only a person knows what to put there.
func (p practice) mandatoryFields(ctx context.Context, v View) (bool, error) {
	account, err := p.accountOf(ctx, v)
	return len(account.MandatoryDocumentFields) > 0, err
}

func notFiled(name string) Verdict {
	return Verdict{State: Blocked, Rule: "R3, I1", Reason: "the Client folder holds another file named " + name + ": rename it"}
}

// hasDigest reports whether a document has this SHA-256: as Nimbus states it, or
// by its bytes where Nimbus does not.
func (p practice) hasDigest(ctx context.Context, v View, d nimbus.Document, want string) (bool, error) {
	if d.SHA256 != "" {
		return d.SHA256 == want, nil
	}
	able, err := p.offers(ctx, v, nimbus.CapabilityDocumentsDownload)
	if err != nil || !able {
		return false, err
	}
	return p.downloadHas(ctx, d.ID, want)
}

// downloadHas reports whether the bytes of a document have this SHA-256.
func (p practice) downloadHas(ctx context.Context, id nimbus.DocumentID, want string) (bool, error) {
	body, err := p.Nimbus.Documents.Download(ctx, id)
	if err != nil {
		return false, err
	}
	defer body.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, body); err != nil {
		return false, err
	}
	return hex.EncodeToString(sum.Sum(nil)) == want, nil
}

// filing is the fact that the newest export is filed, beside those before it.
func (v View) filing(name string, proof Proof) FiledCopy {
	filed := FiledCopy{Name: name, Proof: proof}
	if last := v.Facts.Filed; last != nil {
		filed.Documents, filed.Digests = slices.Clone(last.Documents), slices.Clone(last.Digests)
	}
	if sum := v.Facts.History.SHA256; len(filed.Digests) == 0 || filed.SHA256() != sum {
		filed.Digests = append(filed.Digests, sum)
	}
	return filed
}

// with is the fact with a document among its copies.
func (c FiledCopy) with(id nimbus.DocumentID) FiledCopy {
	if !slices.Contains(c.Documents, id) {
		c.Documents = append(c.Documents, id)
	}
	return c
}

func filedVerdict(c FiledCopy) Verdict {
	return Verdict{State: Done, Proof: c.Proof, Reason: "in the Client folder, unpublished",
		Details: map[string]string{"name": c.Name, "sha256": c.SHA256()}}
}

func (p practice) applyFiling(ctx context.Context, v View, _ string) (Applied, error) {
	h := v.Facts.History
	sum, err := hex.DecodeString(h.SHA256)
	if err != nil {
		return Applied{}, &EvidenceError{Name: h.File, Err: err}
	}
	name := filedName(v)
	d, err := p.Nimbus.Documents.Upload(ctx, v.Facts.Snapshot.Folder, nimbus.Upload{
		Name: name, Path: v.Spec.Policy.History.Path, Size: h.Size, SHA256: [sha256.Size]byte(sum),
		Body: func() (io.ReadCloser, error) { return v.evidence.Open(h.File) },
	})
	if err != nil {
		return Applied{}, err
	}
	filed := v.filing(name, Read).with(d.ID)
	return Applied{Facts: Facts{Filed: &filed}}, nil
}

package offboard

import (
	"context"
	"io"

	"github.com/practicekit/offboarding/xpm"
)

// copyHistory keeps a second copy of the exported history outside Nimbus: among
// the client's documents in XPM, which stay with the archived client. XPM has no
// ids for documents and takes each at most once, so a copy is known by its title,
// which holds the digest. What it holds is not read back: how long an address of
// XPM's is good, and whether it needs a login, is not documented.
func (p practice) copyHistory() Step {
	return Step{
		StepInfo: StepInfo{Name: StepCopyHistory, Does: "copy the history to the client's documents in Xero Practice Manager", Rule: "R3, I1",
			Needs: []string{StepFileHistory}, Scope: PerClient},
		Check: p.checkCopied,
		Apply: p.applyCopy,
	}
}

// copyTitle is the title of the copy in XPM, by which it is found again.
func copyTitle(h HistoryFile) string { return "Client History " + filingID(h) }

func (p practice) checkCopied(ctx context.Context, v View) (Verdict, error) {
	h, last, id := v.Facts.History, v.Facts.Copied, v.Facts.Snapshot.XPM
	seen := v.Touched() || v.mine().became > v.session() // each look costs a call: one a session will do
	if seen && last != nil && last.SHA256 == h.SHA256 {
		return copied(*last), nil
	}
	found := CopiedFile{Name: filedName(v), SHA256: h.SHA256, Proof: Read}
	if p.XPM.Documents == nil || id == "" {
		answer, ask, ok := v.byHand(Task{
			ID: filingID(*h), Rule: "R3, P9", Where: "Xero Practice Manager > Clients > " + v.Entity.Code + " > Documents",
			Do:  []string{"Add to the client's documents the evidence file " + h.File, "Name it " + found.Name, "Give it the title " + copyTitle(*h)},
			Why: "the policy wants a copy of the history outside Nimbus, and it is deleted there with the entity",
		})
		if !ok {
			return ask, nil
		}
		found.Proof = Attested
		verdict := copied(found)
		verdict.Details["attestedBy"] = answer.By
		return verdict, nil
	}
	for d, err := range p.XPM.Documents.List(ctx, id) {
		switch {
		case err != nil:
			return Verdict{}, err
		case d.Title == copyTitle(*h) && (d.FileName == "" || d.FileName == found.Name):
			return copied(found), nil
		}
	}
	switch {
	case v.unproved(found.Name):
		return waiting("R3", "XPM has taken the copy, and does not list it so far")
	case v.did(found.Name):
		return blocked("R3, I11", "XPM took the copy and does not list it any more: add %s to the client's documents there with the title %q", h.File, copyTitle(*h))
	}
	return Verdict{State: Todo, Target: found.Name, Reason: "add " + found.Name + " to the client's documents in XPM"}, nil
}

func copied(c CopiedFile) Verdict {
	return Verdict{
		State: Done, Proof: c.Proof, Reason: "among the client's documents in XPM",
		Facts:   Facts{Copied: &c},
		Details: map[string]string{"name": c.Name, "sha256": c.SHA256},
		Kept:    []Kept{{What: "history", ID: c.Name, Rule: "R3", Why: "a copy among the client's documents in XPM, sha256 " + c.SHA256}},
	}
}

func (p practice) applyCopy(ctx context.Context, v View, target string) (Applied, error) {
	h := v.Facts.History
	return Applied{}, p.XPM.Documents.Create(ctx, v.Facts.Snapshot.XPM, xpm.DocumentParams{
		Title: copyTitle(*h), FileName: target, Size: h.Size,
		Text:    plural(h.Rows, "row") + ", SHA-256 " + h.SHA256,
		Content: func() (io.ReadCloser, error) { return v.evidence.Open(h.File) },
	})
}

package offboard

import (
	"fmt"
	"strings"
	"time"
)

// Return is one thing that can, or cannot, still be brought back of a client that
// was off-boarded (P2).
type Return struct {
	What string `json:"what"` // entity, history, folder, files, versions, access
	// How says what a person does; empty: there is no way.
	How string `json:"how,omitempty"`
	// Until is the last instant at which it can be done; zero: as long as nobody
	// disposes of it.
	Until time.Time `json:"until,omitzero"`
	Why   string    `json:"why,omitempty"`
	Rule  string    `json:"rule"`
}

func (r Return) String() string {
	text := "can come back: " + r.What + ": " + r.How
	if r.How == "" {
		text = "cannot come back: " + r.What
	}
	if !r.Until.IsZero() {
		text += ", until " + r.Until.Format(time.RFC3339)
	}
	if r.Why != "" {
		text += "; " + r.Why
	}
	return text + " (" + r.Rule + ")"
}

// versionsKept is how long the Archive keeps earlier versions of a file (P7).
const versionsKept = 14 * 24 * time.Hour

// returns say what can be brought back of a client whose removal has begun.
func (s *session) returns(code string) []Return {
	s.progress.mu.RLock()
	defer s.progress.mu.RUnlock()
	u := unit{client: code}
	if !s.progress.touched(code) {
		return nil
	}
	facts := s.progress.facts(u)
	all := []Return{s.entityReturns(facts)}
	if facts.Removed == nil {
		return all
	}
	history := Return{What: "history", Rule: "R1, R11", Why: "Nimbus has deleted it; its export is in the evidence"}
	if facts.History != nil {
		history.Why = fmt.Sprintf("Nimbus has deleted it; its export of %s is in the evidence: %s", plural(facts.History.Rows, "row"), facts.History.File)
	}
	all = append(all, history)
	if sp := s.progress.see(u, StepDisposeDocuments); sp.state == Done || sp.state == Skipped {
		all = append(all, s.documentReturns(facts, sp)...)
	}
	for _, e := range s.progress.see(u, StepDisposeContacts).effects {
		if e.state == Done {
			all = append(all, contactReturn(e.target))
		}
	}
	return all
}

func (s *session) entityReturns(facts Facts) Return {
	how := map[Source]string{
		SourceXPM:         "un-archive the client in Xero Practice Manager, then run a Manual sync in Nimbus",
		SourceXPMField:    fmt.Sprintf("set the custom field %q again in Xero Practice Manager, then run a Manual sync in Nimbus", s.Plan.Spec.field()),
		SourceMYOBAE:      "reopen the client in MYOB AE; the next sync brings it back",
		SourceMYOBAEField: fmt.Sprintf("set the Extra Field %q again in MYOB AE; the next sync brings the client back", s.Plan.Spec.field()),
		SourceNone:        "create the client anew on the Client Grid, with the same code and name",
	}[s.Plan.Spec.Source]
	back := Return{What: "entity", How: how, Rule: "P2"}
	if s.Plan.Spec.Source != SourceXPM {
		back.Why = "assumed: it is known for XPM"
	}
	if facts.Removed == nil {
		back.Why = "it has not left Nimbus so far: undone before the sync, nothing is lost"
	}
	return back
}

func (s *session) documentReturns(facts Facts, sp *stepProgress) []Return {
	switch disposal := s.Plan.Spec.Policy.Documents.folder(); {
	case facts.Disposal == nil:
		return nil
	case disposal == folderArchive:
		back := []Return{{What: "files", Rule: "R19",
			How: fmt.Sprintf("restore the %s from the Archive to a business or client folder", plural(facts.Disposal.Documents, "file"))}}
		if at := s.archivedAt(sp); !at.IsZero() {
			back = append(back, Return{What: "versions", Rule: "P7", Until: at.Add(versionsKept),
				How: "restore an earlier version of a file from the Archive"})
		}
		return back
	case disposal == folderDelete:
		return []Return{{What: "files", Rule: "R20", Why: "they were deleted for good"}}
	}
	return []Return{{What: "folder", Rule: "P2", Why: "nothing but to dispose of the folder ends this",
		How: "bring the entity back with the same code and name: the orphaned folder matches it again"}}
}

// archivedAt is when the folder was archived by this run, the earliest that it
// can have been; zero where a person did it.
func (s *session) archivedAt(sp *stepProgress) time.Time {
	for _, e := range sp.effects {
		if e.state == Done {
			return e.at
		}
	}
	return time.Time{}
}

func contactReturn(target string) Return {
	if id, ok := strings.CutPrefix(target, accessTarget); ok {
		return Return{What: "access", Rule: "R17", How: "select Portal Access again for contact " + id}
	}
	id, _ := strings.CutPrefix(target, contactTarget)
	return Return{What: "contact", Rule: "R15", Why: "contact " + id + " was deleted; the snapshot in the evidence says who it was"}
}

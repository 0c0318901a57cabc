package offboard_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/practicekit/offboarding/nimbus/nimbustest"
	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/offboard/offboardtest"
)

type (
	nimbustestClient     = nimbustest.ClientState
	nimbustestContact    = nimbustest.ContactState
	nimbustestFolder     = nimbustest.FolderState
	nimbustestEmailJob   = nimbustest.EmailJob
	nimbustestDocument   = nimbustest.Document
	nimbustestNewContact = nimbustest.Contact
)

func uuidOf(p *offboardtest.Practice, code string) string {
	for _, c := range p.XPM.Clients() {
		if c.Code == code {
			return c.UUID
		}
	}
	return ""
}

// failing is what a test is told of: a testing.T, or a rapid.T.
type failing interface {
	Helper()
	Errorf(format string, args ...any)
}

// checkInvariants holds for whatever a run, or any number of broken ones, left.
func checkInvariants(t failing, r run) {
	t.Helper()
	seen := map[string]bool{}
	for _, e := range r.practice.Effects() {
		key := fmt.Sprint(e.Operation, " of ", e.Client, " on ", e.Target)
		if e.Changed && seen[key] {
			t.Errorf("I5: a second %s", key)
		}
		seen[key] = seen[key] || e.Changed
	}
	for _, c := range r.state.XPM {
		titles := map[string]bool{}
		for _, d := range r.practice.XPM.Documents(c.UUID) {
			if titles[d.Title] {
				t.Errorf("%s has the document %q twice in XPM", c.Code, d.Title)
			}
			titles[d.Title] = true
		}
	}
	if r.state.Nimbus.MailsSent != 0 {
		t.Errorf("P4: %d e-mails were sent", r.state.Nimbus.MailsSent)
	}
	for _, c := range r.report.Clients {
		gone := true
		for _, entity := range r.state.Nimbus.Clients {
			gone = gone && entity.Code != c.Code
		}
		history := r.step(c.Code, offboard.StepExportHistory)
		touched := slices.ContainsFunc(r.practice.Effects(), func(e offboardtest.Effect) bool { return e.Client == c.Code && e.Changed && e.Destructive })
		if gone && touched && history.State != offboard.Done {
			t.Errorf("I1: %s is gone and its history is %s", c.Code, history.State)
		}
		if history.State == offboard.Done {
			checkHistory(t, r, history)
			filed := r.step(c.Code, offboard.StepFileHistory)
			deleted := slices.Contains(r.ofClient(c.Code), "delete-folder") // R20
			if filed.Proof == offboard.Read && !deleted && !filedSomewhere(r.state, filed.Evidence["sha256"]) {
				t.Errorf("R3: the filed history of %s is not in Nimbus any more", c.Code)
			}
		}
	}
}

// checkHistory finds the history in the evidence with its digest and its rows,
// and its copy in an orphaned or Client folder or in the Archive (I1, R3).
func checkHistory(t failing, r run, step offboard.StepReport) {
	t.Helper()
	f, err := r.journal.Open(step.Evidence["file"])
	if err != nil {
		t.Errorf("I1: %v", err)
		return
	}
	data, _ := io.ReadAll(f)
	sum := sha256.Sum256(data)
	digest := hex.EncodeToString(sum[:])
	if digest != step.Evidence["sha256"] {
		t.Errorf("I1: %s has digest %s, reported %s", step.Evidence["file"], digest, step.Evidence["sha256"])
	}
	if rows := strings.Count(string(data), "\n") - 1; fmt.Sprint(rows) != step.Evidence["rows"] || rows < 10 {
		t.Errorf("I1: %s has %d rows, reported %s", step.Evidence["file"], rows, step.Evidence["rows"])
	}
}

func sha256Of(text string) [sha256.Size]byte { return sha256.Sum256([]byte(text)) }

// filedSomewhere reports whether Nimbus still has a document with this digest.
func filedSomewhere(s offboardtest.State, digest string) bool {
	text, _ := json.Marshal(s.Nimbus)
	return strings.Contains(string(text), digest)
}

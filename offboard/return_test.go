package offboard_test

import (
	"strings"
	"testing"
	"time"

	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/offboard/offboardtest"
)

// P2: the report says what of a client can still come back, until when and how.
func TestReport_Return(t *testing.T) {
	for _, c := range []struct {
		name   string
		source offboard.Source
		policy offboard.Policy
		world  func(*offboardtest.World)
		want   []string // "what" of what can come back, and "no what" of what cannot, with its rule
	}{
		{"the folder is kept, and matches again", offboard.SourceXPM, keepCDM, nil, []string{"entity P2", "no history R1, R11", "folder P2"}},
		{"archived files, and for a while their versions (P7)", offboard.SourceXPM, archiveCDM, nil, []string{"entity P2", "no history R1, R11", "files R19", "versions P7"}},
		{"files that were deleted for good", offboard.SourceXPM, deleteAll, nonCDM, []string{"entity P2", "no history R1, R11", "no files R20"}},
		{"portal access that was removed", offboard.SourceXPM, with(keepCDM, offboard.ContactsRevoke, ""), nil, []string{"entity P2", "no history R1, R11", "folder P2", "access R17"}},
		{"a contact that was deleted", offboard.SourceXPM, with(keepCDM, offboard.ContactsDelete, ""), nil, []string{"entity P2", "no history R1, R11", "folder P2", "access R17", "no contact R15"}},
		{"closed in MYOB AE", offboard.SourceMYOBAE, keepCDM, nil, []string{"entity P2", "no history R1, R11", "folder P2"}},
		{"deleted on the Client Grid", offboard.SourceNone, keepCDM, notIntegrated, []string{"entity P2", "no history R1, R11", "folder P2"}},
		{"held on the Client Grid: nothing is lost so far", offboard.SourceXPM, keepCDM, func(w *offboardtest.World) {
			w.Clients[3].XPM.Archived = true // a bystander, which blocks the sync (I12)
		}, []string{"entity P2"}},
		{"not touched at all", offboard.SourceXPM, keepCDM, signatures, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				r := perform(t, scenario{world: c.world, spec: source(c.source, c.policy)})
				got := []string{}
				for _, back := range r.report.Clients[0].Return {
					word := back.What + " " + back.Rule
					if back.How == "" {
						word = "no " + word
					}
					if back.How == "" && back.Why == "" {
						t.Errorf("%s: neither how nor why", back.What)
					}
					got = append(got, word)
					if until := back.Until; !until.IsZero() && until.Sub(r.archivedAt(t)) != 14*24*time.Hour {
						t.Errorf("P7: versions are kept until %s", until)
					}
				}
				if strings.Join(got, "; ") != strings.Join(c.want, "; ") {
					t.Errorf("got %q, want %q", got, c.want)
				}
			})
		})
	}
}

// archivedAt is when the client's folder was archived.
func (r run) archivedAt(t *testing.T) (at time.Time) {
	t.Helper()
	for rec := range r.journal.Records(t.Context()) {
		if rec.Kind == offboard.KindOutcome && rec.Step == offboard.StepDisposeDocuments && rec.Client == "ACME01" {
			at = rec.Time
		}
	}
	return at
}

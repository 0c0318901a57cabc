package sim

import (
	"context"
	"testing"
	"time"

	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/xpm"
)

// BenchmarkPractice is what the model itself costs in the off-boarding of a client:
// about the calls and the records that a run has.
func BenchmarkPractice(b *testing.B) {
	ctx := context.Background()
	w := small(nimbus.EditionCDM)
	w.SyncTakes = 0
	records := recorded(b, w)
	b.ReportAllocs()
	for b.Loop() {
		p, err := New(w)
		if err != nil {
			b.Fatal(err)
		}
		s, j := p.Systems(), &Journal{}
		client := uuid[xpm.ClientUUID](leaving)
		for range 10 {
			_, _ = s.Nimbus.Account.Get(ctx)
			_, _ = s.Nimbus.Clients.Get(ctx, "c-0")
			_, _ = s.Nimbus.Clients.FindByCode(ctx, "ACME01")
			_, _ = s.XPM.Clients.Get(ctx, client)
			_, _ = s.Nimbus.Contacts.Get(ctx, "ct-1")
			_, _ = s.Nimbus.Contacts.Relations(ctx, "ct-1")
			_, _ = s.Nimbus.Documents.List(ctx, "f-0")
		}
		_, _ = s.XPM.Clients.Archive(ctx, client)
		_, _ = s.Nimbus.Syncs.StartFull(ctx, "full-sync-1")
		_, _ = s.Nimbus.Syncs.Get(ctx, "full-sync-1")
		_ = s.Nimbus.Contacts.RemovePortalAccess(ctx, "ct-1")
		_ = s.Nimbus.Contacts.Delete(ctx, "ct-1")
		if err := s.Nimbus.Folders.Archive(ctx, "f-0", 2); err != nil {
			b.Fatal(err)
		}
		for _, r := range records {
			_ = j.Append(ctx, r)
		}
	}
}

// BenchmarkRun is a whole off-boarding of a client, the Runner included.
func BenchmarkRun(b *testing.B) {
	w := small(nimbus.EditionCDM)
	w.SyncTakes = 0
	b.ReportAllocs()
	for b.Loop() {
		recorded(b, w)
	}
}

func recorded(b *testing.B, w World) []offboard.Record {
	b.Helper()
	p, err := New(w)
	if err != nil {
		b.Fatal(err)
	}
	j := &Journal{}
	spec := variants()[0].spec
	report, err := offboard.Runner{Plan: offboard.NewPlan(spec, p.Systems()), Journal: j, Operator: offboard.Approve("pat", "tests", nil), Wait: time.Minute}.Run(context.Background())
	if err != nil || report.State() != offboard.Done {
		b.Fatal(report.State(), err)
	}
	return j.records
}

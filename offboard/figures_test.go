package offboard_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/offboard/internal/sim"
	"github.com/practicekit/offboarding/xpm"
)

// pacer is XPM's limiter as the client has it, and what it tells of the quota.
type pacer struct{ xpm.Limiter }

func newPacer() pacer { return pacer{xpm.NewLimiter()} }

func (p pacer) Quota() xpm.Quota {
	minute, day := p.Limiter.(interface{ Left() (minute, day int) }).Left()
	return xpm.Quota{Minute: minute, Day: day}
}

func (p pacer) FreeAt(calls int) time.Time {
	return p.Limiter.(interface{ FreeAt(int) time.Time }).FreeAt(calls)
}

// great is a run of many clients in a simulated practice.
type great struct {
	practice *sim.Practice
	journal  *sim.Journal
	runner   offboard.Runner
	wall     time.Duration
	report   offboard.Report
}

func newGreat(t testing.TB, clients int, policy offboard.Policy, b offboard.Batch, seed uint64) *great {
	t.Helper()
	world := sim.World{Edition: policy.Documents.Edition(), SyncTakes: 20 * time.Second}
	spec := offboard.Spec{Source: offboard.SourceXPM, Policy: policy}
	for i := range clients {
		code := fmt.Sprintf("C%05d", i)
		world.Clients = append(world.Clients, sim.Client{Code: code, Name: "Client " + code, XPM: true, Rows: 10, Documents: 2})
		spec.Entities = append(spec.Entities, offboard.Entity{Code: code})
		if policy.Contacts != "" && i%4 == 0 {
			world.Contacts = append(world.Contacts, sim.Contact{FirstName: "Alex", Surname: "Example " + code, Login: true, Clients: []string{code}})
		}
	}
	practice, err := sim.New(world)
	if err != nil {
		t.Fatal(err)
	}
	limiter := newPacer()
	practice.Latency = sim.Jitter(seed, 100*time.Millisecond, 500*time.Millisecond)
	practice.Limiter, practice.Quota = limiter, sim.XPMQuota
	practice.Sizes = sim.Sizes{Client: 5500, Slim: 250, Job: 900}
	systems := practice.Systems()
	systems.XPM.Quota = limiter
	b.Cap = -1
	g := &great{practice: practice, journal: &sim.Journal{}}
	g.runner = offboard.Runner{Plan: offboard.NewPlan(spec, systems), Journal: g.journal, Batch: b,
		Operator: offboard.Approve("Pat Example", "tests", nil), Wait: 1000 * time.Hour}
	return g
}

func (g *great) run(t testing.TB) {
	t.Helper()
	began := time.Now()
	report, err := g.runner.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	g.wall, g.report = time.Since(began), report
}

func TestZZ(t *testing.T) {
	for _, n := range []int{10000} {
		synctest.Test(t, func(t *testing.T) {
			g := newGreat(t, n, offboard.Policy{Documents: offboard.CDM{ArchiveFolder: true}}, offboard.Batch{Parallel: 32}, 1)
			f := g.runner.Plan.Forecast(g.runner.Batch)
			g.run(t)
			total := g.practice.Total(sim.XPM)
			t.Logf("%d: %s; forecast %+v; %+v wall %s; journal %d, %+v", n, g.report.State(), f, total, g.wall, g.journal.Len(), g.practice.Traffic(sim.XPM))
		})
	}
	_ = nimbus.EditionCDM
}

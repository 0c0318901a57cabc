package offboard_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/offboard/internal/sim"
	"github.com/practicekit/offboarding/xpm"
)

// The figures that a run of many clients has to reach, counted in a simulated
// practice with XPM's exact sliding quotas. F1 calls of XPM per client, F2 how
// close to the quotas' bound, F3 refused calls, F4 clients half-done at any
// instant, F5 clients given up, F9 bytes, F11 equal traces.

// pacer is XPM's limiter as the client has it, and what it tells of the quota.
type pacer struct{ xpm.Limiter }

func (p pacer) Quota() xpm.Quota {
	minute, day := p.Limiter.(interface{ Left() (minute, day int) }).Left()
	return xpm.Quota{Minute: minute, Day: day}
}

func (p pacer) FreeAt(calls int) time.Time {
	return p.Limiter.(interface{ FreeAt(int) time.Time }).FreeAt(calls)
}

// ledger is a journal that counts its records and keeps the evidence: what is on
// a disk takes no memory.
type ledger struct {
	sim.Journal
	records int
}

func (l *ledger) Append(_ context.Context, records ...offboard.Record) error {
	l.records += len(records)
	return nil
}

// great is a run of many clients in a simulated practice.
type great struct {
	practice *sim.Practice
	journal  *ledger
	runner   offboard.Runner

	report   offboard.Report
	waves    []int // their sizes
	half     map[string]bool
	mostHalf int
	first    time.Time // the first and the last call of XPM since the first wave began
	last     time.Time
	calls    int // in between
	failed   int // checks and effects that failed
}

// slow is what a call takes; with quick only those of XPM take any time.
var (
	slow  = sim.Jitter(1, 100*time.Millisecond, 500*time.Millisecond)
	quick = func(c sim.Call) time.Duration {
		if c.System != sim.XPM {
			return 0
		}
		return slow(c)
	}
)

func newGreat(t testing.TB, clients int, policy offboard.Policy, b offboard.Batch, latency sim.Latency) *great {
	t.Helper()
	world := sim.World{Edition: policy.Documents.Edition()}
	if latency != nil {
		world.SyncTakes = 20 * time.Second
	}
	spec := offboard.Spec{Source: offboard.SourceXPM, Policy: policy}
	for i := range clients {
		code := fmt.Sprintf("C%05d", i)
		world.Clients = append(world.Clients, sim.Client{Code: code, Name: "Client " + code, XPM: true, Rows: 10, Documents: 2})
		spec.Entities = append(spec.Entities, offboard.Entity{Code: code})
	}
	practice, err := sim.New(world)
	if err != nil {
		t.Fatal(err)
	}
	limiter := pacer{xpm.NewLimiter()}
	think := sim.Jitter(2, 0, 20*time.Millisecond)
	practice.Think = func(c sim.Call) time.Duration {
		if c.System == sim.XPM || c.Effect != sim.Read {
			return think(c)
		}
		return 0
	}
	practice.Latency, practice.Limiter, practice.Quota = latency, limiter, sim.XPMQuota
	practice.Sizes = sim.Sizes{Client: 5500, Slim: 250, Job: 900}
	systems := practice.Systems()
	systems.XPM.Quota = limiter
	b.Cap = -1
	g := &great{practice: practice, journal: &ledger{}, half: map[string]bool{}}
	g.runner = offboard.Runner{Plan: offboard.NewPlan(spec, systems), Journal: g.journal, Batch: b, OnRecord: g.note,
		Operator: offboard.Approve("Pat Example", "tests", nil), Wait: 1000 * time.Hour}
	practice.OnCall = func(c sim.Call) {
		if c.System == sim.XPM && len(g.waves) > 0 {
			g.last = time.Now()
			g.calls++
		}
	}
	return g
}

// note sees which clients are half-done: from the intent to archive until the
// last step is done.
func (g *great) note(r offboard.Record) {
	last := g.runner.Plan.Steps[len(g.runner.Plan.Steps)-1].Name
	if r.State == offboard.Failed {
		g.failed++
	}
	switch {
	case r.Kind == offboard.KindWave:
		if len(g.waves) == 0 {
			g.first = r.Time
		}
		g.waves = append(g.waves, len(r.Clients))
	case r.Kind == offboard.KindIntent && r.Step == offboard.StepArchiveClient:
		g.half[r.Client] = true
		g.mostHalf = max(g.mostHalf, len(g.half))
	case r.Kind == offboard.KindChecked && r.Step == last && r.State == offboard.Done:
		delete(g.half, r.Client)
	}
}

func (g *great) run(t testing.TB) {
	t.Helper()
	report, err := g.runner.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	g.report = report
}

// bound is T(C): what XPM's quotas alone make so many calls last.
func bound(calls int) time.Duration {
	days := (calls - 1) / 5000
	rest := calls - 5000*days
	return time.Duration(days)*24*time.Hour + time.Duration((rest-1)/60)*time.Minute
}

func (g *great) listBytes() int { return g.practice.Traffic(sim.XPM)["Clients.List"].Bytes }

// moneyIgnored spares a run three lists of preflight.
func moneyIgnored(p offboard.Policy) offboard.Policy {
	p.Findings = map[offboard.FindingName]offboard.Severity{}
	for _, name := range []offboard.FindingName{offboard.FindingUnbilledTime, offboard.FindingDraftInvoices, offboard.FindingUnpaidInvoices} {
		p.Findings[name] = offboard.SeverityIgnore
	}
	return p
}

func inBubbleNamed(t *testing.T, name string, f func(t *testing.T)) {
	t.Run(name, func(t *testing.T) { synctest.Test(t, f) })
}

// F1, F3, F4, F5, F9: what a run of many clients costs.
func TestFigures(t *testing.T) {
	for _, c := range []struct {
		clients int
		policy  offboard.Policy
		batch   offboard.Batch
	}{
		{100, keepCDM, offboard.Batch{}},
		{100, moneyIgnored(archiveCDM), offboard.Batch{}},
		{1000, keepCDM, offboard.Batch{}},
		{1000, archiveCDM, offboard.Batch{}},
		{10000, keepCDM, offboard.Batch{}},
		{10000, archiveCDM, offboard.Batch{Canary: -1}},
	} {
		if raceEnabled && c.clients > 100 {
			continue // the gate runs these without the race detector
		}
		name := fmt.Sprintf("%d %+v", c.clients, c.policy.Documents)
		inBubbleNamed(t, name, func(t *testing.T) {
			c.batch.Parallel = 32
			g := newGreat(t, c.clients, c.policy, c.batch, quick)
			g.run(t)
			total, waves := g.practice.Total(sim.XPM), len(g.waves)
			if most := c.clients + 3*waves; total.Calls > most {
				t.Errorf("F1: %d clients in %d waves cost %d calls, %v; want at most %d", c.clients, waves, total.Calls, g.practice.Traffic(sim.XPM), most)
			}
			if total.Refused != 0 {
				t.Errorf("F3: %d calls were refused", total.Refused)
			}
			if most := slices.Max(g.waves); g.mostHalf > most || g.mostHalf == 0 {
				t.Errorf("F4: %d clients were half-done, and a wave has %d", g.mostHalf, most)
			}
			if state := g.report.State(); state != offboard.Done || g.failed > 0 {
				t.Errorf("F5: %s, %d failed on the way", state, g.failed)
			}
			if bytes, list := g.listBytes(), c.clients*5500; bytes > 2*list || bytes < list {
				t.Errorf("F9: the lists of clients had %d bytes, and a detailed one has %d", bytes, list)
			}
			t.Logf("%d clients, %d waves: F1 %.4f calls a client (bound %.4f), F4 %d half-done, F9 %.2f lists", c.clients, waves,
				float64(total.Calls)/float64(c.clients), 1+3*float64(waves)/float64(c.clients), g.mostHalf, float64(g.listBytes())/float64(c.clients*5500))
		})
	}
}

// F2: how close the waves come to what XPM's quotas allow, with calls to all
// systems that take 100 to 500 ms, a sync that takes 20 s, and 64 clients at a time.
func TestFigures_bound(t *testing.T) {
	for clients, most := range map[int]float64{1000: 1.03, 10000: 1.001} {
		if raceEnabled {
			continue // the gate runs these without the race detector
		}
		inBubbleNamed(t, fmt.Sprint(clients), func(t *testing.T) {
			g := newGreat(t, clients, keepCDM, offboard.Batch{Parallel: 64, Canary: -1}, slow)
			g.run(t)
			ratio := float64(g.last.Sub(g.first)) / float64(bound(g.calls))
			if ratio > most || ratio < 1 {
				t.Errorf("F2: %d clients: the waves' %d calls took %s, %.4f of the bound; want at most %.3f", clients, g.calls, g.last.Sub(g.first), ratio, most)
			}
			if refused := g.practice.Total(sim.XPM).Refused; refused != 0 {
				t.Errorf("F3: %d calls were refused", refused)
			}
			t.Logf("%d clients: F2 %.4f", clients, ratio)
		})
	}
}

// F11: equal seeds give equal traces, and others others.
func TestFigures_trace(t *testing.T) {
	trace := func(seed uint64) (trace uint64) {
		synctest.Test(t, func(t *testing.T) {
			g := newGreat(t, 300, archiveCDM, offboard.Batch{Parallel: 32}, sim.Jitter(seed, 100*time.Millisecond, 500*time.Millisecond))
			g.run(t)
			trace = g.practice.Trace()
		})
		return trace
	}
	if one, again := trace(7), trace(7); one != again {
		t.Errorf("F11: the same seed gave the traces %x and %x", one, again)
	}
	if one, other := trace(7), trace(8); one == other {
		t.Errorf("F11: another seed gave the trace %x too", one)
	}
}

// What the Runner itself takes for ten thousand clients, one client at a time, in
// systems that answer at once and allow everything.
func BenchmarkRunner_10000(b *testing.B) {
	for b.Loop() {
		g := newGreat(b, 10000, keepCDM, offboard.Batch{Parallel: 1}, nil)
		g.practice.Limiter, g.practice.Quota, g.practice.Think = nil, sim.Quota{}, nil
		g.runner.Plan.Quota = nil
		g.run(b)
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/10000, "µs/client")
}

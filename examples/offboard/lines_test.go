package main

import (
	"testing"
	"time"

	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/xpm"
)

func TestDescribe(t *testing.T) {
	t.Parallel()
	at := offboard.At{Time: time.Date(2026, 1, 31, 14, 5, 6, 0, time.Local), Client: "ACME01", Step: "archive-client"}
	wave := offboard.At{Time: at.Time, Wave: 2, Step: "full-client-sync"}
	all := offboard.At{Time: at.Time}
	const acme, second = "14:05:06  ACME01     archive-client     ", "14:05:06  wave 2     full-client-sync   "
	approval := offboard.Task{Approval: true, Scope: "0123456789abcdef0123"}
	for _, c := range []struct {
		event offboard.Event
		want  string
	}{
		{offboard.RunBegan{At: all}, ""},
		{offboard.RunEnded{At: all}, ""},
		{offboard.WaveBegan{At: offboard.At{Time: at.Time, Wave: 2}, Clients: []string{"A", "B", "C", "D", "E", "F", "G"}},
			"14:05:06  wave 2                        begins with 7 clients: A, B, C, D, E and 2 more"},
		{offboard.StepMoved{At: at, To: offboard.Done, Reason: "archived in XPM", Proof: offboard.Read}, acme + "done: archived in XPM [read]"},
		{offboard.StepMoved{At: at, To: offboard.Blocked, Reason: "undone", Rule: "I11"}, acme + "blocked: undone (I11)"},
		{offboard.StepMoved{At: at, To: offboard.Todo}, ""},
		{offboard.StepMoved{At: at, To: offboard.Manual}, ""},
		{offboard.EffectBegan{At: wave, Target: "sync-1"}, second + "begins: sync-1"},
		{offboard.EffectEnded{At: at, State: offboard.Done}, ""},
		{offboard.EffectEnded{At: at, State: offboard.Unknown, Reason: "no answer"}, acme + "unknown: no answer"},
		{offboard.TaskAsked{At: at, Task: offboard.Task{Where: "Admin"}}, acme + "asks a person: Admin"},
		{offboard.TaskAsked{At: at, Task: approval}, "14:05:06  all        archive-client     asks for approval of scope 0123456789abcdef"},
		{offboard.TaskAsked{At: at, Reason: "declined", By: "Pat Example"}, acme + "declined, says Pat Example"},
		{offboard.TaskAsked{At: at, Reason: "it names no file"}, acme + "it names no file"},
		{offboard.TaskAnswered{At: at, By: "Pat Example"}, acme + "answered by Pat Example"},
		{offboard.RunHeld{At: all, Until: time.Date(2026, 2, 1, 9, 0, 0, 0, time.Local), Reason: "the quota"},
			"14:05:06  all                           waits until Sun 1 Feb 09:00: the quota"},
		{offboard.Missed{Events: 12}, "(12 events could not be shown in time: the journal has them all)"},
	} {
		if got := describe(c.event); got != c.want {
			t.Errorf("%T: %q, want %q", c.event, got, c.want)
		}
	}
}

// What is left is told only once it is known.
func TestOthers(t *testing.T) {
	t.Parallel()
	for want, tally := range map[string]offboard.Tally{
		"":                              {Left: time.Hour},
		", about 1 min left":            {Left: 3 * time.Second, Known: true},
		", 2 stopped, about 3 min left": {Left: 125 * time.Second, Known: true, Stopped: 2},
		", about 2 h left":              {Left: 61 * time.Minute, Known: true},
		", about 25 h left":             {Left: 24*time.Hour + time.Minute, Known: true},
		", about 3 days left":           {Left: 49 * time.Hour, Known: true},
		", waits until " + time.Now().Add(24*time.Hour).Local().Format("Mon 15:04"): {Held: time.Now().Add(24 * time.Hour), Left: time.Hour, Known: true},
	} {
		if got := others(tally); got != want {
			t.Errorf("%+v: %q, want %q", tally, got, want)
		}
	}
}

type quota struct{ left xpm.Quota }

func (q quota) Quota() xpm.Quota     { return q.left }
func (q quota) FreeAt(int) time.Time { return time.Time{} }

func TestForecast(t *testing.T) {
	t.Parallel()
	fresh := quota{xpm.Quota{Minute: 60, Day: 5000}}
	for _, c := range []struct {
		clients, done int
		source        offboard.Source
		quota         offboard.Quota
		want          string
	}{
		{3, 0, offboard.SourceXPM, fresh, "Forecast: 3 clients in 1 wave; about 9 calls of XPM, within its quotas. Syncs, people and the calls themselves come on top."},
		{200, 0, offboard.SourceXPM, fresh, "Forecast: 200 clients in 5 waves; about 210 calls of XPM, 3 min by its quota of a minute. Syncs, people and the calls themselves come on top."},
		{200, 0, offboard.SourceXPM, quota{xpm.Quota{Minute: 60, Day: 100}}, "Forecast: 200 clients in 5 waves; about 210 calls of XPM, 25 h by its quotas: that of a day runs out once on the way, and the run waits for the next. Syncs, people and the calls themselves come on top."},
		{200, 197, offboard.SourceXPM, fresh, "Forecast: 197 of 200 clients done already; 3 clients in 1 wave; about 9 calls of XPM, within its quotas. Syncs, people and the calls themselves come on top."},
		{3, 3, offboard.SourceXPM, fresh, "Forecast: all 3 clients are done already, and nothing is left but to look."},
		{1, 0, offboard.SourceMYOBAE, nil, "Forecast: 1 client in 1 wave; no calls of XPM. How long it takes depends on the syncs and on people."},
	} {
		spec := offboard.Spec{Source: c.source, Policy: offboard.Policy{Documents: offboard.CDM{}}, Entities: make([]offboard.Entity, c.clients)}
		plan := offboard.NewPlan(spec, offboard.Systems{})
		plan.Quota = c.quota
		if got := forecast(plan, offboard.Batch{}, c.done); got != c.want {
			t.Errorf("%q,\nwant %q", got, c.want)
		}
	}
}

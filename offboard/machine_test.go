package offboard_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/offboard/offboardtest"
)

// A procedure of four steps: look, burn for each client, sweep once, and scrub,
// which destroys.
var infos = []offboard.StepInfo{
	{Name: "look", Scope: offboard.PerClient},
	{Name: "burn", Scope: offboard.PerClient, Needs: []string{"look"}},
	{Name: "sweep", Scope: offboard.PerWave, Needs: []string{"burn"}},
	{Name: "scrub", Scope: offboard.PerClient, Needs: []string{"look", "sweep"}, Destructive: true},
}

// replay numbers the records and folds them.
func replay(t *testing.T, records ...offboard.Record) *offboard.Progress {
	t.Helper()
	journal := &offboardtest.Journal{}
	for i, r := range records {
		r.Seq, r.Time = i+1, now
		if err := journal.Append(context.Background(), r); err != nil {
			t.Fatal(err)
		}
	}
	p, err := offboard.Replay(context.Background(), journal)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func checked(client, step string, state offboard.State) offboard.Record {
	r := offboard.Record{Kind: offboard.KindChecked, Client: client, Step: step, State: state}
	if state == offboard.Todo {
		r.Target = "t"
	}
	return r
}

func intent(client string) offboard.Record {
	return offboard.Record{Kind: offboard.KindIntent, Client: client, Step: "burn", Target: "t", Destructive: true}
}

func outcome(client string, state offboard.State) offboard.Record {
	return offboard.Record{Kind: offboard.KindOutcome, Client: client, Step: "burn", Target: "t", State: state}
}

func TestNext(t *testing.T) {
	session := offboard.Record{Kind: offboard.KindSession}
	later := now.Add(time.Minute)
	waiting := func(until time.Time) offboard.Record {
		r := checked("A", "burn", offboard.Waiting)
		r.Until = until
		return r
	}
	manual := checked("A", "burn", offboard.Manual)
	manual.Task = &offboard.Task{ID: "A/burn", Step: "burn"}
	asked := offboard.Record{Kind: offboard.KindAsked, Client: "A", Step: "burn", Task: manual.Task, Destructive: true}
	harmless := asked
	harmless.Destructive = false
	answered := offboard.Record{Kind: offboard.KindAnswered, Client: "A", Step: "burn", Task: manual.Task, Answer: &offboard.Answer{Yes: true}}
	check := func(client, step string) offboard.Action {
		return offboard.Action{Kind: offboard.ActionCheck, Client: client, Step: step}
	}
	sweep := offboard.Action{Kind: offboard.ActionCheck, Wave: 1, Step: "sweep"}
	both := func(step string) []offboard.Action { return []offboard.Action{check("A", step), check("B", step)} }
	finish := []offboard.Action{{Kind: offboard.ActionFinish}}
	looked := []offboard.Record{session, checked("A", "look", offboard.Done), checked("B", "look", offboard.Done)}
	apply := offboard.Action{Kind: offboard.ActionApply, Client: "A", Step: "burn"}
	burnt := []offboard.Record{checked("A", "burn", offboard.Done), checked("B", "burn", offboard.Done)}
	bSkips := checked("B", "burn", offboard.Skipped)
	swept := offboard.Record{Kind: offboard.KindChecked, Wave: 1, Step: "sweep", State: offboard.Done}

	cases := []struct {
		name    string
		records []offboard.Record
		more    []offboard.Record
		want    []offboard.Action
	}{
		{"nothing known: look at all of them first", []offboard.Record{session}, nil, both("look")},
		{"each step for all clients before the next", looked[:2], nil, []offboard.Action{check("B", "look")}},
		{"what needs it comes next", looked, nil, both("burn")},
		{"an effect right after its Check", looked, []offboard.Record{checked("A", "burn", offboard.Todo)}, []offboard.Action{apply, check("B", "burn")}},
		{"I6: an intent without outcome is read first", looked, []offboard.Record{checked("A", "burn", offboard.Todo), intent("A")}, both("burn")},
		{"I6: so it is after a restart", looked, []offboard.Record{checked("A", "burn", offboard.Todo), intent("A"), session, looked[1], looked[2]}, both("burn")},
		{"I6: and after an unknown outcome", looked, []offboard.Record{checked("A", "burn", offboard.Todo), intent("A"), outcome("A", offboard.Unknown)}, both("burn")},
		{"a todo of an earlier session is checked again", looked, []offboard.Record{checked("A", "burn", offboard.Todo), session, looked[1], looked[2]}, both("burn")},
		{"what nothing precedes is looked at in every session", looked, append(burnt, session), both("look")},
		{"a need is proved afresh after the client's last effect", looked,
			[]offboard.Record{checked("A", "burn", offboard.Todo), intent("A"), outcome("A", offboard.Done), checked("A", "burn", offboard.Todo)}, []offboard.Action{check("A", "look"), check("B", "burn")}},
		{"and then the step itself", looked,
			[]offboard.Record{checked("A", "burn", offboard.Todo), intent("A"), outcome("A", offboard.Done), checked("A", "burn", offboard.Todo), looked[1]}, both("burn")},
		{"what destroys has its needs proved before its own Check", append(slices.Clone(looked), checked("A", "burn", offboard.Todo), intent("A"), outcome("A", offboard.Done)),
			[]offboard.Record{checked("A", "burn", offboard.Done), checked("B", "burn", offboard.Done), swept}, []offboard.Action{check("A", "look"), check("B", "scrub")}},
		{"a failed client does not hold up the others", looked, []offboard.Record{checked("A", "burn", offboard.Failed)}, []offboard.Action{check("B", "burn")}},
		{"nor the run", looked, []offboard.Record{checked("A", "burn", offboard.Failed), checked("B", "burn", offboard.Done)}, []offboard.Action{sweep}},
		{"unless nobody is left", looked, []offboard.Record{checked("A", "burn", offboard.Failed), checked("B", "burn", offboard.Blocked)}, finish},
		{"a further session tries it again", looked, []offboard.Record{checked("A", "burn", offboard.Failed), session, looked[1], looked[2]}, both("burn")},
		{"a refused effect is not tried again in the session", looked,
			[]offboard.Record{checked("A", "burn", offboard.Todo), intent("A"), outcome("A", offboard.Failed), bSkips}, []offboard.Action{sweep}},
		{"the run waits for every client", looked, []offboard.Record{waiting(later), bSkips}, []offboard.Action{{Kind: offboard.ActionWait, Until: later}}},
		{"what is due is checked", looked, []offboard.Record{waiting(now), bSkips}, []offboard.Action{check("A", "burn")}},
		{"a person is asked", looked, []offboard.Record{manual}, []offboard.Action{{Kind: offboard.ActionAsk, Client: "A", Step: "burn"}, check("B", "burn")}},
		{"once in a session", looked, []offboard.Record{manual, asked, bSkips}, finish},
		{"who was not touched and waits for a person holds up nobody", looked, []offboard.Record{manual, harmless, bSkips}, []offboard.Action{sweep}},
		{"the answer is looked at", looked, []offboard.Record{manual, asked, answered}, both("burn")},
		{"all done", looked, append(burnt, swept, checked("A", "scrub", offboard.Done), checked("B", "scrub", offboard.Skipped)), finish},
		{"done anew below, so looked at again above", looked,
			append(burnt, swept, session, looked[1], looked[2], intent("A"), outcome("A", offboard.Done), checked("A", "burn", offboard.Done)), []offboard.Action{sweep}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p := replay(t, append(append([]offboard.Record{}, c.records...), c.more...)...)
			for range 2 { // the same again: it is a pure function
				if diff := cmp.Diff(c.want, offboard.Next(infos, []string{"A", "B"}, 1, p, now)); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

func TestReplay_gap(t *testing.T) {
	journal := &offboardtest.Journal{}
	for _, seq := range []int{1, 3} {
		if err := journal.Append(context.Background(), offboard.Record{Seq: seq, Kind: offboard.KindSession}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := offboard.Replay(context.Background(), journal); err == nil || !strings.Contains(err.Error(), "missing") {
		t.Errorf("got %v", err)
	}
}

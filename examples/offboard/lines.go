package main

import (
	"fmt"
	"strings"

	"github.com/practicekit/offboarding/offboard"
)

// describe says in one line what has happened; empty: nothing to tell.
func describe(e offboard.Event) string {
	switch e := e.(type) {
	case offboard.WaveBegan:
		return line(e.At, fmt.Sprintf("begins with %s: %s", plural(len(e.Clients), "client"), first(e.Clients)))
	case offboard.StepMoved:
		return line(e.At, moved(e))
	case offboard.EffectBegan:
		return line(e.At, "begins: "+e.Target)
	case offboard.EffectEnded:
		if e.State != offboard.Done { // what was done is read next
			return line(e.At, fmt.Sprintf("%s: %s", e.State, e.Reason))
		}
	case offboard.TaskAsked:
		return line(concerned(e.At, e.Task), asked(e))
	case offboard.TaskAnswered:
		return line(concerned(e.At, e.Task), "answered by "+e.By)
	case offboard.RunHeld:
		return line(e.At, fmt.Sprintf("waits until %s: %s", e.Until.Local().Format("Mon 2 Jan 15:04"), e.Reason))
	case offboard.Missed:
		return fmt.Sprintf("(%s could not be shown in time: the journal has them all)", plural(e.Events, "event"))
	}
	return ""
}

// line begins with when, and who is meant.
func line(at offboard.At, text string) string {
	if text == "" {
		return ""
	}
	who := at.Client
	switch {
	case who == "" && at.Wave > 0:
		who = fmt.Sprintf("wave %d", at.Wave)
	case who == "":
		who = "all"
	}
	return fmt.Sprintf("%s  %-10s %-18s %s", at.Time.Local().Format("15:04:05"), who, at.Step, text)
}

// concerned is whom a task is about, and not who came to ask: an approval is one
// for all.
func concerned(at offboard.At, task offboard.Task) offboard.At {
	if task.Approval {
		at.Client = ""
	}
	return at
}

// moved says where a step stands. That there is something to do is not told: the
// effect follows, or somebody is asked. Neither is that each client has the
// approval that was given for all.
func moved(e offboard.StepMoved) string {
	switch {
	case e.To == offboard.Todo, e.To == offboard.Manual, e.To == offboard.Done && e.Step == offboard.StepApprove:
		return ""
	case e.Proof != "":
		return fmt.Sprintf("%s: %s [%s]", e.To, e.Reason, e.Proof)
	}
	return fmt.Sprintf("%s: %s (%s)", e.To, e.Reason, e.Rule)
}

func asked(e offboard.TaskAsked) string {
	switch {
	case e.Reason != "" && e.By != "":
		return e.Reason + ", says " + e.By
	case e.Reason != "":
		return e.Reason
	case e.Task.Approval:
		return "asks for approval of scope " + e.Task.Scope[:min(16, len(e.Task.Scope))]
	}
	return "asks a person: " + e.Task.Where
}

// first names the first of many codes.
func first(codes []string) string {
	const most = 5
	if len(codes) <= most {
		return strings.Join(codes, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(codes[:most], ", "), len(codes)-most)
}

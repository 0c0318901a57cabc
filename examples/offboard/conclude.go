package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/offboard/filejournal"
)

// complain writes an error before anything was done, and gives its exit code.
func complain(stderr io.Writer, err error) int {
	fmt.Fprintf(stderr, "offboard: %v\n", err)
	if _, ok := errors.AsType[*inputError](err); ok {
		return exitUsage
	}
	_, locked := errors.AsType[*filejournal.LockedError](err)
	_, corrupt := errors.AsType[*filejournal.CorruptError](err)
	_, anchored := errors.AsType[*filejournal.AnchorError](err)
	if !locked && !corrupt && !anchored { // those say themselves what to do
		fmt.Fprintln(stderr, "Nothing was sent. Mend this, or begin in another directory with -dir, and run the same command again.")
	}
	return exitFailed
}

// refusals gives what a run refuses before it touches anything the words of the
// command line.
func (j *job) refusals(err error) error {
	if e, ok := errors.AsType[*offboard.CapError](err); ok {
		return inputErrorf("%v: -cap %d allows them", e, e.Clients)
	}
	e, ok := errors.AsType[*offboard.StalePlanError](err)
	if !ok {
		return j.clients.explain(err)
	}
	text := j.opts.plan + " is out of date, and nothing was done:\n"
	for _, c := range e.Changes {
		text += "  " + c.String() + "\n"
	}
	return inputErrorf("%sMake another plan with -preview -out, look at it, and run that.", text)
}

// conclude writes the report and, where not everything is done, what to do
// next. It returns the exit code.
func (j *job) conclude(ctx context.Context, report offboard.Report, err error, dir string, stdout, stderr io.Writer) int {
	err = j.refusals(err)
	code := j.code(ctx, report, err)
	if code == exitUsage {
		return complain(stderr, inputErrorf("%v", err))
	}
	if corrupt, ok := errors.AsType[*filejournal.CorruptError](err); ok {
		return complain(stderr, corrupt)
	}
	if len(report.Clients) > 0 {
		if wrote := write(report, j.opts.json, stdout); wrote != nil {
			fmt.Fprintf(stderr, "offboard: the report cannot be written: %v\n", wrote)
			code = exitFailed
		}
	}
	if err != nil && !interrupted(ctx, err) {
		fmt.Fprintf(stderr, "offboard: %v\n", err)
	}
	if j.scope != "" {
		fmt.Fprintf(stderr, "The plan is in %s, scope %s. Look at it; -plan %s runs it.\n", j.opts.out, j.scope[:16], j.opts.out)
	}
	for _, line := range j.advice(ctx, code, report, err) {
		fmt.Fprintln(stderr, line)
	}
	if halted(err) && stopped(dir)() != "" {
		fmt.Fprintf(stderr, "Remove %s first.\n", filepath.Join(dir, stopFile))
	}
	if code != exitDone && !j.opts.preview {
		fmt.Fprintln(stderr, j.again(dir))
	}
	return code
}

// many is the number of clients above which those with which nothing is wrong are
// told in one line each.
const many = 20

func write(report offboard.Report, asJSON bool, w io.Writer) error {
	switch {
	case asJSON:
		return encode(w, report)
	case len(report.Clients) > many && !report.Preview:
		return report.WriteBrief(w)
	}
	return report.WriteText(w)
}

func interrupted(ctx context.Context, err error) bool {
	return ctx.Err() != nil && errors.Is(err, ctx.Err())
}

func halted(err error) bool {
	_, ok := errors.AsType[*offboard.HaltError](err)
	return ok
}

// code is the exit code of a run: the first that applies of 2, 1, 4, 3, 0.
func (j *job) code(ctx context.Context, report offboard.Report, err error) int {
	var plan *offboard.PlanError
	var input *inputError
	cut := interrupted(ctx, err) || halted(err)
	switch state := report.State(); {
	case errors.As(err, &input), errors.As(err, &plan):
		return exitUsage
	case err != nil && !cut, state == offboard.Failed:
		return exitFailed
	case state == offboard.Blocked:
		return exitBlocked
	case err != nil:
		return exitWaiting
	case state == offboard.Waiting && !j.opts.preview:
		return exitWaiting
	}
	return exitDone
}

// advice says what stands in the way, and what a person can do about it.
func (j *job) advice(ctx context.Context, code int, report offboard.Report, err error) []string {
	switch code {
	case exitFailed:
		return failures(report, err)
	case exitBlocked:
		return []string{"Blocked by a rule: see the steps marked blocked in the report, and put right what they name."}
	case exitWaiting:
		return j.waitingFor(ctx, report, err)
	}
	return nil
}

// remedies says for each kind of failure what a person can do about it.
var remedies = []struct {
	sentinel error
	remedy   string
}{
	{nimbus.ErrUnauthorized, "put a new token into the token file, or correct the Nimbus login"},
	{nimbus.ErrForbidden, "give the login or the token the rights and scopes that the operation needs"},
	{nimbus.ErrUnavailable, "check that the system is up and that its address in the config is right"},
	{nimbus.ErrInvalid, "the address may lead to something else than the system, such as a login page or a proxy: check the config"},
	{nimbus.ErrOutcomeUnknown, "the next run reads first, and repeats only what it finds was not done"},
}

// failures lists what to do about what failed, each thing once.
func failures(report offboard.Report, err error) []string {
	texts := []string{}
	if err != nil {
		texts = append(texts, err.Error())
	}
	for _, c := range report.Clients {
		for _, s := range c.Steps {
			if s.State == offboard.Failed || s.State == offboard.Unknown {
				texts = append(texts, s.Reason)
			}
		}
	}
	lines := []string{"Something failed. What was done is in the journal, and nothing is lost."}
	if report.Preview {
		lines[0] = "Something failed. Nothing was done."
	}
	all := strings.Join(texts, "\n")
	for _, r := range remedies {
		if strings.Contains(all, r.sentinel.Error()) {
			lines = append(lines, fmt.Sprintf("- %s: %s.", r.sentinel, r.remedy))
		}
	}
	return lines
}

func (j *job) waitingFor(ctx context.Context, report offboard.Report, err error) (lines []string) {
	if ctx.Err() != nil {
		lines = append(lines, "Interrupted. What was done is in the journal, and nothing new was started.")
	}
	if halted(err) {
		return append(lines, "Halted. What was done is in the journal, and nothing new was started.")
	}
	approval, byHand := false, 0
	for _, t := range report.Tasks {
		approval = approval || t.Approval
		if !t.Approval {
			byHand++
		}
	}
	nobody := ""
	if j.person == nil || j.person.Ended() {
		nobody = " Nobody can answer here: stdin is no terminal, or has ended."
	}
	switch {
	case approval:
		lines = append(lines, "Waiting for approval of what destroys."+nobody+" Approve it in a terminal, or with -yes.")
	case byHand > 0:
		lines = append(lines, fmt.Sprintf("Waiting for a person: the report ends with what is to be done (tasks: %d).%s Do it, and answer in a terminal.", byHand, nobody))
	case ctx.Err() == nil && j.held.After(time.Now()):
		lines = append(lines, fmt.Sprintf("Waiting for XPM's quota of the day until %s, which is longer than -wait %s. Until then no further wave begins, however often the command is run.",
			j.held.Local().Format("Mon 2 Jan 15:04"), j.opts.wait))
	case ctx.Err() == nil:
		lines = append(lines, fmt.Sprintf("Waiting for a sync, an operation or a quota, for longer than -wait %s.", j.opts.wait))
	}
	return lines
}

// again says how to continue.
func (j *job) again(dir string) string {
	if strings.ContainsAny(dir, " \t'\"") {
		dir = `"` + dir + `"`
	}
	text := fmt.Sprintf("Run the same command again with -dir %s to continue.", dir)
	if j.builtin != nil {
		text += " The built-in practice has forgotten this run, so that only works as long as nothing was destroyed: serve a practice that lives on with examples/practice, and use -config."
	}
	return text
}

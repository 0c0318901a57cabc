// Command offboard off-boards the clients that a CSV file names, from a
// built-in practice or from real systems. README.md describes its flags, its
// files and its exit codes.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"os/user"
	"syscall"
	"time"

	"github.com/practicekit/offboarding/offboard"
)

// The exit codes; of several that apply, the first of 2, 1, 4, 3 is returned.
const (
	exitDone    = 0
	exitFailed  = 1 // something went wrong
	exitUsage   = 2 // the command line, or a file that it names, is wrong or out of date
	exitWaiting = 3 // for a sync, a quota or a person; interrupted or halted
	exitBlocked = 4 // a rule forbids to go on
	exitDiffers = 5 // the plans that were compared do
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	env := environment{getenv: os.Getenv, user: "unknown user", asks: isTerminal(os.Stdin), live: isTerminal(os.Stdout) && isTerminal(os.Stderr)}
	if u, err := user.Current(); err == nil {
		env.user = u.Username
	}
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr, env))
}

// environment is what run needs to know of the process around it.
type environment struct {
	getenv func(string) string
	user   string // who approves, unless -as says otherwise
	asks   bool   // somebody may answer on stdin
	live   bool   // a line on the screen can be written over
	// retries is the MaxRetries of the clients.
	retries int
}

// isTerminal reports whether f is a character device. The null device is one
// too; it answers every question with the end of the file.
func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// run is the whole program. It returns the exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer, env environment) int {
	opts, err := parseFlags(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		io.WriteString(stdout, usage)
		return exitDone
	case err != nil:
		return complain(stderr, err)
	}
	if opts.compare != "" {
		return opts.comparePlans(stdout, stderr)
	}
	job, err := prepare(opts, env)
	if err != nil {
		return complain(stderr, err)
	}
	defer job.close()
	out := stdout
	if opts.json {
		out = stderr
	}
	return job.run(ctx, stdin, stdout, stderr, &screen{w: out, live: env.live})
}

// job is an off-boarding that is ready to start: all input has been checked and
// nothing has been sent or written.
type job struct {
	wanted
	opts    options
	env     environment
	config  config
	builtin *builtin           // nil with -config
	person  *offboard.Terminal // nil where nobody can answer
	scope   string             // of the plan that was written; empty: none was
	held    time.Time          // the quota of the day lets no wave begin before; zero: none waits for it
}

func prepare(opts options, env environment) (*job, error) {
	j := &job{opts: opts, env: env}
	var err error
	if j.wanted, err = opts.wanted(); err != nil {
		return nil, err
	}
	if opts.config != "" {
		j.config, err = loadConfig(opts.config, env.getenv)
		return j, err
	}
	world, err := builtinWorld(opts.world, j.spec)
	if err != nil {
		return nil, err
	}
	if j.builtin, err = startBuiltin(world); err != nil {
		return nil, err
	}
	j.config = j.builtin.config()
	return j, nil
}

func (j *job) close() {
	if j.builtin != nil {
		j.builtin.close()
	}
}

func (j *job) run(ctx context.Context, stdin io.Reader, stdout, stderr io.Writer, out *screen) int {
	calls := &callCounter{}
	systems, err := j.config.connect(calls, j.opts.preview, j.env.retries)
	if err != nil {
		return complain(stderr, inputErrorf("%v", err))
	}
	dir, err := j.directory()
	if err != nil {
		return complain(stderr, err)
	}
	journal, err := j.openJournal(dir)
	if err != nil {
		return complain(stderr, err)
	}
	defer journal.Close()
	if torn := journal.Torn(); torn > 0 {
		out.printf("An earlier run was cut off while it wrote its journal: the last %d bytes, which nothing was done on the strength of, are dropped.\n", torn)
	}
	r := offboard.Runner{Plan: offboard.NewPlan(j.spec, systems), Journal: journal, Batch: j.opts.batch, Wait: j.opts.wait, Approved: j.plan}
	progress, err := newProgress(ctx, out, r.Plan, journal)
	if err != nil {
		return complain(stderr, err)
	}
	var report offboard.Report
	if j.opts.preview {
		progress.feed.Close()
		report, err = j.preview(ctx, r, progress, out)
	} else {
		out.printf("Journal and evidence: %s\n", dir)
		r.Batch.Halt = stopped(dir)
		r.Operator = j.operator(stdin, out, progress)
		report, err = j.offboard(ctx, r, progress, out)
		err = errors.Join(err, journal.Close())
	}
	report.Calls = calls.counts()
	return j.conclude(ctx, report, err, dir, stdout, stderr)
}

// offboard runs the plan, unless it is stopped from the beginning.
func (j *job) offboard(ctx context.Context, r offboard.Runner, p *progress, out *screen) (offboard.Report, error) {
	if reason := r.Batch.Halt(); reason != "" {
		p.feed.Close()
		report, err := r.Report(ctx)
		return report, errors.Join(&offboard.HaltError{Reason: reason}, err)
	}
	if j.plan != nil {
		out.printf("Plan: %s, scope %s\n", j.opts.plan, j.plan.Scope[:16])
	}
	out.printf("%s\n", forecast(r.Plan, r.Batch, p.feed.Tally().Done))
	r.OnRecord = p.feed.Record
	p.begin()
	report, err := r.Run(ctx)
	p.finish()
	j.held = p.feed.Tally().Held
	return report, err
}

// preview looks at everything, and writes the plan down if it is to be.
func (j *job) preview(ctx context.Context, r offboard.Runner, p *progress, out *screen) (offboard.Report, error) {
	var file *planWriter
	if j.opts.out != "" {
		var err error
		if file, err = createPlan(j.opts.out); err != nil {
			return offboard.Report{}, err
		}
		out.printf("Preview: nothing is sent but reads, and nothing is written but %s.\n", j.opts.out)
	} else {
		out.printf("Preview: nothing is sent but reads, and nothing is written.\n")
	}
	out.printf("%s\n", forecast(r.Plan, r.Batch, p.feed.Tally().Done))
	plan, report, err := r.Propose(ctx)
	switch {
	case file == nil:
		return report, err
	case err != nil || report.State() == offboard.Failed:
		out.printf("No plan is written: not everything could be looked at.\n")
		return report, errors.Join(err, file.abandon())
	}
	if err := file.write(plan); err != nil {
		return report, fmt.Errorf("the plan cannot be written: %w", err)
	}
	j.scope = plan.Scope
	return report, nil
}

// operator is who answers: -yes for approvals, and a terminal for the rest.
func (j *job) operator(stdin io.Reader, out *screen, p *progress) offboard.Operator {
	by := j.opts.as
	if by == "" {
		by = j.env.user
	}
	var person offboard.Operator
	if j.env.asks {
		j.person = offboard.NewTerminal(stdin, out, by)
		person = asker{j.person, out, p.feed.Flush}
	}
	if j.opts.yes {
		return offboard.Approve(by, "approved with -yes", person)
	}
	return person
}

// Command offboard off-boards the clients that a CSV file names, from a
// built-in practice or from real systems. README.md describes its flags, its
// files and its exit codes.
package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"os"
	"os/signal"
	"os/user"
	"syscall"

	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/offboard/filejournal"
)

// The exit codes; of several that apply, the first of 2, 1, 4, 3 is returned.
const (
	exitDone    = 0
	exitFailed  = 1 // something went wrong
	exitUsage   = 2 // the command line, or a file that it names, is wrong
	exitWaiting = 3 // for a sync or a person, or interrupted
	exitBlocked = 4 // a rule forbids to go on
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
	opts    options
	env     environment
	clients clientList
	spec    offboard.Spec
	config  config
	builtin *builtin           // nil with -config
	person  *offboard.Terminal // nil where nobody can answer
}

func prepare(opts options, env environment) (*job, error) {
	j := &job{opts: opts, env: env}
	var err error
	if j.clients, err = loadClients(opts.clients); err != nil {
		return nil, err
	}
	if j.spec, err = opts.spec(j.clients); err != nil {
		return nil, err
	}
	if opts.config != "" {
		j.config, err = loadConfig(opts.config, env.getenv)
		return j, err
	}
	world, err := opts.builtinWorld()
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
	journal, err := openJournal(dir, j.opts.preview)
	if err != nil {
		return complain(stderr, err)
	}
	defer journal.Close()
	if torn := journal.Torn(); torn > 0 {
		out.printf("An earlier run was cut off while it wrote its journal: the last %d bytes, which nothing was done on the strength of, are dropped.\n", torn)
	}
	r := offboard.Runner{Plan: offboard.NewPlan(j.spec, systems), Journal: journal, Operator: j.operator(stdin, out), Wait: j.opts.wait}
	var report offboard.Report
	if j.opts.preview {
		out.printf("Preview: nothing is sent but reads, and nothing is written.\n")
		report, err = r.Preview(ctx)
	} else {
		out.printf("Journal and evidence: %s\n", dir)
		progress := newProgress(out, r.Plan)
		for rec, err := range journal.Records(ctx) {
			if err != nil {
				return complain(stderr, err)
			}
			progress.recall(rec)
		}
		r.OnRecord = progress.show
		report, err = r.Run(ctx)
		progress.finish()
	}
	report.Calls = calls.counts()
	return j.conclude(ctx, report, err, dir, stdout, stderr)
}

// operator is who answers: -yes for approvals, and a terminal for the rest.
func (j *job) operator(stdin io.Reader, out *screen) offboard.Operator {
	by := j.opts.as
	if by == "" {
		by = j.env.user
	}
	var person offboard.Operator
	if j.env.asks {
		j.person = offboard.NewTerminal(stdin, out, by)
		person = asker{j.person, out}
	}
	if j.opts.yes {
		return offboard.Approve(by, "approved with -yes", person)
	}
	return person
}

// directory is where journal and evidence live.
func (j *job) directory() (string, error) {
	switch {
	case j.opts.dir != "":
		return j.opts.dir, nil
	case j.builtin == nil:
		return "offboarding", nil
	}
	return j.builtin.temporary(j.opts.preview)
}

func openJournal(dir string, preview bool) (*filejournal.Journal, error) {
	if preview {
		return filejournal.Read(dir)
	}
	return filejournal.Open(dir)
}

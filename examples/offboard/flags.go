package main

import (
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/practicekit/offboarding/offboard"
)

const usage = `Usage: offboard [flags] [FILE.csv]
       offboard -plan PLAN.json [flags]
       offboard -compare OLD.json NEW.json [-json]

Off-boards the clients that FILE.csv names (columns: code, name, retain_until,
service_ended, note) from a built-in practice, or from the systems that -config
names.

What is done:
  -source S         xpm, xpm-field, myobae, myobae-field or none (default xpm)
  -field NAME       the field that -source xpm-field or myobae-field clears (default "Nimbus Portal")
  -cdm=BOOL         the Nimbus account has Cloud Document Management (default true)
  -folder F         keep, archive (with CDM) or delete (without) the folder (default keep)
  -permanent REASON why documents are deleted for good; -folder delete needs it
  -held-elsewhere   the records that -folder delete destroys are held elsewhere
  -contacts C       keep, revoke or delete contacts with a login of their own (default keep)
  -signatures S     stop at Documents for Signature, suspend their e-mail jobs, or delete the
                    entity (default stop)
  -policy FILE      all of that but -source and -field, and more, as JSON

Looking first:
  -preview          say what would be done, and send nothing but reads
  -out FILE         with -preview: write it down as a plan, in a new file
  -plan FILE        do exactly what the plan says, and nothing if the world has moved since
  -compare OLD NEW  say in what two plans differ

How many at a time:
  -wave N           clients that are taken out together, with one sync (default a tenth of the
                    run, and at least 50)
  -canary N         clients in the first wave, after which the run goes on only if each of them
                    is done; none for no canary (default 1 in a run of more than 20)
  -cap N            the most clients that a run may have; none for any number (default 100)
  -max-failed N     clients that may be blocked or fail before no further wave begins; any for
                    any number (default 5)
  -parallel N       clients that are worked on at the same time (default 4)
  -wait DURATION    how long to wait for syncs and quotas before returning with exit 3 (default 10m)

Who, where and how it is told:
  -yes              approve what destroys, instead of asking
  -as NAME          in whose name (default: the system user)
  -dir DIR          journal and evidence (default offboarding; built-in practice: a temporary one)
  -anchor FILE      where the head of the journal is kept too, outside of DIR
  -json             the report as JSON on stdout, everything else on stderr
  -config FILE      the real systems, as JSON
  -world FILE       what the built-in practice begins with, as JSON

To stop a run before its next effect, put a file named STOP into DIR.

Exit codes: 2 wrong usage or input, or a plan that is out of date: nothing was
touched; 1 something failed; 4 blocked by a rule; 3 waiting for a sync, a quota
or a person, interrupted or halted; 5 the plans that -compare names differ;
0 everything done.
`

// options are the command line.
type options struct {
	clients       string // empty: the built-in list
	source        string
	field         string
	cdm           bool
	folder        string
	permanent     string
	heldElsewhere bool
	contacts      string
	signatures    string
	policy        string
	dir           string
	anchor        string
	preview       bool
	out           string
	plan          string
	compare       string
	batch         offboard.Batch
	yes           bool
	as            string
	wait          time.Duration
	json          bool
	config        string
	world         string
	given         map[string]bool // the flags that were written out
}

// inputError is wrong usage or input: exit 2, and nothing was touched.
type inputError struct{ text string }

func (e *inputError) Error() string { return e.text }

func inputErrorf(format string, args ...any) error {
	return &inputError{fmt.Sprintf(format, args...)}
}

// parseFlags reads the command line; the file may stand before, between or
// behind the flags.
func parseFlags(args []string) (options, error) {
	o := options{given: map[string]bool{}}
	f := o.flags()
	var files []string
	for rest := args; ; {
		if err := f.Parse(rest); err == flag.ErrHelp {
			return o, err
		} else if err != nil {
			return o, inputErrorf("%v: -h lists all flags", err)
		}
		if rest = f.Args(); len(rest) == 0 {
			break
		}
		files, rest = append(files, rest[0]), rest[1:]
	}
	f.Visit(func(f *flag.Flag) { o.given[f.Name] = true })
	if len(files) > 1 {
		return o, inputErrorf("%d files are named (%s): name one", len(files), strings.Join(files, ", "))
	}
	if len(files) == 1 {
		o.clients = files[0]
	}
	return o, o.check()
}

func (o *options) flags() *flag.FlagSet {
	f := flag.NewFlagSet("offboard", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.StringVar(&o.source, "source", "xpm", "")
	f.StringVar(&o.field, "field", "", "")
	f.BoolVar(&o.cdm, "cdm", true, "")
	f.StringVar(&o.folder, "folder", "keep", "")
	f.StringVar(&o.permanent, "permanent", "", "")
	f.BoolVar(&o.heldElsewhere, "held-elsewhere", false, "")
	f.StringVar(&o.contacts, "contacts", "keep", "")
	f.StringVar(&o.signatures, "signatures", "stop", "")
	f.StringVar(&o.policy, "policy", "", "")
	f.StringVar(&o.dir, "dir", "", "")
	f.StringVar(&o.anchor, "anchor", "", "")
	f.BoolVar(&o.preview, "preview", false, "")
	f.StringVar(&o.out, "out", "", "")
	f.StringVar(&o.plan, "plan", "", "")
	f.StringVar(&o.compare, "compare", "", "")
	f.Var(amount{&o.batch.Wave, ""}, "wave", "")
	f.Var(amount{&o.batch.Canary, "none"}, "canary", "")
	f.Var(amount{&o.batch.Cap, "none"}, "cap", "")
	f.Var(amount{&o.batch.MaxFailed, "any"}, "max-failed", "")
	f.Var(amount{&o.batch.Parallel, ""}, "parallel", "")
	f.BoolVar(&o.yes, "yes", false, "")
	f.StringVar(&o.as, "as", "", "")
	f.DurationVar(&o.wait, "wait", 10*time.Minute, "")
	f.BoolVar(&o.json, "json", false, "")
	f.StringVar(&o.config, "config", "", "")
	f.StringVar(&o.world, "world", "", "")
	return f
}

package main

import (
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/offboard"
)

const usage = `Usage: offboard [flags] [FILE.csv]

Off-boards the clients that FILE.csv names (columns: code, name, retain_until,
service_ended, note) from a built-in practice, or from the systems that -config
names.

  -source S         xpm, xpm-field, myobae, myobae-field or none (default xpm)
  -field NAME       the field that -source xpm-field or myobae-field clears (default "Nimbus Portal")
  -cdm=BOOL         the Nimbus account has Cloud Document Management (default true)
  -folder F         keep, archive (with CDM) or delete (without) the folder (default keep)
  -permanent REASON why documents are deleted for good; -folder delete needs it
  -held-elsewhere   the records that -folder delete destroys are held elsewhere
  -contacts C       keep, revoke or delete contacts with a login of their own (default keep)
  -signatures S     stop at Documents for Signature, suspend their e-mail jobs, or delete the
                    entity (default stop)
  -dir DIR          journal and evidence (default offboarding; built-in practice: a temporary one)
  -preview          say what would be done, and send nothing but reads
  -yes              approve what destroys, instead of asking
  -as NAME          in whose name (default: the system user)
  -wait DURATION    how long to wait for syncs before returning with exit 3 (default 10m)
  -json             the report as JSON on stdout, everything else on stderr
  -config FILE      the real systems, as JSON
  -world FILE       what the built-in practice begins with, as JSON

Exit codes: 2 wrong usage or input, 1 something failed, 4 blocked by a rule,
3 waiting for a sync or a person or interrupted, 0 everything done.
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
	dir           string
	preview       bool
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
	f.StringVar(&o.dir, "dir", "", "")
	f.BoolVar(&o.preview, "preview", false, "")
	f.BoolVar(&o.yes, "yes", false, "")
	f.StringVar(&o.as, "as", "", "")
	f.DurationVar(&o.wait, "wait", 10*time.Minute, "")
	f.BoolVar(&o.json, "json", false, "")
	f.StringVar(&o.config, "config", "", "")
	f.StringVar(&o.world, "world", "", "")
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
		return o, inputErrorf("%d client files are named (%s): name one", len(files), strings.Join(files, ", "))
	}
	if len(files) == 1 {
		o.clients = files[0]
	}
	return o, o.check()
}

// check refuses values that do not exist, and flags that contradict each other.
func (o options) check() error {
	for _, choice := range []struct {
		flag, value string
		of          []string
	}{
		{"source", o.source, []string{"xpm", "xpm-field", "myobae", "myobae-field", "none"}},
		{"folder", o.folder, []string{"keep", "archive", "delete"}},
		{"contacts", o.contacts, []string{"keep", "revoke", "delete"}},
		{"signatures", o.signatures, []string{"stop", "suspend", "delete"}},
	} {
		if !slices.Contains(choice.of, choice.value) {
			return inputErrorf("-%s is %q: want one of %s", choice.flag, choice.value, strings.Join(choice.of, ", "))
		}
	}
	for _, name := range []string{"field", "permanent", "dir", "as", "config", "world"} {
		if o.given[name] && strings.TrimSpace(o.text(name)) == "" {
			return inputErrorf("-%s is empty: give it a value, or leave it out", name)
		}
	}
	deletes := o.folder == "delete"
	switch {
	case o.cdm && deletes:
		return inputErrorf("-folder delete is for accounts without CDM: with CDM use -folder archive, or say -cdm=false if the account has none (R19, R20)")
	case !o.cdm && o.folder == "archive":
		return inputErrorf("-folder archive is for accounts with CDM: without an Archive use -folder keep, or -folder delete to destroy the documents (R20)")
	case deletes && o.permanent == "":
		return inputErrorf("-folder delete destroys documents for good: say why with -permanent REASON (I4)")
	case o.given["permanent"] && !deletes:
		return inputErrorf("-permanent is the reason for -folder delete, and -folder is %s: leave it out", o.folder)
	case o.heldElsewhere && !deletes:
		return inputErrorf("-held-elsewhere is about -folder delete, and -folder is %s: leave it out", o.folder)
	case o.given["field"] && o.source != "myobae-field" && o.source != "xpm-field":
		return inputErrorf("-field names the field that -source xpm-field or myobae-field clears, and -source is %s: leave it out", o.source)
	case o.config != "" && o.world != "":
		return inputErrorf("-config is for real systems and -world for the built-in practice: use one of them")
	case o.config != "" && o.clients == "":
		return inputErrorf("with -config, name the file of the clients to off-board: offboard -config %s FILE.csv", o.config)
	case o.wait < 0:
		return inputErrorf("-wait is %s: want a duration that is not negative, such as 10m", o.wait)
	}
	return nil
}

func (o options) text(name string) string {
	return map[string]string{"field": o.field, "permanent": o.permanent, "dir": o.dir, "as": o.as, "config": o.config, "world": o.world}[name]
}

func (o options) edition() nimbus.Edition {
	if o.cdm {
		return nimbus.EditionCDM
	}
	return nimbus.EditionNonCDM
}

// spec is what the flags and the file ask for.
func (o options) spec(clients clientList) (offboard.Spec, error) {
	policy := offboard.Policy{Contacts: offboard.ContactsPolicy(o.contacts), Signatures: offboard.SignaturesPolicy(o.signatures)}
	switch {
	case o.cdm:
		policy.Documents = offboard.CDM{ArchiveFolder: o.folder == "archive"}
	case o.folder == "delete":
		policy.Documents = offboard.NonCDM{Delete: &offboard.Permanent{Reason: o.permanent, RecordsHeldElsewhere: o.heldElsewhere}}
	default:
		policy.Documents = offboard.NonCDM{}
	}
	spec := offboard.Spec{Source: offboard.Source(o.source), Field: o.field, Entities: clients.entities(), Policy: policy}
	return spec, clients.explain(spec.Validate(time.Now()))
}

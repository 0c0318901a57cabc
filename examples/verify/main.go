// Command verify checks a directory with the journal and the evidence of
// off-boardings, and writes the whole file of one client as a zip. It changes
// nothing in the directory, and may run while an off-boarding does. README.md
// describes its flags and exit codes.
//
//	verify -anchor /mnt/elsewhere/offboarding.head offboarding
//	verify -client ACME01 -out ACME01.zip offboarding
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/practicekit/offboarding/offboard/filejournal"
)

// The exit codes.
const (
	exitSound   = 0
	exitDamaged = 1 // something does not add up, or could not be checked or written
	exitUsage   = 2 // the command line, or a file that it names, is wrong
)

func main() { os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr)) }

// usageError is wrong usage or input.
type usageError struct{ error }

type options struct {
	anchor string
	client string
	out    string
	dir    string
}

func parseFlags(args []string, stderr io.Writer) (o options, err error) {
	f := flag.NewFlagSet("verify", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.Usage = func() {
		fmt.Fprintln(stderr, "usage: verify [-anchor FILE] [-client CODE -out FILE.zip] DIR")
		f.PrintDefaults()
	}
	f.StringVar(&o.anchor, "anchor", "", "the `file` outside of DIR in which the head of the journal is kept")
	f.StringVar(&o.client, "client", "", "the Client `code` of the client whose file is exported")
	f.StringVar(&o.out, "out", "", "the `file` for that zip; one that exists is left alone")
	if err := f.Parse(args); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			err = &usageError{err}
		}
		return o, err
	}
	if f.NArg() != 1 || (o.client == "") != (o.out == "") {
		f.Usage()
		return o, &usageError{errors.New("one directory is needed, after the flags, and -client and -out only together")}
	}
	o.dir = f.Arg(0)
	return o, nil
}

// run is the whole program. It returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parseFlags(args, stderr)
	if err == nil {
		err = o.verify(ctx, stdout)
	}
	switch _, wrong := errors.AsType[*usageError](err); {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return exitSound
	case wrong:
		fmt.Fprintln(stderr, "verify:", err)
		return exitUsage
	}
	fmt.Fprintln(stderr, "verify:", err)
	return exitDamaged
}

func (o options) verify(ctx context.Context, stdout io.Writer) error {
	if info, err := os.Stat(o.dir); err != nil {
		return &usageError{err}
	} else if !info.IsDir() {
		return &usageError{fmt.Errorf("%s is no directory", o.dir)}
	}
	if _, err := os.Lstat(o.out); o.out != "" && err == nil {
		return &usageError{fmt.Errorf("%s exists already: name another file", o.out)}
	}
	anchored, err := o.loadAnchor()
	if err != nil {
		return err
	}
	found, err := filejournal.Verify(o.dir, anchored)
	if err := tell(stdout, o, found, err); err != nil {
		return err
	}
	if err != nil || o.client == "" {
		return err
	}
	return o.export(ctx, stdout)
}

// loadAnchor is called before the journal is read, so that an off-boarding that
// goes on cannot have anchored more than is read.
func (o options) loadAnchor() (filejournal.Head, error) {
	if o.anchor == "" {
		return filejournal.Head{}, nil
	}
	anchored, err := filejournal.FileAnchor(o.anchor).Load()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return anchored, &usageError{fmt.Errorf("there is no anchor %s: check the path; where there was one, find out who removed it before you trust %s", o.anchor, o.dir)}
	case err != nil:
		return anchored, &usageError{fmt.Errorf("the anchor cannot be used: %w", err)}
	}
	return anchored, nil
}

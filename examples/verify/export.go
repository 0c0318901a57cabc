package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/offboard/filejournal"
)

// export writes the zip under another name, and gives it its own when it is
// whole and durable.
func (o options) export(ctx context.Context, stdout io.Writer) (err error) {
	journal, err := filejournal.Read(o.dir)
	if err != nil {
		return err
	}
	defer journal.Close()
	report, err := reportOn(ctx, journal, o.client)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(o.out), filepath.Base(o.out)+".part-*")
	if err != nil {
		return &usageError{err}
	}
	sum := sha256.New()
	err = journal.ExportClient(io.MultiWriter(f, sum), o.client, report)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), o.out)
	}
	if err != nil {
		err = errors.Join(err, os.Remove(f.Name()))
		if _, unknown := errors.AsType[*filejournal.UnknownClientError](err); unknown {
			return &usageError{err}
		}
		return err
	}
	_, err = fmt.Fprintf(stdout, "\nThe file of %s is %s, with the SHA-256 %x.\n", o.client, o.out, sum.Sum(nil))
	return err
}

// reportOn is the report of the newest run that the client had a part in.
func reportOn(ctx context.Context, journal *filejournal.Journal, code string) (offboard.Report, error) {
	spec, err := newestSpec(ctx, journal, code)
	if err != nil {
		return offboard.Report{}, err
	}
	return offboard.Runner{Plan: offboard.NewPlan(spec, offboard.Systems{}), Journal: journal}.Report(ctx)
}

// newestSpec is the specification of that run, from the evidence.
func newestSpec(ctx context.Context, journal *filejournal.Journal, code string) (offboard.Spec, error) {
	var sessions []offboard.Record
	for rec, err := range journal.Records(ctx) {
		if err != nil {
			return offboard.Spec{}, err
		}
		if rec.Kind == offboard.KindSession {
			sessions = append(sessions, rec)
		}
	}
	for i := len(sessions) - 1; i >= 0; i-- {
		for _, ref := range sessions[i].EvidenceRefs() {
			spec, err := readSpec(journal, ref.Name)
			if err != nil {
				return offboard.Spec{}, fmt.Errorf("the specification %s: %w", ref.Name, err)
			}
			for _, e := range spec.Entities {
				if offboard.SameCode(e.Code, code) {
					return spec, nil
				}
			}
		}
	}
	return offboard.Spec{}, &usageError{fmt.Errorf("no run had to do with a client with the code %q: check its spelling", code)}
}

func readSpec(journal *filejournal.Journal, name string) (spec offboard.Spec, err error) {
	f, err := journal.Open(name)
	if err != nil {
		return spec, err
	}
	defer f.Close()
	err = json.NewDecoder(f).Decode(&spec)
	return spec, err
}

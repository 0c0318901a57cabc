package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/practicekit/offboarding/offboard"
)

// loadPlan reads a plan. Every error is an *inputError that names the file and
// the field.
func loadPlan(name string) (offboard.PlanFile, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return offboard.PlanFile{}, inputErrorf("the plan cannot be read: %v", err)
	}
	plan, err := offboard.ReadPlanFile(bytes.NewReader(data))
	if err != nil {
		return offboard.PlanFile{}, inputErrorf("%s: %v", name, err)
	}
	return plan, nil
}

// planWriter is a new file that a plan will stand in. It is made before anything
// is asked, so that a preview does not end with a plan and no place for it.
type planWriter struct{ file *os.File }

func createPlan(name string) (*planWriter, error) {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	switch {
	case errors.Is(err, fs.ErrExist):
		return nil, inputErrorf("%s exists already, and a plan is never written over: name another file with -out, or remove that one", name)
	case err != nil:
		return nil, inputErrorf("the plan has no place: %v", err)
	}
	return &planWriter{f}, nil
}

// write writes the plan and makes it durable.
func (w *planWriter) write(plan offboard.PlanFile) error {
	err := encode(w.file, plan)
	if err == nil {
		err = w.file.Sync()
	}
	if err != nil {
		return errors.Join(err, w.abandon())
	}
	return w.file.Close()
}

// abandon removes the file again.
func (w *planWriter) abandon() error {
	return errors.Join(w.file.Close(), os.Remove(w.file.Name()))
}

// encode writes indented JSON that people can read.
func encode(w io.Writer, v any) error {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return out.Encode(v)
}

// compare tells in what two plans differ, one thing a line.
func (o options) comparePlans(stdout, stderr io.Writer) int {
	then, err := loadPlan(o.compare)
	if err != nil {
		return complain(stderr, err)
	}
	now, err := loadPlan(o.clients)
	if err != nil {
		return complain(stderr, err)
	}
	changes := offboard.ComparePlans(then, now)
	if o.json {
		err = encode(stdout, append([]offboard.PlanChange{}, changes...))
	} else {
		err = writeChanges(stdout, changes)
	}
	switch {
	case err != nil:
		fmt.Fprintf(stderr, "offboard: the comparison cannot be written: %v\n", err)
		return exitFailed
	case len(changes) > 0:
		return exitDiffers
	}
	return exitDone
}

func writeChanges(w io.Writer, changes []offboard.PlanChange) error {
	if len(changes) == 0 {
		_, err := fmt.Fprintln(w, "The plans do not differ in anything that a run rests on.")
		return err
	}
	for _, c := range changes {
		if _, err := fmt.Fprintln(w, c); err != nil {
			return err
		}
	}
	return nil
}

package filejournal

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/practicekit/offboarding/offboard"
)

// Anchor keeps the head of one journal outside of its directory, the newest
// only. [FileAnchor] is a ready-made one; better ones are where whoever can
// change the directory cannot change the anchor: on another machine, in a log
// that only grows, in somebody's mail. A Journal uses it from one goroutine at a
// time, and the anchor bounds its own waits.
//
// What it proves: all lines up to the anchored one are those that stood there
// when it was stored. Without it a journal whose last lines were dropped, or
// which was written anew from some line on with all its checksums, looks sound.
//
// What it does not prove: anything about the lines after the anchored one (where
// a run was killed these may be 255, and those of its last Append); that a record
// was true when it was written; or anything at all against who can write to both.
type Anchor interface {
	// Load returns the head that was stored last. Where none ever was, its error
	// is fs.ErrNotExist.
	Load() (Head, error)
	// Store puts the head in the place of the last one, and returns once it is
	// durable. When it fails, one of the two is still there.
	Store(Head) error
}

// AnchorError says that a journal is not the one that was anchored, or not all
// of it. The journal was left as it is.
type AnchorError struct {
	Dir      string
	Anchored Head
	// Lines is how many whole lines the journal has, or its line that differs.
	Lines int
	// Missing says that the journal has lines, and that nothing was ever anchored.
	Missing bool
}

func (e *AnchorError) Error() string {
	switch {
	case e.Missing:
		return fmt.Sprintf("the journal in %s has %d lines, and there is no anchor: if it was anchored before, find out who removed the anchor; "+
			"if it never was, check it with Verify (examples/verify) and store its head in the anchor", e.Dir, e.Lines)
	case e.Lines < e.Anchored.Lines:
		return fmt.Sprintf("the journal in %s has %d whole lines, and %d were anchored: lines at its end are gone, or an older copy was restored: "+
			"restore the newest backup; what the lines recorded was done", e.Dir, e.Lines, e.Anchored.Lines)
	}
	return fmt.Sprintf("line %d of the journal in %s is not the one that was anchored: the journal was written anew, or the anchor is that of another journal: "+
		"check the path of the anchor, or restore the directory from a backup", e.Lines, e.Dir)
}

// fits compares a line with the anchored head, if it is the one.
func (h Head) fits(dir string, l line) error {
	if l.number == h.Lines && l.sum != h.Sum {
		return &AnchorError{Dir: dir, Anchored: h, Lines: l.number}
	}
	return nil
}

// reachedBy says whether a journal with this head is as long as the anchored one.
func (h Head) reachedBy(dir string, end Head) error {
	if end.Lines < h.Lines {
		return &AnchorError{Dir: dir, Anchored: h, Lines: end.Lines}
	}
	return nil
}

func loadAnchor(a Anchor) (h Head, missing bool, err error) {
	h, err = a.Load()
	if errors.Is(err, fs.ErrNotExist) {
		return Head{}, true, nil
	}
	if err != nil {
		return Head{}, false, fmt.Errorf("the anchor of the journal cannot be read: %w", err)
	}
	return h, false, nil
}

// anchorEvery is how many lines may stand behind the anchored one while a run
// goes on.
const anchorEvery = 256

// keepAnchored stores the head if the records that were just appended call for it.
func (j *Journal) keepAnchored(appended []offboard.Record) error {
	if j.anchor == nil {
		return nil
	}
	due := j.head.Lines-j.anchored.Lines >= anchorEvery
	for _, rec := range appended {
		due = due || rec.Kind == offboard.KindSession || rec.Kind == offboard.KindWave || rec.Kind == offboard.KindEnded
	}
	if !due {
		return nil
	}
	if err := storeAnchor(j.anchor, j.head); err != nil {
		return err
	}
	j.anchored = j.head
	return nil
}

func storeAnchor(a Anchor, h Head) error {
	if err := a.Store(h); err != nil {
		return fmt.Errorf("the head of the journal cannot be anchored: %w: mend the anchor and run the same again", err)
	}
	return nil
}

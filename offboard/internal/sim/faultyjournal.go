package sim

import (
	"context"
	"errors"
	"io"
	"iter"
	"strings"
	"sync/atomic"

	"github.com/practicekit/offboarding/offboard"
)

// errDisk is what a disk says that is full or broken.
var errDisk = errors.New("the disk refuses")

// Over is a journal as the process with these faults sees it.
func (f *Faults) Over(j *Journal) offboard.Journal { return &faultyJournal{Journal: j, faults: f} }

// faultyJournal is sure of nothing after an append that failed, as a journal on
// disk: it refuses all further writes.
type faultyJournal struct {
	*Journal
	faults *Faults
	broken atomic.Bool
}

// Records is no I/O of its own: a process that dies while it replays has done
// nothing.
func (j *faultyJournal) Records(ctx context.Context) iter.Seq2[offboard.Record, error] {
	return j.Journal.Records(ctx)
}

func (j *faultyJournal) Append(ctx context.Context, records ...offboard.Record) error {
	about := ""
	if len(records) > 0 {
		about = strings.TrimSpace(string(records[0].Kind) + " " + records[0].Step)
	}
	return j.write(IO{Kind: IOAppend, Op: "append", About: about, Records: len(records)}, func(torn bool) error {
		if torn {
			records = records[:len(records)/2]
		}
		return j.Journal.Append(ctx, records...)
	})
}

func (j *faultyJournal) Create(name string, write func(io.Writer) error) error {
	return j.write(IO{Kind: IOCreate, Op: "create", About: name}, func(bool) error { return j.Journal.Create(name, write) })
}

func (j *faultyJournal) write(io IO, write func(torn bool) error) error {
	_, due, err := j.faults.next(io)
	switch {
	case err != nil:
		return err
	case j.broken.Load():
		return errDisk
	case due == DiskFull:
		j.broken.Store(io.Kind == IOAppend)
		return errDisk
	}
	err = write(due == TornAppend)
	switch due {
	case CrashAfter, TornAppend:
		return j.faults.die()
	case DiskDoubt:
		j.broken.Store(io.Kind == IOAppend)
		return errDisk
	}
	return err
}

func (j *faultyJournal) Open(name string) (io.ReadCloser, error) {
	_, due, err := j.faults.next(IO{Kind: IOOpen, Op: "open", About: name})
	switch {
	case err != nil:
		return nil, err
	case due == Unreadable:
		return nil, errDisk
	}
	return j.Journal.Open(name)
}

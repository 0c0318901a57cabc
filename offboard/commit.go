package offboard

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// committer makes the records of several workers durable: those that come while
// one append is under way share the next one (group commit).
type committer struct {
	mu      sync.Mutex
	waiting []*entry
	busy    bool  // somebody appends
	broken  error // an append failed: what is on disk is not known
}

// entry is a record that waits to be made durable.
type entry struct {
	record Record
	done   chan struct{} // nil for the one who appends
	err    error
}

// record numbers and dates a record, makes it durable and only then folds it.
// Cancelling does not keep an outcome from being recorded.
func (s *session) record(ctx context.Context, rec Record) error {
	c := &s.log
	mine := &entry{record: rec}
	c.mu.Lock()
	c.waiting = append(c.waiting, mine)
	if c.busy {
		mine.done = make(chan struct{})
		c.mu.Unlock()
		<-mine.done
		return mine.err
	}
	c.busy = true
	for len(c.waiting) > 0 {
		batch := c.waiting
		c.waiting = nil
		c.mu.Unlock()
		s.commit(context.WithoutCancel(ctx), batch)
		c.mu.Lock()
	}
	c.busy = false
	c.mu.Unlock()
	return mine.err
}

// logged tells the Logger of a record: its number, by which the journal tells all,
// which step and how it ended. Client Codes are often made of names (I8).
func (s *session) logged(ctx context.Context, r Record) {
	level := slog.LevelInfo
	switch {
	case r.State == Blocked || r.State == Failed || r.State == Unknown:
		level = slog.LevelWarn
	case r.Kind == KindChecked || r.Kind == KindIntent:
		level = slog.LevelDebug
	}
	if !s.Logger.Enabled(ctx, level) {
		return
	}
	attrs := []slog.Attr{slog.Int("record", r.Seq)}
	for _, a := range []struct{ name, value string }{{"step", r.Step}, {"state", string(r.State)}, {"rule", r.Rule}} {
		if a.value != "" {
			attrs = append(attrs, slog.String(a.name, a.value))
		}
	}
	if r.Wave > 0 {
		attrs = append(attrs, slog.Int("wave", r.Wave))
	}
	s.Logger.LogAttrs(ctx, level, string(r.Kind), attrs...)
}

// commit is called by one goroutine at a time. After an error nothing is
// appended any more: the run must end.
func (s *session) commit(ctx context.Context, batch []*entry) {
	records := make([]Record, len(batch))
	seq, _ := s.progress.now()
	for i, e := range batch {
		e.record.Seq, e.record.Time = seq+1+i, time.Now().UTC()
		records[i] = e.record
	}
	err := s.log.broken
	if err == nil {
		err = s.Journal.Append(ctx, records...)
	}
	if err != nil {
		s.log.broken = err
		err = &EvidenceError{Name: "the journal", Err: err}
	}
	for i, e := range batch {
		if e.err = err; err == nil {
			s.progress.apply(records[i])
			s.logged(ctx, records[i])
			if s.OnRecord != nil {
				s.OnRecord(records[i])
			}
		}
		if e.done != nil {
			close(e.done)
		}
	}
}

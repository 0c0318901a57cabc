package sim

import (
	"maps"
	"slices"

	"github.com/practicekit/offboarding/offboard"
)

// copyRecord is a record that shares no memory with r which could change.
func copyRecord(r offboard.Record) offboard.Record {
	r.Facts = copyFacts(r.Facts)
	r.Details = maps.Clone(r.Details)
	r.Kept = slices.Clone(r.Kept)
	if r.Task != nil {
		task := *r.Task
		task.Do = slices.Clone(task.Do)
		task.HandBack.Choices = slices.Clone(task.HandBack.Choices)
		r.Task = &task
	}
	r.Answer = copied(r.Answer)
	return r
}

func copied[T any](from *T) *T {
	if from == nil {
		return nil
	}
	to := *from
	return &to
}

func copyFacts(from *offboard.Facts) *offboard.Facts {
	if from == nil {
		return nil
	}
	f := *from
	if f.Snapshot = copied(f.Snapshot); f.Snapshot != nil {
		f.Snapshot.Documents = slices.Clone(f.Snapshot.Documents)
		f.Snapshot.Contacts = slices.Clone(f.Snapshot.Contacts)
	}
	if f.Filed = copied(f.Filed); f.Filed != nil {
		f.Filed.Documents = slices.Clone(f.Filed.Documents)
		f.Filed.Digests = slices.Clone(f.Filed.Digests)
	}
	f.History, f.Upstream, f.Baseline = copied(f.History), copied(f.Upstream), copied(f.Baseline)
	f.Removed, f.Disposal = copied(f.Removed), copied(f.Disposal)
	return &f
}

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
	r.Clients = slices.Clone(r.Clients)
	r.Files = slices.Clone(r.Files)
	r.Findings = slices.Clone(r.Findings)
	for i := range r.Findings {
		r.Findings[i].Count = copied(r.Findings[i].Count)
	}
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
	if f.History = copied(f.History); f.History != nil {
		f.History.Earlier = slices.Clone(f.History.Earlier)
	}
	f.Upstream, f.Baseline, f.Removed, f.Disposal = copied(f.Upstream), copied(f.Baseline), copied(f.Removed), copied(f.Disposal)
	f.Approved, f.Copied = copied(f.Approved), copied(f.Copied)
	return &f
}

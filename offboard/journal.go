package offboard

import (
	"context"
	"io"
	"iter"
	"time"
)

// Journal is the durable record of an off-boarding: what was checked, intended,
// done, asked and answered. It outlives processes, is the audit trail, and all
// state of a run is a fold of it. The ready-made one is package filejournal.
//
// A Journal belongs to one Runner at a time; an implementation locks itself
// against a second one. The Runner appends from one goroutine at a time; the
// evidence is used from several at once.
type Journal interface {
	Evidence
	// Records yields all records, oldest first.
	Records(context.Context) iter.Seq2[Record, error]
	// Append makes the records durable, in this order, before it returns, and sets
	// nothing in them. After an error any number of the first of them may be
	// durable, and the run must end.
	Append(context.Context, ...Record) error
}

// Evidence is where the files of a run are kept: the exported histories, the
// specification, the snapshots. Files are create-only: there is no way to
// replace or delete one (I1). Names are relative paths with forward slashes.
type Evidence interface {
	// Create writes a new file and makes it durable. It fails with an error that
	// is fs.ErrExist if there is one, and leaves no file behind when write fails.
	Create(name string, write func(io.Writer) error) error
	// Open reads a file; a missing one is fs.ErrNotExist.
	Open(name string) (io.ReadCloser, error)
}

// Kind says what a record records.
type Kind string

const (
	KindSession  Kind = "session"  // a run began: Digest names the specification in the evidence
	KindChecked  Kind = "checked"  // a Check's verdict
	KindIntent   Kind = "intent"   // an effect is about to be sent (I6)
	KindOutcome  Kind = "outcome"  // its end: done, refused (failed) or unknown
	KindAsked    Kind = "asked"    // a task was put before a person
	KindAnswered Kind = "answered" // the person's answer
	KindWave     Kind = "wave"     // clients begin to be taken out, together
	KindHeld     Kind = "held"     // no wave begins before Until: a quota is used up
	KindEnded    Kind = "ended"    // a run returned
)

// Record is one line of a journal. It holds ids, codes, counts and digests; the
// only person it names is who answered a task.
type Record struct {
	// Seq counts records from 1 without a gap.
	Seq  int       `json:"seq"`
	Time time.Time `json:"time"`
	Kind Kind      `json:"kind"`
	// Client is the Client Code; empty for a step of a wave, which has its number.
	Client string `json:"client,omitempty"`
	Wave   int    `json:"wave,omitempty"`
	Step   string `json:"step,omitempty"`
	Target string `json:"target,omitempty"`
	// Destructive is set on the intent of a destructive step.
	Destructive bool              `json:"destructive,omitempty"`
	State       State             `json:"state,omitempty"`
	Rule        string            `json:"rule,omitempty"`
	Reason      string            `json:"reason,omitempty"`
	Proof       Proof             `json:"proof,omitempty"`
	Until       time.Time         `json:"until,omitzero"`
	Facts       *Facts            `json:"facts,omitempty"`
	Details     map[string]string `json:"details,omitempty"`
	Kept        []Kept            `json:"kept,omitempty"`
	Findings    []Finding         `json:"findings,omitempty"`
	// Files are the evidence files that were written with a verdict, if they are
	// not named by its Facts.
	Files []RecordedFile `json:"files,omitempty"`
	// Clients are those of a wave.
	Clients []string `json:"clients,omitempty"`
	Task    *Task    `json:"task,omitempty"`
	Answer  *Answer  `json:"answer,omitempty"`
	Digest  string   `json:"digest,omitempty"`
}

// RecordedFile is an evidence file that a step has written.
type RecordedFile struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
}

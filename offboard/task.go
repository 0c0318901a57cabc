package offboard

import (
	"context"
	"errors"
	"slices"
	"time"
)

// Task is something only a person can do or decide: approve what destroys, or
// carry out a step that the practice's access does not offer (P9).
type Task struct {
	// ID is the same each time the same thing is asked.
	ID     string `json:"id"`
	Client string `json:"client,omitempty"`
	Step   string `json:"step"`
	Rule   string `json:"rule,omitempty"`
	// Approval marks a decision about what destroys; Scope is the hash of
	// exactly what is approved (I10).
	Approval bool   `json:"approval,omitempty"`
	Scope    string `json:"scope,omitempty"`
	// Where is the place in the product: "Admin > AutoMate > Full Client Sync".
	Where string `json:"where,omitempty"`
	// Do lists what to do, in order.
	Do []string `json:"do"`
	// Why says what depends on it.
	Why string `json:"why"`
	// HandBack says what the answer must carry beside yes or no.
	HandBack HandBack `json:"handBack,omitzero"`
}

// HandBack says what an answer must carry beside yes or no.
type HandBack struct {
	File    bool     `json:"file,omitempty"`    // the path of a file on this machine
	Count   bool     `json:"count,omitempty"`   // a number, as the product shows it
	Choices []string `json:"choices,omitempty"` // one of these
}

// misfit says what an answer with yes lacks, or "".
func (t Task) misfit(a Answer) string {
	switch {
	case a.By == "":
		return "it does not say who answers"
	case t.HandBack.File && a.File == "":
		return "it names no file"
	case t.HandBack.Count && a.Count < 0:
		return "its count is negative"
	case len(t.HandBack.Choices) > 0 && !slices.Contains(t.HandBack.Choices, a.Choice):
		return "it is none of the choices"
	}
	return ""
}

// Answer is a person's answer to a task: an attested proof.
type Answer struct {
	// Yes means done, or approved; otherwise not done, or declined.
	Yes    bool      `json:"yes"`
	By     string    `json:"by"`
	At     time.Time `json:"at"`
	Why    string    `json:"why,omitempty"`
	File   string    `json:"-"` // not journaled: the file itself becomes evidence
	Count  int       `json:"count,omitempty"`
	Choice string    `json:"choice,omitempty"`
}

// ErrNoAnswer is what an Operator returns when nobody has answered so far.
var ErrNoAnswer = errors.New("nobody has answered")

// Operator puts tasks before people. Ask may wait for the answer, or post the
// task and return ErrNoAnswer at once; a later run asks again with the same
// Task.ID.
type Operator interface {
	Ask(context.Context, Task) (Answer, error)
}

// OperatorFunc makes a function an Operator.
type OperatorFunc func(context.Context, Task) (Answer, error)

// Ask calls the function.
func (f OperatorFunc) Ask(ctx context.Context, t Task) (Answer, error) { return f(ctx, t) }

// Approve answers approvals with yes in the given name, and leaves every other
// task to next; a nil next answers nothing.
func Approve(by, why string, next Operator) Operator {
	return OperatorFunc(func(ctx context.Context, t Task) (Answer, error) {
		switch {
		case t.Approval:
			return Answer{Yes: true, By: by, Why: why}, nil
		case next == nil:
			return Answer{}, ErrNoAnswer
		}
		return next.Ask(ctx, t)
	})
}

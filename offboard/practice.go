package offboard

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/xpm"
)

// practice is what the ready-made steps share: the ways into the systems, the
// reads that serve all clients of a session, and the one question for them all.
type practice struct {
	Systems
	account  *shared[nimbus.Account]
	clients  *shared[clientList]
	work     *shared[openWork]
	invoices *shared[openInvoices]
	leavers  *shared[map[string]bool]
	fields   *shared[[]xpm.CustomField]
	question *question
}

func newPractice(systems Systems) practice {
	return practice{
		Systems:  systems,
		account:  newShared[nimbus.Account](),
		clients:  newShared[clientList](),
		work:     newShared[openWork](),
		invoices: newShared[openInvoices](),
		leavers:  newShared[map[string]bool](),
		fields:   newShared[[]xpm.CustomField](),
		question: &question{},
	}
}

// shared is one read that serves many clients: of one session, and as long as it
// is new enough. Of several that want it at the same time one reads.
type shared[T any] struct {
	turn  chan struct{} // holds a token while nobody reads
	of    *Progress     // each session replays its own
	after int           // the newest record when the read began
	value T
}

func newShared[T any]() *shared[T] {
	s := &shared[T]{turn: make(chan struct{}, 1)}
	s.turn <- struct{}{}
	return s
}

// get returns what was read after the given record of the session, or reads it.
func (s *shared[T]) get(ctx context.Context, p *Progress, after int, read func() (T, error)) (T, error) {
	var none T
	select {
	case <-s.turn:
	case <-ctx.Done():
		return none, ctx.Err()
	}
	defer func() { s.turn <- struct{}{} }()
	if s.of == p && s.after >= after {
		return s.value, nil
	}
	began, _ := p.now()
	value, err := read()
	if err != nil {
		return none, err
	}
	s.of, s.after, s.value = p, began, value
	return value, nil
}

// offers reports whether a program can do all of these in Nimbus. What Nimbus
// offers is asked once a session; the edition is always asked afresh (I4).
func (p practice) offers(ctx context.Context, v View, capabilities ...nimbus.Capability) (bool, error) {
	for _, c := range capabilities {
		if !p.Nimbus.has(c) {
			return false, nil
		}
	}
	if p.Nimbus.Account == nil {
		return true, nil
	}
	account, err := p.accountOf(ctx, v)
	if err != nil {
		return false, err
	}
	for _, c := range capabilities {
		if !account.Offers(c) {
			return false, nil
		}
	}
	return true, nil
}

// accountOf asks once a session; it is zero where no program can ask.
func (p practice) accountOf(ctx context.Context, v View) (nimbus.Account, error) {
	if p.Nimbus.Account == nil {
		return nimbus.Account{}, nil
	}
	return p.account.get(ctx, v.progress, 0, func() (nimbus.Account, error) { return p.Nimbus.Account.Get(ctx) })
}

// inNimbus is a task for what Nimbus does not offer to programs: where it is done
// and how, as package nimbus knows it, after what is wanted.
func inNimbus(c nimbus.Capability, what string, t Task) Task {
	hand := nimbus.ByHandFor(c)
	t.Where, t.Do = hand.Where, append([]string{what}, hand.Steps...)
	return t
}

// forAll is the view for a task that is asked once for all clients.
func (v View) forAll() View {
	v.Entity = Entity{}
	return v
}

// byHand asks a person to do what no program can. It returns the answer where
// there is one, and the verdict that asks for it otherwise.
func (v View) byHand(t Task) (Answer, Verdict, bool) {
	t.Client, t.Step = v.Entity.Code, v.step.Name
	t.ID = strings.Join(slices.DeleteFunc([]string{t.Client, t.Step, t.ID}, func(s string) bool { return s == "" }), "/")
	if a, ok := v.Answer(t.ID); ok && (!t.HandBack.File || a.File != "") {
		return a, Verdict{}, true
	}
	return Answer{}, Verdict{State: Manual, Rule: t.Rule, Reason: "a person has to do this (P9): " + t.Where, Task: &t}, false
}

// attested is the verdict on a step that a person has answered for.
func attested(a Answer, reason string) Verdict {
	return Verdict{State: Done, Proof: Attested, Reason: reason, Details: map[string]string{"attestedBy": a.By}}
}

// blocked is the verdict of a rule that forbids to go on.
func blocked(rule, format string, args ...any) (Verdict, error) {
	return Verdict{State: Blocked, Rule: rule, Reason: fmt.Sprintf(format, args...)}, nil
}

func waiting(rule, format string, args ...any) (Verdict, error) {
	return Verdict{State: Waiting, Rule: rule, Reason: fmt.Sprintf(format, args...)}, nil
}

func done(format string, args ...any) Verdict {
	return Verdict{State: Done, Proof: Read, Reason: fmt.Sprintf(format, args...)}
}

// absent tells a missing object from an error: it reports whether err says that
// the object is not there, and returns any other error.
func absent(err error) (bool, error) {
	if errors.Is(err, nimbus.ErrNotFound) {
		return true, nil
	}
	return false, err
}

// evidenceDir is the folder of a client's evidence. It is made of letters,
// digits and hyphens only, whatever the code holds, and differs for every code.
func evidenceDir(code string) string {
	var b strings.Builder
	b.WriteString("client-")
	for _, c := range []byte(codeKey(code)) {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '-':
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "_%02x", c)
		}
	}
	return b.String()
}

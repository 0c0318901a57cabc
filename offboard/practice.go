package offboard

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/xpm"
)

// practice is what the ready-made steps share: the clients of the systems, and
// the reads that serve all clients of a session.
type practice struct {
	Systems
	account *accountReader
	clients *clientReader
	jobs    *jobReader
	fields  *fieldReader
}

func newPractice(systems Systems) practice {
	return practice{
		Systems: systems,
		account: &accountReader{},
		clients: &clientReader{},
		jobs:    &jobReader{},
		fields:  &fieldReader{},
	}
}

// perSession keeps one answer for the length of a session.
type perSession[T any] struct {
	mu      sync.Mutex
	session *Progress // each session replays its own
	value   T
}

func (k *perSession[T]) get(session *Progress, read func() (T, error)) (T, error) {
	k.mu.Lock()
	value, known := k.value, k.session == session
	k.mu.Unlock()
	if known {
		return value, nil
	}
	value, err := read()
	if err == nil {
		k.mu.Lock()
		k.value, k.session = value, session
		k.mu.Unlock()
	}
	return value, err
}

type (
	accountReader = perSession[nimbus.Account]
	clientReader  = perSession[map[string][]xpm.ClientEntity]
	jobReader     = perSession[map[xpm.ClientUUID]int]
	fieldReader   = perSession[[]xpm.CustomField]
)

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
	return p.account.get(v.progress, func() (nimbus.Account, error) { return p.Nimbus.Account.Get(ctx) })
}

// xpmByCode returns the clients that XPM keeps under a Client Code, from one
// list for the whole session. Where XPM has no code for a client, Nimbus uses
// its name.
func (p practice) xpmByCode(ctx context.Context, v View, code string) ([]xpm.ClientEntity, error) {
	byCode, err := p.clients.get(v.progress, func() (map[string][]xpm.ClientEntity, error) { return p.listXPM(ctx) })
	return byCode[codeKey(code)], err
}

func (p practice) listXPM(ctx context.Context) (map[string][]xpm.ClientEntity, error) {
	byCode := map[string][]xpm.ClientEntity{}
	for c, err := range p.XPM.Clients.List(ctx, xpm.ListOptions{}) {
		if err != nil {
			return nil, err
		}
		code := c.ClientCode
		if code == "" {
			code = c.Name
		}
		byCode[codeKey(code)] = append(byCode[codeKey(code)], xpm.ClientEntity{
			UUID: c.UUID, ClientCode: c.ClientCode, Name: c.Name, IsArchived: c.IsArchived, IsDeleted: c.IsDeleted, StateKnown: c.StateKnown})
	}
	return byCode, nil
}

// openJobs counts the current jobs of a client, from one list for the session.
func (p practice) openJobs(ctx context.Context, v View, id xpm.ClientUUID) (int, error) {
	jobs, err := p.jobs.get(v.progress, func() (map[xpm.ClientUUID]int, error) {
		count := map[xpm.ClientUUID]int{}
		for job, err := range p.XPM.Jobs.Current(ctx, xpm.CurrentOptions{}) {
			if err != nil {
				return nil, err
			}
			count[job.Client.UUID]++
		}
		return count, nil
	})
	return jobs[id], err
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
	t.Client, t.Step = v.Entity.Code, v.step
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

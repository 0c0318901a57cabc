package offboard

import (
	"context"
	"fmt"
	"strings"

	"github.com/practicekit/offboarding/myobae"
	"github.com/practicekit/offboarding/nimbus"
)

// preflight looks at what careful practices check before they touch a client
// (P10). All of it is told, as findings; those that weigh as a stop block the
// client. What cannot be read is told as not known, and is never taken for
// nothing.
func (p practice) preflight() Step {
	return Step{
		StepInfo: StepInfo{Name: StepPreflight, Does: "check edition, signatures, money, jobs, documents and contacts", Rule: "P10, I4, R12",
			Needs: []string{StepResolve}, Scope: PerClient},
		Check: p.checkPreflight,
	}
}

func (p practice) checkPreflight(ctx context.Context, v View) (Verdict, error) {
	if v.Touched() {
		return done("passed before the client was touched"), nil
	}
	edition, proof, ask, err := p.edition(ctx, v)
	if err != nil {
		return Verdict{}, err
	}
	if verdict, err := p.hasFilterField(ctx, v); err != nil || verdict.State != "" {
		return verdict, err
	}
	f := newFound(v.Spec.Policy)
	lookAtEdition(v, edition, f)
	lookAtRetention(v, f)
	for _, look := range []func(context.Context, View, *found) error{p.lookInXPM, p.lookInMYOBAE, p.lookInNimbus} {
		if err := look(ctx, v, f); err != nil {
			return Verdict{}, err
		}
	}
	verdict := f.stop()
	switch {
	case verdict.State != "":
	case ask.State != "":
		verdict = ask
	default:
		verdict = done("edition %s; %s", edition, f.words())
		verdict.Proof = proof
	}
	if edition != nimbus.EditionUnknown {
		verdict.Details = map[string]string{"edition": string(edition)}
	}
	verdict.Findings = f.list()
	return verdict, nil
}

func lookAtEdition(v View, edition nimbus.Edition, f *found) {
	want := v.Spec.Policy.Documents.Edition()
	switch edition {
	case nimbus.EditionUnknown:
		f.note(FindingEdition, Finding{Severity: SeverityWarn, Detail: "a person is asked"})
	case want:
		f.flag(FindingEdition, false, string(edition))
	default:
		f.flag(FindingEdition, true, fmt.Sprintf("the account's edition is %s, and the policy is for %s", edition, want))
	}
}

// edition asks Nimbus afresh, and a person where Nimbus does not tell: once for all
// clients, since it is a property of the account, and anew in a session after the
// one that has the answer.
func (p practice) edition(ctx context.Context, v View) (nimbus.Edition, Proof, Verdict, error) {
	if p.Nimbus.Account != nil {
		account, err := p.Nimbus.Account.Get(ctx)
		if err != nil || account.Edition != nimbus.EditionUnknown {
			return account.Edition, Read, Verdict{}, err
		}
	}
	answer, ask, ok := v.forAll().byHand(inNimbus(nimbus.CapabilityAccountEdition, "Say which edition the account has", Task{
		ID: fmt.Sprintf("edition-%d", v.answeredBefore("edition-")), Rule: "I4",
		Why:      "the same button archives documents in one edition and destroys them in the other (R19, R20)",
		HandBack: HandBack{Choices: []string{string(nimbus.EditionCDM), string(nimbus.EditionNonCDM)}},
	}))
	if !ok {
		return "", "", ask, nil
	}
	return nimbus.Edition(answer.Choice), Attested, Verdict{}, nil
}

// lookInMYOBAE finds what MYOB AE has of the client, and what its gateway has
// against closing it.
func (p practice) lookInMYOBAE(ctx context.Context, v View, f *found) error {
	closes := v.Spec.Source == SourceMYOBAE
	if !closes && v.Spec.Source != SourceMYOBAEField {
		return nil
	}
	if v.Facts.Snapshot.MYOBAE == "" {
		f.byHand("no program reaches MYOB AE", FindingAlreadyClosed)
		if closes {
			f.byHand("no program reaches MYOB AE", FindingCloseBlockers, FindingCloseWarnings)
		}
		return nil
	}
	closed := false
	if f.wants(FindingAlreadyClosed) {
		state, err := p.upstream(ctx, v)
		_, exists := state.client.ExtraField(v.Spec.field())
		switch {
		case err != nil:
			if err := f.failed(err, FindingAlreadyClosed); err != nil {
				return err
			}
		case !closes && !exists:
			f.notKnown(fmt.Sprintf("the client has no Extra Field %q", v.Spec.field()), FindingAlreadyClosed)
		default:
			closed = state.gone
			f.flag(FindingAlreadyClosed, closed, "")
		}
	}
	if !closes || closed {
		return nil // nothing has to be closed
	}
	against, err := p.MYOBAE.Clients.ClosePreflight(ctx, v.Facts.Snapshot.MYOBAE)
	if err != nil {
		return f.failed(err, FindingCloseBlockers, FindingCloseWarnings)
	}
	f.count(FindingCloseBlockers, len(against.Blockers), namesOf(against.Blockers))
	f.count(FindingCloseWarnings, len(against.Warnings), namesOf(against.Warnings))
	return nil
}

func namesOf(all []myobae.Finding) string {
	var names []string
	for _, f := range all {
		names = append(names, f.Name)
	}
	return strings.Join(names, ", ")
}

package offboard

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/practicekit/offboarding/nimbus"
)

// preflight looks at what careful practices check before they touch a client
// (P10). It stops for the wrong edition (I4), for what the MYOB AE gateway would
// refuse, for a custom field that XPM does not have (R4a), and for Documents for
// Signature where the policy says stop (R12); everything else it finds is told, not judged.
func (p practice) preflight() Step {
	return Step{
		StepInfo: StepInfo{Name: StepPreflight, Does: "check edition, signatures, jobs and documents", Rule: "P10, I4, R12",
			Needs: []string{StepResolve}, Scope: PerClient},
		Check: p.checkPreflight,
	}
}

func (p practice) checkPreflight(ctx context.Context, v View) (Verdict, error) {
	if v.Touched() {
		return done("passed before the client was touched"), nil
	}
	edition, proof, ask, err := p.edition(ctx, v)
	if err != nil || ask.State != "" {
		return ask, err
	}
	if want := v.Spec.Policy.Documents.Edition(); edition != want {
		return blocked("I4", "the account's edition is %s, and the policy is for %s", edition, want)
	}
	found := map[string]string{"edition": string(edition)}
	if verdict, err := p.preflightSignatures(ctx, v, found); err != nil || verdict.State != "" {
		return verdict, err
	}
	if err := p.preflightDocuments(ctx, v, found); err != nil {
		return Verdict{}, err
	}
	if verdict, err := p.preflightSource(ctx, v, found); err != nil || verdict.State != "" {
		return verdict, err
	}
	verdict := done("%s", strings.Join(findings(edition, found), ", "))
	verdict.Details, verdict.Proof = found, proof
	return verdict, nil
}

// findings says in words what a person ought to know before approving.
func findings(edition nimbus.Edition, found map[string]string) []string {
	words := []string{"edition " + string(edition)}
	for _, f := range []struct{ key, what string }{
		{foundSignatures, "e-mail jobs with Documents for Signature"}, {foundJobs, "open jobs"},
		{foundHeld, "documents locked or checked out"}, {foundPublished, "documents published"}, {foundWarnings, "warnings of MYOB AE"},
	} {
		if n := found[f.key]; n != "" && n != "0" {
			words = append(words, f.what+": "+n)
		}
	}
	return words
}

// The findings by their names in the evidence.
const (
	foundSignatures = "signatureJobs"
	foundJobs       = "openJobs"
	foundHeld       = "documentsLockedOrCheckedOut"
	foundPublished  = "documentsPublished"
	foundWarnings   = "closeWarnings"
)

// edition asks Nimbus afresh, and a person where Nimbus does not tell: once a
// session for all clients, since it is a property of the account.
func (p practice) edition(ctx context.Context, v View) (nimbus.Edition, Proof, Verdict, error) {
	if p.Nimbus.Account != nil {
		account, err := p.Nimbus.Account.Get(ctx)
		if err != nil || account.Edition != nimbus.EditionUnknown {
			return account.Edition, Read, Verdict{}, err
		}
	}
	answer, ask, ok := v.forAll().byHand(inNimbus(nimbus.CapabilityAccountEdition, "Say which edition the account has", Task{
		ID: fmt.Sprintf("edition-%d", v.progress.session), Rule: "I4",
		Why:      "the same button archives documents in one edition and destroys them in the other (R19, R20)",
		HandBack: HandBack{Choices: []string{string(nimbus.EditionCDM), string(nimbus.EditionNonCDM)}},
	}))
	if !ok {
		return "", "", ask, nil
	}
	return nimbus.Edition(answer.Choice), Attested, Verdict{}, nil
}

func (p practice) preflightSignatures(ctx context.Context, v View, found map[string]string) (Verdict, error) {
	jobs, known, err := p.signatureJobs(ctx, v)
	if err != nil || !known {
		found[foundSignatures] = "not known: Nimbus does not offer " + string(nimbus.CapabilityEmailJobsRead)
		return Verdict{}, err
	}
	found[foundSignatures] = strconv.Itoa(jobs)
	if stop := v.Spec.Policy.Signatures == "" || v.Spec.Policy.Signatures == SignaturesStop; jobs > 0 && stop {
		return blocked("R12", "%d e-mail jobs hold Documents for Signature, so the sync would not remove the entity: finish or delete them, or choose the policy that deletes the entity by hand", jobs)
	}
	return Verdict{}, nil
}

// signatureJobs counts the e-mail jobs of the entity with Documents for
// Signature; known is false where no program can read them.
func (p practice) signatureJobs(ctx context.Context, v View) (jobs int, known bool, err error) {
	readable, err := p.offers(ctx, v, nimbus.CapabilityEmailJobsRead)
	if err != nil || !readable || v.Facts.Snapshot.Nimbus == "" {
		return 0, false, err
	}
	all, err := p.Nimbus.EmailJobs.ListByClient(ctx, v.Facts.Snapshot.Nimbus)
	for _, job := range all {
		if job.DocumentsForSignature > 0 {
			jobs++
		}
	}
	return jobs, err == nil, err
}

func (p practice) preflightDocuments(ctx context.Context, v View, found map[string]string) error {
	readable, err := p.offers(ctx, v, nimbus.CapabilityFoldersRead)
	if err != nil || !readable || v.Facts.Snapshot.Folder == "" {
		return err
	}
	documents, err := p.Nimbus.Documents.List(ctx, v.Facts.Snapshot.Folder)
	if err != nil {
		return err
	}
	held, published := 0, 0
	for _, d := range documents {
		if d.Locked || d.CheckedOut {
			held++
		}
		if d.Published {
			published++
		}
	}
	found[foundHeld] = strconv.Itoa(held)
	found[foundPublished] = strconv.Itoa(published)
	return nil
}

func (p practice) preflightSource(ctx context.Context, v View, found map[string]string) (Verdict, error) {
	snap := v.Facts.Snapshot
	if v.Spec.Source == SourceXPMField && p.reachesFields() {
		if _, verdict, err := p.filterField(ctx, v); err != nil || verdict.State != "" {
			return verdict, err
		}
	}
	switch {
	case v.Spec.Source.isXPM() && snap.XPM != "" && p.XPM.Jobs != nil:
		jobs, err := p.openJobs(ctx, v, snap.XPM)
		found[foundJobs] = strconv.Itoa(jobs)
		return Verdict{}, err
	case v.Spec.Source == SourceMYOBAE && snap.MYOBAE != "":
		preflight, err := p.MYOBAE.Clients.ClosePreflight(ctx, snap.MYOBAE)
		if err != nil {
			return Verdict{}, err
		}
		found[foundWarnings] = strconv.Itoa(len(preflight.Warnings))
		if len(preflight.Blockers) > 0 {
			return blocked("R5, P10", "MYOB AE would not close the client: %s", preflight.Blockers[0].Name)
		}
	}
	return Verdict{}, nil
}

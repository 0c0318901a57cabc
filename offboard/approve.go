package offboard

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// approve asks a person for the one decision that everything destructive rests
// on. What is approved is the scope of every client: the hash of what is wanted
// for it and of the snapshot it was resolved to. One question covers all clients
// that wait for it; a client whose scope has changed needs another approval, and
// holds up no other (I10).
func (p practice) approve() Step {
	return Step{
		StepInfo: StepInfo{Name: StepApprove, Does: "ask for approval of what destroys", Rule: "I10",
			Needs: []string{StepResolve, StepFileHistory}, Scope: PerClient},
		Check: p.checkApprove,
		Foresee: func(_ context.Context, v View) (Verdict, error) {
			return Verdict{State: Manual, Reason: "a person approves: " + strings.Join(approvalLines(v.Spec, v.clients), "; ")}, nil
		},
	}
}

func (p practice) checkApprove(_ context.Context, v View) (Verdict, error) {
	scope := scopeOfClient(v.wanted, v.Entity, v.Facts.Snapshot)
	if a := v.Facts.Approved; a != nil && a.Scope == scope {
		return approved(*a), nil
	}
	if mine := v.mine(); mine.task != nil && mine.details["scope"] == scope {
		if answer, ok := v.Answer(mine.task.ID); ok {
			return approved(Approved{Scope: scope, Task: mine.task.ID, By: answer.By}), nil
		}
	}
	task := p.question.ask(v)
	return Verdict{State: Manual, Task: &task, Details: map[string]string{"scope": scope},
		Reason: "the destructive steps wait for approval of scope " + task.Scope[:16]}, nil
}

func approved(a Approved) Verdict {
	return Verdict{State: Done, Proof: Attested, Reason: "scope " + a.Scope[:16] + " approved", Facts: Facts{Approved: &a},
		Details: map[string]string{"scope": a.Scope, "attestedBy": a.By}}
}

// wanted names what is wanted for every client of the specification.
func (s Spec) wanted() string {
	return digest(struct {
		Source Source `json:"source"`
		Field  string `json:"field"`
		Policy Policy `json:"policy"`
	}{s.Source, s.Field, s.Policy})
}

// scopeOfClient names exactly what an approval allows for a client.
func scopeOfClient(wanted string, e Entity, snapshot *Snapshot) string {
	return digest(struct {
		Wanted   string    `json:"wanted"`
		Entity   Entity    `json:"entity"`
		Snapshot *Snapshot `json:"snapshot"`
	}{wanted, e, snapshot})
}

// scopeOf names what one approval of several clients allows.
func scopeOf(scopes []string) string {
	scopes = slices.Clone(scopes)
	slices.Sort(scopes)
	return digest(scopes)
}

// question is the approval that is to be asked for: one for all clients that
// wait for it, and another one once any of them has changed.
type question struct {
	mu   sync.Mutex
	of   *Progress
	made int // what Progress.scopes was then
	task Task
}

func (q *question) ask(v View) Task {
	q.mu.Lock()
	defer q.mu.Unlock()
	v.progress.mu.RLock()
	defer v.progress.mu.RUnlock()
	if q.of == v.progress && q.made == v.progress.scopes {
		return q.task
	}
	codes, scopes := v.unapproved()
	scope := scopeOf(scopes)
	q.of, q.made = v.progress, v.progress.scopes
	q.task = Task{
		ID: StepApprove + "/" + scope[:16], Step: StepApprove, Rule: "I10", Approval: true, Scope: scope,
		Where: "here",
		Do:    append(approvalLines(v.Spec, codes), v.warnings(codes)...),
		Why:   "these steps destroy records or access; the histories are exported and verified, and nothing outside this scope is touched",
	}
	return q.task
}

// unapproved are the clients whose approval is to be asked for, and their scopes.
// The caller holds the lock of the progress.
func (v View) unapproved() (codes, scopes []string) {
	for _, e := range v.Spec.Entities {
		u := unit{client: e.Code}
		ready := !v.progress.stopped(u)
		for _, need := range v.step.Needs {
			state := v.progress.see(u, need).state
			ready = ready && (state == Done || state == Skipped)
		}
		if !ready {
			continue
		}
		facts := v.progress.facts(u)
		scope := scopeOfClient(v.wanted, e, facts.Snapshot)
		if facts.Approved == nil || facts.Approved.Scope != scope {
			codes, scopes = append(codes, e.Code), append(scopes, scope)
		}
	}
	return codes, scopes
}

// warnings are a line with what preflight warns of, and of how many clients, if it
// warns of anything. The caller holds the lock of the progress.
func (v View) warnings(codes []string) []string {
	clients := map[FindingName]int{}
	for _, code := range codes {
		for _, f := range v.progress.see(unit{client: code}, StepPreflight).findings {
			if f.Severity == SeverityWarn && !f.None() {
				clients[f.Name]++
			}
		}
	}
	var words []string
	for _, k := range findingKinds {
		if n := clients[k.name]; n > 0 {
			words = append(words, fmt.Sprintf("%s (%s)", k.name, plural(n, "client")))
		}
	}
	if len(words) == 0 {
		return nil
	}
	return []string{"preflight warns of " + strings.Join(words, ", ") + " (P10)"}
}

// named is how many codes a sentence names.
const named = 20

// clientsInWords names clients, or the first of them and how many more there are.
func clientsInWords(codes []string) string {
	switch {
	case len(codes) == 1:
		return "client " + codes[0]
	case len(codes) > named:
		return fmt.Sprintf("%d clients (%s, and %d more)", len(codes), strings.Join(codes[:named], ", "), len(codes)-named)
	}
	return fmt.Sprintf("%d clients (%s)", len(codes), strings.Join(codes, ", "))
}

// approvalLines say what an approval allows, in the order in which it happens.
func approvalLines(spec Spec, codes []string) []string {
	who := clientsInWords(codes)
	var lines []string
	switch spec.Source {
	case SourceXPM:
		lines = append(lines, "archive "+who+" in Xero Practice Manager (R4)",
			"start Full Client Syncs of the whole practice, which remove them from Nimbus with their history (R7, R11)")
	case SourceXPMField:
		lines = append(lines, fmt.Sprintf("clear the custom field %q of %s in Xero Practice Manager, where they stay active (R4a)", spec.field(), who),
			"start Full Client Syncs of the whole practice, which remove them from Nimbus with their history (R7, R11)")
	case SourceMYOBAE:
		lines = append(lines, "close "+who+" in MYOB AE; the next sync removes them from Nimbus with their history (R5, R11)")
	case SourceMYOBAEField:
		lines = append(lines, fmt.Sprintf("clear the Extra Field %q of %s in MYOB AE; the next sync removes them from Nimbus with their history (R5, R11)", spec.field(), who))
	default:
		lines = append(lines, "delete "+who+" on the Client Grid with their history (R6, R11)")
	}
	if spec.Policy.Signatures == SignaturesSuspend {
		lines = append([]string{"suspend the e-mail jobs with Documents for Signature, before anything else (R12)"}, lines...)
	}
	if spec.Policy.Signatures == SignaturesDelete {
		lines = append(lines, "delete entities that Documents for Signature hold on the Client Grid (R12)")
	}
	switch spec.Policy.Contacts {
	case ContactsRevoke:
		lines = append(lines, "remove the portal access of contacts that belong to no other entity (R15)")
	case ContactsDelete:
		lines = append(lines, "delete contacts that belong to no other entity (R15)")
	}
	switch spec.Policy.Documents.folder() {
	case folderArchive:
		lines = append(lines, "delete the orphaned folders, which moves their files to the Archive (R19)")
	case folderDelete:
		lines = append(lines, "delete the orphaned folders and their files FOR GOOD (R20)")
	}
	return lines
}

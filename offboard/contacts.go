package offboard

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/practicekit/offboarding/nimbus"
)

// disposeContacts decides for every contact of the snapshot, invited ones
// included (P3), once the entity has gone (R14 to R17). Portal access goes first.
func (p practice) disposeContacts(policy Policy, removal string) Step {
	info := StepInfo{Name: StepDisposeContacts, Does: "see which contacts are left, and decide for them", Rule: "R14–R17, P3, I3",
		Needs: []string{StepConfirmRemoved}, Scope: PerClient}
	if policy.Contacts == ContactsRevoke || policy.Contacts == ContactsDelete {
		info.Destructive = true
		info.Needs = append(disposalNeeds(removal), StepConfirmRemoved)
	}
	return Step{StepInfo: info, Check: p.checkContacts, Apply: p.applyContact, Foresee: p.foreseeContacts}
}

// The targets of contacts' effects are prefixed with what is done to them.
const (
	accessTarget  = "access:"
	contactTarget = "contact:"
)

func (p practice) checkContacts(ctx context.Context, v View) (Verdict, error) {
	readable, err := p.offers(ctx, v, nimbus.CapabilityContactsRead)
	if err != nil {
		return Verdict{}, err
	}
	if !readable || v.Facts.Snapshot.Nimbus == "" {
		return p.contactsByHand(v)
	}
	var kept []Kept
	removed := 0
	for _, id := range v.Facts.Snapshot.Contacts {
		fate, err := p.contact(ctx, v, id)
		switch {
		case err != nil:
			return Verdict{}, err
		case fate.verdict.State != "":
			return fate.verdict, nil
		case fate.gone:
			removed++
		default:
			kept = append(kept, fate.kept)
		}
	}
	verdict := done("%d gone, %d stay", removed, len(kept))
	verdict.Kept = kept
	verdict.Details = map[string]string{"gone": fmt.Sprint(removed), "stay": fmt.Sprint(len(kept))}
	return verdict, nil
}

// fate is what becomes of one contact: gone, kept, or a verdict on what is next.
type fate struct {
	gone    bool
	kept    Kept
	verdict Verdict
}

func keep(id nimbus.ContactID, rule, why string) fate {
	return fate{kept: Kept{What: "contact", ID: string(id), Rule: rule, Why: why}}
}

// contact decides for one contact on a fresh read. Relations are fresh when they
// no longer name an entity that is proved to have gone; a list that does is
// older than the sync and is read again, however often it is given (I3).
func (p practice) contact(ctx context.Context, v View, id nimbus.ContactID) (fate, error) {
	contact, err := p.Nimbus.Contacts.Get(ctx, id)
	if missing, err := absent(err); missing {
		return fate{gone: true}, nil
	} else if err != nil {
		return fate{}, err
	}
	relations, err := p.Nimbus.Contacts.Relations(ctx, id)
	if missing, err := absent(err); missing {
		return fate{gone: true}, nil
	} else if err != nil {
		return fate{}, err
	}
	var others []string
	for _, r := range relations {
		if v.left(r.ClientID) {
			verdict, _ := waiting("I3", "the relations of contact %s are older than the sync: they are read again", id)
			return fate{verdict: verdict}, nil
		}
		others = append(others, r.Code)
	}
	access := "cannot log in"
	if contact.HasLogin && contact.PortalAccess {
		access = "can still log in (R17)"
	}
	switch {
	case len(others) > 0:
		return keep(id, "R16", fmt.Sprintf("belongs to %s too, %s", strings.Join(others, ", "), access)), nil
	case contact.HasLogin && contact.PortalAccess && v.Spec.Policy.Contacts != ContactsKeep && v.Spec.Policy.Contacts != "":
		return p.todoContact(ctx, v, nimbus.CapabilityContactsAccess, accessTarget, id, "remove the portal access of the contact")
	case v.Spec.Policy.Contacts == ContactsDelete:
		return p.todoContact(ctx, v, nimbus.CapabilityContactsDelete, contactTarget, id, "delete the contact")
	case !contact.HasLogin:
		return keep(id, "R14", "has no login, and was expected to go with the entity"), nil
	}
	return keep(id, "R15", "belongs to no other entity, "+access), nil
}

func (p practice) todoContact(ctx context.Context, v View, capability nimbus.Capability, kind string, id nimbus.ContactID, what string) (fate, error) {
	able, err := p.offers(ctx, v, capability)
	if err != nil {
		return fate{}, err
	}
	if able {
		return fate{verdict: Verdict{State: Todo, Rule: "R15, I3", Target: kind + string(id), Reason: what + " " + string(id)}}, nil
	}
	_, ask, ok := v.byHand(inNimbus(capability, what+" with the id "+string(id)+", named in the evidence file "+v.Facts.Snapshot.File, Task{
		ID: kind + string(id), Rule: "R15, P9",
		Why: "it belongs to no other entity and could go on logging in to the client portal (R17)",
	}))
	if !ok {
		return fate{verdict: ask}, nil
	}
	verdict, _ := waiting("R15", "a person said: %s %s; Nimbus does not show it so far", what, id)
	return fate{verdict: verdict}, nil
}

// left reports whether an entity is proved to have left the Client Grid.
func (v View) left(id nimbus.ClientID) bool {
	v.progress.mu.RLock()
	defer v.progress.mu.RUnlock()
	return v.progress.gone[id]
}

func (p practice) applyContact(ctx context.Context, v View, target string) (Applied, error) {
	if id, ok := strings.CutPrefix(target, accessTarget); ok {
		return Applied{}, p.Nimbus.Contacts.RemovePortalAccess(ctx, nimbus.ContactID(id))
	}
	return Applied{}, p.Nimbus.Contacts.Delete(ctx, nimbus.ContactID(strings.TrimPrefix(target, contactTarget)))
}

func (p practice) contactsByHand(v View) (Verdict, error) {
	do := map[ContactsPolicy]string{
		ContactsKeep:   "Note who of them can still log in to the client portal",
		ContactsRevoke: "Deselect Portal Access for those that belong to no other entity",
		ContactsDelete: "Deselect Portal Access for those that belong to no other entity, then delete them",
	}
	policy := v.Spec.Policy.Contacts
	if policy == "" {
		policy = ContactsKeep
	}
	answer, ask, ok := v.byHand(Task{
		Rule: "R14–R17, P3, P9", Where: nimbus.ByHandFor(nimbus.CapabilityContactsRead).Where,
		Do:       []string{"Look for the contacts of " + v.Entity.Code + ", those whom clients invited included", do[policy], "Hand back how many stay"},
		Why:      "a contact that stays with a login can still log in to the client portal",
		HandBack: HandBack{Count: true},
	})
	if !ok {
		return ask, nil
	}
	verdict := attested(answer, fmt.Sprintf("a person looked: %d stay", answer.Count))
	verdict.Details["stay"] = fmt.Sprint(answer.Count)
	return verdict, nil
}

// leaving reports whether the entity of a relation is one of the run's.
func (v View) leaving(r nimbus.Relation) bool {
	if !slices.ContainsFunc(v.Spec.Entities, func(e Entity) bool { return codeKey(e.Code) == codeKey(r.Code) }) {
		return false
	}
	snap := v.Client(r.Code).Snapshot
	return snap != nil && snap.Nimbus == r.ClientID
}

// foreseeContacts says what is expected of each contact.
func (p practice) foreseeContacts(ctx context.Context, v View) (Verdict, error) {
	verdict := Verdict{State: Todo, Reason: "no contacts"}
	if v.Facts.Snapshot == nil || len(v.Facts.Snapshot.Contacts) == 0 {
		return verdict, nil
	}
	var lines []string
	for _, id := range v.Facts.Snapshot.Contacts {
		contact, err := p.Nimbus.Contacts.Get(ctx, id)
		if err != nil {
			return Verdict{}, err
		}
		relations, err := p.Nimbus.Contacts.Relations(ctx, id)
		if err != nil {
			return Verdict{}, err
		}
		expected := "is expected to go with the entity (R14)"
		switch {
		case slices.ContainsFunc(relations, func(r nimbus.Relation) bool { return !v.leaving(r) }):
			expected = "stays with its other entities (R16)"
		case contact.HasLogin && v.Spec.Policy.Contacts == ContactsRevoke:
			expected = "stays, its portal access is removed (R15)"
		case contact.HasLogin && v.Spec.Policy.Contacts == ContactsDelete:
			expected = "is deleted, after its portal access if it has any (R15)"
		case contact.HasLogin:
			expected = "stays and can still log in (R15, R17)"
		}
		lines = append(lines, string(id)+" "+expected)
	}
	verdict.Reason = strings.Join(lines, "; ")
	return verdict, nil
}

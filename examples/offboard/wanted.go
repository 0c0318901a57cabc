package main

import (
	"bytes"
	"os"
	"time"

	"github.com/practicekit/offboarding/offboard"
)

// wanted is what is to be done to whom, and the file in which the clients stand.
type wanted struct {
	spec    offboard.Spec
	clients clientList
	plan    *offboard.PlanFile // nil without -plan
}

// wanted reads what the command line asks for: from a plan, or from a file of
// clients and a policy.
func (o options) wanted() (wanted, error) {
	if o.plan != "" {
		return o.planned()
	}
	clients, err := loadClients(o.clients)
	if err != nil {
		return wanted{}, err
	}
	clients.policy = o.policy
	spec, err := o.spec(clients)
	return wanted{spec: spec, clients: clients}, err
}

// planned is what the plan says. Its retention dates are looked at again: a plan
// may be as old as one likes.
func (o options) planned() (wanted, error) {
	plan, err := loadPlan(o.plan)
	if err != nil {
		return wanted{}, err
	}
	clients := clientList{file: o.plan}
	for _, e := range plan.Spec.Entities {
		clients.items = append(clients.items, listedClient{entity: e})
	}
	return wanted{plan.Spec, clients, &plan}, clients.explain(plan.Spec.Validate(time.Now()))
}

// spec is what the flags and the files ask for.
func (o options) spec(clients clientList) (offboard.Spec, error) {
	policy, err := o.readPolicy()
	if err != nil {
		return offboard.Spec{}, err
	}
	spec := offboard.Spec{Source: offboard.Source(o.source), Field: o.field, Entities: clients.entities(), Policy: policy}
	return spec, clients.explain(spec.Validate(time.Now()))
}

// readPolicy is the policy of the file, or of the single flags.
func (o options) readPolicy() (offboard.Policy, error) {
	if o.policy == "" {
		return o.flagPolicy(), nil
	}
	data, err := os.ReadFile(o.policy)
	if err != nil {
		return offboard.Policy{}, inputErrorf("the policy cannot be read: %v", err)
	}
	policy, err := offboard.ReadPolicy(bytes.NewReader(data))
	if err != nil {
		return offboard.Policy{}, inputErrorf("%s: %v", o.policy, err)
	}
	return policy, nil
}

func (o options) flagPolicy() offboard.Policy {
	policy := offboard.Policy{Contacts: offboard.ContactsPolicy(o.contacts), Signatures: offboard.SignaturesPolicy(o.signatures)}
	switch {
	case o.cdm:
		policy.Documents = offboard.CDM{ArchiveFolder: o.folder == "archive"}
	case o.folder == "delete":
		policy.Documents = offboard.NonCDM{Delete: &offboard.Permanent{Reason: o.permanent, RecordsHeldElsewhere: o.heldElsewhere}}
	default:
		policy.Documents = offboard.NonCDM{}
	}
	return policy
}

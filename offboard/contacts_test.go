package offboard_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/offboard/offboardtest"
)

var invited = []scenario{
	{
		name: "P3 R15: an invited contact is deleted like any other", spec: source(offboard.SourceXPM, with(keepCDM, offboard.ContactsDelete, "")), want: offboard.Done,
		check: func(t *testing.T, r run) {
			if _, there := r.contact("Dana"); there {
				t.Error("P3: the invited contact stays")
			}
		},
	},
	{
		name: "P3 R16: an invited contact of another entity stays", spec: source(offboard.SourceXPM, with(keepCDM, offboard.ContactsDelete, "")),
		world: func(w *offboardtest.World) { w.Contacts[3].Clients = []string{"BETA02", "DELTA04"} }, want: offboard.Done,
		check: func(t *testing.T, r run) {
			if c, there := r.contact("Dana"); !there || !c.PortalAccess {
				t.Error("R16: the invited contact of another entity was deleted, or cannot log in")
			}
		},
	},
	{
		name: "P3 R17: an invited contact that is kept is reported", want: offboard.Done,
		check: func(t *testing.T, r run) {
			if !slices.ContainsFunc(r.report.Clients[1].Kept, func(k offboard.KeptReport) bool {
				return k.Name == "Dana Example" && strings.Contains(k.Why, "can still log in")
			}) {
				t.Errorf("P3: %+v", r.report.Clients[1].Kept)
			}
		},
	},
	{
		name: "P3 I10: somebody who is invited after the approval is never deleted", spec: source(offboard.SourceXPM, with(keepCDM, offboard.ContactsDelete, "")),
		between: map[string]func(*offboardtest.Practice){offboard.StepApprove: func(p *offboardtest.Practice) {
			_, _ = p.Nimbus.AddContact(nimbustestNewContact{FirstName: "Eddie", HasLogin: true, PortalAccess: true, Invited: true, Related: []string{"ACME01"}})
		}},
		want: offboard.Done,
		check: func(t *testing.T, r run) {
			if _, there := r.contact("Eddie"); !there {
				t.Error("I10: a contact outside of the approved scope was deleted")
			}
		},
	},
}

func TestPolicy_InvitedContacts(t *testing.T) { tryAll(t, invited) }

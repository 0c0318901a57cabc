package offboard_test

import (
	"context"
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
		name: "P3 I10: somebody who is invited after the approval makes it another client, and holds up no other", spec: source(offboard.SourceXPM, with(keepCDM, offboard.ContactsDelete, "")),
		person: func(*offboardtest.Practice) offboard.Operator {
			asked := 0
			return offboard.OperatorFunc(func(context.Context, offboard.Task) (offboard.Answer, error) {
				asked++
				return offboard.Answer{Yes: asked == 1, By: "Pat Example"}, nil
			})
		},
		between: map[string]func(*offboardtest.Practice){offboard.StepApprove: func(p *offboardtest.Practice) {
			_, _ = p.Nimbus.AddContact(nimbustestNewContact{FirstName: "Eddie", HasLogin: true, PortalAccess: true, Invited: true, Related: []string{"ACME01"}})
		}},
		want: offboard.Waiting,
		check: func(t *testing.T, r run) {
			if _, there := r.contact("Eddie"); !there || r.xpm("ACME01").Archived {
				t.Error("I10: a client was taken out that is another one than was approved")
			}
			if r.report.Clients[1].State != offboard.Done || len(r.report.Tasks) != 1 || !r.report.Tasks[0].Approval {
				t.Errorf("the other client is %s; asked for is %+v", r.report.Clients[1].State, r.report.Tasks)
			}
		},
	},
	{
		name: "P3 R17: somebody who is invited after the approval is dealt with once that is approved too", spec: source(offboard.SourceXPM, with(keepCDM, offboard.ContactsRevoke, "")),
		between: map[string]func(*offboardtest.Practice){offboard.StepApprove: func(p *offboardtest.Practice) {
			_, _ = p.Nimbus.AddContact(nimbustestNewContact{FirstName: "Eddie", HasLogin: true, PortalAccess: true, Invited: true, Related: []string{"ACME01"}})
		}},
		want: offboard.Done,
		check: func(t *testing.T, r run) {
			if c, there := r.contact("Eddie"); !there || c.PortalAccess {
				t.Error("R17: somebody can still log in whom nobody knows of")
			}
		},
	},
}

func TestPolicy_InvitedContacts(t *testing.T) { tryAll(t, invited) }

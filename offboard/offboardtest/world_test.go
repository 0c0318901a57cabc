package offboardtest_test

import (
	"strings"
	"testing"

	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/offboard/offboardtest"
)

// What a client cannot have in XPM is refused with the path of the field.
func TestWorld_Validate(t *testing.T) {
	for field, change := range map[string]func(*offboardtest.XPMClient){
		"clients[0].xpm.openJobs":                       func(c *offboardtest.XPMClient) { c.OpenJobs = -1 },
		"clients[0].xpm.draftInvoices":                  func(c *offboardtest.XPMClient) { c.DraftInvoices = -1 },
		"clients[0].xpm.unpaidInvoices":                 func(c *offboardtest.XPMClient) { c.UnpaidInvoices = -1 },
		"clients[0].xpm.unbilledMinutes":                func(c *offboardtest.XPMClient) { c.OpenJobs, c.UnbilledMinutes = 0, 5 },
		"clients[0].xpm.groups[1]":                      func(c *offboardtest.XPMClient) { c.Groups = []string{"Family", " "} },
		"clients[0].xpm.relationships[0] is \"NOBODY\"": func(c *offboardtest.XPMClient) { c.Relationships = []string{"NOBODY"} },
		"clients[0].xpm.relationships[0] is \"ACME01\"": func(c *offboardtest.XPMClient) { c.Relationships = []string{"ACME01"} },
	} {
		w := offboardtest.DefaultWorld(nimbus.EditionCDM, true)
		change(w.Clients[0].XPM)
		if _, err := offboardtest.New(w); err == nil || !strings.HasPrefix(err.Error(), field) {
			t.Errorf("got %v, want a problem with %s", err, field)
		}
	}
}

// What the world says of a client is what XPM has of it, from both sides.
func TestWorld_XPM(t *testing.T) {
	w := offboardtest.DefaultWorld(nimbus.EditionCDM, true)
	w.Clients[0].XPM = &offboardtest.XPMClient{OpenJobs: 2, UnbilledMinutes: 90, Groups: []string{"Family"}, Relationships: []string{"BETA02"}}
	w.Clients[1].XPM.Groups = []string{"Family"}
	p, err := offboardtest.New(w)
	if err != nil {
		t.Fatal(err)
	}
	all := p.XPM.Clients() // by name: Acme, Beta
	acme, beta := all[0], all[1]
	if len(acme.Groups) != 1 || len(beta.Groups) != 1 || acme.Groups[0] != beta.Groups[0] {
		t.Errorf("groups %v and %v", acme.Groups, beta.Groups)
	}
	if len(acme.Relationships) != 1 || acme.Relationships[0].Related.UUID != beta.UUID || len(beta.Relationships) != 1 || beta.Relationships[0].Related.UUID != acme.UUID {
		t.Errorf("relationships %v and %v", acme.Relationships, beta.Relationships)
	}
	if times := p.XPM.Times(); len(times) != 1 || times[0].Minutes != 90 {
		t.Errorf("times %v", times)
	}
}

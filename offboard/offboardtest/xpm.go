package offboardtest

import (
	"fmt"
	"slices"
	"time"

	"github.com/practicekit/offboarding/xpm/xpmtest"
)

// addXPM adds the client with its jobs, time and invoices, and returns its id.
func (p *Practice) addXPM(c Client) string {
	id := p.XPM.AddClient(xpmtest.Client{Code: c.Code, Name: c.Name, Archived: c.XPM.Archived, Deleted: c.XPM.Deleted})
	for i := range c.XPM.OpenJobs {
		job := p.XPM.AddJob(xpmtest.Job{Name: "Annual accounts", ClientUUID: id})
		if i == 0 && c.XPM.UnbilledMinutes > 0 {
			p.XPM.AddTime(xpmtest.TimeEntry{Job: job, Date: time.Now(), Minutes: c.XPM.UnbilledMinutes})
		}
	}
	billed := xpmtest.Ref{UUID: id, Name: c.Name}
	for range c.XPM.DraftInvoices {
		p.XPM.AddInvoice(xpmtest.Invoice{Status: "Draft", Date: time.Now(), Client: billed, Amount: "110.00", AmountOutstanding: "110.00"})
	}
	for range c.XPM.UnpaidInvoices {
		p.XPM.AddInvoice(xpmtest.Invoice{Status: "Approved", Date: time.Now(), Client: billed, Amount: "110.00", AmountOutstanding: "110.00"})
	}
	return id
}

// relateXPM puts the clients into their groups and ties them to each other, once
// all are there. Ids are those of the world's clients in XPM, in their order.
func (p *Practice) relateXPM(ids []string) {
	members := map[string][]string{} // by the name of the group
	var groups []string
	ties := 0
	for i, c := range p.world.Clients {
		if c.XPM == nil {
			continue
		}
		for _, group := range c.XPM.Groups {
			if members[group] == nil {
				groups = append(groups, group)
			}
			members[group] = append(members[group], ids[i])
		}
		for _, code := range c.XPM.Relationships {
			other := slices.IndexFunc(p.world.Clients, func(c Client) bool { return c.Code == code && c.XPM != nil })
			ties++
			p.relate(fmt.Sprintf("00000000-0000-4000-9000-%012d", ties), ids[i], ids[other])
		}
	}
	for _, group := range groups {
		p.XPM.AddGroup(xpmtest.Group{Name: group}, members[group]...)
	}
}

// relate makes one client the director of another, as both sides show it.
func (p *Practice) relate(tie, director, company string) {
	from, _ := p.XPM.Client(director)
	to, _ := p.XPM.Client(company)
	from.Relationships = append(from.Relationships, xpmtest.Relationship{UUID: tie, Type: "Director of", Related: xpmtest.Ref{UUID: to.UUID, Name: to.Name}})
	to.Relationships = append(to.Relationships, xpmtest.Relationship{UUID: tie, Type: "Director", Related: xpmtest.Ref{UUID: from.UUID, Name: from.Name}})
	p.XPM.AddClient(from)
	p.XPM.AddClient(to)
}

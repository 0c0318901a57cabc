package xpmtest

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// refuseClient is what XPM says against what a request says of a client; "" for
// nothing. s.mu is held.
func (s *Server) refuseClient(n node) string {
	for _, name := range []string{"AccountManagerUUID", "JobManagerUUID"} {
		if id := n.id(name); id != "" && s.practice.staff[id].UUID == "" {
			return "Invalid staff identifier"
		}
	}
	if id := n.id("BillingClientUUID"); id != "" && s.clients[id].UUID == "" {
		return "Invalid client identifier"
	}
	if n.at("Name") == "" {
		return "The client name is required"
	}
	return ""
}

// fill puts what a request says of a client into c; s.mu is held. What it does
// not say stays, what it says empty is emptied.
func (s *Server) fill(c *Client, n node) {
	for name, v := range map[string]*string{
		"Name": &c.Name, "Email": &c.Email, "Phone": &c.Phone, "ClientCode": &c.Code, "BusinessStructure": &c.Structure,
		"TaxNumber": &c.TaxNumber, "CompanyNumber": &c.CompanyNumber, "BusinessNumber": &c.BusinessNumber,
	} {
		n.set(name, v)
	}
	for name, v := range map[string]*Ref{"AccountManagerUUID": &c.AccountManager, "JobManagerUUID": &c.JobManager} {
		if _, ok := n.child(name); ok {
			m := s.practice.staff[n.id(name)]
			*v = Ref{m.UUID, m.Name}
		}
	}
	if _, ok := n.child("BillingClientUUID"); ok {
		payer := s.clients[n.id("BillingClientUUID")]
		c.BillingClient = Ref{payer.UUID, payer.Name}
	}
	details := map[string]string{}
	maps.Copy(details, c.Details)
	c.Details = details
	for _, name := range slices.Concat(aboutPeople(), aboutBirth(), aboutPlace(), afterPhone(), aboutTax()) {
		asked := name
		if name == "Website" {
			asked = "WebSite" // as requests spell it
		}
		if v, ok := n.child(asked); ok {
			details[name] = strings.TrimSpace(v.Text)
		}
	}
	if v, ok := n.child("GSTPeriod"); ok {
		details["GSTPeriod"] = map[string]string{"1": "Monthly", "2": "2 Monthly", "6": "6 Monthly"}[strings.TrimSpace(v.Text)]
	}
	if o, ok := n.child("AutoBasOptInCriteria"); ok {
		for _, name := range optIns() {
			if v := o.at(name); v != "" {
				details[name] = v
			}
		}
	}
	c.Modified = time.Now()
}

// The elements of Client.Details, in the order of answers.

func aboutPeople() []string {
	return []string{"Title", "Gender", "FirstName", "MiddleName", "LastName", "OtherName"}
}

func aboutBirth() []string {
	return []string{"DateOfBirth", "DateOfDeath", "PlaceOfBirthCity", "PlaceOfBirthCountryCode"}
}

func aboutPlace() []string {
	return []string{"Address", "City", "Region", "PostCode", "Country", "PostalAddress", "PostalCity", "PostalRegion", "PostalPostCode", "PostalCountry"}
}

func afterPhone() []string {
	return []string{"Fax", "Website", "ReferralSource", "ExportCode", "IsProspect"}
}

func aboutTax() []string {
	return []string{
		"BranchNumber", "BalanceMonth", "GSTRegistered", "PrepareGST", "GSTPeriod", "GSTBasis", "ProvisionalTaxBasis", "ProvisionalTaxRatio",
		"SignedTaxAuthority", "TaxAgent", "AgencyStatus", "ReturnType", "PrepareActivityStatement", "PrepareTaxReturn", "ActiveAtoClient",
	}
}

func optIns() []string { return []string{"Annually", "Monthly", "Quarterly", "Opt-Out"} }

func (s *Server) add(a *answering) {
	n := a.body("Client")
	var c Client
	s.mu.Lock()
	refusal := s.refuseClient(n)
	if refusal == "" {
		s.fill(&c, n)
		c.UUID = s.newUUID()
		s.clients[c.UUID] = c
		contacts, _ := n.child("Contacts")
		for _, n := range contacts.all("Contact") {
			k := Contact{UUID: s.newUUID()}
			k.take(n)
			s.hold(c.UUID, k)
		}
	}
	s.mu.Unlock()
	s.effect("create-client", c.Code, c.UUID, false, refusal == "")
	if refusal != "" {
		a.refuse("Add", refusal)
		return
	}
	s.sendClient(a, "Add", c.UUID)
}

func (s *Server) update(a *answering) {
	n := a.body("Client")
	uuid := n.id("UUID")
	s.mu.Lock()
	c, ok := s.clients[uuid]
	refusal := "Invalid client identifier"
	if ok && !c.Deleted {
		refusal = s.refuseClient(n)
	}
	if refusal == "" {
		c = cloned(c)
		s.fill(&c, n)
		s.clients[uuid] = c
	}
	s.mu.Unlock()
	s.effect("update-client", c.Code, uuid, false, refusal == "")
	if refusal != "" {
		a.refuse("Update", refusal)
		return
	}
	s.sendClient(a, "Update", uuid)
}

func (s *Server) remove(a *answering) {
	uuid := a.body("Client").id("UUID")
	s.mu.Lock()
	c, ok := s.clients[uuid]
	ok = ok && !c.Deleted
	if ok {
		c.Deleted, c.Modified = true, time.Now()
		s.clients[uuid] = c
	}
	s.mu.Unlock()
	s.effect("delete-client", c.Code, uuid, true, ok)
	if !ok {
		a.refuse("Delete", "Invalid client identifier")
		return
	}
	a.done("Delete")
}

// sendClient answers with a client as get does.
func (s *Server) sendClient(a *answering, method, uuid string) {
	c, _ := s.Client(uuid)
	x := begin(method, "OK")
	x.client(c, true, true)
	a.send(x)
}

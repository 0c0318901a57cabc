package xpmtest

import (
	"bytes"
	"encoding/xml"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// wire builds an answer: one line, without an XML declaration.
type wire struct{ bytes.Buffer }

func begin(method, status string) *wire {
	x := &wire{}
	x.WriteString(`<Response api-method="` + method + `">`)
	x.text("Status", status)
	return x
}

// send ends the answer and sends it.
func (a *answering) send(x *wire) {
	x.shut("Response")
	a.w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	a.w.Header().Set("Content-Length", strconv.Itoa(x.Len()))
	a.w.WriteHeader(http.StatusOK)
	_, _ = a.w.Write(x.Bytes())
}

// refuse answers as XPM itself refuses: with HTTP 200.
func (a *answering) refuse(method, description string) {
	x := begin(method, "ERROR")
	x.text("ErrorDescription", description)
	a.send(x)
}

func (x *wire) open(name string) { x.WriteString("<" + name + ">") }
func (x *wire) shut(name string) { x.WriteString("</" + name + ">") }

// text writes an element that is there even when it is empty.
func (x *wire) text(name, value string) {
	if value == "" {
		x.WriteString("<" + name + " />")
		return
	}
	x.open(name)
	_ = xml.EscapeText(&x.Buffer, []byte(value))
	x.shut(name)
}

// set writes an element that is left out when it is empty.
func (x *wire) set(name, value string) {
	if value != "" {
		x.text(name, value)
	}
}

func (x *wire) flag(name string, yes bool) {
	if yes {
		x.text(name, "Yes")
	} else {
		x.text(name, "No")
	}
}

// truth writes a flag as jobs, tasks, times, costs and custom fields have it;
// flag is for clients, contacts and groups.
func (x *wire) truth(name string, yes bool) { x.text(name, strconv.FormatBool(yes)) }

func (x *wire) date(name string, t time.Time) {
	if !t.IsZero() {
		x.text(name, t.UTC().Format("2006-01-02T15:04:05"))
	}
}

// ref writes an element that names something, or nothing.
func (x *wire) ref(name string, r Ref) {
	if r != (Ref{}) {
		x.open(name)
		x.text("UUID", r.UUID)
		x.text("Name", r.Name)
		x.shut(name)
	}
}

// container writes an element of n others, as <name /> if there are none.
func (x *wire) container(name string, n int, item func(i int)) {
	if n == 0 {
		x.text(name, "")
		return
	}
	x.open(name)
	for i := range n {
		item(i)
	}
	x.shut(name)
}

// client writes a client in the order of the wire. The pages have the summary
// only; the plain list lacks notes, groups and relationships.
func (x *wire) client(c Client, full, detailed bool) {
	x.open("Client")
	x.text("UUID", c.UUID)
	x.text("Name", c.Name)
	x.details(c, aboutPeople())
	x.set("Email", c.Email)
	x.details(c, aboutBirth())
	for _, name := range aboutPlace() {
		x.text(name, c.Details[name])
	}
	x.text("Phone", c.Phone)
	for _, name := range []string{"Fax", "Website", "ReferralSource", "ExportCode"} {
		x.text(name, c.Details[name])
	}
	x.yes("IsProspect", c)
	x.flag("IsArchived", c.Archived)
	x.flag("IsDeleted", c.Deleted)
	x.ref("AccountManager", c.AccountManager)
	x.ref("JobManager", c.JobManager)
	x.ref("BillingClient", c.BillingClient)
	if full {
		x.tax(c)
		x.set("ClientCode", c.Code)
		contacts := slices.SortedFunc(slices.Values(c.Contacts), byName)
		x.container("Contacts", len(contacts), func(i int) { x.contact(contacts[i], true) })
	}
	if detailed {
		x.container("Notes", len(c.Notes), func(i int) { x.note(c.Notes[i]) })
		x.container("Groups", len(c.Groups), func(i int) { x.ref("Group", c.Groups[i]) })
		x.container("Relationships", len(c.Relationships), func(i int) {
			r := c.Relationships[i]
			x.open("Relationship")
			x.text("UUID", r.UUID)
			x.text("Type", r.Type)
			x.ref("RelatedClient", r.Related)
			x.terms(r)
			x.shut("Relationship")
		})
	}
	x.text("WebUrl", "https://practicemanager.xero.com/Client/"+c.UUID+"/Detail")
	x.shut("Client")
}

// details writes those elements that have something in them.
func (x *wire) details(c Client, names []string) {
	for _, name := range names {
		x.set(name, c.Details[name])
	}
}

// yes writes an element of the details that is Yes or No.
func (x *wire) yes(name string, c Client) { x.flag(name, strings.EqualFold(c.Details[name], "Yes")) }

// tax writes the tax fields, all or none.
func (x *wire) tax(c Client) {
	taxed := c.Structure+c.TaxNumber+c.CompanyNumber+c.BusinessNumber != ""
	for _, name := range append(aboutTax(), optIns()...) {
		taxed = taxed || c.Details[name] != ""
	}
	if !taxed {
		return
	}
	x.text("TaxNumber", masked(c.TaxNumber))
	x.text("CompanyNumber", c.CompanyNumber)
	x.text("BusinessNumber", c.BusinessNumber)
	x.text("BranchNumber", c.Details["BranchNumber"])
	x.set("BusinessStructure", c.Structure)
	x.details(c, []string{"BalanceMonth"})
	x.yes("GSTRegistered", c)
	x.yes("PrepareGST", c)
	x.details(c, []string{"GSTPeriod", "GSTBasis", "ProvisionalTaxBasis", "ProvisionalTaxRatio"})
	x.yes("SignedTaxAuthority", c)
	x.details(c, []string{"TaxAgent"})
	x.text("AgencyStatus", c.Details["AgencyStatus"])
	x.details(c, []string{"ReturnType"})
	x.yes("PrepareActivityStatement", c)
	x.yes("PrepareTaxReturn", c)
	x.open("AutoBasOptInCriteria")
	for _, name := range optIns() {
		x.yes(name, c)
	}
	x.shut("AutoBasOptInCriteria")
	x.yes("ActiveAtoClient", c)
}

// masked leaves the last three digits, as XPM does.
func masked(s string) string {
	n := max(0, len(s)-3)
	return strings.Repeat("*", n) + s[n:]
}

// contact writes a contact, with what it is with a client or without.
func (x *wire) contact(c Contact, withClient bool) {
	x.open("Contact")
	x.text("UUID", c.UUID)
	x.text("Name", c.Name)
	x.text("Mobile", c.Mobile)
	x.text("Email", c.Email)
	x.text("Phone", c.Phone)
	x.text("Salutation", c.Salutation)
	x.text("Addressee", c.Addressee)
	if withClient {
		x.text("Position", c.Position)
		x.flag("IsPrimary", c.Primary)
	}
	x.flag("IsDeleted", c.Deleted)
	x.shut("Contact")
}

func (x *wire) note(n Note) {
	x.open("Note")
	x.text("Title", n.Title)
	x.text("Text", n.Text)
	x.text("Folder", "")
	x.date("Date", n.Date)
	x.text("CreatedBy", n.CreatedBy)
	x.shut("Note")
}

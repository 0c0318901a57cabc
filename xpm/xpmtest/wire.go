package xpmtest

import (
	"bytes"
	"encoding/xml"
	"net/http"
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
	x.set("Email", c.Email)
	for _, name := range []string{"Address", "City", "Region", "PostCode", "Country", "PostalAddress", "PostalCity", "PostalRegion", "PostalPostCode", "PostalCountry"} {
		x.text(name, "")
	}
	x.text("Phone", c.Phone)
	for _, name := range []string{"Fax", "Website", "ReferralSource", "ExportCode"} {
		x.text(name, "")
	}
	x.flag("IsProspect", false)
	x.flag("IsArchived", c.Archived)
	x.flag("IsDeleted", c.Deleted)
	x.ref("AccountManager", c.AccountManager)
	x.ref("JobManager", c.JobManager)
	if full {
		x.tax(c)
		x.set("ClientCode", c.Code)
		x.container("Contacts", len(c.Contacts), func(i int) { x.contact(c.Contacts[i]) })
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
			x.shut("Relationship")
		})
	}
	x.text("WebUrl", "https://practicemanager.xero.com/Client/"+c.UUID+"/Detail")
	x.shut("Client")
}

// tax writes the tax fields, all or none.
func (x *wire) tax(c Client) {
	if c.Structure == "" {
		return
	}
	x.text("TaxNumber", masked(c.TaxNumber))
	x.text("CompanyNumber", c.CompanyNumber)
	x.text("BusinessNumber", c.BusinessNumber)
	x.text("BranchNumber", "")
	x.text("BusinessStructure", c.Structure)
	for _, name := range []string{"GSTRegistered", "PrepareGST", "SignedTaxAuthority"} {
		x.flag(name, false)
	}
	x.text("AgencyStatus", "")
	x.flag("PrepareActivityStatement", false)
	x.flag("PrepareTaxReturn", false)
	x.open("AutoBasOptInCriteria")
	for _, name := range []string{"Annually", "Monthly", "Quarterly", "Opt-Out"} {
		x.flag(name, false)
	}
	x.shut("AutoBasOptInCriteria")
	x.flag("ActiveAtoClient", false)
}

// masked leaves the last three digits, as XPM does.
func masked(s string) string {
	n := max(0, len(s)-3)
	return strings.Repeat("*", n) + s[n:]
}

func (x *wire) contact(c Contact) {
	x.open("Contact")
	x.text("UUID", c.UUID)
	x.text("Name", c.Name)
	x.text("Mobile", c.Mobile)
	x.text("Email", c.Email)
	x.text("Phone", c.Phone)
	x.text("Salutation", "")
	x.text("Addressee", "")
	x.text("Position", c.Position)
	x.flag("IsPrimary", c.Primary)
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

func (x *wire) job(j Job, client string) {
	x.open("Job")
	x.text("ID", j.Number)
	x.text("UUID", j.UUID)
	x.text("Name", j.Name)
	x.text("Description", "")
	x.text("State", j.State)
	x.text("ClientOrderNumber", "")
	x.date("StartDate", j.Start)
	x.date("DueDate", j.Due)
	x.ref("Client", Ref{j.ClientUUID, client})
	x.shut("Job")
}

package xpmtest

import (
	"slices"
	"strings"
	"time"
)

// Invoice is an invoice as the server holds it. Amounts are decimal texts such as
// 100.00.
type Invoice struct {
	Number  string // such as I000123; a draft's is always Draft
	UUID    string
	Type    string // such as Progress Invoice
	Status  string // Approved, Paid, Draft or Cancelled; empty means Approved
	JobText string
	Date    time.Time
	Due     time.Time

	Amount, AmountTax, AmountIncludingTax string
	AmountPaid, AmountOutstanding         string

	Client, Contact Ref
	Jobs            []InvoiceJob // of an invoice for jobs
	Tasks, Costs    []Line       // of a miscellaneous invoice
	Payments        []Payment
}

// InvoiceJob is a job that an invoice charges for.
type InvoiceJob struct {
	Number, Name string
	Tasks, Costs []Line
}

// Line is a task, a cost or an option of an invoice or a quote. Each has its own
// part of the fields, as XPM has it.
type Line struct {
	UUID, Name, Description, Note, Code   string
	Minutes, Rate                         string
	NotBillable                           bool
	Quantity, UnitCost, UnitPrice         string
	Amount, AmountTax, AmountIncludingTax string
}

// Payment is money that was received for an invoice.
type Payment struct {
	Date              time.Time
	Amount, Reference string
}

// AddInvoice adds an invoice, or replaces the one with the same UUID. A number or
// UUID that is empty is made up; the number is returned.
func (s *Server) AddInvoice(i Invoice) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i.UUID == "" {
		i.UUID = s.newUUID()
	}
	i.UUID = strings.ToLower(i.UUID)
	i.Jobs, i.Tasks, i.Costs, i.Payments = slices.Clone(i.Jobs), slices.Clone(i.Tasks), slices.Clone(i.Costs), slices.Clone(i.Payments)
	for n, j := range i.Jobs {
		i.Jobs[n].Tasks, i.Jobs[n].Costs = slices.Clone(j.Tasks), slices.Clone(j.Costs)
	}
	if i.Status == "" {
		i.Status = "Approved"
	}
	switch {
	case i.Status == "Draft":
		i.Number = "Draft"
	case i.Number == "":
		i.Number = s.newNumber("I", func(n string) bool {
			return slices.ContainsFunc(s.invoices, func(have Invoice) bool { return have.Number == n })
		})
	}
	at := slices.IndexFunc(s.invoices, func(have Invoice) bool { return have.UUID == i.UUID })
	if at < 0 {
		s.invoices = append(s.invoices, i)
	} else {
		s.invoices[at] = i
	}
	return i.Number
}

func (s *Server) invoiceRoutes() []route {
	listed := func(method string, spanned bool, wanted func(Invoice) bool) func(a *answering) {
		return func(a *answering) { s.sendInvoices(a, method, spanned, wanted) }
	}
	return []route{
		{"GET", "invoice.api/current", listed("Current", false, func(i Invoice) bool { return i.Status == "Approved" })},
		{"GET", "invoice.api/draft", listed("Draft", false, func(i Invoice) bool { return i.Status == "Draft" })},
		{"GET", "invoice.api/list", listed("List", true, func(i Invoice) bool { return i.Status != "Draft" })},
		{"GET", "invoice.api/job/{number}", func(a *answering) {
			number := a.values["number"]
			if !s.hasJob(number) {
				a.refuse("Job", "Invalid job identifier")
				return
			}
			s.sendInvoices(a, "Job", false, func(i Invoice) bool {
				return i.JobText == number || slices.ContainsFunc(i.Jobs, func(j InvoiceJob) bool { return j.Number == number })
			})
		}},
		{"GET", "invoice.api/get/{number}", func(a *answering) {
			if i, ok := s.invoice(a, "Get"); ok {
				x := begin("Get", "OK")
				x.invoice(i, true)
				a.send(x)
			}
		}},
		{"GET", "invoice.api/payments/{number}", func(a *answering) {
			if i, ok := s.invoice(a, "Payments"); ok {
				x := begin("Payments", "OK")
				x.container("Payments", len(i.Payments), func(n int) { x.payment(i.Payments[n]) })
				a.send(x)
			}
		}},
	}
}

func (s *Server) sendInvoices(a *answering, method string, spanned bool, wanted func(Invoice) bool) {
	var days span
	if spanned {
		var ok bool
		if days, ok = a.span(method, true); !ok {
			return
		}
	}
	var found []Invoice
	s.mu.Lock()
	for _, i := range s.invoices {
		if days.has(i.Date) && wanted(i) {
			found = append(found, i)
		}
	}
	s.mu.Unlock()
	x := begin(method, "OK")
	x.container("Invoices", len(found), func(i int) { x.invoice(found[i], a.query("detailed") == "true") })
	a.send(x)
}

// invoice finds the invoice that the path names, and answers itself if there is
// none. Drafts have no number to be found by.
func (s *Server) invoice(a *answering, method string) (Invoice, bool) {
	s.mu.Lock()
	at := slices.IndexFunc(s.invoices, func(i Invoice) bool { return i.Number == a.values["number"] && i.Status != "Draft" })
	var found Invoice
	if at >= 0 {
		found = s.invoices[at]
	}
	s.mu.Unlock()
	if at < 0 {
		a.refuse(method, "Invalid invoice identifier")
	}
	return found, at >= 0
}

// invoice writes an invoice in the order of the documentation.
func (x *wire) invoice(i Invoice, detailed bool) {
	x.open("Invoice")
	x.text("ID", i.Number)
	x.text("InternalUUID", i.UUID)
	x.text("Type", i.Type)
	x.text("Status", i.Status)
	x.text("JobText", i.JobText)
	x.date("Date", i.Date)
	x.date("DueDate", i.Due)
	x.texts("Amount", i.Amount, "AmountTax", i.AmountTax, "AmountIncludingTax", i.AmountIncludingTax, "AmountPaid", i.AmountPaid, "AmountOutstanding", i.AmountOutstanding)
	x.ref("Client", i.Client)
	x.ref("Contact", i.Contact)
	switch {
	case !detailed:
	case i.Jobs != nil:
		x.container("Jobs", len(i.Jobs), func(n int) {
			j := i.Jobs[n]
			x.open("Job")
			x.texts("ID", j.Number, "Name", j.Name, "Description", "", "ClientOrderNumber", "")
			x.invoiceLines(j.Tasks, j.Costs)
			x.shut("Job")
		})
	default:
		x.invoiceLines(i.Tasks, i.Costs)
	}
	x.shut("Invoice")
}

func (x *wire) invoiceLines(tasks, costs []Line) {
	x.container("Tasks", len(tasks), func(i int) {
		l := tasks[i]
		x.open("Task")
		x.texts("UUID", l.UUID, "Name", l.Name, "Description", l.Description, "Minutes", l.Minutes, "BillableRate", l.Rate)
		x.flag("Billable", !l.NotBillable)
		x.amounts(l)
		x.shut("Task")
	})
	x.costLines(costs)
}

// costLines writes costs as invoices and quotes have them.
func (x *wire) costLines(costs []Line) {
	x.container("Costs", len(costs), func(i int) {
		l := costs[i]
		x.open("Cost")
		x.texts("Description", l.Description, "Note", l.Note, "Code", l.Code)
		x.flag("Billable", !l.NotBillable)
		x.texts("Quantity", l.Quantity, "UnitCost", l.UnitCost, "UnitPrice", l.UnitPrice)
		x.amounts(l)
		x.shut("Cost")
	})
}

func (x *wire) amounts(l Line) {
	x.texts("Amount", l.Amount, "AmountTax", l.AmountTax, "AmountIncludingTax", l.AmountIncludingTax)
}

func (x *wire) payment(p Payment) {
	x.open("Payment")
	x.date("Date", p.Date)
	x.texts("Amount", p.Amount, "Reference", p.Reference)
	x.shut("Payment")
}

// texts writes elements, given as names and values in turn, that are there even
// when they are empty.
func (x *wire) texts(pairs ...string) {
	for i := 0; i+1 < len(pairs); i += 2 {
		x.text(pairs[i], pairs[i+1])
	}
}

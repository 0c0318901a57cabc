package xpm

import (
	"context"
	"encoding/xml"
	"iter"
	"net/url"
	"strings"
	"time"

	"github.com/practicekit/offboarding/internal/paginate"
	"github.com/practicekit/offboarding/internal/transport"
)

// InvoiceService reads the invoices of the practice. The API changes none.
type InvoiceService struct{ c *Client }

// InvoiceUUID is the key of an invoice, and of drafts the only one.
type InvoiceUUID string

// InvoiceTaskUUID is a task as an invoice charges for it.
type InvoiceTaskUUID string

// InvoiceNumber is the number of an invoice as people see it, such as I000123.
// Drafts have none yet, and are all called Draft.
type InvoiceNumber string

// UnmarshalText reads the id as XPM sends it.
func (u *InvoiceUUID) UnmarshalText(b []byte) error { *u = lower[InvoiceUUID](b); return nil }

// UnmarshalText reads the id as XPM sends it.
func (u *InvoiceTaskUUID) UnmarshalText(b []byte) error { *u = lower[InvoiceTaskUUID](b); return nil }

// InvoiceStatus says how far an invoice has come. A status that is none of the
// constants survives as it came.
type InvoiceStatus string

// The values of an InvoiceStatus.
const (
	InvoiceStatusDraft     InvoiceStatus = "Draft"
	InvoiceStatusApproved  InvoiceStatus = "Approved"
	InvoiceStatusPaid      InvoiceStatus = "Paid"
	InvoiceStatusCancelled InvoiceStatus = "Cancelled"
)

// Invoice is what a client is charged. Jobs, Tasks and Costs come with Get and
// the detailed lists: an invoice for jobs has Jobs, a miscellaneous one has Tasks
// and Costs of its own.
type Invoice struct {
	ID InvoiceNumber `xml:"ID"`
	// UUID is the InternalUUID of the answer, or its UUID, as the documentation
	// shows for miscellaneous invoices.
	UUID               InvoiceUUID   `xml:"UUID"`
	Type               string        `xml:"Type"` // such as Progress Invoice or Miscellaneous
	Status             InvoiceStatus `xml:"Status"`
	JobText            string        `xml:"JobText"` // the number of its job, or a text in its place
	Description        string        `xml:"Description"`
	Date               DateTime      `xml:"Date"`
	DueDate            DateTime      `xml:"DueDate"`
	Amount             Decimal       `xml:"Amount"`
	AmountTax          Decimal       `xml:"AmountTax"`
	AmountIncludingTax Decimal       `xml:"AmountIncludingTax"`
	AmountPaid         Decimal       `xml:"AmountPaid"`
	AmountOutstanding  Decimal       `xml:"AmountOutstanding"`
	Client             ClientRef     `xml:"Client"`
	Contact            ContactRef    `xml:"Contact"`
	Jobs               []InvoiceJob  `xml:"Jobs>Job"`
	Tasks              []InvoiceTask `xml:"Tasks>Task"`
	Costs              []InvoiceCost `xml:"Costs>Cost"`
	Extra              []Element     `xml:",any"` // elements that no field takes
}

// InvoiceJob is a job that an invoice charges for.
type InvoiceJob struct {
	ID                JobNumber     `xml:"ID"`
	Name              string        `xml:"Name"`
	Description       string        `xml:"Description"`
	ClientOrderNumber string        `xml:"ClientOrderNumber"`
	Tasks             []InvoiceTask `xml:"Tasks>Task"`
	Costs             []InvoiceCost `xml:"Costs>Cost"`
	Extra             []Element     `xml:",any"`
}

// InvoiceTask is work that an invoice charges for.
type InvoiceTask struct {
	UUID               InvoiceTaskUUID `xml:"UUID"`
	Name               string          `xml:"Name"`
	Description        string          `xml:"Description"`
	Minutes            Decimal         `xml:"Minutes"`
	BillableRate       Decimal         `xml:"BillableRate"` // for an hour
	Billable           Flag            `xml:"Billable"`
	Amount             Decimal         `xml:"Amount"`
	AmountTax          Decimal         `xml:"AmountTax"`
	AmountIncludingTax Decimal         `xml:"AmountIncludingTax"`
	Extra              []Element       `xml:",any"`
}

// InvoiceCost is a cost that an invoice charges for.
type InvoiceCost struct {
	Description        string    `xml:"Description"`
	Note               string    `xml:"Note"`
	Code               string    `xml:"Code"`
	Billable           Flag      `xml:"Billable"`
	Quantity           Decimal   `xml:"Quantity"`
	UnitCost           Decimal   `xml:"UnitCost"`
	UnitPrice          Decimal   `xml:"UnitPrice"`
	Amount             Decimal   `xml:"Amount"`
	AmountTax          Decimal   `xml:"AmountTax"`
	AmountIncludingTax Decimal   `xml:"AmountIncludingTax"`
	Extra              []Element `xml:",any"`
}

// Payment is money that was received for an invoice.
type Payment struct {
	Date      DateTime  `xml:"Date"`
	Amount    Decimal   `xml:"Amount"`
	Reference string    `xml:"Reference"`
	Extra     []Element `xml:",any"`
}

// InvoiceOptions widens or narrows the lists of invoices.
type InvoiceOptions struct {
	// Detailed adds Jobs, Tasks and Costs.
	Detailed bool
	// Fields asks for these elements of each invoice only, and for ID and UUID. Empty means all.
	// How XPM takes it is assumed from a schema that Xero withdrew.
	Fields []string
}

// Get returns an invoice with its jobs, tasks and costs.
//
// It only reads, and is repeated. An invoice that XPM does not know is assumed to
// be ErrNotFound. A draft has no number to ask for: Draft has them with their
// detail. Scope: practicemanager.read.
// https://developer.xero.com/documentation/api/practice-manager-3-1/invoices
func (s *InvoiceService) Get(ctx context.Context, number InvoiceNumber) (Invoice, error) {
	const op = "Invoices.Get"
	if !validNumber(number) {
		return Invoice{}, invalid(op, "not an invoice number")
	}
	r := get(op, transport.Path("invoice.api", "get", string(number)), nil)
	return change(ctx, s.c, r, "Invoice", about(number, readInvoice, func(i Invoice) InvoiceNumber { return i.ID }))
}

// Payments returns what was paid for an invoice, which may be nothing.
//
// It only reads, is repeated, and returns the answer whole. An invoice that XPM
// does not know is assumed to be ErrNotFound. Scope: practicemanager.read.
// https://developer.xero.com/documentation/api/practice-manager-3-1/invoices
func (s *InvoiceService) Payments(ctx context.Context, number InvoiceNumber) ([]Payment, error) {
	const op = "Invoices.Payments"
	if !validNumber(number) {
		return nil, invalid(op, "not an invoice number")
	}
	return paginate.Collect(listOf(ctx, s.c, op, transport.Path("invoice.api", "payments", string(number)), nil, "Payments", "Payment", element[Payment]))
}

// Current iterates over the current invoices.
//
// It only reads; each range over it sends the request anew. The answer comes in
// one piece and is decoded as it arrives. An error comes last, and means that
// the list is not complete. Scope: practicemanager.read.
// https://developer.xero.com/documentation/api/practice-manager-3-1/invoices
func (s *InvoiceService) Current(ctx context.Context, o InvoiceOptions) iter.Seq2[Invoice, error] {
	return s.stream(ctx, "Invoices.Current", url.Values{}, o, "current")
}

// Draft iterates over the drafts, as Current does over the current invoices.
func (s *InvoiceService) Draft(ctx context.Context, o InvoiceOptions) iter.Seq2[Invoice, error] {
	return s.stream(ctx, "Invoices.Draft", url.Values{}, o, "draft")
}

// ListByJob iterates over the invoices of a job, as Current does over the current
// ones. A job that XPM does not know is assumed to be ErrNotFound.
func (s *InvoiceService) ListByJob(ctx context.Context, job JobNumber) iter.Seq2[Invoice, error] {
	const op = "Invoices.ListByJob"
	if !validNumber(job) {
		return failing[Invoice](invalid(op, "not a job number"))
	}
	return s.stream(ctx, op, url.Values{}, InvoiceOptions{}, "job", string(job))
}

// List iterates over the current and archived invoices that were made on the days
// from and to and those between them. Both ends are required, and less than a
// year apart; anything else is ErrInvalid. All takes any span.
//
// It only reads, and streams, as Current does. Scope: practicemanager.read.
// https://developer.xero.com/documentation/api/practice-manager-3-1/invoices
func (s *InvoiceService) List(ctx context.Context, from, to time.Time, o InvoiceOptions) iter.Seq2[Invoice, error] {
	return s.list(ctx, "Invoices.List", from, to, o)
}

// All is List for a span of any length: a call for each 360 days of it, made when
// the one before is used up. An invoice that comes in two of them is yielded
// once, for which the ids of all are held.
func (s *InvoiceService) All(ctx context.Context, from, to time.Time, o InvoiceOptions) iter.Seq2[Invoice, error] {
	const op = "Invoices.All"
	return windows(ctx, op, from, to, func(ctx context.Context, from, to time.Time) iter.Seq2[Invoice, error] {
		return s.list(ctx, op, from, to, o)
	}, func(i Invoice) string {
		if i.UUID != "" {
			return string(i.UUID)
		}
		return numberKey(i.ID)
	})
}

func (s *InvoiceService) list(ctx context.Context, op string, from, to time.Time, o InvoiceOptions) iter.Seq2[Invoice, error] {
	q, err := between(op, from, to)
	if err != nil {
		return failing[Invoice](err)
	}
	return s.stream(ctx, op, q, o, "list")
}

func (s *InvoiceService) stream(ctx context.Context, op string, q url.Values, o InvoiceOptions, path ...string) iter.Seq2[Invoice, error] {
	if o.Detailed {
		q.Set("detailed", "true")
	}
	onlyFields(q, o.Fields, "ID", "UUID")
	return listOf(ctx, s.c, op, transport.Path(append([]string{"invoice.api"}, path...)...), q, "Invoices", "Invoice", readInvoice)
}

// readInvoice decodes one Invoice element.
func readInvoice(d *xml.Decoder, start xml.StartElement) (Invoice, error) {
	w, err := element[struct {
		Invoice
		InternalUUID InvoiceUUID `xml:"InternalUUID"`
	}](d, start)
	if err != nil {
		return Invoice{}, err
	}
	i := w.Invoice
	if w.InternalUUID != "" {
		i.UUID = w.InternalUUID
	}
	if i.ID = InvoiceNumber(strings.TrimSpace(string(i.ID))); i.ID == "" && i.UUID == "" {
		return Invoice{}, malformed("an invoice without number and UUID")
	}
	return i, nil
}

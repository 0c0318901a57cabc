package xpm

import (
	"context"
	"iter"
	"net/http"
	"strings"
	"time"

	"github.com/practicekit/offboarding/internal/transport"
)

// JobCost is a cost of a job.
type JobCost struct {
	UUID        JobCostUUID `xml:"UUID"`
	Date        DateTime    `xml:"Date"`
	Description string      `xml:"Description"`
	Code        string      `xml:"Code"`
	Note        string      `xml:"Note"`
	Quantity    Decimal     `xml:"Quantity"`
	UnitCost    Decimal     `xml:"UnitCost"`
	UnitPrice   Decimal     `xml:"UnitPrice"`
	Billable    Flag        `xml:"Billable"`
	Extra       []Element   `xml:",any"` // elements that no field takes
}

// Costs iterates over the costs of a job. The answer is read with the Response
// around it that every recorded answer has, and without, as the page shows it.
//
// It only reads; each range over it sends the request anew. An error comes last,
// and means that the list is not complete. A job that XPM does not know is
// ErrNotFound. Scope: practicemanager.job.read.
// https://developer.xero.com/documentation/api/practice-manager-3-1/jobs
func (s *JobService) Costs(ctx context.Context, job JobNumber) iter.Seq2[JobCost, error] {
	const op = "Jobs.Costs"
	if !validNumber(job) {
		return failing[JobCost](invalid(op, "not a job number"))
	}
	return bareListOf(ctx, s.c, op, transport.Path("job.api", "costs", string(job)), nil, "Costs", "Cost", element[JobCost])
}

// JobCostParams is a new cost of a job, or what UpdateCost makes of one. Date,
// Description, Quantity, UnitCost and UnitPrice are required.
type JobCostParams struct {
	Date        time.Time
	Description string
	Code        string
	Note        string
	Quantity    Decimal
	UnitCost    Decimal
	UnitPrice   Decimal
	Billable    Flag // empty for XPM's default, which is yes

	// Clear names elements that UpdateCost sends empty: Code, Note. That this clears
	// them is assumed.
	Clear []string
}

func (p JobCostParams) request(op, method string, job JobNumber, id JobCostUUID) (transport.Request, error) {
	switch {
	case p.Date.IsZero():
		return transport.Request{}, invalid(op, "Date is required")
	case strings.TrimSpace(p.Description) == "":
		return transport.Request{}, invalid(op, "Description is required")
	case p.Quantity == "" || p.UnitCost == "" || p.UnitPrice == "":
		return transport.Request{}, invalid(op, "Quantity, UnitCost and UnitPrice are required")
	}
	fields := []field{
		{name: "Job", value: string(job)}, {name: "UUID", value: string(id)}, {name: "Date", value: compactDate(p.Date)}, {name: "Description", value: p.Description},
		{name: "Code", value: p.Code}, {name: "Note", value: p.Note}, {name: "Quantity", value: string(p.Quantity)},
		{name: "UnitCost", value: string(p.UnitCost)}, {name: "UnitPrice", value: string(p.UnitPrice)}, {name: "Billable", value: p.Billable.asBool()},
	}
	if err := emptied(op, fields, p.Clear, "Job", "UUID", "Billable"); err != nil {
		return transport.Request{}, err
	}
	return write(op, transport.Once, method, transport.Path("job.api", "cost"), body{"Cost", fields})
}

// AddCost adds a cost to a job, and returns its UUID if XPM says it. That it does
// is assumed, of the draft of Xero's schema; where it does not, the UUID is empty,
// and Costs has the cost.
//
// It is sent at most once: a second time would add a second cost. After
// ErrOutcomeUnknown, Costs tells. A job that XPM does not know is ErrNotFound.
// Scope: practicemanager.job.
// https://developer.xero.com/documentation/api/practice-manager-3-1/jobs
func (s *JobService) AddCost(ctx context.Context, job JobNumber, p JobCostParams) (JobCostUUID, error) {
	const op = "Jobs.AddCost"
	if !validNumber(job) {
		return "", invalid(op, "not a job number")
	}
	p.Clear = nil // there is nothing to clear yet
	r, err := p.request(op, http.MethodPost, job, "")
	if err != nil {
		return "", err
	}
	return actNaming[JobCostUUID](ctx, s.c, r)
}

// UpdateCost changes a cost of a job. Code, Note and Billable are left out when
// they are empty, which is assumed to leave them as they are.
//
// It is sent at most once; after ErrOutcomeUnknown, Costs tells. A cost that XPM
// does not know is ErrNotFound. Scope: practicemanager.job.
// https://developer.xero.com/documentation/api/practice-manager-3-1/jobs
func (s *JobService) UpdateCost(ctx context.Context, id JobCostUUID, p JobCostParams) error {
	const op = "Jobs.UpdateCost"
	if !validID(id) {
		return invalid(op, "not the UUID of a cost of a job")
	}
	r, err := p.request(op, http.MethodPut, "", id)
	if err != nil {
		return err
	}
	return act(ctx, s.c, r)
}

package xpm

import (
	"context"
	"encoding/xml"
	"iter"
	"net/url"
	"strings"
	"time"

	"github.com/practicekit/offboarding/internal/transport"
)

// QuoteService reads the quotes and estimates of the practice. Jobs makes one of
// a job, with CreateQuote and CreateEstimate; the API changes none.
type QuoteService struct{ c *Client }

// Quote is what a piece of work is offered for, or is estimated to cost. Tasks,
// Costs and Options come with Get and the detailed lists.
type Quote struct {
	ID                        QuoteNumber   `xml:"ID"`   // such as Q000123; it has no other key
	Type                      string        `xml:"Type"` // such as Estimate
	State                     string        `xml:"State"`
	Name                      string        `xml:"Name"`
	Description               string        `xml:"Description"`
	Budget                    Decimal       `xml:"Budget"`
	OptionExplanation         string        `xml:"OptionExplanation"`
	Date                      DateTime      `xml:"Date"`
	ValidDate                 DateTime      `xml:"ValidDate"` // until when it holds
	EstimatedCost             Decimal       `xml:"EstimatedCost"`
	EstimatedCostTax          Decimal       `xml:"EstimatedCostTax"`
	EstimatedCostIncludingTax Decimal       `xml:"EstimatedCostIncludingTax"`
	Amount                    Decimal       `xml:"Amount"`
	AmountTax                 Decimal       `xml:"AmountTax"`
	AmountIncludingTax        Decimal       `xml:"AmountIncludingTax"`
	Client                    ClientRef     `xml:"Client"`
	Contact                   ContactRef    `xml:"Contact"`
	Tasks                     []QuoteTask   `xml:"Tasks>Task"`
	Costs                     []QuoteCost   `xml:"Costs>Cost"`
	Options                   []QuoteOption `xml:"Options>Option"`
	Extra                     []Element     `xml:",any"` // elements that no field takes
}

// QuoteTask is work that a quote offers.
type QuoteTask struct {
	Name               string    `xml:"Name"`
	Description        string    `xml:"Description"`
	EstimatedMinutes   Decimal   `xml:"EstimatedMinutes"`
	BillableRate       Decimal   `xml:"BillableRate"` // for an hour
	Billable           Flag      `xml:"Billable"`
	Amount             Decimal   `xml:"Amount"`
	AmountTax          Decimal   `xml:"AmountTax"`
	AmountIncludingTax Decimal   `xml:"AmountIncludingTax"`
	Extra              []Element `xml:",any"`
}

// QuoteCost is a cost that a quote has in it.
type QuoteCost struct {
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

// QuoteOption is something that a client may add to a quote.
type QuoteOption struct {
	Description        string    `xml:"Description"`
	Note               string    `xml:"Note"`
	Code               string    `xml:"Code"`
	Quantity           Decimal   `xml:"Quantity"`
	UnitCost           Decimal   `xml:"UnitCost"`
	UnitPrice          Decimal   `xml:"UnitPrice"`
	Amount             Decimal   `xml:"Amount"`
	AmountTax          Decimal   `xml:"AmountTax"`
	AmountIncludingTax Decimal   `xml:"AmountIncludingTax"`
	Extra              []Element `xml:",any"`
}

// QuoteOptions widens or narrows the lists of quotes.
type QuoteOptions struct {
	// Detailed adds Tasks, Costs and Options.
	Detailed bool
	// Fields asks for these elements of each quote only, and for ID. Empty means all.
	// How XPM takes it is assumed from a schema that Xero withdrew.
	Fields []string
}

// Get returns a quote with its tasks, costs and options.
//
// It only reads, and is repeated. A quote that XPM does not know is assumed to be
// ErrNotFound. Scope: practicemanager.read.
// https://developer.xero.com/documentation/api/practice-manager-3-1/quotes
func (s *QuoteService) Get(ctx context.Context, number QuoteNumber) (Quote, error) {
	const op = "Quotes.Get"
	if !validNumber(number) {
		return Quote{}, invalid(op, "not a quote number")
	}
	r := get(op, transport.Path("quote.api", "get", string(number)), nil)
	return change(ctx, s.c, r, "Quote", about(number, readQuote, func(q Quote) QuoteNumber { return q.ID }))
}

// Current iterates over the current quotes.
//
// It only reads; each range over it sends the request anew. The answer comes in
// one piece and is decoded as it arrives. An error comes last, and means that
// the list is not complete. Scope: practicemanager.read.
// https://developer.xero.com/documentation/api/practice-manager-3-1/quotes
func (s *QuoteService) Current(ctx context.Context, o QuoteOptions) iter.Seq2[Quote, error] {
	return s.stream(ctx, "Quotes.Current", "current", url.Values{}, o)
}

// Draft iterates over the quotes that have not been issued, as Current does over
// the current ones.
func (s *QuoteService) Draft(ctx context.Context, o QuoteOptions) iter.Seq2[Quote, error] {
	return s.stream(ctx, "Quotes.Draft", "draft", url.Values{}, o)
}

// List iterates over the current and archived quotes that were made on the days
// from and to and those between them. Both ends are required, and less than a
// year apart; anything else is ErrInvalid. All takes any span.
//
// It only reads, and streams, as Current does. Scope: practicemanager.read.
// https://developer.xero.com/documentation/api/practice-manager-3-1/quotes
func (s *QuoteService) List(ctx context.Context, from, to time.Time, o QuoteOptions) iter.Seq2[Quote, error] {
	return s.list(ctx, "Quotes.List", from, to, o)
}

// All is List for a span of any length: a call for each 360 days of it, made when
// the one before is used up. A quote that comes in two of them is yielded once,
// for which the numbers of all are held.
func (s *QuoteService) All(ctx context.Context, from, to time.Time, o QuoteOptions) iter.Seq2[Quote, error] {
	const op = "Quotes.All"
	return windows(ctx, op, from, to, func(ctx context.Context, from, to time.Time) iter.Seq2[Quote, error] {
		return s.list(ctx, op, from, to, o)
	}, func(q Quote) string { return numberKey(q.ID) })
}

func (s *QuoteService) list(ctx context.Context, op string, from, to time.Time, o QuoteOptions) iter.Seq2[Quote, error] {
	q, err := between(op, from, to)
	if err != nil {
		return failing[Quote](err)
	}
	return s.stream(ctx, op, "list", q, o)
}

func (s *QuoteService) stream(ctx context.Context, op, method string, q url.Values, o QuoteOptions) iter.Seq2[Quote, error] {
	if o.Detailed {
		q.Set("detailed", "true")
	}
	onlyFields(q, o.Fields, "ID")
	return listOf(ctx, s.c, op, transport.Path("quote.api", method), q, "Quotes", "Quote", readQuote)
}

// readQuote decodes one Quote element.
func readQuote(d *xml.Decoder, start xml.StartElement) (Quote, error) {
	q, err := element[Quote](d, start)
	if q.ID = QuoteNumber(strings.TrimSpace(string(q.ID))); err == nil && q.ID == "" {
		return Quote{}, malformed("a quote without number")
	}
	return q, err
}

// numberKey tells invoices and quotes apart by their numbers. A draft has none
// yet: XPM calls it Draft, as others.
func numberKey[T ~string](number T) string {
	if strings.EqualFold(string(number), "draft") {
		return ""
	}
	return string(number)
}

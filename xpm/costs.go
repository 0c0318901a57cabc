package xpm

import (
	"context"
	"encoding/xml"
	"errors"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/practicekit/offboarding/internal/paginate"
	"github.com/practicekit/offboarding/internal/transport"
)

// CostService reads and changes the costs that the practice has prices for. What
// a job has of them is for Jobs.
type CostService struct{ c *Client }

// CostUUID is the key of a cost of the practice, and not of a cost of a job.
type CostUUID string

// UnmarshalText reads the id as XPM sends it.
func (u *CostUUID) UnmarshalText(b []byte) error { *u = lower[CostUUID](b); return nil }

// Cost is something that the practice buys for jobs at one price and charges at
// another.
type Cost struct {
	UUID              CostUUID    `xml:"UUID"`
	Description       string      `xml:"Description"`
	Code              string      `xml:"Code"`
	Note              string      `xml:"Note"`
	UnitCost          Decimal     `xml:"UnitCost"`
	UnitPrice         Decimal     `xml:"UnitPrice"`
	IncomeAccount     string      `xml:"IncomeAccount"`
	CostOfSaleAccount string      `xml:"CostOfSaleAccount"`
	Supplier          SupplierRef `xml:"Supplier"` // only in a schema that Xero withdrew
	Extra             []Element   `xml:",any"`     // elements that no field takes
}

// CostParams is a cost as it is to be. Description is required. The accounts
// cannot be written.
type CostParams struct {
	Description  string
	Code         string
	Note         string
	UnitCost     Decimal      // such as 100.00; empty for none
	UnitPrice    Decimal      // such as 130.00; empty for none
	SupplierUUID SupplierUUID // only in a schema that Xero withdrew; empty for none
}

// CostOptions narrows List.
type CostOptions struct {
	// Fields asks for these elements of each cost only, and for the UUID. Empty
	// means all. How XPM takes it is assumed from a schema that Xero withdrew.
	Fields []string
}

// Get returns a cost.
//
// It only reads, and is repeated. A cost that XPM does not know is assumed to be
// ErrNotFound. Scope: practicemanager.read.
// https://developer.xero.com/documentation/api/practice-manager-3-1/costs
func (s *CostService) Get(ctx context.Context, id CostUUID) (Cost, error) {
	const op = "Costs.Get"
	if !validID(id) {
		return Cost{}, invalid(op, "not a cost UUID")
	}
	r := get(op, transport.Path("cost.api", "get", string(id)), nil)
	return change(ctx, s.c, r, "Cost", about(id, readCost, costID))
}

// List iterates over all costs of the practice, page by page: up to 1000 each,
// and one more call that finds no others.
//
// It only reads; each page is repeated if need be, and fetched only when the one
// before is used up. Each range over it starts at the first page. A cost that
// comes twice is ErrInvalid: the pages moved while they were read, or XPM sent
// the same again. An error comes last. Scope: practicemanager.read.
// https://developer.xero.com/documentation/api/practice-manager-3-1/costs
func (s *CostService) List(ctx context.Context, o CostOptions) iter.Seq2[Cost, error] {
	const op = "Costs.List"
	return func(yield func(Cost, error) bool) {
		page := func(ctx context.Context, number string) ([]Cost, string, error) {
			n := 1
			if number != "" {
				n, _ = strconv.Atoi(number)
			}
			costs, err := s.page(ctx, op, n, o)
			if err != nil || len(costs) == 0 {
				return nil, "", err
			}
			return costs, strconv.Itoa(n + 1), nil
		}
		for c, err := range paginate.All(ctx, page, func(c Cost) string { return string(c.UUID) }) {
			if _, ours := errors.AsType[*Error](err); err != nil && !ours {
				err = &Error{Op: op, Err: err}
			}
			if !yield(c, err) {
				return
			}
		}
	}
}

// page reads one page. Records is how many costs it has, as the documentation
// says; only a page that has some and says none is refused, since it contradicts
// itself about the end.
func (s *CostService) page(ctx context.Context, op string, number int, o CostOptions) ([]Cost, error) {
	var costs []Cost
	var records string
	q := url.Values{"page": {strconv.Itoa(number)}}
	onlyFields(q, o.Fields, "UUID")
	err := s.c.call(ctx, get(op, transport.Path("cost.api", "list"), q), envelope{parts: map[string]part{
		"Costs": each("Cost", func(a *answer, start xml.StartElement) error {
			c, err := readCost(a.Decoder, start)
			costs = append(costs, c)
			return err
		}),
		"Records": func(a *answer, start xml.StartElement) error { return a.DecodeElement(&records, &start) },
	}})
	records = strings.TrimSpace(records)
	switch n, bad := strconv.Atoi(records); {
	case err != nil:
		return nil, err
	case records == "" && costs == nil:
		return nil, &Error{Op: op, Err: malformed("one with neither Records nor Costs")}
	case records != "" && (bad != nil || n == 0 && costs != nil):
		return nil, &Error{Op: op, Err: malformed("one whose Records is not how many costs it has")}
	}
	return costs, nil
}

// Create adds a cost, and returns it as XPM now sees it.
//
// It is sent at most once: XPM would make a second cost of the same description.
// If the answer is lost, that is ErrOutcomeUnknown: look for the cost with List
// before you create it again. Scope: practicemanager.
// https://developer.xero.com/documentation/api/practice-manager-3-1/costs
func (s *CostService) Create(ctx context.Context, p CostParams) (Cost, error) {
	return s.write(ctx, "Costs.Create", transport.Once, http.MethodPost, "add", "", p, readCost)
}

// Update makes a cost as p says, and returns it as XPM now sees it. Description,
// Code and Note are written also when they are empty: start from what Get
// returns. A price or supplier that is empty is left out, and assumed to stay.
//
// It may be sent again, and is repeated: it sets every value, so a second time is
// assumed to change nothing more. A cost that XPM does not know is assumed to be
// ErrNotFound. Scope: practicemanager.
// https://developer.xero.com/documentation/api/practice-manager-3-1/costs
func (s *CostService) Update(ctx context.Context, id CostUUID, p CostParams) (Cost, error) {
	const op = "Costs.Update"
	if !validID(id) {
		return Cost{}, invalid(op, "not a cost UUID")
	}
	return s.write(ctx, op, transport.Repeatable, http.MethodPut, "update", id, p, about(id, readCost, costID))
}

// Delete deletes a cost for good.
//
// It is sent at most once, because a second time is assumed to be refused as
// ErrNotFound, which would hide that the first succeeded. A lost answer is
// ErrOutcomeUnknown: Get then tells. Scope: practicemanager.
// https://developer.xero.com/documentation/api/practice-manager-3-1/costs
func (s *CostService) Delete(ctx context.Context, id CostUUID) error {
	const op = "Costs.Delete"
	if !validID(id) {
		return invalid(op, "not a cost UUID")
	}
	r, err := write(op, transport.Once, http.MethodPost, transport.Path("cost.api", "delete"), named("Cost", id))
	if err != nil {
		return err
	}
	return act(ctx, s.c, r)
}

// DeleteAll deletes every cost of the whole practice for good. Nothing brings
// them back; whoever calls this keeps what List returned.
//
// It is sent at most once: between two of them somebody may have added a cost. A
// lost answer is ErrOutcomeUnknown: List then tells. Scope: practicemanager.
// https://developer.xero.com/documentation/api/practice-manager-3-1/costs
func (s *CostService) DeleteAll(ctx context.Context) error {
	r, err := write("Costs.DeleteAll", transport.Once, http.MethodPost, transport.Path("cost.api", "deleteall"), struct {
		XMLName xml.Name `xml:"DeleteAll"`
	}{})
	if err != nil {
		return err
	}
	return act(ctx, s.c, r)
}

// costXML is a cost as XPM wants it written.
type costXML struct {
	XMLName      xml.Name     `xml:"Cost"`
	UUID         CostUUID     `xml:"UUID,omitempty"`
	Description  string       `xml:"Description"`
	Code         string       `xml:"Code"`
	Note         string       `xml:"Note"`
	UnitCost     Decimal      `xml:"UnitCost,omitempty"`
	UnitPrice    Decimal      `xml:"UnitPrice,omitempty"`
	SupplierUUID SupplierUUID `xml:"SupplierUUID,omitempty"`
}

func (s *CostService) write(ctx context.Context, op string, effect transport.Effect, method, path string, id CostUUID, p CostParams, read func(*xml.Decoder, xml.StartElement) (Cost, error)) (Cost, error) {
	switch {
	case strings.TrimSpace(p.Description) == "":
		return Cost{}, invalid(op, "Description is required")
	case !p.UnitCost.writable() || !p.UnitPrice.writable():
		return Cost{}, invalid(op, "UnitCost and UnitPrice are numbers such as 100.00")
	case p.SupplierUUID != "" && !validID(p.SupplierUUID):
		return Cost{}, invalid(op, "SupplierUUID is not a UUID")
	}
	r, err := write(op, effect, method, transport.Path("cost.api", path), costXML{
		UUID: id, Description: p.Description, Code: p.Code, Note: p.Note,
		UnitCost: p.UnitCost, UnitPrice: p.UnitPrice, SupplierUUID: p.SupplierUUID,
	})
	if err != nil {
		return Cost{}, err
	}
	return change(ctx, s.c, r, "Cost", read)
}

// readCost decodes one Cost element.
func readCost(d *xml.Decoder, start xml.StartElement) (Cost, error) {
	c, err := element[Cost](d, start)
	if err == nil && c.UUID == "" {
		return Cost{}, malformed("a cost without UUID")
	}
	return c, err
}

func costID(c Cost) CostUUID { return c.UUID }

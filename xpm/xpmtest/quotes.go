package xpmtest

import (
	"slices"
	"time"
)

// Quote is a quote or an estimate as the server holds it. Amounts are decimal
// texts such as 100.00. It is current unless it is a draft or archived.
type Quote struct {
	Number            string // such as Q000123
	Type              string // such as Estimate
	State             string // such as Issued
	Name, Description string
	Budget            string
	OptionExplanation string
	Date, Valid       time.Time
	Draft, Archived   bool

	EstimatedCost, EstimatedCostTax, EstimatedCostIncludingTax string
	Amount, AmountTax, AmountIncludingTax                      string

	Client, Contact       Ref
	Tasks, Costs, Options []Line
}

// AddQuote adds a quote, or replaces the one with the same number. A number that
// is empty is made up; the number is returned.
func (s *Server) AddQuote(q Quote) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addQuote(q)
}

// addQuote is AddQuote; s.mu is held.
func (s *Server) addQuote(q Quote) string {
	find := func(number string) int {
		return slices.IndexFunc(s.quotes, func(have Quote) bool { return have.Number == number })
	}
	q.Tasks, q.Costs, q.Options = slices.Clone(q.Tasks), slices.Clone(q.Costs), slices.Clone(q.Options)
	if q.Number == "" {
		q.Number = s.newNumber("Q", func(n string) bool { return find(n) >= 0 })
	}
	if at := find(q.Number); at < 0 {
		s.quotes = append(s.quotes, q)
	} else {
		s.quotes[at] = q
	}
	return q.Number
}

// Quotes returns all quotes in the order in which they were added.
func (s *Server) Quotes() []Quote {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.quotes)
}

func (s *Server) quoteRoutes() []route {
	listed := func(method string, spanned bool, wanted func(Quote) bool) func(a *answering) {
		return func(a *answering) { s.sendQuotes(a, method, spanned, wanted) }
	}
	return []route{
		{"GET", "quote.api/current", listed("Current", false, func(q Quote) bool { return !q.Draft && !q.Archived })},
		{"GET", "quote.api/draft", listed("Draft", false, func(q Quote) bool { return q.Draft })},
		{"GET", "quote.api/list", listed("List", true, func(q Quote) bool { return !q.Draft })},
		{"GET", "quote.api/get/{number}", func(a *answering) {
			quotes := s.Quotes()
			at := slices.IndexFunc(quotes, func(q Quote) bool { return q.Number == a.values["number"] })
			if at < 0 {
				a.refuse("Get", "Invalid quote identifier")
				return
			}
			x := begin("Get", "OK")
			x.quote(quotes[at], true)
			a.send(x)
		}},
	}
}

func (s *Server) sendQuotes(a *answering, method string, spanned bool, wanted func(Quote) bool) {
	var days span
	if spanned {
		var ok bool
		if days, ok = a.span(method, true); !ok {
			return
		}
	}
	var found []Quote
	for _, q := range s.Quotes() {
		if days.has(q.Date) && wanted(q) {
			found = append(found, q)
		}
	}
	x := begin(method, "OK")
	x.container("Quotes", len(found), func(i int) { x.quote(found[i], a.query("detailed") == "true") })
	a.send(x)
}

// quote writes a quote in the order of the documentation.
func (x *wire) quote(q Quote, detailed bool) {
	x.open("Quote")
	x.texts("ID", q.Number, "Type", q.Type, "State", q.State, "Name", q.Name, "Description", q.Description, "Budget", q.Budget, "OptionExplanation", q.OptionExplanation)
	x.date("Date", q.Date)
	x.date("ValidDate", q.Valid)
	x.texts("EstimatedCost", q.EstimatedCost, "EstimatedCostTax", q.EstimatedCostTax, "EstimatedCostIncludingTax", q.EstimatedCostIncludingTax)
	x.texts("Amount", q.Amount, "AmountTax", q.AmountTax, "AmountIncludingTax", q.AmountIncludingTax)
	x.ref("Client", q.Client)
	x.ref("Contact", q.Contact)
	if detailed {
		x.container("Tasks", len(q.Tasks), func(i int) {
			l := q.Tasks[i]
			x.open("Task")
			x.texts("Name", l.Name, "Description", l.Description, "EstimatedMinutes", l.Minutes, "BillableRate", l.Rate)
			x.flag("Billable", !l.NotBillable)
			x.amounts(l)
			x.shut("Task")
		})
		x.costLines(q.Costs)
		x.container("Options", len(q.Options), func(i int) {
			l := q.Options[i]
			x.open("Option")
			x.texts("Description", l.Description, "Note", l.Note, "Code", l.Code, "Quantity", l.Quantity, "UnitCost", l.UnitCost, "UnitPrice", l.UnitPrice)
			x.amounts(l)
			x.shut("Option")
		})
	}
	x.shut("Quote")
}

package xpm_test

import (
	"errors"
	"testing"

	"github.com/practicekit/offboarding/xpm"
)

func plainQuote(number xpm.QuoteNumber) xpm.Quote {
	return xpm.Quote{
		ID: number, Type: "Estimate", State: "Issued", Name: "Name", Description: "Description",
		Date: date("2007-09-15T00:00:00"), ValidDate: date("2007-09-22T00:00:00"),
		EstimatedCost: "100.00", EstimatedCostTax: "12.50", EstimatedCostIncludingTax: "112.50",
		Amount: "200.00", AmountTax: "25.00", AmountIncludingTax: "225.00",
		Client:  xpm.ClientRef{UUID: "08bc17b1-9a5c-43b4-93ec-c06939a5e2f8", Name: "A C Example Limited"},
		Contact: xpm.ContactRef{UUID: "12bfb338-81e0-4488-8585-626f03eec08e", Name: "Andrew Example"},
	}
}

func detailedQuote() xpm.Quote {
	q := plainQuote("Q000123")
	q.Tasks = []xpm.QuoteTask{{
		Name: "Design", EstimatedMinutes: "60", BillableRate: "150", Billable: xpm.FlagYes,
		Amount: "150.00", AmountTax: "18.75", AmountIncludingTax: "168.75",
	}}
	q.Costs = []xpm.QuoteCost{{
		Description: "Courier", Note: "Note", Code: "COURIER", Billable: xpm.FlagYes, Quantity: "1", UnitCost: "50.00", UnitPrice: "50.00",
		Amount: "50.00", AmountTax: "6.25", AmountIncludingTax: "56.25",
	}}
	q.Options = []xpm.QuoteOption{{
		Description: "Printing", Note: "Note", Code: "PRINT", Quantity: "1", UnitCost: "50.00", UnitPrice: "100.00",
		Amount: "100.00", AmountTax: "12.50", AmountIncludingTax: "112.50",
	}}
	return q
}

func TestQuotes_Get(t *testing.T) {
	_, err := recorded(t, "quotes_get_not_found").Quotes.Get(t.Context(), "Q000123")
	checkError(t, err, xpm.ErrNotFound, "Invalid quote identifier")

	got, err := recorded(t, "quotes_get").Quotes.Get(t.Context(), "Q000123")
	check(t, detailedQuote(), got, err)
}

func TestQuotes_Current(t *testing.T) {
	_, err := collect(recorded(t, "quotes_current_forbidden").Quotes.Current(t.Context(), xpm.QuoteOptions{}))
	checkError(t, err, xpm.ErrForbidden, "AuthenticationUnsuccessful")

	c := recorded(t, "quotes_current")
	got, err := collect(c.Quotes.Current(t.Context(), xpm.QuoteOptions{}))
	check(t, []xpm.Quote{plainQuote("Q000123")}, got, err)
	got, err = collect(c.Quotes.Current(t.Context(), xpm.QuoteOptions{Detailed: true}))
	check(t, []xpm.Quote{detailedQuote()}, got, err)
}

func TestQuotes_Draft(t *testing.T) {
	_, err := collect(recorded(t, "quotes_draft_unavailable").Quotes.Draft(t.Context(), xpm.QuoteOptions{}))
	checkError(t, err, xpm.ErrUnavailable, "ServiceNotAvailable")

	c := recorded(t, "quotes_draft")
	got, err := collect(c.Quotes.Draft(t.Context(), xpm.QuoteOptions{}))
	check(t, []xpm.Quote{plainQuote("Q000123")}, got, err)
	got, err = collect(c.Quotes.Draft(t.Context(), xpm.QuoteOptions{Detailed: true}))
	check(t, nil, got, err)
}

func TestQuotes_List(t *testing.T) {
	from, to := onDay(2007, 9, 1), onDay(2007, 9, 30)
	_, err := collect(recorded(t, "quotes_list_refused").Quotes.List(t.Context(), from, to, xpm.QuoteOptions{}))
	checkError(t, err, xpm.ErrInvalid, "A detailed explanation of the error")

	c := recorded(t, "quotes_list")
	got, err := collect(c.Quotes.List(t.Context(), from, to, xpm.QuoteOptions{}))
	check(t, []xpm.Quote{plainQuote("Q000123")}, got, err)
	got, err = collect(c.Quotes.List(t.Context(), from, to, xpm.QuoteOptions{Detailed: true}))
	check(t, []xpm.Quote{detailedQuote()}, got, err)
}

func TestQuotes_All(t *testing.T) {
	from, to := onDay(2007, 1, 1), onDay(2008, 1, 10)
	_, err := collect(recorded(t, "quotes_all_rate_limited").Quotes.All(t.Context(), from, to, xpm.QuoteOptions{}))
	checkError(t, err, xpm.ErrRateLimited, "")

	got, err := collect(recorded(t, "quotes_all").Quotes.All(t.Context(), from, to, xpm.QuoteOptions{}))
	check(t, []xpm.Quote{plainQuote("Q000123"), plainQuote("Draft"), plainQuote("Draft"), plainQuote("Q000124")}, got, err)
}

func TestQuotes_Invalid(t *testing.T) {
	c, ctx := untouched(t), t.Context()
	_, get := c.Quotes.Get(ctx, ".")
	_, year := collect(c.Quotes.List(ctx, onDay(2024, 3, 1), onDay(2025, 3, 1), xpm.QuoteOptions{}))
	_, backwards := collect(c.Quotes.All(ctx, onDay(2025, 3, 1), onDay(2024, 3, 1), xpm.QuoteOptions{}))
	for name, err := range map[string]error{"get": get, "a year": year, "backwards": backwards} {
		if e, ok := errors.AsType[*xpm.Error](err); !ok || !errors.Is(err, xpm.ErrInvalid) || e.Op == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, body := range map[string]string{
		"another": "<Quote><ID>Q000124</ID></Quote>",
		"nothing": "<Quote />",
		"none":    "",
	} {
		if _, err := newClient(t, ok("<Response><Status>OK</Status>"+body+"</Response>")).Quotes.Get(ctx, "Q000123"); !errors.Is(err, xpm.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

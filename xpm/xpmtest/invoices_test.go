package xpmtest_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/practicekit/offboarding/xpm"
	"github.com/practicekit/offboarding/xpm/xpmtest"
)

func TestServer_Invoices(t *testing.T) {
	s, _ := timed()
	line := xpmtest.Line{UUID: "b", Name: "Design", Minutes: "60", Amount: "150.00"}
	s.AddInvoice(xpmtest.Invoice{Number: "I000001", UUID: "A", JobText: "J000001", Date: on(2025, 7, 1), Amount: "200.00",
		Jobs: []xpmtest.InvoiceJob{{Number: "J000001", Name: "Brochure", Tasks: []xpmtest.Line{line}}}, Payments: []xpmtest.Payment{{Date: on(2025, 7, 9), Amount: "50.00", Reference: "r"}}})
	s.AddInvoice(xpmtest.Invoice{Number: "I000002", UUID: "b", Status: "Paid", Date: on(2023, 1, 1), Tasks: []xpmtest.Line{line}, Costs: []xpmtest.Line{{Description: "Courier", NotBillable: true}}})
	s.AddInvoice(xpmtest.Invoice{UUID: "c", Status: "Draft", Date: on(2025, 7, 1)})
	s.AddInvoice(xpmtest.Invoice{UUID: "d", Status: "Draft", Date: on(2025, 7, 2)})
	if made := s.AddInvoice(xpmtest.Invoice{UUID: "d", Status: "Cancelled", Date: on(2025, 7, 2)}); !strings.HasPrefix(made, "I") {
		t.Error(made)
	}
	c, ctx := newClient(t, s), t.Context()
	id := func(i xpm.Invoice) string { return string(i.UUID) }
	for _, step := range []struct {
		name, want string
		list       func(func(xpm.Invoice, error) bool)
	}{
		{"current", "a", c.Invoices.Current(ctx, xpm.InvoiceOptions{})},
		{"draft", "c", c.Invoices.Draft(ctx, xpm.InvoiceOptions{Detailed: true})},
		{"list", "a d", c.Invoices.List(ctx, on(2025, 7, 1), on(2025, 7, 31), xpm.InvoiceOptions{})},
		{"all", "b a d", c.Invoices.All(ctx, on(2022, 7, 1), on(2025, 7, 31), xpm.InvoiceOptions{})},
		{"job", "a", c.Invoices.ListByJob(ctx, "J000001")},
	} {
		if got, err := ids(step.list, id); err != nil || got != step.want {
			t.Errorf("%s: %s %v", step.name, got, err)
		}
	}
	if got, err := c.Invoices.Get(ctx, "I000001"); err != nil || got.Status != xpm.InvoiceStatusApproved || got.Amount != "200.00" || len(got.Jobs) != 1 || len(got.Jobs[0].Tasks) != 1 || got.Jobs[0].Tasks[0].Minutes != "60" || got.Extra != nil {
		t.Errorf("%+v %v", got, err)
	}
	if got, err := c.Invoices.Get(ctx, "I000002"); err != nil || got.Jobs != nil || len(got.Tasks) != 1 || got.Costs[0].Billable != xpm.FlagNo || got.Extra != nil {
		t.Errorf("%+v %v", got, err)
	}
	if got, err := c.Invoices.Payments(ctx, "I000001"); err != nil || len(got) != 1 || got[0].Amount != "50.00" || got[0].Date.Text != "2025-07-09T00:00:00" {
		t.Errorf("%+v %v", got, err)
	}
	if got, err := c.Invoices.Payments(ctx, "I000002"); err != nil || len(got) != 0 {
		t.Errorf("%+v %v", got, err)
	}
	_, err := c.Invoices.Get(ctx, "Draft")
	_, err2 := c.Invoices.Payments(ctx, "I9")
	_, err3 := ids(c.Invoices.ListByJob(ctx, "J9"), id)
	for _, err := range []error{err, err2, err3} {
		if !errors.Is(err, xpm.ErrNotFound) {
			t.Error(err)
		}
	}
	if _, body := send(s, request("GET", "invoice.api/current", "")); strings.Contains(body, "<Jobs>") || !strings.Contains(body, "<Invoices><Invoice><ID>I000001</ID><InternalUUID>a</InternalUUID><Type /><Status>Approved</Status><JobText>J000001</JobText><Date>") {
		t.Error(body)
	}
}

func TestServer_Quotes(t *testing.T) {
	s, _ := timed()
	s.AddQuote(xpmtest.Quote{Number: "Q000001", Type: "Quote", State: "Issued", Date: on(2025, 7, 1), Amount: "200.00", Client: xpmtest.Ref{UUID: acme, Name: "Acme"},
		Tasks: []xpmtest.Line{{Name: "Design", Minutes: "60"}}, Costs: []xpmtest.Line{{Description: "Courier"}}, Options: []xpmtest.Line{{Description: "Printing", Quantity: "1"}}})
	s.AddQuote(xpmtest.Quote{Number: "Q000002", Archived: true, Date: on(2023, 1, 1)})
	s.AddQuote(xpmtest.Quote{Number: "Q000003", Draft: true, Date: on(2025, 7, 1)})
	if made := s.AddQuote(xpmtest.Quote{Date: on(2020, 1, 1)}); !strings.HasPrefix(made, "Q") || len(s.Quotes()) != 4 {
		t.Error(made)
	}
	c, ctx := newClient(t, s), t.Context()
	id := func(q xpm.Quote) string { return string(q.ID) }
	for _, step := range []struct {
		name, want string
		list       func(func(xpm.Quote, error) bool)
	}{
		{"draft", "Q000003", c.Quotes.Draft(ctx, xpm.QuoteOptions{Detailed: true})},
		{"list", "Q000001", c.Quotes.List(ctx, on(2025, 7, 1), on(2025, 7, 31), xpm.QuoteOptions{})},
		{"all", "Q000002 Q000001", c.Quotes.All(ctx, on(2022, 7, 1), on(2025, 7, 31), xpm.QuoteOptions{})},
	} {
		if got, err := ids(step.list, id); err != nil || got != step.want {
			t.Errorf("%s: %s %v", step.name, got, err)
		}
	}
	for detailed, n := range map[bool]int{false: 0, true: 1} {
		for q, err := range c.Quotes.Current(ctx, xpm.QuoteOptions{Detailed: detailed}) {
			if err != nil || len(q.Tasks) != n && q.ID == "Q000001" || q.Extra != nil {
				t.Errorf("%v: %+v %v", detailed, q, err)
			}
		}
	}
	if got, err := c.Quotes.Get(ctx, "Q000001"); err != nil || got.Tasks[0].EstimatedMinutes != "60" || got.Costs[0].Description != "Courier" || got.Options[0].Quantity != "1" || got.Client.UUID != acme || got.Extra != nil {
		t.Errorf("%+v %v", got, err)
	}
	if _, err := c.Quotes.Get(ctx, "Q9"); !errors.Is(err, xpm.ErrNotFound) {
		t.Error(err)
	}
}

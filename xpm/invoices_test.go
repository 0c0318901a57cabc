package xpm_test

import (
	"errors"
	"testing"

	"github.com/practicekit/offboarding/xpm"
)

func plainInvoice() xpm.Invoice {
	return xpm.Invoice{
		ID: "I000123", UUID: "e873137a-7e07-49a0-8987-130e7418ad34", Type: "Progress Invoice", Status: xpm.InvoiceStatusApproved, JobText: "J000123",
		Date: date("2007-09-15T00:00:00"), DueDate: date("2007-09-22T00:00:00"),
		Amount: "200.00", AmountTax: "25.00", AmountIncludingTax: "225.00", AmountPaid: "100.00", AmountOutstanding: "125.00",
		Client:  xpm.ClientRef{UUID: "964b15d1-6ab0-414b-8e07-c1caa9740895", Name: "A C Example Limited"},
		Contact: xpm.ContactRef{UUID: "90597ac3-cc20-4ade-a241-4a299f3a4705", Name: "Andy Example"},
	}
}

var (
	invoiceTasks = []xpm.InvoiceTask{{
		UUID: "bc874687-4cb4-408c-a520-5c0ef87c6d50", Name: "Design", Minutes: "60", BillableRate: "150", Billable: xpm.FlagYes,
		Amount: "150.00", AmountTax: "18.75", AmountIncludingTax: "168.75",
	}}
	invoiceCosts = []xpm.InvoiceCost{{
		Description: "Courier", Note: "Note", Code: "COURIER", Billable: xpm.FlagYes, Quantity: "1", UnitCost: "50.00", UnitPrice: "50.00",
		Amount: "50.00", AmountTax: "6.25", AmountIncludingTax: "56.25",
	}}
)

func detailedInvoice() xpm.Invoice {
	i := plainInvoice()
	i.Jobs = []xpm.InvoiceJob{{ID: "J000345", Name: "Annual accounts", Tasks: invoiceTasks, Costs: invoiceCosts}}
	return i
}

func draftInvoice(id xpm.InvoiceUUID) xpm.Invoice {
	i := plainInvoice()
	i.UUID, i.ID, i.Status = id, "Draft", xpm.InvoiceStatusDraft
	return i
}

func TestInvoices_Get(t *testing.T) {
	_, err := recorded(t, "invoices_get_not_found").Invoices.Get(t.Context(), "I000123")
	checkError(t, err, xpm.ErrNotFound, "Invalid invoice identifier")

	got, err := recorded(t, "invoices_get").Invoices.Get(t.Context(), "I000123")
	check(t, detailedInvoice(), got, err)

	want := plainInvoice()
	want.Type, want.Description, want.Tasks, want.Costs = "Miscellaneous", "Sundry", invoiceTasks, invoiceCosts
	got, err = recorded(t, "invoices_get_miscellaneous").Invoices.Get(t.Context(), "I000123")
	check(t, want, got, err)
}

func TestInvoices_Payments(t *testing.T) {
	_, err := recorded(t, "invoices_payments_not_found").Invoices.Payments(t.Context(), "I000123")
	checkError(t, err, xpm.ErrNotFound, "Invalid invoice identifier")

	c := recorded(t, "invoices_payments")
	got, err := c.Invoices.Payments(t.Context(), "I000123")
	check(t, []xpm.Payment{{Date: date("2007-09-15T00:00:00"), Amount: "200.00", Reference: "ABC-5e1f0009-7c3a-4b6d-9e20-a1b2c3d40009"}}, got, err)
	got, err = c.Invoices.Payments(t.Context(), "I000124")
	check(t, []xpm.Payment{}, got, err)
}

func TestInvoices_Current(t *testing.T) {
	_, err := collect(recorded(t, "invoices_current_forbidden").Invoices.Current(t.Context(), xpm.InvoiceOptions{}))
	checkError(t, err, xpm.ErrForbidden, "AuthenticationUnsuccessful")

	c := recorded(t, "invoices_current")
	got, err := collect(c.Invoices.Current(t.Context(), xpm.InvoiceOptions{}))
	check(t, []xpm.Invoice{plainInvoice()}, got, err)
	got, err = collect(c.Invoices.Current(t.Context(), xpm.InvoiceOptions{Detailed: true}))
	check(t, []xpm.Invoice{detailedInvoice()}, got, err)
}

func TestInvoices_Draft(t *testing.T) {
	_, err := collect(recorded(t, "invoices_draft_unavailable").Invoices.Draft(t.Context(), xpm.InvoiceOptions{}))
	checkError(t, err, xpm.ErrUnavailable, "ServiceNotAvailable")

	c := recorded(t, "invoices_draft")
	got, err := collect(c.Invoices.Draft(t.Context(), xpm.InvoiceOptions{}))
	check(t, []xpm.Invoice{draftInvoice("e873137a-7e07-49a0-8987-130e7418ad34"), draftInvoice("f973137a-7e07-49a0-8987-130e7418ad34")}, got, err)
	got, err = collect(c.Invoices.Draft(t.Context(), xpm.InvoiceOptions{Detailed: true}))
	check(t, nil, got, err)
}

func TestInvoices_ListByJob(t *testing.T) {
	_, err := collect(recorded(t, "invoices_list_by_job_not_found").Invoices.ListByJob(t.Context(), "J000001"))
	checkError(t, err, xpm.ErrNotFound, "Invalid job identifier")

	got, err := collect(recorded(t, "invoices_list_by_job").Invoices.ListByJob(t.Context(), "J000001"))
	check(t, []xpm.Invoice{plainInvoice()}, got, err)
}

func TestInvoices_List(t *testing.T) {
	from, to := onDay(2007, 9, 1), onDay(2007, 9, 30)
	_, err := collect(recorded(t, "invoices_list_refused").Invoices.List(t.Context(), from, to, xpm.InvoiceOptions{}))
	checkError(t, err, xpm.ErrInvalid, "The date range must be less than one year")

	c := recorded(t, "invoices_list")
	got, err := collect(c.Invoices.List(t.Context(), from, to, xpm.InvoiceOptions{}))
	check(t, []xpm.Invoice{plainInvoice()}, got, err)
	got, err = collect(c.Invoices.List(t.Context(), from, to, xpm.InvoiceOptions{Detailed: true}))
	check(t, []xpm.Invoice{detailedInvoice()}, got, err)
}

func TestInvoices_All(t *testing.T) {
	from, to := onDay(2007, 1, 1), onDay(2008, 1, 10)
	_, err := collect(recorded(t, "invoices_all_unauthorized").Invoices.All(t.Context(), from, to, xpm.InvoiceOptions{}))
	checkError(t, err, xpm.ErrUnauthorized, "TokenExpired: token expired at 04/29/2020 09:22:02")

	got, err := collect(recorded(t, "invoices_all").Invoices.All(t.Context(), from, to, xpm.InvoiceOptions{Detailed: true}))
	check(t, []xpm.Invoice{plainInvoice(), draftInvoice("f973137a-7e07-49a0-8987-130e7418ad34")}, got, err)
}

// Drafts share a name; without an id, none is taken for another.
func TestInvoices_All_Drafts(t *testing.T) {
	const draft = "<Invoice><ID>Draft</ID></Invoice>"
	c := newClient(t, ok("<Response><Status>OK</Status><Invoices>"+draft+draft+"<Invoice><ID>I1</ID></Invoice></Invoices></Response>"))
	got, err := collect(c.Invoices.All(t.Context(), onDay(2024, 1, 1), onDay(2025, 1, 1), xpm.InvoiceOptions{}))
	if err != nil || len(got) != 5 {
		t.Errorf("%d invoices, %v", len(got), err)
	}
}

func TestInvoices_Invalid(t *testing.T) {
	c, ctx := untouched(t), t.Context()
	_, get := c.Invoices.Get(ctx, "")
	_, payments := c.Invoices.Payments(ctx, "..")
	_, byJob := collect(c.Invoices.ListByJob(ctx, " "))
	_, year := collect(c.Invoices.List(ctx, onDay(2024, 3, 1), onDay(2025, 3, 1), xpm.InvoiceOptions{}))
	_, backwards := collect(c.Invoices.All(ctx, onDay(2025, 3, 1), onDay(2024, 3, 1), xpm.InvoiceOptions{}))
	for name, err := range map[string]error{"get": get, "payments": payments, "by job": byJob, "a year": year, "backwards": backwards} {
		if e, ok := errors.AsType[*xpm.Error](err); !ok || !errors.Is(err, xpm.ErrInvalid) || e.Op == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, body := range map[string]string{
		"another": "<Invoice><ID>I000124</ID></Invoice>",
		"nothing": "<Invoice />",
		"none":    "",
	} {
		if _, err := newClient(t, ok("<Response><Status>OK</Status>"+body+"</Response>")).Invoices.Get(ctx, "I000123"); !errors.Is(err, xpm.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

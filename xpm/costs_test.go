package xpm_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/practicekit/offboarding/xpm"
)

var (
	oneWidget = xpm.Cost{UUID: someUUID, Description: "Widget", UnitCost: "100.00", UnitPrice: "130.00"}
	twoWidget = xpm.Cost{
		UUID: "cc8236e3-f817-47d0-a1ad-4f3e7d034e6b", Description: "Widget 2", UnitCost: "200.00", UnitPrice: "260.00",
		Supplier: xpm.SupplierRef{UUID: "2f1d2b3c-0000-4000-8000-000000000001", Name: "Widgets Ltd"},
	}
	newWidget = xpm.CostParams{Description: "Widget", UnitCost: "100.00", UnitPrice: "130.00"}
)

func TestCosts_Get(t *testing.T) {
	_, err := recorded(t, "costs_get_not_found").Costs.Get(t.Context(), someUUID)
	checkError(t, err, xpm.ErrNotFound, "Invalid cost identifier")

	got, err := recorded(t, "costs_get").Costs.Get(t.Context(), someUUID)
	check(t, oneWidget, got, err)
}

func TestCosts_List(t *testing.T) {
	_, err := collect(recorded(t, "costs_list_unavailable").Costs.List(t.Context(), xpm.CostOptions{}))
	checkError(t, err, xpm.ErrUnavailable, "ServiceNotAvailable")

	got, err := collect(recorded(t, "costs_list_repeated").Costs.List(t.Context(), xpm.CostOptions{}))
	checkError(t, err, xpm.ErrInvalid, "")
	check(t, []xpm.Cost{oneWidget, twoWidget}, got, nil)

	c := recorded(t, "costs_list")
	got, err = collect(c.Costs.List(t.Context(), xpm.CostOptions{}))
	check(t, []xpm.Cost{oneWidget, twoWidget}, got, err)
}

// A page that contradicts itself is not taken for the last one.
func TestCosts_List_End(t *testing.T) {
	const cost = "<Costs><Cost><UUID>a</UUID></Cost></Costs>"
	for body, good := range map[string]bool{
		"":                                         false,
		"<Records>0</Records>" + cost:              false,
		"<Records>some</Records>" + cost:           false,
		"<Records>some</Records><Costs />":         false,
		"<Records>0</Records>":                     true,
		"<Costs />":                                false,
		"<Records> 0 </Records><Costs />":          true,
		"<Records>1200</Records><Costs />":         true,
		"<Records>0</Records><Costs/><x/>":         true,
		"<Records>0</Records><Records>0</Records>": false,
	} {
		_, err := collect(newClient(t, ok("<Response><Status>OK</Status>"+body+"</Response>")).Costs.List(t.Context(), xpm.CostOptions{}))
		if e, ok := errors.AsType[*xpm.Error](err); good != (err == nil) || !good && (!ok || e.Op != "Costs.List" || !errors.Is(err, xpm.ErrInvalid)) {
			t.Errorf("%s: %v", body, err)
		}
	}
}

// A list that is left early asks for no other page, and starts anew each time.
func TestCosts_List_Lazy(t *testing.T) {
	var pages []string
	c := newClient(t, roundTrip(func(r *http.Request) (*http.Response, error) {
		page := r.URL.Query().Get("page")
		pages = append(pages, page)
		return ok("<Response><Status>OK</Status><Costs><Cost><UUID>" + page + "a</UUID></Cost><Cost><UUID>" + page + "b</UUID></Cost></Costs></Response>")(r)
	}))
	list := c.Costs.List(t.Context(), xpm.CostOptions{})
	if pages != nil {
		t.Error("a page before the first cost is asked for")
	}
	for range 2 {
		seen := 0
		for _, err := range list {
			if seen++; err != nil || seen == 3 {
				break
			}
		}
	}
	if got := strings.Join(pages, " "); got != "1 2 1 2" {
		t.Error(got)
	}
}

func TestCosts_Create(t *testing.T) {
	_, err := recorded(t, "costs_create_refused").Costs.Create(t.Context(), newWidget)
	checkError(t, err, xpm.ErrInvalid, "A detailed explanation of the error")

	c := recorded(t, "costs_create")
	got, err := c.Costs.Create(t.Context(), newWidget)
	check(t, oneWidget, got, err)
	got, err = c.Costs.Create(t.Context(), xpm.CostParams{Description: "Widget 2", Code: "W2", Note: "blue & round", SupplierUUID: twoWidget.Supplier.UUID})
	check(t, twoWidget, got, err)
}

func TestCosts_Update(t *testing.T) {
	_, err := recorded(t, "costs_update_not_found").Costs.Update(t.Context(), someUUID, newWidget)
	checkError(t, err, xpm.ErrNotFound, "Invalid cost identifier")

	got, err := recorded(t, "costs_update").Costs.Update(t.Context(), someUUID, newWidget)
	check(t, oneWidget, got, err)
}

func TestCosts_Delete(t *testing.T) {
	err := recorded(t, "costs_delete_not_found").Costs.Delete(t.Context(), someUUID)
	checkError(t, err, xpm.ErrNotFound, "Invalid cost identifier")

	if err := recorded(t, "costs_delete").Costs.Delete(t.Context(), someUUID); err != nil {
		t.Error(err)
	}
}

func TestCosts_DeleteAll(t *testing.T) {
	err := recorded(t, "costs_delete_all_forbidden").Costs.DeleteAll(t.Context())
	checkError(t, err, xpm.ErrForbidden, "AuthenticationUnsuccessful")

	if err := recorded(t, "costs_delete_all").Costs.DeleteAll(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestCosts_Invalid(t *testing.T) {
	c, ctx := untouched(t), t.Context()
	create := func(p xpm.CostParams) error {
		_, err := c.Costs.Create(ctx, p)
		_, err2 := c.Costs.Update(ctx, someUUID, p)
		if !errors.Is(err2, xpm.ErrInvalid) {
			t.Errorf("update: %v", err2)
		}
		return err
	}
	_, get := c.Costs.Get(ctx, "")
	_, update := c.Costs.Update(ctx, "a/b", newWidget)
	for name, err := range map[string]error{
		"get": get, "update": update, "delete": c.Costs.Delete(ctx, "?"),
		"no description": create(xpm.CostParams{Description: " "}),
		"comma":          create(xpm.CostParams{Description: "Widget", UnitCost: "12,50"}),
		"sign":           create(xpm.CostParams{Description: "Widget", UnitPrice: "--1"}),
		"no digits":      create(xpm.CostParams{Description: "Widget", UnitPrice: "."}),
		"exponent":       create(xpm.CostParams{Description: "Widget", UnitPrice: "1e9"}),
		"point at end":   create(xpm.CostParams{Description: "Widget", UnitPrice: "1."}),
		"supplier":       create(xpm.CostParams{Description: "Widget", SupplierUUID: "a b"}),
	} {
		if e, ok := errors.AsType[*xpm.Error](err); !ok || !errors.Is(err, xpm.ErrInvalid) || e.Op == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What destroys is sent at most once.
func TestCosts_LostAnswers(t *testing.T) {
	sent := 0
	lost := roundTrip(func(r *http.Request) (*http.Response, error) { sent++; return nil, errors.New("reset") })
	c := newClient(t, lost, func(c *xpm.Config) { c.MaxRetries, c.MaxRetryWait = 2, time.Nanosecond })
	for name, call := range map[string]func() error{
		"create":     func() error { _, err := c.Costs.Create(t.Context(), newWidget); return err },
		"delete":     func() error { return c.Costs.Delete(t.Context(), someUUID) },
		"delete all": func() error { return c.Costs.DeleteAll(t.Context()) },
	} {
		if sent = 0; !errors.Is(call(), xpm.ErrOutcomeUnknown) || sent != 1 {
			t.Errorf("%s: sent %d times", name, sent)
		}
	}
	sent = 0
	if _, err := c.Costs.Update(t.Context(), someUUID, newWidget); !errors.Is(err, xpm.ErrUnavailable) || sent != 3 {
		t.Errorf("update: sent %d times, %v", sent, err)
	}
	if err := newClient(t, ok("<Response></Response>")).Costs.DeleteAll(t.Context()); !errors.Is(err, xpm.ErrOutcomeUnknown) {
		t.Errorf("no Status: %v", err)
	}
}

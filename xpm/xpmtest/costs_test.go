package xpmtest_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/practicekit/offboarding/xpm"
	"github.com/practicekit/offboarding/xpm/xpmtest"
)

func TestServer_Costs(t *testing.T) {
	s, effects := timed()
	c, ctx := newClient(t, s), t.Context()
	p := xpm.CostParams{Description: "Widget", Code: "W", UnitCost: "100.00", UnitPrice: "130.00"}
	got, err := c.Costs.Create(ctx, p)
	if err != nil || got.Description != "Widget" || got.Code != "W" || got.UnitCost != "100.00" || got.UnitPrice != "130.00" || got.Note != "" {
		t.Fatalf("%+v %v", got, err)
	}
	id := got.UUID
	// A price that is left out stays; a code that is empty does not.
	if got, err = c.Costs.Update(ctx, id, xpm.CostParams{Description: "Widgets", UnitPrice: "140.00"}); err != nil || got.UUID != id || got.Description != "Widgets" || got.Code != "" || got.UnitCost != "100.00" || got.UnitPrice != "140.00" {
		t.Errorf("%+v %v", got, err)
	}
	if again, err := c.Costs.Get(ctx, id); err != nil || again.Description != "Widgets" {
		t.Errorf("%+v %v", again, err)
	}
	if _, err := c.Costs.Update(ctx, acme, p); !errors.Is(err, xpm.ErrNotFound) {
		t.Error(err)
	}
	if err := c.Costs.Delete(ctx, acme); !errors.Is(err, xpm.ErrNotFound) {
		t.Error(err)
	}
	if err := c.Costs.Delete(ctx, id); err != nil {
		t.Error(err)
	}
	if _, err := c.Costs.Get(ctx, id); !errors.Is(err, xpm.ErrNotFound) {
		t.Error(err)
	}
	s.AddCost(xpmtest.Cost{Description: "Other"})
	for range 2 {
		if err := c.Costs.DeleteAll(ctx); err != nil || len(s.Costs()) != 0 {
			t.Error(err, s.Costs())
		}
	}
	for path, bodies := range map[string][]string{
		"add":       {"", "<Cost/>", "<Cost><Description> </Description></Cost>", "<Thing><Description>x</Description></Thing>"},
		"delete":    {"", "<Thing/>"},
		"deleteall": {"", "<Cost/>"},
	} {
		for _, body := range bodies {
			if _, got := send(s, request("POST", "cost.api/"+path, body)); !strings.Contains(got, "<Status>ERROR</Status>") {
				t.Errorf("%s %s: %s", path, body, got)
			}
		}
	}
	want := []string{
		"create-cost  " + string(id) + " false true", "update-cost  " + string(id) + " false true", "update-cost  " + acme + " false false",
		"delete-cost  " + acme + " true false", "delete-cost  " + string(id) + " true true",
		"delete-all-costs   true true", "delete-all-costs   true false",
	}
	if told := *effects; len(told) != len(want)+8 || !slices.Equal(told[:len(want)], want) || slices.ContainsFunc(told[len(want):], func(e string) bool { return strings.HasSuffix(e, "true") }) {
		t.Errorf("%q", told)
	}
}

func TestServer_CostPages(t *testing.T) {
	s := xpmtest.New(xpmtest.Config{})
	for i := range 2001 {
		s.AddCost(xpmtest.Cost{UUID: fmt.Sprintf("%04d", i), Description: "Widget"})
	}
	for query, records := range map[string]string{"1": "1000", "2": "1000", "3": "1", "4": "0", "5000": "0"} {
		if _, body := send(s, request("GET", "cost.api/list?page="+query, "")); !strings.HasPrefix(body, `<Response api-method="List"><Status>OK</Status><Records>`+records+"</Records><Costs") {
			t.Errorf("page %s: %.100s", query, body)
		}
	}
	for _, query := range []string{"", "?page=0", "?page=-1", "?page=x"} {
		if _, body := send(s, request("GET", "cost.api/list"+query, "")); !strings.Contains(body, "<Status>ERROR</Status>") {
			t.Errorf("%s: %.100s", query, body)
		}
	}
	n := 0
	for c, err := range newClient(t, s).Costs.List(t.Context(), xpm.CostOptions{}) {
		if want := fmt.Sprintf("%04d", n); err != nil || string(c.UUID) != want {
			t.Fatal(c, err)
		}
		n++
	}
	if n != 2001 {
		t.Errorf("%d costs", n)
	}
}

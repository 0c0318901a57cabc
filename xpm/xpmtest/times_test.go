package xpmtest_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/practicekit/offboarding/xpm"
	"github.com/practicekit/offboarding/xpm/xpmtest"
)

const (
	jo     = "5e1f0041-7c3a-4b6d-9e20-a1b2c3d40041"
	layout = "faabafbe-1a8c-4172-b4a5-d989dda44ab5"
)

func on(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// timed is a server with a job of a client, and what it was told of effects.
func timed() (s *xpmtest.Server, effects *[]string) {
	effects = new([]string)
	s = xpmtest.New(xpmtest.Config{OnEffect: func(operation, client, target string, destructive, changed bool) {
		s.Clients() // no lock is held
		*effects = append(*effects, fmt.Sprint(operation, " ", client, " ", target, " ", destructive, " ", changed))
	}})
	s.AddClient(xpmtest.Client{UUID: acme, Code: "ACME01", Name: "Acme Pty Ltd"})
	s.AddStaff(xpmtest.Staff{UUID: jo, Name: "Jo Example"})
	s.AddJob(xpmtest.Job{Number: "J000001", Name: "Brochure", ClientUUID: acme, Tasks: []xpmtest.JobTask{
		{UUID: layout, Kind: xpmtest.Ref{Name: "Layout"}, NotBillable: true},
	}})
	return s, effects
}

func ids[T any](list func(func(T, error) bool), id func(T) string) (found string, err error) {
	for v, err := range list {
		if err != nil {
			return "", err
		}
		found += id(v) + " "
	}
	return strings.TrimSpace(found), nil
}

func TestServer_Times(t *testing.T) {
	s, effects := timed()
	c, ctx := newClient(t, s), t.Context()
	p := xpm.TimeParams{Job: "J000001", TaskUUID: layout, StaffUUID: jo, Date: on(2025, 7, 1), Minutes: -60, Note: "a\nb & c"}

	got, err := c.Times.Create(ctx, p)
	if err != nil || got.Minutes != "-60" || got.Job.Name != "Brochure" || got.Task.Name != "Layout" || got.Staff.Name != "Jo Example" || got.Note != p.Note || got.Billable != xpm.FlagNo || got.Date.Text != "2025-07-01T00:00:00" || got.Start != "" {
		t.Fatalf("%+v %v", got, err)
	}
	id := got.UUID
	p.Minutes, p.Start, p.End, p.Note = 0, "13:00", "13:30", ""
	for range 2 {
		if got, err = c.Times.Update(ctx, id, p); err != nil || got.UUID != id || got.Minutes != "30" || got.Start != "13:00" || got.End != "13:30" || got.Note != "" {
			t.Fatalf("%+v %v", got, err)
		}
	}
	if again, err := c.Times.Get(ctx, id); err != nil || again.Minutes != "30" {
		t.Errorf("%+v %v", again, err)
	}
	for name, change := range map[string]func(*xpm.TimeParams){
		"job":   func(p *xpm.TimeParams) { p.Job = "J000009" },
		"task":  func(p *xpm.TimeParams) { p.TaskUUID = jo },
		"staff": func(p *xpm.TimeParams) { p.StaffUUID = layout },
	} {
		bad := p
		change(&bad)
		if _, err := c.Times.Create(ctx, bad); !errors.Is(err, xpm.ErrNotFound) {
			t.Errorf("unknown %s: %v", name, err)
		}
		if _, err := c.Times.Update(ctx, id, bad); !errors.Is(err, xpm.ErrNotFound) {
			t.Errorf("unknown %s: %v", name, err)
		}
	}
	backwards := p
	backwards.Start = "14:00"
	if _, err := c.Times.Create(ctx, backwards); !errors.Is(err, xpm.ErrInvalid) {
		t.Error(err)
	}
	if _, err := c.Times.Update(ctx, acme, p); !errors.Is(err, xpm.ErrNotFound) {
		t.Error(err)
	}
	if err := c.Times.Delete(ctx, id); err != nil {
		t.Error(err)
	}
	if err := c.Times.Delete(ctx, id); !errors.Is(err, xpm.ErrNotFound) {
		t.Error(err)
	}
	if _, err := c.Times.Get(ctx, id); !errors.Is(err, xpm.ErrNotFound) {
		t.Error(err)
	}
	told := *effects
	want := []string{"create-time ACME01 " + string(id) + " false true", "update-time ACME01 " + string(id) + " false true", "update-time ACME01 " + string(id) + " false false"}
	if len(told) != 13 || !slices.Equal(told[:3], want) {
		t.Errorf("%q", told)
	}
	if want := []string{"delete-time ACME01 " + string(id) + " true true", "delete-time  " + string(id) + " true false"}; !slices.Equal(told[11:], want) {
		t.Errorf("%q", told[11:])
	}
	for _, e := range told[3:11] {
		if !strings.HasSuffix(e, " false false") {
			t.Errorf("refused, and yet %q", e)
		}
	}
}

func TestServer_TimesListed(t *testing.T) {
	s, _ := timed()
	other := s.AddStaff(xpmtest.Staff{Name: "Robin Example"})
	s.AddJob(xpmtest.Job{Number: "J000002"})
	for id, e := range map[string]xpmtest.TimeEntry{
		"a": {Job: "J000001", Date: on(2023, 6, 30)},
		"b": {Job: "J000001", Date: on(2024, 7, 1)},
		"c": {Job: "J000002", Date: on(2025, 6, 30)},
		"d": {Job: "J000002", Date: on(2025, 7, 1), Staff: xpmtest.Ref{UUID: other, Name: "Robin Example"}, InvoiceTaskUUID: "E"},
	} {
		e.UUID = id
		if e.Staff.UUID == "" {
			e.Staff.UUID = jo
		}
		s.AddTime(e)
	}
	c, ctx := newClient(t, s), t.Context()
	id := func(e xpm.TimeEntry) string { return string(e.UUID) }
	for _, step := range []struct {
		name, want string
		list       func(func(xpm.TimeEntry, error) bool)
	}{
		{"list", "b c", c.Times.List(ctx, on(2024, 7, 1), on(2025, 6, 30), xpm.TimeOptions{})},
		{"all", "a b c d", c.Times.All(ctx, on(2020, 1, 1), on(2026, 1, 1), xpm.TimeOptions{})},
		{"staff", "d", c.Times.ListByStaff(ctx, xpm.StaffUUID(other), on(2025, 1, 1), on(2025, 12, 31), xpm.TimeOptions{})},
		{"job", "a b", c.Times.ListByJob(ctx, "J000001", time.Time{}, time.Time{}, xpm.TimeOptions{})},
		{"job in days", "b", c.Times.ListByJob(ctx, "J000001", on(2024, 1, 1), on(2024, 12, 31), xpm.TimeOptions{})},
	} {
		if got, err := ids(step.list, id); err != nil || got != step.want {
			t.Errorf("%s: %s %v", step.name, got, err)
		}
	}
	if _, err := ids(c.Times.ListByStaff(ctx, acme, on(2025, 1, 1), on(2025, 12, 31), xpm.TimeOptions{}), id); !errors.Is(err, xpm.ErrNotFound) {
		t.Error(err)
	}
	if _, err := ids(c.Times.ListByJob(ctx, "J9", time.Time{}, time.Time{}, xpm.TimeOptions{}), id); !errors.Is(err, xpm.ErrNotFound) {
		t.Error(err)
	}
}

// A span is refused as XPM does, whatever it was asked for.
func TestServer_Spans(t *testing.T) {
	s, _ := timed()
	for _, path := range []string{"time.api/list", "time.api/staff/" + jo, "invoice.api/list", "quote.api/list"} {
		for query, good := range map[string]bool{
			"":                            false,
			"?from=20250701":              false,
			"?to=20250701":                false,
			"?from=20250701&to=today":     false,
			"?from=20250701&to=20250630":  false,
			"?from=20250701&to=20260701":  false,
			"?from=20250701&to=20260630":  true,
			"?from=20250701&to=20250701":  true,
			"?from=2025-07-01&to=2025-07": false,
		} {
			if _, body := send(s, request("GET", path+query, "")); strings.Contains(body, "<Status>OK<") != good {
				t.Errorf("%s%s: %s", path, query, body)
			}
		}
	}
}

func TestServer_Times_Wire(t *testing.T) {
	s, _ := timed()
	s.AddTime(xpmtest.TimeEntry{UUID: "A", Job: "J000001", Task: xpmtest.Ref{UUID: layout, Name: "Layout"}, Staff: xpmtest.Ref{UUID: jo, Name: "Jo Example"}, Date: on(2025, 7, 1), Minutes: 30, Start: "13:00", End: "13:30", InvoiceTaskUUID: "b"})
	_, body := send(s, request("GET", "time.api/get/a", ""))
	if want := `<Response api-method="Get"><Status>OK</Status><Time><UUID>a</UUID><Job><ID>J000001</ID><Name>Brochure</Name></Job><Task><UUID>` + layout + `</UUID><Name>Layout</Name></Task><Staff><UUID>` + jo +
		`</UUID><Name>Jo Example</Name></Staff><Date>2025-07-01T00:00:00</Date><Minutes>30</Minutes><Note /><Billable>true</Billable><Start>13:00</Start><End>13:30</End><InvoiceTaskUUID>b</InvoiceTaskUUID></Time></Response>`; body != want {
		t.Error(body)
	}
	for _, body := range []string{"", "<Timesheet>", "<Time><Job>J000001</Job></Time>", "<Timesheet><Job>J000001</Job></Timesheet><x/>"} {
		if _, got := send(s, request("POST", "time.api/add", body)); !strings.Contains(got, "<Status>ERROR</Status>") {
			t.Errorf("%s: %s", body, got)
		}
	}
}

package xpm_test

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"testing"
	"time"

	"github.com/practicekit/offboarding/xpm"
)

// untouched fails the test if anything is sent.
func untouched(t *testing.T) *xpm.Client {
	return newClient(t, roundTrip(func(r *http.Request) (*http.Response, error) {
		t.Errorf("%s %s was sent", r.Method, r.URL.Path)
		return nil, errors.New("sent")
	}))
}

func onDay(year int, month time.Month, d int) time.Time {
	return time.Date(year, month, d, 23, 30, 0, 0, time.FixedZone("", 12*3600))
}

const (
	someUUID  = "5e1f0009-7c3a-4b6d-9e20-a1b2c3d40009"
	sheetUUID = xpm.TimeUUID("f5d334b2-c07f-424c-89b4-2c2aabc09edd")
	johnUUID  = xpm.StaffUUID("a6d22d8b-752b-4b50-854f-8ca5559061b4")
)

var (
	layoutTime = xpm.TimeEntry{
		UUID: someUUID, Job: xpm.JobRef{ID: "J000001", Name: "Accounts Template"},
		Task:  xpm.JobTaskRef{UUID: "faabafbe-1a8c-4172-b4a5-d989dda44ab5", Name: "Design & Layout"},
		Staff: xpm.StaffRef{UUID: "c2014300-12a3-4d98-9b83-0ff84ae1c72b", Name: "Chris Example"},
		Date:  date("2008-10-29T00:00:00"), Minutes: "240", Billable: xpm.FlagYes, Start: "13:00", End: "17:00",
		InvoiceTaskUUID: "bc874687-4cb4-408c-a520-5c0ef87c6d50",
	}
	copyTime = xpm.TimeEntry{
		UUID: "17cea522-77a8-4b38-912a-7bc6f6c6eca9", Job: layoutTime.Job,
		Task:  xpm.JobTaskRef{UUID: "378300a7-dcb3-43ba-901d-d40c1fe14ba9", Name: "Copywriting"},
		Staff: xpm.StaffRef{UUID: johnUUID, Name: "Robin Example"},
		Date:  date("2008-11-04T00:00:00"), Minutes: "180", Billable: xpm.FlagYes,
	}
)

func TestTimes_Get(t *testing.T) {
	_, err := recorded(t, "times_get_not_found").Times.Get(t.Context(), someUUID)
	checkError(t, err, xpm.ErrNotFound, "Invalid time identifier")

	got, err := recorded(t, "times_get").Times.Get(t.Context(), someUUID)
	check(t, layoutTime, got, err)
}

func TestTimes_List(t *testing.T) {
	list := func(c *xpm.Client) ([]xpm.TimeEntry, error) {
		return collect(c.Times.List(t.Context(), onDay(2008, 10, 1), onDay(2008, 11, 30), xpm.TimeOptions{}))
	}
	_, err := list(recorded(t, "times_list_rate_limited"))
	checkError(t, err, xpm.ErrRateLimited, "")
	if e, ok := errors.AsType[*xpm.Error](err); !ok || e.Limit != "minute" || e.RetryAfter != 22*time.Second {
		t.Errorf("%+v", e)
	}
	got, err := list(recorded(t, "times_list"))
	check(t, []xpm.TimeEntry{layoutTime, copyTime}, got, err)
}

func TestTimes_All(t *testing.T) {
	all := func(c *xpm.Client) ([]xpm.TimeEntry, error) {
		return collect(c.Times.All(t.Context(), onDay(2008, 1, 1), onDay(2009, 1, 10), xpm.TimeOptions{}))
	}
	_, err := all(recorded(t, "times_all_unavailable"))
	checkError(t, err, xpm.ErrUnavailable, "ServiceNotAvailable")

	got, err := all(recorded(t, "times_all"))
	corrected := copyTime
	corrected.UUID, corrected.Date, corrected.Minutes, corrected.Note = "27cea522-77a8-4b38-912a-7bc6f6c6eca9", date("2009-01-09T00:00:00"), "-60", "Negative time entry"
	check(t, []xpm.TimeEntry{layoutTime, copyTime, corrected}, got, err)
}

func TestTimes_ListByStaff(t *testing.T) {
	list := func(c *xpm.Client) ([]xpm.TimeEntry, error) {
		return collect(c.Times.ListByStaff(t.Context(), johnUUID, onDay(2008, 10, 1), onDay(2008, 11, 30), xpm.TimeOptions{}))
	}
	_, err := list(recorded(t, "times_list_by_staff_not_found"))
	checkError(t, err, xpm.ErrNotFound, "Invalid staff identifier")

	got, err := list(recorded(t, "times_list_by_staff"))
	check(t, []xpm.TimeEntry{copyTime}, got, err)
}

func TestTimes_ListByJob(t *testing.T) {
	_, err := collect(recorded(t, "times_list_by_job_not_found").Times.ListByJob(t.Context(), "J000001", time.Time{}, time.Time{}, xpm.TimeOptions{}))
	checkError(t, err, xpm.ErrNotFound, "Invalid job identifier")

	c := recorded(t, "times_list_by_job")
	got, err := collect(c.Times.ListByJob(t.Context(), "J000001", onDay(2008, 10, 1), onDay(2008, 10, 31), xpm.TimeOptions{}))
	check(t, []xpm.TimeEntry{layoutTime}, got, err)
	got, err = collect(c.Times.ListByJob(t.Context(), "J000001", time.Time{}, time.Time{}, xpm.TimeOptions{}))
	check(t, []xpm.TimeEntry{layoutTime, copyTime}, got, err)
}

// written is an entry of the documentation, and how to ask for it.
func written(minutes int, start, end, note string) (xpm.TimeParams, xpm.TimeEntry) {
	p := xpm.TimeParams{
		Job: "J000309", TaskUUID: "f73c82da-c1f3-4fa2-b2c3-eaa6397d300b", StaffUUID: "fa0cb4d8-9b7f-42db-8b89-596681519afa",
		Date: onDay(2008, 10, 30), Minutes: minutes, Start: start, End: end, Note: note,
	}
	return p, xpm.TimeEntry{
		UUID: sheetUUID, Job: xpm.JobRef{ID: "J000309", Name: "Accounts Template"},
		Task:  xpm.JobTaskRef{UUID: p.TaskUUID, Name: "Copywriting"},
		Staff: xpm.StaffRef{UUID: p.StaffUUID, Name: "Robin Example"},
		Date:  date("2008-10-30T00:00:00"), Minutes: "60", Note: note, Billable: xpm.FlagYes, Start: start, End: end,
	}
}

const timeNote = "Detailed note about the time sheet entry"

func TestTimes_Create(t *testing.T) {
	p, want := written(60, "", "", timeNote)
	_, err := recorded(t, "times_create_not_found").Times.Create(t.Context(), p)
	checkError(t, err, xpm.ErrNotFound, "Invalid job identifier")

	c := recorded(t, "times_create")
	got, err := c.Times.Create(t.Context(), p)
	check(t, want, got, err)

	p, want = written(-60, "", "", "Negative time entry")
	p.Job, p.Date = "J000310", onDay(2014, 10, 30)
	want.Job.ID, want.Date, want.Minutes = p.Job, date("2014-10-30T00:00:00"), "-60"
	got, err = c.Times.Create(t.Context(), p)
	check(t, want, got, err)

	p, want = written(0, "13:00", "13:30", timeNote)
	p.Job, want.Job.ID, want.Minutes = "J000311", "J000311", "30"
	got, err = c.Times.Create(t.Context(), p)
	check(t, want, got, err)
}

func TestTimes_Update(t *testing.T) {
	p, want := written(60, "", "", timeNote)
	_, err := recorded(t, "times_update_not_found").Times.Update(t.Context(), sheetUUID, p)
	checkError(t, err, xpm.ErrNotFound, "Invalid time identifier")

	c := recorded(t, "times_update")
	got, err := c.Times.Update(t.Context(), sheetUUID, p)
	check(t, want, got, err)

	p, want = written(0, "13:00", "13:30", "")
	p.Job, want.Job.ID, want.Minutes = "J000311", "J000311", "30"
	got, err = c.Times.Update(t.Context(), sheetUUID, p)
	check(t, want, got, err)
}

func TestTimes_Delete(t *testing.T) {
	err := recorded(t, "times_delete_not_found").Times.Delete(t.Context(), someUUID)
	checkError(t, err, xpm.ErrNotFound, "Invalid time identifier")

	if err := recorded(t, "times_delete").Times.Delete(t.Context(), someUUID); err != nil {
		t.Error(err)
	}
}

// What cannot be right is not sent.
func TestTimes_Invalid(t *testing.T) {
	c, ctx := untouched(t), t.Context()
	good, _ := written(60, "", "", "")
	with := func(f func(*xpm.TimeParams)) error {
		p := good
		f(&p)
		_, err := c.Times.Create(ctx, p)
		_, err2 := c.Times.Update(ctx, sheetUUID, p)
		if !errors.Is(err2, xpm.ErrInvalid) {
			t.Errorf("update: %v", err2)
		}
		return err
	}
	from, to := onDay(2025, 7, 1), onDay(2026, 6, 30)
	list := func(l func(ctx context.Context, from, to time.Time, o xpm.TimeOptions) iter.Seq2[xpm.TimeEntry, error], from, to time.Time) error {
		_, err := collect(l(ctx, from, to, xpm.TimeOptions{}))
		return err
	}
	byStaff := func(id xpm.StaffUUID) func(context.Context, time.Time, time.Time, xpm.TimeOptions) iter.Seq2[xpm.TimeEntry, error] {
		return func(ctx context.Context, from, to time.Time, o xpm.TimeOptions) iter.Seq2[xpm.TimeEntry, error] {
			return c.Times.ListByStaff(ctx, id, from, to, o)
		}
	}
	byJob := func(n xpm.JobNumber) func(context.Context, time.Time, time.Time, xpm.TimeOptions) iter.Seq2[xpm.TimeEntry, error] {
		return func(ctx context.Context, from, to time.Time, o xpm.TimeOptions) iter.Seq2[xpm.TimeEntry, error] {
			return c.Times.ListByJob(ctx, n, from, to, o)
		}
	}
	_, get := c.Times.Get(ctx, "../list")
	_, update := c.Times.Update(ctx, "", good)
	for name, err := range map[string]error{
		"get": get, "update": update, "delete": c.Times.Delete(ctx, "a/b"),
		"no job":          with(func(p *xpm.TimeParams) { p.Job = "" }),
		"no task":         with(func(p *xpm.TimeParams) { p.TaskUUID = "" }),
		"no staff":        with(func(p *xpm.TimeParams) { p.StaffUUID = "" }),
		"no date":         with(func(p *xpm.TimeParams) { p.Date = time.Time{} }),
		"no time":         with(func(p *xpm.TimeParams) { p.Minutes = 0 }),
		"both":            with(func(p *xpm.TimeParams) { p.Start, p.End = "13:00", "14:00" }),
		"only start":      with(func(p *xpm.TimeParams) { p.Start, p.Minutes = "13:00", 0 }),
		"only end":        with(func(p *xpm.TimeParams) { p.End, p.Minutes = "13:00", 0 }),
		"no such time":    with(func(p *xpm.TimeParams) { p.Start, p.End, p.Minutes = "13:00", "24:30", 0 }),
		"short time":      with(func(p *xpm.TimeParams) { p.Start, p.End, p.Minutes = "9:00", "10:00", 0 }),
		"control":         with(func(p *xpm.TimeParams) { p.Note = "a\x00b" }),
		"no from":         list(c.Times.List, time.Time{}, to),
		"no to":           list(c.Times.List, from, time.Time{}),
		"backwards":       list(c.Times.List, to, from),
		"a year":          list(c.Times.List, from, onDay(2026, 7, 1)),
		"all without to":  list(c.Times.All, from, time.Time{}),
		"all backwards":   list(c.Times.All, to, from),
		"staff":           list(byStaff(""), from, to),
		"staff, a year":   list(byStaff(johnUUID), from, onDay(2026, 7, 1)),
		"job":             list(byJob(".."), time.Time{}, time.Time{}),
		"job, only from":  list(byJob("J1"), from, time.Time{}),
		"job, over years": list(byJob("J1"), from, onDay(2028, 7, 1)),
	} {
		if e, ok := errors.AsType[*xpm.Error](err); !ok || !errors.Is(err, xpm.ErrInvalid) || e.Op == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// An entry that may or may not have been made is not made again; an update that
// may or may not have been made is.
func TestTimes_LostAnswers(t *testing.T) {
	sent := 0
	lost := roundTrip(func(r *http.Request) (*http.Response, error) { sent++; return nil, errors.New("reset") })
	c := newClient(t, lost, func(c *xpm.Config) { c.MaxRetries, c.MaxRetryWait = 2, time.Nanosecond })
	p, _ := written(60, "", "", "")
	for name, call := range map[string]func() error{
		"create": func() error { _, err := c.Times.Create(t.Context(), p); return err },
		"delete": func() error { return c.Times.Delete(t.Context(), sheetUUID) },
	} {
		if sent = 0; !errors.Is(call(), xpm.ErrOutcomeUnknown) || sent != 1 {
			t.Errorf("%s: sent %d times", name, sent)
		}
	}
	sent = 0
	if _, err := c.Times.Update(t.Context(), sheetUUID, p); !errors.Is(err, xpm.ErrUnavailable) || sent != 3 {
		t.Errorf("update: sent %d times, %v", sent, err)
	}
	for name, body := range map[string]string{
		"no entry":   "<Response><Status>OK</Status></Response>",
		"no UUID":    "<Response><Status>OK</Status><Time><Minutes>60</Minutes></Time></Response>",
		"two":        "<Response><Status>OK</Status><Time><UUID>a</UUID></Time><Time><UUID>a</UUID></Time></Response>",
		"broken off": "<Response><Status>OK</Status><Time><UUID>a</UUID></Time>",
	} {
		if got, err := newClient(t, ok(body)).Times.Create(t.Context(), p); !errors.Is(err, xpm.ErrOutcomeUnknown) || got.UUID != "" {
			t.Errorf("%s: %+v %v", name, got, err)
		}
	}
	other := ok("<Response><Status>OK</Status><Time><UUID>a</UUID></Time></Response>")
	if _, err := newClient(t, other).Times.Update(t.Context(), sheetUUID, p); !errors.Is(err, xpm.ErrInvalid) {
		t.Errorf("about another: %v", err)
	}
	if _, err := newClient(t, other).Times.Get(t.Context(), sheetUUID); !errors.Is(err, xpm.ErrInvalid) {
		t.Errorf("about another: %v", err)
	}
}

// An unknown element and an odd value do not make a list unreadable.
func TestTimes_List_Odd(t *testing.T) {
	c := newClient(t, ok(`<Response><Status>OK</Status><Times><Time><UUID>A</UUID><Minutes>many</Minutes><Billable>Perhaps</Billable><Date>soon</Date><Mood>calm</Mood></Time></Times></Response>`))
	got, err := collect(c.Times.List(t.Context(), onDay(2025, 7, 1), onDay(2025, 7, 1), xpm.TimeOptions{}))
	if err != nil || len(got) != 1 {
		t.Fatal(got, err)
	}
	if e := got[0]; e.UUID != "a" || e.Minutes != "many" || e.Billable != "Perhaps" || e.Date.Text != "soon" || len(e.Extra) != 1 || e.Extra[0].Text != "calm" {
		t.Errorf("%+v", e)
	}
	c = newClient(t, ok(`<Response><Status>OK</Status><Times><Time><Minutes>60</Minutes></Time></Times></Response>`))
	if _, err := collect(c.Times.List(t.Context(), onDay(2025, 7, 1), onDay(2025, 7, 1), xpm.TimeOptions{})); !errors.Is(err, xpm.ErrInvalid) {
		t.Errorf("without UUID: %v", err)
	}
}

// fields= is sent where lists have it, always with what tells items apart.
func TestLists_Fields(t *testing.T) {
	var queries []string
	c := newClient(t, roundTrip(func(r *http.Request) (*http.Response, error) {
		queries = append(queries, r.URL.Query().Get("fields"))
		return ok("<Response><Status>OK</Status><Times/><Records>0</Records><Costs/><Invoices/><Quotes/></Response>")(r)
	}))
	ctx, from, to, fields := t.Context(), onDay(2025, 7, 1), onDay(2025, 7, 31), []string{"Date"}
	_, err1 := collect(c.Times.All(ctx, from, to, xpm.TimeOptions{Fields: fields}))
	_, err2 := collect(c.Times.ListByJob(ctx, "J1", time.Time{}, time.Time{}, xpm.TimeOptions{}))
	_, err3 := collect(c.Costs.List(ctx, xpm.CostOptions{Fields: []string{"uuid"}}))
	_, err4 := collect(c.Invoices.List(ctx, from, to, xpm.InvoiceOptions{Fields: fields}))
	_, err5 := collect(c.Quotes.Draft(ctx, xpm.QuoteOptions{Fields: fields}))
	if err := errors.Join(err1, err2, err3, err4, err5); err != nil {
		t.Fatal(err)
	}
	check(t, []string{"Date,UUID", "", "uuid", "Date,ID,UUID", "Date,ID"}, queries, nil)
}

package xpm_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/practicekit/offboarding/xpm"
)

const (
	designJob   = xpm.JobUUID("5e1f0036-7c3a-4b6d-9e20-a1b2c3d40036")
	setupTask   = xpm.JobTaskUUID("5e1f0041-7c3a-4b6d-9e20-a1b2c3d40041")
	layoutTask  = xpm.JobTaskUUID("df824169-20a6-4e4e-a261-d106d0543452")
	setupKind   = xpm.TaskUUID("5e1f0042-7c3a-4b6d-9e20-a1b2c3d40042")
	jobTemplate = xpm.TemplateUUID("5e1f0049-7c3a-4b6d-9e20-a1b2c3d40049")
	jobCategory = xpm.CategoryUUID("9c0ecb1c-6a6c-4b8e-9d0c-4a3e2f6f0a11")
	wyett       = xpm.ContactUUID("5e1f0010-7c3a-4b6d-9e20-a1b2c3d40010")
	widget      = xpm.JobCostUUID("5e1f0009-7c3a-4b6d-9e20-a1b2c3d40009")
)

var designKey = xpm.JobKey{Number: "J000031", UUID: designJob}

func on(year, month, day int) time.Time {
	return time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
}

// design is the job of most exchanges.
func design(changes ...func(*xpm.Job)) xpm.Job {
	j := xpm.Job{
		ID: "J000031", UUID: designJob, InternalID: "10000001", Name: "Annual accounts", Description: "New Job", State: "Planned",
		StartDate: date("2009-10-23T00:00:00"), DueDate: date("2009-10-28T00:00:00"),
		Client: xpm.ClientRef{UUID: acme, Name: "Acme Example Pty Ltd"},
	}
	for _, change := range changes {
		change(&j)
	}
	return j
}

func withSetup(j *xpm.Job) {
	j.Tasks = []xpm.JobTask{{
		UUID: setupTask, TaskUUID: setupKind, Name: "Xero Setup", EstimatedMinutes: "0", ActualMinutes: "0",
		Completed: xpm.FlagNo, Billable: xpm.FlagYes,
	}}
}

func withStaff(j *xpm.Job) {
	j.Assigned = []xpm.Assignment{{UUID: joBlogs.UUID, Name: joBlogs.Name}}
}

func TestJobs_Get(t *testing.T) {
	_, err := recorded(t, "jobs_get_not_found").Jobs.Get(t.Context(), "J000000")
	checkError(t, err, xpm.ErrNotFound, "Invalid job identifier")

	got, err := recorded(t, "jobs_get").Jobs.Get(t.Context(), "J000031")
	check(t, design(withStaff, func(j *xpm.Job) { j.ClientOrderNumber, j.Manager = "23531", johnSmith }), got, err)
	if got.Key() != designKey {
		t.Errorf("%+v", got.Key())
	}

	got, err = recorded(t, "jobs_get_documented").Jobs.Get(t.Context(), "J000309")
	check(t, xpm.Job{
		ID: "J000309", UUID: designJob, Name: "job name", Description: "description of job", State: "Planned",
		Budget: "55.00", Type: "Compliance", WebURL: "https://app.practicemanager.xero.com/job/jobview.aspx?id=J000309",
		StartDate: date("2008-08-29T00:00:00"), DueDate: date("2008-09-29T00:00:00"), CompletedDate: date("2008-09-29T00:00:00"),
		Client: xpm.ClientRef{UUID: acme, Name: "Acme Example Pty Ltd"}, Contact: xpm.ContactRef{UUID: wyett, Name: "Casey E Example"},
		Manager: johnSmith, Partner: joBlogs, Assigned: []xpm.Assignment{{UUID: "5e1f0041-7c3a-4b6d-9e20-a1b2c3d40041", Name: "Jo Example"}},
		Tasks: []xpm.JobTask{{
			UUID: setupTask, TaskUUID: setupKind, Name: "Bookkeeping", EstimatedMinutes: "180", ActualMinutes: "100",
			Completed: xpm.FlagNo, Billable: xpm.FlagYes, StartDate: date("2008-08-29T00:00:00"), DueDate: date("2008-09-29T00:00:00"),
			Assigned: []xpm.Assignment{{UUID: "5e1f0043-7c3a-4b6d-9e20-a1b2c3d40043", Name: "Jo Example", AllocatedMinutes: "180"}},
		}},
		Milestones: []xpm.Milestone{{UUID: "5e1f0044-7c3a-4b6d-9e20-a1b2c3d40044", Date: date("2008-09-24T00:00:00"), Description: "do something by then", Completed: xpm.FlagNo}},
		Notes: []xpm.JobNote{{
			UUID: "5e1f0045-7c3a-4b6d-9e20-a1b2c3d40045", Title: "note title", Text: "subject of the note", Date: date("2008-09-12T13:00:00"), CreatedBy: "Jo Example",
			Comments: []xpm.NoteComment{{UUID: "5e1f0046-7c3a-4b6d-9e20-a1b2c3d40046", Text: "example comment", Date: date("2008-09-12T14:00:00"), CreatedBy: "Robin Example"}},
		}},
	}, got, err)
}

func TestJobs_List(t *testing.T) {
	_, err := collect(recorded(t, "jobs_list_refused").Jobs.List(t.Context(), on(2025, 7, 1), on(2025, 7, 31), xpm.JobOptions{}))
	checkError(t, err, xpm.ErrInvalid, "Invalid date range")

	// The dates are those of the wall clock where the caller is.
	sydney := time.FixedZone("AEST", 10*3600)
	got, err := collect(recorded(t, "jobs_list").Jobs.List(t.Context(), time.Date(2025, 7, 1, 8, 0, 0, 0, sydney), on(2026, 6, 29), xpm.JobOptions{}))
	check(t, []xpm.Job{design(), design(func(j *xpm.Job) {
		j.ID, j.UUID, j.Name, j.Description = "J000032", "5b1c0a52-7d2e-4a33-9c57-6c9a2f0e1d01", "Tax return", ""
		j.State, j.CompletedDate = "Completed", date("2009-10-27T00:00:00")
	})}, got, err)
}

func TestJobs_All(t *testing.T) {
	got, err := collect(recorded(t, "jobs_all_refused").Jobs.All(t.Context(), on(2024, 1, 1), on(2025, 1, 10), xpm.JobOptions{}))
	checkError(t, err, xpm.ErrInvalid, "Invalid date range")
	if len(got) != 1 {
		t.Errorf("%d jobs before the error", len(got))
	}

	got, err = collect(recorded(t, "jobs_all").Jobs.All(t.Context(), on(2024, 1, 1), on(2025, 1, 10), xpm.JobOptions{Detailed: true}))
	check(t, []xpm.Job{design(), design(func(j *xpm.Job) {
		j.ID, j.UUID, j.Name = "J000040", "5b1c0a52-7d2e-4a33-9c57-6c9a2f0e1d40", "Tax return"
	})}, got, err)
}

func TestJobs_ListByClient(t *testing.T) {
	_, err := collect(recorded(t, "jobs_list_by_client_not_found").Jobs.ListByClient(t.Context(), acme, xpm.JobOptions{}))
	checkError(t, err, xpm.ErrNotFound, "Invalid client identifier")

	got, err := collect(recorded(t, "jobs_list_by_client").Jobs.ListByClient(t.Context(), acme, xpm.JobOptions{Detailed: true}))
	check(t, []xpm.Job{design()}, got, err)
}

func TestJobs_ListByStaff(t *testing.T) {
	_, err := collect(recorded(t, "jobs_list_by_staff_not_found").Jobs.ListByStaff(t.Context(), joBlogs.UUID, xpm.JobOptions{}))
	checkError(t, err, xpm.ErrNotFound, "Invalid staff identifier")

	got, err := collect(recorded(t, "jobs_list_by_staff").Jobs.ListByStaff(t.Context(), joBlogs.UUID, xpm.JobOptions{}))
	check(t, []xpm.Job{design(withStaff)}, got, err)
}

func TestJobs_ListWithTasks(t *testing.T) {
	_, err := collect(recorded(t, "jobs_list_with_tasks_unavailable").Jobs.ListWithTasks(t.Context(), xpm.JobTasksOptions{}))
	checkError(t, err, xpm.ErrUnavailable, "ServiceNotAvailable")

	got, err := collect(recorded(t, "jobs_list_with_tasks").Jobs.ListWithTasks(t.Context(), xpm.JobTasksOptions{
		Complete: xpm.FlagNo, Due: on(2009, 8, 1), Start: on(2009, 7, 1),
	}))
	check(t, []xpm.Job{design(withSetup)}, got, err)
}

func TestJobs_Fields(t *testing.T) {
	var got []string
	c := newClient(t, roundTrip(func(r *http.Request) (*http.Response, error) {
		got = append(got, r.URL.Query().Get("fields"))
		return ok("<Response><Status>OK</Status><Jobs /></Response>")(r)
	}))
	o := xpm.JobOptions{Fields: []string{"Name", "id"}}
	for _, seq := range []func() error{
		func() error { _, err := collect(c.Jobs.Current(t.Context(), o)); return err },
		func() error {
			_, err := collect(c.Jobs.List(t.Context(), on(2025, 7, 1), on(2025, 7, 1), o))
			return err
		},
		func() error { _, err := collect(c.Jobs.ListByClient(t.Context(), acme, o)); return err },
		func() error {
			_, err := collect(c.Jobs.ListWithTasks(t.Context(), xpm.JobTasksOptions{Fields: []string{"UUID", "ID"}}))
			return err
		},
		func() error { _, err := collect(c.Jobs.Current(t.Context(), xpm.JobOptions{})); return err },
	} {
		if err := seq(); err != nil {
			t.Error(err)
		}
	}
	if want := []string{"Name,id,UUID", "Name,id,UUID", "Name,id,UUID", "UUID,ID", ""}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func TestJobs_Create(t *testing.T) {
	minimal := xpm.JobParams{Name: "Annual accounts", ClientUUID: acme, StartDate: on(2009, 10, 23), DueDate: on(2009, 10, 28)}
	_, err := recorded(t, "jobs_create_refused").Jobs.Create(t.Context(), minimal)
	checkError(t, err, xpm.ErrNotFound, "Invalid client identifier")

	got, err := recorded(t, "jobs_create_minimal").Jobs.Create(t.Context(), minimal)
	check(t, design(func(j *xpm.Job) { j.Description = "" }), got, err)

	full := minimal
	full.Description, full.ContactUUID, full.ClientNumber, full.ID = "New Job", wyett, "PO-7", "ABC123"
	full.TemplateUUID, full.CategoryUUID, full.Budget = jobTemplate, jobCategory, "55.00"
	got, err = recorded(t, "jobs_create").Jobs.Create(t.Context(), full)
	check(t, design(withSetup, func(j *xpm.Job) {
		j.ID, j.ClientOrderNumber, j.Budget, j.Type = "ABC123", "PO-7", "55.00", "Compliance"
		j.Contact = xpm.ContactRef{UUID: wyett, Name: "Casey E Example"}
	}), got, err)
}

func TestJobs_Update(t *testing.T) {
	p := xpm.JobUpdateParams{Name: "Annual accounts", StartDate: on(2009, 10, 23), DueDate: on(2009, 10, 28)}
	_, err := recorded(t, "jobs_update_not_found").Jobs.Update(t.Context(), "J000000", p)
	checkError(t, err, xpm.ErrNotFound, "Invalid job identifier")

	p.Description, p.ClientNumber, p.CategoryUUID, p.Budget = "Update Job", "PO-8", jobCategory, "60.00"
	got, err := recorded(t, "jobs_update").Jobs.Update(t.Context(), "J000031", p)
	check(t, design(func(j *xpm.Job) { j.Description, j.ClientOrderNumber, j.Budget = "Update Job", "PO-8", "60.00" }), got, err)
}

func TestJobs_SetState(t *testing.T) {
	err := recorded(t, "jobs_set_state_refused").Jobs.SetState(t.Context(), xpm.JobKey{Number: "J000031"}, "NONE")
	checkError(t, err, xpm.ErrInvalid, "Invalid state code")

	if err := recorded(t, "jobs_set_state").Jobs.SetState(t.Context(), designKey, "COMPLETED"); err != nil {
		t.Error(err)
	}
}

func TestJobs_Delete(t *testing.T) {
	err := recorded(t, "jobs_delete_not_found").Jobs.Delete(t.Context(), xpm.JobKey{Number: "J000000"})
	checkError(t, err, xpm.ErrNotFound, "Invalid job identifier")

	if err := recorded(t, "jobs_delete").Jobs.Delete(t.Context(), designKey); err != nil {
		t.Error(err)
	}
}

func TestJobs_Assign(t *testing.T) {
	_, err := recorded(t, "jobs_assign_invalid_staff").Jobs.Assign(t.Context(), xpm.JobKey{Number: "J000031"}, xpm.AssignParams{Add: []xpm.StaffAssignment{{Staff: joBlogs.UUID}}})
	checkError(t, err, xpm.ErrNotFound, "Invalid staff identifier for add request")

	got, err := recorded(t, "jobs_assign").Jobs.Assign(t.Context(), designKey, xpm.AssignParams{
		Add: []xpm.StaffAssignment{{Staff: joBlogs.UUID}, {Staff: johnSmith.UUID, Task: setupTask}},
		Remove: []xpm.StaffAssignment{
			{Staff: "5e1f0051-7c3a-4b6d-9e20-a1b2c3d40051"}, {Staff: "5e1f0054-7c3a-4b6d-9e20-a1b2c3d40054", Task: layoutTask},
		},
		Manager: johnSmith.UUID, RemovePartner: true,
	})
	check(t, design(withStaff, func(j *xpm.Job) { j.Manager = johnSmith }), got, err)

	got, err = recorded(t, "jobs_assign_partner").Jobs.Assign(t.Context(), xpm.JobKey{Number: "J000031"}, xpm.AssignParams{Partner: joBlogs.UUID, RemoveManager: true})
	check(t, design(func(j *xpm.Job) { j.Partner = joBlogs }), got, err)
}

func TestJobs_ApplyTemplate(t *testing.T) {
	_, err := recorded(t, "jobs_apply_template_invalid").Jobs.ApplyTemplate(t.Context(), xpm.JobKey{Number: "J000031"}, jobTemplate, "")
	checkError(t, err, xpm.ErrNotFound, "Invalid job template identifier")

	got, err := recorded(t, "jobs_apply_template").Jobs.ApplyTemplate(t.Context(), designKey, jobTemplate, xpm.TaskModeAppendExisting)
	check(t, design(withSetup), got, err)
}

func TestJobs_CreateQuote(t *testing.T) {
	_, err := recorded(t, "jobs_create_quote_not_found").Jobs.CreateQuote(t.Context(), "J000000")
	checkError(t, err, xpm.ErrNotFound, "Invalid job identifier")

	_, err = recorded(t, "jobs_create_quote_unnamed").Jobs.CreateQuote(t.Context(), "J000309")
	checkError(t, err, xpm.ErrOutcomeUnknown, "")

	got, err := recorded(t, "jobs_create_quote").Jobs.CreateQuote(t.Context(), "J000309")
	check(t, "Q000123", got, err)
}

func TestJobs_CreateEstimate(t *testing.T) {
	_, err := recorded(t, "jobs_create_estimate_not_found").Jobs.CreateEstimate(t.Context(), "J000000")
	checkError(t, err, xpm.ErrNotFound, "Invalid job identifier")

	got, err := recorded(t, "jobs_create_estimate").Jobs.CreateEstimate(t.Context(), "J000309")
	check(t, "Q000123", got, err)
}

// jobCalls are the changes of jobs that XPM must not get twice.
func jobCalls(c *xpm.Client) map[string]func(context.Context) error {
	p := xpm.JobParams{Name: "Tax", ClientUUID: acme, StartDate: on(2025, 7, 1), DueDate: on(2025, 7, 2)}
	cost := xpm.JobCostParams{Date: on(2025, 7, 1), Description: "Widget", Quantity: "1", UnitCost: "1", UnitPrice: "1"}
	document := xpm.JobDocumentParams{DocumentParams: xpm.DocumentParams{Title: "a", FileName: "a.txt", Content: xpm.DocumentContent([]byte("a")), Size: 1}}
	return map[string]func(context.Context) error{
		"Jobs.Create": func(ctx context.Context) error { _, err := c.Jobs.Create(ctx, p); return err },
		"Jobs.Update": func(ctx context.Context) error {
			_, err := c.Jobs.Update(ctx, "J000031", xpm.JobUpdateParams{Name: "Tax", StartDate: p.StartDate, DueDate: p.DueDate})
			return err
		},
		"Jobs.SetState": func(ctx context.Context) error { return c.Jobs.SetState(ctx, designKey, "PLANNED") },
		"Jobs.Delete":   func(ctx context.Context) error { return c.Jobs.Delete(ctx, designKey) },
		"Jobs.Assign": func(ctx context.Context) error {
			_, err := c.Jobs.Assign(ctx, designKey, xpm.AssignParams{RemoveManager: true})
			return err
		},
		"Jobs.ApplyTemplate": func(ctx context.Context) error {
			_, err := c.Jobs.ApplyTemplate(ctx, designKey, jobTemplate, "")
			return err
		},
		"Jobs.CreateQuote":    func(ctx context.Context) error { _, err := c.Jobs.CreateQuote(ctx, "J000031"); return err },
		"Jobs.CreateEstimate": func(ctx context.Context) error { _, err := c.Jobs.CreateEstimate(ctx, "J000031"); return err },
		"Jobs.AddTask": func(ctx context.Context) error {
			_, err := c.Jobs.AddTask(ctx, "J000031", setupKind, xpm.JobTaskParams{})
			return err
		},
		"Jobs.UpdateTask":   func(ctx context.Context) error { return c.Jobs.UpdateTask(ctx, setupTask, xpm.JobTaskParams{}) },
		"Jobs.CompleteTask": func(ctx context.Context) error { return c.Jobs.CompleteTask(ctx, setupTask) },
		"Jobs.ReopenTask":   func(ctx context.Context) error { return c.Jobs.ReopenTask(ctx, setupTask) },
		"Jobs.ReorderTasks": func(ctx context.Context) error { return c.Jobs.ReorderTasks(ctx, "J000031", setupTask) },
		"Jobs.AddNote": func(ctx context.Context) error {
			return c.Jobs.AddNote(ctx, "J000031", xpm.JobNoteParams{Title: "a", Text: "b"})
		},
		"Jobs.AddDocument": func(ctx context.Context) error { return c.Jobs.AddDocument(ctx, "J000031", document) },
		"Jobs.AddCost":     func(ctx context.Context) error { _, err := c.Jobs.AddCost(ctx, "J000031", cost); return err },
		"Jobs.UpdateCost":  func(ctx context.Context) error { return c.Jobs.UpdateCost(ctx, widget, cost) },
	}
}

// A change whose answer cannot be read, or is about another job, may have been
// made; it is sent once all the same.
func TestJobs_OutcomeUnknown(t *testing.T) {
	for name, body := range map[string]string{
		"truncated":   "<Response><Status>OK</Status><Job><ID>J000031",
		"no Status":   "<Response><Job><ID>J000031</ID></Job><ID>Q1</ID></Response>",
		"another job": "<Response><Status>OK</Status><Job><ID>J000032</ID></Job></Response>",
	} {
		sent := 0
		c := newClient(t, roundTrip(func(r *http.Request) (*http.Response, error) { sent++; return ok(body)(r) }), func(c *xpm.Config) { c.MaxRetries = 3 })
		for op, call := range jobCalls(c) {
			job := op == "Jobs.Update" || op == "Jobs.Assign" || op == "Jobs.ApplyTemplate" || strings.HasPrefix(op, "Jobs.CreateQ") || strings.HasPrefix(op, "Jobs.CreateE")
			if name == "another job" && !job {
				continue // the answer needs no job
			}
			sent = 0
			err := call(t.Context())
			if e, ours := errors.AsType[*xpm.Error](err); !ours || !errors.Is(err, xpm.ErrOutcomeUnknown) || e.Op != op || sent != 1 {
				t.Errorf("%s, %s: %v, sent %d times", op, name, err, sent)
			}
		}
	}
}

// What cannot be right is not sent.
func TestJobs_Invalid(t *testing.T) {
	c := newClient(t, roundTrip(func(r *http.Request) (*http.Response, error) {
		t.Errorf("sent %s", r.URL.Path)
		return nil, errors.New("not reached")
	}))
	ctx, j, day := t.Context(), c.Jobs, on(2025, 7, 1)
	listed := func(seq func(func(xpm.Job, error) bool)) error { _, err := collect(seq); return err }
	ok := xpm.JobParams{Name: "Tax", ClientUUID: acme, StartDate: day, DueDate: day}
	with := func(change func(*xpm.JobParams)) error { p := ok; change(&p); _, err := j.Create(ctx, p); return err }
	update := func(n xpm.JobNumber, p xpm.JobUpdateParams) error { _, err := j.Update(ctx, n, p); return err }
	assign := func(k xpm.JobKey, p xpm.AssignParams) error { _, err := j.Assign(ctx, k, p); return err }
	cost := func(p xpm.JobCostParams) error { return j.UpdateCost(ctx, widget, p) }
	task := func(n xpm.JobNumber, kind xpm.TaskUUID) error {
		_, err := j.AddTask(ctx, n, kind, xpm.JobTaskParams{})
		return err
	}
	for name, err := range map[string]error{
		"a year":            listed(j.List(ctx, day, day.AddDate(1, 0, 0), xpm.JobOptions{})),
		"backwards":         listed(j.List(ctx, day, day.AddDate(0, 0, -1), xpm.JobOptions{})),
		"no first day":      listed(j.List(ctx, time.Time{}, day, xpm.JobOptions{})),
		"no last day":       listed(j.All(ctx, day, time.Time{}, xpm.JobOptions{})),
		"client path":       listed(j.ListByClient(ctx, "../x", xpm.JobOptions{})),
		"staff path":        listed(j.ListByStaff(ctx, "", xpm.JobOptions{})),
		"get":               func() error { _, err := j.Get(ctx, ".."); return err }(),
		"no name":           with(func(p *xpm.JobParams) { p.Name = " " }),
		"no client":         with(func(p *xpm.JobParams) { p.ClientUUID = "" }),
		"no due date":       with(func(p *xpm.JobParams) { p.DueDate = time.Time{} }),
		"number with space": with(func(p *xpm.JobParams) { p.ID = " J1" }),
		"control character": with(func(p *xpm.JobParams) { p.Description = "a\x00b" }),
		"update nothing":    update("", xpm.JobUpdateParams{Name: "a", StartDate: day, DueDate: day}),
		"update no name":    update("J1", xpm.JobUpdateParams{StartDate: day, DueDate: day}),
		"update no start":   update("J1", xpm.JobUpdateParams{Name: "a", DueDate: day}),
		"update clear name": update("J1", xpm.JobUpdateParams{Name: "a", StartDate: day, DueDate: day, Clear: []string{"Name"}}),
		"update odd clear":  update("J1", xpm.JobUpdateParams{Name: "a", StartDate: day, DueDate: day, Clear: []string{"Client"}}),
		"state of nothing":  j.SetState(ctx, xpm.JobKey{UUID: designJob}, "PLANNED"),
		"no state":          j.SetState(ctx, designKey, " "),
		"delete nothing":    j.Delete(ctx, xpm.JobKey{}),
		"delete odd":        j.Delete(ctx, xpm.JobKey{Number: "J1", UUID: "<x/>"}),
		"assign nothing":    assign(designKey, xpm.AssignParams{}),
		"assign nowhere":    assign(xpm.JobKey{}, xpm.AssignParams{RemoveManager: true}),
		"assign both":       assign(designKey, xpm.AssignParams{Manager: joBlogs.UUID, RemoveManager: true}),
		"assign no staff":   assign(designKey, xpm.AssignParams{Add: []xpm.StaffAssignment{{Task: setupTask}}}),
		"assign odd task":   assign(designKey, xpm.AssignParams{Remove: []xpm.StaffAssignment{{Staff: joBlogs.UUID, Task: "/"}}}),
		"assign odd staff":  assign(designKey, xpm.AssignParams{Partner: "x y"}),
		"template":          func() error { _, err := j.ApplyTemplate(ctx, designKey, "", ""); return err }(),
		"template, no job":  func() error { _, err := j.ApplyTemplate(ctx, xpm.JobKey{}, jobTemplate, ""); return err }(),
		"quote":             func() error { _, err := j.CreateQuote(ctx, ""); return err }(),
		"estimate":          func() error { _, err := j.CreateEstimate(ctx, "\n"); return err }(),
		"task of no job":    task("", setupKind),
		"task of no kind":   task("J1", ""),
		"update no task":    j.UpdateTask(ctx, "", xpm.JobTaskParams{}),
		"clear what is set": j.UpdateTask(ctx, setupTask, xpm.JobTaskParams{Label: "a", Clear: []string{"Label"}}),
		"complete":          j.CompleteTask(ctx, "a/complete"),
		"reopen":            j.ReopenTask(ctx, ""),
		"reorder":           j.ReorderTasks(ctx, "J1"),
		"reorder no job":    j.ReorderTasks(ctx, "", setupTask),
		"reorder odd":       j.ReorderTasks(ctx, "J1", setupTask, ""),
		"note":              j.AddNote(ctx, "J1", xpm.JobNoteParams{Title: "a"}),
		"note of no job":    j.AddNote(ctx, "", xpm.JobNoteParams{Title: "a", Text: "b"}),
		"documents":         func() error { _, err := collect(j.Documents(ctx, "")); return err }(),
		"document":          j.AddDocument(ctx, "J1", xpm.JobDocumentParams{}),
		"document, no job":  j.AddDocument(ctx, "", xpm.JobDocumentParams{}),
		"costs":             func() error { _, err := collect(j.Costs(ctx, "")); return err }(),
		"cost of no job":    func() error { _, err := j.AddCost(ctx, "", xpm.JobCostParams{}); return err }(),
		"cost of no id":     j.UpdateCost(ctx, "", xpm.JobCostParams{}),
		"cost, no date":     cost(xpm.JobCostParams{Description: "a", Quantity: "1", UnitCost: "1", UnitPrice: "1"}),
		"cost, nothing":     cost(xpm.JobCostParams{Date: day, Quantity: "1", UnitCost: "1", UnitPrice: "1"}),
		"cost, no price":    cost(xpm.JobCostParams{Date: day, Description: "a", Quantity: "1", UnitCost: "1"}),
	} {
		if e, ours := errors.AsType[*xpm.Error](err); !ours || !errors.Is(err, xpm.ErrInvalid) || e.Attempts != 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

package xpm_test

import (
	"context"
	"testing"

	"github.com/practicekit/offboarding/xpm"
)

func TestJobs_AddTask(t *testing.T) {
	_, err := recorded(t, "jobs_add_task_not_found").Jobs.AddTask(t.Context(), "J000000", setupKind, xpm.JobTaskParams{})
	checkError(t, err, xpm.ErrNotFound, "Invalid job identifier")

	got, err := recorded(t, "jobs_add_task_unnamed").Jobs.AddTask(t.Context(), "J000309", setupKind, xpm.JobTaskParams{Clear: []string{"Label"}})
	check(t, "", got, err)

	got, err = recorded(t, "jobs_add_task").Jobs.AddTask(t.Context(), "J000309", setupKind, layout)
	check(t, setupTask, got, err)
}

var layout = xpm.JobTaskParams{Label: "Layout", Description: "Two pages", EstimatedMinutes: 60, StartDate: on(2009, 10, 23), DueDate: on(2009, 10, 28)}

func TestJobs_Tasks(t *testing.T) {
	for name, call := range map[string]struct {
		call        func(context.Context, *xpm.Client) error
		kind        error
		description string
	}{
		"jobs_update_task_not_found": {func(ctx context.Context, c *xpm.Client) error {
			return c.Jobs.UpdateTask(ctx, setupTask, xpm.JobTaskParams{EstimatedMinutes: 30})
		}, xpm.ErrNotFound, "Invalid task identifier"},
		"jobs_update_task": {func(ctx context.Context, c *xpm.Client) error { return c.Jobs.UpdateTask(ctx, setupTask, layout) }, nil, ""},
		"jobs_update_task_cleared": {func(ctx context.Context, c *xpm.Client) error {
			return c.Jobs.UpdateTask(ctx, setupTask, xpm.JobTaskParams{Clear: []string{"Label", "DueDate"}})
		}, nil, ""},
		"jobs_complete_task_not_found": {func(ctx context.Context, c *xpm.Client) error {
			return c.Jobs.CompleteTask(ctx, setupTask)
		}, xpm.ErrNotFound, "Invalid task identifier"},
		"jobs_complete_task": {func(ctx context.Context, c *xpm.Client) error { return c.Jobs.CompleteTask(ctx, setupTask) }, nil, ""},
		"jobs_reopen_task_forbidden": {func(ctx context.Context, c *xpm.Client) error {
			return c.Jobs.ReopenTask(ctx, setupTask)
		}, xpm.ErrForbidden, "AuthorizationUnsuccessful"},
		"jobs_reopen_task": {func(ctx context.Context, c *xpm.Client) error { return c.Jobs.ReopenTask(ctx, setupTask) }, nil, ""},
		"jobs_reorder_tasks_not_found": {func(ctx context.Context, c *xpm.Client) error {
			return c.Jobs.ReorderTasks(ctx, "J000000", setupTask)
		}, xpm.ErrNotFound, "Invalid job identifier"},
		"jobs_reorder_tasks": {func(ctx context.Context, c *xpm.Client) error {
			return c.Jobs.ReorderTasks(ctx, "J000123", layoutTask, setupTask)
		}, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			err := call.call(t.Context(), recorded(t, name))
			if call.kind != nil {
				checkError(t, err, call.kind, call.description)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestJobs_AddNote(t *testing.T) {
	p := xpm.JobNoteParams{Title: "Note Title", Text: "The text relating to the note"}
	err := recorded(t, "jobs_add_note_unavailable").Jobs.AddNote(t.Context(), "J000309", p)
	checkError(t, err, xpm.ErrOutcomeUnknown, "ServiceNotAvailable")

	p.Folder, p.Public = "Correspondence", xpm.FlagNo
	if err := recorded(t, "jobs_add_note").Jobs.AddNote(t.Context(), "J000309", p); err != nil {
		t.Error(err)
	}
}

func TestJobs_Documents(t *testing.T) {
	_, err := collect(recorded(t, "jobs_documents_not_found").Jobs.Documents(t.Context(), "J000000"))
	checkError(t, err, xpm.ErrNotFound, "Invalid job identifier")

	want := []xpm.Document{{
		Title: "Document Title", Folder: "Correspondence", Date: xpm.DateTime{Time: on(2009, 10, 23), Text: "20091023"}, CreatedBy: "Jo Example",
		FileName: "file.txt", URL: "https://practicemanager.xero.com/....... ",
	}}
	for _, name := range []string{"jobs_documents", "jobs_documents_wrapped"} {
		got, err := collect(recorded(t, name).Jobs.Documents(t.Context(), "J000309"))
		check(t, want, got, err)
	}
}

func TestJobs_AddDocument(t *testing.T) {
	p := xpm.JobDocumentParams{DocumentParams: xpm.DocumentParams{
		Title: "Document Title", FileName: "example.jpg", Content: xpm.DocumentContent([]byte("file content")), Size: 12,
	}}
	err := recorded(t, "jobs_add_document_not_found").Jobs.AddDocument(t.Context(), "J000000", p)
	checkError(t, err, xpm.ErrNotFound, "Invalid job identifier")

	p.Text, p.Folder, p.Public = "The note relating to the document", "Images", xpm.FlagNo
	if err := recorded(t, "jobs_add_document").Jobs.AddDocument(t.Context(), "J000309", p); err != nil {
		t.Error(err)
	}
}

func TestJobs_Costs(t *testing.T) {
	_, err := collect(recorded(t, "jobs_costs_not_found").Jobs.Costs(t.Context(), "J000000"))
	checkError(t, err, xpm.ErrNotFound, "Invalid job identifier")

	want := []xpm.JobCost{{
		UUID: widget, Date: date("2009-10-23T00:00:00"), Description: "Widget", Code: "WIDGET", Note: "a note about the widget",
		Quantity: "1", UnitCost: "50.00", UnitPrice: "100.00", Billable: xpm.FlagYes,
	}}
	for _, name := range []string{"jobs_costs", "jobs_costs_wrapped"} {
		got, err := collect(recorded(t, name).Jobs.Costs(t.Context(), "J000309"))
		check(t, want, got, err)
	}
}

func TestJobs_AddCost(t *testing.T) {
	p := xpm.JobCostParams{Date: on(2009, 10, 23), Description: "Widget", Quantity: "1", UnitCost: "50.00", UnitPrice: "100.00"}
	_, err := recorded(t, "jobs_add_cost_not_found").Jobs.AddCost(t.Context(), "J000000", p)
	checkError(t, err, xpm.ErrNotFound, "Invalid job identifier")

	p.Code, p.Note, p.Billable = "WIDGET", "a note about the widget", xpm.FlagNo
	got, err := recorded(t, "jobs_add_cost").Jobs.AddCost(t.Context(), "J000309", p)
	check(t, widget, got, err)
}

func TestJobs_UpdateCost(t *testing.T) {
	p := xpm.JobCostParams{Date: on(2009, 10, 23), Description: "Widget", Quantity: "1", UnitCost: "50.00", UnitPrice: "100.00"}
	err := recorded(t, "jobs_update_cost_not_found").Jobs.UpdateCost(t.Context(), widget, p)
	checkError(t, err, xpm.ErrNotFound, "Invalid cost identifier")

	p.Code, p.Note, p.Billable = "WIDGET", "a note about the widget", xpm.FlagNo
	if err := recorded(t, "jobs_update_cost").Jobs.UpdateCost(t.Context(), widget, p); err != nil {
		t.Error(err)
	}
}

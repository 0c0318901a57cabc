package xpmtest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/practicekit/offboarding/xpm"
	"github.com/practicekit/offboarding/xpm/xpmtest"
)

// office is a server with a client, staff, a kind of task and a template, and
// what it told of the changes made.
func office(t *testing.T) (s *xpmtest.Server, c *xpm.Client, told *[]string) {
	t.Helper()
	told = &[]string{}
	s = xpmtest.New(xpmtest.Config{Quota: xpmtest.Quota{Concurrent: -1, Minute: -1, Day: -1}, OnEffect: func(operation, client, target string, destructive, changed bool) {
		s.Jobs() // no lock is held
		*told = append(*told, fmt.Sprint(operation, " ", client, " ", target, " ", destructive, " ", changed))
	}})
	s.AddClient(xpmtest.Client{UUID: acme, Code: "ACME01", Name: "Acme Pty Ltd", Contacts: []xpmtest.Contact{{UUID: "c0", Name: "Wyett"}}})
	s.AddStaff(xpmtest.Staff{UUID: "5a", Name: "Jo"})
	s.AddStaff(xpmtest.Staff{UUID: "5b", Name: "John"})
	s.AddTask(xpmtest.Task{UUID: "7a", Name: "Design"})
	s.AddCategory(xpmtest.Ref{UUID: "ca", Name: "Tax"})
	s.AddTemplate(xpmtest.Ref{UUID: "7e", Name: "Annual"})
	s.SetTemplateTasks("7E", xpmtest.Ref{UUID: "7a", Name: "Design"}, xpmtest.Ref{Name: "Review"})
	return s, newClient(t, s), told
}

func jobDay(day int) time.Time { return time.Date(2025, 7, day, 0, 0, 0, 0, time.UTC) }

func listedJobs(t *testing.T, seq func(func(xpm.Job, error) bool)) string {
	t.Helper()
	var numbers []string
	for j, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		numbers = append(numbers, string(j.ID))
	}
	return strings.Join(numbers, " ")
}

func TestServer_JobRefusals(t *testing.T) {
	s, c, told := office(t)
	s.AddJob(xpmtest.Job{Number: "J1", UUID: "1", Name: "Tax", ClientUUID: acme, Start: jobDay(1), Due: jobDay(2), Tasks: []xpmtest.JobTask{{UUID: "1a"}}, Costs: []xpmtest.JobCost{{UUID: "1c", Description: "a", Quantity: "1", UnitCost: "1", UnitPrice: "1", Date: jobDay(1)}}})
	s.AddClient(xpmtest.Client{UUID: "90e", Name: "Gone", Deleted: true})
	before := fmt.Sprint(s.Jobs())
	ctx, j1, none := t.Context(), xpm.JobKey{Number: "J1"}, xpm.JobKey{Number: "J2"}
	p := xpm.JobParams{Name: "Tax", ClientUUID: acme, StartDate: jobDay(1), DueDate: jobDay(2)}
	create := func(change func(*xpm.JobParams)) error {
		p := p
		change(&p)
		_, err := c.Jobs.Create(ctx, p)
		return err
	}
	update := func(n xpm.JobNumber, category xpm.CategoryUUID) error {
		_, err := c.Jobs.Update(ctx, n, xpm.JobUpdateParams{Name: "New", StartDate: jobDay(1), DueDate: jobDay(2), CategoryUUID: category})
		return err
	}
	assign := func(k xpm.JobKey, p xpm.AssignParams) error { _, err := c.Jobs.Assign(ctx, k, p); return err }
	on := func(staff xpm.StaffUUID, task xpm.JobTaskUUID) []xpm.StaffAssignment {
		return []xpm.StaffAssignment{{Staff: "5a"}, {Staff: staff, Task: task}}
	}
	cost := xpm.JobCostParams{Date: jobDay(1), Description: "a", Quantity: "x", UnitCost: "1", UnitPrice: "1"}
	doc := xpm.JobDocumentParams{DocumentParams: xpm.DocumentParams{Title: "a", FileName: "a", Content: xpm.DocumentContent([]byte("a"))}}
	for description, errs := range map[string][]error{
		"Invalid client identifier":   {create(func(p *xpm.JobParams) { p.ClientUUID = "none" }), create(func(p *xpm.JobParams) { p.ClientUUID = "90e" })},
		"Invalid contact identifier":  {create(func(p *xpm.JobParams) { p.ContactUUID = "none" })},
		"Invalid category identifier": {create(func(p *xpm.JobParams) { p.CategoryUUID = "none" }), update("J1", "none")},
		"Invalid job template identifier": {create(func(p *xpm.JobParams) { p.TemplateUUID = "none" }), func() error {
			_, err := c.Jobs.ApplyTemplate(ctx, j1, "none", "")
			return err
		}()},
		"The job number is already in use": {create(func(p *xpm.JobParams) { p.ID = "j1" })},
		"Invalid job identifier": {
			update("J2", ""), c.Jobs.SetState(ctx, none, "PLANNED"), c.Jobs.Delete(ctx, none), assign(none, xpm.AssignParams{Manager: "5a"}),
			c.Jobs.AddNote(ctx, "J2", xpm.JobNoteParams{Title: "a", Text: "b"}), c.Jobs.AddDocument(ctx, "J2", doc), c.Jobs.ReorderTasks(ctx, "J2", "1a"),
			func() error { _, err := c.Jobs.Get(ctx, "J2"); return err }(),
			func() error { _, err := c.Jobs.CreateQuote(ctx, "J2"); return err }(),
			func() error { _, err := c.Jobs.AddTask(ctx, "J2", "7a", xpm.JobTaskParams{}); return err }(),
			func() error { _, err := c.Jobs.AddCost(ctx, "J2", cost); return err }(),
			func() error {
				for _, err := range c.Jobs.Costs(ctx, "J2") {
					return err
				}
				return nil
			}(),
			func() error {
				for _, err := range c.Jobs.Documents(ctx, "J2") {
					return err
				}
				return nil
			}(),
		},
		"Invalid state code":                               {c.Jobs.SetState(ctx, j1, "NONE")},
		"Invalid staff identifier for add request":         {assign(j1, xpm.AssignParams{Add: on("none", "")})},
		"Invalid staff identifier for remove request":      {assign(j1, xpm.AssignParams{Remove: on("none", "")})},
		"Invalid staff identifier for add-manager request": {assign(j1, xpm.AssignParams{Manager: "none"})},
		"Invalid staff identifier for add-partner request": {assign(j1, xpm.AssignParams{Add: on("5b", ""), Partner: "none"})},
		"Invalid task identifier": {
			assign(j1, xpm.AssignParams{Add: on("5b", "none")}), c.Jobs.CompleteTask(ctx, "none"), c.Jobs.ReopenTask(ctx, "none"),
			c.Jobs.UpdateTask(ctx, "none", xpm.JobTaskParams{}), c.Jobs.ReorderTasks(ctx, "J1", "1a", "none"),
			func() error { _, err := c.Jobs.AddTask(ctx, "J1", "none", xpm.JobTaskParams{}); return err }(),
		},
		"Invalid cost identifier": {c.Jobs.UpdateCost(ctx, "none", cost)},
		"Invalid amount":          {c.Jobs.UpdateCost(ctx, "1c", cost), func() error { _, err := c.Jobs.AddCost(ctx, "J1", cost); return err }()},
		"Invalid staff identifier": {func() error {
			for _, err := range c.Jobs.ListByStaff(ctx, "none", xpm.JobOptions{}) {
				return err
			}
			return nil
		}()},
	} {
		for i, err := range errs {
			if e, ours := errors.AsType[*xpm.Error](err); !ours || e.Description != description {
				t.Errorf("%s, %d: %v", description, i, err)
			}
		}
	}
	if after := fmt.Sprint(s.Jobs()); after != before {
		t.Errorf("changed to %s", after)
	}
	for _, effect := range *told {
		if !strings.HasSuffix(effect, " false") {
			t.Errorf("told of %s", effect)
		}
	}
	if len(*told) != 32 {
		t.Errorf("told of %d calls: %q", len(*told), *told)
	}
}

func TestServer_JobWire(t *testing.T) {
	s, _, _ := office(t)
	s.AddJob(xpmtest.Job{Number: "J1", UUID: "1", Name: "A & B", State: "Planned", ClientUUID: acme, Budget: "5.00", Type: "Tax", Start: jobDay(1), Due: jobDay(2),
		Contact: xpmtest.Ref{UUID: "c0", Name: "Wyett"}, Manager: xpmtest.Ref{UUID: "5b", Name: "John"}, Tasks: []xpmtest.JobTask{{UUID: "1a", Kind: xpmtest.Ref{UUID: "7a", Name: "Design"}, Estimated: 60}}})
	_, body := send(s, request("GET", "job.api/get/j1", ""))
	want := `<Response api-method="Get"><Status>OK</Status><WebUrl>https://app.practicemanager.xero.com/job/jobview.aspx?id=J1</WebUrl>` +
		`<Job><ID>J1</ID><UUID>1</UUID><Name>A &amp; B</Name><Description /><Client><UUID>` + acme + `</UUID><Name>Acme Pty Ltd</Name></Client>` +
		`<ClientOrderNumber /><Budget>5.00</Budget><State>Planned</State><Type>Tax</Type><StartDate>2025-07-01T00:00:00</StartDate><DueDate>2025-07-02T00:00:00</DueDate>` +
		`<Contact><UUID>c0</UUID><Name>Wyett</Name></Contact><Manager><UUID>5b</UUID><Name>John</Name></Manager><Assigned />` +
		`<Tasks><Task><UUID>1a</UUID><Name>Design</Name><TaskUUID>7a</TaskUUID><EstimatedMinutes>60</EstimatedMinutes><ActualMinutes>0</ActualMinutes>` +
		`<Description /><Completed>false</Completed><Billable>true</Billable><Folder /></Task></Tasks><Milestones /><Notes /></Job></Response>`
	if body != want {
		t.Errorf("%s\nwant\n%s", body, want)
	}
	if _, body = send(s, request("GET", "job.api/current", "")); !strings.HasPrefix(body, `<Response api-method="Current">`) || strings.Contains(body, "<Tasks") || strings.Contains(body, "WebUrl") {
		t.Error(body)
	}
}

// The life of a job, as the client sees it and as the server tells it.
func TestServer_JobLife(t *testing.T) {
	s, c, told := office(t)
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	j, err := c.Jobs.Create(ctx, xpm.JobParams{
		Name: "Tax", Description: "all", ClientUUID: acme, ContactUUID: "c0", StartDate: jobDay(1), DueDate: jobDay(2),
		ClientNumber: "PO", ID: "J1", TemplateUUID: "7e", CategoryUUID: "ca", Budget: "5.00",
	})
	must(err)
	if j.ID != "J1" || j.Client.Name != "Acme Pty Ltd" || j.Contact.Name != "Wyett" || j.Type != "Tax" || len(j.Tasks) != 2 || j.Tasks[1].Name != "Review" || j.State != "Planned" {
		t.Fatalf("%+v", j)
	}
	key, target := j.Key(), string(j.UUID)
	j, err = c.Jobs.Update(ctx, "j1", xpm.JobUpdateParams{Name: "Tax 2", StartDate: jobDay(1), DueDate: jobDay(3), Clear: []string{"ClientNumber"}})
	if err != nil || j.Name != "Tax 2" || j.Description != "" || j.ClientOrderNumber != "" || j.Budget != "5.00" || j.Type != "Tax" || j.DueDate.Text != "2025-07-03T00:00:00" {
		t.Fatalf("%v %+v", err, j)
	}
	first, second := j.Tasks[0].UUID, j.Tasks[1].UUID
	j, err = c.Jobs.Assign(ctx, key, xpm.AssignParams{Add: []xpm.StaffAssignment{{Staff: "5a"}, {Staff: "5b", Task: first}}, Manager: "5a", Partner: "5b"})
	if err != nil || len(j.Assigned) != 2 || len(j.Tasks[0].Assigned) != 1 || j.Manager.Name != "Jo" || j.Partner.Name != "John" {
		t.Fatalf("%v %+v", err, j)
	}
	j, err = c.Jobs.Assign(ctx, key, xpm.AssignParams{Remove: []xpm.StaffAssignment{{Staff: "5b"}, {Staff: "5b", Task: first}}, RemoveManager: true, RemovePartner: true})
	if err != nil || len(j.Assigned) != 1 || len(j.Tasks[0].Assigned) != 0 || j.Manager.Name != "" || j.Partner.Name != "" {
		t.Fatalf("%v %+v", err, j)
	}
	added, err := c.Jobs.AddTask(ctx, "J1", "7a", xpm.JobTaskParams{Label: "more", EstimatedMinutes: 30, StartDate: jobDay(1), DueDate: jobDay(2)})
	must(err)
	must(c.Jobs.UpdateTask(ctx, added, xpm.JobTaskParams{EstimatedMinutes: 45, Clear: []string{"Label"}}))
	must(c.Jobs.CompleteTask(ctx, added))
	for _, want := range []struct {
		o    xpm.JobTasksOptions
		jobs string
	}{
		{xpm.JobTasksOptions{Complete: xpm.FlagYes, Due: jobDay(2), Start: jobDay(1)}, "J1"}, {xpm.JobTasksOptions{Complete: xpm.FlagYes, Due: jobDay(1)}, ""},
		{xpm.JobTasksOptions{Complete: xpm.FlagNo, Start: jobDay(1)}, ""}, {xpm.JobTasksOptions{Start: jobDay(2)}, ""}, {xpm.JobTasksOptions{}, "J1"},
	} {
		if got := listedJobs(t, c.Jobs.ListWithTasks(ctx, want.o)); got != want.jobs {
			t.Errorf("%+v: %q", want.o, got)
		}
	}
	must(c.Jobs.ReopenTask(ctx, added))
	must(c.Jobs.ReorderTasks(ctx, "J1", added, second))
	must(c.Jobs.AddNote(ctx, "J1", xpm.JobNoteParams{Title: "note", Text: "text", Public: xpm.FlagYes}))
	must(c.Jobs.AddDocument(ctx, "J1", xpm.JobDocumentParams{DocumentParams: xpm.DocumentParams{Title: "doc", FileName: "a.txt", Content: xpm.DocumentContent([]byte("content"))}}))
	cost := xpm.JobCostParams{Date: jobDay(1), Description: "Widget", Code: "W", Quantity: "1", UnitCost: "5.00", UnitPrice: "6.00"}
	costID, err := c.Jobs.AddCost(ctx, "J1", cost)
	must(err)
	cost.Billable, cost.Code, cost.Clear = xpm.FlagNo, "", []string{"Code"}
	must(c.Jobs.UpdateCost(ctx, costID, cost))
	for got, err := range c.Jobs.Costs(ctx, "J1") {
		if err != nil || got.UUID != costID || got.Billable != xpm.FlagNo || got.Code != "" || got.Date.Text != "2025-07-01T00:00:00" {
			t.Errorf("%v %+v", err, got)
		}
	}
	for got, err := range c.Jobs.Documents(ctx, "J1") {
		if err != nil || got.Title != "doc" || got.FileName != "a.txt" || got.URL == "" {
			t.Errorf("%v %+v", err, got)
		}
	}
	held, _ := s.Job("J1")
	if string(held.Documents[0].Content) != "content" || !held.Notes[0].Public || held.Tasks[0].UUID != string(added) || held.Tasks[0].Label != "" || held.Tasks[0].Estimated != 45 || held.Tasks[2].UUID != string(first) {
		t.Errorf("%+v", held)
	}
	if j, err = c.Jobs.ApplyTemplate(ctx, key, "7e", xpm.TaskModeAppendExisting); err != nil || len(j.Tasks) != 3 {
		t.Errorf("%v %+v", err, j.Tasks)
	}
	if j, err = c.Jobs.ApplyTemplate(ctx, key, "7e", xpm.TaskModeAddNew); err != nil || len(j.Tasks) != 5 || len(j.Notes) != 1 {
		t.Errorf("%v %+v", err, j.Tasks)
	}
	for i, quote := range []func(context.Context, xpm.JobNumber) (xpm.QuoteNumber, error){c.Jobs.CreateQuote, c.Jobs.CreateEstimate} {
		number, err := quote(ctx, "J1")
		if err != nil || s.Quotes()[i].Number != string(number) || s.Quotes()[i].Name != "Tax 2" {
			t.Errorf("%v %s %+v", err, number, s.Quotes())
		}
	}
	must(c.Jobs.SetState(ctx, key, "COMPLETED"))
	must(c.Jobs.SetState(ctx, key, "COMPLETED"))
	if got, err := c.Jobs.Get(ctx, "J1"); err != nil || got.State != "Completed" || got.CompletedDate.IsZero() || got.WebURL == "" {
		t.Errorf("%v %+v", err, got)
	}
	if listedJobs(t, c.Jobs.Current(ctx, xpm.JobOptions{})) != "" || listedJobs(t, c.Jobs.ListByStaff(ctx, "5a", xpm.JobOptions{})) != "" || listedJobs(t, c.Jobs.ListByClient(ctx, acme, xpm.JobOptions{})) != "J1" {
		t.Error("a completed job")
	}
	must(c.Jobs.SetState(ctx, key, "INPROGRESS"))
	if listedJobs(t, c.Jobs.Current(ctx, xpm.JobOptions{})) != "J1" || listedJobs(t, c.Jobs.ListByStaff(ctx, "5a", xpm.JobOptions{})) != "J1" || listedJobs(t, c.Jobs.ListByStaff(ctx, "5b", xpm.JobOptions{})) != "" {
		t.Error("a job taken up again")
	}
	must(c.Jobs.Delete(ctx, key))
	var want []string
	for _, effect := range []string{
		"create-job @ false true", "update-job @ false true", "assign-job @ false true", "assign-job @ false true",
		"create-job-task @ false true", "update-job-task # false true", "complete-job-task # false true", "reopen-job-task # false true",
		"reorder-job-tasks @ false true", "create-job-note @ false true", "create-job-document @ false true", "create-job-cost @ false true", "update-job-cost $ false true",
		"apply-job-template @ false false", "apply-job-template @ false true", "create-quote @ false true", "create-estimate @ false true",
		"set-job-state @ false true", "set-job-state @ false false", "set-job-state @ false true", "delete-job @ true true",
	} {
		operation, rest, _ := strings.Cut(effect, " ")
		want = append(want, operation+" ACME01 "+strings.NewReplacer("@", target, "#", string(added), "$", string(costID)).Replace(rest))
	}
	if !slices.Equal(*told, want) {
		t.Errorf("%s\nwant\n%s", strings.Join(*told, "\n"), strings.Join(want, "\n"))
	}
}

func TestServer_JobStates(t *testing.T) {
	s, c, _ := office(t)
	s.AddJobState(xpmtest.Ref{Name: "On Hold"})
	number := xpm.JobNumber(s.AddJob(xpmtest.Job{Name: "Tax", ClientUUID: acme}))
	if err := c.Jobs.SetState(t.Context(), xpm.JobKey{Number: number}, "PLANNED"); !errors.Is(err, xpm.ErrInvalid) {
		t.Error(err)
	}
	if err := c.Jobs.SetState(t.Context(), xpm.JobKey{Number: number}, "ON_HOLD"); err != nil {
		t.Error(err)
	}
	if j, ok := s.Job(string(number)); !ok || j.State != "On Hold" {
		t.Errorf("%+v", j)
	}
}

// The span of a list is of the days on which jobs were created.
func TestServer_JobSpans(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c, _ := office(t)
		for i, created := range []time.Time{jobDay(1), jobDay(2).Add(23 * time.Hour), jobDay(1).AddDate(2, 0, 0)} {
			s.AddJob(xpmtest.Job{Number: fmt.Sprintf("J%d", i), Name: "Tax", ClientUUID: acme, Created: created})
		}
		s.AddJob(xpmtest.Job{Number: "J9", Name: "Tax", ClientUUID: acme})
		for _, want := range []struct {
			first, last time.Time
			jobs        string
		}{{jobDay(1), jobDay(1), "J0"}, {jobDay(2), jobDay(3), "J1"}, {time.Now(), time.Now(), "J9"}, {jobDay(3), jobDay(4), ""}} {
			if got := listedJobs(t, c.Jobs.List(t.Context(), want.first, want.last, xpm.JobOptions{})); got != want.jobs {
				t.Errorf("%v: %q", want, got)
			}
		}
		if got := listedJobs(t, c.Jobs.All(t.Context(), jobDay(1), jobDay(1).AddDate(2, 0, 0), xpm.JobOptions{})); got != "J0 J1 J2" {
			t.Error(got)
		}
		if _, body := send(s, request("GET", "job.api/list?from=20250701", "")); !strings.Contains(body, "<Status>ERROR</Status>") {
			t.Error(body)
		}
	})
}

// What callers hold of a job is theirs.
func TestServer_JobsAreCopied(t *testing.T) {
	s := xpmtest.New(xpmtest.Config{})
	tasks := []xpmtest.JobTask{{Staff: []xpmtest.Ref{{UUID: "5a"}}}}
	number := s.AddJob(xpmtest.Job{Tasks: tasks, Documents: []xpmtest.Document{{Content: []byte("a")}}})
	tasks[0].Label, tasks[0].Staff[0].UUID = "changed", "changed"
	j, _ := s.Job(strings.ToLower(number))
	if j.Tasks[0].UUID == "" || j.Tasks[0].Label != "" || j.Tasks[0].Staff[0].UUID != "5a" {
		t.Fatalf("%+v", j)
	}
	j.Tasks[0].Staff[0].UUID, j.Documents[0].Content[0] = "changed", 'b'
	if j := s.Jobs()[0]; j.Tasks[0].Staff[0].UUID != "5a" || string(j.Documents[0].Content) != "a" {
		t.Errorf("%+v", j)
	}
	if _, ok := s.Job("none"); ok {
		t.Error("a job that is not there")
	}
}

// A body that is not what the operation wants is refused and changes nothing.
func TestServer_JobBodies(t *testing.T) {
	s, _, told := office(t)
	s.AddJob(xpmtest.Job{Number: "J1", Name: "Tax", ClientUUID: acme, Start: jobDay(1), Due: jobDay(2)})
	before := fmt.Sprint(s.Jobs())
	for _, call := range []string{
		"PUT update <Client><ID>J1</ID></Client>", "PUT update <Job><ID>J1</ID><StartDate>2025-07-01</StartDate></Job>", "PUT update <Job><ID>J1</ID><Name /></Job>",
		"POST add <Job>", "POST delete ", "PUT state <Job><ID>J1</ID></Job>", "POST note <Note><Job>J1</Job></Note>",
		"POST task <Task><Job>J1</Job><TaskUUID>7a</TaskUUID></Task>", "POST cost <Cost><Job>J1</Job><Quantity>1</Quantity></Cost>",
		"POST document <Document><Job>J1</Job><Title>a</Title><FileName>a</FileName><Content>?</Content></Document>", "POST document <Document><Job>J1</Job></Document>",
	} {
		method, rest, _ := strings.Cut(call, " ")
		path, body, _ := strings.Cut(rest, " ")
		if resp, got := send(s, request(method, "job.api/"+path, body)); resp.StatusCode != 200 || !strings.Contains(got, "<Status>ERROR</Status>") {
			t.Errorf("%s: %d %s", call, resp.StatusCode, got)
		}
	}
	if after := fmt.Sprint(s.Jobs()); after != before || len(*told) != 11 {
		t.Errorf("changed to %s; told of %q", after, *told)
	}
}

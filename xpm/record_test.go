package xpm_test

import (
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"iter"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/tools/txtar"

	"github.com/practicekit/offboarding/internal/exchange"
	"github.com/practicekit/offboarding/xpm"
	"github.com/practicekit/offboarding/xpm/xpmtest"
)

// With -record, TestRecord asks a real practice. Nothing else does.
//
//	XPM_CLIENT_ID=… XPM_CLIENT_SECRET=… XPM_TOKEN_FILE=… XPM_TENANT=… go test ./xpm -record -run TestRecord/clients_get
var record = flag.Bool("record", false, "record what a real practice answers to reads, scrubbed, into testdata/recorded")

// harmless are the elements and parameters whose values say nothing of anybody:
// words of XPM's own and quantities. Everything else is replaced.
var harmless = []string{
	"api-method", "Status", "ErrorDescription", "Records", "GSTPeriod", "GSTBasis", "ProvisionalTaxBasis", "AgencyStatus", "ReturnType", "BalanceMonth",
	"Relationship>Type", "NumberOfShares", "Percentage", "PaymentTerm", "PaymentDay", "CostMarkup", "State", "ValueElement", "CustomFieldDefinition>Type",
	"Minutes", "EstimatedMinutes", "ActualMinutes", "AllocatedMinutes", "BillableMinutes", "Start", "End", "Quantity", "Invoice>Type", "Quote>Type",
	">Title", ">Detail", "pageSize", "page", "detailed", "complete", "modifiedsince",
}

// sample is the first of each kind that there is; empty where there is none.
type sample struct {
	client  xpm.ClientUUID
	name    string
	contact xpm.ContactUUID
	group   xpm.GroupUUID
	staff   xpm.StaffUUID
	task    xpm.TaskUUID
	field   xpm.CustomFieldUUID
	job     xpm.JobNumber
	entry   xpm.TimeUUID
	invoice xpm.InvoiceNumber
	quote   xpm.QuoteNumber
	cost    xpm.CostUUID
}

func year() (from, to time.Time) { return time.Now().AddDate(0, 0, -350), time.Now() }

// sampleOf looks around in the practice, without recording.
func sampleOf(t *testing.T, c *xpm.Client) (s sample) {
	from, to := year()
	client := first(t, c.Clients.All(t.Context(), xpm.PageOptions{PageSize: 1}))
	s.client, s.name = client.UUID, client.Name
	s.contact = first(t, c.Contacts.All(t.Context(), xpm.PageOptions{PageSize: 1})).UUID
	s.group = first(t, c.Groups.List(t.Context(), xpm.GroupOptions{})).UUID
	s.staff = first(t, c.Staff.List(t.Context(), xpm.StaffOptions{})).UUID
	s.task = first(t, c.Tasks.List(t.Context(), xpm.TaskOptions{})).UUID
	s.field = first(t, c.CustomFields.List(t.Context(), xpm.CustomFieldOptions{})).UUID
	s.job = first(t, c.Jobs.List(t.Context(), from, to, xpm.JobOptions{})).ID
	s.entry = first(t, c.Times.List(t.Context(), from, to, xpm.TimeOptions{})).UUID
	s.invoice = first(t, c.Invoices.List(t.Context(), from, to, xpm.InvoiceOptions{})).ID
	s.quote = first(t, c.Quotes.List(t.Context(), from, to, xpm.QuoteOptions{})).ID
	s.cost = first(t, c.Costs.List(t.Context(), xpm.CostOptions{})).UUID
	return s
}

func first[T any](t *testing.T, seq iter.Seq2[T, error]) (v T) {
	t.Helper()
	for v, err := range seq {
		if err != nil {
			t.Log(err)
		}
		return v
	}
	return v
}

// some reads up to three items.
func some[T any](seq iter.Seq2[T, error]) error {
	n := 0
	for _, err := range seq {
		if n++; err != nil || n == 3 {
			return err
		}
	}
	return nil
}

// reading is an operation that only reads. It is left out where the practice has
// nothing to ask for.
type reading struct {
	name string
	able bool
	read func(c *xpm.Client) error
}

func readings(t *testing.T, s sample) []reading {
	ctx := t.Context()
	from, to := year()
	return []reading{
		{"clients_all", true, func(c *xpm.Client) error { return some(c.Clients.All(ctx, xpm.PageOptions{PageSize: 2})) }},
		{"clients_list", true, func(c *xpm.Client) error { return some(c.Clients.List(ctx, xpm.ListOptions{Detailed: true})) }},
		{"clients_search", s.name != "", func(c *xpm.Client) error {
			_, err := c.Clients.Search(ctx, s.name, xpm.SearchOptions{})
			return err
		}},
		{"clients_get", s.client != "", func(c *xpm.Client) error { _, err := c.Clients.Get(ctx, s.client); return err }},
		{"clients_get_not_found", true, func(c *xpm.Client) error {
			if _, err := c.Clients.Get(ctx, "00000000-0000-4000-8000-0000deadbeef"); !errors.Is(err, xpm.ErrNotFound) {
				return err
			}
			return nil
		}},
		{"contacts_all", true, func(c *xpm.Client) error { return some(c.Contacts.All(ctx, xpm.PageOptions{PageSize: 2})) }},
		{"contacts_get", s.contact != "", func(c *xpm.Client) error { _, err := c.Contacts.Get(ctx, s.contact, ""); return err }},
		{"documents_list", s.client != "", func(c *xpm.Client) error { return some(c.Documents.List(ctx, s.client)) }},
		{"groups_list", true, func(c *xpm.Client) error { return some(c.Groups.List(ctx, xpm.GroupOptions{})) }},
		{"groups_get", s.group != "", func(c *xpm.Client) error { _, err := c.Groups.Get(ctx, s.group); return err }},
		{"staff_list", true, func(c *xpm.Client) error { return some(c.Staff.List(ctx, xpm.StaffOptions{})) }},
		{"staff_get", s.staff != "", func(c *xpm.Client) error { _, err := c.Staff.Get(ctx, s.staff); return err }},
		{"tasks_list", true, func(c *xpm.Client) error { return some(c.Tasks.List(ctx, xpm.TaskOptions{})) }},
		{"tasks_get", s.task != "", func(c *xpm.Client) error { _, err := c.Tasks.Get(ctx, s.task); return err }},
		{"categories_list", true, func(c *xpm.Client) error { return some(c.Categories.List(ctx)) }},
		{"templates_list", true, func(c *xpm.Client) error { return some(c.Templates.List(ctx)) }},
		{"jobstates_list", true, func(c *xpm.Client) error { return some(c.JobStates.List(ctx)) }},
		{"customfields_list", true, func(c *xpm.Client) error { return some(c.CustomFields.List(ctx, xpm.CustomFieldOptions{})) }},
		{"customfields_get", s.field != "", func(c *xpm.Client) error { _, err := c.CustomFields.Get(ctx, s.field); return err }},
		{"customfields_get_client_values", s.client != "", func(c *xpm.Client) error { _, err := c.CustomFields.GetClientValues(ctx, s.client); return err }},
		{"customfields_get_job_values", s.job != "", func(c *xpm.Client) error { _, err := c.CustomFields.GetJobValues(ctx, s.job); return err }},
		{"jobs_current", true, func(c *xpm.Client) error { return some(c.Jobs.Current(ctx, xpm.CurrentOptions{Detailed: true})) }},
		{"jobs_list", true, func(c *xpm.Client) error { return some(c.Jobs.List(ctx, from, to, xpm.JobOptions{})) }},
		{"jobs_list_by_client", s.client != "", func(c *xpm.Client) error { return some(c.Jobs.ListByClient(ctx, s.client, xpm.JobOptions{})) }},
		{"jobs_list_by_staff", s.staff != "", func(c *xpm.Client) error { return some(c.Jobs.ListByStaff(ctx, s.staff, xpm.JobOptions{})) }},
		{"jobs_list_with_tasks", true, func(c *xpm.Client) error { return some(c.Jobs.ListWithTasks(ctx, xpm.JobTasksOptions{})) }},
		{"jobs_get", s.job != "", func(c *xpm.Client) error { _, err := c.Jobs.Get(ctx, s.job); return err }},
		{"jobs_costs", s.job != "", func(c *xpm.Client) error { return some(c.Jobs.Costs(ctx, s.job)) }},
		{"jobs_documents", s.job != "", func(c *xpm.Client) error { return some(c.Jobs.Documents(ctx, s.job)) }},
		{"times_list", true, func(c *xpm.Client) error { return some(c.Times.List(ctx, from, to, xpm.TimeOptions{})) }},
		{"times_list_by_job", s.job != "", func(c *xpm.Client) error { return some(c.Times.ListByJob(ctx, s.job, from, to, xpm.TimeOptions{})) }},
		{"times_list_by_staff", s.staff != "", func(c *xpm.Client) error { return some(c.Times.ListByStaff(ctx, s.staff, from, to, xpm.TimeOptions{})) }},
		{"times_get", s.entry != "", func(c *xpm.Client) error { _, err := c.Times.Get(ctx, s.entry); return err }},
		{"costs_list", true, func(c *xpm.Client) error { return some(c.Costs.List(ctx, xpm.CostOptions{})) }},
		{"costs_get", s.cost != "", func(c *xpm.Client) error { _, err := c.Costs.Get(ctx, s.cost); return err }},
		{"invoices_current", true, func(c *xpm.Client) error { return some(c.Invoices.Current(ctx, xpm.InvoiceOptions{Detailed: true})) }},
		{"invoices_draft", true, func(c *xpm.Client) error { return some(c.Invoices.Draft(ctx, xpm.InvoiceOptions{})) }},
		{"invoices_list", true, func(c *xpm.Client) error { return some(c.Invoices.List(ctx, from, to, xpm.InvoiceOptions{})) }},
		{"invoices_list_by_job", s.job != "", func(c *xpm.Client) error { return some(c.Invoices.ListByJob(ctx, s.job)) }},
		{"invoices_get", s.invoice != "", func(c *xpm.Client) error { _, err := c.Invoices.Get(ctx, s.invoice); return err }},
		{"invoices_payments", s.invoice != "", func(c *xpm.Client) error { _, err := c.Invoices.Payments(ctx, s.invoice); return err }},
		{"quotes_current", true, func(c *xpm.Client) error { return some(c.Quotes.Current(ctx, xpm.QuoteOptions{Detailed: true})) }},
		{"quotes_draft", true, func(c *xpm.Client) error { return some(c.Quotes.Draft(ctx, xpm.QuoteOptions{})) }},
		{"quotes_list", true, func(c *xpm.Client) error { return some(c.Quotes.List(ctx, from, to, xpm.QuoteOptions{})) }},
		{"quotes_get", s.quote != "", func(c *xpm.Client) error { _, err := c.Quotes.Get(ctx, s.quote); return err }},
	}
}

// recordInto records each reading into a file of its name. The client can only
// read, whatever a reading tries.
func recordInto(t *testing.T, dir string, base http.RoundTripper, configure func(*xpm.Config)) {
	reader := func(t *testing.T, rt http.RoundTripper) *xpm.Client {
		return newClient(t, rt, configure, func(c *xpm.Config) { c.ReadOnly = true })
	}
	for _, r := range readings(t, sampleOf(t, reader(t, base))) {
		t.Run(r.name, func(t *testing.T) {
			if !r.able {
				t.Skip("the practice has nothing to ask for")
			}
			rt := exchange.Record(t, base, exchange.Recording{
				File: filepath.Join(dir, r.name+".txtar"), Source: "a practice, " + time.Now().Format("January 2006"), Keep: harmless, Most: 3,
			})
			if err := r.read(reader(t, rt)); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestRecord(t *testing.T) {
	if !*record {
		t.Skip("asks a real practice: only with -record")
	}
	env := func(name string) string {
		v := os.Getenv(name)
		if v == "" {
			t.Fatalf("%s is not set", name)
		}
		return v
	}
	identity, err := xpm.NewIdentity(xpm.IdentityConfig{ClientID: env("XPM_CLIENT_ID"), ClientSecret: os.Getenv("XPM_CLIENT_SECRET")})
	if err != nil {
		t.Fatal(err)
	}
	tokens, limiter := identity.TokenSource(xpm.FileTokenStore(env("XPM_TOKEN_FILE"))), xpm.NewLimiter()
	practice := env("XPM_TENANT")
	recordInto(t, filepath.Join("testdata", "recorded"), http.DefaultTransport, func(c *xpm.Config) {
		c.TenantID, c.TokenSource, c.Limiter, c.MaxRetries = practice, tokens, limiter, 0
	})
}

// Recording works, whatever it is that answers: every reading is written, without
// what the practice calls anything, and has no element that is not known.
func TestRecord_FromTheFake(t *testing.T) {
	srv := quillPractice()
	dir := t.TempDir()
	recordInto(t, dir, srv.HTTPClient().Transport, func(c *xpm.Config) {
		c.TenantID, c.TokenSource = xpmtest.Tenant, oauth2.StaticTokenSource(&oauth2.Token{AccessToken: xpmtest.Token})
	})
	files, _ := filepath.Glob(filepath.Join(dir, "*.txtar"))
	if want := len(readings(t, sample{})); len(files) != want {
		t.Errorf("%d files, want %d", len(files), want)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.ToLower(string(data))
		for _, secret := range []string{"quill", "roberta", "harbour", "5550", "123456", xpmtest.Token, "5a5e"} {
			if strings.Contains(text, secret) {
				t.Errorf("%s holds %q:\n%s", filepath.Base(file), secret, data)
			}
		}
	}
	if unknown := unknownIn(t, files); len(unknown) > 0 {
		t.Error(strings.Join(unknown, "\n"))
	}
	replayed := newClient(t, exchange.Transport(t, filepath.Join(dir, "clients_list.txtar")), func(c *xpm.Config) { c.TenantID = "00000000-0000-4000-8000-000000000001" })
	all, err := collect(replayed.Clients.List(t.Context(), xpm.ListOptions{Detailed: true}))
	if err != nil || len(all) != 3 || all[0].Name == all[1].Name {
		t.Errorf("replayed: %d clients, %v", len(all), err)
	}
}

// quillPractice has one of everything, and names that give themselves away.
func quillPractice() *xpmtest.Server {
	id := func(n int) string { return fmt.Sprintf("5a5e%04d-aaaa-4bbb-8ccc-5a5e5a5e5a5e", n) }
	today := time.Now()
	srv := xpmtest.New(xpmtest.Config{Quota: xpmtest.Quota{Concurrent: -1, Minute: -1, Day: -1}})
	roberta := xpmtest.Ref{UUID: id(1), Name: "Roberta Quill"}
	trust := xpmtest.Ref{UUID: id(2), Name: "Roberta Quill Trust"}
	srv.AddClient(xpmtest.Client{UUID: trust.UUID, Code: "QUILL01", Name: trust.Name, Contacts: []xpmtest.Contact{
		{UUID: id(3), Name: roberta.Name, Email: "roberta@quill.com.au", Phone: "02 5550 1234", Position: "Trustee", Primary: true},
	}})
	for n, name := range []string{"Quill Super", "Quill Farms", "Quill Holdings"} {
		srv.AddClient(xpmtest.Client{UUID: id(4 + n), Name: name})
	}
	srv.AddDocument(trust.UUID, xpmtest.Document{Title: "Will of Roberta", FileName: "quill.pdf"})
	srv.AddGroup(xpmtest.Group{UUID: id(10), Name: "Quill Family"}, trust.UUID)
	srv.AddStaff(xpmtest.Staff{UUID: id(11), Name: roberta.Name, Email: "roberta@quill.com.au", Mobile: "0455501234", Address: "12 Harbour Lane"})
	srv.AddTask(xpmtest.Task{UUID: id(12), Name: "Quill accounts"})
	srv.AddCategory(xpmtest.Ref{UUID: id(13), Name: "Quill work"})
	srv.AddTemplate(xpmtest.Ref{UUID: id(14), Name: "Quill template"})
	srv.AddJobState(xpmtest.Ref{UUID: id(15), Name: "Quill planned"})
	srv.AddCustomField(xpmtest.CustomField{UUID: id(16), Name: "Quill shoe size", Type: "Number", UseClient: true, UseJob: true})
	srv.AddJob(xpmtest.Job{Number: "J123456", UUID: id(17), Name: "Quill 2025", ClientUUID: trust.UUID, State: "Planned", Staff: []xpmtest.Ref{roberta}, Start: today, Due: today,
		Documents: []xpmtest.Document{{Title: "Quill deed"}}, Costs: []xpmtest.JobCost{{UUID: id(18), Description: "Flight to Harbour"}}})
	srv.AddTime(xpmtest.TimeEntry{UUID: id(19), Job: "J123456", Date: today, Minutes: 90, Note: "met Roberta"})
	srv.AddCost(xpmtest.Cost{UUID: id(20), Description: "Quill pens"})
	srv.AddInvoice(xpmtest.Invoice{Number: "I123456", UUID: id(21), Client: trust, Date: today, JobText: "for Roberta"})
	srv.AddQuote(xpmtest.Quote{Number: "Q123456", Name: "Quill 2026", Client: trust, Date: today})
	return srv
}

// What a practice was seen to send has a field, as what is documented has.
func TestRecorded_NoUnknownElements(t *testing.T) {
	files, err := filepath.Glob("testdata/recorded/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	if unknown := unknownIn(t, files); len(unknown) > 0 {
		t.Error(strings.Join(unknown, "\n"))
	}
}

// unknownIn lists what no field takes of the answers in files.
func unknownIn(t *testing.T, files []string) (unknown []string) {
	looked := 0
	for _, name := range files {
		a, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		resource, _, _ := strings.Cut(filepath.Base(name), "_")
		for _, section := range a.Files {
			_, body, _ := strings.Cut(string(section.Data), "\n\n")
			if section.Name != "response" || !strings.HasPrefix(strings.TrimSpace(body), "<") {
				continue
			}
			for _, path := range strays(t, xml.NewDecoder(strings.NewReader(body)), resource, &looked) {
				unknown = append(unknown, filepath.Base(name)+": no field takes "+path)
			}
		}
	}
	return unknown
}

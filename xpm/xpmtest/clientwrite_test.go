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

// watched returns a server, and what it is told of changes.
func watched() (*xpmtest.Server, *[]string) {
	var told []string
	s := xpmtest.New(xpmtest.Config{OnEffect: func(operation, client, target string, destructive, changed bool) {
		told = append(told, strings.TrimSpace(fmt.Sprint(operation, " ", client, " ", target, " ", destructive, " ", changed)))
	}, Quota: xpmtest.Quota{Minute: -1}})
	return s, &told
}

func wantEffects(t *testing.T, told *[]string, want ...string) {
	t.Helper()
	if !slices.Equal(*told, want) {
		t.Errorf("told %q; want %q", *told, want)
	}
	*told = nil
}

func TestServer_CreateUpdateDelete(t *testing.T) {
	s, told := watched()
	c := newClient(t, s)
	payer := xpm.ClientUUID(s.AddClient(xpmtest.Client{Name: "Payer"}))
	manager := xpm.StaffUUID(s.AddStaff(xpmtest.Staff{Name: "Kim"}))
	made, err := c.Clients.Create(t.Context(), xpm.ClientParams{
		Name: "Acme Pty Ltd", JobManagerUUID: manager, ClientCode: "ACME01", Website: "example.com", City: "Sydney", BillingClientUUID: payer,
		Contacts: []xpm.ContactParams{{Name: "Sam", IsPrimary: xpm.FlagYes}, {Name: "Jo", IsPrimary: xpm.FlagYes, Position: "Director"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if made.Website != "example.com" || made.City != "Sydney" || made.BillingClient.Name != "Payer" || made.JobManager.Name != "Kim" || made.TaxNumber != "" || made.GSTRegistered != "" || !made.StateKnown {
		t.Errorf("%+v", made)
	}
	if k := made.Contacts; len(k) != 2 || k[0].Name != "Jo" || !k[0].IsPrimary.Bool() || k[1].IsPrimary.Bool() {
		t.Errorf("the last primary contact is the primary one: %+v", k)
	}
	changed, err := c.Clients.Update(t.Context(), made.UUID, xpm.ClientParams{
		Name: "Acme Ltd", TaxNumber: "987654321", GSTPeriod: xpm.GSTPeriodTwoMonthly, DateOfBirth: time.Date(1970, 11, 26, 0, 0, 0, 0, time.UTC),
		AutoBasOptInCriteria: xpm.AutoBasOptInCriteria{OptOut: xpm.FlagYes}, Clear: []string{"City"},
	})
	if err != nil || changed.Name != "Acme Ltd" || changed.City != "" || changed.Website != "example.com" || changed.TaxNumber != "******321" ||
		changed.GSTPeriod != "2 Monthly" || changed.DateOfBirth.Text != "1970-11-26" || !changed.AutoBasOptInCriteria.OptOut.Bool() || len(changed.Contacts) != 2 {
		t.Errorf("%v %+v", err, changed)
	}
	if held, _ := s.Client(string(made.UUID)); held.TaxNumber != "987654321" {
		t.Errorf("the tax number is held as %q", held.TaxNumber)
	}
	if err := c.Clients.Delete(t.Context(), made.UUID); err != nil {
		t.Error(err)
	}
	if err := c.Clients.Delete(t.Context(), made.UUID); !errors.Is(err, xpm.ErrNotFound) {
		t.Error(err)
	}
	if _, err := c.Clients.Update(t.Context(), made.UUID, xpm.ClientParams{Name: "A"}); !errors.Is(err, xpm.ErrNotFound) {
		t.Error(err)
	}
	if got, err := c.Clients.Get(t.Context(), made.UUID); err != nil || !got.IsDeleted {
		t.Errorf("%v %+v", err, got)
	}
	id := string(made.UUID)
	wantEffects(t, told, "create-client ACME01 "+id+" false true", "update-client ACME01 "+id+" false true",
		"delete-client ACME01 "+id+" true true", "delete-client ACME01 "+id+" true false", "update-client ACME01 "+id+" false false")
}

// What the client never sends, the server refuses too, as XPM does.
func TestServer_ClientRefusals(t *testing.T) {
	s, told := watched()
	id := s.AddClient(xpmtest.Client{UUID: acme, Name: "Acme Pty Ltd", Contacts: []xpmtest.Contact{{Name: "Jo"}}})
	in, _ := s.Client(id)
	other := s.AddClient(xpmtest.Client{Name: "Other"})
	jo := in.Contacts[0].UUID
	eleven := "<Client><Contacts>" + strings.Repeat("<Contact><UUID>x</UUID></Contact>", 11) + "</Contacts></Client>"
	for _, c := range []struct{ method, path, body, refusal string }{
		{"POST", "client.api/add", "<Client><Name /></Client>", `<Response api-method="Add"><Status>ERROR</Status><ErrorDescription>The client name is required</ErrorDescription></Response>`},
		{"POST", "client.api/add", "<Contact><Name>A</Name></Contact>", "The client name is required"},
		{"POST", "client.api/add", "<Client><Name>A</Client>", "The client name is required"},
		{"POST", "client.api/add", "<Client><Name>A</Name></Client><Client/>", "The client name is required"},
		{"PUT", "client.api/update", "<Client><UUID>" + id + "</UUID></Client>", "The client name is required"},
		{"PUT", "client.api/update", "<Client><UUID>" + id + "</UUID><Name>A</Name><JobManagerUUID>x</JobManagerUUID></Client>", "Invalid staff identifier"},
		{"POST", "client.api/add", "<Client><Name>A</Name><BillingClientUUID>x</BillingClientUUID></Client>", "Invalid client identifier"},
		{"PUT", "client.api/update", "<Client><UUID>x</UUID><Name>A</Name></Client>", "Invalid client identifier"},
		{"POST", "client.api/delete", "<Client><UUID>x</UUID></Client>", "Invalid client identifier"},
		{"GET", "client.api/contacts?pageSize=0", "", "Invalid page size"},
		{"GET", "client.api/contact/x", "", `<Response api-method="Contact"><Status>ERROR</Status><ErrorDescription>Invalid contact identifier`},
		{"POST", "client.api/contact", "<Contact><Name>A</Name></Contact>", "Invalid client identifier"},
		{"POST", "client.api/contact", "<Contact><Client><UUID>" + id + "</UUID></Client></Contact>", "The contact name is required"},
		{"PUT", "client.api/contact/x", "<Contact><Name>A</Name></Contact>", "Invalid contact identifier"},
		{"PUT", "client.api/contact/" + jo, "<Contact><Name /></Contact>", "The contact name is required"},
		{"DELETE", "client.api/contact/x", "", "Invalid contact identifier"},
		{"POST", "client.api/client/" + id + "/contacts", eleven, "Up to 10 contacts"},
		{"POST", "client.api/client/" + id + "/contacts", "<Client><Contacts><Contact><UUID>x</UUID></Contact></Contacts></Client>", "Invalid contact identifier"},
		{"POST", "client.api/client/x/contacts", "<Client><Contacts/></Client>", "Invalid client identifier"},
		{"GET", "client.api/documents/x", "", "Invalid client identifier"},
		{"POST", "client.api/document", "<Document><ClientUUID>" + id + "</ClientUUID><Title>T</Title><FileName>f</FileName><Content>!</Content></Document>", "not valid"},
		{"POST", "client.api/document", "<Document><ClientUUID>" + id + "</ClientUUID></Document>", "are required"},
		{"POST", "client.api/document", "<Document><ClientUUID>x</ClientUUID></Document>", "Invalid client identifier"},
		{"POST", "client.api/addrelationship", "<Relationship><ClientUUID>" + id + "</ClientUUID><RelatedClientUUID>" + other + "</RelatedClientUUID></Relationship>", "Invalid relationship type"},
		{"POST", "client.api/addrelationship", "<Relationship><ClientUUID>" + id + "</ClientUUID><RelatedClientUUID>" + id + "</RelatedClientUUID></Relationship>", "Invalid client identifier"},
		{"PUT", "client.api/updaterelationship", "<Relationship><UUID>x</UUID></Relationship>", "Invalid relationship identifier"},
		{"POST", "client.api/deleterelationship", "<Relationship><UUID>x</UUID></Relationship>", "Invalid relationship identifier"},
	} {
		if resp, body := send(s, request(c.method, c.path, c.body)); resp.StatusCode != 200 || !strings.Contains(body, "<Status>ERROR</Status>") || !strings.Contains(body, c.refusal) {
			t.Errorf("%s %s %s: %d %s", c.method, c.path, c.body, resp.StatusCode, body)
		}
	}
	for _, effect := range *told {
		if !strings.HasSuffix(effect, " false") {
			t.Errorf("refused, and yet %s", effect)
		}
	}
	if len(*told) != 24 {
		t.Errorf("%d changes were told", len(*told))
	}
}

func TestServer_Contacts(t *testing.T) {
	s, told := watched()
	c := newClient(t, s)
	one := xpm.ClientUUID(s.AddClient(xpmtest.Client{Code: "ONE", Name: "One"}))
	two := xpm.ClientUUID(s.AddClient(xpmtest.Client{Code: "TWO", Name: "Two", Contacts: []xpmtest.Contact{{Name: "Sam", Primary: true}}}))
	jo, err := c.Contacts.Create(t.Context(), one, xpm.ContactParams{Name: "Jo", Position: "Director", IsPrimary: xpm.FlagYes})
	if err != nil || jo.Position != "Director" || !jo.IsPrimary.Bool() {
		t.Fatal(err, jo)
	}
	link := []xpm.ContactLink{{UUID: jo.UUID, Position: "Trustee", IsPrimary: xpm.FlagYes}}
	for range 2 {
		if err := c.Contacts.Link(t.Context(), two, link); err != nil {
			t.Fatal(err)
		}
	}
	id := string(jo.UUID)
	wantEffects(t, told, "create-contact ONE "+id+" false true", "link-contacts TWO "+string(two)+" false true", "link-contacts TWO "+string(two)+" false false")

	// One person, with a position of its own in each client.
	if got, err := c.Contacts.Update(t.Context(), jo.UUID, two, xpm.ContactParams{Name: "Jo Example", Position: "Settlor"}); err != nil || got.Position != "Settlor" {
		t.Error(err, got)
	}
	for client, want := range map[xpm.ClientUUID]string{one: "Jo Example Director Yes", two: "Jo Example Settlor Yes", "": "Jo Example  "} {
		got, err := c.Contacts.Get(t.Context(), jo.UUID, client)
		if text := fmt.Sprint(got.Name, " ", got.Position, " ", got.IsPrimary); err != nil || text != want {
			t.Errorf("with %q: %s, %v; want %s", client, text, err, want)
		}
	}
	if sam, _ := s.Client(string(two)); sam.Contacts[0].Primary {
		t.Error("two primary contacts")
	}
	var names []string
	for k, err := range c.Contacts.All(t.Context(), xpm.PageOptions{PageSize: 1}) {
		if err != nil || k.Position != "" || k.IsPrimary != "" {
			t.Error(err, k)
		}
		names = append(names, k.Name)
	}
	if !slices.Equal(names, []string{"Jo Example", "Sam"}) {
		t.Error(names)
	}
	*told = nil
	for _, client := range []xpm.ClientUUID{one, two} {
		got, err := c.Contacts.Delete(t.Context(), jo.UUID, client)
		if err != nil || got.Position != "" || got.IsDeleted.Bool() != (client == two) {
			t.Error(err, got)
		}
	}
	if _, err := c.Contacts.Delete(t.Context(), jo.UUID, two); !errors.Is(err, xpm.ErrNotFound) {
		t.Error(err)
	}
	wantEffects(t, told, "delete-contact ONE "+id+" true true", "delete-contact TWO "+id+" true true", "delete-contact TWO "+id+" true false")
	if got, err := c.Contacts.Get(t.Context(), jo.UUID, ""); err != nil || !got.IsDeleted.Bool() {
		t.Error(err, got)
	}
}

func TestServer_Documents(t *testing.T) {
	s, told := watched()
	c := newClient(t, s)
	id := s.AddClient(xpmtest.Client{Code: "ACME01", Name: "Acme Pty Ltd"})
	params := xpm.DocumentParams{Title: "Letter", Folder: "Mail", FileName: "letter.txt", Content: xpm.DocumentContent([]byte("Dear Jo")), Size: 7}
	if err := c.Documents.Create(t.Context(), xpm.ClientUUID(id), params); err != nil {
		t.Fatal(err)
	}
	wantEffects(t, told, "create-document ACME01 "+id+"/letter.txt false true")
	if held := s.Documents(id); len(held) != 1 || string(held[0].Content) != "Dear Jo" {
		t.Errorf("%+v", held)
	}
	for d, err := range c.Documents.List(t.Context(), xpm.ClientUUID(id)) {
		if err != nil || d.Title != "Letter" || d.Folder != "Mail" || d.FileName != "letter.txt" || d.Date.Time.IsZero() || len(d.Date.Text) != 8 {
			t.Errorf("%v %+v", err, d)
		}
	}
	if s.AddDocument("none", xpmtest.Document{}) {
		t.Error("a document of no client")
	}
}

// One relationship is seen from both sides.
func TestServer_Relationships(t *testing.T) {
	s, told := watched()
	c := newClient(t, s)
	company := xpm.ClientUUID(s.AddClient(xpmtest.Client{Code: "CO", Name: "Example Ltd"}))
	person := xpm.ClientUUID(s.AddClient(xpmtest.Client{Code: "JO", Name: "Jo Example"}))
	made, err := c.Relationships.Create(t.Context(), xpm.RelationshipParams{ClientUUID: company, RelatedClientUUID: person, Type: xpm.RelationshipShareholder, RelationshipTerms: xpm.RelationshipTerms{NumberOfShares: "10"}})
	if err != nil || made.UUID == "" || made.Client.UUID != company || made.RelatedClient.Name != "Jo Example" {
		t.Fatal(err, made)
	}
	end := time.Date(2025, 6, 30, 0, 0, 0, 0, time.UTC)
	if got, err := c.Relationships.Update(t.Context(), made.UUID, xpm.RelationshipTerms{EndDate: end}); err != nil || got.NumberOfShares != "10" || !got.EndDate.Time.Equal(end) {
		t.Error(err, got)
	}
	for id, label := range map[xpm.ClientUUID]string{company: "Shareholder", person: "Shareholder of"} {
		got, err := c.Clients.Get(t.Context(), id)
		if err != nil || len(got.Relationships) != 1 {
			t.Fatal(err, got.Relationships)
		}
		if r := got.Relationships[0]; r.Type != label || r.UUID != made.UUID || xpm.RelationshipTypeOf(r.Type) != xpm.RelationshipShareholder || r.EndDate.Text != "2025-06-30" || r.NumberOfShares != "10" {
			t.Errorf("%+v", r)
		}
	}
	if err := c.Relationships.Delete(t.Context(), made.UUID); err != nil {
		t.Error(err)
	}
	if err := c.Relationships.Delete(t.Context(), made.UUID); !errors.Is(err, xpm.ErrNotFound) {
		t.Error(err)
	}
	if held, _ := s.Client(string(person)); len(held.Relationships) != 0 {
		t.Errorf("%+v", held.Relationships)
	}
	id := string(made.UUID)
	wantEffects(t, told, "create-relationship CO "+id+" false true", "update-relationship CO "+id+" false true", "delete-relationship CO "+id+" true true", "delete-relationship  "+id+" true false")
}

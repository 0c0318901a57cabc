package xpm_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/practicekit/offboarding/xpm"
)

// newlyAdded is the answer to a bare add.
func newlyAdded(name string) xpm.ClientEntity {
	return xpm.ClientEntity{UUID: acme, Name: name, IsProspect: xpm.FlagNo, StateKnown: true, WebURL: "https://app.practicemanager.xero.com/Client/123/Detail"}
}

func TestClients_Create(t *testing.T) {
	_, err := recorded(t, "clients_create_refused").Clients.Create(t.Context(), xpm.ClientParams{Name: "-"})
	checkError(t, err, xpm.ErrInvalid, "The client name is required")

	got, err := recorded(t, "clients_create").Clients.Create(t.Context(), xpm.ClientParams{Name: "Acme Example Pty Ltd"})
	check(t, newlyAdded("Acme Example Pty Ltd"), got, err)
}

// everything is a client with each element that can be written.
func everything() xpm.ClientParams {
	return xpm.ClientParams{
		Name: "Example Electrical Ltd", Email: "someone@example.com",
		Address: "1 Example Street", City: "Auckland", Region: "Auckland Region", PostCode: "1010", Country: "New Zealand",
		PostalAddress: "P O Box 123", PostalCity: "Wellington", PostalRegion: "Wellington Region", PostalPostCode: "6011", PostalCountry: "New Zealand",
		Phone: "(02) 5550 1234", Fax: "(02) 5550 1235", Website: "www.example.com", ReferralSource: "Radio", ExportCode: "EXP1",
		AccountManagerUUID: joBlogs.UUID, JobManagerUUID: johnSmith.UUID, BillingClientUUID: "5e1f0008-7c3a-4b6d-9e20-a1b2c3d40008",
		Contacts: []xpm.ContactParams{
			{Name: "Jo Example", IsPrimary: xpm.FlagYes, Salutation: "Jo", Addressee: "Mr J Example", Phone: "1", Mobile: "2", Email: "jo@example.com", Position: "Director"},
			{Name: "Sam Example"},
		},
		Title: "Mr", Gender: "Male", FirstName: "Joseph", MiddleName: "Quincy", LastName: "Example", OtherName: "Joe",
		DateOfBirth: time.Date(1970, 11, 26, 0, 0, 0, 0, time.FixedZone("NZ", 12*3600)), DateOfDeath: time.Date(2020, 2, 29, 0, 0, 0, 0, time.UTC),
		PlaceOfBirthCity: "Auckland", PlaceOfBirthCountryCode: "NZ",
		TaxNumber: "000000123", CompanyNumber: "000 000 010", BusinessNumber: "11 000 000 010", BranchNumber: "001",
		BusinessStructure: "Individual", BalanceMonth: time.March, PrepareGST: xpm.FlagYes, GSTRegistered: xpm.FlagNo,
		GSTPeriod: xpm.GSTPeriodSixMonthly, GSTBasis: "Hybrid", ProvisionalTaxBasis: "Ratio Option", ProvisionalTaxRatio: "0.25",
		SignedTaxAuthority: xpm.FlagYes, TaxAgent: "Example Agent", AgencyStatus: "With EOT", ReturnType: "IR3",
		PrepareActivityStatement: xpm.FlagYes, PrepareTaxReturn: xpm.FlagNo,
		AutoBasOptInCriteria: xpm.AutoBasOptInCriteria{Annually: xpm.FlagNo, Monthly: xpm.FlagNo, Quarterly: xpm.FlagYes, OptOut: xpm.FlagNo},
		ActiveAtoClient:      xpm.FlagYes, ClientCode: "BLOG01", IsProspect: xpm.FlagNo,
	}
}

func TestClients_Create_Everything(t *testing.T) {
	p := everything()
	v := reflect.ValueOf(p)
	for i := range v.NumField() {
		if name := v.Type().Field(i).Name; v.Field(i).IsZero() != (name == "Clear") {
			t.Errorf("%s is not in the exchange", name)
		}
	}
	got, err := recorded(t, "clients_create_full").Clients.Create(t.Context(), p)
	check(t, newlyAdded("Example Electrical Ltd"), got, err)
}

func TestClients_Update(t *testing.T) {
	_, err := recorded(t, "clients_update_not_found").Clients.Update(t.Context(), acme, xpm.ClientParams{Name: "Acme Example Pty Ltd"})
	checkError(t, err, xpm.ErrNotFound, "Invalid client identifier")

	want := newlyAdded("Acme Example Pty Ltd")
	want.Website = "www.example.com"
	got, err := recorded(t, "clients_update").Clients.Update(t.Context(), acme, xpm.ClientParams{
		Name: "Acme Example Pty Ltd", Website: "www.example.com", GSTPeriod: xpm.GSTPeriodOf("2 Monthly"), Clear: []string{"Email"},
	})
	check(t, want, got, err)
}

func TestClients_Delete(t *testing.T) {
	checkError(t, recorded(t, "clients_delete_not_found").Clients.Delete(t.Context(), acme), xpm.ErrNotFound, "Invalid client identifier")
	if err := recorded(t, "clients_delete").Clients.Delete(t.Context(), acme); err != nil {
		t.Error(err)
	}
}

// refuses checks that nothing is sent.
func refuses(t *testing.T, call func(c *xpm.Client) error) {
	t.Helper()
	c := newClient(t, roundTrip(func(*http.Request) (*http.Response, error) {
		t.Error("something was sent")
		return nil, errors.New("no network")
	}))
	if err := call(c); !errors.Is(err, xpm.ErrInvalid) {
		t.Errorf("%v; want %v", err, xpm.ErrInvalid)
	}
}

func TestClients_Write_NotSent(t *testing.T) {
	entity := xpm.ClientEntity{TaxNumber: "******123"}
	for name, p := range map[string]xpm.ClientParams{
		"no name":           {Email: "someone@example.com"},
		"blank name":        {Name: " "},
		"masked":            {Name: "A", TaxNumber: xpm.TaxNumber(entity.TaxNumber)},
		"control character": {Name: "A\x01B"},
		"not UTF-8":         {Name: "A\xff"},
		"unknown element":   {Name: "A", Clear: []string{"Website"}},
		"required element":  {Name: "A", Clear: []string{"Name"}},
		"set and cleared":   {Name: "A", Email: "a@example.com", Clear: []string{"Email"}},
	} {
		t.Run(name, func(t *testing.T) {
			refuses(t, func(c *xpm.Client) error { _, err := c.Clients.Create(t.Context(), p); return err })
			refuses(t, func(c *xpm.Client) error { _, err := c.Clients.Update(t.Context(), acme, p); return err })
		})
	}
	for name, call := range map[string]func(c *xpm.Client) error{
		"contact without name": func(c *xpm.Client) error {
			_, err := c.Clients.Create(t.Context(), xpm.ClientParams{Name: "A", Contacts: []xpm.ContactParams{{Email: "a@example.com"}}})
			return err
		},
		"update of contacts": func(c *xpm.Client) error {
			_, err := c.Clients.Update(t.Context(), acme, xpm.ClientParams{Name: "A", Contacts: []xpm.ContactParams{{Name: "Jo"}}})
			return err
		},
		"update without id": func(c *xpm.Client) error {
			_, err := c.Clients.Update(t.Context(), "", xpm.ClientParams{Name: "A"})
			return err
		},
		"delete elsewhere": func(c *xpm.Client) error { return c.Clients.Delete(t.Context(), "../x") },
	} {
		t.Run(name, func(t *testing.T) { refuses(t, call) })
	}
}

// What happened to a change whose answer cannot be read is known only if it may
// be made again.
func TestClients_Write_Lost(t *testing.T) {
	for name, rt := range map[string]roundTrip{
		"reset":     func(*http.Request) (*http.Response, error) { return nil, errors.New("connection reset") },
		"503":       answer(http.StatusServiceUnavailable, "application/json", `{"Detail":"ServiceNotAvailable"}`),
		"truncated": ok("<Response><Status>OK</Status><Client><UUID>"),
		"HTML":      answer(http.StatusOK, "text/html", "<html></html>"),
	} {
		t.Run(name, func(t *testing.T) {
			c := newClient(t, rt)
			_, created := c.Clients.Create(t.Context(), xpm.ClientParams{Name: "A"})
			deleted := c.Clients.Delete(t.Context(), acme)
			if !errors.Is(created, xpm.ErrOutcomeUnknown) || !errors.Is(deleted, xpm.ErrOutcomeUnknown) {
				t.Errorf("%v; %v", created, deleted)
			}
			if _, err := c.Clients.Update(t.Context(), acme, xpm.ClientParams{Name: "A"}); err == nil || errors.Is(err, xpm.ErrOutcomeUnknown) {
				t.Error(err)
			}
		})
	}
	other := strings.Replace(archived, string(acme), "5e1f0008-7c3a-4b6d-9e20-a1b2c3d40008", 1)
	if _, err := newClient(t, ok(other)).Clients.Update(t.Context(), acme, xpm.ClientParams{Name: "A"}); !errors.Is(err, xpm.ErrInvalid) {
		t.Errorf("about another client: %v", err)
	}
}

// I8: a tax number is never printed whole.
func TestTaxNumber(t *testing.T) {
	p := xpm.ClientParams{Name: "A", TaxNumber: "987654321"}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("", "number", p.TaxNumber)
	for _, text := range []string{fmt.Sprint(p), fmt.Sprintf("%+v %#v %s %q", p, p, p.TaxNumber, p.TaxNumber), log.String()} {
		if strings.Contains(text, "987654") || !strings.Contains(text, "*321") {
			t.Error(text)
		}
	}
}

func TestGSTPeriodOf(t *testing.T) {
	for text, want := range map[string]xpm.GSTPeriod{"Monthly": 1, " 2 monthly": 2, "6 Monthly": 6, "Annually": 0, "": 0} {
		if got := xpm.GSTPeriodOf(text); got != want {
			t.Errorf("%q: %d", text, got)
		}
	}
}

func TestClients_Fields(t *testing.T) {
	var queries []string
	rt := func(r *http.Request) (*http.Response, error) {
		queries = append(queries, r.URL.Query().Get("fields"))
		return ok("<Response><Status>OK</Status><Clients/><Contacts/></Response>")(r)
	}
	c, fields := newClient(t, roundTrip(rt)), []string{"Name", "IsArchived"}
	_, err1 := collect(c.Clients.List(t.Context(), xpm.ListOptions{Fields: fields}))
	_, err2 := c.Clients.Search(t.Context(), "a", xpm.SearchOptions{Fields: []string{"uuid"}})
	_, err3 := collect(c.Clients.All(t.Context(), xpm.PageOptions{Fields: fields}))
	_, err4 := collect(c.Contacts.All(t.Context(), xpm.PageOptions{}))
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		t.Fatal(err)
	}
	check(t, []string{"Name,IsArchived,UUID", "uuid", "Name,IsArchived,UUID", ""}, queries, nil)
}

package xpm_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/practicekit/offboarding/internal/exchange"
	"github.com/practicekit/offboarding/xpm"
)

// The recorded exchanges: each request as it must look, each answer decoded.

func recorded(t *testing.T, name string) *xpm.Client {
	t.Helper()
	return newClient(t, exchange.Transport(t, filepath.Join("testdata", name+".txtar")))
}

func date(text string) xpm.DateTime {
	layout := "2006-01-02T15:04:05"
	t, err := time.Parse(layout[:len(text)], text)
	if err != nil {
		panic(err)
	}
	return xpm.DateTime{Time: t, Text: text}
}

var (
	joBlogs   = xpm.StaffRef{UUID: "5e1f0006-7c3a-4b6d-9e20-a1b2c3d40006", Name: "Jo Example"}
	johnSmith = xpm.StaffRef{UUID: "5e1f0011-7c3a-4b6d-9e20-a1b2c3d40011", Name: "Robin Example"}
)

// summary is what every list has of the client in the exchanges.
func summary() xpm.ClientEntity {
	return xpm.ClientEntity{
		UUID: acme, Name: "Acme Example Pty Ltd", Email: "someone@example.com",
		PostalAddress: "Level 32, Example Building\n1 Example Street\nExample Central", PostalCity: "Auckland", PostalPostCode: "1001",
		Phone: "(02) 5550 1234", IsProspect: xpm.FlagNo, StateKnown: true,
		AccountManager: joBlogs, JobManager: johnSmith,
		WebURL: "https://app.practicemanager.xero.com/Client/123/Detail",
		Contacts: []xpm.Contact{{
			UUID: "5e1f0010-7c3a-4b6d-9e20-a1b2c3d40010", Name: "Casey E Example", Salutation: "Wyett", Position: "0",
			IsPrimary: xpm.FlagYes, IsDeleted: xpm.FlagNo,
		}},
	}
}

func withTax(c xpm.ClientEntity) xpm.ClientEntity {
	c.TaxNumber, c.CompanyNumber, c.BusinessNumber, c.BusinessStructure = "******123", "000 000 010", "11 000 000 010", "Company"
	c.GSTRegistered, c.PrepareGST, c.SignedTaxAuthority = xpm.FlagYes, xpm.FlagNo, xpm.FlagYes
	c.AgencyStatus, c.PrepareActivityStatement, c.PrepareTaxReturn = "With EOT", xpm.FlagYes, xpm.FlagNo
	c.AutoBasOptInCriteria = xpm.AutoBasOptInCriteria{Annually: xpm.FlagNo, Monthly: xpm.FlagNo, Quarterly: xpm.FlagYes, OptOut: xpm.FlagNo}
	c.BankName, c.ActiveAtoClient, c.ClientCode = "Example Bank", xpm.FlagYes, "ACME01"
	return c
}

func withDetail(c xpm.ClientEntity) xpm.ClientEntity {
	c.Notes = []xpm.Note{{Title: "note title", Text: "subject of the note", Date: date("2008-09-12T13:00:00"), CreatedBy: "Jo Example"}}
	c.Groups = []xpm.GroupRef{{UUID: "5e1f0012-7c3a-4b6d-9e20-a1b2c3d40012", Name: "Example Family"}}
	c.Relationships = []xpm.Relationship{{
		UUID: "5e1f0013-7c3a-4b6d-9e20-a1b2c3d40013", Type: "Director of",
		RelatedClient:  xpm.ClientRef{UUID: "5e1f0014-7c3a-4b6d-9e20-a1b2c3d40014", Name: "Example Ltd"},
		NumberOfShares: "1000", Percentage: "0", StartDate: date("2011-01-01"), EndDate: date("2013-03-31"),
	}}
	return c
}

func check[T any](t *testing.T, want, got T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func checkError(t *testing.T, err, kind error, description string) {
	t.Helper()
	e, ok := errors.AsType[*xpm.Error](err)
	if !ok || !errors.Is(err, kind) || e.Description != description {
		t.Errorf("%v; want %v: %s", err, kind, description)
	}
}

func TestClients_Get(t *testing.T) {
	_, err := recorded(t, "clients_get_not_found").Clients.Get(t.Context(), acme)
	checkError(t, err, xpm.ErrNotFound, "Invalid client identifier")

	got, err := recorded(t, "clients_get").Clients.Get(t.Context(), acme)
	check(t, withDetail(withTax(summary())), got, err)
}

func TestClients_Get_Documented(t *testing.T) {
	got, err := recorded(t, "clients_get_documented").Clients.Get(t.Context(), acme)
	check(t, xpm.ClientEntity{
		UUID: acme, Name: "Acme Example Pty Ltd", Email: "someone@example.com", DateOfBirth: date("1970-11-26"), PostalCity: "Auckland",
		Type:          xpm.ClientType{Name: "20th of Month", CostMarkup: "30.00", PaymentTerm: "DayOfMonth", PaymentDay: "20"},
		BillingClient: xpm.ClientRef{UUID: "5e1f0008-7c3a-4b6d-9e20-a1b2c3d40008", Name: "Billing Client"},
		PrepareGST:    xpm.FlagYes, GSTPeriod: "2 Monthly", GSTBasis: "Hybrid", ProvisionalTaxBasis: "Ratio Option",
		AgencyStatus: "Unlinked", ReturnType: "IR3NR", BusinessStructure: "Individual",
		WebURL: "https://practicemanager.xero.com/Client/123/Detail",
	}, got, err)
}

// R4
func TestClients_Archive(t *testing.T) {
	_, err := recorded(t, "clients_archive_not_found").Clients.Archive(t.Context(), acme)
	checkError(t, err, xpm.ErrNotFound, "Invalid client identifier")

	want := withDetail(withTax(summary()))
	want.IsArchived = true
	got, err := recorded(t, "clients_archive").Clients.Archive(t.Context(), acme)
	check(t, want, got, err)
}

func TestClients_List(t *testing.T) {
	_, err := collect(recorded(t, "clients_list_unavailable").Clients.List(t.Context(), xpm.ListOptions{}))
	checkError(t, err, xpm.ErrUnavailable, "ServiceNotAvailable")

	got, err := collect(recorded(t, "clients_list").Clients.List(t.Context(), xpm.ListOptions{}))
	check(t, []xpm.ClientEntity{withTax(summary()), {
		UUID: "5e1f0008-7c3a-4b6d-9e20-a1b2c3d40008", Name: "A. Example", PostalAddress: "P O Box 123", PostalCity: "Wellington",
		PostalPostCode: "6011", IsProspect: xpm.FlagNo, IsArchived: true, IsDeleted: true, StateKnown: true,
	}}, got, err)
}

func TestClients_Search(t *testing.T) {
	_, err := recorded(t, "clients_search_refused").Clients.Search(t.Context(), "acme", xpm.SearchOptions{})
	checkError(t, err, xpm.ErrInvalid, "A detailed explanation of the error")

	got, err := recorded(t, "clients_search").Clients.Search(t.Context(), "acme", xpm.SearchOptions{Detailed: true})
	check(t, []xpm.ClientEntity{withDetail(summary())}, got, err)
}

func TestClients_All(t *testing.T) {
	_, err := collect(recorded(t, "clients_all_forbidden").Clients.All(t.Context(), xpm.PageOptions{}))
	checkError(t, err, xpm.ErrForbidden, "AuthenticationUnsuccessful")

	got, err := collect(recorded(t, "clients_all").Clients.All(t.Context(), xpm.PageOptions{PageSize: 2}))
	paged := func(id xpm.ClientUUID, name string) xpm.ClientEntity {
		return xpm.ClientEntity{
			UUID: id, Name: name, IsProspect: xpm.FlagNo, StateKnown: true, AccountManager: joBlogs, JobManager: johnSmith,
			WebURL: "https://app.practicemanager.xero.com/Client/123/Detail",
		}
	}
	check(t, []xpm.ClientEntity{
		paged(acme, "Acme Example Pty Ltd"),
		paged("5e1f0008-7c3a-4b6d-9e20-a1b2c3d40008", "A. Example"),
		paged("5e1f0005-7c3a-4b6d-9e20-a1b2c3d40005", "XYZ Australia"),
	}, got, err)
}

func TestJobs_Current(t *testing.T) {
	_, err := collect(recorded(t, "jobs_current_unauthorized").Jobs.Current(t.Context(), xpm.CurrentOptions{}))
	checkError(t, err, xpm.ErrUnauthorized, "TokenExpired: token expired at 04/29/2020 09:22:02")

	want := xpm.Job{
		ID: "J000159", UUID: "5e1f0036-7c3a-4b6d-9e20-a1b2c3d40036", Name: "Annual accounts", State: "Planned",
		Budget: "55.00", Type: "Compliance", StartDate: date("2007-09-15T00:00:00"), DueDate: date("2007-09-22T00:00:00"),
		Client:  xpm.ClientRef{UUID: acme, Name: "Acme Example Pty Ltd"},
		Contact: xpm.ContactRef{UUID: "5e1f0010-7c3a-4b6d-9e20-a1b2c3d40010", Name: "Casey E Example"},
		Manager: johnSmith, Partner: joBlogs,
		Assigned: []xpm.Assignment{{UUID: "5e1f0041-7c3a-4b6d-9e20-a1b2c3d40041", Name: "Jo Example"}},
	}
	got, err := collect(recorded(t, "jobs_current").Jobs.Current(t.Context(), xpm.CurrentOptions{}))
	check(t, []xpm.Job{want}, got, err)

	want.Tasks = []xpm.JobTask{{
		UUID: "5e1f0041-7c3a-4b6d-9e20-a1b2c3d40041", TaskUUID: "5e1f0042-7c3a-4b6d-9e20-a1b2c3d40042", Name: "Bookkeeping",
		EstimatedMinutes: "180", ActualMinutes: "100", Completed: xpm.FlagNo, Billable: xpm.FlagYes,
		StartDate: date("2008-08-29T00:00:00"), DueDate: date("2008-09-29T00:00:00"),
		Assigned: []xpm.Assignment{{UUID: "5e1f0043-7c3a-4b6d-9e20-a1b2c3d40043", Name: "Jo Example", AllocatedMinutes: "180"}},
	}}
	want.Milestones = []xpm.Milestone{{UUID: "5e1f0044-7c3a-4b6d-9e20-a1b2c3d40044", Date: date("2008-09-24T00:00:00"), Description: "do something by then", Completed: xpm.FlagNo}}
	want.Notes = []xpm.JobNote{{
		UUID: "5e1f0045-7c3a-4b6d-9e20-a1b2c3d40045", Title: "note title", Text: "subject of the note", Date: date("2008-09-12T13:00:00"), CreatedBy: "Jo Example",
		Comments: []xpm.NoteComment{{UUID: "5e1f0046-7c3a-4b6d-9e20-a1b2c3d40046", Text: "example comment", Date: date("2008-09-12T14:00:00"), CreatedBy: "Robin Example"}},
	}}
	got, err = collect(recorded(t, "jobs_current_detailed").Jobs.Current(t.Context(), xpm.CurrentOptions{Detailed: true}))
	check(t, []xpm.Job{want}, got, err)
}

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
	joBlogs   = xpm.StaffRef{UUID: "dc48df15-1a5c-4675-9d82-4ca54e2c6e86", Name: "Jo Blogs"}
	johnSmith = xpm.StaffRef{UUID: "98466a19-16df-4ded-b657-0a80ef9a2094", Name: "John Smith"}
)

// summary is what every list has of the client in the exchanges.
func summary() xpm.ClientEntity {
	return xpm.ClientEntity{
		UUID: acme, Name: "Acmer Pty Ltd", Email: "someone@example.com",
		PostalAddress: "Level 32, PWC Building\n188 Quay Street\nAuckland Central", PostalCity: "Auckland", PostalPostCode: "1001",
		Phone: "(02) 1723 5265", IsProspect: xpm.FlagNo, StateKnown: true,
		AccountManager: joBlogs, JobManager: johnSmith,
		WebURL: "https://app.practicemanager.xero.com/Client/123/Detail",
		Contacts: []xpm.Contact{{
			UUID: "dd92bcf4-4227-447a-a0d9-81984609aa5e", Name: "Wyett E Coyote", Salutation: "Wyett", Position: "0",
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
	c.Notes = []xpm.Note{{Title: "note title", Text: "subject of the note", Date: date("2008-09-12T13:00:00"), CreatedBy: "Jo Bloggs"}}
	c.Groups = []xpm.GroupRef{{UUID: "0dd913a9-6c7b-4060-ac4b-6ff7b41bd233", Name: "Bloggs Family"}}
	c.Relationships = []xpm.Relationship{{
		UUID: "1d44f4b8-094f-4b91-a73e-b00b83593f71", Type: "Director of",
		RelatedClient:  xpm.ClientRef{UUID: "7b57ae35-244b-4ded-b237-b3ea8a222dd2", Name: "Bloggs Ltd"},
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
		UUID: acme, Name: "Acmer Pty Ltd", Email: "someone@example.com", DateOfBirth: date("1970-11-26"), PostalCity: "Auckland",
		Type:          xpm.ClientType{Name: "20th of Month", CostMarkup: "30.00", PaymentTerm: "DayOfMonth", PaymentDay: "20"},
		BillingClient: xpm.ClientRef{UUID: "9e023415-b173-4375-b8d5-4220b5a6b294", Name: "Billing Client"},
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
		UUID: "9e023415-b173-4375-b8d5-4220b5a6b294", Name: "A. Dutchess", PostalAddress: "P O Box 123", PostalCity: "Wellington",
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
		paged(acme, "Acmer Pty Ltd"),
		paged("9e023415-b173-4375-b8d5-4220b5a6b294", "A. Dutchess"),
		paged("720c21d3-e812-4bb1-9d6b-ddeb4745e7b9", "XYZ Australia"),
	}, got, err)
}

func TestJobs_Current(t *testing.T) {
	_, err := collect(recorded(t, "jobs_current_unauthorized").Jobs.Current(t.Context(), xpm.CurrentOptions{}))
	checkError(t, err, xpm.ErrUnauthorized, "TokenExpired: token expired at 04/29/2020 09:22:02")

	want := xpm.Job{
		ID: "J000159", UUID: "0d3458b8-6fde-4389-8dbb-0a85804466ad", Name: "Brochure Design", State: "Planned",
		Budget: "55.00", Type: "Website Development", StartDate: date("2007-09-15T00:00:00"), DueDate: date("2007-09-22T00:00:00"),
		Client:  xpm.ClientRef{UUID: acme, Name: "Acmer Pty Ltd"},
		Contact: xpm.ContactRef{UUID: "dd92bcf4-4227-447a-a0d9-81984609aa5e", Name: "Wyett E Coyote"},
		Manager: johnSmith, Partner: joBlogs,
		Assigned: []xpm.Assignment{{UUID: "af6f1a4a-3929-41ef-b344-68765c9d4db7", Name: "Jo Bloggs"}},
	}
	got, err := collect(recorded(t, "jobs_current").Jobs.Current(t.Context(), xpm.CurrentOptions{}))
	check(t, []xpm.Job{want}, got, err)

	want.Tasks = []xpm.JobTask{{
		UUID: "af6f1a4a-3929-41ef-b344-68765c9d4db7", TaskUUID: "f4f62087-e131-4089-be4e-28ba8b6bd3e1", Name: "Creative Direction",
		EstimatedMinutes: "180", ActualMinutes: "100", Completed: xpm.FlagNo, Billable: xpm.FlagYes,
		StartDate: date("2008-08-29T00:00:00"), DueDate: date("2008-09-29T00:00:00"),
		Assigned: []xpm.Assignment{{UUID: "68ae87b9-8268-4fe0-a65d-c0e2ddb3d9a5", Name: "Jo Blogs", AllocatedMinutes: "180"}},
	}}
	want.Milestones = []xpm.Milestone{{UUID: "f252ae9b-da45-43a4-8fd2-cba0e4a79cb5", Date: date("2008-09-24T00:00:00"), Description: "do something by then", Completed: xpm.FlagNo}}
	want.Notes = []xpm.JobNote{{
		UUID: "bdcb3407-9ef5-4dd0-8a1b-0710af0342f1", Title: "note title", Text: "subject of the note", Date: date("2008-09-12T13:00:00"), CreatedBy: "Jo Bloggs",
		Comments: []xpm.NoteComment{{UUID: "128d63fe-f494-47fb-a815-e2ecbbc7aa0d", Text: "example comment", Date: date("2008-09-12T14:00:00"), CreatedBy: "John Smith"}},
	}}
	got, err = collect(recorded(t, "jobs_current_detailed").Jobs.Current(t.Context(), xpm.CurrentOptions{Detailed: true}))
	check(t, []xpm.Job{want}, got, err)
}

package xpm_test

import (
	"context"
	"errors"
	"testing"

	"github.com/practicekit/offboarding/xpm"
)

const joStaff = xpm.StaffUUID("5e1f0009-7c3a-4b6d-9e20-a1b2c3d40009")

// jo is the member of staff of the exchanges.
func jo() xpm.Staff { return xpm.Staff{UUID: joStaff, Name: "Jo Example", Email: "jo@example.com"} }

func TestStaff_List(t *testing.T) {
	_, err := collect(recorded(t, "staff_list_scope_missing").Staff.List(t.Context(), xpm.StaffOptions{}))
	checkError(t, err, xpm.ErrForbidden, "AuthorizationUnsuccessful")
	_, err = collect(newClient(t, ok(`<Response><Status>OK</Status><StaffList><Staff><Name>Jo</Name></Staff></StaffList></Response>`)).Staff.List(t.Context(), xpm.StaffOptions{}))
	checkError(t, err, xpm.ErrInvalid, "")

	withPage := jo()
	withPage.WebURL = "https://app.practicemanager.xero.com/admin/resourceedit.aspx?id=123"
	got, err := collect(recorded(t, "staff_list").Staff.List(t.Context(), xpm.StaffOptions{}))
	check(t, []xpm.Staff{withPage, {
		UUID: "0cbaf41f-9241-4f72-8b90-fbdf4457c346", Name: "Robin Example", Email: "john@example.com", Address: "Level 2\n1 Example Street",
	}}, got, err)
}

func TestStaff_Get(t *testing.T) {
	_, err := recorded(t, "staff_get_not_found").Staff.Get(t.Context(), joStaff)
	checkError(t, err, xpm.ErrNotFound, "Invalid staff identifier")
	_, err = newClient(t, ok(`<Response><Status>OK</Status><Staff><UUID>0cbaf41f-9241-4f72-8b90-fbdf4457c346</UUID></Staff></Response>`)).Staff.Get(t.Context(), joStaff)
	checkError(t, err, xpm.ErrInvalid, "")

	want := jo()
	want.WebURL = "https://app.practicemanager.xero.com/admin/resourceedit.aspx?id=123"
	got, err := recorded(t, "staff_get").Staff.Get(t.Context(), joStaff)
	check(t, want, got, err)
}

func TestStaff_Create(t *testing.T) {
	_, err := recorded(t, "staff_create_refused").Staff.Create(t.Context(), xpm.StaffParams{Name: "Jo Example"})
	checkError(t, err, xpm.ErrInvalid, "A detailed explanation of the error")
	for _, p := range []xpm.StaffParams{{}, {Name: " "}, {Name: "Jo", Clear: []string{"Phone"}}, {Name: "Jo\x00"}} {
		if _, err := newClient(t, unreachable(t)).Staff.Create(t.Context(), p); !errors.Is(err, xpm.ErrInvalid) {
			t.Errorf("%+v: %v", p, err)
		}
	}

	want := jo()
	want.Phone, want.Address, want.PayrollCode = "(02) 5550 1234", "1 Example Street", "PC123"
	p := xpm.StaffParams{Name: want.Name, Address: want.Address, Phone: want.Phone, Email: want.Email, PayrollCode: want.PayrollCode}
	got, err := recorded(t, "staff_create").Staff.Create(t.Context(), p)
	check(t, want, got, err)
	got, err = recorded(t, "staff_update").Staff.Update(t.Context(), joStaff, p)
	check(t, want, got, err)
}

func TestStaff_Update(t *testing.T) {
	_, err := recorded(t, "staff_update_not_found").Staff.Update(t.Context(), joStaff, xpm.StaffParams{Name: "Jo Example"})
	checkError(t, err, xpm.ErrNotFound, "Invalid staff identifier")
	for _, p := range []xpm.StaffParams{{}, {Name: "Jo", Clear: []string{"Name"}}, {Name: "Jo", Clear: []string{"Wage"}}, {Name: "Jo", Phone: "1", Clear: []string{"Phone"}}} {
		if _, err := newClient(t, unreachable(t)).Staff.Update(t.Context(), joStaff, p); !errors.Is(err, xpm.ErrInvalid) {
			t.Errorf("%+v: %v", p, err)
		}
	}

	got, err := recorded(t, "staff_update_cleared").Staff.Update(t.Context(), joStaff, xpm.StaffParams{Name: "Jo Example", Clear: []string{"Address", "Phone"}})
	check(t, jo(), got, err)
}

// An update sets the same values again; what is added twice is there twice.
func TestStaff_Lost(t *testing.T) {
	s := newClient(t, answer(503, "", "")).Staff
	if _, err := s.Update(t.Context(), joStaff, xpm.StaffParams{Name: "Jo"}); !errors.Is(err, xpm.ErrUnavailable) || errors.Is(err, xpm.ErrOutcomeUnknown) {
		t.Errorf("%v", err)
	}
	if _, err := s.Create(t.Context(), xpm.StaffParams{Name: "Jo"}); !errors.Is(err, xpm.ErrOutcomeUnknown) {
		t.Errorf("%v", err)
	}
}

// The calls whose answer is a Status only.
func TestStaff_Acts(t *testing.T) {
	for name, act := range map[string]func(*xpm.StaffService, context.Context, xpm.StaffUUID) error{
		"delete":         (*xpm.StaffService).Delete,
		"enable":         (*xpm.StaffService).Enable,
		"disable":        (*xpm.StaffService).Disable,
		"reset_password": (*xpm.StaffService).ResetPassword,
	} {
		t.Run(name, func(t *testing.T) {
			err := act(recorded(t, "staff_"+name+"_not_found").Staff, t.Context(), joStaff)
			checkError(t, err, xpm.ErrNotFound, "Invalid staff identifier")
			if err := act(newClient(t, unreachable(t)).Staff, t.Context(), "a/b"); !errors.Is(err, xpm.ErrInvalid) {
				t.Errorf("%v", err)
			}
			lost := xpm.ErrOutcomeUnknown
			if name == "disable" {
				lost = xpm.ErrUnavailable // may be sent again
			}
			if err := act(newClient(t, answer(503, "", "")).Staff, t.Context(), joStaff); !errors.Is(err, lost) {
				t.Errorf("%v; want %v", err, lost)
			}
			if err := act(recorded(t, "staff_"+name).Staff, t.Context(), joStaff); err != nil {
				t.Error(err)
			}
		})
	}
}

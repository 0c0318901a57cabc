package xpm_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/practicekit/offboarding/xpm"
)

const smiths = xpm.GroupUUID("5e1f0031-7c3a-4b6d-9e20-a1b2c3d40031")

var (
	joExample = xpm.ClientRef{UUID: "5e1f0032-7c3a-4b6d-9e20-a1b2c3d40032", Name: "Jo Example"}
	widgets   = xpm.ClientRef{UUID: "5e1f0033-7c3a-4b6d-9e20-a1b2c3d40033", Name: "Example Widget Ltd"}
)

// smithFamily is the group of the exchanges.
func smithFamily(members ...xpm.ClientRef) xpm.Group {
	return xpm.Group{UUID: smiths, Name: "Second Family", Taxable: xpm.FlagNo, Clients: members}
}

func TestGroups_List(t *testing.T) {
	_, err := collect(recorded(t, "groups_list_forbidden").Groups.List(t.Context(), xpm.GroupOptions{}))
	checkError(t, err, xpm.ErrForbidden, "AuthenticationUnsuccessful")
	_, err = collect(newClient(t, ok(`<Response><Status>OK</Status><Groups><Group/></Groups></Response>`)).Groups.List(t.Context(), xpm.GroupOptions{}))
	checkError(t, err, xpm.ErrInvalid, "")

	got, err := collect(recorded(t, "groups_list").Groups.List(t.Context(), xpm.GroupOptions{}))
	check(t, []xpm.Group{{
		UUID: "5e1f0012-7c3a-4b6d-9e20-a1b2c3d40012", Name: "Example Family", Taxable: xpm.FlagYes,
		WebURL: "https://app.practicemanager.xero.com/Group/7",
	}, smithFamily()}, got, err)
}

func TestGroups_Get(t *testing.T) {
	_, err := recorded(t, "groups_get_not_found").Groups.Get(t.Context(), smiths)
	checkError(t, err, xpm.ErrNotFound, "Invalid group identifier")
	if _, err := newClient(t, unreachable(t)).Groups.Get(t.Context(), ""); !errors.Is(err, xpm.ErrInvalid) {
		t.Errorf("%v", err)
	}

	got, err := recorded(t, "groups_get").Groups.Get(t.Context(), xpm.GroupUUID(strings.ToLower(string(smiths))))
	check(t, smithFamily(joExample, widgets), got, err)
}

func TestGroups_Create(t *testing.T) {
	_, err := recorded(t, "groups_create_not_found").Groups.Create(t.Context(), xpm.GroupParams{Name: "Second Family", ClientUUID: acme})
	checkError(t, err, xpm.ErrNotFound, "Invalid client identifier")
	for _, p := range []xpm.GroupParams{{}, {Name: "Second Family"}, {ClientUUID: acme}} {
		if _, err := newClient(t, unreachable(t)).Groups.Create(t.Context(), p); !errors.Is(err, xpm.ErrInvalid) {
			t.Errorf("%+v: %v", p, err)
		}
	}
	_, err = newClient(t, ok(`<Response><Status>OK</Status></Response>`)).Groups.Create(t.Context(), xpm.GroupParams{Name: "Second Family", ClientUUID: acme})
	checkError(t, err, xpm.ErrOutcomeUnknown, "")

	got, err := recorded(t, "groups_create").Groups.Create(t.Context(), xpm.GroupParams{Name: "Second Family", Taxable: xpm.FlagNo, ClientUUID: acme})
	check(t, smithFamily(xpm.ClientRef{UUID: acme, Name: "Acme Example Pty Ltd"}), got, err)
}

func TestGroups_UpdateMembers(t *testing.T) {
	add := xpm.GroupMembersParams{Add: []xpm.ClientUUID{joExample.UUID}}
	_, err := recorded(t, "groups_update_members_not_found").Groups.UpdateMembers(t.Context(), smiths, add)
	checkError(t, err, xpm.ErrNotFound, "Invalid group identifier")
	for _, m := range []xpm.GroupMembersParams{
		{}, {Add: []xpm.ClientUUID{""}}, {Remove: []xpm.ClientUUID{"a b"}},
		{Add: []xpm.ClientUUID{acme}, Remove: []xpm.ClientUUID{xpm.ClientUUID(strings.ToUpper(string(acme)))}},
	} {
		if _, err := newClient(t, unreachable(t)).Groups.UpdateMembers(t.Context(), smiths, m); !errors.Is(err, xpm.ErrInvalid) {
			t.Errorf("%+v: %v", m, err)
		}
	}
	// What the answer does not show is not known to be done.
	with := ok(`<Response><Status>OK</Status><Group><UUID>` + string(smiths) + `</UUID><Clients><Client><UUID>` + string(acme) + `</UUID></Client></Clients></Group></Response>`)
	for _, m := range []xpm.GroupMembersParams{add, {Remove: []xpm.ClientUUID{acme}}} {
		if _, err := newClient(t, with).Groups.UpdateMembers(t.Context(), smiths, m); !errors.Is(err, xpm.ErrOutcomeUnknown) {
			t.Errorf("%+v: %v", m, err)
		}
	}

	got, err := recorded(t, "groups_update_members").Groups.UpdateMembers(t.Context(), smiths, xpm.GroupMembersParams{
		Add: []xpm.ClientUUID{joExample.UUID, widgets.UUID}, Remove: []xpm.ClientUUID{acme},
	})
	check(t, smithFamily(joExample, widgets), got, err)
}

func TestGroups_Delete(t *testing.T) {
	err := recorded(t, "groups_delete_not_found").Groups.Delete(t.Context(), smiths)
	checkError(t, err, xpm.ErrNotFound, "Invalid group identifier")
	if err := newClient(t, unreachable(t)).Groups.Delete(t.Context(), " "); !errors.Is(err, xpm.ErrInvalid) {
		t.Errorf("%v", err)
	}

	if err := recorded(t, "groups_delete").Groups.Delete(t.Context(), smiths); err != nil {
		t.Error(err)
	}
}

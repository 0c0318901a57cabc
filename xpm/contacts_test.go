package xpm_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/practicekit/offboarding/xpm"
)

const coyote = xpm.ContactUUID("5e1f0010-7c3a-4b6d-9e20-a1b2c3d40010")

// wyettAs is the contact of the exchanges, with what it is with a client.
func wyettAs(position string, primary xpm.Flag) xpm.Contact {
	return xpm.Contact{UUID: coyote, Name: "Casey E Example", Salutation: "Wyett", Position: position, IsPrimary: primary, IsDeleted: xpm.FlagNo}
}

func TestContacts_All(t *testing.T) {
	_, err := collect(recorded(t, "contacts_all_forbidden").Contacts.All(t.Context(), xpm.PageOptions{}))
	checkError(t, err, xpm.ErrForbidden, "AuthenticationUnsuccessful")

	samantha := wyettAs("", "")
	samantha.UUID, samantha.Name = "5e1f0007-7c3a-4b6d-9e20-a1b2c3d40007", "Sam Example"
	got, err := collect(recorded(t, "contacts_all").Contacts.All(t.Context(), xpm.PageOptions{PageSize: 1}))
	check(t, []xpm.Contact{wyettAs("", ""), samantha}, got, err)
}

func TestContacts_Get(t *testing.T) {
	_, err := recorded(t, "contacts_get_not_found").Contacts.Get(t.Context(), coyote, "")
	checkError(t, err, xpm.ErrNotFound, "Invalid contact identifier")

	got, err := recorded(t, "contacts_get").Contacts.Get(t.Context(), coyote, acme)
	check(t, wyettAs("Inventor", xpm.FlagYes), got, err)
}

func TestContacts_Create(t *testing.T) {
	_, err := recorded(t, "contacts_create_refused").Contacts.Create(t.Context(), acme, xpm.ContactParams{Name: "Casey E Example"})
	checkError(t, err, xpm.ErrInvalid, "A detailed explanation of the error")

	got, err := recorded(t, "contacts_create").Contacts.Create(t.Context(), acme, xpm.ContactParams{
		Name: "Casey E Example", Salutation: "Wyett", Addressee: "Mr Example", Mobile: "1", Email: "casey@example.com", Phone: "2", Position: "Inventor", IsPrimary: xpm.FlagYes,
	})
	check(t, wyettAs("Inventor", xpm.FlagYes), got, err)
}

func TestContacts_Update(t *testing.T) {
	_, err := recorded(t, "contacts_update_not_found").Contacts.Update(t.Context(), coyote, "", xpm.ContactParams{Name: "Casey E Example"})
	checkError(t, err, xpm.ErrNotFound, "Invalid contact identifier")

	got, err := recorded(t, "contacts_update").Contacts.Update(t.Context(), coyote, acme, xpm.ContactParams{
		Name: "Casey E Example", Salutation: "Wyett", Position: "Inventor", IsPrimary: xpm.FlagYes, Clear: []string{"Mobile"},
	})
	check(t, wyettAs("Inventor", xpm.FlagYes), got, err)
}

func TestContacts_Delete(t *testing.T) {
	_, err := recorded(t, "contacts_delete_not_found").Contacts.Delete(t.Context(), coyote, "")
	checkError(t, err, xpm.ErrNotFound, "Invalid contact identifier")

	want := wyettAs("", "")
	want.IsDeleted = xpm.FlagYes
	got, err := recorded(t, "contacts_delete").Contacts.Delete(t.Context(), coyote, acme)
	check(t, want, got, err)
}

func TestContacts_Link(t *testing.T) {
	links := []xpm.ContactLink{
		{UUID: "5E1F0017-7C3A-4B6D-9E20-A1B2C3D40017", IsPrimary: xpm.FlagNo},
		{UUID: "5E1F0018-7C3A-4B6D-9E20-A1B2C3D40018", Position: "Director", IsPrimary: xpm.FlagYes},
	}
	checkError(t, recorded(t, "contacts_link_not_found").Contacts.Link(t.Context(), acme, links), xpm.ErrNotFound, "Invalid contact identifier")
	if err := recorded(t, "contacts_link").Contacts.Link(t.Context(), acme, links); err != nil {
		t.Error(err)
	}
}

func TestContacts_NotSent(t *testing.T) {
	named := xpm.ContactParams{Name: "Jo"}
	update := func(id xpm.ContactUUID, client xpm.ClientUUID, p xpm.ContactParams) func(c *xpm.Client) error {
		return func(c *xpm.Client) error { _, err := c.Contacts.Update(t.Context(), id, client, p); return err }
	}
	create := func(client xpm.ClientUUID, p xpm.ContactParams) func(c *xpm.Client) error {
		return func(c *xpm.Client) error { _, err := c.Contacts.Create(t.Context(), client, p); return err }
	}
	link := func(client xpm.ClientUUID, links ...xpm.ContactLink) func(c *xpm.Client) error {
		return func(c *xpm.Client) error { return c.Contacts.Link(t.Context(), client, links) }
	}
	for name, call := range map[string]func(c *xpm.Client) error{
		"get without id":      func(c *xpm.Client) error { _, err := c.Contacts.Get(t.Context(), "", acme); return err },
		"get with odd client": func(c *xpm.Client) error { _, err := c.Contacts.Get(t.Context(), coyote, "a/b"); return err },
		"delete elsewhere":    func(c *xpm.Client) error { _, err := c.Contacts.Delete(t.Context(), "a/b", acme); return err },
		"page of 501": func(c *xpm.Client) error {
			_, err := collect(c.Contacts.All(t.Context(), xpm.PageOptions{PageSize: 501}))
			return err
		},
		"create for nobody":     create("", named),
		"create without name":   create(acme, xpm.ContactParams{Email: "a@example.com"}),
		"create and clear":      create(acme, xpm.ContactParams{Name: "Jo", Clear: []string{"Email"}}),
		"update without name":   update(coyote, acme, xpm.ContactParams{}),
		"update without id":     update("", acme, named),
		"position of nobody":    update(coyote, "", xpm.ContactParams{Name: "Jo", Position: "Director"}),
		"primary of nobody":     update(coyote, "", xpm.ContactParams{Name: "Jo", IsPrimary: xpm.FlagYes}),
		"no position of nobody": update(coyote, "", xpm.ContactParams{Name: "Jo", Clear: []string{"Position"}}),
		"clear primary":         update(coyote, acme, xpm.ContactParams{Name: "Jo", Clear: []string{"IsPrimary"}}),
		"link none":             link(acme),
		"link eleven":           link(acme, make([]xpm.ContactLink, 11)...),
		"link without id":       link(acme, xpm.ContactLink{}),
		"link to nobody":        link("", xpm.ContactLink{UUID: coyote}),
	} {
		t.Run(name, func(t *testing.T) { refuses(t, call) })
	}
}

// An answer about someone else leaves open what was deleted.
func TestContacts_AboutAnother(t *testing.T) {
	body := "<Response><Status>OK</Status><Contact><UUID>5e1f0007-7c3a-4b6d-9e20-a1b2c3d40007</UUID></Contact></Response>"
	if _, err := newClient(t, ok(body)).Contacts.Delete(t.Context(), coyote, acme); !errors.Is(err, xpm.ErrOutcomeUnknown) {
		t.Error(err)
	}
	if _, err := newClient(t, ok(body)).Contacts.Get(t.Context(), coyote, acme); !errors.Is(err, xpm.ErrInvalid) {
		t.Error(err)
	}
	none := strings.Replace(body, "5e1f0007-7c3a-4b6d-9e20-a1b2c3d40007", "", 1)
	if _, err := newClient(t, ok(none)).Contacts.Create(t.Context(), acme, xpm.ContactParams{Name: "Jo"}); !errors.Is(err, xpm.ErrOutcomeUnknown) {
		t.Error(err)
	}
}

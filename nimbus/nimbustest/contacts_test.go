package nimbustest_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/nimbus/nimbustest"
)

func TestServer_contacts(t *testing.T) { // P3, R15 to R17
	var effects []string
	c, server := start(t, nimbustest.Config{PageSize: 1, OnEffect: func(op, client, target string, destructive, changed bool) {
		effects = append(effects, fmt.Sprint(op, " ", client, " ", target, " ", destructive, " ", changed))
	}})
	id := server.AddClient(nimbustest.Client{Code: "SMIT0001", Name: "Smith Pty Ltd"})
	ann := must(server.AddContact(nimbustest.Contact{FirstName: "Ann", Email: "a@example.com", HasLogin: true, PortalAccess: true, Related: []string{string(id)}}))(t)
	bob := must(server.AddContact(nimbustest.Contact{FirstName: "Bob", Email: "a@example.com", HasLogin: true, Invited: true, Related: []string{"smit0001"}}))(t)

	if err := c.Contacts.Delete(t.Context(), ann); code(err) != nimbus.CodeContactRelated {
		t.Errorf("a related contact: %v", err)
	}
	if err := c.Contacts.RemovePortalAccess(t.Context(), "ct-9"); !errors.Is(err, nimbus.ErrNotFound) {
		t.Errorf("nobody's access: %v", err)
	}
	want := []nimbus.Contact{
		{ID: ann, FirstName: "Ann", Email: "a@example.com", HasLogin: true, PortalAccess: true},
		{ID: bob, FirstName: "Bob", Email: "a@example.com", HasLogin: true, Invited: true},
	}
	if diff := cmp.Diff(want, must(c.Contacts.ListByClient(t.Context(), id))(t)); diff != "" {
		t.Error(diff)
	}
	for range 2 {
		if err := c.Contacts.RemovePortalAccess(t.Context(), ann); err != nil {
			t.Error(err)
		}
	}
	server.RemoveEntity("SMIT0001")
	if p := must(c.Contacts.Get(t.Context(), ann))(t); p.PortalAccess || !p.HasLogin {
		t.Errorf("contact = %+v", p)
	}
	if err := c.Contacts.Delete(t.Context(), ann); err != nil {
		t.Error(err)
	}
	if err := c.Contacts.Delete(t.Context(), ann); !errors.Is(err, nimbus.ErrNotFound) {
		t.Errorf("again: %v", err)
	}
	if want := []string{
		"delete-contact SMIT0001 ct-1 true false", "remove-portal-access  ct-9 true false",
		"remove-portal-access SMIT0001 ct-1 true true", "remove-portal-access SMIT0001 ct-1 true false",
		"delete-contact  ct-1 true true", "delete-contact  ct-1 true false",
	}; !slices.Equal(effects, want) {
		t.Errorf("effects = %q", effects)
	}
}

func TestServer_changesFromOutside(t *testing.T) {
	c, server := start(t, nimbustest.Config{})
	server.AddClient(nimbustest.Client{Code: "SMIT0001"})
	must(server.AddDocument("SMIT0001", nimbustest.Document{Name: "a.pdf", Path: nimbus.PathFromClient, Locked: true}))(t)
	job := must(server.AddEmailJob("SMIT0001", nimbustest.EmailJob{DocumentsForSignature: 1, OutstandingSignatures: 1}))(t)

	if server.SetSignatures("j-9", 0, 0) || !server.SetSignatures(job, 0, 0) {
		t.Error("SetSignatures does not tell whether there is such a job")
	}
	if !server.RemoveEntity("SMIT0001") { // R12 no longer holds
		t.Error("the entity stayed")
	}
	documents := must(c.Documents.List(t.Context(), "f-1"))(t)
	if len(documents) != 1 || !documents[0].Locked || documents[0].Path != nimbus.PathFromClient {
		t.Errorf("documents = %+v", documents)
	}
	if server.SetPublished("d-9", true) || !server.SetPublished(documents[0].ID, true) || !must(c.Documents.List(t.Context(), "f-1"))(t)[0].Published {
		t.Error("the document is not published")
	}
	server.AddClient(nimbustest.Client{Code: "DELT0004"})
	who := must(server.AddContact(nimbustest.Contact{FirstName: "Alex"}))(t)
	if server.Relate(who, "NOBODY") || server.Relate("ct-9", "DELT0004") || !server.Relate(who, "DELT0004") || !server.Relate(who, "DELT0004") {
		t.Error("Relate does not tell whether there are both")
	}
	if relations := must(c.Contacts.Relations(t.Context(), who))(t); len(relations) != 1 {
		t.Errorf("relations = %+v", relations)
	}
	server.SetEdition(nimbus.EditionNonCDM)
	if a := must(c.Account.Get(t.Context()))(t); a.Edition != nimbus.EditionNonCDM {
		t.Errorf("edition = %q", a.Edition)
	}
	for name, err := range map[string]error{
		"document": second(server.AddDocument("NOBODY", nimbustest.Document{})), "job": second(server.AddEmailJob("NOBODY", nimbustest.EmailJob{})),
	} {
		if err == nil {
			t.Errorf("a %s of nobody was added", name)
		}
	}
}

func second[T any](_ T, err error) error { return err }

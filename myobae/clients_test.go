package myobae_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/practicekit/offboarding/myobae"
)

func TestClients_Get(t *testing.T) {
	t.Run("missing", func(t *testing.T) {
		_, err := recorded(t, "clients_get_notfound").Clients.Get(t.Context(), clientUID)
		e := wantError(t, err, myobae.ErrNotFound)
		if e.Name != "NotFound" || e.Code != "150" || e.RequestID != "0e8a-77" || e.Op != "Clients.Get" {
			t.Errorf("error is %+v", e)
		}
	})
	t.Run("refused by a proxy", func(t *testing.T) {
		_, err := recorded(t, "clients_get_html").Clients.Get(t.Context(), clientUID)
		if e := wantError(t, err, myobae.ErrNotFound); e.Description != "" {
			t.Errorf("description %q is out of an HTML page", e.Description)
		}
	})
	for name, body := range badClients {
		t.Run(name, func(t *testing.T) {
			_, err := answering(t, 200, body).Clients.Get(t.Context(), clientUID)
			wantError(t, err, myobae.ErrInvalid)
		})
	}
	for _, uid := range []myobae.ClientUID{"", ".", "..", "a/b", "a?b", "a%2Fb"} {
		t.Run("malformed UID "+string(uid), func(t *testing.T) {
			_, err := silent(t).Clients.Get(t.Context(), uid)
			wantError(t, err, myobae.ErrInvalid)
		})
	}
	t.Run("found", func(t *testing.T) {
		got, err := recorded(t, "clients_get").Clients.Get(t.Context(), clientUID)
		if err != nil {
			t.Fatal(err)
		}
		wantDiff(t, smith(myobae.StatusOpen, "", "true", "8653760884428439681"), got)
	})
	t.Run("unknown status is kept", func(t *testing.T) {
		got, err := answering(t, 200, strings.Replace(bare(""), "Closed", "Retained", 1)).Clients.Get(t.Context(), clientUID)
		if err != nil || got.Status != "Retained" {
			t.Errorf("status %q, error %v", got.Status, err)
		}
	})
	t.Run("personal numbers are dropped", func(t *testing.T) {
		body := strings.Replace(bare(""), `[{`, `[{"Name":"Client TFN","Value":"secret"},{`, 1)
		got, err := answering(t, 200, body).Clients.Get(t.Context(), clientUID)
		if err != nil || len(got.ExtraFields) != 1 || got.ExtraFields[0].Name != "Nimbus Portal" {
			t.Errorf("fields %+v, error %v", got.ExtraFields, err)
		}
	})
}

func TestClients_FindByCode(t *testing.T) {
	t.Run("refused", func(t *testing.T) {
		_, err := recorded(t, "clients_findbycode_invalid").Clients.FindByCode(t.Context(), "SMITHJ01")
		if e := wantError(t, err, myobae.ErrInvalid); e.Name != "OData Query Error" || e.Code != "0" {
			t.Errorf("error is %+v", e)
		}
	})
	t.Run("empty code", func(t *testing.T) {
		_, err := silent(t).Clients.FindByCode(t.Context(), "")
		wantError(t, err, myobae.ErrInvalid)
	})
	for name, body := range map[string]string{
		"no Items":      `{"Count":0}`,
		"Items null":    `{"Items":null}`,
		"incomplete":    `{"Items":[],"NextPageLink":"https://elsewhere.example.com/"}`,
		"another code":  `{"Items":[` + strings.Replace(bare(""), "SMITHJ01", "SMITHJ02", 1) + `]}`,
		"not a client":  `{"Items":[null]}`,
		"an HTML page":  `<html></html>`,
		"status twice":  `{"Items":[` + bare(`,"Status":"Open"`) + `]}`,
		"trailing junk": `{"Items":[]} {"Items":[]}`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := answering(t, 200, body).Clients.FindByCode(t.Context(), "SMITHJ01")
			wantError(t, err, myobae.ErrInvalid)
		})
	}
	t.Run("two are both returned", func(t *testing.T) {
		body := fmt.Sprintf(`{"Items":[%s,%s],"NextPageLink":"https://elsewhere.example.com/"}`, bare(""), strings.Replace(bare(""), "6f0c", "0000", 1))
		got, err := answering(t, 200, body).Clients.FindByCode(t.Context(), "smithj01")
		if err != nil || len(got) != 2 {
			t.Errorf("%d clients, error %v", len(got), err)
		}
	})
	t.Run("a quote stays within the filter", func(t *testing.T) {
		got, err := recorded(t, "clients_findbycode_quote").Clients.FindByCode(t.Context(), "O'BRIEN& or 1")
		if err != nil || len(got) != 0 {
			t.Errorf("%d clients, error %v", len(got), err)
		}
	})
	t.Run("one", func(t *testing.T) {
		got, err := recorded(t, "clients_findbycode").Clients.FindByCode(t.Context(), "SMITHJ01")
		if err != nil {
			t.Fatal(err)
		}
		wantDiff(t, []myobae.ClientEntity{smith(myobae.StatusOpen, "", "true", "8653760884428439681")}, got)
	})
}

func TestClients_ClosePreflight(t *testing.T) {
	t.Run("not offered", func(t *testing.T) {
		_, err := recorded(t, "clients_closepreflight_notoffered").Clients.ClosePreflight(t.Context(), clientUID)
		wantError(t, err, myobae.ErrCapabilityUnavailable)
	})
	t.Run("malformed UID", func(t *testing.T) {
		_, err := silent(t).Clients.ClosePreflight(t.Context(), "")
		wantError(t, err, myobae.ErrInvalid)
	})
	t.Run("no Blockers is not none", func(t *testing.T) {
		_, err := answering(t, 200, `{"Warnings":[]}`).Clients.ClosePreflight(t.Context(), clientUID)
		wantError(t, err, myobae.ErrInvalid)
	})
	t.Run("findings", func(t *testing.T) {
		got, err := recorded(t, "clients_closepreflight").Clients.ClosePreflight(t.Context(), clientUID)
		if err != nil {
			t.Fatal(err)
		}
		wip, none, one := "420.00", 0, 1
		wantDiff(t, myobae.ClosePreflight{
			Blockers:   []myobae.Finding{{Name: "DraftBills", Message: "1 draft bill"}},
			Warnings:   []myobae.Finding{},
			WIPBalance: &wip, OpenAssignments: &none, DraftBills: &one,
		}, got)
	})
}

func TestClients_Close(t *testing.T) {
	t.Run("blocked", func(t *testing.T) {
		_, err := recorded(t, "clients_close_blocked").Clients.Close(t.Context(), clientUID, closing)
		e := wantError(t, err, myobae.ErrConflict)
		if e.Name != myobae.NameClientCannotBeClosed || e.Description != "WIP balance is not zero" {
			t.Errorf("error is %+v", e)
		}
		if strings.Contains(err.Error(), "420.00") {
			t.Errorf("text tells details: %v", err)
		}
	})
	t.Run("changed since", func(t *testing.T) {
		_, err := recorded(t, "clients_close_rowversion").Clients.Close(t.Context(), clientUID, closing)
		if e := wantError(t, err, myobae.ErrConflict); e.Name != myobae.NameIncorrectRowVersionSupplied || e.Code != "111" {
			t.Errorf("error is %+v", e)
		}
	})
	// I6: after a 2xx that proves nothing, the outcome is unknown.
	for name, body := range badClients {
		t.Run(name, func(t *testing.T) {
			_, err := answering(t, 200, body).Clients.Close(t.Context(), clientUID, closing)
			wantError(t, err, myobae.ErrOutcomeUnknown)
		})
	}
	for name, body := range map[string]string{
		"still open":      strings.Replace(bare(""), `"Closed"`, `"Open"`, 1),
		"unknown status":  strings.Replace(bare(""), `"Closed"`, `"Closing"`, 1),
		"an operation":    `{"UID":"1","State":"Pending"}`,
		"an empty object": `{}`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := answering(t, 200, body).Clients.Close(t.Context(), clientUID, closing)
			wantError(t, err, myobae.ErrOutcomeUnknown)
		})
	}
	for name, body := range map[string]string{"no State": `{"UID":"1"}`, "malformed UID": `{"UID":"a/b","State":"Pending"}`, "empty": ``} {
		t.Run("accepted with "+name, func(t *testing.T) {
			_, err := answering(t, 202, body).Clients.Close(t.Context(), clientUID, closing)
			wantError(t, err, myobae.ErrOutcomeUnknown)
		})
	}
	t.Run("no content", func(t *testing.T) {
		_, err := answering(t, 204, ``).Clients.Close(t.Context(), clientUID, closing)
		wantError(t, err, myobae.ErrOutcomeUnknown)
	})
	t.Run("a refusal with a server error proves nothing", func(t *testing.T) {
		_, err := answering(t, 500, `{"Name":"ClientCannotBeClosed"}`).Clients.Close(t.Context(), clientUID, closing)
		wantError(t, err, myobae.ErrOutcomeUnknown)
	})
	for name, p := range map[string]myobae.CloseParams{
		"without RowVersion":   {ExpectedCode: "SMITHJ01"},
		"without ExpectedCode": {RowVersion: "1"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := silent(t).Clients.Close(t.Context(), clientUID, p)
			wantError(t, err, myobae.ErrInvalid)
		})
	}
	t.Run("malformed UID", func(t *testing.T) {
		_, err := silent(t).Clients.Close(t.Context(), "..", closing)
		wantError(t, err, myobae.ErrInvalid)
	})
	t.Run("closed", func(t *testing.T) {
		got, err := recorded(t, "clients_close").Clients.Close(t.Context(), clientUID, closing)
		if err != nil {
			t.Fatal(err)
		}
		want := smith(myobae.StatusClosed, "2026-11-22", "true", "8653760884428439682")
		wantDiff(t, myobae.ChangeResult{Client: &want}, got)
	})
	t.Run("awaiting a person", func(t *testing.T) {
		got, err := recorded(t, "clients_close_awaiting").Clients.Close(t.Context(), clientUID, closing)
		if err != nil {
			t.Fatal(err)
		}
		wantDiff(t, myobae.ChangeResult{Operation: &myobae.Operation{
			UID: operationUID, State: myobae.OperationAwaitingOperator, Message: "Close client in AE",
		}}, got)
	})
}

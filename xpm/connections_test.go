package xpm_test

import (
	"context"
	"net/http"
	"path/filepath"
	"testing"

	"golang.org/x/oauth2"

	"github.com/practicekit/offboarding/internal/clienttest"
	"github.com/practicekit/offboarding/internal/exchange"
	"github.com/practicekit/offboarding/xpm"
	"github.com/practicekit/offboarding/xpm/xpmtest"
)

const connection = xpm.ConnectionID("5e1f0002-7c3a-4b6d-9e20-a1b2c3d40002")

func connections(t *testing.T, rt http.RoundTripper) *xpm.ConnectionService {
	t.Helper()
	s, err := xpm.NewConnections(xpm.ConnectionsConfig{
		TokenSource: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "token"}), HTTPClient: &http.Client{Transport: rt}, MaxRetries: -1,
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func recordedConnections(t *testing.T, name string) *xpm.ConnectionService {
	t.Helper()
	return connections(t, exchange.Transport(t, filepath.Join("testdata", name+".txtar")))
}

func TestConnections_List(t *testing.T) {
	_, err := recordedConnections(t, "connections_list_unauthorized").List(t.Context(), xpm.ConnectionOptions{AuthEventID: "5e1f0003-7c3a-4b6d-9e20-a1b2c3d40003"})
	checkError(t, err, xpm.ErrUnauthorized, "TokenExpired: token expired at 04/29/2020 09:22:02")

	all, err := recordedConnections(t, "connections_list").List(t.Context(), xpm.ConnectionOptions{})
	if err != nil || len(all) != 2 || all[1].TenantName != "Example Practice Pty Ltd" || all[1].TenantType != xpm.TenantOrganisation {
		t.Errorf("%+v, %v; want both", all, err)
	}
	got, err := recordedConnections(t, "connections_list").List(t.Context(), xpm.ConnectionOptions{TenantType: xpm.TenantPracticeManager})
	want := []xpm.Connection{{
		ID: connection, AuthEventID: "5e1f0003-7c3a-4b6d-9e20-a1b2c3d40003", TenantID: tenant, TenantType: xpm.TenantPracticeManager,
		Created: date("2020-01-30T01:33:36"), Updated: date("2020-02-02T19:21:08"),
	}}
	want[0].Created.Time, want[0].Created.Text = want[0].Created.Time.Add(271738000), "2020-01-30T01:33:36.2717380"
	want[0].Updated.Time, want[0].Updated.Text = want[0].Updated.Time.Add(573959000), "2020-02-02T19:21:08.5739590"
	check(t, want, got, err)
}

func TestConnections_List_Garbled(t *testing.T) {
	for name, body := range map[string]string{
		"null": "null", "nothing": "", "a page": "<html></html>", "an object": "{}", "two lists": "[][]",
		"no id": `[{"tenantId":"t","tenantType":"PRACTICEMANAGER"}]`, "no tenant": `[{"id":"i","tenantType":"PRACTICEMANAGER"}]`, "no type": `[{"id":"i","tenantId":"t"}]`,
	} {
		list, err := connections(t, answer(http.StatusOK, "application/json", body)).List(t.Context(), xpm.ConnectionOptions{})
		if list != nil {
			t.Errorf("%s: %v", name, list)
		}
		checkError(t, err, xpm.ErrInvalid, "")
	}
	list, err := connections(t, answer(http.StatusOK, "application/json", "[]")).List(t.Context(), xpm.ConnectionOptions{})
	if err != nil || len(list) != 0 {
		t.Errorf("%v, %v; want none", list, err)
	}
}

func TestConnections_Delete(t *testing.T) {
	checkError(t, recordedConnections(t, "connections_delete_not_found").Delete(t.Context(), connection), xpm.ErrNotFound, "")
	checkError(t, connections(t, nil).Delete(t.Context(), "../invitations"), xpm.ErrInvalid, "")
	checkError(t, connections(t, nil).Delete(t.Context(), ""), xpm.ErrInvalid, "")
	if err := recordedConnections(t, "connections_delete").Delete(t.Context(), connection); err != nil {
		t.Error(err)
	}
}

func TestConnections_Identity(t *testing.T) {
	identity := xpmtest.NewIdentity(xpmtest.IdentityConfig{})
	access, _ := identity.Grant()
	s, err := xpm.NewConnections(xpm.ConnectionsConfig{
		TokenSource: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: access}), HTTPClient: identity.HTTPClient(),
	})
	if err != nil {
		t.Fatal(err)
	}
	list, err := s.List(t.Context(), xpm.ConnectionOptions{TenantType: xpm.TenantPracticeManager})
	if err != nil || len(list) != 1 || list[0].TenantID != xpmtest.Tenant || list[0].TenantName != "" {
		t.Fatalf("%+v, %v", list, err)
	}
	if err := s.Delete(t.Context(), list[0].ID); err != nil {
		t.Error(err)
	}
	checkError(t, s.Delete(t.Context(), list[0].ID), xpm.ErrNotFound, "")
	if list, err = s.List(t.Context(), xpm.ConnectionOptions{}); err != nil || len(list) != 0 {
		t.Errorf("%+v, %v; want none", list, err)
	}
}

func TestNewConnections(t *testing.T) {
	for _, config := range []xpm.ConnectionsConfig{
		{},
		{TokenSource: oauth2.StaticTokenSource(&oauth2.Token{}), BaseURL: "http://api.example.com"},
	} {
		if _, err := xpm.NewConnections(config); err == nil {
			t.Errorf("%v is taken", config.BaseURL)
		}
	}
}

func TestConnections_Conformance(t *testing.T) {
	header := http.Header{"Content-Type": {"application/json"}}
	clienttest.Run(t, clienttest.Subject{
		Base:   "/",
		ReadOK: clienttest.Answer{Status: http.StatusOK, Header: header, Body: "[]"},
		OnceOK: clienttest.Answer{Status: http.StatusNoContent},
		New: func(config clienttest.Config) (clienttest.Calls, error) {
			s, err := xpm.NewConnections(xpm.ConnectionsConfig{
				TokenSource: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: config.Token}),
				BaseURL:     config.BaseURL, HTTPClient: config.HTTPClient, Logger: config.Logger, MaxRetries: config.MaxRetries,
				MaxRetryWait: config.MaxRetryWait, MaxResponseBytes: config.MaxResponseBytes, ReadOnly: config.ReadOnly,
			})
			if err != nil {
				return clienttest.Calls{}, err
			}
			return clienttest.Calls{
				Read: func(ctx context.Context) error {
					_, err := s.List(ctx, xpm.ConnectionOptions{})
					return err
				},
				Once: func(ctx context.Context) error { return s.Delete(ctx, connection) },
			}, nil
		},
	})
}

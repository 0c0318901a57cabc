package xpmtest_test

import (
	"errors"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/practicekit/offboarding/xpm"
	"github.com/practicekit/offboarding/xpm/xpmtest"
)

// Each fault is what the client takes it for, and archives or not.
func TestFaults(t *testing.T) {
	expired := time.Date(2020, 4, 29, 9, 22, 2, 0, time.UTC)
	for name, c := range map[string]struct {
		fault       xpmtest.Fault
		kind        error // of Archive, which is sent at most once
		description string
		archived    bool
	}{
		"day":           {xpmtest.RateLimited(xpmtest.LimitDay, 7*time.Hour), xpm.ErrRateLimited, "", false},
		"token expired": {xpmtest.TokenExpired(expired), xpm.ErrUnauthorized, "TokenExpired: token expired at 04/29/2020 09:22:02", false},
		"wrong tenant":  {xpmtest.WrongTenant(), xpm.ErrForbidden, "AuthenticationUnsuccessful", false},
		"503 before":    {xpmtest.Unavailable(503), xpm.ErrOutcomeUnknown, "ServiceNotAvailable", false},
		"500 after":     {xpmtest.After(xpmtest.Unavailable(500)), xpm.ErrOutcomeUnknown, "ServiceNotAvailable", true},
		"reset before":  {xpmtest.Reset(), xpm.ErrOutcomeUnknown, "", false},
		"reset after":   {xpmtest.After(xpmtest.Reset()), xpm.ErrOutcomeUnknown, "", true},
		"truncated":     {xpmtest.Truncated(), xpm.ErrOutcomeUnknown, "", true},
		"HTML":          {xpmtest.HTML(), xpm.ErrOutcomeUnknown, "", false},
		"refused":       {xpmtest.Refused("No"), xpm.ErrInvalid, "No", false},
		"too slow":      {xpmtest.Slow(time.Hour), xpm.ErrOutcomeUnknown, "", true},
		"slow":          {xpmtest.Slow(time.Minute), nil, "", true},
		"minute":        {xpmtest.RateLimited(xpmtest.LimitMinute, 22*time.Second), nil, "", true},
		"app":           {xpmtest.RateLimited(xpmtest.LimitAppMinute, time.Second), nil, "", true},
		"concurrent":    {xpmtest.RateLimited(xpmtest.LimitConcurrent, 0), nil, "", true},
		"none":          {nil, nil, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := xpmtest.New(xpmtest.Config{})
				s.AddClient(xpmtest.Client{UUID: acme, Code: "ACME01", Name: "Acme Pty Ltd"})
				s.OrderFor("GET client.api/get/{uuid}", xpmtest.Reset())
				s.Order(c.fault)
				got, err := newClient(t, s).Clients.Archive(t.Context(), acme)
				e, _ := errors.AsType[*xpm.Error](err)
				if !errors.Is(err, c.kind) || e != nil && e.Description != c.description {
					t.Errorf("%v, want %v: %s", err, c.kind, c.description)
				}
				if now, _ := s.Client(acme); now.Archived != c.archived || err == nil && !got.IsArchived {
					t.Errorf("archived: %t, want %t", now.Archived, c.archived)
				}
			})
		})
	}
}

// Faults happen once each, in order, and an order for the operation comes first.
func TestServer_Order(t *testing.T) {
	s := xpmtest.New(xpmtest.Config{})
	s.AddClient(xpmtest.Client{UUID: acme, Name: "Acme Pty Ltd"})
	s.Order(xpmtest.WrongTenant(), nil, xpmtest.Refused("Second"))
	s.OrderFor("GET client.api/get/{uuid}", xpmtest.Refused("First"))
	c := newClient(t, s)
	for i, want := range []string{"First", "AuthenticationUnsuccessful", "", "Second", "", ""} {
		_, err := c.Clients.Get(t.Context(), acme)
		e, _ := errors.AsType[*xpm.Error](err)
		if (err == nil) != (want == "") || e != nil && e.Description != want {
			t.Errorf("call %d: %v, want %q", i, err, want)
		}
	}
}

// The connection of a real server breaks as the one in memory does.
func TestFaults_OverHTTP(t *testing.T) {
	s := xpmtest.New(xpmtest.Config{})
	s.AddClient(xpmtest.Client{UUID: acme, Name: "Acme Pty Ltd"})
	srv := httptest.NewServer(s)
	defer srv.Close()
	c, err := xpm.NewClient(xpm.Config{
		TenantID: xpmtest.Tenant, TokenSource: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: xpmtest.Token}),
		BaseURL: srv.URL + "/practicemanager/3.1/", InsecureLoopback: true, MaxRetries: -1,
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, fault := range map[string]xpmtest.Fault{"reset": xpmtest.Reset(), "truncated": xpmtest.Truncated()} {
		s.Order(fault)
		if _, err := c.Clients.Get(t.Context(), acme); !errors.Is(err, xpm.ErrUnavailable) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := c.Clients.Get(t.Context(), acme); err != nil {
		t.Error(err)
	}
}

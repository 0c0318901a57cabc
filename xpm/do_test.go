package xpm_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/practicekit/offboarding/xpm"
)

func TestDo(t *testing.T) {
	c := newClient(t, ok(`<Response><Status>ERROR</Status><ErrorDescription>Invalid staff identifier</ErrorDescription></Response>`))
	for _, r := range []xpm.Request{{}, {Method: "GET"}, {Path: []string{"staff.api", "list"}}} {
		if _, err := c.Do(t.Context(), r); !errors.Is(err, xpm.ErrInvalid) {
			t.Errorf("%+v: %v", r, err)
		}
	}
	r := xpm.Request{Op: "Staff.Get", Effect: xpm.EffectRead, Method: "GET", Path: []string{"staff.api", "get", "a/../b"}}
	_, err := c.Do(t.Context(), r)
	checkError(t, err, xpm.ErrNotFound, "Invalid staff identifier")
	// The zero Effect is the careful one.
	r.Effect, r.Method = 0, "POST"
	for name, rt := range hostile {
		switch name {
		case "no client", "two clients", "client without UUID", "two UUIDs", "another client":
			continue // Do does not look into the parts
		}
		if _, err := newClient(t, rt).Do(t.Context(), r); !errors.Is(err, xpm.ErrOutcomeUnknown) {
			t.Errorf("%s: %v", name, err)
		}
	}
	got, err := recorded(t, "do_job_list").Do(t.Context(), xpm.Request{
		Effect: xpm.EffectRead, Method: "GET", Path: []string{"job.api", "list"},
		Query: url.Values{"from": {"20250701"}, "to": {"20250731"}},
	})
	if err != nil || got.StatusCode != 200 || got.Attempts != 1 || got.RequestID == "" || !strings.Contains(string(got.Body), "<Jobs />") {
		t.Errorf("%v %+v", err, got)
	}
}

func TestDo_ClosesBody(t *testing.T) {
	open := 1
	rt := roundTrip(func(r *http.Request) (*http.Response, error) {
		resp, err := ok(archived)(r)
		resp.Body = counted{resp.Body, &open}
		return resp, err
	})
	if _, err := newClient(t, rt).Do(t.Context(), xpm.Request{Method: "PUT", Path: []string{"client.api", "archive"}}); err != nil || open != 0 {
		t.Errorf("%v, %d bodies open", err, open)
	}
}

func TestDo_Bare(t *testing.T) {
	c := newClient(t, ok("<Documents><Document/></Documents>"))
	r := xpm.Request{Effect: xpm.EffectRead, Method: "GET", Path: []string{"client.api", "documents", string(acme)}}
	if _, err := c.Do(t.Context(), r); !errors.Is(err, xpm.ErrInvalid) {
		t.Errorf("%v", err)
	}
	r.Bare = true
	if got, err := c.Do(t.Context(), r); err != nil || string(got.Body) != "<Documents><Document/></Documents>" {
		t.Errorf("%v %s", err, got.Body)
	}
	if _, err := newClient(t, ok("<Documents/><Documents/>")).Do(t.Context(), r); !errors.Is(err, xpm.ErrInvalid) {
		t.Errorf("%v", err)
	}
}

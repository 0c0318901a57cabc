package nimbus_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/nimbus/nimbustest"
)

func TestNewClient_config(t *testing.T) {
	login := nimbus.Password("api-user", "right", nil)
	for name, config := range map[string]nimbus.Config{
		"Login":            {BaseURL: "https://nimbus.example.com"},
		"BaseURL":          {Login: login}, // there is no default
		"http":             {Login: login, BaseURL: "http://nimbus.example.com"},
		"MaxResponseBytes": {Login: login, BaseURL: "https://nimbus.example.com", MaxResponseBytes: -1},
	} {
		if c, err := nimbus.NewClient(config); err == nil || c != nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Nothing is sent for what the contract cannot mean.
func TestClient_refusesBeforeSending(t *testing.T) {
	c := client(t, roundTripper(func(r *http.Request) (*http.Response, error) {
		t.Errorf("sent %s %s", r.Method, r.URL.Path)
		return nil, io.EOF
	}), token("example"))
	ctx := t.Context()
	second := func(_ any, err error) error { return err }
	grid := func(size int) error {
		for _, err := range c.Clients.All(ctx, nimbus.PageOptions{Size: size}) {
			return err
		}
		return nil
	}
	below := func(path string) error { // P4
		u := historyUpload()
		u.Path = path
		return second(c.Documents.Upload(ctx, "f-1", u))
	}
	for name, err := range map[string]error{
		"empty id":           c.Clients.Delete(ctx, ""),
		"dots":               c.Contacts.Delete(ctx, ".."),
		"one dot":            c.Folders.Delete(ctx, ".", 1),
		"control":            c.Contacts.RemovePortalAccess(ctx, "a\nb"),
		"long":               second(c.Contacts.Relations(ctx, nimbus.ContactID(strings.Repeat("a", 201)))),
		"negative count":     c.Folders.Archive(ctx, "f-1", -1),
		"empty code":         second(c.Clients.FindByCode(ctx, " ")),
		"page size":          grid(501),
		"negative page size": grid(-1),
		"short sync id":      second(c.Syncs.StartFull(ctx, "short")),
		"odd sync id":        second(c.Syncs.StartFull(ctx, "sync/0001")),
		"long sync id":       second(c.Syncs.StartFull(ctx, nimbus.SyncID(strings.Repeat("a", 65)))),
		"no name":            second(c.Documents.Upload(ctx, "f-1", nimbus.Upload{Body: historyUpload().Body})),
		"a folder in a name": second(c.Documents.Upload(ctx, "f-1", nimbus.Upload{Name: "To Client/a.csv", Body: historyUpload().Body})),
		"to the client":      below("To Client"),
		"above the folder":   below("Current/../To Client"),
		"nowhere":            below("Current//a"),
		"a path too long":    below("Current/" + strings.Repeat("a", 255)),
		"no body":            second(c.Documents.Upload(ctx, "f-1", nimbus.Upload{Name: "a.csv"})),
		"unknown effect":     second(c.Do(ctx, nimbus.Request{Op: "X", Method: "GET", Effect: 3, Path: []string{"v1"}})),
		"dots in Do":         second(c.Do(ctx, nimbus.Request{Op: "X", Method: "GET", Path: []string{"v1", ".."}})),
		"no Op":              second(c.Do(ctx, nimbus.Request{Method: "GET", Path: []string{"v1"}})),
	} {
		if !errors.Is(err, nimbus.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What was sent at most once and has no answer as the contract wants it has an
// unknown outcome; what may be repeated has an invalid answer.
func TestClient_undecodableSuccess(t *testing.T) {
	for name, res := range map[string]func() *http.Response{
		"a page":    func() *http.Response { return answer(200, "text/html", "<html>Log in</html>") },
		"empty 200": func() *http.Response { return answer(200, "application/json", "") },
		"null":      func() *http.Response { return answer(200, "application/json", "null") },
		"junk":      func() *http.Response { return answer(200, "application/json", `{"archived":1}{}`) },
		"truncated": func() *http.Response {
			r := answer(200, "application/json", `{"archived":1`)
			r.ContentLength = 100
			return r
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := client(t, roundTripper(func(*http.Request) (*http.Response, error) { return res(), nil }), token("example"))
			for op, err := range map[string]error{
				"Clients.Delete":  c.Clients.Delete(t.Context(), "c-1"),
				"Contacts.Delete": c.Contacts.Delete(t.Context(), "ct-1"),
				"Folders.Delete":  c.Folders.Delete(t.Context(), "f-1", 1),
				"Folders.Archive": c.Folders.Archive(t.Context(), "f-1", 1),
			} {
				if e, ok := errors.AsType[*nimbus.Error](err); !ok || !errors.Is(err, nimbus.ErrOutcomeUnknown) || e.Op != op || e.StatusCode != 200 {
					t.Errorf("%s: %v", op, err)
				}
			}
			_, syncErr := c.Syncs.StartFull(t.Context(), "run-0001")
			for _, err := range []error{c.Contacts.RemovePortalAccess(t.Context(), "ct-1"), syncErr} {
				if errors.Is(err, nimbus.ErrOutcomeUnknown) || !errors.Is(err, nimbus.ErrInvalid) && !errors.Is(err, nimbus.ErrUnavailable) {
					t.Errorf("repeatable: %v", err)
				}
			}
		})
	}
}

func TestDownload_cutOff(t *testing.T) {
	c := client(t, roundTripper(func(*http.Request) (*http.Response, error) {
		r := answer(200, "text/csv", "Date,Event\n")
		r.Header.Set("Nimbus-Row-Count", "5")
		r.Header.Set("Content-Digest", "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:")
		r.ContentLength = 1000
		return r, nil
	}), token("example"))
	export, err := c.History.Export(t.Context(), "c-1")
	if err != nil {
		t.Fatal(err)
	}
	body, err := c.Documents.Download(t.Context(), "d-1")
	if err != nil {
		t.Fatal(err)
	}
	for op, r := range map[string]io.ReadCloser{"History.Export": export.Body, "Documents.Download": body} {
		_, err := io.ReadAll(r)
		if e, ok := errors.AsType[*nimbus.Error](err); !ok || e.Op != op || !errors.Is(err, nimbus.ErrUnavailable) {
			t.Errorf("%s: %v", op, err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestClients_All_isLazyAndRestartable(t *testing.T) {
	server := nimbustest.New(nimbustest.Config{})
	for _, code := range []string{"A", "B", "C", "D"} {
		server.AddClient(nimbustest.Client{Code: code})
	}
	pages := 0
	c := client(t, roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.URL.Path == "/v1/clients" {
			pages++
		}
		return server.RoundTrip(r)
	}), nimbus.Password("", "", nil))
	grid := c.Clients.All(t.Context(), nimbus.PageOptions{Size: 2})
	for round := 1; round <= 2; round++ {
		for e, err := range grid {
			if err != nil || e.Code != "A" {
				t.Fatalf("first = %+v, %v", e, err)
			}
			break
		}
		if pages != round {
			t.Errorf("%d pages read in round %d", pages, round)
		}
	}
}

type releases struct{ acquired, released int }

func (l *releases) Acquire(context.Context) (func(http.Header), error) {
	l.acquired++
	return func(http.Header) { l.released++ }, nil
}

// The limiter covers the login too, and every answer is closed.
func TestClient_limiter(t *testing.T) {
	server := nimbustest.New(nimbustest.Config{})
	server.AddClient(nimbustest.Client{Code: "SMIT0001"})
	limiter := &releases{}
	c, err := nimbus.NewClient(nimbus.Config{
		BaseURL: "https://nimbus.example.com", HTTPClient: &http.Client{Transport: server}, Login: nimbus.Password("", "", nil), Limiter: limiter,
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Clients.Get(t.Context(), "c-1"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Clients.Get(t.Context(), "c-2"); !errors.Is(err, nimbus.ErrNotFound) {
		t.Fatal(err)
	}
	if err := c.Clients.Delete(t.Context(), "c-1"); err != nil {
		t.Fatal(err)
	}
	if limiter.acquired != 4 || limiter.released != 4 {
		t.Errorf("acquired %d, released %d", limiter.acquired, limiter.released)
	}
}

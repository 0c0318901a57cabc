package xpmtest_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/practicekit/offboarding/xpm"
	"github.com/practicekit/offboarding/xpm/xpmtest"
)

const acme = "5e1f0009-7c3a-4b6d-9e20-a1b2c3d40009"

// request returns a request that the server admits.
func request(method, path, body string) *http.Request {
	r := httptest.NewRequest(method, xpmtest.BaseURL+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+xpmtest.Token)
	r.Header.Set("Xero-Tenant-Id", xpmtest.Tenant)
	return r
}

func send(s http.Handler, r *http.Request) (*http.Response, string) {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	body, _ := io.ReadAll(w.Result().Body)
	return w.Result(), string(body)
}

func newClient(t *testing.T, s *xpmtest.Server) *xpm.Client {
	t.Helper()
	c, err := xpm.NewClient(xpm.Config{
		TenantID:    xpmtest.Tenant,
		TokenSource: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: xpmtest.Token}),
		HTTPClient:  s.HTTPClient(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestServer_Refusals(t *testing.T) {
	s := xpmtest.New(xpmtest.Config{})
	s.AddClient(xpmtest.Client{UUID: acme, Code: "ACME01", Name: "Acme Pty Ltd"})
	gone := s.AddClient(xpmtest.Client{Code: "GONE01", Name: "Gone Pty Ltd", Deleted: true})
	with := func(r *http.Request, header, value string) *http.Request { r.Header.Set(header, value); return r }
	for name, c := range map[string]struct {
		r      *http.Request
		status int
		body   string
	}{
		"wrong token":     {with(request("GET", "client.api/list", ""), "Authorization", "Bearer other"), 401, `"Title":"Unauthorized","Status":401,"Detail":"AuthenticationUnsuccessful"`},
		"wrong tenant":    {with(request("GET", "client.api/list", ""), "Xero-Tenant-Id", "other"), 403, `"Title":"Forbidden","Status":403,"Detail":"AuthenticationUnsuccessful"`},
		"wrong path":      {request("GET", "client.api/lists", ""), 404, "cannot be found"},
		"wrong method":    {request("POST", "client.api/archive", ""), 404, "cannot be found"},
		"unknown client":  {request("GET", "client.api/get/"+gone+"0", ""), 200, `<Response api-method="Get"><Status>ERROR</Status><ErrorDescription>Invalid client identifier</ErrorDescription></Response>`},
		"archive unknown": {request("PUT", "client.api/archive", "<Client><UUID>x</UUID></Client>"), 200, `<Response api-method="Archive"><Status>ERROR</Status><ErrorDescription>Invalid client identifier</ErrorDescription></Response>`},
		"archive deleted": {request("PUT", "client.api/archive", "<Client><UUID>"+gone+"</UUID></Client>"), 200, "Invalid client identifier"},
		"archive nothing": {request("PUT", "client.api/archive", "<Client>"), 200, "Invalid client identifier"},
		"search nothing":  {request("GET", "client.api/search", ""), 200, "<Status>ERROR</Status>"},
		"page of 501":     {request("GET", "client.api/paged-list?pageSize=501", ""), 200, "<Status>ERROR</Status>"},
		"foreign token":   {request("GET", "client.api/paged-list?pageToken=x", ""), 200, "<Status>ERROR</Status>"},
	} {
		t.Run(name, func(t *testing.T) {
			resp, body := send(s, c.r)
			if resp.StatusCode != c.status || !strings.Contains(body, c.body) || resp.Header.Get("Xero-Correlation-Id") == "" {
				t.Errorf("%d %s", resp.StatusCode, body)
			}
			if c.status == 401 && resp.Header.Get("WWW-Authenticate") != "Bearer error=invalid_token" {
				t.Error("401 without WWW-Authenticate")
			}
			if _, left := resp.Header["X-Minlimit-Remaining"]; left == (c.status == 401 || c.status == 403) {
				t.Errorf("X-MinLimit-Remaining there: %v", left)
			}
		})
	}
}

func TestServer_Wire(t *testing.T) {
	s := xpmtest.New(xpmtest.Config{})
	s.AddClient(xpmtest.Client{UUID: strings.ToUpper(acme), Code: "ACME01", Name: "A & B", Structure: "Company", TaxNumber: "000000123"})
	_, body := send(s, request("GET", "client.api/get/"+acme, ""))
	var at []int
	for _, element := range []string{
		`<Response api-method="Get"><Status>OK</Status><Client><UUID>` + acme + `</UUID><Name>A &amp; B</Name><Address />`, "<Phone />", "<ExportCode />",
		"<IsProspect>No<", "<IsArchived>No<", "<IsDeleted>No<", "<TaxNumber>******123<", "<BusinessStructure>Company<",
		"<ClientCode>ACME01<", "<Contacts />", "<Notes />", "<Groups />", "<Relationships />", "<WebUrl>",
	} {
		at = append(at, strings.Index(body, element))
	}
	if !slices.IsSorted(at) || at[0] != 0 {
		t.Errorf("order %v of %s", at, body)
	}
	for _, absent := range []string{"Email", "AccountManager", "BillingClient", "<?xml", "000000123"} {
		if strings.Contains(body, absent) {
			t.Errorf("%s is there: %s", absent, body)
		}
	}
}

// I5: every call that was meant to change something is told, once each.
func TestServer_OnEffect(t *testing.T) {
	var got []string
	var s *xpmtest.Server
	s = xpmtest.New(xpmtest.Config{OnEffect: func(operation, client, target string, destructive, changed bool) {
		s.Clients() // no lock is held
		got = append(got, fmt.Sprint(operation, " ", client, " ", target, " ", destructive, " ", changed))
	}})
	s.AddClient(xpmtest.Client{UUID: acme, Code: "ACME01", Name: "Acme Pty Ltd"})
	c := newClient(t, s)
	for range 2 {
		if a, err := c.Clients.Archive(t.Context(), acme); err != nil || !a.IsArchived || a.ClientCode != "ACME01" {
			t.Fatal(a, err)
		}
	}
	if _, err := c.Clients.Archive(t.Context(), "unknown"); !errors.Is(err, xpm.ErrNotFound) {
		t.Fatal(err)
	}
	want := []string{
		"archive-client ACME01 " + acme + " true true",
		"archive-client ACME01 " + acme + " true false",
		"archive-client  unknown true false",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func TestServer_Lists(t *testing.T) {
	s := xpmtest.New(xpmtest.Config{})
	for i, name := range []string{"delta", "Alpha", "Charlie", "bravo", "Echo"} {
		s.AddClient(xpmtest.Client{UUID: fmt.Sprintf("00000000-0000-4000-8000-10000000000%d", i), Code: name[:1], Name: name, Archived: name == "Charlie", Groups: []xpmtest.Ref{{UUID: acme, Name: "Group"}}})
	}
	if !s.Delete("00000000-0000-4000-8000-100000000004") || s.Delete("none") {
		t.Error("Delete")
	}
	c := newClient(t, s)
	var listed, paged []string
	for e, err := range c.Clients.List(t.Context(), xpm.ListOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		if len(e.Groups) != 0 || e.ClientCode == "" || !e.StateKnown || e.IsDeleted != (e.Name == "Echo") || e.IsArchived != (e.Name == "Charlie") {
			t.Errorf("%+v", e)
		}
		listed = append(listed, e.Name)
	}
	for e, err := range c.Clients.All(t.Context(), xpm.PageOptions{PageSize: 2}) {
		if err != nil {
			t.Fatal(err)
		}
		if e.ClientCode != "" {
			t.Errorf("a page has the code of %s", e.Name)
		}
		paged = append(paged, e.Name)
	}
	if !slices.Equal(listed, []string{"Alpha", "bravo", "Charlie", "delta", "Echo"}) || !slices.Equal(paged, []string{"Alpha", "bravo", "delta"}) {
		t.Errorf("listed %v, paged %v", listed, paged)
	}
	found, err := c.Clients.Search(t.Context(), "CHAR", xpm.SearchOptions{Detailed: true})
	if err != nil || len(found) != 1 || found[0].Name != "Charlie" || len(found[0].Groups) != 1 {
		t.Errorf("%v %v", found, err)
	}
	if !s.SetArchived(string(found[0].UUID), false) {
		t.Error("SetArchived")
	}
	if e, err := c.Clients.Get(t.Context(), found[0].UUID); err != nil || e.IsArchived {
		t.Errorf("%v %v", e, err)
	}
	since := time.Now().Add(time.Hour)
	for e, err := range c.Clients.List(t.Context(), xpm.ListOptions{ModifiedSince: since}) {
		t.Errorf("modified in the future: %v %v", e.Name, err)
	}
}

func TestServer_Jobs(t *testing.T) {
	s := xpmtest.New(xpmtest.Config{})
	s.AddClient(xpmtest.Client{UUID: acme, Code: "ACME01", Name: "Acme Pty Ltd"})
	number := s.AddJob(xpmtest.Job{Name: "Tax return", State: "Planned", ClientUUID: acme, Start: time.Date(2025, 7, 1, 0, 0, 0, 0, time.UTC)})
	s.AddJob(xpmtest.Job{Name: "Old", ClientUUID: acme, Completed: true})
	var got []xpm.Job
	for j, err := range newClient(t, s).Jobs.Current(t.Context(), xpm.CurrentOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, j)
	}
	if len(got) != 1 || string(got[0].ID) != number || got[0].Client.UUID != acme || got[0].Client.Name != "Acme Pty Ltd" || got[0].StartDate.Text != "2025-07-01T00:00:00" {
		t.Errorf("%+v", got)
	}
	if len(s.Jobs()) != 2 {
		t.Errorf("%+v", s.Jobs())
	}
}

// What callers hold is theirs.
func TestServer_StateIsCopied(t *testing.T) {
	s := xpmtest.New(xpmtest.Config{})
	contacts := []xpmtest.Contact{{UUID: "1", Name: "Jo"}}
	id := s.AddClient(xpmtest.Client{Name: "Acme", Contacts: contacts})
	contacts[0].Name = "changed"
	if c, ok := s.Client(id); !ok || c.Contacts[0].Name != "Jo" {
		t.Errorf("%+v", c)
	} else {
		c.Contacts[0].Name = "changed"
	}
	if got := s.Clients()[0].Contacts[0].Name; got != "Jo" {
		t.Error(got)
	}
	if _, ok := s.Client("none"); ok {
		t.Error("a client that is not there")
	}
}

func TestServer_Quota(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := xpmtest.New(xpmtest.Config{Quota: xpmtest.Quota{Minute: 2, Day: 4}})
		ask := func(after time.Duration, status int, limit, retry, minute, day string) {
			t.Helper()
			time.Sleep(after)
			resp, body := send(s, request("GET", "client.api/list", ""))
			h := resp.Header
			if resp.StatusCode != status || h.Get("X-Rate-Limit-Problem") != limit || h.Get("Retry-After") != retry ||
				h.Get("X-MinLimit-Remaining") != minute || h.Get("X-DayLimit-Remaining") != day {
				t.Errorf("%d %v", resp.StatusCode, h)
			}
			if status == 429 && (body != "" || h.Get("Content-Type") != "" || h.Get("Content-Length") != "0") {
				t.Errorf("429 with %q %v", body, h)
			}
		}
		ask(0, 200, "", "", "1", "3")
		ask(20*time.Second, 200, "", "", "0", "2")
		ask(10*time.Second+time.Millisecond, 429, "minute", "30", "0", "2")
		ask(30*time.Second, 200, "", "", "0", "1")
		ask(time.Minute, 200, "", "", "1", "0")
		ask(time.Minute, 429, "day", "86220", "2", "0")
		ask(24*time.Hour, 200, "", "", "1", "3")
	})
}

func TestServer_Concurrency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := func(*http.Request) http.HandlerFunc { time.Sleep(time.Second); return nil }
		s := xpmtest.New(xpmtest.Config{Fail: slow})
		statuses := make(chan *http.Response, 7)
		for range 7 {
			go func() {
				resp, _ := send(s, request("GET", "client.api/list", ""))
				statuses <- resp
			}()
		}
		refused := 0
		for range 7 {
			if resp := <-statuses; resp.StatusCode == 429 {
				refused++
				if resp.Header.Get("X-Rate-Limit-Problem") != "concurrent" || resp.Header.Get("Retry-After") != "" {
					t.Error(resp.Header)
				}
			}
		}
		if refused != 2 {
			t.Errorf("%d refused", refused)
		}
	})
}

func TestServer_SetTokenAndFail(t *testing.T) {
	failing := true
	s := xpmtest.New(xpmtest.Config{Fail: func(r *http.Request) http.HandlerFunc {
		if failing {
			return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }
		}
		return nil
	}})
	if resp, _ := send(s, request("GET", "client.api/list", "")); resp.StatusCode != http.StatusTeapot {
		t.Error(resp.StatusCode)
	}
	failing = false
	s.SetToken("other")
	if resp, _ := send(s, request("GET", "client.api/list", "")); resp.StatusCode != http.StatusUnauthorized {
		t.Error(resp.StatusCode)
	}
}

// F3: a client with its own limiter meets no 429.
func TestServer_PacedClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := xpmtest.New(xpmtest.Config{Fail: func(*http.Request) http.HandlerFunc {
			time.Sleep(300 * time.Millisecond)
			return nil
		}})
		s.AddClient(xpmtest.Client{UUID: acme, Code: "ACME01", Name: "Acme Pty Ltd"})
		throttled := make(chan struct{}, 1000)
		count := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			s.ServeHTTP(w, r)
			if w.Header().Get("X-Rate-Limit-Problem") != "" {
				throttled <- struct{}{}
			}
		})
		c, err := xpm.NewClient(xpm.Config{
			TenantID:    xpmtest.Tenant,
			TokenSource: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: xpmtest.Token}),
			HTTPClient:  &http.Client{Transport: handled{count}},
		})
		if err != nil {
			t.Fatal(err)
		}
		start, errs := time.Now(), make(chan error)
		for range 150 {
			go func() { _, err := c.Clients.Get(t.Context(), acme); errs <- err }()
		}
		for range 150 {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
		if took := time.Since(start); len(throttled) > 0 || took < 2*time.Minute || took > 3*time.Minute {
			t.Errorf("%d times 429 in %s", len(throttled), took)
		}
	})
}

// handled hands requests to a handler.
type handled struct{ http.Handler }

func (h handled) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result(), nil
}

package xpm_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/practicekit/offboarding/internal/transport"
	"github.com/practicekit/offboarding/xpm"
)

func uuid(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", n) }

func listed(n int) string {
	return "<Client><UUID>" + uuid(n) + "</UUID><IsArchived>No</IsArchived><IsDeleted>No</IsDeleted></Client>"
}

// collect ranges over a list and returns what came before the error.
func collect[T any](seq func(func(T, error) bool)) (items []T, err error) {
	for v, e := range seq {
		if err != nil {
			panic("something came after the error")
		}
		if e != nil {
			err = e
			continue
		}
		items = append(items, v)
	}
	return items, err
}

// A list that is not whole is an error at its end; what came before may have
// been handed out.
func TestClients_List_NotWhole(t *testing.T) {
	two := listed(1) + listed(2)
	for name, c := range map[string]struct {
		body string
		want int
		kind error
	}{
		"cut between clients": {"<Response><Status>OK</Status><Clients>" + two, 2, xpm.ErrInvalid},
		"cut in a client":     {"<Response><Status>OK</Status><Clients>" + two + "<Client><UUID>", 2, xpm.ErrInvalid},
		"no Status":           {"<Response><Clients>" + two + "</Clients></Response>", 2, xpm.ErrInvalid},
		"late refusal":        {"<Response><Clients>" + two + "</Clients><Status>ERROR</Status></Response>", 2, xpm.ErrInvalid},
		"second list":         {"<Response><Status>OK</Status><Clients>" + two + "</Clients><Clients/></Response>", 2, xpm.ErrInvalid},
		"second root":         {"<Response><Status>OK</Status><Clients>" + two + "</Clients></Response><Response/>", 2, xpm.ErrInvalid},
		"refusal":             {"<Response><Status>ERROR</Status><Clients>" + two + "</Clients></Response>", 0, xpm.ErrInvalid},
		"no list":             {"<Response><Status>OK</Status></Response>", 0, xpm.ErrInvalid},
		"client without UUID": {"<Response><Status>OK</Status><Clients>" + listed(1) + "<Client/>" + listed(2) + "</Clients></Response>", 1, xpm.ErrInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := collect(newClient(t, ok(c.body)).Clients.List(t.Context(), xpm.ListOptions{}))
			if len(got) != c.want || !errors.Is(err, c.kind) {
				t.Errorf("%d clients and %v; want %d and %v", len(got), err, c.want, c.kind)
			}
		})
	}
}

// A list may be longer than the cap; none of its clients may.
func TestClients_List_TooLarge(t *testing.T) {
	const limit = 64 << 10
	named := func(n, size int) string {
		return strings.Replace(listed(n), "<IsArchived>", "<Name>"+strings.Repeat("a", size)+"</Name><IsArchived>", 1)
	}
	body := "<Response><Status>OK</Status><Clients>"
	for n := range 10 {
		body += named(n, limit-1000)
	}
	for name, c := range map[string]struct {
		more string
		want int
		kind error
	}{
		"none":              {"", 10, nil},
		"one":               {named(11, 2*limit), 10, xpm.ErrTooLarge},
		"not even a client": {"<Odd>" + strings.Repeat("a", 2*limit) + "</Odd>", 10, xpm.ErrTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			client := newClient(t, ok(body+c.more+"</Clients></Response>"), func(c *xpm.Config) { c.MaxResponseBytes = limit })
			got, err := collect(client.Clients.List(t.Context(), xpm.ListOptions{}))
			if len(got) != c.want || !errors.Is(err, c.kind) {
				t.Errorf("%d clients and %v", len(got), err)
			}
		})
	}
}

func TestClients_List_BrokenConnection(t *testing.T) {
	rt := roundTrip(func(r *http.Request) (*http.Response, error) {
		resp, err := ok("")(r)
		head := "<Response><Status>OK</Status><Clients>" + listed(1)
		resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(head), failing{}))
		return resp, err
	})
	got, err := collect(newClient(t, rt).Clients.List(t.Context(), xpm.ListOptions{}))
	if len(got) != 1 || !errors.Is(err, xpm.ErrUnavailable) {
		t.Errorf("%d clients, %v", len(got), err)
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// I12 needs to know of clients whose state was not said.
func TestClients_List_StateUnknown(t *testing.T) {
	body := "<Response><Status>OK</Status><Clients>" + listed(1) +
		"<Client><UUID>" + uuid(2) + "</UUID></Client>" +
		"<Client><UUID>" + uuid(3) + "</UUID><IsArchived>Yes</IsArchived></Client>" +
		"</Clients></Response>"
	got, err := collect(newClient(t, ok(body)).Clients.List(t.Context(), xpm.ListOptions{}))
	if err != nil || len(got) != 3 {
		t.Fatal(got, err)
	}
	if !got[0].StateKnown || got[1].StateKnown || got[2].StateKnown || got[2].IsArchived {
		t.Errorf("%+v", got)
	}
}

func TestClients_List_LazyAndRestartable(t *testing.T) {
	requests, open := 0, 0
	rt := roundTrip(func(r *http.Request) (*http.Response, error) {
		requests++
		open++
		resp, err := ok("<Response><Status>OK</Status><Clients>" + listed(1) + listed(2) + "</Clients></Response>")(r)
		resp.Body = counted{resp.Body, &open}
		return resp, err
	})
	seq := newClient(t, rt).Clients.List(t.Context(), xpm.ListOptions{})
	if requests != 0 {
		t.Error("List sent something before it was ranged over")
	}
	for c, err := range seq {
		if err != nil || c.UUID != xpm.ClientUUID(uuid(1)) {
			t.Error(c.UUID, err)
		}
		break
	}
	if got, err := collect(seq); len(got) != 2 || err != nil {
		t.Error(len(got), err)
	}
	if requests != 2 || open != 0 {
		t.Errorf("%d requests, %d bodies left open", requests, open)
	}
}

type counted struct {
	io.ReadCloser
	open *int
}

func (c counted) Close() error { *c.open--; return c.ReadCloser.Close() }

func TestClients_List_Query(t *testing.T) {
	var got url.Values
	rt := roundTrip(func(r *http.Request) (*http.Response, error) {
		got = r.URL.Query()
		return ok("<Response><Status>OK</Status><Clients /></Response>")(r)
	})
	since := time.Date(2025, 7, 1, 10, 0, 0, 0, time.FixedZone("AEST", 10*3600))
	if _, err := collect(newClient(t, rt).Clients.List(t.Context(), xpm.ListOptions{Detailed: true, ModifiedSince: since})); err != nil {
		t.Fatal(err)
	}
	if want := "detailed=true&modifiedsince=2025-07-01T00%3A00%3A00"; got.Encode() != want {
		t.Errorf("query %s, want %s", got.Encode(), want)
	}
}

// pages serves the clients in pages of two, each page by next(token).
func pages(t *testing.T, next map[string]string, clients map[string][]int, requests *int) roundTrip {
	return func(r *http.Request) (*http.Response, error) {
		*requests++
		if r.URL.Host != "api.xero.com" {
			t.Errorf("a request to %s", r.URL.Host)
		}
		token := r.URL.Query().Get("pageToken")
		body := "<Response><Status>OK</Status><Clients>"
		for _, n := range clients[token] {
			body += listed(n)
		}
		body += "</Clients><Pagination><Links><First>https://api.xero.com/practicemanager/3.1/client.api/paged-list</First>"
		if link := next[token]; link != "" {
			body += "<Next>" + strings.ReplaceAll(link, "&", "&amp;") + "</Next>"
		}
		return ok(body + "</Links></Pagination></Response>")(r)
	}
}

const pagedList = "https://api.xero.com/practicemanager/3.1/client.api/paged-list"

func TestClients_All_Pages(t *testing.T) {
	for name, c := range map[string]struct {
		next     map[string]string
		clients  map[string][]int
		want     int
		requests int
		kind     error
	}{
		"repeated token":   {map[string]string{"": pagedList + "?pageToken=a", "a": pagedList + "?pageToken=a"}, map[string][]int{"": {1, 2}, "a": {3}}, 3, 2, xpm.ErrInvalid},
		"tokens in a ring": {map[string]string{"": pagedList + "?pageToken=a", "a": pagedList + "?pageToken=b", "b": pagedList + "?pageToken=a"}, map[string][]int{"": {1}, "a": {2}, "b": {3}}, 3, 3, xpm.ErrInvalid},
		"repeated client":  {map[string]string{"": pagedList + "?pageToken=a"}, map[string][]int{"": {1, 2}, "a": {2, 3}}, 2, 2, xpm.ErrInvalid},
		"link to no page":  {map[string]string{"": pagedList + "?page=2"}, map[string][]int{"": {1, 2}}, 0, 1, xpm.ErrInvalid},
		"unreadable link":  {map[string]string{"": "http://[::1"}, map[string][]int{"": {1, 2}}, 0, 1, xpm.ErrInvalid},
		"other host":       {map[string]string{"": "https://elsewhere.example.com/?pageToken=a"}, map[string][]int{"": {1, 2}, "a": {3}}, 3, 2, nil},
		"token escaped":    {map[string]string{"": pagedList + "?pageSize=2&pageToken=a%2Bb%3D%3D"}, map[string][]int{"": {1, 2}, "a+b==": {3}}, 3, 2, nil},
		"empty page":       {map[string]string{"": pagedList + "?pageToken=a"}, map[string][]int{"a": {1}}, 1, 2, nil},
		"no clients":       {nil, nil, 0, 1, nil},
	} {
		t.Run(name, func(t *testing.T) {
			requests := 0
			got, err := collect(newClient(t, pages(t, c.next, c.clients, &requests)).Clients.All(t.Context(), xpm.PageOptions{}))
			if len(got) != c.want || requests != c.requests || !errors.Is(err, c.kind) {
				t.Errorf("%d clients in %d requests, %v; want %d in %d, %v", len(got), requests, err, c.want, c.requests, c.kind)
			}
			if e, ok := errors.AsType[*xpm.Error](err); err != nil && (!ok || e.Op != "Clients.All") {
				t.Errorf("%T %v", err, err)
			}
		})
	}
}

func TestClients_All_LazyAndRestartable(t *testing.T) {
	requests := 0
	rt := pages(t, map[string]string{"": pagedList + "?pageToken=a"}, map[string][]int{"": {1, 2}, "a": {3}}, &requests)
	seq := newClient(t, rt).Clients.All(t.Context(), xpm.PageOptions{PageSize: 2})
	for range seq {
		break
	}
	if requests != 1 {
		t.Errorf("%d requests for the first client", requests)
	}
	if got, err := collect(seq); err != nil || len(got) != 3 || got[0].UUID != xpm.ClientUUID(uuid(1)) {
		t.Errorf("%v %v", got, err)
	}
}

func TestClients_All_PageSize(t *testing.T) {
	var sizes []string
	rt := roundTrip(func(r *http.Request) (*http.Response, error) {
		sizes = append(sizes, r.URL.Query().Get("pageSize"))
		return ok("<Response><Status>OK</Status><Clients /></Response>")(r)
	})
	c := newClient(t, rt)
	for _, bad := range []int{-1, 501} {
		if _, err := collect(c.Clients.All(t.Context(), xpm.PageOptions{PageSize: bad})); !errors.Is(err, xpm.ErrInvalid) {
			t.Errorf("size %d: %v", bad, err)
		}
	}
	for _, good := range []int{0, 1, 500} {
		if _, err := collect(c.Clients.All(t.Context(), xpm.PageOptions{PageSize: good})); err != nil {
			t.Errorf("size %d: %v", good, err)
		}
	}
	if !slices.Equal(sizes, []string{"500", "1", "500"}) {
		t.Errorf("sizes sent: %v", sizes)
	}
}

func TestClients_IDs(t *testing.T) {
	c := newClient(t, roundTrip(func(r *http.Request) (*http.Response, error) {
		t.Errorf("sent %s", r.URL.Path)
		return nil, errors.New("not reached")
	}))
	for _, id := range []xpm.ClientUUID{"", " ", "..", "a/b", "a?b", "a%2fb", "ä"} {
		if _, err := c.Clients.Get(t.Context(), id); !errors.Is(err, xpm.ErrInvalid) {
			t.Errorf("Get(%q): %v", id, err)
		}
		if _, err := c.Clients.Archive(t.Context(), id); !errors.Is(err, xpm.ErrInvalid) {
			t.Errorf("Archive(%q): %v", id, err)
		}
	}
	if _, err := c.Clients.Search(t.Context(), " ", xpm.SearchOptions{}); !errors.Is(err, xpm.ErrInvalid) {
		t.Errorf("Search: %v", err)
	}
}

func TestClients_Archive_ReadOnly(t *testing.T) {
	c := newClient(t, roundTrip(func(r *http.Request) (*http.Response, error) {
		t.Error("sent")
		return nil, errors.New("not reached")
	}))
	if _, err := c.Clients.Archive(transport.WithReadOnly(t.Context()), acme); !errors.Is(err, xpm.ErrReadOnly) {
		t.Errorf("%v", err)
	}
}

func TestClients_Get_Cancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := newClient(t, ok(archived)).Clients.Get(ctx, acme); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

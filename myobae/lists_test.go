package myobae_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/practicekit/offboarding/internal/paginate"
	"github.com/practicekit/offboarding/myobae"
)

func TestClients_All(t *testing.T) {
	t.Run("refused", func(t *testing.T) {
		_, err := paginate.Collect(recorded(t, "clients_all_query").Clients.All(t.Context(), myobae.ListOptions{}))
		if e := wantError(t, err, myobae.ErrInvalid); e.Name != myobae.NameODataQueryError || e.Op != "Clients.All" {
			t.Errorf("error is %+v", e)
		}
	})
	t.Run("a page at another host", func(t *testing.T) {
		_, err := paginate.Collect(recorded(t, "clients_all_elsewhere").Clients.All(t.Context(), myobae.ListOptions{}))
		wantError(t, err, myobae.ErrInvalid)
	})
	for _, link := range []string{
		"http://ae-gateway.example.com/base/v1/Client?$skip=1",
		"https://ae-gateway.example.com:444/base/v1/Client?$skip=1",
		"https://ae-gateway.example.com@evil.example/base/v1/Client?$skip=1",
		"https://user@ae-gateway.example.com/base/v1/Client?$skip=1",
		"//evil.example/base/v1/Client?$skip=1",
		"/v1/Client?$skip=1",
		"/base/v1/Client/../Info?$skip=1",
		"/base/v1/%43lient?$skip=1",
		"/base/v1/ExtraFieldDefinition?$skip=1",
		"https://ae-gateway.example.com/base/v1/Client",
		"?$skip=1#fragment",
		"?",
		"?%zz",
		"?a;b",
		"::",
	} {
		t.Run("link "+link, func(t *testing.T) {
			if _, sent, err := linked(t, link); err == nil || sent != 1 {
				t.Errorf("%d requests, error %v", sent, err)
			} else {
				wantError(t, err, myobae.ErrInvalid)
			}
		})
	}
	for _, link := range []string{
		"https://ae-gateway.example.com/base/v1/Client?$skip=1",
		"https://AE-gateway.example.com/base/v1/Client?$skip=1",
		"/base/v1/Client?$skip=1",
		"Client?$skip=1",
		"?$skip=1",
	} {
		t.Run("link "+link, func(t *testing.T) {
			query, sent, err := linked(t, link)
			if err != nil || sent != 2 || query != "%24skip=1" {
				t.Errorf("%d requests, the last with %q, error %v", sent, query, err)
			}
		})
	}
	for name, options := range map[string]myobae.ListOptions{
		"another status": {Status: myobae.StatusOpen},
		"a contact":      {ClientsOnly: true},
		"too old":        {ModifiedSince: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)},
	} {
		t.Run("the filter was ignored: "+name, func(t *testing.T) {
			item := strings.Replace(bare(`,"LastModified":"2025-12-31T23:59:59Z"`), `"IsClient":true`, `"IsClient":false`, 1)
			_, err := paginate.Collect(answering(t, 200, `{"Items":[`+item+`]}`).Clients.All(t.Context(), options))
			wantError(t, err, myobae.ErrInvalid)
		})
	}
	t.Run("an item that comes twice", func(t *testing.T) {
		_, err := paginate.Collect(answering(t, 200, `{"Items":[`+bare("")+`,`+bare("")+`]}`).Clients.All(t.Context(), myobae.ListOptions{}))
		wantError(t, err, myobae.ErrInvalid)
	})
	t.Run("a link that comes twice", func(t *testing.T) {
		_, err := paginate.Collect(answering(t, 200, `{"Items":[],"NextPageLink":"?$skip=1"}`).Clients.All(t.Context(), myobae.ListOptions{}))
		wantError(t, err, myobae.ErrInvalid)
	})
	for _, size := range []int{-1, 1001} {
		t.Run(fmt.Sprint("page size ", size), func(t *testing.T) {
			_, err := paginate.Collect(silent(t).Clients.All(t.Context(), myobae.ListOptions{PageSize: size}))
			wantError(t, err, myobae.ErrInvalid)
		})
	}
	t.Run("a quote stays within the filter", func(t *testing.T) {
		var filter string
		c := over(t, roundTripper(func(r *http.Request) (*http.Response, error) {
			filter = r.URL.Query().Get("$filter")
			return respond(r, `{"Items":[]}`), nil
		}))
		got, err := paginate.Collect(c.Clients.All(t.Context(), myobae.ListOptions{Status: "Open' or 'a' eq 'a"}))
		if err != nil || len(got) != 0 || filter != "Status eq 'Open'' or ''a'' eq ''a'" {
			t.Errorf("filter is %s, error %v", filter, err)
		}
	})
	t.Run("the caller stops", func(t *testing.T) {
		for c, err := range answering(t, 200, `{"Items":[`+bare("")+`],"NextPageLink":"?$skip=1"}`).Clients.All(t.Context(), myobae.ListOptions{}) {
			if err != nil || c.Code != "SMITHJ01" {
				t.Errorf("client %+v, error %v", c, err)
			}
			break
		}
	})
	t.Run("two pages", func(t *testing.T) {
		all, err := paginate.Collect(recorded(t, "clients_all").Clients.All(t.Context(), myobae.ListOptions{
			Status: myobae.StatusOpen, ClientsOnly: true, ModifiedSince: time.Date(2026, 11, 1, 11, 0, 0, 0, time.FixedZone("", 11*3600)), PageSize: 1,
		}))
		if err != nil {
			t.Fatal(err)
		}
		first := withLists(smith(myobae.StatusOpen, "", "true", "8653760884428439681"))
		second := smith(myobae.StatusOpen, "", "true", "8653760884428439681")
		second.UID, second.Code = "7a1d0000-7d3e-4b0a-9c55-0d1f5a7e2b11", "SMITHJ02"
		wantDiff(t, []myobae.ClientEntity{first, second}, all)
	})
}

// withLists is the client with what only some exchanges show. Its second list is
// about a tax file number and is never shown.
func withLists(c myobae.ClientEntity) myobae.ClientEntity {
	c.FamilyGroup = &myobae.FamilyGroup{Code: "SMITHFAM", Name: "Example family"}
	c.Responsibilities = []myobae.Responsibility{{Role: "Partner", EmployeeCode: "AB"}}
	c.ExtraLists = []myobae.ExtraList{{Name: "Lost Reason", Values: []json.RawMessage{json.RawMessage(`"Sold"`)}}}
	return c
}

func TestClients_Get_lists(t *testing.T) {
	got, err := recorded(t, "clients_get_lists").Clients.Get(t.Context(), clientUID)
	if err != nil {
		t.Fatal(err)
	}
	wantDiff(t, withLists(smith(myobae.StatusOpen, "", "true", "8653760884428439681")), got)
}

// linked lists clients from a gateway below a path, whose first page has the
// link and whose second ends the list. It returns the last query and how many
// requests there were.
func linked(t *testing.T, link string) (query string, sent int, err error) {
	t.Helper()
	c, err := myobae.NewClient(myobae.Config{
		BaseURL: "https://ae-gateway.example.com/base",
		HTTPClient: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			sent++
			query = r.URL.RawQuery
			if r.URL.Host != "ae-gateway.example.com" || r.URL.Path != "/base/v1/Client" {
				t.Errorf("sent to %s", r.URL)
			}
			if sent > 1 {
				return respond(r, `{"Items":[]}`), nil
			}
			page, err := json.Marshal(map[string]any{"Items": []any{}, "NextPageLink": link})
			return respond(r, string(page)), err
		})},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = paginate.Collect(c.Clients.All(t.Context(), myobae.ListOptions{}))
	return query, sent, err
}

func respond(r *http.Request, body string) *http.Response {
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}
}

func TestExtraFields_Definitions(t *testing.T) {
	t.Run("not offered", func(t *testing.T) {
		_, err := paginate.Collect(recorded(t, "extrafields_definitions_notoffered").ExtraFields.Definitions(t.Context()))
		if e := wantError(t, err, myobae.ErrCapabilityUnavailable); e.Op != "ExtraFields.Definitions" {
			t.Errorf("error is %+v", e)
		}
	})
	for name, item := range map[string]string{
		"no Name":        `{"DataType":"Flag","IsMandatory":false,"IsWritable":true}`,
		"empty Name":     `{"Name":"","DataType":"Flag","IsMandatory":false,"IsWritable":true}`,
		"no DataType":    `{"Name":"A","IsMandatory":false,"IsWritable":true}`,
		"no IsMandatory": `{"Name":"A","DataType":"Flag","IsWritable":true}`,
		"null":           `{"Name":"A","DataType":"Flag","IsMandatory":false,"IsWritable":null}`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := paginate.Collect(answering(t, 200, `{"Items":[`+item+`]}`).ExtraFields.Definitions(t.Context()))
			wantError(t, err, myobae.ErrInvalid)
		})
	}
	t.Run("two pages, without what is personal", func(t *testing.T) {
		got, err := paginate.Collect(recorded(t, "extrafields_definitions").ExtraFields.Definitions(t.Context()))
		if err != nil {
			t.Fatal(err)
		}
		wantDiff(t, []myobae.ExtraFieldDefinition{
			{Name: "Lost reason", DataType: "Text", AppliesTo: []string{"Contact", "Assignment"}},
			{Name: "Nimbus Portal", DataType: "Flag", IsMandatory: true, IsWritable: true, AppliesTo: []string{"Contact"}},
		}, got)
	})
}

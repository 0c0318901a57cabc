package nimbus_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/practicekit/offboarding/nimbus"
)

const benchBody = `{"items":[` +
	`{"id":"ct-1","firstName":"Ann","surname":"Example","email":"ann@example.com","hasLogin":true,"portalAccess":true,"invited":false},` +
	`{"id":"ct-2","firstName":"Bob","surname":"Example","email":"bob@example.com","hasLogin":true,"portalAccess":true,"invited":false}]}`

// The far end of both benchmarks.
var benchServer = roundTripper(func(*http.Request) (*http.Response, error) { return answer(200, "application/json", benchBody), nil })

func BenchmarkContacts_ListByClient(b *testing.B) {
	c, err := nimbus.NewClient(nimbus.Config{BaseURL: "https://nimbus.example.com", HTTPClient: &http.Client{Transport: benchServer}, Login: token("example")})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Contacts.ListByClient(b.Context(), "c-1"); err != nil {
			b.Fatal(err)
		}
	}
}

// What a program without the package would do.
func BenchmarkContacts_ListByClient_raw(b *testing.B) {
	c := &http.Client{Transport: benchServer}
	b.ReportAllocs()
	for b.Loop() {
		r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, "https://nimbus.example.com/v1/clients/c-1/contacts", nil)
		if err != nil {
			b.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer example")
		res, err := c.Do(r)
		if err != nil {
			b.Fatal(err)
		}
		var page struct{ Items []nimbus.Contact }
		err = json.NewDecoder(res.Body).Decode(&page)
		res.Body.Close()
		if err != nil || len(page.Items) != 2 {
			b.Fatal(err)
		}
	}
}

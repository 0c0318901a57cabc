package transport

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/oauth2"
)

// The figures F6 and F7: one call through the whole stack against raw net/http,
// each with the decoding of its answer, over an in-memory transport.

type memory struct{ body string }

func (m memory) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Request: r,
		Body: io.NopCloser(strings.NewReader(m.body)), ContentLength: int64(len(m.body)),
	}, nil
}

type entity struct {
	UUID, Name, Email, Phone, Website string
	Contacts                          []struct{ UUID, Name, Email string } `xml:"Contacts>Contact"`
}

// answers are clients as the vendors send them, with a few contacts.
func answers() (asJSON, asXML string) {
	var j, x strings.Builder
	j.WriteString(`{"UUID":"409f60e8","Name":"A Client Limited","Email":"a@example.com","Phone":"none","Website":"example.com","Contacts":[`)
	x.WriteString(`<Client><UUID>409f60e8</UUID><Name>A Client Limited</Name><Email>a@example.com</Email><Phone>none</Phone><Website>example.com</Website><Contacts>`)
	for i := range 10 {
		if i > 0 {
			j.WriteByte(',')
		}
		fmt.Fprintf(&j, `{"UUID":"%d","Name":"Contact %d","Email":"c%d@example.com"}`, i, i, i)
		fmt.Fprintf(&x, `<Contact><UUID>%d</UUID><Name>Contact %d</Name><Email>c%d@example.com</Email></Contact>`, i, i, i)
	}
	return j.String() + `]}`, x.String() + `</Contacts></Client>`
}

func decodeJSON(r io.Reader, v any) error { return json.NewDecoder(r).Decode(v) }
func decodeXML(r io.Reader, v any) error  { return xml.NewDecoder(r).Decode(v) }

func BenchmarkCall(b *testing.B) {
	asJSON, asXML := answers()
	for _, c := range []struct {
		name   string
		body   string
		decode func(io.Reader, any) error
	}{{"JSON", asJSON, decodeJSON}, {"XML", asXML, decodeXML}} {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		b.Run(c.name+"/raw", func(b *testing.B) {
			hc := &http.Client{Transport: memory{c.body}}
			b.ReportAllocs()
			for b.Loop() {
				callRaw(b, ctx, hc, c.decode)
			}
		})
		b.Run(c.name+"/transport", func(b *testing.B) {
			cl := client(b, memory{c.body}, with(Bearer(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "token"}))))
			b.ReportAllocs()
			for b.Loop() {
				callOurs(b, ctx, cl, c.decode)
			}
		})
	}
}

func callRaw(t testing.TB, ctx context.Context, hc *http.Client, decode func(io.Reader, any) error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, baseURL+"/clients/7", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer token")
	resp, err := hc.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var e entity
	if err := decode(resp.Body, &e); err != nil {
		t.Fatal(err)
	}
}

func callOurs(t testing.TB, ctx context.Context, cl *Client, decode func(io.Reader, any) error) {
	resp, err := cl.Do(ctx, Request{Op: "Clients.Get", Effect: Read, Method: http.MethodGet, Path: Path("clients", "7")})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var e entity
	if err := decode(resp.Body, &e); err != nil {
		t.Fatal(err)
	}
}

// F7: a call adds at most 20 allocations to raw net/http's.
func TestClient_Allocations(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates too")
	}
	asJSON, _ := answers()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	hc := &http.Client{Transport: memory{asJSON}}
	raw := testing.AllocsPerRun(200, func() { callRaw(t, ctx, hc, decodeJSON) })
	cl := client(t, memory{asJSON}, with(Bearer(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "token"}))))
	ours := testing.AllocsPerRun(200, func() { callOurs(t, ctx, cl, decodeJSON) })
	if ours-raw > 20 {
		t.Errorf("%.0f allocations, raw %.0f: %.0f more, want at most 20", ours, raw, ours-raw)
	}
}

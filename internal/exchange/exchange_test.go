package exchange

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const archive = `A client is archived.
provenance: contract - a test of this package
-- request --
PUT /v1/clients/7/archive?b=2&a=1 HTTP/1.1
Content-Type: application/xml

<Client a="1" b="2">
  <UUID>7</UUID><Name/>
</Client>
-- response --
HTTP/1.1 200 OK
Content-Type: application/json

{"ok": true}
-- request --
GET /v1/clients/7%2F8 HTTP/1.1
-- response --
HTTP/1.1 204 No Content
`

// play makes a player of one file and collects what it reports.
func play(t *testing.T, text string) (*player, *[]string) {
	t.Helper()
	exchanges, err := parse("archive.txtar", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var reports []string
	return &player{left: exchanges, report: func(format string, args ...any) {
		reports = append(reports, fmt.Sprintf(format, args...))
	}}, &reports
}

func request(t *testing.T, method, target, body string, header ...string) *http.Request {
	t.Helper()
	req, err := http.NewRequest(method, "https://any.example.com"+target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	return req
}

const body = `<?xml version="1.0"?><Client b="2" a="1"><UUID>7</UUID><Name></Name></Client>`

func TestPlayer_RefusesWhatDiffers(t *testing.T) {
	for name, req := range map[string]*http.Request{
		"method": request(t, "POST", "/v1/clients/7/archive?a=1&b=2", body, "Content-Type", "application/xml"),
		"path":   request(t, "PUT", "/v1/clients/8/archive?a=1&b=2", body, "Content-Type", "application/xml"),
		"query":  request(t, "PUT", "/v1/clients/7/archive?a=1", body, "Content-Type", "application/xml"),
		"header": request(t, "PUT", "/v1/clients/7/archive?a=1&b=2", body),
		"text":   request(t, "PUT", "/v1/clients/7/archive?a=1&b=2", strings.Replace(body, "7", "8", 1), "Content-Type", "application/xml"),
		"kind":   request(t, "PUT", "/v1/clients/7/archive?a=1&b=2", `{"UUID": 7}`, "Content-Type", "application/xml"),
		"empty":  request(t, "PUT", "/v1/clients/7/archive?a=1&b=2", "", "Content-Type", "application/xml"),
		"escape": request(t, "GET", "/v1/clients/7/8", ""),
	} {
		t.Run(name, func(t *testing.T) {
			p, reports := play(t, archive)
			resp, err := p.answer(req)
			if err != nil {
				t.Fatal(err)
			}
			if resp.StatusCode != http.StatusNotImplemented || len(*reports) != 1 || !strings.Contains((*reports)[0], "unexpected request") {
				t.Errorf("status %d, reports %q; want 501 and one report", resp.StatusCode, *reports)
			}
		})
	}
}

func TestPlayer_AnswersEachExchangeOnce(t *testing.T) {
	p, reports := play(t, archive)
	req := func() *http.Request {
		return request(t, "PUT", "/v1/clients/7/archive?a=1&b=2", body, "Content-Type", "application/xml")
	}
	resp, err := p.answer(req())
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(resp.Body)
	if string(got) != `{"ok": true}` || err != nil || resp.StatusCode != 200 || len(*reports) != 0 {
		t.Fatalf("body %q, error %v, status %d, reports %q", got, err, resp.StatusCode, *reports)
	}
	if resp, _ := p.answer(req()); resp.StatusCode != http.StatusNotImplemented {
		t.Errorf("second answer has status %d, want 501", resp.StatusCode)
	}
	p.finish()
	if len(*reports) != 2 || !strings.Contains((*reports)[1], "archive.txtar #2: GET /v1/clients/7%2F8") {
		t.Errorf("reports %q; want the second request and the exchange left over", *reports)
	}
}

func TestPlayer_AnswersEqualRequestsInOrder(t *testing.T) {
	p, _ := play(t, `provenance: contract - a test of this package
-- request --
GET /a HTTP/1.1
-- response --
HTTP/1.1 200 OK

first
-- request --
GET /a HTTP/1.1
-- response --
HTTP/1.1 200 OK

second
`)
	for _, want := range []string{"first", "second"} {
		resp, err := p.answer(request(t, "GET", "/a", ""))
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := io.ReadAll(resp.Body); string(got) != want {
			t.Errorf("body %q, want %q", got, want)
		}
	}
}

func TestPlayer_CutsOff(t *testing.T) {
	p, _ := play(t, `provenance: contract - a test of this package
-- request --
GET /a HTTP/1.1
-- response --
HTTP/1.1 200 OK
Content-Length: 100

half
`)
	resp, err := p.answer(request(t, "GET", "/a", ""))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(resp.Body); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("error %v, want io.ErrUnexpectedEOF", err)
	}
}

func TestParse_Refuses(t *testing.T) {
	const head = "provenance: documented - a page\n"
	for name, text := range map[string]string{
		"no provenance":      "-- request --\nGET /a HTTP/1.1\n-- response --\nHTTP/1.1 200 OK\n",
		"unknown provenance": "provenance: guessed - me\n-- request --\nGET /a HTTP/1.1\n-- response --\nHTTP/1.1 200 OK\n",
		"no sections":        head,
		"no response":        head + "-- request --\nGET /a HTTP/1.1\n",
		"wrong order":        head + "-- response --\nHTTP/1.1 200 OK\n-- request --\nGET /a HTTP/1.1\n",
		"absolute target":    head + "-- request --\nGET https://example.com/a HTTP/1.1\n-- response --\nHTTP/1.1 200 OK\n",
		"no status":          head + "-- request --\nGET /a HTTP/1.1\n-- response --\nHTTP/1.1 OK\n",
		"bad header":         head + "-- request --\nGET /a HTTP/1.1\nno colon\n-- response --\nHTTP/1.1 200 OK\n",
		"empty request":      head + "-- request --\n-- response --\nHTTP/1.1 200 OK\n",
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := parse("x.txtar", []byte(text)); err == nil {
				t.Error("no error")
			}
		})
	}
}

func TestTransport(t *testing.T) {
	file := filepath.Join(t.TempDir(), "demo.txtar")
	if err := os.WriteFile(file, []byte(archive), 0o600); err != nil {
		t.Fatal(err)
	}
	rt := Transport(t, file)
	for _, req := range []*http.Request{
		request(t, "GET", "/v1/clients/7%2F8", ""),
		request(t, "PUT", "/v1/clients/7/archive?a=1&b=2", body, "Content-Type", "application/xml"),
	} {
		resp, err := rt.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode > 299 {
			t.Errorf("%s: status %d", req.Method, resp.StatusCode)
		}
	}
}

func TestDiffer(t *testing.T) {
	for _, c := range []struct {
		want, got string
		same      bool
	}{
		{`{"a": 1, "b": [1.50]}`, "{\n\"b\":[1.50],\"a\":1}", true},
		{`{"a": 1.50}`, `{"a": 1.5}`, false},
		{`{"a": 1}`, `{"a": 1} {}`, false},
		{`<a><b>x</b></a>`, "<a>\n <b>x</b> <!-- c -->\n</a>", true},
		{`<a><b>x</b></a>`, `<a><b>x </b></a>`, false},
		{`<a><b/><c/></a>`, `<a><c/><b/></a>`, false},
		{`<a k="1"/>`, `<a k="2"/>`, false},
		{"a=1&b=2", "a=1&b=2", true},
		{"a=1&b=2", "b=2&a=1", false},
		{"", "x", false},
	} {
		if d := differ([]byte(c.want), []byte(c.got)); (d == "") != c.same {
			t.Errorf("differ(%q, %q) = %q", c.want, c.got, d)
		}
	}
}

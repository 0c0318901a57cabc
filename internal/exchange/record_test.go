package exchange

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The answer of a server that knows too much.
const (
	planted = `<?xml version="1.0" encoding="UTF-8"?><!-- made for Roberta Quill --><Response api-method="Get"><Status>OK</Status>
<ErrorDescription>Not allowed for Roberta Quill</ErrorDescription>
<Client><UUID>1F8E2A31-0c57-4b59-9a55-0e1b3a4c5d6e</UUID><Name>Roberta Quill</Name><Email>roberta@quill.com.au</Email>
<Phone>+61 2 9876 5432</Phone><Address>12 Harbour Lane
  Sydney</Address><DateOfBirth>1971-05-06</DateOfBirth><TaxNumber>123 456 782</TaxNumber><BankAccountNumber>004422118</BankAccountNumber>
<IsArchived>No</IsArchived><Relationships><Relationship><Type>Director of</Type><NumberOfShares>1000</NumberOfShares></Relationship></Relationships>
<Type>Wealthy</Type><Notes/><Minutes>90</Minutes><add uuid="1f8e2a31-0c57-4b59-9a55-0e1b3a4c5d6e" note="call Roberta"/>
<Account><Name><![CDATA[Roberta Quill]]></Name></Account><ID>J000417</ID>
<WebUrl>https://app.practicemanager.xero.com/Client/4488123/Detail</WebUrl>
<Next>https://api.xero.com/practicemanager/3.1/client.api/paged-list?pageSize=2&amp;pageToken=c2VjcmV0LXBhZ2U</Next></Client></Response>`
	plantedJSON = `{"Title":"Unauthorized","Status":401,"Detail":"TokenExpired for roberta@quill.com.au","Instance":"1f8e2a31-0c57-4b59-9a55-0e1b3a4c5d6e","Phone":298765432,"Tags":["Roberta Quill",null,true]}`
	token       = "eyJhbGciOi.planted-access-token.c2ln"
)

var secrets = []string{
	"roberta", "quill", "9876", "298765432", "harbour", "sydney", "1971", "123 456 782", "004422118", "1f8e2a31", "wealthy",
	"000417", "4488123", "c2vjcmv0", "planted", token, "session-cookie", "tenant-of", "9f0e",
}

func plantedServer(body string) http.RoundTripper {
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Request: r, ContentLength: -1, Body: io.NopCloser(strings.NewReader(body)), Header: http.Header{
			"Content-Type": {"text/xml"}, "Set-Cookie": {"s=session-cookie"}, "Xero-Correlation-Id": {"1f8e2a31-0c57-4b59-9a55-0e1b3a4c5d6e"},
			"X-Daylimit-Remaining": {"4998"},
		}}, nil
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func sendPlanted(t *testing.T, rt http.RoundTripper, body string) {
	t.Helper()
	r, err := http.NewRequest(http.MethodPut, "https://api.xero.com/practicemanager/3.1/client.api/contact/1F8E2A31-0c57-4b59-9a55-0e1b3a4c5d6e?query=Roberta+Quill&detailed=true&from=20260102", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Xero-Tenant-Id", "9f0e2a31-0c57-4b59-9a55-0e1b3a4c5d6e")
	r.Header.Set("Cookie", "s=session-cookie")
	resp, err := rt.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(resp.Body); err != nil || len(b) == 0 {
		t.Fatal("the client got nothing", err)
	}
}

func TestRecord(t *testing.T) {
	file := filepath.Join(t.TempDir(), "new", "clients_get.txtar")
	t.Run("recording", func(t *testing.T) {
		rt := Record(t, plantedServer(planted), Recording{
			File: file, Source: "a practice", Keep: []string{"api-method", "Status", "ErrorDescription", "Relationship>Type", "NumberOfShares", "Minutes", "pageSize"},
		})
		sendPlanted(t, rt, "<Contact><Name>Roberta Quill</Name><Mobile/></Contact>")
	})
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range secrets {
		if strings.Contains(strings.ToLower(string(data)), secret) {
			t.Errorf("%q is in the file", secret)
		}
	}
	want := []string{
		"provenance: observed - a practice\n",
		"PUT /practicemanager/3.1/client.api/contact/00000000-0000-4000-8000-000000000001?detailed=true&from=20200102&query=Name-1 HTTP/1.1\n",
		"<Contact><Name>Name-1</Name><Mobile/></Contact>\n",
		`<Response api-method="Get"><Status>OK</Status>`,
		"<ErrorDescription>Not allowed for Name-1</ErrorDescription>",
		"<UUID>00000000-0000-4000-8000-000000000001</UUID><Name>Name-1</Name><Email>someone1@example.com</Email>",
		"<DateOfBirth>2020-01-02</DateOfBirth>", "<IsArchived>No</IsArchived>", "<Type>Director of</Type><NumberOfShares>1000</NumberOfShares>",
		"<Minutes>90</Minutes>", `<add uuid="00000000-0000-4000-8000-000000000001"`, "<Account><Name>Name-1</Name></Account><ID>J000001</ID>",
		"<WebUrl>https://example.com/", "<Next>https://api.xero.com/practicemanager/3.1/client.api/paged-list?pageSize=2&amp;pageToken=pageToken-1</Next>",
		"X-Daylimit-Remaining: 4998\n",
	}
	for _, w := range want {
		// What was first named by the query is called after it.
		if got := strings.ReplaceAll(string(data), "query-1", "Name-1"); !strings.Contains(got, w) {
			t.Errorf("the file has no %s in\n%s", w, got)
		}
	}
	if _, err := parse(file, data); err != nil {
		t.Error(err)
	}
}

func TestRecord_JSON(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.txtar")
	t.Run("recording", func(t *testing.T) {
		sendPlanted(t, Record(t, plantedServer(plantedJSON), Recording{File: file, Source: "a practice", Keep: []string{"Title", "Status"}}), "Roberta Quill, by plain text")
	})
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range secrets {
		if strings.Contains(strings.ToLower(string(data)), secret) {
			t.Errorf("%q is in the file", secret)
		}
	}
	if !strings.Contains(string(data), `"Status":401`) || !strings.Contains(string(data), `"Title":"Unauthorized"`) {
		t.Errorf("%s", data)
	}
}

// What was kept by mistake is noticed, and not quoted.
func TestRecorder_Leaks(t *testing.T) {
	k := &recorder{base: plantedServer(`<Response><Name>Roberta Quill</Name><Status>` + token + `</Status></Response>`), Recording: Recording{File: "x.txtar", Source: "a practice", Keep: []string{"Status"}}}
	sendPlanted(t, k, "")
	if _, err := k.format(); err == nil || strings.Contains(err.Error(), "planted") {
		t.Errorf("%v", err)
	}
	if _, err := new(recorder).format(); err == nil {
		t.Error("nothing was sent, and a file written")
	}
}

// The same is replaced by the same, whatever its case, and invented things have
// the form of what they stand for.
func TestScrubber_Value(t *testing.T) {
	s := newScrubber([]string{"Kept"})
	for _, c := range []struct{ name, in, want string }{
		{"Name", "Ann", "Name-1"},
		{"Contact", "ANN", "Name-1"},
		{"Name", "Bob", "Name-2"},
		{"Name", "Yes", "Yes"},
		{"Name", "", ""},
		{"Kept", "as it is", "as it is"},
		{"Kept", "what Bob said", "what Name-2 said"},
		{"Date", "2026-03-04T05:06:07", "2020-01-02T03:04:05"},
		{"Date", "20260304", "20200102"},
		{"Email", "a b@c", "someone1@example.com"},
		{"TaxNumber", "******789", "******123"},
		{"Amount", "12.50", "Amount-1"},
		{"Name", "50% Ltd", "Name-3"},
	} {
		if got := s.value("", c.name, c.in); got != c.want {
			t.Errorf("%s %q is %q, want %q", c.name, c.in, got, c.want)
		}
	}
}

func TestScrubber_Most(t *testing.T) {
	s := newScrubber([]string{"A"})
	s.most = 2
	got := string(s.body([]byte("<L><A>1</A><A><A>x</A></A><A><B/>3</A><B/></L>")))
	if want := "<L><A>1</A><A><A>x</A></A><B/></L>"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

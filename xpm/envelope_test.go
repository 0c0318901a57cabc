package xpm_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/practicekit/offboarding/xpm"
)

const (
	clientOK = `<Client><UUID>5e1f0009-7c3a-4b6d-9e20-a1b2c3d40009</UUID><Name>Acme Pty Ltd</Name><IsArchived>Yes</IsArchived><IsDeleted>No</IsDeleted></Client>`
	archived = `<Response api-method="Archive"><Status>OK</Status>` + clientOK + `</Response>`
)

// hostile answers promise success with a 200 and are not answers of XPM.
var hostile = map[string]roundTrip{
	"empty":                 answer(200, "", ""),
	"blank":                 ok(" \n "),
	"login page":            answer(200, "text/html", "<html><body>Sign in</body></html>"),
	"login page as XML":     ok("<html><body>Sign in</body></html>"),
	"page with a doctype":   ok("<!DOCTYPE html><html></html>"),
	"doctype":               ok(`<!DOCTYPE x [<!ENTITY a "b">]>` + archived),
	"other content type":    answer(200, "application/json", archived),
	"JSON":                  answer(200, "", `{"status":"OK"}`),
	"JSON null":             ok("null"),
	"text":                  ok("OK"),
	"cut in an element":     ok(archived[:len(archived)-60]),
	"cut before the end":    ok(strings.TrimSuffix(archived, "</Response>")),
	"wrong end":             ok(strings.Replace(archived, "</Client>", "</Clients>", 1)),
	"two roots":             ok(archived + archived),
	"trailing text":         ok(archived + "trailing"),
	"trailing markup":       ok(archived + "<"),
	"no Status":             ok("<Response>" + clientOK + "</Response>"),
	"empty Status":          ok("<Response><Status/>" + clientOK + "</Response>"),
	"unknown Status":        ok("<Response><Status>PENDING</Status>" + clientOK + "</Response>"),
	"two Status":            ok("<Response><Status>OK</Status><Status>OK</Status>" + clientOK + "</Response>"),
	"two Status, late":      ok("<Response><Status>OK</Status>" + clientOK + "<Status>ERROR</Status></Response>"),
	"two clients":           ok("<Response><Status>OK</Status>" + clientOK + clientOK + "</Response>"),
	"no client":             ok("<Response><Status>OK</Status></Response>"),
	"client without UUID":   ok("<Response><Status>OK</Status><Client><Name>Acme</Name></Client></Response>"),
	"two UUIDs":             ok(strings.Replace(archived, "<Name>", "<UUID>5e1f0009-7c3a-4b6d-9e20-a1b2c3d40009</UUID><Name>", 1)),
	"another client":        ok(strings.Replace(archived, "5e1f0009", "00000000", 1)),
	"too deep":              ok(strings.Replace(archived, "<Name>", strings.Repeat("<a>", 200)+strings.Repeat("</a>", 200)+"<Name>", 1)),
	"too deep, passed over": ok("<Response><Status>OK</Status>" + strings.Repeat("<a>", 200) + strings.Repeat("</a>", 200) + clientOK + "</Response>"),
	"other charset":         ok(`<?xml version="1.0" encoding="ISO-8859-1"?>` + archived),
	"undefined entity":      ok(strings.Replace(archived, "Acme", "&acme;", 1)),
	"invalid UTF-8":         ok(strings.Replace(archived, "Acme", "\xff\xfe", 1)),
}

func TestClients_Get_HostileAnswers(t *testing.T) {
	for name, rt := range hostile {
		t.Run(name, func(t *testing.T) {
			got, err := newClient(t, rt).Clients.Get(t.Context(), acme)
			if !errors.Is(err, xpm.ErrInvalid) || errors.Is(err, xpm.ErrOutcomeUnknown) {
				t.Errorf("error %v, want ErrInvalid", err)
			}
			if got.UUID != "" {
				t.Errorf("a client came with the error: %v", got.UUID)
			}
			checkQuiet(t, err)
		})
	}
}

// An archive whose answer cannot be read may have been done.
func TestClients_Archive_HostileAnswers(t *testing.T) {
	more := map[string]roundTrip{
		"not archived":     ok(strings.Replace(archived, "<IsArchived>Yes", "<IsArchived>No", 1)),
		"no IsArchived":    ok(strings.Replace(archived, "<IsArchived>Yes</IsArchived>", "", 1)),
		"empty IsArchived": ok(strings.Replace(archived, "<IsArchived>Yes", "<IsArchived>", 1)),
		"two IsArchived":   ok(strings.Replace(archived, "<IsDeleted>", "<IsArchived>No</IsArchived><IsDeleted>", 1)),
		"odd IsArchived":   ok(strings.Replace(archived, "<IsArchived>Yes", "<IsArchived>Perhaps", 1)),
		"no IsDeleted":     ok(strings.Replace(archived, "<IsDeleted>No</IsDeleted>", "", 1)),
		"refusal, cut":     ok(`<Response><Status>ERROR</Status><ErrorDescription>Invalid client ide`),
	}
	for _, answers := range []map[string]roundTrip{hostile, more} {
		for name, rt := range answers {
			t.Run(name, func(t *testing.T) {
				got, err := newClient(t, rt).Clients.Archive(t.Context(), acme)
				if !errors.Is(err, xpm.ErrOutcomeUnknown) {
					t.Errorf("error %v, want ErrOutcomeUnknown", err)
				}
				for _, other := range []error{xpm.ErrInvalid, xpm.ErrNotFound, xpm.ErrTooLarge} {
					if errors.Is(err, other) {
						t.Errorf("error %v is also %v", err, other)
					}
				}
				if got.UUID != "" {
					t.Errorf("a client came with the error: %v", got.UUID)
				}
				checkQuiet(t, err)
			})
		}
	}
}

// checkQuiet makes sure that an error quotes nothing of an answer.
func checkQuiet(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	for _, secret := range []string{"Acme", "Sign in", "acme", "<", "api.xero.com"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the error quotes %q: %v", secret, err)
		}
	}
	if e, ok := errors.AsType[*xpm.Error](err); !ok || !strings.HasPrefix(e.Op, "Clients.") {
		t.Errorf("%T is no *xpm.Error with an operation", err)
	}
}

// What differs only in form is read all the same.
func TestClients_Archive_HarmlessAnswers(t *testing.T) {
	for name, rt := range map[string]roundTrip{
		"as recorded":       ok(archived),
		"no content type":   answer(200, "", archived),
		"application/xml":   answer(200, "application/xml", archived),
		"XML declaration":   ok(`<?xml version="1.0" encoding="UTF-8"?>` + "\n" + archived + "\n"),
		"byte order mark":   ok("\xef\xbb\xbf" + archived),
		"status in words":   ok(strings.Replace(archived, ">OK<", "> ok <", 1)),
		"true and false":    ok(strings.NewReplacer(">Yes<", ">true<", ">No<", ">false<").Replace(archived)),
		"upper-case UUID":   ok(strings.Replace(archived, "5e1f0009-7c3a", "5E1F0009-7C3A", 1)),
		"unknown elements":  ok(strings.Replace(archived, "<Client>", "<New><Deep/></New><New/><Client><Newer>1</Newer>", 1)),
		"status at the end": ok("<Response>" + clientOK + "<Status>OK</Status></Response>"),
		"comments":          ok(strings.Replace(archived, "<Status>OK", "<!-- c --><Status>O<!-- c -->K", 1)),
	} {
		t.Run(name, func(t *testing.T) {
			got, err := newClient(t, rt).Clients.Archive(t.Context(), acme)
			if err != nil || got.UUID != acme || !got.IsArchived || got.IsDeleted || !got.StateKnown {
				t.Errorf("%v, %+v", err, got)
			}
		})
	}
}

// R4: whatever the HTTP status, XPM's own refusal says that nothing was done.
func TestClients_Archive_Refused(t *testing.T) {
	refusal := func(text string) string {
		return `<Response api-method="Archive"><Status>Error</Status><ErrorDescription>` + text + `</ErrorDescription></Response>`
	}
	for _, status := range []int{200, 400, 404, 500} {
		_, err := newClient(t, answer(status, "text/xml", refusal("Invalid client identifier"))).Clients.Archive(t.Context(), acme)
		e, ok := errors.AsType[*xpm.Error](err)
		if !ok || !errors.Is(err, xpm.ErrNotFound) || errors.Is(err, xpm.ErrOutcomeUnknown) {
			t.Fatalf("status %d: %v, want ErrNotFound", status, err)
		}
		if e.Description != "Invalid client identifier" || e.StatusCode != status || e.RequestID == "" || e.Attempts != 1 || e.Op != "Clients.Archive" {
			t.Errorf("status %d: %+v", status, e)
		}
	}
	_, err := newClient(t, ok(refusal("The client\n\tis "+strings.Repeat("long ", 100)))).Clients.Archive(t.Context(), acme)
	e, _ := errors.AsType[*xpm.Error](err)
	if !errors.Is(err, xpm.ErrInvalid) || !strings.HasPrefix(e.Description, "The client is long") || len([]rune(e.Description)) > 201 {
		t.Errorf("%v", err)
	}
	// A server that failed may have failed after the effect, whatever it says.
	_, err = newClient(t, answer(500, "text/xml", refusal("An unexpected error occurred"))).Clients.Archive(t.Context(), acme)
	if !errors.Is(err, xpm.ErrOutcomeUnknown) {
		t.Errorf("%v, want ErrOutcomeUnknown", err)
	}
}

// The problem document names the request too, when the header is missing.
func TestClients_Get_RequestID(t *testing.T) {
	rt := roundTrip(func(r *http.Request) (*http.Response, error) {
		resp, err := answer(403, "", `{"Title":"Forbidden","Instance":"1f5a84cd"}`)(r)
		resp.Header.Del("Xero-Correlation-Id")
		return resp, err
	})
	_, err := newClient(t, rt).Clients.Get(t.Context(), acme)
	if e, ok := errors.AsType[*xpm.Error](err); !ok || e.RequestID != "1f5a84cd" {
		t.Errorf("%v", err)
	}
}

func TestClients_Get_GatewayErrors(t *testing.T) {
	problem := func(title, detail string) string {
		return `{"Type":null,"Title":"` + title + `","Status":401,"Detail":"` + detail + `","Instance":"5e1f0001-7c3a-4b6d-9e20-a1b2c3d40001","Extensions":{}}`
	}
	for name, c := range map[string]struct {
		rt          roundTrip
		kind        error
		description string
	}{
		"bad token":          {answer(401, "application/json", problem("Unauthorized", "AuthenticationUnsuccessful")), xpm.ErrUnauthorized, "AuthenticationUnsuccessful"},
		"no content type":    {answer(401, "", problem("Unauthorized", "TokenExpired: token expired at 04/29/2020 09:22:02")), xpm.ErrUnauthorized, "TokenExpired: token expired at 04/29/2020 09:22:02"},
		"scope missing":      {answer(401, "application/json", problem("Unauthorized", "AuthorizationUnsuccessful")), xpm.ErrForbidden, "AuthorizationUnsuccessful"},
		"other tenant":       {answer(403, "application/json", problem("Forbidden", "AuthenticationUnsuccessful")), xpm.ErrForbidden, "AuthenticationUnsuccessful"},
		"no detail":          {answer(403, "application/json", `{"Title":"Forbidden"}`), xpm.ErrForbidden, "Forbidden"},
		"unknown path":       {answer(404, "text/plain", "The resource you're looking for cannot be found"), xpm.ErrNotFound, ""},
		"HTML":               {answer(403, "text/html", "<html>Acme</html>"), xpm.ErrForbidden, ""},
		"empty":              {answer(400, "", ""), xpm.ErrInvalid, ""},
		"unavailable":        {answer(503, "application/json", problem("Unavailable", "ServiceNotAvailable")), xpm.ErrUnavailable, "ServiceNotAvailable"},
		"malformed JSON":     {answer(500, "", `{Status":500}`), xpm.ErrUnavailable, ""},
		"strict JSON":        {answer(400, "application/json", `{"status":"ERROR","errorDescription":"from is required"}`), xpm.ErrInvalid, "from is required"},
		"strict JSON, no id": {answer(400, "application/json", `{"status":"ERROR","errorDescription":"Invalid client identifier"}`), xpm.ErrNotFound, "Invalid client identifier"},
		"JSON of odd types":  {answer(400, "application/json", `{"Title":[1],"Detail":{"a":"b"},"Status":"x"}`), xpm.ErrInvalid, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := newClient(t, c.rt).Clients.Get(t.Context(), acme)
			e, ok := errors.AsType[*xpm.Error](err)
			if !ok || !errors.Is(err, c.kind) || e.Description != c.description {
				t.Errorf("%v, description %q; want %v, %q", err, e.Description, c.kind, c.description)
			}
			checkQuiet(t, err)
		})
	}
}

// The wire's only sign of a full quota is in the headers.
func TestClients_Get_Throttled(t *testing.T) {
	rt := roundTrip(func(r *http.Request) (*http.Response, error) {
		resp, err := answer(429, "", "")(r)
		resp.Header.Set("Retry-After", "3600")
		resp.Header.Set("X-Rate-Limit-Problem", "day")
		return resp, err
	})
	_, err := newClient(t, rt).Clients.Get(t.Context(), acme)
	e, ok := errors.AsType[*xpm.Error](err)
	if !ok || !errors.Is(err, xpm.ErrRateLimited) || e.Limit != "day" || e.RetryAfter.Hours() != 1 {
		t.Errorf("%v", err)
	}
}

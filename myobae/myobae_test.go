package myobae_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"

	"github.com/practicekit/offboarding/internal/exchange"
	"github.com/practicekit/offboarding/myobae"
)

const (
	clientUID    = myobae.ClientUID("6f0c1a52-7d3e-4b0a-9c55-0d1f5a7e2b10")
	operationUID = myobae.OperationUID("0b5e2f10-4c44-4a08-8f4e-5a0c9d3e7f21")
)

var (
	closing  = myobae.CloseParams{RowVersion: "8653760884428439681", ExpectedCode: "SMITHJ01", Reason: "Disengaged"}
	clearing = myobae.ClearParams{RowVersion: "8653760884428439681", ExpectedCode: "SMITHJ01"}
)

// over returns a client whose requests rt answers.
func over(t *testing.T, rt http.RoundTripper) *myobae.Client {
	t.Helper()
	c, err := myobae.NewClient(myobae.Config{
		BaseURL:     "https://ae-gateway.example.com/",
		TokenSource: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "token"}),
		HTTPClient:  &http.Client{Transport: rt},
		MaxRetries:  -1,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// recorded returns a client that the exchanges of these names answer.
func recorded(t *testing.T, names ...string) *myobae.Client {
	t.Helper()
	files := make([]string, len(names))
	for i, name := range names {
		files[i] = "testdata/myobae_" + name + ".txtar"
	}
	return over(t, exchange.Transport(t, files...))
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// answering returns a client to which every request gives this answer.
func answering(t *testing.T, status int, body string) *myobae.Client {
	t.Helper()
	return over(t, roundTripper(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
	}))
}

// silent returns a client that may not send anything.
func silent(t *testing.T) *myobae.Client {
	t.Helper()
	return over(t, roundTripper(func(r *http.Request) (*http.Response, error) {
		t.Errorf("%s was sent", r.Method)
		return nil, errors.New("not to be sent")
	}))
}

// smith is the client of the exchanges, as the given status, value and version
// have it.
func smith(status myobae.Status, closed, value, version string) myobae.ClientEntity {
	return myobae.ClientEntity{
		UID: clientUID, Code: "SMITHJ01", Name: "Example Holdings Pty Ltd", Type: "Organisation", ContactType: "Company",
		IsClient: true, Status: status, CreatedDate: "2014-07-01", ClosedDate: closed,
		ExtraFields:  []myobae.ExtraField{{Name: "Nimbus Portal", DataType: "Flag", Value: json.RawMessage(value)}},
		RowVersion:   version,
		LastModified: time.Date(2026, 11, 20, 3, 11, 9, 0, time.UTC),
	}
}

func wantDiff(t *testing.T, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("unexpected answer (-want +got):\n%s", diff)
	}
}

// wantError checks the kind of an error, and returns it for a closer look.
func wantError(t *testing.T, err, kind error) *myobae.Error {
	t.Helper()
	var e *myobae.Error
	if !errors.As(err, &e) || !errors.Is(err, kind) {
		t.Fatalf("error is %v, want a *myobae.Error that is %v", err, kind)
	}
	return e
}

// badClients are answers that are not a client of the contract.
var badClients = map[string]string{
	"empty":             ``,
	"null":              `null`,
	"an array":          `[]`,
	"an HTML page":      `<html>Log in</html>`,
	"cut off":           `{"UID":"6f0c1a52-7d3e-4b0a-9c55-0d1f5a7e2b10","Code":"SMI`,
	"trailing junk":     bare(``) + `{}`,
	"no UID":            strings.Replace(bare(``), `"UID"`, `"Id"`, 1),
	"no Code":           strings.Replace(bare(``), `"Code"`, `"Cod"`, 1),
	"Code is null":      strings.Replace(bare(``), `"SMITHJ01"`, `null`, 1),
	"no IsClient":       strings.Replace(bare(``), `"IsClient"`, `"Is"`, 1),
	"no Status":         strings.Replace(bare(``), `"Status"`, `"State"`, 1),
	"empty Status":      strings.Replace(bare(``), `"Closed"`, `""`, 1),
	"Status twice":      bare(`,"Status":"Open"`),
	"status twice":      bare(`,"status":"Open"`),
	"ſtatus as well":    bare(`,"ſtatus":"Open"`),
	"no ExtraFields":    strings.Replace(bare(``), `"ExtraFields"`, `"Extra"`, 1),
	"no RowVersion":     strings.Replace(bare(``), `"RowVersion"`, `"Row"`, 1),
	"another client":    strings.Replace(bare(``), `6f0c1a52`, `00000000`, 1),
	"field without val": strings.Replace(bare(``), `"Value":null`, `"V":null`, 1),
	"field twice, as ſ": strings.Replace(bare(``), `[{`, `[{"Name":"S","Value":true},{"Name":"ſ","Value":null},{`, 1),
	"field twice":       strings.Replace(bare(``), `[{`, `[{"Name":"NIMBUS PORTAL","Value":true},{`, 1),
}

// bare is a closed client with no more than the contract requires, and more.
func bare(more string) string {
	return `{"UID":"6f0c1a52-7d3e-4b0a-9c55-0d1f5a7e2b10","Code":"SMITHJ01","IsClient":true,"Status":"Closed",` +
		`"ExtraFields":[{"Name":"Nimbus Portal","Value":null}],"RowVersion":"2"` + more + `}`
}

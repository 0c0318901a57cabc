package nimbus

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/practicekit/offboarding/internal/transport"
)

func TestDecode_refuses(t *testing.T) {
	for name, raw := range map[string]string{
		"empty":               ``,
		"null":                `null`,
		"a list":              `[]`,
		"a string":            `"c-1"`,
		"two documents":       `{"id":"ct-1","hasLogin":true,"portalAccess":true}{}`,
		"trailing junk":       `{"id":"ct-1","hasLogin":true,"portalAccess":true}]`,
		"truncated":           `{"id":"ct-1","hasLogin":true`,
		"member missing":      `{"id":"ct-1","portalAccess":true}`,
		"member null":         `{"id":"ct-1","hasLogin":null,"portalAccess":true}`,
		"any member null":     `{"id":"ct-1","hasLogin":true,"portalAccess":true,"email":null}`,
		"member in capitals":  `{"id":"ct-1","HASLOGIN":false,"portalAccess":true}`,
		"member twice":        `{"id":"ct-1","hasLogin":true,"hasLogin":false,"portalAccess":true}`,
		"twice, in capitals":  `{"id":"ct-1","hasLogin":true,"HasLogin":false,"portalAccess":true}`,
		"twice, further down": `{"id":"ct-1","hasLogin":true,"portalAccess":true,"x":[{"y":{"a":1,"b":2,"a":3}}]}`,
		"twice, escaped":      `{"id":"ct-1","hasLogin":true,"has\u004cogin":false,"portalAccess":true}`,
		"twice, long s":       `{"id":"ct-1","hasLogin":true,"ha\u017fLogin":false,"portalAccess":true}`,
		"too many members":    `{"id":"ct-1","hasLogin":true,"portalAccess":true` + many(200) + `}`,
		"another type":        `{"id":"ct-1","hasLogin":"yes","portalAccess":true}`,
		"empty id":            `{"id":"","hasLogin":true,"portalAccess":true}`,
		"too deep":            `{"id":"ct-1","hasLogin":true,"portalAccess":true,"x":` + strings.Repeat("[", 32) + strings.Repeat("]", 32) + `}`,
	} {
		if _, err := decode[Contact]([]byte(raw)); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, raw := range map[string]string{
		"no items":      `{}`,
		"items null":    `{"items":null}`,
		"items object":  `{"items":{}}`,
		"item a list":   `{"items":[[]]}`,
		"items twice":   `{"items":[],"items":[]}`,
		"a list":        `[]`,
		"null":          `null`,
		"item null":     `{"items":[null]}`,
		"token number":  `{"items":[],"nextPageToken":7}`,
		"token null":    `{"items":[],"nextPageToken":null}`,
		"items capital": `{"Items":[]}`,
	} {
		if _, err := decodePage[Contact]([]byte(raw)); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func many(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"m%d":0`, i)
	}
	return b.String()
}

func TestDecode_accepts(t *testing.T) {
	c, err := decode[Contact]([]byte(` {"x":{"id":[1,{"id":2}]},"id":"ct-1","hasLogin":false,"portalAccess":true,"more":[{"a":1},{"a":1},"a",[],{},-1.5e3,null,"\\\"}"] , "\u0061" : { } } `))
	if err != nil || c != (Contact{ID: "ct-1", PortalAccess: true}) {
		t.Errorf("contact = %+v, %v", c, err)
	}
	deep := `{"id":"ct-1","hasLogin":false,"portalAccess":true,"x":` + strings.Repeat("[", 31) + "1" + strings.Repeat("]", 31) + `}`
	if _, err := decode[Contact]([]byte(deep)); err != nil {
		t.Errorf("32 objects and lists deep: %v", err)
	}
	for _, raw := range []string{`{"items":[]}`, `{"items":[],"more":{"a":null}}`, `{"items":[],"nextPageToken":""}`} {
		if p, err := decodePage[Contact]([]byte(raw)); err != nil || p.NextPageToken != "" || len(p.Items) != 0 {
			t.Errorf("%s: %+v, %v", raw, p, err)
		}
	}
}

func TestRefusal_matches(t *testing.T) {
	if !(Refusal{}).matches("right") {
		t.Error("a refusal that cannot be compared lets a login through")
	}
	if accountKey("https://a.example.com/", "u") != accountKey("https://a.example.com", "u") || accountKey("https://a.example.com", "u") == accountKey("https://b.example.com", "u") {
		t.Error("an account is a server and a login code")
	}
}

func TestDecode_contradictions(t *testing.T) {
	refused := func(name string, err error) {
		t.Helper()
		if !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := decode[EmailJob]([]byte(`{"id":"j-1","documentsForSignature":-1,"outstandingSignatures":0}`))
	refused("negative signatures", err)
	_, err = decode[Folder]([]byte(`{"id":"f-1","kind":"orphaned","code":"","documents":-1}`))
	refused("negative documents", err)
	_, err = decode[Folder]([]byte(`{"id":"f-1","kind":"client","code":"","documents":0}`))
	refused("a Client folder of nobody", err)
	_, err = decode[Document]([]byte(`{"id":"d-1","name":"","folderId":"","size":-1,"published":false,"locked":false,"checkedOut":false}`))
	refused("negative size", err)
	_, err = decode[rowCount]([]byte(`{"rows":-1}`))
	refused("negative rows", err)
	_, err = decode[rowCount]([]byte(`{"rows":1.5}`))
	refused("half a row", err)
	for _, digest := range []string{"abc", strings.Repeat("A", 64), strings.Repeat("g", 64)} {
		_, err = decode[Document]([]byte(`{"id":"d-1","name":"","folderId":"","size":0,"published":false,"locked":false,"checkedOut":false,"sha256":"` + digest + `"}`))
		refused("digest "+digest, err)
	}
	_, err = decode[SyncRun]([]byte(`{"id":"run-0001","number":1,"kind":"full","state":"running","startedAt":"yesterday"}`))
	refused("time", err)
	if run, err := decode[SyncRun]([]byte(`{"id":"run-0001","number":1,"kind":"full","state":"paused","startedAt":"2026-02-03T04:05:06Z"}`)); err != nil || run.State != "paused" {
		t.Errorf("a state that is not known: %+v, %v", run, err)
	}
}

// The digest stands alone between commas, without parameters (RFC 9530).
func TestContentDigest_form(t *testing.T) {
	whole := digestHeader([32]byte{1})
	for value, want := range map[string]bool{
		whole: true, "sha-512=:AA==:, " + whole: true, whole + ",sha-512=:AA==:": true,
		strings.TrimSuffix(whole, ":"): false, whole + ";a=1": false, "x" + whole: false, "": false,
	} {
		if _, ok := contentDigest(http.Header{"Content-Digest": {value}}); ok != want {
			t.Errorf("%q: %t", value, ok)
		}
	}
}

// A server's words are let through only as what they should be.
func TestFromTransport_problem(t *testing.T) {
	for name, tt := range map[string]struct{ contentType, body, code, description string }{
		"as it should be": {"application/problem+json; charset=utf-8", `{"code":"name-taken","title":"Conflict","detail":"taken"}`, "name-taken", "taken"},
		"odd parameters":  {"Application/Problem+JSON ;a", `{"code":"name-taken","title":"Conflict","detail":"taken"}`, "name-taken", "taken"},
		"only a title":    {"application/problem+json", `{"code":"name-taken","title":"Conflict"}`, "name-taken", "Conflict"},
		"two lines":       {"application/problem+json", `{"code":"a\nb","detail":"one\ntwo"}`, "", "one two"},
		"a long code":     {"application/problem+json", `{"code":"` + strings.Repeat("a", 65) + `"}`, "", ""},
		"a page":          {"text/html", `{"code":"name-taken"}`, "", ""},
		"not JSON":        {"application/problem+json", `<html>`, "", ""},
	} {
		err := fromTransport(&transport.Failure{Op: "X", StatusCode: 409, Header: http.Header{"Content-Type": {tt.contentType}}, Body: []byte(tt.body), Err: ErrConflict})
		e, ok := errors.AsType[*Error](err)
		if !ok || e.Code != tt.code || e.Description != tt.description || !errors.Is(err, ErrConflict) {
			t.Errorf("%s: %#v", name, err)
		}
	}
}

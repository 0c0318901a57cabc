package nimbustest_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/nimbus/nimbustest"
)

const (
	digestOfOther = "sha-256=:/OEU9hA4y8wkSf8PxnU+vMuGQaqHoSNfIFrdTmLJ3w4=:"
	digestOfEmpty = "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"
)

// send sends a request as it is written, and returns the status, the code of a
// problem, and the header.
func send(s http.Handler, method, target, body string, header ...string) (status int, code string, h http.Header) {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	var p struct{ Code string }
	if w.Code >= 300 && (json.Unmarshal(w.Body.Bytes(), &p) != nil || w.Header().Get("Content-Type") != "application/problem+json") {
		p.Code = "no problem document"
	}
	return w.Code, p.Code, w.Header()
}

func session(t *testing.T, s http.Handler) string {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/v1/session", strings.NewReader(`{"loginCode":"","password":""}`))
	r.Header.Set("Content-Type", "Application/JSON; charset=utf-8")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	var a struct{ Token string }
	if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil || a.Token == "" {
		t.Fatalf("login: %d %s", w.Code, w.Body)
	}
	return "Bearer " + a.Token
}

func TestServer_requests(t *testing.T) {
	server := nimbustest.New(nimbustest.Config{})
	server.AddClient(nimbustest.Client{Code: "SMIT0001"})
	must(server.AddEmailJob("SMIT0001", nimbustest.EmailJob{}))(t)
	must(server.AddEmailJob("SMIT0001", nimbustest.EmailJob{JobStatus: "Finished"}))(t)
	regular := server.RunManualSync().ID
	token := session(t, server)
	const jsonType = "application/json"
	for _, tt := range []struct {
		method, target, contentType, body string
		status                            int
	}{
		{"HEAD", "/v1/clients", "", "", 404},
		{"GET", "/v1//clients", "", "", 404},
		{"GET", "/v1/clients/../account", "", "", 404},
		{"GET", "/v1/clients/", "", "", 404},
		{"PATCH", "/v1/clients/c-1", "", "", 404},
		{"GET", "/v1/clients?code=", "", "", 400},
		{"GET", "/v1/clients?code=A&code=B", "", "", 400},
		{"GET", "/v1/clients?code=%zz", "", "", 400},
		{"GET", "/v1/clients?unknown=&unknown=", "", "", 200},
		{"GET", "/v1/clients?pageSize=", "", "", 400},
		{"GET", "/v1/clients?pageSize=0", "", "", 400},
		{"GET", "/v1/clients?pageSize=501", "", "", 400},
		{"GET", "/v1/clients?pageSize=%2B5", "", "", 400},
		{"GET", "/v1/clients?pageToken=", "", "", 400},
		{"GET", "/v1/clients/c-9/contacts?pageSize=x", "", "", 400}, // before 404
		{"GET", "/v1/folders?kind=", "", "", 400},
		{"GET", "/v1/folders?kind=other", "", "", 200},
		{"GET", "/v1/archive/documents", "", "", 400},
		{"GET", "/v1/documents/d-9/versions/x/content", "", "", 404},
		{"DELETE", "/v1/folders/f-9", "", "", 400},
		{"DELETE", "/v1/folders/f-9?documents=-1", "", "", 400},
		{"DELETE", "/v1/folders/f-9?documents=9007199254740992", "", "", 400},
		{"DELETE", "/v1/folders/f-9?documents=1", "", "", 404},
		{"POST", "/v1/folders/f-1/archive", jsonType, `{"documents":"1"}`, 400},
		{"POST", "/v1/folders/f-1/archive", jsonType, `{"documents":1.0}`, 400},
		{"POST", "/v1/folders/f-1/archive", jsonType, `{"documents":null}`, 400},
		{"POST", "/v1/folders/f-1/archive", jsonType, `{}`, 400},
		{"POST", "/v1/folders/f-1/archive", jsonType, "\ufeff" + `{"documents":1}`, 400},
		{"POST", "/v1/folders/f-1/archive", "", `{"documents":1}`, 400},
		{"POST", "/v1/folders/f-1/archive", "text/plain", `{"documents":1}`, 400},
		{"POST", "/v1/folders/f-1/archive", jsonType + ";x", `{"documents":1}`, 409},
		{"POST", "/v1/folders/f-1/archive", jsonType, `{"documents":1,"x":"` + strings.Repeat("x", 64<<10) + `"}`, 413},
		{"POST", "/v1/archive/documents/d-9/restore", jsonType, `{}`, 400},
		{"POST", "/v1/archive/documents/d-9/restore", jsonType, `{"folderId":"f-1"}`, 404},
		{"PUT", "/v1/email-jobs/j-9/status", jsonType, `{"jobStatus":7}`, 400},
		{"PUT", "/v1/email-jobs/j-9/status", jsonType, `{"jobStatus":"Done"}`, 404},
		{"PUT", "/v1/email-jobs/j-1/status", jsonType, `{"jobStatus":"Done"}`, 422},
		{"PUT", "/v1/email-jobs/j-2/status", jsonType, `{"jobStatus":"Suspended"}`, 422},
		{"PUT", "/v1/syncs/short", jsonType, `{"kind":"full"}`, 400},
		{"PUT", "/v1/syncs/run-0001", jsonType, `{}`, 400},
		{"PUT", "/v1/syncs/run-0001", jsonType, `{"kind":"manual"}`, 422},
		{"PUT", "/v1/syncs/" + string(regular), jsonType, `{"kind":"full"}`, 422},
		{"GET", "/v1/syncs/short", "", "", 404},
		{"POST", "/v1/session", "", `{"loginCode":"","password":""}`, 400},
		{"POST", "/v1/session", jsonType, `{"loginCode":""}`, 400},
	} {
		status, code, h := send(server, tt.method, tt.target, tt.body, "Content-Type", tt.contentType, "Authorization", token)
		want := map[int]string{400: nimbus.CodeInvalidRequest, 404: nimbus.CodeNotFound, 409: nimbus.CodeFolderNotOrphaned, 413: nimbus.CodeTooLarge, 422: nimbus.CodeInvalidRequest}[tt.status]
		if status != tt.status || code != want || h.Get("Location") != "" {
			t.Errorf("%s %s %.40s: %d %s, want %d %s", tt.method, tt.target, tt.body, status, code, tt.status, want)
		}
	}
	if n := server.Snapshot().Logins; n != 1 {
		t.Errorf("%d logins: one that cannot be read was passed on", n)
	}
}

// What is wrong first is the answer.
func TestServer_requests_order(t *testing.T) {
	offered := slices.DeleteFunc(nimbus.Capabilities(), func(c nimbus.Capability) bool { return c == nimbus.CapabilityFoldersArchive })
	server := nimbustest.New(nimbustest.Config{Capabilities: offered})
	long := `{"folderId":"` + strings.Repeat("x", 64<<10) + `"}`
	token := session(t, server)
	for _, tt := range []struct {
		target, token string
		status        int
	}{
		{"/v1/nothing", "", 404},
		{"/v1/folders/f-9/archive", "", 401},
		{"/v1/folders/f-9/archive", token, 501},
		{"/v1/archive/documents/d-9/restore", token, 413},
	} {
		if status, _, _ := send(server, http.MethodPost, tt.target, long, "Authorization", tt.token); status != tt.status {
			t.Errorf("%s: %d, want %d", tt.target, status, tt.status)
		}
	}
}

func TestServer_upload_form(t *testing.T) {
	server := nimbustest.New(nimbustest.Config{MandatoryDocumentFields: []string{"Category"}})
	server.AddClient(smith)
	token := session(t, server)
	for _, tt := range []struct {
		query, digest, body string
		status              int
		code                string
	}{
		{"", digestOfEmpty, "", 400, nimbus.CodeInvalidRequest},
		{"name=", digestOfEmpty, "", 400, nimbus.CodeInvalidRequest},
		{"name=a%2Fb", digestOfEmpty, "", 400, nimbus.CodeInvalidRequest},
		{"name=a&name=b", digestOfEmpty, "", 400, nimbus.CodeInvalidRequest},
		{"name=a&published=maybe", digestOfEmpty, "", 400, nimbus.CodeInvalidRequest},
		{"name=a&fields[Category]=1&fields[Category]=2", digestOfEmpty, "", 400, nimbus.CodeInvalidRequest},
		{"name=a", "", "", 400, nimbus.CodeInvalidRequest},
		{"name=a&path=", digestOfEmpty, "", 400, nimbus.CodeInvalidRequest},
		{"name=a&path=To+Client", digestOfEmpty, "", 400, nimbus.CodeInvalidRequest}, // P4
		{"name=a&path=Current%2F..%2FTo+Client", digestOfEmpty, "", 400, nimbus.CodeInvalidRequest},
		{"name=a&path=Currently", digestOfEmpty, "", 400, nimbus.CodeInvalidRequest},
		{"name=a", digestOfEmpty + ";a=1", "", 400, nimbus.CodeInvalidRequest},
		{"name=a", digestOfOther, "", 422, nimbus.CodeDigestMismatch},
		{"name=a&fields[Category]=", digestOfEmpty, "", 422, nimbus.CodeMandatoryFields},
		{"name=a&fields[Category]=1", digestOfEmpty, "", 201, ""},
		{"name=a", digestOfOther, "", 422, nimbus.CodeDigestMismatch}, // before the name
		{"name=A", digestOfEmpty, "", 200, ""},
		{"name=A&path=Current", digestOfEmpty, "", 200, ""},
		{"name=A&path=Current%2FB", digestOfEmpty, "", 409, nimbus.CodeNameTaken}, // it lies elsewhere
		{"name=b&path=Current%2FB&fields[Category]=1", digestOfEmpty, "", 201, ""},
		{"name=b&path=Current%2FB", digestOfEmpty, "", 200, ""},
	} {
		header := []string{"Authorization", token}
		if tt.digest != "" {
			header = append(header, "Content-Digest", tt.digest)
		}
		status, code, _ := send(server, http.MethodPost, "/v1/folders/f-1/documents?"+tt.query, tt.body, header...)
		if status != tt.status || code != tt.code {
			t.Errorf("%s %s: %d %s, want %d %s", tt.query, tt.digest, status, code, tt.status, tt.code)
		}
	}
	r := httptest.NewRequest(http.MethodPost, "/v1/folders/f-1/documents?name=b&fields[Category]=1", strings.NewReader(""))
	r.ContentLength = -1
	r.Header = http.Header{"Authorization": {token}, "Content-Digest": {digestOfEmpty}}
	w := httptest.NewRecorder()
	if server.ServeHTTP(w, r); w.Code != http.StatusBadRequest {
		t.Errorf("without a length: %d", w.Code)
	}
}

// Only what nobody shows to the client is taken for the document that was sent.
func TestServer_upload_shared(t *testing.T) {
	for name, shown := range map[string]nimbustest.Document{
		"published":       {Name: "h.csv", Content: []byte("rows"), Published: true},
		"under To Client": {Name: "H.csv", Content: []byte("rows"), Path: nimbus.PathToClient},
		"further below":   {Name: "h.csv", Content: []byte("rows"), Path: nimbus.PathToClient + "/2025"},
	} {
		c, server := start(t, nimbustest.Config{})
		server.AddClient(smith)
		must(server.AddDocument("SMIT0001", shown))(t)
		if _, err := c.Documents.Upload(t.Context(), "f-1", upload("h.csv", "rows")); code(err) != nimbus.CodeNameTaken {
			t.Errorf("%s: %v", name, err)
		}
		hidden := must(server.AddDocument("SMIT0001", nimbustest.Document{Name: "H.CSV", Content: []byte("rows"), Path: nimbus.PathFromClient + "/2025"}))(t)
		d, err := c.Documents.Upload(t.Context(), "f-1", upload("h.csv", "rows"))
		if err != nil || d.ID != hidden || d.Name != "H.CSV" {
			t.Errorf("%s, beside one that is not: %+v, %v", name, d, err)
		}
		if _, err := c.Documents.Restore(t.Context(), "d-1", "f-1"); code(err) != nimbus.CodeDocumentNotArchived {
			t.Errorf("%s, restored: %v", name, err)
		}
	}
}

// P1: a folder of any kind takes the code.
func TestServer_RemoveEntity_codeOfAnotherEntity(t *testing.T) {
	c, server := start(t, nimbustest.Config{})
	server.AddClient(smith)
	server.AddClient(nimbustest.Client{Code: "smit0001", Name: "Another"})
	must(server.AddDocument("c-1", nimbustest.Document{Name: "a.pdf"}))(t)
	server.RemoveEntity("c-1")
	if f := must(c.Folders.Get(t.Context(), "f-1"))(t); len(f.Code) != len("SMIT0001")+7 || f.Name != smith.Name {
		t.Errorf("folder = %+v", f)
	}
}

// P1: a code finds itself, and itself with exactly seven digits, in any folder.
func TestServer_listFolders_code(t *testing.T) {
	c, server := start(t, nimbustest.Config{})
	for _, code := range []string{"smit0001", "SMIT00011234567", "SMIT0001123456", "SMIT000112345678", "SMIT0001123456X", "SMIT"} {
		server.AddClient(nimbustest.Client{Code: code})
	}
	found := must(c.Folders.List(t.Context(), nimbus.FolderFilter{Code: "SMIT0001"}))(t)
	if len(found) != 2 || found[0].ID != "f-1" || found[1].ID != "f-2" {
		t.Errorf("folders = %+v", found)
	}
}

// Syncs that start between two pages do not push the others out.
func TestServer_listSyncs_pages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := nimbustest.New(nimbustest.Config{RegularEvery: time.Minute, PageSize: 20})
		time.Sleep(60 * time.Minute)
		token := session(t, server)
		var numbers []int64
		for next, page := "", 0; page == 0 || next != ""; page++ {
			r := httptest.NewRequest(http.MethodGet, "/v1/syncs"+next, nil)
			r.Header.Set("Authorization", token)
			w := httptest.NewRecorder()
			server.ServeHTTP(w, r)
			var list struct {
				Items         []nimbus.SyncRun
				NextPageToken string
			}
			if err := json.Unmarshal(w.Body.Bytes(), &list); err != nil || w.Code != http.StatusOK {
				t.Fatalf("page %d: %d, %v", page, w.Code, err)
			}
			for _, run := range list.Items {
				numbers = append(numbers, run.Number)
			}
			if next = ""; list.NextPageToken != "" {
				next = "?pageToken=" + list.NextPageToken
			}
			time.Sleep(10 * time.Minute)
		}
		want := make([]int64, 50)
		for i := range want {
			want[i] = numbers[0] - int64(i)
		}
		if !slices.Equal(numbers, want) {
			t.Errorf("listed %v", numbers)
		}
	})
}

package nimbustest_test

import (
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/practicekit/offboarding/internal/transport"
	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/nimbus/nimbustest"
)

func start(t *testing.T, config nimbustest.Config) (*nimbus.Client, *nimbustest.Server) {
	t.Helper()
	server := nimbustest.New(config)
	c, err := nimbus.NewClient(nimbus.Config{
		BaseURL: "https://nimbus.example.com/tenant/", HTTPClient: &http.Client{Transport: server},
		Login: nimbus.Password(config.LoginCode, config.Password, nil),
	})
	if err != nil {
		t.Fatal(err)
	}
	return c, server
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func upload(name, content string) nimbus.Upload {
	body, size := transport.Bytes([]byte(content))
	return nimbus.Upload{Name: name, Size: size, SHA256: sha256.Sum256([]byte(content)), Body: body}
}

func TestServer_RemoveEntity_signaturesKeepIt(t *testing.T) { // R12
	c, server := start(t, nimbustest.Config{})
	id := server.AddClient(nimbustest.Client{Code: "SMIT0001", Name: "Smith Pty Ltd"})
	job := must(server.AddEmailJob("SMIT0001", nimbustest.EmailJob{Subject: "Sign", DocumentsForSignature: 1}))(t)
	if server.RemoveEntity("SMIT0001") || server.RemoveEntity("NOBODY") {
		t.Error("an entity with Documents for Signature, or none at all, was removed")
	}
	jobs := must(c.EmailJobs.ListByClient(t.Context(), id))(t)
	if len(jobs) != 1 || jobs[0].ID != job || jobs[0].DocumentsForSignature != 1 {
		t.Errorf("jobs = %+v", jobs)
	}
	if err := c.Clients.Delete(t.Context(), id); err != nil { // by hand it goes
		t.Error(err)
	}
	if _, err := c.Clients.Get(t.Context(), id); !errors.Is(err, nimbus.ErrNotFound) {
		t.Errorf("after a deletion by hand: %v", err)
	}
	if len(server.Snapshot().EmailJobs) != 0 { // R10
		t.Error("the email job stayed")
	}
}

func TestServer_RemoveEntity_contactsAndFolder(t *testing.T) { // R9, R11, R13 to R16
	c, server := start(t, nimbustest.Config{})
	gone := server.AddClient(nimbustest.Client{Code: "SMIT0001", Name: "Smith Pty Ltd", HistoryRows: 3})
	server.AddClient(nimbustest.Client{Code: "SMIT0002", Name: "Smith Trust"})
	add := func(name string, login bool, related ...string) nimbus.ContactID {
		return must(server.AddContact(nimbustest.Contact{FirstName: name, HasLogin: login, PortalAccess: login, Related: related}))(t)
	}
	noLogin := add("Ann", false, "SMIT0001")
	login := add("Bob", true, "SMIT0001")
	both := add("Cat", false, "SMIT0001", "SMIT0002")
	must(server.AddDocument("SMIT0001", nimbustest.Document{Name: "a.pdf", Content: []byte("a")}))(t)
	before := must(c.Clients.Get(t.Context(), gone))(t)

	if !server.RemoveEntity("smit0001") {
		t.Fatal("not removed")
	}
	if _, err := c.History.Count(t.Context(), gone); !errors.Is(err, nimbus.ErrNotFound) {
		t.Errorf("R11: history of a removed entity: %v", err)
	}
	if _, err := c.Contacts.Get(t.Context(), noLogin); !errors.Is(err, nimbus.ErrNotFound) {
		t.Errorf("R14: contact without a login: %v", err)
	}
	if relations := must(c.Contacts.Relations(t.Context(), login))(t); len(relations) != 0 {
		t.Errorf("R15: relations = %v", relations)
	}
	if relations := must(c.Contacts.Relations(t.Context(), both))(t); len(relations) != 1 || relations[0].Code != "SMIT0002" {
		t.Errorf("R16: relations = %v", relations)
	}
	want := nimbus.Folder{ID: before.FolderID, Kind: nimbus.FolderOrphaned, Code: "SMIT0001", Name: "Smith Pty Ltd", Documents: 1}
	if diff := cmp.Diff(want, must(c.Folders.Get(t.Context(), before.FolderID))(t)); diff != "" {
		t.Errorf("R13: %s", diff)
	}
	if !server.RemoveEntity("SMIT0002") {
		t.Fatal("not removed")
	}
	if n := len(server.Snapshot().Folders); n != 1 {
		t.Errorf("R13: %d folders; an empty one goes", n)
	}
	var related *nimbus.Error
	if err := c.Contacts.Delete(t.Context(), both); !errors.Is(err, nimbus.ErrNotFound) {
		t.Errorf("R14 for the last entity: %v", err)
	} else if errors.As(err, &related); related.Code != "not-found" {
		t.Errorf("code = %q", related.Code)
	}
}

func TestServer_RemoveEntity_nameTaken(t *testing.T) { // P1
	suffix := regexp.MustCompile(`^SMIT0001[0-9]{7}$`)
	codes := map[string]bool{}
	for range 2 {
		c, server := start(t, nimbustest.Config{PageSize: 1})
		server.AddFolder(nimbustest.Folder{Name: "SMIT0001 Smith Pty Ltd"})
		server.AddClient(nimbustest.Client{Code: "SMIT0001", Name: "Smith Pty Ltd"})
		must(server.AddDocument("SMIT0001", nimbustest.Document{Name: "a.pdf"}))(t)
		server.RemoveEntity("SMIT0001")
		found := must(c.Folders.List(t.Context(), nimbus.FolderFilter{Kind: nimbus.FolderOrphaned, Code: "SMIT0001"}))(t)
		if len(found) != 1 || !suffix.MatchString(found[0].Code) {
			t.Fatalf("folders = %+v", found)
		}
		codes[found[0].Code] = true
	}
	if len(codes) != 1 {
		t.Errorf("the digits differ between equal runs: %v", codes)
	}
}

func TestServer_RestoreEntity(t *testing.T) { // P2
	c, server := start(t, nimbustest.Config{})
	smith := nimbustest.Client{Code: "SMIT0001", Name: "Smith Pty Ltd"}
	server.AddClient(nimbustest.Client{Code: "SMIT0001", Name: "Smith Pty Ltd", HistoryRows: 9})
	contact := must(server.AddContact(nimbustest.Contact{HasLogin: true, Related: []string{"SMIT0001"}}))(t)
	must(server.AddDocument("SMIT0001", nimbustest.Document{Name: "a.pdf"}))(t)
	server.RemoveEntity("SMIT0001")

	id := server.RestoreEntity(smith, contact)
	back := must(c.Clients.Get(t.Context(), id))(t)
	if f := must(c.Folders.Get(t.Context(), back.FolderID))(t); f.Kind != nimbus.FolderClient || f.Documents != 1 || f.ClientID != id {
		t.Errorf("folder = %+v", f)
	}
	if rows := must(c.History.Count(t.Context(), id))(t); rows != 0 {
		t.Errorf("the history came back with %d rows", rows)
	}
	if relations := must(c.Contacts.Relations(t.Context(), contact))(t); len(relations) != 1 {
		t.Errorf("relations = %v", relations)
	}
	if n := len(server.Snapshot().Folders); n != 1 {
		t.Errorf("%d folders", n)
	}
}

func TestServer_upload(t *testing.T) { // R3, P4
	type effect struct {
		op, client, target   string
		destructive, changed bool
	}
	var effects []effect
	c, server := start(t, nimbustest.Config{OnEffect: func(op, client, target string, destructive, changed bool) {
		effects = append(effects, effect{op, client, target, destructive, changed})
	}})
	id := server.AddClient(nimbustest.Client{Code: "SMIT0001", HistoryRows: 2})
	folder := must(c.Clients.Get(t.Context(), id))(t).FolderID

	if _, err := c.Documents.Upload(t.Context(), "f-9", upload("h.csv", "rows")); !errors.Is(err, nimbus.ErrNotFound) {
		t.Errorf("missing folder: %v", err)
	}
	wrong := upload("h.csv", "rows")
	wrong.SHA256[0]++
	if _, err := c.Documents.Upload(t.Context(), folder, wrong); code(err) != nimbus.CodeDigestMismatch {
		t.Errorf("wrong digest: %v", err)
	}
	first := must(c.Documents.Upload(t.Context(), folder, upload("h.csv", "rows")))(t)
	again := must(c.Documents.Upload(t.Context(), folder, upload("h.csv", "rows")))(t)
	if first.ID != again.ID || first.Path != nimbus.PathCurrent || first.Published {
		t.Errorf("first %+v, again %+v", first, again)
	}
	if _, err := c.Documents.Upload(t.Context(), folder, upload("h.csv", "other")); code(err) != nimbus.CodeNameTaken || !errors.Is(err, nimbus.ErrConflict) {
		t.Errorf("same name: %v", err)
	}
	want := []effect{
		{"upload-document", "", "f-9/h.csv", false, false},
		{"upload-document", "SMIT0001", "f-1/h.csv", false, false},
		{"upload-document", "SMIT0001", "f-1/h.csv", false, true},
		{"upload-document", "SMIT0001", "f-1/h.csv", false, false},
		{"upload-document", "SMIT0001", "f-1/h.csv", false, false},
	}
	if diff := cmp.Diff(want, effects, cmp.AllowUnexported(effect{})); diff != "" {
		t.Error(diff)
	}
	if rows := must(c.History.Count(t.Context(), id))(t); rows != 3 {
		t.Errorf("history has %d rows; the upload adds one", rows)
	}
	body := must(c.Documents.Download(t.Context(), first.ID))(t)
	content := must(io.ReadAll(body))(t)
	if string(content) != "rows" || body.Close() != nil {
		t.Errorf("content = %q", content)
	}
	export := must(c.History.Export(t.Context(), id))(t)
	defer export.Body.Close()
	records := must(csv.NewReader(export.Body).ReadAll())(t)
	if len(records) != 5 || export.Rows != 4 || records[3][1] != "Import File" || records[4][1] != "Export File" {
		t.Errorf("%d rows stated, records = %v", export.Rows, records)
	}
	if mails := server.Snapshot().MailsSent; mails != 0 {
		t.Errorf("%d mails", mails)
	}
	loud, err := c.Do(t.Context(), nimbus.Request{ // what our client never sends
		Op: "Loud", Effect: nimbus.EffectOnce, Method: http.MethodPost, Path: []string{"v1", "folders", string(folder), "documents"},
		Query:  map[string][]string{"name": {"loud"}, "published": {"true"}},
		Header: http.Header{"Content-Digest": {"sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"}},
	})
	if err != nil || loud.Body.Close() != nil {
		t.Fatal(err)
	}
	if mails := server.Snapshot().MailsSent; mails != 1 {
		t.Errorf("publishing sent %d mails", mails)
	}
}

func code(err error) string {
	if e, ok := errors.AsType[*nimbus.Error](err); ok {
		return e.Code
	}
	return ""
}

func TestServer_disposal(t *testing.T) { // R19, R20, I4
	for _, cdm := range []bool{true, false} {
		t.Run(fmt.Sprintf("cdm %t", cdm), func(t *testing.T) {
			var changes []string
			config := nimbustest.Config{Edition: nimbus.EditionNonCDM, OnEffect: func(op, client, target string, _, changed bool) {
				changes = append(changes, fmt.Sprint(op, " ", client, " ", target, " ", changed))
			}}
			if cdm {
				config.Edition = nimbus.EditionCDM
			}
			c, server := start(t, config)
			server.AddClient(nimbustest.Client{Code: "SMIT0001", Name: "Smith"})
			doc := must(server.AddDocument("SMIT0001", nimbustest.Document{Name: "a.pdf", Content: []byte("a")}))(t)
			dispose, other, name := c.Folders.Delete, c.Folders.Archive, "delete-folder"
			if cdm {
				dispose, other, name = other, dispose, "archive-folder"
			}
			if err := other(t.Context(), "f-1", 1); code(err) != nimbus.CodeEditionMismatch {
				t.Errorf("the other edition's: %v", err)
			}
			if err := dispose(t.Context(), "f-1", 1); code(err) != nimbus.CodeFolderNotOrphaned {
				t.Errorf("of an entity on the grid: %v", err)
			}
			server.RemoveEntity("SMIT0001")
			if err := dispose(t.Context(), "f-1", 2); code(err) != nimbus.CodeDocumentCount || !errors.Is(err, nimbus.ErrConflict) {
				t.Errorf("wrong count: %v", err)
			}
			changes = nil
			if err := dispose(t.Context(), "f-1", 1); err != nil {
				t.Error(err)
			}
			if err := dispose(t.Context(), "f-1", 1); !errors.Is(err, nimbus.ErrNotFound) {
				t.Errorf("again: %v", err)
			}
			if want := []string{name + " SMIT0001 f-1 true", name + "  f-1 false"}; !slices.Equal(changes, want) {
				t.Errorf("effects = %q", changes)
			}
			archived := must(c.Documents.Archived(t.Context(), "f-1"))(t)
			_, err := c.Documents.Get(t.Context(), doc)
			if cdm != (len(archived) == 1) || cdm != (err == nil) {
				t.Errorf("archived = %v, document: %v", archived, err)
			}
		})
	}
}

func TestServer_capabilities(t *testing.T) { // P9
	c, server := start(t, nimbustest.Config{Capabilities: []nimbus.Capability{nimbus.CapabilityClientsRead}})
	id := server.AddClient(nimbustest.Client{Code: "SMIT0001"})
	if err := c.Clients.Delete(t.Context(), id); !errors.Is(err, nimbus.ErrCapabilityUnavailable) || code(err) != nimbus.CodeCapabilityUnavailable {
		t.Errorf("not offered: %v", err)
	}
	account := must(c.Account.Get(t.Context()))(t)
	if account.Edition != nimbus.EditionUnknown || !account.Offers(nimbus.CapabilityClientsRead) || account.Offers(nimbus.CapabilityClientsDelete) {
		t.Errorf("account = %+v", account)
	}
	// Staff do in the product what the server does not offer to programs.
	staff := must(nimbus.NewClient(nimbus.Config{BaseURL: "https://nimbus.example.com/", Login: nimbus.Password("", "", nil),
		HTTPClient: &http.Client{Transport: server.Staff()}}))(t)
	if err := staff.Clients.Delete(t.Context(), id); err != nil || len(server.Snapshot().Clients) != 0 {
		t.Errorf("staff cannot delete: %v", err)
	}
}

func TestServer_syncs(t *testing.T) { // R7
	synctest.Test(t, func(t *testing.T) {
		var kinds []string
		var server *nimbustest.Server
		c, s := start(t, nimbustest.Config{SyncTakes: 10 * time.Minute, RegularEvery: 4 * time.Minute, SessionLife: time.Hour, OnSync: func(kind string) error {
			kinds = append(kinds, kind)
			if kind == "full" {
				server.RemoveEntity("SMIT0001")
			}
			return nil
		}})
		server = s
		server.AddClient(nimbustest.Client{Code: "SMIT0001"})
		started := must(c.Syncs.StartFull(t.Context(), "run-0001"))(t)
		again := must(c.Syncs.StartFull(t.Context(), "run-0001"))(t)
		if diff := cmp.Diff(started, again); diff != "" || started.State != nimbus.SyncRunning {
			t.Errorf("started %+v, again %+v", started, again)
		}
		if _, err := c.Syncs.StartFull(t.Context(), "run-0002"); code(err) != nimbus.CodeSyncRunning {
			t.Errorf("a second one: %v", err)
		}
		time.Sleep(10*time.Minute - time.Nanosecond)
		if run := must(c.Syncs.Get(t.Context(), "run-0001"))(t); run.State != nimbus.SyncRunning || len(server.Snapshot().Clients) != 1 {
			t.Errorf("just before its time: %+v", run)
		}
		time.Sleep(time.Nanosecond)
		run := must(c.Syncs.Get(t.Context(), "run-0001"))(t)
		if run.State != nimbus.SyncCompleted || run.FinishedAt.Sub(run.StartedAt) != 10*time.Minute || len(server.Snapshot().Clients) != 0 {
			t.Errorf("at its time: %+v", run)
		}
		if want := []string{"regular", "regular", "full"}; !slices.Equal(kinds, want) {
			t.Errorf("syncs = %v", kinds)
		}
		listed := must(c.Syncs.List(t.Context()))(t)
		if len(listed) != 3 || listed[2].ID != "run-0001" || listed[0].Number < listed[1].Number {
			t.Errorf("list = %+v", listed)
		}

		server.FailNextSync("the source did not answer")
		must(c.Syncs.StartFull(t.Context(), "run-0003"))(t)
		time.Sleep(10 * time.Minute)
		if run := must(c.Syncs.Get(t.Context(), "run-0003"))(t); run.State != nimbus.SyncFailed || !strings.Contains(run.Message, "did not answer") {
			t.Errorf("failed: %+v", run)
		}
		server.StallNextSync()
		must(c.Syncs.StartFull(t.Context(), "run-0004"))(t)
		time.Sleep(1000 * time.Hour) // a month of regular syncs is cut to what a list shows
		kinds = nil
		if run := must(c.Syncs.Get(t.Context(), "run-0004"))(t); run.State != nimbus.SyncRunning || len(kinds) > 51 {
			t.Errorf("stalled: %+v after %d regular syncs", run, len(kinds))
		}
		if run := server.RunManualSync(); run.Kind != nimbus.SyncManual || run.State != nimbus.SyncCompleted {
			t.Errorf("manual: %+v", run)
		}
		if listed := must(c.Syncs.List(t.Context()))(t); len(listed) != 50 {
			t.Errorf("%d syncs listed", len(listed))
		}
	})
}

func TestServer_pagesDoNotShift(t *testing.T) {
	c, server := start(t, nimbustest.Config{})
	for n := range 25 {
		server.AddClient(nimbustest.Client{Code: fmt.Sprintf("C%04d", n)})
	}
	var seen []string
	for e, err := range c.Clients.All(t.Context(), nimbus.PageOptions{Size: 10}) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Code == "C0009" { // the last of its page, and all before it, leave
			for n := range 10 {
				server.RemoveEntity(fmt.Sprintf("C%04d", n))
			}
		}
		seen = append(seen, e.Code)
	}
	if len(seen) != 25 || !slices.IsSorted(seen) {
		t.Errorf("seen = %v", seen)
	}
}

func TestServer_login(t *testing.T) { // P8
	server := nimbustest.New(nimbustest.Config{LoginCode: "api-user", Password: "right"})
	login := func(password string) error {
		c, err := nimbus.NewClient(nimbus.Config{BaseURL: "https://nimbus.example.com", HTTPClient: &http.Client{Transport: server}, Login: nimbus.Password("api-user", password, nil)})
		if err != nil {
			return err
		}
		_, err = c.Account.Get(context.Background())
		return err
	}
	reason := func(err error) nimbus.LoginReason {
		if e, ok := errors.AsType[*nimbus.LoginError](err); ok {
			return e.Reason
		}
		return ""
	}
	for range 4 {
		if err := login("wrong"); reason(err) != nimbus.LoginRefused {
			t.Fatal(err)
		}
	}
	if err := login("right"); err != nil { // which begins the count anew
		t.Fatal(err)
	}
	for range 5 {
		login("wrong")
	}
	if err := login("right"); reason(err) != nimbus.LoginLocked {
		t.Errorf("after five refusals: %v", err)
	}
	server.Unlock()
	if err := login("right"); err != nil {
		t.Errorf("after unlocking: %v", err)
	}
}

func TestServer_Snapshot_isJSON(t *testing.T) {
	_, server := start(t, nimbustest.Config{})
	server.AddClient(nimbustest.Client{Code: "SMIT0001"})
	if _, err := server.AddContact(nimbustest.Contact{Related: []string{"NOBODY"}}); err == nil {
		t.Error("a contact of nobody was added")
	}
	raw := must(json.Marshal(server.Snapshot()))(t)
	if !strings.Contains(string(raw), `"code":"SMIT0001"`) || !strings.Contains(string(raw), `"historyRows":0`) {
		t.Errorf("snapshot = %s", raw)
	}
}

func TestServer_ServeHTTP_unknownPath(t *testing.T) {
	c, _ := start(t, nimbustest.Config{})
	_, err := c.Do(t.Context(), nimbus.Request{Op: "Other", Effect: nimbus.EffectRead, Method: http.MethodGet, Path: []string{"v1", "other"}})
	if !errors.Is(err, nimbus.ErrNotFound) || code(err) != "not-found" {
		t.Errorf("unknown path: %v", err)
	}
}

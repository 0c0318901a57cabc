package nimbus_test

import (
	"context"
	"errors"
	"flag"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/practicekit/offboarding/internal/inmemory"
	"github.com/practicekit/offboarding/internal/proxytest"
	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/nimbus/nimbustest"
)

var prism = flag.String("prism", "", "the prism program (@stoplight/prism-cli): check every request and answer against openapi.yaml with it")

// world is a fake with what the calls name: entities c-1 and c-2 with the folders
// f-1 and f-2, contacts ct-1 (of c-1) and ct-2 (of nobody), the document d-1 in
// f-1, the job j-1 of c-1.
func world(t *testing.T, config nimbustest.Config) *nimbustest.Server {
	t.Helper()
	server := nimbustest.New(config)
	server.AddClient(nimbustest.Client{Code: "SMIT0001", Name: "Smith Pty Ltd", Integrated: true, HistoryRows: 2})
	server.AddClient(nimbustest.Client{Code: "JONE0001", Name: "Jones Trust"})
	added := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	added(server.AddContact(nimbustest.Contact{FirstName: "Ann", Surname: "Example", Email: "ann@example.com", HasLogin: true, PortalAccess: true, Related: []string{"SMIT0001"}}))
	added(server.AddContact(nimbustest.Contact{FirstName: "Bob", HasLogin: true}))
	added(server.AddDocument("SMIT0001", nimbustest.Document{Name: "letter.pdf", Content: []byte("letter"), Earlier: [][]byte{[]byte("l"), []byte("le")}}))
	added(server.AddEmailJob("SMIT0001", nimbustest.EmailJob{Subject: "Tax return", DocumentsForSignature: 2, OutstandingSignatures: 1}))
	return server
}

// gone makes f-1 an orphaned folder.
func gone(s *nimbustest.Server) {
	s.SetSignatures("j-1", 0, 0)
	s.RemoveEntity("SMIT0001")
}

// through is a call to a fake: what it does, to which fake, and
// the sentinel that it ends with, or nil.
type through struct {
	name    string
	config  nimbustest.Config
	prepare func(*nimbustest.Server)
	do      call
	is      error
	code    string
}

func dispose(archive bool, documents int) call {
	return func(ctx context.Context, c *nimbus.Client) (any, error) {
		if archive {
			return none(c.Folders.Archive(ctx, "f-1", documents))
		}
		return none(c.Folders.Delete(ctx, "f-1", documents))
	}
}

func restore(folder nimbus.FolderID) call {
	return func(ctx context.Context, c *nimbus.Client) (any, error) {
		if err := c.Folders.Archive(ctx, "f-1", 1); err != nil {
			return nil, err
		}
		return c.Documents.Restore(ctx, "d-1", folder)
	}
}

func upload(edit func(*nimbus.Upload)) call {
	return func(ctx context.Context, c *nimbus.Client) (any, error) {
		u := historyUpload()
		edit(&u)
		return c.Documents.Upload(ctx, "f-1", u)
	}
}

// throughs are the calls beside those of the exchanges, for what these do not
// reach with a fake: other states of the account, and every code.
func throughs() []through {
	nonCDM := nimbustest.Config{Edition: nimbus.EditionNonCDM}
	fields := nimbustest.Config{MandatoryDocumentFields: []string{"Category", "Matter number"}}
	login := nimbustest.Config{LoginCode: "api-user", Password: "right"}
	locked := func(s *nimbustest.Server) { gone(s); s.SetInUse("d-1", false, true) }
	sync := func(ctx context.Context, c *nimbus.Client) (any, error) { return c.Syncs.StartFull(ctx, "run-0001") }
	return []through{
		{"account with fields", fields, nil, calls["account_get"], nil, ""},
		{"contacts_delete", nimbustest.Config{}, nil, func(ctx context.Context, c *nimbus.Client) (any, error) { return none(c.Contacts.Delete(ctx, "ct-2")) }, nil, ""},
		{"contacts_delete", nimbustest.Config{}, nil, calls["contacts_delete"], nimbus.ErrConflict, nimbus.CodeContactRelated},
		{"folders_archive", nimbustest.Config{}, gone, dispose(true, 1), nil, ""},
		{"folders_archive", nimbustest.Config{}, gone, dispose(true, 2), nimbus.ErrConflict, nimbus.CodeDocumentCount},
		{"folders_archive", nimbustest.Config{}, nil, dispose(true, 1), nimbus.ErrConflict, nimbus.CodeFolderNotOrphaned},
		{"folders_archive", nonCDM, gone, dispose(true, 1), nimbus.ErrConflict, nimbus.CodeEditionMismatch},
		{"folders_archive", nimbustest.Config{}, locked, dispose(true, 1), nimbus.ErrConflict, nimbus.CodeDocumentLocked},
		{"folders_delete", nonCDM, gone, dispose(false, 1), nil, ""},
		{"folders_delete", nonCDM, gone, dispose(false, 2), nimbus.ErrConflict, nimbus.CodeDocumentCount},
		{"folders_delete", nonCDM, nil, dispose(false, 1), nimbus.ErrConflict, nimbus.CodeFolderNotOrphaned},
		{"folders_delete", nimbustest.Config{}, gone, dispose(false, 1), nimbus.ErrConflict, nimbus.CodeEditionMismatch},
		{"folders_delete", nonCDM, locked, dispose(false, 1), nimbus.ErrConflict, nimbus.CodeDocumentLocked},
		{"archive_list", nimbustest.Config{}, gone, func(ctx context.Context, c *nimbus.Client) (any, error) {
			if err := c.Folders.Archive(ctx, "f-1", 1); err != nil {
				return nil, err
			}
			return c.Documents.Archived(ctx, "f-1")
		}, nil, ""},
		{"archive_restore", nimbustest.Config{}, gone, restore("f-2"), nil, ""},
		{"archive_restore", nimbustest.Config{}, gone, restore("f-9"), nimbus.ErrNotFound, nimbus.CodeNotFound},
		{"archive_restore", nimbustest.Config{}, func(s *nimbustest.Server) {
			gone(s)
			_, _ = s.AddDocument("JONE0001", nimbustest.Document{Name: "letter.pdf"})
		}, restore("f-2"), nimbus.ErrConflict, nimbus.CodeNameTaken},
		{"archive_restore", nimbustest.Config{}, nil, func(ctx context.Context, c *nimbus.Client) (any, error) {
			return c.Documents.Restore(ctx, "d-1", "f-2")
		},
			nimbus.ErrConflict, nimbus.CodeDocumentNotArchived},
		{"archive_restore", nonCDM, nil, func(ctx context.Context, c *nimbus.Client) (any, error) {
			return c.Documents.Restore(ctx, "d-1", "f-2")
		},
			nimbus.ErrConflict, nimbus.CodeEditionMismatch},
		{"documents_upload", fields, nil, upload(func(u *nimbus.Upload) { u.Fields = map[string]string{"Category": "History", "Matter number": "a & b"} }), nil, ""},
		{"documents_upload", fields, nil, upload(func(u *nimbus.Upload) { u.Fields = map[string]string{"Category": "History"} }), nimbus.ErrInvalid, nimbus.CodeMandatoryFields},
		{"documents_upload", nimbustest.Config{}, nil, twice(upload(func(u *nimbus.Upload) { u.Path = belowCurrent })), nil, ""},
		{"documents_upload", nimbustest.Config{}, func(s *nimbustest.Server) {
			_, _ = s.AddDocument("SMIT0001", nimbustest.Document{Name: "SMIT0001-history.csv", Content: []byte(history)})
		}, upload(func(u *nimbus.Upload) { u.Path = belowCurrent }), nimbus.ErrConflict, nimbus.CodeNameTaken},
		{"documents_upload", nimbustest.Config{}, nil, upload(func(u *nimbus.Upload) { u.Name = "LETTER.pdf" }), nimbus.ErrConflict, nimbus.CodeNameTaken},
		{"documents_upload", nimbustest.Config{}, nil, upload(func(u *nimbus.Upload) { u.SHA256[0]++ }), nimbus.ErrInvalid, nimbus.CodeDigestMismatch},
		{"documents_downloadversion", nimbustest.Config{}, nil, func(ctx context.Context, c *nimbus.Client) (any, error) {
			return read(c.Documents.DownloadVersion(ctx, "d-1", 4))
		}, nimbus.ErrNotFound, nimbus.CodeNotFound},
		{"syncs_start", nimbustest.Config{SyncTakes: time.Hour}, nil, func(ctx context.Context, c *nimbus.Client) (any, error) {
			if _, err := sync(ctx, c); err != nil {
				return nil, err
			}
			return c.Syncs.StartFull(ctx, "run-0002")
		}, nimbus.ErrConflict, nimbus.CodeSyncRunning},
		{"syncs_get", nimbustest.Config{}, func(s *nimbustest.Server) { s.FailNextSync("the source did not answer") }, func(ctx context.Context, c *nimbus.Client) (any, error) {
			if _, err := sync(ctx, c); err != nil {
				return nil, err
			}
			if _, err := c.Syncs.List(ctx); err != nil {
				return nil, err
			}
			return c.Syncs.Get(ctx, "run-0001")
		}, nil, ""},
		{"session_start", login, nil, calls["account_get"], nil, ""},
		{"session_start", login, func(s *nimbustest.Server) { s.SetPassword("other") }, calls["account_get"], nimbus.ErrUnauthorized, ""},
		{"session_start", nimbustest.Config{RefuseLogin: nimbus.LoginSSO}, nil, calls["account_get"], nimbus.ErrUnauthorized, ""},
	}
}

// Every operation of the client is sent to the fake, with success and with
// refusals. With -prism a validator that is not ours stands between the two, and
// reads both sides.
func TestContract_Operations(t *testing.T) {
	var server *nimbustest.Server
	current := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { server.ServeHTTP(w, r) })
	base, transport := "https://nimbus.example.com", inmemory.RoundTripper(current)
	if *prism != "" {
		base, transport = proxytest.Start(t, *prism, "openapi.yaml", current)
	}

	all := throughs()
	for _, name := range slices.Sorted(maps.Keys(calls)) {
		if strings.Count(name, "_") > 1 || slices.Contains([]string{"contacts_delete", "folders_archive", "folders_delete", "archive_restore", "syncs_get"}, name) {
			continue
		}
		all = append(all, through{name, nimbustest.Config{}, nil, calls[name], nil, ""})
	}
	nothing := []nimbus.Capability{}
	for _, name := range slices.Sorted(maps.Keys(calls)) {
		if strings.Count(name, "_") == 1 && name != "account_get" {
			all = append(all, through{name, nimbustest.Config{Capabilities: nothing}, nil, calls[name], nimbus.ErrCapabilityUnavailable, nimbus.CodeCapabilityUnavailable})
		}
	}
	notFound := []string{"clients_get", "clients_delete", "history_export", "history_count", "contacts_list", "contacts_get", "contacts_relations",
		"contacts_access", "contacts_delete", "emailjobs_list", "emailjobs_suspend", "emailjobs_resume", "folders_get", "folders_archive", "folders_delete",
		"documents_list", "documents_get", "documents_download", "documents_versions", "documents_downloadversion", "documents_upload", "archive_restore", "syncs_get"}
	succeeded, refused := map[string]bool{}, map[string]bool{}
	run := func(tt through, s *nimbustest.Server) {
		server = s
		c, err := nimbus.NewClient(nimbus.Config{BaseURL: base, InsecureLoopback: true, HTTPClient: &http.Client{Transport: transport},
			Login: nimbus.Password(tt.config.LoginCode, tt.config.Password, nil), MaxRetries: -1})
		if err != nil {
			t.Fatal(err)
		}
		_, err = tt.do(t.Context(), c)
		if !errors.Is(err, tt.is) {
			t.Errorf("%s, %s: %v, want %v", tt.name, tt.code, err, tt.is)
		}
		if e, ok := errors.AsType[*nimbus.Error](err); tt.code != "" && (!ok || e.Code != tt.code) {
			t.Errorf("%s: %v, want the code %s", tt.name, err, tt.code)
		}
		succeeded[tt.name], refused[tt.name] = succeeded[tt.name] || err == nil, refused[tt.name] || err != nil
	}
	for _, tt := range all {
		s := world(t, tt.config)
		if tt.prepare != nil {
			tt.prepare(s)
		}
		run(tt, s)
	}
	for _, name := range notFound {
		run(through{name, nimbustest.Config{}, nil, calls[name], nimbus.ErrNotFound, nimbus.CodeNotFound}, nimbustest.New(nimbustest.Config{}))
	}
	for name := range calls {
		if strings.Count(name, "_") == 1 && (!succeeded[name] || !refused[name] && name != "account_get") {
			t.Errorf("%s: succeeded %t, refused %t", name, succeeded[name], refused[name])
		}
	}
}

package nimbus_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/practicekit/offboarding/internal/exchange"
	"github.com/practicekit/offboarding/internal/transport"
	"github.com/practicekit/offboarding/nimbus"
)

// token is an Authenticator that always has the same session.
type token string

func (t token) Login(context.Context, nimbus.LoginServer) (nimbus.Session, error) {
	return nimbus.NewSession(string(t), time.Time{}), nil
}

func recorded(t *testing.T, name string, login nimbus.Authenticator) *nimbus.Client {
	t.Helper()
	c, err := nimbus.NewClient(nimbus.Config{
		BaseURL: "https://nimbus.example.com/gateway/", Login: login,
		HTTPClient: &http.Client{Transport: exchange.Transport(t, "testdata/nimbus_"+name+".txtar")},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const history = "Date,Event,Who Performed Task,Subject\n2026-01-05T01:00:00Z,Upload File,Example Employee,/Current/letter.pdf"

func historyUpload() nimbus.Upload {
	body, size := transport.Bytes([]byte(history))
	return nimbus.Upload{Name: "SMIT0001-history.csv", Size: size, SHA256: sha256.Sum256([]byte(history)), Body: body}
}

var (
	smith  = nimbus.ClientEntity{ID: "c-1", Code: "SMIT0001", Name: "Smith Pty Ltd", Integrated: true, FolderID: "f-1"}
	jones  = nimbus.ClientEntity{ID: "c-2", Code: "JONE0001", Name: "Jones Trust", FolderID: "f-2"}
	ann    = nimbus.Contact{ID: "ct-1", FirstName: "Ann", Surname: "Example", Email: "ann@example.com", HasLogin: true, PortalAccess: true}
	bob    = nimbus.Contact{ID: "ct-2", FirstName: "Bob", Surname: "Example", Email: "ann@example.com", Invited: true}
	orphan = nimbus.Folder{ID: "f-1", Kind: nimbus.FolderOrphaned, Code: "SMIT00011234567", Name: "Smith Pty Ltd", Documents: 2}
	saved  = nimbus.Document{
		ID: "d-1", Name: "SMIT0001-history.csv", FolderID: "f-1", Path: nimbus.PathCurrent, Size: int64(len(history)),
		SHA256: digestOf(history), ModifiedAt: time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC),
	}
	signed = nimbus.Document{
		ID: "d-2", Name: "return.signed1.pdf", FolderID: "f-1", Path: nimbus.PathFromClient, Size: 10,
		Published: true, Locked: true, CheckedOut: true, ModifiedAt: time.Date(2026, 1, 3, 4, 5, 6, 0, time.UTC),
	}
	restored = nimbus.Document{
		ID: "d-2", Name: "return.signed1.pdf", FolderID: "f-7", Path: nimbus.PathCurrent, Size: 10, ModifiedAt: signed.ModifiedAt,
	}
	suspended = nimbus.EmailJob{ID: "j-1", Subject: "Tax return", JobStatus: nimbus.JobStatusSuspended, DocumentsForSignature: 2, OutstandingSignatures: 1}
	resumed   = nimbus.EmailJob{ID: "j-1", Subject: "Tax return", JobStatus: nimbus.JobStatusActive, DocumentsForSignature: 2, OutstandingSignatures: 1}
	running   = nimbus.SyncRun{ID: "run-2026-02", Number: 41, Kind: nimbus.SyncFull, State: nimbus.SyncRunning, StartedAt: time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)}
	completed = nimbus.SyncRun{ID: "run-2026-02", Number: 41, Kind: nimbus.SyncFull, State: nimbus.SyncCompleted, StartedAt: running.StartedAt, FinishedAt: running.StartedAt.Add(20 * time.Minute)}
	regular   = nimbus.SyncRun{
		ID: "sync-40", Number: 40, Kind: nimbus.SyncRegular, State: nimbus.SyncFailed, StartedAt: running.StartedAt.Add(-10 * time.Minute),
		FinishedAt: running.StartedAt.Add(-597 * time.Second), Message: "the source did not answer",
	}
)

func digestOf(content string) string {
	sum := sha256.Sum256([]byte(content))
	return hex.EncodeToString(sum[:])
}

// belowCurrent is a place for the history of its own.
const belowCurrent = nimbus.PathCurrent + "/Off-boarding"

func uploadBelow(ctx context.Context, c *nimbus.Client) (any, error) {
	u := historyUpload()
	u.Path = belowCurrent
	return c.Documents.Upload(ctx, "f-1", u)
}

type call func(ctx context.Context, c *nimbus.Client) (any, error)

func none(err error) (any, error) { return nil, err }

func twice(do call) call {
	return func(ctx context.Context, c *nimbus.Client) (any, error) {
		first, err := do(ctx, c)
		if err != nil {
			return nil, err
		}
		second, err := do(ctx, c)
		return []any{first, second}, err
	}
}

func entities(ctx context.Context, c *nimbus.Client, size int) (any, error) {
	var found []nimbus.ClientEntity
	for e, err := range c.Clients.All(ctx, nimbus.PageOptions{Size: size}) {
		if err != nil {
			return nil, err
		}
		found = append(found, e)
	}
	return found, nil
}

func read(r io.ReadCloser, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	defer r.Close()
	content, err := io.ReadAll(r)
	return string(content), err
}

// calls holds each operation as the exchanges have it; an exchange's name
// begins with the operation's.
var calls = map[string]call{
	"account_get":  func(ctx context.Context, c *nimbus.Client) (any, error) { return c.Account.Get(ctx) },
	"clients_get":  func(ctx context.Context, c *nimbus.Client) (any, error) { return c.Clients.Get(ctx, "c-1") },
	"clients_find": func(ctx context.Context, c *nimbus.Client) (any, error) { return c.Clients.FindByCode(ctx, "smit0001") },
	"clients_all":  func(ctx context.Context, c *nimbus.Client) (any, error) { return entities(ctx, c, 1) },
	"clients_all_token-repeats": func(ctx context.Context, c *nimbus.Client) (any, error) {
		return entities(ctx, c, 0)
	},
	"clients_delete": func(ctx context.Context, c *nimbus.Client) (any, error) { return none(c.Clients.Delete(ctx, "c-1")) },
	"history_export": func(ctx context.Context, c *nimbus.Client) (any, error) {
		export, err := c.History.Export(ctx, "c-1")
		if err != nil {
			return nil, err
		}
		content, err := read(export.Body, nil)
		return []any{export.Rows, content}, err
	},
	"history_count":      func(ctx context.Context, c *nimbus.Client) (any, error) { return c.History.Count(ctx, "c-1") },
	"contacts_list":      func(ctx context.Context, c *nimbus.Client) (any, error) { return c.Contacts.ListByClient(ctx, "c-1") },
	"contacts_get":       func(ctx context.Context, c *nimbus.Client) (any, error) { return c.Contacts.Get(ctx, "ct-1") },
	"contacts_relations": twice(func(ctx context.Context, c *nimbus.Client) (any, error) { return c.Contacts.Relations(ctx, "ct-1") }),
	"contacts_access": twice(func(ctx context.Context, c *nimbus.Client) (any, error) {
		return none(c.Contacts.RemovePortalAccess(ctx, "ct-1"))
	}),
	"contacts_delete": func(ctx context.Context, c *nimbus.Client) (any, error) {
		return none(c.Contacts.Delete(ctx, "ct-1"))
	},
	"emailjobs_list": func(ctx context.Context, c *nimbus.Client) (any, error) { return c.EmailJobs.ListByClient(ctx, "c-1") },
	"folders_get":    func(ctx context.Context, c *nimbus.Client) (any, error) { return c.Folders.Get(ctx, "f-1") },
	"folders_list": func(ctx context.Context, c *nimbus.Client) (any, error) {
		return c.Folders.List(ctx, nimbus.FolderFilter{Kind: nimbus.FolderOrphaned, Code: "SMIT0001"})
	},
	"folders_archive": func(ctx context.Context, c *nimbus.Client) (any, error) {
		return none(c.Folders.Archive(ctx, "f-1", 2))
	},
	"folders_delete": func(ctx context.Context, c *nimbus.Client) (any, error) { return none(c.Folders.Delete(ctx, "f-1", 2)) },
	"documents_list": func(ctx context.Context, c *nimbus.Client) (any, error) { return c.Documents.List(ctx, "f-1") },
	"documents_get":  func(ctx context.Context, c *nimbus.Client) (any, error) { return c.Documents.Get(ctx, "d-1") },
	"documents_download": func(ctx context.Context, c *nimbus.Client) (any, error) {
		return read(c.Documents.Download(ctx, "d-1"))
	},
	"documents_upload": twice(func(ctx context.Context, c *nimbus.Client) (any, error) {
		return c.Documents.Upload(ctx, "f-1", historyUpload())
	}),
	"archive_list": func(ctx context.Context, c *nimbus.Client) (any, error) { return c.Documents.Archived(ctx, "f-1") },
	"archive_restore": twice(func(ctx context.Context, c *nimbus.Client) (any, error) {
		return c.Documents.Restore(ctx, "d-2", "f-7")
	}),
	"documents_versions": func(ctx context.Context, c *nimbus.Client) (any, error) { return c.Documents.Versions(ctx, "d-1") },
	"documents_downloadversion": func(ctx context.Context, c *nimbus.Client) (any, error) {
		return read(c.Documents.DownloadVersion(ctx, "d-1", 2))
	},
	"documents_upload_path":       uploadBelow,
	"documents_upload_other-path": uploadBelow,
	"documents_upload_mandatory-fields": func(ctx context.Context, c *nimbus.Client) (any, error) {
		u := historyUpload()
		u.Fields = map[string]string{"Category": "History"}
		return c.Documents.Upload(ctx, "f-1", u)
	},
	"emailjobs_suspend": twice(func(ctx context.Context, c *nimbus.Client) (any, error) { return c.EmailJobs.Suspend(ctx, "j-1") }),
	"emailjobs_resume":  func(ctx context.Context, c *nimbus.Client) (any, error) { return c.EmailJobs.Resume(ctx, "j-1") },
	"syncs_start":       twice(func(ctx context.Context, c *nimbus.Client) (any, error) { return c.Syncs.StartFull(ctx, "run-2026-02") }),
	"syncs_get":         func(ctx context.Context, c *nimbus.Client) (any, error) { return c.Syncs.Get(ctx, "run-2026-02") },
	"syncs_list":        func(ctx context.Context, c *nimbus.Client) (any, error) { return c.Syncs.List(ctx) },
}

func callOf(t *testing.T, exchange string) call {
	if do, ok := calls[exchange]; ok {
		return do
	}
	parts := strings.SplitN(exchange, "_", 3)
	do, ok := calls[parts[0]+"_"+parts[1]]
	if !ok {
		t.Fatalf("no call for the exchange %s", exchange)
	}
	return do
}

var refusals = map[string]struct {
	is   error
	code string
	text string // in the error's text
}{
	"account_get_edition-missing":       {nimbus.ErrInvalid, "", "no edition"},
	"clients_get_not-found":             {nimbus.ErrNotFound, "not-found", "request req-1"},
	"clients_find_ignored-filter":       {nimbus.ErrInvalid, "", "another code"},
	"clients_all_token-repeats":         {nimbus.ErrInvalid, "", "token came twice"},
	"clients_delete_unavailable":        {nimbus.ErrCapabilityUnavailable, nimbus.CodeCapabilityUnavailable, "clients.delete"},
	"history_export_no-count":           {nimbus.ErrInvalid, "", "number of rows"},
	"history_count_null":                {nimbus.ErrInvalid, "", "no rows"},
	"contacts_list_no-login-told":       {nimbus.ErrInvalid, "", "no hasLogin"},
	"contacts_get_not-found":            {nimbus.ErrNotFound, "not-found", "Contacts.Get"},
	"contacts_relations_null":           {nimbus.ErrInvalid, "", "no list of items"},
	"contacts_access_not-found":         {nimbus.ErrNotFound, "not-found", "Contacts.RemovePortalAccess"},
	"contacts_delete_related":           {nimbus.ErrConflict, nimbus.CodeContactRelated, "contact-related"},
	"emailjobs_list_unavailable":        {nimbus.ErrCapabilityUnavailable, nimbus.CodeCapabilityUnavailable, ""},
	"folders_get_other":                 {nimbus.ErrInvalid, "", "another id"},
	"folders_list_ignored-filter":       {nimbus.ErrInvalid, "", "not asked for"},
	"folders_archive_edition":           {nimbus.ErrConflict, nimbus.CodeEditionMismatch, ""},
	"folders_archive_other-count":       {nimbus.ErrOutcomeUnknown, "", "archived 1 of 2"},
	"folders_delete_count":              {nimbus.ErrConflict, nimbus.CodeDocumentCount, "holds 3"},
	"documents_list_other-folder":       {nimbus.ErrInvalid, "", "another folder"},
	"documents_get_not-found":           {nimbus.ErrNotFound, "not-found", ""},
	"documents_upload_other-path":       {nimbus.ErrInvalid, "", "another document"},
	"documents_upload_published":        {nimbus.ErrInvalid, "", "another document"},
	"documents_upload_name-taken":       {nimbus.ErrConflict, nimbus.CodeNameTaken, ""},
	"documents_download_other-content":  {nimbus.ErrInvalid, "", "digest"},
	"documents_download_no-digest":      {nimbus.ErrInvalid, "", "Content-Digest"},
	"archive_list_forbidden":            {nimbus.ErrForbidden, "right-missing", ""},
	"archive_restore_name-taken":        {nimbus.ErrConflict, nimbus.CodeNameTaken, ""},
	"archive_restore_published":         {nimbus.ErrInvalid, "", "another document"},
	"documents_versions_zero":           {nimbus.ErrInvalid, "", "number"},
	"documents_downloadversion_gone":    {nimbus.ErrNotFound, "not-found", ""},
	"documents_upload_mandatory-fields": {nimbus.ErrInvalid, nimbus.CodeMandatoryFields, "mandatory"},
	"emailjobs_suspend_other-status":    {nimbus.ErrInvalid, "", "another status"},
	"emailjobs_resume_unavailable":      {nimbus.ErrCapabilityUnavailable, nimbus.CodeCapabilityUnavailable, "a person does it: Email Jobs > Job Status column"},
	"syncs_start_running":               {nimbus.ErrConflict, nimbus.CodeSyncRunning, ""},
	"syncs_get_unfinished":              {nimbus.ErrInvalid, "", "when it finished"},
	"syncs_list_html":                   {nimbus.ErrInvalid, "", "not JSON"},
}

func TestClient_errors(t *testing.T) {
	for name, tt := range refusals {
		t.Run(name, func(t *testing.T) {
			_, err := callOf(t, name)(t.Context(), recorded(t, name, token("example")))
			if !errors.Is(err, tt.is) {
				t.Fatalf("error = %v, want %v", err, tt.is)
			}
			e, ok := errors.AsType[*nimbus.Error](err)
			if !ok || e.Code != tt.code || e.Op == "" || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("error = %#v: %v", err, err)
			}
			for _, secret := range []string{"https", "Bearer", "ann@", "Smith"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("the error's text holds %q: %v", secret, err)
				}
			}
		})
	}
}

func TestClient_answers(t *testing.T) {
	for name, want := range answers {
		t.Run(name, func(t *testing.T) {
			got, err := callOf(t, name)(t.Context(), recorded(t, name, token("example")))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

var answers = map[string]any{
	"account_get":        nimbus.Account{Edition: nimbus.EditionNonCDM, Capabilities: []nimbus.Capability{nimbus.CapabilityAccountEdition}},
	"clients_get":        smith,
	"clients_find":       []nimbus.ClientEntity{smith},
	"clients_all":        []nimbus.ClientEntity{smith, jones},
	"clients_delete":     nil,
	"history_export":     []any{1, history},
	"history_count":      17,
	"contacts_list":      []nimbus.Contact{ann, bob},
	"contacts_get":       ann,
	"contacts_relations": []any{[]nimbus.Relation{{ClientID: "c-2", Code: "JONE0001", Name: "Jones Trust"}}, []nimbus.Relation{}},
	"contacts_access":    []any{nil, nil},
	"contacts_delete":    nil,
	"emailjobs_list":     []nimbus.EmailJob{{ID: "j-1", Subject: "Tax return", JobStatus: "Active", DocumentsForSignature: 2, OutstandingSignatures: 1}},
	"folders_get":        orphan,
	"folders_list":       []nimbus.Folder{orphan},
	"folders_archive":    nil,
	"folders_delete":     nil,
	"documents_list":     []nimbus.Document{saved, signed},
	"documents_get":      saved,
	"documents_upload":   []any{saved, saved},
	"documents_upload_path": func() nimbus.Document {
		below := saved
		below.Path = belowCurrent
		return below
	}(),
	"documents_download": history,
	"archive_list":       []nimbus.Document{saved},
	"archive_restore":    []any{restored, restored},
	"documents_versions": []nimbus.DocumentVersion{
		{Number: 3, Size: 3, ModifiedAt: saved.ModifiedAt}, {Number: 2, Size: 2, SHA256: saved.SHA256},
	},
	"documents_downloadversion": "earlier",
	"emailjobs_suspend":         []any{suspended, suspended},
	"emailjobs_resume":          resumed,
	"syncs_start":               []any{running, completed},
	"syncs_get":                 completed,
	"syncs_list":                []nimbus.SyncRun{completed, regular},
}

// An exchange that no test names proves nothing, and an operation needs one
// that succeeds and one that fails.
func TestExchanges_complete(t *testing.T) {
	files, err := filepath.Glob("testdata/nimbus_*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	succeeds, fails := map[string]bool{}, map[string]bool{}
	for _, file := range files {
		name := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), "nimbus_"), ".txtar")
		operation := strings.Join(strings.Split(name, "_")[:2], "_")
		_, refused := refusals[name]
		_, answered := answers[name]
		if !refused && !answered && operation != "session_start" {
			t.Errorf("no test uses %s", file)
		}
		fails[operation], succeeds[operation] = fails[operation] || refused, succeeds[operation] || answered
	}
	for name := range calls {
		operation := strings.Join(strings.Split(name, "_")[:2], "_")
		if !succeeds[operation] || !fails[operation] {
			t.Errorf("%s: an exchange that succeeds: %t, one that fails: %t", operation, succeeds[operation], fails[operation])
		}
	}
}

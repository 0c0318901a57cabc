package nimbustest_test

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/nimbus/nimbustest"
)

var smith = nimbustest.Client{Code: "SMIT0001", Name: "Smith Pty Ltd"}

// P2, R19: once the folder was archived, a client that comes back gets its
// documents by restoring each.
func TestServer_restore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var effects []string
		c, server := start(t, nimbustest.Config{SessionLife: 1000 * time.Hour, OnEffect: func(op, client, target string, destructive, changed bool) {
			effects = append(effects, fmt.Sprint(op, " ", client, " ", target, " ", destructive, " ", changed))
		}})
		server.AddClient(smith)
		letter := must(server.AddDocument("SMIT0001", nimbustest.Document{Name: "letter.pdf", Content: []byte("now"), Earlier: [][]byte{[]byte("first"), []byte("second")}, Path: nimbus.PathToClient, Published: true}))(t)
		other := must(server.AddDocument("SMIT0001", nimbustest.Document{Name: "LETTER.pdf", Content: []byte("other")}))(t)
		server.RemoveEntity("SMIT0001")
		if err := c.Folders.Archive(t.Context(), "f-1", 2); err != nil {
			t.Fatal(err)
		}
		back := must(c.Clients.Get(t.Context(), server.RestoreEntity(smith)))(t)
		if documents := must(c.Documents.List(t.Context(), back.FolderID))(t); len(documents) != 0 || back.FolderID == "f-1" {
			t.Errorf("the archived folder came back: %+v, %+v", back, documents)
		}

		if _, err := c.Documents.Restore(t.Context(), letter, "f-9"); !errors.Is(err, nimbus.ErrNotFound) {
			t.Errorf("to no folder: %v", err)
		}
		effects = nil
		first := must(c.Documents.Restore(t.Context(), letter, back.FolderID))(t)
		again := must(c.Documents.Restore(t.Context(), letter, back.FolderID))(t)
		if diff := cmp.Diff(first, again); diff != "" || first.ID != letter || first.Path != nimbus.PathCurrent || first.Published || !first.ArchivedAt.IsZero() {
			t.Errorf("restored %+v\n%s", first, diff)
		}
		if _, err := c.Documents.Restore(t.Context(), other, back.FolderID); code(err) != nimbus.CodeNameTaken {
			t.Errorf("a name that is taken: %v", err)
		}
		want := []string{"restore-document SMIT0001 d-1 false true", "restore-document SMIT0001 d-1 false false", "restore-document SMIT0001 d-2 false false"}
		if diff := cmp.Diff(want, effects); diff != "" {
			t.Error(diff)
		}
		if versions := must(c.Documents.Versions(t.Context(), letter))(t); len(versions) != 3 {
			t.Errorf("versions = %+v", versions)
		}
		archived := must(c.Documents.Archived(t.Context(), "f-1"))(t)
		if len(archived) != 1 || archived[0].ID != other || archived[0].ArchivedAt.IsZero() {
			t.Errorf("left in the Archive: %+v", archived)
		}
		if mails := server.Snapshot().MailsSent; mails != 0 { // P4
			t.Errorf("%d mails", mails)
		}
		server.SetEdition(nimbus.EditionNonCDM)
		if _, err := c.Documents.Restore(t.Context(), other, back.FolderID); code(err) != nimbus.CodeEditionMismatch {
			t.Errorf("without an Archive: %v", err)
		}
	})
}

// P7: the Archive keeps earlier versions for 14 days; a folder keeps them.
func TestServer_versions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, server := start(t, nimbustest.Config{SessionLife: 1000 * time.Hour, PageSize: 1})
		server.AddClient(smith)
		id := must(server.AddDocument("SMIT0001", nimbustest.Document{Name: "letter.pdf", Content: []byte("now"), Earlier: [][]byte{[]byte("first"), []byte("second")}}))(t)
		numbers := func() (n []int) {
			for _, v := range must(c.Documents.Versions(t.Context(), id))(t) {
				n = append(n, v.Number)
			}
			return n
		}
		content := func(number int) (string, error) {
			body, err := c.Documents.DownloadVersion(t.Context(), id, number)
			if err != nil {
				return "", err
			}
			defer body.Close()
			b, err := io.ReadAll(body)
			return string(b), err
		}
		time.Sleep(30 * 24 * time.Hour)
		if got := numbers(); !slices.Equal(got, []int{3, 2, 1}) {
			t.Errorf("in the folder: %v", got)
		}
		server.RemoveEntity("SMIT0001")
		if err := c.Folders.Archive(t.Context(), "f-1", 1); err != nil {
			t.Fatal(err)
		}
		time.Sleep(14*24*time.Hour - time.Second)
		if got, err := content(2); got != "second" || err != nil || len(numbers()) != 3 {
			t.Errorf("shortly before: %q, %v, %v", got, err, numbers())
		}
		time.Sleep(time.Second)
		if got := numbers(); !slices.Equal(got, []int{3}) {
			t.Errorf("after 14 days: %v", got)
		}
		if _, err := content(2); !errors.Is(err, nimbus.ErrNotFound) {
			t.Errorf("an earlier version after 14 days: %v", err)
		}
		if got, err := content(3); got != "now" || err != nil {
			t.Errorf("the current one: %q, %v", got, err)
		}
		if _, err := c.Documents.DownloadVersion(t.Context(), id, 0); !errors.Is(err, nimbus.ErrInvalid) {
			t.Errorf("version 0: %v", err)
		}
		server.AddFolder(nimbustest.Folder{Name: "Returned"})
		must(c.Documents.Restore(t.Context(), id, "f-2"))(t)
		if got := numbers(); !slices.Equal(got, []int{1}) { // gone is gone
			t.Errorf("restored: %v", got)
		}
	})
}

// A document in use stops both ways to dispose of its folder (assumed).
func TestServer_inUse(t *testing.T) {
	for _, edition := range []nimbus.Edition{nimbus.EditionCDM, nimbus.EditionNonCDM} {
		c, server := start(t, nimbustest.Config{Edition: edition})
		server.AddClient(smith)
		id := must(server.AddDocument("SMIT0001", nimbustest.Document{Name: "a.pdf", Locked: true}))(t)
		server.RemoveEntity("SMIT0001")
		dispose := c.Folders.Archive
		if edition == nimbus.EditionNonCDM {
			dispose = c.Folders.Delete
		}
		for _, checkedOut := range []bool{false, true} {
			if !server.SetInUse(id, !checkedOut, checkedOut) {
				t.Fatal("no such document")
			}
			if err := dispose(t.Context(), "f-1", 1); code(err) != nimbus.CodeDocumentLocked || !errors.Is(err, nimbus.ErrConflict) {
				t.Errorf("%s, checked out %t: %v", edition, checkedOut, err)
			}
		}
		server.SetInUse(id, false, false)
		if err := dispose(t.Context(), "f-1", 1); err != nil {
			t.Errorf("%s, free: %v", edition, err)
		}
		if server.SetInUse("d-9", true, true) {
			t.Error("a document that is not there was locked")
		}
	}
}

// P1, P2: an orphaned folder whose code has seven digits does not match again.
func TestServer_RestoreEntity_suffixed(t *testing.T) {
	c, server := start(t, nimbustest.Config{})
	server.AddFolder(nimbustest.Folder{Code: "SMIT0001", Name: "Old papers"})
	server.AddClient(smith)
	must(server.AddDocument("SMIT0001", nimbustest.Document{Name: "a.pdf"}))(t)
	server.RemoveEntity("SMIT0001")
	back := must(c.Clients.Get(t.Context(), server.RestoreEntity(smith)))(t)
	if f := must(c.Folders.Get(t.Context(), back.FolderID))(t); f.Documents != 0 {
		t.Errorf("folder = %+v", f)
	}
	orphans := must(c.Folders.List(t.Context(), nimbus.FolderFilter{Kind: nimbus.FolderOrphaned, Code: "SMIT0001"}))(t)
	if len(orphans) != 1 || orphans[0].Documents != 1 {
		t.Errorf("orphans = %+v", orphans)
	}
}

// P3: an invited person has a login that outlives the entity (R15).
func TestServer_Invite(t *testing.T) {
	c, server := start(t, nimbustest.Config{})
	id := server.AddClient(smith)
	ann := must(server.AddContact(nimbustest.Contact{FirstName: "Ann", HasLogin: true, PortalAccess: true, Related: []string{"SMIT0001"}}))(t)
	bob := must(server.AddContact(nimbustest.Contact{FirstName: "Bob", Related: []string{"SMIT0001"}}))(t)
	if _, err := server.Invite(bob, nimbustest.Contact{FirstName: "Eve"}); err == nil {
		t.Error("a contact without a login invited someone")
	}
	eve := must(server.Invite(ann, nimbustest.Contact{FirstName: "Eve"}))(t)
	contacts := must(c.Contacts.ListByClient(t.Context(), id))(t)
	if len(contacts) != 3 || contacts[2].ID != eve || !contacts[2].Invited || !contacts[2].PortalAccess {
		t.Errorf("contacts = %+v", contacts)
	}
	if mails := server.Snapshot().MailsSent; mails != 1 {
		t.Errorf("%d mails", mails)
	}
	server.RemoveEntity("SMIT0001")
	if p := must(c.Contacts.Get(t.Context(), eve))(t); !p.HasLogin {
		t.Errorf("after the removal: %+v", p)
	}
	if relations := must(c.Contacts.Relations(t.Context(), ann))(t); len(relations) != 0 {
		t.Errorf("the inviting contact's relations = %v", relations)
	}
}

// A suspended Email Job sends no reminders; a signed one still holds the entity.
func TestServer_emailJobs(t *testing.T) {
	var effects []string
	c, server := start(t, nimbustest.Config{OnEffect: func(op, client, target string, destructive, changed bool) {
		effects = append(effects, fmt.Sprint(op, " ", client, " ", target, " ", destructive, " ", changed))
	}})
	id := server.AddClient(smith)
	document := must(server.AddDocument("SMIT0001", nimbustest.Document{Name: "return.pdf", Path: nimbus.PathToClient, Published: true}))(t)
	job := must(server.AddEmailJob("SMIT0001", nimbustest.EmailJob{Subject: "Sign", DocumentsForSignature: 1, OutstandingSignatures: 2, Documents: []nimbus.DocumentID{document}}))(t)
	if n := server.SendReminders(); n != 1 {
		t.Errorf("%d reminders of an active job", n)
	}
	if _, err := c.EmailJobs.Suspend(t.Context(), "j-9"); !errors.Is(err, nimbus.ErrNotFound) {
		t.Errorf("no such job: %v", err)
	}
	for range 2 {
		if j := must(c.EmailJobs.Suspend(t.Context(), job))(t); j.JobStatus != nimbus.JobStatusSuspended || j.OutstandingSignatures != 2 {
			t.Errorf("suspended: %+v", j)
		}
	}
	if n := server.SendReminders(); n != 0 || server.Snapshot().MailsSent != 1 {
		t.Errorf("%d reminders of a suspended job, %d mails", n, server.Snapshot().MailsSent)
	}
	if server.RemoveEntity("SMIT0001") { // R12
		t.Error("a suspended job let the entity go")
	}
	must(c.EmailJobs.Resume(t.Context(), job))(t)
	if want := []string{"set-email-job-status  j-9 false false", "set-email-job-status SMIT0001 j-1 false true",
		"set-email-job-status SMIT0001 j-1 false false", "set-email-job-status SMIT0001 j-1 false true"}; !slices.Equal(effects, want) {
		t.Errorf("effects = %q", effects)
	}
	if !server.Sign(job) || must(c.Documents.Get(t.Context(), document))(t).Path != nimbus.PathToClient {
		t.Error("one of two signatures moved the document")
	}
	if !server.Sign(job) || server.Sign(job) || server.Sign("j-9") {
		t.Error("two signatures were outstanding, and no more")
	}
	if d := must(c.Documents.Get(t.Context(), document))(t); d.Name != "return.signed1.pdf" || d.Path != nimbus.PathFromClient {
		t.Errorf("signed: %+v", d)
	}
	if jobs := must(c.EmailJobs.ListByClient(t.Context(), id))(t); jobs[0].DocumentsForSignature != 1 || jobs[0].OutstandingSignatures != 0 || server.RemoveEntity("SMIT0001") {
		t.Errorf("R12: %+v", jobs)
	}
}

func TestServer_mandatoryFields(t *testing.T) {
	c, server := start(t, nimbustest.Config{MandatoryDocumentFields: []string{"Category", "Matter & more"}})
	server.AddClient(smith)
	if a := must(c.Account.Get(t.Context()))(t); !slices.Equal(a.MandatoryDocumentFields, []string{"Category", "Matter & more"}) {
		t.Errorf("account = %+v", a)
	}
	u := upload("h.csv", "rows")
	u.Fields = map[string]string{"Category": "History", "Matter & more": ""}
	_, err := c.Documents.Upload(t.Context(), "f-1", u)
	e, ok := errors.AsType[*nimbus.Error](err)
	if !ok || !errors.Is(err, nimbus.ErrInvalid) || e.Code != nimbus.CodeMandatoryFields || !slices.Equal(e.Fields, []string{"Matter & more"}) {
		t.Errorf("error = %#v", err)
	}
	if documents := must(c.Documents.List(t.Context(), "f-1"))(t); len(documents) != 0 {
		t.Errorf("stored: %+v", documents)
	}
	u.Fields["Matter & more"] = "100% = all"
	must(c.Documents.Upload(t.Context(), "f-1", u))(t)
	u.Fields = nil // it is there already, whatever its fields
	must(c.Documents.Upload(t.Context(), "f-1", u))(t)
	u.Fields = map[string]string{"a[b": "c"}
	if _, err := c.Documents.Upload(t.Context(), "f-1", u); !errors.Is(err, nimbus.ErrInvalid) || code(err) != "" {
		t.Errorf("a field that cannot be named: %v", err)
	}
}

package sim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/practicekit/offboarding/internal/transport"
	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/offboard/offboardtest"
	"github.com/practicekit/offboarding/xpm"
)

// world runs a test on a practice in virtual time.
func world(t *testing.T, w World, test func(t *testing.T, p *Practice, s offboard.Systems)) {
	synctest.Test(t, func(t *testing.T) {
		p, err := New(w)
		if err != nil {
			t.Fatal(err)
		}
		test(t, p, p.Systems())
	})
}

// sync runs a Full Client Sync to its end.
func fullSync(t *testing.T, s offboard.Systems, id nimbus.SyncID) {
	t.Helper()
	if _, err := s.Nimbus.Syncs.StartFull(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Second)
	if run, err := s.Nimbus.Syncs.Get(t.Context(), id); err != nil || run.State != nimbus.SyncCompleted {
		t.Fatal(run, err)
	}
}

func archive(t *testing.T, s offboard.Systems, client int) {
	t.Helper()
	if _, err := s.XPM.Clients.Archive(t.Context(), uuid[xpm.ClientUUID](client)); err != nil {
		t.Fatal(err)
	}
}

func onGrid(t *testing.T, s offboard.Systems, code string) bool {
	t.Helper()
	found, err := s.Nimbus.Clients.FindByCode(t.Context(), code)
	if err != nil {
		t.Fatal(err)
	}
	return len(found) > 0
}

// R7: only a full sync removes an archived client. R8a: and every one that is.
func TestPractice_FullSync(t *testing.T) {
	w := small(nimbus.EditionCDM)
	w.RegularEvery = time.Minute
	w.Clients[staying].Archived = true
	world(t, w, func(t *testing.T, _ *Practice, s offboard.Systems) {
		archive(t, s, leaving)
		time.Sleep(time.Hour)
		if !onGrid(t, s, "ACME01") {
			t.Error("a regular sync has removed a client of XPM")
		}
		fullSync(t, s, "full-sync-1")
		if onGrid(t, s, "ACME01") || onGrid(t, s, "DELTA04") {
			t.Error("an archived client is on the Client Grid after a full sync")
		}
	})
}

// R9 to R11, R13 to R16: what a sync does to an entity.
func TestPractice_Removal(t *testing.T) {
	world(t, small(nimbus.EditionCDM), func(t *testing.T, p *Practice, s offboard.Systems) {
		archive(t, s, leaving)
		fullSync(t, s, "full-sync-1")
		if _, err := s.Nimbus.History.Count(t.Context(), "c-0"); !errors.Is(err, nimbus.ErrNotFound) {
			t.Errorf("R11: the history is there: %v", err)
		}
		folders, err := s.Nimbus.Folders.List(t.Context(), nimbus.FolderFilter{Kind: nimbus.FolderOrphaned, Code: "acme01"})
		if err != nil || len(folders) != 1 || folders[0].Documents != 2 {
			t.Errorf("R13: %v, %v", folders, err)
		}
		if _, err := s.Nimbus.Contacts.Get(t.Context(), "ct-0"); !errors.Is(err, nimbus.ErrNotFound) {
			t.Errorf("R14: a contact without a login is there: %v", err)
		}
		if alone, err := s.Nimbus.Contacts.Relations(t.Context(), "ct-1"); err != nil || len(alone) != 0 {
			t.Errorf("R15: %v, %v", alone, err)
		}
		if shared, err := s.Nimbus.Contacts.Relations(t.Context(), "ct-2"); err != nil || len(shared) != 1 || shared[0].Code != "DELTA04" {
			t.Errorf("R16: %v, %v", shared, err)
		}
		if err := s.Nimbus.Contacts.Delete(t.Context(), "ct-2"); !errors.Is(err, nimbus.ErrConflict) {
			t.Errorf("a contact that is related is deleted: %v", err)
		}
	})
}

// R12: Documents for Signature keep an entity. It may be deleted by hand.
func TestPractice_Signatures(t *testing.T) {
	w := small(nimbus.EditionCDM)
	w.Clients[leaving].Signatures = 1
	world(t, w, func(t *testing.T, _ *Practice, s offboard.Systems) {
		archive(t, s, leaving)
		fullSync(t, s, "full-sync-1")
		if !onGrid(t, s, "ACME01") {
			t.Fatal("the entity has gone")
		}
		if err := s.Nimbus.Clients.Delete(t.Context(), "c-0"); err != nil || onGrid(t, s, "ACME01") {
			t.Error("it is not deleted by hand", err)
		}
	})
}

// R13: of an empty folder nothing stays. P1: one whose name is taken gets seven digits.
func TestPractice_Folders(t *testing.T) {
	w := small(nimbus.EditionCDM)
	w.Clients[staying].Documents = 0
	w.Taken = []string{"ACME01"}
	world(t, w, func(t *testing.T, _ *Practice, s offboard.Systems) {
		archive(t, s, leaving)
		archive(t, s, staying)
		fullSync(t, s, "full-sync-1")
		if none, err := s.Nimbus.Folders.List(t.Context(), nimbus.FolderFilter{Code: "DELTA04"}); err != nil || len(none) != 0 {
			t.Errorf("R13: %v, %v", none, err)
		}
		taken, err := s.Nimbus.Folders.List(t.Context(), nimbus.FolderFilter{Code: "ACME01"})
		if err != nil || len(taken) != 1 || len(taken[0].Code) != len("ACME01")+7 {
			t.Errorf("P1: %v, %v", taken, err)
		}
	})
}

// R19: with CDM the documents go to the Archive. R20: without, they are gone. Each
// is refused in the other edition.
func TestPractice_Disposal(t *testing.T) {
	for _, edition := range []nimbus.Edition{nimbus.EditionCDM, nimbus.EditionNonCDM} {
		world(t, small(edition), func(t *testing.T, p *Practice, s offboard.Systems) {
			archive(t, s, leaving)
			if err := s.Nimbus.Folders.Archive(t.Context(), "f-0", 2); !errors.Is(err, nimbus.ErrConflict) {
				t.Errorf("a Client folder is disposed of: %v", err)
			}
			fullSync(t, s, "full-sync-1")
			dispose, other := s.Nimbus.Folders.Archive, s.Nimbus.Folders.Delete
			if edition == nimbus.EditionNonCDM {
				dispose, other = other, dispose
			}
			if err := other(t.Context(), "f-0", 2); !errors.Is(err, nimbus.ErrConflict) {
				t.Errorf("%s: the other edition's disposal: %v", edition, err)
			}
			if err := dispose(t.Context(), "f-0", 3); !errors.Is(err, nimbus.ErrConflict) {
				t.Errorf("%s: another number of documents: %v", edition, err)
			}
			if err := dispose(t.Context(), "f-0", 2); err != nil {
				t.Error(edition, err)
			}
			archived, err := s.Nimbus.Documents.Archived(t.Context(), "f-0")
			if want := map[nimbus.Edition]int{nimbus.EditionCDM: 2}[edition]; err != nil || len(archived) != want {
				t.Errorf("%s: %d in the Archive, want %d (%v)", edition, len(archived), want, err)
			}
		})
	}
}

// P2: a client that comes back gets its folder again, and no history.
func TestPractice_ComesBack(t *testing.T) {
	world(t, small(nimbus.EditionCDM), func(t *testing.T, p *Practice, s offboard.Systems) {
		archive(t, s, leaving)
		fullSync(t, s, "full-sync-1")
		p.person(Unarchive, leaving, staying)
		fullSync(t, s, "full-sync-2")
		back, err := s.Nimbus.Clients.FindByCode(t.Context(), "ACME01")
		if err != nil || len(back) != 1 || back[0].ID == "c-0" || back[0].FolderID != "f-0" {
			t.Fatal(back, err)
		}
		if rows, err := s.Nimbus.History.Count(t.Context(), back[0].ID); err != nil || rows != 0 {
			t.Error(rows, err)
		}
	})
}

// R5, R8: a regular sync removes what is closed in MYOB AE, or no longer passes the
// filter.
func TestPractice_MYOBAE(t *testing.T) {
	for _, v := range variants() {
		if !strings.HasPrefix(v.name, "MYOB AE") {
			continue
		}
		world(t, v.world, func(t *testing.T, p *Practice, s offboard.Systems) {
			found, err := s.MYOBAE.Clients.FindByCode(t.Context(), "acme01")
			if err != nil || len(found) != 1 {
				t.Fatal(found, err)
			}
			report := offboarded(t, v.spec, s, &Journal{})
			if report.State() != offboard.Done || onGrid(t, s, "ACME01") {
				t.Errorf("%s: %s", v.name, report.State())
			}
		})
	}
}

// R2, R3: an export has as many rows as are stated; a filed document adds one.
func TestPractice_History(t *testing.T) {
	world(t, small(nimbus.EditionCDM), func(t *testing.T, p *Practice, s offboard.Systems) {
		export, err := s.Nimbus.History.Export(t.Context(), "c-0")
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(export.Body)
		if rows := strings.Count(string(data), "\r\n") - 1; err != nil || rows != 6 || export.Rows != 6 {
			t.Errorf("%d rows, %d stated (%v)", rows, export.Rows, err)
		}
		upload := nimbus.Upload{Name: "x.csv", Size: int64(len(data)), SHA256: sum(data),
			Body: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(string(data))), nil }}
		for range 2 { // the second time it is there already
			if _, err := s.Nimbus.Documents.Upload(t.Context(), "f-0", upload); err != nil {
				t.Fatal(err)
			}
		}
		if rows, err := s.Nimbus.History.Count(t.Context(), "c-0"); err != nil || rows != 7 {
			t.Errorf("%d rows, want 7 (%v)", rows, err)
		}
		upload.SHA256 = sum(nil)
		upload.Name = "y.csv"
		if _, err := s.Nimbus.Documents.Upload(t.Context(), "f-0", upload); !errors.Is(err, nimbus.ErrInvalid) {
			t.Errorf("another digest: %v", err)
		}
	})
}

// A context that only reads refuses every effect, as the clients do.
func TestPractice_ReadOnly(t *testing.T) {
	world(t, small(nimbus.EditionCDM), func(t *testing.T, p *Practice, s offboard.Systems) {
		ctx := transport.WithReadOnly(t.Context())
		if _, err := s.XPM.Clients.Archive(ctx, uuid[xpm.ClientUUID](0)); !errors.Is(err, xpm.ErrReadOnly) || len(p.Effects()) != 0 {
			t.Errorf("%v, %v", err, p.Effects())
		}
	})
}

func offboarded(t *testing.T, spec offboard.Spec, s offboard.Systems, j offboard.Journal) offboard.Report {
	t.Helper()
	report, err := offboard.Runner{Plan: offboard.NewPlan(spec, s), Journal: j, Operator: offboard.Approve("pat", "tests", nil), Wait: time.Hour}.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// An off-boarding ends here as it does with the fakes that speak HTTP.
func TestPractice_AsTheFakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fakes, err := offboardtest.New(offboardtest.DefaultWorld(nimbus.EditionCDM, true))
		if err != nil {
			t.Fatal(err)
		}
		there, err := fakes.Systems(nil)
		if err != nil {
			t.Fatal(err)
		}
		w := World{Edition: nimbus.EditionCDM}
		for i, code := range []string{"ACME01", "BETA02", "GAMMA03", "DELTA04"} {
			w.Clients = append(w.Clients, Client{Code: code, Name: code + " Example", XPM: true, Rows: 12 + i, Documents: 2, Jobs: i % 2})
		}
		for _, c := range offboardtest.DefaultWorld(nimbus.EditionCDM, true).Contacts {
			w.Contacts = append(w.Contacts, Contact{FirstName: c.FirstName, Surname: c.Surname, Login: c.Login, Invited: c.Invited, Clients: c.Clients})
		}
		here, err := New(w)
		if err != nil {
			t.Fatal(err)
		}
		spec := offboard.Spec{Source: offboard.SourceXPM, Policy: archiveCDM, Entities: []offboard.Entity{{Code: "ACME01"}, {Code: "BETA02"}}}
		got := outline(offboarded(t, spec, here.Systems(), &Journal{}))
		want := outline(offboarded(t, spec, there, &offboardtest.Journal{}))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

// outline is a report without ids, digests and counts.
func outline(r offboard.Report) (lines []string) {
	for _, c := range r.Clients {
		for _, s := range c.Steps {
			lines = append(lines, fmt.Sprint(c.Code, " ", s.Name, " ", s.State, " ", s.Proof, " ", s.Rule))
		}
		for _, k := range c.Kept {
			lines = append(lines, fmt.Sprint(c.Code, " keeps ", k.What, " ", k.Rule))
		}
	}
	slices.Sort(lines)
	return lines
}

// Ten thousand clients are archived, and one sync removes them.
func TestPractice_TenThousand(t *testing.T) {
	w := World{Edition: nimbus.EditionCDM, SyncTakes: 400 * time.Millisecond}
	for i := range 10_000 {
		code := fmt.Sprintf("C%05d", i)
		w.Clients = append(w.Clients, Client{Code: code, Name: code, XPM: true, Rows: 3, Documents: 1})
		w.Contacts = append(w.Contacts, Contact{FirstName: "Pat", Login: i%2 == 0, Clients: []string{code}})
	}
	world(t, w, func(t *testing.T, p *Practice, s offboard.Systems) {
		for i := range w.Clients {
			archive(t, s, i)
		}
		fullSync(t, s, "full-sync-1")
		for entity, err := range s.Nimbus.Clients.All(t.Context(), nimbus.PageOptions{}) {
			t.Fatal("there is", entity.Code, err)
		}
	})
}

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

	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/xpm"
)

// naive off-boards a client as a straightforward script does: export, file,
// archive, sync, contacts, folder. It checks what it needs to go on, stops at the
// first error, and begins at the top when it is started again.
type naive struct {
	systems offboard.Systems
	faults  *Faults
	files   map[string][]byte
	started int // syncs
}

func (n *naive) histories(string) (files [][]byte) {
	for _, f := range n.files {
		files = append(files, f)
	}
	return files
}

func (n *naive) run(ctx context.Context, code string) error {
	var client xpm.ClientUUID
	for c, err := range n.systems.XPM.Clients.List(ctx, xpm.ListOptions{}) {
		if err != nil {
			return err
		}
		if c.ClientCode == code {
			client = c.UUID
		}
	}
	entities, err := n.systems.Nimbus.Clients.FindByCode(ctx, code)
	if err != nil {
		return err
	}
	var contacts []nimbus.Contact
	var history []byte
	if len(entities) > 0 {
		if contacts, err = n.systems.Nimbus.Contacts.ListByClient(ctx, entities[0].ID); err != nil {
			return err
		}
		export, err := n.systems.Nimbus.History.Export(ctx, entities[0].ID)
		if err != nil {
			return err
		}
		if history, err = io.ReadAll(export.Body); err != nil {
			return err
		}
	}
	if err := n.save(code+".csv", history); err != nil {
		return err
	}
	if len(entities) > 0 {
		if err := n.file(ctx, entities[0].FolderID, history); err != nil {
			return err
		}
	}
	if _, err := n.systems.XPM.Clients.Archive(ctx, client); err != nil {
		return err
	}
	if err := n.sync(ctx); err != nil {
		return err
	}
	for _, c := range contacts {
		if err := n.contact(ctx, c); err != nil {
			return err
		}
	}
	return n.folder(ctx, code)
}

// save writes a file, over the one that is there.
func (n *naive) save(name string, data []byte) error {
	_, due, err := n.faults.next(IO{Kind: IOCreate, Op: "create", About: name})
	if err != nil || due == DiskFull {
		return errors.Join(err, errDisk)
	}
	n.files[name] = data
	switch due {
	case CrashAfter:
		return n.faults.die()
	case DiskDoubt:
		return errDisk
	}
	return nil
}

func (n *naive) file(ctx context.Context, folder nimbus.FolderID, history []byte) error {
	_, err := n.systems.Nimbus.Documents.Upload(ctx, folder, nimbus.Upload{Name: "History.csv", Size: int64(len(history)), SHA256: sum(history),
		Body: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(string(history))), nil }})
	if errors.Is(err, nimbus.ErrConflict) {
		return nil // it is there already
	}
	return err
}

func (n *naive) sync(ctx context.Context) error {
	n.started++
	id := nimbus.SyncID(fmt.Sprintf("naive-sync-%d", n.started))
	if _, err := n.systems.Nimbus.Syncs.StartFull(ctx, id); err != nil {
		return err
	}
	for range 60 {
		run, err := n.systems.Nimbus.Syncs.Get(ctx, id)
		if err != nil {
			return err
		}
		if run.State == nimbus.SyncCompleted {
			return nil
		}
		if err := sleep(ctx, time.Second); err != nil {
			return err
		}
	}
	return errors.New("the sync takes too long")
}

// contact deletes a contact that belongs to nobody else.
func (n *naive) contact(ctx context.Context, c nimbus.Contact) error {
	relations, err := n.systems.Nimbus.Contacts.Relations(ctx, c.ID)
	switch {
	case errors.Is(err, nimbus.ErrNotFound), err == nil && len(relations) > 0:
		return nil
	case err != nil:
		return err
	}
	if err := n.systems.Nimbus.Contacts.RemovePortalAccess(ctx, c.ID); err != nil {
		return err
	}
	return n.systems.Nimbus.Contacts.Delete(ctx, c.ID)
}

func (n *naive) folder(ctx context.Context, code string) error {
	folders, err := n.systems.Nimbus.Folders.List(ctx, nimbus.FolderFilter{Kind: nimbus.FolderOrphaned, Code: code})
	if err != nil || len(folders) == 0 {
		return err
	}
	return n.systems.Nimbus.Folders.Archive(ctx, folders[0].ID, folders[0].Documents)
}

// try runs the script with one fault, and again until it ends without an error.
func (n *naive) try(at int, f Fault) (pt *point, trace []IO, pointless bool) {
	v := variants()[0]
	pt = v.begin()
	n.files = map[string][]byte{}
	pt.judge = newJudge(pt.practice, v.spec, n, nil)
	pt.practice.watch = pt.judge
	for range maxRuns {
		pt.practice.epoch = time.Now().Add(-pt.clock)
		ctx, cancel := context.WithCancel(context.Background())
		n.faults = &Faults{At: map[int][]Fault{at: {f}}, Cancel: cancel, Person: leaving, Bystander: staying}
		n.faults.watch = &follower{Faults: n.faults, pt: pt}
		pt.judge.began = pt.judge.tick
		n.systems = pt.practice.SystemsWith(n.faults)
		err := n.run(ctx, "ACME01")
		cancel()
		if trace == nil {
			trace = n.faults.trace
		}
		if n.faults.moot {
			return pt, trace, true
		}
		if err == nil {
			break
		}
		at = 0
		pt.rest(pt.practice.clock() + time.Minute)
	}
	return pt, trace, false
}

// The invariants have teeth: they hold for the script as long as nothing goes
// wrong, and break in a good part of the cases in which one thing does.
func TestNaive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		whole, trace, _ := (&naive{}).try(0, NoFault)
		if breaches := whole.final(); len(breaches) > 0 {
			t.Fatalf("without a fault it breaks %q", breaches)
		}
		tried, caught := 0, 0
		by := map[string]int{}
		for at, io := range trace {
			for f := NoFault + 1; f < lastFault; f++ {
				if !f.Applies(io) {
					continue
				}
				pt, _, pointless := (&naive{}).try(at+1, f)
				if pointless {
					continue
				}
				tried++
				breaches := pt.final()
				if len(breaches) == 0 {
					continue
				}
				caught++
				var broken []string
				for _, b := range breaches {
					id, _, _ := strings.Cut(b, ":")
					if !slices.Contains(broken, id) {
						broken = append(broken, id)
						by[id]++
					}
				}
			}
		}
		t.Logf("of %d cases with one fault it breaks an invariant in %d: %v", tried, caught, by)
		if caught < tried/3 {
			t.Error("too few are noticed: the invariants are not checked")
		}
		for _, id := range []string{"I1", "I2", "I3", "I4", "I12"} {
			if by[id] == 0 {
				t.Errorf("%s was never broken", id)
			}
		}
	})
}

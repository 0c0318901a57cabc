package sim

import (
	"context"
	"strings"

	"github.com/practicekit/offboarding/nimbus"
)

type folders struct{ *door }

func (c *cast) folder(s *state, i int) nimbus.Folder {
	f := s.folders[i]
	view := nimbus.Folder{ID: numbered[nimbus.FolderID]("f-", i), Kind: f.kind, Code: f.code, Name: c.clients[f.owner].name, Documents: len(f.files)}
	if f.kind == nimbus.FolderClient {
		view.ClientID = entityID(f.owner, s.clients[f.owner].lives)
	}
	return view
}

// List lists folders by the code of the client that they belong, or belonged, to;
// a filter without a code looks at all.
func (f folders) List(ctx context.Context, filter nimbus.FolderFilter) ([]nimbus.Folder, error) {
	i, known := f.p.cast.byCode[strings.ToLower(filter.Code)]
	if !known {
		i = -1
	}
	return reach(ctx, f.door, read(Nimbus, "Folders.List", filter.Code, i), func(s *state) ([]nimbus.Folder, bool, error) {
		var all []nimbus.Folder
		consider := func(n int) {
			view := f.p.cast.folder(s, n)
			if !s.folders[n].gone && (filter.Kind == "" || view.Kind == filter.Kind) && (filter.ClientID == "" || view.ClientID == filter.ClientID) {
				all = append(all, view)
			}
		}
		switch {
		case filter.Code == "":
			for n := range s.folders {
				consider(n)
			}
		case known:
			for _, n := range s.clients[i].owned {
				consider(n)
			}
		}
		return all, false, nil
	})
}

// Archive moves the documents of an orphaned folder to the Archive (R19).
func (f folders) Archive(ctx context.Context, id nimbus.FolderID, documents int) error {
	return f.dispose(ctx, "Folders.Archive", id, documents, nimbus.EditionCDM)
}

// Delete destroys an orphaned folder and its documents for good (R20).
func (f folders) Delete(ctx context.Context, id nimbus.FolderID, documents int) error {
	return f.dispose(ctx, "Folders.Delete", id, documents, nimbus.EditionNonCDM)
}

func (f folders) dispose(ctx context.Context, op string, id nimbus.FolderID, documents int, edition nimbus.Edition) error {
	c := once(Nimbus, op, id, f.p.owner(id))
	_, err := withFolder(ctx, f.door, c, id, func(s *state, i int) (struct{}, bool, error) {
		here := &s.folders[i]
		switch {
		case s.edition != edition:
			return struct{}{}, false, c.conflict(nimbus.CodeEditionMismatch)
		case here.kind != nimbus.FolderOrphaned:
			return struct{}{}, false, c.conflict(nimbus.CodeFolderNotOrphaned)
		case documents != len(here.files):
			return struct{}{}, false, c.conflict(nimbus.CodeDocumentCount)
		}
		s.discard(i, len(here.files), edition)
		here.gone = true
		return struct{}{}, true, nil
	})
	return err
}

// discard takes the first documents out of a folder, into the Archive where there
// is one.
func (s *state) discard(in, first int, edition nimbus.Edition) {
	f := &s.folders[in]
	for _, n := range f.files[:first] {
		s.documents[n].archived = edition == nimbus.EditionCDM
		s.documents[n].gone = edition != nimbus.EditionCDM
	}
	f.files = f.files[first:]
}

// owner is the client of a folder, -1 for none.
func (p *Practice) owner(id nimbus.FolderID) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if i := place(id, "f-", len(p.now.folders)); i >= 0 {
		return p.now.folders[i].owner
	}
	return -1
}

// withFolder is a call about one folder; one that is gone is not found.
func withFolder[T any](ctx context.Context, d *door, c Call, id nimbus.FolderID, do func(*state, int) (T, bool, error)) (T, error) {
	return reach(ctx, d, c, func(s *state) (T, bool, error) {
		i := place(id, "f-", len(s.folders))
		if i < 0 || s.folders[i].gone {
			var none T
			return none, false, c.noSuch()
		}
		return do(s, i)
	})
}

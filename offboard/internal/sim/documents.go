package sim

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strings"

	"github.com/practicekit/offboarding/nimbus"
)

type documents struct{ *door }

func (s *state) document(i int) nimbus.Document {
	d := s.documents[i]
	return nimbus.Document{ID: numbered[nimbus.DocumentID]("d-", i), Name: d.name, FolderID: numbered[nimbus.FolderID]("f-", d.folder),
		Path: nimbus.PathCurrent, Size: int64(len(d.content)), SHA256: d.sha256}
}

func (d documents) List(ctx context.Context, id nimbus.FolderID) ([]nimbus.Document, error) {
	c := read(Nimbus, "Documents.List", id, d.p.owner(id))
	return withFolder(ctx, d.door, c, id, func(s *state, in int) ([]nimbus.Document, bool, error) {
		all := make([]nimbus.Document, len(s.folders[in].files))
		for n, i := range s.folders[in].files {
			all[n] = s.document(i)
		}
		return all, false, nil
	})
}

// Archived lists what the Archive holds of a folder.
func (d documents) Archived(ctx context.Context, id nimbus.FolderID) ([]nimbus.Document, error) {
	c := read(Nimbus, "Documents.Archived", id, d.p.owner(id))
	return reach(ctx, d.door, c, func(s *state) ([]nimbus.Document, bool, error) {
		all := []nimbus.Document{}
		folder := place(id, "f-", len(s.folders))
		if folder < 0 {
			return all, false, nil
		}
		for _, i := range s.folders[folder].stored {
			if s.documents[i].archived {
				all = append(all, s.document(i))
			}
		}
		return all, false, nil
	})
}

// Upload stores a document, unpublished (R3, P4), which adds a row to the history.
// One of that name and content that is there already stays as it is.
func (d documents) Upload(ctx context.Context, id nimbus.FolderID, u nimbus.Upload) (nimbus.Document, error) {
	c := repeatable(Nimbus, "Documents.Upload", string(id)+"/"+u.Name, d.p.owner(id))
	opened, err := u.Body()
	if err != nil {
		return nimbus.Document{}, c.fail(0, "", both(nimbus.ErrInvalid, err))
	}
	content, err := io.ReadAll(opened)
	if err != nil {
		return nimbus.Document{}, c.fail(0, "", both(nimbus.ErrInvalid, err))
	}
	digest := hex.EncodeToString(u.SHA256[:])
	return withFolder(ctx, d.door, c, id, func(s *state, in int) (nimbus.Document, bool, error) {
		for _, i := range s.folders[in].files {
			switch there := s.documents[i]; {
			case strings.EqualFold(there.name, u.Name) && there.sha256 == digest:
				return s.document(i), false, nil
			case strings.EqualFold(there.name, u.Name):
				return nimbus.Document{}, false, c.conflict(nimbus.CodeNameTaken)
			}
		}
		if sha256.Sum256(content) != u.SHA256 {
			return nimbus.Document{}, false, c.fail(422, nimbus.CodeDigestMismatch, nimbus.ErrInvalid)
		}
		i := s.store(in, u.Name, content)
		s.record(in, "Import File", u.Name, true)
		return s.document(i), true, nil
	})
}

// Download adds a row to the history too, as the product does.
func (d documents) Download(ctx context.Context, id nimbus.DocumentID) (io.ReadCloser, error) {
	c := read(Nimbus, "Documents.Download", id, -1)
	file, err := reach(ctx, d.door, c, func(s *state) (download, bool, error) {
		i := place(id, "d-", len(s.documents))
		if i < 0 || s.documents[i].gone {
			return download{}, false, c.noSuch()
		}
		if !s.documents[i].archived {
			d.p.version++
			s.record(s.documents[i].folder, "Export File", s.documents[i].name, true)
		}
		return download{content: s.documents[i].content}, false, nil
	})
	if err != nil {
		return nil, err
	}
	if file.broken {
		return body{bytes.NewReader(file.content[:len(file.content)/2]), c}, nil
	}
	return io.NopCloser(bytes.NewReader(file.content)), nil
}

// download is the content of a document on its way.
type download struct {
	content []byte
	broken  bool // the answer breaks off in the middle
}

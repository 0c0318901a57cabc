package nimbustest

import (
	"iter"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/practicekit/offboarding/nimbus"
)

// versionsKept is how long the Archive keeps earlier versions (P7).
const versionsKept = 14 * 24 * time.Hour

func (s *Server) listArchive(r request) answer {
	id := nimbus.FolderID(r.URL.Query().Get("folderId"))
	var files []*document
	for _, d := range s.archive {
		if d.FolderID == id {
			files = append(files, d)
		}
	}
	return documentList(s, r, files)
}

// versions gives the versions of a document that are kept, newest first.
func (d *document) versions() iter.Seq[version] {
	return func(yield func(version) bool) {
		current := version{content: d.content, DocumentVersion: nimbus.DocumentVersion{
			Number: len(d.earlier) + 1, Size: d.Size, SHA256: d.SHA256, ModifiedAt: d.ModifiedAt,
		}}
		if !yield(current) || !d.ArchivedAt.IsZero() && time.Since(d.ArchivedAt) >= versionsKept {
			return
		}
		for _, v := range slices.Backward(d.earlier) {
			if !yield(v) {
				return
			}
		}
	}
}

func (s *Server) listVersions(r request) answer {
	d := s.document(r.PathValue("id"))
	if d == nil {
		return notFound()
	}
	numbered := func(yield func(int, version) bool) {
		for v := range d.versions() {
			if !yield(v.Number, v) {
				return
			}
		}
	}
	return list(s, r, numbered, func(v version) (int, nimbus.DocumentVersion) { return -v.Number, v.DocumentVersion })
}

func (s *Server) downloadVersion(r request) answer {
	if d := s.document(r.PathValue("id")); d != nil {
		for v := range d.versions() {
			if strconv.Itoa(v.Number) == r.PathValue("number") {
				return content(v.content)
			}
		}
	}
	return notFound()
}

// restoreDocument takes a document out of the Archive (R19). An earlier version
// that the Archive no longer keeps does not come back (P7). It mails nobody.
func (s *Server) restoreDocument(r request) answer {
	id, ok := member[nimbus.FolderID](r, "folderId")
	if !ok || id == "" || len(id) > 200 {
		return noMember("folderId")
	}
	d, f := s.document(r.PathValue("id")), s.folder(id)
	switch {
	case s.edition != nimbus.EditionCDM:
		return problem(http.StatusConflict, nimbus.CodeEditionMismatch, "the account has no Archive")
	case d == nil || f == nil:
		return notFound()
	case d.ArchivedAt.IsZero() && d.FolderID == f.ID && !d.Shared():
		return respond(http.StatusOK, d.Document).about(f.clientCode, "")
	case d.ArchivedAt.IsZero():
		return problem(http.StatusConflict, nimbus.CodeDocumentNotArchived, "the document is in another folder or place").about(f.clientCode, "")
	case f.has(d.Name):
		return problem(http.StatusConflict, nimbus.CodeNameTaken, "the folder has another document with this name").about(f.clientCode, "")
	}
	if time.Since(d.ArchivedAt) >= versionsKept {
		d.earlier = nil
	}
	s.archive = without(s.archive, d)
	d.FolderID, d.Path, d.Published, d.ArchivedAt = f.ID, nimbus.PathCurrent, false, time.Time{}
	f.files = append(f.files, d)
	s.record(f, "File moved to Client", "/Archive/"+d.Path+"/"+d.Name)
	a := respond(http.StatusOK, d.Document).about(f.clientCode, "")
	a.changed = true
	return a
}

package nimbustest

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/practicekit/offboarding/nimbus"
)

// suffixed tells whether code is base with the seven digits of P1.
func suffixed(code, base string) bool {
	return len(code) == len(base)+7 && strings.EqualFold(code[:len(base)], base) && sevenDigits.MatchString(code[len(base):])
}

var sevenDigits = regexp.MustCompile(`^[0-9]{7}$`)

func (s *Server) listFolders(r request) answer {
	query := r.URL.Query()
	clientID, kind, code := query.Get("clientId"), query.Get("kind"), query.Get("code")
	var matching []*folder
	for _, f := range s.folders {
		if clientID != "" && string(f.ClientID) != clientID || kind != "" && string(f.Kind) != kind {
			continue
		}
		if code == "" || strings.EqualFold(f.Code, code) || suffixed(f.Code, code) {
			matching = append(matching, f)
		}
	}
	return list(s, r, slices.All(matching), func(f *folder) (int, nimbus.Folder) { return f.seq, f.view() })
}

// has tells whether the folder has a document of that name, letter case aside.
func (f *folder) has(name string) bool {
	return slices.ContainsFunc(f.files, func(d *document) bool { return strings.EqualFold(d.Name, name) })
}

// withFolder answers about the folder in the path.
func (s *Server) withFolder(r request, do func(f *folder) answer) answer {
	f := s.folder(nimbus.FolderID(r.PathValue("id")))
	if f == nil {
		return notFound()
	}
	return do(f).about(f.clientCode, "")
}

func (s *Server) getFolder(r request) answer {
	return s.withFolder(r, func(f *folder) answer { return respond(http.StatusOK, f.view()) })
}

func (s *Server) listDocuments(r request) answer {
	return s.withFolder(r, func(f *folder) answer { return documentList(s, r, f.files) })
}

func documentList(s *Server, r request, files []*document) answer {
	return list(s, r, slices.All(files), func(d *document) (int, nimbus.Document) { return d.seq, d.Document })
}

func (s *Server) getDocument(r request) answer {
	if d := s.document(r.PathValue("id")); d != nil {
		return respond(http.StatusOK, d.Document)
	}
	return notFound()
}

// download adds a row to the history, as the product does.
func (s *Server) download(r request) answer {
	d := s.document(r.PathValue("id"))
	if d == nil {
		return notFound()
	}
	if f := s.folder(d.FolderID); f != nil {
		s.record(f, "Export File", "/"+d.Path+"/"+d.Name)
	}
	return content(d.content)
}

func content(b []byte) answer {
	return answer{status: http.StatusOK, body: b, header: http.Header{
		"Content-Type": {"application/octet-stream"}, "Content-Digest": {digestHeader(sha256.Sum256(b))},
	}}
}

var digestPattern = regexp.MustCompile(`^sha-256=:[A-Za-z0-9+/]{43}=:$`)

func digestHeader(sum [sha256.Size]byte) string {
	return "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"
}

// upload stores a document under Current or below it. A published one, or one with a
// notification, mails the contacts (P4). A stored file adds a row to the
// history, so the exported file is always one event short of it.
func (s *Server) upload(r request) answer {
	query := r.URL.Query()
	name, published := query.Get("name"), query.Get("published") == "true"
	place := cmp.Or(query.Get("path"), nimbus.PathCurrent)
	target := r.PathValue("id") + "/" + name
	stated := r.Header.Values("Content-Digest")
	if r.ContentLength < 0 || len(stated) != 1 || !digestPattern.MatchString(stated[0]) {
		return invalid("an upload states its Content-Length and its Content-Digest").about("", target)
	}
	f := s.folder(nimbus.FolderID(r.PathValue("id")))
	if f == nil {
		return notFound().about("", target)
	}
	sum := sha256.Sum256(r.body)
	if stated[0] != digestHeader(sum) {
		return problem(http.StatusUnprocessableEntity, nimbus.CodeDigestMismatch, "the content does not have the digest of its header").about(f.clientCode, target)
	}
	if d := find(f.files, func(d *document) bool {
		return strings.EqualFold(d.Name, name) && d.SHA256 == hex.EncodeToString(sum[:]) && !d.Shared() &&
			(!query.Has("path") || d.Path == place)
	}); d != nil {
		return respond(http.StatusOK, d.Document).about(f.clientCode, target)
	}
	if f.has(name) {
		return problem(http.StatusConflict, nimbus.CodeNameTaken, "the folder has another document with this name").about(f.clientCode, target)
	}
	if missing := s.missingFields(query); len(missing) > 0 {
		return problemWith(http.StatusUnprocessableEntity, nimbus.CodeMandatoryFields, "mandatory document fields are missing", "fields", missing).about(f.clientCode, target)
	}
	d := s.newDocument(f, Document{Name: name, Content: r.body, Path: place, Published: published})
	s.record(f, "Import File", "/"+d.Path+"/"+d.Name)
	if published || query.Get("notify") == "true" {
		s.mailsSent++
	}
	a := respond(http.StatusCreated, d.Document).about(f.clientCode, target)
	a.changed = true
	return a
}

// missingFields names the mandatory fields that an upload does not give.
func (s *Server) missingFields(query url.Values) (missing []string) {
	for _, name := range s.config.MandatoryDocumentFields {
		if query.Get("fields["+name+"]") == "" {
			missing = append(missing, name)
		}
	}
	return missing
}

// disposal refuses what the account's edition, the folder's kind, its number of
// documents or a document in use do not allow. That a locked or checked-out
// document stops it is assumed.
func (s *Server) disposal(f *folder, edition nimbus.Edition, documents int) (refusal answer, ok bool) {
	switch {
	case s.edition != edition:
		return problem(http.StatusConflict, nimbus.CodeEditionMismatch, "the account's edition does not do this"), false
	case f.Kind != nimbus.FolderOrphaned:
		return problem(http.StatusConflict, nimbus.CodeFolderNotOrphaned, "the folder is not an orphaned folder"), false
	case documents != len(f.files):
		return problem(http.StatusConflict, nimbus.CodeDocumentCount, "the folder holds "+strconv.Itoa(len(f.files))+" documents"), false
	}
	if d := find(f.files, func(d *document) bool { return d.Locked || d.CheckedOut }); d != nil {
		return problem(http.StatusConflict, nimbus.CodeDocumentLocked, "the document "+string(d.ID)+" is locked or checked out"), false
	}
	return answer{}, true
}

// archiveFolder moves the documents to the Archive (R19).
func (s *Server) archiveFolder(r request) answer {
	raw, _ := member[json.RawMessage](r, "documents")
	documents, ok := count(string(raw))
	if !ok {
		return noMember("documents")
	}
	return s.withFolder(r, func(f *folder) answer {
		if refusal, ok := s.disposal(f, nimbus.EditionCDM, documents); !ok {
			return refusal
		}
		for _, d := range f.files {
			d.ArchivedAt = time.Now().UTC().Truncate(time.Second)
		}
		s.archive = append(s.archive, f.files...)
		s.folders = without(s.folders, f)
		a := respond(http.StatusOK, map[string]int{"archived": len(f.files)})
		a.changed = true
		return a
	})
}

// deleteFolder removes the documents for good (R20).
func (s *Server) deleteFolder(r request) answer {
	documents, _ := count(r.URL.Query().Get("documents"))
	return s.withFolder(r, func(f *folder) answer {
		if refusal, ok := s.disposal(f, nimbus.EditionNonCDM, documents); !ok {
			return refusal
		}
		s.folders = without(s.folders, f)
		return answer{status: http.StatusNoContent, changed: true}
	})
}

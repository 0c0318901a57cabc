package nimbus

import (
	"context"
	"encoding/hex"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/practicekit/offboarding/internal/transport"
)

// DocumentID identifies a document.
type DocumentID string

// The paths of a Client folder.
const (
	PathCurrent    = "Current"
	PathToClient   = "To Client"
	PathFromClient = "From Client"
)

// Document is a file in a folder or in the Archive.
type Document struct {
	ID       DocumentID `json:"id"`
	Name     string     `json:"name"`
	FolderID FolderID   `json:"folderId"`
	// Path is where in the folder the document lies: PathCurrent, PathToClient,
	// PathFromClient, or below one of them, divided by slashes.
	Path string `json:"path"`
	Size int64  `json:"size"` // in bytes
	// SHA256 is the digest of the content in lower-case hexadecimal, or empty
	// where the server does not know it.
	SHA256     string    `json:"sha256"`
	Published  bool      `json:"published"`
	Locked     bool      `json:"locked"`
	CheckedOut bool      `json:"checkedOut"`
	ModifiedAt time.Time `json:"modifiedAt,omitzero"`
	// ArchivedAt is when the document came to the Archive, and zero in a folder.
	// Earlier versions go 14 days later (P7).
	ArchivedAt time.Time `json:"archivedAt,omitzero"`
}

func (Document) members() []string {
	return []string{"id", "name", "folderId", "size", "published", "locked", "checkedOut"}
}

// Shared reports whether the document is published, or lies in To Client or
// below it: it is there for the client to see.
func (d Document) Shared() bool {
	return d.Published || d.Path == PathToClient || strings.HasPrefix(d.Path, PathToClient+"/")
}

func (d Document) check() error {
	if d.Size < 0 {
		return errContract("a size is negative")
	}
	if err := checkDigest(d.SHA256); err != nil {
		return err
	}
	return named("id", d.ID)
}

// Upload is a document to be stored.
type Upload struct {
	// Name is the file's name, with its extension and without a folder.
	Name   string
	Size   int64    // in bytes
	SHA256 [32]byte // of the content
	// Path is where in the folder it goes: PathCurrent or below it, divided by
	// slashes; empty means PathCurrent. What is not there of it is made. What lies
	// elsewhere is there for the client to see, or came from the client, and cannot
	// be named (P4).
	Path string
	// Fields are the values of the document's custom fields, by name. Those that
	// Account.MandatoryDocumentFields names must be there.
	Fields map[string]string
	// Body opens the content. It is called once for every attempt, and never for an
	// empty one.
	Body func() (io.ReadCloser, error)
}

// DocumentService works on documents. Use it as Client.Documents.
type DocumentService struct{ c *Client }

// List returns all documents of the folder, those of its paths included.
//
// It changes nothing and follows all pages. A missing folder is ErrNotFound. An
// answer with a document of another folder is ErrInvalid.
func (s *DocumentService) List(ctx context.Context, id FolderID) ([]Document, error) {
	const op = "Documents.List"
	if err := checkID(op, id); err != nil {
		return nil, err
	}
	return s.ofFolder(ctx, op, id, nil, "folders", string(id), "documents")
}

func (s *DocumentService) ofFolder(ctx context.Context, op string, id FolderID, query url.Values, elem ...string) ([]Document, error) {
	documents, err := list(ctx, s.c, op, query, func(d Document) string { return string(d.ID) }, elem...)
	if err != nil {
		return nil, err
	}
	for _, d := range documents {
		if d.FolderID != id {
			return nil, invalid(op, "the answer names a document of another folder")
		}
	}
	return documents, nil
}

// Get returns one document without its content.
//
// It changes nothing and is read whole. A missing document is ErrNotFound.
func (s *DocumentService) Get(ctx context.Context, id DocumentID) (Document, error) {
	return getByID(ctx, s.c, "Documents.Get", id, func(d Document) DocumentID { return d.ID }, "documents", string(id))
}

// Upload stores a document in the folder, under Current or below it, unpublished
// and without a notification, so that nobody is mailed (R3, P4).
//
// It may be sent again: a document with that name, letter case aside, and that
// digest that is there already, and is not Shared, is returned and nothing changes;
// where a Path is named, it must lie there.
// Any other document of that name is ErrConflict with CodeNameTaken, a missing folder ErrNotFound, a mandatory field
// that is missing ErrInvalid with CodeMandatoryFields and Error.Fields, and a
// document that is too large ErrTooLarge. An answer that describes other content,
// another path than the one named, or a document that is Shared, is ErrInvalid. A transfer that breaks off leaves
// nothing in the folder: the server stores only what has the digest.
func (s *DocumentService) Upload(ctx context.Context, id FolderID, u Upload) (Document, error) {
	const op = "Documents.Upload"
	if err := checkID(op, id); err != nil {
		return Document{}, err
	}
	if u.Name == "" || len(u.Name) > 255 || strings.ContainsAny(u.Name, "/\\\x00") || u.Size < 0 || u.Body == nil {
		return Document{}, invalid(op, "an upload needs a name without a folder, at most 255 bytes long, its size and its content")
	}
	query := url.Values{"name": {u.Name}, "published": {"false"}, "notify": {"false"}}
	if u.Path != "" {
		if !uploadable(u.Path) {
			return Document{}, invalid(op, "the path is not Current or below it, or too long")
		}
		query.Set("path", u.Path)
	}
	for name, value := range u.Fields {
		if name == "" || strings.ContainsAny(name, "[]") {
			return Document{}, invalid(op, "a field's name is empty or has brackets")
		}
		query.Set("fields["+name+"]", value)
	}
	body := u.Body
	if u.Size == 0 {
		body = nil // net/http takes a body of length 0 as one of unknown length
	}
	d, err := send[Document](ctx, s.c, transport.Request{
		Op: op, Effect: transport.Repeatable, Method: http.MethodPost, Path: path("folders", string(id), "documents"),
		Query: query,
		Header: http.Header{
			"Content-Type":   {"application/octet-stream"},
			"Content-Digest": {digestHeader(u.SHA256)},
		},
		Body: body, ContentLength: u.Size,
	}, nil)
	if err != nil {
		return Document{}, err
	}
	if !strings.EqualFold(d.Name, u.Name) || d.FolderID != id || d.SHA256 != hex.EncodeToString(u.SHA256[:]) || d.Shared() ||
		u.Path != "" && d.Path != u.Path {
		return Document{}, invalid(op, "the answer describes another document than the one sent")
	}
	return d, nil
}

// uploadable reports whether a path is Current or below it, and leads nowhere else.
func uploadable(path string) bool {
	if len(path) > 255 || strings.ContainsAny(path, "\\\x00") {
		return false
	}
	for i, element := range strings.Split(path, "/") {
		if i == 0 && element != PathCurrent || element == "" || element == "." || element == ".." {
			return false
		}
	}
	return true
}

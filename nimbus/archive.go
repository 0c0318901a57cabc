package nimbus

import (
	"context"
	"net/http"
	"net/url"

	"github.com/practicekit/offboarding/internal/transport"
)

// Archived returns the documents that the Archive holds of a folder that was
// archived (R19); none is an empty slice.
//
// It changes nothing and follows all pages. An answer with a document of
// another folder is ErrInvalid.
func (s *DocumentService) Archived(ctx context.Context, id FolderID) ([]Document, error) {
	const op = "Documents.Archived"
	if err := checkID(op, id); err != nil {
		return nil, err
	}
	return s.ofFolder(ctx, op, id, url.Values{"folderId": {string(id)}}, "archive", "documents")
}

// Restore takes a document out of the Archive and puts it into a Client folder
// or a business folder, under Current, unpublished, so that nobody is mailed (R19,
// P4). That is how a client that comes back gets its documents again, once its
// folder was archived (P2). The document keeps its id; its folder is the new one.
//
// It may be sent again: a document that is in that folder already, and is not
// Shared, is returned. Any other that is not in the Archive is ErrConflict with
// CodeDocumentNotArchived, a folder with a document of that name ErrConflict with CodeNameTaken (Nimbus itself would
// make a new version of it; the contract covers up nothing). An account without CDM
// is ErrConflict with CodeEditionMismatch; a missing document or folder is
// ErrNotFound.
func (s *DocumentService) Restore(ctx context.Context, id DocumentID, folder FolderID) (Document, error) {
	const op = "Documents.Restore"
	if err := checkID(op, id); err != nil {
		return Document{}, err
	}
	if err := checkID(op, folder); err != nil {
		return Document{}, err
	}
	d, err := send[Document](ctx, s.c, transport.Request{
		Op: op, Effect: transport.Repeatable, Method: http.MethodPost, Path: path("archive", "documents", string(id), "restore"),
	}, map[string]FolderID{"folderId": folder})
	if err != nil {
		return Document{}, err
	}
	if d.ID != id || d.FolderID != folder || d.Shared() {
		return Document{}, invalid(op, "the answer describes another document, folder or place")
	}
	return d, nil
}

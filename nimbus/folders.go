package nimbus

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/practicekit/offboarding/internal/transport"
)

// FolderID identifies a folder. The Client folder keeps its id when it becomes
// orphaned.
type FolderID string

// FolderKind tells what a folder is. The set is open.
type FolderKind string

// The kinds of folders.
const (
	FolderClient   FolderKind = "client"   // The folder of an entity on the Client Grid.
	FolderBusiness FolderKind = "business" // A staff folder under the Documents menu.
	FolderOrphaned FolderKind = "orphaned" // What stays of a Client folder when its entity goes (R13).
)

// Folder is a folder with its documents counted.
type Folder struct {
	ID   FolderID   `json:"id"`
	Kind FolderKind `json:"kind"`
	// Code is the Client Code. That of an orphaned folder may be followed by
	// seven digits (P1). It is empty for most business folders.
	Code string `json:"code"`
	Name string `json:"name"`
	// Documents counts all files below the folder.
	Documents int `json:"documents"`
	// ClientID is the entity of a Client folder, and empty otherwise.
	ClientID ClientID `json:"clientId,omitempty"`
}

func (Folder) members() []string { return []string{"id", "kind", "code", "documents"} }

func (f Folder) check() error {
	if f.Documents < 0 {
		return errContract("a count is negative")
	}
	if f.Kind == FolderClient && f.ClientID == "" {
		return errContract("a Client folder does not name its entity")
	}
	return named("id", f.ID)
}

// FolderFilter narrows a list of folders; zero fields do not filter.
type FolderFilter struct {
	ClientID ClientID
	Kind     FolderKind
	// Code matches a folder whose code is this one, or this one followed by
	// exactly seven digits (P1), letter case aside.
	Code string
}

// FolderService works on folders. Use it as Client.Folders.
type FolderService struct{ c *Client }

// Get returns one folder.
//
// It changes nothing and is read whole. A missing folder is ErrNotFound.
func (s *FolderService) Get(ctx context.Context, id FolderID) (Folder, error) {
	return getByID(ctx, s.c, "Folders.Get", id, func(f Folder) FolderID { return f.ID }, "folders", string(id))
}

// List returns the folders that the filter lets through.
//
// It changes nothing and follows all pages. An answer with a folder of another
// kind or entity than asked for is ErrInvalid.
func (s *FolderService) List(ctx context.Context, filter FolderFilter) ([]Folder, error) {
	const op = "Folders.List"
	query := url.Values{}
	for name, value := range map[string]string{"clientId": string(filter.ClientID), "kind": string(filter.Kind), "code": filter.Code} {
		if value != "" {
			query.Set(name, value)
		}
	}
	folders, err := list(ctx, s.c, op, query, func(f Folder) string { return string(f.ID) }, "folders")
	if err != nil {
		return nil, err
	}
	for _, f := range folders {
		if filter.Kind != "" && f.Kind != filter.Kind || filter.ClientID != "" && f.ClientID != filter.ClientID {
			return nil, invalid(op, "the answer names a folder that was not asked for")
		}
	}
	return folders, nil
}

type archived struct {
	Archived int `json:"archived"`
}

func (archived) members() []string { return []string{"archived"} }
func (archived) check() error      { return nil }

// Archive deletes an orphaned folder on an account with CDM, which moves its
// documents to the Archive (R19). The number of documents is what the caller
// counted.
//
// It is sent at most once: when the answer is lost, or counts otherwise, the
// error is ErrOutcomeUnknown. It is ErrConflict with CodeEditionMismatch
// without CDM, with CodeDocumentCount when the server counts otherwise, and
// with CodeFolderNotOrphaned for another kind of folder. A missing folder is
// ErrNotFound.
func (s *FolderService) Archive(ctx context.Context, id FolderID, documents int) error {
	const op = "Folders.Archive"
	if err := checkDisposal(op, id, documents); err != nil {
		return err
	}
	done, err := send[archived](ctx, s.c, transport.Request{
		Op: op, Effect: transport.Once, Method: http.MethodPost, Path: path("folders", string(id), "archive"),
	}, map[string]int{"documents": documents})
	if err != nil {
		return err
	}
	if done.Archived != documents {
		return &Error{Op: op, StatusCode: http.StatusOK, Err: fmt.Errorf("%w: the server archived %d of %d documents", ErrOutcomeUnknown, done.Archived, documents)}
	}
	return nil
}

// Delete deletes an orphaned folder and its documents for good on an account
// without CDM (R20). The number of documents is what the caller counted.
//
// It is sent at most once: when the answer is lost the error is
// ErrOutcomeUnknown. It is ErrConflict with CodeEditionMismatch on an account
// with CDM, with CodeDocumentCount when the server counts otherwise, and with
// CodeFolderNotOrphaned for another kind of folder. A missing folder is
// ErrNotFound.
func (s *FolderService) Delete(ctx context.Context, id FolderID, documents int) error {
	const op = "Folders.Delete"
	if err := checkDisposal(op, id, documents); err != nil {
		return err
	}
	return remove(ctx, s.c, op, transport.Once, http.MethodDelete, id, url.Values{"documents": {strconv.Itoa(documents)}}, "folders", string(id))
}

func checkDisposal(op string, id FolderID, documents int) error {
	if documents < 0 {
		return invalid(op, "the number of documents is negative")
	}
	return checkID(op, id)
}

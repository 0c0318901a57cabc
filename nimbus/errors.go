package nimbus

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/practicekit/offboarding/internal/apierr"
	"github.com/practicekit/offboarding/internal/transport"
)

// The sentinels for errors.Is. Every *Error wraps one of them, or the error of
// the context that ended the call, or both.
var (
	ErrNotFound              = apierr.ErrNotFound
	ErrUnauthorized          = apierr.ErrUnauthorized
	ErrForbidden             = apierr.ErrForbidden
	ErrConflict              = apierr.ErrConflict
	ErrInvalid               = apierr.ErrInvalid
	ErrRateLimited           = apierr.ErrRateLimited
	ErrOutcomeUnknown        = apierr.ErrOutcomeUnknown
	ErrCapabilityUnavailable = apierr.ErrCapabilityUnavailable
	ErrTooLarge              = apierr.ErrTooLarge
	ErrReadOnly              = apierr.ErrReadOnly
	ErrUnavailable           = apierr.ErrUnavailable
)

// The codes with which the contract says why it refuses. The set is open.
const (
	CodeEditionMismatch       = "edition-mismatch"
	CodeDocumentCount         = "document-count"
	CodeFolderNotOrphaned     = "folder-not-orphaned"
	CodeContactRelated        = "contact-related"
	CodeNameTaken             = "name-taken"
	CodeDigestMismatch        = "digest-mismatch"
	CodeSyncRunning           = "sync-running"
	CodeDocumentLocked        = "document-locked"
	CodeDocumentNotArchived   = "document-not-archived"
	CodeMandatoryFields       = "mandatory-fields"
	CodeNotFound              = "not-found"
	CodeRightMissing          = "right-missing"
	CodeInvalidRequest        = "invalid-request"
	CodeTooLarge              = "too-large"
	CodeRateLimited           = "rate-limited"
	CodeInternal              = "internal"
	CodeUnavailable           = "unavailable"
	CodeSessionExpired        = "session-expired"
	CodeCapabilityUnavailable = "capability-unavailable"
)

// Error is what every method returns when it fails. It holds nothing secret and
// no personal data but what the server's own description may name.
type Error struct {
	Op          string // the operation, such as Clients.Delete
	StatusCode  int    // of the last answer; 0 without one
	Code        string // the contract's code, such as CodeDocumentCount; empty without one
	Description string // the server's words, cut to 200 characters
	RequestID   string
	Limit       string        // the limit that was hit, where the server names it
	RetryAfter  time.Duration // how long the server asks to wait
	Attempts    int
	// Fields names the document fields that an upload lacks, with
	// CodeMandatoryFields.
	Fields []string
	// ByHand is what a person does instead, where the server does not offer the
	// operation (ErrCapabilityUnavailable); nil otherwise.
	ByHand *ByHand
	Err    error
}

// Error says what happened and nothing that must not be logged.
func (e *Error) Error() string {
	description := e.Description
	if e.Code != "" && description != "" {
		description = e.Code + ": " + description
	} else if e.Code != "" {
		description = e.Code
	}
	text := apierr.Text("nimbus", e.Op, e.StatusCode, description, e.RequestID, e.Limit, e.RetryAfter, e.Attempts, e.Err)
	if e.ByHand != nil {
		text += "; a person does it: " + e.ByHand.Where
	}
	return text
}

// Unwrap returns the cause, which wraps a sentinel.
func (e *Error) Unwrap() error { return e.Err }

// invalid is the error of a call that the contract does not allow, or of an
// answer that contradicts the request.
func invalid(op, text string) error {
	return &Error{Op: op, Err: errContract(text)}
}

func errContract(text string) error { return fmt.Errorf("%w: %s", ErrInvalid, text) }

// fromTransport turns a failure into an *Error and reads the problem document
// (RFC 9457) that it may carry.
func fromTransport(err error) error {
	f, ok := errors.AsType[*transport.Failure](err)
	if !ok {
		return err
	}
	e := &Error{Op: f.Op, StatusCode: f.StatusCode, RequestID: f.RequestID, Limit: f.Limit, RetryAfter: f.RetryAfter, Attempts: f.Attempts, Err: f.Err}
	if login, ok := errors.AsType[*Error](f.Err); ok { // of a session that could not be started
		e.RetryAfter, e.Limit = login.RetryAfter, login.Limit
	}
	if refused, ok := errors.AsType[*LoginError](f.Err); ok { // which says what to do, at length
		e.Err = refused
	}
	e.Code, e.Description, e.Fields = problem(f.Header, f.Body)
	if errors.Is(f.Err, ErrCapabilityUnavailable) {
		if task := ByHandFor(capabilityOf(f.Op)); task.Where != "" {
			e.ByHand = &task
		}
	}
	return e
}

const maxProblemFields = 50

// problem reads the members of a problem document that are used, each only as
// what it should be; what cannot be read is empty.
func problem(h http.Header, body []byte) (code, description string, fields []string) {
	var p struct {
		Title, Detail, Code string
		Fields              []string
	}
	if mediaType(h) != "application/problem+json" || json.Unmarshal(body, &p) != nil {
		return "", "", nil
	}
	description = apierr.Clean(p.Detail)
	if description == "" {
		description = apierr.Clean(p.Title)
	}
	for _, name := range p.Fields[:min(len(p.Fields), maxProblemFields)] {
		fields = append(fields, apierr.Clean(name))
	}
	return cleanCode(p.Code), description, fields
}

// cleanCode lets through what a code can be: lower-case letters, digits, hyphens.
func cleanCode(s string) string {
	if len(s) > 64 {
		return ""
	}
	for _, r := range s {
		if r != '-' && (r < 'a' || r > 'z') && (r < '0' || r > '9') {
			return ""
		}
	}
	return s
}

// answerError is the error of a successful status whose answer is not what the
// contract asks for. What was sent at most once has then an unknown outcome.
func answerError(op string, effect transport.Effect, res *transport.Response, err error) error {
	if effect == transport.Once && !errors.Is(err, ErrOutcomeUnknown) {
		err = fmt.Errorf("%w: %w", ErrOutcomeUnknown, err)
	}
	return &Error{Op: op, StatusCode: res.StatusCode, RequestID: res.RequestID, Attempts: res.Attempts, Err: err}
}

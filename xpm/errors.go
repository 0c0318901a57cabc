package xpm

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/practicekit/offboarding/internal/apierr"
	"github.com/practicekit/offboarding/internal/transport"
)

// The kinds of failure, for errors.Is. Every error of this package wraps one of
// them, or the error of the caller's context.
var (
	// ErrNotFound: XPM knows no such client, job or other thing ("Invalid …
	// identifier"), or the address itself.
	ErrNotFound = apierr.ErrNotFound
	// ErrUnauthorized: the access token is missing, wrong or expired.
	ErrUnauthorized = apierr.ErrUnauthorized
	// ErrForbidden: the tenant is not connected, or the scope or tier is missing.
	ErrForbidden = apierr.ErrForbidden
	// ErrConflict: the state of the thing does not allow the operation.
	ErrConflict = apierr.ErrConflict
	// ErrInvalid: the request was refused, or the answer is not one of XPM's.
	ErrInvalid = apierr.ErrInvalid
	// ErrRateLimited: over a quota, for longer than Config.MaxRetryWait.
	ErrRateLimited = apierr.ErrRateLimited
	// ErrOutcomeUnknown: a change was sent and may or may not have been made.
	// Read before sending it again.
	ErrOutcomeUnknown = apierr.ErrOutcomeUnknown
	// ErrCapabilityUnavailable: the server does not offer the operation.
	ErrCapabilityUnavailable = apierr.ErrCapabilityUnavailable
	// ErrTooLarge: the answer, or one element of it, is over the limit.
	ErrTooLarge = apierr.ErrTooLarge
	// ErrReadOnly: a change was asked of a client that may only read.
	ErrReadOnly = apierr.ErrReadOnly
	// ErrUnavailable: the server or the way to it failed, retries included.
	ErrUnavailable = apierr.ErrUnavailable
)

// Error is every error that an operation of this package returns.
type Error struct {
	Op          string        // the operation, such as "Clients.Archive"
	StatusCode  int           // of the last answer; 0 if there was none
	Description string        // XPM's own words, on one line, cut to 200 characters
	RequestID   string        // what Xero's support asks for
	Limit       string        // the quota that was exceeded: minute, day, appminute or concurrent
	RetryAfter  time.Duration // how long to wait at least; 0 if not said
	Attempts    int           // how often the request was sent
	Err         error         // wraps one of the kinds above, or a context's error
}

// Error says what failed. It holds no address, query, header or body.
func (e *Error) Error() string {
	return apierr.Text("xpm", e.Op, e.StatusCode, e.Description, e.RequestID, e.Limit, e.RetryAfter, e.Attempts, e.Err)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// refusal is what XPM itself answered with Status ERROR.
type refusal struct{ description string }

func (r *refusal) Error() string { return "refused by XPM" }

// Unwrap tells an unknown thing from any other refusal. There is no code to go
// by: "Invalid client identifier" and its like are the only sign.
func (r *refusal) Unwrap() error {
	if d := strings.ToLower(r.description); strings.HasPrefix(d, "invalid ") && strings.Contains(d, " identifier") {
		return ErrNotFound
	}
	return ErrInvalid
}

// malformed is an answer that is not one of XPM's.
func malformed(what string) error { return fmt.Errorf("%w: the answer is %s", ErrInvalid, what) }

// invalid is a request that is not sent because it cannot be right.
func invalid(op, why string) error {
	return &Error{Op: op, Err: fmt.Errorf("%w: %s", ErrInvalid, why)}
}

// failed turns a failure of the transport into an Error. The HTTP status decides
// first; the body can make it more exact.
func failed(op string, err error) error {
	f, ok := errors.AsType[*transport.Failure](err)
	if !ok {
		return &Error{Op: op, Err: err}
	}
	e := &Error{Op: op, StatusCode: f.StatusCode, RequestID: f.RequestID, Limit: f.Limit, RetryAfter: f.RetryAfter, Attempts: f.Attempts, Err: f.Err}
	said := sayings(f.Body)
	e.Description = apierr.Clean(said.description())
	if e.RequestID == "" {
		e.RequestID = apierr.Clean(said.Instance)
	}
	no := &refusal{said.ErrorDescription}
	switch {
	case errors.Is(no, ErrNotFound):
		e.Err = no
	case f.StatusCode == http.StatusUnauthorized && strings.HasPrefix(said.Detail, "AuthorizationUnsuccessful"):
		// The token is good; its scope or the app's tier does not reach so far.
		e.Err = fmt.Errorf("%w: scope or tier missing", ErrForbidden)
	}
	return e
}

// saying is what an error answer says, in either family: Xero's gateway sends
// JSON problem documents, XPM its envelope (as JSON too, when asked for JSON).
type saying struct {
	Title, Detail, Instance string
	ErrorDescription        string // XPM's own, with Status ERROR
}

func (s saying) description() string {
	for _, text := range []string{s.ErrorDescription, s.Detail, s.Title} {
		if text != "" {
			return text
		}
	}
	return ""
}

// sayings reads the body of an error answer. Its Content-Type is sometimes
// missing, so the first byte tells the family. Anything else says nothing: a
// gateway's page is not for an error text.
func sayings(body []byte) saying {
	var s saying
	body = bytes.TrimSpace(body)
	switch {
	case bytes.HasPrefix(body, []byte("{")):
		var m map[string]any
		if json.Unmarshal(body, &m) != nil {
			return s
		}
		for k, v := range m {
			text, _ := v.(string)
			switch strings.ToLower(k) {
			case "title":
				s.Title = text
			case "detail":
				s.Detail = text
			case "instance":
				s.Instance = text
			case "errordescription":
				s.ErrorDescription = text
			}
		}
	case bytes.HasPrefix(body, []byte("<")):
		if r, ok := errors.AsType[*refusal](readEnvelope(bytes.NewReader(body), envelope{})); ok {
			s.ErrorDescription = r.description
		}
	}
	return s
}

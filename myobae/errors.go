package myobae

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/practicekit/offboarding/internal/apierr"
	"github.com/practicekit/offboarding/internal/transport"
)

const service = "myobae"

// The kinds of failure, for errors.Is. Every *Error wraps one of them or the
// error of the caller's context.
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

// ErrOperationFailed is the kind of failure of an operation that ended without
// its write being done.
var ErrOperationFailed = errors.New("the operation failed: the write was not done")

// The names by which the contract tells refusals apart, as Error.Name has them.
// Those up to IncorrectRowVersionSupplied are MYOB's own on its other APIs; the
// rest are ours.
const (
	NameRequired                    = "Required"
	NameODataQueryError             = "OData Query Error"
	NameOAuthTokenIsInvalid         = "OAuthTokenIsInvalid"
	NameNotFound                    = "NotFound"
	NameRateLimitError              = "RateLimitError"
	NameAccessDenied                = "AccessDenied"
	NameIncorrectRowVersionSupplied = "IncorrectRowVersionSupplied"
	NameClientCannotBeClosed        = "ClientCannotBeClosed"
	NameNotAClient                  = "NotAClient"
	NameExpectedCodeMismatch        = "ExpectedCodeMismatch"
	NameFieldNotWritable            = "FieldNotWritable"
	NameFieldIsMandatory            = "FieldIsMandatory"
	NameFieldValueInvalid           = "FieldValueInvalid"
	NameOperationUnderWay           = "OperationUnderWay"
	NameGatewayReadOnly             = "GatewayReadOnly"
	NameCapabilityUnavailable       = "CapabilityUnavailable"
	NameRequestTooLarge             = "RequestTooLarge"
)

// sentinel maps a refusal's name to its kind, whatever its HTTP status.
func sentinel(name string) error {
	switch name {
	case NameNotFound:
		return ErrNotFound
	case NameRateLimitError:
		return ErrRateLimited
	case NameAccessDenied, NameFieldNotWritable:
		return ErrForbidden
	case NameIncorrectRowVersionSupplied, NameClientCannotBeClosed, NameNotAClient, NameExpectedCodeMismatch, NameOperationUnderWay:
		return ErrConflict
	case NameFieldIsMandatory, NameFieldValueInvalid:
		return ErrInvalid
	case NameGatewayReadOnly:
		return ErrReadOnly
	case NameCapabilityUnavailable:
		return ErrCapabilityUnavailable
	default:
		return nil
	}
}

// Error is every error that a call of this package returns. Its text holds no
// URL, header or body beyond the gateway's own message.
type Error struct {
	Op          string // "Clients.Close"
	StatusCode  int    // 0 when there was no answer
	Name        string // the gateway's name for it, one of the Name constants or another
	Code        string // the gateway's ErrorCode, as text
	Description string // the gateway's message, shortened
	RequestID   string
	Limit       string // which limit was met, where that is known
	RetryAfter  time.Duration
	Attempts    int
	Err         error // wraps a sentinel
}

func (e *Error) Error() string {
	description := e.Description
	if e.Name != "" {
		description = strings.TrimSuffix(e.Name+": "+description, ": ")
	}
	return apierr.Text(service, e.Op, e.StatusCode, description, e.RequestID, e.Limit, e.RetryAfter, e.Attempts, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// fromFailure turns what the transport says into an Error. The name of a
// refusal is more exact than its status, but only a refusal (4xx) has one that
// counts: a server error under a write stays an unknown outcome.
func fromFailure(op string, err error) error {
	var f *transport.Failure
	if !errors.As(err, &f) {
		return &Error{Op: op, Err: err}
	}
	e := &Error{
		Op: op, StatusCode: f.StatusCode, RequestID: f.RequestID, Limit: f.Limit,
		RetryAfter: f.RetryAfter, Attempts: f.Attempts, Err: f.Err,
	}
	if f.StatusCode < 400 {
		return e
	}
	d := decodeRefusal(f.Body)
	e.Name, e.Code, e.Description = apierr.Clean(d.Name), apierr.Clean(string(d.ErrorCode)), apierr.Clean(d.Message)
	kind := sentinel(d.Name)
	if kind != nil && f.StatusCode < 500 && !errors.Is(f.Err, ErrOutcomeUnknown) && !errors.Is(f.Err, kind) {
		e.Err = kind
	}
	return e
}

// invalid refuses a call before anything is sent.
func invalid(op, description string) error {
	return &Error{Op: op, Description: description, Err: ErrInvalid}
}

// senseless is the error of a 2xx answer that is not what the contract says.
// What exactly is wrong is told in our words, never with a piece of the body.
func senseless(r Request, a Response, what string) error {
	kind := ErrInvalid
	if r.Effect == EffectOnce {
		kind = ErrOutcomeUnknown
	}
	return &Error{Op: r.Op, StatusCode: a.StatusCode, RequestID: a.RequestID, Attempts: a.Attempts, Description: what, Err: kind}
}

// refusal is one error of the gateway. ErrorCode may be null, a number or text.
type refusal struct {
	Name      string
	Message   string
	ErrorCode looseText
	Severity  looseText
}

// decodeRefusal reads the Errors envelope or a bare object, and takes the first
// entry that is not a warning. Anything else (a proxy's HTML page) is empty.
func decodeRefusal(body []byte) refusal {
	var envelope struct {
		Errors []refusal
		refusal
	}
	if json.Unmarshal(body, &envelope) != nil {
		return refusal{}
	}
	first := envelope.refusal
	for i, r := range envelope.Errors {
		if i == 0 || first.Severity == "Warning" {
			first = r
		}
	}
	if first.Name == "" && sentinel(string(first.ErrorCode)) != nil {
		first.Name = string(first.ErrorCode)
	}
	return first
}

// looseText takes null, a number, a boolean or text.
type looseText string

func (t *looseText) UnmarshalJSON(b []byte) error {
	var s string
	switch {
	case string(b) == "null":
	case json.Unmarshal(b, &s) == nil:
		*t = looseText(s)
	default:
		*t = looseText(b)
	}
	return nil
}

// throttled recognises the 403 with which MYOB's platform throttles.
func throttled(status int, _ http.Header, body []byte) bool {
	return status == http.StatusForbidden && decodeRefusal(body).Name == NameRateLimitError
}

// Package clienttest is what every vendor client owes its users, as one suite:
// credentials on each attempt and for one host only, no redirects, nothing
// written in read-only mode, caps, closed bodies, bounded waits, no write sent
// twice, no secrets in logs and errors. Only tests import it.
//
// Each check runs in a synctest bubble against an in-memory server, so the
// waits of hours that it is about take no time.
package clienttest

import (
	"context"
	"log/slog"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// Token is the credential that the suite looks for: Config.Token. A Subject
// whose client logs in answers the login with it.
const Token = "token-5e1f0a7c9b"

// Config is what Subject.New makes a client of. The fields mean what they mean
// in a vendor's own Config.
type Config struct {
	BaseURL          string
	HTTPClient       *http.Client
	Logger           *slog.Logger
	MaxRetries       int
	MaxRetryWait     time.Duration
	MaxResponseBytes int64
	ReadOnly         bool
	Token            string
}

// Answer is an answer of the server.
type Answer struct {
	Status int
	Header http.Header
	Body   string
}

// Calls are one operation of each kind, nil where a vendor has none. Each sends
// one request if that succeeds.
type Calls struct {
	Read, Once, Repeatable func(ctx context.Context) error
}

// Subject is a client under test.
type Subject struct {
	Base string // path prefix of all operations: "/practicemanager/3.1/"
	New  func(Config) (Calls, error)

	// The answers with which the calls succeed.
	ReadOK, OnceOK, RepeatableOK Answer

	// Aux answers requests that are not the operation under test, such as a
	// login, and returns nil for all others. It may be nil.
	Aux func(r *http.Request) *http.Response

	// Throttle are the answers that mean throttled, beside an empty 429.
	Throttle []Answer
}

// Run runs the suite.
func Run(t *testing.T, s Subject) {
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if err := c.run(s); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// A check is a function and not a test, so that the suite's own test can assert
// that it fails for a client that is not careful.
type check struct {
	name string
	run  func(Subject) error
}

var checks = []check{
	{"credentials go with every attempt, to one host", checkCredentials},
	{"redirects are not followed", checkRedirects},
	{"read-only mode sends no write", checkReadOnly},
	{"the caller's http.Client is left as it is", checkCallersClient},
	{"an answer beyond the cap is ErrTooLarge", checkOversized},
	{"a gzip bomb is ErrTooLarge", checkGzipBomb},
	{"gzip that was asked for is read", checkGzip},
	{"bodies are closed", checkBodiesClosed},
	{"Retry-After is honoured", checkRetryAfter},
	{"a wait beyond the cap is returned", checkRetryAfterBeyondCap},
	{"every form of throttling is retried", checkThrottling},
	{"throttling without end is ErrRateLimited", checkThrottledForever},
	{"a failing server is retried, and no write sent twice", checkServerErrors},
	{"a lost connection is retried, and no write sent twice", checkConnectionLost},
	{"a connection that was never made is retried", checkNoConnection},
	{"negative MaxRetries means one attempt", checkNoRetries},
	{"refusals have their sentinels and are final", checkRefusals},
	{"401 renews once at most", checkUnauthorized},
	{"an HTML page is not an answer", checkHTML},
	{"an answer that was cut off is an error", checkTruncated},
	{"an empty answer is an error", checkEmpty},
	{"a null answer is an error", checkNull},
	{"cancelling ends a wait at once", checkCancelWait},
	{"cancelling ends a call in flight", checkCancelInFlight},
	{"a server that never answers is given up", checkSilentServer},
	{"a server that falls silent in mid-answer is given up", checkSilentBody},
	{"logs and errors hold no secret", checkSecrets},
	{"concurrent use", checkConcurrent},
}

package nimbus

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"
)

// Session is what a login yields. Make it with NewSession. It formats and logs
// without its token.
type Session struct {
	token string
	until time.Time // the end of its use; zero: the server will tell
}

// NewSession returns the session of a token. A zero expiresAt means that only
// the server knows when it ends.
//
// A session is no longer used 30 seconds before its end, or half of its life if
// that is shorter. One that has ended when it begins shows that the clocks
// disagree: then the server tells, so that not every call logs in.
func NewSession(token string, expiresAt time.Time) Session {
	life := time.Until(expiresAt)
	if expiresAt.IsZero() || life <= 0 {
		return Session{token: token}
	}
	return Session{token: token, until: expiresAt.Add(-min(expiryMargin, life/2))}
}

const expiryMargin = 30 * time.Second

// Format writes the type's name whatever the verb.
func (s Session) Format(f fmt.State, _ rune) { io.WriteString(f, "nimbus.Session([redacted])") }

// LogValue is what log/slog writes.
func (s Session) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(s)) }

// usable reports whether the session has a token that may be used now.
func (s Session) usable() bool {
	return s.token != "" && (s.until.IsZero() || time.Now().Before(s.until))
}

// LoginServer is the server that an Authenticator logs in to.
type LoginServer struct {
	BaseURL string
	// Send sends a request without a session, once at most whatever its Effect:
	// a lost answer causes no second login. It works in read-only mode too.
	Send func(ctx context.Context, r Request) (*Response, error)
}

// Authenticator obtains a session. Password is the ready-made one. An
// implementation sends at most one login per call, never repeats one that was
// refused (P8), and is safe for concurrent use.
type Authenticator interface {
	Login(ctx context.Context, server LoginServer) (Session, error)
}

const loginTimeout = time.Minute

// sessions holds the session of a client and starts a new one when there is
// none. A channel of one slot lets one caller at a time do so, while the others
// wait for it or for their context.
type sessions struct {
	login  Authenticator
	server LoginServer
	slot   chan Session // holds the session, which may be empty, while nobody works on it
}

func newSessions(login Authenticator, server LoginServer) *sessions {
	s := &sessions{login: login, server: server, slot: make(chan Session, 1)}
	s.slot <- Session{}
	return s
}

// Authorize puts the session's token on one attempt.
func (s *sessions) Authorize(ctx context.Context, r *http.Request) error {
	token, err := s.token(ctx, "")
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	return nil
}

// Renew is told that the token on r was refused, and reports whether there is
// another one now.
func (s *sessions) Renew(ctx context.Context, r *http.Request) (bool, error) {
	const prefix = "Bearer "
	header := r.Header.Get("Authorization")
	if len(header) <= len(prefix) {
		return false, nil
	}
	refused := header[len(prefix):]
	token, err := s.token(ctx, refused)
	return err == nil && token != refused, err
}

// token returns the token of the session, after a login if there is no session
// or its token is the refused one.
func (s *sessions) token(ctx context.Context, refused string) (string, error) {
	select {
	case current := <-s.slot:
		if current.usable() && current.token != refused {
			s.slot <- current
			return current.token, nil
		}
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
	// The login does not end with the caller: an answer that nobody waits for
	// might be a refusal, and would then be asked for again (P8).
	type result struct {
		session Session
		err     error
	}
	done := make(chan result, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), loginTimeout)
		defer cancel()
		session, err := s.login.Login(ctx, s.server)
		if err == nil && session.token == "" {
			err = errContract("the login gave no token")
		}
		if err != nil {
			session = Session{}
		}
		s.slot <- session
		done <- result{session, err}
	}()
	select {
	case r := <-done:
		return r.session.token, r.err
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

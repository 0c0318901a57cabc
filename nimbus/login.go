package nimbus

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/practicekit/offboarding/internal/redact"
)

// LoginReason says why a login was refused. The set is open.
type LoginReason string

// The reasons of the contract.
const (
	LoginRefused      LoginReason = "login-refused"
	LoginLocked       LoginReason = "login-locked"
	LoginSecondFactor LoginReason = "second-factor-required"
	LoginSSO          LoginReason = "sso-required"
)

// LoginError is a refused login. It wraps ErrUnauthorized. A login that was
// refused is not repeated with the same credentials (P8), so every later call
// returns the error again, with Remembered set.
type LoginError struct {
	Reason     LoginReason
	RefusedAt  time.Time
	Remembered bool  // nothing was sent: these credentials were refused before
	LatchErr   error // the latch could not keep the refusal for the next process
}

// Error says what happened and what a person can do.
func (e *LoginError) Error() string {
	text := "login refused (" + string(e.Reason) + "): "
	switch e.Reason {
	case LoginLocked:
		text += "an administrator of the practice must unlock the login in Nimbus; then clear the latch"
	case LoginSecondFactor:
		text += "use an API user without a second factor, then clear the latch"
	case LoginSSO:
		text += "use an API user that logs in with a password and not by single sign-on, then clear the latch"
	default:
		text += "correct the login code or the password"
	}
	text += "; the same credentials are not sent again, because repeated failures lock the login (P8)"
	if e.Remembered {
		text += fmt.Sprintf("; they were refused at %s, and nothing was sent now", e.RefusedAt.UTC().Format(time.RFC3339))
	}
	if e.LatchErr != nil {
		text += "; the latch could not keep this for the next process"
	}
	return text
}

// Unwrap returns ErrUnauthorized, and the latch's error if there was one.
func (e *LoginError) Unwrap() []error {
	if e.LatchErr != nil {
		return []error{ErrUnauthorized, e.LatchErr}
	}
	return []error{ErrUnauthorized}
}

// Password logs in with a login code and a password. The latch remembers, over
// processes if it is a FileLatch, that these credentials were refused; with nil
// they are remembered as long as the Authenticator lives. An Authenticator may
// be shared between clients of the same server.
func Password(loginCode, password string, latch Latch) Authenticator {
	p := &passwordLogin{loginCode: loginCode, password: redact.Secret(password), latch: latch, slot: make(chan *LoginError, 1)}
	p.slot <- nil
	return p
}

type passwordLogin struct {
	loginCode string
	password  redact.Secret
	latch     Latch
	slot      chan *LoginError // holds the refusal, or nil, while nobody logs in
}

// Format writes the type's name whatever the verb, so that credentials do not
// reach a log.
func (p *passwordLogin) Format(f fmt.State, _ rune) { io.WriteString(f, "nimbus.Password([redacted])") }

// Login sends one login, unless these credentials are known to be refused.
func (p *passwordLogin) Login(ctx context.Context, server LoginServer) (session Session, err error) {
	var refused *LoginError
	select {
	case refused = <-p.slot:
		defer func() { p.slot <- refused }()
	case <-ctx.Done():
		return Session{}, context.Cause(ctx)
	}
	if refused == nil {
		if refused, err = p.remembered(ctx, server); err != nil {
			return Session{}, err
		}
	}
	if refused != nil {
		again := *refused
		again.Remembered = true
		return Session{}, &again
	}
	session, err = p.post(ctx, server)
	answer, ok := errors.AsType[*Error](err)
	if !ok || answer.StatusCode != http.StatusUnauthorized && answer.StatusCode != http.StatusForbidden {
		return session, err
	}
	refused = &LoginError{Reason: LoginReason(answer.Code), RefusedAt: time.Now()}
	if refused.Reason == "" {
		refused.Reason = LoginRefused
	}
	if p.latch != nil {
		refused.LatchErr = p.latch.Remember(ctx, newRefusal(server.BaseURL, p.loginCode, p.password.Reveal(), refused.Reason, refused.RefusedAt))
	}
	return Session{}, refused
}

// remembered asks the latch. One that cannot answer lets no login through.
func (p *passwordLogin) remembered(ctx context.Context, server LoginServer) (*LoginError, error) {
	if p.latch == nil {
		return nil, nil
	}
	known, err := p.latch.Refused(ctx, accountKey(server.BaseURL, p.loginCode))
	if err != nil {
		return nil, fmt.Errorf("%w: the login latch cannot be read, so no login is sent (P8): %w", ErrUnauthorized, err)
	}
	if known == nil || !known.matches(p.password.Reveal()) {
		return nil, nil
	}
	return &LoginError{Reason: known.Reason, RefusedAt: known.RefusedAt}, nil
}

type sessionAnswer struct {
	Token     string    `json:"token"`
	ExpiresAt time.Time `json:"expiresAt"`
}

func (sessionAnswer) members() []string { return []string{"token", "expiresAt"} }
func (a sessionAnswer) check() error    { return named("token", a.Token) }

func (p *passwordLogin) post(ctx context.Context, server LoginServer) (Session, error) {
	const op = "Session.Start"
	body, err := json.Marshal(map[string]string{"loginCode": p.loginCode, "password": p.password.Reveal()})
	if err != nil {
		return Session{}, invalid(op, "the credentials cannot be written as JSON")
	}
	res, err := server.Send(ctx, Request{
		Op: op, Method: http.MethodPost, Path: []string{"v1", "session"},
		Header:        http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json, application/problem+json"}},
		Body:          func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil },
		ContentLength: int64(len(body)),
	})
	if err != nil {
		return Session{}, err
	}
	defer res.Body.Close()
	if mediaType(res.Header) != "application/json" {
		return Session{}, invalid(op, "the answer is not JSON; a page that asks for a login by hand would look so")
	}
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return Session{}, err
	}
	a, err := decode[sessionAnswer](raw)
	if err != nil {
		return Session{}, &Error{Op: op, StatusCode: res.StatusCode, RequestID: res.RequestID, Err: err}
	}
	return NewSession(a.Token, a.ExpiresAt), nil
}

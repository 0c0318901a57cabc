package xpm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"sync"
	"time"

	"golang.org/x/oauth2"

	"github.com/practicekit/offboarding/internal/transport"
)

// How a TokenSource times its refreshes.
const (
	refreshWithin = 60 * time.Second // for one refresh, with the wait for other processes
	refreshEarly  = 3 * time.Minute  // before the end; half of a lifetime that is shorter than twice this
	refusedOften  = time.Minute      // within which a second refusal is not the token's fault
)

// TokenSource is an oauth2.TokenSource that keeps its tokens in a TokenStore,
// which it may share with any number of processes. It is safe for concurrent
// use. Make it with Identity.TokenSource, and give it to Config.TokenSource.
//
// A token is renewed 3 minutes before it ends (a shorter-lived one after half of
// its time), and after the API refused it. However many ask, one process posts
// the refresh token once; the others take what it stored. A token is stored
// durably before it is used. A renewal that fails is an error only once the
// token at hand has ended.
//
// Where the answer to a refresh was lost, the same refresh token is sent again:
// Xero takes one that it has replaced for 30 minutes more, for this very case.
// Where an answer came and could not be stored, it is kept in memory until it
// can be.
//
// A renewal has 60 seconds of its own; no caller's context ends it.
type TokenSource struct {
	identity *Identity
	store    TokenStore

	mu      sync.Mutex // of what follows; never held across a wait
	current held
	flight  *flight // the renewal under way; nil if there is none

	// Only the renewal under way reads and writes these.
	unstored Token  // what came and could not be stored
	replaced string // the refresh token that unstored is to replace
	rejected string // a refresh token that Xero took for good
	reason   error  // and with which error
}

// held is the token that callers get.
type held struct {
	token   Token
	renew   time.Time // from when on it is to be renewed
	refused bool      // by the API
	instead time.Time // when it came in the place of a refused one; zero if it did not
}

// flight is one renewal, for all who wait for it.
type flight struct {
	done chan struct{}
	err  error
}

var _ oauth2.TokenSource = (*TokenSource)(nil)

// TokenSource returns a source of the tokens in store, to be renewed as this
// app. It reads the store when the first token is asked for.
func (i *Identity) TokenSource(store TokenStore) *TokenSource {
	return &TokenSource{identity: i, store: store}
}

// Format keeps the tokens out of whatever prints the source.
func (s *TokenSource) Format(f fmt.State, _ rune) { io.WriteString(f, "xpm.TokenSource([redacted])") }

// Token returns an access token that is good for a while, without its refresh
// token. Renewing it may take up to a minute.
//
// ErrConsentNeeded means that only a person can help; it is remembered, and Xero
// is not asked again until the store holds another token. ErrUnavailable means
// that the token server or the store failed, and that the next call tries again.
func (s *TokenSource) Token() (*oauth2.Token, error) {
	s.mu.Lock()
	if s.current.fresh(time.Now()) {
		defer s.mu.Unlock()
		return s.current.forCaller(), nil
	}
	f, mine := s.flight, false
	if f == nil {
		f, mine = &flight{done: make(chan struct{}), err: errAbandoned}, true
		s.flight = f
	}
	s.mu.Unlock()
	if mine {
		s.fly(f)
	}
	<-f.done

	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case f.err == nil, s.current.usable(time.Now()):
		return s.current.forCaller(), nil
	default:
		return nil, f.err
	}
}

var errAbandoned = fmt.Errorf("%w: the token store panicked", ErrUnavailable)

// Invalidate notes that the API refused the access token, so that the next Token
// gives another one. It does nothing for a token that has been replaced
// already, and nothing where a refused token's replacement is refused within a
// minute too: then it is not the token that is wrong, and renewing it at each
// call would only burn refresh tokens.
func (s *TokenSource) Invalidate(accessToken string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &s.current
	if c.token.AccessToken == accessToken && time.Since(c.instead) >= refusedOften {
		c.refused = true
	}
}

// fly renews the token for all who wait, whatever becomes of the store.
func (s *TokenSource) fly(f *flight) {
	defer func() {
		s.mu.Lock()
		s.flight = nil
		s.mu.Unlock()
		close(f.done)
	}()
	s.mu.Lock()
	old := s.current
	s.mu.Unlock()
	token, err := s.renew(old)

	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	f.err = err
	switch {
	case err == nil:
		s.current = held{token: token, renew: renewAt(token)}
		if old.refused {
			s.current.instead = now.Round(0)
		}
	case s.current.usable(now):
		// Not at each call: half of what is left later.
		s.current.renew = now.Add(s.current.token.Expiry.Sub(now) / 2)
	}
}

// renew returns the token in the store if that is a fresh one, and otherwise one
// that it gets for the store's refresh token and stores.
func (s *TokenSource) renew(old held) (Token, error) {
	const op = "TokenSource.Token"
	ctx, cancel := context.WithTimeout(context.Background(), refreshWithin)
	defer cancel()
	var got Token
	err := s.store.Update(ctx, func(current Token) (Token, error) {
		if s.unstored != (Token{}) && s.replaced == current.RefreshToken {
			current = s.unstored
		}
		h := held{token: current, renew: renewAt(current)}
		h.refused = old.refused && current.AccessToken == old.token.AccessToken
		if h.fresh(time.Now()) {
			got = current
			return current, nil
		}
		var err error
		got, err = s.refresh(ctx, current)
		return got, err
	})
	if err == nil {
		s.unstored, s.replaced = Token{}, ""
		return got, nil
	}
	switch e, known := errors.AsType[*Error](err); {
	case ctx.Err() != nil:
		return Token{}, &Error{Op: op, Err: fmt.Errorf("%w: no token within %s", ErrUnavailable, refreshWithin)}
	case known:
		return Token{}, e
	default:
		return Token{}, &Error{Op: op, Err: fmt.Errorf("%w: %w", ErrUnavailable, err)}
	}
}

// refresh posts the refresh token of current.
func (s *TokenSource) refresh(ctx context.Context, current Token) (Token, error) {
	const op = "TokenSource.Token"
	switch current.RefreshToken {
	case "":
		return Token{}, &Error{Op: op, Err: fmt.Errorf("%w: there is no refresh token, which the scope offline_access gives", ErrConsentNeeded)}
	case s.rejected:
		return Token{}, s.reason
	}
	// Repeatable by Xero's grace period for a refresh token that was replaced.
	token, err := s.identity.post(ctx, op, transport.Repeatable, url.Values{
		"grant_type": {"refresh_token"}, "refresh_token": {current.RefreshToken},
	})
	if err != nil {
		if errors.Is(err, ErrConsentNeeded) {
			s.rejected, s.reason = current.RefreshToken, err
		}
		return Token{}, err
	}
	if token.RefreshToken == "" {
		token.RefreshToken = current.RefreshToken
	}
	if token.Scope == "" {
		token.Scope = current.Scope
	}
	s.unstored, s.replaced = token, current.RefreshToken
	return token, nil
}

// renewAt is when a token is to be renewed.
func renewAt(t Token) time.Time {
	early := refreshEarly
	if !t.Obtained.IsZero() {
		early = min(early, t.Expiry.Sub(t.Obtained)/2)
	}
	return t.Expiry.Add(-early)
}

func (h held) fresh(now time.Time) bool { return h.usable(now) && now.Before(h.renew) }

func (h held) usable(now time.Time) bool {
	return h.token.AccessToken != "" && !h.refused && now.Before(h.token.Expiry)
}

// forCaller is the token as others get it.
func (h held) forCaller() *oauth2.Token {
	return &oauth2.Token{AccessToken: h.token.AccessToken, TokenType: "Bearer", Expiry: h.token.Expiry}
}

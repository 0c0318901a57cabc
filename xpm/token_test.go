package xpm_test

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/practicekit/offboarding/xpm"
	"github.com/practicekit/offboarding/xpm/xpmtest"
)

// tokens is a source over a fake identity server, to which a person has
// consented just now.
type tokens struct {
	*xpm.TokenSource
	fake  *xpmtest.Identity
	store *memory
	app   *xpm.Identity
}

func newTokens(t *testing.T, config xpmtest.IdentityConfig, wrap ...func(http.RoundTripper) http.RoundTripper) *tokens {
	t.Helper()
	config.ClientID, config.ClientSecret = "app", "planted secret&"
	fake := xpmtest.NewIdentity(config)
	rt := fake.HTTPClient().Transport
	for _, w := range wrap {
		rt = w(rt)
	}
	app := newIdentity(t, rt, secret)
	access, refresh := fake.Grant()
	life := config.Lifetime
	if life == 0 {
		life = 30 * time.Minute
	}
	now := time.Now().UTC().Round(0)
	store := newMemory(xpm.Token{AccessToken: access, RefreshToken: refresh, Obtained: now, Expiry: now.Add(life)})
	return &tokens{app.TokenSource(store), fake, store, app}
}

// want asks for a token, which must be the newest that was given out and stored.
func (s *tokens) want(t *testing.T) *oauth2.Token {
	t.Helper()
	token, err := s.Token()
	if err != nil {
		t.Fatal(err)
	}
	access, refresh := s.fake.Newest()
	if token.AccessToken != access || s.store.token.AccessToken != access || s.store.token.RefreshToken != refresh {
		t.Errorf("given %s, stored %s, newest %s", token.AccessToken, s.store.token.AccessToken, access)
	}
	if token.RefreshToken != "" {
		t.Error("the refresh token left the source")
	}
	if !time.Now().Before(token.Expiry) {
		t.Error("it has ended")
	}
	return token
}

func (s *tokens) wantPosts(t *testing.T, posts, again int) {
	t.Helper()
	if p, a := s.fake.Refreshes(); p != posts || a != again {
		t.Errorf("%d refreshes, %d of them again; want %d and %d", p, a, posts, again)
	}
}

func TestTokenSource_Early(t *testing.T) {
	for life, fresh := range map[time.Duration]time.Duration{30 * time.Minute: 27 * time.Minute, 4 * time.Minute: 2 * time.Minute, time.Second: time.Second / 2} {
		synctest.Test(t, func(t *testing.T) {
			s := newTokens(t, xpmtest.IdentityConfig{Lifetime: life})
			for n := range 5 {
				s.want(t)
				time.Sleep(fresh - time.Millisecond)
				s.want(t)
				s.wantPosts(t, n, 0)
				time.Sleep(time.Millisecond)
			}
			if s.store.Updates != 5 {
				t.Errorf("%s: the store was asked %d times, want once a renewal", life, s.store.Updates)
			}
		})
	}
}

// One refresh serves all who wait for it.
func TestTokenSource_SingleFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTokens(t, xpmtest.IdentityConfig{}, slow)
		time.Sleep(time.Hour)
		var wait sync.WaitGroup
		for range 50 {
			wait.Go(func() { s.want(t) })
		}
		wait.Wait()
		s.wantPosts(t, 1, 0)
	})
}

// slow answers after a second.
func slow(rt http.RoundTripper) http.RoundTripper {
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		time.Sleep(time.Second)
		return rt.RoundTrip(r)
	})
}

// Sources that share a store, as processes do, post each refresh token once.
func TestTokenSource_SharedStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newTokens(t, xpmtest.IdentityConfig{}, slow)
		b := &tokens{a.app.TokenSource(a.store), a.fake, a.store, a.app}
		for n := range 3 {
			var wait sync.WaitGroup
			wait.Go(func() { a.want(t) })
			wait.Go(func() { b.want(t) })
			wait.Wait()
			a.wantPosts(t, n, 0)
			time.Sleep(28 * time.Minute)
		}
		a.want(t)
		b.Invalidate(a.store.token.AccessToken) // of which b does not know
		b.want(t)
		a.wantPosts(t, 3, 0)
	})
}

func TestTokenSource_Invalidate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTokens(t, xpmtest.IdentityConfig{})
		first := s.want(t)
		s.Invalidate("another")
		s.want(t)
		s.wantPosts(t, 0, 0)
		s.Invalidate(first.AccessToken)
		second := s.want(t)
		s.wantPosts(t, 1, 0)
		s.Invalidate(first.AccessToken)
		s.Invalidate(second.AccessToken) // refused at once again: it is not the token
		if s.want(t).AccessToken != second.AccessToken {
			t.Error("renewed at each refusal")
		}
		time.Sleep(time.Minute)
		s.Invalidate(second.AccessToken)
		s.want(t)
		s.wantPosts(t, 2, 0)
	})
}

// The transport renews a token that the API refuses, and repeats the call.
func TestTokenSource_Refused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTokens(t, xpmtest.IdentityConfig{})
		s.want(t)
		srv := xpmtest.New(xpmtest.Config{Identity: s.fake})
		srv.AddClient(xpmtest.Client{UUID: string(acme), Name: "Acme"})
		c, err := xpm.NewClient(xpm.Config{TenantID: xpmtest.Tenant, TokenSource: s, HTTPClient: srv.HTTPClient()})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Clients.Get(t.Context(), acme); err != nil {
			t.Error(err)
		}
		s.store.token.Expiry = s.store.token.Expiry.Add(time.Hour) // a clock that is wrong
		other := s.app.TokenSource(s.store)
		if c, err = xpm.NewClient(xpm.Config{TenantID: xpmtest.Tenant, TokenSource: other, HTTPClient: srv.HTTPClient()}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(40 * time.Minute)
		if _, err := c.Clients.Get(t.Context(), acme); err != nil {
			t.Error(err)
		}
		s.wantPosts(t, 1, 0)
		time.Sleep(time.Minute)
		s.fake.Revoke()
		_, err = c.Clients.Get(t.Context(), acme)
		if !errors.Is(err, xpm.ErrConsentNeeded) || !errors.Is(err, xpm.ErrUnauthorized) || !strings.Contains(err.Error(), "consent again") {
			t.Errorf("%v, want that consent is needed", err)
		}
	})
}

// invalid_grant is for good: Xero is not asked again, until the store holds
// another token.
func TestTokenSource_ConsentNeeded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		posts := 0
		s := newTokens(t, xpmtest.IdentityConfig{}, func(rt http.RoundTripper) http.RoundTripper {
			return roundTrip(func(r *http.Request) (*http.Response, error) { posts++; return rt.RoundTrip(r) })
		})
		s.want(t)
		s.fake.Revoke()
		time.Sleep(time.Hour)
		for range 10 {
			_, err := s.Token()
			checkError(t, err, xpm.ErrConsentNeeded, "invalid_grant")
		}
		if posts != 1 {
			t.Errorf("%d posts, want 1", posts)
		}
		access, refresh := s.fake.Grant()
		now := time.Now().UTC().Round(0)
		if err := xpm.SaveToken(t.Context(), s.store, xpm.Token{AccessToken: access, RefreshToken: refresh, Obtained: now, Expiry: now.Add(time.Hour)}); err != nil {
			t.Fatal(err)
		}
		s.want(t)
	})
}

func TestTokenSource_NoToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTokens(t, xpmtest.IdentityConfig{})
		s.store.token = xpm.Token{}
		_, err := s.Token()
		checkError(t, err, xpm.ErrConsentNeeded, "")
		s.wantPosts(t, 0, 0)
	})
}

func TestTokenSource_Recorded(t *testing.T) {
	old := xpm.Token{AccessToken: "access-1", RefreshToken: "refresh-1", Scope: "practicemanager"}
	_, err := recordedIdentity(t, "identity_refresh_refused").TokenSource(newMemory(old)).Token()
	checkError(t, err, xpm.ErrConsentNeeded, "invalid_grant")

	store := newMemory(old)
	token, err := recordedIdentity(t, "identity_refresh").TokenSource(store).Token()
	if err != nil || token.AccessToken != "access-2" || store.token.RefreshToken != "refresh-2" {
		t.Errorf("%v, stored %s", err, store.token.RefreshToken)
	}
}

// An answer that says less than Xero's still does not lose the consent.
func TestTokenSource_ShortAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newMemory(xpm.Token{AccessToken: "a", RefreshToken: "r", Scope: "s"})
		if _, err := newIdentity(t, answer(http.StatusOK, "", `{"access_token":"b"}`)).TokenSource(store).Token(); err != nil {
			t.Fatal(err)
		}
		got := store.token
		if got.RefreshToken != "r" || got.Scope != "s" || got.AccessToken != "b" || got.Expiry.Sub(got.Obtained) != 12*time.Minute {
			t.Error("refresh token, scope or lifetime is lost")
		}
	})
}

// The answer to a refresh is lost after it took effect: the same refresh token
// is sent again, as Xero's grace period allows.
func TestTokenSource_AnswerLost(t *testing.T) {
	for _, lost := range []int{1, 2} {
		synctest.Test(t, func(t *testing.T) {
			s := newTokens(t, xpmtest.IdentityConfig{}, losing(lost))
			time.Sleep(time.Hour)
			s.want(t)
			s.wantPosts(t, lost+1, lost)
		})
	}
	// A process that dies for want of an answer: the next one sends it again.
	synctest.Test(t, func(t *testing.T) {
		s := newTokens(t, xpmtest.IdentityConfig{}, losing(3))
		time.Sleep(time.Hour)
		_, err := s.Token()
		checkError(t, err, xpm.ErrUnavailable, "")
		s.TokenSource = s.app.TokenSource(s.store)
		s.want(t)
		s.wantPosts(t, 4, 3)
	})
	// Later than that only a person can help.
	synctest.Test(t, func(t *testing.T) {
		s := newTokens(t, xpmtest.IdentityConfig{}, losing(3))
		time.Sleep(time.Hour)
		_, err := s.Token()
		checkError(t, err, xpm.ErrUnavailable, "")
		time.Sleep(31 * time.Minute)
		_, err = s.Token()
		checkError(t, err, xpm.ErrConsentNeeded, "invalid_grant")
	})
}

// losing loses the first n answers.
func losing(n int) func(http.RoundTripper) http.RoundTripper {
	return func(rt http.RoundTripper) http.RoundTripper {
		return roundTrip(func(r *http.Request) (*http.Response, error) {
			resp, err := rt.RoundTrip(r)
			if n--; n >= 0 {
				return nil, errors.New("connection reset")
			}
			return resp, err
		})
	}
}

// A token server that is down does not matter while the token at hand is good.
func TestTokenSource_Down(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		posts, down := 0, true
		s := newTokens(t, xpmtest.IdentityConfig{Fail: func(*http.Request) http.HandlerFunc {
			if posts++; !down {
				return nil
			}
			return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }
		}})
		first := s.want(t)
		time.Sleep(27 * time.Minute)
		for range 10 {
			if got, err := s.Token(); err != nil || got.AccessToken != first.AccessToken {
				t.Fatalf("%v, %v; want the old token", got, err)
			}
		}
		if posts > 3 {
			t.Errorf("%d posts while the token was good", posts)
		}
		time.Sleep(3 * time.Minute)
		_, err := s.Token()
		checkError(t, err, xpm.ErrUnavailable, "")
		down = false
		s.want(t)
	})
}

// A token server that never answers costs a minute, not for ever.
func TestTokenSource_Silent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTokens(t, xpmtest.IdentityConfig{}, func(http.RoundTripper) http.RoundTripper {
			return roundTrip(func(r *http.Request) (*http.Response, error) {
				<-r.Context().Done()
				return nil, r.Context().Err()
			})
		})
		time.Sleep(time.Hour)
		start := time.Now()
		_, err := s.Token()
		checkError(t, err, xpm.ErrUnavailable, "")
		if d := time.Since(start); d > time.Minute {
			t.Errorf("it took %s", d)
		}
	})
}

// A store that another process holds, too.
func TestTokenSource_Locked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTokens(t, xpmtest.IdentityConfig{})
		time.Sleep(time.Hour)
		s.store.Slot <- struct{}{}
		start := time.Now()
		_, err := s.Token()
		checkError(t, err, xpm.ErrUnavailable, "")
		if d := time.Since(start); d != time.Minute {
			t.Errorf("it took %s", d)
		}
		<-s.store.Slot
		s.want(t)
	})
}

// Disk full: a token that could not be stored is not used, and is not lost.
func TestTokenSource_NotStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTokens(t, xpmtest.IdentityConfig{})
		time.Sleep(time.Hour)
		full := errors.New("no space left on device")
		s.store.fail = full
		for range 3 {
			_, err := s.Token()
			checkError(t, err, xpm.ErrUnavailable, "")
			if !errors.Is(err, full) {
				t.Error(err)
			}
		}
		s.wantPosts(t, 1, 0)
		s.store.fail = nil
		s.want(t)
		s.wantPosts(t, 1, 0)

		// It has ended by the time that it can be stored: its own refresh token goes on.
		time.Sleep(time.Hour)
		s.store.fail = full
		if _, err := s.Token(); !errors.Is(err, full) {
			t.Error(err)
		}
		s.store.fail = nil
		time.Sleep(time.Hour)
		s.want(t)
		s.wantPosts(t, 3, 0)
	})
}

// What another process stored meanwhile is newer than what could not be stored.
func TestTokenSource_NotStoredAndOvertaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTokens(t, xpmtest.IdentityConfig{})
		time.Sleep(time.Hour)
		s.store.fail = errors.New("no space left on device")
		if _, err := s.Token(); err == nil {
			t.Fatal("stored")
		}
		s.store.fail = nil
		other := &tokens{s.app.TokenSource(s.store), s.fake, s.store, s.app}
		other.want(t)
		s.want(t)
		s.wantPosts(t, 2, 1)
	})
}

package xpmtest_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/practicekit/offboarding/xpm/xpmtest"
)

// post posts a form to the token endpoint, as an app without a secret.
func post(t *testing.T, i *xpmtest.Identity, form url.Values) (status int, body string) {
	t.Helper()
	form.Set("client_id", xpmtest.ClientID)
	resp, err := i.HTTPClient().PostForm("https://identity.xero.com/connect/token", form)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, strings.TrimSpace(string(b))
}

func refresh(t *testing.T, i *xpmtest.Identity, token string) int {
	t.Helper()
	status, body := post(t, i, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}})
	if status != http.StatusOK && body != `{"error":"invalid_grant"}` {
		t.Errorf("%d %s", status, body)
	}
	return status
}

func TestIdentity_Rotation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := xpmtest.NewIdentity(xpmtest.IdentityConfig{})
		_, first := i.Grant()
		for _, step := range []struct {
			after time.Duration
			token string
			want  int
		}{
			{0, "unknown", 400}, {59 * 24 * time.Hour, first, 200}, {29 * time.Minute, first, 200}, {time.Minute, first, 400},
		} {
			time.Sleep(step.after)
			if got := refresh(t, i, step.token); got != step.want {
				t.Errorf("after %s: %d, want %d", step.after, got, step.want)
			}
		}
		if posted, again := i.Refreshes(); posted != 2 || again != 1 {
			t.Errorf("%d refreshes, %d again", posted, again)
		}
		_, newest := i.Newest()
		time.Sleep(60 * 24 * time.Hour)
		if refresh(t, i, newest) != 400 {
			t.Error("good after 60 days without use")
		}

		strict := xpmtest.NewIdentity(xpmtest.IdentityConfig{Grace: -1})
		_, first = strict.Grant()
		if refresh(t, strict, first) != 200 || refresh(t, strict, first) != 400 {
			t.Error("there is a grace")
		}
	})
}

func TestIdentity_TokenEndpoint(t *testing.T) {
	i := xpmtest.NewIdentity(xpmtest.IdentityConfig{})
	if status, body := post(t, i, url.Values{"grant_type": {"password"}}); status != 400 || body != `{"error":"unsupported_grant_type"}` {
		t.Errorf("%d %s", status, body)
	}
	secret := xpmtest.NewIdentity(xpmtest.IdentityConfig{ClientSecret: "example"})
	if status, body := post(t, secret, url.Values{"grant_type": {"refresh_token"}}); status != 400 || body != `{"error":"invalid_client"}` {
		t.Errorf("%d %s", status, body)
	}
}

func TestIdentity_Consent(t *testing.T) {
	i := xpmtest.NewIdentity(xpmtest.IdentityConfig{})
	page := url.Values{"client_id": {xpmtest.ClientID}, "response_type": {"code"}, "redirect_uri": {"https://app.example.com/back"}, "state": {"s"}}
	open := func(page url.Values) (int, url.Values) {
		t.Helper()
		req, err := http.NewRequest(http.MethodGet, "https://login.xero.com/identity/connect/authorize?"+page.Encode(), nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := i.HTTPClient().Transport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if u, err := resp.Location(); err == nil {
			return resp.StatusCode, u.Query()
		}
		return resp.StatusCode, nil
	}
	if status, answer := open(page); status != http.StatusFound || answer.Get("error") != "invalid_request" || answer.Get("state") != "s" {
		t.Errorf("without PKCE: %d %v", status, answer)
	}
	page.Set("code_challenge", "c")
	page.Set("code_challenge_method", "plain")
	if _, answer := open(page); answer.Get("error") != "invalid_request" {
		t.Errorf("PKCE that is not S256: %v", answer)
	}
	page.Set("code_challenge_method", "S256")
	if _, answer := open(page); answer.Get("code") == "" || answer.Get("error") != "" {
		t.Errorf("no code: %v", answer)
	}
	page.Set("client_id", "other")
	if status, _ := open(page); status != http.StatusBadRequest {
		t.Errorf("another app: %d", status)
	}
}

// The words and headers of an expired token are those that were recorded.
func TestServer_Identity(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := xpmtest.NewIdentity(xpmtest.IdentityConfig{})
		srv := xpmtest.New(xpmtest.Config{Identity: i})
		access, _ := i.Grant()
		list := func(token string) (int, string) {
			t.Helper()
			req, err := http.NewRequest(http.MethodGet, xpmtest.BaseURL+"client.api/list", nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer "+token)
			req.Header.Set("Xero-Tenant-Id", xpmtest.Tenant)
			resp, err := srv.HTTPClient().Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			return resp.StatusCode, string(body)
		}
		if status, body := list(access); status != http.StatusOK {
			t.Errorf("%d %s", status, body)
		}
		if status, body := list(xpmtest.Token); status != 401 || !strings.Contains(body, `"AuthenticationUnsuccessful"`) {
			t.Errorf("a token that was not given out: %d %s", status, body)
		}
		time.Sleep(30 * time.Minute)
		if status, body := list(access); status != 401 || !strings.Contains(body, `"TokenExpired: token expired at 01/01/2000 00:30:00"`) {
			t.Errorf("a token that has ended: %d %s", status, body)
		}
	})
}

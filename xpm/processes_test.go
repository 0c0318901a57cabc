package xpm_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/practicekit/offboarding/xpm"
	"github.com/practicekit/offboarding/xpm/xpmtest"
)

const (
	childURL  = "XPM_TEST_CHILD_URL"  // set in a process that the test starts: where the servers are
	childFile = "XPM_TEST_CHILD_FILE" // and the token file
	childCall = 500                   // calls of each
)

// Two processes with one token file, tokens that end every second, 1,000 calls:
// no call fails, no refresh token is posted twice, and what is used is stored.
func TestTokenSource_TwoProcesses(t *testing.T) {
	if address := os.Getenv(childURL); address != "" {
		child(t, address, os.Getenv(childFile))
		return
	}
	if testing.Short() {
		t.Skip("takes three seconds")
	}
	t.Parallel()
	fake := xpmtest.NewIdentity(xpmtest.IdentityConfig{ClientSecret: "example-secret", Lifetime: time.Second})
	api := xpmtest.New(xpmtest.Config{Identity: fake, Quota: xpmtest.Quota{Concurrent: -1, Minute: -1, Day: -1}})
	api.AddClient(xpmtest.Client{UUID: string(acme), Name: "Acme"})
	store := xpm.FileTokenStore(filepath.Join(t.TempDir(), "tokens", "token.json"))

	var calls atomic.Int64
	mux := http.NewServeMux()
	mux.Handle("/connect/token", fake)
	mux.HandleFunc("/practicemanager/", func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		token, err := store.Load(r.Context())
		if stored, used := number(token.AccessToken), number(r.Header.Get("Authorization")); err != nil || stored < used {
			t.Errorf("token %d is used, %d stored: %v", used, stored, err)
		}
		api.ServeHTTP(w, r)
	})
	server := httptest.NewServer(mux)
	defer server.Close()

	access, refresh := fake.Grant()
	if err := xpm.SaveToken(t.Context(), store, xpm.Token{AccessToken: access, RefreshToken: refresh}); err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for range 2 {
		wait.Go(func() {
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestTokenSource_TwoProcesses$", "-test.count=1")
			cmd.Env = append(os.Environ(), childURL+"="+server.URL, childFile+"="+string(store))
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
	wait.Wait()
	posted, again := fake.Refreshes()
	if calls.Load() < 2*childCall || posted < 3 || again != 0 {
		t.Errorf("%d calls, %d refreshes, %d of them again", calls.Load(), posted, again)
	}
	token, err := store.Load(t.Context())
	if access, refresh := fake.Newest(); err != nil || token.AccessToken != access || token.RefreshToken != refresh {
		t.Errorf("the file is not the newest: %v", err)
	}
}

// number is the number at the end of a token that xpmtest made.
func number(token string) int {
	n, _ := strconv.Atoi(token[strings.LastIndex(token, "-")+1:])
	return n
}

// child is one of the processes: its calls are spread over three seconds.
func child(t *testing.T, address, file string) {
	identity, err := xpm.NewIdentity(xpm.IdentityConfig{ClientID: xpmtest.ClientID, ClientSecret: "example-secret", IdentityURL: address, InsecureLoopback: true})
	if err != nil {
		t.Fatal(err)
	}
	c, err := xpm.NewClient(xpm.Config{
		TenantID: xpmtest.Tenant, TokenSource: identity.TokenSource(xpm.FileTokenStore(file)),
		BaseURL: address + "/practicemanager/3.1/", InsecureLoopback: true, MaxRetries: -1, Limiter: unpaced{},
	})
	if err != nil {
		t.Fatal(err)
	}
	tick := time.NewTicker(3 * time.Second / childCall)
	defer tick.Stop()
	turns := make(chan struct{})
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for range turns {
				if _, err := c.Clients.Get(t.Context(), acme); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range childCall {
		<-tick.C
		turns <- struct{}{}
	}
	close(turns)
	wait.Wait()
}

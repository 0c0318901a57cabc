// Command xpm-login asks for a person's consent in a browser, stores the tokens
// in a file that xpm.FileTokenStore reads, and prints the tenants that may be
// reached. README.md says how an app is registered for it.
//
//	xpm-login -client-id ID -secret-file secret.txt -token tokens/xpm.json
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/practicekit/offboarding/xpm"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	l := login{stdout: os.Stdout, stderr: os.Stderr, open: openBrowser}
	err := l.run(ctx, os.Args[1:])
	switch _, wrong := errors.AsType[*usageError](err); {
	case err == nil, errors.Is(err, flag.ErrHelp):
	case wrong:
		fmt.Fprintln(os.Stderr, "xpm-login:", err)
		os.Exit(2)
	default:
		fmt.Fprintln(os.Stderr, "xpm-login:", err)
		os.Exit(1)
	}
}

// usageError is wrong usage or input.
type usageError struct{ error }

// login is one run of the program.
type login struct {
	stdout, stderr io.Writer
	open           func(page string) error // shows a page to the person
	xero           string                  // in place of all of Xero's addresses, in tests; empty: Xero's own

	clientID, secretFile, redirect, scopes, tokenFile string
	noBrowser                                         bool
	wait                                              time.Duration
}

func (l *login) parse(args []string) error {
	f := flag.NewFlagSet("xpm-login", flag.ContinueOnError)
	f.SetOutput(l.stderr)
	f.StringVar(&l.clientID, "client-id", "", "the app's client `id`; needed")
	f.StringVar(&l.secretFile, "secret-file", "", "the `file` with the app's client secret; empty: an app without one (PKCE)")
	f.StringVar(&l.redirect, "redirect", "http://localhost:8400/callback", "the redirect `address` registered with the app, on this machine")
	f.StringVar(&l.scopes, "scopes", strings.Join(xpm.DefaultScopes(), " "), "what is asked for, as a `list` with blanks between")
	f.StringVar(&l.tokenFile, "token", "", "the `file` for the tokens; needed")
	f.BoolVar(&l.noBrowser, "no-browser", false, "only print the address to open")
	f.DurationVar(&l.wait, "wait", 5*time.Minute, "how long to wait for the consent")
	if err := f.Parse(args); errors.Is(err, flag.ErrHelp) {
		return err
	} else if err != nil {
		return &usageError{err}
	}
	if f.NArg() > 0 || l.clientID == "" || l.tokenFile == "" {
		return &usageError{errors.New("-client-id and -token are needed, and nothing else but flags is: -help lists them")}
	}
	return nil
}

// readSecret reads the client secret from a file that only its owner may read.
func readSecret(name string) (string, error) {
	if name == "" {
		return "", nil
	}
	info, err := os.Stat(name)
	if err != nil {
		return "", &usageError{err}
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return "", &usageError{fmt.Errorf("%s can be read by others: run chmod 600 %s", name, name)}
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return "", &usageError{err}
	}
	secret := strings.TrimSpace(string(data))
	if secret == "" {
		return "", &usageError{fmt.Errorf("%s is empty", name)}
	}
	return secret, nil
}

// run asks for consent, stores the tokens, and lists the tenants.
func (l *login) run(ctx context.Context, args []string) error {
	if err := l.parse(args); err != nil {
		return err
	}
	secret, err := readSecret(l.secretFile)
	if err != nil {
		return err
	}
	identity, err := xpm.NewIdentity(xpm.IdentityConfig{
		ClientID: l.clientID, ClientSecret: secret, RedirectURL: l.redirect, Scopes: strings.Fields(l.scopes),
		LoginURL: l.xero, IdentityURL: l.xero, InsecureLoopback: l.xero != "",
	})
	if err != nil {
		return &usageError{err}
	}
	token, err := l.consent(ctx, identity)
	if err != nil {
		return err
	}
	store := xpm.FileTokenStore(l.tokenFile)
	if err := xpm.SaveToken(ctx, store, token); err != nil {
		return err
	}
	fmt.Fprintf(l.stderr, "The tokens are in %s.\n", l.tokenFile)
	return l.tenants(ctx, identity.TokenSource(store))
}

// consent shows the consent page, and waits for the browser to come back.
func (l *login) consent(ctx context.Context, identity *xpm.Identity) (xpm.Token, error) {
	redirect, listener, err := listen(l.redirect)
	if err != nil {
		return xpm.Token{}, err
	}
	defer listener.Close()
	consent, err := identity.Begin()
	if err != nil {
		return xpm.Token{}, err
	}
	answers := make(chan url.Values, 1)
	server := &http.Server{Handler: callback(redirect.Path, consent.State, answers), ReadHeaderTimeout: 10 * time.Second}
	go server.Serve(listener) // ends with Shutdown
	defer func() {
		// The page that says it is done may still be on its way.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		server.Shutdown(ctx)
	}()

	fmt.Fprintf(l.stderr, "Log in at Xero, and choose the practice:\n\n%s\n\n", consent.URL)
	if !l.noBrowser {
		if err := l.open(consent.URL); err != nil {
			fmt.Fprintln(l.stderr, "No browser could be started: open the address yourself, on this machine.")
		}
	}
	timeout := time.NewTimer(l.wait)
	defer timeout.Stop()
	select {
	case answer := <-answers:
		return identity.Finish(ctx, consent, answer)
	case <-ctx.Done():
		return xpm.Token{}, ctx.Err()
	case <-timeout.C:
		return xpm.Token{}, fmt.Errorf("no consent within %s", l.wait)
	}
}

// listen listens where the browser will come back to, which has to be this
// machine: nobody else may see the code.
func listen(redirect string) (*url.URL, net.Listener, error) {
	u, err := url.Parse(redirect)
	if err != nil || u.Scheme != "http" || u.Port() == "" || u.RawQuery != "" {
		return nil, nil, &usageError{fmt.Errorf("-redirect is %q: want an address like http://localhost:8400/callback", redirect)}
	}
	if ip := net.ParseIP(u.Hostname()); u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, nil, &usageError{fmt.Errorf("-redirect is %q: it has to be localhost, or another loopback address", redirect)}
	}
	l, err := net.Listen("tcp", u.Host)
	if err != nil {
		return nil, nil, fmt.Errorf("the address of -redirect is not free: %w", err)
	}
	return u, l, nil
}

// callback hands on the first answer that has the state of our consent. Any page
// in the browser can send requests here; those have not.
func callback(path, state string, answers chan<- url.Values) http.Handler {
	if path == "" {
		path = "/"
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		if r.Method != http.MethodGet || r.URL.Path != path || q.Get("state") != state {
			http.Error(w, "This is not the answer that is waited for.", http.StatusBadRequest)
			return
		}
		select {
		case answers <- q:
		default: // it is here already
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		fmt.Fprintln(w, "You can close this window; the program goes on in its terminal.")
	})
}

// tenants prints what the app is connected to.
func (l *login) tenants(ctx context.Context, source *xpm.TokenSource) error {
	connections, err := xpm.NewConnections(xpm.ConnectionsConfig{TokenSource: source, BaseURL: l.xero, InsecureLoopback: l.xero != ""})
	if err != nil {
		return err
	}
	list, err := connections.List(ctx, xpm.ConnectionOptions{})
	if err != nil {
		return err
	}
	practices := 0
	out := tabwriter.NewWriter(l.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "TENANT\tTYPE\tNAME")
	for _, c := range list {
		name := c.TenantName
		if name == "" {
			name = "-"
		}
		fmt.Fprintf(out, "%s\t%s\t%s\n", c.TenantID, c.TenantType, name)
		if c.TenantType == xpm.TenantPracticeManager {
			practices++
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if practices == 0 {
		return fmt.Errorf("none of them is a Practice Manager (%s): whoever consents needs the privilege to connect third-party add-ons there", xpm.TenantPracticeManager)
	}
	return nil
}

// openBrowser shows a page in the person's browser.
func openBrowser(page string) error {
	switch runtime.GOOS {
	case "darwin":
		return exec.Command("open", page).Start()
	case "windows":
		return exec.Command("rundll32", "url.dll,FileProtocolHandler", page).Start()
	default:
		return exec.Command("xdg-open", page).Start()
	}
}

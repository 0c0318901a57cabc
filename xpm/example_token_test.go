package xpm_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/practicekit/offboarding/xpm"
	"github.com/practicekit/offboarding/xpm/xpmtest"
)

// Consent in a browser, once; after that any number of processes share the file.
func ExampleIdentity() {
	xero := xpmtest.NewIdentity(xpmtest.IdentityConfig{ClientSecret: "example"}) // in place of Xero
	dir, err := os.MkdirTemp("", "tokens")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()

	identity, err := xpm.NewIdentity(xpm.IdentityConfig{
		ClientID: xpmtest.ClientID, ClientSecret: "example", RedirectURL: "https://app.example.com/callback",
		HTTPClient: xero.HTTPClient(), // leave it out to reach Xero
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	consent, err := identity.Begin()
	if err != nil {
		fmt.Println(err)
		return
	}
	// Send the browser to consent.URL, and keep consent with the person's session.
	browser := &http.Client{Transport: xero.HTTPClient().Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := browser.Get(consent.URL)
	if err != nil {
		fmt.Println(err)
		return
	}
	resp.Body.Close()
	callback, err := resp.Location()
	if err != nil {
		fmt.Println(err)
		return
	}
	// The browser comes back to the redirect URL.
	token, err := identity.Finish(ctx, consent, callback.Query())
	if errors.Is(err, xpm.ErrForbidden) {
		fmt.Println("the person declined")
		return
	}
	store := xpm.FileTokenStore(filepath.Join(dir, "xpm.json"))
	if err := errors.Join(err, xpm.SaveToken(ctx, store, token)); err != nil {
		fmt.Println(err)
		return
	}

	source := identity.TokenSource(store) // for xpm.Config, too
	connections, err := xpm.NewConnections(xpm.ConnectionsConfig{TokenSource: source, HTTPClient: xero.HTTPClient()})
	if err != nil {
		fmt.Println(err)
		return
	}
	list, err := connections.List(ctx, xpm.ConnectionOptions{TenantType: xpm.TenantPracticeManager})
	for _, c := range list {
		fmt.Println(c.TenantID == xpmtest.Tenant, c.Created.Time.Format(time.DateOnly))
	}
	fmt.Println(token, err)
	// Output:
	// true 2026-01-30
	// xpm.Token([redacted]) <nil>
}

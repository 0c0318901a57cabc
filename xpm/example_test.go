package xpm_test

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/oauth2"

	"github.com/practicekit/offboarding/xpm"
	"github.com/practicekit/offboarding/xpm/xpmtest"
)

// Archive a client that is known by its name, against the XPM in memory.
func Example() {
	srv := xpmtest.New(xpmtest.Config{})
	srv.AddClient(xpmtest.Client{Code: "ACME01", Name: "Acme Pty Ltd"})
	srv.AddClient(xpmtest.Client{Code: "BLOG01", Name: "Example Electrical Ltd"})

	c, err := xpm.NewClient(xpm.Config{
		TenantID:    xpmtest.Tenant,
		TokenSource: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: xpmtest.Token}),
		HTTPClient:  srv.HTTPClient(), // leave it out to reach Xero
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	var leaving xpm.ClientUUID
	for client, err := range c.Clients.All(ctx, xpm.PageOptions{}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(client.Name)
		if client.Name == "Acme Pty Ltd" {
			leaving = client.UUID
		}
	}
	archived, err := c.Clients.Archive(ctx, leaving)
	if errors.Is(err, xpm.ErrOutcomeUnknown) {
		archived, err = c.Clients.Get(ctx, leaving) // read before repeating
	}
	fmt.Println(archived.ClientCode, archived.IsArchived, err)

	_, err = c.Clients.Get(ctx, "00000000-0000-4000-8000-000000000099")
	fmt.Println(errors.Is(err, xpm.ErrNotFound))
	// Output:
	// Acme Pty Ltd
	// Example Electrical Ltd
	// ACME01 true <nil>
	// true
}

// How long a run will take, before it starts.
func ExampleClient_Forecast() {
	srv := xpmtest.New(xpmtest.Config{})
	c, err := xpm.NewClient(xpm.Config{
		TenantID:    xpmtest.Tenant,
		TokenSource: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: xpmtest.Token}),
		HTTPClient:  srv.HTTPClient(),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c.Quota())
	run := c.Forecast(1000)
	fmt.Println(run.Wait, run.Days)
	run = c.Forecast(6000)
	fmt.Println(run.Wait, run.Days)
	// Output:
	// {60 5000}
	// 16m0s 0
	// 24h16m0s 1
}

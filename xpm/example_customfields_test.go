package xpm_test

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/oauth2"

	"github.com/practicekit/offboarding/xpm"
	"github.com/practicekit/offboarding/xpm/xpmtest"
)

// Find a custom field by its name, and put a date into it.
func ExampleCustomFieldService_UpdateClientValues() {
	srv := xpmtest.New(xpmtest.Config{})
	client := xpm.ClientUUID(srv.AddClient(xpmtest.Client{Code: "ACME01", Name: "Acme Pty Ltd"}))
	srv.AddCustomField(xpmtest.CustomField{Name: "Left on", Type: "Date", UseClient: true})

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
	for field, err := range c.CustomFields.List(ctx, xpm.CustomFieldOptions{}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		if field.Name == "Left on" && field.UseClient.Bool() {
			day := time.Date(2026, time.June, 30, 0, 0, 0, 0, time.UTC)
			fmt.Println(c.CustomFields.UpdateClientValues(ctx, client, xpm.DateValue(field.UUID, day)))
		}
	}
	values, err := c.CustomFields.GetClientValues(ctx, client)
	for _, v := range values {
		fmt.Println(v.Name, v.Date(), err)
	}
	// Output:
	// <nil>
	// Left on 2026-06-30T00:00:00 <nil>
}

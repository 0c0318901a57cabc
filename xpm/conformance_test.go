package xpm_test

import (
	"context"
	"net/http"
	"testing"

	"golang.org/x/oauth2"

	"github.com/practicekit/offboarding/internal/clienttest"
	"github.com/practicekit/offboarding/xpm"
)

func TestConformance(t *testing.T) {
	header := http.Header{"Content-Type": {"text/xml; charset=utf-8"}}
	clienttest.Run(t, clienttest.Subject{
		Base:         "/practicemanager/3.1/",
		ReadOK:       clienttest.Answer{Status: http.StatusOK, Header: header, Body: archived},
		OnceOK:       clienttest.Answer{Status: http.StatusOK, Header: header, Body: archived},
		RepeatableOK: clienttest.Answer{Status: http.StatusOK, Header: header, Body: archived},
		New: func(config clienttest.Config) (clienttest.Calls, error) {
			c, err := xpm.NewClient(xpm.Config{
				TenantID: tenant, TokenSource: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: config.Token}),
				BaseURL: config.BaseURL, HTTPClient: config.HTTPClient, Logger: config.Logger,
				MaxRetries: config.MaxRetries, MaxRetryWait: config.MaxRetryWait, MaxResponseBytes: config.MaxResponseBytes,
				ReadOnly: config.ReadOnly, Limiter: unpaced{},
			})
			if err != nil {
				return clienttest.Calls{}, err
			}
			return clienttest.Calls{
				Read: func(ctx context.Context) error { _, err := c.Clients.Get(ctx, acme); return err },
				Once: func(ctx context.Context) error { _, err := c.Clients.Archive(ctx, acme); return err },
				Repeatable: func(ctx context.Context) error {
					_, err := c.Clients.Update(ctx, acme, xpm.ClientParams{Name: "Acme Pty Ltd"})
					return err
				},
			}, nil
		},
	})
}

package myobae_test

import (
	"context"
	"net/http"
	"testing"

	"golang.org/x/oauth2"

	"github.com/practicekit/offboarding/internal/clienttest"
	"github.com/practicekit/offboarding/myobae"
)

// TestConformance holds the client to what all vendor clients owe. It has no
// call that may be repeated but changes something.
func TestConformance(t *testing.T) {
	clienttest.Run(t, clienttest.Subject{
		Base: "/gateway/",
		New: func(cfg clienttest.Config) (clienttest.Calls, error) {
			c, err := myobae.NewClient(myobae.Config{
				BaseURL:          cfg.BaseURL,
				TokenSource:      oauth2.StaticTokenSource(&oauth2.Token{AccessToken: cfg.Token}),
				HTTPClient:       cfg.HTTPClient,
				Logger:           cfg.Logger,
				MaxRetries:       cfg.MaxRetries,
				MaxRetryWait:     cfg.MaxRetryWait,
				MaxResponseBytes: cfg.MaxResponseBytes,
				ReadOnly:         cfg.ReadOnly,
			})
			if err != nil {
				return clienttest.Calls{}, err
			}
			return clienttest.Calls{
				Read: func(ctx context.Context) error {
					_, err := c.Clients.Get(ctx, clientUID)
					return err
				},
				Once: func(ctx context.Context) error {
					_, err := c.Clients.Close(ctx, clientUID, closing)
					return err
				},
			}, nil
		},
		ReadOK: clienttest.Answer{Status: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: bare("")},
		OnceOK: clienttest.Answer{Status: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: bare("")},
		Throttle: []clienttest.Answer{
			{Status: http.StatusForbidden, Body: `{"Errors":[{"Name":"RateLimitError","ErrorCode":null,"Severity":"Error"}]}`},
			{Status: http.StatusForbidden, Body: `{"Name":"RateLimitError","Message":"API key has exceeded the daily rate limit"}`},
		},
	})
}

package nimbus_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/practicekit/offboarding/internal/clienttest"
	"github.com/practicekit/offboarding/nimbus"
)

func conformant(config clienttest.Config) (*nimbus.Client, error) {
	return nimbus.NewClient(nimbus.Config{
		BaseURL: strings.TrimSuffix(config.BaseURL, "v1/"), HTTPClient: config.HTTPClient, Logger: config.Logger,
		MaxRetries: config.MaxRetries, MaxRetryWait: config.MaxRetryWait, MaxResponseBytes: config.MaxResponseBytes,
		ReadOnly: config.ReadOnly, Login: nimbus.Password("api-user", "secret-password", nil),
	})
}

// The suite runs twice: with operations that answer with JSON, and with those
// that answer 204.
func TestClient_conformance(t *testing.T) {
	ok := func(body string) clienttest.Answer {
		return clienttest.Answer{Status: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: body}
	}
	subject := clienttest.Subject{
		Base:         "/gateway/v1/",
		ReadOK:       ok(`{"items":[{"clientId":"c-1","code":"SMIT0001","name":"Smith Pty Ltd"}]}`),
		OnceOK:       ok(`{"archived":2}`),
		RepeatableOK: ok(`{"id":"run-2026-02","number":41,"kind":"full","state":"running","startedAt":"2026-02-03T04:05:06Z"}`),
		Aux: func(r *http.Request) *http.Response {
			if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/v1/session") {
				return nil
			}
			return answer(200, "application/json", `{"token":"`+clienttest.Token+`","expiresAt":"2099-01-01T00:00:00Z"}`)
		},
	}
	subject.New = func(config clienttest.Config) (clienttest.Calls, error) {
		c, err := conformant(config)
		return clienttest.Calls{
			Read:       func(ctx context.Context) error { _, err := c.Contacts.Relations(ctx, "ct-1"); return err },
			Once:       func(ctx context.Context) error { return c.Folders.Archive(ctx, "f-1", 2) },
			Repeatable: func(ctx context.Context) error { _, err := c.Syncs.StartFull(ctx, "run-2026-02"); return err },
		}, err
	}
	t.Run("json", func(t *testing.T) { clienttest.Run(t, subject) })

	subject.OnceOK, subject.RepeatableOK = clienttest.Answer{Status: 204}, clienttest.Answer{Status: 204}
	subject.New = func(config clienttest.Config) (clienttest.Calls, error) {
		c, err := conformant(config)
		return clienttest.Calls{
			Read:       func(ctx context.Context) error { _, err := c.Contacts.Relations(ctx, "ct-1"); return err },
			Once:       func(ctx context.Context) error { return c.Contacts.Delete(ctx, "ct-1") },
			Repeatable: func(ctx context.Context) error { return c.Contacts.RemovePortalAccess(ctx, "ct-1") },
		}, err
	}
	t.Run("no content", func(t *testing.T) { clienttest.Run(t, subject) })
}

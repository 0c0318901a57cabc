package clienttest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"golang.org/x/oauth2"

	"github.com/practicekit/offboarding/internal/apierr"
	"github.com/practicekit/offboarding/internal/transport"
)

const okBody = `{"id":"7"}`

func subject(build func(Config) (Calls, error)) Subject {
	ok := Answer{Status: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: okBody}
	return Subject{
		Base: "/v1/", New: build, ReadOK: ok, OnceOK: ok, RepeatableOK: ok,
		Throttle: []Answer{{Status: 403, Body: "RateLimitError"}},
	}
}

// careful is a client as the vendors' are, in little.
func careful(cfg Config) (Calls, error) {
	c, err := transport.New(transport.Config{
		Service: "careful", BaseURL: cfg.BaseURL, HTTPClient: cfg.HTTPClient, Logger: cfg.Logger,
		MaxRetries: cfg.MaxRetries, MaxRetryWait: cfg.MaxRetryWait, MaxResponseBytes: cfg.MaxResponseBytes,
		ReadOnly:   cfg.ReadOnly,
		Authorizer: transport.Bearer(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: cfg.Token})),
		Throttled: func(status int, _ http.Header, body []byte) bool {
			return status == 403 && strings.Contains(string(body), "RateLimitError")
		},
	})
	if err != nil {
		return Calls{}, err
	}
	call := func(effect transport.Effect, method, path string) func(context.Context) error {
		return func(ctx context.Context) error {
			r := transport.Request{Op: "Demo." + path, Effect: effect, Method: method, Path: path}
			if method != http.MethodGet {
				r.Body, r.ContentLength = transport.Bytes([]byte(`{"name":"request-body-4ac1"}`))
			}
			resp, err := c.Do(ctx, r)
			if err != nil {
				return err
			}
			defer resp.Body.Close()
			err = decode(resp.Body)
			switch {
			case err == nil || errors.Is(err, apierr.ErrTooLarge):
				return err
			case effect == transport.Once:
				return fmt.Errorf("%w: answer not understood", apierr.ErrOutcomeUnknown)
			case errors.Is(err, context.Canceled):
				return err
			}
			return fmt.Errorf("%w: answer not understood", apierr.ErrInvalid)
		}
	}
	return Calls{
		Read:       call(transport.Read, http.MethodGet, "read"),
		Once:       call(transport.Once, http.MethodPost, "once"),
		Repeatable: call(transport.Repeatable, http.MethodPut, "again"),
	}, nil
}

func decode(r io.Reader) error {
	var v struct{ ID string }
	if err := json.NewDecoder(r).Decode(&v); err != nil {
		return err
	}
	if v.ID == "" {
		return errors.New("no id")
	}
	return nil
}

func TestRun_CarefulClient(t *testing.T) { Run(t, subject(careful)) }

// naive is a client as many are: net/http, a retry for everything that fails,
// and errors that quote what they have.
func naive(cfg Config) (Calls, error) {
	client := &http.Client{Transport: cfg.HTTPClient.Transport}
	call := func(method, path string) func(context.Context) error {
		return func(ctx context.Context) error {
			var last error
			for range cfg.MaxRetries + 1 {
				req, err := http.NewRequestWithContext(ctx, method, cfg.BaseURL+path, strings.NewReader("{}"))
				if err != nil {
					return err
				}
				req.Header.Set("X-Token", cfg.Token)
				resp, err := client.Do(req)
				if err != nil {
					last = err
					continue
				}
				body, err := io.ReadAll(resp.Body)
				if err != nil || resp.StatusCode >= 500 {
					last = fmt.Errorf("%s: %s: %w", req.URL, body, errors.Join(err, apierr.ErrUnavailable))
					continue
				}
				var v struct{ ID string }
				json.Unmarshal(body, &v)
				return nil
			}
			return last
		}
	}
	return Calls{Read: call("GET", "read"), Once: call("POST", "once"), Repeatable: call("PUT", "again")}, nil
}

// What a naive client does right, or nearly.
var harmless = map[string]bool{
	"credentials go with every attempt, to one host": false, // it does not repeat a 429, so this fails too
	"the caller's http.Client is left as it is":      true,
	"gzip that was asked for is read":                true, // it does not ask
	"a connection that was never made is retried":    true,
	"concurrent use": true,
}

func TestChecks_CatchNaiveClient(t *testing.T) {
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				err := c.run(subject(naive))
				if (err == nil) != harmless[c.name] {
					t.Errorf("check says %v; want success to be %t", err, harmless[c.name])
				}
			})
		})
	}
}

package clienttest

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/practicekit/offboarding/internal/apierr"
	"github.com/practicekit/offboarding/internal/transport"
)

// wants says how err and the number of requests differ from what is owed. A nil
// sentinel means success.
func (t *trial) wants(err, sentinel error, requests int) error {
	var problems []error
	if (sentinel == nil && err != nil) || !errors.Is(err, sentinel) {
		problems = append(problems, fmt.Errorf("error is %v, want %v", err, sentinel))
	}
	if n := len(t.requests); n != requests {
		problems = append(problems, fmt.Errorf("%d requests, want %d", n, requests))
	}
	return errors.Join(problems...)
}

// oneHost says whether any request left the host, https or its credentials.
func (t *trial) oneHost() error {
	for i, r := range append(t.requests[:len(t.requests):len(t.requests)], t.others...) {
		if r.host != host || !r.secure {
			return fmt.Errorf("request %d went to another host, or in plain text", i)
		}
	}
	for i, r := range t.requests {
		if !strings.Contains(r.header, Token) {
			return fmt.Errorf("request %d has no credentials", i)
		}
	}
	return nil
}

func checkCredentials(s Subject) error {
	return s.each(func(k kind) error {
		t, err := s.try(first(status(429), status(429), k.ok))
		if err != nil {
			return err
		}
		err = k.call(t.calls)(context.Background())
		return errors.Join(t.wants(err, nil, 3), t.oneHost())
	})
}

func checkRedirects(s Subject) error {
	return s.each(func(k kind) error {
		var problems []error
		for _, code := range []int{301, 302, 303, 307, 308} {
			for _, to := range []string{"https://elsewhere.example.com/", "http://" + host + s.Base, "https://" + host + s.Base + "other", "", "://"} {
				t, err := s.try(first(status(code).with("Location", to), k.ok))
				if err != nil {
					return err
				}
				err = k.call(t.calls)(context.Background())
				if err := errors.Join(t.wants(err, apierr.ErrInvalid, 1), t.oneHost()); err != nil {
					problems = append(problems, fmt.Errorf("%d to %q: %w", code, to, err))
				}
			}
		}
		return errors.Join(problems...)
	})
}

func checkReadOnly(s Subject) error {
	return s.each(func(k kind) error {
		var problems []error
		for how, readOnly := range map[string]bool{"Config": true, "context": false} {
			t, err := s.try(always(k.ok), func(c *Config) { c.ReadOnly = readOnly })
			if err != nil {
				return err
			}
			ctx := context.Background()
			if !readOnly {
				ctx = transport.WithReadOnly(ctx)
			}
			err = k.call(t.calls)(ctx)
			if k.read {
				err = t.wants(err, nil, 1)
			} else {
				err = t.wants(err, apierr.ErrReadOnly, 0)
				if len(t.others) > 0 {
					err = errors.Join(err, errors.New("a request left before the refusal"))
				}
			}
			if err != nil {
				problems = append(problems, fmt.Errorf("by %s: %w", how, err))
			}
		}
		return errors.Join(problems...)
	})
}

func checkCallersClient(s Subject) error {
	t := &trial{server: &server{aux: s.Aux, script: always(s.ReadOK)}}
	cfg := s.config(t.server, nil)
	var err error
	if t.calls, err = s.New(cfg); err != nil {
		return err
	}
	err = t.wants(t.calls.Read(context.Background()), nil, 1)
	if c := cfg.HTTPClient; c.Transport != http.RoundTripper(t.server) || c.CheckRedirect != nil || c.Jar != nil || c.Timeout != 0 {
		err = errors.Join(err, errors.New("the caller's http.Client was changed"))
	}
	return err
}

// white is white space before an answer: harmless but for its size.
var white = strings.Repeat(" ", 1<<20)

func checkOversized(s Subject) error {
	return s.each(func(k kind) error { return s.tooLarge(k, k.ok.withBody(white+k.ok.Body)) })
}

func checkGzipBomb(s Subject) error {
	return s.each(func(k kind) error {
		return s.tooLarge(k, k.ok.with("Content-Encoding", "gzip").withBody(zip(white+white+k.ok.Body)))
	})
}

func (s Subject) tooLarge(k kind, a Answer) error {
	if k.ok.Body == "" {
		return nil // the operation reads no body
	}
	t, err := s.try(always(a))
	if err != nil {
		return err
	}
	want := apierr.ErrTooLarge
	if k.once {
		want = apierr.ErrOutcomeUnknown
	}
	return t.wants(k.call(t.calls)(context.Background()), want, 1)
}

func checkGzip(s Subject) error {
	return s.each(func(k kind) error {
		if k.ok.Body == "" {
			return nil
		}
		t, err := s.try(func(_ int, r *http.Request) (*http.Response, error) {
			if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
				return k.ok.response(), nil
			}
			return k.ok.with("Content-Encoding", "gzip").withBody(zip(k.ok.Body)).response(), nil
		})
		if err != nil {
			return err
		}
		return t.wants(k.call(t.calls)(context.Background()), nil, 1)
	})
}

func zip(s string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write([]byte(s)) // a bytes.Buffer does not fail
	w.Close()
	return b.String()
}

func checkBodiesClosed(s Subject) error {
	return s.each(func(k kind) error {
		var problems []error
		for name, sc := range map[string]script{
			"success":          always(k.ok),
			"throttled":        first(status(429).withBody("wait"), k.ok),
			"throttled always": always(status(429).withBody("wait")),
			"server error":     always(status(500).withBody("oops")),
			"refusal":          always(status(400).withBody("no")),
			"unauthorized":     always(status(401).withBody("no")),
			"redirect":         always(status(302).with("Location", "https://elsewhere.example.com/").withBody("there")),
			"page":             always(page),
			"oversized":        always(k.ok.withBody(white + k.ok.Body)),
			"unknown coding":   always(k.ok.with("Content-Encoding", "br")),
			"truncated":        truncated(k.ok),
		} {
			t, err := s.try(sc)
			if err != nil {
				return err
			}
			k.call(t.calls)(context.Background()) // its error is the other checks' subject
			if t.opened == 0 || t.opened != t.closed {
				problems = append(problems, fmt.Errorf("%s: %d bodies, %d closed", name, t.opened, t.closed))
			}
		}
		return errors.Join(problems...)
	})
}

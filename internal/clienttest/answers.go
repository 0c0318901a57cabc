package clienttest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/practicekit/offboarding/internal/apierr"
)

// useless judges a call whose 2xx answer cannot be used. What a write did is
// then unknown, and a read is an error of any kind but success.
func (s Subject) useless(k kind, sc script) error {
	t, err := s.try(sc)
	if err != nil {
		return err
	}
	err = k.call(t.calls)(context.Background())
	switch {
	case err == nil:
		return errors.New("no error")
	case k.once && !errors.Is(err, apierr.ErrOutcomeUnknown):
		return fmt.Errorf("error is %v, want %v", err, apierr.ErrOutcomeUnknown)
	case k.once && len(t.requests) != 1:
		return fmt.Errorf("%d requests, want 1", len(t.requests))
	}
	return nil
}

// page is the login page that a proxy or an ended session gives.
var page = Answer{
	Status: 200, Header: http.Header{"Content-Type": {"text/html; charset=utf-8"}},
	Body: "<!DOCTYPE html>\n<html><head><title>Log in</title></head><body><p>Please log in.</p></body></html>",
}

func checkHTML(s Subject) error {
	return s.each(func(k kind) error { return s.useless(k, always(page)) })
}

// truncated gives half of an answer and then the error of a body that ends
// before its length.
func truncated(a Answer) script {
	return func(int, *http.Request) (*http.Response, error) {
		resp := a.response()
		half := strings.NewReader(a.Body[:len(a.Body)/2])
		resp.Body = io.NopCloser(io.MultiReader(half, failing{}))
		return resp, nil
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func checkTruncated(s Subject) error {
	return s.each(func(k kind) error {
		if k.ok.Body == "" {
			return nil
		}
		var problems []error
		if err := s.useless(k, truncated(k.ok)); err != nil {
			problems = append(problems, fmt.Errorf("reset in mid-answer: %w", err))
		}
		short := func(int, *http.Request) (*http.Response, error) {
			resp := k.ok.response()
			resp.Body = io.NopCloser(strings.NewReader(k.ok.Body[:len(k.ok.Body)/2]))
			return resp, nil
		}
		if err := s.useless(k, short); err != nil {
			problems = append(problems, fmt.Errorf("shorter than its length: %w", err))
		}
		return errors.Join(problems...)
	})
}

func checkEmpty(s Subject) error {
	return s.each(func(k kind) error {
		if k.ok.Body == "" {
			return nil
		}
		return s.useless(k, always(k.ok.withBody("")))
	})
}

func checkNull(s Subject) error {
	return s.each(func(k kind) error {
		if !strings.HasPrefix(strings.TrimSpace(k.ok.Body), "{") {
			return nil // not a JSON object
		}
		return s.useless(k, always(k.ok.withBody("null")))
	})
}

package clienttest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"
)

const host = "server.example.com"

// script answers the n-th request, counted from 0. Its error is that of the
// connection.
type script func(n int, r *http.Request) (*http.Response, error)

// server is the far end: it remembers what it was sent, and counts the bodies
// that it gave out and those that came back closed.
type server struct {
	aux    func(*http.Request) *http.Response
	script script

	mu             sync.Mutex
	requests       []sent // of the operation
	others         []sent // Aux's
	opened, closed int
}

// sent is one request as the server saw it.
type sent struct {
	at     time.Time
	url    string
	host   string
	secure bool
	header string
	body   string
}

func (s *server) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	seen := sent{at: time.Now(), url: r.URL.String(), host: r.URL.Host, secure: r.URL.Scheme == "https"}
	var header strings.Builder
	r.Header.Write(&header)
	seen.header = header.String()
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err := errors.Join(err, r.Body.Close()); err != nil {
			return nil, err
		}
		seen.body = string(body)
		r.Body = io.NopCloser(bytes.NewReader(body)) // for Aux to read
	}
	if s.aux != nil && seen.host == host {
		if resp := s.aux(r); resp != nil {
			s.mu.Lock()
			s.others = append(s.others, seen)
			s.mu.Unlock()
			return s.handOut(resp), nil
		}
	}
	s.mu.Lock()
	n := len(s.requests)
	s.requests = append(s.requests, seen)
	s.mu.Unlock()
	resp, err := s.script(n, r)
	if err != nil {
		return nil, err
	}
	resp.Request = r
	return s.handOut(resp), nil
}

// handOut counts the body of resp.
func (s *server) handOut(resp *http.Response) *http.Response {
	if resp.Body == nil {
		resp.Body = http.NoBody
	}
	if resp.Header == nil {
		resp.Header = http.Header{}
	}
	s.mu.Lock()
	s.opened++
	s.mu.Unlock()
	resp.Body = &counted{ReadCloser: resp.Body, count: func() {
		s.mu.Lock()
		s.closed++
		s.mu.Unlock()
	}}
	return resp
}

type counted struct {
	io.ReadCloser
	once  sync.Once
	count func()
}

func (c *counted) Close() error {
	c.once.Do(c.count)
	return c.ReadCloser.Close()
}

// response makes an http.Response of a.
func (a Answer) response() *http.Response {
	h := a.Header.Clone()
	if h == nil {
		h = http.Header{}
	}
	return &http.Response{
		StatusCode: a.Status, Status: fmt.Sprintf("%d %s", a.Status, http.StatusText(a.Status)),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: h, Body: io.NopCloser(strings.NewReader(a.Body)), ContentLength: int64(len(a.Body)),
	}
}

// with is a with a header more.
func (a Answer) with(name, value string) Answer {
	a.Header = a.Header.Clone()
	if a.Header == nil {
		a.Header = http.Header{}
	}
	a.Header.Set(name, value)
	return a
}

// withBody is a with another body.
func (a Answer) withBody(body string) Answer {
	a.Body = body
	return a
}

// always answers each request with a.
func always(a Answer) script {
	return func(int, *http.Request) (*http.Response, error) { return a.response(), nil }
}

// first answers with answers, one after the other, the last for all that follow.
func first(answers ...Answer) script {
	return func(n int, _ *http.Request) (*http.Response, error) {
		return answers[min(n, len(answers)-1)].response(), nil
	}
}

// status is an answer without a body.
func status(code int) Answer { return Answer{Status: code} }

// kind is one of the operations of a client.
type kind struct {
	name string
	call func(Calls) func(context.Context) error
	ok   Answer
	once bool
	read bool
}

// kinds are those operations that s has.
func (s Subject) kinds() ([]kind, error) {
	calls, err := s.New(s.config(nil, nil))
	if err != nil {
		return nil, fmt.Errorf("client not made: %w", err)
	}
	if calls.Read == nil {
		return nil, errors.New("subject has no Read")
	}
	all := []kind{
		{name: "Read", call: func(c Calls) func(context.Context) error { return c.Read }, ok: s.ReadOK, read: true},
		{name: "Once", call: func(c Calls) func(context.Context) error { return c.Once }, ok: s.OnceOK, once: true},
		{name: "Repeatable", call: func(c Calls) func(context.Context) error { return c.Repeatable }, ok: s.RepeatableOK},
	}
	var has []kind
	for _, k := range all {
		if k.call(calls) != nil {
			has = append(has, k)
		}
	}
	return has, nil
}

// config is the one that the checks change.
func (s Subject) config(rt http.RoundTripper, log io.Writer) Config {
	if log == nil {
		log = io.Discard
	}
	return Config{
		BaseURL:          "https://" + host + s.Base,
		HTTPClient:       &http.Client{Transport: rt},
		Logger:           slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug - 100})),
		MaxRetries:       2,
		MaxRetryWait:     time.Minute,
		MaxResponseBytes: 256 << 10,
		Token:            Token,
	}
}

// trial is one client before one server.
type trial struct {
	*server
	calls Calls
	log   syncBuffer
}

// try makes a trial; change may alter the config.
func (s Subject) try(sc script, change ...func(*Config)) (*trial, error) {
	t := &trial{server: &server{aux: s.Aux, script: sc}}
	cfg := s.config(t.server, &t.log)
	for _, c := range change {
		c(&cfg)
	}
	var err error
	if t.calls, err = s.New(cfg); err != nil {
		return nil, fmt.Errorf("client not made: %w", err)
	}
	return t, nil
}

// each makes a trial for every kind of operation and judges it.
func (s Subject) each(judge func(k kind) error) error {
	kinds, err := s.kinds()
	if err != nil {
		return err
	}
	var problems []error
	for _, k := range kinds {
		if err := judge(k); err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", k.name, err))
		}
	}
	return errors.Join(problems...)
}

// syncBuffer is a log that many goroutines write.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

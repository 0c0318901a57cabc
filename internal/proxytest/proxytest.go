// Package proxytest puts a validator that is not ours between a client and its
// fake: prism (@stoplight/prism-cli, a Node program) as a proxy that reads the
// contract. So the requests that the client sends and the answers that the fake
// gives are both checked against the OpenAPI file and not against our reading of
// it.
//
// What prism 5.14 does not check: it reads bodies whole and as text, at most 10
// MB of a request, so neither streaming nor binary content is seen; and it gives
// an answer of its own for 501, so a handler turns that into another status
// before prism sees it.
package proxytest

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// TB is the part of testing.TB that is used here.
type TB interface {
	Helper()
	Context() context.Context
	Cleanup(func())
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// startTime is how long prism may take to start; on a busy machine Node is slow.
const startTime = 2 * time.Minute

// NotOffered stands for 501 between the fake and prism.
const NotOffered = 599

// Start serves the fake on a port of this machine with prism, the program's
// path, in front of it. It returns prism's address, and a transport for the
// client which fails the test on every violation that prism reports. Both end
// with the test.
func Start(t TB, prism, contract string, fake http.Handler) (baseURL string, transport http.RoundTripper) {
	t.Helper()
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fake.ServeHTTP(&renamed{w}, r)
	}))
	t.Cleanup(upstream.Close)
	addr := freeAddr(t)
	host, port, _ := net.SplitHostPort(addr)
	var log lockedBuffer
	ctx, stop := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, prism, "proxy", contract, upstream.URL, "--host", host, "--port", port, "--cors=false")
	cmd.Stdout, cmd.Stderr = &log, &log
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		stop()
		t.Fatalf("prism does not start: %v", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { stop(); <-ended })

	for deadline := time.Now().Add(startTime); ; {
		conn, err := net.DialTimeout("tcp", addr, time.Second)
		if err == nil {
			conn.Close()
			break
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("prism ended (%v):\n%s", err, log.String())
		case <-time.After(50 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			t.Fatalf("prism does not listen:\n%s", log.String())
		}
	}
	base := &http.Transport{}
	t.Cleanup(base.CloseIdleConnections)
	return "http://" + addr, &strict{t: t, base: base}
}

func freeAddr(t TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("no free port: %v", err)
	}
	defer l.Close()
	return l.Addr().String()
}

// strict fails the test on what prism reports in an answer.
type strict struct {
	t    TB
	base http.RoundTripper
}

func (s *strict) RoundTrip(r *http.Request) (*http.Response, error) {
	what := r.Method + " " + r.URL.Path
	res, err := s.base.RoundTrip(r)
	if err != nil {
		s.t.Errorf("%s: prism does not answer: %v", what, err)
		return nil, err
	}
	if found := res.Header.Get("Sl-Violations"); found != "" {
		s.t.Errorf("%s: status %d, violations: %s", what, res.StatusCode, found)
	}
	if res.StatusCode == NotOffered {
		res.StatusCode, res.Status = http.StatusNotImplemented, "501 Not Implemented"
	}
	return res, nil
}

// renamed writes NotOffered in the place of 501.
type renamed struct{ http.ResponseWriter }

func (w *renamed) WriteHeader(status int) {
	if status == http.StatusNotImplemented {
		status = NotOffered
	}
	w.ResponseWriter.WriteHeader(status)
}

type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.TrimSpace(b.buf.String())
}

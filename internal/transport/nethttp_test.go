package transport

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/practicekit/offboarding/internal/apierr"
)

// These tests use net/http's own transport, whose trace tells what was written.
// Those without a bubble use sockets and never wait.

func loopback(t *testing.T, address string, change ...func(*Config)) *Client {
	t.Helper()
	return client(t, ownTransport(), append([]func(*Config){func(c *Config) {
		c.BaseURL, c.InsecureLoopback, c.MaxRetries = "http://"+address, true, -1
	}}, change...)...)
}

func TestNetHTTP_NothingWritten(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close() // nobody listens there now
	_, err = loopback(t, l.Addr().String()).Do(context.Background(), request(Once))
	if !errors.Is(err, apierr.ErrUnavailable) || errors.Is(err, apierr.ErrOutcomeUnknown) {
		t.Errorf("connection refused: error %v, want ErrUnavailable", err)
	}
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	c := loopback(t, "", func(c *Config) { c.BaseURL = "https://" + plain.Listener.Addr().String() })
	_, err = c.Do(context.Background(), request(Once))
	if !errors.Is(err, apierr.ErrUnavailable) || errors.Is(err, apierr.ErrOutcomeUnknown) {
		t.Errorf("no TLS at the other end: error %v, want ErrUnavailable", err)
	}
}

func TestNetHTTP_LostAfterTheRequest(t *testing.T) {
	var requests atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		if requests.Add(1) == 1 {
			io.WriteString(w, "first")
			return
		}
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		conn.Close()
	}))
	defer s.Close()
	c := loopback(t, s.Listener.Addr().String())
	if got, err := read(context.Background(), c, request(Once)); got != "first" || err != nil {
		t.Fatalf("%q, error %v", got, err)
	}
	// On the connection kept alive, where net/http would like to send it again.
	_, err := c.Do(context.Background(), request(Once))
	if !errors.Is(err, apierr.ErrOutcomeUnknown) || requests.Load() != 2 {
		t.Errorf("error %v, the server saw %d requests; want ErrOutcomeUnknown and 2", err, requests.Load())
	}
}

func TestNetHTTP_RedirectIsNotFollowed(t *testing.T) {
	var elsewhere atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	defer other.Close()
	s := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	defer s.Close()
	for _, effect := range []Effect{Read, Once} {
		_, err := loopback(t, s.Listener.Addr().String()).Do(context.Background(), request(effect))
		if !errors.Is(err, apierr.ErrInvalid) || asFailure(t, err).StatusCode != 307 || elsewhere.Load() != 0 {
			t.Errorf("error %v, %d requests elsewhere", err, elsewhere.Load())
		}
	}
}

func TestNetHTTP_Answers(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/gzip":
			w.Header().Set("Content-Encoding", r.Header.Get("Accept-Encoding"))
			io.WriteString(w, zip("plain"))
		case "/echo":
			io.Copy(w, r.Body)
		case "/short":
			w.Header().Set("Content-Length", "100")
			io.WriteString(w, "short")
		}
	}))
	defer s.Close()
	c := loopback(t, s.Listener.Addr().String())
	for _, q := range []struct {
		path, want string
		length     int64 // of the request
		err        error
	}{
		{"gzip", "plain", 4, nil},
		{"echo", "body", 4, nil},
		{"echo", "body", -1, nil},
		{"echo", "body", 0, nil}, // as in net/http, a body of length 0 is one of unknown length
		{"short", "short", 4, apierr.ErrUnavailable},
	} {
		r := request(Repeatable)
		r.Path, r.ContentLength = q.path, q.length
		if got, err := read(context.Background(), c, r); got != q.want || !errors.Is(err, q.err) {
			t.Errorf("%s: %q, error %v", q.path, got, err)
		}
	}
}

// pipeTransport is net/http's transport over connections in memory.
func pipeTransport(t *testing.T, serve func(net.Conn)) *http.Transport {
	tr := ownTransport()
	tr.DialContext = func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		go serve(far)
		return near, nil
	}
	t.Cleanup(tr.CloseIdleConnections)
	return tr
}

func TestNetHTTP_CancelInFlight(t *testing.T) {
	for _, c := range []struct {
		name    string
		tr      func(*testing.T, chan struct{}) *http.Transport
		unknown bool
	}{
		{"no connection yet", func(_ *testing.T, over chan struct{}) *http.Transport {
			tr := ownTransport()
			tr.DialContext = func(context.Context, string, string) (net.Conn, error) {
				<-over
				return nil, errors.New("over")
			}
			return tr
		}, false},
		{"request written", func(t *testing.T, _ chan struct{}) *http.Transport {
			return pipeTransport(t, func(conn net.Conn) {
				defer conn.Close()
				io.Copy(io.Discard, conn)
			})
		}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				over := make(chan struct{})
				defer close(over)
				cl := client(t, c.tr(t, over), func(cfg *Config) { cfg.BaseURL, cfg.InsecureLoopback = "http://localhost", true })
				ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
				defer cancel()
				start := time.Now()
				_, err := cl.Do(ctx, request(Once))
				if !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, apierr.ErrOutcomeUnknown) != c.unknown || time.Since(start) != 3*time.Second {
					t.Errorf("error %v after %s; want unknown to be %t", err, time.Since(start), c.unknown)
				}
			})
		})
	}
}

func TestNetHTTP_ServerFallsSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := pipeTransport(t, func(conn net.Conn) {
			defer conn.Close()
			r, err := http.ReadRequest(bufio.NewReader(conn))
			if err != nil {
				return
			}
			io.Copy(io.Discard, r.Body)
			io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
			io.Copy(io.Discard, conn) // until the client gives up
		})
		start := time.Now()
		cl := client(t, tr, func(cfg *Config) { cfg.BaseURL, cfg.InsecureLoopback = "http://localhost", true })
		got, err := read(context.Background(), cl, request(Once))
		if got != "half" || !errors.Is(err, apierr.ErrOutcomeUnknown) || !errors.Is(err, errIdle) || time.Since(start) != idleWithin {
			t.Errorf("%q, error %v after %s", got, err, time.Since(start))
		}
	})
}

package transport

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/practicekit/offboarding/internal/apierr"
)

func zip(s string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write([]byte(s))
	w.Close()
	return b.String()
}

func TestBody_Cap(t *testing.T) {
	const limit = 1000
	for _, c := range []struct {
		name   string
		answer func(*http.Request) (*http.Response, error)
		size   int
		fits   bool
	}{
		{"empty", answer(200, ""), 0, true},
		{"one less", answer(200, strings.Repeat("x", limit-1)), limit - 1, true},
		{"just", answer(200, strings.Repeat("x", limit)), limit, true},
		{"one more", answer(200, strings.Repeat("x", limit+1)), limit, false},
		{"gzip just", answer(200, zip(strings.Repeat("x", limit)), "Content-Encoding", "gzip"), limit, true},
		{"gzip one more", answer(200, zip(strings.Repeat("x", limit+1)), "Content-Encoding", "gzip"), limit, false},
		{"gzip bomb", answer(200, zip(strings.Repeat("x", 10<<20)), "Content-Encoding", "GZIP"), limit, false},
	} {
		for _, effect := range []Effect{Read, Once} {
			t.Run(c.name, func(t *testing.T) {
				f := server(c.answer)
				got, err := read(context.Background(), client(t, f, func(cfg *Config) { cfg.MaxResponseBytes = limit }), request(effect))
				if len(got) != c.size || (err == nil) != c.fits {
					t.Errorf("%d bytes, error %v; want %d bytes", len(got), err, c.size)
				}
				if !c.fits && (!errors.Is(err, apierr.ErrTooLarge) || errors.Is(err, apierr.ErrOutcomeUnknown) != (effect == Once)) {
					t.Errorf("error %v for effect %d", err, effect)
				}
				if f.open != 0 {
					t.Error("body left open")
				}
			})
		}
	}
}

func TestBody_CapOfTheRequest(t *testing.T) {
	big := strings.Repeat("x", 2000)
	for limit, fits := range map[int64]bool{0: false, 100: false, 2000: true, math.MaxInt64: true} {
		r := request(Read)
		r.MaxResponseBytes = limit
		_, err := read(context.Background(), client(t, server(answer(200, big)), func(c *Config) { c.MaxResponseBytes = 1000 }), r)
		if (err == nil) != fits {
			t.Errorf("cap %d: error %v", limit, err)
		}
	}
}

// answerWith is an answer with a body of the test's own.
func answerWith(length int64, body func(*http.Request) io.Reader, header ...string) func(*http.Request) (*http.Response, error) {
	return func(r *http.Request) (*http.Response, error) {
		resp, err := answer(200, "", header...)(r)
		resp.Body, resp.ContentLength = io.NopCloser(body(r)), length
		return resp, err
	}
}

func TestBody_Broken(t *testing.T) {
	whole := zip(strings.Repeat("a readable answer ", 100))
	text := func(s string) func(*http.Request) io.Reader {
		return func(*http.Request) io.Reader { return strings.NewReader(s) }
	}
	for _, c := range []struct {
		name   string
		answer func(*http.Request) (*http.Response, error)
		want   error
	}{
		{"shorter than its length", answerWith(100, text("half")), apierr.ErrUnavailable},
		{"nothing of its length", answerWith(100, text("")), apierr.ErrUnavailable},
		{"gzip cut off", answerWith(-1, text(whole[:len(whole)/2]), "Content-Encoding", "gzip"), apierr.ErrUnavailable},
		{"gzip cut off in its header", answerWith(-1, text(whole[:5]), "Content-Encoding", "gzip"), apierr.ErrUnavailable},
		{"not gzip", answerWith(-1, text("{plain text}"), "Content-Encoding", "gzip"), apierr.ErrInvalid},
		{"gzip with a wrong sum", answerWith(-1, text(whole[:len(whole)-8]+"12345678"), "Content-Encoding", "gzip"), apierr.ErrInvalid},
		{"unknown coding", answer(200, "x", "Content-Encoding", "br"), apierr.ErrInvalid},
		{"two codings", answer(200, "x", "Content-Encoding", "gzip, gzip"), apierr.ErrInvalid},
	} {
		for _, effect := range []Effect{Read, Repeatable, Once} {
			f := server(c.answer)
			_, err := read(context.Background(), client(t, f), request(effect))
			want := c.want
			if effect == Once {
				want = apierr.ErrOutcomeUnknown
			}
			if !errors.Is(err, want) || len(f.requests) != 1 || f.open != 0 {
				t.Errorf("%s, effect %d: error %v, %d requests, %d bodies open; want %v", c.name, effect, err, len(f.requests), f.open, want)
			}
		}
	}
}

func TestBody_Gzip(t *testing.T) {
	shared := http.Header{"Content-Encoding": {"gzip"}, "Content-Length": {"99"}}
	f := server(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Header: shared, ContentLength: -1, Body: io.NopCloser(strings.NewReader(zip("plain")))}, nil
	})
	c := client(t, f)
	for range 2 {
		resp, err := c.Do(context.Background(), request(Read))
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if string(got) != "plain" || err != nil || len(resp.Header) != 0 {
			t.Errorf("%q, error %v, header %v", got, err, resp.Header)
		}
	}
	if len(shared) != 2 {
		t.Errorf("the transport's header became %v", shared)
	}
	if got := f.requests[0].Header.Get("Accept-Encoding"); got != "gzip" {
		t.Errorf("Accept-Encoding is %q", got)
	}
	// An empty answer stays one, whatever its header says.
	if got, err := read(context.Background(), client(t, server(answer(200, "", "Content-Encoding", "gzip"))), request(Read)); got != "" || err != nil {
		t.Errorf("empty answer: %q, error %v", got, err)
	}
}

func TestBody_ErrorStays(t *testing.T) {
	c := client(t, server(answer(200, "12345")), func(c *Config) { c.MaxResponseBytes = 3 })
	resp, err := c.Do(context.Background(), request(Read))
	if err != nil {
		t.Fatal(err)
	}
	_, first := io.ReadAll(resp.Body)
	_, second := resp.Body.Read(make([]byte, 10))
	if !errors.Is(first, apierr.ErrTooLarge) || second != first {
		t.Errorf("errors %v and %v", first, second)
	}
	if err := errors.Join(resp.Body.Close(), resp.Body.Close()); err != nil {
		t.Error(err)
	}
}

func TestClient_KeepsTheStartOfAnErrorAnswer(t *testing.T) {
	for name, a := range map[string]func(*http.Request) (*http.Response, error){
		"plain": answer(400, strings.Repeat("x", 1<<20)),
		"gzip":  answer(400, zip(strings.Repeat("x", 1<<20)), "Content-Encoding", "gzip"),
		"cut off": func(r *http.Request) (*http.Response, error) {
			resp, _ := answer(400, strings.Repeat("x", errorBodyBytes))(r)
			resp.ContentLength = 1 << 20
			return resp, nil
		},
	} {
		f := server(a)
		_, err := client(t, f).Do(context.Background(), request(Read))
		got := asFailure(t, err)
		if !errors.Is(err, apierr.ErrInvalid) || got.StatusCode != 400 || len(got.Body) != errorBodyBytes || f.open != 0 {
			t.Errorf("%s: error %v, status %d, %d bytes, %d bodies open", name, err, got.StatusCode, len(got.Body), f.open)
		}
	}
}

// trickle gives one byte each time its clock ticks, without end.
type trickle struct {
	ctx   context.Context
	every time.Duration
}

func (s trickle) Read(p []byte) (int, error) {
	select {
	case <-time.After(s.every):
		p[0] = ' '
		return 1, nil
	case <-s.ctx.Done():
		return 0, s.ctx.Err()
	}
}

// deaf is a body that does not listen to the context, only to its Close.
type deaf struct {
	*io.PipeReader
}

func TestBody_Deadlines(t *testing.T) {
	pipe := func(*http.Request) io.Reader {
		r, _ := io.Pipe()
		return deaf{r}
	}
	for _, c := range []struct {
		name string
		body func(*http.Request) io.Reader
		took time.Duration
		text string
	}{
		{"silent", func(r *http.Request) io.Reader { return trickle{r.Context(), time.Hour} }, idleWithin, errIdle.Error()},
		{"trickling", func(r *http.Request) io.Reader { return trickle{r.Context(), 10 * time.Second} }, defaultAttempt, errTooLong.Error()},
		{"deaf to the context", pipe, idleWithin, errIdle.Error()},
	} {
		for effect, want := range map[Effect]error{Read: apierr.ErrUnavailable, Once: apierr.ErrOutcomeUnknown} {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				f := server(func(r *http.Request) (*http.Response, error) {
					resp, err := answer(200, "")(r)
					resp.ContentLength = -1
					resp.Body = io.NopCloser(c.body(r))
					if d, ok := c.body(r).(io.ReadCloser); ok {
						resp.Body = d
					}
					return resp, err
				})
				_, err := read(context.Background(), client(t, f), request(effect))
				if !errors.Is(err, want) || !strings.HasSuffix(err.Error(), c.text) || time.Since(start) != c.took {
					t.Errorf("%s: error %v after %s; want %v, %s after %s", c.name, err, time.Since(start), want, c.text, c.took)
				}
				if f.open != 0 {
					t.Errorf("%s: body left open", c.name)
				}
			})
		}
	}
}

func TestBody_CancelWhileReading(t *testing.T) {
	for effect, unknown := range map[Effect]bool{Read: false, Once: true} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(context.Background())
			time.AfterFunc(5*time.Second, cancel)
			start := time.Now()
			f := server(answerWith(-1, func(r *http.Request) io.Reader { return trickle{r.Context(), time.Hour} }))
			_, err := read(ctx, client(t, f), request(effect))
			if !errors.Is(err, context.Canceled) || errors.Is(err, apierr.ErrOutcomeUnknown) != unknown || time.Since(start) != 5*time.Second {
				t.Errorf("effect %d: error %v after %s", effect, err, time.Since(start))
			}
		})
	}
}

// untilEnded fails once the attempt was ended, as net/http's bodies do.
type untilEnded struct {
	ctx context.Context
	io.Reader
}

func (u untilEnded) Read(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.Reader.Read(p)
}

// A reader that takes its time is not a server that falls silent.
func TestBody_SlowReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := server(answerWith(10, func(r *http.Request) io.Reader { return untilEnded{r.Context(), strings.NewReader("0123456789")} }))
		resp, err := client(t, f).Do(context.Background(), request(Read))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		for i := range 5 {
			time.Sleep(2 * time.Minute)
			if n, err := io.ReadFull(resp.Body, make([]byte, 2)); n != 2 || err != nil {
				t.Fatalf("read %d: %d bytes, error %v", i, n, err)
			}
		}
	})
}

func TestClient_AnswerDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		_, err := client(t, server(silence)).Do(context.Background(), request(Once))
		if !errors.Is(err, apierr.ErrOutcomeUnknown) || errors.Is(err, context.Canceled) || time.Since(start) != answerWithin {
			t.Errorf("error %v after %s", err, time.Since(start))
		}
		start = time.Now()
		short := client(t, server(silence), func(c *Config) { c.HTTPClient.Timeout = 7 * time.Second })
		if _, err := short.Do(context.Background(), request(Once)); !errors.Is(err, errTooLong) || time.Since(start) != 7*time.Second {
			t.Errorf("error %v after %s, want HTTPClient.Timeout's", err, time.Since(start))
		}
	})
}

// A long upload is not a silent server, and an upload that stalls is ended.
func TestClient_SlowUpload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		upload := func(every time.Duration, bytes int64) Request {
			r := request(Once)
			r.ContentLength = -1
			r.Body = func() (io.ReadCloser, error) {
				return io.NopCloser(io.LimitReader(trickle{context.Background(), every}, bytes)), nil
			}
			return r
		}
		live := func(r *http.Request) (*http.Response, error) {
			if err := r.Context().Err(); err != nil {
				return nil, err
			}
			return answer(200, "ok")(r)
		}
		start := time.Now()
		if _, err := read(context.Background(), client(t, server(live)), upload(time.Minute, 10)); err != nil || time.Since(start) != 10*time.Minute {
			t.Errorf("error %v after %s, want none after 10m", err, time.Since(start))
		}
		_, err := read(context.Background(), client(t, server(live)), upload(3*time.Minute, 1))
		if !errors.Is(err, errNoAnswer) {
			t.Errorf("error %v, want %v", err, errNoAnswer)
		}
	})
}

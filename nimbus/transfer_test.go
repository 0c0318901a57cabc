package nimbus_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/nimbus/nimbustest"
)

var transferMiB = flag.Int64("transfer-mib", 64, "how many MiB the benchmarks of up- and downloads transfer")

// content is n bytes that look like a file's and are nowhere in memory. Every
// MiB the heap is measured.
type content struct {
	left int64
	rand rand.PCG
	peak *uint64
}

func newContent(n int64, peak *uint64) *content { return &content{left: n, peak: peak} }

func (c *content) Read(p []byte) (int, error) {
	if c.left == 0 {
		return 0, io.EOF
	}
	n := int(min(int64(len(p)), c.left, 32<<10))
	for i := 0; i < n; i += 8 {
		word := c.rand.Uint64()
		for j := i; j < min(i+8, n); j++ {
			p[j] = byte(word)
			word >>= 8
		}
	}
	before := c.left >> 20
	c.left -= int64(n)
	if c.peak != nil && c.left>>20 != before {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		*c.peak = max(*c.peak, m.HeapInuse)
	}
	return n, nil
}

func (c *content) Close() error { return nil }

func sum(n int64) (digest [32]byte) {
	h := sha256.New()
	io.Copy(h, newContent(n, nil))
	h.Sum(digest[:0])
	return digest
}

// far is a server that keeps nothing: it hashes what comes and makes up what
// goes.
type far struct {
	size   int64
	digest [32]byte
	peak   uint64
}

func (f *far) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodGet {
		res := answer(200, "application/octet-stream", "")
		res.Header.Set("Content-Digest", digestOfBytes(f.digest))
		res.Body, res.ContentLength = newContent(f.size, &f.peak), f.size
		return res, nil
	}
	defer r.Body.Close()
	h := sha256.New()
	n, err := io.Copy(h, r.Body)
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(map[string]any{"id": "d-1", "name": r.URL.Query().Get("name"), "folderId": "f-1", "path": "Current", "size": n,
		"sha256": hex.EncodeToString(h.Sum(nil)), "published": false, "locked": false, "checkedOut": false})
	return answer(201, "application/json", string(body)), err
}

func digestOfBytes(digest [32]byte) string {
	return "sha-256=:" + base64.StdEncoding.EncodeToString(digest[:]) + ":"
}

// constant fails if the heap grew with what was transferred.
func constant(b *testing.B, f *far) {
	b.Helper()
	if limit := uint64(16 << 20); f.peak > limit {
		b.Errorf("the heap grew to %d MiB while %d MiB were transferred", f.peak>>20, f.size>>20)
	}
	b.ReportMetric(float64(f.peak)/(1<<20), "peak-heap-MiB")
}

func BenchmarkDocuments_Upload(b *testing.B) {
	f := &far{size: *transferMiB << 20}
	f.digest = sum(f.size)
	c := benchClient(b, f)
	b.SetBytes(f.size)
	b.ReportAllocs()
	for b.Loop() {
		_, err := c.Documents.Upload(b.Context(), "f-1", nimbus.Upload{Name: "large.zip", Size: f.size, SHA256: f.digest,
			Body: func() (io.ReadCloser, error) { return newContent(f.size, &f.peak), nil }})
		if err != nil {
			b.Fatal(err)
		}
	}
	constant(b, f)
}

func BenchmarkDocuments_Download(b *testing.B) {
	f := &far{size: *transferMiB << 20}
	f.digest = sum(f.size)
	c := benchClient(b, f)
	b.SetBytes(f.size)
	b.ReportAllocs()
	for b.Loop() {
		body, err := c.Documents.Download(b.Context(), "d-1")
		if err != nil {
			b.Fatal(err)
		}
		n, err := io.Copy(io.Discard, body)
		if err != nil || n != f.size || body.Close() != nil {
			b.Fatal(n, err)
		}
	}
	constant(b, f)
}

func benchClient(b *testing.B, far http.RoundTripper) *nimbus.Client {
	b.Helper()
	c, err := nimbus.NewClient(nimbus.Config{BaseURL: "https://nimbus.example.com", HTTPClient: &http.Client{Transport: far}, Login: token("example")})
	if err != nil {
		b.Fatal(err)
	}
	return c
}

// broken gives its bytes and then an error, as a connection that is reset, or a
// disk that fails.
type broken struct {
	io.Reader
	end error
}

func (b broken) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err == io.EOF {
		err = b.end
	}
	return n, err
}

func (broken) Close() error { return nil }

// A download that breaks off, is cut short or comes changed says so before the
// caller could take it for whole.
func TestDocuments_Download_broken(t *testing.T) {
	whole, err := io.ReadAll(newContent(100_000, nil))
	if err != nil {
		t.Fatal(err)
	}
	changed := bytes.Clone(whole)
	changed[70_000]++
	reset := errors.New("connection reset")
	for name, tt := range map[string]struct {
		body   io.ReadCloser
		length int64
		is     error
	}{
		"reset":            {broken{bytes.NewReader(whole[:70_000]), reset}, -1, nimbus.ErrUnavailable},
		"cut short":        {io.NopCloser(bytes.NewReader(whole[:70_000])), -1, nimbus.ErrInvalid},
		"changed":          {io.NopCloser(bytes.NewReader(changed)), 100_000, nimbus.ErrInvalid},
		"empty":            {http.NoBody, 0, nimbus.ErrInvalid},
		"the end is wrong": {io.NopCloser(bytes.NewReader(append(bytes.Clone(whole), 0))), -1, nimbus.ErrInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			c := client(t, roundTripper(func(*http.Request) (*http.Response, error) {
				res := answer(200, "application/octet-stream", "")
				res.Header.Set("Content-Digest", digestOfBytes(sha256.Sum256(whole)))
				res.Body, res.ContentLength = tt.body, tt.length
				return res, nil
			}), token("example"))
			file := filepath.Join(t.TempDir(), "letter.pdf")
			err := save(t, c, "d-1", file)
			if e, ok := errors.AsType[*nimbus.Error](err); !ok || !errors.Is(err, tt.is) || e.Op != "Documents.Download" {
				t.Errorf("error = %v, want %v", err, tt.is)
			}
			if left, err := os.ReadDir(filepath.Dir(file)); err != nil || len(left) != 0 {
				t.Errorf("left: %v, %v", left, err)
			}
		})
	}
}

// save is what Download's documentation asks of those who write a file.
func save(t *testing.T, c *nimbus.Client, id nimbus.DocumentID, file string) (err error) {
	t.Helper()
	body, err := c.Documents.Download(t.Context(), id)
	if err != nil {
		return err
	}
	defer body.Close()
	part, err := os.CreateTemp(filepath.Dir(file), ".part-*")
	if err != nil {
		return err
	}
	defer os.Remove(part.Name())
	_, err = io.Copy(part, body)
	if closeErr := part.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	return os.Rename(part.Name(), file)
}

// An empty document is sent with its length, which is 0, and not in chunks.
func TestDocuments_Upload_empty(t *testing.T) {
	server := nimbustest.New(nimbustest.Config{})
	server.AddClient(nimbustest.Client{Code: "SMIT0001"})
	var sent bytes.Buffer
	c, err := nimbus.NewClient(nimbus.Config{BaseURL: "https://nimbus.example.com", Login: nimbus.Password("", "", nil),
		HTTPClient: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, "/documents") {
				if err := r.Write(&sent); err != nil {
					return nil, err
				}
			}
			return server.RoundTrip(r)
		})}})
	if err != nil {
		t.Fatal(err)
	}
	d, err := c.Documents.Upload(t.Context(), "f-1", nimbus.Upload{Name: "empty.csv", SHA256: sha256.Sum256(nil),
		Body: func() (io.ReadCloser, error) { return http.NoBody, nil }})
	if err != nil || d.Size != 0 {
		t.Errorf("%+v, %v", d, err)
	}
	text := sent.String()
	if !strings.Contains(text, "\r\nContent-Length: 0\r\n") || !strings.Contains(text, "\r\nContent-Type: application/octet-stream\r\n") || !strings.HasSuffix(text, "\r\n\r\n") {
		t.Errorf("sent %q", text)
	}
}

// An upload that breaks off leaves no document.
func TestDocuments_Upload_broken(t *testing.T) {
	server := nimbustest.New(nimbustest.Config{})
	server.AddClient(nimbustest.Client{Code: "SMIT0001"})
	whole := []byte("Date,Event\n2026-01-05,Upload File\n")
	disk := errors.New("the disk failed")
	for name, body := range map[string]io.ReadCloser{
		"the disk fails":        broken{bytes.NewReader(whole[:20]), disk},
		"shorter than said":     io.NopCloser(bytes.NewReader(whole[:20])),
		"changed since hashing": io.NopCloser(bytes.NewReader(bytes.ToUpper(whole))),
	} {
		c, err := nimbus.NewClient(nimbus.Config{BaseURL: "https://nimbus.example.com", HTTPClient: &http.Client{Transport: server},
			Login: nimbus.Password("", "", nil), MaxRetries: -1})
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Documents.Upload(t.Context(), "f-1", nimbus.Upload{Name: "h.csv", Size: int64(len(whole)), SHA256: sha256.Sum256(whole),
			Body: func() (io.ReadCloser, error) { return body, nil }})
		if err == nil {
			t.Errorf("%s: no error", name)
		}
		documents, err := c.Documents.List(t.Context(), "f-1")
		if err != nil || len(documents) != 0 {
			t.Errorf("%s: %v, %v", name, documents, err)
		}
	}
}

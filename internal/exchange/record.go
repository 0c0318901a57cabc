package exchange

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/tools/txtar"
)

// Recording says what a recorder writes, and where.
type Recording struct {
	File   string // a .txtar file; its directory is made
	Source string // of the line of provenance: what was recorded, without a name

	// Keep lists the elements, JSON fields, attributes and query parameters whose
	// values say nothing of anybody: "Status", or "Relationship>Type" where the
	// name alone is not enough, or ">Title" for a field of the outermost object.
	// Every other value is replaced by an invented one.
	Keep []string

	// Most is how many elements of the same name are written of what is in one
	// element, such as the clients of a list. Zero means all.
	Most int
}

// Record sends requests on to base, and writes the exchanges to a file when the
// test ends, scrubbed: what File then holds can be published once a person has
// read it. Credentials are never kept. A test that failed writes nothing, and
// neither does one of whose secrets any is left in the file.
func Record(t testing.TB, base http.RoundTripper, r Recording) http.RoundTripper {
	t.Helper()
	k := &recorder{base: base, Recording: r}
	t.Cleanup(func() {
		if t.Failed() {
			return
		}
		data, err := k.format()
		if err == nil {
			err = os.MkdirAll(filepath.Dir(r.File), 0o755)
		}
		if err == nil {
			err = os.WriteFile(r.File, data, 0o644)
		}
		if err != nil {
			t.Errorf("not recorded: %v", err)
		}
	})
	return k
}

// recorder keeps exchanges as they were.
type recorder struct {
	Recording
	base http.RoundTripper

	mu   sync.Mutex
	seen []*recorded
}

// RoundTrip keeps the exchange, when its answer has been read in whole here.
func (k *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	x := &recorded{method: req.Method, target: req.URL, header: req.Header.Clone()}
	if req.Body != nil {
		body, err := io.ReadAll(req.Body)
		if err := errors.Join(err, req.Body.Close()); err != nil {
			return nil, err
		}
		x.body = body
		req = req.Clone(req.Context())
		req.Body = io.NopCloser(bytes.NewReader(body))
	}
	if req.Header.Get("Accept-Encoding") != "" { // so that the answer can be read
		req = req.Clone(req.Context())
		req.Header.Set("Accept-Encoding", "identity")
	}
	resp, err := k.base.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	x.status, x.answerHeader, x.answerBody = resp.StatusCode, resp.Header.Clone(), body
	k.mu.Lock()
	defer k.mu.Unlock()
	k.seen = append(k.seen, x)
	return resp, nil
}

// The headers that are written; the values of those in scrubbed are replaced.
var (
	requestHeaders  = []string{"Accept", "Content-Type", "Xero-Tenant-Id"}
	responseHeaders = []string{"Content-Type", "Retry-After", "Www-Authenticate", "X-Appminlimit-Remaining", "X-Daylimit-Remaining", "X-Minlimit-Remaining", "X-Rate-Limit-Problem", "Xero-Correlation-Id"}
	scrubbed        = []string{"Xero-Tenant-Id", "Xero-Correlation-Id"}
)

// format is the file. The exchanges are scrubbed twice: only after the first
// time it is known what has to be swept from the texts that are kept.
func (k *recorder) format() ([]byte, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.seen) == 0 {
		return nil, errors.New("nothing was sent")
	}
	s := newScrubber(k.Keep)
	s.most = k.Most
	var a *txtar.Archive
	for range 2 {
		a = &txtar.Archive{Comment: fmt.Appendf(nil, "provenance: observed - %s\n", k.Source)}
		for _, x := range k.seen {
			target := s.path(x.target.Path)
			if q := s.query(x.target.Query()); q != "" {
				target += "?" + q
			}
			a.Files = append(a.Files,
				txtar.File{Name: "request", Data: s.message(x.method+" "+target+" HTTP/1.1", x.header, requestHeaders, x.body)},
				txtar.File{Name: "response", Data: s.message(fmt.Sprintf("HTTP/1.1 %d %s", x.status, http.StatusText(x.status)), x.answerHeader, responseHeaders, x.answerBody)})
		}
	}
	data := txtar.Format(a)
	if _, err := parse(k.File, data); err != nil {
		return nil, err
	}
	return data, k.leaks(s, data)
}

func (s *scrubber) message(line string, h http.Header, names []string, body []byte) []byte {
	var b bytes.Buffer
	fmt.Fprintln(&b, line)
	for _, name := range names {
		for _, v := range h.Values(name) {
			if slices.Contains(scrubbed, name) {
				v = s.value("", name, v)
			}
			fmt.Fprintf(&b, "%s: %s\n", name, strings.Join(strings.Fields(v), " "))
		}
	}
	fmt.Fprintf(&b, "\n%s\n", s.body(body))
	return b.Bytes()
}

// leaks is an error if anything that was replaced, or a credential, stands in
// data nevertheless. It says where and not what.
func (k *recorder) leaks(s *scrubber, data []byte) error {
	text := strings.ToLower(string(data))
	invented := map[string]bool{}
	for _, v := range s.given {
		invented[strings.ToLower(v)] = true
	}
	var secrets []string
	for original := range s.given {
		if !invented[original] { // of a fake, whose ids are invented too
			secrets = append(secrets, original)
		}
	}
	for _, x := range k.seen {
		for _, name := range []string{"Authorization", "Cookie"} {
			for _, f := range strings.Fields(strings.ToLower(x.header.Get(name))) {
				if f != "bearer" && f != "basic" {
					secrets = append(secrets, f)
				}
			}
		}
	}
	for _, secret := range secrets {
		// The names of elements are in the file anyway.
		if len(secret) < 5 || strings.Contains(text, "<"+secret) {
			continue
		}
		if i := strings.Index(text, secret); i >= 0 {
			return fmt.Errorf("line %d holds something that was to be replaced; see what Keep lists", 1+strings.Count(text[:i], "\n"))
		}
	}
	return nil
}

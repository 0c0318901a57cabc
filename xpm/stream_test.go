package xpm_test

import (
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"os"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/practicekit/offboarding/xpm"
)

// fullClient is the client of the recorded exchange, as it is on the wire.
func fullClient(t testing.TB) string {
	data, err := os.ReadFile("testdata/clients_get.txtar")
	if err != nil {
		t.Fatal(err)
	}
	body := string(txtar.Parse(data).Files[1].Data)
	from, to := strings.Index(body, "<Client>"), strings.Index(body, "</Client>")
	return body[from : to+len("</Client>")]
}

// longList is a list of n clients that is made while it is read.
func longList(client string, n int) io.Reader {
	return io.MultiReader(
		strings.NewReader("<Response><Status>OK</Status><Clients>"),
		&repeated{s: client, left: n},
		strings.NewReader("</Clients></Response>"))
}

type repeated struct {
	s         string
	left, pos int
}

func (r *repeated) Read(p []byte) (n int, err error) {
	for n < len(p) {
		if r.left == 0 {
			return n, io.EOF
		}
		c := copy(p[n:], r.s[r.pos:])
		n, r.pos = n+c, r.pos+c
		if r.pos == len(r.s) {
			r.pos, r.left = 0, r.left-1
		}
	}
	return n, nil
}

func listOf(client string, n int) roundTrip {
	return func(r *http.Request) (*http.Response, error) {
		resp, err := ok("")(r)
		resp.Body = io.NopCloser(longList(client, n))
		return resp, err
	}
}

// F8: what is held while a list is read is at most a tenth of the list.
func TestClients_List_Memory(t *testing.T) {
	client := fullClient(t)
	n := 6 << 20 / len(client)
	held := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before, peak, seen := held(), uint64(0), 0
	for _, err := range newClient(t, listOf(client, n)).Clients.List(t.Context(), xpm.ListOptions{Detailed: true}) {
		if err != nil {
			t.Fatal(err)
		}
		if seen++; seen%(n/5) == 0 {
			peak = max(peak, held())
		}
	}
	if seen != n || peak == 0 {
		t.Errorf("%d clients of %d", seen, n)
	}
	if used := peak - min(peak, before); used > uint64(n*len(client)/10) {
		t.Errorf("%d KiB held of a list of %d KiB", used>>10, n*len(client)>>10)
	}
}

// F10 compares the two: streaming a list, and unmarshalling it whole.
func BenchmarkList(b *testing.B) {
	client := fullClient(b)
	const n = 2000
	b.Run("stream", func(b *testing.B) {
		c := newClient(b, listOf(client, n))
		b.SetBytes(int64(n * len(client)))
		for b.Loop() {
			for _, err := range c.Clients.List(b.Context(), xpm.ListOptions{}) {
				if err != nil {
					b.Fatal(err)
				}
			}
		}
	})
	b.Run("unmarshal", func(b *testing.B) {
		b.SetBytes(int64(n * len(client)))
		for b.Loop() {
			body, err := io.ReadAll(longList(client, n))
			if err != nil {
				b.Fatal(err)
			}
			var list struct {
				Clients []xpm.ClientEntity `xml:"Clients>Client"`
			}
			if err := xml.Unmarshal(body, &list); err != nil || len(list.Clients) != n {
				b.Fatal(len(list.Clients), err)
			}
		}
	})
}

// F6 compares the two: one call, and the same with net/http and encoding/xml.
func BenchmarkGet(b *testing.B) {
	rt := ok("<Response><Status>OK</Status>" + fullClient(b) + "</Response>")
	b.Run("xpm", func(b *testing.B) {
		c := newClient(b, rt)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := c.Clients.Get(b.Context(), acme); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("raw", func(b *testing.B) {
		c := &http.Client{Transport: rt}
		b.ReportAllocs()
		for b.Loop() {
			req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, xpm.DefaultBaseURL+"client.api/get/"+string(acme), nil)
			if err != nil {
				b.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer token")
			req.Header.Set("Xero-Tenant-Id", tenant)
			resp, err := c.Do(req)
			if err != nil {
				b.Fatal(err)
			}
			var answer struct{ Client xpm.ClientEntity }
			body, err := io.ReadAll(resp.Body)
			if err := errors.Join(err, resp.Body.Close(), xml.Unmarshal(body, &answer)); err != nil {
				b.Fatal(err)
			}
		}
	})
}

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
	"time"

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

// fullList is the clients in 55 MB.
func fullList(b *testing.B) (client string, n int) {
	client = fullClient(b)
	return client, 55_000_000 / len(client)
}

// F8: what is held of a list of 55 MB at most, without and with garbage, against
// the list.
func BenchmarkList_Heap(b *testing.B) {
	client, n := fullList(b)
	c := newClient(b, listOf(client, n))
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	var live, garbage uint64
	for b.Loop() {
		runtime.GC()
		before, seen := heap(), 0
		for _, err := range c.Clients.List(b.Context(), xpm.ListOptions{Detailed: true}) {
			if err != nil {
				b.Fatal(err)
			}
			if seen++; seen%(n/100) == 0 {
				garbage = max(garbage, heap()-min(before, heap()))
			}
			if seen%(n/10) == 0 {
				runtime.GC()
				live = max(live, heap()-min(before, heap()))
			}
		}
	}
	size := float64(n * len(client))
	b.ReportMetric(float64(live)/size, "heap/body")
	b.ReportMetric(float64(garbage)/size, "with-garbage/body")
}

// F10: the speed of streaming a list of 55 MB, and of unmarshalling as much of it
// as was just streamed, a twentieth at a time in turn.
func BenchmarkList_Speed(b *testing.B) {
	client, n := fullList(b)
	c := newClient(b, listOf(client, n))
	slice := n / 20
	whole, err := io.ReadAll(longList(client, slice))
	if err != nil {
		b.Fatal(err)
	}
	var streaming, unmarshalling time.Duration
	slices := 0
	for b.Loop() {
		seen, start := 0, time.Now()
		for _, err := range c.Clients.List(b.Context(), xpm.ListOptions{Detailed: true}) {
			if err != nil {
				b.Fatal(err)
			}
			if seen++; seen%slice != 0 {
				continue
			}
			streaming += time.Since(start)
			start = time.Now()
			var list struct {
				Clients []xpm.ClientEntity `xml:"Clients>Client"`
			}
			if err := xml.Unmarshal(whole, &list); err != nil || len(list.Clients) != slice {
				b.Fatal(len(list.Clients), err)
			}
			unmarshalling += time.Since(start)
			slices++
			start = time.Now()
		}
		if seen != n {
			b.Fatalf("%d clients of %d", seen, n)
		}
	}
	size := float64(slices * len(whole))
	b.ReportMetric(size/1e6/streaming.Seconds(), "MB/s-stream")
	b.ReportMetric(size/1e6/unmarshalling.Seconds(), "MB/s-unmarshal")
	b.ReportMetric(unmarshalling.Seconds()/streaming.Seconds(), "ratio")
}

// F6 compares the two: one call, and the same with net/http and encoding/xml.
func BenchmarkGet(b *testing.B) {
	rt := ok("<Response><Status>OK</Status>" + fullClient(b) + "</Response>")
	b.Run("xpm", func(b *testing.B) {
		c := newClient(b, rt)
		b.ReportAllocs()
		for b.Loop() {
			getOurs(b, c)
		}
	})
	b.Run("raw", func(b *testing.B) {
		c := &http.Client{Transport: rt}
		b.ReportAllocs()
		for b.Loop() {
			getRaw(b, c)
		}
	})
}

// F7: a call makes at most 20 allocations more than net/http and encoding/xml.
func TestClients_Get_Allocations(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates too")
	}
	rt := ok("<Response><Status>OK</Status>" + fullClient(t) + "</Response>")
	raw := testing.AllocsPerRun(100, func() { getRaw(t, &http.Client{Transport: rt}) })
	c := newClient(t, rt)
	if ours := testing.AllocsPerRun(100, func() { getOurs(t, c) }); ours > raw+20 {
		t.Errorf("%.0f allocations, raw %.0f", ours, raw)
	}
}

func getOurs(t testing.TB, c *xpm.Client) {
	if _, err := c.Clients.Get(t.Context(), acme); err != nil {
		t.Fatal(err)
	}
}

func getRaw(t testing.TB, c *http.Client) {
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, xpm.DefaultBaseURL+"client.api/get/"+string(acme), nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer token")
	req.Header.Set("Xero-Tenant-Id", tenant)
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	var answer struct{ Client xpm.ClientEntity }
	body, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close(), xml.Unmarshal(body, &answer)); err != nil {
		t.Fatal(err)
	}
}

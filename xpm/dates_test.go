package xpm

import (
	"context"
	"errors"
	"iter"
	"strings"
	"testing"
	"time"
)

func TestBetween(t *testing.T) {
	on := func(text string) time.Time {
		d, err := time.Parse("20060102", text)
		if text != "" && err != nil {
			t.Fatal(err)
		}
		return d.Add(0)
	}
	for _, c := range []struct{ from, to, why string }{
		{"", "", "required"}, {"20250101", "", "required"}, {"", "20250101", "required"},
		{"20250102", "20250101", "before"},
		{"20250101", "20260101", "a year or more"}, {"20240229", "20250301", "a year or more"},
		{"20250101", "20251231", ""}, {"20250101", "20250101", ""}, {"20240229", "20250228", ""},
	} {
		from, to := time.Time{}, time.Time{}
		if c.from != "" {
			from = on(c.from)
		}
		if c.to != "" {
			to = on(c.to)
		}
		q, err := between("Op", from, to)
		switch {
		case c.why != "" && (!errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), c.why)):
			t.Errorf("%+v: %v", c, err)
		case c.why == "" && (err != nil || q.Get("from") != c.from || q.Get("to") != c.to):
			t.Errorf("%+v: %v %v", c, q, err)
		}
	}
	// The day is that of the caller's clock, and its time means nothing.
	late := time.Date(2025, 6, 30, 23, 59, 0, 0, time.FixedZone("AEST", 10*3600))
	if q, err := between("Op", late, late.Add(-time.Hour)); err != nil || q.Encode() != "from=20250630&to=20250630" {
		t.Errorf("%v %v", q, err)
	}
}

// days lists what is in a span: a thing a day, named by its date, and one that
// is in every span.
func days(spans *[]string) func(ctx context.Context, from, to time.Time) iter.Seq2[string, error] {
	return func(_ context.Context, from, to time.Time) iter.Seq2[string, error] {
		*spans = append(*spans, compactDate(from)+"-"+compactDate(to))
		return func(yield func(string, error) bool) {
			for d := from; !d.After(to); d = d.AddDate(0, 0, 1) {
				if !yield(isoDate(d), nil) {
					return
				}
			}
			if yield("always", nil) {
				yield("", nil)
			}
		}
	}
}

func TestWindows(t *testing.T) {
	from, to := time.Date(2023, 1, 1, 22, 0, 0, 0, time.FixedZone("NZ", 13*3600)), time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	key := func(s string) string { return s }
	var spans []string
	count := map[string]int{}
	for s, err := range windows(t.Context(), "Op", from, to, days(&spans), key) {
		if err != nil {
			t.Fatal(err)
		}
		count[s]++
	}
	if got := strings.Join(spans, " "); got != "20230101-20231226 20231227-20241220 20241221-20250101" {
		t.Error(got)
	}
	if len(count) != 732+2 || count["always"] != 1 || count["2023-12-26"] != 1 || count["2023-12-27"] != 1 || count["2025-01-01"] != 1 {
		t.Errorf("%d things, the one of each span %d times", len(count), count["always"])
	}
	if count[""] != 3 {
		t.Errorf("without a key %d times", count[""])
	}

	spans = nil
	for range windows(t.Context(), "Op", from, to, days(&spans), key) {
		break
	}
	if len(spans) != 1 {
		t.Errorf("%q asked for one thing", spans)
	}
	for _, span := range [][2]time.Time{{}, {from, {}}, {to, from}} {
		for _, err := range windows(t.Context(), "Op", span[0], span[1], days(&spans), key) {
			if !errors.Is(err, ErrInvalid) {
				t.Errorf("%v: %v", span, err)
			}
		}
	}
	broken := func(context.Context, time.Time, time.Time) iter.Seq2[string, error] {
		return func(yield func(string, error) bool) { _ = yield("a", nil) && yield("", context.Canceled) }
	}
	var last error
	calls := 0
	for _, err := range windows(t.Context(), "Op", from, to, broken, key) {
		last = err
		calls++
	}
	if _, ours := errors.AsType[*Error](last); !ours || !errors.Is(last, context.Canceled) || calls != 2 {
		t.Errorf("%v after %d", last, calls)
	}
}

func TestValidNumber(t *testing.T) {
	for number, want := range map[JobNumber]bool{"J000309": true, "ABC 123": true, "A/B": true, "": false, " ": false, ".": false, "..": false, " J1": false, "J\x00": false} {
		if got := validNumber(number); got != want {
			t.Errorf("%q: %v", number, got)
		}
	}
}

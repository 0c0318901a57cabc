package main

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/practicekit/offboarding/offboard"
)

// call tells whether the span is of an HTTP call.
func call(s tracetest.SpanStub) bool { return s.SpanKind == trace.SpanKindClient }

// ancestors are the names of the spans above s, from its parent to the root.
func ancestors(spans tracetest.SpanStubs, s tracetest.SpanStub) (names []string) {
	for up := 0; up < len(spans); up++ {
		if s.Parent.SpanID() == spans[up].SpanContext.SpanID() {
			s = spans[up]
			names, up = append(names, s.Name), -1
		}
	}
	return names
}

// Every request that reaches the caller's transport has a span, under the step
// that sent it, under the run: the clients send through Config.HTTPClient with
// the caller's context.
func TestRun_EveryCallHasASpan(t *testing.T) {
	for _, source := range []offboard.Source{offboard.SourceXPM, offboard.SourceMYOBAE} {
		t.Run(string(source), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := &base{}
				s := observe(t, source, b)
				if s.err != nil || s.report.State() != offboard.Done {
					t.Fatalf("%s, %v", s.report.State(), s.err)
				}
				spanOf := map[trace.SpanID]tracetest.SpanStub{}
				calls := 0
				for _, span := range s.spans {
					spanOf[span.SpanContext.SpanID()] = span
					if call(span) {
						calls++
					}
				}
				if calls != len(b.sent) || calls == 0 {
					t.Errorf("%d spans of calls, and %d requests", calls, len(b.sent))
				}
				for _, r := range b.sent {
					span, ok := spanOf[trace.SpanContextFromContext(r.Context()).SpanID()]
					if !ok || !call(span) {
						t.Errorf("%s %s was not sent under a span of a call", r.Method, r.URL.Path)
						continue
					}
					up := ancestors(s.spans, span)
					if len(up) != 2 || !strings.HasPrefix(up[0], "check ") && !strings.HasPrefix(up[0], "apply ") || up[1] != "off-board" {
						t.Errorf("%s is under %q, want a step of the run", span.Name, up)
					}
				}
			})
		})
	}
}

// A repeated call has a span for each attempt; the one that failed is an error,
// and its step is none, since the call went well in the end.
func TestRun_ServerErrorIsAnErrorSpan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		failed := false
		s := observe(t, offboard.SourceXPM, &base{broken: func(r *http.Request) (*http.Response, error) {
			if failed || !strings.HasSuffix(r.URL.Path, "/v1/account") {
				return nil, nil
			}
			failed = true
			w := httptest.NewRecorder()
			w.WriteHeader(http.StatusServiceUnavailable)
			return w.Result(), nil
		}})
		if s.err != nil || s.report.State() != offboard.Done {
			t.Fatalf("%s, %v", s.report.State(), s.err)
		}
		attempts := 0
		for _, span := range s.spans {
			if span.Status.Code != codes.Error || has(span, "http.response.status_code", "404") { // a 404 proves that a client has gone
				continue
			}
			if !call(span) || !has(span, "http.response.status_code", "503") {
				t.Errorf("%s is an error: %v", span.Name, span.Attributes)
			}
			attempts++
		}
		if attempts != 1 {
			t.Errorf("%d spans are errors, want the one attempt", attempts)
		}
	})
}

// A failure that stays is an error of the call, of its step and of the run, and
// an event of the run names its record in the journal.
func TestRun_FailureIsAnErrorOfTheStep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := observe(t, offboard.SourceXPM, &base{broken: func(r *http.Request) (*http.Response, error) {
			if !strings.HasSuffix(r.URL.Path, "/client.api/archive") {
				return nil, nil
			}
			w := httptest.NewRecorder()
			w.WriteHeader(http.StatusBadGateway)
			return w.Result(), nil
		}})
		if s.report.State() != offboard.Failed {
			t.Fatalf("%s, %v", s.report.State(), s.err)
		}
		found := map[string]bool{}
		for _, span := range s.spans {
			if span.Status.Code == codes.Error {
				found[span.Name] = true
			}
			if span.Name == "off-board" {
				for _, event := range span.Events {
					found["event of "+attributes(event.Attributes)[string(stepKey)]] = true
					if attributes(event.Attributes)[string(seqKey)] == "" {
						t.Error("an event names no record")
					}
				}
			}
		}
		for _, name := range []string{"PUT /practicemanager/3.1/client.api/archive", "apply archive-client", "off-board"} {
			if !found[name] {
				t.Errorf("%s is no error", name)
			}
		}
		if !found["event of archive-client"] {
			t.Error("the run's span has no event of archive-client")
		}
	})
}

func TestRun_Metrics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &base{}
		s := observe(t, offboard.SourceXPM, b)
		var calls, records uint64
		for _, scope := range s.metrics.ScopeMetrics {
			for _, m := range scope.Metrics {
				switch data := m.Data.(type) {
				case metricdata.Histogram[float64]:
					if m.Name == "http.client.request.duration" {
						for _, point := range data.DataPoints {
							calls += point.Count
						}
					}
				case metricdata.Sum[int64]:
					for _, point := range data.DataPoints {
						records += uint64(point.Value)
					}
				}
			}
		}
		if calls != uint64(len(b.sent)) {
			t.Errorf("%d calls are counted, and %d were sent", calls, len(b.sent))
		}
		if records == 0 {
			t.Error("no record is counted")
		}
	})
}

// The program itself: real HTTP on loopback, JSON on stdout, and a log whose
// lines lead to the spans.
func TestRun_WritesJSON(t *testing.T) {
	var stdout, stderr bytes.Buffer
	logger := slog.New(traced{slog.NewTextHandler(&stderr, &slog.HandlerOptions{Level: slog.LevelDebug})})
	if err := run(t.Context(), &stdout, logger); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(stderr.String(), "state=done") {
		t.Errorf("stderr: %s", stderr.String())
	}
	for line := range strings.Lines(stderr.String()) {
		if strings.Contains(line, "msg=attempt") && !strings.Contains(line, "span_id=") {
			t.Errorf("leads to no span: %s", line)
		}
	}
	spans, metrics := 0, 0
	for in := json.NewDecoder(&stdout); in.More(); {
		var v struct {
			SpanContext  json.RawMessage
			ScopeMetrics []json.RawMessage
		}
		if err := in.Decode(&v); err != nil {
			t.Fatal(err)
		}
		if v.SpanContext != nil {
			spans++
		}
		metrics += len(v.ScopeMetrics)
	}
	if spans == 0 || metrics == 0 {
		t.Errorf("%d spans, %d scopes of metrics", spans, metrics)
	}
}

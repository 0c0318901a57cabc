package main

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/offboard/offboardtest"
)

// world is a practice whose clients, contacts and documents have names that are
// found in nothing else.
func world() offboardtest.World {
	w := offboardtest.DefaultWorld(nimbus.EditionCDM, true)
	w.Contacts[1].FirstName, w.Contacts[1].Surname = "Wilhelmina", "Featherstone"
	return w
}

// base is the caller's own transport: it hands requests to a practice without a
// network, and keeps them.
type base struct {
	practice http.Handler
	// broken, if set, is what becomes of a request instead; nil leaves it alone.
	broken func(*http.Request) (*http.Response, error)

	mu   sync.Mutex
	sent []*http.Request
}

func (b *base) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer r.Body.Close()
	}
	b.mu.Lock()
	b.sent = append(b.sent, r)
	b.mu.Unlock()
	if b.broken != nil {
		if response, err := b.broken(r); response != nil || err != nil {
			return response, err
		}
	}
	in := r.Clone(r.Context())
	if in.Body == nil {
		in.Body = http.NoBody
	}
	w := httptest.NewRecorder()
	b.practice.ServeHTTP(w, in)
	return w.Result(), nil
}

// seen is what an exporter got of an off-boarding.
type seen struct {
	spans   tracetest.SpanStubs
	raw     tracetest.SpanStubs // as they were before redacting
	metrics metricdata.ResourceMetrics
	report  offboard.Report
	err     error
}

// observe off-boards the clients from the source through b. Call it in a bubble
// of testing/synctest, so that waits take no time.
func observe(t *testing.T, source offboard.Source, b *base) seen {
	t.Helper()
	if b.practice == nil {
		practice, err := offboardtest.New(world())
		if err != nil {
			t.Fatal(err)
		}
		b.practice = practice
	}
	exporter, recorder, reader := tracetest.NewInMemoryExporter(), tracetest.NewSpanRecorder(), sdkmetric.NewManualReader()
	tel, err := newTelemetry(exporter, reader)
	if err != nil {
		t.Fatal(err)
	}
	tel.spans.RegisterSpanProcessor(recorder)
	systems, err := connect("http://127.0.0.1", &http.Client{Transport: tel.transport(b)}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	var s seen
	s.report, s.err = tel.run(t.Context(), offboard.Runner{
		Plan:     offboard.NewPlan(leaving(source), systems),
		Journal:  &offboardtest.Journal{},
		Operator: offboard.Approve("pat", "engagements ended", nil),
		Wait:     time.Minute,
	})
	ctx := context.Background()
	if err := tel.spans.ForceFlush(ctx); err != nil {
		t.Error(err)
	}
	s.spans, s.raw = exporter.GetSpans(), tracetest.SpanStubsFromReadOnlySpans(recorder.Ended())
	if err := reader.Collect(ctx, &s.metrics); err != nil {
		t.Error(err)
	}
	if err := tel.shutdown(ctx); err != nil {
		t.Error(err)
	}
	return s
}

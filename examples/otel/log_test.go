package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/offboard/offboardtest"
)

// Without OpenTelemetry: the clients and the runner log by themselves, each
// attempt of a call and each record of the journal, and metadata only. What ended
// is at level Info, and what went wrong at Warn; the rest is at Debug.
func Example_slog() {
	logger := slog.New(slog.NewTextHandler(grep{regexp.MustCompile(`Clients\.Archive|outcome.*archive-client`), os.Stdout}, &slog.HandlerOptions{
		Level: slog.LevelDebug, ReplaceAttr: withoutTime,
	}))
	practice, err := offboardtest.New(offboardtest.DefaultWorld(nimbus.EditionCDM, true))
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(practice)
	defer server.Close()

	systems, err := connect(server.URL, &http.Client{}, logger) // Logger of xpm.Config and the others
	if err != nil {
		fmt.Println(err)
		return
	}
	runner := offboard.Runner{
		Plan:     offboard.NewPlan(leaving(offboard.SourceXPM), systems),
		Journal:  &offboardtest.Journal{},
		Operator: offboard.Approve("pat", "engagements ended", nil),
		Wait:     time.Minute,
		Logger:   logger,
	}
	if _, err := runner.Run(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Unordered output:
	// level=DEBUG msg=attempt service=xpm op=Clients.Archive method=PUT attempt=1 status=200
	// level=INFO msg=outcome step=archive-client state=done rule="R4, I1"
	// level=DEBUG msg=attempt service=xpm op=Clients.Archive method=PUT attempt=1 status=200
	// level=INFO msg=outcome step=archive-client state=done rule="R4, I1"
}

// grep writes the lines that match.
type grep struct {
	expr *regexp.Regexp
	w    io.Writer
}

func (g grep) Write(line []byte) (int, error) {
	if !g.expr.Match(line) {
		return len(line), nil
	}
	return g.w.Write(line)
}

// withoutTime leaves out what differs from run to run.
func withoutTime(_ []string, a slog.Attr) slog.Attr {
	switch a.Key {
	case slog.TimeKey, "duration", "request_id", "record":
		return slog.Attr{}
	}
	return a
}

// A line in the log leads to its trace, also from a logger that has attributes
// of its own.
func TestTraced_AddsTheSpan(t *testing.T) {
	ctx, span := sdktrace.NewTracerProvider().Tracer("").Start(t.Context(), "off-board")
	defer span.End()
	var out bytes.Buffer
	logger := slog.New(traced{slog.NewTextHandler(&out, nil)})
	for _, l := range []*slog.Logger{logger, logger.With("a", 1), logger.WithGroup("g")} {
		out.Reset()
		l.InfoContext(ctx, "attempt")
		for _, id := range []string{"trace_id=" + span.SpanContext().TraceID().String(), "span_id=" + span.SpanContext().SpanID().String()} {
			if !strings.Contains(out.String(), id) {
				t.Errorf("%q has no %s", out.String(), id)
			}
		}
	}
	out.Reset()
	if logger.Info("attempt"); strings.Contains(out.String(), "trace_id") {
		t.Errorf("without a span: %q", out.String())
	}
}

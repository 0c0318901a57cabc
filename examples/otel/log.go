package main

import (
	"context"
	"log/slog"

	"go.opentelemetry.io/otel/trace"
)

// traced adds to each log record the ids of the span that it was written under,
// so that a line in the log leads to its trace. Runner and clients log with the
// context that they were called with.
type traced struct{ slog.Handler }

// Handle adds the ids.
func (h traced) Handle(ctx context.Context, r slog.Record) error {
	if span := trace.SpanContextFromContext(ctx); span.IsValid() {
		r = r.Clone()
		r.AddAttrs(slog.String("trace_id", span.TraceID().String()), slog.String("span_id", span.SpanID().String()))
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs keeps the ids on loggers that are made with Logger.With.
func (h traced) WithAttrs(attrs []slog.Attr) slog.Handler { return traced{h.Handler.WithAttrs(attrs)} }

// WithGroup keeps the ids on loggers that are made with Logger.WithGroup, in the
// group.
func (h traced) WithGroup(name string) slog.Handler { return traced{h.Handler.WithGroup(name)} }

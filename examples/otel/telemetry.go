package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/exporters/stdout/stdoutmetric"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

// telemetry makes the spans and the metrics of off-boardings.
type telemetry struct {
	spans   *sdktrace.TracerProvider
	metrics *sdkmetric.MeterProvider
	tracer  trace.Tracer
	records metric.Int64Counter
}

// toStdout writes every span, and the metrics when it is shut down, as JSON. A
// service takes the exporters of OTLP instead.
func toStdout(w io.Writer) (telemetry, error) {
	spans, err := stdouttrace.New(stdouttrace.WithWriter(w))
	if err != nil {
		return telemetry{}, err
	}
	metrics, err := stdoutmetric.New(stdoutmetric.WithWriter(w))
	if err != nil {
		return telemetry{}, err
	}
	return newTelemetry(spans, sdkmetric.NewPeriodicReader(metrics))
}

// newTelemetry hands the spans to the exporter without what must not leave the
// process. It does so in batches in the background, and drops spans when the
// exporter is too slow: the run is never held up.
func newTelemetry(exporter sdktrace.SpanExporter, reader sdkmetric.Reader) (telemetry, error) {
	service := resource.NewWithAttributes(semconv.SchemaURL, semconv.ServiceName("offboarding"))
	t := telemetry{
		spans:   sdktrace.NewTracerProvider(sdktrace.WithResource(service), sdktrace.WithBatcher(redacting{exporter})),
		metrics: sdkmetric.NewMeterProvider(sdkmetric.WithResource(service), sdkmetric.WithReader(reader)),
	}
	const scope = "github.com/practicekit/offboarding/examples/otel"
	t.tracer = t.spans.Tracer(scope)
	var err error
	t.records, err = t.metrics.Meter(scope).Int64Counter("offboarding.records",
		metric.WithDescription("Records of the journal, by kind, step and state."), metric.WithUnit("{record}"))
	return t, err
}

// shutdown exports what is left.
func (t telemetry) shutdown(ctx context.Context) error {
	err := errors.Join(t.spans.Shutdown(ctx), t.metrics.Shutdown(ctx))
	if err != nil {
		return fmt.Errorf("some of the telemetry is lost: %w", err)
	}
	return nil
}

// transport wraps the caller's transport, so that each attempt of each call has
// a span, and counts in http.client.request.duration.
func (t telemetry) transport(base http.RoundTripper) http.RoundTripper {
	return otelhttp.NewTransport(base,
		otelhttp.WithTracerProvider(t.spans),
		otelhttp.WithMeterProvider(t.metrics),
		otelhttp.WithSpanNameFormatter(func(_ string, r *http.Request) string { return r.Method + " " + route(r.URL.Path) }),
		// The vendors get no trace ids and no baggage, whatever the process propagates.
		otelhttp.WithPropagators(propagation.NewCompositeTextMapPropagator()),
	)
}

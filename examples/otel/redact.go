package main

import (
	"context"
	"regexp"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
)

// exported are the only attributes of a span that leave the process. otelhttp also sets
// url.full, the whole address: its query holds Client Codes, names of documents
// and whatever else a vendor asks for, and no option of otelhttp leaves it out.
var exported = map[attribute.Key]bool{
	semconv.HTTPRequestMethodKey:      true,
	semconv.HTTPResponseStatusCodeKey: true,
	semconv.ServerAddressKey:          true,
	semconv.ServerPortKey:             true,
	semconv.NetworkProtocolVersionKey: true,
	semconv.ErrorTypeKey:              true,
	clientKey:                         true,
	stepKey:                           true,
	stateKey:                          true,
	kindKey:                           true,
	seqKey:                            true,
}

// redacting is an exporter that sees of each span only what may leave.
type redacting struct{ sdktrace.SpanExporter }

// ExportSpans exports the spans without the rest of them.
func (e redacting) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	clean := make([]sdktrace.ReadOnlySpan, len(spans))
	for i, span := range spans {
		clean[i] = redacted{span}
	}
	return e.SpanExporter.ExportSpans(ctx, clean)
}

type redacted struct{ sdktrace.ReadOnlySpan }

// Attributes are those that are exported.
func (s redacted) Attributes() []attribute.KeyValue { return only(s.ReadOnlySpan.Attributes()) }

// Events are the events with such attributes only.
func (s redacted) Events() []sdktrace.Event {
	events := s.ReadOnlySpan.Events()
	clean := make([]sdktrace.Event, len(events))
	for i, event := range events {
		event.Attributes = only(event.Attributes)
		clean[i] = event
	}
	return clean
}

// Status is without its description, where otelhttp puts the text of the
// transport's error: it may quote the address or the answer.
func (s redacted) Status() sdktrace.Status {
	return sdktrace.Status{Code: s.ReadOnlySpan.Status().Code}
}

func only(attributes []attribute.KeyValue) []attribute.KeyValue {
	var clean []attribute.KeyValue
	for _, a := range attributes {
		if exported[a.Key] {
			clean = append(clean, a)
		}
	}
	return clean
}

// ofAPI is a path element that belongs to the API: "clients", "client.api",
// "portal-access", "v1", "3.1". An id of a vendor's has digits.
var ofAPI = regexp.MustCompile(`^([A-Za-z]+([.-][A-Za-z]+)*|v[0-9]+|[0-9]+\.[0-9]+)$`)

// route is the path with its ids left out. As a span's name it has few values,
// and names nobody.
func route(path string) string {
	elements := strings.Split(path, "/")
	for i, element := range elements {
		if element != "" && !ofAPI.MatchString(element) {
			elements[i] = "{id}"
		}
	}
	return strings.Join(elements, "/")
}

package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/offboard/offboardtest"
)

// attributes are attributes by key, as text.
func attributes(list []attribute.KeyValue) map[string]string {
	texts := map[string]string{}
	for _, a := range list {
		texts[string(a.Key)] = a.Value.String()
	}
	return texts
}

func has(s tracetest.SpanStub, key, value string) bool { return attributes(s.Attributes)[key] == value }

// confidential are the names, addresses, codes and secrets of the world, and
// what a query begins with.
func confidential(w offboardtest.World) []string {
	texts := []string{offboardtest.XPMToken, offboardtest.MYOBAEToken, offboardtest.Password, offboardtest.Tenant, "Bearer", "?"}
	for _, c := range w.Clients {
		texts = append(texts, c.Code, c.Name)
		for _, d := range c.Nimbus.Documents {
			texts = append(texts, d.Name, d.Content)
		}
	}
	for _, c := range w.Contacts {
		texts = append(texts, c.FirstName, c.Surname, c.Email)
	}
	return texts
}

func leaks(t *testing.T, what any) (found []string) {
	t.Helper()
	data, err := json.Marshal(what)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range confidential(world()) {
		if strings.Contains(string(data), text) {
			found = append(found, text)
		}
	}
	return found
}

// I8: no secret and no personal data leaves the process, in spans or metrics.
func TestExported_HoldsNothingConfidential(t *testing.T) {
	for _, source := range []offboard.Source{offboard.SourceXPM, offboard.SourceMYOBAE} {
		t.Run(string(source), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := observe(t, source, &base{})
				if found := leaks(t, s.spans); len(found) > 0 {
					t.Errorf("the spans hold %q", found)
				}
				if found := leaks(t, s.metrics); len(found) > 0 {
					t.Errorf("the metrics hold %q", found)
				}
				if len(leaks(t, s.raw)) == 0 {
					t.Error("nothing had to be redacted, so this test proves nothing")
				}
				for _, span := range s.spans {
					for key := range attributes(span.Attributes) {
						if !exported[attribute.Key(key)] {
							t.Errorf("%s has %s", span.Name, key)
						}
					}
				}
			})
		})
	}
}

// The text of a transport's error may quote anything, and stays here.
func TestExported_HoldsNoTextOfErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := observe(t, offboard.SourceXPM, &base{broken: func(r *http.Request) (*http.Response, error) {
			return nil, errors.New("malformed answer: Wilhelmina Featherstone")
		}})
		if s.err == nil && s.report.State() != offboard.Failed {
			t.Fatalf("%s", s.report.State())
		}
		errors := 0
		for _, span := range s.spans {
			if span.Status.Code == codes.Error && call(span) {
				errors++
			}
		}
		if errors == 0 {
			t.Error("no call is an error")
		}
		if found := leaks(t, s.spans); len(found) > 0 {
			t.Errorf("the spans hold %q", found)
		}
		if len(leaks(t, s.raw)) == 0 {
			t.Error("nothing had to be redacted, so this test proves nothing")
		}
	})
}

// The vendors learn nothing of the caller's traces, whatever the process does.
func TestTransport_SendsNoTrace(t *testing.T) {
	before := otel.GetTextMapPropagator()
	otel.SetTextMapPropagator(propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{}))
	defer otel.SetTextMapPropagator(before)
	synctest.Test(t, func(t *testing.T) {
		b := &base{}
		observe(t, offboard.SourceXPM, b)
		for _, r := range b.sent {
			for _, name := range []string{"Traceparent", "Tracestate", "Baggage"} {
				if r.Header.Get(name) != "" {
					t.Fatalf("%s %s has the header %s", r.Method, r.URL.Path, name)
				}
			}
		}
	})
}

func TestRoute(t *testing.T) {
	for path, want := range map[string]string{
		"/nimbus/v1/clients":                    "/nimbus/v1/clients",
		"/nimbus/v1/clients/cl-4711/email-jobs": "/nimbus/v1/clients/{id}/email-jobs",
		"/practicemanager/3.1/client.api/get/409f60e8-7a2e-4b4c-9d1a-0f3c1f2e4d5b":          "/practicemanager/3.1/client.api/get/{id}",
		"/practicemanager/3.1/job.api/get/J000123":                                          "/practicemanager/3.1/job.api/get/{id}",
		"/myobae/v1/Client/409f60e8-7a2e-4b4c-9d1a-0f3c1f2e4d5b/ExtraField/Nimbus%20Portal": "/myobae/v1/Client/{id}/ExtraField/{id}",
		"/v1/documents/12/content":                                                          "/v1/documents/{id}/content",
		"/v1/contacts/pat@example.com":                                                      "/v1/contacts/{id}",
		"/":                                                                                 "/",
	} {
		if got := route(path); got != want {
			t.Errorf("route(%q) = %q, want %q", path, got, want)
		}
	}
}

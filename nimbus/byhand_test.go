package nimbus_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/practicekit/offboarding/nimbus"
)

// P9: whatever a server does not offer, the error says what a person does.
func TestError_ByHand(t *testing.T) {
	c := client(t, roundTripper(func(*http.Request) (*http.Response, error) {
		return answer(501, "application/problem+json", `{"status":501,"code":"capability-unavailable"}`), nil
	}), token("example"))
	for name, do := range calls {
		if strings.HasPrefix(name, "account_") {
			continue // always offered
		}
		_, err := do(t.Context(), c)
		e, ok := errors.AsType[*nimbus.Error](err)
		if !ok || !errors.Is(err, nimbus.ErrCapabilityUnavailable) || e.ByHand == nil || e.ByHand.Where == "" || !strings.Contains(err.Error(), e.ByHand.Where) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := c.Do(t.Context(), nimbus.Request{Op: "Other.Thing", Method: http.MethodGet, Path: []string{"v1", "other"}})
	if e, ok := errors.AsType[*nimbus.Error](err); !ok || e.ByHand != nil {
		t.Errorf("an operation that is not known: %v", err)
	}
	c = client(t, roundTripper(func(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF }), token("example"))
	if e, ok := errors.AsType[*nimbus.Error](c.Clients.Delete(t.Context(), "c-1")); !ok || e.ByHand != nil {
		t.Errorf("an operation that may be offered: %v", e)
	}
}

func TestByHandFor(t *testing.T) {
	for _, c := range nimbus.Capabilities() {
		task := nimbus.ByHandFor(c)
		if task.Where == "" || len(task.Steps) == 0 {
			t.Errorf("%s: %+v", c, task)
		}
	}
	if task := nimbus.ByHandFor("other"); task.Where != "" || task.Steps != nil {
		t.Errorf("a capability that is not known: %+v", task)
	}
	first := nimbus.ByHandFor(nimbus.CapabilitySyncStart)
	first.Steps[0] = "changed"
	if nimbus.ByHandFor(nimbus.CapabilitySyncStart).Steps[0] == "changed" {
		t.Error("a caller changed what others read")
	}
}

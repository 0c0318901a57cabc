package myobae_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/practicekit/offboarding/myobae"
)

func TestNewClient(t *testing.T) {
	for name, cfg := range map[string]myobae.Config{
		"no gateway":            {},
		"http":                  {BaseURL: "http://ae-gateway.example.com/"},
		"loopback not asked":    {BaseURL: "http://127.0.0.1:8080/"},
		"http beyond loopback":  {BaseURL: "http://ae-gateway.example.com/", InsecureLoopback: true},
		"credentials in it":     {BaseURL: "https://user:word@ae-gateway.example.com/"},
		"not an absolute adres": {BaseURL: "/v1"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := myobae.NewClient(cfg)
			if err == nil || !strings.Contains(err.Error(), "BaseURL") {
				t.Errorf("error is %v", err)
			}
		})
	}
	if _, err := myobae.NewClient(myobae.Config{BaseURL: "http://localhost:8080/ae", InsecureLoopback: true}); err != nil {
		t.Error(err)
	}
}

func TestInfo_Get(t *testing.T) {
	t.Run("forbidden", func(t *testing.T) {
		_, err := recorded(t, "info_get_forbidden").Info.Get(t.Context())
		if e := wantError(t, err, myobae.ErrForbidden); e.Name != myobae.NameAccessDenied || e.Description != "You are not authorised" {
			t.Errorf("error is %+v", e)
		}
	})
	for _, body := range []string{`{}`, `null`, `{"Version":"1.0"}`, `{"Version":"1.0","Capabilities":null}`, `<html>`, ``} {
		t.Run("answer "+body, func(t *testing.T) {
			_, err := answering(t, 200, body).Info.Get(t.Context())
			wantError(t, err, myobae.ErrInvalid)
		})
	}
	t.Run("told", func(t *testing.T) {
		got, err := recorded(t, "info_get").Info.Get(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		wantDiff(t, myobae.Info{Version: "1.0", AEVersion: "2026.1", ReadOnly: true, Capabilities: []myobae.Capability{
			myobae.CapabilityClosePreflight, myobae.CapabilityCloseClient, myobae.CapabilityClearExtraField, "SomethingNew",
		}}, got)
		if got.Offers("Reopen") || !got.Offers(myobae.CapabilityCloseClient) {
			t.Error("Offers does not follow Capabilities")
		}
	})
}

func TestOperations_Get(t *testing.T) {
	t.Run("unknown", func(t *testing.T) {
		_, err := recorded(t, "operations_get_notfound").Operations.Get(t.Context(), operationUID)
		wantError(t, err, myobae.ErrNotFound)
	})
	t.Run("malformed UID", func(t *testing.T) {
		_, err := silent(t).Operations.Get(t.Context(), "")
		wantError(t, err, myobae.ErrInvalid)
	})
	for _, body := range []string{`{}`, `{"UID":"another","State":"Succeeded"}`, `{"UID":"` + string(operationUID) + `","State":""}`} {
		t.Run("answer "+body, func(t *testing.T) {
			_, err := answering(t, 200, body).Operations.Get(t.Context(), operationUID)
			wantError(t, err, myobae.ErrInvalid)
		})
	}
	t.Run("told", func(t *testing.T) {
		got, err := recorded(t, "operations_get").Operations.Get(t.Context(), operationUID)
		if err != nil {
			t.Fatal(err)
		}
		wantDiff(t, myobae.Operation{UID: operationUID, State: myobae.OperationSucceeded}, got)
	})
	for state, finished := range map[myobae.OperationState]bool{
		myobae.OperationPending: false, myobae.OperationAwaitingOperator: false, "Paused": false,
		myobae.OperationSucceeded: true, myobae.OperationFailed: true,
	} {
		if state.Finished() != finished {
			t.Errorf("%s: finished is %t", state, state.Finished())
		}
	}
}

// The name of a refusal decides, in whatever shape it comes.
func TestError(t *testing.T) {
	for _, tc := range []struct {
		status int
		body   string
		kind   error
		name   string
		code   string
	}{
		{400, `{"Errors":[{"Name":"NotAClient","ErrorCode":null}]}`, myobae.ErrConflict, "NotAClient", ""},
		{400, `{"Name":"IncorrectRowVersionSupplied","ErrorCode":111}`, myobae.ErrConflict, "IncorrectRowVersionSupplied", "111"},
		{409, `{"Errors":[{"Name":"ExpectedCodeMismatch","ErrorCode":"x"}]}`, myobae.ErrConflict, "ExpectedCodeMismatch", "x"},
		{403, `{"Errors":[{"Name":"RateLimitError","Severity":"Error"}]}`, myobae.ErrRateLimited, "RateLimitError", ""},
		{403, `{"Errors":[{"Name":"GatewayReadOnly"}]}`, myobae.ErrReadOnly, "GatewayReadOnly", ""},
		{403, `{"Message":"no","ErrorCode":"AccessDenied"}`, myobae.ErrForbidden, "AccessDenied", "AccessDenied"},
		{409, `{"Errors":[{"Name":"Hint","Severity":"Warning"},{"Name":"ClientCannotBeClosed","Severity":"Error"}]}`, myobae.ErrConflict, "ClientCannotBeClosed", ""},
		{400, `{"Errors":[{"Name":"FieldIsMandatory"}]}`, myobae.ErrInvalid, "FieldIsMandatory", ""},
		{400, `{"Name":"OperationUnderWay"}`, myobae.ErrConflict, "OperationUnderWay", ""},
		{409, `{"Name":"FieldValueInvalid"}`, myobae.ErrInvalid, "FieldValueInvalid", ""},
		{404, `{"Name":"CapabilityUnavailable"}`, myobae.ErrCapabilityUnavailable, "CapabilityUnavailable", ""},
		{409, `<html>conflict</html>`, myobae.ErrConflict, "", ""},
		{404, `{"Errors":[]}`, myobae.ErrNotFound, "", ""},
		{409, `null`, myobae.ErrConflict, "", ""},
		{503, `{"Name":"AccessDenied"}`, myobae.ErrUnavailable, "AccessDenied", ""},
	} {
		t.Run(tc.body, func(t *testing.T) {
			_, err := answering(t, tc.status, tc.body).Info.Get(t.Context())
			if e := wantError(t, err, tc.kind); e.Name != tc.name || e.Code != tc.code {
				t.Errorf("name %q code %q", e.Name, e.Code)
			}
		})
	}
}

func TestError_text(t *testing.T) {
	e := &myobae.Error{Op: "Clients.Close", StatusCode: 409, Name: "NotAClient", Description: "It is a contact", RequestID: "r-1", Err: myobae.ErrConflict}
	want := "myobae: Clients.Close: conflict with the state on the server: NotAClient: It is a contact (status 409, request r-1)"
	if got := e.Error(); got != want {
		t.Errorf("text is %q, want %q", got, want)
	}
	if got := (&myobae.Error{Op: "Info.Get", Name: "X", Err: myobae.ErrInvalid}).Error(); !strings.HasSuffix(got, ": X") {
		t.Errorf("text is %q", got)
	}
}

func TestClient_Do(t *testing.T) {
	t.Run("a forgotten effect is not repeated", func(t *testing.T) {
		sent := 0
		c, err := myobae.NewClient(myobae.Config{
			BaseURL: "https://ae-gateway.example.com/",
			HTTPClient: &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
				sent++
				return nil, errors.New("connection reset")
			})},
		})
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Do(t.Context(), myobae.Request{Op: "Clients.Reopen", Method: http.MethodPost, Path: "v1/Client/1/Reopen"})
		wantError(t, err, myobae.ErrOutcomeUnknown)
		if sent != 1 {
			t.Errorf("sent %d times", sent)
		}
	})
	t.Run("answered", func(t *testing.T) {
		got, err := answering(t, 200, `{"a":1}`).Do(t.Context(), myobae.Request{Op: "X", Effect: myobae.EffectRead, Method: http.MethodGet, Path: "v1/X"})
		if err != nil || string(got.Body) != `{"a":1}` || got.StatusCode != 200 || got.Attempts != 1 {
			t.Errorf("answer %+v, error %v", got, err)
		}
	})
}

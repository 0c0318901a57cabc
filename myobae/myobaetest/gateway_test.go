package myobaetest_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"

	"github.com/practicekit/offboarding/myobae"
	"github.com/practicekit/offboarding/myobae/myobaetest"
)

// direct answers requests from a handler, without a socket.
type direct struct{ http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	in := r.Clone(r.Context())
	if in.Body == nil {
		in.Body = http.NoBody
	}
	d.ServeHTTP(w, in)
	return w.Result(), nil
}

// practice is a gateway with one client, a client on it, and the effects seen.
type practice struct {
	*myobaetest.Gateway
	api     *myobae.Client
	uid     myobae.ClientUID
	effects []string
}

func open(t *testing.T, cfg myobaetest.Config) *practice {
	t.Helper()
	p := &practice{}
	cfg.Token = "token"
	cfg.OnEffect = func(operation, client, target string, destructive, changed bool) {
		p.Clients() // it is called under no lock
		p.effects = append(p.effects, fmt.Sprintf("%s %s %s %t %t", operation, client, target, destructive, changed))
	}
	p.Gateway = myobaetest.New(cfg)
	p.uid = p.AddClient(myobaetest.Client{Code: "SMITHJ01", Name: "Example Holdings", ExtraFields: map[string]any{"Nimbus Portal": true}})
	p.api = dial(t, p.Gateway, "token")
	return p
}

func dial(t *testing.T, h http.Handler, token string) *myobae.Client {
	t.Helper()
	api, err := myobae.NewClient(myobae.Config{
		BaseURL:     "https://ae-gateway.example.com/",
		TokenSource: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: token}),
		HTTPClient:  &http.Client{Transport: direct{h}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return api
}

func (p *practice) version() string {
	c, _ := p.Client("SMITHJ01")
	return c.RowVersion
}

func (p *practice) close(t *testing.T) (myobae.ChangeResult, error) {
	return p.api.Clients.Close(t.Context(), p.uid, myobae.CloseParams{RowVersion: p.version(), ExpectedCode: "SMITHJ01"})
}

func (p *practice) clear(t *testing.T, name string, mandatory bool) (myobae.ChangeResult, error) {
	return p.api.ExtraFields.Clear(t.Context(), p.uid, name,
		myobae.ClearParams{RowVersion: p.version(), ExpectedCode: "SMITHJ01", Mandatory: mandatory})
}

func (p *practice) wantEffects(t *testing.T, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, p.effects); diff != "" {
		t.Errorf("effects (-want +got):\n%s", diff)
	}
}

// wantRefusal checks the kind and the name of a refusal.
func wantRefusal(t *testing.T, err, kind error, name string) {
	t.Helper()
	var e *myobae.Error
	if !errors.As(err, &e) || !errors.Is(err, kind) || e.Name != name {
		t.Errorf("error is %v, want %v named %q", err, kind, name)
	}
}

func TestGateway_refusals(t *testing.T) {
	t.Run("token", func(t *testing.T) {
		p := open(t, myobaetest.Config{})
		_, err := dial(t, p.Gateway, "another").Info.Get(t.Context())
		wantRefusal(t, err, myobae.ErrUnauthorized, "OAuthTokenIsInvalid")
	})
	t.Run("unknown client", func(t *testing.T) {
		p := open(t, myobaetest.Config{})
		_, err := p.api.Clients.Get(t.Context(), "0")
		wantRefusal(t, err, myobae.ErrNotFound, "NotFound")
		_, err = p.api.Clients.ClosePreflight(t.Context(), "0")
		wantRefusal(t, err, myobae.ErrNotFound, "NotFound")
		_, err = p.api.Clients.Close(t.Context(), "0", myobae.CloseParams{RowVersion: "1", ExpectedCode: "X"})
		wantRefusal(t, err, myobae.ErrNotFound, "NotFound")
		_, err = p.api.Operations.Get(t.Context(), "0")
		wantRefusal(t, err, myobae.ErrNotFound, "NotFound")
		p.wantEffects(t, "close-client  0 true false")
	})
	t.Run("not offered", func(t *testing.T) {
		p := open(t, myobaetest.Config{Capabilities: []myobae.Capability{}})
		_, err := p.close(t)
		wantRefusal(t, err, myobae.ErrCapabilityUnavailable, "CapabilityUnavailable")
		_, err = p.clear(t, "Nimbus Portal", false)
		wantRefusal(t, err, myobae.ErrCapabilityUnavailable, "CapabilityUnavailable")
		_, err = p.api.Clients.ClosePreflight(t.Context(), p.uid)
		wantRefusal(t, err, myobae.ErrCapabilityUnavailable, "CapabilityUnavailable")
		if info, err := p.api.Info.Get(t.Context()); err != nil || info.Offers(myobae.CapabilityCloseClient) {
			t.Errorf("info %+v, error %v", info, err)
		}
	})
	t.Run("read-only", func(t *testing.T) {
		p := open(t, myobaetest.Config{})
		p.SetReadOnly(true)
		_, err := p.close(t)
		wantRefusal(t, err, myobae.ErrReadOnly, myobae.NameGatewayReadOnly)
		if info, err := p.api.Info.Get(t.Context()); err != nil || !info.ReadOnly {
			t.Errorf("info %+v, error %v", info, err)
		}
		p.wantEffects(t, "close-client SMITHJ01 "+string(p.uid)+" true false")
	})
	t.Run("another code", func(t *testing.T) {
		p := open(t, myobaetest.Config{})
		_, err := p.api.Clients.Close(t.Context(), p.uid, myobae.CloseParams{RowVersion: p.version(), ExpectedCode: "JONES"})
		wantRefusal(t, err, myobae.ErrConflict, myobae.NameExpectedCodeMismatch)
	})
	t.Run("changed since", func(t *testing.T) {
		p := open(t, myobaetest.Config{})
		stale := p.version()
		p.SetExtraField("SMITHJ01", "Nimbus Portal", "Yes")
		_, err := p.api.Clients.Close(t.Context(), p.uid, myobae.CloseParams{RowVersion: stale, ExpectedCode: "SMITHJ01"})
		wantRefusal(t, err, myobae.ErrConflict, myobae.NameIncorrectRowVersionSupplied)
	})
	t.Run("a contact", func(t *testing.T) {
		p := open(t, myobaetest.Config{})
		uid := p.AddClient(myobaetest.Client{Code: "CONTACT", NotAClient: true})
		c, err := p.api.Clients.Get(t.Context(), uid)
		if err != nil || c.IsClient {
			t.Fatalf("client %+v, error %v", c, err)
		}
		_, err = p.api.Clients.Close(t.Context(), uid, myobae.CloseParams{RowVersion: c.RowVersion, ExpectedCode: "CONTACT"})
		wantRefusal(t, err, myobae.ErrConflict, myobae.NameNotAClient)
	})
	t.Run("blocked", func(t *testing.T) {
		p := open(t, myobaetest.Config{})
		uid := p.AddClient(myobaetest.Client{Code: "BUSY", Preflight: myobae.ClosePreflight{Blockers: []myobae.Finding{{Name: "DraftBills", Message: "1 draft bill"}}}})
		c, _ := p.Client("BUSY")
		_, err := p.api.Clients.Close(t.Context(), uid, myobae.CloseParams{RowVersion: c.RowVersion, ExpectedCode: "BUSY"})
		wantRefusal(t, err, myobae.ErrConflict, myobae.NameClientCannotBeClosed)
		if pre, err := p.api.Clients.ClosePreflight(t.Context(), uid); err != nil || len(pre.Blockers) != 1 || pre.Warnings == nil {
			t.Errorf("preflight %+v, error %v", pre, err)
		}
	})
	t.Run("fields", func(t *testing.T) {
		p := open(t, myobaetest.Config{ExtraFieldNames: []string{"Nimbus Portal", "Reason"}, MandatoryFields: []string{"nimbus portal"}})
		_, err := p.clear(t, "Other", false)
		wantRefusal(t, err, myobae.ErrForbidden, myobae.NameFieldNotWritable)
		_, err = p.clear(t, "Nimbus Portal", false)
		wantRefusal(t, err, myobae.ErrInvalid, myobae.NameFieldIsMandatory)
		_, err = open(t, myobaetest.Config{}).clear(t, "Other", false)
		wantRefusal(t, err, myobae.ErrNotFound, "NotFound")
	})
}

func TestGateway_FindByCode(t *testing.T) {
	p := open(t, myobaetest.Config{})
	p.AddClient(myobaetest.Client{Code: "O'BRIEN"})
	for range 3 {
		p.AddClient(myobaetest.Client{Code: "TWIN"})
	}
	for code, want := range map[string]int{"NOBODY": 0, "smithj01": 1, "O'BRIEN": 1, "TWIN": 2} {
		if got, err := p.api.Clients.FindByCode(t.Context(), code); err != nil || len(got) != want {
			t.Errorf("%s: %d clients, error %v; want %d", code, len(got), err, want)
		}
	}
}

func TestGateway_Close(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := open(t, myobaetest.Config{})
		before := p.version()
		got, err := p.close(t)
		if err != nil || got.Client == nil || got.Client.Status != myobae.StatusClosed || got.Client.ClosedDate != "2000-01-01" || got.Client.RowVersion == before {
			t.Fatalf("result %+v, error %v", got.Client, err)
		}
		// Closing again changes nothing, whatever the RowVersion.
		again, err := p.api.Clients.Close(t.Context(), p.uid, myobae.CloseParams{RowVersion: before, ExpectedCode: "SMITHJ01"})
		if err != nil || again.Client.RowVersion != got.Client.RowVersion {
			t.Errorf("result %+v, error %v", again.Client, err)
		}
		effect := "close-client SMITHJ01 " + string(p.uid) + " true "
		p.wantEffects(t, effect+"true", effect+"false")
		if len(p.Operations()) != 0 {
			t.Error("a write that is done at once is an operation")
		}
		// I11: a person opens it again.
		if !p.SetStatus("SMITHJ01", myobae.StatusOpen) {
			t.Error("no such client")
		}
		if c, _ := p.Client("SMITHJ01"); c.Status != myobae.StatusOpen || c.ClosedDate != "" {
			t.Errorf("client is %+v", c)
		}
	})
}

func TestGateway_Clear(t *testing.T) {
	p := open(t, myobaetest.Config{ExtraFieldNames: []string{"Nimbus Portal"}})
	p.SetExtraField("SMITHJ01", "Hidden", "x")
	for _, mandatory := range []bool{false, true} {
		p.SetExtraField("SMITHJ01", "nimbus portal", true)
		got, err := p.clear(t, "Nimbus Portal", mandatory)
		if err != nil || len(got.Client.ExtraFields) != 1 || got.Client.ExtraFields[0].IsSet() || got.Client.ExtraFields[0].DataType != "Flag" {
			t.Fatalf("result %+v, error %v", got.Client, err)
		}
		if want := map[bool]string{false: "null", true: "false"}[mandatory]; string(got.Client.ExtraFields[0].Value) != want {
			t.Errorf("value is %s, want %s", got.Client.ExtraFields[0].Value, want)
		}
		if again, err := p.clear(t, "Nimbus Portal", mandatory); err != nil || again.Client.RowVersion != got.Client.RowVersion {
			t.Errorf("result %+v, error %v", again.Client, err)
		}
	}
	effect := "clear-extra-field SMITHJ01 " + string(p.uid) + "/Nimbus Portal true "
	p.wantEffects(t, effect+"true", effect+"false", effect+"true", effect+"false")
}

func TestGateway_operations(t *testing.T) {
	awaiting := func(t *testing.T, cfg myobaetest.Config) (*practice, myobae.OperationUID) {
		t.Helper()
		p := open(t, cfg)
		got, err := p.close(t)
		if err != nil || got.Operation == nil {
			t.Fatalf("result %+v, error %v", got, err)
		}
		return p, got.Operation.UID
	}
	wantState := func(t *testing.T, p *practice, uid myobae.OperationUID, state myobae.OperationState, status myobae.Status) {
		t.Helper()
		o, err := p.api.Operations.Get(t.Context(), uid)
		if err != nil || o.State != state {
			t.Errorf("operation %+v, error %v; want %s", o, err, state)
		}
		if c, _ := p.Client("SMITHJ01"); c.Status != status {
			t.Errorf("client is %s, want %s", c.Status, status)
		}
	}
	t.Run("failed", func(t *testing.T) {
		p, uid := awaiting(t, myobaetest.Config{AwaitOperator: true})
		p.FailOperations("", "nobody there")
		wantState(t, p, uid, myobae.OperationFailed, myobae.StatusOpen)
		p.CompleteOperations()
		wantState(t, p, uid, myobae.OperationFailed, myobae.StatusOpen)
	})
	t.Run("a second write joins the first", func(t *testing.T) {
		p, uid := awaiting(t, myobaetest.Config{AwaitOperator: true})
		again, err := p.close(t)
		if err != nil || again.Operation == nil || again.Operation.UID != uid || len(p.Operations()) != 1 {
			t.Errorf("result %+v, error %v", again, err)
		}
		effect := "close-client SMITHJ01 " + string(p.uid) + " true "
		p.wantEffects(t, effect+"true", effect+"false")
		wantState(t, p, uid, myobae.OperationAwaitingOperator, myobae.StatusOpen)
	})
	t.Run("completed", func(t *testing.T) {
		p, uid := awaiting(t, myobaetest.Config{AwaitOperator: true})
		p.CompleteOperations()
		wantState(t, p, uid, myobae.OperationSucceeded, myobae.StatusClosed)
	})
	t.Run("a person closes it in AE", func(t *testing.T) {
		p, uid := awaiting(t, myobaetest.Config{AwaitOperator: true})
		p.SetStatus("SMITHJ01", myobae.StatusClosed)
		wantState(t, p, uid, myobae.OperationSucceeded, myobae.StatusClosed)
	})
	t.Run("in time", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p, uid := awaiting(t, myobaetest.Config{OperationTakes: time.Hour})
			time.Sleep(time.Hour - time.Nanosecond)
			wantState(t, p, uid, myobae.OperationPending, myobae.StatusOpen)
			time.Sleep(time.Nanosecond)
			wantState(t, p, uid, myobae.OperationSucceeded, myobae.StatusClosed)
		})
	})
	t.Run("a field", func(t *testing.T) {
		p := open(t, myobaetest.Config{AwaitOperator: true})
		got, err := p.clear(t, "Nimbus Portal", false)
		if err != nil || got.Operation == nil {
			t.Fatalf("result %+v, error %v", got, err)
		}
		p.CompleteOperations()
		wantState(t, p, got.Operation.UID, myobae.OperationSucceeded, myobae.StatusOpen)
		if c, _ := p.Client("SMITHJ01"); c.ExtraFields["Nimbus Portal"] != nil {
			t.Errorf("fields are %v", c.ExtraFields)
		}
	})
}

package myobae_test

import (
	"context"
	"flag"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/practicekit/offboarding/internal/inmemory"
	"github.com/practicekit/offboarding/internal/paginate"
	"github.com/practicekit/offboarding/internal/proxytest"
	"github.com/practicekit/offboarding/myobae"
	"github.com/practicekit/offboarding/myobae/myobaetest"
)

var prism = flag.String("prism", "", "the prism program: check every request and answer against openapi.yaml with it")

// stage serves one gateway after another at one address, and notes how each
// operation was answered.
type stage struct {
	mu      sync.Mutex
	gateway http.Handler
	answers map[string]map[int]bool // by operation, then by status
	paths   map[string]*regexp.Regexp
}

func newStage(t *testing.T) *stage {
	s := &stage{answers: map[string]map[int]bool{}, paths: map[string]*regexp.Regexp{}}
	for _, operation := range operations(t) {
		s.answers[operation] = map[int]bool{}
		pattern := regexp.MustCompile(`\\\{\w+\\\}`).ReplaceAllString(regexp.QuoteMeta(operation), "[^/]+")
		s.paths[operation] = regexp.MustCompile("^" + pattern + "$")
	}
	return s
}

func (s *stage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	gateway := s.gateway
	s.mu.Unlock()
	seen := &seenStatus{ResponseWriter: w}
	gateway.ServeHTTP(seen, r)
	s.mu.Lock()
	defer s.mu.Unlock()
	for operation, path := range s.paths {
		if path.MatchString(r.Method + " " + r.URL.EscapedPath()) {
			s.answers[operation][seen.status] = true
		}
	}
}

type seenStatus struct {
	http.ResponseWriter
	status int
}

func (w *seenStatus) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// TestContract_Operations sends every operation that the contract has, with
// success and with errors, to the gateway of myobaetest. With -prism a validator
// that is not ours stands between the two, and reads both sides.
func TestContract_Operations(t *testing.T) {
	s := newStage(t)
	base, trip := "https://ae-gateway.example.com", inmemory.RoundTripper(s)
	if *prism != "" {
		base, trip = proxytest.Start(t, *prism, "openapi.yaml", s)
	}
	// play runs part of the test against a gateway of its own, with one client.
	play := func(name string, cfg myobaetest.Config, run func(t *testing.T, p *played)) {
		t.Run(name, func(t *testing.T) {
			cfg.Token = "token"
			p := &played{Gateway: myobaetest.New(cfg)}
			p.uid = p.AddClient(myobaetest.Client{
				Code: "SMITHJ01", Name: "Example Holdings", CreatedDate: "2014-07-01",
				ExtraFields:      map[string]any{"Nimbus Portal": true, "Hours": 1.5, "Since": "2014-07-01", "Lost / reason": "moved"},
				FamilyGroup:      &myobae.FamilyGroup{Code: "SMITHFAM", Name: "Example family"},
				Responsibilities: []myobae.Responsibility{{Role: "Partner", EmployeeCode: "AB"}},
				ExtraLists:       []myobaetest.ExtraList{{Name: "Lost Reason", Values: []string{"Sold"}}},
			})
			s.mu.Lock()
			s.gateway = p.Gateway
			s.mu.Unlock()
			p.api = via(t, base, trip, "token")
			p.stranger = via(t, base, trip, "another")
			run(t, p)
		})
	}

	play("reads", myobaetest.Config{}, func(t *testing.T, p *played) {
		ctx := t.Context()
		p.AddClient(myobaetest.Client{Code: "O'BRIEN", Type: "Person"})
		p.AddClient(myobaetest.Client{Code: "CONTACT", NotAClient: true, Status: myobae.StatusClosed, ClosedDate: "2020-01-01"})
		info, err := p.api.Info.Get(ctx)
		must(t, err)
		if len(info.Capabilities) != 6 {
			t.Errorf("capabilities %v", info.Capabilities)
		}
		c, err := p.api.Clients.Get(ctx, p.uid)
		must(t, err)
		if c.FamilyGroup == nil || len(c.Responsibilities) != 1 || len(c.ExtraLists) != 1 || len(c.ExtraFields) != 4 {
			t.Errorf("client %+v", c)
		}
		found, err := p.api.Clients.FindByCode(ctx, "O'BRIEN")
		must(t, err)
		if len(found) != 1 {
			t.Errorf("found %+v", found)
		}
		for want, options := range map[int]myobae.ListOptions{
			3: {PageSize: 1},
			2: {Status: myobae.StatusOpen, PageSize: 1},
			1: {Status: myobae.StatusClosed, ModifiedSince: time.Now().Add(-time.Hour)},
		} {
			all, err := paginate.Collect(p.api.Clients.All(ctx, options))
			must(t, err)
			if len(all) != want {
				t.Errorf("%+v: %d clients, want %d", options, len(all), want)
			}
		}
		all, err := paginate.Collect(p.api.Clients.All(ctx, myobae.ListOptions{ClientsOnly: true, Status: "'", PageSize: 1000}))
		must(t, err)
		if len(all) != 0 {
			t.Errorf("%d clients have a quote as their status", len(all))
		}
		definitions, err := paginate.Collect(p.api.ExtraFields.Definitions(ctx))
		must(t, err)
		if len(definitions) != 4 {
			t.Errorf("definitions %+v", definitions)
		}
		_, err = p.api.Clients.ClosePreflight(ctx, p.uid)
		must(t, err)
	})

	for name, bare := range map[string]bool{"refusals": false, "bare refusals": true} {
		play(name, myobaetest.Config{BareErrors: bare}, func(t *testing.T, p *played) {
			for call, err := range p.everything(t, p.stranger, p.uid) {
				wantNamed(t, call, err, myobae.ErrUnauthorized, myobae.NameOAuthTokenIsInvalid)
			}
			for call, err := range p.everything(t, p.api, "0") {
				if strings.HasPrefix(call, "list") || call == "info" {
					must(t, err)
					continue
				}
				wantNamed(t, call, err, myobae.ErrNotFound, myobae.NameNotFound)
			}
			p.ThrottleNext(1)
			_, err := p.api.Info.Get(t.Context())
			wantNamed(t, "throttled", err, myobae.ErrRateLimited, myobae.NameRateLimitError)
			p.SetReadOnly(true)
			_, err = p.api.Clients.Close(t.Context(), p.uid, p.closing())
			wantNamed(t, "read-only", err, myobae.ErrReadOnly, myobae.NameGatewayReadOnly)
		})
	}

	play("not offered", myobaetest.Config{Capabilities: []myobae.Capability{}}, func(t *testing.T, p *played) {
		for call, err := range p.everything(t, p.api, p.uid) {
			switch call {
			case "info", "list clients", "client":
				must(t, err)
			case "operation":
				wantNamed(t, call, err, myobae.ErrNotFound, myobae.NameNotFound)
			default:
				wantNamed(t, call, err, myobae.ErrCapabilityUnavailable, myobae.NameCapabilityUnavailable)
			}
		}
	})

	play("writes", myobaetest.Config{MandatoryFields: []string{"Nimbus Portal"}, ReadOnlyFields: []string{"Hours"}}, func(t *testing.T, p *played) {
		ctx := t.Context()
		stale := p.closing()
		clear := func(mandatory bool) error {
			_, err := p.api.ExtraFields.Clear(ctx, p.uid, "Nimbus Portal", myobae.ClearParams{RowVersion: p.version(), ExpectedCode: "SMITHJ01", Mandatory: mandatory})
			return err
		}
		wantNamed(t, "clear a mandatory field", clear(false), myobae.ErrInvalid, myobae.NameFieldIsMandatory)
		must(t, clear(true))
		must(t, p.set("Nimbus Portal", myobae.FlagValue(true)))
		must(t, p.set("Since", myobae.DateValue(2026, time.November, 22)))
		must(t, p.set("Lost / reason", myobae.TextValue(`sold "it" & left`)))
		wantNamed(t, "set what is not writable", p.set("Hours", myobae.NumberValue("2.50")), myobae.ErrForbidden, myobae.NameFieldNotWritable)
		wantNamed(t, "set another type", p.set("Since", myobae.FlagValue(true)), myobae.ErrInvalid, myobae.NameFieldValueInvalid)

		_, err := p.api.Clients.Close(ctx, p.uid, stale)
		wantNamed(t, "close what has changed", err, myobae.ErrConflict, myobae.NameIncorrectRowVersionSupplied)
		wrong := p.closing()
		wrong.ExpectedCode = "JONES"
		_, err = p.api.Clients.Close(ctx, p.uid, wrong)
		wantNamed(t, "close another", err, myobae.ErrConflict, myobae.NameExpectedCodeMismatch)
		closed, err := p.api.Clients.Close(ctx, p.uid, p.closing())
		must(t, err)
		if closed.Client == nil || closed.Client.ClosedDate == "" {
			t.Errorf("closed %+v", closed)
		}
		reopened, err := p.api.Clients.Reopen(ctx, p.uid, myobae.ReopenParams(p.closing()))
		must(t, err)
		if reopened.Client == nil || reopened.Client.ClosedDate != "" {
			t.Errorf("re-opened %+v", reopened)
		}
	})

	play("blocked", myobaetest.Config{}, func(t *testing.T, p *played) {
		balance, jobs := "-420.00", 2
		uid := p.AddClient(myobaetest.Client{Code: "BUSY", Preflight: myobae.ClosePreflight{
			Blockers: []myobae.Finding{{Name: "DraftBills", Message: "1 draft bill"}}, WIPBalance: &balance, OpenAssignments: &jobs,
		}})
		preflight, err := p.api.Clients.ClosePreflight(t.Context(), uid)
		must(t, err)
		if len(preflight.Blockers) != 1 {
			t.Errorf("preflight %+v", preflight)
		}
		c, _ := p.Client("BUSY")
		_, err = p.api.Clients.Close(t.Context(), uid, myobae.CloseParams{RowVersion: c.RowVersion, ExpectedCode: "BUSY"})
		wantNamed(t, "close what is blocked", err, myobae.ErrConflict, myobae.NameClientCannotBeClosed)
	})

	play("operations", myobaetest.Config{AwaitOperator: true}, func(t *testing.T, p *played) {
		ctx := t.Context()
		begun, err := p.api.Clients.Close(ctx, p.uid, p.closing())
		must(t, err)
		_, err = p.api.Clients.Reopen(ctx, p.uid, myobae.ReopenParams(p.closing()))
		wantNamed(t, "re-open what is being closed", err, myobae.ErrConflict, myobae.NameOperationUnderWay)
		awaiting, err := p.api.Operations.Wait(ctx, *begun.Operation, myobae.WaitOptions{UntilOperator: true})
		must(t, err)
		p.FailOperations(myobae.NameClientCannotBeClosed, "1 draft bill")
		_, err = p.api.Operations.Wait(ctx, awaiting, myobae.WaitOptions{Interval: time.Millisecond})
		wantNamed(t, "an operation that failed", err, myobae.ErrOperationFailed, myobae.NameClientCannotBeClosed)

		again, err := p.api.Clients.Close(ctx, p.uid, p.closing())
		must(t, err)
		p.CompleteOperations()
		done, err := p.api.Operations.Wait(ctx, *again.Operation, myobae.WaitOptions{Interval: time.Millisecond})
		must(t, err)
		if done.State != myobae.OperationSucceeded {
			t.Errorf("operation %+v", done)
		}
		opening, err := p.api.Clients.Reopen(ctx, p.uid, myobae.ReopenParams(p.closing()))
		must(t, err)
		setting, err := p.api.ExtraFields.Set(ctx, p.uid, "Hours", myobae.SetParams{RowVersion: p.version(), ExpectedCode: "SMITHJ01", Value: myobae.NumberValue("2.50")})
		must(t, err)
		if opening.Operation == nil || setting.Operation == nil {
			t.Errorf("re-opening %+v, setting %+v", opening, setting)
		}
	})

	for operation, answers := range s.answers {
		success, failure := false, false
		for status := range answers {
			success = success || status < 300
			failure = failure || status >= 400
		}
		if !success || !failure {
			t.Errorf("%s: success was seen: %t, an error: %t", operation, success, failure)
		}
	}
}

// A validator that finds nothing has to be one that would find something.
func TestContract_ValidatorFindsViolations(t *testing.T) {
	if *prism == "" {
		t.Skip("without -prism there is no validator")
	}
	found := &violations{TB: t}
	var answer http.HandlerFunc
	base, trip := proxytest.Start(found, *prism, "openapi.yaml", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { answer(w, r) }))
	api := via(t, base, trip, "token")
	respond := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			w.Write([]byte(body))
		}
	}
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		body   string
		found  bool
	}{
		"nothing wrong":                  {respond(http.StatusOK, bare("")), `{"RowVersion":"1","ExpectedCode":"X"}`, false},
		"a request with a key too many":  {respond(http.StatusOK, bare("")), `{"RowVersion":"1","ExpectedCode":"X","DryRun":true}`, true},
		"an answer without a RowVersion": {respond(http.StatusOK, `{"UID":"1","Code":"X","IsClient":true,"Status":"Open","ExtraFields":[]}`), `{"RowVersion":"1","ExpectedCode":"X"}`, true},
		"a refusal without a name":       {respond(http.StatusConflict, `{"Errors":[{"Message":"no"}]}`), `{"RowVersion":"1","ExpectedCode":"X"}`, true},
	} {
		t.Run(name, func(t *testing.T) {
			answer = c.answer
			before := found.count()
			_, err := api.Do(t.Context(), myobae.Request{Op: "Clients.Close", Method: http.MethodPost, Path: "v1/Client/1/Close", Body: []byte(c.body)})
			if got := found.count() > before; got != c.found {
				t.Errorf("a violation was found: %t, want %t (error %v)", got, c.found, err)
			}
		})
	}
}

// violations counts what a test would fail for.
type violations struct {
	testing.TB
	mu sync.Mutex
	n  int
}

func (v *violations) Errorf(string, ...any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.n++
}

func (v *violations) count() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.n
}

// played is a gateway with one client, and two callers of it.
type played struct {
	*myobaetest.Gateway
	api, stranger *myobae.Client
	uid           myobae.ClientUID
}

func (p *played) version() string {
	c, _ := p.Client("SMITHJ01")
	return c.RowVersion
}

func (p *played) closing() myobae.CloseParams {
	return myobae.CloseParams{RowVersion: p.version(), ExpectedCode: "SMITHJ01", Reason: "Disengaged"}
}

func (p *played) set(name string, value myobae.FieldValue) error {
	_, err := p.api.ExtraFields.Set(context.Background(), p.uid, name, myobae.SetParams{RowVersion: p.version(), ExpectedCode: "SMITHJ01", Value: value})
	return err
}

// everything makes each call that the client has, about one UID.
func (p *played) everything(t *testing.T, api *myobae.Client, uid myobae.ClientUID) map[string]error {
	ctx := t.Context()
	errs := map[string]error{}
	_, errs["info"] = api.Info.Get(ctx)
	_, errs["list clients"] = paginate.Collect(api.Clients.All(ctx, myobae.ListOptions{}))
	_, errs["list definitions"] = paginate.Collect(api.ExtraFields.Definitions(ctx))
	_, errs["client"] = api.Clients.Get(ctx, uid)
	_, errs["preflight"] = api.Clients.ClosePreflight(ctx, uid)
	_, errs["close"] = api.Clients.Close(ctx, uid, p.closing())
	_, errs["re-open"] = api.Clients.Reopen(ctx, uid, myobae.ReopenParams(p.closing()))
	_, errs["clear"] = api.ExtraFields.Clear(ctx, uid, "Nimbus Portal", myobae.ClearParams{RowVersion: p.version(), ExpectedCode: "SMITHJ01"})
	_, errs["set"] = api.ExtraFields.Set(ctx, uid, "Nimbus Portal", myobae.SetParams{RowVersion: p.version(), ExpectedCode: "SMITHJ01", Value: myobae.FlagValue(true)})
	_, errs["operation"] = api.Operations.Get(ctx, "0")
	return errs
}

func via(t *testing.T, base string, trip http.RoundTripper, token string) *myobae.Client {
	t.Helper()
	api, err := myobae.NewClient(myobae.Config{
		BaseURL: base, InsecureLoopback: true, HTTPClient: &http.Client{Transport: trip}, MaxRetries: -1,
		TokenSource: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: token}),
	})
	must(t, err)
	return api
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

func wantNamed(t *testing.T, call string, err, kind error, name string) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: no error, want %v", call, kind)
		return
	}
	if e := wantError(t, err, kind); e.Name != name {
		t.Errorf("%s: error is %v, want it named %s", call, err, name)
	}
}

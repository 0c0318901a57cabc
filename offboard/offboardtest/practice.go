package offboardtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"

	"github.com/practicekit/offboarding/internal/inmemory"
	"github.com/practicekit/offboarding/myobae"
	"github.com/practicekit/offboarding/myobae/myobaetest"
	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/nimbus/nimbustest"
	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/xpm"
	"github.com/practicekit/offboarding/xpm/xpmtest"
)

// The credentials that a Practice takes.
const (
	Tenant      = xpmtest.Tenant
	XPMToken    = xpmtest.Token
	MYOBAEToken = "myobaetest-access-token"
	LoginCode   = "offboarding"
	Password    = "nimbustest-password"
)

// The paths at which a Practice serves its systems.
const (
	XPMPath    = "/practicemanager/3.1/"
	NimbusPath = "/nimbus/"
	MYOBAEPath = "/myobae/"
)

// Effect is a call that was meant to change something.
type Effect struct {
	Seq         int    `json:"seq"`
	System      string `json:"system"` // xpm, nimbus, myobae
	Operation   string `json:"operation"`
	Client      string `json:"client"` // the Client Code; empty where it concerns none
	Target      string `json:"target"`
	Destructive bool   `json:"destructive"`
	Changed     bool   `json:"changed"` // whether it did change anything
}

// State is the whole state of a practice.
type State struct {
	XPM    []xpmtest.Client    `json:"xpm"`
	MYOBAE []myobaetest.Client `json:"myobae"`
	Nimbus nimbustest.Snapshot `json:"nimbus"`
}

// Practice is an accounting practice in memory. Its fields are the three
// systems; a test plays the people of the practice by calling their methods.
type Practice struct {
	XPM    *xpmtest.Server
	MYOBAE *myobaetest.Gateway
	Nimbus *nimbustest.Server

	world   World
	mux     *http.ServeMux
	mu      sync.Mutex
	effects []Effect
}

// New makes the practice that the world describes.
func New(w World) (*Practice, error) {
	if err := w.Validate(); err != nil {
		return nil, err
	}
	p := &Practice{world: w, mux: http.NewServeMux()}
	p.XPM = xpmtest.New(xpmtest.Config{OnEffect: p.noting("xpm")})
	p.MYOBAE = myobaetest.New(myobaetest.Config{
		Token: MYOBAEToken, AwaitOperator: w.AwaitOperator, OperationTakes: time.Duration(w.OperatorTakes), OnEffect: p.noting("myobae"),
	})
	p.Nimbus = nimbustest.New(nimbustest.Config{
		Edition: w.Edition, Capabilities: w.Capabilities, MandatoryDocumentFields: w.MandatoryFields, LoginCode: LoginCode, Password: Password,
		SyncTakes: time.Duration(w.Sync.Takes), RegularEvery: time.Duration(w.Sync.Every), OnSync: p.sync, OnEffect: p.noting("nimbus"),
	})
	if err := p.fill(); err != nil {
		return nil, err
	}
	p.mux.Handle(XPMPath, p.XPM)
	p.mux.Handle(NimbusPath, http.StripPrefix(strings.TrimSuffix(NimbusPath, "/"), p.Nimbus))
	p.mux.Handle(MYOBAEPath, http.StripPrefix(strings.TrimSuffix(MYOBAEPath, "/"), p.MYOBAE))
	p.mux.HandleFunc("GET /state", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, p.State()) })
	p.mux.HandleFunc("GET /effects", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, p.Effects()) })
	return p, nil
}

func (p *Practice) fill() error {
	p.addFields()
	ids := make([]string, len(p.world.Clients)) // in XPM
	for i, c := range p.world.Clients {
		if c.XPM != nil {
			ids[i] = p.addXPM(c)
			p.setFields(ids[i], c.XPM.Fields)
		}
		if c.MYOBAE != nil {
			p.addMYOBAE(c)
		}
		if c.Nimbus != nil {
			if err := p.addNimbus(c); err != nil {
				return fmt.Errorf("clients[%d].nimbus: %w", i, err)
			}
		}
	}
	p.relateXPM(ids)
	for i, c := range p.world.Contacts {
		_, err := p.Nimbus.AddContact(nimbustest.Contact{FirstName: c.FirstName, Surname: c.Surname, Email: c.Email,
			HasLogin: c.Login, PortalAccess: c.Login, Invited: c.Invited, Related: c.Clients})
		if err != nil {
			return fmt.Errorf("contacts[%d]: %w", i, err)
		}
	}
	for _, f := range p.world.Folders {
		p.Nimbus.AddFolder(nimbustest.Folder{Code: f.Code, Name: f.Name})
	}
	if p.world.Sync.Fail > 0 {
		p.Nimbus.FailNextSync("the source system did not answer")
	}
	return nil
}

func (p *Practice) addMYOBAE(c Client) {
	client := myobaetest.Client{Code: c.Code, Name: c.Name, Status: myobae.StatusOpen, ExtraFields: c.MYOBAE.ExtraFields}
	if c.MYOBAE.Closed {
		client.Status = myobae.StatusClosed
	}
	for _, b := range c.MYOBAE.Blockers {
		client.Preflight.Blockers = append(client.Preflight.Blockers, myobae.Finding{Name: b, Message: b})
	}
	for _, w := range c.MYOBAE.Warnings {
		client.Preflight.Warnings = append(client.Preflight.Warnings, myobae.Finding{Name: w, Message: w})
	}
	p.MYOBAE.AddClient(client)
}

func (p *Practice) addNimbus(c Client) error {
	id := string(p.Nimbus.AddClient(nimbustest.Client{Code: c.Code, Name: c.Name, Integrated: c.Nimbus.Integrated, HistoryRows: c.Nimbus.HistoryRows}))
	// A fixed date: the same world gives the same snapshots, so that a plan of it can
	// be run by another process.
	filed := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, d := range c.Nimbus.Documents {
		if _, err := p.Nimbus.AddDocument(id, nimbustest.Document{Name: d.Name, Content: []byte(d.Content), Path: d.Path,
			Published: d.Published, Locked: d.Locked, CheckedOut: d.CheckedOut, ModifiedAt: filed}); err != nil {
			return err
		}
	}
	for _, j := range c.Nimbus.EmailJobs {
		if _, err := p.Nimbus.AddEmailJob(id, nimbustest.EmailJob{Subject: j.Subject, JobStatus: "Active",
			DocumentsForSignature: j.DocumentsForSignature, OutstandingSignatures: j.OutstandingSignatures}); err != nil {
			return err
		}
	}
	return nil
}

// sync does what a sync of Nimbus with the source systems does, practice-wide
// (R8a). Only a full one removes what is archived in XPM (R7) or does not pass the
// filter there (R4a); every one removes what is closed in MYOB AE or no longer
// passes the filter (R5, R8). A client that came back in XPM returns to the grid (P2).
func (p *Practice) sync(kind string) error {
	state := p.Nimbus.Snapshot()
	onGrid := map[string]bool{}
	for _, entity := range state.Clients {
		onGrid[entity.Code] = true
		if entity.Integrated && (p.leftMYOBAE(entity.Code) || kind == string(nimbus.SyncFull) && (p.leftXPM(entity.Code) || p.filtered(entity.Code))) {
			p.Nimbus.RemoveEntity(string(entity.ID))
		}
	}
	for _, c := range p.XPM.Clients() {
		if !onGrid[c.Code] && !c.Archived && !c.Deleted && p.knew(c.Code) && !p.leftMYOBAE(c.Code) && !p.filtered(c.Code) {
			p.Nimbus.RestoreEntity(nimbustest.Client{Code: c.Code, Name: c.Name, Integrated: true})
		}
	}
	return nil
}

// knew reports whether Nimbus had the client in the beginning: others in XPM may
// be kept out of it by a filter.
func (p *Practice) knew(code string) bool {
	return slices.ContainsFunc(p.world.Clients, func(c Client) bool { return c.Code == code && c.Nimbus != nil && c.Nimbus.Integrated })
}

// leftXPM reports whether XPM has clients of the code and none is active.
func (p *Practice) leftXPM(code string) bool {
	left := false
	for _, c := range p.XPM.Clients() {
		if c.Code != code {
			continue
		}
		if !c.Archived && !c.Deleted {
			return false
		}
		left = true
	}
	return left
}

func (p *Practice) leftMYOBAE(code string) bool {
	c, ok := p.MYOBAE.Client(code)
	if !ok {
		return false
	}
	passes, _ := c.ExtraFields[p.world.FilterField].(bool)
	return c.Status == myobae.StatusClosed || p.world.FilterField != "" && !passes
}

func (p *Practice) noting(system string) func(operation, client, target string, destructive, changed bool) {
	return func(operation, client, target string, destructive, changed bool) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.effects = append(p.effects, Effect{Seq: len(p.effects) + 1, System: system, Operation: operation, Client: client,
			Target: target, Destructive: destructive, Changed: changed})
	}
}

// Effects lists every call that was meant to change something, in order.
func (p *Practice) Effects() []Effect {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]Effect{}, p.effects...)
}

// State returns the whole state as it is now.
func (p *Practice) State() State {
	return State{XPM: p.XPM.Clients(), MYOBAE: p.MYOBAE.Clients(), Nimbus: p.Nimbus.Snapshot()}
}

// ServeHTTP serves the three systems at their paths, and the state and the
// effects as JSON at /state and /effects.
func (p *Practice) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.mux.ServeHTTP(w, r) }

// Systems returns clients for the practice that reach it without a network. The
// round trip may be wrapped, to see or to break what passes; nil leaves it.
func (p *Practice) Systems(wrap func(http.RoundTripper) http.RoundTripper) (offboard.Systems, error) {
	trip := inmemory.RoundTripper(p)
	if wrap != nil {
		trip = wrap(trip)
	}
	const address = "https://practice.example.com"
	client := &http.Client{Transport: trip}
	token := func(t string) oauth2.TokenSource { return oauth2.StaticTokenSource(&oauth2.Token{AccessToken: t}) }
	x, xErr := xpm.NewClient(xpm.Config{BaseURL: address + XPMPath, TenantID: Tenant, TokenSource: token(XPMToken), HTTPClient: client})
	m, mErr := myobae.NewClient(myobae.Config{BaseURL: address + MYOBAEPath, TokenSource: token(MYOBAEToken), HTTPClient: client})
	n, nErr := nimbus.NewClient(nimbus.Config{BaseURL: address + NimbusPath, Login: nimbus.Password(LoginCode, Password, nil), HTTPClient: client})
	return offboard.NewSystems(x, m, n), errors.Join(xErr, mErr, nErr)
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	_ = out.Encode(v) // a client that has gone away needs no answer
}

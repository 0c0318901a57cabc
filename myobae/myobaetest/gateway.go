// Package myobaetest is an in-memory gateway that obeys the contract of package
// myobae, for tests of whatever uses it. The contract is ours; so is every
// behaviour here that MYOB has not published.
//
// A [Gateway] is an http.Handler. It starts no goroutine and no timer: what is
// due by time.Now is done when the next request comes or the state is read.
package myobaetest

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/practicekit/offboarding/myobae"
)

// Config says how the gateway behaves. The zero value offers everything, asks
// for no token and does every write at once.
type Config struct {
	// Token is the bearer token that every request must carry; empty: none.
	Token string

	// Capabilities are those that the gateway offers; nil means all.
	Capabilities []myobae.Capability

	// AwaitOperator has every write answer with an operation that awaits a
	// person. It is done by CompleteOperations, or OperationTakes after it was
	// asked for, when that is not zero. OperationTakes alone has the operations
	// pending instead.
	AwaitOperator  bool
	OperationTakes time.Duration

	// ExtraFieldNames is the allow-list: these fields are shown on every client
	// and can be cleared. With nil, a client's own fields are.
	ExtraFieldNames []string
	// MandatoryFields can be set to No but not emptied.
	MandatoryFields []string
	// ReadOnlyFields are shown and cannot be written.
	ReadOnlyFields []string

	// BareErrors has every refusal come as one error object, without the Errors
	// envelope.
	BareErrors bool

	// OnEffect is told of every call that was meant to change something, also
	// of those that changed nothing. The operation is "close-client" or
	// "reopen-client" (target: the UID), "clear-extra-field" or
	// "set-extra-field" (target: the UID, "/", the name); closing and clearing
	// are destructive. A write that awaits somebody has changed something when
	// it is accepted.
	OnEffect func(operation, client, target string, destructive, changed bool)
}

// Client is a client as AE holds it. It is plain data and survives JSON.
type Client struct {
	UID         myobae.ClientUID // made up by AddClient when empty
	Code        string
	Name        string
	Type        string // Organisation when empty
	ContactType string // Company when empty
	NotAClient  bool   // a contact or a supplier
	Status      myobae.Status
	CreatedDate string
	ClosedDate  string
	ExtraFields map[string]any // nil, bool, string (a Date when it reads as one) or a number
	Preflight   myobae.ClosePreflight

	FamilyGroup      *myobae.FamilyGroup
	Responsibilities []myobae.Responsibility
	ExtraLists       []ExtraList

	RowVersion   string // made by the gateway
	LastModified time.Time
}

// ExtraList is a pick-list of texts, with what was picked.
type ExtraList struct {
	Name          string
	AllowMultiple bool
	Values        []string
}

// Gateway is the in-memory gateway. It is safe for concurrent use.
type Gateway struct {
	cfg Config
	mux *http.ServeMux

	mu         sync.Mutex
	clients    []*Client
	operations []*operation
	dataTypes  map[string]string // by the field's name in lower case
	versions   int64
	requests   int
	throttle   int
	readOnly   bool
}

// New returns a gateway without clients.
func New(cfg Config) *Gateway {
	g := &Gateway{cfg: cfg, dataTypes: map[string]string{}}
	g.mux = g.routes()
	return g
}

// AddClient adds a client and returns its UID. Codes are not checked, so that
// an ambiguous one can be set up.
func (g *Gateway) AddClient(c Client) myobae.ClientUID {
	g.mu.Lock()
	defer g.mu.Unlock()
	c = c.clone()
	if c.UID == "" {
		c.UID = myobae.ClientUID(fmt.Sprintf("6f0c0000-0000-4000-8000-%012d", len(g.clients)+1))
	}
	c.Type = cmp.Or(c.Type, "Organisation")
	c.ContactType = cmp.Or(c.ContactType, "Company")
	c.Status = cmp.Or(c.Status, myobae.StatusOpen)
	for name, value := range c.ExtraFields {
		g.learnType(name, value)
	}
	if c.RowVersion == "" {
		g.touch(&c)
	}
	g.clients = append(g.clients, &c)
	return c.UID
}

// Client returns the first client of the code.
func (g *Gateway) Client(code string) (Client, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.settle()
	if c := g.byCode(code); c != nil {
		return c.clone(), true
	}
	return Client{}, false
}

// Clients returns all clients, in the order in which they were added.
func (g *Gateway) Clients() []Client {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.settle()
	all := make([]Client, len(g.clients))
	for i, c := range g.clients {
		all[i] = c.clone()
	}
	return all
}

// SetStatus closes or re-opens the client as a person does in AE. It reports
// whether there is such a client.
func (g *Gateway) SetStatus(code string, status myobae.Status) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.settle()
	c := g.byCode(code)
	if c != nil {
		g.setStatus(c, status)
	}
	return c != nil
}

// SetExtraField sets the field as a person does in AE: nil empties it. It
// reports whether there is such a client.
func (g *Gateway) SetExtraField(code, name string, value any) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.settle()
	c := g.byCode(code)
	if c != nil {
		g.setField(c, name, value)
	}
	return c != nil
}

// SetReadOnly has the gateway refuse every write, or take them again.
func (g *Gateway) SetReadOnly(readOnly bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.readOnly = readOnly
}

// ThrottleNext has the gateway refuse the next n requests with RateLimitError, as
// MYOB's platform does, and ask for a second's patience.
func (g *Gateway) ThrottleNext(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.throttle = n
}

func (g *Gateway) byCode(code string) *Client {
	return g.find(func(c *Client) bool { return strings.EqualFold(c.Code, code) })
}

func (g *Gateway) byUID(uid string) *Client {
	return g.find(func(c *Client) bool { return strings.EqualFold(string(c.UID), uid) })
}

func (g *Gateway) find(is func(*Client) bool) *Client {
	if i := slices.IndexFunc(g.clients, is); i >= 0 {
		return g.clients[i]
	}
	return nil
}

// setStatus stamps and clears the Closed date as AE does.
func (g *Gateway) setStatus(c *Client, status myobae.Status) {
	if c.Status == status {
		return
	}
	c.Status, c.ClosedDate = status, ""
	if status == myobae.StatusClosed {
		c.ClosedDate = time.Now().UTC().Format(time.DateOnly)
	}
	g.touch(c)
}

func (g *Gateway) setField(c *Client, name string, value any) {
	if c.ExtraFields == nil {
		c.ExtraFields = map[string]any{}
	}
	c.ExtraFields[c.fieldName(name)] = value
	g.learnType(name, value)
	g.touch(c)
}

// touch gives the client a new RowVersion.
func (g *Gateway) touch(c *Client) {
	g.versions++
	c.RowVersion = fmt.Sprint(8653760884428439680 + g.versions)
	c.LastModified = time.Now().UTC().Truncate(time.Second)
}

// learnType makes the field's type that of the value it was given.
func (g *Gateway) learnType(name string, value any) {
	if value != nil {
		g.dataTypes[strings.ToLower(name)] = typeOf(value)
	}
}

// dataType is the field's type: a Flag until a value has shown another.
func (g *Gateway) dataType(name string) string {
	return cmp.Or(g.dataTypes[strings.ToLower(name)], "Flag")
}

func typeOf(value any) string {
	switch v := value.(type) {
	case bool:
		return "Flag"
	case string:
		if _, err := time.Parse(time.DateOnly, v); err == nil {
			return "Date"
		}
		return "Text"
	default:
		return "Number"
	}
}

func (c *Client) clone() Client {
	copied := *c
	copied.ExtraFields = maps.Clone(c.ExtraFields)
	copied.Responsibilities = slices.Clone(c.Responsibilities)
	copied.ExtraLists = slices.Clone(c.ExtraLists)
	if c.FamilyGroup != nil {
		group := *c.FamilyGroup
		copied.FamilyGroup = &group
	}
	return copied
}

// fieldName returns the name as the client has it already, else as given.
func (c *Client) fieldName(name string) string {
	for own := range c.ExtraFields {
		if strings.EqualFold(own, name) {
			return own
		}
	}
	return name
}

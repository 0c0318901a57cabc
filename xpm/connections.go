package xpm

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/oauth2"

	"github.com/practicekit/offboarding/internal/transport"
)

// DefaultConnectionsURL is where Xero lists the connections of an app.
const DefaultConnectionsURL = "https://api.xero.com/"

// ConnectionsConfig configures a ConnectionService. TokenSource is required; the
// zero value of every other field is a sensible default, and as in Config.
type ConnectionsConfig struct {
	TokenSource      oauth2.TokenSource
	BaseURL          string // empty means DefaultConnectionsURL
	InsecureLoopback bool
	HTTPClient       *http.Client
	UserAgent        string
	Logger           *slog.Logger
	MaxRetries       int
	MaxRetryWait     time.Duration
	MaxResponseBytes int64
	ReadOnly         bool
}

// ConnectionService lists and ends connections: what a person connected the app
// to. It needs no tenant, and tells which there are. Its calls are outside the
// quotas of a tenant.
type ConnectionService struct{ transport *transport.Client }

// NewConnections checks the configuration. It sends nothing.
func NewConnections(config ConnectionsConfig) (*ConnectionService, error) {
	if config.TokenSource == nil {
		return nil, errors.New("xpm: ConnectionsConfig.TokenSource is required")
	}
	if config.BaseURL == "" {
		config.BaseURL = DefaultConnectionsURL
	}
	t, err := transport.New(transport.Config{
		Service: "xpm", BaseURL: config.BaseURL, InsecureLoopback: config.InsecureLoopback,
		HTTPClient: config.HTTPClient, UserAgent: config.UserAgent, Logger: config.Logger,
		MaxRetries: config.MaxRetries, MaxRetryWait: config.MaxRetryWait, MaxResponseBytes: config.MaxResponseBytes,
		Authorizer: transport.Bearer(config.TokenSource), RequestIDHeader: "Xero-Correlation-Id", ReadOnly: config.ReadOnly,
	})
	if err != nil {
		return nil, err
	}
	return &ConnectionService{t}, nil
}

// ConnectionID identifies a connection.
type ConnectionID string

// TenantType is what a connection leads to. Others than these survive.
type TenantType string

// The known types of tenant.
const (
	TenantPracticeManager TenantType = "PRACTICEMANAGER" // what this package speaks to
	TenantOrganisation    TenantType = "ORGANISATION"
	TenantPractice        TenantType = "PRACTICE" // Xero HQ
	TenantWorkflowMax     TenantType = "WORKFLOWMAX"
)

// Connection is one tenant that a person connected the app to.
type Connection struct {
	ID          ConnectionID
	AuthEventID string // of the consent that made it
	TenantID    string // for Config.TenantID
	TenantType  TenantType
	TenantName  string // often empty for Practice Manager
	Created     DateTime
	Updated     DateTime
}

// ConnectionOptions filters a list of connections.
type ConnectionOptions struct {
	TenantType  TenantType // empty: all
	AuthEventID string     // only those of one consent; empty: all
}

// List returns the connections of the person who consented, as a whole.
//
// It only reads. A token that Xero does not take is ErrUnauthorized.
// https://developer.xero.com/documentation/guides/oauth2/tenants
func (s *ConnectionService) List(ctx context.Context, options ConnectionOptions) ([]Connection, error) {
	r := transport.Request{
		Op: "Connections.List", Effect: transport.Read, Method: http.MethodGet, Path: "connections",
		Header: http.Header{"Accept": {"application/json"}},
	}
	if options.AuthEventID != "" {
		r.Query = url.Values{"authEventId": {options.AuthEventID}}
	}
	resp, err := s.transport.Do(ctx, r)
	if err != nil {
		return nil, failed(r.Op, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, unread(r, resp, err)
	}
	all, err := readConnections(body)
	if err != nil {
		return nil, unread(r, resp, err)
	}
	var list []Connection
	for _, c := range all {
		if options.TenantType == "" || c.TenantType == options.TenantType {
			list = append(list, c)
		}
	}
	return list, nil
}

// readConnections reads the list, of which each connection must have what it is
// known by.
func readConnections(body []byte) (list []Connection, err error) {
	var wire []struct {
		ID             ConnectionID `json:"id"`
		AuthEventID    string       `json:"authEventId"`
		TenantID       string       `json:"tenantId"`
		TenantType     TenantType   `json:"tenantType"`
		TenantName     string       `json:"tenantName"`
		CreatedDateUTC DateTime     `json:"createdDateUtc"`
		UpdatedDateUTC DateTime     `json:"updatedDateUtc"`
	}
	if json.Unmarshal(body, &wire) != nil || wire == nil { // null is no list
		return nil, malformed("no list of connections")
	}
	for _, w := range wire {
		if w.ID == "" || w.TenantID == "" || w.TenantType == "" {
			return nil, malformed("a connection without id, tenant or type")
		}
		list = append(list, Connection{w.ID, w.AuthEventID, w.TenantID, w.TenantType, w.TenantName, w.CreatedDateUTC, w.UpdatedDateUTC})
	}
	return list, nil
}

// Delete ends a connection: the app can no longer reach that tenant, in any
// process, until somebody connects it again.
//
// It is sent at most once; after ErrOutcomeUnknown, List tells. A missing
// connection is ErrNotFound.
// https://developer.xero.com/documentation/guides/oauth2/tenants
func (s *ConnectionService) Delete(ctx context.Context, id ConnectionID) error {
	const op = "Connections.Delete"
	if !validID(id) {
		return invalid(op, "the id is not one of a connection")
	}
	r := transport.Request{Op: op, Effect: transport.Once, Method: http.MethodDelete, Path: transport.Path("connections", string(id))}
	resp, err := s.transport.Do(ctx, r)
	if err != nil {
		return failed(op, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusNoContent {
		return unread(r, resp, malformed("not 204"))
	}
	return nil
}

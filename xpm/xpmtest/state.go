package xpmtest

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
)

// Client is a client as the server holds it. Empty fields are sent, or left out,
// as XPM does.
type Client struct {
	UUID           string
	Code           string
	Name           string
	Email          string
	Phone          string
	Archived       bool
	Deleted        bool
	AccountManager Ref
	JobManager     Ref
	BillingClient  Ref
	// The tax fields are sent if one of these or of Details is set, as for a
	// practice that has the Practice Management module.
	Structure      string // such as Company
	TaxNumber      string // sent masked
	BusinessNumber string
	CompanyNumber  string
	Contacts       []Contact
	Notes          []Note
	Groups         []Ref
	Relationships  []Relationship
	Modified       time.Time // zero means when it was added
	// Details has the elements that no field above has, by their names in answers,
	// such as City or GSTPeriod.
	Details map[string]string
}

// Ref names something: a member of staff, a group, a client.
type Ref struct{ UUID, Name string }

// Contact is a person of a client. The same UUID with several clients is the
// same person; one that is empty is made up by AddClient.
type Contact struct {
	UUID, Name, Email, Phone, Mobile, Position string
	Salutation, Addressee                      string
	Primary, Deleted                           bool
}

// Note is a note on a client.
type Note struct {
	Title, Text, CreatedBy string
	Date                   time.Time
}

// Relationship ties a client to another one.
type Relationship struct {
	UUID, Type                 string
	Related                    Ref
	NumberOfShares, Percentage string
	Start, End                 time.Time
}

// AddClient adds a client, or replaces the one with the same UUID. A UUID that
// is empty is made up; the UUID is returned.
func (s *Server) AddClient(c Client) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.UUID == "" {
		c.UUID = s.newUUID()
	}
	c.UUID = strings.ToLower(c.UUID)
	if c.Modified.IsZero() {
		c.Modified = time.Now()
	}
	c = cloned(c)
	for i, k := range c.Contacts {
		if k.UUID == "" {
			k.UUID = s.newUUID()
		}
		c.Contacts[i].UUID = strings.ToLower(k.UUID)
	}
	s.clients[c.UUID] = c
	return c.UUID
}

// Client returns the client, and whether there is one.
func (s *Server) Client(uuid string) (Client, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.clients[strings.ToLower(uuid)]
	return cloned(c), ok
}

// Clients returns all clients in the order of the list: by name, then by UUID.
func (s *Server) Clients() []Client {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Client, 0, len(s.clients))
	for _, c := range s.clients {
		all = append(all, cloned(c))
	}
	slices.SortFunc(all, func(a, b Client) int {
		return cmp.Or(cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), cmp.Compare(a.UUID, b.UUID))
	})
	return all
}

// SetArchived archives or restores the client, as a person does in XPM. It
// reports whether there is such a client.
func (s *Server) SetArchived(uuid string, archived bool) bool {
	return s.change(uuid, func(c *Client) { c.Archived = archived })
}

// Delete deletes the client, as a person does in XPM, by itself or by merging it
// into another one (P11). It stays in the list. It reports whether there is such
// a client.
func (s *Server) Delete(uuid string) bool {
	return s.change(uuid, func(c *Client) { c.Deleted = true })
}

func (s *Server) change(uuid string, f func(*Client)) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	uuid = strings.ToLower(uuid)
	c, ok := s.clients[uuid]
	if ok {
		f(&c)
		c.Modified = time.Now()
		s.clients[uuid] = c
	}
	return ok
}

// cloned keeps what callers hold apart from what the server holds.
func cloned(c Client) Client {
	c.Contacts, c.Notes = slices.Clone(c.Contacts), slices.Clone(c.Notes)
	c.Groups, c.Relationships = slices.Clone(c.Groups), slices.Clone(c.Relationships)
	c.Details = maps.Clone(c.Details)
	return c
}

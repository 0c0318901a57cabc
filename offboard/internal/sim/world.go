package sim

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/practicekit/offboarding/myobae"
	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/xpm"
)

// World is what a practice begins with.
type World struct {
	// Edition is the edition of the Nimbus account.
	Edition nimbus.Edition
	Clients []Client
	// Contacts are the people of the portal.
	Contacts []Contact
	// Taken are Client Codes whose folder name a business folder has, so that an
	// orphaned folder takes seven digits (P1).
	Taken []string
	// SyncTakes is how long a Full Client Sync runs.
	SyncTakes time.Duration
	// RegularEvery is the time between two regular syncs; zero: there are none.
	RegularEvery time.Duration
}

// Client is a client of the practice, with its entity in Nimbus.
type Client struct {
	Code, Name string
	// XPM and MYOBAE say which source system keeps it; without one it lives only
	// in Nimbus (R6).
	XPM, MYOBAE bool
	// Archived says that it was archived in XPM before.
	Archived bool
	// Rows is the length of its Client History.
	Rows int
	// Documents is the number of files in its folder.
	Documents int
	// Signatures is the number of e-mail jobs with Documents for Signature (R12).
	Signatures int
	// Jobs is the number of its current jobs in XPM.
	Jobs int
}

// Contact is a person of the portal, related to the clients with these codes.
type Contact struct {
	FirstName, Surname, Email string
	Login, Invited            bool
	Clients                   []string
}

// filterField is the Extra Field by which Nimbus filters the clients of MYOB AE.
const filterField = "Nimbus Portal"

// cast is what never changes about a practice: who its clients are. Everything
// else is state.
type cast struct {
	clients   []person
	byCode    map[string]int // the clients by their codes, in lower case
	taken     []string
	takes     time.Duration
	every     time.Duration
	inXPM     []bool
	inMYOBAE  []bool
	names     []string // names of people and clients: what no journal may hold
	jobsInXPM int
}

// person is how a client is known in each system.
type person struct {
	code, name string
	xpm        xpm.ClientUUID
	myobae     myobae.ClientUID
}

// New makes the practice that the world describes. A client without code or name,
// a code that occurs twice, and a contact of a client that is not there are
// errors.
func New(w World) (*Practice, error) {
	c := &cast{byCode: make(map[string]int, len(w.Clients)), taken: w.Taken, takes: w.SyncTakes, every: w.RegularEvery}
	s := state{edition: w.Edition, clients: make([]client, 0, len(w.Clients)), folders: make([]folder, 0, len(w.Clients))}
	for i, from := range w.Clients {
		key := strings.ToLower(from.Code)
		if _, twice := c.byCode[key]; twice || from.Code == "" || from.Name == "" {
			return nil, fmt.Errorf("sim: clients[%d] has no code, no name, or the code of another", i)
		}
		c.byCode[key] = i
		c.clients = append(c.clients, person{from.Code, from.Name, uuid[xpm.ClientUUID](i), uuid[myobae.ClientUID](i)})
		c.inXPM, c.inMYOBAE = append(c.inXPM, from.XPM), append(c.inMYOBAE, from.MYOBAE)
		c.names = append(c.names, from.Name)
		c.jobsInXPM += from.Jobs
		s.add(c, i, from)
	}
	for i, from := range w.Contacts {
		if err := s.addContact(c, from); err != nil {
			return nil, fmt.Errorf("sim: contacts[%d]: %w", i, err)
		}
		for _, name := range []string{from.FirstName, from.Surname, from.Email} {
			if name != "" {
				c.names = append(c.names, name)
			}
		}
	}
	return &Practice{cast: c, now: s, epoch: time.Now()}, nil
}

// uuid is the id of the n-th client in its source system.
func uuid[T ~string](n int) T { return T(fmt.Sprintf("00000000-0000-4000-8000-%012d", n+1)) }

// Names are the names and e-mail addresses of everybody in the practice: what no
// journal, log or error may hold (I8).
func (p *Practice) Names() []string { return slices.Clone(p.cast.names) }

package nimbustest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/practicekit/offboarding/nimbus"
)

// state is everything behind the lock. Things are kept in the order in which
// they came, and their seq orders the pages of a list.
type state struct {
	edition  nimbus.Edition
	clients  []*client
	contacts []*contact
	folders  []*folder
	archive  []*document
	syncs    []*syncRun // oldest first

	counts map[string]int // of ids, by prefix
	seq    int

	tokens        map[string]time.Time // when each session ends
	logins        int
	loginsRefused int // in a row
	mailsSent     int

	lastRegular time.Time
	failNext    *string
	stallNext   bool
}

type client struct {
	nimbus.ClientEntity
	seq     int
	history [][]string
	jobs    []*emailJob
}

type contact struct {
	nimbus.Contact
	seq     int
	related []nimbus.ClientID
}

type emailJob struct {
	nimbus.EmailJob
	seq       int
	documents []nimbus.DocumentID // for signature, where they are told
}

type folder struct {
	nimbus.Folder
	seq        int
	clientCode string // of the entity whose folder it is or was
	files      []*document
}

type document struct {
	nimbus.Document
	seq     int
	content []byte
	earlier []version // oldest first
}

type version struct {
	nimbus.DocumentVersion
	content []byte
}

// view is the folder as the contract shows it.
func (f *folder) view() nimbus.Folder {
	v := f.Folder
	v.Documents = len(f.files)
	return v
}

// next counts an id up.
func (s *state) next(prefix string) (id string, seq int) {
	s.counts[prefix]++
	s.seq++
	return fmt.Sprintf("%s-%d", prefix, s.counts[prefix]), s.seq
}

// client finds an entity by its id, or else by its code.
func (s *state) client(ref string) *client {
	if c := s.clientByID(nimbus.ClientID(ref)); c != nil {
		return c
	}
	for _, c := range s.clients {
		if strings.EqualFold(c.Code, ref) {
			return c
		}
	}
	return nil
}

func (s *state) clientByID(id nimbus.ClientID) *client {
	return find(s.clients, func(c *client) bool { return c.ID == id })
}

func (s *state) contact(id string) *contact {
	return find(s.contacts, func(c *contact) bool { return string(c.ID) == id })
}

func (s *state) folder(id nimbus.FolderID) *folder {
	return find(s.folders, func(f *folder) bool { return f.ID == id })
}

// document finds a document in a folder; what is in the Archive is found too,
// because archived files can be opened and downloaded (R19).
func (s *state) document(id string) *document {
	is := func(d *document) bool { return string(d.ID) == id }
	for _, f := range s.folders {
		if d := find(f.files, is); d != nil {
			return d
		}
	}
	return find(s.archive, is)
}

func find[T any](list []*T, is func(*T) bool) *T {
	if i := slices.IndexFunc(list, is); i >= 0 {
		return list[i]
	}
	return nil
}

func without[T any](list []*T, item *T) []*T {
	return slices.DeleteFunc(list, func(other *T) bool { return other == item })
}

// record adds a row to the history of the entity that the folder belongs to.
func (s *state) record(f *folder, event, subject string) {
	if c := s.clientByID(f.ClientID); c != nil {
		c.history = append(c.history, []string{time.Now().UTC().Format(time.RFC3339), event, "API User", subject})
	}
}

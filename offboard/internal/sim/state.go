package sim

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/practicekit/offboarding/nimbus"
)

// state is all that can change in a practice, as values. A copy made by clone
// stays as it is: slices inside of its parts are replaced and never written to.
type state struct {
	edition     nimbus.Edition
	clients     []client
	contacts    []contact
	folders     []folder
	documents   []document
	syncs       []syncRun     // oldest first
	lastRegular time.Duration // when the last regular sync ran
}

// client is a client in its source system and its entity in Nimbus.
type client struct {
	// In the source system.
	archived, deleted bool
	closed, cleared   bool // MYOB AE: the client is closed, the filter field is empty
	version           int  // of the record in MYOB AE
	jobs              int

	// In Nimbus. An entity that comes back is another one (P2): lives counts them.
	onGrid     bool
	lives      int
	integrated bool
	rows       []row // the Client History
	signatures int
	folder     int
	owned      []int // every folder that it has had
	contacts   []int
}

// row is a line of a Client History. One that the run's own uploads and downloads
// have made is no loss.
type row struct {
	line string
	own  bool
}

type contact struct {
	firstName, surname, email    string
	login, access, invited, gone bool
	related                      []int // clients whose entity it belongs to
}

type folder struct {
	kind   nimbus.FolderKind
	code   string // as it shows: an orphaned one may have seven digits more (P1)
	owner  int
	gone   bool
	files  []int
	stored []int // every document that was ever in it
}

type document struct {
	name     string
	folder   int
	content  []byte
	sha256   string
	archived bool // in the Archive
	gone     bool // for good
}

func (s state) clone() state {
	s.clients = slices.Clone(s.clients)
	s.contacts = slices.Clone(s.contacts)
	s.folders = slices.Clone(s.folders)
	s.documents = slices.Clone(s.documents)
	s.syncs = slices.Clone(s.syncs)
	return s
}

// with is list and one more item, in memory of its own.
func with[T any](list []T, item T) []T { return append(slices.Clip(list), item) }

// without is list without an item, in memory of its own.
func without[T comparable](list []T, item T) []T {
	var rest []T
	for _, other := range list {
		if other != item {
			rest = append(rest, other)
		}
	}
	return rest
}

func (s *state) add(c *cast, i int, from Client) {
	added := client{archived: from.Archived, jobs: from.Jobs, version: 1, onGrid: true, integrated: from.XPM || from.MYOBAE,
		signatures: from.Signatures}
	for n := range from.Rows {
		added.rows = append(added.rows, row{line: "2026-01-01T00:00:00Z,Upload File,Example Employee,/Current/" + from.Code + "-" + strconv.Itoa(n+1) + ".pdf"})
	}
	s.clients = append(s.clients, added)
	s.newFolder(i, from.Code)
	for n := range from.Documents {
		s.store(s.clients[i].folder, fmt.Sprintf("Document %d.pdf", n+1), fmt.Appendf(nil, "document %d of %s", n+1, c.clients[i].code))
	}
}

// newFolder gives a client an empty Client folder.
func (s *state) newFolder(owner int, code string) {
	c := &s.clients[owner]
	c.folder, c.owned = len(s.folders), with(c.owned, len(s.folders))
	s.folders = append(s.folders, folder{kind: nimbus.FolderClient, code: code, owner: owner})
}

func (s *state) addContact(c *cast, from Contact) error {
	added := contact{firstName: from.FirstName, surname: from.Surname, email: from.Email, login: from.Login, access: from.Login, invited: from.Invited}
	for _, code := range from.Clients {
		i, known := c.byCode[strings.ToLower(code)]
		if !known {
			return fmt.Errorf("no client has the code %q", code)
		}
		added.related = append(added.related, i)
		s.clients[i].contacts = with(s.clients[i].contacts, len(s.contacts))
	}
	s.contacts = append(s.contacts, added)
	return nil
}

// store puts a document into a folder.
func (s *state) store(in int, name string, content []byte) int {
	sum := sha256.Sum256(content)
	s.documents = append(s.documents, document{name: name, folder: in, content: content, sha256: hex.EncodeToString(sum[:])})
	s.folders[in].files = with(s.folders[in].files, len(s.documents)-1)
	s.folders[in].stored = with(s.folders[in].stored, len(s.documents)-1)
	return len(s.documents) - 1
}

// record adds a row to the history of the entity that a folder belongs to.
func (s *state) record(in int, event, name string, own bool) {
	f := s.folders[in]
	if f.kind != nimbus.FolderClient || f.gone || !s.clients[f.owner].onGrid {
		return
	}
	c := &s.clients[f.owner]
	line := "2026-01-02T00:00:00Z," + event + ",Example Employee,/Current/" + name + " (" + strconv.Itoa(len(c.rows)+1) + ")"
	c.rows = with(c.rows, row{line: line, own: own})
}

// The ids of things are made of their places in the state.

func entityID(i, lives int) nimbus.ClientID {
	if lives == 0 {
		return nimbus.ClientID("c-" + strconv.Itoa(i))
	}
	return nimbus.ClientID("c-" + strconv.Itoa(i) + "." + strconv.Itoa(lives))
}

// entity finds the client whose entity has, or had, the id; -1 for none. The
// number of its life says whether it still is that entity.
func (c *cast) entity(id nimbus.ClientID) (i, life int) {
	number, after, restored := strings.Cut(string(id), ".")
	i = place(number, "c-", len(c.clients))
	if restored {
		if n, err := strconv.Atoi(after); err == nil {
			return i, n
		}
		return -1, 0
	}
	return i, 0
}

// on reports whether the entity of that life is on the Client Grid.
func (s *state) on(i, life int) bool {
	return i >= 0 && s.clients[i].onGrid && s.clients[i].lives == life
}

// place reads the place of a thing out of its id, -1 where it has none.
func place[T ~string](id T, prefix string, n int) int {
	text, ok := strings.CutPrefix(string(id), prefix)
	i, err := strconv.Atoi(text)
	if !ok || err != nil || i < 0 || i >= n {
		return -1
	}
	return i
}

func numbered[T ~string](prefix string, i int) T { return T(prefix + strconv.Itoa(i)) }

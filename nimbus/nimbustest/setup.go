package nimbustest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/practicekit/offboarding/nimbus"
)

// Client is a Client Entity to begin with.
type Client struct {
	ID         nimbus.ClientID // empty: counted up
	Code, Name string
	Integrated bool
	// History is the rows of the Client History, without a header: date, event,
	// who performed it, subject. HistoryRows adds that many invented ones.
	History     [][]string
	HistoryRows int
}

// Contact is a contact to begin with.
type Contact struct {
	FirstName, Surname, Email       string
	HasLogin, PortalAccess, Invited bool
	Related                         []string // codes or ids of entities
}

// EmailJob is an Email Job to begin with.
type EmailJob struct {
	Subject                                      string
	JobStatus                                    string // empty: nimbus.JobStatusActive
	DocumentsForSignature, OutstandingSignatures int
	// Documents are those to be signed, where Sign is to move them.
	Documents []nimbus.DocumentID
}

// Document is a document to begin with.
type Document struct {
	Name                          string
	Content                       []byte
	Path                          string // empty: nimbus.PathCurrent
	Published, Locked, CheckedOut bool
	Earlier                       [][]byte  // contents of earlier versions, oldest first
	ModifiedAt                    time.Time // zero: now
}

// Folder is a business folder to begin with.
type Folder struct{ Code, Name string }

// AddClient adds an entity with an empty folder and returns its id.
func (s *Server) AddClient(c Client) nimbus.ClientID {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addClient(c).ID
}

func (s *state) addClient(c Client) *client {
	id, seq := s.next("c")
	if c.ID == "" || s.clientByID(c.ID) != nil {
		c.ID = nimbus.ClientID(id)
	}
	added := &client{seq: seq, history: slices.Clone(c.History)}
	for n := range c.HistoryRows {
		added.history = append(added.history, []string{"2026-01-01T00:00:00Z", "Upload File", "Example Employee", "/Current/file-" + strconv.Itoa(n+1) + ".pdf"})
	}
	f := s.newFolder(nimbus.FolderClient, c.Code, c.Name, c.ID)
	added.ClientEntity = nimbus.ClientEntity{ID: c.ID, Code: c.Code, Name: c.Name, Integrated: c.Integrated, FolderID: f.ID}
	s.clients = append(s.clients, added)
	return added
}

func (s *state) newFolder(kind nimbus.FolderKind, code, name string, owner nimbus.ClientID) *folder {
	id, seq := s.next("f")
	f := &folder{seq: seq, clientCode: code, Folder: nimbus.Folder{ID: nimbus.FolderID(id), Kind: kind, Code: code, Name: name, ClientID: owner}}
	s.folders = append(s.folders, f)
	return f
}

// AddContact adds a contact and returns its id. An entity that is not there is
// an error.
func (s *Server) AddContact(c Contact) (nimbus.ContactID, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var related []nimbus.ClientID
	for _, ref := range c.Related {
		found := s.client(ref)
		if found == nil {
			return "", errNoClient(ref)
		}
		related = append(related, found.ID)
	}
	return s.addContact(c, related), nil
}

func (s *state) addContact(c Contact, related []nimbus.ClientID) nimbus.ContactID {
	id, seq := s.next("ct")
	s.contacts = append(s.contacts, &contact{seq: seq, related: related, Contact: nimbus.Contact{
		ID: nimbus.ContactID(id), FirstName: c.FirstName, Surname: c.Surname, Email: c.Email,
		HasLogin: c.HasLogin, PortalAccess: c.PortalAccess, Invited: c.Invited,
	}})
	return nimbus.ContactID(id)
}

// AddEmailJob adds an Email Job to the entity with this code or id.
func (s *Server) AddEmailJob(client string, j EmailJob) (nimbus.EmailJobID, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.client(client)
	if c == nil {
		return "", errNoClient(client)
	}
	if j.JobStatus == "" {
		j.JobStatus = nimbus.JobStatusActive
	}
	id, seq := s.next("j")
	c.jobs = append(c.jobs, &emailJob{seq: seq, documents: slices.Clone(j.Documents), EmailJob: nimbus.EmailJob{
		ID: nimbus.EmailJobID(id), Subject: j.Subject, JobStatus: j.JobStatus,
		DocumentsForSignature: j.DocumentsForSignature, OutstandingSignatures: j.OutstandingSignatures,
	}})
	return nimbus.EmailJobID(id), nil
}

// AddDocument adds a document to the folder of the entity with this code or id.
// It adds no row to the history.
func (s *Server) AddDocument(client string, d Document) (nimbus.DocumentID, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.client(client)
	if c == nil {
		return "", errNoClient(client)
	}
	if d.Path == "" {
		d.Path = nimbus.PathCurrent
	}
	return s.newDocument(s.folder(c.FolderID), d).ID, nil
}

func (s *state) newDocument(f *folder, d Document) *document {
	id, seq := s.next("d")
	if d.ModifiedAt.IsZero() {
		d.ModifiedAt = time.Now()
	}
	added := &document{seq: seq, content: slices.Clone(d.Content), Document: nimbus.Document{
		ID: nimbus.DocumentID(id), Name: d.Name, FolderID: f.ID, Path: d.Path, Size: int64(len(d.Content)),
		SHA256: digestHex(d.Content), Published: d.Published, Locked: d.Locked, CheckedOut: d.CheckedOut,
		ModifiedAt: d.ModifiedAt.UTC().Truncate(time.Second),
	}}
	for n, content := range d.Earlier {
		added.earlier = append(added.earlier, version{content: slices.Clone(content), DocumentVersion: nimbus.DocumentVersion{
			Number: n + 1, Size: int64(len(content)), SHA256: digestHex(content), ModifiedAt: added.ModifiedAt,
		}})
	}
	f.files = append(f.files, added)
	return added
}

func digestHex(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// SetInUse locks or checks out a document, or ends that, as staff do. It reports
// whether there is such a document.
func (s *Server) SetInUse(id nimbus.DocumentID, locked, checkedOut bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.document(string(id))
	if d != nil {
		d.Locked, d.CheckedOut = locked, checkedOut
	}
	return d != nil
}

// SetPublished publishes a document to the client, or withdraws it, as staff do;
// without telling anybody. It reports whether there is such a document.
func (s *Server) SetPublished(id nimbus.DocumentID, published bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.document(string(id))
	if d != nil {
		d.Published = published
	}
	return d != nil
}

// Relate relates a contact to the entity with this code or id too. It reports
// whether there are both.
func (s *Server) Relate(id nimbus.ContactID, client string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, c := s.contact(string(id)), s.client(client)
	if p == nil || c == nil {
		return false
	}
	if !slices.Contains(p.related, c.ID) {
		p.related = append(p.related, c.ID)
	}
	return true
}

// AddFolder adds a business folder, such as one that takes an orphaned folder's
// name (P1), and returns its id.
func (s *Server) AddFolder(f Folder) nimbus.FolderID {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.newFolder(nimbus.FolderBusiness, f.Code, f.Name, "").ID
}

// SetEdition changes the edition of the account.
func (s *Server) SetEdition(e nimbus.Edition) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.edition = e
}

func errNoClient(ref string) error {
	return fmt.Errorf("nimbustest: there is no client entity with the code or id %q", ref)
}

package nimbustest

import (
	"time"

	"github.com/practicekit/offboarding/nimbus"
)

// Snapshot is the whole state, for tests to compare. It is made for JSON.
type Snapshot struct {
	Edition       nimbus.Edition    `json:"edition"`
	Clients       []ClientState     `json:"clients"`
	Contacts      []ContactState    `json:"contacts"`
	EmailJobs     []EmailJobState   `json:"emailJobs"`
	Folders       []FolderState     `json:"folders"`
	Archive       []nimbus.Document `json:"archive"`
	Syncs         []nimbus.SyncRun  `json:"syncs"` // oldest first
	MailsSent     int               `json:"mailsSent"`
	Logins        int               `json:"logins"`        // all that were sent
	LoginsRefused int               `json:"loginsRefused"` // in a row
}

// ClientState is an entity and the rows of its history.
type ClientState struct {
	nimbus.ClientEntity
	HistoryRows int `json:"historyRows"`
}

// ContactState is a contact and the codes of the entities it is related to.
type ContactState struct {
	nimbus.Contact
	Related []string `json:"related"`
}

// EmailJobState is an Email Job and the code of its entity.
type EmailJobState struct {
	nimbus.EmailJob
	Client string `json:"client"`
}

// FolderState is a folder and its documents.
type FolderState struct {
	nimbus.Folder
	Files []nimbus.Document `json:"files"`
}

// Snapshot returns a copy of the state as it is now; syncs whose time has come
// are ended first.
func (s *Server) Snapshot() Snapshot {
	s.advance()
	s.mu.Lock()
	defer s.mu.Unlock()
	v := Snapshot{Edition: s.edition, MailsSent: s.mailsSent, Logins: s.logins, LoginsRefused: s.loginsRefused}
	for _, c := range s.clients {
		v.Clients = append(v.Clients, ClientState{c.ClientEntity, len(c.history)})
		for _, j := range c.jobs {
			v.EmailJobs = append(v.EmailJobs, EmailJobState{j.EmailJob, c.Code})
		}
	}
	for _, p := range s.contacts {
		state := ContactState{Contact: p.Contact}
		for _, id := range p.related {
			state.Related = append(state.Related, s.codeOf(id))
		}
		v.Contacts = append(v.Contacts, state)
	}
	for _, f := range s.folders {
		v.Folders = append(v.Folders, FolderState{f.view(), documents(f.files)})
	}
	v.Archive = documents(s.archive)
	for _, run := range s.syncs {
		v.Syncs = append(v.Syncs, run.SyncRun)
	}
	return v
}

func documents(files []*document) []nimbus.Document {
	var views []nimbus.Document
	for _, d := range files {
		v := d.Document
		v.ArchivedAt = time.Time{} // which differs from run to run; the list says that it is archived
		views = append(views, v)
	}
	return views
}

func (s *state) codeOf(id nimbus.ClientID) string {
	if c := s.clientByID(id); c != nil {
		return c.Code
	}
	return ""
}

package nimbustest

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/practicekit/offboarding/nimbus"
)

// RemoveEntity removes the entity with this code or id as a sync does, and
// reports whether it left the Client Grid. One with Documents for Signature
// stays (R12), and so does one that is not there.
func (s *Server) RemoveEntity(client string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.client(client)
	if c == nil || slices.ContainsFunc(c.jobs, func(j *emailJob) bool { return j.DocumentsForSignature > 0 || j.OutstandingSignatures > 0 }) {
		return false
	}
	s.remove(c)
	return true
}

// remove takes an entity away with its history and its email jobs (R9 to R11),
// makes its folder orphaned (R13), and settles its contacts (R14 to R16). That a
// deletion by hand treats contacts in the same way is assumed.
func (s *state) remove(c *client) {
	s.clients = without(s.clients, c)
	if f := s.folder(c.FolderID); f != nil {
		if len(f.files) == 0 {
			s.folders = without(s.folders, f)
		} else {
			s.orphan(f)
		}
	}
	s.contacts = slices.DeleteFunc(s.contacts, func(p *contact) bool {
		if !slices.Contains(p.related, c.ID) {
			return false
		}
		p.related = slices.DeleteFunc(p.related, func(id nimbus.ClientID) bool { return id == c.ID })
		return len(p.related) == 0 && !p.HasLogin
	})
}

// orphan turns a Client folder into an orphaned one. Its code gets seven digits
// when another folder, of any kind, has it or the name already (P1); they come from the folder's id,
// so that runs can be repeated.
func (s *state) orphan(f *folder) {
	f.Kind, f.ClientID = nimbus.FolderOrphaned, ""
	taken := func(code string) bool {
		return slices.ContainsFunc(s.folders, func(o *folder) bool {
			return o != f && (strings.EqualFold(o.Code, code) || strings.EqualFold(o.Name, code+" "+f.Name))
		})
	}
	h := fnv.New32a()
	h.Write([]byte(f.ID))
	for n := h.Sum32(); taken(f.Code); n++ {
		f.Code = fmt.Sprintf("%s%07d", f.clientCode, n%10_000_000)
	}
}

// RestoreEntity brings an entity back, as un-archiving in the source system and
// a manual sync do (P2), and returns its new id. An orphaned folder with the same
// code and name matches again; a history does not come back, and neither do
// contacts that are gone: the contacts given are related to it again.
func (s *Server) RestoreEntity(c Client, contacts ...nimbus.ContactID) nimbus.ClientID {
	s.mu.Lock()
	defer s.mu.Unlock()
	restored := s.addClient(c)
	id := restored.ID
	orphan := find(s.folders, func(f *folder) bool {
		return f.Kind == nimbus.FolderOrphaned && strings.EqualFold(f.Code, c.Code) && strings.EqualFold(f.Name, c.Name)
	})
	if orphan != nil {
		s.folders = without(s.folders, s.folder(restored.FolderID))
		orphan.Kind, orphan.ClientID = nimbus.FolderClient, id
		restored.FolderID = orphan.ID
	}
	for _, p := range s.contacts {
		if slices.Contains(contacts, p.ID) && !slices.Contains(p.related, id) {
			p.related = append(p.related, id)
		}
	}
	return id
}

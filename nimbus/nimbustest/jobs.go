package nimbustest

import (
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/practicekit/offboarding/nimbus"
)

// job finds an Email Job and its entity.
func (s *state) job(id nimbus.EmailJobID) (*client, *emailJob) {
	for _, c := range s.clients {
		if j := find(c.jobs, func(j *emailJob) bool { return j.ID == id }); j != nil {
			return c, j
		}
	}
	return nil, nil
}

// SetSignatures changes the counts of an Email Job, as when a person takes a
// document out of it. It reports whether there is such a job.
func (s *Server) SetSignatures(id nimbus.EmailJobID, documentsForSignature, outstanding int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, j := s.job(id)
	if j != nil {
		j.DocumentsForSignature, j.OutstandingSignatures = documentsForSignature, outstanding
	}
	return j != nil
}

// Sign lets one signer of an Email Job sign, and reports whether a signature was
// outstanding. With the last one the job's Documents are renamed .signed1 and
// move to From Client; the job keeps its Documents for Signature, and so the
// entity (R12, assumed).
func (s *Server) Sign(id nimbus.EmailJobID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, j := s.job(id)
	if j == nil || j.OutstandingSignatures == 0 {
		return false
	}
	j.OutstandingSignatures--
	for _, signed := range j.documents {
		d := s.document(string(signed))
		if d == nil || j.OutstandingSignatures > 0 {
			continue
		}
		extension := path.Ext(d.Name)
		d.Name, d.Path = strings.TrimSuffix(d.Name, extension)+".signed1"+extension, nimbus.PathFromClient
		s.record(s.folder(c.FolderID), "Move File", "/"+d.Path+"/"+d.Name)
	}
	return true
}

// SendReminders sends the mails that are due when nobody signs: one for every
// active Email Job with a signature outstanding. Suspended ones send none.
func (s *Server) SendReminders() (mails int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.clients {
		for _, j := range c.jobs {
			if j.OutstandingSignatures > 0 && j.JobStatus != nimbus.JobStatusSuspended {
				mails++
			}
		}
	}
	s.mailsSent += mails
	return mails
}

// Invite lets a contact invite another person to the portal (P3), which sends a
// mail. The invited one has a login, and is related to the entities that the
// inviting one is related to. Its Related is ignored.
func (s *Server) Invite(by nimbus.ContactID, invited Contact) (nimbus.ContactID, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	host := s.contact(string(by))
	if host == nil || !host.HasLogin || !host.PortalAccess {
		return "", fmt.Errorf("nimbustest: the contact %q is not there, or cannot log in", by)
	}
	invited.HasLogin, invited.PortalAccess, invited.Invited = true, true, true
	s.mailsSent++
	return s.addContact(invited, slices.Clone(host.related)), nil
}

func (s *Server) setEmailJobStatus(r request) answer {
	status, ok := member[string](r, "jobStatus")
	if !ok {
		return noMember("jobStatus")
	}
	c, j := s.job(nimbus.EmailJobID(r.PathValue("id")))
	if j == nil {
		return notFound()
	}
	for _, word := range []string{status, j.JobStatus} { // a finished job can have neither
		if word != nimbus.JobStatusActive && word != nimbus.JobStatusSuspended {
			return unprocessable("the status is Active or Suspended").about(c.Code, "")
		}
	}
	changed := j.JobStatus != status
	j.JobStatus = status
	a := respond(http.StatusOK, j.EmailJob).about(c.Code, "")
	a.changed = changed
	return a
}

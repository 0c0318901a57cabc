package sim

import (
	"context"

	"github.com/practicekit/offboarding/nimbus"
)

// maxJobs is how many e-mail jobs a client can have, which bounds what their ids
// tell.
const maxJobs = 64

// emailJobs are the e-mail jobs with Documents for Signature.
type emailJobs struct{ *door }

// job is the n-th e-mail job of a client.
func (c *client) job(of, n int) nimbus.EmailJob {
	job := nimbus.EmailJob{ID: numbered[nimbus.EmailJobID]("j-", of*maxJobs+n), JobStatus: nimbus.JobStatusActive, DocumentsForSignature: 1, OutstandingSignatures: 1}
	if c.suspended&(1<<n) != 0 {
		job.JobStatus = nimbus.JobStatusSuspended
	}
	return job
}

func (e emailJobs) ListByClient(ctx context.Context, id nimbus.ClientID) ([]nimbus.EmailJob, error) {
	of, _ := e.p.cast.entity(id)
	return withEntity(ctx, e.door, read(Nimbus, "EmailJobs.ListByClient", id, -1), id, func(_ *state, c *client) ([]nimbus.EmailJob, bool, error) {
		var jobs []nimbus.EmailJob
		for n := range c.signatures {
			jobs = append(jobs, c.job(of, n))
		}
		return jobs, false, nil
	})
}

// Suspend suspends a job, which goes on holding its entity (R12).
func (e emailJobs) Suspend(ctx context.Context, id nimbus.EmailJobID) (nimbus.EmailJob, error) {
	at := place(id, "j-", len(e.p.cast.clients)*maxJobs)
	of, n := at/maxJobs, at%maxJobs
	if at < 0 {
		of = -1
	}
	c := repeatable(Nimbus, "EmailJobs.Suspend", id, of)
	return reach(ctx, e.door, c, func(s *state) (nimbus.EmailJob, bool, error) {
		if of < 0 || !s.clients[of].onGrid || n >= s.clients[of].signatures {
			return nimbus.EmailJob{}, false, c.noSuch()
		}
		changed := s.clients[of].suspended&(1<<n) == 0
		s.clients[of].suspended |= 1 << n
		return s.clients[of].job(of, n), changed, nil
	})
}

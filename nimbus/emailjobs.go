package nimbus

import (
	"context"
	"net/http"

	"github.com/practicekit/offboarding/internal/transport"
)

// EmailJobID identifies an Email Job.
type EmailJobID string

// The statuses of an Email Job in Nimbus' words. The set is open.
const (
	JobStatusActive    = "Active"
	JobStatusSuspended = "Suspended" // sends no reminders
)

// EmailJob is a mailing to a Client Entity. One that holds Documents for
// Signature keeps the entity on the Client Grid (R12).
type EmailJob struct {
	ID      EmailJobID `json:"id"`
	Subject string     `json:"subject"`
	// JobStatus is JobStatusActive, JobStatusSuspended or another word of Nimbus.
	JobStatus string `json:"jobStatus"`
	// DocumentsForSignature counts all such documents, OutstandingSignatures
	// those that are not signed yet.
	DocumentsForSignature int `json:"documentsForSignature"`
	OutstandingSignatures int `json:"outstandingSignatures"`
}

func (EmailJob) members() []string {
	return []string{"id", "documentsForSignature", "outstandingSignatures"}
}

func (j EmailJob) check() error {
	if j.DocumentsForSignature < 0 || j.OutstandingSignatures < 0 {
		return errContract("a count is negative")
	}
	return named("id", j.ID)
}

// EmailJobService reads and suspends Email Jobs. Use it as Client.EmailJobs.
type EmailJobService struct{ c *Client }

// ListByClient returns the Email Jobs of the entity.
//
// It changes nothing and follows all pages. A missing entity is ErrNotFound.
func (s *EmailJobService) ListByClient(ctx context.Context, id ClientID) ([]EmailJob, error) {
	const op = "EmailJobs.ListByClient"
	if err := checkID(op, id); err != nil {
		return nil, err
	}
	return list(ctx, s.c, op, nil, func(j EmailJob) string { return string(j.ID) }, "clients", string(id), "email-jobs")
}

// Suspend suspends an Email Job: it sends no reminders until it is resumed.
// What it holds for signature stays, and so keeps the entity (R12, assumed).
//
// It may be sent again: a suspended job stays as it is. A missing job is
// ErrNotFound.
func (s *EmailJobService) Suspend(ctx context.Context, id EmailJobID) (EmailJob, error) {
	return s.setStatus(ctx, "EmailJobs.Suspend", id, JobStatusSuspended)
}

// Resume makes a suspended Email Job active again.
//
// It may be sent again: an active job stays as it is. A missing job is
// ErrNotFound.
func (s *EmailJobService) Resume(ctx context.Context, id EmailJobID) (EmailJob, error) {
	return s.setStatus(ctx, "EmailJobs.Resume", id, JobStatusActive)
}

func (s *EmailJobService) setStatus(ctx context.Context, op string, id EmailJobID, status string) (EmailJob, error) {
	if err := checkID(op, id); err != nil {
		return EmailJob{}, err
	}
	job, err := send[EmailJob](ctx, s.c, transport.Request{
		Op: op, Effect: transport.Repeatable, Method: http.MethodPut, Path: path("email-jobs", string(id), "status"),
	}, map[string]string{"jobStatus": status})
	if err != nil {
		return EmailJob{}, err
	}
	if job.ID != id || job.JobStatus != status {
		return EmailJob{}, invalid(op, "the answer is about another job or another status")
	}
	return job, nil
}

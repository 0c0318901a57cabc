package nimbus

import "context"

// EmailJobID identifies an Email Job.
type EmailJobID string

// EmailJob is a mailing to a Client Entity. One that holds Documents for
// Signature keeps the entity on the Client Grid (R12).
type EmailJob struct {
	ID      EmailJobID `json:"id"`
	Subject string     `json:"subject"`
	// JobStatus is the status in Nimbus' words, such as Active or Suspended.
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

// EmailJobService reads Email Jobs. Use it as Client.EmailJobs.
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

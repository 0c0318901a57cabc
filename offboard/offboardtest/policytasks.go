package offboardtest

import (
	"context"
	"fmt"

	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/xpm/xpmtest"
)

// copyToXPM adds the exported history to the client's documents in XPM.
func (p *Person) copyToXPM(t offboard.Task) error {
	name, data, err := p.evidence(t)
	if err != nil {
		return err
	}
	for _, c := range p.Practice.XPM.Clients() {
		if c.Code == t.Client {
			p.Practice.XPM.AddDocument(c.UUID, xpmtest.Document{Title: told(t, "Give it the title "), FileName: name, Content: data})
			return nil
		}
	}
	return fmt.Errorf("there is no client %s in XPM", t.Client)
}

// suspend suspends the active e-mail jobs with Documents for Signature.
func (p *Person) suspend(ctx context.Context, staff *nimbus.Client, code string) error {
	for _, j := range p.Practice.Nimbus.Snapshot().EmailJobs {
		if j.Client != code || j.DocumentsForSignature == 0 || j.JobStatus != nimbus.JobStatusActive {
			continue
		}
		if _, err := staff.EmailJobs.Suspend(ctx, j.ID); err != nil {
			return err
		}
	}
	return nil
}

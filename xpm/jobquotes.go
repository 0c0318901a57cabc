package xpm

import (
	"context"
	"encoding/xml"
	"net/http"

	"github.com/practicekit/offboarding/internal/transport"
)

// CreateQuote makes a quote of a job, and returns its number.
//
// It is sent at most once: a second time would make a second quote. After
// ErrOutcomeUnknown look through the quotes. A job that XPM does not know is
// ErrNotFound. Scope: practicemanager.job.
// https://developer.xero.com/documentation/api/practice-manager-3-1/jobs
func (s *JobService) CreateQuote(ctx context.Context, job JobNumber) (QuoteNumber, error) {
	return s.quote(ctx, "Jobs.CreateQuote", job, "createquote")
}

// CreateEstimate makes an estimate of a job, and returns its number, which is in
// the sequence of the quotes.
//
// It is sent at most once: a second time would make a second estimate. After
// ErrOutcomeUnknown look through the quotes. A job that XPM does not know is
// ErrNotFound. Scope: practicemanager.job.
// https://developer.xero.com/documentation/api/practice-manager-3-1/jobs
func (s *JobService) CreateEstimate(ctx context.Context, job JobNumber) (QuoteNumber, error) {
	return s.quote(ctx, "Jobs.CreateEstimate", job, "createestimate")
}

func (s *JobService) quote(ctx context.Context, op string, job JobNumber, method string) (QuoteNumber, error) {
	if !validNumber(job) {
		return "", invalid(op, "not a job number")
	}
	r, err := write(op, transport.Once, http.MethodPost, transport.Path("job.api", method, string(job)), nil)
	if err != nil {
		return "", err
	}
	var number QuoteNumber
	err = s.c.call(ctx, r, envelope{required: "ID", parts: map[string]part{"ID": func(a *answer, start xml.StartElement) error {
		if err := a.DecodeElement(&number, &start); err != nil {
			return err
		}
		if number == "" {
			return malformed("one without the number of the quote")
		}
		return nil
	}}})
	return number, err
}

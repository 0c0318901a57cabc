package xpm

import (
	"context"
	"iter"
	"net/http"
	"strings"

	"github.com/practicekit/offboarding/internal/transport"
)

// JobNoteParams is a new note on a job. Title and Text are required.
type JobNoteParams struct {
	Title  string
	Text   string
	Folder string
	Public Flag // whether the client may see it; empty for XPM's default
}

// AddNote adds a note to a job. The answer names no note; Get of the job has it.
//
// It is sent at most once: a second time would add a second note. After
// ErrOutcomeUnknown, Get tells. A job that XPM does not know is ErrNotFound.
// Scope: practicemanager.job.
// https://developer.xero.com/documentation/api/practice-manager-3-1/jobs
func (s *JobService) AddNote(ctx context.Context, job JobNumber, p JobNoteParams) error {
	const op = "Jobs.AddNote"
	switch {
	case !validNumber(job):
		return invalid(op, "not a job number")
	case strings.TrimSpace(p.Title) == "" || strings.TrimSpace(p.Text) == "":
		return invalid(op, "Title and Text are required")
	}
	r, err := write(op, transport.Once, http.MethodPost, transport.Path("job.api", "note"), body{"Note", []field{
		{name: "Job", value: string(job)}, {name: "Title", value: p.Title}, {name: "Text", value: p.Text},
		{name: "Folder", value: p.Folder}, {name: "Public", value: p.Public.asBool()},
	}})
	if err != nil {
		return err
	}
	return act(ctx, s.c, r)
}

// Documents iterates over the documents of a job. The answer is read with the
// Response around it that every recorded answer has, and without, as the page
// shows it.
//
// It only reads; each range over it sends the request anew. An error comes last,
// and means that the list is not complete. A job that XPM does not know is
// ErrNotFound. Scope: practicemanager.job.read.
// https://developer.xero.com/documentation/api/practice-manager-3-1/jobs
func (s *JobService) Documents(ctx context.Context, job JobNumber) iter.Seq2[Document, error] {
	const op = "Jobs.Documents"
	if !validNumber(job) {
		return failing[Document](invalid(op, "not a job number"))
	}
	return bareListOf(ctx, s.c, op, transport.Path("job.api", "documents", string(job)), nil, "Documents", "Document", element[Document])
}

// JobDocumentParams is a new document of a job.
type JobDocumentParams struct {
	DocumentParams
	Public Flag // whether the client may see it; empty for XPM's default
}

// AddDocument adds a document to a job. The content is read as it is sent and
// never held whole. How large it may be is not known.
//
// It is sent at most once: a second time would add a second document. After
// ErrOutcomeUnknown, Documents tells. A job that XPM does not know is
// ErrNotFound. Scope: practicemanager.job.
// https://developer.xero.com/documentation/api/practice-manager-3-1/jobs
func (s *JobService) AddDocument(ctx context.Context, job JobNumber, p JobDocumentParams) error {
	const op = "Jobs.AddDocument"
	if !validNumber(job) {
		return invalid(op, "not a job number")
	}
	r, err := p.request(op, transport.Path("job.api", "document"), []field{
		{name: "Job", value: string(job)}, {name: "Title", value: p.Title}, {name: "Text", value: p.Text},
		{name: "Folder", value: p.Folder}, {name: "Public", value: p.Public.asBool()},
	})
	if err != nil {
		return err
	}
	return act(ctx, s.c, r)
}

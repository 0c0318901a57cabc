package xpm

import (
	"cmp"
	"context"
	"iter"
	"net/url"
	"strconv"
	"time"

	"github.com/practicekit/offboarding/internal/transport"
)

// JobService reads and changes the jobs of the practice, with their tasks, notes,
// documents and costs.
type JobService struct{ c *Client }

// JobOptions widens or narrows what a list of jobs tells of each.
type JobOptions struct {
	// Detailed adds Tasks, Milestones and Notes.
	Detailed bool
	// Fields asks for these elements of each job only, and ID and UUID; empty means
	// all. Assumed: only the draft of Xero's schema has it.
	Fields []string
}

// CurrentOptions is what JobOptions is called for Current.
type CurrentOptions = JobOptions

func (o JobOptions) query() url.Values {
	q := url.Values{}
	if o.Detailed {
		q.Set("detailed", "true")
	}
	onlyFields(q, o.Fields, "ID", "UUID")
	return q
}

// Current iterates over the current jobs of the whole practice: one call serves
// any number of clients (P10).
//
// It only reads; each range over it sends the request anew. The answer comes in
// one piece and is decoded as it arrives. An error comes last, and means that
// the list is not complete. Scope: practicemanager.job.read.
// https://developer.xero.com/documentation/api/practice-manager-3-1/jobs
func (s *JobService) Current(ctx context.Context, o CurrentOptions) iter.Seq2[Job, error] {
	return listOf(ctx, s.c, "Jobs.Current", transport.Path("job.api", "current"), o.query(), "Jobs", "Job", readJob)
}

// List iterates over the jobs, current or not, that were created on the days
// from first to last, both included. XPM wants them less than a year apart; All
// takes any span.
//
// It only reads; each range over it sends the request anew. The answer comes in
// one piece and is decoded as it arrives. A span that XPM would not take is
// ErrInvalid, before anything is sent. An error comes last, and means that the
// list is not complete. Scope: practicemanager.job.read.
// https://developer.xero.com/documentation/api/practice-manager-3-1/jobs
func (s *JobService) List(ctx context.Context, first, last time.Time, o JobOptions) iter.Seq2[Job, error] {
	return s.list(ctx, "Jobs.List", first, last, o)
}

// All is List for a span of any length: it asks for 360 days at a time, each
// when the days before are used up, and yields no job twice.
//
// It only reads. An error comes last, and means that the list is not complete.
// Scope: practicemanager.job.read.
// https://developer.xero.com/documentation/api/practice-manager-3-1/jobs
func (s *JobService) All(ctx context.Context, first, last time.Time, o JobOptions) iter.Seq2[Job, error] {
	const op = "Jobs.All"
	list := func(ctx context.Context, first, last time.Time) iter.Seq2[Job, error] {
		return s.list(ctx, op, first, last, o)
	}
	return windows(ctx, op, first, last, list, func(j Job) string { return cmp.Or(string(j.UUID), string(j.ID)) })
}

func (s *JobService) list(ctx context.Context, op string, first, last time.Time, o JobOptions) iter.Seq2[Job, error] {
	q := o.query()
	span, err := between(op, first, last)
	if err != nil {
		return failing[Job](err)
	}
	for name, values := range span {
		q[name] = values
	}
	return listOf(ctx, s.c, op, transport.Path("job.api", "list"), q, "Jobs", "Job", readJob)
}

// ListByClient iterates over all jobs of a client, current or not.
//
// It only reads; each range over it sends the request anew. The answer comes in
// one piece and is decoded as it arrives. An error comes last, and means that
// the list is not complete; whether an unknown client is one, or a client
// without jobs, is not known. Scope: practicemanager.job.read.
// https://developer.xero.com/documentation/api/practice-manager-3-1/jobs
func (s *JobService) ListByClient(ctx context.Context, id ClientUUID, o JobOptions) iter.Seq2[Job, error] {
	const op = "Jobs.ListByClient"
	if !id.valid() {
		return failing[Job](invalid(op, "not a client UUID"))
	}
	return listOf(ctx, s.c, op, transport.Path("job.api", "client", string(id)), o.query(), "Jobs", "Job", readJob)
}

// ListByStaff iterates over the current jobs that a member of staff is assigned
// to. That Detailed works here too is assumed.
//
// It only reads; each range over it sends the request anew. The answer comes in
// one piece and is decoded as it arrives. An error comes last, and means that
// the list is not complete. Scope: practicemanager.job.read.
// https://developer.xero.com/documentation/api/practice-manager-3-1/jobs
func (s *JobService) ListByStaff(ctx context.Context, id StaffUUID, o JobOptions) iter.Seq2[Job, error] {
	const op = "Jobs.ListByStaff"
	if !validID(id) {
		return failing[Job](invalid(op, "not a staff UUID"))
	}
	return listOf(ctx, s.c, op, transport.Path("job.api", "staff", string(id)), o.query(), "Jobs", "Job", readJob)
}

// JobTasksOptions narrows ListWithTasks. Its zero value narrows nothing.
type JobTasksOptions struct {
	// Complete keeps jobs with completed tasks (FlagYes) or with uncompleted ones
	// (FlagNo).
	Complete Flag
	// Due keeps jobs with tasks due on or before this day.
	Due time.Time
	// Start keeps jobs with tasks that start on or after this day.
	Start time.Time
	// Fields asks for these elements of each job only; see JobOptions.
	Fields []string
}

// ListWithTasks iterates over the jobs that have such tasks, with their tasks.
//
// It only reads; each range over it sends the request anew. The answer comes in
// one piece and is decoded as it arrives. An error comes last, and means that
// the list is not complete. Scope: practicemanager.job.read.
// https://developer.xero.com/documentation/api/practice-manager-3-1/jobs
func (s *JobService) ListWithTasks(ctx context.Context, o JobTasksOptions) iter.Seq2[Job, error] {
	q := JobOptions{Fields: o.Fields}.query()
	if o.Complete != "" {
		q.Set("complete", strconv.FormatBool(o.Complete.Bool()))
	}
	for name, t := range map[string]time.Time{"due": o.Due, "start": o.Start} {
		if !t.IsZero() {
			q.Set(name, compactDate(t))
		}
	}
	return listOf(ctx, s.c, "Jobs.ListWithTasks", transport.Path("job.api", "tasks"), q, "Jobs", "Job", readJob)
}

// Get returns a job with its tasks, milestones and notes.
//
// It only reads, and is repeated. A job that XPM does not know is ErrNotFound.
// Scope: practicemanager.job.read.
// https://developer.xero.com/documentation/api/practice-manager-3-1/jobs
func (s *JobService) Get(ctx context.Context, number JobNumber) (Job, error) {
	const op = "Jobs.Get"
	if !validNumber(number) {
		return Job{}, invalid(op, "not a job number")
	}
	return s.one(ctx, get(op, transport.Path("job.api", "get", string(number)), nil), number)
}

// one sends a request whose answer is the job of that number, or any job if
// number is empty.
func (s *JobService) one(ctx context.Context, r transport.Request, number JobNumber) (Job, error) {
	read := readJob
	if number != "" {
		read = about(number, readJob, func(j Job) JobNumber { return j.ID })
	}
	return linked(ctx, s.c, r, "Job", func(j *Job) *string { return &j.WebURL }, read)
}

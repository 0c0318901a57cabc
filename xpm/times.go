package xpm

import (
	"context"
	"encoding/xml"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/practicekit/offboarding/internal/transport"
)

// TimeService reads and changes the time sheet entries of the practice.
type TimeService struct{ c *Client }

// TimeUUID is the key of a time sheet entry.
type TimeUUID string

// UnmarshalText reads the id as XPM sends it.
func (u *TimeUUID) UnmarshalText(b []byte) error { *u = lower[TimeUUID](b); return nil }

// TimeEntry is time that a member of staff spent on a task of a job. It names the
// job by its number, and no client: that is for Jobs to say.
type TimeEntry struct {
	UUID     TimeUUID   `xml:"UUID"`
	Job      JobRef     `xml:"Job"`
	Task     JobTaskRef `xml:"Task"`
	Staff    StaffRef   `xml:"Staff"`
	Date     DateTime   `xml:"Date"`
	Minutes  Decimal    `xml:"Minutes"` // whole, and negative for a correction
	Note     string     `xml:"Note"`
	Billable Flag       `xml:"Billable"`
	// Start and End are times of day such as 13:00, for an entry that was made
	// with them; otherwise they are empty.
	Start string `xml:"Start"`
	End   string `xml:"End"`
	// InvoiceTaskUUID is the task of an invoice that charges for this time, and
	// empty if none does yet.
	InvoiceTaskUUID InvoiceTaskUUID `xml:"InvoiceTaskUUID"`
	WebURL          string          `xml:"WebUrl"`
	Extra           []Element       `xml:",any"` // elements that no field takes
}

// TimeParams is a time sheet entry as it is to be. Job, TaskUUID, StaffUUID and
// Date are required, and so are either Minutes or both Start and End.
type TimeParams struct {
	Job       JobNumber
	TaskUUID  JobTaskUUID // the task of the job, JobTask.UUID: assumed, as it was in WorkflowMax
	StaffUUID StaffUUID
	Date      time.Time // the day, in its own location
	Minutes   int       // negative for a correction
	Start     string    // a time of day such as 13:00
	End       string    // a time of day such as 17:30
	Note      string    // may have several lines; empty for none
}

// TimeOptions narrows the lists of time sheet entries.
type TimeOptions struct {
	// Fields asks for these elements of each entry only, and for the UUID. Empty
	// means all. How XPM takes it is assumed from a schema that Xero withdrew.
	Fields []string
}

// Get returns a time sheet entry.
//
// It only reads, and is repeated. An entry that XPM does not know is assumed to
// be ErrNotFound. Scope: practicemanager.time.read.
// https://developer.xero.com/documentation/api/practice-manager-3-1/time
func (s *TimeService) Get(ctx context.Context, id TimeUUID) (TimeEntry, error) {
	const op = "Times.Get"
	if !validID(id) {
		return TimeEntry{}, invalid(op, "not a time UUID")
	}
	r := get(op, transport.Path("time.api", "get", string(id)), nil)
	return change(ctx, s.c, r, "Time", about(id, readTime, timeID))
}

// List iterates over the entries of the days from and to and those between them,
// of all jobs and staff. Both ends are required, and less than a year apart;
// anything else is ErrInvalid. All takes any span.
//
// It only reads; each range over it sends the request anew. The answer comes in
// one piece and is decoded as it arrives. An error comes last, and means that
// the list is not complete. Scope: practicemanager.time.read.
// https://developer.xero.com/documentation/api/practice-manager-3-1/time
func (s *TimeService) List(ctx context.Context, from, to time.Time, o TimeOptions) iter.Seq2[TimeEntry, error] {
	return s.list(ctx, "Times.List", from, to, o, "list")
}

// All is List for a span of any length: a call for each 360 days of it, made when
// the one before is used up. An entry that comes in two of them is yielded once,
// for which the ids of all are held.
func (s *TimeService) All(ctx context.Context, from, to time.Time, o TimeOptions) iter.Seq2[TimeEntry, error] {
	const op = "Times.All"
	return windows(ctx, op, from, to, func(ctx context.Context, from, to time.Time) iter.Seq2[TimeEntry, error] {
		return s.list(ctx, op, from, to, o, "list")
	}, func(t TimeEntry) string { return string(t.UUID) })
}

// ListByStaff is List for one member of staff. Someone whom XPM does not know is
// assumed to be ErrNotFound.
func (s *TimeService) ListByStaff(ctx context.Context, id StaffUUID, from, to time.Time, o TimeOptions) iter.Seq2[TimeEntry, error] {
	const op = "Times.ListByStaff"
	if !validID(id) {
		return failing[TimeEntry](invalid(op, "not a staff UUID"))
	}
	return s.list(ctx, op, from, to, o, "staff", string(id))
}

// ListByJob iterates over the entries of a job. Both from and to may be zero, for
// all of them; otherwise the rules of List apply. That the job's entries can be
// narrowed to some days, only an example of the documentation says.
//
// It only reads, as List does. A job that XPM does not know is assumed to be
// ErrNotFound. Scope: practicemanager.time.read.
// https://developer.xero.com/documentation/api/practice-manager-3-1/time
func (s *TimeService) ListByJob(ctx context.Context, job JobNumber, from, to time.Time, o TimeOptions) iter.Seq2[TimeEntry, error] {
	const op = "Times.ListByJob"
	switch {
	case !validNumber(job):
		return failing[TimeEntry](invalid(op, "not a job number"))
	case from.IsZero() && to.IsZero():
		return s.stream(ctx, op, url.Values{}, o, "job", string(job))
	}
	return s.list(ctx, op, from, to, o, "job", string(job))
}

func (s *TimeService) list(ctx context.Context, op string, from, to time.Time, o TimeOptions, path ...string) iter.Seq2[TimeEntry, error] {
	q, err := between(op, from, to)
	if err != nil {
		return failing[TimeEntry](err)
	}
	return s.stream(ctx, op, q, o, path...)
}

func (s *TimeService) stream(ctx context.Context, op string, q url.Values, o TimeOptions, path ...string) iter.Seq2[TimeEntry, error] {
	onlyFields(q, o.Fields, "UUID")
	return listOf(ctx, s.c, op, transport.Path(append([]string{"time.api"}, path...)...), q, "Times", "Time", readTime)
}

// Create adds an entry to a job, and returns it as XPM now sees it.
//
// It is sent at most once: XPM would take a second one for more time. If the
// answer is lost, that is ErrOutcomeUnknown: look for the entry with ListByJob
// before you create it again. A job, task or member of staff that XPM does not know
// is assumed to be ErrNotFound. Scope: practicemanager.time.
// https://developer.xero.com/documentation/api/practice-manager-3-1/time
func (s *TimeService) Create(ctx context.Context, p TimeParams) (TimeEntry, error) {
	const op = "Times.Create"
	return s.write(ctx, op, transport.Once, http.MethodPost, "add", "", p, readTime)
}

// Update makes an entry as p says and returns it as XPM now sees it. All of it is
// written, also a Note that is empty: start from what Get returns.
//
// It may be sent again, and is repeated: it sets every value, so a second time is
// assumed to change nothing more. An entry that XPM does not know is assumed to
// be ErrNotFound. Scope: practicemanager.time.
// https://developer.xero.com/documentation/api/practice-manager-3-1/time
func (s *TimeService) Update(ctx context.Context, id TimeUUID, p TimeParams) (TimeEntry, error) {
	const op = "Times.Update"
	if !validID(id) {
		return TimeEntry{}, invalid(op, "not a time UUID")
	}
	return s.write(ctx, op, transport.Repeatable, http.MethodPut, "update", id, p, about(id, readTime, timeID))
}

// Delete deletes an entry for good.
//
// It is sent at most once, because a second time is assumed to be refused as
// ErrNotFound, which would hide that the first succeeded. A lost answer is
// ErrOutcomeUnknown: Get then tells. Scope: practicemanager.time.
// https://developer.xero.com/documentation/api/practice-manager-3-1/time
func (s *TimeService) Delete(ctx context.Context, id TimeUUID) error {
	const op = "Times.Delete"
	if !validID(id) {
		return invalid(op, "not a time UUID")
	}
	r, err := write(op, transport.Once, http.MethodDelete, transport.Path("time.api", "delete", string(id)), nil)
	if err != nil {
		return err
	}
	return act(ctx, s.c, r)
}

// timesheetXML is an entry as XPM wants it written.
type timesheetXML struct {
	XMLName   xml.Name    `xml:"Timesheet"`
	UUID      TimeUUID    `xml:"UUID,omitempty"`
	Job       JobNumber   `xml:"Job"`
	TaskUUID  JobTaskUUID `xml:"TaskUUID"`
	StaffUUID StaffUUID   `xml:"StaffUUID"`
	Date      string      `xml:"Date"`
	Minutes   string      `xml:"Minutes,omitempty"`
	Start     string      `xml:"Start,omitempty"`
	End       string      `xml:"End,omitempty"`
	Note      string      `xml:"Note"`
}

func (s *TimeService) write(ctx context.Context, op string, effect transport.Effect, method, path string, id TimeUUID, p TimeParams, read func(*xml.Decoder, xml.StartElement) (TimeEntry, error)) (TimeEntry, error) {
	if why := p.wrong(); why != "" {
		return TimeEntry{}, invalid(op, why)
	}
	body := timesheetXML{
		UUID: id, Job: p.Job, TaskUUID: p.TaskUUID, StaffUUID: p.StaffUUID, Date: compactDate(p.Date),
		Start: p.Start, End: p.End, Note: p.Note,
	}
	if p.Start == "" {
		body.Minutes = strconv.Itoa(p.Minutes)
	}
	r, err := write(op, effect, method, transport.Path("time.api", path), body)
	if err != nil {
		return TimeEntry{}, err
	}
	return change(ctx, s.c, r, "Time", read)
}

// wrong says what is wrong with p, and is empty if nothing is.
func (p TimeParams) wrong() string {
	switch {
	case !validNumber(p.Job):
		return "Job is not a job number"
	case !validID(p.TaskUUID):
		return "TaskUUID is not a UUID"
	case !validID(p.StaffUUID):
		return "StaffUUID is not a UUID"
	case p.Date.IsZero():
		return "Date is required"
	case p.Start == "" && p.End == "" && p.Minutes == 0:
		return "either Minutes or Start and End are required"
	case p.Start == "" && p.End == "":
		return ""
	case p.Minutes != 0:
		return "either Minutes or Start and End can be given, not both"
	}
	for _, text := range [...]string{p.Start, p.End} {
		if t, err := time.Parse("15:04", text); err != nil || t.Format("15:04") != text {
			return "Start and End are times of day such as 09:30"
		}
	}
	return ""
}

// readTime decodes one Time element.
func readTime(d *xml.Decoder, start xml.StartElement) (TimeEntry, error) {
	t, err := element[TimeEntry](d, start)
	if err == nil && t.UUID == "" {
		return TimeEntry{}, malformed("a time entry without UUID")
	}
	t.Staff.Name = strings.TrimSpace(t.Staff.Name) // the documentation has one with a space behind it
	return t, err
}

func timeID(t TimeEntry) TimeUUID { return t.UUID }

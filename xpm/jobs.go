package xpm

import (
	"context"
	"encoding/xml"
	"iter"
	"net/url"

	"github.com/practicekit/offboarding/internal/transport"
)

// JobService reads the jobs of the practice.
type JobService struct{ c *Client }

// Job is a piece of work for a client. Tasks, Milestones and Notes come with
// detailed lists only.
type Job struct {
	ID                JobNumber    `xml:"ID"` // such as J000309
	UUID              JobUUID      `xml:"UUID"`
	InternalID        string       `xml:"InternalID"`
	Name              string       `xml:"Name"`
	Description       string       `xml:"Description"`
	State             string       `xml:"State"` // as the practice defines it
	ClientOrderNumber string       `xml:"ClientOrderNumber"`
	Budget            Decimal      `xml:"Budget"`
	Type              string       `xml:"Type"`
	StartDate         DateTime     `xml:"StartDate"`
	DueDate           DateTime     `xml:"DueDate"`
	CompletedDate     DateTime     `xml:"CompletedDate"`
	Client            ClientRef    `xml:"Client"`
	Contact           ContactRef   `xml:"Contact"`
	Manager           StaffRef     `xml:"Manager"`
	Partner           StaffRef     `xml:"Partner"`
	Assigned          []Assignment `xml:"Assigned>Staff"`
	Tasks             []JobTask    `xml:"Tasks>Task"`
	Milestones        []Milestone  `xml:"Milestones>Milestone"`
	Notes             []JobNote    `xml:"Notes>Note"`
	WebURL            string       `xml:"WebUrl"`
	Extra             []Element    `xml:",any"` // elements that no field takes
}

// Assignment is a member of staff who works on a job or a task of it.
type Assignment struct {
	UUID             StaffUUID `xml:"UUID"`
	Name             string    `xml:"Name"`
	AllocatedMinutes Decimal   `xml:"AllocatedMinutes"` // only for tasks
}

// JobTask is a task of a job.
type JobTask struct {
	UUID             TaskUUID     `xml:"UUID"`     // of this task of this job
	TaskUUID         TaskUUID     `xml:"TaskUUID"` // of the kind of task
	Name             string       `xml:"Name"`
	Description      string       `xml:"Description"`
	EstimatedMinutes Decimal      `xml:"EstimatedMinutes"`
	ActualMinutes    Decimal      `xml:"ActualMinutes"`
	Completed        Flag         `xml:"Completed"`
	Billable         Flag         `xml:"Billable"`
	Folder           string       `xml:"Folder"`
	StartDate        DateTime     `xml:"StartDate"`
	DueDate          DateTime     `xml:"DueDate"`
	Assigned         []Assignment `xml:"Assigned>Staff"`
	Extra            []Element    `xml:",any"`
}

// Milestone is a date that a job has to meet.
type Milestone struct {
	UUID        MilestoneUUID `xml:"UUID"`
	Date        DateTime      `xml:"Date"`
	Description string        `xml:"Description"`
	Completed   Flag          `xml:"Completed"`
	Folder      string        `xml:"Folder"`
}

// JobNote is a note on a job.
type JobNote struct {
	UUID      NoteUUID      `xml:"UUID"`
	Title     string        `xml:"Title"`
	Text      string        `xml:"Text"`
	Folder    string        `xml:"Folder"`
	Date      DateTime      `xml:"Date"`
	CreatedBy string        `xml:"CreatedBy"`
	Comments  []NoteComment `xml:"Comments>Comment"`
	Extra     []Element     `xml:",any"`
}

// NoteComment is a comment on a note.
type NoteComment struct {
	UUID      NoteUUID `xml:"UUID"`
	Text      string   `xml:"Text"`
	Date      DateTime `xml:"Date"`
	CreatedBy string   `xml:"CreatedBy"`
}

// CurrentOptions widens Current.
type CurrentOptions struct {
	// Detailed adds Tasks, Milestones and Notes.
	Detailed bool
}

// Current iterates over the current jobs of the whole practice: one call serves
// any number of clients (P10).
//
// It only reads; each range over it sends the request anew. The answer comes in
// one piece and is decoded as it arrives. An error comes last, and means that
// the list is not complete. Scope: practicemanager.job.read.
// https://developer.xero.com/documentation/api/practice-manager-3-1/jobs
func (s *JobService) Current(ctx context.Context, o CurrentOptions) iter.Seq2[Job, error] {
	q := url.Values{}
	if o.Detailed {
		q.Set("detailed", "true")
	}
	return stream(ctx, s.c, get("Jobs.Current", transport.Path("job.api", "current"), q), "Jobs", "Job", readJob)
}

// readJob decodes one Job element.
func readJob(d *xml.Decoder, start xml.StartElement) (Job, error) {
	var j Job
	if err := d.DecodeElement(&j, &start); err != nil {
		return Job{}, err
	}
	if j.ID == "" && j.UUID == "" {
		return Job{}, malformed("a job without number and UUID")
	}
	return j, nil
}

package xpm

import "encoding/xml"

// Job is a piece of work for a client. Tasks, Milestones and Notes come with
// single jobs and detailed lists only.
type Job struct {
	ID                JobNumber    `xml:"ID"` // such as J000309
	UUID              JobUUID      `xml:"UUID"`
	InternalID        string       `xml:"InternalID"`
	Name              string       `xml:"Name"`
	Description       string       `xml:"Description"`
	State             string       `xml:"State"` // as the practice defines it
	ClientOrderNumber string       `xml:"ClientOrderNumber"`
	Budget            Decimal      `xml:"Budget"`
	Type              string       `xml:"Type"` // the name of the category
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

// Key names the job for a change.
func (j Job) Key() JobKey { return JobKey{Number: j.ID, UUID: j.UUID} }

// JobKey names a job for a change. XPM finds it by Number; the documentation
// also sends the UUID. Recorded calls and the draft of Xero's schema do without,
// so it may be empty.
type JobKey struct {
	Number JobNumber
	UUID   JobUUID
}

func (k JobKey) valid() bool { return validNumber(k.Number) && (k.UUID == "" || validID(k.UUID)) }

// Assignment is a member of staff who works on a job or a task of it.
type Assignment struct {
	UUID             StaffUUID `xml:"UUID"`
	Name             string    `xml:"Name"`
	AllocatedMinutes Decimal   `xml:"AllocatedMinutes"` // only for tasks
	Extra            []Element `xml:",any"`
}

// JobTask is a task of a job.
type JobTask struct {
	UUID             JobTaskUUID  `xml:"UUID"`     // of this task of this job
	TaskUUID         TaskUUID     `xml:"TaskUUID"` // of the kind of task
	Name             string       `xml:"Name"`
	Label            string       `xml:"Label"` // assumed: it can be set, and no known answer shows it
	Description      string       `xml:"Description"`
	EstimatedMinutes Decimal      `xml:"EstimatedMinutes"`
	ActualMinutes    Decimal      `xml:"ActualMinutes"`
	Completed        Flag         `xml:"Completed"`
	Billable         Flag         `xml:"Billable"`
	Folder           string       `xml:"Folder"`
	StartDate        DateTime     `xml:"StartDate"` // only if the task is scheduled
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
	Extra       []Element     `xml:",any"`
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
	UUID      NoteUUID  `xml:"UUID"`
	Text      string    `xml:"Text"`
	Date      DateTime  `xml:"Date"`
	CreatedBy string    `xml:"CreatedBy"`
	Extra     []Element `xml:",any"`
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

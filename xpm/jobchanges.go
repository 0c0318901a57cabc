package xpm

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/practicekit/offboarding/internal/transport"
)

// JobParams is a new job. Name, ClientUUID, StartDate and DueDate are required.
type JobParams struct {
	Name         string
	Description  string
	ClientUUID   ClientUUID
	ContactUUID  ContactUUID
	StartDate    time.Time
	DueDate      time.Time
	ClientNumber string    // the client's order number
	ID           JobNumber // empty for the next of the practice's sequence
	TemplateUUID TemplateUUID
	CategoryUUID CategoryUUID
	Budget       Decimal
}

// Create adds a job and returns it as XPM now sees it. A template gives it tasks,
// milestones and costs.
//
// It is sent at most once: XPM has no key against doubles, and names are not
// unique. After ErrOutcomeUnknown look for the job with ListByClient; with an ID
// of one's own, Get tells. A client that XPM does not know is ErrNotFound.
// Scope: practicemanager.job.
// https://developer.xero.com/documentation/api/practice-manager-3-1/jobs
func (s *JobService) Create(ctx context.Context, p JobParams) (Job, error) {
	const op = "Jobs.Create"
	switch {
	case strings.TrimSpace(p.Name) == "":
		return Job{}, invalid(op, "Name is required")
	case !p.ClientUUID.valid():
		return Job{}, invalid(op, "ClientUUID is not a client UUID")
	case p.StartDate.IsZero() || p.DueDate.IsZero():
		return Job{}, invalid(op, "StartDate and DueDate are required")
	case p.ID != "" && !validNumber(p.ID):
		return Job{}, invalid(op, "ID is not a job number")
	}
	r, err := write(op, transport.Once, http.MethodPost, transport.Path("job.api", "add"), body{"Job", []field{
		{name: "Name", value: p.Name}, {name: "Description", value: p.Description, clear: true},
		{name: "ClientUUID", value: string(p.ClientUUID)}, {name: "ContactUUID", value: string(p.ContactUUID)},
		{name: "StartDate", value: compactDate(p.StartDate)}, {name: "DueDate", value: compactDate(p.DueDate)},
		{name: "ClientNumber", value: p.ClientNumber}, {name: "ID", value: string(p.ID)},
		{name: "TemplateUUID", value: string(p.TemplateUUID)}, {name: "CategoryUUID", value: string(p.CategoryUUID)},
		{name: "Budget", value: string(p.Budget)},
	}})
	if err != nil {
		return Job{}, err
	}
	return s.one(ctx, r, p.ID)
}

// JobUpdateParams is what Update makes of a job. Name, StartDate and DueDate are
// required, and Description is always sent; the other fields are left out when
// they are empty, which is assumed to leave them as they are. A client, a contact
// and a template cannot be changed.
type JobUpdateParams struct {
	Name         string
	Description  string
	StartDate    time.Time
	DueDate      time.Time
	ClientNumber string
	CategoryUUID CategoryUUID
	Budget       Decimal

	// Clear names elements that are sent empty: ClientNumber, CategoryUUID, Budget.
	// That this clears them is assumed.
	Clear []string
}

// Update changes a job and returns it as XPM now sees it. The page calls the
// category CategoryID here and CategoryUUID for Create; CategoryUUID is sent, as
// in the draft of Xero's schema. Look at Type in the answer if it matters.
//
// It is sent at most once; after ErrOutcomeUnknown, Get tells. A job that XPM
// does not know is ErrNotFound. Scope: practicemanager.job.
// https://developer.xero.com/documentation/api/practice-manager-3-1/jobs
func (s *JobService) Update(ctx context.Context, number JobNumber, p JobUpdateParams) (Job, error) {
	const op = "Jobs.Update"
	switch {
	case !validNumber(number):
		return Job{}, invalid(op, "not a job number")
	case strings.TrimSpace(p.Name) == "":
		return Job{}, invalid(op, "Name is required")
	case p.StartDate.IsZero() || p.DueDate.IsZero():
		return Job{}, invalid(op, "StartDate and DueDate are required")
	}
	fields := []field{
		{name: "ID", value: string(number)}, {name: "Name", value: p.Name}, {name: "Description", value: p.Description, clear: true},
		{name: "StartDate", value: compactDate(p.StartDate)}, {name: "DueDate", value: compactDate(p.DueDate)},
		{name: "ClientNumber", value: p.ClientNumber}, {name: "CategoryUUID", value: string(p.CategoryUUID)}, {name: "Budget", value: string(p.Budget)},
	}
	if err := emptied(op, fields, p.Clear, "ID", "Name", "Description", "StartDate", "DueDate"); err != nil {
		return Job{}, err
	}
	r, err := write(op, transport.Once, http.MethodPut, transport.Path("job.api", "update"), body{"Job", fields})
	if err != nil {
		return Job{}, err
	}
	return s.one(ctx, r, number)
}

// fields is how a change names its job.
func (k JobKey) fields(more ...field) []field {
	return append([]field{{name: "ID", value: string(k.Number)}, {name: "UUID", value: string(k.UUID)}}, more...)
}

// SetState puts a job into a state, which completes it or takes it up again where
// the practice has defined the state so. The state is the Interface Code that
// the practice gave it under Admin, such as COMPLETED, and not the name that
// Job.State and JobStates have; no known answer tells the codes.
//
// It is sent at most once; after ErrOutcomeUnknown, Get tells. A job that XPM
// does not know is ErrNotFound, a state ErrInvalid ("Invalid state code").
// Scope: practicemanager.job.
// https://developer.xero.com/documentation/api/practice-manager-3-1/jobs
func (s *JobService) SetState(ctx context.Context, job JobKey, state string) error {
	const op = "Jobs.SetState"
	switch {
	case !job.valid():
		return invalid(op, "not a job number")
	case strings.TrimSpace(state) == "":
		return invalid(op, "the state is required")
	}
	r, err := write(op, transport.Once, http.MethodPut, transport.Path("job.api", "state"), body{"Job", job.fields(field{name: "State", value: state})})
	if err != nil {
		return err
	}
	return act(ctx, s.c, r)
}

// Delete deletes a job. The API has no way back.
//
// It is sent at most once; after ErrOutcomeUnknown, Get tells. A job that XPM
// does not know is ErrNotFound. Whether times and invoices hinder it is not
// known. Scope: practicemanager.job.
// https://developer.xero.com/documentation/api/practice-manager-3-1/jobs
func (s *JobService) Delete(ctx context.Context, job JobKey) error {
	const op = "Jobs.Delete"
	if !job.valid() {
		return invalid(op, "not a job number")
	}
	r, err := write(op, transport.Once, http.MethodPost, transport.Path("job.api", "delete"), body{"Job", job.fields()})
	if err != nil {
		return err
	}
	return act(ctx, s.c, r)
}

// TaskMode is what ApplyTemplate does with a task that the job has already.
type TaskMode string

// The modes. None means TaskModeAddNew.
const (
	TaskModeAddNew         TaskMode = "AddNew"         // the task is added again
	TaskModeAppendExisting TaskMode = "AppendExisting" // the task's details are appended to those it has
)

// ApplyTemplate adds the tasks, milestones and costs of a template to a job, and
// returns the job as XPM now sees it. An empty mode is left out.
//
// It is sent at most once: a second time would add them again. After
// ErrOutcomeUnknown, Get tells. A job or template that XPM does not know is
// ErrNotFound. Scope: practicemanager.job.
// https://developer.xero.com/documentation/api/practice-manager-3-1/jobs
func (s *JobService) ApplyTemplate(ctx context.Context, job JobKey, template TemplateUUID, mode TaskMode) (Job, error) {
	const op = "Jobs.ApplyTemplate"
	switch {
	case !job.valid():
		return Job{}, invalid(op, "not a job number")
	case !validID(template):
		return Job{}, invalid(op, "not a template UUID")
	}
	r, err := write(op, transport.Once, http.MethodPost, transport.Path("job.api", "applytemplate"), body{"Job", job.fields(
		field{name: "TemplateUUID", value: string(template)}, field{name: "TaskMode", value: string(mode)},
	)})
	if err != nil {
		return Job{}, err
	}
	return s.one(ctx, r, job.Number)
}

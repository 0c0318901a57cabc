package xpm

import (
	"context"
	"encoding/xml"
	"net/http"
	"strconv"
	"time"

	"github.com/practicekit/offboarding/internal/transport"
)

// JobTaskParams is a new task of a job, or what UpdateTask makes of one. Fields
// other than EstimatedMinutes are left out when they are empty.
type JobTaskParams struct {
	Label            string
	Description      string
	EstimatedMinutes int
	StartDate        time.Time
	DueDate          time.Time

	// Clear names elements that UpdateTask sends empty: Label, Description,
	// StartDate, DueDate. That this clears them is assumed.
	Clear []string
}

// body is the task, of a job or by itself, in the order of the documentation.
func (p JobTaskParams) body(op string, job JobNumber, task string) (body, error) {
	fields := []field{
		{name: "Job", value: string(job)}, {name: "TaskUUID", value: task}, {name: "Label", value: p.Label}, {name: "Description", value: p.Description},
		{name: "EstimatedMinutes", value: strconv.Itoa(p.EstimatedMinutes)}, {name: "StartDate", value: compactDate(p.StartDate)}, {name: "DueDate", value: compactDate(p.DueDate)},
	}
	return body{"Task", fields}, emptied(op, fields, p.Clear, "Job")
}

// AddTask adds a task of the kind to a job, and returns its UUID if XPM says it.
// That it does is assumed, of the draft of Xero's schema; where it does not, the
// UUID is empty, and Get has the task.
//
// It is sent at most once: a second time would add a second task. After
// ErrOutcomeUnknown, Get tells. A job or kind that XPM does not know is
// ErrNotFound. Scope: practicemanager.job.
// https://developer.xero.com/documentation/api/practice-manager-3-1/jobs
func (s *JobService) AddTask(ctx context.Context, job JobNumber, kind TaskUUID, p JobTaskParams) (JobTaskUUID, error) {
	const op = "Jobs.AddTask"
	switch {
	case !validNumber(job):
		return "", invalid(op, "not a job number")
	case !validID(kind):
		return "", invalid(op, "not a task UUID")
	}
	p.Clear = nil // there is nothing to clear yet
	body, err := p.body(op, job, string(kind))
	if err != nil {
		return "", err
	}
	r, err := write(op, transport.Once, http.MethodPost, transport.Path("job.api", "task"), body)
	if err != nil {
		return "", err
	}
	return actNaming[JobTaskUUID](ctx, s.c, r)
}

// UpdateTask changes a task of a job. The page names the task by TaskUUID, and
// not by UUID as the draft of Xero's schema does; that it means the task of the
// job and not its kind is assumed, since no job is named.
//
// It is sent at most once; after ErrOutcomeUnknown, Get of the job tells. A task
// that XPM does not know is ErrNotFound. Scope: practicemanager.job.
// https://developer.xero.com/documentation/api/practice-manager-3-1/jobs
func (s *JobService) UpdateTask(ctx context.Context, task JobTaskUUID, p JobTaskParams) error {
	const op = "Jobs.UpdateTask"
	if !validID(task) {
		return invalid(op, "not the UUID of a task of a job")
	}
	body, err := p.body(op, "", string(task))
	if err != nil {
		return err
	}
	r, err := write(op, transport.Once, http.MethodPut, transport.Path("job.api", "task"), body)
	if err != nil {
		return err
	}
	return act(ctx, s.c, r)
}

// CompleteTask marks a task of a job as completed.
//
// It is sent at most once; after ErrOutcomeUnknown, Get of the job tells. A task
// that XPM does not know is ErrNotFound; whether one that is completed already
// is an error is not known. Scope: practicemanager.job.
// https://developer.xero.com/documentation/api/practice-manager-3-1/jobs
func (s *JobService) CompleteTask(ctx context.Context, task JobTaskUUID) error {
	return s.markTask(ctx, "Jobs.CompleteTask", task, "complete")
}

// ReopenTask takes a completed task of a job up again.
//
// It is sent at most once; after ErrOutcomeUnknown, Get of the job tells. A task
// that XPM does not know is ErrNotFound; whether one that is open is an error is
// not known. Scope: practicemanager.job.
// https://developer.xero.com/documentation/api/practice-manager-3-1/jobs
func (s *JobService) ReopenTask(ctx context.Context, task JobTaskUUID) error {
	return s.markTask(ctx, "Jobs.ReopenTask", task, "reopen")
}

func (s *JobService) markTask(ctx context.Context, op string, task JobTaskUUID, as string) error {
	if !validID(task) {
		return invalid(op, "not the UUID of a task of a job")
	}
	r, err := write(op, transport.Once, http.MethodPut, transport.Path("job.api", "task", string(task), as), nil)
	if err != nil {
		return err
	}
	return act(ctx, s.c, r)
}

// ReorderTasks puts the tasks of a job into this order. What becomes of tasks
// that are not named is not known: name them all.
//
// It is sent at most once; after ErrOutcomeUnknown, Get tells. A job or task that
// XPM does not know is ErrNotFound. Scope: practicemanager.job.
// https://developer.xero.com/documentation/api/practice-manager-3-1/jobs
func (s *JobService) ReorderTasks(ctx context.Context, job JobNumber, tasks ...JobTaskUUID) error {
	const op = "Jobs.ReorderTasks"
	switch {
	case !validNumber(job):
		return invalid(op, "not a job number")
	case len(tasks) == 0:
		return invalid(op, "no tasks")
	}
	order := field{name: "Tasks"}
	for _, t := range tasks {
		if !validID(t) {
			return invalid(op, "not the UUID of a task of a job")
		}
		order.inner = append(order.inner, field{name: "Task", inner: []field{{name: "UUID", value: string(t)}}})
	}
	r, err := write(op, transport.Once, http.MethodPut, transport.Path("job.api", "reordertasks"), body{"Job", []field{{name: "ID", value: string(job)}, order}})
	if err != nil {
		return err
	}
	return act(ctx, s.c, r)
}

// actNaming sends r and returns the UUID that the answer names what was added by,
// if it does.
func actNaming[T ~string](ctx context.Context, c *Client, r transport.Request) (id T, err error) {
	err = c.call(ctx, r, envelope{parts: map[string]part{"UUID": func(a *answer, start xml.StartElement) error {
		var text string
		err := a.DecodeElement(&text, &start)
		id = lower[T]([]byte(text))
		return err
	}}})
	if err != nil {
		return "", err
	}
	return id, nil
}

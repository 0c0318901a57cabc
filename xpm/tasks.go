package xpm

import (
	"context"
	"encoding/xml"
	"iter"
	"net/url"
	"strings"

	"github.com/practicekit/offboarding/internal/transport"
)

// TaskService reads the kinds of task that the practice has defined. The tasks
// of a job are with the jobs.
type TaskService struct{ c *Client }

// Task is a kind of task: what JobTask.TaskUUID and the times refer to.
type Task struct {
	UUID        TaskUUID  `xml:"UUID"`
	Name        string    `xml:"Name"`
	Description string    `xml:"Description"`
	Extra       []Element `xml:",any"` // elements that no field takes
}

// TaskOptions narrows List.
type TaskOptions struct {
	// Fields asks for these elements of each task only, and for the UUID. Empty
	// means all. How XPM takes it is assumed from a schema that Xero withdrew.
	Fields []string
}

// List iterates over the kinds of task.
//
// It only reads; each range over it sends the request anew. The answer comes in
// one piece and is decoded as it arrives. An error comes last, and means that
// the list is not complete. Scope: practicemanager.read.
// https://developer.xero.com/documentation/api/practice-manager-3-1/tasks
func (s *TaskService) List(ctx context.Context, o TaskOptions) iter.Seq2[Task, error] {
	q := url.Values{}
	onlyFields(q, o.Fields, "UUID")
	return listOf(ctx, s.c, "Tasks.List", transport.Path("task.api", "list"), q, "TaskList", "Task", readTask)
}

// Get returns a kind of task.
//
// It only reads, and is repeated. One that XPM does not know is ErrNotFound.
// Scope: practicemanager.read.
// https://developer.xero.com/documentation/api/practice-manager-3-1/tasks
func (s *TaskService) Get(ctx context.Context, id TaskUUID) (Task, error) {
	const op = "Tasks.Get"
	if !validID(id) {
		return Task{}, invalid(op, "not a task UUID")
	}
	return change(ctx, s.c, get(op, transport.Path("task.api", "get", string(id)), nil), "Task", about(id, readTask, Task.uuid))
}

func (t Task) uuid() TaskUUID { return t.UUID }

// readTask decodes one Task element.
func readTask(d *xml.Decoder, start xml.StartElement) (Task, error) {
	t, err := element[Task](d, start)
	switch {
	case err != nil:
		return Task{}, err
	case t.UUID == "":
		return Task{}, malformed("a task without UUID")
	}
	t.Name = strings.TrimSpace(t.Name)
	return t, nil
}

package xpmtest

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// writeTask puts what a request says of a task into t.
func (n node) writeTask(t *JobTask) string {
	n.set("Label", &t.Label)
	n.set("Description", &t.Description)
	datesFit := n.jobDate("StartDate", &t.Start)
	datesFit = n.jobDate("DueDate", &t.Due) && datesFit
	minutes, err := strconv.Atoi(n.at("EstimatedMinutes"))
	if err != nil || !datesFit {
		return "Invalid estimated minutes or dates"
	}
	t.Estimated = minutes
	return ""
}

// named answers a change of a part of a job with the part's id.
func (a *answering) named(method, uuid string) {
	x := begin(method, "OK")
	x.text("UUID", uuid)
	a.send(x)
}

func (s *Server) addJobTask(a *answering) {
	n := a.body("Task")
	j, ok := s.changeJob(a, "Task", "create-job-task", n.at("Job"), func(j *Job) string {
		kind, known := s.practice.tasks[n.id("TaskUUID")]
		if !known {
			return "Invalid task identifier"
		}
		t := JobTask{UUID: s.newUUID(), Kind: Ref{kind.UUID, kind.Name}}
		why := n.writeTask(&t)
		j.Tasks = append(j.Tasks, t)
		return why
	})
	if ok {
		a.named("Task", j.Tasks[len(j.Tasks)-1].UUID)
	}
}

// changeJobTask lets f change a task of whichever job has it.
func (s *Server) changeJobTask(a *answering, operation, uuid string, f func(*JobTask) string) bool {
	s.mu.Lock()
	number, i := s.jobOfTask(uuid)
	s.mu.Unlock()
	_, ok := s.affectJob(a, "Task", operation, number, uuid, "Invalid task identifier", func(j *Job) string {
		if i >= len(j.Tasks) {
			return "Invalid task identifier"
		}
		return f(&j.Tasks[i])
	})
	return ok
}

func (s *Server) updateJobTask(a *answering) {
	n := a.body("Task")
	uuid := cmp.Or(n.id("TaskUUID"), n.id("UUID"))
	if s.changeJobTask(a, "update-job-task", uuid, n.writeTask) {
		a.named("Task", uuid)
	}
}

func (s *Server) markJobTask(a *answering, operation string, completed bool) {
	if s.changeJobTask(a, operation, a.id("uuid"), func(t *JobTask) string { t.Completed = completed; return "" }) {
		a.done("Task")
	}
}

// reorderJobTasks puts the tasks that are named before the others.
func (s *Server) reorderJobTasks(a *answering) {
	n := a.body("Job")
	_, ok := s.changeJob(a, "ReorderTasks", "reorder-job-tasks", n.at("ID"), func(j *Job) string {
		var ordered []JobTask
		list, _ := n.child("Tasks")
		for _, c := range list.all("Task") {
			at := slices.IndexFunc(j.Tasks, func(t JobTask) bool { return t.UUID == c.id("UUID") })
			if at < 0 {
				return "Invalid task identifier"
			}
			ordered = append(ordered, j.Tasks[at])
			j.Tasks = slices.Delete(j.Tasks, at, at+1)
		}
		j.Tasks = append(ordered, j.Tasks...)
		return ""
	})
	if ok {
		a.done("ReorderTasks")
	}
}

func (s *Server) addJobNote(a *answering) {
	n := a.body("Note")
	_, ok := s.changeJob(a, "Note", "create-job-note", n.at("Job"), func(j *Job) string {
		note := JobNote{UUID: s.newUUID(), Title: n.at("Title"), Text: n.at("Text"), Folder: n.at("Folder"), Public: n.at("Public") == "true", Date: time.Now()}
		if note.Title == "" {
			return "The note title is required"
		}
		j.Notes = append(j.Notes, note)
		return ""
	})
	if ok {
		a.done("Note")
	}
}

func (s *Server) jobDocuments(a *answering) {
	const method = "Documents"
	j, ok := s.Job(a.values["number"])
	if !ok {
		a.refuse(method, "Invalid job identifier")
		return
	}
	x := begin(method, "OK")
	x.container(method, len(j.Documents), func(i int) {
		d := j.Documents[i]
		x.open("Document")
		x.text("Title", d.Title)
		x.text("Text", d.Text)
		x.text("Folder", d.Folder)
		x.text("Date", d.Date.UTC().Format("20060102"))
		x.text("CreatedBy", d.CreatedBy)
		x.text("FileName", d.FileName)
		x.text("URL", fmt.Sprintf("https://practicemanager.xero.com/document/%s/%d", j.UUID, i+1))
		x.shut("Document")
	})
	a.send(x)
}

func (s *Server) addJobDocument(a *answering) {
	n := a.body("Document")
	_, ok := s.changeJob(a, "Document", "create-job-document", n.at("Job"), func(j *Job) string {
		content, err := base64.StdEncoding.DecodeString(n.at("Content"))
		d := Document{Title: n.at("Title"), Text: n.at("Text"), Folder: n.at("Folder"), FileName: n.at("FileName"), Content: content, Date: time.Now()}
		switch {
		case d.Title == "" || d.FileName == "":
			return "The document title and file name are required"
		case err != nil:
			return "The document content is not valid"
		}
		j.Documents = append(j.Documents, d)
		return ""
	})
	if ok {
		a.done("Document")
	}
}

func (s *Server) jobCosts(a *answering) {
	const method = "Costs"
	j, ok := s.Job(a.values["number"])
	if !ok {
		a.refuse(method, "Invalid job identifier")
		return
	}
	x := begin(method, "OK")
	x.container(method, len(j.Costs), func(i int) {
		c := j.Costs[i]
		x.open("Cost")
		x.text("UUID", c.UUID)
		x.date("Date", c.Date)
		x.text("Description", c.Description)
		x.text("Code", c.Code)
		x.text("Note", c.Note)
		x.text("Quantity", c.Quantity)
		x.text("UnitCost", c.UnitCost)
		x.text("UnitPrice", c.UnitPrice)
		x.truth("Billable", !c.NotBillable)
		x.shut("Cost")
	})
	a.send(x)
}

// writeCost puts what a request says of a cost into c.
func (n node) writeCost(c *JobCost) string {
	for name, to := range map[string]*string{
		"Description": &c.Description, "Code": &c.Code, "Note": &c.Note, "Quantity": &c.Quantity, "UnitCost": &c.UnitCost, "UnitPrice": &c.UnitPrice,
	} {
		n.set(name, to)
	}
	if _, said := n.child("Billable"); said {
		c.NotBillable = strings.EqualFold(n.at("Billable"), "false")
	}
	switch fits := n.jobDate("Date", &c.Date); {
	case !fits || c.Date.IsZero():
		return "Invalid date"
	case c.Description == "":
		return "The description is required"
	}
	for _, amount := range []string{c.Quantity, c.UnitCost, c.UnitPrice} {
		if _, err := strconv.ParseFloat(amount, 64); err != nil {
			return "Invalid amount"
		}
	}
	return ""
}

func (s *Server) addJobCost(a *answering) {
	n := a.body("Cost")
	j, ok := s.changeJob(a, "Cost", "create-job-cost", n.at("Job"), func(j *Job) string {
		c := JobCost{UUID: s.newUUID()}
		why := n.writeCost(&c)
		j.Costs = append(j.Costs, c)
		return why
	})
	if ok {
		a.named("Cost", j.Costs[len(j.Costs)-1].UUID)
	}
}

func (s *Server) updateJobCost(a *answering) {
	n := a.body("Cost")
	uuid := n.id("UUID")
	s.mu.Lock()
	number, i := s.jobOfCost(uuid)
	s.mu.Unlock()
	_, ok := s.affectJob(a, "Cost", "update-job-cost", number, uuid, "Invalid cost identifier", func(j *Job) string {
		if i >= len(j.Costs) {
			return "Invalid cost identifier"
		}
		return n.writeCost(&j.Costs[i])
	})
	if ok {
		a.named("Cost", uuid)
	}
}

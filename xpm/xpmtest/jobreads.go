package xpmtest

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

func (s *Server) jobRoutes() []route {
	return []route{
		{"GET", "job.api/current", func(a *answering) {
			s.sendJobs(a, "Current", a.query("detailed") == "true", func(j Job) bool { return !j.Completed })
		}},
		{"GET", "job.api/list", s.listJobs},
		{"GET", "job.api/client/{uuid}", s.jobsOfClient},
		{"GET", "job.api/staff/{uuid}", s.jobsOfStaff},
		{"GET", "job.api/tasks", s.jobsWithTasks},
		{"GET", "job.api/get/{number}", s.getJob},
		{"POST", "job.api/add", s.addJob},
		{"PUT", "job.api/update", s.updateJob},
		{"PUT", "job.api/state", s.stateJob},
		{"POST", "job.api/delete", s.deleteJob},
		{"PUT", "job.api/assign", s.assignJob},
		{"POST", "job.api/applytemplate", s.applyTemplate},
		{"POST", "job.api/createquote/{number}", func(a *answering) { s.quoteJob(a, "CreateQuote", "create-quote", "Quote") }},
		{"POST", "job.api/createestimate/{number}", func(a *answering) { s.quoteJob(a, "CreateEstimate", "create-estimate", "Estimate") }},
		{"POST", "job.api/task", s.addJobTask},
		{"PUT", "job.api/task", s.updateJobTask},
		{"PUT", "job.api/task/{uuid}/complete", func(a *answering) { s.markJobTask(a, "complete-job-task", true) }},
		{"PUT", "job.api/task/{uuid}/reopen", func(a *answering) { s.markJobTask(a, "reopen-job-task", false) }},
		{"PUT", "job.api/reordertasks", s.reorderJobTasks},
		{"POST", "job.api/note", s.addJobNote},
		{"GET", "job.api/documents/{number}", s.jobDocuments},
		{"POST", "job.api/document", s.addJobDocument},
		{"GET", "job.api/costs/{number}", s.jobCosts},
		{"POST", "job.api/cost", s.addJobCost},
		{"PUT", "job.api/cost", s.updateJobCost},
	}
}

func (s *Server) sendJobs(a *answering, method string, detailed bool, wanted func(Job) bool) {
	var jobs []Job
	for _, j := range s.Jobs() {
		if wanted(j) {
			jobs = append(jobs, j)
		}
	}
	x := begin(method, "OK")
	x.container("Jobs", len(jobs), func(i int) {
		c, _ := s.Client(jobs[i].ClientUUID)
		x.job(jobs[i], c.Name, detailed)
	})
	a.send(x)
}

func (s *Server) listJobs(a *answering) {
	if days, ok := a.span("List", true); ok {
		s.sendJobs(a, "List", a.query("detailed") == "true", func(j Job) bool { return days.has(j.Created) })
	}
}

func (s *Server) jobsOfClient(a *answering) {
	const method = "Client"
	if _, ok := s.Client(a.id("uuid")); !ok {
		a.refuse(method, "Invalid client identifier")
		return
	}
	s.sendJobs(a, method, a.query("detailed") == "true", func(j Job) bool { return j.ClientUUID == a.id("uuid") })
}

func (s *Server) jobsOfStaff(a *answering) {
	const method = "Staff"
	if s.staffOf(a.id("uuid")).UUID == "" {
		a.refuse(method, "Invalid staff identifier")
		return
	}
	on := func(staff []Ref) bool {
		return slices.ContainsFunc(staff, func(r Ref) bool { return strings.EqualFold(r.UUID, a.id("uuid")) })
	}
	s.sendJobs(a, method, a.query("detailed") == "true", func(j Job) bool {
		return !j.Completed && (on(j.Staff) || slices.ContainsFunc(j.Tasks, func(t JobTask) bool { return on(t.Staff) }))
	})
}

// jobsWithTasks keeps the jobs of which one task meets every condition.
func (s *Server) jobsWithTasks(a *answering) {
	due, _ := time.Parse("20060102", a.query("due"))
	start, _ := time.Parse("20060102", a.query("start"))
	complete := a.query("complete")
	s.sendJobs(a, "Tasks", true, func(j Job) bool {
		return slices.ContainsFunc(j.Tasks, func(t JobTask) bool {
			return (complete == "" || complete == strconv.FormatBool(t.Completed)) &&
				(due.IsZero() || !t.Due.IsZero() && t.Due.Before(due.AddDate(0, 0, 1))) &&
				(start.IsZero() || !t.Start.IsZero() && !t.Start.Before(start))
		})
	})
}

func (s *Server) getJob(a *answering) {
	j, ok := s.Job(a.values["number"])
	if !ok {
		a.refuse("Get", "Invalid job identifier")
		return
	}
	x := begin("Get", "OK")
	x.text("WebUrl", "https://app.practicemanager.xero.com/job/jobview.aspx?id="+j.Number)
	s.finishJob(a, x, j)
}

// sendJob answers with a job as a change left it.
func (s *Server) sendJob(a *answering, method string, j Job) { s.finishJob(a, begin(method, "OK"), j) }

func (s *Server) finishJob(a *answering, x *wire, j Job) {
	c, _ := s.Client(j.ClientUUID)
	x.job(j, c.Name, true)
	a.send(x)
}

// job writes a job in the order of recorded answers.
func (x *wire) job(j Job, client string, detailed bool) {
	x.open("Job")
	x.text("ID", j.Number)
	x.text("UUID", j.UUID)
	x.text("Name", j.Name)
	x.text("Description", j.Description)
	x.ref("Client", Ref{j.ClientUUID, client})
	x.text("ClientOrderNumber", j.OrderNumber)
	x.set("Budget", j.Budget)
	x.text("State", j.State)
	x.set("Type", j.Type)
	x.date("StartDate", j.Start)
	x.date("DueDate", j.Due)
	x.date("CompletedDate", j.CompletedOn)
	x.ref("Contact", j.Contact)
	x.ref("Manager", j.Manager)
	x.ref("Partner", j.Partner)
	x.container("Assigned", len(j.Staff), func(i int) { x.ref("Staff", j.Staff[i]) })
	if detailed {
		x.container("Tasks", len(j.Tasks), func(i int) { x.jobTask(j.Tasks[i]) })
		x.container("Milestones", len(j.Milestones), func(i int) {
			m := j.Milestones[i]
			x.open("Milestone")
			x.text("UUID", m.UUID)
			x.date("Date", m.Date)
			x.text("Description", m.Description)
			x.truth("Completed", m.Completed)
			x.text("Folder", "")
			x.shut("Milestone")
		})
		x.container("Notes", len(j.Notes), func(i int) {
			n := j.Notes[i]
			x.open("Note")
			x.text("UUID", n.UUID)
			x.text("Title", n.Title)
			x.text("Text", n.Text)
			x.text("Folder", n.Folder)
			x.date("Date", n.Date)
			x.text("CreatedBy", n.CreatedBy)
			x.text("Comments", "")
			x.shut("Note")
		})
	}
	x.shut("Job")
}

func (x *wire) jobTask(t JobTask) {
	x.open("Task")
	x.text("UUID", t.UUID)
	x.text("Name", t.Kind.Name)
	x.text("TaskUUID", t.Kind.UUID)
	x.set("Label", t.Label)
	x.text("EstimatedMinutes", strconv.Itoa(t.Estimated))
	x.text("ActualMinutes", strconv.Itoa(t.Actual))
	x.text("Description", t.Description)
	x.truth("Completed", t.Completed)
	x.truth("Billable", !t.NotBillable)
	x.text("Folder", "")
	x.date("StartDate", t.Start)
	x.date("DueDate", t.Due)
	if len(t.Staff) > 0 {
		x.container("Assigned", len(t.Staff), func(i int) {
			x.open("Staff")
			x.text("UUID", t.Staff[i].UUID)
			x.text("Name", t.Staff[i].Name)
			x.text("AllocatedMinutes", strconv.Itoa(t.Estimated/len(t.Staff)))
			x.shut("Staff")
		})
	}
	x.shut("Task")
}

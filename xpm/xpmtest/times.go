package xpmtest

import (
	"cmp"
	"encoding/xml"
	"slices"
	"strconv"
	"strings"
	"time"
)

// TimeEntry is a time sheet entry as the server holds it.
type TimeEntry struct {
	UUID            string
	Job             string // its number
	Task, Staff     Ref
	Date            time.Time
	Minutes         int
	Note            string
	NotBillable     bool
	Start, End      string // times of day such as 13:00, or empty
	InvoiceTaskUUID string // set when it was invoiced
}

// AddTime adds a time sheet entry, or replaces the one with the same UUID. A
// UUID that is empty is made up; the UUID is returned. Its job and its member of
// staff are found only if they were added too.
func (s *Server) AddTime(t TimeEntry) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t.UUID == "" {
		t.UUID = s.newUUID()
	}
	t.UUID = strings.ToLower(t.UUID)
	if s.times == nil {
		s.times = map[string]TimeEntry{}
	}
	s.times[t.UUID] = t
	return t.UUID
}

// Time returns the time sheet entry, and whether there is one.
func (s *Server) Time(uuid string) (TimeEntry, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.times[strings.ToLower(uuid)]
	return t, ok
}

// Times returns all time sheet entries by date, then by UUID.
func (s *Server) Times() []TimeEntry {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]TimeEntry, 0, len(s.times))
	for _, t := range s.times {
		all = append(all, t)
	}
	slices.SortFunc(all, func(a, b TimeEntry) int {
		return cmp.Or(a.Date.Compare(b.Date), cmp.Compare(a.UUID, b.UUID))
	})
	return all
}

func (s *Server) timeRoutes() []route {
	return []route{
		{"GET", "time.api/list", func(a *answering) {
			s.sendTimes(a, "List", true, func(TimeEntry) bool { return true })
		}},
		{"GET", "time.api/staff/{uuid}", func(a *answering) {
			if s.staffOf(a.id("uuid")) == (Ref{}) {
				a.refuse("Staff", "Invalid staff identifier")
				return
			}
			s.sendTimes(a, "Staff", true, func(t TimeEntry) bool { return strings.EqualFold(t.Staff.UUID, a.id("uuid")) })
		}},
		{"GET", "time.api/job/{number}", func(a *answering) {
			if !s.hasJob(a.values["number"]) {
				a.refuse("Job", "Invalid job identifier")
				return
			}
			s.sendTimes(a, "Job", false, func(t TimeEntry) bool { return strings.EqualFold(t.Job, a.values["number"]) })
		}},
		{"GET", "time.api/get/{uuid}", func(a *answering) { s.sendTime(a, "Get", a.id("uuid")) }},
		{"POST", "time.api/add", func(a *answering) { s.writeTime(a, "Add", "create-time") }},
		{"PUT", "time.api/update", func(a *answering) { s.writeTime(a, "Update", "update-time") }},
		{"DELETE", "time.api/delete/{uuid}", s.deleteTime},
	}
}

func (s *Server) sendTimes(a *answering, method string, required bool, wanted func(TimeEntry) bool) {
	days, ok := a.span(method, required)
	if !ok {
		return
	}
	var times []TimeEntry
	for _, t := range s.Times() {
		if days.has(t.Date) && wanted(t) {
			times = append(times, t)
		}
	}
	x := begin(method, "OK")
	x.container("Times", len(times), func(i int) { x.time(times[i], s.jobName(times[i].Job)) })
	a.send(x)
}

func (s *Server) sendTime(a *answering, method, uuid string) {
	t, ok := s.Time(uuid)
	if !ok {
		a.refuse(method, "Invalid time identifier")
		return
	}
	x := begin(method, "OK")
	x.time(t, s.jobName(t.Job))
	a.send(x)
}

// timesheet is the body that writes an entry.
type timesheet struct {
	XMLName   xml.Name `xml:"Timesheet"`
	UUID      string
	Job       string
	TaskUUID  string
	StaffUUID string
	Date      string
	Minutes   string
	Start     string
	End       string
	Note      string
}

// writeTime adds or replaces an entry. What an update leaves out is emptied.
func (s *Server) writeTime(a *answering, method, operation string) {
	var body timesheet
	t, why := TimeEntry{}, "Invalid time sheet"
	if a.read(&body) == nil {
		t, why = s.timeOf(body)
	}
	var have TimeEntry
	changed := false
	if method == "Update" {
		var ok bool
		t.UUID = strings.ToLower(strings.TrimSpace(body.UUID))
		if have, ok = s.Time(t.UUID); !ok {
			why = "Invalid time identifier"
		}
		t.InvoiceTaskUUID = have.InvoiceTaskUUID
	}
	if why == "" {
		changed = t != have
		t.UUID = s.AddTime(t)
	}
	s.effect(operation, s.jobClient(cmp.Or(t.Job, have.Job)), t.UUID, false, changed)
	if why != "" {
		a.refuse(method, why)
		return
	}
	s.sendTime(a, method, t.UUID)
}

// timeOf is the entry that a body asks for, or why there cannot be one.
func (s *Server) timeOf(b timesheet) (t TimeEntry, why string) {
	j, ok := s.Job(b.Job)
	t = TimeEntry{Job: j.Number, Note: b.Note, Start: b.Start, End: b.End, Staff: s.staffOf(b.StaffUUID)}
	for _, task := range j.Tasks {
		if strings.EqualFold(task.UUID, b.TaskUUID) {
			t.Task, t.NotBillable = Ref{task.UUID, task.Kind.Name}, task.NotBillable
		}
	}
	date, err := time.Parse("20060102", b.Date)
	t.Date = date
	switch {
	case !ok:
		return t, "Invalid job identifier"
	case t.Task.UUID == "":
		return t, "Invalid task identifier"
	case t.Staff.UUID == "":
		return t, "Invalid staff identifier"
	case err != nil:
		return t, "Invalid date"
	}
	if b.Start == "" && b.End == "" {
		if t.Minutes, err = strconv.Atoi(b.Minutes); err != nil {
			return t, "Invalid minutes"
		}
		return t, ""
	}
	start, err := time.Parse("15:04", b.Start)
	end, err2 := time.Parse("15:04", b.End)
	if err != nil || err2 != nil || end.Before(start) {
		return t, "Invalid start or end time"
	}
	t.Minutes = int(end.Sub(start) / time.Minute)
	return t, ""
}

func (s *Server) deleteTime(a *answering) {
	uuid := a.id("uuid")
	s.mu.Lock()
	t, ok := s.times[uuid]
	delete(s.times, uuid)
	s.mu.Unlock()
	s.effect("delete-time", s.jobClient(t.Job), uuid, true, ok)
	if !ok {
		a.refuse("Delete", "Invalid time identifier")
		return
	}
	a.done("Delete")
}

// time writes a time sheet entry in the order of the documentation.
func (x *wire) time(t TimeEntry, job string) {
	x.open("Time")
	x.text("UUID", t.UUID)
	x.open("Job")
	x.text("ID", t.Job)
	x.text("Name", job)
	x.shut("Job")
	x.ref("Task", t.Task)
	x.ref("Staff", t.Staff)
	x.date("Date", t.Date)
	x.text("Minutes", strconv.Itoa(t.Minutes))
	x.text("Note", t.Note)
	x.truth("Billable", !t.NotBillable)
	x.set("Start", t.Start)
	x.set("End", t.End)
	x.set("InvoiceTaskUUID", t.InvoiceTaskUUID)
	x.shut("Time")
}

func (s *Server) hasJob(number string) bool { _, ok := s.Job(number); return ok }

func (s *Server) jobName(number string) string { j, _ := s.Job(number); return j.Name }

// jobClient is the code of the client of the job.
func (s *Server) jobClient(number string) string {
	j, _ := s.Job(number)
	c, _ := s.Client(j.ClientUUID)
	return c.Code
}

// staffOf is the member of staff, or nothing.
func (s *Server) staffOf(uuid string) Ref {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, ok := s.practice.staff[strings.ToLower(uuid)]
	if !ok {
		return Ref{}
	}
	return Ref{m.UUID, m.Name}
}

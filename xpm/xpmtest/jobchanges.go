package xpmtest

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
	"time"
)

// changeJob lets f change the job with that number; f says why it cannot, or "".
// s.mu is held while f runs. It tells of the effect and, if the job was not
// changed for a reason, answers so.
func (s *Server) changeJob(a *answering, method, operation, number string, f func(*Job) string) (Job, bool) {
	return s.affectJob(a, method, operation, number, "", "Invalid job identifier", f)
}

// affectJob is changeJob for a change whose target is not the job itself, but a
// part of it; unknown is what is said if there is no such job.
func (s *Server) affectJob(a *answering, method, operation, number, target, unknown string, f func(*Job) string) (Job, bool) {
	s.mu.Lock()
	key, j, ok := s.jobAt(number)
	why, changed := unknown, false
	if ok {
		work := clonedJob(j)
		if why = f(&work); why == "" {
			changed = !reflect.DeepEqual(clonedJob(j), work)
			s.jobs[key], j = work, clonedJob(work)
		}
	}
	code := s.clients[j.ClientUUID].Code
	s.mu.Unlock()
	s.effect(operation, code, cmp.Or(target, j.UUID, number), false, changed)
	if why != "" {
		a.refuse(method, why)
		return Job{}, false
	}
	return j, true
}

// jobDate puts a date of a request into t, if there is one; an empty one clears
// it. It reports whether the date makes sense.
func (n node) jobDate(name string, t *time.Time) bool {
	c, ok := n.child(name)
	if !ok {
		return true
	}
	text := strings.TrimSpace(c.Text)
	if text == "" {
		*t = time.Time{}
		return true
	}
	parsed, err := time.Parse("20060102", text)
	if err == nil {
		*t = parsed
	}
	return err == nil
}

// write puts what add and update have in common into j; s.mu is held.
func (s *Server) writeJob(j *Job, n node) string {
	n.set("Name", &j.Name)
	n.set("Description", &j.Description)
	n.set("ClientNumber", &j.OrderNumber)
	n.set("Budget", &j.Budget)
	datesFit := n.jobDate("StartDate", &j.Start)
	datesFit = n.jobDate("DueDate", &j.Due) && datesFit
	if c, ok := n.child("CategoryUUID"); ok {
		id := strings.ToLower(strings.TrimSpace(c.Text))
		category, known := s.practice.categories[id]
		if id != "" && !known {
			return "Invalid category identifier"
		}
		j.Type = category.Name
	}
	switch {
	case j.Name == "":
		return "The job name is required"
	case !datesFit || j.Start.IsZero() || j.Due.IsZero():
		return "The start and due dates are required"
	}
	return ""
}

func (s *Server) addJob(a *answering) {
	const method = "Add"
	n := a.body("Job")
	j := Job{Number: n.at("ID"), State: "Planned", ClientUUID: n.id("ClientUUID"), Created: time.Now()}
	s.mu.Lock()
	c, ok := s.clients[j.ClientUUID]
	why := s.writeJob(&j, n)
	_, _, taken := s.jobAt(j.Number)
	contact := n.id("ContactUUID")
	at := slices.IndexFunc(c.Contacts, func(k Contact) bool { return k.UUID == contact })
	switch {
	case !ok || c.Deleted:
		why = "Invalid client identifier"
	case taken && j.Number != "":
		why = cmp.Or(why, "The job number is already in use")
	case contact != "" && at < 0:
		why = cmp.Or(why, "Invalid contact identifier")
	case contact != "":
		j.Contact = Ref{contact, c.Contacts[at].Name}
	}
	if template := n.id("TemplateUUID"); template != "" {
		why = cmp.Or(why, s.template(&j, template, false))
	}
	s.mu.Unlock()
	if why == "" {
		j, _ = s.Job(s.AddJob(j))
	}
	s.effect("create-job", c.Code, j.UUID, false, why == "")
	if why != "" {
		a.refuse(method, why)
		return
	}
	s.sendJob(a, method, j)
}

func (s *Server) updateJob(a *answering) {
	n := a.body("Job")
	if j, ok := s.changeJob(a, "Update", "update-job", n.at("ID"), func(j *Job) string { return s.writeJob(j, n) }); ok {
		s.sendJob(a, "Update", j)
	}
}

// stateJob knows a state by its code: its name in capitals, without spaces.
// Without states of one's own there are Planned, In Progress and Completed.
func (s *Server) stateJob(a *answering) {
	n := a.body("Job")
	code := func(name string) string {
		return strings.ToUpper(strings.NewReplacer(" ", "", "_", "").Replace(name))
	}
	_, ok := s.changeJob(a, "State", "set-job-state", n.at("ID"), func(j *Job) string {
		names := []string{"Planned", "In Progress", "Completed"}
		if len(s.practice.states) > 0 {
			names = nil
			for _, r := range s.practice.states {
				names = append(names, r.Name)
			}
		}
		at := slices.IndexFunc(names, func(name string) bool { return code(name) == code(n.at("State")) })
		if at < 0 {
			return "Invalid state code"
		}
		j.State = names[at]
		switch completed := code(j.State) == "COMPLETED"; {
		case completed && !j.Completed:
			j.Completed, j.CompletedOn = true, time.Now()
		case !completed:
			j.Completed, j.CompletedOn = false, time.Time{}
		}
		return ""
	})
	if ok {
		a.done("State")
	}
}

func (s *Server) deleteJob(a *answering) {
	number := a.body("Job").at("ID")
	s.mu.Lock()
	key, j, ok := s.jobAt(number)
	delete(s.jobs, key)
	code := s.clients[j.ClientUUID].Code
	s.mu.Unlock()
	s.effect("delete-job", code, cmp.Or(j.UUID, number), true, ok)
	if !ok {
		a.refuse("Delete", "Invalid job identifier")
		return
	}
	a.done("Delete")
}

// attr is an attribute in lower case.
func (n node) attr(name string) string {
	for _, a := range n.Attrs {
		if a.Name.Local == name {
			return strings.ToLower(a.Value)
		}
	}
	return ""
}

// assignJob makes all the changes of a request, or none. A task of the job is
// only for staff of the job, so that adding someone to a task adds them to both.
func (s *Server) assignJob(a *answering) {
	n := a.body("Job")
	j, ok := s.changeJob(a, "Assign", "assign-job", n.at("ID"), func(j *Job) string {
		for _, c := range n.Children {
			uuid := cmp.Or(c.attr("uuid"), c.attr("id"))
			m, known := s.practice.staff[uuid]
			who := Ref{m.UUID, m.Name}
			list, why := &j.Staff, ""
			if task := c.attr("task-uuid"); task != "" {
				at := slices.IndexFunc(j.Tasks, func(t JobTask) bool { return t.UUID == task })
				if at < 0 {
					return "Invalid task identifier"
				}
				list = &j.Tasks[at].Staff
			}
			is := func(r Ref) bool { return strings.EqualFold(r.UUID, uuid) }
			switch c.XMLName.Local {
			case "add":
				why = "Invalid staff identifier for add request"
				for _, l := range []*[]Ref{list, &j.Staff} {
					if known && !slices.ContainsFunc(*l, is) {
						*l = append(*l, who)
					}
				}
			case "remove":
				why = "Invalid staff identifier for remove request"
				*list = slices.DeleteFunc(*list, is)
			case "add-manager":
				j.Manager, why = who, "Invalid staff identifier for add-manager request"
			case "add-partner":
				j.Partner, why = who, "Invalid staff identifier for add-partner request"
			case "remove-manager":
				j.Manager, known = Ref{}, true
			case "remove-partner":
				j.Partner, known = Ref{}, true
			default:
				known = true
			}
			if !known {
				return why
			}
		}
		return ""
	})
	if ok {
		s.sendJob(a, "Assign", j)
	}
}

// template adds the tasks of a template to a job; s.mu is held.
func (s *Server) template(j *Job, uuid string, appended bool) string {
	if _, ok := s.practice.templates[uuid]; !ok {
		return "Invalid job template identifier"
	}
	for _, kind := range s.templated[uuid] {
		has := slices.ContainsFunc(j.Tasks, func(t JobTask) bool { return t.Kind.UUID == kind.UUID })
		if !appended || !has {
			j.Tasks = append(j.Tasks, JobTask{UUID: s.newUUID(), Kind: kind})
		}
	}
	return ""
}

func (s *Server) applyTemplate(a *answering) {
	n := a.body("Job")
	j, ok := s.changeJob(a, "ApplyTemplate", "apply-job-template", n.at("ID"), func(j *Job) string {
		return s.template(j, n.id("TemplateUUID"), n.at("TaskMode") == "AppendExisting")
	})
	if ok {
		s.sendJob(a, "ApplyTemplate", j)
	}
}

// quoteJob adds a quote or an estimate of a job, which is a change of the quotes.
func (s *Server) quoteJob(a *answering, method, operation, kind string) {
	s.mu.Lock()
	_, j, ok := s.jobAt(a.values["number"])
	c := s.clients[j.ClientUUID]
	number := ""
	if ok {
		number = s.addQuote(Quote{Type: kind, Name: j.Name, Description: j.Description, Budget: j.Budget, Client: Ref{c.UUID, c.Name}, Date: time.Now(), Draft: true})
	}
	s.mu.Unlock()
	s.effect(operation, c.Code, cmp.Or(j.UUID, a.values["number"]), false, ok)
	if !ok {
		a.refuse(method, "Invalid job identifier")
		return
	}
	x := begin(method, "OK")
	x.text("ID", number)
	a.send(x)
}

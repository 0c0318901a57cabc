package xpmtest

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Job is a job as the server holds it. It is current unless it is completed.
// Amounts are decimal texts such as 55.00.
type Job struct {
	Number, UUID, Name, State        string
	Description, OrderNumber, Budget string
	Type                             string // the name of its category
	ClientUUID                       string
	Contact, Manager, Partner        Ref
	Completed                        bool
	Start, Due, CompletedOn          time.Time
	Created                          time.Time // zero means when it was added
	Staff                            []Ref
	Tasks                            []JobTask
	Milestones                       []Milestone
	Notes                            []JobNote
	Documents                        []Document
	Costs                            []JobCost
}

// JobTask is a task of a job.
type JobTask struct {
	UUID                   string // made up if empty
	Kind                   Ref    // of task
	Label, Description     string
	Estimated, Actual      int // minutes
	Completed, NotBillable bool
	Start, Due             time.Time
	Staff                  []Ref
}

// Milestone is a date that a job has to meet.
type Milestone struct {
	UUID, Description string
	Date              time.Time
	Completed         bool
}

// JobNote is a note on a job.
type JobNote struct {
	UUID, Title, Text, Folder, CreatedBy string
	Public                               bool
	Date                                 time.Time
}

// JobCost is a cost of a job.
type JobCost struct {
	UUID, Description, Code, Note string
	Quantity, UnitCost, UnitPrice string
	NotBillable                   bool
	Date                          time.Time
}

// AddJob adds a job, or replaces the one with the same number. A number or UUID
// that is empty is made up, also those of its tasks, milestones, notes and
// costs; the number is returned.
func (s *Server) AddJob(j Job) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if j.Number == "" {
		j.Number = s.newJobNumber()
	}
	if j.Created.IsZero() {
		j.Created = time.Now()
	}
	j = clonedJob(j)
	j.UUID, j.ClientUUID = s.ensured(j.UUID), strings.ToLower(j.ClientUUID)
	for i := range j.Tasks {
		j.Tasks[i].UUID = s.ensured(j.Tasks[i].UUID)
	}
	for i := range j.Milestones {
		j.Milestones[i].UUID = s.ensured(j.Milestones[i].UUID)
	}
	for i := range j.Notes {
		j.Notes[i].UUID = s.ensured(j.Notes[i].UUID)
	}
	for i := range j.Costs {
		j.Costs[i].UUID = s.ensured(j.Costs[i].UUID)
	}
	if number, _, ok := s.jobAt(j.Number); ok {
		delete(s.jobs, number)
	}
	s.jobs[j.Number] = j
	return j.Number
}

// Job returns the job, and whether there is one.
func (s *Server) Job(number string) (Job, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, j, ok := s.jobAt(number)
	return clonedJob(j), ok
}

// Jobs returns all jobs by number.
func (s *Server) Jobs() []Job {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Job, 0, len(s.jobs))
	for _, j := range s.jobs {
		all = append(all, clonedJob(j))
	}
	slices.SortFunc(all, func(a, b Job) int { return cmp.Compare(a.Number, b.Number) })
	return all
}

// SetTemplateTasks says which kinds of task a template brings to a job. A kind
// without a UUID gets one.
func (s *Server) SetTemplateTasks(template string, kinds ...Ref) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kinds = slices.Clone(kinds)
	for i := range kinds {
		kinds[i].UUID = s.ensured(kinds[i].UUID)
	}
	put(&s.templated, template, kinds)
}

// jobAt finds a job by its number, in any case; s.mu is held.
func (s *Server) jobAt(number string) (key string, j Job, ok bool) {
	if j, ok = s.jobs[number]; ok {
		return number, j, true
	}
	for key, j := range s.jobs {
		if strings.EqualFold(key, number) {
			return key, j, true
		}
	}
	return "", Job{}, false
}

// jobOfTask is the number of the job that has the task; s.mu is held.
func (s *Server) jobOfTask(uuid string) (number string, i int) {
	for number, j := range s.jobs {
		if i := slices.IndexFunc(j.Tasks, func(t JobTask) bool { return strings.EqualFold(t.UUID, uuid) }); i >= 0 {
			return number, i
		}
	}
	return "", -1
}

// jobOfCost is the number of the job that has the cost; s.mu is held.
func (s *Server) jobOfCost(uuid string) (number string, i int) {
	for number, j := range s.jobs {
		if i := slices.IndexFunc(j.Costs, func(c JobCost) bool { return strings.EqualFold(c.UUID, uuid) }); i >= 0 {
			return number, i
		}
	}
	return "", -1
}

// hasJobTask reports whether some job has the task.
func (s *Server) hasJobTask(uuid string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, i := s.jobOfTask(uuid)
	return i >= 0
}

// hasJobCost reports whether some job has the cost.
func (s *Server) hasJobCost(uuid string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, i := s.jobOfCost(uuid)
	return i >= 0
}

// clonedJob keeps what callers hold apart from what the server holds.
func clonedJob(j Job) Job {
	j.Staff, j.Tasks, j.Milestones = slices.Clone(j.Staff), slices.Clone(j.Tasks), slices.Clone(j.Milestones)
	j.Notes, j.Documents, j.Costs = slices.Clone(j.Notes), slices.Clone(j.Documents), slices.Clone(j.Costs)
	for i := range j.Tasks {
		j.Tasks[i].Staff = slices.Clone(j.Tasks[i].Staff)
	}
	for i := range j.Documents {
		j.Documents[i].Content = slices.Clone(j.Documents[i].Content)
	}
	return j
}

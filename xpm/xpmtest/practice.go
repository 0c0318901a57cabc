package xpmtest

import (
	"cmp"
	"slices"
	"strings"
)

// practice is what a practice has beside its clients and jobs. Its maps are made
// when something is put into them.
type practice struct {
	staff      map[string]Staff
	groups     map[string]Group
	tasks      map[string]Task
	categories map[string]Ref
	templates  map[string]Ref
	states     map[string]Ref
	fields     map[string]CustomField
	values     map[string]map[string]string // of custom fields: by what has them, and by field
}

// put puts v under its id, in lower case, and makes the map if need be.
func put[T any](m *map[string]T, id string, v T) {
	if *m == nil {
		*m = map[string]T{}
	}
	(*m)[strings.ToLower(id)] = v
}

// sorted are the values in the order of lists: by name in any case, then by id.
func sorted[T any](m map[string]T, name func(T) string) (all []T) {
	ids := make([]string, 0, len(m))
	for id := range m {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b string) int {
		return cmp.Or(cmp.Compare(strings.ToLower(name(m[a])), strings.ToLower(name(m[b]))), cmp.Compare(a, b))
	})
	for _, id := range ids {
		all = append(all, m[id])
	}
	return all
}

// Task is a kind of task.
type Task struct{ UUID, Name, Description string }

// AddTask adds a kind of task, or replaces the one with the same UUID. A UUID
// that is empty is made up; the UUID is returned.
func (s *Server) AddTask(t Task) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	t.UUID = s.ensured(t.UUID)
	put(&s.practice.tasks, t.UUID, t)
	return t.UUID
}

// AddCategory adds a category of jobs, as AddTask does a task.
func (s *Server) AddCategory(r Ref) string { return s.addRef(&s.practice.categories, r) }

// AddTemplate adds a job template, as AddTask does a task.
func (s *Server) AddTemplate(r Ref) string { return s.addRef(&s.practice.templates, r) }

// AddJobState adds a state of jobs, as AddTask does a task.
func (s *Server) AddJobState(r Ref) string { return s.addRef(&s.practice.states, r) }

func (s *Server) addRef(m *map[string]Ref, r Ref) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	r.UUID = s.ensured(r.UUID)
	put(m, r.UUID, r)
	return r.UUID
}

// ensured is the id in lower case, made up if it is empty; s.mu is held.
func (s *Server) ensured(uuid string) string {
	if uuid == "" {
		return s.newUUID()
	}
	return strings.ToLower(uuid)
}

func (s *Server) practiceRoutes() []route {
	return []route{
		{"GET", "task.api/list", s.listTasks},
		{"GET", "task.api/get/{uuid}", s.getTask},
		{"GET", "category.api/list", func(a *answering) { s.listRefs(a, &s.practice.categories, "Categories", "Category") }},
		{"GET", "template.api/list", func(a *answering) { s.listRefs(a, &s.practice.templates, "Templates", "Template") }},
		{"GET", "jobstate.api/list", func(a *answering) { s.listRefs(a, &s.practice.states, "JobStates", "JobState") }},
	}
}

func (s *Server) listTasks(a *answering) {
	s.mu.Lock()
	all := sorted(s.practice.tasks, func(t Task) string { return t.Name })
	s.mu.Unlock()
	x := begin("List", "OK")
	x.container("TaskList", len(all), func(i int) { x.task(all[i]) })
	a.send(x)
}

func (s *Server) getTask(a *answering) {
	s.mu.Lock()
	t, ok := s.practice.tasks[a.id("uuid")]
	s.mu.Unlock()
	if !ok {
		a.refuse("Get", "Invalid task identifier")
		return
	}
	x := begin("Get", "OK")
	x.task(t)
	a.send(x)
}

func (s *Server) listRefs(a *answering, m *map[string]Ref, list, item string) {
	s.mu.Lock()
	all := sorted(*m, func(r Ref) string { return r.Name })
	s.mu.Unlock()
	x := begin("List", "OK")
	x.container(list, len(all), func(i int) { x.ref(item, all[i]) })
	a.send(x)
}

func (x *wire) task(t Task) {
	x.open("Task")
	x.text("UUID", t.UUID)
	x.text("Name", t.Name)
	x.text("Description", t.Description)
	x.shut("Task")
}

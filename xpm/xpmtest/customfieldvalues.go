package xpmtest

import (
	"cmp"
	"strings"
)

// fieldHolder is a kind of thing that has values in custom fields.
type fieldHolder struct {
	kind        string // as in the operation's name
	get, update string // the paths before the id
	unknown     string // what is said when there is none
	use         func(CustomField) bool
	has         func(id string) bool // s.mu is not held
}

func (s *Server) holdersOfFields() []fieldHolder {
	return []fieldHolder{
		{"client", "client.api/get", "client.api/update", "Invalid client identifier",
			func(f CustomField) bool { return f.UseClient },
			func(id string) bool { _, ok := s.Client(id); return ok }},
		{"contact", "client.api/contact", "client.api/contact", "Invalid contact identifier",
			func(f CustomField) bool { return f.UseContact },
			func(id string) bool { _, ok := s.Contact(id, ""); return ok }},
		{"job", "job.api/get", "job.api/update", "Invalid job identifier",
			func(f CustomField) bool { return f.UseJob },
			s.hasJob},
		{"job-task", "job.api/task", "job.api/task", "Invalid task identifier",
			func(f CustomField) bool { return f.UseJobTask },
			s.hasJobTask},
		{"job-cost", "job.api/cost", "job.api/cost", "Invalid cost identifier",
			func(f CustomField) bool { return f.UseJobCost },
			s.hasJobCost},
		{"time", "time.api/get", "time.api/update", "Invalid time identifier",
			func(f CustomField) bool { return f.UseJobTime },
			func(id string) bool { _, ok := s.Time(id); return ok }},
	}
}

// CustomValue returns the value of a custom field as it is answered, and "" if
// there is none. What has it is given by kind (client, contact, job, job-task,
// job-cost, time) and by id, which is the number for a job.
func (s *Server) CustomValue(kind, id, field string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.practice.values[holding(kind, id)][strings.ToLower(field)]
}

// SetCustomValue sets the value of a custom field, in the form of answers. An
// empty value clears it.
func (s *Server) SetCustomValue(kind, id, field, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.setValue(holding(kind, id), strings.ToLower(field), value)
}

func holding(kind, id string) string { return kind + " " + strings.ToLower(id) }

// setValue sets or clears a value, and reports whether it changed; s.mu is held.
func (s *Server) setValue(holding, field, value string) bool {
	values := s.practice.values[holding]
	if values[field] == value {
		return false
	}
	if value == "" {
		delete(values, field)
		return true
	}
	put(&values, field, value)
	put(&s.practice.values, holding, values)
	return true
}

// getValues answers with the fields that have a value.
func (s *Server) getValues(a *answering, h fieldHolder) {
	id := a.values["id"]
	type value struct{ uuid, name, element, text string }
	var all []value
	ok := h.has(id)
	s.mu.Lock()
	for _, f := range s.allFields() {
		if text := s.practice.values[holding(h.kind, id)][f.UUID]; text != "" {
			all = append(all, value{f.UUID, f.Name, f.ValueElement, text})
		}
	}
	s.mu.Unlock()
	if !ok {
		a.refuse("CustomField", h.unknown)
		return
	}
	x := begin("CustomField", "OK")
	x.container("CustomFields", len(all), func(i int) {
		x.open("CustomField")
		x.text("UUID", all[i].uuid)
		x.text("Name", all[i].name)
		x.text(all[i].element, all[i].text)
		x.shut("CustomField")
	})
	a.send(x)
}

// updateValues sets all the values of a request, or none.
func (s *Server) updateValues(a *answering, h fieldHolder) {
	id, n := a.values["id"], a.body("CustomFields")
	set := map[string]string{}
	why, changed, code := "", false, ""
	if !h.has(id) {
		why = h.unknown
	}
	if h.kind != "job" {
		id = strings.ToLower(id)
	}
	s.mu.Lock()
	if h.kind == "client" {
		code = s.clients[id].Code
	}
	for _, v := range n.all("CustomField") {
		f, ok := s.practice.fields[v.id("UUID")]
		if !ok || !h.use(f) {
			why = cmp.Or(why, "Invalid custom field identifier")
			continue
		}
		c, ok := v.child(f.ValueElement)
		text, fits := stored(f.ValueElement, c.Text)
		if !ok || !fits {
			why = cmp.Or(why, "Invalid custom field value")
			continue
		}
		set[f.UUID] = text
	}
	for field, text := range set {
		if why == "" && s.setValue(holding(h.kind, id), field, text) {
			changed = true
		}
	}
	s.mu.Unlock()
	s.effect("update-"+h.kind+"-custom-fields", code, id, false, changed)
	if why != "" {
		a.refuse("CustomField", why)
		return
	}
	a.done("CustomField")
}

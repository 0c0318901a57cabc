package xpmtest

import (
	"strconv"
	"strings"
	"time"
)

// CustomField is the definition of a custom field as the server holds it.
type CustomField struct {
	UUID, Name string
	Type       string // such as Text, Decimal, Date, Dropdown List, Value Link
	LinkURL    string
	Options    string // of a Dropdown List
	// ValueElement carries the values: Text, Decimal, Number, Boolean or Date.
	// Empty is made from Type: the one of that name, Boolean for a Checkbox, and
	// otherwise Text.
	ValueElement string

	UseClient, UseContact, UseJob, UseJobTask, UseJobCost, UseJobTime bool
}

// AddCustomField adds a custom field, or replaces the one with the same UUID. A
// UUID that is empty is made up; the UUID is returned.
func (s *Server) AddCustomField(f CustomField) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.UUID = s.ensured(f.UUID)
	if f.ValueElement == "" {
		f.ValueElement = elementOf(f.Type)
	}
	put(&s.practice.fields, f.UUID, f)
	return f.UUID
}

// elementOf is the element that carries values of a type.
func elementOf(typ string) string {
	switch typ {
	case "Decimal", "Number", "Date":
		return typ
	case "Checkbox":
		return "Boolean"
	}
	return "Text"
}

// CustomFields returns all custom fields in the order of the list: by name, then
// by UUID.
func (s *Server) CustomFields() []CustomField {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.allFields()
}

// allFields is CustomFields; s.mu is held.
func (s *Server) allFields() []CustomField {
	return sorted(s.practice.fields, func(f CustomField) string { return f.Name })
}

func (s *Server) customFieldRoutes() []route {
	routes := []route{
		{"GET", "customfield.api/definition", s.listCustomFields},
		{"GET", "customfield.api/get/{uuid}", s.getCustomField},
		{"POST", "customfield.api/add", s.addCustomField},
		{"PUT", "customfield.api/update", s.updateCustomField},
		{"POST", "customfield.api/delete", s.deleteCustomField},
	}
	for _, h := range s.holdersOfFields() {
		routes = append(routes,
			route{"GET", h.get + "/{id}/customfield", func(a *answering) { s.getValues(a, h) }},
			route{"PUT", h.update + "/{id}/customfield", func(a *answering) { s.updateValues(a, h) }})
	}
	return routes
}

func (s *Server) listCustomFields(a *answering) {
	all := s.CustomFields()
	x := begin("Definition", "OK")
	x.container("CustomFieldDefinitions", len(all), func(i int) { x.customField(all[i]) })
	a.send(x)
}

func (s *Server) getCustomField(a *answering) {
	s.mu.Lock()
	f, ok := s.practice.fields[a.id("uuid")]
	s.mu.Unlock()
	if !ok {
		a.refuse("Get", "Invalid custom field identifier")
		return
	}
	x := begin("Get", "OK")
	x.customField(f)
	a.send(x)
}

func (s *Server) addCustomField(a *answering) {
	f := CustomField{}.with(a.body("CustomFieldDefinition"))
	if f.Name != "" {
		f.UUID = s.AddCustomField(f)
	}
	s.effect("create-custom-field", "", f.UUID, false, f.UUID != "")
	a.defined("Add", f)
}

func (s *Server) updateCustomField(a *answering) {
	n := a.body("CustomFieldDefinition")
	s.mu.Lock()
	was, ok := s.practice.fields[n.id("UUID")]
	f := was.with(n)
	if ok = ok && f.Name != ""; ok {
		s.practice.fields[f.UUID] = f
	}
	s.mu.Unlock()
	s.effect("update-custom-field", "", n.id("UUID"), false, ok && f != was)
	if was.UUID == "" {
		a.refuse("Update", "Invalid custom field identifier")
		return
	}
	a.defined("Update", f)
}

// defined answers a definition with its UUID.
func (a *answering) defined(method string, f CustomField) {
	if f.Name == "" {
		a.refuse(method, "The custom field name is required")
		return
	}
	x := begin(method, "OK")
	x.text("UUID", f.UUID)
	a.send(x)
}

// deleteCustomField deletes the values too.
func (s *Server) deleteCustomField(a *answering) {
	id := a.body("CustomFieldDefinition").id("UUID")
	s.mu.Lock()
	_, ok := s.practice.fields[id]
	delete(s.practice.fields, id)
	for _, values := range s.practice.values {
		delete(values, id)
	}
	s.mu.Unlock()
	s.effect("delete-custom-field", "", id, true, ok)
	if !ok {
		a.refuse("Delete", "Invalid custom field identifier")
		return
	}
	a.done("Delete")
}

// with is f with what the elements of a request say; those that are left out
// stay as they are.
func (f CustomField) with(n node) CustomField {
	n.set("Name", &f.Name)
	n.set("Type", &f.Type)
	n.set("LinkUrl", &f.LinkURL)
	n.set("Options", &f.Options)
	for name, use := range f.uses() {
		if c, ok := n.child(name); ok {
			*use = strings.EqualFold(strings.TrimSpace(c.Text), "true")
		}
	}
	return f
}

// uses are the flags of f by the names of their elements.
func (f *CustomField) uses() map[string]*bool {
	return map[string]*bool{
		"UseClient": &f.UseClient, "UseContact": &f.UseContact, "UseJob": &f.UseJob,
		"UseJobTask": &f.UseJobTask, "UseJobCost": &f.UseJobCost, "UseJobTime": &f.UseJobTime,
	}
}

func (x *wire) customField(f CustomField) {
	x.open("CustomFieldDefinition")
	x.text("UUID", f.UUID)
	x.text("Name", f.Name)
	x.text("Type", f.Type)
	x.text("LinkUrl", f.LinkURL)
	x.text("Options", f.Options)
	x.truth("UseClient", f.UseClient)
	x.truth("UseContact", f.UseContact)
	x.truth("UseJob", f.UseJob)
	x.truth("UseJobTask", f.UseJobTask)
	x.truth("UseJobCost", f.UseJobCost)
	x.truth("UseJobTime", f.UseJobTime)
	x.text("ValueElement", f.ValueElement)
	x.shut("CustomFieldDefinition")
}

// stored is a value of a request as it is held, and whether it is of the form
// that its element wants. Dates are held as they are answered.
func stored(element, text string) (string, bool) {
	if text = strings.TrimSpace(text); text == "" {
		return "", element != "Boolean"
	}
	switch element {
	case "Date":
		t, err := time.Parse("20060102", text)
		return t.Format("2006-01-02T15:04:05"), err == nil
	case "Number":
		_, err := strconv.ParseInt(text, 10, 64)
		return text, err == nil
	case "Decimal":
		_, err := strconv.ParseFloat(text, 64)
		return text, err == nil
	case "Boolean":
		return text, text == "true" || text == "false"
	}
	return text, true
}

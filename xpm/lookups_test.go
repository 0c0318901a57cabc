package xpm_test

import (
	"errors"
	"net/http"
	"slices"
	"testing"

	"github.com/practicekit/offboarding/xpm"
)

func TestTasks_List(t *testing.T) {
	_, err := collect(recorded(t, "tasks_list_forbidden").Tasks.List(t.Context(), xpm.TaskOptions{}))
	checkError(t, err, xpm.ErrForbidden, "AuthenticationUnsuccessful")

	got, err := collect(recorded(t, "tasks_list").Tasks.List(t.Context(), xpm.TaskOptions{}))
	check(t, []xpm.Task{
		{UUID: "5e1f0009-7c3a-4b6d-9e20-a1b2c3d40009", Name: "Concept"},
		{UUID: "dc6f3aa6-14b2-47bb-9abc-9381e3af07c0", Name: "Design", Description: "Drawing it"},
	}, got, err)
}

func TestTasks_Get(t *testing.T) {
	const design = xpm.TaskUUID("dc6f3aa6-14b2-47bb-9abc-9381e3af07c0")
	_, err := recorded(t, "tasks_get_not_found").Tasks.Get(t.Context(), design)
	checkError(t, err, xpm.ErrNotFound, "Invalid task identifier")
	if _, err := newClient(t, unreachable(t)).Tasks.Get(t.Context(), "../x"); !errors.Is(err, xpm.ErrInvalid) {
		t.Errorf("%v", err)
	}

	got, err := recorded(t, "tasks_get").Tasks.Get(t.Context(), design)
	check(t, xpm.Task{UUID: design, Name: "Design"}, got, err)
}

func TestCategories_List(t *testing.T) {
	_, err := collect(recorded(t, "categories_list_unavailable").Categories.List(t.Context()))
	checkError(t, err, xpm.ErrUnavailable, "ServiceNotAvailable")

	none, err := collect(recorded(t, "categories_list_empty").Categories.List(t.Context()))
	check(t, nil, none, err)
	got, err := collect(recorded(t, "categories_list").Categories.List(t.Context()))
	check(t, []xpm.Category{
		{UUID: "5b2c7c5e-3f0a-4c53-8d6c-0a6a5b0f0001", Name: "Compliance"},
		{UUID: "5b2c7c5e-3f0a-4c53-8d6c-0a6a5b0f0002", Name: "Consulting"},
	}, got, err)
}

func TestTemplates_List(t *testing.T) {
	_, err := collect(recorded(t, "templates_list_unavailable").Templates.List(t.Context()))
	checkError(t, err, xpm.ErrUnavailable, "ServiceNotAvailable")

	got, err := collect(recorded(t, "templates_list").Templates.List(t.Context()))
	check(t, []xpm.Template{
		{UUID: "5e1f0049-7c3a-4b6d-9e20-a1b2c3d40049", Name: "Activity Statement"},
		{UUID: "5b2c7c5e-3f0a-4c53-8d6c-0a6a5b0f0003", Name: "Tax Return - Individual"},
	}, got, err)
}

func TestJobStates_List(t *testing.T) {
	_, err := collect(recorded(t, "jobstates_list_scope_missing").JobStates.List(t.Context()))
	checkError(t, err, xpm.ErrForbidden, "AuthorizationUnsuccessful")

	got, err := collect(recorded(t, "jobstates_list").JobStates.List(t.Context()))
	check(t, []xpm.JobState{
		{UUID: "5b2c7c5e-3f0a-4c53-8d6c-0a6a5b0f0004", Name: "Planned"},
		{UUID: "5b2c7c5e-3f0a-4c53-8d6c-0a6a5b0f0005", Name: "In Progress"},
	}, got, err)
}

// The names of the elements are assumed: others must not make an empty list.
func TestJobStates_List_OtherName(t *testing.T) {
	got, err := collect(newClient(t, ok(`<Response><Status>OK</Status><JobStates><State><UUID>1</UUID></State></JobStates></Response>`)).JobStates.List(t.Context()))
	if !errors.Is(err, xpm.ErrInvalid) || len(got) != 0 {
		t.Errorf("%v %v", got, err)
	}
}

// Version 3.0 had numbers for ids. What has no UUID cannot be referred to.
func TestLookups_WithoutUUID(t *testing.T) {
	c := newClient(t, ok(`<Response><Status>OK</Status><Categories><Category><ID>1</ID></Category></Categories><Templates><Template/></Templates><JobStates><JobState/></JobStates><TaskList><Task/></TaskList></Response>`))
	_, category := collect(c.Categories.List(t.Context()))
	_, template := collect(c.Templates.List(t.Context()))
	_, state := collect(c.JobStates.List(t.Context()))
	_, task := collect(c.Tasks.List(t.Context(), xpm.TaskOptions{}))
	for i, err := range []error{category, template, state, task} {
		if !errors.Is(err, xpm.ErrInvalid) {
			t.Errorf("%d: %v", i, err)
		}
	}
}

// The UUID is asked for in any case: without it nothing can be told apart.
func TestLookups_Fields(t *testing.T) {
	var asked []string
	c := newClient(t, roundTrip(func(r *http.Request) (*http.Response, error) {
		asked = append(asked, r.URL.RawQuery)
		return ok(`<Response><Status>OK</Status><Groups/><StaffList/><TaskList/><CustomFieldDefinitions/></Response>`)(r)
	}))
	_, groups := collect(c.Groups.List(t.Context(), xpm.GroupOptions{Fields: []string{"Name"}}))
	_, staff := collect(c.Staff.List(t.Context(), xpm.StaffOptions{Fields: []string{"Name", "Email"}}))
	_, tasks := collect(c.Tasks.List(t.Context(), xpm.TaskOptions{Fields: []string{"uuid"}}))
	_, fields := collect(c.CustomFields.List(t.Context(), xpm.CustomFieldOptions{}))
	if err := errors.Join(groups, staff, tasks, fields); err != nil {
		t.Error(err)
	}
	if want := []string{"fields=Name%2CUUID", "fields=Name%2CEmail%2CUUID", "fields=uuid", ""}; !slices.Equal(asked, want) {
		t.Errorf("%q", asked)
	}
}

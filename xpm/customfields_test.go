package xpm_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/practicekit/offboarding/xpm"
)

const yearEnd = xpm.CustomFieldUUID("5e1f0009-7c3a-4b6d-9e20-a1b2c3d40009")

// unreachable fails the test if anything is sent.
func unreachable(t *testing.T) roundTrip {
	return func(r *http.Request) (*http.Response, error) {
		t.Errorf("%s %s was sent", r.Method, r.URL.Path)
		return nil, errors.New("unreachable")
	}
}

// definition is the custom field of the exchanges.
func definition() xpm.CustomField {
	return xpm.CustomField{
		UUID: yearEnd, Name: "Year End", Type: xpm.CustomFieldTypeDate, ValueElement: xpm.ValueElementDate,
		UseClient: xpm.FlagYes, UseContact: xpm.FlagNo, UseJob: xpm.FlagYes, UseJobTask: xpm.FlagNo, UseJobCost: xpm.FlagNo, UseJobTime: xpm.FlagNo,
	}
}

func TestCustomFields_List(t *testing.T) {
	_, err := collect(recorded(t, "customfields_list_unavailable").CustomFields.List(t.Context(), xpm.CustomFieldOptions{}))
	checkError(t, err, xpm.ErrUnavailable, "ServiceNotAvailable")

	got, err := collect(recorded(t, "customfields_list").CustomFields.List(t.Context(), xpm.CustomFieldOptions{}))
	check(t, []xpm.CustomField{definition(), {
		UUID: "5e1f0027-7c3a-4b6d-9e20-a1b2c3d40027", Name: "Lodgement", Type: xpm.CustomFieldTypeDropdownList, Options: "Electronic\nPaper",
		UseClient: xpm.FlagYes, UseContact: xpm.FlagYes, UseJob: xpm.FlagNo, UseJobTask: xpm.FlagYes, UseJobCost: xpm.FlagNo, UseJobTime: xpm.FlagNo,
		ValueElement: xpm.ValueElementText,
	}, {
		UUID: "5e1f0028-7c3a-4b6d-9e20-a1b2c3d40028", Name: "Portal", Type: xpm.CustomFieldTypeValueLink, LinkURL: "https://example.com/",
		UseClient: xpm.FlagNo, UseContact: xpm.FlagNo, UseJob: xpm.FlagNo, UseJobTask: xpm.FlagNo, UseJobCost: xpm.FlagYes, UseJobTime: xpm.FlagYes,
		ValueElement: xpm.ValueElementText,
	}}, got, err)
}

func TestCustomFields_Get(t *testing.T) {
	_, err := recorded(t, "customfields_get_not_found").CustomFields.Get(t.Context(), yearEnd)
	checkError(t, err, xpm.ErrNotFound, "Invalid custom field identifier")
	if _, err := newClient(t, unreachable(t)).CustomFields.Get(t.Context(), "a/b"); !errors.Is(err, xpm.ErrInvalid) {
		t.Errorf("%v", err)
	}

	got, err := recorded(t, "customfields_get").CustomFields.Get(t.Context(), yearEnd)
	check(t, definition(), got, err)
}

// How options are set apart is not published; whatever form they have, none is lost.
func TestCustomFields_Get_OptionsAsElements(t *testing.T) {
	c := newClient(t, ok(`<Response><Status>OK</Status><CustomFieldDefinition><UUID>`+string(yearEnd)+`</UUID><Options><Option>Yes</Option> <Option> No </Option></Options><Odd/></CustomFieldDefinition></Response>`))
	got, err := c.CustomFields.Get(t.Context(), yearEnd)
	if err != nil || got.Options != "Yes\nNo" || len(got.Extra) != 1 {
		t.Errorf("%v %+v", err, got)
	}
}

func TestCustomFields_Create(t *testing.T) {
	p := xpm.CustomFieldParams{Name: "Lodgement", Type: xpm.CustomFieldTypeDropdownList, Options: "Electronic", UseClient: true, UseJob: true}
	_, err := recorded(t, "customfields_create_refused").CustomFields.Create(t.Context(), p)
	checkError(t, err, xpm.ErrInvalid, "A detailed explanation of the error")
	for _, p := range []xpm.CustomFieldParams{{}, {Name: "Lodgement"}, {Type: "Text"}, {Name: "Lodgement", Type: "Text", Clear: []string{"Options"}}} {
		if _, err := newClient(t, unreachable(t)).CustomFields.Create(t.Context(), p); !errors.Is(err, xpm.ErrInvalid) {
			t.Errorf("%+v: %v", p, err)
		}
	}

	got, err := recorded(t, "customfields_create").CustomFields.Create(t.Context(), p)
	check(t, yearEnd, got, err)
	for body, want := range map[string]xpm.CustomFieldUUID{
		"": "", "<CustomFieldDefinition><UUID>" + strings.ToUpper(string(yearEnd)) + "</UUID></CustomFieldDefinition>": yearEnd,
	} {
		got, err := newClient(t, ok("<Response><Status>OK</Status>"+body+"</Response>")).CustomFields.Create(t.Context(), p)
		check(t, want, got, err)
	}
}

func TestCustomFields_Update(t *testing.T) {
	p := xpm.CustomFieldParams{Name: "Portal", Type: xpm.CustomFieldTypeValueLink, LinkURL: "https://example.com/", UseClient: true, UseJob: true}
	err := recorded(t, "customfields_update_not_found").CustomFields.Update(t.Context(), yearEnd, p)
	checkError(t, err, xpm.ErrNotFound, "Invalid custom field identifier")
	for _, p := range []xpm.CustomFieldParams{{}, {Name: "Portal", Clear: []string{"UseJob"}}, {Name: "Portal", Clear: []string{"Name"}}} {
		if err := newClient(t, unreachable(t)).CustomFields.Update(t.Context(), yearEnd, p); !errors.Is(err, xpm.ErrInvalid) {
			t.Errorf("%+v: %v", p, err)
		}
	}
	err = newClient(t, ok(`<Response><Status>OK</Status><UUID>5e1f0027-7c3a-4b6d-9e20-a1b2c3d40027</UUID></Response>`)).CustomFields.Update(t.Context(), yearEnd, p)
	checkError(t, err, xpm.ErrOutcomeUnknown, "")

	if err := recorded(t, "customfields_update").CustomFields.Update(t.Context(), yearEnd, p); err != nil {
		t.Error(err)
	}
	if err := recorded(t, "customfields_update_cleared").CustomFields.Update(t.Context(), yearEnd, xpm.CustomFieldParams{Name: "Portal", Clear: []string{"Options"}}); err != nil {
		t.Error(err)
	}
}

func TestCustomFields_Delete(t *testing.T) {
	err := recorded(t, "customfields_delete_not_found").CustomFields.Delete(t.Context(), yearEnd)
	checkError(t, err, xpm.ErrNotFound, "Invalid custom field identifier")
	if err := newClient(t, unreachable(t)).CustomFields.Delete(t.Context(), ""); !errors.Is(err, xpm.ErrInvalid) {
		t.Errorf("%v", err)
	}

	if err := recorded(t, "customfields_delete").CustomFields.Delete(t.Context(), yearEnd); err != nil {
		t.Error(err)
	}
}

const (
	dateField    = xpm.CustomFieldUUID("5e1f0021-7c3a-4b6d-9e20-a1b2c3d40021")
	numberField  = xpm.CustomFieldUUID("5e1f0022-7c3a-4b6d-9e20-a1b2c3d40022")
	decimalField = xpm.CustomFieldUUID("5e1f0023-7c3a-4b6d-9e20-a1b2c3d40023")
	booleanField = xpm.CustomFieldUUID("5e1f0024-7c3a-4b6d-9e20-a1b2c3d40024")
	textField    = xpm.CustomFieldUUID("5e1f0025-7c3a-4b6d-9e20-a1b2c3d40025")
)

// values are those of the exchanges, as they are read.
func values() []xpm.CustomFieldValue {
	return []xpm.CustomFieldValue{
		{UUID: dateField, Name: "Date Field", Element: xpm.ValueElementDate, Value: "2010-10-11T00:00:00"},
		{UUID: numberField, Name: "Number Field", Element: xpm.ValueElementNumber, Value: "123"},
		{UUID: decimalField, Name: "Decimal Field", Element: xpm.ValueElementDecimal, Value: "123.45"},
		{UUID: booleanField, Name: "Boolean Field", Element: xpm.ValueElementBoolean, Value: "true"},
		{UUID: textField, Name: "Text Field", Element: xpm.ValueElementText, Value: "some text"},
	}
}

// The six things that have custom fields differ in their paths only.
func TestCustomFields_Values(t *testing.T) {
	const id, job = string(yearEnd), xpm.JobNumber("J000309")
	type update func(*xpm.CustomFieldService, ...xpm.CustomFieldValue) error
	for what, c := range map[string]struct {
		get     func(*xpm.CustomFieldService) ([]xpm.CustomFieldValue, error)
		update  update
		unknown string
	}{
		"client": {
			func(s *xpm.CustomFieldService) ([]xpm.CustomFieldValue, error) {
				return s.GetClientValues(t.Context(), acme)
			},
			func(s *xpm.CustomFieldService, v ...xpm.CustomFieldValue) error {
				return s.UpdateClientValues(t.Context(), acme, v...)
			},
			"Invalid client identifier",
		},
		"contact": {
			func(s *xpm.CustomFieldService) ([]xpm.CustomFieldValue, error) {
				return s.GetContactValues(t.Context(), xpm.ContactUUID(id))
			},
			func(s *xpm.CustomFieldService, v ...xpm.CustomFieldValue) error {
				return s.UpdateContactValues(t.Context(), xpm.ContactUUID(id), v...)
			},
			"Invalid contact identifier",
		},
		"job": {
			func(s *xpm.CustomFieldService) ([]xpm.CustomFieldValue, error) {
				return s.GetJobValues(t.Context(), job)
			},
			func(s *xpm.CustomFieldService, v ...xpm.CustomFieldValue) error {
				return s.UpdateJobValues(t.Context(), job, v...)
			},
			"Invalid job identifier",
		},
		"job_task": {
			func(s *xpm.CustomFieldService) ([]xpm.CustomFieldValue, error) {
				return s.GetJobTaskValues(t.Context(), xpm.JobTaskUUID(id))
			},
			func(s *xpm.CustomFieldService, v ...xpm.CustomFieldValue) error {
				return s.UpdateJobTaskValues(t.Context(), xpm.JobTaskUUID(id), v...)
			},
			"Invalid task identifier",
		},
		"job_cost": {
			func(s *xpm.CustomFieldService) ([]xpm.CustomFieldValue, error) {
				return s.GetJobCostValues(t.Context(), xpm.JobCostUUID(id))
			},
			func(s *xpm.CustomFieldService, v ...xpm.CustomFieldValue) error {
				return s.UpdateJobCostValues(t.Context(), xpm.JobCostUUID(id), v...)
			},
			"Invalid cost identifier",
		},
		"time": {
			func(s *xpm.CustomFieldService) ([]xpm.CustomFieldValue, error) {
				return s.GetTimeValues(t.Context(), xpm.TimeUUID(id))
			},
			func(s *xpm.CustomFieldService, v ...xpm.CustomFieldValue) error {
				return s.UpdateTimeValues(t.Context(), xpm.TimeUUID(id), v...)
			},
			"Invalid time identifier",
		},
	} {
		t.Run(what, func(t *testing.T) {
			exchange := func(name string) *xpm.CustomFieldService { return recorded(t, "customfields_"+name).CustomFields }
			_, err := c.get(exchange("get_" + what + "_values_not_found"))
			checkError(t, err, xpm.ErrNotFound, c.unknown)
			err = c.update(exchange("update_"+what+"_values_not_found"), xpm.TextValue(textField, "some text"))
			checkError(t, err, xpm.ErrNotFound, c.unknown)

			got, err := c.get(exchange("get_" + what + "_values"))
			check(t, values(), got, err)
			// What was read can be written, in the form that XPM wants.
			if err := c.update(exchange("update_"+what+"_values"), got...); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestCustomFields_Values_Invalid(t *testing.T) {
	s := newClient(t, unreachable(t)).CustomFields
	if _, err := s.GetClientValues(t.Context(), "../x"); !errors.Is(err, xpm.ErrInvalid) {
		t.Errorf("%v", err)
	}
	if err := s.UpdateJobValues(t.Context(), "", xpm.TextValue(textField, "x")); !errors.Is(err, xpm.ErrInvalid) {
		t.Errorf("%v", err)
	}
	for name, v := range map[string][]xpm.CustomFieldValue{
		"none":          nil,
		"no field":      {xpm.TextValue("", "x")},
		"one twice":     {xpm.TextValue(textField, "x"), xpm.TextValue(xpm.CustomFieldUUID(strings.ToUpper(string(textField))), "y")},
		"no element":    {{UUID: textField, Value: "x"}},
		"odd element":   {{UUID: textField, Element: "Money", Value: "1"}},
		"number":        {{UUID: numberField, Element: xpm.ValueElementNumber, Value: "1.5"}},
		"comma":         {xpm.DecimalValue(decimalField, "1.234,56")},
		"point":         {xpm.DecimalValue(decimalField, ".")},
		"two points":    {xpm.DecimalValue(decimalField, "1.2.3")},
		"exponent":      {xpm.DecimalValue(decimalField, "1e5")},
		"boolean":       {{UUID: booleanField, Element: xpm.ValueElementBoolean, Value: "Yes"}},
		"clear boolean": {xpm.NoValue(booleanField, xpm.ValueElementBoolean)},
		"date":          {{UUID: dateField, Element: xpm.ValueElementDate, Value: "soon"}},
		"control":       {xpm.TextValue(textField, "a\x01b")},
	} {
		if err := s.UpdateClientValues(t.Context(), acme, v...); !errors.Is(err, xpm.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCustomFields_Values_Constructors(t *testing.T) {
	made := []xpm.CustomFieldValue{
		xpm.DateValue(dateField, time.Date(2010, 10, 11, 23, 0, 0, 0, time.FixedZone("NZDT", 13*3600))),
		{UUID: numberField, Element: xpm.ValueElementNumber, Value: "123.00"}, xpm.DecimalValue(decimalField, "123.45"), xpm.BooleanValue(booleanField, true), xpm.TextValue(textField, "some text"),
	}
	if err := recorded(t, "customfields_update_client_values").CustomFields.UpdateClientValues(t.Context(), acme, made...); err != nil {
		t.Error(err)
	}
	cleared := []xpm.CustomFieldValue{
		xpm.DateValue(dateField, time.Time{}), xpm.NoValue(numberField, xpm.ValueElementNumber), xpm.DecimalValue(decimalField, ""), xpm.TextValue(textField, ""),
	}
	if err := recorded(t, "customfields_update_client_values_cleared").CustomFields.UpdateClientValues(t.Context(), acme, cleared...); err != nil {
		t.Error(err)
	}
	if made[0].Bool() || !made[3].Bool() || xpm.BooleanValue(booleanField, false).Bool() || !made[0].Date().Time.Equal(time.Date(2010, 10, 11, 0, 0, 0, 0, time.UTC)) || !made[4].Date().IsZero() {
		t.Errorf("%+v", made)
	}
}

// Setting a value twice is setting it once, so it is sent again.
func TestCustomFields_Values_Repeated(t *testing.T) {
	s := newClient(t, answer(http.StatusServiceUnavailable, "", "")).CustomFields
	err := s.UpdateClientValues(t.Context(), acme, xpm.NumberValue(numberField, 1))
	if !errors.Is(err, xpm.ErrUnavailable) || errors.Is(err, xpm.ErrOutcomeUnknown) {
		t.Errorf("%v", err)
	}
	for name, err := range map[string]error{
		"definition": s.Update(t.Context(), yearEnd, xpm.CustomFieldParams{Name: "X"}),
		"deletion":   s.Delete(t.Context(), yearEnd),
	} {
		if !errors.Is(err, xpm.ErrOutcomeUnknown) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCustomFields_Values_Odd(t *testing.T) {
	read := func(field string) ([]xpm.CustomFieldValue, error) {
		return newClient(t, ok("<Response><Status>OK</Status><CustomFields>"+field+"</CustomFields></Response>")).CustomFields.GetClientValues(t.Context(), acme)
	}
	for _, field := range []string{
		"<CustomField><Text>x</Text></CustomField>",
		"<CustomField><UUID>1</UUID><Text>x</Text><Number>1</Number></CustomField>",
	} {
		if _, err := read(field); !errors.Is(err, xpm.ErrInvalid) {
			t.Errorf("%s: %v", field, err)
		}
	}
	got, err := read("<CustomField><UUID>1</UUID><Money>5</Money></CustomField><CustomField><UUID>2</UUID><Number/></CustomField><CustomField><UUID>3</UUID><Text> a\nb </Text></CustomField>")
	if err != nil || len(got) != 3 || got[0].Element != "" || len(got[0].Extra) != 1 || got[1].Element != xpm.ValueElementNumber || got[1].Value != "" || got[2].Value != " a\nb " {
		t.Errorf("%v %+v", err, got)
	}
	if i := slices.IndexFunc(got, func(v xpm.CustomFieldValue) bool { return v.Bool() }); i >= 0 {
		t.Errorf("%d is a yes", i)
	}
}

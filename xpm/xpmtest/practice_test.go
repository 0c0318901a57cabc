package xpmtest_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/practicekit/offboarding/xpm"
	"github.com/practicekit/offboarding/xpm/xpmtest"
)

// effects records what OnEffect is told.
type effects []string

func (e *effects) config() xpmtest.Config {
	return xpmtest.Config{Quota: xpmtest.Quota{Minute: -1}, OnEffect: func(operation, client, target string, destructive, changed bool) {
		*e = append(*e, fmt.Sprintf("%s %s %s %t %t", operation, client, target, destructive, changed))
	}}
}

func (e effects) check(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(e, want) {
		t.Errorf("effects\n%s\nwant\n%s", strings.Join(e, "\n"), strings.Join(want, "\n"))
	}
}

const one = "00000000-0000-4000-8000-000000000001"

// Each answer as it is on the wire.
func TestPractice_Wire(t *testing.T) {
	s := xpmtest.New(xpmtest.Config{Quota: xpmtest.Quota{Minute: -1}})
	s.AddClient(xpmtest.Client{UUID: acme, Code: "ACME01", Name: "Acme Pty Ltd"})
	s.AddGroup(xpmtest.Group{UUID: "6A", Name: "Smiths", Taxable: true}, acme)
	s.AddStaff(xpmtest.Staff{UUID: "5A", Name: "Jo", Email: "jo@example.com", Address: "a\nb"})
	s.AddTask(xpmtest.Task{UUID: "7A", Name: "Design"})
	s.AddCategory(xpmtest.Ref{UUID: "c1", Name: "Tax"})
	s.AddCustomField(xpmtest.CustomField{UUID: "f1", Name: "Year end", Type: "Date", UseClient: true})
	s.AddCustomField(xpmtest.CustomField{UUID: "f2", Name: "Checked", Type: "Checkbox", UseClient: true})
	s.SetCustomValue("client", acme, "F1", "2010-10-11T00:00:00")
	jo := "<Staff><UUID>5a</UUID><Name>Jo</Name><Email>jo@example.com</Email><Phone /><Mobile /><Address>a&#xA;b</Address><PayrollCode /><WebUrl>https://app.practicemanager.xero.com/admin/resourceedit.aspx?id=5a</WebUrl></Staff>"
	for _, c := range []struct{ method, path, body, want string }{
		{"GET", "staff.api/list", "", `<Response api-method="List"><Status>OK</Status><StaffList>` + jo + `</StaffList></Response>`},
		{"GET", "staff.api/get/5A", "", `<Response api-method="Get"><Status>OK</Status>` + jo + `</Response>`},
		{"GET", "staff.api/get/none", "", `<Response api-method="Get"><Status>ERROR</Status><ErrorDescription>Invalid staff identifier</ErrorDescription></Response>`},
		{"POST", "staff.api/add", "<Staff/>", `<Response api-method="Add"><Status>ERROR</Status><ErrorDescription>The staff name is required</ErrorDescription></Response>`},
		{"POST", "staff.api/delete", "not XML", `<Response api-method="Delete"><Status>ERROR</Status><ErrorDescription>Invalid staff identifier</ErrorDescription></Response>`},
		{"POST", "staff.api/enable", "<Staff><UUID>5A</UUID><Security/></Staff>", `<Response api-method="Enable"><Status>OK</Status></Response>`},
		{"GET", "clientgroup.api/list", "", `<Response api-method="List"><Status>OK</Status><Groups><Group><UUID>6a</UUID><Name>Smiths</Name><Taxable>Yes</Taxable></Group></Groups></Response>`},
		{"GET", "clientgroup.api/get/6a", "", `<Response api-method="Get"><Status>OK</Status><Group><UUID>6a</UUID><Name>Smiths</Name><Taxable>Yes</Taxable><Clients><Client><UUID>` + acme + `</UUID><Name>Acme Pty Ltd</Name></Client></Clients></Group></Response>`},
		{"PUT", "clientgroup.api/members", `<Group><UUID>6a</UUID><remove uuid="` + strings.ToUpper(acme) + `"/></Group>`, `<Response api-method="Members"><Status>OK</Status><Group><UUID>6a</UUID><Name>Smiths</Name><Taxable>Yes</Taxable><Clients /></Group></Response>`},
		{"POST", "clientgroup.api/add", "<Group><Name>X</Name></Group>", `<Response api-method="Add"><Status>ERROR</Status><ErrorDescription>Invalid client identifier</ErrorDescription></Response>`},
		{"GET", "task.api/list", "", `<Response api-method="List"><Status>OK</Status><TaskList><Task><UUID>7a</UUID><Name>Design</Name><Description /></Task></TaskList></Response>`},
		{"GET", "task.api/get/7A", "", `<Response api-method="Get"><Status>OK</Status><Task><UUID>7a</UUID><Name>Design</Name><Description /></Task></Response>`},
		{"GET", "category.api/list", "", `<Response api-method="List"><Status>OK</Status><Categories><Category><UUID>c1</UUID><Name>Tax</Name></Category></Categories></Response>`},
		{"GET", "template.api/list", "", `<Response api-method="List"><Status>OK</Status><Templates /></Response>`},
		{"GET", "jobstate.api/list", "", `<Response api-method="List"><Status>OK</Status><JobStates /></Response>`},
		{"GET", "customfield.api/get/f1", "", `<Response api-method="Get"><Status>OK</Status><CustomFieldDefinition><UUID>f1</UUID><Name>Year end</Name><Type>Date</Type><LinkUrl /><Options /><UseClient>true</UseClient><UseContact>false</UseContact><UseJob>false</UseJob><UseJobTask>false</UseJobTask><UseJobCost>false</UseJobCost><UseJobTime>false</UseJobTime><ValueElement>Date</ValueElement></CustomFieldDefinition></Response>`},
		{"GET", "client.api/get/" + acme + "/customfield", "", `<Response api-method="CustomField"><Status>OK</Status><CustomFields><CustomField><UUID>f1</UUID><Name>Year end</Name><Date>2010-10-11T00:00:00</Date></CustomField></CustomFields></Response>`},
		{"GET", "client.api/get/none/customfield", "", `<Response api-method="CustomField"><Status>ERROR</Status><ErrorDescription>Invalid client identifier</ErrorDescription></Response>`},
		{"PUT", "client.api/update/" + acme + "/customfield", "<CustomFields><CustomField><UUID>f2</UUID><Boolean>true</Boolean></CustomField><CustomField><UUID>f1</UUID><Date>11/10/2010</Date></CustomField></CustomFields>", `<Response api-method="CustomField"><Status>ERROR</Status><ErrorDescription>Invalid custom field value</ErrorDescription></Response>`},
		{"PUT", "client.api/update/" + acme + "/customfield", "<CustomFields><CustomField><UUID>f2</UUID><Boolean /></CustomField></CustomFields>", `<Response api-method="CustomField"><Status>ERROR</Status><ErrorDescription>Invalid custom field value</ErrorDescription></Response>`},
		{"PUT", "job.api/update/J1/customfield", "<CustomFields/>", `<Response api-method="CustomField"><Status>ERROR</Status><ErrorDescription>Invalid job identifier</ErrorDescription></Response>`},
	} {
		resp, got := send(s, request(c.method, c.path, c.body))
		if resp.StatusCode != 200 || got != c.want {
			t.Errorf("%s %s: %d\n%s\nwant\n%s", c.method, c.path, resp.StatusCode, got, c.want)
		}
	}
	// A request that is refused changes nothing at all.
	if v := s.CustomValue("client", acme, "f2"); v != "" {
		t.Errorf("%q", v)
	}
}

func TestStaff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told effects
		s := xpmtest.New(told.config())
		staff := newClient(t, s).Staff
		ctx := t.Context()
		if err := staff.Delete(ctx, "none"); !errors.Is(err, xpm.ErrNotFound) {
			t.Errorf("%v", err)
		}
		if _, err := staff.Update(ctx, "none", xpm.StaffParams{Name: "Jo"}); !errors.Is(err, xpm.ErrNotFound) {
			t.Errorf("%v", err)
		}
		jo, err := staff.Create(ctx, xpm.StaffParams{Name: "Jo", Phone: "1", Email: "jo@example.com"})
		if err != nil {
			t.Fatal(err)
		}
		if jo, err = staff.Update(ctx, jo.UUID, xpm.StaffParams{Name: "Jo B", Clear: []string{"Phone"}}); err != nil || jo.Name != "Jo B" || jo.Phone != "" || jo.Email != "jo@example.com" {
			t.Errorf("%+v %v", jo, err)
		}
		for _, act := range []func() error{
			func() error { return staff.Disable(ctx, jo.UUID) },
			func() error { return staff.Disable(ctx, jo.UUID) },
			func() error { return staff.ResetPassword(ctx, jo.UUID) },
		} {
			if err := act(); err != nil {
				t.Error(err)
			}
		}
		if all := s.Staff(); len(all) != 1 || !all[0].Disabled || all[0].Resets != 1 {
			t.Errorf("%+v", all)
		}
		if err := errors.Join(staff.Enable(ctx, jo.UUID), staff.Delete(ctx, jo.UUID)); err != nil || len(s.Staff()) != 0 {
			t.Errorf("%v %+v", err, s.Staff())
		}
		told.check(t, "delete-staff  none true false", "update-staff  none false false",
			"create-staff  "+one+" false true", "update-staff  "+one+" false true",
			"disable-staff  "+one+" false true", "disable-staff  "+one+" false false", "reset-staff-password  "+one+" false true",
			"enable-staff  "+one+" false true", "delete-staff  "+one+" true true")
	})
}

func TestGroups(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told effects
		s := xpmtest.New(told.config())
		s.AddClient(xpmtest.Client{UUID: acme, Code: "ACME01", Name: "Acme Pty Ltd"})
		s.AddClient(xpmtest.Client{UUID: "b0b", Name: "Bob", Groups: []xpmtest.Ref{{UUID: "0DD", Name: "Odd"}}})
		c := newClient(t, s)
		ctx := t.Context()
		if _, err := c.Groups.Create(ctx, xpm.GroupParams{Name: "X", ClientUUID: "none"}); !errors.Is(err, xpm.ErrNotFound) {
			t.Errorf("%v", err)
		}
		g, err := c.Groups.Create(ctx, xpm.GroupParams{Name: "Smiths", Taxable: xpm.FlagYes, ClientUUID: acme})
		if err != nil || len(g.Clients) != 1 {
			t.Fatalf("%+v %v", g, err)
		}
		// All of it or nothing.
		if _, err := c.Groups.UpdateMembers(ctx, g.UUID, xpm.GroupMembersParams{Add: []xpm.ClientUUID{"b0b", "none"}}); !errors.Is(err, xpm.ErrNotFound) {
			t.Errorf("%v", err)
		}
		if g, err = c.Groups.UpdateMembers(ctx, g.UUID, xpm.GroupMembersParams{Add: []xpm.ClientUUID{"B0B"}, Remove: []xpm.ClientUUID{acme}}); err != nil || len(g.Clients) != 1 || g.Clients[0].Name != "Bob" {
			t.Errorf("%+v %v", g, err)
		}
		// Both sides tell the same, also of a group that only a client names.
		bob, err := c.Clients.Get(ctx, "b0b")
		if err != nil || len(bob.Groups) != 2 || bob.Groups[1] != (xpm.GroupRef{UUID: g.UUID, Name: "Smiths"}) {
			t.Errorf("%+v %v", bob.Groups, err)
		}
		if odd, err := c.Groups.UpdateMembers(ctx, "0dd", xpm.GroupMembersParams{Remove: []xpm.ClientUUID{"b0b"}}); err != nil || odd.Name != "Odd" || len(odd.Clients) != 0 {
			t.Errorf("%+v %v", odd, err)
		}
		if _, _, ok := s.Group("0DD"); !ok {
			t.Error("a group went with its last member")
		}
		if err := c.Groups.Delete(ctx, g.UUID); err != nil {
			t.Error(err)
		}
		if bob, _ := s.Client("b0b"); len(bob.Groups) != 0 {
			t.Errorf("%+v", bob.Groups)
		}
		if err := c.Groups.Delete(ctx, g.UUID); !errors.Is(err, xpm.ErrNotFound) {
			t.Errorf("%v", err)
		}
		told.check(t, "create-group   false false", "create-group ACME01 "+one+" false true",
			"update-group-members  "+one+" false false", "update-group-members  "+one+" false true", "update-group-members  0dd false true",
			"delete-group  "+one+" true true", "delete-group  "+one+" true false")
	})
}

func TestCustomFields(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told effects
		s := xpmtest.New(told.config())
		s.AddClient(xpmtest.Client{UUID: acme, Code: "ACME01", Name: "Acme Pty Ltd"})
		job := xpm.JobNumber(s.AddJob(xpmtest.Job{Number: "J000309", Name: "Tax", ClientUUID: acme, Tasks: []xpmtest.JobTask{{UUID: "7a"}}, Costs: []xpmtest.JobCost{{UUID: "c0"}}}))
		fields, ctx := newClient(t, s).CustomFields, t.Context()
		if err := fields.Update(ctx, "none", xpm.CustomFieldParams{Name: "X"}); !errors.Is(err, xpm.ErrNotFound) {
			t.Errorf("%v", err)
		}
		id, err := fields.Create(ctx, xpm.CustomFieldParams{Name: "Year end", Type: xpm.CustomFieldTypeDate, UseClient: true})
		if err != nil || id == "" {
			t.Fatalf("%q %v", id, err)
		}
		day := xpm.DateValue(id, time.Date(2010, 10, 11, 0, 0, 0, 0, time.UTC))
		if err := fields.UpdateJobValues(ctx, job, day); !errors.Is(err, xpm.ErrNotFound) {
			t.Errorf("a field that jobs do not have: %v", err)
		}
		if err := fields.Update(ctx, id, xpm.CustomFieldParams{Name: "Year end", UseClient: true, UseJob: true}); err != nil {
			t.Error(err)
		}
		if err := errors.Join(fields.UpdateJobValues(ctx, job, day), fields.UpdateClientValues(ctx, acme, day), fields.UpdateClientValues(ctx, acme, day)); err != nil {
			t.Error(err)
		}
		got, err := fields.GetJobValues(ctx, job)
		if err != nil || len(got) != 1 || got[0].Date().Text != "2010-10-11T00:00:00" || got[0].Name != "Year end" {
			t.Errorf("%+v %v", got, err)
		}
		if err := fields.UpdateJobValues(ctx, job, xpm.NoValue(id, xpm.ValueElementDate)); err != nil || s.CustomValue("job", string(job), string(id)) != "" {
			t.Errorf("%v", err)
		}
		if err := fields.Delete(ctx, id); err != nil || len(s.CustomFields()) != 0 {
			t.Errorf("%v", err)
		}
		if got, err := fields.GetClientValues(ctx, acme); err != nil || len(got) != 0 {
			t.Errorf("%+v %v", got, err)
		}
		task, err := fields.GetJobTaskValues(ctx, "7a")
		if err != nil || len(task) != 0 {
			t.Errorf("%+v %v", task, err)
		}
		cost, err := fields.GetJobCostValues(ctx, "C0")
		if err != nil || len(cost) != 0 {
			t.Errorf("%+v %v", cost, err)
		}
		if _, err := fields.GetJobCostValues(ctx, "7a"); !errors.Is(err, xpm.ErrNotFound) {
			t.Errorf("a task is no cost: %v", err)
		}
		if _, err := fields.GetTimeValues(ctx, "7a"); !errors.Is(err, xpm.ErrNotFound) {
			t.Errorf("a task is no time: %v", err)
		}
		told.check(t, "update-custom-field  none false false", "create-custom-field  "+string(id)+" false true",
			"update-job-custom-fields  J000309 false false", "update-custom-field  "+string(id)+" false true",
			"update-job-custom-fields  J000309 false true", "update-client-custom-fields ACME01 "+acme+" false true", "update-client-custom-fields ACME01 "+acme+" false false",
			"update-job-custom-fields  J000309 false true", "delete-custom-field  "+string(id)+" true true")
	})
}

package myobaetest_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/practicekit/offboarding/internal/paginate"
	"github.com/practicekit/offboarding/myobae"
	"github.com/practicekit/offboarding/myobae/myobaetest"
)

func (p *practice) reopen(t *testing.T) (myobae.ChangeResult, error) {
	return p.api.Clients.Reopen(t.Context(), p.uid, myobae.ReopenParams{RowVersion: p.version(), ExpectedCode: "SMITHJ01"})
}

func (p *practice) set(t *testing.T, name string, value myobae.FieldValue) (myobae.ChangeResult, error) {
	return p.api.ExtraFields.Set(t.Context(), p.uid, name, myobae.SetParams{RowVersion: p.version(), ExpectedCode: "SMITHJ01", Value: value})
}

// A client that is closed by mistake comes back (P2).
func TestGateway_Reopen(t *testing.T) {
	p := open(t, myobaetest.Config{})
	contact := p.AddClient(myobaetest.Client{Code: "CONTACT", NotAClient: true, Status: myobae.StatusClosed})
	c, _ := p.Client("CONTACT")
	_, err := p.api.Clients.Reopen(t.Context(), contact, myobae.ReopenParams{RowVersion: c.RowVersion, ExpectedCode: "CONTACT"})
	wantRefusal(t, err, myobae.ErrConflict, myobae.NameNotAClient)
	p.effects = nil

	if _, err := p.close(t); err != nil {
		t.Fatal(err)
	}
	stale := p.version()
	p.SetExtraField("SMITHJ01", "Nimbus Portal", nil)
	_, err = p.api.Clients.Reopen(t.Context(), p.uid, myobae.ReopenParams{RowVersion: stale, ExpectedCode: "SMITHJ01"})
	wantRefusal(t, err, myobae.ErrConflict, myobae.NameIncorrectRowVersionSupplied)
	if c, _ := p.Client("SMITHJ01"); c.Status != myobae.StatusClosed {
		t.Errorf("a stale write changed the client: %+v", c)
	}
	got, err := p.reopen(t)
	if err != nil || got.Client == nil || got.Client.Status != myobae.StatusOpen || got.Client.ClosedDate != "" {
		t.Fatalf("result %+v, error %v", got.Client, err)
	}
	if again, err := p.reopen(t); err != nil || again.Client.RowVersion != got.Client.RowVersion {
		t.Errorf("result %+v, error %v", again.Client, err)
	}
	target := " SMITHJ01 " + string(p.uid)
	p.wantEffects(t, "close-client"+target+" true true", "reopen-client"+target+" false false", "reopen-client"+target+" false true", "reopen-client"+target+" false false")
}

func TestGateway_Set(t *testing.T) {
	p := open(t, myobaetest.Config{ExtraFieldNames: []string{"Nimbus Portal", "Hours", "Since", "Note", "Locked"}, ReadOnlyFields: []string{"locked"}})
	for name, value := range map[string]any{"Hours": 1, "Since": "2014-07-01", "Note": "x", "Locked": "x"} {
		p.SetExtraField("SMITHJ01", name, value)
	}
	for name, value := range map[string]myobae.FieldValue{
		"Nimbus Portal": myobae.TextValue("Yes"),
		"Hours":         myobae.FlagValue(true),
		"Since":         myobae.TextValue("yesterday"),
		"Note":          myobae.NumberValue("1"),
	} {
		_, err := p.set(t, name, value)
		wantRefusal(t, err, myobae.ErrInvalid, myobae.NameFieldValueInvalid)
	}
	_, err := p.set(t, "Locked", myobae.TextValue("y"))
	wantRefusal(t, err, myobae.ErrForbidden, myobae.NameFieldNotWritable)
	_, err = p.set(t, "Unheard-of", myobae.TextValue("y"))
	wantRefusal(t, err, myobae.ErrForbidden, myobae.NameFieldNotWritable)
	p.effects = nil
	for _, c := range []struct {
		name    string
		value   myobae.FieldValue
		changed bool
	}{
		{"Nimbus Portal", myobae.FlagValue(true), false},
		{"Nimbus Portal", myobae.FlagValue(false), true},
		{"Nimbus Portal", myobae.FlagValue(false), false},
		{"nimbus portal", myobae.FlagValue(true), true},
		{"Hours", myobae.NumberValue("1.0"), false},
		{"Hours", myobae.NumberValue("1.25"), true},
		{"Since", myobae.DateValue(2026, time.May, 1), true},
		{"Note", myobae.DateValue(2026, time.May, 1), true}, // to a text it is a text
	} {
		before := p.version()
		if _, err := p.set(t, c.name, c.value); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if changed := p.version() != before; changed != c.changed || !strings.HasSuffix(p.effects[len(p.effects)-1], map[bool]string{true: "true", false: "false"}[changed]) {
			t.Errorf("%s: changed is %t, want %t; the effect is %s", c.name, changed, c.changed, p.effects[len(p.effects)-1])
		}
	}
	if got := p.effects[1][:len("clear-extra-field")]; got != "clear-extra-field" {
		t.Errorf("setting to No is the effect %s", p.effects[1])
	}
	if got := p.effects[3]; !strings.HasPrefix(got, "set-extra-field SMITHJ01 "+string(p.uid)+"/nimbus portal false ") {
		t.Errorf("setting to Yes is the effect %s", got)
	}
}

// A practice may let a program clear the field and nothing else.
func TestGateway_ClearsButDoesNotSet(t *testing.T) {
	p := open(t, myobaetest.Config{Capabilities: []myobae.Capability{myobae.CapabilityClearExtraField}})
	_, err := p.set(t, "Nimbus Portal", myobae.FlagValue(true))
	wantRefusal(t, err, myobae.ErrCapabilityUnavailable, myobae.NameCapabilityUnavailable)
	if _, err := p.set(t, "Nimbus Portal", myobae.FlagValue(false)); err != nil {
		t.Error(err)
	}
}

func TestGateway_contraryWrites(t *testing.T) {
	p := open(t, myobaetest.Config{AwaitOperator: true})
	p.SetExtraField("SMITHJ01", "Note", "x")
	if _, err := p.close(t); err != nil {
		t.Fatal(err)
	}
	_, err := p.reopen(t)
	wantRefusal(t, err, myobae.ErrConflict, myobae.NameOperationUnderWay)
	if _, err := p.set(t, "Note", myobae.TextValue("y")); err != nil {
		t.Error(err) // another matter, so it is not in the way
	}
	_, err = p.set(t, "note", myobae.TextValue("z"))
	wantRefusal(t, err, myobae.ErrConflict, myobae.NameOperationUnderWay)
	if again, err := p.set(t, "Note", myobae.TextValue("y")); err != nil || again.Operation == nil {
		t.Errorf("result %+v, error %v", again, err)
	}
	if n := len(p.Operations()); n != 2 {
		t.Errorf("%d operations, want 2", n)
	}
	p.FailOperations(myobae.NameAccessDenied, "the operator may not")
	for _, o := range p.Operations() {
		if o.State != myobae.OperationFailed || o.Name != myobae.NameAccessDenied {
			t.Errorf("operation %+v", o)
		}
	}
	if begun, err := p.close(t); err != nil || begun.Operation.UID == p.Operations()[0].UID {
		t.Errorf("a failed operation is not begun anew: %+v, error %v", begun, err)
	}
}

func TestGateway_bodies(t *testing.T) {
	p := open(t, myobaetest.Config{})
	client, field := "/v1/Client/"+string(p.uid)+"/Close", "/v1/Client/"+string(p.uid)+"/ExtraField/Nimbus%20Portal"
	both := `"RowVersion":"` + p.version() + `","ExpectedCode":"SMITHJ01"`
	for _, c := range []struct {
		method, path, body string
		status             int
		name               string
	}{
		{"POST", client, ``, 400, "Required"},
		{"POST", client, `null`, 400, "Required"},
		{"POST", client, `{}`, 400, "Required"},
		{"POST", client, `{` + both + `}{}`, 400, "Required"},
		{"POST", client, `{` + both + `,"DryRun":true}`, 400, "Required"},
		{"POST", client, `{` + both + `,"Value":null}`, 400, "Required"},
		{"POST", client, `{` + both + `,"Reason":"` + strings.Repeat("x", 1001) + `"}`, 400, "Required"},
		{"POST", client, strings.Repeat(" ", 64<<10) + `{}`, 413, "RequestTooLarge"},
		{"PUT", field, `{` + both + `}`, 400, "Required"},
		{"PUT", field, `{` + both + `,"Value":null,"Reason":"x"}`, 400, "Required"},
		{"PUT", field, `{` + both + `,"Value":{}}`, 400, "FieldValueInvalid"},
		{"PUT", field, `{` + both + `,"Value":[true]}`, 400, "FieldValueInvalid"},
		{"PUT", field, `{` + both + `,"Value":""}`, 400, "FieldValueInvalid"},
	} {
		r := httptest.NewRequest(c.method, c.path, strings.NewReader(c.body))
		r.Header.Set("Authorization", "Bearer token")
		w := httptest.NewRecorder()
		p.ServeHTTP(w, r)
		if w.Code != c.status || !strings.Contains(w.Body.String(), `"Name":"`+c.name+`"`) {
			t.Errorf("%.80s: %d %s, want %d %s", c.body, w.Code, w.Body, c.status, c.name)
		}
	}
	for _, effect := range p.effects {
		if !strings.HasSuffix(effect, " false") {
			t.Errorf("a refused write has the effect %s", effect)
		}
	}
}

func TestGateway_lists(t *testing.T) {
	p := open(t, myobaetest.Config{ReadOnlyFields: []string{"Hours"}, MandatoryFields: []string{"Nimbus Portal"}})
	p.SetExtraField("SMITHJ01", "Hours", 2.5)
	for range 4 {
		p.AddClient(myobaetest.Client{Code: "TWIN"})
	}
	for _, query := range []string{
		"$top=0", "$top=1001", "$top=x", "$top=1&$top=2", "$skip=1", "$orderby=Code", "$filter=", "$filter=Name eq 'x'",
		"$filter=Code eq 'x", "$filter=Code eq 'x' or Code eq 'y'", "$filter=Code eq 'x' and ", "$filter=LastModified ge datetime'x'",
	} {
		r := httptest.NewRequest(http.MethodGet, "/v1/Client?"+strings.ReplaceAll(query, " ", "%20"), nil)
		r.Header.Set("Authorization", "Bearer token")
		w := httptest.NewRecorder()
		p.ServeHTTP(w, r)
		if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "OData Query Error") {
			t.Errorf("%s: %d %s", query, w.Code, w.Body)
		}
	}
	for size := 1; size <= 6; size++ {
		all, err := paginate.Collect(p.api.Clients.All(t.Context(), myobae.ListOptions{PageSize: size, Status: myobae.StatusOpen, ClientsOnly: true}))
		if err != nil || len(all) != 5 {
			t.Errorf("pages of %d: %d clients, error %v", size, len(all), err)
		}
	}
	all, err := paginate.Collect(p.api.Clients.All(t.Context(), myobae.ListOptions{ModifiedSince: time.Now().Add(time.Hour)}))
	if err != nil || len(all) != 0 {
		t.Errorf("%d clients of the future, error %v", len(all), err)
	}
	// What is added and removed between two pages moves nothing.
	seen := 0
	for c, err := range p.api.Clients.All(t.Context(), myobae.ListOptions{PageSize: 2}) {
		if err != nil {
			t.Fatal(err)
		}
		if seen == 0 {
			p.AddClient(myobaetest.Client{UID: "0", Code: "FIRST"})
		}
		if c.Code == "FIRST" {
			t.Error("the pages shifted")
		}
		seen++
	}
	if seen != 5 {
		t.Errorf("%d clients, want 5", seen)
	}
	definitions, err := paginate.Collect(p.api.ExtraFields.Definitions(t.Context()))
	if err != nil || len(definitions) != 2 {
		t.Fatalf("definitions %+v, error %v", definitions, err)
	}
	if d := definitions[0]; d.Name != "Hours" || d.DataType != "Number" || d.IsWritable || d.IsMandatory {
		t.Errorf("definition %+v", d)
	}
	if d := definitions[1]; d.Name != "Nimbus Portal" || d.DataType != "Flag" || !d.IsWritable || !d.IsMandatory {
		t.Errorf("definition %+v", d)
	}
}

// A throttled request has done nothing, so that even a write is sent again.
func TestGateway_ThrottleNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := open(t, myobaetest.Config{BareErrors: true})
		p.ThrottleNext(2)
		began := time.Now()
		got, err := p.close(t)
		if err != nil || got.Client.Status != myobae.StatusClosed {
			t.Errorf("result %+v, error %v", got, err)
		}
		if took := time.Since(began); took < 2*time.Second {
			t.Errorf("two waits of a second took %s", took)
		}
		if len(p.effects) != 1 {
			t.Errorf("effects %v", p.effects)
		}
	})
}

func TestGateway_Wait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := open(t, myobaetest.Config{OperationTakes: time.Hour})
		got, err := p.close(t)
		if err != nil || got.Operation == nil {
			t.Fatalf("result %+v, error %v", got, err)
		}
		began := time.Now()
		done, err := p.api.Operations.Wait(t.Context(), *got.Operation, myobae.WaitOptions{})
		if err != nil || done.State != myobae.OperationSucceeded {
			t.Errorf("operation %+v, error %v", done, err)
		}
		if took := time.Since(began); took < time.Hour || took > time.Hour+time.Minute {
			t.Errorf("took %s", took)
		}
		if c, err := p.api.Clients.Get(t.Context(), p.uid); err != nil || c.Status != myobae.StatusClosed {
			t.Errorf("client %+v, error %v", c, err)
		}
	})
}

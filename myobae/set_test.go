package myobae_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/practicekit/offboarding/myobae"
)

func setting(value myobae.FieldValue) myobae.SetParams {
	return myobae.SetParams{RowVersion: "8653760884428439681", ExpectedCode: "SMITHJ01", Value: value}
}

func TestExtraFields_Set(t *testing.T) {
	for name, value := range map[string]myobae.FieldValue{
		"none":                 {},
		"an empty text":        myobae.TextValue(""),
		"two lines":            myobae.TextValue("a\nb"),
		"not UTF-8":            myobae.TextValue("\xff"),
		"no number":            myobae.NumberValue("twelve"),
		"an empty number":      myobae.NumberValue(""),
		"an exponent":          myobae.NumberValue("1e9"),
		"not a number":         myobae.NumberValue("NaN"),
		"a leading zero":       myobae.NumberValue("012"),
		"no such day":          myobae.DateValue(2026, time.February, 30),
		"a year out of format": myobae.DateValue(10000, time.January, 1),
	} {
		t.Run("value: "+name, func(t *testing.T) {
			_, err := silent(t).ExtraFields.Set(t.Context(), clientUID, "Nimbus Portal", setting(value))
			wantError(t, err, myobae.ErrInvalid)
		})
	}
	for _, name := range []string{"TFN", "Tax File Number", "IRD no", "Date of birth", "", "..", "a\x00"} {
		t.Run("field "+name, func(t *testing.T) {
			_, err := silent(t).ExtraFields.Set(t.Context(), clientUID, name, setting(myobae.TextValue("x")))
			wantError(t, err, myobae.ErrInvalid)
		})
	}
	t.Run("without RowVersion", func(t *testing.T) {
		_, err := silent(t).ExtraFields.Set(t.Context(), clientUID, "Nimbus Portal", myobae.SetParams{ExpectedCode: "X", Value: myobae.FlagValue(true)})
		wantError(t, err, myobae.ErrInvalid)
	})
	t.Run("another type", func(t *testing.T) {
		_, err := recorded(t, "extrafields_set_invalid").ExtraFields.Set(t.Context(), clientUID, "Nimbus Portal", setting(myobae.DateValue(2026, time.November, 22)))
		if e := wantError(t, err, myobae.ErrInvalid); e.Name != myobae.NameFieldValueInvalid || e.Op != "ExtraFields.Set" {
			t.Errorf("error is %+v", e)
		}
	})
	// The answer has to show the value, or the outcome is unknown.
	for _, c := range []struct {
		value myobae.FieldValue
		shown string
		ok    bool
	}{
		{myobae.FlagValue(true), `true`, true},
		{myobae.FlagValue(true), `"true"`, false},
		{myobae.FlagValue(true), `1`, false},
		{myobae.FlagValue(true), `null`, false},
		{myobae.FlagValue(true), `false`, false},
		{myobae.FlagValue(false), `false`, true},
		{myobae.FlagValue(false), `null`, true}, // a gateway may not tell them apart
		{myobae.FlagValue(false), `"No"`, false},
		{myobae.FlagValue(false), `0`, false},
		{myobae.TextValue(`a "b" <c>`), `"a \"b\" <c>"`, true},
		{myobae.TextValue("1"), `1`, false},
		{myobae.TextValue("a"), `"A"`, false},
		{myobae.NumberValue("1.50"), `1.5`, true},
		{myobae.NumberValue("-20"), `-2E1`, true},
		{myobae.NumberValue("0"), `-0`, true},
		{myobae.NumberValue("9007199254740993"), `9007199254740992`, false},
		{myobae.NumberValue("1"), `"1"`, false},
		{myobae.NumberValue("1"), `1e300`, false},
		{myobae.NumberValue("1"), `true`, false},
		{myobae.NumberValue("1"), `1.` + strings.Repeat("0", 41), false}, // longer than is computed with
		{myobae.DateValue(2026, time.November, 2), `"2026-11-02"`, true},
		{myobae.DateValue(2026, time.November, 2), `"2026-11-02T00:00:00"`, false},
	} {
		t.Run("shown as "+c.shown, func(t *testing.T) {
			body := strings.Replace(bare(""), `"Value":null`, `"Value":`+c.shown, 1)
			_, err := answering(t, 200, body).ExtraFields.Set(t.Context(), clientUID, "Nimbus Portal", setting(c.value))
			if c.ok && err != nil {
				t.Error(err)
			}
			if !c.ok {
				wantError(t, err, myobae.ErrOutcomeUnknown)
			}
		})
	}
	t.Run("awaiting", func(t *testing.T) {
		got, err := recorded(t, "extrafields_set_awaiting").ExtraFields.Set(t.Context(), clientUID, "Nimbus Portal", setting(myobae.FlagValue(true)))
		if err != nil {
			t.Fatal(err)
		}
		wantDiff(t, myobae.ChangeResult{Operation: &myobae.Operation{UID: operationUID, State: myobae.OperationPending}}, got)
	})
	t.Run("set", func(t *testing.T) {
		got, err := recorded(t, "extrafields_set").ExtraFields.Set(t.Context(), clientUID, "Nimbus Portal", setting(myobae.FlagValue(true)))
		if err != nil {
			t.Fatal(err)
		}
		want := smith(myobae.StatusOpen, "", "true", "8653760884428439682")
		wantDiff(t, myobae.ChangeResult{Client: &want}, got)
	})
}

// The three states of a Flag are three bodies.
func TestExtraFields_ThreeStates(t *testing.T) {
	sent := map[string]bool{}
	c := over(t, roundTripper(func(r *http.Request) (*http.Response, error) {
		var body struct{ Value json.RawMessage }
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Error(err)
		}
		sent[string(body.Value)] = true
		return respond(r, strings.Replace(bare(""), `"Value":null`, `"Value":`+string(body.Value), 1)), nil
	}))
	_, err := c.ExtraFields.Clear(t.Context(), clientUID, "Nimbus Portal", clearing)
	must(t, err)
	for _, yes := range []bool{true, false} {
		_, err = c.ExtraFields.Set(t.Context(), clientUID, "Nimbus Portal", setting(myobae.FlagValue(yes)))
		must(t, err)
	}
	wantDiff(t, map[string]bool{"null": true, "true": true, "false": true}, sent)
}

func TestExtraFields_Clear_isMandatory(t *testing.T) {
	_, err := recorded(t, "extrafields_clear_ismandatory").ExtraFields.Clear(t.Context(), clientUID, "Nimbus Portal", clearing)
	if e := wantError(t, err, myobae.ErrInvalid); e.Name != myobae.NameFieldIsMandatory {
		t.Errorf("error is %+v", e)
	}
}

func TestClients_Reopen(t *testing.T) {
	reopening := myobae.ReopenParams{RowVersion: "8653760884428439681", ExpectedCode: "SMITHJ01", Reason: "Closed by mistake"}
	t.Run("being closed", func(t *testing.T) {
		_, err := recorded(t, "clients_reopen_underway").Clients.Reopen(t.Context(), clientUID, reopening)
		if e := wantError(t, err, myobae.ErrConflict); e.Name != myobae.NameOperationUnderWay || e.Op != "Clients.Reopen" {
			t.Errorf("error is %+v", e)
		}
	})
	for name, body := range badClients {
		t.Run(name, func(t *testing.T) {
			_, err := answering(t, 200, body).Clients.Reopen(t.Context(), clientUID, reopening)
			wantError(t, err, myobae.ErrOutcomeUnknown)
		})
	}
	t.Run("still closed", func(t *testing.T) {
		_, err := answering(t, 200, bare("")).Clients.Reopen(t.Context(), clientUID, reopening)
		wantError(t, err, myobae.ErrOutcomeUnknown)
	})
	t.Run("without ExpectedCode", func(t *testing.T) {
		_, err := silent(t).Clients.Reopen(t.Context(), clientUID, myobae.ReopenParams{RowVersion: "1"})
		wantError(t, err, myobae.ErrInvalid)
	})
	t.Run("awaiting a person", func(t *testing.T) {
		got, err := recorded(t, "clients_reopen_awaiting").Clients.Reopen(t.Context(), clientUID, reopening)
		if err != nil {
			t.Fatal(err)
		}
		wantDiff(t, myobae.ChangeResult{Operation: &myobae.Operation{
			UID: operationUID, State: myobae.OperationAwaitingOperator, Message: "Re-open client in AE",
		}}, got)
	})
	t.Run("open", func(t *testing.T) {
		got, err := recorded(t, "clients_reopen").Clients.Reopen(t.Context(), clientUID, reopening)
		if err != nil {
			t.Fatal(err)
		}
		want := smith(myobae.StatusOpen, "", "true", "8653760884428439682")
		wantDiff(t, myobae.ChangeResult{Client: &want}, got)
	})
}

// A conflict of versions is told, in either shape, and nothing is sent again.
func TestWrites_ConflictIsNotOverwritten(t *testing.T) {
	for _, body := range []string{
		`{"Errors":[{"Name":"IncorrectRowVersionSupplied","Message":"x","ErrorCode":111}]}`,
		`{"Name":"IncorrectRowVersionSupplied","Message":"x","ErrorCode":"111"}`,
	} {
		for name, write := range map[string]func(c *myobae.Client) error{
			"Close": func(c *myobae.Client) error { _, err := c.Clients.Close(t.Context(), clientUID, closing); return err },
			"Reopen": func(c *myobae.Client) error {
				_, err := c.Clients.Reopen(t.Context(), clientUID, myobae.ReopenParams(closing))
				return err
			},
			"Clear": func(c *myobae.Client) error {
				_, err := c.ExtraFields.Clear(t.Context(), clientUID, "Portal", clearing)
				return err
			},
			"Set": func(c *myobae.Client) error {
				_, err := c.ExtraFields.Set(t.Context(), clientUID, "Portal", setting(myobae.FlagValue(true)))
				return err
			},
		} {
			sent := 0
			c, err := myobae.NewClient(myobae.Config{
				BaseURL: "https://ae-gateway.example.com/",
				HTTPClient: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
					sent++
					resp := respond(r, body)
					resp.StatusCode = http.StatusConflict
					return resp, nil
				})},
			})
			must(t, err)
			e := wantError(t, write(c), myobae.ErrConflict)
			if e.Name != myobae.NameIncorrectRowVersionSupplied || e.Code != "111" || sent != 1 {
				t.Errorf("%s: %d requests, error %+v", name, sent, e)
			}
		}
	}
}

func TestInfo_Get_throttled(t *testing.T) {
	_, err := recorded(t, "info_get_throttled").Info.Get(t.Context())
	if e := wantError(t, err, myobae.ErrRateLimited); e.Name != myobae.NameRateLimitError || e.RetryAfter != 7*time.Second {
		t.Errorf("error is %+v", e)
	}
}

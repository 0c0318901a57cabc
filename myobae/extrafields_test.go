package myobae_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/practicekit/offboarding/myobae"
)

func TestExtraFields_Clear(t *testing.T) {
	for _, name := range []string{
		"TFN", "tfn", "Client TFN", "TFN (AU)", "ClientTFN", "Tax File Number", "TaxFileNo", "tax-number",
		"IRD", "IRD Number", "ird no.", "Inland Revenue number", "Date of Birth", "DOB",
	} {
		t.Run("personal "+name, func(t *testing.T) {
			_, err := silent(t).ExtraFields.Clear(t.Context(), clientUID, name, clearing)
			wantError(t, err, myobae.ErrInvalid)
		})
	}
	for _, name := range []string{"", " ", ".", "..", "Nimbus\nPortal"} {
		t.Run("malformed name "+name, func(t *testing.T) {
			_, err := silent(t).ExtraFields.Clear(t.Context(), clientUID, name, clearing)
			wantError(t, err, myobae.ErrInvalid)
		})
	}
	t.Run("not on the allow-list", func(t *testing.T) {
		_, err := recorded(t, "extrafields_clear_notwritable").ExtraFields.Clear(t.Context(), clientUID, "Nimbus Portal", clearing)
		if e := wantError(t, err, myobae.ErrForbidden); e.Name != myobae.NameFieldNotWritable {
			t.Errorf("error is %+v", e)
		}
	})
	for name, value := range map[string]string{"true": "true", "text": `"No"`, "zero": "0"} {
		t.Run("still "+name, func(t *testing.T) {
			body := strings.Replace(bare(""), `"Value":null`, `"Value":`+value, 1)
			_, err := answering(t, 200, body).ExtraFields.Clear(t.Context(), clientUID, "Nimbus Portal", clearing)
			wantError(t, err, myobae.ErrOutcomeUnknown)
		})
	}
	t.Run("the answer does not show the field", func(t *testing.T) {
		_, err := answering(t, 200, bare("")).ExtraFields.Clear(t.Context(), clientUID, "Portal", clearing)
		wantError(t, err, myobae.ErrOutcomeUnknown)
	})
	t.Run("cleared", func(t *testing.T) {
		got, err := recorded(t, "extrafields_clear").ExtraFields.Clear(t.Context(), clientUID, "Nimbus Portal", clearing)
		if err != nil {
			t.Fatal(err)
		}
		want := smith(myobae.StatusOpen, "", "null", "8653760884428439682")
		wantDiff(t, myobae.ChangeResult{Client: &want}, got)
	})
	t.Run("mandatory", func(t *testing.T) {
		mandatory := clearing
		mandatory.Mandatory = true
		got, err := recorded(t, "extrafields_clear_mandatory").ExtraFields.Clear(t.Context(), clientUID, "Nimbus Portal", mandatory)
		if err != nil {
			t.Fatal(err)
		}
		want := smith(myobae.StatusOpen, "", "false", "8653760884428439682")
		wantDiff(t, myobae.ChangeResult{Client: &want}, got)
	})
	// Names that only look like those of a tax file number.
	for _, name := range []string{"Third Party", "Bird/Song", "Portfolio"} {
		t.Run("allowed "+name, func(t *testing.T) {
			body := strings.Replace(bare(""), "Nimbus Portal", name, 1)
			if _, err := answering(t, 200, body).ExtraFields.Clear(t.Context(), clientUID, name, clearing); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestExtraField_IsSet(t *testing.T) {
	for value, want := range map[string]bool{
		"": false, "null": false, "false": false, " false ": false,
		"true": true, `"Yes"`: true, `"No"`: true, `""`: true, "0": true, "1": true,
	} {
		if got := (myobae.ExtraField{Value: json.RawMessage(value)}).IsSet(); got != want {
			t.Errorf("%q: set is %t, want %t", value, got, want)
		}
	}
}

func TestClientEntity_ExtraField(t *testing.T) {
	c := smith(myobae.StatusOpen, "", "true", "1")
	if f, ok := c.ExtraField("nimbus portal"); !ok || !f.IsSet() {
		t.Errorf("field is %+v, shown %t", f, ok)
	}
	if f, ok := c.ExtraField("Portal"); ok || f.IsSet() {
		t.Errorf("a field that is not shown is %+v", f)
	}
}

package myobae

import (
	"encoding/json"
	"math/big"
	"regexp"
	"time"
	"unicode"
	"unicode/utf8"
)

// FieldValue is what an Extra Field is to hold. The functions below make one;
// the zero value is none and is refused.
type FieldValue struct{ raw json.RawMessage }

// FlagValue is Yes or No.
func FlagValue(yes bool) FieldValue {
	if yes {
		return FieldValue{json.RawMessage("true")}
	}
	return FieldValue{json.RawMessage("false")}
}

// TextValue is one line of text. It is none, and so refused, when the text is
// empty, which is what Clear is for, or holds control characters.
func TextValue(text string) FieldValue {
	for _, r := range text {
		if unicode.IsControl(r) {
			return FieldValue{}
		}
	}
	if text == "" || !utf8.ValidString(text) {
		return FieldValue{}
	}
	raw, err := json.Marshal(text)
	if err != nil {
		return FieldValue{}
	}
	return FieldValue{raw}
}

// DateValue is a day, without a time.
func DateValue(year int, month time.Month, day int) FieldValue {
	d := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	if y, m, dd := d.Date(); y != year || m != month || dd != day || year < 1 || year > 9999 {
		return FieldValue{} // 30 February
	}
	return TextValue(d.Format(time.DateOnly))
}

// NumberValue is a decimal number: "12", "-0.5". Anything else is none, and so
// refused.
func NumberValue(decimal string) FieldValue {
	if !decimalPattern.MatchString(decimal) {
		return FieldValue{}
	}
	return FieldValue{json.RawMessage(decimal)}
}

var (
	decimalPattern = regexp.MustCompile(`^-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?$`)
	// numberPattern takes in what other writers of JSON make of a decimal, and
	// nothing whose exponent would make it large to compute with.
	numberPattern = regexp.MustCompile(`^-?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,2})?$`)
)

// shownBy reports whether the field holds the value. Null and false show one
// another, see Set.
func (v FieldValue) shownBy(f ExtraField) bool {
	if want := (ExtraField{Value: v.raw}); !want.IsSet() {
		return !f.IsSet()
	}
	var want, got any
	if json.Unmarshal(v.raw, &want) != nil || json.Unmarshal(f.Value, &got) != nil {
		return false
	}
	switch want.(type) {
	case bool, string:
		return want == got
	}
	if _, number := got.(float64); !number || !numberPattern.Match(f.Value) {
		return false
	}
	a, okA := new(big.Rat).SetString(string(v.raw))
	b, okB := new(big.Rat).SetString(string(f.Value))
	return okA && okB && a.Cmp(b) == 0
}

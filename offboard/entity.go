package offboard

import (
	"fmt"
	"strings"
	"time"

	"github.com/practicekit/offboarding/internal/strictjson"
)

// Entity is one Client Entity that is to be off-boarded, as the practice names
// it. Its ids in each system are found by the resolve step and stand in its
// [Snapshot].
type Entity struct {
	// Code is the Client Code, the key that the source system and Nimbus share.
	Code string `json:"code"`
	// Name is for people: it appears in the report and in evidence, and decides nothing.
	Name string `json:"name,omitempty"`
	// RetainUntil is the last day on which the client's records must be kept (P6).
	// It counts before what ServiceEnded gives.
	RetainUntil Date `json:"retainUntil,omitzero"`
	// ServiceEnded is the day on which the practice's service for the client ended.
	ServiceEnded Date `json:"serviceEnded,omitzero"`
	// Note is the practice's own remark.
	Note string `json:"note,omitempty"`
}

// Earliest is the last day on which the entity's records must be kept under the
// policy: documents may be destroyed once it has passed, and not on it (P6). It is
// RetainUntil where that is set, otherwise the day so many years after
// ServiceEnded as [Policy.RetainYears] says, and zero where neither is known.
func (e Entity) Earliest(p Policy) Date {
	if !e.RetainUntil.IsZero() || e.ServiceEnded.IsZero() {
		return e.RetainUntil
	}
	return Date{e.ServiceEnded.t.AddDate(p.retainYears(), 0, 0)}
}

// codeKey is a Client Code as it is compared: without regard to case and
// surrounding space.
func codeKey(code string) string { return strings.ToLower(strings.TrimSpace(code)) }

// Date is a calendar day; its text and JSON form is yyyy-MM-dd.
type Date struct{ t time.Time }

// ParseDate reads yyyy-MM-dd.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return Date{}, fmt.Errorf("%s is no date of the form yyyy-MM-dd", strictjson.Quote(s))
	}
	return Date{t}, nil
}

// dateOf is the day of an instant in UTC.
func dateOf(t time.Time) Date {
	year, month, day := t.UTC().Date()
	return Date{time.Date(year, month, day, 0, 0, 0, 0, time.UTC)}
}

// IsZero reports whether no date is set.
func (d Date) IsZero() bool { return d.t.IsZero() }

// Passed reports whether the whole day lies before the instant now, everywhere
// on earth: a retention period is never cut short by a time zone.
func (d Date) Passed(now time.Time) bool {
	return !d.IsZero() && now.After(d.t.AddDate(0, 0, 1).Add(12*time.Hour))
}

func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return d.t.Format(time.DateOnly)
}

// MarshalText gives the form that ParseDate reads.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads yyyy-MM-dd; empty text is no date.
func (d *Date) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = Date{}
		return nil
	}
	parsed, err := ParseDate(string(text))
	if err == nil {
		*d = parsed
	}
	return err
}

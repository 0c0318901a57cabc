package xpm

import (
	"encoding/xml"
	"strings"
	"time"
	"unicode"
)

// The ids of XPM 3.1, a type for each kind so that mixing them does not
// compile. Decoding turns them to lower case; XPM compares them without regard
// to case. A client's key is its UUID: the Client Code can be changed in XPM.
type (
	ClientUUID       string
	ContactUUID      string
	StaffUUID        string
	GroupUUID        string
	RelationshipUUID string
	JobUUID          string
	TaskUUID         string // a kind of task, as Tasks lists them
	JobTaskUUID      string // a task of one job
	JobCostUUID      string // a cost of one job
	NoteUUID         string
	MilestoneUUID    string
	TemplateUUID     string // a job template
	CategoryUUID     string // a job category
	SupplierUUID     string
)

// JobNumber is the number of a job as people see it, such as J000309.
type JobNumber string

// QuoteNumber is the number of a quote or an estimate, such as Q000123.
type QuoteNumber string

// UnmarshalText reads the id as XPM sends it.
func (u *ClientUUID) UnmarshalText(b []byte) error { *u = lower[ClientUUID](b); return nil }

// UnmarshalText reads the id as XPM sends it.
func (u *ContactUUID) UnmarshalText(b []byte) error { *u = lower[ContactUUID](b); return nil }

// UnmarshalText reads the id as XPM sends it.
func (u *StaffUUID) UnmarshalText(b []byte) error { *u = lower[StaffUUID](b); return nil }

// UnmarshalText reads the id as XPM sends it.
func (u *GroupUUID) UnmarshalText(b []byte) error { *u = lower[GroupUUID](b); return nil }

// UnmarshalText reads the id as XPM sends it.
func (u *RelationshipUUID) UnmarshalText(b []byte) error { *u = lower[RelationshipUUID](b); return nil }

// UnmarshalText reads the id as XPM sends it.
func (u *JobUUID) UnmarshalText(b []byte) error { *u = lower[JobUUID](b); return nil }

// UnmarshalText reads the id as XPM sends it.
func (u *TaskUUID) UnmarshalText(b []byte) error { *u = lower[TaskUUID](b); return nil }

// UnmarshalText reads the id as XPM sends it.
func (u *JobTaskUUID) UnmarshalText(b []byte) error { *u = lower[JobTaskUUID](b); return nil }

// UnmarshalText reads the id as XPM sends it.
func (u *JobCostUUID) UnmarshalText(b []byte) error { *u = lower[JobCostUUID](b); return nil }

// UnmarshalText reads the id as XPM sends it.
func (u *NoteUUID) UnmarshalText(b []byte) error { *u = lower[NoteUUID](b); return nil }

// UnmarshalText reads the id as XPM sends it.
func (u *MilestoneUUID) UnmarshalText(b []byte) error { *u = lower[MilestoneUUID](b); return nil }

// UnmarshalText reads the id as XPM sends it.
func (u *TemplateUUID) UnmarshalText(b []byte) error { *u = lower[TemplateUUID](b); return nil }

// UnmarshalText reads the id as XPM sends it.
func (u *CategoryUUID) UnmarshalText(b []byte) error { *u = lower[CategoryUUID](b); return nil }

// UnmarshalText reads the id as XPM sends it.
func (u *SupplierUUID) UnmarshalText(b []byte) error { *u = lower[SupplierUUID](b); return nil }

func lower[T ~string](b []byte) T { return T(strings.ToLower(strings.TrimSpace(string(b)))) }

// valid reports whether u can stand in a path.
func (u ClientUUID) valid() bool { return validID(u) }

// validID reports whether a UUID can stand in a path: something, and nothing but
// letters, digits and hyphens. Whether it names anything is for XPM to say.
func validID[T ~string](id T) bool {
	for _, r := range id {
		if r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') {
			return false
		}
	}
	return id != ""
}

// validNumber reports whether the number of a job, an invoice or a quote can
// stand in a path. Practices choose job numbers themselves.
func validNumber[T ~string](n T) bool {
	s := string(n)
	return s != "" && s == strings.TrimSpace(s) && s != "." && s != ".." && !strings.ContainsFunc(s, unicode.IsControl)
}

// Flag is a yes or no of XPM. The wire has Yes and No for clients, true and
// false for jobs; both are read. It is empty where XPM sent nothing, and a
// value that is neither survives as it came.
type Flag string

// The two values of a Flag.
const (
	FlagYes Flag = "Yes"
	FlagNo  Flag = "No"
)

// Bool reports whether the flag is Yes. Nothing sent is false.
func (f Flag) Bool() bool { return f == FlagYes }

// asBool is the flag as jobs, tasks, times, costs and custom fields have it; the
// Flag itself is as clients, contacts and groups do.
func (f Flag) asBool() string {
	switch f {
	case FlagYes:
		return "true"
	case FlagNo:
		return "false"
	}
	return string(f)
}

// UnmarshalText reads Yes, No, true and false in any case.
func (f *Flag) UnmarshalText(b []byte) error {
	switch s := strings.TrimSpace(string(b)); strings.ToLower(s) {
	case "yes", "true":
		*f = FlagYes
	case "no", "false":
		*f = FlagNo
	default:
		*f = Flag(s)
	}
	return nil
}

// Decimal is an amount of money, a share or a percentage, as the decimal text
// that XPM sent; a binary fraction would not hold it exactly.
type Decimal string

// UnmarshalText takes the text without the space around it.
func (d *Decimal) UnmarshalText(b []byte) error {
	*d = Decimal(strings.TrimSpace(string(b)))
	return nil
}

// writable reports whether d is empty or a number as XPM writes them: digits,
// with a sign before and a fraction behind if need be.
func (d Decimal) writable() bool {
	whole, fraction, point := strings.Cut(strings.TrimPrefix(string(d), "-"), ".")
	digits := func(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
	return d == "" || digits(whole) && (!point || digits(fraction))
}

// MaskedTaxNumber is a tax number of which only the last three characters are
// known. XPM masks it on reading; one that arrives whole is masked here, so that
// no tax number is ever held. It is a type of its own so that it cannot be
// written back by mistake.
type MaskedTaxNumber string

// UnmarshalText masks all but the last three characters.
func (n *MaskedTaxNumber) UnmarshalText(b []byte) error {
	r := []rune(strings.TrimSpace(string(b)))
	for i := range max(0, len(r)-3) {
		r[i] = '*'
	}
	*n = MaskedTaxNumber(r)
	return nil
}

// DateTime is a date, with or without a time of day. XPM sends no zone: Time
// holds the wall clock reading as if it were UTC, and is zero where nothing was
// sent or the text is in no known form. Text is what was sent.
type DateTime struct {
	Time time.Time
	Text string
}

// UnmarshalText reads the forms that XPM is known to use, and keeps any other
// as text: one odd date must not make a whole list unreadable.
func (d *DateTime) UnmarshalText(b []byte) error {
	*d = DateTime{Text: strings.TrimSpace(string(b))}
	for _, layout := range [...]string{"2006-01-02T15:04:05", time.DateOnly, time.RFC3339, "20060102"} {
		if t, err := time.Parse(layout, d.Text); err == nil {
			d.Time = t
			break
		}
	}
	return nil
}

// IsZero reports whether nothing was sent.
func (d DateTime) IsZero() bool { return d.Text == "" }

// String is the date as it was sent.
func (d DateTime) String() string { return d.Text }

// Element is an XML element that no field of this package takes. XPM adds
// elements without notice; they are kept so that nothing is lost.
type Element struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Text     string     `xml:",chardata"`
	Children []Element  `xml:",any"`
}

// StaffRef names a member of staff.
type StaffRef struct {
	UUID StaffUUID `xml:"UUID"`
	Name string    `xml:"Name"`
}

// ClientRef names a client.
type ClientRef struct {
	UUID ClientUUID `xml:"UUID"`
	Name string     `xml:"Name"`
}

// ContactRef names a contact.
type ContactRef struct {
	UUID ContactUUID `xml:"UUID"`
	Name string      `xml:"Name"`
}

// JobRef names a job.
type JobRef struct {
	ID   JobNumber `xml:"ID"`
	Name string    `xml:"Name"`
}

// JobTaskRef names a task of a job.
type JobTaskRef struct {
	UUID JobTaskUUID `xml:"UUID"`
	Name string      `xml:"Name"`
}

// SupplierRef names a supplier.
type SupplierRef struct {
	UUID SupplierUUID `xml:"UUID"`
	Name string       `xml:"Name"`
}

// GroupRef names a client group.
type GroupRef struct {
	UUID GroupUUID `xml:"UUID"`
	Name string    `xml:"Name"`
}

// trimLines takes the indentation out of a value of several lines, as XPM sends
// postal addresses.
func trimLines(s string) string {
	if !strings.ContainsAny(s, "\n\r") {
		return strings.TrimSpace(s)
	}
	var lines []string
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

package xpm

import (
	"context"
	"encoding/xml"
	"iter"
	"net/http"
	"net/url"
	"strings"

	"github.com/practicekit/offboarding/internal/transport"
)

// StaffService reads and changes the members of staff of the practice.
type StaffService struct{ c *Client }

// Staff is a member of staff.
type Staff struct {
	UUID        StaffUUID `xml:"UUID"`
	Name        string    `xml:"Name"`
	Email       string    `xml:"Email"`
	Phone       string    `xml:"Phone"`
	Mobile      string    `xml:"Mobile"`
	Address     string    `xml:"Address"`
	PayrollCode string    `xml:"PayrollCode"`
	WebURL      string    `xml:"WebUrl"` // the page of the member of staff in XPM
	Extra       []Element `xml:",any"`   // elements that no field takes
}

// StaffParams is what Create and Update write. Name is required; what is empty
// is not sent.
type StaffParams struct {
	Name        string
	Address     string
	Phone       string
	Mobile      string
	Email       string
	PayrollCode string

	// Clear names elements that Update sends empty, such as "Phone". That this
	// clears them is assumed.
	Clear []string
}

// fields are the elements of a request, in their documented order.
func (p StaffParams) fields() []field {
	return []field{
		{name: "Name", value: p.Name}, {name: "Address", value: p.Address}, {name: "Phone", value: p.Phone},
		{name: "Mobile", value: p.Mobile}, {name: "Email", value: p.Email}, {name: "PayrollCode", value: p.PayrollCode},
	}
}

const notStaff = "not the UUID of a member of staff"

// StaffOptions narrows List.
type StaffOptions struct {
	// Fields asks for these elements of each member of staff only, and for the UUID. Empty
	// means all. How XPM takes it is assumed from a schema that Xero withdrew.
	Fields []string
}

// List iterates over the members of staff. Whether it has those who were deleted
// or cannot log in is not known.
//
// It only reads; each range over it sends the request anew. The answer comes in
// one piece and is decoded as it arrives. An error comes last, and means that
// the list is not complete. Scope: practicemanager.staff.read.
// https://developer.xero.com/documentation/api/practice-manager-3-1/staff
func (s *StaffService) List(ctx context.Context, o StaffOptions) iter.Seq2[Staff, error] {
	q := url.Values{}
	onlyFields(q, o.Fields, "UUID")
	return listOf(ctx, s.c, "Staff.List", transport.Path("staff.api", "list"), q, "StaffList", "Staff", readStaff)
}

// Get returns a member of staff.
//
// It only reads, and is repeated. One that XPM does not know is ErrNotFound.
// Scope: practicemanager.staff.read.
// https://developer.xero.com/documentation/api/practice-manager-3-1/staff
func (s *StaffService) Get(ctx context.Context, id StaffUUID) (Staff, error) {
	const op = "Staff.Get"
	if !validID(id) {
		return Staff{}, invalid(op, notStaff)
	}
	return s.one(ctx, get(op, transport.Path("staff.api", "get", string(id)), nil), about(id, readStaff, Staff.uuid))
}

// Create adds a member of staff and returns it as XPM now sees it. Whether it may
// log in already is not known; see Enable.
//
// It is sent at most once. If the answer is lost, that is ErrOutcomeUnknown: look
// in List for the name and the address before you add it again, since two members
// of staff can have one name. Without a name it is ErrInvalid.
// Scope: practicemanager.staff.
// https://developer.xero.com/documentation/api/practice-manager-3-1/staff
func (s *StaffService) Create(ctx context.Context, p StaffParams) (Staff, error) {
	const op = "Staff.Create"
	switch {
	case strings.TrimSpace(p.Name) == "":
		return Staff{}, invalid(op, "the name is required")
	case len(p.Clear) > 0:
		return Staff{}, invalid(op, "nothing is there to clear yet")
	}
	r, err := write(op, transport.Once, http.MethodPost, transport.Path("staff.api", "add"), body{"Staff", p.fields()})
	if err != nil {
		return Staff{}, err
	}
	return s.one(ctx, r, readStaff)
}

// Update changes what p sets of a member of staff and returns it as XPM now sees
// it. That XPM leaves alone what is not sent is assumed; the name is always sent.
//
// It is repeated if need be, since it sets the same values again. After an error
// other than ErrInvalid and ErrNotFound the change may have been made all the
// same; sending it again does no harm. One that XPM does not know is ErrNotFound;
// without a name it is ErrInvalid. Scope: practicemanager.staff.
// https://developer.xero.com/documentation/api/practice-manager-3-1/staff
func (s *StaffService) Update(ctx context.Context, id StaffUUID, p StaffParams) (Staff, error) {
	const op = "Staff.Update"
	switch {
	case !validID(id):
		return Staff{}, invalid(op, notStaff)
	case strings.TrimSpace(p.Name) == "":
		return Staff{}, invalid(op, "the name is required")
	}
	fields := p.fields()
	if err := emptied(op, fields, p.Clear, "Name"); err != nil {
		return Staff{}, err
	}
	fields = append([]field{{name: "UUID", value: string(id)}}, fields...)
	r, err := write(op, transport.Repeatable, http.MethodPut, transport.Path("staff.api", "update"), body{"Staff", fields})
	if err != nil {
		return Staff{}, err
	}
	return s.one(ctx, r, about(id, readStaff, Staff.uuid))
}

// Delete deletes a member of staff. What becomes of the jobs and times is not
// known.
//
// It is sent at most once. A lost answer is ErrOutcomeUnknown: look in List
// before you delete again. One that XPM does not know is ErrNotFound.
// Scope: practicemanager.staff.
// https://developer.xero.com/documentation/api/practice-manager-3-1/staff
func (s *StaffService) Delete(ctx context.Context, id StaffUUID) error {
	return s.act(ctx, "Staff.Delete", "delete", id, named("Staff", id))
}

// Enable lets a member of staff log in to Practice Manager. The documentation
// shows an empty Security element, of which it says nothing; it is sent so.
//
// It is sent at most once, since XPM may send an invitation; a lost answer is
// ErrOutcomeUnknown, and the API does not tell who can log in: a person looks in
// XPM. One that XPM does not know is ErrNotFound. Scope: practicemanager.staff.
// https://developer.xero.com/documentation/api/practice-manager-3-1/staff
func (s *StaffService) Enable(ctx context.Context, id StaffUUID) error {
	return s.act(ctx, "Staff.Enable", "enable", id, struct {
		XMLName  xml.Name  `xml:"Staff"`
		UUID     StaffUUID `xml:"UUID"`
		Security struct{}  `xml:"Security"`
	}{UUID: id})
}

// Disable stops a member of staff from logging in to Practice Manager.
//
// It may be sent again: disabling one who is disabled is assumed to change
// nothing. One that XPM does not know is ErrNotFound.
// Scope: practicemanager.staff.
// https://developer.xero.com/documentation/api/practice-manager-3-1/staff
func (s *StaffService) Disable(ctx context.Context, id StaffUUID) error {
	return s.act(ctx, "Staff.Disable", "disable", id, named("Staff", id))
}

// ResetPassword has Xero send the member of staff an e-mail with which to reset
// the password: what "forgotten password" does when a person asks for it.
//
// It is sent at most once, so that there is one e-mail. A lost answer is
// ErrOutcomeUnknown. One that XPM does not know is ErrNotFound.
// Scope: practicemanager.staff.
// https://developer.xero.com/documentation/api/practice-manager-3-1/staff
func (s *StaffService) ResetPassword(ctx context.Context, id StaffUUID) error {
	return s.act(ctx, "Staff.ResetPassword", "forgottenpassword", id, named("Staff", id))
}

func (s *StaffService) act(ctx context.Context, op, method string, id StaffUUID, body any) error {
	if !validID(id) {
		return invalid(op, notStaff)
	}
	effect := transport.Once
	if method == "disable" {
		effect = transport.Repeatable
	}
	r, err := write(op, effect, http.MethodPost, transport.Path("staff.api", method), body)
	if err != nil {
		return err
	}
	return act(ctx, s.c, r)
}

func (s *StaffService) one(ctx context.Context, r transport.Request, read func(*xml.Decoder, xml.StartElement) (Staff, error)) (Staff, error) {
	return linked(ctx, s.c, r, "Staff", func(v *Staff) *string { return &v.WebURL }, read)
}

func (v Staff) uuid() StaffUUID { return v.UUID }

// readStaff decodes one Staff element.
func readStaff(d *xml.Decoder, start xml.StartElement) (Staff, error) {
	v, err := element[Staff](d, start)
	switch {
	case err != nil:
		return Staff{}, err
	case v.UUID == "":
		return Staff{}, malformed("a member of staff without UUID")
	}
	v.Name, v.Address = strings.TrimSpace(v.Name), trimLines(v.Address)
	return v, nil
}

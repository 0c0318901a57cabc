package offboardtest

import (
	"fmt"
	"time"

	"github.com/practicekit/offboarding/nimbus"
)

// World is the state a practice begins with. It is plain JSON, so that a case
// can be written down and tried; durations are written as Go does ("2s").
type World struct {
	// Edition is "cdm" or "non-cdm"; empty means "cdm".
	Edition nimbus.Edition `json:"edition,omitempty"`
	// Capabilities is what the Nimbus API offers; left out, everything; an empty
	// list, nothing.
	Capabilities []nimbus.Capability `json:"capabilities,omitzero"`
	// MandatoryFields are custom fields that Nimbus demands of every document.
	MandatoryFields []string `json:"mandatoryFields,omitempty"`
	Sync            Sync     `json:"sync,omitzero"`
	// FilterField is the Extra Field by which Nimbus filters the clients of MYOB
	// AE; empty: it does not filter.
	FilterField string `json:"filterField,omitempty"`
	// XPMFilterField is the custom field by which Nimbus filters the clients of
	// XPM; empty: it does not filter. One in which a client has no value, or a no,
	// makes it leave at the next Full Client Sync (R4a, assumed).
	XPMFilterField string `json:"xpmFilterField,omitempty"`
	// AwaitOperator makes every change in MYOB AE wait for the gateway's
	// operator, who acts after OperatorTakes.
	AwaitOperator bool     `json:"awaitOperator,omitempty"`
	OperatorTakes Duration `json:"operatorTakes,omitzero"`
	Clients       []Client `json:"clients,omitempty"`
	// Contacts are the people of the portal.
	Contacts []Contact `json:"contacts,omitempty"`
	// Folders are business folders; one with a client's code and name makes an
	// orphaned folder take seven digits (P1).
	Folders []Folder `json:"folders,omitempty"`
}

// Sync says how Nimbus synchronises.
type Sync struct {
	// Takes is how long a Full Client Sync runs.
	Takes Duration `json:"takes,omitzero"`
	// Every is the time between two regular syncs; zero: there are none.
	Every Duration `json:"every,omitzero"`
	// Fail is how many of the first Full Client Syncs fail: 0 or 1.
	Fail int `json:"fail,omitempty"`
}

// Client is a client of the practice, in each system that has it. A system that
// is left out does not have it.
type Client struct {
	Code   string        `json:"code"`
	Name   string        `json:"name"`
	XPM    *XPMClient    `json:"xpm,omitempty"`
	MYOBAE *MYOBAEClient `json:"myobae,omitempty"`
	Nimbus *NimbusClient `json:"nimbus,omitempty"`
}

// XPMClient is the client in Xero Practice Manager.
type XPMClient struct {
	Archived bool `json:"archived,omitempty"`
	Deleted  bool `json:"deleted,omitempty"`
	OpenJobs int  `json:"openJobs,omitempty"`
	// UnbilledMinutes stand on the first of the open jobs, of which there must be one.
	UnbilledMinutes int `json:"unbilledMinutes,omitempty"`
	DraftInvoices   int `json:"draftInvoices,omitempty"`
	UnpaidInvoices  int `json:"unpaidInvoices,omitempty"`
	// Groups are the names of the client groups that the client is in.
	Groups []string `json:"groups,omitempty"`
	// Relationships are the codes of clients in XPM that it is a director of. They
	// show with both.
	Relationships []string `json:"relationships,omitempty"`
	// Fields are its values in custom fields, by their names: true or false in one
	// that is ticked, otherwise text. A name has values of one kind only.
	Fields map[string]any `json:"fields,omitempty"`
}

// MYOBAEClient is the client in MYOB AE.
type MYOBAEClient struct {
	Closed bool `json:"closed,omitempty"`
	// ExtraFields are its values by name: true, false, text, a number, or null for
	// one without a value.
	ExtraFields map[string]any `json:"extraFields,omitempty"`
	// Blockers are reasons for which MYOB AE would refuse to close the client.
	Blockers []string `json:"blockers,omitempty"`
	// Warnings are what the gateway has against closing, and closes all the same.
	Warnings []string `json:"warnings,omitempty"`
}

// NimbusClient is the Client Entity in Nimbus.
type NimbusClient struct {
	// Integrated says that a source system keeps the client.
	Integrated bool `json:"integrated,omitempty"`
	// HistoryRows is the length of its Client History.
	HistoryRows int        `json:"historyRows,omitempty"`
	Documents   []Document `json:"documents,omitempty"`
	EmailJobs   []EmailJob `json:"emailJobs,omitempty"`
}

// Document is a file in a Client folder.
type Document struct {
	Name    string `json:"name"`
	Content string `json:"content,omitempty"`
	// Path is "Current", "To Client" or "From Client", or below one of them, divided
	// by slashes; empty means "Current".
	Path       string `json:"path,omitempty"`
	Published  bool   `json:"published,omitempty"`
	Locked     bool   `json:"locked,omitempty"`
	CheckedOut bool   `json:"checkedOut,omitempty"`
}

// EmailJob is a mailing to the client.
type EmailJob struct {
	Subject               string `json:"subject"`
	DocumentsForSignature int    `json:"documentsForSignature,omitempty"`
	OutstandingSignatures int    `json:"outstandingSignatures,omitempty"`
}

// Contact is a person of the portal, related to the clients with these codes.
type Contact struct {
	FirstName string   `json:"firstName"`
	Surname   string   `json:"surname"`
	Email     string   `json:"email,omitempty"`
	Login     bool     `json:"login,omitempty"`
	Invited   bool     `json:"invited,omitempty"`
	Clients   []string `json:"clients,omitempty"`
}

// Folder is a business folder.
type Folder struct {
	Code string `json:"code"`
	Name string `json:"name"`
}

// Duration is a time.Duration whose JSON form is a string such as "2s".
type Duration time.Duration

// MarshalText writes the duration as time.Duration does.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads what time.ParseDuration reads; a negative one is an error.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err == nil && parsed < 0 {
		err = fmt.Errorf("the duration %s is negative", parsed)
	}
	*d = Duration(parsed)
	return err
}

// DefaultWorld is a small practice for trying things out: four clients in every
// system, with contacts that show R14 to R16. A Full Client Sync completes at
// once, a regular one every two seconds. Integrated says whether a source
// system keeps its clients; without one they are deleted on the Client Grid (R6).
func DefaultWorld(edition nimbus.Edition, integrated bool) World {
	w := World{
		Edition:     edition,
		Sync:        Sync{Every: Duration(2 * time.Second)},
		FilterField: "Nimbus Portal",
		Contacts: []Contact{
			{FirstName: "Alex", Surname: "Example", Email: "alex@example.com", Clients: []string{"ACME01"}},
			{FirstName: "Billie", Surname: "Example", Email: "billie@example.com", Login: true, Clients: []string{"ACME01"}},
			{FirstName: "Charlie", Surname: "Example", Email: "charlie@example.com", Login: true, Clients: []string{"ACME01", "DELTA04"}},
			{FirstName: "Dana", Surname: "Example", Email: "dana@example.com", Login: true, Invited: true, Clients: []string{"BETA02"}},
		},
	}
	for i, c := range []struct{ code, name string }{
		{"ACME01", "Acme Example Pty Ltd"}, {"BETA02", "Beta Example Trust"}, {"GAMMA03", "Gamma Example"}, {"DELTA04", "Delta Example Partnership"},
	} {
		w.Clients = append(w.Clients, Client{
			Code: c.code, Name: c.name,
			XPM:    &XPMClient{OpenJobs: i % 2},
			MYOBAE: &MYOBAEClient{ExtraFields: map[string]any{"Nimbus Portal": true}},
			Nimbus: &NimbusClient{
				Integrated: integrated, HistoryRows: 12 + i,
				Documents: []Document{
					{Name: "Engagement letter.pdf", Content: "engagement letter of " + c.code},
					{Name: "Tax return.pdf", Content: "tax return of " + c.code, Path: nimbus.PathToClient, Published: true},
				},
			},
		})
	}
	return w
}

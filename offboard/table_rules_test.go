package offboard_test

import (
	"slices"

	"github.com/practicekit/offboarding/offboard"
)

// The rules as the table is judged by them. They are taken from the procedure, and
// from nothing in the package: what a Spec, a Policy and a world are is all that
// they know of it.

// ending is what must come of a cell.
type ending struct {
	Clients  map[string]fate
	Contacts map[string]string // by first name
	Syncs    int               // Full Client Syncs that were started
	// SyncsAgain says that another run starts one more, since a client of it is still
	// on the Client Grid: it may be able to leave by now (R7, R12).
	SyncsAgain bool
	Refused    bool // the whole run
}

// fate is what must become of one client. State is empty for one that stays, Rule
// is the one that stops it, Effects are those on the client and its folder.
type fate struct {
	State    offboard.State
	Rule     string
	Effects  []string
	Upstream string // how the source systems show it
	OnGrid   bool
	Folder   string
	Files    int      // in the folder, or of it in the Archive
	Kept     []string // what the report says has stayed, with the rule
}

// What the source systems show of a client, what has become of its folder, and
// what of a contact.
const (
	active, fieldCleared, closed, extraFieldCleared = "active", "custom field cleared", "closed", "extra field cleared"
	clientFolder, orphaned, archived, deleted       = "Client folder", "orphaned", "archived", "deleted"
	canLogIn, cannotLogIn                           = "can log in", "cannot log in"
)

const uploading, suspendingJob, deleting, syncing = "upload-document", "set-email-job-status", "delete-client", "start-sync"

// exportKept is how the report tells of the exported history in the evidence, which
// is never disposed of.
const exportKept = "history R1"

// documentsBefore is the number of files in a Client folder of the table's world.
const documentsBefore = 2

// disposal is what the policy makes of the orphaned folder.
func (c cell) disposal() string {
	switch d := c.policy.Documents.(type) {
	case offboard.CDM:
		if d.ArchiveFolder {
			return "archive" // R19
		}
	case offboard.NonCDM:
		if d.Delete != nil {
			return "delete" // R20
		}
	}
	return "keep" // R18
}

// removal is the effect that makes the client leave, and what the source systems
// show afterwards.
func (c cell) removal() (effect, shown string) {
	switch c.source {
	case offboard.SourceXPM:
		return "archive-client", archived // R4
	case offboard.SourceXPMField:
		return "update-client-custom-fields", fieldCleared // R4a
	case offboard.SourceMYOBAE:
		return "close-client", closed // R5
	case offboard.SourceMYOBAEField:
		return "clear-extra-field", extraFieldCleared // R5
	}
	return deleting, active // R6
}

// fullSync reports whether the clients leave by a Full Client Sync (R7) and not by
// a regular one (R8) or by hand (R6).
func (c cell) fullSync() bool {
	return c.source == offboard.SourceXPM || c.source == offboard.SourceXPMField
}

// left is a client with so many files that nothing was in the way of.
func (c cell) left(files int) fate {
	removal, shown := c.removal()
	f := fate{State: offboard.Done, Upstream: shown, // R4, R4a, R5, R6
		Effects: []string{uploading, removal}, // R3 and then R4, R5, R6 (I1)
		OnGrid:  false,                        // R9
		Folder:  orphaned, Files: files + 1,   // R13, with the history (R3)
		Kept: []string{exportKept},
	}
	switch c.disposal() {
	case "keep":
		f.Kept = append(f.Kept, "folder R18, P2") // R18
	case "archive":
		f.Effects, f.Folder = append(f.Effects, "archive-folder"), archived // R19
		f.Kept = append(f.Kept, "archive R19, P7")
	case "delete":
		f.Effects, f.Folder, f.Files = append(f.Effects, "delete-folder"), deleted, 0 // R20
	}
	return f
}

// untouched is a client that this rule stops before anything is done to it (P10),
// its history not even exported.
func (c cell) untouched(rule string, files int) fate {
	return fate{State: offboard.Blocked, Rule: rule, Upstream: active, OnGrid: true, Folder: clientFolder, Files: files}
}

// heldOnGrid is a client that was taken out of its source system, and stays on the
// Client Grid by this rule: nothing of it is disposed of (I2, I3).
func (c cell) heldOnGrid(rule string, files int) fate {
	removal, shown := c.removal()
	return fate{State: offboard.Blocked, Rule: rule, Upstream: shown, Effects: []string{uploading, removal},
		OnGrid: true, Folder: clientFolder, Files: files + 1, Kept: []string{exportKept}}
}

// stays is a client that is not of the run: nothing happens to it (I10).
func stays() fate {
	return fate{Upstream: active, OnGrid: true, Folder: clientFolder, Files: documentsBefore}
}

// alone is what becomes of a contact with a login whose entities have all gone
// (R15).
func (c cell) alone() string {
	return map[offboard.ContactsPolicy]string{
		offboard.ContactsKeep:   canLogIn, // R17
		offboard.ContactsRevoke: cannotLogIn,
		offboard.ContactsDelete: deleted,
	}[c.policy.Contacts]
}

// only takes away all that the report says has stayed, but the exported history.
func (f fate) only() fate {
	f.Kept = []string{exportKept}
	return f
}

// keeping adds to a client that was dealt with the contacts of no other entity,
// which stay unless the policy deletes them (R15).
func (f fate) keeping(c cell, contacts int) fate {
	if c.policy.Contacts != offboard.ContactsDelete {
		for range contacts {
			f.Kept = append(f.Kept, "contact R15")
		}
	}
	slices.Sort(f.Kept)
	return f
}

// ending is what the rules say of the cell: of a world in which nothing is in the
// way, and then of its state.
func (c cell) ending() ending {
	o := ending{
		Clients: map[string]fate{
			"ACME01":  c.left(documentsBefore).keeping(c, 1),
			"BETA02":  c.left(documentsBefore).keeping(c, 1),
			"GAMMA03": stays(),
			"DELTA04": stays(),
		},
		Contacts: map[string]string{"Billie": c.alone(), "Dana": c.alone()},
	}
	if c.fullSync() {
		o.Syncs = 1 // R7: one for all of them
	}
	if c.state.want != nil {
		c.state.want(c, &o)
	}
	return o
}

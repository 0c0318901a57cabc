package offboard

import (
	"fmt"
	"slices"
	"strings"

	"github.com/practicekit/offboarding/internal/strictjson"
	"github.com/practicekit/offboarding/nimbus"
)

// Policy is what the practice wants done with what remains once the Client
// Entity has gone. Its zero value, with Documents set, keeps everything.
type Policy struct {
	// Documents names the edition of the Nimbus account and what becomes of the
	// orphaned folder. It is [CDM] or [NonCDM] and must be set (I4).
	Documents Documents
	// Contacts says what becomes of contacts that belong to no other entity but
	// have a login (R15).
	Contacts ContactsPolicy
	// Signatures says what to do with an entity that Documents for Signature
	// hold on the Client Grid (R12).
	Signatures SignaturesPolicy
	// History says where the exported history is kept beside the evidence, and
	// under which name.
	History HistoryPolicy
	// RetainYears is for how many years after its service has ended the records of
	// a client must be kept (P6), 0 to 100; zero means DefaultRetainYears. It counts
	// for entities that have no RetainUntil of their own.
	RetainYears int
	// Findings raises or lowers what preflight makes of its findings (P10). One
	// that it does not name has the default of the package's documentation.
	// FindingAmbiguity, FindingEdition and FindingCloseBlockers always stop (P5,
	// I4, R5).
	Findings map[FindingName]Severity
}

// DefaultRetainYears is the longer of the two periods of Australian law that P6
// names.
const DefaultRetainYears = 7

const maxRetainYears = 100

func (p Policy) retainYears() int {
	if p.RetainYears == 0 {
		return DefaultRetainYears
	}
	return p.RetainYears
}

// Documents is CDM or NonCDM: the edition decides what can be asked for.
type Documents interface {
	// Edition is the edition that the account must be proved to have before
	// anything is disposed of (I4).
	Edition() nimbus.Edition
	folder() folderDisposal
}

// folderDisposal is what becomes of the orphaned folder.
type folderDisposal string

const (
	folderKeep    folderDisposal = "keep"
	folderArchive folderDisposal = "archive"
	folderDelete  folderDisposal = "delete"
)

// CDM is the documents policy of an account with Cloud Document Management.
// Deletion for good cannot be expressed in it. The zero value keeps the folder.
type CDM struct {
	// ArchiveFolder deletes the orphaned folder, which moves its files to the
	// Archive (R19). Otherwise the folder is kept (R18).
	ArchiveFolder bool
}

// Edition is nimbus.EditionCDM.
func (CDM) Edition() nimbus.Edition { return nimbus.EditionCDM }

func (c CDM) folder() folderDisposal {
	if c.ArchiveFolder {
		return folderArchive
	}
	return folderKeep
}

// NonCDM is the documents policy of an account without an Archive. The zero
// value keeps the folder.
type NonCDM struct {
	// Delete destroys the orphaned folder and its files for good (R20); nil
	// keeps it (R18).
	Delete *Permanent
}

// Edition is nimbus.EditionNonCDM.
func (NonCDM) Edition() nimbus.Edition { return nimbus.EditionNonCDM }

func (n NonCDM) folder() folderDisposal {
	if n.Delete != nil {
		return folderDelete
	}
	return folderKeep
}

// Permanent is the explicit decision that destroying documents for good needs
// (I4, P6). Every entity needs a date that has passed, see [Entity.Earliest], or
// the records are held elsewhere.
type Permanent struct {
	Reason               string `json:"reason"`
	RecordsHeldElsewhere bool   `json:"recordsHeldElsewhere,omitempty"`
}

// ContactsPolicy says what becomes of a contact that stays with a login and
// belongs to no other entity (R15). The empty value means ContactsKeep.
type ContactsPolicy string

const (
	ContactsKeep   ContactsPolicy = "keep"   // it stays and can still log in (R17)
	ContactsRevoke ContactsPolicy = "revoke" // it stays; its portal access is removed
	ContactsDelete ContactsPolicy = "delete" // portal access first, then the contact
)

// SignaturesPolicy says what to do about Documents for Signature (R12). The
// empty value means SignaturesStop.
type SignaturesPolicy string

const (
	SignaturesStop SignaturesPolicy = "stop" // stop before the client is touched
	// SignaturesSuspend suspends the e-mail jobs before the client is touched, so
	// that they remind nobody who has left. What they hold keeps the entity on the
	// Client Grid all the same (assumed), so the run stops after the sync (R12).
	SignaturesSuspend SignaturesPolicy = "suspend"
	SignaturesDelete  SignaturesPolicy = "delete" // delete the entity by hand after the sync (I13)
)

// problem says what is wrong with the policy, with the field, or "".
func (p Policy) problem() (field, problem string) {
	switch d := p.Documents.(type) {
	case nil:
		return "policy.documents", "says neither CDM nor NonCDM: the edition of the Nimbus account must be named (I4)"
	case NonCDM:
		if d.Delete != nil && strings.TrimSpace(d.Delete.Reason) == "" {
			return "policy.documents.permanent.reason", "is empty: deleting documents for good needs a reason (I4)"
		}
	}
	if problem := noneOf(p.Contacts, "", ContactsKeep, ContactsRevoke, ContactsDelete); problem != "" {
		return "policy.contacts", problem
	}
	if problem := noneOf(p.Signatures, "", SignaturesStop, SignaturesSuspend, SignaturesDelete); problem != "" {
		return "policy.signatures", problem
	}
	if p.RetainYears < 0 || p.RetainYears > maxRetainYears {
		return "policy.retainYears", fmt.Sprintf("is %d: want 0 to %d; 0 means %d (P6)", p.RetainYears, maxRetainYears, DefaultRetainYears)
	}
	if field, problem := p.History.problem(); problem != "" {
		return "policy.history." + field, problem
	}
	return p.findingsProblem()
}

// noneOf says what a word of a specification should be, or "" where it is one of
// those that are known.
func noneOf[T ~string](word T, known ...T) string {
	if slices.Contains(known, word) {
		return ""
	}
	var words []string
	for _, k := range known {
		if k != "" {
			words = append(words, string(k))
		}
	}
	last := len(words) - 1
	return fmt.Sprintf("is %s: want %s or %s", strictjson.Quote(string(word)), strings.Join(words[:last], ", "), words[last])
}

package offboard

import (
	"encoding/json"
	"fmt"

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
	// Findings raises or lowers what preflight makes of its findings (P10). One
	// that it does not name has the default of the package's documentation.
	// FindingAmbiguity, FindingEdition and FindingCloseBlockers always stop (P5,
	// I4, R5).
	Findings map[FindingName]Severity
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
// (I4, P6). Every entity needs a RetainUntil that has passed, or the records are
// held elsewhere.
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
	SignaturesStop   SignaturesPolicy = "stop"   // stop before the client is touched
	SignaturesDelete SignaturesPolicy = "delete" // delete the entity by hand after the sync (I13)
)

// problem says what is wrong with the policy, with the field, or "".
func (p Policy) problem() (field, problem string) {
	switch d := p.Documents.(type) {
	case nil:
		return "policy.documents", "says neither CDM nor NonCDM: the edition of the Nimbus account must be named (I4)"
	case NonCDM:
		if d.Delete != nil && d.Delete.Reason == "" {
			return "policy.documents.permanent.reason", "is empty: deleting documents for good needs a reason (I4)"
		}
	}
	switch p.Contacts {
	case "", ContactsKeep, ContactsRevoke, ContactsDelete:
	default:
		return "policy.contacts", fmt.Sprintf("is %q: want keep, revoke or delete", p.Contacts)
	}
	switch p.Signatures {
	case "", SignaturesStop, SignaturesDelete:
	default:
		return "policy.signatures", fmt.Sprintf("is %q: want stop or delete", p.Signatures)
	}
	return p.findingsProblem()
}

type policyJSON struct {
	Documents  documentsJSON    `json:"documents"`
	Contacts   ContactsPolicy   `json:"contacts,omitempty"`
	Signatures SignaturesPolicy `json:"signatures,omitempty"`

	Findings map[FindingName]Severity `json:"findings,omitempty"`
}

type documentsJSON struct {
	Edition   nimbus.Edition `json:"edition"`
	Folder    folderDisposal `json:"folder"`
	Permanent *Permanent     `json:"permanent,omitempty"`
}

// MarshalJSON writes the documents policy as its edition and folder:
// {"edition":"cdm","folder":"archive"}.
func (p Policy) MarshalJSON() ([]byte, error) {
	out := policyJSON{Contacts: p.Contacts, Signatures: p.Signatures, Findings: p.Findings}
	if p.Documents != nil {
		out.Documents = documentsJSON{Edition: p.Documents.Edition(), Folder: p.Documents.folder()}
		if n, ok := p.Documents.(NonCDM); ok {
			out.Documents.Permanent = n.Delete
		}
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads what MarshalJSON writes. A combination that the edition
// does not have (CDM with delete, NonCDM with archive) is an error.
func (p *Policy) UnmarshalJSON(data []byte) error {
	var in policyJSON
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	documents, err := in.Documents.policy()
	if err != nil {
		return err
	}
	*p = Policy{Documents: documents, Contacts: in.Contacts, Signatures: in.Signatures, Findings: in.Findings}
	return nil
}

func (d documentsJSON) policy() (Documents, error) {
	switch {
	case d.Edition == nimbus.EditionCDM && d.Folder == folderKeep && d.Permanent == nil:
		return CDM{}, nil
	case d.Edition == nimbus.EditionCDM && d.Folder == folderArchive && d.Permanent == nil:
		return CDM{ArchiveFolder: true}, nil
	case d.Edition == nimbus.EditionNonCDM && d.Folder == folderKeep && d.Permanent == nil:
		return NonCDM{}, nil
	case d.Edition == nimbus.EditionNonCDM && d.Folder == folderDelete && d.Permanent != nil:
		return NonCDM{Delete: d.Permanent}, nil
	}
	return nil, &SpecError{Field: "policy.documents", Problem: fmt.Sprintf(
		"edition %q with folder %q: cdm can keep or archive, non-cdm can keep or delete, and only delete has (and needs) \"permanent\" (R19, R20, I4)", d.Edition, d.Folder)}
}

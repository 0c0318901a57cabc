package offboard

import (
	"encoding/json"
	"fmt"

	"github.com/practicekit/offboarding/internal/strictjson"
	"github.com/practicekit/offboarding/nimbus"
)

// policyJSON is the JSON form of a Policy.
type policyJSON struct {
	Documents   documentsJSON    `json:"documents"`
	Contacts    ContactsPolicy   `json:"contacts,omitempty"`
	Signatures  SignaturesPolicy `json:"signatures,omitempty"`
	History     HistoryPolicy    `json:"history,omitzero"`
	RetainYears int              `json:"retainYears,omitempty"`

	Findings map[FindingName]Severity `json:"findings,omitempty"`
}

// documentsJSON is the JSON form of a documents policy.
type documentsJSON struct {
	Edition   nimbus.Edition `json:"edition"`
	Folder    folderDisposal `json:"folder"`
	Permanent *Permanent     `json:"permanent,omitempty"`
}

// MarshalJSON writes the documents policy as its edition and folder:
// {"edition":"cdm","folder":"archive"}.
func (p Policy) MarshalJSON() ([]byte, error) {
	out := policyJSON{Contacts: p.Contacts, Signatures: p.Signatures, History: p.History, RetainYears: p.RetainYears, Findings: p.Findings}
	if p.Documents != nil {
		out.Documents = documentsJSON{Edition: p.Documents.Edition(), Folder: p.Documents.folder()}
		if n, ok := p.Documents.(NonCDM); ok {
			out.Documents.Permanent = n.Delete
		}
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads what MarshalJSON writes, as strictly as [ReadPolicy] does: a
// member that is misspelt decides nothing, and so is an error. A combination that
// the edition does not have (CDM with delete, NonCDM with archive) is one too.
func (p *Policy) UnmarshalJSON(data []byte) error {
	var in policyJSON
	if err := strictjson.Unmarshal(data, &in, strictjson.Options{MaxBytes: maxSpec, Root: "policy"}); err != nil {
		return specError(err)
	}
	documents, problem := in.Documents.policy()
	if problem != nil {
		return problem
	}
	*p = Policy{Documents: documents, Contacts: in.Contacts, Signatures: in.Signatures, History: in.History, RetainYears: in.RetainYears, Findings: in.Findings}
	return nil
}

// policy is the documents policy, or what of it the edition does not have.
func (d documentsJSON) policy() (Documents, *SpecError) {
	if problem := noneOf(d.Edition, nimbus.EditionCDM, nimbus.EditionNonCDM); problem != "" {
		return nil, &SpecError{"policy.documents.edition", problem + ": the edition of the Nimbus account must be named (I4)"}
	}
	cdm := d.Edition == nimbus.EditionCDM
	switch {
	case cdm && d.Folder == folderKeep && d.Permanent == nil:
		return CDM{}, nil
	case cdm && d.Folder == folderArchive && d.Permanent == nil:
		return CDM{ArchiveFolder: true}, nil
	case !cdm && d.Folder == folderKeep && d.Permanent == nil:
		return NonCDM{}, nil
	case !cdm && d.Folder == folderDelete && d.Permanent != nil:
		return NonCDM{Delete: d.Permanent}, nil
	case d.Permanent != nil:
		return nil, &SpecError{"policy.documents.permanent", fmt.Sprintf("stands with edition %s and folder %s: only non-cdm can delete for good (R20, I4)", d.Edition, strictjson.Quote(string(d.Folder)))}
	case d.Folder == folderDelete && !cdm:
		return nil, &SpecError{"policy.documents.permanent", "is missing: deleting documents for good is an explicit decision with a reason (R20, I4)"}
	case cdm:
		return nil, &SpecError{"policy.documents.folder", noneOf(d.Folder, folderKeep, folderArchive) + ": with CDM a folder is kept or archived (R18, R19)"}
	}
	return nil, &SpecError{"policy.documents.folder", noneOf(d.Folder, folderKeep, folderDelete) + ": without CDM there is no Archive (R18, R20)"}
}

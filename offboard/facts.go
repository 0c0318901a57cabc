package offboard

import (
	"slices"

	"github.com/practicekit/offboarding/myobae"
	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/xpm"
)

// Facts is what a run has learnt about one client, or about a wave of them. Each part is set by one step and carries its proof. Facts hold
// opaque ids, counts and digests, never names (I8).
type Facts struct {
	Snapshot *Snapshot    `json:"snapshot,omitempty"`
	History  *HistoryFile `json:"history,omitempty"`
	Filed    *FiledCopy   `json:"filed,omitempty"`
	Copied   *CopiedFile  `json:"copied,omitempty"`
	Approved *Approved    `json:"approved,omitempty"`
	Upstream *Upstream    `json:"upstream,omitempty"`
	Baseline *Baseline    `json:"baseline,omitempty"`
	Removed  *Removed     `json:"removed,omitempty"`
	Disposal *Disposal    `json:"disposal,omitempty"`
}

// orNil is nil where nothing was learnt, so that records stay short.
func (f Facts) orNil() *Facts {
	if f == (Facts{}) {
		return nil
	}
	return &f
}

// merge takes over every part that newer has.
func (f *Facts) merge(newer Facts) {
	if newer.Snapshot != nil {
		f.Snapshot = newer.Snapshot
	}
	if newer.History != nil {
		f.History = newer.History
	}
	if newer.Filed != nil {
		f.Filed = newer.Filed
	}
	if newer.Copied != nil {
		f.Copied = newer.Copied
	}
	if newer.Approved != nil {
		f.Approved = newer.Approved
	}
	if newer.Upstream != nil {
		f.Upstream = newer.Upstream
	}
	if newer.Baseline != nil {
		f.Baseline = newer.Baseline
	}
	if newer.Removed != nil {
		f.Removed = newer.Removed
	}
	if newer.Disposal != nil {
		f.Disposal = newer.Disposal
	}
}

// Snapshot is what the client was in every system when it was resolved. With
// the specification it is the scope of an approval: nothing that it does not
// name is ever destroyed (I10).
type Snapshot struct {
	XPM    xpm.ClientUUID   `json:"xpm,omitempty"`
	MYOBAE myobae.ClientUID `json:"myobae,omitempty"`
	// Nimbus is empty where the account offers no way to read clients and a
	// person attested that the entity is on the Client Grid.
	Nimbus    nimbus.ClientID     `json:"nimbus,omitempty"`
	Folder    nimbus.FolderID     `json:"folder,omitempty"`
	Documents []nimbus.DocumentID `json:"documents,omitempty"`
	Contacts  []nimbus.ContactID  `json:"contacts,omitempty"`
	// File is the evidence file that holds the snapshot with names.
	File  string `json:"file,omitempty"`
	Proof Proof  `json:"proof"`
}

// equal reports whether the client still is what it was.
func (s Snapshot) equal(other Snapshot) bool {
	return s.XPM == other.XPM && s.MYOBAE == other.MYOBAE && s.Nimbus == other.Nimbus && s.Folder == other.Folder &&
		slices.Equal(s.Documents, other.Documents) && slices.Equal(s.Contacts, other.Contacts) && s.File == other.File
}

// HistoryFile is a verified export of the Client History in the evidence
// directory (I1).
type HistoryFile struct {
	File   string `json:"file"`
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"`
	// Rows is the number of records without the header line: counted in the
	// file, and equal to what Nimbus (or the person who exported it) stated.
	Rows  int   `json:"rows"`
	Proof Proof `json:"proof"`
	// Earlier are the SHA-256 of the verified exports before it, the oldest first.
	Earlier []string `json:"earlier,omitempty"`
	// Exported is the day of the export in UTC.
	Exported Date `json:"exported,omitzero"`
}

// FiledCopy is the copy of a HistoryFile in the Client folder (R3).
type FiledCopy struct {
	// Documents are all copies filed so far, the newest last: every further
	// export is filed beside the first (I1). None where a person filed the copy.
	Documents []nimbus.DocumentID `json:"documents,omitempty"`
	// Digests are the SHA-256 of all copies, the newest last.
	Digests []string `json:"digests"`
	Name    string   `json:"name"` // of the newest
	Proof   Proof    `json:"proof"`
}

// SHA256 is the digest of the newest copy.
func (c FiledCopy) SHA256() string {
	if len(c.Digests) == 0 {
		return ""
	}
	return c.Digests[len(c.Digests)-1]
}

// CopiedFile is the copy of a HistoryFile among the client's documents in XPM.
type CopiedFile struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"` // of what was sent; XPM states none
	Proof  Proof  `json:"proof"`
}

// Approved is what a person approved for the client (I10).
type Approved struct {
	// Scope is the hash of what was wanted for the client, and of its snapshot.
	Scope string `json:"scope"`
	// Task is the approval that it was part of, and By who gave it.
	Task string `json:"task"`
	By   string `json:"by"`
}

// leftUpstream reports whether what removes the client from Nimbus was proved.
func (f Facts) leftUpstream() bool { return f.Upstream != nil && f.Upstream.Proof != "" }

// Upstream is the proof that what removes the client from Nimbus was done.
type Upstream struct {
	// Operation is a gateway operation that still runs.
	Operation myobae.OperationUID `json:"operation,omitempty"`
	// Field is the custom field of XPM that was cleared (R4a).
	Field xpm.CustomFieldUUID `json:"field,omitempty"`
	Proof Proof               `json:"proof,omitempty"`
}

// Baseline is the number of the newest sync that Nimbus knew of once every
// client was closed upstream. Only a sync with a greater number started later.
type Baseline struct {
	Sync int64 `json:"sync"`
	// After is the journal record that the number was read after.
	After int `json:"after"`
}

// Removed is the proof that the entity has left the Client Grid (R9).
type Removed struct {
	Proof Proof `json:"proof"`
}

// Disposal is the orphaned folder that was recognised, and what became of it.
type Disposal struct {
	Folder nimbus.FolderID `json:"folder"`
	// Documents is the number of files the folder held when it was recognised.
	Documents int `json:"documents"`
	// History says whether the filed history was found in it with its digest.
	History bool `json:"history"`
}

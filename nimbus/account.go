package nimbus

import (
	"context"
	"slices"
)

// Edition is the Nimbus subscription of the account. It decides what becomes of
// a folder that is disposed of (R19, R20), so it is a property of the account
// and never of a request. The set is open.
type Edition string

// The editions of the contract.
const (
	EditionCDM     Edition = "cdm"     // Cloud Document Management: there is an Archive.
	EditionNonCDM  Edition = "non-cdm" // What is deleted is gone.
	EditionUnknown Edition = ""        // The server does not tell.
)

// Capability names a part of the contract that a server may or may not offer.
// The set is open.
type Capability string

// The capabilities of the contract.
const (
	CapabilityAccountEdition    Capability = "account.edition"
	CapabilityClientsRead       Capability = "clients.read"
	CapabilityClientsDelete     Capability = "clients.delete"
	CapabilityHistoryExport     Capability = "history.export"
	CapabilityContactsRead      Capability = "contacts.read"
	CapabilityContactsAccess    Capability = "contacts.access"
	CapabilityContactsDelete    Capability = "contacts.delete"
	CapabilityEmailJobsRead     Capability = "emailjobs.read"
	CapabilityEmailJobsSuspend  Capability = "emailjobs.suspend"
	CapabilityFoldersRead       Capability = "folders.read"
	CapabilityDocumentsUpload   Capability = "documents.upload"
	CapabilityDocumentsDownload Capability = "documents.download"
	CapabilityDocumentsVersions Capability = "documents.versions"
	CapabilityFoldersArchive    Capability = "folders.archive"
	CapabilityFoldersDelete     Capability = "folders.delete"
	CapabilityArchiveRead       Capability = "archive.read"
	CapabilityArchiveRestore    Capability = "archive.restore"
	CapabilitySyncStart         Capability = "sync.start"
	CapabilitySyncRead          Capability = "sync.read"
)

// Capabilities returns every capability of the contract.
func Capabilities() []Capability {
	return []Capability{
		CapabilityAccountEdition, CapabilityClientsRead, CapabilityClientsDelete, CapabilityHistoryExport,
		CapabilityContactsRead, CapabilityContactsAccess, CapabilityContactsDelete, CapabilityEmailJobsRead, CapabilityEmailJobsSuspend,
		CapabilityFoldersRead, CapabilityDocumentsUpload, CapabilityDocumentsDownload, CapabilityDocumentsVersions, CapabilityFoldersArchive,
		CapabilityFoldersDelete, CapabilityArchiveRead, CapabilityArchiveRestore, CapabilitySyncStart, CapabilitySyncRead,
	}
}

// Account is the practice's Nimbus account as the server describes it.
type Account struct {
	Edition      Edition      `json:"edition"`
	Capabilities []Capability `json:"capabilities"`
	// MandatoryDocumentFields names the custom fields that every uploaded
	// document must have; an upload without them is refused. None is nil.
	MandatoryDocumentFields []string `json:"mandatoryDocumentFields,omitzero"`
}

// Offers reports whether the server offers the capability. What it does not
// offer, a person does (P9).
func (a Account) Offers(c Capability) bool { return slices.Contains(a.Capabilities, c) }

func (Account) members() []string { return []string{"edition", "capabilities"} }
func (Account) check() error      { return nil }

// AccountService reads the account. Use it as Client.Account.
type AccountService struct{ c *Client }

// Get returns the edition and the capabilities of the account. Every server
// offers it.
//
// It changes nothing and is read whole. Edition is EditionUnknown where the
// server does not tell; an answer without the member is ErrInvalid (I4).
func (s *AccountService) Get(ctx context.Context) (Account, error) {
	return get[Account](ctx, s.c, "Account.Get", nil, "account")
}

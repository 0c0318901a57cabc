package offboard

import (
	"context"
	"io"
	"iter"
	"time"

	"github.com/practicekit/offboarding/myobae"
	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/xpm"
)

// Systems are the ways in which programs reach the practice's systems. Each part
// is an interface of just what the steps need, which the services of the three
// clients satisfy; a practice with a way of its own into a system (a database
// view, a robot) puts that in its place. A part that is nil is done by people (P9).
//
// A way of one's own gives errors that wrap the sentinels of the client whose
// place it takes, and must not write in a call that reads.
type Systems struct {
	XPM    XPM
	MYOBAE MYOBAE
	Nimbus Nimbus
}

// NewSystems takes the clients of the systems that the practice has; any may be
// nil.
func NewSystems(x *xpm.Client, m *myobae.Client, n *nimbus.Client) Systems {
	var s Systems
	if x != nil {
		s.XPM = XPM{Clients: x.Clients, Jobs: x.Jobs, Invoices: x.Invoices, Times: x.Times, CustomFields: x.CustomFields, Documents: x.Documents, Quota: x}
	}
	if m != nil {
		s.MYOBAE = MYOBAE{Clients: m.Clients, ExtraFields: m.ExtraFields, Operations: m.Operations}
	}
	if n != nil {
		s.Nimbus = Nimbus{Account: n.Account, Clients: n.Clients, History: n.History, Contacts: n.Contacts,
			EmailJobs: n.EmailJobs, Folders: n.Folders, Documents: n.Documents, Syncs: n.Syncs}
	}
	return s
}

// XPM is the way into Xero Practice Manager. Jobs, Invoices and Times may each be
// nil by itself: what preflight would look for in them is then not known.
// CustomFields is needed only where a custom field is cleared, Documents only
// where the history is copied there.
type XPM struct {
	Clients interface {
		Get(context.Context, xpm.ClientUUID) (xpm.ClientEntity, error)
		List(context.Context, xpm.ListOptions) iter.Seq2[xpm.ClientEntity, error]
		Archive(context.Context, xpm.ClientUUID) (xpm.ClientEntity, error)
	}
	Jobs interface {
		Current(context.Context, xpm.CurrentOptions) iter.Seq2[xpm.Job, error]
	}
	CustomFields interface {
		List(context.Context, xpm.CustomFieldOptions) iter.Seq2[xpm.CustomField, error]
		GetClientValues(context.Context, xpm.ClientUUID) ([]xpm.CustomFieldValue, error)
		UpdateClientValues(context.Context, xpm.ClientUUID, ...xpm.CustomFieldValue) error
	}
	Documents interface {
		List(context.Context, xpm.ClientUUID) iter.Seq2[xpm.Document, error]
		Create(context.Context, xpm.ClientUUID, xpm.DocumentParams) error
	}
	Invoices interface {
		Current(context.Context, xpm.InvoiceOptions) iter.Seq2[xpm.Invoice, error]
		Draft(context.Context, xpm.InvoiceOptions) iter.Seq2[xpm.Invoice, error]
	}
	Times interface {
		List(ctx context.Context, from, to time.Time, o xpm.TimeOptions) iter.Seq2[xpm.TimeEntry, error]
	}
	// Quota may be nil: then waves begin without looking at it.
	Quota Quota
}

// MYOBAE is the way into MYOB AE. ExtraFields is needed only where an Extra Field
// is cleared, Operations only where a change is answered with one.
type MYOBAE struct {
	Clients interface {
		Get(context.Context, myobae.ClientUID) (myobae.ClientEntity, error)
		FindByCode(context.Context, string) ([]myobae.ClientEntity, error)
		ClosePreflight(context.Context, myobae.ClientUID) (myobae.ClosePreflight, error)
		Close(context.Context, myobae.ClientUID, myobae.CloseParams) (myobae.ChangeResult, error)
	}
	ExtraFields interface {
		Clear(context.Context, myobae.ClientUID, string, myobae.ClearParams) (myobae.ChangeResult, error)
	}
	Operations interface {
		Get(context.Context, myobae.OperationUID) (myobae.Operation, error)
	}
}

// Nimbus is the way into Nimbus, by subject. Account says which operations of the
// other parts work; where it is nil, those of every part that is not nil do.
type Nimbus struct {
	Account interface {
		Get(context.Context) (nimbus.Account, error)
	}
	Clients interface {
		Get(context.Context, nimbus.ClientID) (nimbus.ClientEntity, error)
		FindByCode(context.Context, string) ([]nimbus.ClientEntity, error)
		All(context.Context, nimbus.PageOptions) iter.Seq2[nimbus.ClientEntity, error]
		Delete(context.Context, nimbus.ClientID) error
	}
	History interface {
		Count(context.Context, nimbus.ClientID) (int, error)
		Export(context.Context, nimbus.ClientID) (*nimbus.HistoryExport, error)
	}
	Contacts interface {
		ListByClient(context.Context, nimbus.ClientID) ([]nimbus.Contact, error)
		Get(context.Context, nimbus.ContactID) (nimbus.Contact, error)
		Relations(context.Context, nimbus.ContactID) ([]nimbus.Relation, error)
		RemovePortalAccess(context.Context, nimbus.ContactID) error
		Delete(context.Context, nimbus.ContactID) error
	}
	EmailJobs interface {
		ListByClient(context.Context, nimbus.ClientID) ([]nimbus.EmailJob, error)
		Suspend(context.Context, nimbus.EmailJobID) (nimbus.EmailJob, error)
	}
	Folders interface {
		List(context.Context, nimbus.FolderFilter) ([]nimbus.Folder, error)
		Archive(ctx context.Context, id nimbus.FolderID, documents int) error
		Delete(ctx context.Context, id nimbus.FolderID, documents int) error
	}
	Documents interface {
		List(context.Context, nimbus.FolderID) ([]nimbus.Document, error)
		Archived(context.Context, nimbus.FolderID) ([]nimbus.Document, error)
		Upload(context.Context, nimbus.FolderID, nimbus.Upload) (nimbus.Document, error)
		Download(context.Context, nimbus.DocumentID) (io.ReadCloser, error)
	}
	Syncs interface {
		StartFull(context.Context, nimbus.SyncID) (nimbus.SyncRun, error)
		Get(context.Context, nimbus.SyncID) (nimbus.SyncRun, error)
		List(context.Context) ([]nimbus.SyncRun, error)
	}
}

// has reports whether there is a way to do what a capability names.
func (n Nimbus) has(c nimbus.Capability) bool {
	switch c {
	case nimbus.CapabilityAccountEdition:
		return n.Account != nil
	case nimbus.CapabilityClientsRead, nimbus.CapabilityClientsDelete:
		return n.Clients != nil
	case nimbus.CapabilityHistoryExport:
		return n.History != nil
	case nimbus.CapabilityContactsRead, nimbus.CapabilityContactsAccess, nimbus.CapabilityContactsDelete:
		return n.Contacts != nil
	case nimbus.CapabilityEmailJobsRead, nimbus.CapabilityEmailJobsSuspend:
		return n.EmailJobs != nil
	case nimbus.CapabilityFoldersRead:
		return n.Folders != nil && n.Documents != nil
	case nimbus.CapabilityFoldersArchive, nimbus.CapabilityFoldersDelete:
		return n.Folders != nil
	case nimbus.CapabilityDocumentsUpload, nimbus.CapabilityDocumentsDownload, nimbus.CapabilityArchiveRead:
		return n.Documents != nil
	case nimbus.CapabilitySyncStart, nimbus.CapabilitySyncRead:
		return n.Syncs != nil
	}
	return false
}

package nimbus

import "strings"

// ByHand says where in Nimbus a person does what a server does not offer (P9),
// and how. The places are those of the vendor's help pages.
type ByHand struct {
	// Where is the path through the menus: "Admin > AutoMate > Full Client Sync".
	Where string
	// Steps is what to do there, in order.
	Steps []string
}

// ByHandFor says what a person does in the place of a capability. It is the zero
// ByHand for a capability that this package does not know. Where the vendor's
// pages do not name the exact place the steps say so.
func ByHandFor(c Capability) ByHand {
	switch c {
	case CapabilityAccountEdition:
		return ByHand{"the Nimbus menu", []string{
			"Look for an Archive menu: an account with Cloud Document Management (CDM) has one, an account without does not",
		}}
	case CapabilityClientsRead:
		return ByHand{"Clients > Client Grid", []string{
			"Search for the Client Code, with all filters cleared",
			"Read the name and the Integrated column; an entity that is not there has left the Client Grid",
		}}
	case CapabilityClientsDelete:
		return ByHand{"Clients > Client Grid > blue edit arrow > Delete", []string{
			"Make sure that the Client History was exported and saved: it is deleted with the entity",
			"Open the entity with its blue edit arrow and choose Delete",
		}}
	case CapabilityHistoryExport:
		return ByHand{"Clients > Client Grid > Client History icon > export icon below the grid", []string{
			"Clear all filters: the file holds exactly what the grid shows",
			"Note how many rows the grid states",
			"Export to .csv, and do not open the file in a spreadsheet before it is handed over",
		}}
	case CapabilityContactsRead:
		return ByHand{"Contacts", []string{
			"Find every contact related to the entity, those invited by clients included",
			"For each, read whether it has a login, whether Portal Access is ticked, and the entities that it is related to",
		}}
	case CapabilityContactsAccess:
		return ByHand{"Contacts > the contact", []string{"Untick Portal Access", "Choose Update"}}
	case CapabilityContactsDelete:
		return ByHand{"Contacts > the contact", []string{
			"Make sure that the contact is related to no entity: such a contact can be edited",
			"Choose Delete",
		}}
	case CapabilityEmailJobsRead:
		return ByHand{"Email Jobs", []string{
			"Filter the grid by the entity",
			"Count the jobs with Documents for Signature (a pencil icon), and the signatures outstanding",
		}}
	case CapabilityEmailJobsSuspend:
		return ByHand{"Email Jobs > Job Status column", []string{
			"Click the job's green tick (Active), so that it shows the red cross (Suspended); a click on the cross resumes it",
		}}
	case CapabilityFoldersRead:
		return ByHand{"Documents", []string{
			"Open the yellow Client folder of an entity, or the green Business folder with the Client Code of one that is gone; its code may be followed by seven digits",
			"Count the files, and look for locked and checked-out ones",
		}}
	case CapabilityDocumentsUpload:
		return ByHand{"Documents > the Client folder > Current", []string{
			"Upload the file there and not to To Client, with Published unticked and no notification",
			"Fill in the mandatory custom fields of its category",
		}}
	case CapabilityDocumentsDownload:
		return ByHand{"Documents > the folder > the document > Download", []string{"Download the file and keep it as it is"}}
	case CapabilityDocumentsVersions:
		return ByHand{"Documents > the folder > the document; or Archive > the document", []string{
			"Open the document's versions (the vendor's pages do not name the exact place)",
			"Download each that must be kept: the Archive keeps earlier versions for 14 days only",
		}}
	case CapabilityFoldersArchive:
		return ByHand{"Documents > the green Business folder > Folder Properties > Delete", []string{
			"Make sure that there is an Archive menu: without it the same button deletes for good",
			"Compare the number of files in the warning with the number expected, then confirm",
		}}
	case CapabilityFoldersDelete:
		return ByHand{"Documents > the green Business folder > Folder Properties > Delete", []string{
			"Make sure that the files may be destroyed: without CDM they are gone for good",
			"Compare the number of files in the warning with the number expected, then confirm",
		}}
	case CapabilityArchiveRead:
		return ByHand{"Archive", []string{"Filter by the client's folder path", "Count the files"}}
	case CapabilityArchiveRestore:
		return ByHand{"Archive > the document > Restore", []string{
			"Make sure that the folder holds no file of the same name: the restored one would become its newest version",
			"Choose Restore, and move the file if its original folder was not the one wanted",
		}}
	case CapabilitySyncStart:
		return ByHand{"Admin > AutoMate > Full Client Sync", []string{
			"Make sure that the history of every client that is archived in the source system was exported: this sync removes them all",
			"Start the Full Client Sync",
		}}
	case CapabilitySyncRead:
		return ByHand{"Admin > AutoMate", []string{"Read when the last full sync finished, and whether it succeeded"}}
	}
	return ByHand{}
}

// capabilityOf is the capability that an operation of this package needs.
func capabilityOf(op string) Capability {
	switch op {
	case "Clients.Delete":
		return CapabilityClientsDelete
	case "Contacts.RemovePortalAccess":
		return CapabilityContactsAccess
	case "Contacts.Delete":
		return CapabilityContactsDelete
	case "EmailJobs.Suspend", "EmailJobs.Resume":
		return CapabilityEmailJobsSuspend
	case "Documents.Upload":
		return CapabilityDocumentsUpload
	case "Documents.Download":
		return CapabilityDocumentsDownload
	case "Documents.Versions", "Documents.DownloadVersion":
		return CapabilityDocumentsVersions
	case "Documents.Archived":
		return CapabilityArchiveRead
	case "Documents.Restore":
		return CapabilityArchiveRestore
	case "Folders.Archive":
		return CapabilityFoldersArchive
	case "Folders.Delete":
		return CapabilityFoldersDelete
	case "Syncs.StartFull":
		return CapabilitySyncStart
	}
	service, _, _ := strings.Cut(op, ".")
	return map[string]Capability{
		"Clients": CapabilityClientsRead, "History": CapabilityHistoryExport, "Contacts": CapabilityContactsRead,
		"EmailJobs": CapabilityEmailJobsRead, "Folders": CapabilityFoldersRead, "Documents": CapabilityFoldersRead,
		"Syncs": CapabilitySyncRead,
	}[service]
}

package nimbustest

import "github.com/practicekit/offboarding/nimbus"

// route ties an operation of the contract to its handler, which runs under the
// lock.
type route struct {
	pattern     string
	capability  nimbus.Capability // empty: always offered
	operation   string            // names the effect, or is empty
	destructive bool
	parameters  string // of its query, by name; those that must be there end in "!"
	handle      func(*Server, request) answer
}

const opLogin = "login"

func (r route) effect() bool { return r.operation != "" && r.operation != opLogin }

func (r route) maxBody() int64 {
	if r.capability == nimbus.CapabilityDocumentsUpload {
		return maxDocument
	}
	return maxJSON
}

func routes() []route {
	return []route{
		{"POST /v1/session", "", opLogin, false, "", (*Server).postSession},
		{"GET /v1/account", "", "", false, "", (*Server).getAccount},

		{"GET /v1/clients", nimbus.CapabilityClientsRead, "", false, "code pageSize pageToken", (*Server).listClients},
		{"GET /v1/clients/{id}", nimbus.CapabilityClientsRead, "", false, "", (*Server).getClient},
		{"DELETE /v1/clients/{id}", nimbus.CapabilityClientsDelete, "delete-client", true, "", (*Server).deleteClient},
		{"GET /v1/clients/{id}/history", nimbus.CapabilityHistoryExport, "", false, "", (*Server).exportHistory},
		{"GET /v1/clients/{id}/history/count", nimbus.CapabilityHistoryExport, "", false, "", (*Server).countHistory},
		{"GET /v1/clients/{id}/contacts", nimbus.CapabilityContactsRead, "", false, "pageSize pageToken", (*Server).listContacts},
		{"GET /v1/clients/{id}/email-jobs", nimbus.CapabilityEmailJobsRead, "", false, "pageSize pageToken", (*Server).listEmailJobs},
		{"PUT /v1/email-jobs/{id}/status", nimbus.CapabilityEmailJobsSuspend, "set-email-job-status", false, "", (*Server).setEmailJobStatus},

		{"GET /v1/contacts/{id}", nimbus.CapabilityContactsRead, "", false, "", (*Server).getContact},
		{"GET /v1/contacts/{id}/relations", nimbus.CapabilityContactsRead, "", false, "pageSize pageToken", (*Server).listRelations},
		{"DELETE /v1/contacts/{id}/portal-access", nimbus.CapabilityContactsAccess, "remove-portal-access", true, "", (*Server).removePortalAccess},
		{"DELETE /v1/contacts/{id}", nimbus.CapabilityContactsDelete, "delete-contact", true, "", (*Server).deleteContact},

		{"GET /v1/folders", nimbus.CapabilityFoldersRead, "", false, "clientId kind code pageSize pageToken", (*Server).listFolders},
		{"GET /v1/folders/{id}", nimbus.CapabilityFoldersRead, "", false, "", (*Server).getFolder},
		{"GET /v1/folders/{id}/documents", nimbus.CapabilityFoldersRead, "", false, "pageSize pageToken", (*Server).listDocuments},
		{"POST /v1/folders/{id}/documents", nimbus.CapabilityDocumentsUpload, "upload-document", false, "name! path published notify fields", (*Server).upload},
		{"POST /v1/folders/{id}/archive", nimbus.CapabilityFoldersArchive, "archive-folder", true, "", (*Server).archiveFolder},
		{"DELETE /v1/folders/{id}", nimbus.CapabilityFoldersDelete, "delete-folder", true, "documents!", (*Server).deleteFolder},
		{"GET /v1/documents/{id}", nimbus.CapabilityFoldersRead, "", false, "", (*Server).getDocument},
		{"GET /v1/documents/{id}/content", nimbus.CapabilityDocumentsDownload, "", false, "", (*Server).download},
		{"GET /v1/documents/{id}/versions", nimbus.CapabilityDocumentsVersions, "", false, "pageSize pageToken", (*Server).listVersions},
		{"GET /v1/documents/{id}/versions/{number}/content", nimbus.CapabilityDocumentsVersions, "", false, "", (*Server).downloadVersion},
		{"GET /v1/archive/documents", nimbus.CapabilityArchiveRead, "", false, "folderId! pageSize pageToken", (*Server).listArchive},
		{"POST /v1/archive/documents/{id}/restore", nimbus.CapabilityArchiveRestore, "restore-document", false, "", (*Server).restoreDocument},

		{"GET /v1/syncs", nimbus.CapabilitySyncRead, "", false, "pageSize pageToken", (*Server).listSyncs},
		{"GET /v1/syncs/{id}", nimbus.CapabilitySyncRead, "", false, "", (*Server).getSync},
		{"PUT /v1/syncs/{id}", nimbus.CapabilitySyncStart, "start-sync", true, "", (*Server).startSync},
	}
}

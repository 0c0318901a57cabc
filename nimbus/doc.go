// Package nimbus is a client for Nimbus, the document system and client portal,
// as far as the off-boarding of clients needs it.
//
// # Whose contract this is
//
// Nimbus publishes no API for these operations (P9). The contract that this
// package speaks is ours: it is written down in openapi.yaml beside this file,
// and package nimbustest serves it from memory. Whoever has access to Nimbus can
// serve it in front of what Nimbus offers them. So there is no default address,
// and a server says in Account which capabilities it offers; the rest answers
// ErrCapabilityUnavailable, and a person does it: Error.ByHand, or ByHandFor
// beforehand, says where in Nimbus and how.
//
// # Use
//
//	c, err := nimbus.NewClient(nimbus.Config{
//		BaseURL: "https://nimbus-gateway.example.com/",
//		Login:   nimbus.Password(loginCode, password, nimbus.FileLatch(file)),
//	})
//	entities, err := c.Clients.FindByCode(ctx, "SMIT0001")
//
// A Client is safe for concurrent use. Nothing is sent before the first call.
//
// # Login
//
// A session starts with the first call and is renewed when it ends. A refused
// login is never repeated (P8): five of them lock the login. Password remembers
// the refusal, with a FileLatch also for the next process, until the credentials
// change. The error is a *LoginError.
//
// # Repeating
//
// What only reads, and what may be repeated by the contract, is retried. What
// may not is sent at most once, and a lost answer is ErrOutcomeUnknown: read
// what became of it, and only then decide. Deleting an entity, a Contact or a
// folder, and archiving a folder, are of that kind. Starting a sync is not,
// because the caller chooses its id; nor is storing, restoring or suspending
// something, because the contract says what the second request finds.
//
// # Answers
//
// Unknown members and values survive. Members that decide something destructive
// must be there: a list without items, a Contact that does not say whether it has
// a login, or a page of HTML is ErrInvalid, and never an empty answer. Lists
// follow all pages; Clients.All, History.Export, Documents.Download and
// Documents.DownloadVersion stream, and Documents.Upload reads as it sends: memory
// does not grow with a file.
package nimbus

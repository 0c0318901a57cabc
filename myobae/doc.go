// Package myobae reads clients of MYOB Accountants Enterprise (MYOB AE), closes
// and re-opens them (R5, P2), and clears and sets the Extra Field by which Nimbus
// may be filtered.
//
// # Whose contract this is
//
// MYOB publishes no AE API. The package speaks the myobae gateway contract v1,
// which this project defines (openapi.yaml in this directory) and which follows
// the conventions of MYOB's other APIs: PascalCase JSON, UID, RowVersion, the
// Errors envelope, a subset of OData. The practice runs the gateway beside its
// AE server. Therefore Config.BaseURL has no default, and nothing here is a
// statement of MYOB's.
//
// In AE, closing is a task that a person starts, not a field that a program
// sets. A gateway may do it at once and answer with the closed client, or hand
// it to a person and answer with an [Operation] that awaits the operator
// (P9). Both are ordinary results; [OperationsService.Wait] waits for the second.
//
// # Usage
//
//	c, err := myobae.NewClient(myobae.Config{
//		BaseURL:     "https://ae-gateway.example.com/",
//		TokenSource: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: token}),
//	})
//	found, err := c.Clients.FindByCode(ctx, "SMITHJ01") // more than one: stop
//	result, err := c.Clients.Close(ctx, found[0].UID, myobae.CloseParams{
//		RowVersion:   found[0].RowVersion,
//		ExpectedCode: found[0].Code,
//		Reason:       "Disengaged",
//	})
//	if err == nil && result.Operation != nil {
//		_, err = c.Operations.Wait(ctx, *result.Operation, myobae.WaitOptions{})
//	}
//	closed, err := c.Clients.Get(ctx, found[0].UID) // the proof
//
// # What is repeated and what is not
//
// Reads are repeated after failures that pass. [ClientsService.Close],
// [ClientsService.Reopen], [ExtraFieldsService.Clear] and [ExtraFieldsService.Set]
// are sent at most once; when their answer is lost or makes no sense the error is
// [ErrOutcomeUnknown], and the caller reads the client before anything else.
// There is no idempotency key: the RowVersion and the ExpectedCode of a write
// keep it from meeting a client that has changed or is another one. A RowVersion
// that is no longer current is an error ([NameIncorrectRowVersionSupplied]) and
// nothing more: the package neither fetches the new one nor sends the write
// again, because whoever decided to write has to see what changed.
//
// Reads have no ETag and no If-None-Match. What is decided here is decided on a
// fresh answer; the answers are small and are asked for once in a run; and a 304
// would oblige every caller to keep clients' data at hand. RowVersion is the one
// validator, and it guards the writes.
//
// # What is not here
//
// Nothing deletes a client, sets its status to a value of the caller's choice,
// or asks Nimbus to synchronise: Nimbus follows by itself (R8). Tax file numbers
// and dates of birth are Extra Fields too; they are dropped from every answer
// and refused in every write.
//
// The package paces nothing unless Config.Limiter is set: no limit of a gateway
// is known, and the limits of MYOB's cloud APIs do not apply to it.
package myobae

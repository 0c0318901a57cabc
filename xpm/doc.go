// Package xpm is a client of the Xero Practice Manager API, version 3.1.
//
//	c, err := xpm.NewClient(xpm.Config{TenantID: id, TokenSource: ts})
//	client, err := c.Clients.Get(ctx, uuid)
//	client, err = c.Clients.Archive(ctx, uuid)
//	for client, err := range c.Clients.List(ctx, xpm.ListOptions{}) { … }
//
// It speaks the API that Xero documents at
// https://developer.xero.com/documentation/api/practice-manager-3-1, and follows
// recorded traffic where that says otherwise. What neither tells is marked as
// assumed where it matters.
//
// # Access
//
// Config.TokenSource gives OAuth 2 access tokens of a person whom the practice
// allows to connect third-party add-ons. Xero grants the practicemanager scopes
// to an app on application; each method names the one it is known to need.
// Config.TenantID is the id of the connection whose type is PRACTICEMANAGER.
//
// # Quotas
//
// XPM allows a tenant 5 calls at once, 60 a minute and 5,000 a day. A client
// paces itself so that it stays within them; clients of one tenant share what
// NewLimiter returns. A list costs one call however long it is, so one
// Clients.List and one Jobs.Current serve a whole batch.
//
// # Lists
//
// Clients.List has every client, archived and deleted ones too, with its code.
// Clients.All has only those that are neither, page by page, and without codes.
// Both are iterators: they are lazy, stop when the loop does, start anew each
// time, hold no more than a client or a page, and yield an error last. A list
// that ended in an error is not complete, whatever it yielded before.
//
// # Answers
//
// XPM reports its own errors as a Status of ERROR, mostly with HTTP status 200;
// Xero's gateway sends JSON problem documents, or nothing. Both become an
// *Error, to be told apart with errors.Is and the Err values of this package. An
// answer that is not a whole, well-formed Response with one Status is an error
// too: ErrInvalid, or ErrOutcomeUnknown for a change.
//
// Elements that this package does not know are kept in the Extra fields.
//
// # Changes
//
// The HTTP verb does not say whether a call may be repeated; each method does.
// Archiving is sent at most once. Nothing is ever sent again after its answer
// was lost: that is ErrOutcomeUnknown, and the caller reads before deciding.
// XPM honours no idempotency keys.
package xpm

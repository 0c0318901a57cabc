// Package nimbustest serves the contract of package nimbus from memory, with the
// rules of the off-boarding procedure behind it: what a sync or a deletion does
// to an entity, its contacts and its folder (R9 to R16, P1, P2). Use it to test
// your own services.
//
// A Server is an http.Handler for the paths of the contract, /v1/…, and an
// http.RoundTripper that needs no socket, so that it also works in a
// testing/synctest bubble:
//
//	server := nimbustest.New(nimbustest.Config{LoginCode: "api-user", Password: "example"})
//	server.AddClient(nimbustest.Client{Code: "SMIT0001", Name: "Smith Pty Ltd"})
//	c, err := nimbus.NewClient(nimbus.Config{
//		BaseURL:    "https://nimbus.example.com/",
//		HTTPClient: &http.Client{Transport: server},
//		Login:      nimbus.Password("api-user", "example", nil),
//	})
//
// It has no goroutines and no timers: what changes with time, such as a sync that
// ends, changes at the next request. Ids are counted up: c-1, ct-1, f-1, d-1.
// Mails that Nimbus would send are counted in Snapshot.MailsSent, so that a test
// can demand none.
//
// Assumed are the header of the history file; what becomes of contacts after a
// deletion by hand; that a locked or checked-out document stops the disposal of
// its folder; that suspended and signed Email Jobs still hold their entity; and
// the history rows of signing and restoring.
package nimbustest

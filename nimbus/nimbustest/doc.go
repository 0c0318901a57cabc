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
// The header of the history file, and what becomes of contacts after a deletion
// by hand, are assumed.
package nimbustest

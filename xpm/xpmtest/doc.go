// Package xpmtest is an in-memory Xero Practice Manager, for tests of programs
// that use package xpm. It answers as recorded traffic of version 3.1 does: the
// envelope with its api-method, the order of elements and which are left out,
// both families of errors, and the quotas with their headers and empty 429s.
//
//	srv := xpmtest.New(xpmtest.Config{})
//	srv.AddClient(xpmtest.Client{UUID: id, Code: "ACME01", Name: "Acme Pty Ltd"})
//	c, err := xpm.NewClient(xpm.Config{
//		TenantID:    xpmtest.Tenant,
//		TokenSource: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: xpmtest.Token}),
//		HTTPClient:  srv.HTTPClient(),
//	})
//
// A Server is an http.Handler, and HTTPClient reaches it without a network. It
// runs no goroutines and takes the time from time.Now, so it works in the
// virtual time of testing/synctest.
//
// It offers client.api/list, paged-list, search, get and archive, and
// job.api/current.
//
// What nobody has published is assumed, as follows: archiving an archived client
// succeeds and changes nothing; open jobs do not hinder it; a deleted client can
// be read, and cannot be archived; search looks at names, and also finds
// archived and deleted clients; a refused call uses no quota; the texts for a
// missing query, a bad page size and a bad page token are ours.
package xpmtest

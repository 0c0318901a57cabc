// Package offboarding is the map of a module that takes clients out of an
// accounting practice: the Client Entity leaves its source system, a sync removes
// it from Nimbus, and what remains (history, contacts, documents) is dealt with
// by a policy. It holds documentation only.
//
// # Packages
//
//	offboard               the procedure: steps, policy, plan, runner, report
//	offboard/filejournal   the journal and the evidence in a directory on disk
//	offboard/offboardtest  a whole practice in memory, to test your own code with
//	xpm, xpm/xpmtest       Xero Practice Manager: a client, and a fake of it
//	nimbus, nimbus/nimbustest  Nimbus: a client, and a fake of it
//	myobae, myobae/myobaetest  MYOB Accountants Enterprise: a client, and a fake of it
//	examples               programs, each readable in five minutes
//
// Begin with package offboard. The vendor packages are of use without it: they
// import neither offboard nor each other, and all send through one internal
// transport, which knows no vendor.
//
// # The truth about the three vendors
//
// Xero Practice Manager has a public API: XML over OAuth 2, with hard quotas.
// Package xpm speaks it as Xero documents it, as far as off-boarding needs it.
//
// Nimbus has an API whose contract is not public. Package nimbus speaks a
// contract of ours, published in nimbus/openapi.yaml. The server says which
// operations it offers; what it does not offer, a person does.
//
// MYOB AE has no API: it is software on the practice's own SQL Server. Package
// myobae speaks a gateway contract of ours, published in myobae/openapi.yaml,
// which follows the conventions of MYOB's other APIs. The practice runs the
// gateway.
//
// So nimbus and myobae have no default address, nothing in them is a statement of
// the vendor's, and a step that a person does is an ordinary step and no error.
//
// # The promise
//
// At most one destructive effect per client, step and target. Every effect has a
// durable intent before it, and a durable outcome or an explicit unknown after
// it. No effect runs unless its precondition was proved, fresh, after the effect
// before it. A run can be killed at any instant and continued. This is not
// "exactly once", which nobody can promise over APIs without idempotency keys.
//
// Comments and errors cite rules by number (R7, P8, I12). They are listed in
// offboard/RULES.md.
package offboarding

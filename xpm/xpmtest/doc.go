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
// It offers every operation of the API.
//
// # Faults
//
// Order makes the next calls go wrong, OrderFor those of one operation:
//
//	srv.OrderFor("PUT client.api/archive", xpmtest.After(xpmtest.Unavailable(502)))
//	srv.Order(xpmtest.RateLimited(xpmtest.LimitMinute, 22*time.Second), nil, xpmtest.Reset())
//
// There are refusals for each limit, an expired token and the wrong tenant, errors
// of the server before and after the effect, connections that break before,
// after and within an answer, pages of HTML, and slowness. A Fault of your own is
// a function; Config.Fail decides call by call.
//
// # Assumptions
//
// What nobody has published is assumed, as follows: archiving an archived client
// succeeds and changes nothing; open jobs do not hinder it; a deleted client can
// be read, and cannot be archived; search looks at names, and also finds
// archived and deleted clients; a refused call uses no quota; the texts for a
// missing query, a bad page size and a bad page token are ours; fields is passed
// over.
//
// # Clients, contacts, documents and relationships
//
// Assumed of clients: an update changes what is sent, and an empty element
// clears; a new client without tax details has no tax fields; a tax number is
// not checked, and asterisks would be stored; deleting is as a person does it,
// a second time is refused, and contacts, groups, relationships and jobs stay;
// the refusals are "Invalid client identifier" and "Invalid staff identifier"
// for whom a client names.
//
// Assumed of contacts: one belongs to any number of clients, and is deleted when
// it is taken from the last; without clientUuid it is taken from all; a deleted
// one can be read, and not changed; a client has one primary contact, the last
// that was made it; linking a linked contact sets Position and IsPrimary; all of
// a request are linked, or none; the answer has the Client, as in Xero's OpenAPI.
//
// Assumed of documents: the list comes in a Response; adding one answers with a
// UUID, as in Xero's OpenAPI; CreatedBy is empty.
//
// Assumed of relationships: one stands with both clients under one UUID, with
// "of" behind the label of the related one; any type is taken, twice too; the
// answers have a ClientRelationship, as in Xero's OpenAPI.
//
// Ours are the api-methods Contacts, Document, Documents, AddRelationship,
// UpdateRelationship and DeleteRelationship, "Invalid contact identifier" and
// "Invalid relationship identifier" where they were not recorded, and the texts
// for a contact without a name, too many contacts, and a document that is not
// whole.
//
// # Client groups, staff, custom fields and lookups
//
// Assumed of client groups: Taxable is always sent; archived and deleted clients
// stay members, and deleted ones cannot be added; adding a member or removing
// somebody else succeeds and changes nothing; members changes all that is asked
// or nothing; a group stays when its last member leaves; deleting one leaves its
// clients; groups do not count as a change of the client.
//
// Assumed of staff: a member who is deleted is gone, from the list too, and stays
// named wherever they are named; an update changes what is sent, and an empty
// element clears; a member who was added can log in; enabling and disabling twice
// succeed.
//
// Assumed of custom fields: an answer to add and update has the UUID beside the
// Status, as Xero's OpenAPI says; ValueElement follows from the type, and is Text
// for those that are not documented; deleting a field deletes its values; a value
// for a field that the thing does not have, of another element, or of another
// form is refused, and nothing is changed then; a checkbox that was set to false
// is sent as false.
//
// Assumed throughout: api-method is Members, Enable, Disable, ForgottenPassword,
// Definition and CustomField where none was recorded; unknown ids are refused as
// "Invalid group identifier", "Invalid staff identifier", "Invalid task
// identifier" and "Invalid custom field identifier", missing names as "The staff
// name is required" and its like; job states are JobStates with JobState in it.
//
// # Times, costs, invoices and quotes
//
// All of time.api, cost.api, invoice.api and quote.api. Assumed: the api-method
// of each, and every text that refuses, which follow those of clients and jobs; a
// list goes by the Date of a thing, where XPM says "created"; a time sheet needs
// a job, a task of that job, and a member of staff that were added, is billable
// as its task is, and is emptied of what an update leaves out; an update of a
// cost keeps what it leaves out; costs are listed as they were added. Approved
// invoices are the current ones; drafts are in no list but their own and that of
// their job, are all called Draft, and cannot be read by number. A quote is current unless it is a draft or
// archived, and drafts are in no other list.
//
// # Identity
//
// An Identity is Xero's identity server: consent, tokens that rotate, and
// connections. A Server whose Config names one takes the tokens that it gave out.
//
//	identity := xpmtest.NewIdentity(xpmtest.IdentityConfig{})
//	access, refresh := identity.Grant() // or through the consent page
//	srv := xpmtest.New(xpmtest.Config{Identity: identity})
//
// Assumed: a used refresh token that comes again within the grace gives a further
// pair of tokens and spoils none; an app with a secret may leave PKCE out; a
// client id or secret that is wrong is a 400 with invalid_client.
//
// # Jobs
//
// Recorded of jobs: the order of their elements and of those of tasks, which are
// left out when empty, the api-methods Add, Get, Update, State, Assign,
// ApplyTemplate, Delete and Current, and the refusals for an unknown job,
// template, state and member of staff to add. InternalID is not sent.
//
// Assumed of jobs: numbers are compared in any case, and one that is taken is
// refused; an update changes what is sent, and an empty element clears; the code
// of a state is its name in capitals without spaces, COMPLETED completes a job and
// any other takes it up again, and where no states were added there are Planned,
// In Progress and Completed; assigning somebody to a task assigns them to the job,
// removing somebody who is not assigned succeeds, and a request is done wholly or
// not at all; AppendExisting leaves a task that is there as it is; tasks that a
// new order does not name come last; a change of a task or a cost, but not of its
// completion, is answered with its UUID; quotes and estimates are drafts with the
// name of the job; deleting a job leaves its times, invoices and quotes; a list of
// some days goes by when jobs were created; jobs with some tasks come with all of
// them; lists of documents and costs come in a Response; fields is ignored. The
// api-method is List for a list and otherwise named after the path where none was
// recorded. Texts that say what is required, or is invalid otherwise, are ours.
package xpmtest

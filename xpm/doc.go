// Package xpm is a client of the Xero Practice Manager API, version 3.1.
//
//	c, err := xpm.NewClient(xpm.Config{TenantID: id, TokenSource: ts})
//	client, err := c.Clients.Get(ctx, uuid)
//	client, err = c.Clients.Archive(ctx, uuid)
//	for client, err := range c.Clients.List(ctx, xpm.ListOptions{}) { … }
//
// A Client has a service for each resource: Clients, Contacts, Documents,
// Relationships, Groups, CustomFields, Jobs, Staff, Tasks, Times, Costs,
// Invoices, Quotes, Categories, Templates, JobStates. They have every operation
// that Xero published; the table at the end says which method is which. Do
// reaches anything else.
//
// The client speaks the API that Xero documents at
// https://developer.xero.com/documentation/api/practice-manager-3-1, and follows
// recorded traffic where that says otherwise. What neither tells is marked as
// assumed where it matters.
//
// Package xpmtest is an XPM in memory, for tests of programs that use this one.
//
// # Access
//
// Xero gives access to an app on behalf of a person (OAuth 2). That person needs
// the privilege to connect third-party add-ons in Practice Manager, and Xero
// grants the practicemanager scopes to an app on application. Each method names
// the scope it is known to need; a missing one is ErrForbidden.
//
//	identity, err := xpm.NewIdentity(xpm.IdentityConfig{ClientID: …, RedirectURL: …})
//	consent, err := identity.Begin()                            // open consent.URL in a browser
//	token, err := identity.Finish(ctx, consent, redirect.Query()) // the address it came back to
//	store := xpm.FileTokenStore("/home/pat/.config/app/xero.json")
//	err = xpm.SaveToken(ctx, store, token)
//	ts := identity.TokenSource(store)
//
// The program in examples/xpm-login does this. Access tokens last half an hour
// and are renewed in time; each renewal gives a new refresh token, which is stored
// before the access token is used. Any number of processes may share a store: only
// one renews at a time. ErrConsentNeeded says that a person has to consent again,
// as after 60 days without use. Printing or logging a token shows nothing of it.
//
// Any other oauth2.TokenSource will do. One that has a method
// Invalidate(accessToken string) is told when XPM refused a token; the call is
// then repeated once, with another token.
//
// # Tenants
//
// Config.TenantID names the practice. NewConnections lists what the person
// connected the app to; a practice's connection has the type PRACTICEMANAGER, and
// perhaps no name. A tenant that is not connected is ErrForbidden.
//
// # Quotas
//
// XPM allows a tenant 5 calls at once, 60 a minute and 5,000 a day, for each app.
// A client paces itself so that it stays within them: calls wait for their turn,
// up to two minutes, and a spent day is ErrRateLimited with RetryAfter. Clients of
// one tenant in one process share what NewLimiter returns. What other processes
// use, and what was used before a restart, is learnt from the headers of the first
// answers; a call that is refused until then is repeated in time.
//
// A list costs one call however long it is, so one Clients.List and one
// Jobs.Current serve a whole batch. Client.Quota says what is left, and
// Client.Forecast what the quotas will do to a run of so many calls.
//
// # Lists
//
// Lists are iterators: lazy, started anew by each range, ended by the end of the
// loop, with an error last. They are decoded as they arrive, and no more than an
// item or a page is held, however long they are. A list that ended in an error is
// not complete, whatever it yielded before.
//
// Clients.List has every client, archived and deleted ones too, with its code.
// Clients.All has only those that are neither, page by page, and without codes.
// Fields, in the options of lists, asks for some elements of each item only. The
// withdrawn OpenAPI has that for single reads too; Do can ask for it there.
//
// Lists of jobs, times, invoices and quotes take two dates, both included, less
// than a year apart; their All takes any span and asks window by window, yielding
// nothing twice. Links to the next page are never followed: only their token is
// used, and pages that repeat are an error.
//
// # Values
//
// Ids are types of their own, in lower case. Amounts are decimal texts, never
// floats. Dates have no zone in XPM: DateTime holds what the clock on the wall
// said. Flag reads Yes, No, true and false. An enumeration is a string with
// constants for the known values, and any other survives. Elements that this
// package does not know are kept in the Extra fields.
//
// XPM masks tax numbers when it tells them, and a masked one must not be written
// back: what is read is a MaskedTaxNumber and what is written a TaxNumber, which
// refuses asterisks. A client that was read cannot be sent as an update by
// mistake either: updates take ClientParams.
//
// # Errors
//
// Every error of an operation is an *Error, and wraps one of the Err values of
// this package, to be told apart with errors.Is, or the error of the context.
//
// XPM reports its own errors as a Status of ERROR, mostly with HTTP status 200;
// Xero's gateway sends JSON problem documents, or nothing. Both become an *Error
// with their words in Description. There are no codes: "Invalid … identifier" is
// ErrNotFound, and any other refusal ErrInvalid. An answer that is not a whole,
// well-formed Response with one Status is an error too: ErrInvalid, or
// ErrOutcomeUnknown for a change. So is a document type, nesting beyond 100
// elements, and any encoding but UTF-8.
//
// An error text holds no address, query, header or body.
//
// # Changes
//
// The HTTP verb does not say whether a call may be repeated; each method does.
// XPM honours no idempotency keys and its names are not unique, so whatever
// creates something is sent at most once. When the answer to such a change is
// lost, that is ErrOutcomeUnknown, and the caller reads before deciding; what the
// server refused unprocessed (429, 401) is sent again. Changes that their method
// says may be repeated are, like reads.
// Config.ReadOnly refuses every change before it is sent.
//
// # What is assumed
//
// Nobody has published how XPM answers in many cases. Each method says what it
// assumes; the larger ones are: archiving an archived client succeeds; what a
// list or an answer leaves out is not set; elements that an update leaves out stay
// as they are; delete hides and does not destroy; the answers to changes of
// documents, relationships and custom fields hold a Status and perhaps more.
// Every exchange in testdata says whether it is documented, observed, or an
// agreement of ours.
//
// # Version 3.0
//
// Config.BaseURL can name another server that speaks 3.1, and not version 3.0.
// That one identifies contacts, staff, tasks and templates by integers, in
// elements and attributes of other names, and has no paged lists; every id and
// every check of one here would need a second form. Do reaches single calls of it.
//
// # Operations
//
// The operations by their names in the OpenAPI document that Xero published for
// version 3.1 in May 2026, and withdrew.
//
//	CategoryV31_List                          Categories.List
//	ClientV31_List                            Clients.List
//	ClientV31_PagedList                       Clients.All
//	ClientV31_Search                          Clients.Search
//	ClientV31_GetByIdentifier                 Clients.Get
//	ClientV31_Add                             Clients.Create
//	ClientV31_Update                          Clients.Update
//	ClientV31_Contacts                        Contacts.All
//	ClientV31_ContactPost                     Contacts.Create
//	ClientV31_ContactGet                      Contacts.Get
//	ClientV31_ContactPut                      Contacts.Update
//	ClientV31_ContactDelete                   Contacts.Delete
//	ClientV31_ClientContact                   Contacts.Link
//	ClientV31_Archive                         Clients.Archive
//	ClientV31_Delete                          Clients.Delete
//	ClientV31_Document                        Documents.Create
//	ClientV31_Documents                       Documents.List
//	ClientV31_AddRelationship                 Relationships.Create
//	ClientV31_UpdateRelationship              Relationships.Update
//	ClientV31_DeleteRelationship              Relationships.Delete
//	ClientGroupV31_GetByIdentifier            Groups.Get
//	ClientGroupV31_List                       Groups.List
//	ClientGroupV31_Add                        Groups.Create
//	ClientGroupV31_Members                    Groups.UpdateMembers
//	ClientGroupV31_Delete                     Groups.Delete
//	CostV31_GetByIdentifier                   Costs.Get
//	CostV31_Delete                            Costs.Delete
//	CostV31_DeleteAll                         Costs.DeleteAll
//	CostV31_Add                               Costs.Create
//	CostV31_Update                            Costs.Update
//	CostV31_List                              Costs.List
//	CustomFieldV31_GetClientByIdentifier      CustomFields.GetClientValues
//	CustomFieldV31_UpdateClientByIdentifier   CustomFields.UpdateClientValues
//	CustomFieldV31_GetContactByIdentifier     CustomFields.GetContactValues
//	CustomFieldV31_UpdateContactByIdentifier  CustomFields.UpdateContactValues
//	CustomFieldV31_GetJob                     CustomFields.GetJobValues
//	CustomFieldV31_UpdateJob                  CustomFields.UpdateJobValues
//	CustomFieldV31_GetTimeByIdentifier        CustomFields.GetTimeValues
//	CustomFieldV31_UpdateTimeByIdentifier     CustomFields.UpdateTimeValues
//	CustomFieldV31_GetJobTaskByIdentifier     CustomFields.GetJobTaskValues
//	CustomFieldV31_UpdateJobTaskByIdentifier  CustomFields.UpdateJobTaskValues
//	CustomFieldV31_GetJobCostByIdentifier     CustomFields.GetJobCostValues
//	CustomFieldV31_UpdateJobCostByIdentifier  CustomFields.UpdateJobCostValues
//	CustomFieldV31_Definition                 CustomFields.List
//	CustomFieldV31_GetByIdentifier            CustomFields.Get
//	CustomFieldV31_Add                        CustomFields.Create
//	CustomFieldV31_Update                     CustomFields.Update
//	CustomFieldV31_Delete                     CustomFields.Delete
//	InvoiceV31_Current                        Invoices.Current
//	InvoiceV31_Draft                          Invoices.Draft
//	InvoiceV31_List                           Invoices.List, Invoices.All
//	InvoiceV31_Job                            Invoices.ListByJob
//	InvoiceV31_Get                            Invoices.Get
//	InvoiceV31_Payments                       Invoices.Payments
//	JobV31_Current                            Jobs.Current
//	JobV31_List                               Jobs.List, Jobs.All
//	JobV31_ClientByIdentifier                 Jobs.ListByClient
//	JobV31_Get                                Jobs.Get
//	JobV31_State                              Jobs.SetState
//	JobV31_Add                                Jobs.Create
//	JobV31_Update                             Jobs.Update
//	JobV31_ReOrderTasks                       Jobs.ReorderTasks
//	JobV31_Note                               Jobs.AddNote
//	JobV31_Document                           Jobs.AddDocument
//	JobV31_Tasks                              Jobs.ListWithTasks
//	JobV31_Assign                             Jobs.Assign
//	JobV31_Delete                             Jobs.Delete
//	JobV31_TaskAdd                            Jobs.AddTask
//	JobV31_TaskUpdate                         Jobs.UpdateTask
//	JobV31_Costs                              Jobs.Costs
//	JobV31_CostAdd                            Jobs.AddCost
//	JobV31_CostUpdate                         Jobs.UpdateCost
//	JobV31_ApplyTemplate                      Jobs.ApplyTemplate
//	JobV31_Documents                          Jobs.Documents
//	JobV31_CompleteTask                       Jobs.CompleteTask
//	JobV31_ReOpenTask                         Jobs.ReopenTask
//	JobV31_CreateQuote                        Jobs.CreateQuote
//	JobV31_CreateEstimate                     Jobs.CreateEstimate
//	Job2V31_StaffByIdentifier                 Jobs.ListByStaff
//	JobStateV31_List                          JobStates.List
//	QuoteV31_Current                          Quotes.Current
//	QuoteV31_Draft                            Quotes.Draft
//	QuoteV31_List                             Quotes.List, Quotes.All
//	QuoteV31_Get                              Quotes.Get
//	StaffV31_List                             Staff.List
//	StaffV31_GetByUuid                        Staff.Get
//	StaffV31_Add                              Staff.Create
//	StaffV31_Update                           Staff.Update
//	StaffV31_Delete                           Staff.Delete
//	StaffV31_Enable                           Staff.Enable
//	StaffV31_Disable                          Staff.Disable
//	StaffV31_ForgottenPassword                Staff.ResetPassword
//	TaskV31_List                              Tasks.List
//	TaskV31_Get                               Tasks.Get
//	TemplateV31_List                          Templates.List
//	TimeV31_Job                               Times.ListByJob
//	TimeV31_List                              Times.List, Times.All
//	TimeV31_Staff                             Times.ListByStaff
//	TimeV31_Get                               Times.Get
//	TimeV31_Add                               Times.Create
//	TimeV31_Update                            Times.Update
//	TimeV31_Delete                            Times.Delete
package xpm

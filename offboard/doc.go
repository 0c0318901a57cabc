// Package offboard takes clients out of an accounting practice: out of Xero
// Practice Manager (XPM) or MYOB AE, and by the sync that follows out of Nimbus.
//
// The procedure is data, the decision is pure, the I/O is at the edge. A [Plan]
// is a slice of [Step] values. [Next] decides from the steps, the journal and the
// time what is to be done, and does nothing itself. A [Runner] does it.
//
//	systems := offboard.NewSystems(x, nil, n) // nil: people do it
//	journal, err := filejournal.Open("offboarding")
//	runner := offboard.Runner{
//		Plan:     offboard.NewPlan(spec, systems),
//		Journal:  journal,
//		Operator: operator,
//		Wait:     10 * time.Minute,
//	}
//	preview, err := runner.Preview(ctx) // reads only
//	report, err := runner.Run(ctx)      // the same call again continues
//
// The whole of it against a practice in memory is the example of this package.
// Rules are cited by number (R7, P8, I12): RULES.md lists them, each with the step
// that keeps it and the test that proves it.
//
// # Where to find what
//
//	what is wanted             spec.go policy.go historypolicy.go entity.go findings.go
//	the order of the steps     plan.go
//	each step, by its subject  resolve.go preflight*.go history.go filing.go copyhistory.go approve.go suspend.go
//	                           source.go customfield.go sync.go removed.go contacts.go documents.go
//	what may be done next      machine.go, a pure function
//	doing it                   runner.go judge.go commit.go parallel.go
//	who goes when              batch.go waves.go forecast.go
//	what is known              journal.go facts.go fold.go progress.go references.go
//	what people see            task.go terminal.go preview.go planfile.go report.go return.go event.go feed.go pace.go
//	the ways into the systems  systems.go practice.go xpmclients.go xpmlists.go
//
// # The promise
//
// At most one destructive effect per client, step and target. Every effect has a
// durable intent before it, and a durable outcome or an explicit unknown after
// it. No effect runs unless its precondition was proved, fresh, after the effect
// before it. A run can be killed at any instant and continued. This is not
// "exactly once": most of these calls have no idempotency key, so a lost answer
// is Unknown until a read has told what became of it.
//
// # Specification and policy
//
// A [Spec] says who leaves, from which [Source], under which [Policy]. It is plain
// JSON: [ReadSpec] and [ReadPolicy] read it strictly, and [SpecSchema] describes it.
// The source chooses the variant: [SourceXPM] archives and runs a Full Client Sync,
// [SourceXPMField] clears a custom field and runs one (assumed to do the same, R4a),
// [SourceMYOBAE] closes, [SourceMYOBAEField] clears an Extra Field, [SourceNone]
// deletes on the Client Grid. The policy must name the edition of the Nimbus
// account, since the same button archives in one and destroys in the other: [CDM]
// can keep or archive the folder, and has no way to say "delete for good"; [NonCDM]
// can keep it or, with a [Permanent] decision, delete it. All else keeps by default.
//
// # Steps
//
// NewPlan composes these. The syncs are taken once for a wave of clients, the
// others for each client. "By hand" marks those that become a [Task] where no
// program can reach the system or its server does not offer the operation.
//
//	step                rule                needs                         destroys   by hand
//	resolve             P5 I10              -                             no         yes
//	preflight           P10 I4 R12          resolve                       no         edition only
//	export-history      R1 R2 I1            preflight                     no         yes
//	file-history        R3 P4 I1            export-history                no         yes
//	copy-history        R3 I1               file-history                  no         yes
//	approve             I10                 resolve, file-history         no         always
//	suspend-signatures  R12                 approve                       no         yes
//	archive-client      R4 I1               resolve, both files, approve  yes        yes
//	clear-custom-field  R4a I1              resolve, both files, approve  yes        yes
//	close-client        R5 I1               resolve, both files, approve  yes        yes
//	clear-extra-field   R5 I1               resolve, both files, approve  yes        yes
//	delete-client       R6 I1               resolve, both files, approve  yes        yes
//	full-client-sync    R7 R8a I12          those of the removal, and it  yes        yes
//	await-sync          R8                  removal                       no         yes
//	confirm-removed     R9 R12 I13          removal, sync                 by policy  yes
//	dispose-contacts    R14-R17 P3 I3       confirm-removed               by policy  yes
//	dispose-documents   R13 R18-R20 I2 I4   confirm-removed               by policy  yes
//
// Both files are export-history and file-history. The removal is the one of
// archive-client, clear-custom-field, close-client, clear-extra-field and
// delete-client that the source calls for; there is at most one sync. A client is
// resolved again just before it is removed: with a contact or a document that came
// since it was approved, it is another client than that. copy-history and
// suspend-signatures are there only where the policy asks for them, and the removal
// then needs them too. Where a custom field is cleared, full-client-sync also asks
// a person about bystanders, since no list of XPM tells whose field is empty (I12).
// What destroys by policy also needs export-history, approve and the removal, so
// that each is proved afresh just before. [Plan.Validate] refuses an order that
// breaks this, whoever composed it.
//
// # Many clients
//
// All clients of a run take the steps up to approve first: nothing is destroyed
// before each was looked at, exported, filed and approved, and one question
// approves them all. Then they go in waves. A wave takes each step for all of its
// clients before the next one begins, so one guarded sync serves it (I12), and the
// next wave begins once it is finished: no more clients than a wave are half-done
// at any instant. Finishing beats starting. The first wave is a canary (I10).
//
// A client that is blocked or has failed goes no further in that run and holds up
// nobody else; a further run takes those clients alone. [Batch] has the sizes, the
// cap, how many may fail, and the kill switch; [Plan.Forecast] tells beforehand
// what a run costs, and a [Feed] how far it is and about how long it still takes.
// A wave begins only if what is left of XPM's day can finish it; the wait for
// another day is journaled and outlives the process.
//
// # Plans as files
//
// [Runner.Propose] is a preview that also makes a [PlanFile]: what is wanted, what
// each client is, and the hash of both, to which an approval is bound. A Runner
// whose Approved is that file does exactly that, or refuses with a
// [StalePlanError] that says what has moved, then and now. [ComparePlans] tells two
// plans apart.
//
// # Findings
//
// What preflight looks at are [Finding] values. Each has a [Severity], and
// Policy.Findings raises or lowers it: ignore is not looked at and costs no call,
// info and warn are told, stop blocks the client before anything is touched. These
// are the defaults.
//
//	ambiguity           stop    several clients or entities have the code (P5); found by resolve
//	edition             stop    the account is not of the policy's edition (I4)
//	closeBlockers       stop    what MYOB AE would refuse to close for (R5)
//	signatureRequests   stop    e-mail jobs with Documents for Signature (R12); info where SignaturesPolicy provides for them
//	openJobs            warn    current jobs in XPM
//	unbilledTime        warn    billable time on those jobs, on no invoice, of 360 days
//	draftInvoices       warn    invoices in XPM that were not sent
//	unpaidInvoices      warn    invoices in XPM with money outstanding
//	closeWarnings       warn    what MYOB AE would close in spite of
//	documentsHeld       warn    documents that are locked or checked out
//	documentsPublished  info    documents that the client can see
//	portalAccess        info    contacts that can log in (R15, R17)
//	sharedContacts      info    contacts of entities that stay (R16)
//	folder              info    files in the Client folder (R13)
//	clientGroups        info    in XPM; with relationships, the detailed list of all clients
//	relationships       info    in XPM
//	retention           info    whether the records must be kept still (P6)
//	alreadyArchived     info    archived in XPM, deleted or merged (R4, P11)
//	alreadyClosed       info    closed in MYOB AE, or the Extra Field cleared (R5)
//
// The first three always stop. What cannot be read is told as not known, and why;
// it never counts as nothing, and where it is to stop the client, it does. One
// case is a warning instead: what stops by default where no program reaches the
// system, because the person who works there meets it (P9). A policy that names
// it as a stop makes it one.
//
// All that XPM is asked for comes from lists of the whole practice, read once a
// session: as many calls for a thousand clients as for one.
//
// # States
//
//	pending   what it needs is not done yet
//	todo      checked: there is an effect to apply
//	done      checked: what it wants is so, with its proof: read or attested
//	waiting   for a sync, an operation or a quota
//	manual    a person has to do or approve something
//	blocked   a rule forbids to go on; the report names it
//	failed    something went wrong; a later run tries again
//	unknown   an effect may or may not have happened: it is read first
//	skipped   not wanted by the policy
//
// # Stopping and continuing
//
// Run returns when every client is done, blocked or failed, or when what is left
// waits for a person, or for a sync or a quota longer than Wait. It may be killed at any
// instant. The same plan with the same journal continues: the state is a fold of
// the journal, and a step that has not come to its end is read again. Three
// attempts of a step with an unknown outcome end it for that run.
//
// After cancellation no new effect starts, and the outcome of the one under way
// is still recorded. Where the journal or the evidence cannot be written, nothing
// further is sent (I6); the error is an [EvidenceError].
//
// # People
//
// What a person does or decides is a [Task]: where in the product, what, why, and
// what to hand back. An [Operator] puts it before somebody, or posts it and
// returns [ErrNoAnswer]; the next run asks again under the same ID. An answer is
// an attested proof, and reports say so. A no is recorded and asked again by the
// next run. The approval is a task as well: its subject is the scope, the hash of
// what is wanted and of every client's snapshot. A client with another folder,
// contact or document than was approved needs another approval, and nobody else
// does (I10). [Approve] gives it beforehand.
//
// # Journal and evidence
//
// A [Journal] holds what was checked, intended, done, asked and answered. It is
// the audit trail: ids, codes, counts and digests, and of people only who
// answered (I8). Beside it stands the [Evidence], files that are never replaced:
// the specification, snapshots with names, and the exported histories. Package
// filejournal keeps both in a directory, locked against a second run; package
// offboardtest has one in memory.
//
// # Steps of one's own
//
// A plan is changed by ordinary code: insert a Step with slices.Insert at
// [Plan.Index], and add its name to the Needs of what must wait for it. A step
// that only asks a person needs a Check alone; see the example of Plan. Three
// rules: Check reads only, and its context refuses all else to the vendor clients;
// Apply has one effect, on the target that Check named, and its error wraps
// ErrOutcomeUnknown of the client where it may have happened; a step that
// destroys says so, and itself needs export-history and approve.
//
// # Choices that may surprise
//
//   - A Task is part of a Verdict and no third function of a Step: only a Check
//     knows whether a person is needed, and for what.
//   - One journal spans many runs, and the fold does not care where one ended.
//     A client that has come back is off-boarded anew with another journal (I11).
//   - Needs are proved afresh before each effect, not only once: after every
//     effect on a client the steps that the next one needs are checked again.
//   - Reading only is a property of the context. Check and Preview run under one
//     in which the transport refuses whatever changes something, so a mistake in
//     a step is an error and not an effect.
//   - A list of all clients in XPM serves every client on which there was no effect
//     since it began: a read for each would cost a day of the quota. What is deleted
//     for good is worth a read of its own.
//   - Effects on several clients go on at the same time, and never two on one client
//     or one target. Where the journal fails, those that are under way still end.
//   - The cap, the canary and the threshold are no part of what is approved: they
//     only ever make a run do less.
package offboard

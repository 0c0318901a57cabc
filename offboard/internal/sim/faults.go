package sim

// Fault is something that goes wrong at one I/O of a process, or that somebody
// does just before it.
//
// Beside each stands its number in the project's list of faults to survive:
//
//	 1 crash before an effect            CrashBefore
//	 2 crash before it is recorded       CrashAfter
//	 3 answer lost, 5xx after commit     LostAnswer
//	 4 delivered twice                   Twice, TwiceAnsweredLast
//	 5 stale reads                       StaleOnce, StaleTwice, StaleOften, StaleOldest
//	 6 a sync that never ends, fails,    SyncNever, SyncFails, SyncIdle
//	   or is completed and did nothing
//	 7 Documents for Signature           AddSignature, and a client that has some
//	 8 a folder disposed of in part      FolderInPart
//	 9 throttled                         Throttled, ThrottledDay
//	10 5xx                               Unavailable (reads), NotDone (effects)
//	11 no connection                     Unavailable, NotDone
//	12 cut off in mid-answer             CutOff
//	13 a CSV file with too few rows      ShortExport, FilteredExport
//	20 clock jumps                       ClockJump: forward, for clock and timers alike
//	21 credentials refused in mid-run    Unauthorized
//	24 disk full                         DiskFull, DiskDoubt, Unreadable
//	26 torn tail of the journal          CrashBefore, CrashAfter of an append, TornAppend
//	27 cancelled                         CancelBefore, CancelAfter
//	28 a person undoes a step            Unarchive, Restore
//	31 a bystander is archived           ArchiveBystander
//	32 the edition changes               ChangeEdition
//
// and beyond the list AddDocument, Relate and ForeignSync. What the rest comes to
// is an error, and that it does is proved where the answers are read:
//
//	11 nothing written, so repeatable    internal/transport: TestNetHTTP_NothingWritten
//	14 invalid XML, Status twice         xpm: TestClients_Archive_HostileAnswers
//	15 login page, empty 200, null       internal/clienttest, with all clients
//	16 200 with Status=ERROR             xpm: TestClients_Archive_Refused
//	17 oversized, gzip bomb, depth bomb  internal/clienttest; internal/transport: TestBody_Cap
//	18 one byte every ten seconds        internal/transport: TestBody_Deadlines
//	19 redirects                         internal/clienttest; internal/transport: TestNetHTTP_RedirectIsNotFollowed
//	22 answer of a token refresh lost    xpm: TestTokenSource_AnswerLost
//	23 two processes refresh at once     xpm: TestTokenSource_SharedStore
//	24 refreshed but not stored          xpm: TestTokenSource_NotStored
//	25 two runners on one client         filejournal: TestOpen_locked
//	26 flipped bit, missing line         filejournal: TestJournal_damage
//	29 pages that shift or repeat        internal/paginate: TestAll_refuses
//	30 ambiguous and renamed clients     offboard: the scenarios of P5
type Fault uint8

// The faults.
const (
	NoFault Fault = iota

	// At any I/O.
	CrashBefore // the process dies before it
	CrashAfter  // the process dies after it, before it has learnt of it

	// At a call.
	Unauthorized // refused: 401
	Throttled    // refused: 429, without Retry-After
	ThrottledDay // refused: 429, with the Retry-After of a spent day
	CancelBefore // the context ends, and it is not sent
	CancelAfter  // the context ends before its answer is there
	ClockJump    // a day passes before it

	// At a read.
	Unavailable // 503, retries included
	StaleOnce   // the answer is from before the last change that it shows
	StaleTwice  // so is the next one to the same question
	StaleOften  // so are the next four
	StaleOldest // the answer is the oldest one that was another
	CutOff      // a list or a body breaks off in the middle
	// ShortExport and FilteredExport leave out rows of a history: as against the
	// number that is stated, or with it.
	ShortExport
	FilteredExport

	// At an effect.
	LostAnswer        // done, and the answer is lost
	NotDone           // not done, and the answer is lost too
	Twice             // done twice, with the answer of the first
	TwiceAnsweredLast // done twice, with the answer of the second
	SyncIdle          // the sync is completed at once, and removes nothing
	SyncFails         // the sync fails at its end
	SyncNever         // the sync never ends
	FolderInPart      // half of the documents are disposed of, and the answer is lost

	// At a write to the journal or the evidence.
	DiskFull   // nothing is written, and the process is told
	DiskDoubt  // it is written, and the process is told that it was not
	TornAppend // some of several records are written, and the process dies

	// At a reading of the evidence.
	Unreadable // the disk gives an error

	// What people do just before a call.
	Unarchive        // the first client is active in its source system again
	Restore          // and a manual sync has brought its entity back
	AddDocument      // a document comes into the first client's folder, and a row into its history
	AddSignature     // the first client gets Documents for Signature
	ArchiveBystander // another client is archived
	ChangeEdition    // the account gets the other edition
	Relate           // a contact of the first client gets related to another client
	ForeignSync      // a person starts a Full Client Sync

	lastFault // the number of faults
)

var faultNames = [lastFault]string{
	"no fault", "crash before", "crash after", "401", "429", "429 for the day", "cancelled before", "cancelled after", "clock jumps",
	"503", "stale once", "stale twice", "stale often", "oldest answer", "cut off", "short export", "filtered export",
	"answer lost", "not done, answer lost", "delivered twice", "delivered twice, answered last", "sync idle", "sync fails", "sync never ends", "folder in part",
	"disk full", "disk in doubt", "torn append", "unreadable",
	"un-archived", "restored", "document added", "signature added", "bystander archived", "edition changed", "contact related", "foreign sync",
}

func (f Fault) String() string { return faultNames[f] }

// Applies reports whether the fault can happen at that I/O at all.
func (f Fault) Applies(io IO) bool {
	call := io.Kind == IORead || io.Kind == IOEffect
	switch f {
	case CrashBefore:
		return true
	case CrashAfter:
		return io.Kind != IORead && io.Kind != IOOpen // reading leaves nothing behind
	case Unauthorized, Throttled, ThrottledDay, CancelBefore, ClockJump:
		return call
	case CancelAfter:
		return io.Kind == IOEffect
	case Unavailable, StaleOnce, StaleTwice, StaleOften, StaleOldest:
		return io.Kind == IORead
	case CutOff:
		return io.Op == "Clients.List" || io.Op == "Clients.All" || io.Op == "History.Export" || io.Op == "Documents.Download"
	case ShortExport, FilteredExport:
		return io.Op == "History.Export"
	case LostAnswer, NotDone, Twice, TwiceAnsweredLast:
		return io.Kind == IOEffect
	case SyncIdle, SyncFails, SyncNever:
		return io.Op == "Syncs.StartFull"
	case FolderInPart:
		return io.Op == "Folders.Archive" || io.Op == "Folders.Delete"
	case DiskFull, DiskDoubt:
		return io.Kind == IOAppend || io.Kind == IOCreate
	case TornAppend:
		return io.Kind == IOAppend && io.Records > 1
	case Unreadable:
		return io.Kind == IOOpen
	}
	return call && f.Person()
}

// Person reports whether the fault is what somebody does, and not the failure of
// something. It may happen at the same I/O as such a failure, just before it.
func (f Fault) Person() bool { return f >= Unarchive && f < lastFault }

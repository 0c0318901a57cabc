package nimbus

import (
	"context"
	"net/http"
	"time"

	"github.com/practicekit/offboarding/internal/transport"
)

// SyncID identifies a sync run. The one who starts a Full Client Sync chooses
// it: 8 to 64 letters, digits and hyphens.
type SyncID string

// SyncKind tells how much a sync reads. Only a full one removes archived
// clients (R7). The set is open.
type SyncKind string

// The kinds of syncs.
const (
	SyncFull    SyncKind = "full"
	SyncManual  SyncKind = "manual"
	SyncRegular SyncKind = "regular"
)

// SyncState is how far a sync has come. The set is open. Completed is a word
// and no proof: the proof is the entity that is absent (R9).
type SyncState string

// The states of a sync.
const (
	SyncRunning   SyncState = "running"
	SyncCompleted SyncState = "completed"
	SyncFailed    SyncState = "failed"
)

// SyncRun is one run of a sync.
type SyncRun struct {
	ID SyncID `json:"id"`
	// Number grows with every run, so it orders them whatever the clocks say.
	Number    int64     `json:"number"`
	Kind      SyncKind  `json:"kind"`
	State     SyncState `json:"state"`
	StartedAt time.Time `json:"startedAt"`
	// FinishedAt is zero while the sync runs.
	FinishedAt time.Time `json:"finishedAt,omitzero"`
	Message    string    `json:"message,omitempty"`
}

func (SyncRun) members() []string {
	return []string{"id", "number", "kind", "state", "startedAt"}
}

func (r SyncRun) check() error {
	if r.State != SyncRunning && r.FinishedAt.IsZero() && (r.State == SyncCompleted || r.State == SyncFailed) {
		return errContract("a finished sync does not say when it finished")
	}
	return named("id", r.ID)
}

// SyncService starts and reads syncs. Use it as Client.Syncs.
type SyncService struct{ c *Client }

// StartFull starts a Full Client Sync under an id of the caller's choice. It is
// practice-wide: it removes every client that is archived by then, with its
// history (R8a).
//
// It may be sent again: an id that is known already changes nothing, and the
// answer is that run as it stands. Another full sync that still runs is
// ErrConflict with CodeSyncRunning.
func (s *SyncService) StartFull(ctx context.Context, id SyncID) (SyncRun, error) {
	const op = "Syncs.StartFull"
	if err := checkSyncID(op, id); err != nil {
		return SyncRun{}, err
	}
	run, err := send[SyncRun](ctx, s.c, transport.Request{
		Op: op, Effect: transport.Repeatable, Method: http.MethodPut, Path: path("syncs", string(id)),
	}, map[string]SyncKind{"kind": SyncFull})
	if err != nil {
		return SyncRun{}, err
	}
	if run.ID != id || run.Kind != SyncFull {
		return SyncRun{}, invalid(op, "the answer is about another sync")
	}
	return run, nil
}

// Get returns one sync run.
//
// It changes nothing and is read whole. An id that is not known is ErrNotFound.
func (s *SyncService) Get(ctx context.Context, id SyncID) (SyncRun, error) {
	return getByID(ctx, s.c, "Syncs.Get", id, func(r SyncRun) SyncID { return r.ID }, "syncs", string(id))
}

// List returns the latest sync runs, newest first: the 50 latest of all kinds.
//
// It changes nothing and follows all pages.
func (s *SyncService) List(ctx context.Context) ([]SyncRun, error) {
	return list(ctx, s.c, "Syncs.List", nil, func(r SyncRun) string { return string(r.ID) }, "syncs")
}

func checkSyncID(op string, id SyncID) error {
	ok := len(id) >= 8 && len(id) <= 64
	for _, r := range id {
		ok = ok && (r == '-' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z')
	}
	if !ok {
		return invalid(op, "a sync id is 8 to 64 letters, digits and hyphens")
	}
	return nil
}

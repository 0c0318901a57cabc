package offboard_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/practicekit/offboarding/myobae"
	"github.com/practicekit/offboarding/nimbus/nimbustest"
	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/offboard/offboardtest"
	"github.com/practicekit/offboarding/xpm/xpmtest"
)

// witness sees everything that programs send, and judges each effect by the whole
// truth at that time: which invariants it breaks, whatever the run thought.
//
// What somebody does between a proof and the effect that rests on it no program
// can notice. So an effect has a window, which opens with the client's effect
// before it, with the last sync, or with the session: from then on all has to be
// proved afresh. What was done before excuses nothing.
type witness struct {
	practice *offboardtest.Practice
	spec     offboard.Spec
	journal  *offboardtest.Journal
	next     http.RoundTripper
	// uncounted says that no program can count the rows of a history, so that those
	// that are added later are seen by nobody.
	uncounted bool
	// attested says that people tell the edition of the account, once a session.
	attested bool

	mu       sync.Mutex
	began    int                   // effects before this session
	wide     int                   // effects up to the last sync
	last     map[string]int        // and up to the client's last one
	acts     []int                 // effects before each thing that somebody did
	sent     []offboardtest.Effect // by programs
	breaches []string
}

func newWitness(p *offboardtest.Practice, spec offboard.Spec, journal *offboardtest.Journal) *witness {
	return &witness{practice: p, spec: spec, journal: journal, last: map[string]int{}}
}

// wrap puts the witness between the clients and the systems.
func (w *witness) wrap(next http.RoundTripper) http.RoundTripper {
	w.next = next
	return w
}

// report tells the test what it has seen.
func (w *witness) report(t failing) {
	t.Helper()
	w.inScope()
	for _, b := range w.breaches {
		t.Errorf("%s", b)
	}
}

func (w *witness) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if r.Method == http.MethodGet {
		return w.next.RoundTrip(r)
	}
	before, n := w.practice.State(), len(w.practice.Effects())
	resp, err := w.next.RoundTrip(r)
	for _, e := range w.practice.Effects()[n:] {
		w.judge(before, e)
		w.sent = append(w.sent, e)
	}
	return resp, err
}

// act does something, as a person of the practice.
func (w *witness) act(do func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.acts = append(w.acts, len(w.practice.Effects()))
	do()
}

// session begins another process.
func (w *witness) session() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.began = len(w.practice.Effects())
}

func (w *witness) breach(format string, args ...any) {
	w.breaches = append(w.breaches, fmt.Sprintf(format, args...))
}

// excused reports whether somebody did something in the window of an effect.
func (w *witness) excused(client string) bool {
	opens := max(w.began, w.wide, w.last[client])
	return slices.ContainsFunc(w.acts, func(at int) bool { return at >= opens })
}

func (w *witness) leaves(code string) bool {
	return slices.ContainsFunc(w.spec.Entities, func(e offboard.Entity) bool { return strings.EqualFold(e.Code, code) })
}

func (w *witness) judge(s offboardtest.State, e offboardtest.Effect) {
	excused := w.excused(e.Client)
	switch e.Operation {
	case "archive-client", "update-client-custom-fields", "close-client", "clear-extra-field":
		w.removal(s, e, excused)
	case "delete-client":
		w.removal(s, e, excused)
		w.deletion(s, e, excused)
	case syncing:
		if e.Changed { // otherwise it is one that was started before
			w.sync(s, w.excused(""))
		}
	case "remove-portal-access", "delete-contact":
		w.contact(s, e, w.excused(""))
	case "archive-folder", "delete-folder":
		w.disposal(s, e, excused)
	case uploading, suspendingJob, "create-document":
		if !w.leaves(e.Client) {
			w.breach("I10: %s for %s, which stays", e.Operation, e.Client)
		}
	default:
		w.breach("I10: %s is no effect of an off-boarding", e.Operation)
	}
	if e.Operation == syncing {
		w.wide = e.Seq
	} else {
		w.last[e.Client] = e.Seq
	}
}

// removal: I10, only a client of the run; I1, with its history in the evidence.
func (w *witness) removal(s offboardtest.State, e offboardtest.Effect, excused bool) {
	if !w.leaves(e.Client) {
		w.breach("I10: %s of %s, which stays", e.Operation, e.Client)
	}
	for _, c := range s.Nimbus.Clients {
		if c.Code == e.Client && !excused {
			w.exported(c, e.Operation)
		}
	}
}

// exported: I1, the evidence holds as many rows as there are, but for those that
// the filings of the history have added.
func (w *witness) exported(c nimbustest.ClientState, before string) {
	filed := 0
	for _, e := range w.practice.Effects() {
		if e.Client == c.Code && e.Operation == uploading {
			filed++
		}
	}
	most := -1
	for _, name := range w.journal.Files() {
		if !strings.HasPrefix(name, "client-"+strings.ToLower(c.Code)+"/") || !strings.HasSuffix(name, ".csv") {
			continue
		}
		f, err := w.journal.Open(name)
		if err != nil {
			continue
		}
		data, _ := io.ReadAll(f)
		most = max(most, strings.Count(string(data), "\n")-1)
	}
	if most < 0 || !w.uncounted && most+filed < c.HistoryRows {
		w.breach("I1: %s of %s with %d of %d history rows in the evidence", before, c.Code, most, c.HistoryRows)
	}
}

// deletion: R6, only what no source system keeps; I13, or what signatures hold
// although it has gone there.
func (w *witness) deletion(s offboardtest.State, e offboardtest.Effect, excused bool) {
	if excused {
		return
	}
	i := slices.IndexFunc(s.Nimbus.Clients, func(c nimbustest.ClientState) bool { return string(c.ID) == e.Target })
	held := slices.ContainsFunc(s.Nimbus.EmailJobs, func(j nimbustest.EmailJobState) bool {
		return j.Client == e.Client && j.DocumentsForSignature > 0
	})
	switch {
	case i < 0:
	case w.spec.Source == offboard.SourceNone && s.Nimbus.Clients[i].Integrated:
		w.breach("R6: %s is integrated, and was deleted by hand", e.Client)
	case w.spec.Source != offboard.SourceNone && !held:
		w.breach("I13: %s was deleted by hand, and nothing held it", e.Client)
	case w.spec.Source != offboard.SourceNone && !gone(s, w.practice, w.spec.Source, e.Client):
		w.breach("I13: %s was deleted by hand, and is active upstream", e.Client)
	}
}

// sync: I12, whoever it removes is of the run, and exported.
func (w *witness) sync(s offboardtest.State, excused bool) {
	for _, c := range s.Nimbus.Clients {
		if excused || !removedBySync(s, w.practice, c) {
			continue
		}
		if !w.leaves(c.Code) {
			w.breach("I12: the sync removes %s, which stays", c.Code)
			continue
		}
		w.exported(c, "the sync's removal")
	}
}

// contact: I3, R16, only one of no entity.
func (w *witness) contact(s offboardtest.State, e offboardtest.Effect, excused bool) {
	i := slices.IndexFunc(s.Nimbus.Contacts, func(c nimbustest.ContactState) bool { return string(c.ID) == e.Target })
	if i < 0 || excused {
		return
	}
	if c := s.Nimbus.Contacts[i]; len(c.Related) > 0 {
		w.breach("I3, R16: %s of contact %s, which belongs to %q", e.Operation, e.Target, c.Related)
	} else if e.Operation == "delete-contact" && c.PortalAccess {
		w.breach("R15: contact %s is deleted before its portal access", e.Target)
	}
}

// disposal: I2, I4, I10.
func (w *witness) disposal(s offboardtest.State, e offboardtest.Effect, excused bool) {
	if !w.leaves(e.Client) {
		w.breach("I10: %s of %s, which stays", e.Operation, e.Client)
	}
	_, cdm := w.spec.Policy.Documents.(offboard.CDM)
	switch {
	case cdm != (e.Operation == "archive-folder"):
		w.breach("I4: %s, and the policy is for %s", e.Operation, w.spec.Policy.Documents.Edition())
	case excused:
	case !w.attested && s.Nimbus.Edition != w.spec.Policy.Documents.Edition():
		w.breach("I4: %s in the edition %s", e.Operation, s.Nimbus.Edition)
	case slices.ContainsFunc(s.Nimbus.Clients, func(c nimbustest.ClientState) bool { return c.Code == e.Client }):
		w.breach("I2: %s while %s is on the Client Grid", e.Operation, e.Client)
	case !gone(s, w.practice, w.spec.Source, e.Client):
		w.breach("I2: %s while %s is active upstream", e.Operation, e.Client)
	}
}

// inScope: I10, whatever programs destroyed a snapshot names, and so an approval.
func (w *witness) inScope() {
	known, approved := map[string]bool{}, false
	for r, err := range w.journal.Records(context.Background()) {
		if err != nil {
			w.breach("the journal cannot be read: %v", err)
			return
		}
		approved = approved || r.Kind == offboard.KindAnswered && r.Task != nil && r.Task.Approval
		if r.Facts == nil || r.Facts.Snapshot == nil {
			continue
		}
		snap := r.Facts.Snapshot
		known[string(snap.Nimbus)], known[string(snap.Folder)], known[string(snap.XPM)], known[string(snap.MYOBAE)] = true, true, true, true
		for _, id := range snap.Contacts {
			known[string(id)] = true
		}
	}
	for _, e := range w.sent {
		switch {
		case e.Destructive && !approved:
			w.breach("I10: %s of %s, and nobody approved anything", e.Operation, e.Target)
		case e.Destructive && e.Operation != syncing && !known[e.Target] && !strings.Contains(e.Target, "/"):
			w.breach("I10: %s of %s, which stands in no snapshot", e.Operation, e.Target)
		}
	}
}

// gone reports whether what removes a client from Nimbus holds.
func gone(s offboardtest.State, p *offboardtest.Practice, source offboard.Source, code string) bool {
	m, _ := p.MYOBAE.Client(code)
	switch source {
	case offboard.SourceXPM:
		return !slices.ContainsFunc(s.XPM, func(c xpmtest.Client) bool { return c.Code == code && !c.Archived && !c.Deleted })
	case offboard.SourceXPMField:
		return !slices.ContainsFunc(s.XPM, func(c xpmtest.Client) bool { return c.Code == code && passesFilter(p, c) })
	case offboard.SourceMYOBAE:
		return m.Status == myobae.StatusClosed
	case offboard.SourceMYOBAEField:
		return m.ExtraFields[offboard.DefaultField] != true
	}
	return true
}

// passesFilter reports whether Nimbus lets the client of XPM pass; it does where it
// does not filter.
func passesFilter(p *offboardtest.Practice, c xpmtest.Client) bool {
	fields := p.XPM.CustomFields()
	return len(fields) == 0 || p.XPM.CustomValue("client", c.UUID, fields[0].UUID) == "true"
}

// removedBySync reports whether a Full Client Sync removes the entity for what XPM
// says of its clients.
func removedBySync(s offboardtest.State, p *offboardtest.Practice, entity nimbustest.ClientState) bool {
	known, active, passes := false, false, false
	for _, c := range s.XPM {
		if c.Code == entity.Code {
			known, active, passes = true, active || !c.Archived && !c.Deleted, passes || passesFilter(p, c)
		}
	}
	held := slices.ContainsFunc(s.Nimbus.EmailJobs, func(j nimbustest.EmailJobState) bool {
		return j.Client == entity.Code && j.DocumentsForSignature > 0
	})
	return entity.Integrated && known && !held && (!active || !passes)
}

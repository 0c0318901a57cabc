package sim

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/offboard"
)

// judge watches everything that a run does to a practice, with the whole truth at
// hand, and notes which invariants it breaks. It sees neither report nor reasons.
//
// What somebody else changes between a proof and the effect that rests on it no
// program can notice. So each effect has a window: it opens at the client's effect
// before it, or when the process began, for from then on everything has to be
// proved afresh. What others did before the window opened excuses nothing.
type judge struct {
	cast     *cast
	spec     offboard.Spec
	evidence evidence
	journal  *Journal // nil for a runner that keeps none

	contacts [][]string // by client, as they were in the beginning

	tick     int   // I/Os so far, over all processes
	began    int   // tick at which this process began
	touched  []int // by client: tick of the last effect on it
	wide     int   // tick of the last effect on the whole practice
	acts     []happened[Fault]
	misleads []happened[string]
	windows  map[nimbus.SyncID]int // of the syncs that were started
	breaches []string
}

type happened[T any] struct {
	what    T
	tick    int
	records int // in the journal
}

// evidence is where a run keeps the histories of a client.
type evidence interface{ histories(code string) [][]byte }

func newJudge(p *Practice, spec offboard.Spec, e evidence, j *Journal) *judge {
	contacts := make([][]string, len(p.cast.clients))
	for i, c := range p.now.clients {
		for _, n := range c.contacts {
			contacts[i] = append(contacts[i], numbered[string]("ct-", n))
		}
	}
	return &judge{cast: p.cast, contacts: contacts, spec: spec, evidence: e, journal: j, touched: make([]int, len(p.cast.clients)), windows: map[nimbus.SyncID]int{}}
}

func (g *judge) fork(e evidence, j *Journal) *judge {
	f := *g
	f.evidence, f.journal = e, j
	f.touched, f.acts, f.misleads = slices.Clone(g.touched), slices.Clip(g.acts), slices.Clip(g.misleads)
	f.breaches = slices.Clip(g.breaches)
	f.windows = make(map[nimbus.SyncID]int, len(g.windows))
	for id, tick := range g.windows {
		f.windows[id] = tick
	}
	return &f
}

func (g *judge) io(int, IO)  { g.tick++ }
func (g *judge) act(f Fault) { g.acts = append(g.acts, now(g, f)) }

// misled notes an answer that was not the true one. Relations that still name an
// entity which leaves tell their age: who acts on them was not misled (I3).
func (g *judge) misled(c Call, answer any) {
	if relations, ok := answer.([]nimbus.Relation); ok && slices.ContainsFunc(relations, func(r nimbus.Relation) bool {
		i, life := g.cast.entity(r.ClientID)
		return life == 0 && g.leaves(i)
	}) {
		return
	}
	g.misleads = append(g.misleads, now(g, c.Op))
}

func now[T any](g *judge, what T) happened[T] {
	records := 0
	if g.journal != nil {
		records = g.journal.Len()
	}
	return happened[T]{what, g.tick, records}
}

func (g *judge) breach(invariant, format string, args ...any) {
	g.breaches = append(g.breaches, invariant+": "+fmt.Sprintf(format, args...))
}

// leaves reports whether a client is one of the run's.
func (g *judge) leaves(client int) bool {
	return client >= 0 && slices.ContainsFunc(g.spec.Entities, func(e offboard.Entity) bool {
		return strings.EqualFold(e.Code, g.cast.clients[client].code)
	})
}

// excused reports whether somebody's act inside of the window explains what an
// effect found, or an answer in it from before such an act.
func (g *judge) excused(window int, by ...Fault) bool {
	for _, a := range g.acts {
		if slices.Contains(by, a.what) {
			if a.tick > window {
				return true
			}
			for _, m := range g.misleads {
				if m.tick > window {
					return true
				}
			}
		}
	}
	return false
}

// before judges an effect on its arrival.
func (g *judge) before(s *state, c Call, client int) {
	if strings.HasPrefix(c.Op, "Contacts.") {
		client = g.clientOf(s, c)
	}
	window := max(g.began, g.wide)
	if client >= 0 {
		window = max(window, g.touched[client])
	} else {
		window = max(window, slices.Max(g.touched))
	}
	g.intended(c)
	switch c.Op {
	case "Clients.Archive", "Clients.Close", "ExtraFields.Clear":
		g.removal(s, c, client, window)
	case "Clients.Delete":
		g.deletion(s, c, client, window)
	case "Syncs.StartFull":
		g.windows[nimbus.SyncID(c.About)] = window
		g.sync(s, window)
	case "Contacts.RemovePortalAccess", "Contacts.Delete":
		g.contact(s, c, client, window)
	case "Folders.Archive", "Folders.Delete":
		g.disposal(s, c, client, window)
	}
	if client >= 0 {
		g.touched[client] = g.tick
	} else {
		g.wide = g.tick
	}
}

// clientOf is the run's client that a contact belonged to in the beginning; of
// several, one that has gone.
func (g *judge) clientOf(s *state, c Call) int {
	owner := -1
	for i, contacts := range g.contacts {
		if g.leaves(i) && slices.Contains(contacts, c.About) && (owner < 0 || s.clients[owner].onGrid || !g.left(s, owner)) {
			owner = i
		}
	}
	return owner
}

// left reports whether the client has left its source system, if it has one.
func (g *judge) left(s *state, client int) bool {
	is := s.clients[client]
	return is.archived || is.deleted || is.closed || is.cleared || g.spec.Source == offboard.SourceNone
}

// I6: an intent is durable before the effect, and its outcome is not. I10: what
// destroys was approved.
func (g *judge) intended(c Call) {
	if g.journal == nil {
		return
	}
	if c.Op != "Documents.Upload" && !g.approved() {
		g.breach("I10", "%s of %s without an approval", c.Op, c.About)
	}
	for _, r := range slices.Backward(g.journal.records) {
		switch {
		case r.Kind == offboard.KindIntent && strings.HasSuffix(r.Target, c.About):
			return
		case r.Kind == offboard.KindOutcome && strings.HasSuffix(r.Target, c.About), r.Kind == offboard.KindSession:
			g.breach("I6", "%s of %s without an intent in the journal", c.Op, c.About)
			return
		}
	}
	g.breach("I6", "%s of %s without an intent in the journal", c.Op, c.About)
}

// approved reports whether somebody has approved every client as its snapshot is
// now. What was approved stays so, whatever the snapshot was in between.
func (g *judge) approved() bool {
	snapshots, approved := map[string]*offboard.Snapshot{}, map[string][]*offboard.Snapshot{}
	for _, r := range g.journal.records {
		if r.Facts != nil && r.Facts.Snapshot != nil {
			snapshots[r.Client] = r.Facts.Snapshot
		}
		if r.Kind == offboard.KindAnswered && r.Task != nil && r.Task.Approval && r.Answer.Yes {
			for client, snapshot := range snapshots {
				approved[client] = append(approved[client], snapshot)
			}
		}
	}
	for client, snapshot := range snapshots {
		if !slices.ContainsFunc(approved[client], func(s *offboard.Snapshot) bool { return reflect.DeepEqual(s, snapshot) }) {
			return false
		}
	}
	return len(snapshots) > 0
}

// removal is what leads to the removal of a client.
func (g *judge) removal(s *state, c Call, client, window int) {
	if !g.leaves(client) {
		g.breach("I10", "%s of a client that stays", c.Op)
		return
	}
	g.history(s, client, window, c.Op)
	g.filed(s, client)
	if g.undone(c.About) {
		g.breach("I11", "%s again, after somebody undid it", c.Op)
	}
}

// undone reports whether somebody undid an effect of which the journal said by then
// that it was done. Of one whose outcome is unknown nobody can tell that from its
// not having been done.
func (g *judge) undone(target string) bool {
	return slices.ContainsFunc(g.acts, func(a happened[Fault]) bool {
		return (a.what == Unarchive || a.what == Restore) && g.journal != nil &&
			slices.ContainsFunc(g.journal.records[:a.records], func(r offboard.Record) bool {
				return r.Kind == offboard.KindOutcome && r.State == offboard.Done && r.Target == target
			})
	})
}

// missing counts the rows of a history that no evidence file holds.
func (g *judge) missing(client int, rows []row) (n int) {
	files := g.evidence.histories(g.cast.clients[client].code)
	for _, r := range rows {
		if !r.own && !slices.ContainsFunc(files, func(f []byte) bool { return bytes.Contains(f, []byte(r.line+"\r\n")) }) {
			n++
		}
	}
	return n
}

// I1: nothing that leads to removal without the whole history in the evidence.
func (g *judge) history(s *state, client, window int, before string) {
	if n := g.missing(client, s.clients[client].rows); n > 0 && s.clients[client].onGrid && !g.excused(window, AddDocument) {
		g.breach("I1", "%s with %d of %d history rows in no evidence file", before, n, len(s.clients[client].rows))
	}
}

// I1, R3: and with a copy of it in the Client folder.
func (g *judge) filed(s *state, client int) {
	files := g.evidence.histories(g.cast.clients[client].code)
	for _, d := range s.folders[s.clients[client].folder].files {
		if slices.ContainsFunc(files, func(f []byte) bool { return bytes.Equal(f, s.documents[d].content) }) {
			return
		}
	}
	if s.clients[client].onGrid {
		g.breach("I1, R3", "the history is not filed in the Client folder")
	}
}

// I12: a sync removes nobody but the run's clients, with their histories.
func (g *judge) sync(s *state, window int) {
	for i, c := range s.clients {
		if !c.onGrid || !g.cast.inXPM[i] || !c.archived && !c.deleted {
			continue
		}
		if g.leaves(i) {
			g.history(s, i, window, "a sync")
		} else if !g.excused(window, ArchiveBystander) {
			g.breach("I12", "a sync that would remove %s too", g.cast.clients[i].code)
		}
	}
}

// removing judges what a sync removes, when it does.
func (g *judge) removing(s *state, run syncRun, client int) {
	window, ours := g.windows[run.id]
	if !ours {
		window = g.touched[client] - 1 // of somebody else's sync: no proof can be newer
	}
	switch {
	case g.leaves(client):
		g.history(s, client, window, "the removal by a sync")
	case ours && !g.excused(window, ArchiveBystander):
		g.breach("I12", "the sync removed %s, which stays", g.cast.clients[client].code)
	}
}

// I13: an entity that stays is deleted only if it has signature jobs, is gone
// upstream, and a sync that started later has completed. R6 asks for less.
func (g *judge) deletion(s *state, c Call, client, window int) {
	g.removal(s, c, client, window)
	if client < 0 || g.spec.Source == offboard.SourceNone {
		return
	}
	is := s.clients[client]
	synced := slices.ContainsFunc(s.syncs, func(r syncRun) bool {
		return r.state == nimbus.SyncCompleted && (r.kind == nimbus.SyncFull || g.cast.inMYOBAE[client])
	})
	if is.onGrid && (is.signatures == 0 || !synced) {
		g.breach("I13", "the entity is deleted by hand, without Documents for Signature or a sync")
	}
	g.gone(s, client, window, "I13")
}

// gone: what removes the client upstream still holds.
func (g *judge) gone(s *state, client, window int, invariant string) {
	if !g.left(s, client) && !g.excused(window, Unarchive, Restore) {
		g.breach(invariant, "the client is active in its source system")
	}
}

// I3: a contact is touched only if it belongs to no entity any more. I10: and to
// the run's clients before.
func (g *judge) contact(s *state, c Call, client, window int) {
	n := place(c.About, "ct-", len(s.contacts))
	if client < 0 || n < 0 {
		g.breach("I10", "%s of a contact of no leaving client", c.Op)
		return
	}
	who := s.contacts[n]
	if len(who.related) > 0 && !g.excused(window, Relate, Restore) {
		g.breach("I3", "%s of a contact that belongs to %d entities", c.Op, len(who.related))
	}
	if c.Op == "Contacts.Delete" && who.access && !who.gone {
		g.breach("R15", "a contact is deleted before its portal access is removed")
	}
	if s.clients[client].onGrid && !g.excused(window, Restore) {
		g.breach("I3", "%s before the entity has gone", c.Op)
	}
	g.gone(s, client, window, "I11")
}

// I2, I4, I10: documents are disposed of when entity and client have gone, in the
// edition of the policy, and only those that were approved.
func (g *judge) disposal(s *state, c Call, client, window int) {
	if !g.leaves(client) {
		g.breach("I10", "%s of a folder of no leaving client", c.Op)
		return
	}
	if s.clients[client].onGrid && !g.excused(window, Restore) {
		g.breach("I2", "%s while the entity is on the Client Grid", c.Op)
	}
	g.gone(s, client, window, "I2")
	if s.edition != g.spec.Policy.Documents.Edition() && !g.excused(window, ChangeEdition) {
		g.breach("I4", "%s in the edition %s", c.Op, s.edition)
	}
	if _, cdm := g.spec.Policy.Documents.(offboard.CDM); cdm && c.Op == "Folders.Delete" {
		g.breach("I4", "a deletion for good is asked for with CDM")
	}
	if n := place(c.About, "f-", len(s.folders)); n >= 0 && len(g.acts) > 0 {
		for _, d := range s.folders[n].files {
			if s.documents[d].name == addedName && !g.approvedDocument(d) && !g.excused(window, AddDocument) {
				g.breach("I10", "%s of a document that nobody approved", c.Op)
			}
		}
	}
}

// approvedDocument reports whether a snapshot names the document.
func (g *judge) approvedDocument(d int) bool {
	return g.journal != nil && slices.ContainsFunc(g.journal.records, func(r offboard.Record) bool {
		return r.Facts != nil && r.Facts.Snapshot != nil && slices.Contains(r.Facts.Snapshot.Documents, numbered[nimbus.DocumentID]("d-", d))
	})
}

package sim

import (
	"fmt"
	"slices"

	"github.com/practicekit/offboarding/nimbus"
)

// leaves reports whether a sync removes the client: a full one what is archived or
// deleted in XPM (R7), every one what is closed in MYOB AE or no longer passes the
// filter (R5, R8).
func (p *Practice) leaves(s *state, i int, kind nimbus.SyncKind) bool {
	c := s.clients[i]
	return p.cast.inXPM[i] && kind == nimbus.SyncFull && (c.archived || c.deleted) || p.cast.inMYOBAE[i] && (c.closed || c.cleared)
}

// synchronise does what a completed sync does, for the whole practice (R8a): it
// removes what has left its source system, but for what Documents for Signature
// hold (R12), and takes up again what came back (P2).
func (p *Practice) synchronise(run syncRun) {
	for i := range p.now.clients {
		c := &p.now.clients[i]
		left := p.leaves(&p.now, i, run.kind)
		switch {
		case c.onGrid && c.integrated && left && c.signatures == 0:
			if p.watch != nil {
				p.watch.removing(&p.now, run, i)
			}
			p.remove(&p.now, i)
		case !c.onGrid && c.integrated && !left && !c.archived && !c.deleted:
			p.now.restore(p.cast, i)
		}
	}
}

// remove takes an entity away with its history and its e-mail jobs (R9 to R11),
// makes its folder orphaned (R13) and settles its contacts (R14 to R16).
func (p *Practice) remove(s *state, i int) {
	c := &s.clients[i]
	p.lost = append(p.lost, loss{i, c.rows})
	c.onGrid, c.rows, c.signatures = false, nil, 0
	if f := &s.folders[c.folder]; len(f.files) == 0 {
		f.gone = true
	} else {
		f.kind = nimbus.FolderOrphaned
		if slices.Contains(p.cast.taken, f.code) {
			f.code = fmt.Sprintf("%s%07d", f.code, 1234567+i) // P1
		}
	}
	for _, n := range c.contacts {
		who := &s.contacts[n]
		who.related = without(who.related, i)
		who.gone = who.gone || len(who.related) == 0 && !who.login
	}
}

// restore brings an entity back as another one: with its orphaned folder if that
// still has the code and name, without its history and its contacts (P2).
func (s *state) restore(cast *cast, i int) {
	c := &s.clients[i]
	c.onGrid, c.contacts = true, nil
	c.lives++
	if f := &s.folders[c.folder]; !f.gone && f.code == cast.clients[i].code {
		f.kind = nimbus.FolderClient
		return
	}
	s.newFolder(i, cast.clients[i].code)
}

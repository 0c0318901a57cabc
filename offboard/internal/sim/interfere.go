package sim

import (
	"slices"

	"github.com/practicekit/offboarding/nimbus"
)

// interfere lets somebody do something just before a call.
func interfere[T any](d *door, due Fault, c Call, do act[T]) error {
	if prospect(d, c, do)(due) {
		return d.faults.pointless()
	}
	d.p.remember()
	d.p.person(due, d.faults.Person, d.faults.Bystander)
	d.p.version++
	d.faults.acted(due)
	return nil
}

// prospect tells of a fault whether it would be pointless at a call: if it is
// somebody's act that changes nothing, or nothing that the answer to a read shows,
// so that the same just before the next call is the same run; if it is a day that
// passes, and the answer stays the same; if it is a stale read, and no earlier
// answer was another one, or the oldest one is the newest.
func prospect[T any](d *door, c Call, do act[T]) func(Fault) bool {
	p := d.p.fork()
	ask := func(s state) (T, error) {
		s = s.clone() // a download changes even what it reads
		answer, _, err := do(&s)
		return answer, err
	}
	return func(due Fault) bool {
		switch {
		case due.Person():
			after := p.fork()
			if !after.person(due, d.faults.Person, d.faults.Bystander) {
				return true
			}
			if c.Effect != Read {
				return false
			}
			was, wasErr := ask(p.now)
			is, isErr := ask(after.now)
			return equal(was, wasErr, is, isErr)
		case due == ClockJump && c.Effect == Read:
			after := p.fork()
			after.epoch = after.epoch.Add(-day)
			after.advance()
			was, wasErr := ask(p.now)
			is, isErr := ask(after.now)
			return equal(was, wasErr, is, isErr)
		case due == StaleOnce || due == StaleTwice || due == StaleOften:
			answer, err := ask(p.now)
			_, _, differs := older(p, do, answer, err, false)
			return !differs
		case due == StaleOldest:
			answer, err := ask(p.now)
			newest, newestErr, _ := older(p, do, answer, err, false)
			oldest, oldestErr, _ := older(p, do, answer, err, true)
			return equal(newest, newestErr, oldest, oldestErr)
		}
		return false
	}
}

// person does what somebody does, and reports whether it changed anything.
func (p *Practice) person(due Fault, client, bystander int) bool {
	s := &p.now
	c := &s.clients[client]
	left := c.archived || c.closed || c.cleared
	switch due {
	case Unarchive:
		c.archived, c.closed, c.cleared = false, false, false
		c.version++
		return left
	case Restore:
		if !left || c.onGrid {
			return false
		}
		c.archived, c.closed, c.cleared = false, false, false
		c.version++
		s.restore(p.cast, client)
	case AddDocument:
		return s.addDocument(c.folder)
	case AddSignature:
		c.signatures++
		return c.onGrid
	case ArchiveBystander:
		was := s.clients[bystander].archived
		s.clients[bystander].archived = true
		return !was
	case ChangeEdition:
		s.edition = map[nimbus.Edition]nimbus.Edition{nimbus.EditionCDM: nimbus.EditionNonCDM, nimbus.EditionNonCDM: nimbus.EditionCDM}[s.edition]
	case Relate:
		return s.relate(client, bystander)
	case ForeignSync:
		if slices.ContainsFunc(s.syncs, func(r syncRun) bool { return r.kind == nimbus.SyncFull && r.state == nimbus.SyncRunning }) {
			return false
		}
		p.begin(numbered[nimbus.SyncID]("foreign-", len(s.syncs)), nimbus.SyncFull, p.clock(), p.cast.takes)
	}
	return true
}

// addedName is the name of a file that somebody adds.
const addedName = "Added later.pdf"

// addDocument puts somebody's file into a folder.
func (s *state) addDocument(in int) bool {
	if s.folders[in].gone {
		return false
	}
	s.store(in, addedName, []byte("added later"))
	s.record(in, "Upload File", addedName, false)
	return true
}

// relate ties a contact with a login that belongs to the client, or to nobody any
// more, to another client.
func (s *state) relate(client, other int) bool {
	for i := range s.contacts {
		who := &s.contacts[i]
		if !who.gone && who.login && len(who.related) <= 1 && !slices.Contains(who.related, other) &&
			(len(who.related) == 0 || who.related[0] == client) {
			who.related = with(who.related, other)
			s.clients[other].contacts = with(s.clients[other].contacts, i)
			return true
		}
	}
	return false
}

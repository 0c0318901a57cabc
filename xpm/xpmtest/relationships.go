package xpmtest

import (
	"maps"
	"slices"
	"strings"
	"time"
)

func (s *Server) relationshipRoutes() []route {
	return []route{
		{"POST", "client.api/addrelationship", s.addRelationship},
		{"PUT", "client.api/updaterelationship", s.updateRelationship},
		{"POST", "client.api/deleterelationship", s.deleteRelationship},
	}
}

// A relationship stands with both clients, under one UUID: "Director" with the
// one it was added to, "Director of" with the other.

// otherSide is the label that the related client has for a relationship.
func otherSide(label string) string {
	switch label {
	case "Parent Of":
		return "Child Of"
	case "Child Of":
		return "Parent Of"
	}
	return label + " of"
}

func (r *Relationship) take(n node) {
	n.set("NumberOfShares", &r.NumberOfShares)
	n.set("Percentage", &r.Percentage)
	for name, v := range map[string]*time.Time{"StartDate": &r.Start, "EndDate": &r.End} {
		if c, ok := n.child(name); ok {
			*v, _ = time.Parse(time.DateOnly, strings.TrimSpace(c.Text))
		}
	}
}

func (s *Server) addRelationship(a *answering) {
	n := a.body("Relationship")
	one, other := n.id("ClientUUID"), n.id("RelatedClientUUID")
	r := Relationship{Type: n.at("Type")}
	r.take(n)
	refusal := ""
	s.mu.Lock()
	c, ok := s.clients[one]
	d, ok2 := s.clients[other]
	switch {
	case !ok || !ok2 || c.Deleted || d.Deleted || one == other:
		refusal = "Invalid client identifier"
	case r.Type == "":
		refusal = "Invalid relationship type"
	default:
		r.UUID, r.Related = s.newUUID(), Ref{other, d.Name}
		back := r
		back.Type, back.Related = otherSide(r.Type), Ref{one, c.Name}
		s.relate(one, r)
		s.relate(other, back)
	}
	s.mu.Unlock()
	s.effect("create-relationship", c.Code, r.UUID, false, refusal == "")
	a.sendRelationship("AddRelationship", refusal, Ref{one, c.Name}, r)
}

// relate gives the client the relationship; s.mu is held.
func (s *Server) relate(client string, r Relationship) {
	c := cloned(s.clients[client])
	c.Relationships = append(c.Relationships, r)
	s.clients[client] = c
}

// related changes a relationship on both sides, and returns it as the first
// client has it, and that client. s.mu is held.
func (s *Server) related(uuid string, change func([]Relationship, int) []Relationship) (of Client, found Relationship, ok bool) {
	for _, id := range slices.Sorted(maps.Keys(s.clients)) {
		c := s.clients[id]
		i := slices.IndexFunc(c.Relationships, func(r Relationship) bool { return strings.EqualFold(r.UUID, uuid) })
		if i < 0 {
			continue
		}
		c = cloned(c)
		if r := c.Relationships[i]; !ok || strings.HasSuffix(found.Type, " of") {
			of, found, ok = c, r, true
		}
		c.Relationships = change(c.Relationships, i)
		s.clients[id] = c
	}
	return of, found, ok
}

func (s *Server) updateRelationship(a *answering) {
	n := a.body("Relationship")
	uuid := n.id("UUID")
	changed := false
	s.mu.Lock()
	c, r, ok := s.related(uuid, func(all []Relationship, i int) []Relationship {
		before := all[i]
		all[i].take(n)
		changed = changed || all[i] != before
		return all
	})
	s.mu.Unlock()
	r.take(n)
	s.effect("update-relationship", c.Code, uuid, false, changed)
	refusal := ""
	if !ok {
		refusal = "Invalid relationship identifier"
	}
	a.sendRelationship("UpdateRelationship", refusal, Ref{c.UUID, c.Name}, r)
}

func (s *Server) deleteRelationship(a *answering) {
	uuid := a.body("Relationship").id("UUID")
	s.mu.Lock()
	c, r, ok := s.related(uuid, func(all []Relationship, i int) []Relationship { return slices.Delete(all, i, i+1) })
	s.mu.Unlock()
	s.effect("delete-relationship", c.Code, uuid, true, ok)
	refusal := ""
	if !ok {
		refusal = "Invalid relationship identifier"
	}
	a.sendRelationship("DeleteRelationship", refusal, Ref{c.UUID, c.Name}, r)
}

func (a *answering) sendRelationship(method, refusal string, of Ref, r Relationship) {
	if refusal != "" {
		a.refuse(method, refusal)
		return
	}
	x := begin(method, "OK")
	x.open("ClientRelationship")
	x.text("UUID", r.UUID)
	x.ref("Client", of)
	x.ref("RelatedClient", r.Related)
	x.open("RelationshipType")
	x.text("Name", r.Type)
	x.shut("RelationshipType")
	x.terms(r)
	x.shut("ClientRelationship")
	a.send(x)
}

// terms writes what a relationship has in every answer.
func (x *wire) terms(r Relationship) {
	x.set("NumberOfShares", r.NumberOfShares)
	x.set("Percentage", r.Percentage)
	x.day("StartDate", r.Start)
	x.day("EndDate", r.End)
}

// day writes a date without a time of day.
func (x *wire) day(name string, t time.Time) {
	if !t.IsZero() {
		x.text(name, t.Format(time.DateOnly))
	}
}

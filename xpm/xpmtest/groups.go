package xpmtest

import (
	"cmp"
	"slices"
	"strings"
)

// Group is a client group as the server holds it. Who is in it, the Groups of
// the clients say.
type Group struct {
	UUID, Name string
	Taxable    bool
}

// AddGroup adds a client group, or replaces the one with the same UUID, and puts
// the clients into it. A UUID that is empty is made up; the UUID is returned. A
// group that only a client names need not be added.
func (s *Server) AddGroup(g Group, clients ...string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	g.UUID = s.ensured(g.UUID)
	put(&s.practice.groups, g.UUID, g)
	for _, id := range clients {
		s.join(strings.ToLower(id), g)
	}
	return g.UUID
}

// Group returns the client group, the UUIDs of its clients in the order of the
// answer, and whether there is one.
func (s *Server) Group(uuid string) (g Group, clients []string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, ok = s.allGroups()[strings.ToLower(uuid)]
	for _, c := range s.members(strings.ToLower(uuid)) {
		clients = append(clients, c.UUID)
	}
	return g, clients, ok
}

// allGroups are those that were added and those that clients name; s.mu is held.
func (s *Server) allGroups() map[string]Group {
	all := map[string]Group{}
	for _, c := range s.clients {
		for _, r := range c.Groups {
			id := strings.ToLower(r.UUID)
			all[id] = Group{UUID: id, Name: r.Name}
		}
	}
	for id, g := range s.practice.groups {
		all[id] = g
	}
	return all
}

// members are the clients in a group, by name; s.mu is held.
func (s *Server) members(group string) (all []Client) {
	for _, c := range s.clients {
		if c.inGroup(group) >= 0 {
			all = append(all, c)
		}
	}
	slices.SortFunc(all, func(a, b Client) int {
		return cmp.Or(cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), cmp.Compare(a.UUID, b.UUID))
	})
	return all
}

// inGroup is where the client names the group, or -1.
func (c Client) inGroup(group string) int {
	return slices.IndexFunc(c.Groups, func(r Ref) bool { return strings.EqualFold(r.UUID, group) })
}

// join puts a client into a group, and reports whether it was not in it; s.mu is
// held.
func (s *Server) join(client string, g Group) bool {
	c, ok := s.clients[client]
	if !ok || c.inGroup(g.UUID) >= 0 {
		return false
	}
	c.Groups = append(slices.Clone(c.Groups), Ref{g.UUID, g.Name})
	s.clients[client] = c
	return true
}

// leave takes a client out of a group, and reports whether it was in it; s.mu is
// held.
func (s *Server) leave(client, group string) bool {
	c := s.clients[client]
	i := c.inGroup(group)
	if i < 0 {
		return false
	}
	c.Groups = slices.Delete(slices.Clone(c.Groups), i, i+1)
	s.clients[client] = c
	return true
}

func (s *Server) groupRoutes() []route {
	return []route{
		{"GET", "clientgroup.api/list", s.listGroups},
		{"GET", "clientgroup.api/get/{uuid}", func(a *answering) { s.sendGroup(a, "Get", a.id("uuid")) }},
		{"POST", "clientgroup.api/add", s.addGroup},
		{"PUT", "clientgroup.api/members", s.changeMembers},
		{"POST", "clientgroup.api/delete", s.deleteGroup},
	}
}

func (s *Server) listGroups(a *answering) {
	s.mu.Lock()
	all := sorted(s.allGroups(), func(g Group) string { return g.Name })
	s.mu.Unlock()
	x := begin("List", "OK")
	x.container("Groups", len(all), func(i int) { x.group(all[i], nil) })
	a.send(x)
}

func (s *Server) addGroup(a *answering) {
	n := a.body("Group")
	g := Group{Name: n.at("Name"), Taxable: strings.EqualFold(n.at("Taxable"), "Yes")}
	s.mu.Lock()
	c, known := s.clients[n.id("ClientUUID")]
	known = known && !c.Deleted
	if known && g.Name != "" {
		g.UUID = s.newUUID()
		put(&s.practice.groups, g.UUID, g)
		s.join(c.UUID, g)
	}
	s.mu.Unlock()
	s.effect("create-group", c.Code, g.UUID, false, g.UUID != "")
	switch {
	case g.Name == "":
		a.refuse("Add", "The group name is required")
	case !known:
		a.refuse("Add", "Invalid client identifier")
	default:
		s.sendGroup(a, "Add", g.UUID)
	}
}

// changeMembers does all that is asked, or nothing.
func (s *Server) changeMembers(a *answering) {
	n := a.body("Group")
	id := n.id("UUID")
	s.mu.Lock()
	g, ok := s.allGroups()[id]
	why := ""
	if !ok {
		why = "Invalid group identifier"
	}
	for _, m := range n.Children {
		if name := m.XMLName.Local; name != "add" && name != "remove" {
			continue
		}
		if c, known := s.clients[m.uuid()]; !known || c.Deleted {
			why = cmp.Or(why, "Invalid client identifier")
		}
	}
	changed := false
	for _, m := range n.Children {
		switch {
		case why != "":
		case m.XMLName.Local == "add" && s.join(m.uuid(), g), m.XMLName.Local == "remove" && s.leave(m.uuid(), id):
			changed = true
		}
	}
	if changed { // a group that only its last member named stays
		put(&s.practice.groups, id, g)
	}
	s.mu.Unlock()
	s.effect("update-group-members", "", id, false, changed)
	if why != "" {
		a.refuse("Members", why)
		return
	}
	s.sendGroup(a, "Members", id)
}

// uuid is the attribute of that name, in lower case.
func (n node) uuid() string {
	for _, a := range n.Attrs {
		if a.Name.Local == "uuid" {
			return strings.ToLower(strings.TrimSpace(a.Value))
		}
	}
	return ""
}

func (s *Server) deleteGroup(a *answering) {
	id := a.body("Group").id("UUID")
	s.mu.Lock()
	_, ok := s.allGroups()[id]
	for _, c := range s.members(id) {
		s.leave(c.UUID, id)
	}
	delete(s.practice.groups, id)
	s.mu.Unlock()
	s.effect("delete-group", "", id, true, ok)
	if !ok {
		a.refuse("Delete", "Invalid group identifier")
		return
	}
	a.done("Delete")
}

// sendGroup answers with a group and its members.
func (s *Server) sendGroup(a *answering, method, id string) {
	s.mu.Lock()
	g, ok := s.allGroups()[id]
	members := s.members(id)
	s.mu.Unlock()
	if !ok {
		a.refuse(method, "Invalid group identifier")
		return
	}
	x := begin(method, "OK")
	x.group(g, func() {
		x.container("Clients", len(members), func(i int) { x.ref("Client", Ref{members[i].UUID, members[i].Name}) })
	})
	a.send(x)
}

func (x *wire) group(g Group, members func()) {
	x.open("Group")
	x.text("UUID", g.UUID)
	x.text("Name", g.Name)
	x.flag("Taxable", g.Taxable)
	if members != nil {
		members()
	}
	x.shut("Group")
}

package xpmtest

import (
	"strings"
	"time"
)

func (s *Server) clientRoutes() []route {
	return []route{
		{"GET", "client.api/list", s.list},
		{"GET", "client.api/paged-list", s.pagedList},
		{"GET", "client.api/search", s.search},
		{"GET", "client.api/get/{uuid}", s.get},
		{"POST", "client.api/add", s.add},
		{"PUT", "client.api/update", s.update},
		{"PUT", "client.api/archive", s.archive},
		{"POST", "client.api/delete", s.remove},
	}
}

// The operations. Errors of XPM itself are a Status of ERROR with HTTP 200.

func (s *Server) list(a *answering) {
	q := a.r.URL.Query()
	since, _ := time.Parse("2006-01-02T15:04:05", q.Get("modifiedsince"))
	s.sendClients(a, "List", q.Get("detailed") == "true", func(c Client) bool {
		return !c.Modified.Before(since)
	})
}

func (s *Server) search(a *answering) {
	q := a.r.URL.Query()
	text := strings.ToLower(q.Get("query"))
	if text == "" {
		a.refuse("Search", "The query is required")
		return
	}
	s.sendClients(a, "Search", q.Get("detailed") == "true", func(c Client) bool {
		return strings.Contains(strings.ToLower(c.Name), text)
	})
}

func (s *Server) sendClients(a *answering, method string, detailed bool, wanted func(Client) bool) {
	x := begin(method, "OK")
	x.open("Clients")
	for _, c := range s.Clients() {
		if wanted(c) {
			x.client(c, true, detailed)
		}
	}
	x.shut("Clients")
	a.send(x)
}

// pagedList leaves out archived and deleted clients.
func (s *Server) pagedList(a *answering) {
	var active []Client
	for _, c := range s.Clients() {
		if !c.Archived && !c.Deleted {
			active = append(active, c)
		}
	}
	from, to, ok := a.page("PagedList", len(active))
	if !ok {
		return
	}
	x := begin("PagedList", "OK")
	x.container("Clients", to-from, func(i int) { x.client(active[from+i], false, false) })
	a.links(x, "client.api/paged-list", to, len(active))
	a.send(x)
}

func (s *Server) get(a *answering) {
	if _, ok := s.Client(a.id("uuid")); !ok {
		a.refuse("Get", "Invalid client identifier")
		return
	}
	s.sendClient(a, "Get", a.id("uuid"))
}

func (s *Server) archive(a *answering) {
	uuid := a.body("Client").id("UUID")
	s.mu.Lock()
	c, ok := s.clients[uuid]
	changed := ok && !c.Deleted && !c.Archived
	if changed {
		c.Archived, c.Modified = true, time.Now()
		s.clients[uuid] = c
	}
	s.mu.Unlock()
	s.effect("archive-client", c.Code, uuid, true, changed)
	if !ok || c.Deleted {
		a.refuse("Archive", "Invalid client identifier")
		return
	}
	s.sendClient(a, "Archive", uuid)
}

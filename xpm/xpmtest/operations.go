package xpmtest

import (
	"encoding/base64"
	"encoding/xml"
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"
)

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

// pagedList leaves out archived and deleted clients. Its token holds the place
// of the next client in the list, so pages shift when the list does.
func (s *Server) pagedList(a *answering) {
	q := a.r.URL.Query()
	size, from := 50, 0
	if v := q.Get("pageSize"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 || n > 500 {
			a.refuse("PagedList", "Invalid page size")
			return
		}
		size = n
	}
	if v := q.Get("pageToken"); v != "" {
		b, err := base64.RawURLEncoding.DecodeString(v)
		n, err2 := strconv.Atoi(strings.TrimPrefix(string(b), "from "))
		if err != nil || err2 != nil || n < 0 {
			a.refuse("PagedList", "Invalid page token")
			return
		}
		from = n
	}
	var active []Client
	for _, c := range s.Clients() {
		if !c.Archived && !c.Deleted {
			active = append(active, c)
		}
	}
	from = min(from, len(active))
	to := min(from+size, len(active))
	x := begin("PagedList", "OK")
	x.open("Clients")
	for _, c := range active[from:to] {
		x.client(c, false, false)
	}
	x.shut("Clients")
	x.open("Pagination")
	x.open("Links")
	page := BaseURL + "client.api/paged-list?"
	x.text("First", page+url.Values{"pageSize": {strconv.Itoa(size)}}.Encode())
	if to < len(active) {
		token := base64.RawURLEncoding.EncodeToString([]byte("from " + strconv.Itoa(to)))
		x.text("Next", page+url.Values{"pageSize": {strconv.Itoa(size)}, "pageToken": {token}}.Encode())
	}
	x.shut("Links")
	x.shut("Pagination")
	a.send(x)
}

func (s *Server) get(a *answering, uuid string) {
	c, ok := s.Client(uuid)
	if !ok {
		a.refuse("Get", "Invalid client identifier")
		return
	}
	x := begin("Get", "OK")
	x.client(c, true, true)
	a.send(x)
}

func (s *Server) archive(a *answering) {
	var body struct {
		XMLName xml.Name `xml:"Client"`
		UUID    string   `xml:"UUID"`
	}
	b, err := io.ReadAll(io.LimitReader(a.r.Body, 1<<20))
	if err == nil {
		err = xml.Unmarshal(b, &body)
	}
	uuid := strings.ToLower(strings.TrimSpace(body.UUID))
	var c Client
	var ok, changed bool
	if err == nil {
		s.mu.Lock()
		if c, ok = s.clients[uuid]; ok && !c.Deleted && !c.Archived {
			c.Archived, c.Modified, changed = true, time.Now(), true
			s.clients[uuid] = c
		}
		s.mu.Unlock()
	}
	if s.config.OnEffect != nil {
		s.config.OnEffect("archive-client", c.Code, uuid, true, changed)
	}
	if !ok || c.Deleted {
		a.refuse("Archive", "Invalid client identifier")
		return
	}
	x := begin("Archive", "OK")
	x.client(c, true, true)
	a.send(x)
}

func (s *Server) current(a *answering) {
	x := begin("Current", "OK")
	x.open("Jobs")
	for _, j := range s.Jobs() {
		if !j.Completed {
			c, _ := s.Client(j.ClientUUID)
			x.job(j, c.Name)
		}
	}
	x.shut("Jobs")
	a.send(x)
}

package nimbustest

import (
	"bytes"
	"encoding/csv"
	"iter"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/practicekit/offboarding/nimbus"
)

// list answers one page. Each item's number orders the list, and the page token
// is the number of the last item before, so pages do not shift when items go.
func list[T, V any](s *Server, r request, items iter.Seq2[int, T], view func(T) (int, V)) answer {
	query := r.URL.Query()
	size, after := s.config.PageSize, 0
	if asked, ok := count(query.Get("pageSize")); ok {
		size = asked
	}
	token := query.Get("pageToken")
	if n, err := strconv.Atoi(token); err == nil {
		after = n
	}
	page := struct {
		Items         []V    `json:"items"`
		NextPageToken string `json:"nextPageToken,omitempty"`
	}{Items: []V{}}
	last := 0
	for _, item := range items {
		number, v := view(item)
		if token != "" && number <= after {
			continue
		}
		if len(page.Items) == size {
			page.NextPageToken = strconv.Itoa(last)
			break
		}
		page.Items, last = append(page.Items, v), number
	}
	return respond(http.StatusOK, page)
}

func (s *Server) listClients(r request) answer {
	matching := s.clients
	if code := r.URL.Query().Get("code"); code != "" {
		matching = nil
		for _, c := range s.clients {
			if strings.EqualFold(c.Code, code) {
				matching = append(matching, c)
			}
		}
	}
	return list(s, r, slices.All(matching), func(c *client) (int, nimbus.ClientEntity) { return c.seq, c.ClientEntity })
}

// withClient answers about the entity in the path.
func (s *Server) withClient(r request, do func(c *client) answer) answer {
	c := s.clientByID(nimbus.ClientID(r.PathValue("id")))
	if c == nil {
		return notFound()
	}
	return do(c)
}

func (s *Server) getClient(r request) answer {
	return s.withClient(r, func(c *client) answer { return respond(http.StatusOK, c.ClientEntity) })
}

// deleteClient deletes by hand, which Documents for Signature do not stop (R12).
func (s *Server) deleteClient(r request) answer {
	return s.withClient(r, func(c *client) answer {
		s.remove(c)
		return answer{status: http.StatusNoContent, changed: true, client: c.Code}
	})
}

func (s *Server) exportHistory(r request) answer {
	return s.withClient(r, func(c *client) answer {
		var file bytes.Buffer
		w := csv.NewWriter(&file)
		w.UseCRLF = true
		w.Write([]string{"Date", "Event", "Who Performed Task", "Subject"})
		w.WriteAll(c.history)
		return answer{status: http.StatusOK, body: file.Bytes(), header: http.Header{
			"Content-Type": {"text/csv; charset=utf-8"}, "Nimbus-Row-Count": {strconv.Itoa(len(c.history))},
		}}
	})
}

func (s *Server) countHistory(r request) answer {
	return s.withClient(r, func(c *client) answer {
		return respond(http.StatusOK, map[string]int{"rows": len(c.history)})
	})
}

func (s *Server) listEmailJobs(r request) answer {
	return s.withClient(r, func(c *client) answer {
		return list(s, r, slices.All(c.jobs), func(j *emailJob) (int, nimbus.EmailJob) { return j.seq, j.EmailJob })
	})
}

func (s *Server) listContacts(r request) answer {
	return s.withClient(r, func(c *client) answer {
		var related []*contact
		for _, p := range s.contacts {
			if slices.Contains(p.related, c.ID) {
				related = append(related, p)
			}
		}
		return list(s, r, slices.All(related), func(p *contact) (int, nimbus.Contact) { return p.seq, p.Contact })
	})
}

func (s *Server) getContact(r request) answer {
	if p := s.contact(r.PathValue("id")); p != nil {
		return respond(http.StatusOK, p.Contact)
	}
	return notFound()
}

func (s *Server) listRelations(r request) answer {
	p := s.contact(r.PathValue("id"))
	if p == nil {
		return notFound()
	}
	var related []*client
	for _, c := range s.clients {
		if slices.Contains(p.related, c.ID) {
			related = append(related, c)
		}
	}
	return list(s, r, slices.All(related), func(c *client) (int, nimbus.Relation) {
		return c.seq, nimbus.Relation{ClientID: c.ID, Code: c.Code, Name: c.Name}
	})
}

func (s *Server) removePortalAccess(r request) answer {
	p := s.contact(r.PathValue("id"))
	if p == nil {
		return notFound()
	}
	a := answer{status: http.StatusNoContent, changed: p.PortalAccess}
	if len(p.related) > 0 {
		a.client = s.codeOf(p.related[0])
	}
	p.PortalAccess = false
	return a
}

// deleteContact deletes a contact that is related to no entity (R15, R16).
func (s *Server) deleteContact(r request) answer {
	p := s.contact(r.PathValue("id"))
	if p == nil {
		return notFound()
	}
	if len(p.related) > 0 {
		return problem(http.StatusConflict, nimbus.CodeContactRelated, "the contact is related to a client entity").about(s.codeOf(p.related[0]), "")
	}
	s.contacts = without(s.contacts, p)
	return answer{status: http.StatusNoContent, changed: true}
}

package xpmtest

import (
	"encoding/xml"
	"slices"
	"strconv"
	"strings"
)

// Cost is a cost of the practice as the server holds it. Amounts are decimal
// texts such as 100.00.
type Cost struct {
	UUID, Description, Code, Note    string
	UnitCost, UnitPrice              string
	IncomeAccount, CostOfSaleAccount string
}

// costPage is how many costs a page holds.
const costPage = 1000

// AddCost adds a cost, or replaces the one with the same UUID. A UUID that is
// empty is made up; the UUID is returned.
func (s *Server) AddCost(c Cost) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.UUID == "" {
		c.UUID = s.newUUID()
	}
	c.UUID = strings.ToLower(c.UUID)
	if i := s.costIndex(c.UUID); i >= 0 {
		s.costs[i] = c
	} else {
		s.costs = append(s.costs, c)
	}
	return c.UUID
}

// Costs returns all costs in the order in which they were added.
func (s *Server) Costs() []Cost {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.costs)
}

// costIndex is the place of the cost, or negative; s.mu is held.
func (s *Server) costIndex(uuid string) int {
	return slices.IndexFunc(s.costs, func(c Cost) bool { return c.UUID == uuid })
}

// cost returns the cost, and whether there is one.
func (s *Server) cost(uuid string) (Cost, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := s.costIndex(uuid); i >= 0 {
		return s.costs[i], true
	}
	return Cost{}, false
}

func (s *Server) costRoutes() []route {
	return []route{
		{"GET", "cost.api/list", s.listCosts},
		{"GET", "cost.api/get/{uuid}", func(a *answering) { s.sendCost(a, "Get", a.id("uuid")) }},
		{"POST", "cost.api/add", func(a *answering) { s.writeCost(a, "Add", "create-cost") }},
		{"PUT", "cost.api/update", func(a *answering) { s.writeCost(a, "Update", "update-cost") }},
		{"POST", "cost.api/delete", s.deleteCost},
		{"POST", "cost.api/deleteall", s.deleteAllCosts},
	}
}

func (s *Server) listCosts(a *answering) {
	page, err := strconv.Atoi(a.query("page"))
	if err != nil || page < 1 {
		a.refuse("List", "The page is required")
		return
	}
	costs := s.Costs()
	costs = costs[min(len(costs), (page-1)*costPage):]
	costs = costs[:min(len(costs), costPage)]
	x := begin("List", "OK")
	x.text("Records", strconv.Itoa(len(costs)))
	x.container("Costs", len(costs), func(i int) { x.cost(costs[i]) })
	a.send(x)
}

func (s *Server) sendCost(a *answering, method, uuid string) {
	c, ok := s.cost(uuid)
	if !ok {
		a.refuse(method, "Invalid cost identifier")
		return
	}
	x := begin(method, "OK")
	x.cost(c)
	a.send(x)
}

// writeCost adds or changes a cost. What an update leaves out stays.
func (s *Server) writeCost(a *answering, method, operation string) {
	var body struct {
		XMLName     xml.Name `xml:"Cost"`
		UUID        string
		Description *string
		Code        *string
		Note        *string
		UnitCost    *string
		UnitPrice   *string
	}
	var c Cost
	why := "Invalid cost"
	if a.read(&body) == nil {
		why = ""
	}
	if method == "Update" {
		uuid, ok := strings.ToLower(strings.TrimSpace(body.UUID)), false
		if c, ok = s.cost(uuid); !ok {
			c.UUID, why = uuid, "Invalid cost identifier"
		}
	}
	old := c
	for _, set := range []struct{ to, from *string }{
		{&c.Description, body.Description}, {&c.Code, body.Code}, {&c.Note, body.Note}, {&c.UnitCost, body.UnitCost}, {&c.UnitPrice, body.UnitPrice},
	} {
		if set.from != nil {
			*set.to = *set.from
		}
	}
	if why == "" && strings.TrimSpace(c.Description) == "" {
		why = "The cost description is required"
	}
	if why == "" {
		c.UUID = s.AddCost(c)
	}
	s.effect(operation, "", c.UUID, false, why == "" && c != old)
	if why != "" {
		a.refuse(method, why)
		return
	}
	s.sendCost(a, method, c.UUID)
}

func (s *Server) deleteCost(a *answering) {
	var body struct {
		XMLName xml.Name `xml:"Cost"`
		UUID    string
	}
	ok := false
	if a.read(&body) == nil {
		s.mu.Lock()
		i := s.costIndex(strings.ToLower(strings.TrimSpace(body.UUID)))
		if ok = i >= 0; ok {
			s.costs = slices.Delete(s.costs, i, i+1)
		}
		s.mu.Unlock()
	}
	s.effect("delete-cost", "", strings.ToLower(strings.TrimSpace(body.UUID)), true, ok)
	if !ok {
		a.refuse("Delete", "Invalid cost identifier")
		return
	}
	a.done("Delete")
}

func (s *Server) deleteAllCosts(a *answering) {
	var body struct {
		XMLName xml.Name `xml:"DeleteAll"`
	}
	bad, had := a.read(&body), 0
	if bad == nil {
		s.mu.Lock()
		had, s.costs = len(s.costs), nil
		s.mu.Unlock()
	}
	s.effect("delete-all-costs", "", "", true, had > 0)
	if bad != nil {
		a.refuse("DeleteAll", "Invalid request")
		return
	}
	a.done("DeleteAll")
}

// cost writes a cost in the order of the documentation.
func (x *wire) cost(c Cost) {
	x.open("Cost")
	for _, e := range [][2]string{
		{"UUID", c.UUID}, {"Description", c.Description}, {"Code", c.Code}, {"Note", c.Note}, {"UnitCost", c.UnitCost}, {"UnitPrice", c.UnitPrice},
		{"IncomeAccount", c.IncomeAccount}, {"CostOfSaleAccount", c.CostOfSaleAccount},
	} {
		x.text(e[0], e[1])
	}
	x.shut("Cost")
}

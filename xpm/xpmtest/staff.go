package xpmtest

// Staff is a member of staff as the server holds it.
type Staff struct {
	UUID, Name, Email, Phone, Mobile, Address, PayrollCode string

	Disabled bool // cannot log in; the API does not tell
	Resets   int  // e-mails with which to reset the password
}

// AddStaff adds a member of staff, or replaces the one with the same UUID. A UUID
// that is empty is made up; the UUID is returned.
func (s *Server) AddStaff(m Staff) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	m.UUID = s.ensured(m.UUID)
	put(&s.practice.staff, m.UUID, m)
	return m.UUID
}

// Staff returns all members of staff in the order of the list: by name, then by
// UUID.
func (s *Server) Staff() []Staff {
	s.mu.Lock()
	defer s.mu.Unlock()
	return sorted(s.practice.staff, func(m Staff) string { return m.Name })
}

func (s *Server) staffRoutes() []route {
	return []route{
		{"GET", "staff.api/list", s.listStaff},
		{"GET", "staff.api/get/{uuid}", s.getStaff},
		{"POST", "staff.api/add", s.addStaff},
		{"PUT", "staff.api/update", s.updateStaff},
		{"POST", "staff.api/delete", func(a *answering) {
			s.actOnStaff(a, "Delete", "delete-staff", true, func(m *Staff) bool { delete(s.practice.staff, m.UUID); return true })
		}},
		{"POST", "staff.api/enable", func(a *answering) {
			s.actOnStaff(a, "Enable", "enable-staff", false, func(m *Staff) bool { was := m.Disabled; m.Disabled = false; return was })
		}},
		{"POST", "staff.api/disable", func(a *answering) {
			s.actOnStaff(a, "Disable", "disable-staff", false, func(m *Staff) bool { was := m.Disabled; m.Disabled = true; return !was })
		}},
		{"POST", "staff.api/forgottenpassword", func(a *answering) {
			s.actOnStaff(a, "ForgottenPassword", "reset-staff-password", false, func(m *Staff) bool { m.Resets++; return true })
		}},
	}
}

func (s *Server) listStaff(a *answering) {
	all := s.Staff()
	x := begin("List", "OK")
	x.container("StaffList", len(all), func(i int) { x.staff(all[i]) })
	a.send(x)
}

func (s *Server) getStaff(a *answering) {
	s.mu.Lock()
	m, ok := s.practice.staff[a.id("uuid")]
	s.mu.Unlock()
	a.staff("Get", m, ok)
}

// addStaff answers with the api-method Get, as was observed.
func (s *Server) addStaff(a *answering) {
	m := Staff{}.with(a.body("Staff"))
	if m.Name != "" {
		m.UUID = s.AddStaff(m)
	}
	s.effect("create-staff", "", m.UUID, false, m.Name != "")
	if m.Name == "" {
		a.refuse("Add", "The staff name is required")
		return
	}
	a.staff("Get", m, true)
}

func (s *Server) updateStaff(a *answering) {
	n := a.body("Staff")
	s.mu.Lock()
	m, ok := s.practice.staff[n.id("UUID")]
	was := m
	m = m.with(n)
	if ok && m.Name != "" {
		s.practice.staff[m.UUID] = m
	}
	s.mu.Unlock()
	s.effect("update-staff", "", n.id("UUID"), false, ok && m.Name != "" && m != was)
	if ok && m.Name == "" {
		a.refuse("Update", "The staff name is required")
		return
	}
	a.staff("Update", m, ok)
}

// actOnStaff does what is answered by a Status only.
func (s *Server) actOnStaff(a *answering, method, operation string, destructive bool, act func(*Staff) bool) {
	id := a.body("Staff").id("UUID")
	s.mu.Lock()
	m, ok := s.practice.staff[id]
	changed := ok && act(&m)
	if _, still := s.practice.staff[id]; still {
		s.practice.staff[id] = m
	}
	s.mu.Unlock()
	s.effect(operation, "", id, destructive, changed)
	if !ok {
		a.refuse(method, "Invalid staff identifier")
		return
	}
	a.done(method)
}

// with is m with what the elements of a request say; those that are left out
// stay as they are.
func (m Staff) with(n node) Staff {
	n.set("Name", &m.Name)
	n.set("Address", &m.Address)
	n.set("Phone", &m.Phone)
	n.set("Mobile", &m.Mobile)
	n.set("Email", &m.Email)
	n.set("PayrollCode", &m.PayrollCode)
	return m
}

// staff answers with a member of staff, or refuses if there is none.
func (a *answering) staff(method string, m Staff, ok bool) {
	if !ok {
		a.refuse(method, "Invalid staff identifier")
		return
	}
	x := begin(method, "OK")
	x.staff(m)
	a.send(x)
}

func (x *wire) staff(m Staff) {
	x.open("Staff")
	x.text("UUID", m.UUID)
	x.text("Name", m.Name)
	x.text("Email", m.Email)
	x.text("Phone", m.Phone)
	x.text("Mobile", m.Mobile)
	x.text("Address", m.Address)
	x.text("PayrollCode", m.PayrollCode)
	x.text("WebUrl", "https://app.practicemanager.xero.com/admin/resourceedit.aspx?id="+m.UUID)
	x.shut("Staff")
}

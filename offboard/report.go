package offboard

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// Report says where every client of a run stands: what was done, on what proof,
// what was kept and why. Its JSON form has version 1; fields may be added to it,
// and none change their meaning.
type Report struct {
	Version int `json:"version"`
	// Preview says that nothing was done: a state of todo is what would be.
	Preview bool           `json:"preview,omitempty"`
	Clients []ClientReport `json:"clients"`
	// Calls counts the requests sent to each system. The Runner does not see
	// them; a program that counts may fill this in.
	Calls map[string]int `json:"calls,omitempty"`
	// Tasks are what people still have to do or to approve.
	Tasks []Task `json:"tasks,omitempty"`
}

// ClientReport is the part of a Report about one client. State is done, waiting,
// blocked or failed. Steps of a wave are listed with every client of it.
type ClientReport struct {
	Code  string       `json:"code"`
	Name  string       `json:"name,omitempty"`
	State State        `json:"state"`
	Steps []StepReport `json:"steps"`
	Kept  []KeptReport `json:"kept"`
	// Return is what can still be brought back, until when and how (P2).
	Return []Return `json:"return,omitempty"`
	// Wave is the number of the wave that the client was taken out in, 0 if none.
	Wave int `json:"wave,omitempty"`
}

// StepReport is where one step stands. Proof says how a step that is done was
// proved; Evidence holds ids, counts and digests.
type StepReport struct {
	Name     string            `json:"name"`
	State    State             `json:"state"`
	Rule     string            `json:"rule,omitempty"`
	Reason   string            `json:"reason,omitempty"`
	Proof    Proof             `json:"proof,omitempty"`
	Evidence map[string]string `json:"evidence,omitempty"`
	Findings []Finding         `json:"findings,omitempty"`
}

// KeptReport is one thing that stays behind, with the name it had in the
// snapshot where the evidence tells it.
type KeptReport struct {
	Kept
	Name string `json:"name,omitempty"`
}

// State is the state of the whole run: failed before blocked before waiting
// before done.
func (r Report) State() State {
	overall := Done
	for _, c := range r.Clients {
		overall = worse(overall, c.State)
	}
	return overall
}

// worse orders the states of clients by what a person must look at first.
func worse(a, b State) State {
	order := []State{Failed, Blocked, Waiting, Done}
	return order[min(slices.Index(order, a), slices.Index(order, b))]
}

func (s *session) report() Report {
	r := Report{Version: 1, Clients: []ClientReport{}}
	for _, e := range s.Plan.Spec.Entities {
		r.Clients = append(r.Clients, s.clientReport(e))
	}
	asked := map[string]bool{}
	for _, info := range s.infos {
		for _, e := range s.Plan.Spec.Entities {
			sp := s.progress.seen(s.unitOf(e.Code, info), info.Name)
			if sp.state == Manual && sp.task != nil && !asked[sp.task.ID] {
				asked[sp.task.ID] = true
				r.Tasks = append(r.Tasks, *sp.task)
			}
		}
	}
	return r
}

// unitOf is what a step of a client is taken for: the client, or its wave.
func (s *session) unitOf(client string, info StepInfo) unit {
	if info.Scope == PerWave {
		return unit{wave: s.progress.Wave(client)}
	}
	return unit{client: client}
}

func (s *session) clientReport(e Entity) ClientReport {
	c := ClientReport{Code: e.Code, Name: e.Name, State: Done, Steps: []StepReport{}, Kept: []KeptReport{}}
	names := s.contactNames(e.Code)
	c.Return, c.Wave = s.returns(e.Code), s.progress.Wave(e.Code)
	for _, info := range s.infos {
		sp := s.progress.seen(s.unitOf(e.Code, info), info.Name)
		step := StepReport{Name: info.Name, State: sp.state, Rule: sp.rule, Reason: sp.reason, Evidence: sp.details, Findings: sp.findings}
		if step.Rule == "" {
			step.Rule = info.Rule
		}
		if sp.state == Done {
			step.Proof = sp.proof
		}
		c.Steps = append(c.Steps, step)
		for _, k := range sp.kept {
			c.Kept = append(c.Kept, KeptReport{Kept: k, Name: names[k.ID]})
		}
		switch sp.state {
		case Failed, Blocked:
			c.State = worse(c.State, sp.state)
		case Done, Skipped:
		default:
			c.State = worse(c.State, Waiting)
		}
	}
	return c
}

// contactNames reads the names of a client's contacts from its snapshot in the
// evidence. Without one, ids must do.
func (s *session) contactNames(code string) map[string]string {
	snap := s.progress.Facts(code).Snapshot
	if snap == nil || snap.File == "" {
		return nil
	}
	f, err := s.Journal.Open(snap.File)
	if err != nil {
		return nil
	}
	defer f.Close()
	var file snapshotFile
	if json.NewDecoder(f).Decode(&file) != nil {
		return nil
	}
	names := map[string]string{}
	for _, c := range file.Contacts {
		names[string(c.ID)] = strings.TrimSpace(c.FirstName + " " + c.Surname)
	}
	return names
}

// plural counts things in words: "1 client", "2 clients".
func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// WriteText writes the report for people to read, as plain text.
func (r Report) WriteText(w io.Writer) error { return r.writeText(w, r.Clients) }

// WriteBrief is WriteText for a run of many clients: each that is done or waits
// has one line, and behind them stands all there is about the others.
func (r Report) WriteBrief(w io.Writer) error {
	var others []ClientReport
	for _, c := range r.Clients {
		if c.State == Failed || c.State == Blocked {
			others = append(others, c)
			continue
		}
		if _, err := fmt.Fprintf(w, "%s: %s\n", c.title(), c.brief()); err != nil {
			return err
		}
	}
	if _, err := fmt.Fprintln(w); err != nil {
		return err
	}
	return r.writeText(w, others)
}

// brief says in a line where the client stands.
func (c ClientReport) brief() string {
	wave := ""
	if c.Wave > 0 {
		wave = fmt.Sprintf(" in wave %d", c.Wave)
	}
	for _, s := range c.Steps {
		if s.State != Done && s.State != Skipped {
			if s.Reason == "" {
				s.Reason = "waits for its turn"
			}
			return fmt.Sprintf("%s%s at %s: %s (%s)", c.State, wave, s.Name, s.Reason, s.Rule)
		}
	}
	return fmt.Sprintf("%s%s, %d kept", c.State, wave, len(c.Kept))
}

// writeText writes all about some of the clients, and what concerns the whole run.
func (r Report) writeText(w io.Writer, clients []ClientReport) error {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for _, c := range clients {
		c.writeText(t, r.Preview)
	}
	for _, task := range r.Tasks {
		fmt.Fprintf(t, "to do by a person: %s: %s (%s)\n  why: %s\n", task.Where, strings.Join(task.Do, "; "), task.Rule, task.Why)
	}
	counts := map[State]int{}
	for _, c := range r.Clients {
		counts[c.State]++
	}
	var parts []string
	for _, state := range []State{Done, Waiting, Blocked, Failed} {
		if counts[state] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[state], state))
		}
	}
	if r.Preview {
		parts = append(parts, "a preview: nothing was changed")
	}
	fmt.Fprintf(t, "%s: %s\n", plural(len(r.Clients), "client"), strings.Join(parts, ", "))
	if len(r.Calls) > 0 {
		fmt.Fprintf(t, "calls: xpm %d, nimbus %d, myobae %d\n", r.Calls["xpm"], r.Calls["nimbus"], r.Calls["myobae"])
	}
	return t.Flush()
}

func (c ClientReport) title() string { return strings.TrimSpace(c.Code + " " + c.Name) }

func (c ClientReport) writeText(w io.Writer, preview bool) {
	fmt.Fprintf(w, "%s: %s\n", c.title(), c.State)
	for _, s := range c.Steps {
		if s.State == Pending && s.Reason == "" {
			s.Reason = "waits for the steps before it"
		}
		if s.Proof != "" {
			s.Reason = fmt.Sprintf("%s [%s]", s.Reason, s.Proof)
		}
		fmt.Fprintf(w, "  %s\t%s\t%s (%s)\n", s.Name, s.State, s.Reason, s.Rule)
	}
	writeFindings(w, c.Steps, preview)
	for _, k := range c.Kept {
		what := k.What + " " + k.ID
		if k.Name != "" {
			what = fmt.Sprintf("%s %s (%s)", k.What, k.Name, k.ID)
		}
		fmt.Fprintf(w, "  kept: %s: %s (%s)\n", what, k.Why, k.Rule)
	}
	for _, back := range c.Return {
		fmt.Fprintf(w, "  %s\n", back)
	}
	fmt.Fprintln(w)
}

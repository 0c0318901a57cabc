package offboard_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/offboard/offboardtest"
	"github.com/practicekit/offboarding/xpm/xpmtest"
)

// run is what a scenario left behind.
type run struct {
	practice *offboardtest.Practice
	journal  *offboardtest.Journal
	report   offboard.Report
	state    offboardtest.State
}

func (r run) onGrid(code string) bool {
	return slices.ContainsFunc(r.state.Nimbus.Clients, func(c nimbustestClient) bool { return c.Code == code })
}

func (r run) xpm(code string) xpmtest.Client {
	i := slices.IndexFunc(r.state.XPM, func(c xpmtest.Client) bool { return c.Code == code })
	return r.state.XPM[i]
}

func (r run) contact(surnameless string) (nimbustestContact, bool) {
	i := slices.IndexFunc(r.state.Nimbus.Contacts, func(c nimbustestContact) bool { return c.FirstName == surnameless })
	if i < 0 {
		return nimbustestContact{}, false
	}
	return r.state.Nimbus.Contacts[i], true
}

func (r run) orphan(code string) (nimbustestFolder, bool) {
	i := slices.IndexFunc(r.state.Nimbus.Folders, func(f nimbustestFolder) bool {
		return f.Kind == nimbus.FolderOrphaned && strings.HasPrefix(f.Code, code)
	})
	if i < 0 {
		return nimbustestFolder{}, false
	}
	return r.state.Nimbus.Folders[i], true
}

// changed lists the operations that changed something for a client, syncs
// included, in order.
func (r run) changed(code string) (ops []string) {
	for _, e := range r.practice.Effects() {
		if e.Changed && (e.Client == code || e.Operation == "start-sync") {
			ops = append(ops, e.Operation)
		}
	}
	return ops
}

// ofClient is changed without the syncs.
func (r run) ofClient(code string) []string {
	return slices.DeleteFunc(r.changed(code), func(op string) bool { return op == "start-sync" })
}

func (r run) destroyed() (ops []string) {
	for _, e := range r.practice.Effects() {
		if e.Changed && e.Destructive {
			ops = append(ops, e.Operation)
		}
	}
	return ops
}

// step returns what the report says of a client's step.
func (r run) step(code, name string) offboard.StepReport {
	for _, c := range r.report.Clients {
		for _, s := range c.Steps {
			if c.Code == code && s.Name == name {
				return s
			}
		}
	}
	return offboard.StepReport{}
}

// rules are the rules of everything that kept the run from being done.
func (r run) rules() string {
	var rules []string
	for _, c := range r.report.Clients {
		for _, s := range c.Steps {
			if s.State == offboard.Blocked || s.State == offboard.Failed || s.State == offboard.Waiting || s.State == offboard.Manual {
				rules = append(rules, s.Rule)
			}
		}
	}
	return strings.Join(rules, ", ")
}

func wantOps(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("changed %q, want %q", got, want)
	}
}

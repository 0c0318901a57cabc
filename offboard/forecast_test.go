package offboard_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/offboard/offboardtest"
	"github.com/practicekit/offboarding/xpm"
)

// leftQuota is what is left of a quota.
type leftQuota struct {
	fixedQuota
	left xpm.Quota
}

func (q leftQuota) Quota() xpm.Quota { return q.left }

// The forecast is what a run then costs, and how long XPM's quotas make it last.
func TestPlan_Forecast(t *testing.T) {
	fresh := leftQuota{left: xpm.Quota{Minute: 60, Day: 5000}}
	for _, c := range []struct {
		name    string
		clients int
		policy  offboard.Policy
		batch   offboard.Batch
		quota   offboard.Quota
		want    offboard.Forecast
	}{
		// The session's list and the four of its preflight, and in each wave its clients and the list
		// before the sync.
		{"a small run is one wave", 10, keepCDM, offboard.Batch{}, fresh, offboard.Forecast{Clients: 10, Waves: 1, Calls: 10 + 1 + 5}},
		{"what is disposed of takes a list after each sync", 10, archiveCDM, offboard.Batch{}, fresh, offboard.Forecast{Clients: 10, Waves: 1, Calls: 10 + 2 + 5}},
		{"and deletion for good a read of each client", 10, deleteAll, offboard.Batch{}, fresh, offboard.Forecast{Clients: 10, Waves: 1, Calls: 2*10 + 2 + 5}},
		{"a canary and nine waves", 1000, keepCDM, offboard.Batch{}, fresh, offboard.Forecast{Clients: 1000, Waves: 10, Calls: 1015, Least: 16 * time.Minute}},
		{"more than a day", 10000, keepCDM, offboard.Batch{Wave: 500}, fresh, offboard.Forecast{Clients: 10000, Waves: 21, Calls: 10026, Least: 48 * time.Hour, Days: 2}},
		{"of a day that others have used", 100, keepCDM, offboard.Batch{}, leftQuota{left: xpm.Quota{Minute: 60, Day: 50}}, offboard.Forecast{Clients: 100, Waves: 3, Calls: 108, Least: 24 * time.Hour, Days: 1}},
		{"a wave is no greater than a day", 6000, keepCDM, offboard.Batch{Wave: 6000, Canary: -1}, fresh, offboard.Forecast{Clients: 6000, Waves: 2, Calls: 6007, Least: 24*time.Hour + 16*time.Minute, Days: 1}},
	} {
		spec := offboard.Spec{Source: offboard.SourceXPM, Policy: c.policy, Entities: make([]offboard.Entity, c.clients)}
		plan := offboard.NewPlan(spec, offboard.Systems{})
		plan.Quota = c.quota
		if got := plan.Forecast(c.batch); got != c.want {
			t.Errorf("%s:\n%+v, want\n%+v", c.name, got, c.want)
		}
	}
}

// What was forecast is what a run costs, call by call.
func TestPlan_Forecast_isTrue(t *testing.T) {
	copied := keepCDM
	copied.History.XPMCopy = true
	for name, c := range map[string]struct {
		source offboard.Source
		policy offboard.Policy
	}{
		"keep":           {offboard.SourceXPM, keepCDM},
		"archive":        {offboard.SourceXPM, with(archiveCDM, offboard.ContactsDelete, "")},
		"delete":         {offboard.SourceXPM, deleteAll},
		"copy":           {offboard.SourceXPM, copied},
		"field":          {offboard.SourceXPMField, keepCDM},
		"field, archive": {offboard.SourceXPMField, with(archiveCDM, offboard.ContactsDelete, "")},
		"field, delete":  {offboard.SourceXPMField, deleteAll},
	} {
		inBubble(t, func(t *testing.T) {
			world := crowd(45)
			if c.policy.Contacts != "" {
				for i := range world.Clients { // each has somebody who can log in
					world.Contacts = append(world.Contacts, offboardtest.Contact{FirstName: "Alex", Surname: fmt.Sprint("Example ", i), Login: true, Clients: []string{crowdCode(i)}})
				}
			}
			world.Edition = c.policy.Documents.Edition()
			if c.source == offboard.SourceXPMField {
				byField(&world)
			}
			s := newBatchFrom(t, c.source, world, 45, c.policy, offboard.Batch{Wave: 15})
			want := s.runner.Plan.Forecast(s.runner.Batch)
			r := s.run(t)
			if got := s.total(); count(r, offboard.Done) != 45 || got != want.Calls || len(s.waves) != want.Waves {
				t.Errorf("%s: %d done in %d waves with %d calls (%v), forecast %d and %d", name, count(r, offboard.Done), len(s.waves), got, s.calls, want.Waves, want.Calls)
			}
		})
	}
}

func (s *batch) total() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, calls := range s.calls {
		n += calls
	}
	return n
}

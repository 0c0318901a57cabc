package offboard_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/offboard/offboardtest"
)

// looked is one row of the table: what is to be found with ACME01, and how.
type looked struct {
	name  offboard.FindingName
	world func(*offboardtest.World)
	spec  func(*offboard.Spec)
	// severity and count are what the default policy makes of it.
	severity offboard.Severity
	count    int
	rule     string
	// reads is in the addresses of the requests that it costs, saves how many of
	// them a preview has less where it is ignored, beside those that share them.
	reads string
	saves int
	with  []offboard.FindingName
	// hidden takes away what it is read from.
	hidden func(*offboardtest.World, *offboard.Systems, *offboard.Spec)
}

func inXPM(change func(*offboardtest.XPMClient)) func(*offboardtest.World) {
	return func(w *offboardtest.World) { change(w.Clients[0].XPM) }
}

func ofMYOBAE(s *offboard.Spec) { s.Source = offboard.SourceMYOBAE }

func withoutXPM(_ *offboardtest.World, s *offboard.Systems, _ *offboard.Spec) { s.XPM = offboard.XPM{} }

func withoutMYOBAE(_ *offboardtest.World, s *offboard.Systems, _ *offboard.Spec) {
	s.MYOBAE = offboard.MYOBAE{}
}

func withoutCapability(c nimbus.Capability) func(*offboardtest.World, *offboard.Systems, *offboard.Spec) {
	return func(w *offboardtest.World, _ *offboard.Systems, _ *offboard.Spec) {
		w.Capabilities = slices.DeleteFunc(nimbus.Capabilities(), func(have nimbus.Capability) bool { return have == c })
	}
}

// allLooked has a row for every finding that a policy can raise and lower.
func allLooked() []looked {
	return []looked{
		{name: offboard.FindingOpenJobs, severity: offboard.SeverityWarn, count: 2, rule: "P10",
			world: inXPM(func(c *offboardtest.XPMClient) { c.OpenJobs = 2 }),
			reads: "job.api/current", saves: 1, with: []offboard.FindingName{offboard.FindingUnbilledTime},
			hidden: func(_ *offboardtest.World, s *offboard.Systems, _ *offboard.Spec) { s.XPM.Jobs = nil }},
		{name: offboard.FindingUnbilledTime, severity: offboard.SeverityWarn, count: 1, rule: "P10",
			world: inXPM(func(c *offboardtest.XPMClient) { c.OpenJobs, c.UnbilledMinutes = 1, 90 }),
			reads: "time.api/list", saves: 1,
			hidden: func(_ *offboardtest.World, s *offboard.Systems, _ *offboard.Spec) { s.XPM.Times = nil }},
		{name: offboard.FindingDraftInvoices, severity: offboard.SeverityWarn, count: 3, rule: "P10",
			world: inXPM(func(c *offboardtest.XPMClient) { c.DraftInvoices = 3 }),
			reads: "invoice.api/draft", saves: 1,
			hidden: func(_ *offboardtest.World, s *offboard.Systems, _ *offboard.Spec) { s.XPM.Invoices = nil }},
		{name: offboard.FindingUnpaidInvoices, severity: offboard.SeverityWarn, count: 2, rule: "P10",
			world: inXPM(func(c *offboardtest.XPMClient) { c.DraftInvoices, c.UnpaidInvoices = 1, 2 }),
			reads: "invoice.api/current", saves: 1,
			hidden: func(_ *offboardtest.World, s *offboard.Systems, _ *offboard.Spec) { s.XPM.Invoices = nil }},
		{name: offboard.FindingClientGroups, severity: offboard.SeverityInfo, count: 2, rule: "P10",
			world: inXPM(func(c *offboardtest.XPMClient) { c.Groups = []string{"Example family", "Others"} }),
			reads: "detailed=true", saves: 1, with: []offboard.FindingName{offboard.FindingRelationships}, hidden: withoutXPM},
		{name: offboard.FindingRelationships, severity: offboard.SeverityInfo, count: 2, rule: "P10",
			world: func(w *offboardtest.World) {
				w.Clients[0].XPM.Relationships, w.Clients[2].XPM.Relationships = []string{"BETA02"}, []string{"ACME01"}
			},
			reads: "detailed=true", saves: 1, with: []offboard.FindingName{offboard.FindingClientGroups}, hidden: withoutXPM},
		{name: offboard.FindingDocumentsHeld, severity: offboard.SeverityWarn, count: 2, rule: "P10",
			world: func(w *offboardtest.World) {
				w.Clients[0].Nimbus.Documents[0].Locked, w.Clients[0].Nimbus.Documents[1].CheckedOut = true, true
			},
			reads: "/folders/", saves: 1, with: []offboard.FindingName{offboard.FindingDocumentsPublished, offboard.FindingFolder},
			hidden: withoutCapability(nimbus.CapabilityFoldersRead)},
		{name: offboard.FindingDocumentsPublished, severity: offboard.SeverityInfo, count: 1, rule: "P10",
			reads: "/folders/", saves: 1, with: []offboard.FindingName{offboard.FindingDocumentsHeld, offboard.FindingFolder},
			hidden: withoutCapability(nimbus.CapabilityFoldersRead)},
		{name: offboard.FindingFolder, severity: offboard.SeverityInfo, count: 2, rule: "R13",
			reads: "/folders/", saves: 1, with: []offboard.FindingName{offboard.FindingDocumentsHeld, offboard.FindingDocumentsPublished},
			hidden: withoutCapability(nimbus.CapabilityFoldersRead)},
		{name: offboard.FindingSignatureRequests, severity: offboard.SeverityStop, count: 1, rule: "R12", world: signatures,
			reads: "/email-jobs", saves: 1, hidden: withoutCapability(nimbus.CapabilityEmailJobsRead)},
		{name: offboard.FindingPortalAccess, severity: offboard.SeverityInfo, count: 2, rule: "R15, R17",
			reads: "c-1/contacts", saves: 1, with: []offboard.FindingName{offboard.FindingSharedContacts},
			hidden: withoutCapability(nimbus.CapabilityContactsRead)},
		{name: offboard.FindingSharedContacts, severity: offboard.SeverityInfo, count: 1, rule: "R16",
			reads: "/relations", saves: 3, hidden: withoutCapability(nimbus.CapabilityContactsRead)},
		{name: offboard.FindingRetention, severity: offboard.SeverityInfo, count: 1, rule: "P6",
			spec: func(s *offboard.Spec) { _ = s.Entities[0].RetainUntil.UnmarshalText([]byte("2031-06-30")) },
			hidden: func(_ *offboardtest.World, _ *offboard.Systems, s *offboard.Spec) {
				s.Entities[0].RetainUntil = offboard.Date{}
			}},
		{name: offboard.FindingAlreadyArchived, severity: offboard.SeverityInfo, count: 1, rule: "P11",
			world: inXPM(func(c *offboardtest.XPMClient) { c.Archived = true }), hidden: withoutXPM},
		{name: offboard.FindingAlreadyClosed, severity: offboard.SeverityInfo, count: 1, rule: "R5",
			spec:  func(s *offboard.Spec) { s.Source = offboard.SourceMYOBAEField },
			world: func(w *offboardtest.World) { w.Clients[0].MYOBAE.ExtraFields["Nimbus Portal"] = nil },
			reads: "/v1/Client/", saves: 1, hidden: withoutMYOBAE},
		{name: offboard.FindingCloseWarnings, severity: offboard.SeverityWarn, count: 1, rule: "P10", spec: ofMYOBAE,
			world: func(w *offboardtest.World) { w.Clients[0].MYOBAE.Warnings = []string{"WIPBalance"} }, hidden: withoutMYOBAE},
	}
}

// looking is a preview or a run of one row, with the requests that it sent.
type looking struct {
	run
	requests []string
}

// look takes ACME01 through under a policy that names these severities.
func (c looked) look(t *testing.T, hide bool, severities map[offboard.FindingName]offboard.Severity,
	take func(offboard.Runner, context.Context) (offboard.Report, error)) looking {
	t.Helper()
	world := defaultWorld()
	if c.world != nil {
		c.world(&world)
	}
	spec := offboard.Spec{Source: offboard.SourceXPM, Policy: keepCDM, Entities: []offboard.Entity{{Code: "ACME01"}}}
	spec.Policy.Findings = severities
	if c.spec != nil {
		c.spec(&spec)
	}
	if hide {
		c.hidden(&world, &offboard.Systems{}, &spec)
	}
	practice, err := offboardtest.New(world)
	if err != nil {
		t.Fatal(err)
	}
	l := looking{run: run{practice: practice, journal: &offboardtest.Journal{}}}
	systems, err := practice.Systems(func(next http.RoundTripper) http.RoundTripper {
		return roundTrip(func(r *http.Request) (*http.Response, error) {
			l.requests = append(l.requests, r.Method+" "+r.URL.String())
			return next.RoundTrip(r)
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	if hide {
		c.hidden(&world, &systems, &spec)
	}
	l.report, err = take(offboard.Runner{Plan: offboard.NewPlan(spec, systems), Journal: l.journal,
		Operator: offboard.Approve("Pat Example", "tests", nil), Wait: time.Hour, Batch: oneByOne}, context.Background())
	if err != nil {
		t.Fatal(err)
	}
	l.state = practice.State()
	return l
}

// asked counts the requests with the text in their address.
func (l looking) asked(text string) (n int) {
	for _, r := range l.requests {
		if strings.Contains(r, text) {
			n++
		}
	}
	return n
}

// finding returns what the report says of a client's finding, and whether it was
// looked at.
func (r run) finding(code string, name offboard.FindingName) (offboard.Finding, bool) {
	for _, c := range r.report.Clients {
		for _, s := range c.Steps {
			for _, f := range s.Findings {
				if c.Code == code && f.Name == name {
					return f, true
				}
			}
		}
	}
	return offboard.Finding{}, false
}

func (l looking) wantFinding(t *testing.T, name offboard.FindingName, severity offboard.Severity, count *int, rule string) {
	t.Helper()
	f, there := l.finding("ACME01", name)
	same := f.Count == count || f.Count != nil && count != nil && *f.Count == *count
	if !there || f.Severity != severity || !same || !strings.Contains(f.Rule, rule) {
		t.Errorf("%s: %s by %s, want %s, %v by %s", f, f.Severity, f.Rule, severity, count, rule)
	}
}

// P10: every finding is told with its default severity, and a preview shows it.
func TestFindings_defaults(t *testing.T) {
	for _, c := range allLooked() {
		t.Run(string(c.name), func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				l := c.look(t, false, nil, offboard.Runner.Preview)
				l.wantFinding(t, c.name, c.severity, &c.count, c.rule)
				wantOps(t, l.changed("ACME01"))
				var text strings.Builder
				if err := l.report.WriteText(&text); err != nil || !strings.Contains(text.String(), fmt.Sprintf("%s %d", c.name, c.count)) {
					t.Errorf("%v: the preview does not show it:\n%s", err, &text)
				}
			})
		})
	}
}

// P10: a finding that is raised to stop blocks before anything is touched.
func TestFindings_stop(t *testing.T) {
	for _, c := range allLooked() {
		t.Run(string(c.name), func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				l := c.look(t, false, map[offboard.FindingName]offboard.Severity{c.name: offboard.SeverityStop}, offboard.Runner.Run)
				wantStep(t, l.run, offboard.StepPreflight, offboard.Blocked, c.rule)
				l.wantFinding(t, c.name, offboard.SeverityStop, &c.count, c.rule)
				wantOps(t, l.changed("ACME01"))
				if reason := l.step("ACME01", offboard.StepPreflight).Reason; !strings.Contains(reason, string(c.name)) {
					t.Errorf("the reason does not name it: %s", reason)
				}
			})
		})
	}
}

// P10: one that is there and raised to stop does not block where there is none.
func TestFindings_stopForNothing(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := looked{world: func(w *offboardtest.World) { w.Clients[0].XPM = &offboardtest.XPMClient{} }}
		l := c.look(t, false, map[offboard.FindingName]offboard.Severity{
			offboard.FindingOpenJobs: offboard.SeverityStop, offboard.FindingUnbilledTime: offboard.SeverityStop,
			offboard.FindingUnpaidInvoices: offboard.SeverityStop, offboard.FindingClientGroups: offboard.SeverityStop,
		}, offboard.Runner.Run)
		if l.report.State() != offboard.Done {
			t.Errorf("state %s: %s", l.report.State(), l.rules())
		}
	})
}

// P10: what is ignored is not looked at, and costs no call.
func TestFindings_ignore(t *testing.T) {
	for _, c := range allLooked() {
		t.Run(string(c.name), func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				shared := map[offboard.FindingName]offboard.Severity{}
				for _, name := range c.with {
					shared[name] = offboard.SeverityIgnore
				}
				before := c.look(t, false, shared, offboard.Runner.Preview)
				ignored := maps.Clone(shared)
				ignored[c.name] = offboard.SeverityIgnore
				after := c.look(t, false, ignored, offboard.Runner.Preview)
				if f, there := after.finding("ACME01", c.name); there {
					t.Errorf("it was looked at: %s", f)
				}
				if f, there := before.finding("ACME01", c.name); !there || f.None() {
					t.Errorf("it was not found before: %s", f)
				}
				if got := before.asked(c.reads) - after.asked(c.reads); got != c.saves {
					t.Errorf("ignoring it saves %d calls of %s, want %d", got, c.reads, c.saves)
				}
			})
		})
	}
}

// P10: what cannot be read is not known, never nothing; where it is to stop the
// client, it does.
func TestFindings_notKnown(t *testing.T) {
	for _, c := range allLooked() {
		t.Run(string(c.name), func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				severity := c.severity
				if severity == offboard.SeverityStop {
					severity = offboard.SeverityWarn // P9: a person meets it, see confirm-removed
				}
				l := c.look(t, true, nil, offboard.Runner.Preview)
				l.wantFinding(t, c.name, severity, nil, c.rule)
				if f, _ := l.finding("ACME01", c.name); f.Detail == "" || f.None() {
					t.Errorf("%s does not say why", f)
				}
				l = c.look(t, true, map[offboard.FindingName]offboard.Severity{c.name: offboard.SeverityStop}, offboard.Runner.Run)
				wantStep(t, l.run, offboard.StepPreflight, offboard.Blocked, "not known")
				wantOps(t, l.changed("ACME01"))
			})
		})
	}
}

// The table has a row for every finding, the three that always stop aside, and
// the documentation gives each its default.
func TestFindings_complete(t *testing.T) {
	policy := offboard.Policy{Documents: offboard.CDM{}, Findings: map[offboard.FindingName]offboard.Severity{"": ""}}
	_, names, _ := strings.Cut(offboard.Spec{Source: offboard.SourceXPM, Policy: policy}.Validate(now).Error(), "want one of ")
	want := map[offboard.FindingName]offboard.Severity{
		offboard.FindingAmbiguity: offboard.SeverityStop, offboard.FindingEdition: offboard.SeverityStop, offboard.FindingCloseBlockers: offboard.SeverityStop}
	for _, c := range allLooked() {
		want[c.name] = c.severity
	}
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Split(names, ", ")
	for _, name := range all {
		severity, there := want[offboard.FindingName(name)]
		if !there {
			t.Errorf("no row for %q", name)
		}
		if !regexp.MustCompile(`(?m)^//\t` + name + ` +` + string(severity) + `\b`).Match(doc) {
			t.Errorf("doc.go does not say that %s is %s", name, severity)
		}
	}
	if len(all) != len(want) {
		t.Errorf("%d findings, and rows for %d", len(all), len(want))
	}
}

// I4, P5, R5: what always stops cannot be lowered, and names and severities are
// those that there are.
func TestFindings_Validate(t *testing.T) {
	spec := offboard.Spec{Source: offboard.SourceXPM, Policy: keepCDM, Entities: []offboard.Entity{{Code: "ACME01"}}}
	for _, c := range []struct {
		name     offboard.FindingName
		severity offboard.Severity
		good     bool
	}{
		{offboard.FindingEdition, offboard.SeverityWarn, false},
		{offboard.FindingEdition, offboard.SeverityIgnore, false},
		{offboard.FindingAmbiguity, offboard.SeverityInfo, false},
		{offboard.FindingCloseBlockers, offboard.SeverityIgnore, false},
		{offboard.FindingCloseBlockers, offboard.SeverityStop, true},
		{offboard.FindingOpenJobs, offboard.SeverityStop, true},
		{offboard.FindingSignatureRequests, offboard.SeverityInfo, true},
		{offboard.FindingOpenJobs, "fatal", false},
		{offboard.FindingOpenJobs, "", false},
		{"openjobs", offboard.SeverityStop, false},
	} {
		spec.Policy.Findings = map[offboard.FindingName]offboard.Severity{c.name: c.severity, offboard.FindingFolder: offboard.SeverityWarn}
		err := spec.Validate(now)
		var problem *offboard.SpecError
		if c.good && err != nil || !c.good && (!errors.As(err, &problem) || problem.Field != "policy.findings."+string(c.name)) {
			t.Errorf("%s %q: %v", c.name, c.severity, err)
		}
		data, err := json.Marshal(spec)
		var again offboard.Spec
		if err != nil || json.Unmarshal(data, &again) != nil || !maps.Equal(again.Policy.Findings, spec.Policy.Findings) {
			t.Errorf("%s was read as %v, %v", data, again.Policy.Findings, err)
		}
	}
}

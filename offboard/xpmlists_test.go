package offboard_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/offboard/offboardtest"
	"github.com/practicekit/offboarding/xpm/xpmtest"
)

// P10: only time that is billable and on no invoice counts, and only current
// jobs'; of the invoices, those with money outstanding.
func TestXPMLists_whatCounts(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newResumable(t, defaultWorld())
		acme := s.practice.XPM.Clients()[0].UUID
		of := xpmtest.Ref{UUID: acme, Name: "Acme"}
		now := s.practice.XPM.Clients()[0].Modified
		job := s.practice.XPM.AddJob(xpmtest.Job{Name: "Accounts", ClientUUID: acme})
		done := s.practice.XPM.AddJob(xpmtest.Job{Name: "Accounts", ClientUUID: acme, Completed: true})
		for _, e := range []xpmtest.TimeEntry{
			{Job: job, Date: now, Minutes: 60}, {Job: job, Date: now.AddDate(0, 0, -358), Minutes: 30}, // these two
			{Job: job, Date: now, Minutes: 7, NotBillable: true}, {Job: job, Date: now, Minutes: 7, InvoiceTaskUUID: "00000000-0000-4000-8000-00000000f001"},
			{Job: job, Date: now.AddDate(0, 0, -400), Minutes: 7}, {Job: done, Date: now, Minutes: 7},
		} {
			s.practice.XPM.AddTime(e)
		}
		for _, i := range []xpmtest.Invoice{
			{Client: of, AmountOutstanding: "0.01"}, {Client: of}, // these two: one does not say
			{Client: of, AmountOutstanding: "0.00"}, {Client: of, Status: "Paid", AmountOutstanding: "5.00"},
			{Client: of, Status: "Cancelled"}, {Client: xpmtest.Ref{UUID: s.practice.XPM.Clients()[1].UUID}, AmountOutstanding: "9.00"},
		} {
			s.practice.XPM.AddInvoice(i)
		}
		report, err := s.runner(t, keepCDM, "ACME01").Preview(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		r := run{report: report}
		for name, want := range map[offboard.FindingName]string{
			offboard.FindingOpenJobs:       "openJobs 1",
			offboard.FindingUnbilledTime:   "unbilledTime 2 (90 minutes on current jobs in 360 days)",
			offboard.FindingUnpaidInvoices: "unpaidInvoices 2",
			offboard.FindingDraftInvoices:  "draftInvoices 0",
		} {
			if f, _ := r.finding("ACME01", name); f.String() != want {
				t.Errorf("%s, want %s", f, want)
			}
		}
	})
}

// P10: an invoice that names no client may be anybody's, so nobody is told to have
// none.
func TestXPMLists_nobodys(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newResumable(t, defaultWorld())
		s.practice.XPM.AddInvoice(xpmtest.Invoice{Status: "Draft"})
		report, err := s.runner(t, keepCDM, "ACME01").Preview(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		r := run{report: report}
		drafts, _ := r.finding("ACME01", offboard.FindingDraftInvoices)
		unpaid, _ := r.finding("ACME01", offboard.FindingUnpaidInvoices)
		if drafts.Known() || !unpaid.None() {
			t.Errorf("%s, %s", drafts, unpaid)
		}
	})
}

// P10: an operation that the token's scope does not reach is asked for once, and
// is not known for anybody; one that is out of order for now is no finding.
func TestXPMLists_refused(t *testing.T) {
	const problem = `{"Title":"Unauthorized","Detail":"AuthorizationUnsuccessful"}`
	for status, want := range map[int]offboard.State{http.StatusUnauthorized: offboard.Done, http.StatusServiceUnavailable: offboard.Failed} {
		inBubble(t, func(t *testing.T) {
			s := newResumable(t, defaultWorld())
			asked := 0
			runner := s.runner(t, keepCDM, "ACME01", "BETA02")
			systems, err := s.practice.Systems(func(next http.RoundTripper) http.RoundTripper {
				return roundTrip(func(r *http.Request) (*http.Response, error) {
					if strings.HasSuffix(r.URL.Path, "invoice.api/draft") {
						asked++
						return answer(r, status, "application/json", problem), nil
					}
					return next.RoundTrip(r)
				})
			})
			if err != nil {
				t.Fatal(err)
			}
			runner.Plan = offboard.NewPlan(runner.Plan.Spec, systems)
			report, err := runner.Preview(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			r := run{report: report}
			for _, code := range []string{"ACME01", "BETA02"} {
				if got := r.step(code, offboard.StepPreflight); got.State != want {
					t.Errorf("status %d: %s is %s: %s", status, code, got.State, got.Reason)
				}
				if f, there := r.finding(code, offboard.FindingDraftInvoices); want == offboard.Done && (!there || f.Known() || !strings.Contains(f.Detail, "scope")) {
					t.Errorf("status %d: %s: %s", status, code, f)
				}
				if f, _ := r.finding(code, offboard.FindingUnpaidInvoices); want == offboard.Done && !f.Known() {
					t.Errorf("the other list was not read: %s", f)
				}
			}
			if want == offboard.Done && asked != 1 {
				t.Errorf("it was asked for %d times", asked)
			}
		})
	}
}

// F1: preflight of fifty clients, several at a time, costs XPM as many calls as
// that of one, and as many as the plan foresees.
func TestXPMLists_calls(t *testing.T) {
	calls := func(n int) map[string]int {
		world := offboardtest.World{Edition: nimbus.EditionCDM}
		var codes []string
		for i := range n {
			codes = append(codes, fmt.Sprintf("CLIENT%02d", i))
			world.Clients = append(world.Clients, offboardtest.Client{Code: codes[i], Name: codes[i],
				XPM:    &offboardtest.XPMClient{OpenJobs: 1, UnbilledMinutes: 5, DraftInvoices: 1, UnpaidInvoices: 1, Groups: []string{"All"}},
				Nimbus: &offboardtest.NimbusClient{Integrated: true, HistoryRows: 1}})
		}
		var mu sync.Mutex
		counts := map[string]int{}
		inBubble(t, func(t *testing.T) {
			s := newResumable(t, world)
			runner := s.runner(t, keepCDM, codes...)
			systems, err := s.practice.Systems(func(next http.RoundTripper) http.RoundTripper {
				return roundTrip(func(r *http.Request) (*http.Response, error) {
					if path, ok := strings.CutPrefix(r.URL.Path, offboardtest.XPMPath); ok {
						mu.Lock()
						counts[path]++
						mu.Unlock()
						time.Sleep(time.Second) // others come meanwhile
					}
					return next.RoundTrip(r)
				})
			})
			if err != nil {
				t.Fatal(err)
			}
			plan := offboard.NewPlan(runner.Plan.Spec, systems)
			plan.Steps = plan.Steps[:plan.Index(offboard.StepPreflight)+1]
			if got := plan.Steps[plan.Index(offboard.StepPreflight)].Costs; got != (offboard.Costs{PerRun: 4}) {
				t.Errorf("foreseen are %+v", got)
			}
			runner.Plan, runner.Batch = plan, offboard.Batch{}
			report, err := runner.Run(context.Background())
			if err != nil || report.State() != offboard.Done {
				t.Fatalf("%s, %v", report.State(), err)
			}
			for _, code := range codes {
				if f, _ := (run{report: report}).finding(code, offboard.FindingUnbilledTime); f.None() || !f.Known() {
					t.Errorf("%s: %s", code, f)
				}
			}
		})
		return counts
	}
	for _, n := range []int{1, 50} {
		got := calls(n)
		for _, list := range []string{"client.api/list", "job.api/current", "time.api/list", "invoice.api/current", "invoice.api/draft"} {
			if got[list] != 1 {
				t.Errorf("%d clients: %s is read %d times", n, list, got[list])
			}
		}
		if len(got) != 5 {
			t.Errorf("%d clients: %v", n, got)
		}
	}
}

package offboard_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/offboard/offboardtest"
)

// P5: a code that several clients share stops the client, in either system,
// though the other one has it once.
func TestPreflight_ambiguous(t *testing.T) {
	for name, twin := range map[string]offboardtest.Client{
		"XPM":        {Code: "acme01", Name: "Acme Twin", XPM: &offboardtest.XPMClient{}},
		"XPM, gone":  {Code: "ACME01", Name: "Acme Twin", XPM: &offboardtest.XPMClient{Archived: true}},
		"the Grid":   {Code: "ACME01", Name: "Acme Twin", Nimbus: &offboardtest.NimbusClient{Integrated: true}},
		"XPM's name": {Code: "ACME01 ", Name: "Acme Twin", XPM: &offboardtest.XPMClient{}},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				c := looked{world: func(w *offboardtest.World) { w.Clients = append(w.Clients, twin) }}
				l := c.look(t, false, nil, offboard.Runner.Run)
				wantStep(t, l.run, offboard.StepResolve, offboard.Blocked, "P5")
				one := 1
				l.wantFinding(t, offboard.FindingAmbiguity, offboard.SeverityStop, &one, "P5")
				wantOps(t, l.changed("ACME01"))
			})
		})
	}
}

// P5: the client is known by its code and its ids, and the finding names them.
func TestPreflight_matched(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := looked{}.look(t, false, nil, offboard.Runner.Preview)
		f, _ := l.finding("ACME01", offboard.FindingAmbiguity)
		if want := l.xpm("ACME01").UUID + ", c-1"; !f.None() || f.Detail != want {
			t.Errorf("%s, want %s", f, want)
		}
	})
}

// P5: a client whose id has another code by the time it is to be taken out of the
// source system is not the one that was meant.
func TestPreflight_renamed(t *testing.T) {
	for source, step := range map[offboard.Source]string{offboard.SourceMYOBAE: offboard.StepCloseClient, offboard.SourceMYOBAEField: offboard.StepClearExtraField, offboard.SourceNone: offboard.StepDeleteClient} {
		t.Run(string(source), func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				world := defaultWorld()
				if source == offboard.SourceNone {
					notIntegrated(&world)
				}
				s := newResumable(t, world)
				runner := s.runner(t, keepCDM, "ACME01")
				spec := runner.Plan.Spec
				spec.Source = source
				approved := false
				one := regexp.MustCompile(`/v1/Client/[^/?]+$|/clients/c-1$`)
				systems, err := s.practice.Systems(func(next http.RoundTripper) http.RoundTripper {
					return roundTrip(func(r *http.Request) (*http.Response, error) {
						got, err := next.RoundTrip(r)
						if err != nil || !approved || !one.MatchString(r.URL.Path) {
							return got, err
						}
						body, err := io.ReadAll(got.Body)
						return answer(r, got.StatusCode, got.Header.Get("Content-Type"), strings.ReplaceAll(string(body), "ACME01", "ACME99")), err
					})
				})
				if err != nil {
					t.Fatal(err)
				}
				runner.Plan = offboard.NewPlan(spec, systems)
				runner.OnRecord = func(rec offboard.Record) {
					approved = approved || rec.Step == offboard.StepApprove && rec.State == offboard.Done
				}
				report, err := runner.Run(context.Background())
				if err != nil {
					t.Fatal(err)
				}
				r := run{s.practice, s.journal, report, s.practice.State()}
				wantStep(t, r, step, offboard.Blocked, "P5")
				wantOps(t, r.destroyed())
			})
		})
	}
}

// P5: the same in XPM, as the list shows it that the wave before it has read.
func TestPreflight_renamedBetweenWaves(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newResumable(t, defaultWorld())
		runner := s.runner(t, keepCDM, "ACME01", "BETA02")
		runner.Batch = offboard.Batch{Wave: 1, Parallel: 1}
		runner.OnRecord = func(rec offboard.Record) {
			if rec.Kind != offboard.KindOutcome || rec.Step != offboard.StepArchiveClient || rec.Client != "ACME01" {
				return
			}
			for _, c := range s.practice.XPM.Clients() {
				if c.Code == "BETA02" {
					c.Code = "BETA99"
					s.practice.XPM.AddClient(c)
				}
			}
		}
		report, err := runner.Run(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		r := run{s.practice, s.journal, report, s.practice.State()}
		if got := r.step("BETA02", offboard.StepResolve); got.State != offboard.Blocked || !strings.Contains(got.Reason, "no client with this code") || r.xpm("BETA99").Archived {
			t.Errorf("%s: %s (%s)", got.State, got.Reason, got.Rule)
		}
	})
}

// R4, P11: a client that is archived or gone from XPM is recognised, not archived
// again, and taken through.
func TestPreflight_alreadyArchived(t *testing.T) {
	for name, change := range map[string]func(*offboardtest.XPMClient){
		"archived": func(c *offboardtest.XPMClient) { c.Archived = true },
		"deleted":  func(c *offboardtest.XPMClient) { c.Deleted = true },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				l := looked{world: inXPM(change)}.look(t, false, nil, offboard.Runner.Run)
				if f, _ := l.finding("ACME01", offboard.FindingAlreadyArchived); f.None() || !f.Known() || l.report.State() != offboard.Done {
					t.Errorf("%s, state %s", f, l.report.State())
				}
				wantOps(t, l.changed("ACME01"), "upload-document", "start-sync")
			})
		})
	}
}

// R9: a client that has left both systems is told as off-boarded, and nothing is
// done to it.
func TestPreflight_alreadyGone(t *testing.T) {
	for _, source := range []offboard.Source{offboard.SourceXPM, offboard.SourceMYOBAE} {
		inBubble(t, func(t *testing.T) {
			l := looked{spec: func(s *offboard.Spec) { s.Source = source }, world: func(w *offboardtest.World) {
				w.Contacts = nil
				w.Clients[0].XPM.Archived, w.Clients[0].MYOBAE.Closed, w.Clients[0].Nimbus = true, true, nil
			}}.look(t, false, nil, offboard.Runner.Run)
			wantStep(t, l.run, offboard.StepResolve, offboard.Blocked, "off-boarded already")
			wantOps(t, l.changed("ACME01"))
		})
	}
}

// R5: a client that MYOB AE has closed is recognised, whatever speaks against
// closing it; an Extra Field that it does not have is not a cleared one.
func TestPreflight_alreadyClosed(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := looked{spec: ofMYOBAE, world: func(w *offboardtest.World) {
			w.Clients[0].MYOBAE.Closed, w.Clients[0].MYOBAE.Blockers = true, []string{"DraftBills"}
		}}.look(t, false, nil, offboard.Runner.Run)
		one := 1
		l.wantFinding(t, offboard.FindingAlreadyClosed, offboard.SeverityInfo, &one, "R5")
		wantOps(t, l.changed("ACME01"), "upload-document")
		if l.report.State() != offboard.Done {
			t.Errorf("state %s: %s", l.report.State(), l.rules())
		}
	})
	inBubble(t, func(t *testing.T) {
		l := looked{spec: func(s *offboard.Spec) { s.Source, s.Field = offboard.SourceMYOBAEField, "Other" }}.look(t, false, nil, offboard.Runner.Preview)
		l.wantFinding(t, offboard.FindingAlreadyClosed, offboard.SeverityInfo, nil, "R5")
	})
}

// R5: a gateway that cannot tell what blocks the closing stops the client.
func TestPreflight_gatewayCannotTell(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newResumable(t, defaultWorld())
		runner := s.runner(t, keepCDM, "ACME01")
		spec := runner.Plan.Spec
		spec.Source = offboard.SourceMYOBAE
		systems, err := s.practice.Systems(func(next http.RoundTripper) http.RoundTripper {
			return roundTrip(func(r *http.Request) (*http.Response, error) {
				if strings.HasSuffix(r.URL.Path, "/ClosePreflight") {
					return answer(r, http.StatusNotImplemented, "application/json", `{"Errors":[{"Name":"CapabilityNotAvailable","Message":"no"}]}`), nil
				}
				return next.RoundTrip(r)
			})
		})
		if err != nil {
			t.Fatal(err)
		}
		runner.Plan = offboard.NewPlan(spec, systems)
		report, err := runner.Run(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		r := run{s.practice, s.journal, report, s.practice.State()}
		wantStep(t, r, offboard.StepPreflight, offboard.Blocked, "closeBlockers not known")
		wantOps(t, r.changed("ACME01"))
	})
}

// P10: all that stops a client is named at once.
func TestPreflight_allStops(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := looked{world: func(w *offboardtest.World) {
			nonCDM(w)
			signatures(w)
			w.Clients[0].XPM.UnpaidInvoices = 1
		}}
		l := c.look(t, false, map[offboard.FindingName]offboard.Severity{offboard.FindingUnpaidInvoices: offboard.SeverityStop}, offboard.Runner.Preview)
		for _, rule := range []string{"I4", "R12", "P10"} {
			wantStep(t, l.run, offboard.StepPreflight, offboard.Blocked, rule)
		}
	})
}

// R12: the signatures policy decides whether open requests stop the client,
// unless the findings say so themselves.
func TestPreflight_signatures(t *testing.T) {
	for _, c := range []struct {
		policy   offboard.SignaturesPolicy
		named    offboard.Severity
		severity offboard.Severity
	}{
		{"", "", offboard.SeverityStop},
		{offboard.SignaturesStop, "", offboard.SeverityStop},
		{offboard.SignaturesStop, offboard.SeverityWarn, offboard.SeverityWarn},
		{offboard.SignaturesDelete, "", offboard.SeverityInfo},
		{offboard.SignaturesDelete, offboard.SeverityStop, offboard.SeverityStop},
	} {
		inBubble(t, func(t *testing.T) {
			row := looked{world: signatures, spec: func(s *offboard.Spec) { s.Policy.Signatures = c.policy }}
			severities := map[offboard.FindingName]offboard.Severity{}
			if c.named != "" {
				severities[offboard.FindingSignatureRequests] = c.named
			}
			one := 1
			l := row.look(t, false, severities, offboard.Runner.Preview)
			l.wantFinding(t, offboard.FindingSignatureRequests, c.severity, &one, "R12")
			if blocked := l.step("ACME01", offboard.StepPreflight).State == offboard.Blocked; blocked != (c.severity == offboard.SeverityStop) {
				t.Errorf("%q, named %q: blocked %v", c.policy, c.named, blocked)
			}
		})
	}
}

// R16: a contact of an entity that leaves with the same specification is shared
// with nobody.
func TestPreflight_sharedWithLeavers(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := looked{spec: func(s *offboard.Spec) {
			s.Entities = append(s.Entities, offboard.Entity{Code: "delta04"})
		}}.look(t, false, nil, offboard.Runner.Preview)
		none := 0
		l.wantFinding(t, offboard.FindingSharedContacts, offboard.SeverityInfo, &none, "R16")
	})
}

// I8: the journal carries the findings, with ids and counts and without names;
// a later run that touches nothing anew still reports them.
func TestPreflight_journal(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newResumable(t, defaultWorld())
		s.run(t, keepCDM, "ACME01")
		carried := 0
		for rec, err := range s.journal.Records(context.Background()) {
			if err != nil {
				t.Fatal(err)
			}
			text, _ := json.Marshal(rec.Findings)
			carried += len(rec.Findings)
			for _, name := range []string{"Acme", "Billie", "Charlie", "Delta", "example.com"} {
				if strings.Contains(string(text), name) {
					t.Errorf("I8: %s", text)
				}
			}
		}
		if carried < 15 {
			t.Errorf("%d findings are in the journal", carried)
		}
		again := s.run(t, keepCDM, "ACME01")
		if f, there := again.finding("ACME01", offboard.FindingPortalAccess); !there || *f.Count != 2 || f.Detail != "ct-2, ct-3" {
			t.Errorf("a later run reports %s", f)
		}
	})
}

// P10: people see what weighs on lines of its own, and the rest in one.
func TestPreflight_text(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := looked{world: func(w *offboardtest.World) {
			w.Clients[0].XPM.OpenJobs = 2
			signatures(w)
		}, hidden: withoutCapability(nimbus.CapabilityFoldersRead)}.look(t, true, nil, offboard.Runner.Preview)
		var b strings.Builder
		if err := l.report.WriteText(&b); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{
			"\n  stop: signatureRequests 1 (R12)\n",
			"\n  warn: openJobs 2 (P10)\n",
			"\n  warn: documentsHeld not known (Nimbus does not offer folders.read) (P10)\n",
			"\n  info: ambiguity 0 (", "portalAccess 2 (ct-2, ct-3), sharedContacts 1 (ct-3)", "retention not known (the client has no retention date)",
		} {
			if !strings.Contains(b.String(), want) {
				t.Errorf("nothing says %q:\n%s", want, &b)
			}
		}
	})
}

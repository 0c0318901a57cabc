package offboard_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/offboard/offboardtest"
)

var fieldClearing = []scenario{
	{
		name: "R4a: no such custom field stops before anything is touched", world: byField, want: offboard.Blocked, rule: "R4a",
		spec:  func(s *offboard.Spec) { s.Source, s.Field = offboard.SourceXPMField, "Portal of Nimbus" },
		check: func(t *testing.T, r run) { wantOps(t, r.changed("ACME01")) },
	},
	{
		name: "R4a P5: two custom fields of the name", world: byField, spec: source(offboard.SourceXPMField, keepCDM),
		pass: at(http.MethodGet, "/customfield.api/definition", func(p *offboardtest.Practice, r *http.Request, next http.RoundTripper) (*http.Response, error) {
			real, err := next.RoundTrip(r)
			if err != nil {
				return nil, err
			}
			body := string(readAll(real))
			_, one, _ := strings.Cut(body, "<CustomFieldDefinitions>")
			one, _, _ = strings.Cut(one, "</CustomFieldDefinitions>")
			twice := strings.Replace(body, one, one+strings.Replace(one, p.XPM.CustomFields()[0].UUID, "00000000-0000-4000-8000-00000000beef", 1), 1)
			return answer(r, http.StatusOK, real.Header.Get("Content-Type"), twice), nil
		}),
		want: offboard.Blocked, rule: "P5",
	},
	{
		name: "R4a: a client that is archived already leaves by that", spec: source(offboard.SourceXPMField, keepCDM), person: seesBystanders,
		world: func(w *offboardtest.World) {
			byField(w)
			w.Clients[0].XPM.Archived = true
		},
		want: offboard.Blocked, rule: "R4a",
		check: func(t *testing.T, r run) {
			if r.practice.XPM.CustomValue("client", r.xpm("ACME01").UUID, r.practice.XPM.CustomFields()[0].UUID) != "true" {
				t.Error("R4a: the field was cleared")
			}
		},
	},
	{
		name: "I11: somebody sets the field again before the sync", world: byField, person: seesBystanders,
		// Alone, so that it is set after this client's own proof and not after another's.
		spec: func(s *offboard.Spec) { s.Source, s.Entities = offboard.SourceXPMField, s.Entities[:1] },
		between: map[string]func(*offboardtest.Practice){offboard.StepClearCustomField: func(p *offboardtest.Practice) {
			p.SetXPMField("ACME01", offboard.DefaultField, true)
		}},
		want: offboard.Blocked, rule: "I11",
		check: func(t *testing.T, r run) {
			wantOps(t, r.ofClient("ACME01"), "upload-document", "update-client-custom-fields")
			if !r.onGrid("ACME01") {
				t.Error("I11: what a person undid was done again")
			}
		},
	},
	{
		name: "I11: somebody sets the field again while Documents for Signature hold the entity", world: byField,
		spec: source(offboard.SourceXPMField, keepCDM), person: seesBystanders,
		between: map[string]func(*offboardtest.Practice){
			offboard.StepClearCustomField: func(p *offboardtest.Practice) {
				_, _ = p.Nimbus.AddEmailJob("ACME01", nimbustestEmailJob{Subject: "Sign", DocumentsForSignature: 1})
			},
			offboard.StepFullClientSync: func(p *offboardtest.Practice) { p.SetXPMField("ACME01", offboard.DefaultField, true) },
		},
		want: offboard.Blocked, rule: "I11",
	},
	{
		name: "I2 I11: somebody sets the field again before the documents are disposed of", world: byField,
		spec: source(offboard.SourceXPMField, archiveCDM), person: seesBystanders,
		between: map[string]func(*offboardtest.Practice){offboard.StepDisposeContacts: func(p *offboardtest.Practice) {
			p.SetXPMField("ACME01", offboard.DefaultField, true)
		}},
		want: offboard.Blocked, rule: "I11",
		check: func(t *testing.T, r run) {
			if _, there := r.orphan("ACME01"); !there {
				t.Error("I2: the documents of a client that passes the filter were disposed of")
			}
		},
	},
	{
		name: "I12: nobody says that the sync removes no other client whose field is empty", world: byField,
		spec: source(offboard.SourceXPMField, keepCDM), want: offboard.Waiting, rule: "I12",
		check: func(t *testing.T, r run) {
			if slices.Contains(r.destroyed(), "start-sync") {
				t.Error("I12: the sync was started")
			}
			if len(r.report.Tasks) != 1 || !strings.Contains(r.report.Tasks[0].Do[1], "ACME01, BETA02") {
				t.Errorf("I12: asked %+v", r.report.Tasks)
			}
		},
	},
	{
		name: "I12: an archived bystander blocks the sync, whatever a person says", spec: source(offboard.SourceXPMField, keepCDM), person: seesBystanders,
		world: func(w *offboardtest.World) {
			byField(w)
			w.Clients[3].XPM.Archived = true
		},
		want: offboard.Blocked, rule: "I12",
		check: func(t *testing.T, r run) {
			if !r.onGrid("DELTA04") {
				t.Error("I12: the bystander was removed")
			}
		},
	},
	{
		name: "R12 R4a: Documents for Signature hold such a client too", person: seesBystanders,
		spec: source(offboard.SourceXPMField, with(keepCDM, "", offboard.SignaturesDelete)),
		world: func(w *offboardtest.World) {
			byField(w)
			signatures(w)
		},
		want: offboard.Done,
		check: func(t *testing.T, r run) {
			wantOps(t, r.changed("ACME01"), "upload-document", "update-client-custom-fields", "start-sync", "delete-client")
		},
	},
	{
		name: "R4a R7 R9: the field is cleared, the client stays active and leaves Nimbus", world: byField,
		spec: source(offboard.SourceXPMField, archiveCDM), person: seesBystanders, want: offboard.Done,
		check: func(t *testing.T, r run) {
			wantOps(t, r.changed("ACME01"), "upload-document", "update-client-custom-fields", "start-sync", "archive-folder")
			if r.xpm("ACME01").Archived || r.onGrid("ACME01") || !r.onGrid("GAMMA03") {
				t.Error("R4a: the client, and only the client, has left Nimbus, and is active in XPM")
			}
			if got := r.step("ACME01", offboard.StepClearCustomField).Proof; got != offboard.Read {
				t.Errorf("proved by %q", got)
			}
		},
	},
	{
		name: "R20 R4a: the folder of such a client is deleted for good", spec: source(offboard.SourceXPMField, deleteAll), person: seesBystanders,
		world: func(w *offboardtest.World) {
			byField(w)
			nonCDM(w)
		},
		want: offboard.Done,
		check: func(t *testing.T, r run) {
			if _, there := r.orphan("ACME01"); there {
				t.Error("R20: the folder is still there")
			}
		},
	},
	{
		name: "R4a: a field of text", person: seesBystanders, want: offboard.Done,
		spec: func(s *offboard.Spec) { s.Source, s.Field = offboard.SourceXPMField, "portal" },
		world: func(w *offboardtest.World) {
			w.XPMFilterField = "Portal"
			for i := range w.Clients {
				w.Clients[i].XPM.Fields = map[string]any{"Portal": "full", "Partner": "Pat Example"}
			}
		},
		check: func(t *testing.T, r run) {
			if r.onGrid("ACME01") || r.xpm("ACME01").Archived {
				t.Error("R4a: the client has not left, or is archived")
			}
			for _, f := range r.practice.XPM.CustomFields() {
				if got := r.practice.XPM.CustomValue("client", r.xpm("ACME01").UUID, f.UUID); (got == "") != (f.Name == "Portal") {
					t.Errorf("%s is %q", f.Name, got)
				}
			}
		},
	},
	{
		name: "R4a: cleared already", spec: source(offboard.SourceXPMField, keepCDM), person: seesBystanders, want: offboard.Done,
		world: func(w *offboardtest.World) {
			byField(w)
			w.Clients[0].XPM.Fields[offboard.DefaultField] = false
		},
		check: func(t *testing.T, r run) { wantOps(t, r.changed("ACME01"), "upload-document", "start-sync") },
	},
}

func TestPolicy_CustomField(t *testing.T) { tryAll(t, fieldClearing) }

// R4a: the clearing is refused, and before it is tried again somebody archives the
// client: the field is left as it is.
func TestPolicy_ArchivedMeanwhile(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		world := defaultWorld()
		byField(&world)
		s := newResumable(t, world)
		runner := s.runner(t, keepCDM, "ACME01")
		spec := runner.Plan.Spec
		spec.Source = offboard.SourceXPMField
		for _, wrap := range []func(http.RoundTripper) http.RoundTripper{forbidding(http.MethodPut, "/customfield"), nil} {
			systems, err := s.practice.Systems(wrap)
			if err != nil {
				t.Fatal(err)
			}
			runner.Plan, runner.Operator = offboard.NewPlan(spec, systems), seesBystanders(s.practice)
			report, err := runner.Run(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			r := run{s.practice, s.journal, report, s.practice.State()}
			if wrap != nil {
				wantStep(t, r, offboard.StepClearCustomField, offboard.Failed, "")
				s.practice.XPM.SetArchived(uuidOf(s.practice, "ACME01"), true)
				continue
			}
			wantStep(t, r, offboard.StepClearCustomField, offboard.Blocked, "R4a")
			wantOps(t, r.ofClient("ACME01"), "upload-document")
		}
	})
}

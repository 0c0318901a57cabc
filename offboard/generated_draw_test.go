package offboard_test

import (
	"fmt"
	"time"

	"pgregory.net/rapid"

	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/offboard/offboardtest"
)

// drawn is a combination that was drawn: a practice, what is wanted of it, who is
// there, and what comes in between. It is plain JSON, so that a failure can be
// written down.
type drawn struct {
	World  offboardtest.World
	Spec   offboard.Spec
	Batch  offboard.Batch
	Person bool  // somebody does what programs cannot; otherwise people approve only
	Silent int   // so many questions are not answered at once
	Acts   []act // what people do meanwhile
	Kills  []int // the records at which the first processes end
}

// act is what somebody does once so many records are written, over all runs, about
// the client of that number.
type act struct {
	What   string
	Client int
	At     int
}

// often draws one of the values; rapid makes it the first where it can.
func often[T any](t *rapid.T, what string, values ...T) T {
	return rapid.SampledFrom(values).Draw(t, what)
}

// sometimes draws true once in so many times.
func sometimes(t *rapid.T, what string, once int) bool {
	return rapid.IntRange(1, once).Draw(t, what) == once
}

func draw(t *rapid.T) drawn {
	var d drawn
	d.Spec = offboard.Spec{Source: rapid.SampledFrom(tableSources).Draw(t, "source"), Policy: drawPolicy(t)}
	d.World = drawWorld(t, d.Spec)
	for i, c := range d.World.Clients[:min(6, len(d.World.Clients))] {
		if i == 0 || rapid.Bool().Draw(t, "leaves") {
			d.Spec.Entities = append(d.Spec.Entities, offboard.Entity{Code: c.Code})
		}
	}
	if d.Spec.Source == offboard.SourceXPM || d.Spec.Source == offboard.SourceXPMField {
		d.Spec.Policy.History.XPMCopy = sometimes(t, "copied to XPM", 4)
	}
	if sometimes(t, "nobody's code", 40) {
		d.Spec.Entities = append(d.Spec.Entities, offboard.Entity{Code: "NOBODY"})
	}
	d.Spec.Entities = distinct(d.Spec.Entities)
	d.Batch = offboard.Batch{Parallel: often(t, "parallel", 1, 1, 2, 4), Wave: often(t, "wave", 0, 1, 2, 3),
		Canary: often(t, "canary", 0, -1, 1), MaxFailed: often(t, "most failures", 0, -1, 1)}
	d.Person = often(t, "person", true, true, false)
	d.Silent = often(t, "silent", 0, 0, 0, 1, 3)
	for range often(t, "acts", 0, 0, 0, 1, 1, 2, 3) {
		d.Acts = append(d.Acts, act{What: rapid.SampledFrom(actNames).Draw(t, "act"),
			Client: rapid.IntRange(0, len(d.World.Clients)-1).Draw(t, "of"), At: rapid.IntRange(2, 90).Draw(t, "at")})
	}
	for range often(t, "kills", 0, 0, 1, 2, 6) {
		d.Kills = append(d.Kills, rapid.IntRange(1, 60).Draw(t, "killed at"))
	}
	return d
}

// distinct leaves out codes that stand before: a client with a twin leaves once.
func distinct(all []offboard.Entity) (once []offboard.Entity) {
	seen := map[string]bool{}
	for _, e := range all {
		if !seen[e.Code] {
			once = append(once, e)
		}
		seen[e.Code] = true
	}
	return once
}

func drawPolicy(t *rapid.T) offboard.Policy {
	p := rapid.SampledFrom(tablePolicies()).Draw(t, "policy")
	p.History.Path = often(t, "path", "", "", "Current/Off-boarding")
	for range often(t, "weights", 0, 0, 0, 1, 2) {
		name := often(t, "finding", offboard.FindingOpenJobs, offboard.FindingSharedContacts, offboard.FindingDocumentsPublished,
			offboard.FindingSignatureRequests, offboard.FindingClientGroups, offboard.FindingAlreadyArchived)
		if p.Findings == nil {
			p.Findings = map[offboard.FindingName]offboard.Severity{}
		}
		p.Findings[name] = often(t, "weight", offboard.SeverityIgnore, offboard.SeverityInfo, offboard.SeverityWarn, offboard.SeverityStop)
	}
	return p
}

func drawWorld(t *rapid.T, spec offboard.Spec) offboardtest.World {
	w := offboardtest.World{Edition: spec.Policy.Documents.Edition(), FilterField: offboard.DefaultField}
	if sometimes(t, "another edition", 25) {
		w.Edition = often(t, "edition", nimbus.EditionCDM, nimbus.EditionNonCDM)
	}
	if spec.Source == offboard.SourceXPMField {
		w.XPMFilterField = offboard.DefaultField
	}
	for range often(t, "missing", 0, 0, 0, 0, 1, 2, 5) {
		if w.Capabilities == nil {
			w.Capabilities = nimbus.Capabilities()
		}
		i := rapid.IntRange(0, len(w.Capabilities)-1).Draw(t, "capability")
		w.Capabilities = append(w.Capabilities[:i:i], w.Capabilities[i+1:]...)
	}
	w.Sync = offboardtest.Sync{Every: offboardtest.Duration(often(t, "every", 10*time.Second, time.Minute, 20*time.Minute)),
		Takes: offboardtest.Duration(often(t, "takes", 0, 3*time.Second, 5*time.Minute))}
	if sometimes(t, "a sync fails", 8) {
		w.Sync.Fail = 1
	}
	if w.AwaitOperator = sometimes(t, "awaits operator", 8); w.AwaitOperator {
		w.OperatorTakes = offboardtest.Duration(often(t, "operator takes", time.Minute, 2*time.Hour))
	}
	if sometimes(t, "mandatory fields", 20) {
		w.MandatoryFields = []string{"Category"}
	}
	clients := rapid.IntRange(1, 6).Draw(t, "clients")
	for i := range clients {
		w.Clients = append(w.Clients, drawClient(t, spec.Source, w.XPMFilterField != "", i))
	}
	for i := range clients {
		if sometimes(t, "twin", 40) {
			w.Clients = append(w.Clients, drawTwin(t, w.Clients[i]))
		}
		if sometimes(t, "name taken", 8) {
			w.Folders = append(w.Folders, offboardtest.Folder{Code: w.Clients[i].Code, Name: w.Clients[i].Name})
		}
	}
	drawContacts(t, &w)
	return w
}

func drawClient(t *rapid.T, source offboard.Source, filtered bool, i int) offboardtest.Client {
	c := offboardtest.Client{Code: fmt.Sprintf("C%d", i+1), Name: fmt.Sprintf("Client %d", i+1)}
	if inXPM := often(t, "in XPM", "active", "active", "active", "active", "active", "active", "archived", "deleted", "absent"); inXPM != "absent" {
		c.XPM = &offboardtest.XPMClient{Archived: inXPM == "archived", Deleted: inXPM == "deleted", OpenJobs: often(t, "open jobs", 0, 0, 1, 2)}
		if filtered {
			c.XPM.Fields = map[string]any{offboard.DefaultField: !sometimes(t, "field empty", 12)}
		}
		if sometimes(t, "in a group", 6) {
			c.XPM.Groups = []string{"Family"}
		}
	}
	if inMYOBAE := often(t, "in MYOB AE", "open", "open", "open", "open", "absent", "closed", "cleared"); inMYOBAE != "absent" {
		c.MYOBAE = &offboardtest.MYOBAEClient{Closed: inMYOBAE == "closed", ExtraFields: map[string]any{offboard.DefaultField: inMYOBAE != "cleared"}}
		if sometimes(t, "blocked there", 15) {
			c.MYOBAE.Blockers = []string{"OpenAssignments"}
		}
	}
	if sometimes(t, "not on the grid", 20) {
		return c
	}
	c.Nimbus = &offboardtest.NimbusClient{Integrated: source != offboard.SourceNone, HistoryRows: rapid.IntRange(10, 13).Draw(t, "rows")}
	if sometimes(t, "integrated otherwise", 20) {
		c.Nimbus.Integrated = !c.Nimbus.Integrated
	}
	for n := range rapid.IntRange(0, 3).Draw(t, "documents") {
		d := offboardtest.Document{Name: fmt.Sprintf("Document %d.pdf", n), Content: fmt.Sprint(c.Code, n)}
		if sometimes(t, "published", 4) {
			d.Path, d.Published = nimbus.PathToClient, true
		}
		d.CheckedOut, d.Locked = sometimes(t, "checked out", 20), sometimes(t, "locked", 20)
		c.Nimbus.Documents = append(c.Nimbus.Documents, d)
	}
	for range often(t, "e-mail jobs", 0, 0, 0, 0, 0, 1, 2) {
		signatures := rapid.IntRange(0, 2).Draw(t, "signatures")
		c.Nimbus.EmailJobs = append(c.Nimbus.EmailJobs, offboardtest.EmailJob{Subject: "Accounts", DocumentsForSignature: signatures, OutstandingSignatures: signatures})
	}
	return c
}

// drawTwin is another client with the code of one, in one of the systems (P5).
func drawTwin(t *rapid.T, of offboardtest.Client) offboardtest.Client {
	c := offboardtest.Client{Code: of.Code, Name: of.Name + " again"}
	switch often(t, "twin in", "XPM", "MYOB AE", "Nimbus") {
	case "XPM":
		c.XPM = &offboardtest.XPMClient{}
	case "MYOB AE":
		c.MYOBAE = &offboardtest.MYOBAEClient{ExtraFields: map[string]any{offboard.DefaultField: true}}
	default:
		c.Nimbus = &offboardtest.NimbusClient{Integrated: true, HistoryRows: 10}
	}
	return c
}

// drawContacts relates people at random to entities, each to one at least.
func drawContacts(t *rapid.T, w *offboardtest.World) {
	var codes []string
	for _, c := range w.Clients {
		if c.Nimbus != nil {
			codes = append(codes, c.Code)
		}
	}
	if len(codes) == 0 {
		return
	}
	for n := range rapid.IntRange(0, 5).Draw(t, "contacts") {
		w.Contacts = append(w.Contacts, offboardtest.Contact{FirstName: fmt.Sprintf("Contact%d", n), Surname: "Example",
			Login: rapid.Bool().Draw(t, "login"), Invited: sometimes(t, "invited", 5),
			Clients: rapid.SliceOfNDistinct(rapid.SampledFrom(codes), 1, min(3, len(distinctWords(codes))), rapid.ID).Draw(t, "of clients")})
	}
}

func distinctWords(all []string) map[string]bool {
	set := map[string]bool{}
	for _, s := range all {
		set[s] = true
	}
	return set
}

package offboard_test

import (
	"context"
	"net/http"
	"slices"
	"testing"

	"github.com/practicekit/offboarding/myobae"
	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/nimbus/nimbustest"
	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/offboard/offboardtest"
)

// worldState is a state of the world, one thing that is otherwise than in a
// world in which nothing is in the way, and what the rules say of it.
type worldState struct {
	name  string // cites the rules
	world func(cell, *offboardtest.World)
	// between happens once ACME01 is proved to have left the Client Grid; after,
	// once the first run has ended, and before a second that is judged.
	between func(*testing.T, cell, *offboardtest.Practice)
	after   func(cell, *offboardtest.Practice)
	// want changes what the rules say of a world without this.
	want func(cell, *ending)
}

// acme changes what becomes of ACME01.
func acme(change func(cell) fate) func(cell, *ending) {
	return func(c cell, o *ending) { o.Clients["ACME01"] = change(c) }
}

var worldStates = []worldState{
	{name: "R1 R3 R9 R13: nothing in the way"},
	{
		name:  "R4 R5: taken out of the source system already",
		world: func(c cell, w *offboardtest.World) { takeOut(c, &w.Clients[0]) },
		want: func(c cell, o *ending) {
			if c.source != offboard.SourceNone { // which has no source system (R6)
				f := o.Clients["ACME01"]
				f.Effects = slices.Delete(f.Effects, 1, 2) // nothing more is done there
				o.Clients["ACME01"] = f
			}
		},
	},
	{
		name:  "P11 R4a: archived in XPM, whatever the source is",
		world: func(_ cell, w *offboardtest.World) { w.Clients[0].XPM.Archived = true },
		want: func(c cell, o *ending) {
			f := o.Clients["ACME01"]
			switch c.source {
			case offboard.SourceXPM:
				f.Effects = slices.Delete(f.Effects, 1, 2) // R4: it is done
			case offboard.SourceXPMField:
				// R4a: it would leave by that, so it is not exported here; and then no
				// sync may take it along (I12).
				f = c.untouched("R4a", documentsBefore)
				f.Upstream = archived
				o.Clients["BETA02"], o.Syncs = c.heldOnGrid("I12", documentsBefore), 0
				o.Contacts["Billie"], o.Contacts["Dana"] = canLogIn, canLogIn
			case offboard.SourceNone:
				f.Upstream = archived // nobody looks there (R6)
			}
			o.Clients["ACME01"] = f
		},
	},
	{
		name:  "R1 R9: not on the Client Grid",
		world: func(_ cell, w *offboardtest.World) { w.Clients[0].Nimbus, w.Contacts = nil, w.Contacts[1:] },
		want: func(c cell, o *ending) {
			delete(o.Contacts, "Billie")
			f := c.untouched("R1", 0)
			f.OnGrid, f.Folder = false, deleted
			if c.source == offboard.SourceNone {
				// It lives nowhere else (R6), so nobody knows the code, and a run with a
				// code that nobody knows is refused as a whole (P5).
				f.State, f.Rule, o.Refused = offboard.Failed, "P5", true
				b := c.untouched("", documentsBefore)
				b.State = offboard.Waiting
				o.Clients["BETA02"], o.Contacts["Dana"] = b, canLogIn
			}
			o.Clients["ACME01"] = f
		},
	},
	{
		name: "R13 I11: the orphaned folder is missing, since somebody disposed of it", between: disposeByHand,
		want: func(c cell, o *ending) {
			f := o.Clients["ACME01"]
			f.State, f.Rule, f.Kept = offboard.Blocked, "R13", fate{}.only().keeping(c, 1).Kept
			if f.Effects = f.Effects[:2]; c.policy.Documents.Edition() == nimbus.EditionCDM {
				f.Effects, f.Folder, f.Files = append(f.Effects, "archive-folder"), archived, documentsBefore+1
			} else {
				f.Effects, f.Folder, f.Files = append(f.Effects, "delete-folder"), deleted, 0
			}
			o.Clients["ACME01"] = f
		},
	},
	{
		name:  "R3 R13: no files but the history",
		world: func(_ cell, w *offboardtest.World) { w.Clients[0].Nimbus.Documents = nil },
		want:  acme(func(c cell) fate { return c.left(0).keeping(c, 1) }),
	},
	{
		name:  "R12 I13: Documents for Signature",
		world: func(_ cell, w *offboardtest.World) { signatures(w) },
		want:  heldBySignatures,
	},
	{
		name: "R16: a contact shared with a client that stays",
		world: func(_ cell, w *offboardtest.World) {
			w.Contacts = append(w.Contacts, offboardtest.Contact{FirstName: "Charlie", Surname: "Example", Login: true, Clients: []string{"ACME01", "DELTA04"}})
		},
		want: func(c cell, o *ending) {
			f := o.Clients["ACME01"]
			f.Kept = append(f.Kept, "contact R16")
			slices.Sort(f.Kept)
			o.Clients["ACME01"], o.Contacts["Charlie"] = f, canLogIn // whatever the policy
		},
	},
	{
		name: "R15 I5: a contact that two leavers share",
		world: func(_ cell, w *offboardtest.World) {
			w.Contacts = append(w.Contacts, offboardtest.Contact{FirstName: "Charlie", Surname: "Example", Login: true, Clients: []string{"ACME01", "BETA02"}})
		},
		want: func(c cell, o *ending) {
			o.Contacts["Charlie"] = c.alone() // it belongs to nobody any more
			o.Clients["ACME01"], o.Clients["BETA02"] = o.Clients["ACME01"].keeping(c, 1), o.Clients["BETA02"].keeping(c, 1)
		},
	},
	{
		name: "R14: a contact without a login",
		world: func(_ cell, w *offboardtest.World) {
			w.Contacts = append(w.Contacts, offboardtest.Contact{FirstName: "Alex", Surname: "Example", Clients: []string{"ACME01"}})
		},
		want: func(_ cell, o *ending) { o.Contacts["Alex"] = deleted }, // by the sync, whatever the policy
	},
	{
		name: "P3 R15: a contact that another one invited",
		world: func(_ cell, w *offboardtest.World) {
			w.Contacts = append(w.Contacts, offboardtest.Contact{FirstName: "Eden", Surname: "Example", Login: true, Invited: true, Clients: []string{"ACME01"}})
		},
		want: func(c cell, o *ending) {
			o.Contacts["Eden"], o.Clients["ACME01"] = c.alone(), o.Clients["ACME01"].keeping(c, 1)
		},
	},
	{
		name: "P1: another folder has the name, so the orphaned one gets seven digits",
		world: func(_ cell, w *offboardtest.World) {
			w.Folders = []offboardtest.Folder{{Code: "ACME01", Name: w.Clients[0].Name}}
		},
	},
	{
		name: "P2 I11: a client that returned after it had left", after: bringBack,
		want: func(c cell, o *ending) {
			f := o.Clients["ACME01"]
			f.State, f.Rule, f.OnGrid, f.Upstream, f.Folder = offboard.Blocked, "I11", true, active, clientFolder
			if c.disposal() != "keep" {
				f.Files = 0 // P2: only a folder that was not disposed of comes back
			}
			o.Clients["ACME01"] = f
		},
	},
	{
		name: "P5: two clients of the code",
		world: func(c cell, w *offboardtest.World) {
			twin := offboardtest.Client{Code: "ACME01", Name: "Acme again"}
			switch _, shown := c.removal(); {
			case c.fullSync():
				twin.XPM = &offboardtest.XPMClient{Fields: w.Clients[0].XPM.Fields}
			case shown != active:
				twin.MYOBAE = &offboardtest.MYOBAEClient{ExtraFields: map[string]any{"Nimbus Portal": true}}
			default:
				twin.Nimbus = &offboardtest.NimbusClient{}
			}
			w.Clients = append(w.Clients, twin)
		},
		want: func(c cell, o *ending) {
			f := c.untouched("P5", documentsBefore)
			if c.source == offboard.SourceNone {
				f.Files = 0 // what the test finds is the folder of the other one
			}
			o.Clients["ACME01"], o.Contacts["Billie"] = f, canLogIn
		},
	},
	{
		name:  "I12 R8a: a bystander that is archived in XPM",
		world: func(_ cell, w *offboardtest.World) { w.Clients[3].XPM.Archived = true },
		want:  bystander(archived),
	},
	{
		name:  "I12 R8a: a bystander that is deleted in XPM",
		world: func(_ cell, w *offboardtest.World) { w.Clients[3].XPM.Deleted = true },
		want:  bystander(active), // XPM's own flag is another one
	},
	{
		name:  "P10 R19: a document that is checked out",
		world: func(_ cell, w *offboardtest.World) { w.Clients[0].Nimbus.Documents[0].CheckedOut = true },
		want: func(c cell, o *ending) {
			if c.disposal() == "keep" {
				return // R18: nobody touches it
			}
			f := o.Clients["ACME01"]
			f.State, f.Rule, f.Folder, f.Files, f.Effects = offboard.Blocked, "P10", orphaned, documentsBefore+1, f.Effects[:2]
			f.Kept = fate{}.only().keeping(c, 1).Kept
			o.Clients["ACME01"] = f
		},
	},
	{
		name: "I4: the account has the other edition",
		world: func(_ cell, w *offboardtest.World) {
			w.Edition = map[nimbus.Edition]nimbus.Edition{nimbus.EditionCDM: nimbus.EditionNonCDM, nimbus.EditionNonCDM: nimbus.EditionCDM}[w.Edition]
		},
		want: func(c cell, o *ending) {
			f := c.untouched("I4", documentsBefore) // R19 and R20 are the same button
			o.Clients["ACME01"], o.Clients["BETA02"], o.Syncs = f, f, 0
			o.Contacts["Billie"], o.Contacts["Dana"] = canLogIn, canLogIn
		},
	},
}

// takeOut is what removes a client upstream, done before the run.
func takeOut(c cell, client *offboardtest.Client) {
	switch c.source {
	case offboard.SourceXPM:
		client.XPM.Archived = true
	case offboard.SourceXPMField:
		client.XPM.Fields = map[string]any{offboard.DefaultField: false}
	case offboard.SourceMYOBAE:
		client.MYOBAE.Closed = true
	case offboard.SourceMYOBAEField:
		client.MYOBAE.ExtraFields = map[string]any{offboard.DefaultField: false}
	}
}

// bringBack is what a person does for a client that returns (P2): undo it in the
// source system, and run a manual sync.
func bringBack(c cell, p *offboardtest.Practice) {
	switch c.source {
	case offboard.SourceXPM:
		p.XPM.SetArchived(uuidOf(p, "ACME01"), false)
	case offboard.SourceXPMField:
		p.SetXPMField("ACME01", offboard.DefaultField, true)
	case offboard.SourceMYOBAE:
		p.MYOBAE.SetStatus("ACME01", myobae.StatusOpen)
	case offboard.SourceMYOBAEField:
		p.MYOBAE.SetExtraField("ACME01", offboard.DefaultField, true)
	default:
		p.Nimbus.RestoreEntity(nimbustest.Client{Code: "ACME01", Name: "Acme Example Pty Ltd"})
		return
	}
	p.Nimbus.RunManualSync()
}

// disposeByHand presses Delete on the orphaned folder of ACME01, which does what
// the edition says (R19, R20).
func disposeByHand(t *testing.T, c cell, p *offboardtest.Practice) {
	staff, err := nimbus.NewClient(nimbus.Config{BaseURL: "https://practice.example.com" + offboardtest.NimbusPath,
		Login: nimbus.Password(offboardtest.LoginCode, offboardtest.Password, nil), HTTPClient: &http.Client{Transport: p.Nimbus.Staff()}})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range p.Nimbus.Snapshot().Folders {
		switch {
		case f.Kind != nimbus.FolderOrphaned || f.Code != "ACME01":
			continue
		case c.policy.Documents.Edition() == nimbus.EditionCDM:
			err = staff.Folders.Archive(context.Background(), f.ID, f.Documents)
		default:
			err = staff.Folders.Delete(context.Background(), f.ID, f.Documents)
		}
	}
	if err != nil {
		t.Error(err)
	}
}

// heldBySignatures is R12: a sync does not remove the entity, a deletion by hand
// does.
func heldBySignatures(c cell, o *ending) {
	byHand := c.source == offboard.SourceNone // R6: there is no sync to hold it against
	f := o.Clients["ACME01"]
	switch c.policy.Signatures {
	case offboard.SignaturesStop:
		f = c.untouched("R12", documentsBefore)
		o.Contacts["Billie"] = canLogIn
	case offboard.SignaturesSuspend:
		if !byHand {
			f = c.heldOnGrid("R12", documentsBefore)
			o.Contacts["Billie"], o.SyncsAgain = canLogIn, c.fullSync()
		}
		f.Effects = slices.Insert(f.Effects, 1, suspendingJob) // before the client is touched
	case offboard.SignaturesDelete:
		if !byHand {
			f.Effects = slices.Insert(f.Effects, 2, deleting) // I13: after the sync
		}
	}
	o.Clients["ACME01"] = f
}

// bystander is DELTA04 that XPM shows so: a Full Client Sync would remove it and
// its history (R8a), so it blocks that. No other way to leave does it any harm.
func bystander(shown string) func(cell, *ending) {
	return func(c cell, o *ending) {
		f := stays()
		f.Upstream = shown
		o.Clients["DELTA04"] = f
		if !c.fullSync() {
			return
		}
		held := c.heldOnGrid("I12", documentsBefore)
		o.Clients["ACME01"], o.Clients["BETA02"], o.Syncs = held, held, 0
		o.Contacts["Billie"], o.Contacts["Dana"] = canLogIn, canLogIn
	}
}

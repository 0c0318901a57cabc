package offboard_test

import (
	"slices"

	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/offboard/offboardtest"
)

// leavesWhoCan: where nobody interferes, who has nothing in the way ends done. What
// stands in the way the rules say, and the world; only where it is certain that
// there is nothing is anything claimed.
func (a *attempt) leavesWhoCan(err error) {
	if len(a.Acts) > 0 || err != nil || a.othersHoldUp() {
		return
	}
	for _, c := range a.run.report.Clients {
		if c.State != offboard.Done && a.nothingInTheWay(c.Code) {
			a.witness.breach("nothing is in the way of %s, and it is %s", c.Code, c.State)
		}
	}
}

// fullSync reports whether the clients leave by a Full Client Sync.
func (d drawn) fullSync() bool { return cell{source: d.Spec.Source}.fullSync() }

// othersHoldUp reports whether a client may be held up by what is the matter with
// another: by bystanders (I12), or where a wave waits for people.
func (a *attempt) othersHoldUp() bool {
	if a.World.Edition != a.Spec.Policy.Documents.Edition() || !a.Person && (a.World.Capabilities != nil || a.World.MandatoryFields != nil) {
		return true
	}
	for _, c := range a.World.Clients {
		leaves := a.witness.leaves(c.Code)
		byFullSync := c.Nimbus != nil && (c.XPM == nil || c.XPM.Archived || c.XPM.Deleted || c.XPM.Fields != nil && c.XPM.Fields[offboard.DefaultField] != true)
		switch {
		case a.fullSync() && byFullSync && !(leaves && a.nothingInTheWay(c.Code)):
			return true // I12: what is not exported may not go
		case leaves && !a.nothingInTheWay(c.Code) && c.Nimbus != nil:
			return true // it may be stopped late: its wave is not finished, and counts as a failure
		}
	}
	return false
}

// nothingInTheWay of the one client of this code.
func (d drawn) nothingInTheWay(code string) bool {
	var found []offboardtest.Client
	for _, c := range d.World.Clients {
		if c.Code == code {
			found = append(found, c)
		}
	}
	if len(found) != 1 || found[0].Nimbus == nil { // P5, R1
		return false
	}
	for _, severity := range d.Spec.Policy.Findings {
		if severity == offboard.SeverityStop { // P10
			return false
		}
	}
	c := found[0]
	return c.Nimbus.Integrated == (d.Spec.Source != offboard.SourceNone) && d.canLeave(c) && d.canDispose(c) && d.goesByItself(c)
}

// canLeave: what the source system says (R4, R4a, R5).
func (d drawn) canLeave(c offboardtest.Client) bool {
	open := c.MYOBAE != nil && !c.MYOBAE.Closed && c.MYOBAE.ExtraFields[offboard.DefaultField] == true
	switch d.Spec.Source {
	case offboard.SourceXPM:
		nowhere := c.XPM != nil && c.XPM.Deleted && d.Spec.Policy.History.XPMCopy // R3: it has no documents there
		return c.XPM != nil && !nowhere && (c.MYOBAE == nil || open)
	case offboard.SourceXPMField:
		return c.XPM != nil && !c.XPM.Archived && !c.XPM.Deleted && (c.MYOBAE == nil || open)
	case offboard.SourceMYOBAE:
		return open && len(c.MYOBAE.Blockers) == 0
	case offboard.SourceMYOBAEField:
		return open
	}
	return true
}

// canDispose: P10, R19.
func (d drawn) canDispose(c offboardtest.Client) bool {
	held := slices.ContainsFunc(c.Nimbus.Documents, func(f offboardtest.Document) bool { return f.CheckedOut || f.Locked })
	return !held || cell{policy: d.Spec.Policy}.disposal() == "keep"
}

// goesByItself: R12.
func (d drawn) goesByItself(c offboardtest.Client) bool {
	held := slices.ContainsFunc(c.Nimbus.EmailJobs, func(j offboardtest.EmailJob) bool { return j.DocumentsForSignature > 0 })
	switch d.Spec.Policy.Signatures {
	case offboard.SignaturesDelete:
		return true
	case offboard.SignaturesSuspend:
		return !held || d.Spec.Source == offboard.SourceNone
	}
	return !held
}

package offboard_test

import (
	"context"
	"slices"
	"strings"

	"github.com/practicekit/offboarding/myobae"
	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/nimbus/nimbustest"
	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/offboard/offboardtest"
	"github.com/practicekit/offboarding/xpm/xpmtest"
)

type xpmClient = xpmtest.Client

// What people do while a run is under way.
const (
	unarchives   = "brings a client back upstream"
	restores     = "brings a client back, and syncs"
	archives     = "archives a client"
	addsDocument = "adds a document"
	holds        = "checks a document out"
	relates      = "relates a contact to a client"
	invites      = "adds a contact of a client"
	changes      = "changes the edition"
	asksToSign   = "adds Documents for Signature"
	publishes    = "publishes the filed history"
	downloads    = "downloads a document"
)

var actNames = []string{unarchives, restores, archives, addsDocument, holds, relates, invites, changes, asksToSign, publishes, downloads}

func (a act) do(p *offboardtest.Practice, d drawn) {
	c := d.World.Clients[a.Client]
	state := p.Nimbus.Snapshot()
	switch a.What {
	case unarchives:
		a.undo(p, d)
	case restores:
		a.undo(p, d)
		if !slices.ContainsFunc(state.Clients, func(e nimbustest.ClientState) bool { return e.Code == c.Code }) && c.Nimbus != nil {
			p.Nimbus.RestoreEntity(nimbustest.Client{Code: c.Code, Name: c.Name, Integrated: c.Nimbus.Integrated, HistoryRows: 10})
		}
	case archives:
		p.XPM.SetArchived(uuidOf(p, c.Code), true)
	case addsDocument:
		_, _ = p.Nimbus.AddDocument(c.Code, nimbustestDocument{Name: "Added.pdf", Content: []byte("added")})
	case holds:
		for _, f := range state.Folders {
			if strings.HasPrefix(f.Code, c.Code) && len(f.Files) > 0 {
				p.Nimbus.SetInUse(f.Files[0].ID, false, true)
			}
		}
	case relates:
		if len(state.Contacts) > 0 {
			p.Nimbus.Relate(state.Contacts[a.At%len(state.Contacts)].ID, c.Code)
		}
	case invites:
		_, _ = p.Nimbus.AddContact(nimbustestNewContact{FirstName: "Late", HasLogin: true, PortalAccess: true, Invited: true, Related: []string{c.Code}})
	case changes:
		p.Nimbus.SetEdition(map[nimbus.Edition]nimbus.Edition{nimbus.EditionCDM: nimbus.EditionNonCDM, nimbus.EditionNonCDM: nimbus.EditionCDM}[state.Edition])
	case asksToSign:
		_, _ = p.Nimbus.AddEmailJob(c.Code, nimbustestEmailJob{Subject: "Sign", DocumentsForSignature: 1, OutstandingSignatures: 1})
	case publishes:
		for _, f := range state.Folders {
			for _, file := range f.Files {
				if strings.HasPrefix(f.Code, c.Code) && strings.HasSuffix(file.Name, ".csv") {
					p.Nimbus.SetPublished(file.ID, true)
				}
			}
		}
	case downloads:
		a.download(p, state, c.Code)
	}
}

// undo makes active again what was taken out of the source system.
func (a act) undo(p *offboardtest.Practice, d drawn) {
	code := d.World.Clients[a.Client].Code
	switch d.Spec.Source {
	case offboard.SourceXPM:
		p.XPM.SetArchived(uuidOf(p, code), false)
	case offboard.SourceXPMField:
		p.SetXPMField(code, offboard.DefaultField, true)
	case offboard.SourceMYOBAE:
		p.MYOBAE.SetStatus(code, myobae.StatusOpen)
	case offboard.SourceMYOBAEField:
		p.MYOBAE.SetExtraField(code, offboard.DefaultField, true)
	}
}

// download adds a row to the history.
func (a act) download(p *offboardtest.Practice, state nimbustest.Snapshot, code string) {
	systems, err := p.Systems(nil)
	if err != nil {
		return
	}
	for _, f := range state.Folders {
		if f.Code != code || len(f.Files) == 0 {
			continue
		}
		if body, err := systems.Nimbus.Documents.Download(context.Background(), f.Files[0].ID); err == nil {
			_ = body.Close()
		}
	}
}

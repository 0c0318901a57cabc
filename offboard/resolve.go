package offboard

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/practicekit/offboarding/myobae"
	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/xpm"
)

// resolve turns a Client Code into ids and takes the snapshot that is approved.
// It is looked at in every session: until the client is touched the snapshot is
// taken anew, and once the entity has gone its return is noticed (I11).
func (p practice) resolve() Step {
	return Step{
		StepInfo: StepInfo{Name: StepResolve, Does: "find the client in every system", Rule: "P5, I10", Scope: PerClient},
		Check:    p.checkResolve,
	}
}

func (p practice) checkResolve(ctx context.Context, v View) (Verdict, error) {
	readable, err := p.offers(ctx, v, nimbus.CapabilityClientsRead)
	if err != nil {
		return Verdict{}, err
	}
	if v.Facts.Snapshot != nil && v.Touched() {
		return p.checkStillGone(ctx, v, readable)
	}
	found, verdict, err := p.findUpstream(ctx, v)
	if err != nil || verdict.State != "" {
		return verdict, err
	}
	if !readable {
		return p.resolveByHand(v, found)
	}
	entities, err := p.Nimbus.Clients.FindByCode(ctx, v.Entity.Code)
	if err != nil {
		return Verdict{}, err
	}
	if len(entities) == 0 {
		if up, err := p.leftBefore(ctx, v); err != nil {
			return Verdict{}, err
		} else if up != nil {
			verdict := done("left the Client Grid once its history was exported")
			verdict.Facts.Upstream = up
			return verdict, nil
		}
	}
	switch {
	case len(entities) == 0 && !found.known() && v.progress.untouched():
		return Verdict{}, &UnknownClientsError{[]string{v.Entity.Code}}
	case len(entities) == 0 && !found.known():
		// The others of the run go on: only before its first effect is it a matter of spelling.
		return blocked("P5, R9", "no system knows this client code any more: it has left by other ways than this run's")
	case len(entities) == 0 && (found.left || found.closed):
		return blocked("R1, R9", "the client has left the source system and is not on the Client Grid: it was off-boarded already, and there is no history left to export")
	case len(entities) == 0:
		return blocked("R1, R9", "the client is not on the Client Grid: its history is gone or never was in Nimbus, so there is nothing to export")
	case len(entities) > 1:
		return ambiguous(v, len(entities), "%d entities on the Client Grid have this code: an ambiguous client is never off-boarded", len(entities)), nil
	case v.Spec.Source == SourceXPMField && found.left:
		return blocked("R4a, P11", "the client is archived or deleted in XPM already: it leaves by that, so off-board it with the source xpm")
	case v.Spec.Source == SourceNone && entities[0].Integrated:
		return blocked("R6", "the client is integrated with a source system and would come back: name that system as the source")
	case v.Spec.Source != SourceNone && !found.known():
		return blocked("R4, R5", "the client is on the Client Grid, but %s has no client with this code: is it integrated at all (R6)?", v.Spec.Source)
	}
	return p.takeSnapshot(ctx, v, found, entities[0])
}

// untouched reports whether nothing was done to any client so far.
func (p *Progress) untouched() bool {
	p.mu.RLock()
	defer p.mu.RUnlock()
	for _, up := range p.clients {
		if up.lastEffect > 0 {
			return false
		}
	}
	return true
}

// checkStillGone stops the plan where a person brought the entity back (P2).
func (p practice) checkStillGone(ctx context.Context, v View, readable bool) (Verdict, error) {
	if v.Facts.Removed != nil && readable {
		back, err := p.Nimbus.Clients.FindByCode(ctx, v.Entity.Code)
		if err != nil {
			return Verdict{}, err
		}
		if len(back) > 0 {
			return blocked("I11, P2", "the entity had gone and is on the Client Grid again: somebody brought it back; off-board it anew in another directory")
		}
	}
	verdict := done("resolved before the client was touched")
	verdict.Proof = v.Facts.Snapshot.Proof
	return verdict, nil
}

// upstreamIDs are the ids of the client in the source system.
type upstreamIDs struct {
	xpm    xpm.ClientUUID
	myobae myobae.ClientUID
	byHand bool // no program reaches the source system
	left   bool // it is archived or deleted there already
	closed bool // MYOB AE has closed it already
}

func (u upstreamIDs) known() bool { return u.xpm != "" || u.myobae != "" || u.byHand }

func (p practice) findUpstream(ctx context.Context, v View) (upstreamIDs, Verdict, error) {
	switch {
	case v.Spec.Source.isXPM() && p.XPM.Clients != nil:
		list, err := p.xpmClients(ctx, v, 0)
		clients := list.withCode(v.Entity.Code)
		if err != nil || len(clients) == 0 {
			return upstreamIDs{}, Verdict{}, err
		}
		if len(clients) > 1 {
			return upstreamIDs{}, ambiguous(v, len(clients), "%d clients in XPM have this code: an ambiguous client is never off-boarded", len(clients)), nil
		}
		return upstreamIDs{xpm: clients[0].id, left: wouldLeave(clients)}, Verdict{}, nil
	case (v.Spec.Source == SourceMYOBAE || v.Spec.Source == SourceMYOBAEField) && p.MYOBAE.Clients != nil:
		clients, err := p.MYOBAE.Clients.FindByCode(ctx, v.Entity.Code)
		if err != nil || len(clients) == 0 {
			return upstreamIDs{}, Verdict{}, err
		}
		if len(clients) > 1 || !clients[0].IsClient {
			return upstreamIDs{}, ambiguous(v, len(clients), "MYOB AE has %d entries with this code, and wanted is exactly one that is a client", len(clients)), nil
		}
		return upstreamIDs{myobae: clients[0].UID, closed: clients[0].Status == myobae.StatusClosed}, Verdict{}, nil
	}
	return upstreamIDs{byHand: v.Spec.Source != SourceNone}, Verdict{}, nil
}

// ambiguous is the verdict on a code that does not name exactly one client (P5).
// Of those that have it, one is meant, and nobody can tell which.
func ambiguous(v View, have int, format string, args ...any) Verdict {
	verdict, _ := blocked("P5", format, args...)
	f := newFound(v.Spec.Policy)
	f.count(FindingAmbiguity, max(1, have-1), "")
	verdict.Findings = f.list()
	return verdict
}

// matched is the finding that one client in each system has the code, by its id.
func matched(v View, snap *Snapshot) []Finding {
	var ids []string
	for _, id := range []string{string(snap.XPM), string(snap.MYOBAE), string(snap.Nimbus)} {
		if id != "" {
			ids = append(ids, id)
		}
	}
	f := newFound(v.Spec.Policy)
	f.count(FindingAmbiguity, 0, strings.Join(ids, ", "))
	return f.list()
}

func (p practice) resolveByHand(v View, found upstreamIDs) (Verdict, error) {
	what := "Find the Client Entity with the Client Code " + v.Entity.Code + ", and answer yes if exactly one has it"
	answer, ask, ok := v.byHand(inNimbus(nimbus.CapabilityClientsRead, what, Task{
		Rule: "P5, P9",
		Why:  "Nimbus does not offer the Client Grid to programs, and the wrong client must not be off-boarded",
	}))
	if !ok {
		return ask, nil
	}
	verdict := attested(answer, "found on the Client Grid by a person")
	verdict.Facts.Snapshot = &Snapshot{XPM: found.xpm, MYOBAE: found.myobae, Proof: Attested}
	return verdict, nil
}

// snapshotFile is the evidence of what the client was, names included.
type snapshotFile struct {
	Code      string              `json:"code"`
	XPM       xpm.ClientUUID      `json:"xpm,omitempty"`
	MYOBAE    myobae.ClientUID    `json:"myobae,omitempty"`
	Entity    nimbus.ClientEntity `json:"entity"`
	Contacts  []nimbus.Contact    `json:"contacts"`
	Documents []nimbus.Document   `json:"documents"`
}

func (p practice) takeSnapshot(ctx context.Context, v View, found upstreamIDs, entity nimbus.ClientEntity) (Verdict, error) {
	file := snapshotFile{Code: v.Entity.Code, XPM: found.xpm, MYOBAE: found.myobae, Entity: entity}
	if ok, err := p.offers(ctx, v, nimbus.CapabilityContactsRead); err != nil {
		return Verdict{}, err
	} else if ok {
		if file.Contacts, err = p.Nimbus.Contacts.ListByClient(ctx, entity.ID); err != nil {
			return Verdict{}, err
		}
	}
	if ok, err := p.offers(ctx, v, nimbus.CapabilityFoldersRead); err != nil {
		return Verdict{}, err
	} else if ok && entity.FolderID != "" {
		if file.Documents, err = p.Nimbus.Documents.List(ctx, entity.FolderID); err != nil {
			return Verdict{}, err
		}
		// The histories that earlier sessions filed are not part of what is approved.
		file.Documents = slices.DeleteFunc(file.Documents, v.isHistory)
	}
	data, err := json.Marshal(file)
	if err != nil {
		return Verdict{}, err
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, data, "", "  "); err != nil {
		return Verdict{}, err
	}
	indented.WriteByte('\n')
	snap := &Snapshot{XPM: found.xpm, MYOBAE: found.myobae, Nimbus: entity.ID, Folder: entity.FolderID, Proof: Read,
		File: fmt.Sprintf("%s/snapshot-%s.json", evidenceDir(v.Entity.Code), hexSHA256(data)[:12])}
	for _, c := range file.Contacts {
		snap.Contacts = append(snap.Contacts, c.ID)
	}
	for _, d := range file.Documents {
		snap.Documents = append(snap.Documents, d.ID)
	}
	slices.Sort(snap.Contacts)
	slices.Sort(snap.Documents)
	verdict := done("%s, %s", plural(len(snap.Contacts), "contact"), plural(len(snap.Documents), "document"))
	verdict.Details = map[string]string{"snapshot": snap.File}
	verdict.Files = []EvidenceFile{{Name: snap.File, Data: indented.Bytes()}}
	verdict.Facts.Snapshot = snap
	verdict.Findings = matched(v, snap)
	switch {
	case found.left:
		verdict.Facts.Upstream = &Upstream{Proof: Read} // whatever sync comes next removes it (R8a)
	case v.Facts.leftUpstream():
		verdict.Facts.Upstream = &Upstream{} // it had been archived, and not by this run
	}
	return verdict, nil
}

func (v View) filedDocuments() []nimbus.DocumentID {
	if v.Facts.Filed == nil {
		return nil
	}
	return v.Facts.Filed.Documents
}

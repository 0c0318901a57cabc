package offboard

import (
	"context"
	"fmt"

	"github.com/practicekit/offboarding/xpm"
)

// lookInXPM finds what XPM has of the client, from lists of the whole practice.
func (p practice) lookInXPM(ctx context.Context, v View, f *found) error {
	if !v.Spec.Source.isXPM() {
		return nil
	}
	id := v.Facts.Snapshot.XPM
	if id == "" {
		f.byHand("no program reaches XPM", FindingAlreadyArchived, FindingClientGroups, FindingRelationships,
			FindingOpenJobs, FindingUnbilledTime, FindingDraftInvoices, FindingUnpaidInvoices)
		return nil
	}
	for _, look := range []func(context.Context, View, xpm.ClientUUID, *found) error{p.lookAtClient, p.lookAtWork, p.lookAtInvoices} {
		if err := look(ctx, v, id, f); err != nil {
			return err
		}
	}
	return nil
}

// lookAtClient looks into the list that resolve has found the client in.
func (p practice) lookAtClient(ctx context.Context, v View, id xpm.ClientUUID, f *found) error {
	if !f.wants(FindingAlreadyArchived, FindingClientGroups, FindingRelationships) {
		return nil
	}
	names := []FindingName{FindingAlreadyArchived, FindingClientGroups, FindingRelationships}
	list, err := p.xpmClients(ctx, v, 0)
	if err != nil {
		return f.failed(err, names...)
	}
	c, listed := list.withID(id)
	switch {
	case !listed:
		f.notKnown("XPM's list does not have the client", FindingAlreadyArchived)
	case !c.known:
		f.notKnown("XPM does not say whether the client is archived", FindingAlreadyArchived)
	case c.deleted:
		f.flag(FindingAlreadyArchived, true, "deleted or merged")
	default:
		f.flag(FindingAlreadyArchived, c.archived, "")
	}
	if in, told := list.ties[id]; told {
		f.count(FindingClientGroups, in.groups, "")
		f.count(FindingRelationships, in.relationships, "")
	} else {
		f.notKnown("XPM's detailed list does not have the client", FindingClientGroups, FindingRelationships)
	}
	return nil
}

// detailed reports whether the list of all clients has to be the detailed one.
func (p Policy) detailed() bool {
	return p.wants(FindingClientGroups) || p.wants(FindingRelationships)
}

func (p practice) lookAtWork(ctx context.Context, v View, id xpm.ClientUUID, f *found) error {
	if !f.wants(FindingOpenJobs, FindingUnbilledTime) {
		return nil
	}
	work, err := p.openWork(ctx, v)
	if err != nil {
		return err
	}
	f.tally(FindingOpenJobs, work.jobs, id, "")
	f.tally(FindingUnbilledTime, work.time, id, fmt.Sprintf("%d minutes on current jobs in %d days", work.minutes[id], timeDays))
	return nil
}

func (p practice) lookAtInvoices(ctx context.Context, v View, id xpm.ClientUUID, f *found) error {
	if !f.wants(FindingDraftInvoices, FindingUnpaidInvoices) {
		return nil
	}
	invoices, err := p.openInvoices(ctx, v)
	if err != nil {
		return err
	}
	f.tally(FindingDraftInvoices, invoices.drafts, id, "")
	f.tally(FindingUnpaidInvoices, invoices.unpaid, id, "")
	return nil
}

// tally notes what a list of XPM told of one client.
func (f *found) tally(name FindingName, t tally, id xpm.ClientUUID, detail string) {
	if t.unread != "" {
		f.notKnown(t.unread, name)
		return
	}
	f.count(name, t.of[id], detail)
}

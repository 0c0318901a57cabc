package offboard

import (
	"context"
	"fmt"
	"slices"

	"github.com/practicekit/offboarding/nimbus"
)

// lookInNimbus finds what Nimbus has of the client: signatures, files, people.
func (p practice) lookInNimbus(ctx context.Context, v View, f *found) error {
	for _, look := range []func(context.Context, View, *found) error{p.lookAtSignatures, p.lookAtDocuments, p.lookAtContacts} {
		if err := look(ctx, v, f); err != nil {
			return err
		}
	}
	return nil
}

func notOffered(c nimbus.Capability) string { return "Nimbus does not offer " + string(c) }

func (p practice) lookAtSignatures(ctx context.Context, v View, f *found) error {
	if !f.wants(FindingSignatureRequests) {
		return nil
	}
	jobs, known, err := p.signatureJobs(ctx, v)
	switch {
	case err != nil:
		return f.failed(err, FindingSignatureRequests)
	case !known:
		f.byHand(notOffered(nimbus.CapabilityEmailJobsRead), FindingSignatureRequests)
	default:
		f.count(FindingSignatureRequests, jobs, "")
	}
	return nil
}

// signatureJobs counts the e-mail jobs of the entity with Documents for
// Signature; known is false where no program can read them.
func (p practice) signatureJobs(ctx context.Context, v View) (jobs int, known bool, err error) {
	readable, err := p.offers(ctx, v, nimbus.CapabilityEmailJobsRead)
	if err != nil || !readable || v.Facts.Snapshot.Nimbus == "" {
		return 0, false, err
	}
	all, err := p.Nimbus.EmailJobs.ListByClient(ctx, v.Facts.Snapshot.Nimbus)
	for _, job := range all {
		if job.DocumentsForSignature > 0 {
			jobs++
		}
	}
	return jobs, err == nil, err
}

// lookAtDocuments reads the Client folder once for all that it tells.
func (p practice) lookAtDocuments(ctx context.Context, v View, f *found) error {
	names := []FindingName{FindingFolder, FindingDocumentsHeld, FindingDocumentsPublished}
	if !f.wants(names...) {
		return nil
	}
	readable, err := p.offers(ctx, v, nimbus.CapabilityFoldersRead)
	snap := v.Facts.Snapshot
	switch {
	case err != nil:
		return err
	case !readable || snap.Nimbus == "":
		f.byHand(notOffered(nimbus.CapabilityFoldersRead), names...)
		return nil
	}
	var documents []nimbus.Document
	if snap.Folder != "" {
		if documents, err = p.Nimbus.Documents.List(ctx, snap.Folder); err != nil {
			return f.failed(err, names...)
		}
		// The histories that earlier sessions filed are our own.
		filed := v.filedDocuments()
		documents = slices.DeleteFunc(documents, func(d nimbus.Document) bool { return slices.Contains(filed, d.ID) })
	}
	var held []nimbus.DocumentID
	folders, published := map[string]bool{}, 0
	for _, d := range documents {
		folders[d.Path] = true
		if d.Locked || d.CheckedOut {
			held = append(held, d.ID)
		}
		if d.Published {
			published++
		}
	}
	f.count(FindingFolder, len(documents), "files in "+plural(len(folders), "folder"))
	f.count(FindingDocumentsHeld, len(held), some(held))
	f.count(FindingDocumentsPublished, published, "")
	return nil
}

// lookAtContacts tells who can log in, and who belongs to others too.
func (p practice) lookAtContacts(ctx context.Context, v View, f *found) error {
	names := []FindingName{FindingPortalAccess, FindingSharedContacts}
	if !f.wants(names...) {
		return nil
	}
	readable, err := p.offers(ctx, v, nimbus.CapabilityContactsRead)
	switch {
	case err != nil:
		return err
	case !readable || v.Facts.Snapshot.Nimbus == "":
		f.byHand(notOffered(nimbus.CapabilityContactsRead), names...)
		return nil
	}
	contacts, err := p.Nimbus.Contacts.ListByClient(ctx, v.Facts.Snapshot.Nimbus)
	if err != nil {
		return f.failed(err, names...)
	}
	var access, shared []nimbus.ContactID
	for _, c := range contacts {
		if c.HasLogin && c.PortalAccess {
			access = append(access, c.ID)
		}
	}
	f.count(FindingPortalAccess, len(access), some(access))
	if !f.wants(FindingSharedContacts) {
		return nil
	}
	leavers, err := p.leavers.get(ctx, v.progress, 0, v.codes)
	if err != nil {
		return err
	}
	for _, c := range contacts {
		relations, err := p.Nimbus.Contacts.Relations(ctx, c.ID)
		if err != nil {
			return f.failed(err, FindingSharedContacts)
		}
		if slices.ContainsFunc(relations, func(r nimbus.Relation) bool { return !leavers[codeKey(r.Code)] }) {
			shared = append(shared, c.ID)
		}
	}
	f.count(FindingSharedContacts, len(shared), some(shared))
	return nil
}

// codes is the set of all clients that leave. Those whose turn to be resolved has
// not come have no id so far, so a relation is compared by its code.
func (v View) codes() (map[string]bool, error) {
	codes := make(map[string]bool, len(v.Spec.Entities))
	for _, e := range v.Spec.Entities {
		codes[codeKey(e.Code)] = true
	}
	return codes, nil
}

// lookAtRetention compares the day until which records must be kept with today.
func lookAtRetention(v View, f *found) {
	until := v.Entity.Earliest(v.Spec.Policy)
	switch {
	case until.IsZero():
		f.notKnown("the client has no retention date", FindingRetention)
	case until.Passed(v.Now):
		f.flag(FindingRetention, false, fmt.Sprintf("kept until %s, which has passed", until))
	default:
		f.flag(FindingRetention, true, fmt.Sprintf("to be kept until %s", until))
	}
}

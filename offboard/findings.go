package offboard

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/practicekit/offboarding/internal/strictjson"
)

// FindingName names one thing that is looked at before a client is touched (P10).
type FindingName string

// The findings. Of which systems they are, and how much they weigh, findingKinds says.
const (
	// FindingAmbiguity counts the clients and entities that have the code beside
	// the one that was meant (P5).
	FindingAmbiguity FindingName = "ambiguity"
	// FindingEdition is 1 where the account is not of the policy's edition (I4).
	FindingEdition FindingName = "edition"
	// FindingCloseBlockers and FindingCloseWarnings count what the MYOB AE gateway
	// has against closing the client.
	FindingCloseBlockers FindingName = "closeBlockers"
	FindingCloseWarnings FindingName = "closeWarnings"
	// FindingSignatureRequests counts e-mail jobs with Documents for Signature (R12).
	FindingSignatureRequests FindingName = "signatureRequests"
	// FindingOpenJobs counts the client's current jobs in XPM.
	FindingOpenJobs FindingName = "openJobs"
	// FindingUnbilledTime counts time sheet entries of the last 360 days that are
	// billable and on no invoice. An entry names its job and no client, so only
	// those of current jobs can be told: time left on a finished job is not seen.
	FindingUnbilledTime FindingName = "unbilledTime"
	// FindingDraftInvoices counts invoices in XPM that were never sent.
	FindingDraftInvoices FindingName = "draftInvoices"
	// FindingUnpaidInvoices counts current invoices in XPM with money outstanding.
	FindingUnpaidInvoices FindingName = "unpaidInvoices"
	// FindingClientGroups and FindingRelationships count those of the client in
	// XPM. Both need the detailed list of all clients, notes included, which is
	// the largest answer that XPM gives: ignore both to be spared it.
	FindingClientGroups  FindingName = "clientGroups"
	FindingRelationships FindingName = "relationships"
	// FindingDocumentsHeld counts documents that are locked or checked out.
	FindingDocumentsHeld FindingName = "documentsHeld"
	// FindingDocumentsPublished counts documents that the client can see.
	FindingDocumentsPublished FindingName = "documentsPublished"
	// FindingPortalAccess counts contacts that can log in to the client portal.
	FindingPortalAccess FindingName = "portalAccess"
	// FindingSharedContacts counts contacts of an entity that does not leave with
	// the same specification. It costs one call to Nimbus for every contact.
	FindingSharedContacts FindingName = "sharedContacts"
	// FindingFolder counts the files in the Client folder.
	FindingFolder FindingName = "folder"
	// FindingRetention is 1 as long as the client's records must be kept (P6).
	FindingRetention FindingName = "retention"
	// FindingAlreadyArchived is 1 where the client is archived in XPM, or gone from
	// it (P11); FindingAlreadyClosed where MYOB AE has closed it, or its Extra
	// Field is cleared.
	FindingAlreadyArchived FindingName = "alreadyArchived"
	FindingAlreadyClosed   FindingName = "alreadyClosed"
)

// Severity says what a finding does to a client.
type Severity string

const (
	SeverityIgnore Severity = "ignore" // it is not looked at, and costs no call
	SeverityInfo   Severity = "info"   // it is told
	SeverityWarn   Severity = "warn"   // it is told on a line of its own
	SeverityStop   Severity = "stop"   // it blocks the client before anything is touched
)

// Finding is what preflight has seen of one thing. It holds opaque ids and counts,
// never names of people or clients (I8).
type Finding struct {
	Name     FindingName `json:"name"`
	Severity Severity    `json:"severity"`
	// Count is how many there are. It is nil where that is not known, which is
	// never the same as zero; Detail then says why.
	Count  *int   `json:"count,omitempty"`
	Detail string `json:"detail,omitempty"`
	Rule   string `json:"rule"`
}

// Known reports whether it could be found out.
func (f Finding) Known() bool { return f.Count != nil }

// None reports whether it was looked at and there is none.
func (f Finding) None() bool { return f.Known() && *f.Count == 0 }

// Stops reports whether the finding blocks the client: one to stop for is there,
// or it is not known whether it is.
func (f Finding) Stops() bool { return f.Severity == SeverityStop && !f.None() }

// String gives the finding in words, such as "openJobs 2".
func (f Finding) String() string {
	count := "not known"
	if f.Known() {
		count = fmt.Sprint(*f.Count)
	}
	if f.Detail == "" {
		return fmt.Sprintf("%s %s", f.Name, count)
	}
	return fmt.Sprintf("%s %s (%s)", f.Name, count, f.Detail)
}

// findingKind is what is fixed of a finding.
type findingKind struct {
	name     FindingName
	severity Severity // where the policy does not say
	rule     string
	fixed    bool   // the policy cannot lower it below stop
	mend     string // what to do where it stops
}

// findingKinds is the table of the findings, in the order of the reports. The
// comment on each says why it weighs what it does.
var findingKinds = []findingKind{
	// The wrong client that is archived loses its history for good.
	{FindingAmbiguity, SeverityStop, "P5", fixed, "give every client a code of its own"},
	// The same button archives in one edition and destroys in the other.
	{FindingEdition, SeverityStop, "I4", fixed, "correct the policy"},
	// The gateway would refuse later, with the history exported and filed.
	{FindingCloseBlockers, SeverityStop, "R5, P10", fixed, "MYOB AE would not close the client: clear them there"},
	// The sync would leave the entity where it is; SignaturesPolicy can provide for that.
	{FindingSignatureRequests, SeverityStop, "R12", open, "the sync would not remove the entity: finish or delete them, or choose a signatures policy that provides for them"},
	// Work under way is easily lost sight of once the client is archived; many practices finish it afterwards.
	{FindingOpenJobs, SeverityWarn, "P10", open, "finish or cancel them"},
	// Money that nobody would ask for any more; whether it is worth asking, the practice knows.
	{FindingUnbilledTime, SeverityWarn, "P10", open, "invoice it or write it off"},
	// The same, one step further.
	{FindingDraftInvoices, SeverityWarn, "P10", open, "send or delete them"},
	// Who leaves may well owe, and is dunned all the same.
	{FindingUnpaidInvoices, SeverityWarn, "P10", open, "wait for the money or write it off"},
	// The gateway would close all the same.
	{FindingCloseWarnings, SeverityWarn, "P10", open, "see to them in MYOB AE"},
	// Somebody is at work on them; disposal looks again, and nothing else harms them.
	{FindingDocumentsHeld, SeverityWarn, "P10", open, "unlock them and check them in"},
	// The client has seen them, and off-boarding changes nothing in that.
	{FindingDocumentsPublished, SeverityInfo, "P10", open, "withdraw them"},
	// ContactsPolicy decides what becomes of it.
	{FindingPortalAccess, SeverityInfo, "R15, R17", open, "remove it, or choose a contacts policy that does"},
	// They stay with their other entities, whatever the policy.
	{FindingSharedContacts, SeverityInfo, "R16", open, "off-board those entities too, or part the contacts from this one"},
	// What the orphaned folder will hold; it is kept unless the policy says otherwise.
	{FindingFolder, SeverityInfo, "R13", open, "empty the folder"},
	// Assumed: archiving changes neither, and both are of use to who looks the client up.
	{FindingClientGroups, SeverityInfo, "P10", open, "take the client out of them"},
	{FindingRelationships, SeverityInfo, "P10", open, "end them"},
	// Off-boarding keeps records; the policy that destroys them demands a date that has passed by itself.
	{FindingRetention, SeverityInfo, "P6", open, "wait for the date"},
	// What was to be done in the source system is done.
	{FindingAlreadyArchived, SeverityInfo, "R4, P11", open, "find out who archived the client, and why"},
	{FindingAlreadyClosed, SeverityInfo, "R5", open, "find out who closed the client, and why"},
}

// Whether the policy can lower a finding below stop.
const fixed, open = true, false

func findingKindOf(name FindingName) (findingKind, bool) {
	i := slices.IndexFunc(findingKinds, func(k findingKind) bool { return k.name == name })
	if i < 0 {
		return findingKind{}, false
	}
	return findingKinds[i], true
}

// severity is how much a finding weighs under this policy. A signatures policy
// that provides for them lowers those, unless Findings names them.
func (p Policy) severity(k findingKind) Severity {
	if s, named := p.Findings[k.name]; named {
		return s
	}
	if k.name == FindingSignatureRequests && p.Signatures != "" && p.Signatures != SignaturesStop {
		return SeverityInfo
	}
	return k.severity
}

// findingsProblem says what is wrong with the severities, with the field, or "".
func (p Policy) findingsProblem() (field, problem string) {
	for _, name := range slices.Sorted(maps.Keys(p.Findings)) {
		kind, known := findingKindOf(name)
		severity := p.Findings[name]
		field := strictjson.Member("policy.findings", string(name))
		switch {
		case !known:
			var names []string
			for _, k := range findingKinds {
				names = append(names, string(k.name))
			}
			return field, "is no finding: want one of " + strings.Join(names, ", ")
		case !slices.Contains([]Severity{SeverityIgnore, SeverityInfo, SeverityWarn, SeverityStop}, severity):
			return field, noneOf(severity, SeverityIgnore, SeverityInfo, SeverityWarn, SeverityStop)
		case kind.fixed && severity != SeverityStop:
			return field, fmt.Sprintf("is %s: this one always stops (%s)", severity, kind.rule)
		}
	}
	return "", ""
}

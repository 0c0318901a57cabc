package offboard

import (
	"context"
	"fmt"
	"strings"
)

// approve asks a person for the one decision that everything destructive rests
// on. What is approved is the scope: the hash of the specification and of the
// snapshot it was resolved to. A scope that changed needs a new approval (I10).
func (p practice) approve() Step {
	return Step{
		StepInfo: StepInfo{Name: StepApprove, Does: "ask for approval of what destroys", Rule: "I10",
			Needs: []string{StepFileHistory}, Scope: PerWave},
		Check: p.checkApprove,
		Foresee: func(_ context.Context, v View) (Verdict, error) {
			return Verdict{State: Manual, Reason: "a person approves: " + strings.Join(approvalLines(v.Spec), "; ")}, nil
		},
	}
}

func (p practice) checkApprove(_ context.Context, v View) (Verdict, error) {
	scope := scopeHash(v.Spec, v.progress)
	answer, ask, ok := v.byHand(Task{
		ID: scope[:16], Rule: "I10", Approval: true, Scope: scope,
		Where: "here",
		Do:    approvalLines(v.Spec),
		Why:   "these steps destroy records or access; the histories are exported and verified, and nothing outside this scope is touched",
	})
	if !ok {
		ask.Reason = "the destructive steps wait for approval of scope " + scope[:16]
		return ask, nil
	}
	verdict := attested(answer, "scope "+scope[:16]+" approved")
	verdict.Details["scope"] = scope
	return verdict, nil
}

// scopeHash names exactly what is approved. A client without a snapshot counts
// as such, so that its later snapshot changes the scope.
func scopeHash(spec Spec, p *Progress) string {
	snapshots := make([]*Snapshot, len(spec.Entities))
	for i, e := range spec.Entities {
		snapshots[i] = p.Facts(e.Code).Snapshot
	}
	return digest(struct {
		Spec      Spec        `json:"spec"`
		Snapshots []*Snapshot `json:"snapshots"`
	}{spec, snapshots})
}

// approvalLines say what an approval allows, in the order in which it happens.
func approvalLines(spec Spec) []string {
	who := fmt.Sprintf("%d clients (%s)", len(spec.Entities), strings.Join(spec.codes(), ", "))
	if len(spec.Entities) == 1 {
		who = "client " + spec.Entities[0].Code
	}
	var lines []string
	switch spec.Source {
	case SourceXPM:
		lines = append(lines, "archive "+who+" in Xero Practice Manager (R4)",
			"start a Full Client Sync of the whole practice, which removes them from Nimbus with their history (R7, R11)")
	case SourceXPMField:
		lines = append(lines, fmt.Sprintf("clear the custom field %q of %s in Xero Practice Manager, where they stay active (R4a)", spec.field(), who),
			"start a Full Client Sync of the whole practice, which removes them from Nimbus with their history (R7, R11)")
	case SourceMYOBAE:
		lines = append(lines, "close "+who+" in MYOB AE; the next sync removes them from Nimbus with their history (R5, R11)")
	case SourceMYOBAEField:
		lines = append(lines, fmt.Sprintf("clear the Extra Field %q of %s in MYOB AE; the next sync removes them from Nimbus with their history (R5, R11)", spec.field(), who))
	default:
		lines = append(lines, "delete "+who+" on the Client Grid with their history (R6, R11)")
	}
	if spec.Policy.Signatures == SignaturesSuspend {
		lines = append([]string{"suspend the e-mail jobs with Documents for Signature, before anything else (R12)"}, lines...)
	}
	if spec.Policy.Signatures == SignaturesDelete {
		lines = append(lines, "delete entities that Documents for Signature hold on the Client Grid (R12)")
	}
	switch spec.Policy.Contacts {
	case ContactsRevoke:
		lines = append(lines, "remove the portal access of contacts that belong to no other entity (R15)")
	case ContactsDelete:
		lines = append(lines, "delete contacts that belong to no other entity (R15)")
	}
	switch spec.Policy.Documents.folder() {
	case folderArchive:
		lines = append(lines, "delete the orphaned folders, which moves their files to the Archive (R19)")
	case folderDelete:
		lines = append(lines, "delete the orphaned folders and their files FOR GOOD (R20)")
	}
	return lines
}

package offboard_test

import (
	"strings"
	"testing"

	"github.com/practicekit/offboarding/offboard"
)

// Of many clients, those that somebody must look at are not lost among the others.
func TestReport_WriteBrief(t *testing.T) {
	steps := []offboard.StepReport{{Name: offboard.StepResolve, State: offboard.Blocked, Rule: "P5", Reason: "two have the code"}}
	r := offboard.Report{Clients: []offboard.ClientReport{
		{Code: "ACME01", Name: "Acme Example", State: offboard.Blocked, Steps: steps},
		{Code: "BETA02", State: offboard.Done, Wave: 2, Kept: make([]offboard.KeptReport, 3)},
		{Code: "GAMMA03", State: offboard.Waiting, Wave: 3, Steps: []offboard.StepReport{{Name: offboard.StepResolve, State: offboard.Done},
			{Name: offboard.StepFullClientSync, State: offboard.Waiting, Rule: "R7", Reason: "it runs"}}},
	}}
	var out strings.Builder
	if err := r.WriteBrief(&out); err != nil {
		t.Fatal(err)
	}
	want := `BETA02: done in wave 2, 3 kept
GAMMA03: waiting in wave 3 at full-client-sync: it runs (R7)

ACME01 Acme Example: blocked
  resolve  blocked  two have the code (P5)

3 clients: 1 done, 1 waiting, 1 blocked
`
	if out.String() != want {
		t.Errorf("it says\n%s\nwant\n%s", out.String(), want)
	}
}

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
		{Code: "BETA02", State: offboard.Done, Wave: 2, Kept: make([]offboard.KeptReport, 3), Steps: steps},
	}}
	var out strings.Builder
	if err := r.WriteBrief(&out); err != nil {
		t.Fatal(err)
	}
	want := `BETA02: done in wave 2, 3 kept

ACME01 Acme Example: blocked
  resolve  blocked  two have the code (P5)

2 clients: 1 done, 1 blocked
`
	if out.String() != want {
		t.Errorf("it says\n%s\nwant\n%s", out.String(), want)
	}
}

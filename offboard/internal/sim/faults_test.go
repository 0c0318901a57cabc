package sim

import (
	"testing"
	"testing/synctest"

	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/offboard"
)

func acme(source offboard.Source, policy offboard.Policy) offboard.Spec {
	return offboard.Spec{Source: source, Policy: policy, Entities: []offboard.Entity{{Code: "ACME01"}}}
}

func TestFaults_Pairs(t *testing.T) {
	v := variant{"XPM, CDM, archive", small(nimbus.EditionCDM), acme(offboard.SourceXPM, archiveCDM)}
	synctest.Test(t, func(t *testing.T) {
		x := newExplorer(v)
		from := x.base()
		x.from(from, 2, nil)
		for b, p := range x.found {
			t.Errorf("%s\n\t%s", b, p)
		}
		t.Logf("%+v", x.counts)
		for k, n := range byFault {
			if n > 300 {
				t.Log(k, n)
			}
		}
	})
}

func TestFaults_Singles(t *testing.T) {
	v := variant{"XPM, CDM, archive", small(nimbus.EditionCDM), acme(offboard.SourceXPM, archiveCDM)}
	synctest.Test(t, func(t *testing.T) {
		x := newExplorer(v)
		from := x.base()
		t.Log(x.whole)
		x.from(from, 1, nil)
		for b, p := range x.found {
			t.Errorf("%s\n\t%s", b, p)
		}
		t.Logf("%+v", x.counts)
	})
}

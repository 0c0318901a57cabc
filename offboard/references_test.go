package offboard_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/practicekit/offboarding/offboard"
)

// What records name as evidence; that a run names all of its files is proved by
// filejournal.Verify.
func TestRecord_EvidenceRefs(t *testing.T) {
	digest := strings.Repeat("0123456789abcdef", 4)
	for what, c := range map[string]struct {
		record offboard.Record
		want   []offboard.EvidenceRef
	}{
		"a session":        {offboard.Record{Kind: offboard.KindSession, Digest: digest}, []offboard.EvidenceRef{{Name: "spec-0123456789abcdef.json", JSON: digest}}},
		"a short digest":   {offboard.Record{Kind: offboard.KindSession, Digest: "01"}, []offboard.EvidenceRef{{Name: "spec-01.json", JSON: "01"}}},
		"an empty session": {offboard.Record{Kind: offboard.KindSession}, nil},
		"a snapshot": {offboard.Record{Facts: &offboard.Facts{Snapshot: &offboard.Snapshot{File: "client-a/snapshot-0123456789ab.json"}}},
			[]offboard.EvidenceRef{{Name: "client-a/snapshot-0123456789ab.json", JSON: "0123456789ab"}}},
		"an attested snapshot": {offboard.Record{Facts: &offboard.Facts{Snapshot: &offboard.Snapshot{Proof: offboard.Attested}}}, nil},
		"another name": {offboard.Record{Facts: &offboard.Facts{Snapshot: &offboard.Snapshot{File: "client-a/snapshot-cafe.json"}}},
			[]offboard.EvidenceRef{{Name: "client-a/snapshot-cafe.json"}}},
		"a history": {offboard.Record{Facts: &offboard.Facts{History: &offboard.HistoryFile{File: "client-a/history-1.csv", SHA256: digest, Size: 7}}},
			[]offboard.EvidenceRef{{Name: "client-a/history-1.csv", SHA256: digest}}},
		"the end of a run": {offboard.Record{Kind: offboard.KindEnded, Digest: digest}, nil},
	} {
		if got := c.record.EvidenceRefs(); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s names %v, want %v", what, got, c.want)
		}
	}
}

// A Client Code is compared without regard to capitals and surrounding blanks.
func TestRecord_IsAbout(t *testing.T) {
	rec := offboard.Record{Client: "ACME01"}
	if !rec.IsAbout(" acme01 ") || rec.IsAbout("ACME0") || rec.IsAbout("") || (offboard.Record{}).IsAbout("") {
		t.Error("codes are compared otherwise")
	}
	if !offboard.IsEvidenceOf("Acme01", "client-acme01/history-1.csv") || offboard.IsEvidenceOf("ACME0", "client-acme01/history-1.csv") || offboard.IsEvidenceOf("ACME01", "spec-01.json") {
		t.Error("evidence is told otherwise")
	}
}

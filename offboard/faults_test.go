package offboard_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/offboard/offboardtest"
)

// fault is what happens at one numbered I/O of a run: a request to a vendor, or
// a write to the journal.
type fault int

const (
	crashBefore  fault = iota // the process dies before it
	crashAfter                // the process dies after it, before anything is recorded
	lostAnswer                // it happens, and the connection breaks
	serverError               // it happens, and the answer is a 500
	notReached                // it does not happen, and the answer is a 503
	truncated                 // it happens, and the answer is cut off in the middle
	loginPage                 // an HTML page with status 200 stands in its place
	tokenExpired              // it does not happen: 401
)

func (f fault) String() string {
	return [...]string{"crash before", "crash after", "lost answer", "500 after", "503 before", "truncated answer", "HTML page", "401"}[f]
}

var errCrash = errors.New("the process was killed")

// trial runs an off-boarding again and again against one practice, with one
// fault at one I/O, until it is done.
type trial struct {
	practice *offboardtest.Practice
	journal  *offboardtest.Journal
	spec     offboard.Spec

	io      int // of this trial so far
	at      int
	fault   fault
	crashed bool // this process is dead: nothing it does has an effect
	hit     bool
	cancel  context.CancelFunc
}

// next counts an I/O and reports whether the fault is due.
func (tr *trial) next() bool {
	tr.io++
	due := tr.io == tr.at && !tr.hit
	tr.hit = tr.hit || due
	return due
}

func (tr *trial) crash() error {
	tr.crashed = true
	tr.cancel()
	return errCrash
}

// write is a write to the journal or the evidence; a write that is hit is lost.
func (tr *trial) write(string) error {
	if tr.crashed {
		return errCrash
	}
	if tr.next() {
		return tr.crash()
	}
	return nil
}

type faultyTrip struct {
	*trial
	http.RoundTripper
}

func (f faultyTrip) RoundTrip(r *http.Request) (*http.Response, error) {
	if f.crashed {
		return nil, errCrash
	}
	if !f.next() {
		return f.RoundTripper.RoundTrip(r)
	}
	switch f.fault {
	case crashBefore:
		return nil, f.crash()
	case notReached:
		return answer(r, http.StatusServiceUnavailable, "", ""), nil
	case loginPage:
		return answer(r, http.StatusOK, "text/html", "<html><body>Please log in</body></html>"), nil
	case tokenExpired:
		return answer(r, http.StatusUnauthorized, "", ""), nil
	}
	real, err := f.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, _ := io.ReadAll(real.Body)
	switch f.fault {
	case crashAfter:
		return nil, f.crash()
	case lostAnswer:
		return nil, errors.New("connection reset by peer")
	case serverError:
		return answer(r, http.StatusInternalServerError, "", ""), nil
	}
	real.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body[:len(body)/2]), brokenReader{}))
	return real, nil
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func answer(r *http.Request, status int, contentType, body string) *http.Response {
	header := http.Header{}
	if contentType != "" {
		header.Set("Content-Type", contentType)
	}
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body)), Request: r, ProtoMajor: 1, ProtoMinor: 1}
}

// run is one process: it returns the report of Run.
func (tr *trial) run(t *testing.T) (offboard.Report, error) {
	systems, err := tr.practice.Systems(func(next http.RoundTripper) http.RoundTripper { return faultyTrip{tr, next} })
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	tr.cancel, tr.crashed = cancel, false
	tr.journal.Fail = tr.write
	return offboard.Runner{
		Plan: offboard.NewPlan(tr.spec, systems), Journal: tr.journal,
		Operator: seesBystanders(tr.practice), Wait: time.Hour, Batch: oneByOne,
	}.Run(ctx)
}

// settle runs until done, and fails when that takes too many processes.
func (tr *trial) settle(t *testing.T) run {
	t.Helper()
	for range 4 {
		report, err := tr.run(t)
		if err == nil && report.State() == offboard.Done {
			return run{tr.practice, tr.journal, report, tr.practice.State()}
		}
	}
	report, err := tr.run(t)
	var text strings.Builder
	_ = report.WriteText(&text)
	t.Fatalf("not done after five runs: %v\n%s", err, text.String())
	return run{}
}

func newTrial(t *testing.T, source offboard.Source, policy offboard.Policy, at int, f fault) *trial {
	t.Helper()
	world := offboardtest.DefaultWorld(nimbus.EditionCDM, source != offboard.SourceNone)
	world.Sync = offboardtest.Sync{Takes: offboardtest.Duration(3 * time.Second), Every: offboardtest.Duration(time.Minute)}
	if policy.Documents.Edition() == nimbus.EditionNonCDM {
		world.Edition = nimbus.EditionNonCDM
	}
	if source == offboard.SourceXPMField {
		byField(&world)
	}
	practice, err := offboardtest.New(world)
	if err != nil {
		t.Fatal(err)
	}
	return &trial{
		practice: practice, journal: &offboardtest.Journal{}, at: at, fault: f,
		spec: offboard.Spec{Source: source, Policy: policy, Entities: []offboard.Entity{{Code: "ACME01"}, {Code: "BETA02"}}},
	}
}

// end is what must be the same however often a run was broken: the state of the
// systems without times, syncs, logins, and the rows that retried reads add.
func (r run) end() string {
	s := r.state
	for i := range s.XPM {
		s.XPM[i].Modified = time.Time{}
	}
	for i := range s.MYOBAE {
		s.MYOBAE[i].LastModified, s.MYOBAE[i].RowVersion = time.Time{}, ""
	}
	s.Nimbus.Syncs, s.Nimbus.Logins, s.Nimbus.LoginsRefused = nil, 0, 0
	for i := range s.Nimbus.Clients {
		s.Nimbus.Clients[i].HistoryRows = 0
	}
	for _, folder := range s.Nimbus.Folders {
		for i := range folder.Files {
			folder.Files[i].ModifiedAt = time.Time{}
		}
	}
	for i := range s.Nimbus.Archive {
		s.Nimbus.Archive[i].ModifiedAt = time.Time{}
	}
	slices.SortFunc(s.Nimbus.Archive, func(a, b nimbus.Document) int {
		return strings.Compare(a.Name+string(a.FolderID), b.Name+string(b.FolderID))
	})
	for i := range s.Nimbus.Archive {
		s.Nimbus.Archive[i].ID = "" // counted up in the order of uploads
	}
	text, _ := json.MarshalIndent(s, "", " ")
	return string(text)
}

// exhaustive breaks every I/O in every way, which takes about a minute; without
// it every fault is tried at a sample of I/Os, other ones in every case.
var exhaustive = flag.Bool("exhaustive", false, "try every fault at every I/O")

// sample is the distance between the I/Os at which one fault is tried.
const sample = 31

// TestFaults numbers every I/O of a run and breaks each in every way. I9: any
// prefix of a run and a re-run end in the same state with the same number of
// effects.
func TestFaults(t *testing.T) {
	cases := []struct {
		name   string
		source offboard.Source
		policy offboard.Policy
	}{
		{"XPM CDM archive", offboard.SourceXPM, with(archiveCDM, offboard.ContactsDelete, "")},
		{"XPM non-CDM delete", offboard.SourceXPM, with(deleteAll, offboard.ContactsRevoke, "")},
		{"MYOB AE", offboard.SourceMYOBAE, with(archiveCDM, offboard.ContactsDelete, "")},
		{"not integrated", offboard.SourceNone, with(archiveCDM, offboard.ContactsDelete, "")},
		{"XPM field, history copied", offboard.SourceXPMField, with(copyCDM, offboard.ContactsDelete, offboard.SignaturesSuspend)},
	}
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var whole run
			total := 0
			synctest.Test(t, func(t *testing.T) {
				tr := newTrial(t, c.source, c.policy, 0, 0)
				whole, total = tr.settle(t), tr.io
			})
			if total < 60 {
				t.Fatalf("a run has only %d I/Os: the faults are not where they should be", total)
			}
			for f := crashBefore; f <= tokenExpired; f++ {
				hits, tried := 0, 0
				for at := 1; at <= total; at++ {
					if !*exhaustive && at%sample != (3*i+int(f))%sample {
						continue
					}
					tried++
					synctest.Test(t, func(t *testing.T) {
						tr := newTrial(t, c.source, c.policy, at, f)
						r := tr.settle(t)
						if tr.hit {
							hits++
						}
						checkInvariants(t, r)
						if got, want := len(r.destroyedOnce()), len(whole.destroyedOnce()); got != want {
							t.Errorf("%s at I/O %d: %d destructive effects, want %d", f, at, got, want)
						}
						if got, want := r.end(), whole.end(); got != want {
							t.Errorf("%s at I/O %d: another end state\n%s", f, at, firstDifference(got, want))
						}
					})
				}
				if tried < 3 || hits < tried {
					t.Errorf("%s: %d of %d I/Os were hit", f, hits, tried)
				}
			}
		})
	}
}

// destroyedOnce is destroyed without the syncs: a client that failed while the
// others went on takes a sync of its own later.
func (r run) destroyedOnce() []string {
	return slices.DeleteFunc(r.destroyed(), func(op string) bool { return op == "start-sync" })
}

func firstDifference(got, want string) string {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("line %d:\n%s\nwant\n%s", i, strings.Join(a[max(0, i-5):min(len(a), i+5)], "\n"), strings.Join(b[max(0, i-5):min(len(b), i+5)], "\n"))
		}
	}
	return "one is longer"
}

func readAll(r *http.Response) []byte {
	defer r.Body.Close()
	body, _ := io.ReadAll(r.Body)
	return body
}

package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/offboard/offboardtest"
)

// crowd is a practice of so many clients, C00 and so on, and the file that names
// them.
func crowd(t *testing.T, n int) (offboardtest.World, string) {
	t.Helper()
	w := offboardtest.World{Edition: nimbus.EditionCDM}
	list := "code\n"
	for i := range n {
		code := fmt.Sprintf("C%02d", i)
		list += code + "\n"
		w.Clients = append(w.Clients, offboardtest.Client{Code: code, Name: "Client " + code, XPM: &offboardtest.XPMClient{},
			Nimbus: &offboardtest.NimbusClient{Integrated: true, HistoryRows: 3, Documents: []offboardtest.Document{{Name: "Letter.pdf", Content: code}}}})
	}
	return w, writeFile(t, "clients.csv", list)
}

func serveCrowd(t *testing.T, n int) *served {
	t.Helper()
	w, clients := crowd(t, n)
	s := serve(t, w)
	s.clients = clients
	return s
}

// archivings is the order in which clients were archived in XPM, and a dash for
// each sync.
func (s *served) archivings() string {
	var all []string
	for _, e := range s.Effects() {
		switch {
		case e.Operation == "start-sync":
			all = append(all, "-")
		case e.System == "xpm" && e.Changed:
			all = append(all, e.Client)
		}
	}
	return strings.Join(all, " ")
}

// forbidding makes XPM refuse to archive some clients, until it is told otherwise.
func (s *served) forbidding(codes ...string) (allow func()) {
	var ids []string
	for _, c := range s.State().XPM {
		for _, code := range codes {
			if c.Code == code {
				ids = append(ids, c.UUID)
			}
		}
	}
	var allowed atomic.Bool
	s.answer = func(w http.ResponseWriter, r *http.Request) bool {
		if allowed.Load() || !strings.HasSuffix(r.URL.Path, "client.api/archive") {
			return false
		}
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		for _, id := range ids {
			if strings.Contains(string(body), id) {
				w.WriteHeader(http.StatusForbidden)
				return true
			}
		}
		return false
	}
	return func() { allowed.Store(true) }
}

// I10: a run of more clients than the cap touches nothing.
func TestBatch_Cap(t *testing.T) {
	t.Parallel()
	s := serveCrowd(t, 4)
	for _, more := range []string{"-yes", "-preview"} {
		s.run(t, more, "-cap", "3").want(t, exitUsage, "4 clients are to be off-boarded, and a run may have 3", "-cap 4 allows them")
	}
	if got := s.Effects(); len(got) > 0 {
		t.Errorf("effects: %v", got)
	}
	s.run(t, "-preview", "-cap", "none").want(t, exitDone)
}

// R7, I10: waves, each with one sync, after a canary of one client.
func TestBatch_Waves(t *testing.T) {
	t.Parallel()
	s := serveCrowd(t, 5)
	o := s.run(t, "-yes", "-canary", "1", "-wave", "3", "-parallel", "1")
	o.want(t, exitDone, "stdout:Forecast: 5 clients in 3 waves; about ", "stdout:wave 1                        begins with 1 client: C00",
		"stdout:wave 2                        begins with 3 clients: C01, C02, C03", "stdout:50 of 50 steps and 5 of 5 clients done")
	if got := s.archivings(); got != "C00 - C01 C02 C03 - C04 -" {
		t.Errorf("archived: %s", got)
	}
}

// I10: where the canary does not come through, nobody follows it; once it does,
// the same command goes on.
func TestBatch_CanaryFails(t *testing.T) {
	t.Parallel()
	s := serveCrowd(t, 3)
	allow := s.forbidding("C00")
	s.run(t, "-yes", "-canary", "1", "-parallel", "1").want(t, exitFailed, "the run was halted: the canary did not come through", "rights and scopes", "stdout:3 clients: 2 waiting, 1 failed")
	if got := s.archivings(); got != "" {
		t.Errorf("archived: %s", got)
	}
	allow()
	s.run(t, "-yes", "-canary", "1", "-parallel", "1").want(t, exitDone)
	if got := s.archivings(); got != "C00 - C01 C02 -" {
		t.Errorf("archived: %s", got)
	}
}

// Only the failed: one client's failure stops nobody else, and the same command
// does only what is not done.
func TestBatch_OnlyTheFailed(t *testing.T) {
	t.Parallel()
	s := serveCrowd(t, 4)
	allow := s.forbidding("C01", "C02")
	s.run(t, "-yes", "-parallel", "1").want(t, exitFailed, "stdout:4 clients: 2 done, 2 failed", "to continue")
	if got := s.archivings(); got != "C00 C03 -" {
		t.Errorf("archived: %s", got)
	}
	allow()
	o := s.run(t, "-yes", "-parallel", "1")
	o.want(t, exitDone, "stdout:Forecast: 2 of 4 clients done already; 2 clients in 1 wave", "stdout:wave 2                        begins with 2 clients: C01, C02", "stdout:4 clients: 4 done")
	if strings.Contains(o.stdout, "C00        archive-client     begins") {
		t.Errorf("what was done is done again:\n%s", o.stdout)
	}
	if got := s.archivings(); got != "C00 C03 - C01 C02 -" {
		t.Errorf("archived: %s", got)
	}
	s.noneTwice(t)
}

// Too many failures end the run before its next wave.
func TestBatch_MaxFailed(t *testing.T) {
	t.Parallel()
	s := serveCrowd(t, 4)
	s.forbidding("C00", "C01")
	args := []string{"-yes", "-canary", "none", "-wave", "2", "-parallel", "1"}
	s.run(t, append(args, "-max-failed", "1")...).want(t, exitFailed, "2 clients were blocked or failed, and 1 may be", "stdout:4 clients: 2 waiting, 2 failed")
	s.run(t, append(args, "-max-failed", "any")...).want(t, exitFailed, "stdout:4 clients: 2 done, 2 failed")
}

// The kill switch: a file named STOP ends a run before its next effect, and keeps
// another one from beginning.
func TestBatch_Stop(t *testing.T) {
	t.Parallel()
	s := serveCrowd(t, 4)
	stop := filepath.Join(s.dir, "STOP")
	var once sync.Once
	s.answer = func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "client.api/archive") {
			once.Do(func() {
				if err := os.WriteFile(stop, nil, 0o600); err != nil {
					t.Error(err)
				}
			})
		}
		return false
	}
	args := []string{"-yes", "-parallel", "1"}
	s.run(t, args...).want(t, exitWaiting, "the run was halted: a file named STOP lies in the directory", "Remove "+stop+" first", "to continue", "stdout:4 clients: 4 waiting")
	if got := s.archivings(); got != "C00" {
		t.Errorf("archived: %s", got)
	}
	before := len(s.Effects())
	o := s.run(t, append(args, "-json")...)
	o.want(t, exitWaiting, "Remove "+stop+" first")
	if r := decodeReport(t, o); len(r.Clients) != 4 || len(s.Effects()) != before {
		t.Errorf("%d effects more; %+v", len(s.Effects())-before, r)
	}
	if err := os.Remove(stop); err != nil {
		t.Fatal(err)
	}
	s.run(t, args...).want(t, exitDone)
	if got := s.archivings(); got != "C00 - C01 C02 C03 -" { // who was touched is brought to the end first
		t.Errorf("archived: %s", got)
	}
}

// A spent day: the wait for XPM's quota is told, and holds for the next process,
// which has seen no calls.
func TestBatch_SpentDay(t *testing.T) {
	t.Parallel()
	s := serveCrowd(t, 3)
	s.answer = func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasPrefix(r.URL.Path, offboardtest.XPMPath) {
			return false
		}
		answer := httptest.NewRecorder()
		s.ServeHTTP(answer, r)
		for name, values := range answer.Header() {
			w.Header()[name] = values
		}
		w.Header().Set("X-DayLimit-Remaining", "3")
		w.WriteHeader(answer.Code)
		w.Write(answer.Body.Bytes())
		return true
	}
	s.run(t, "-yes", "-wait", "0").want(t, exitWaiting, "Waiting for XPM's quota of the day until", "stdout:all                           waits until ", "stdout:the next wave needs 14 calls of XPM")
	s.answer = nil
	s.run(t, "-yes", "-wait", "0").want(t, exitWaiting, "Waiting for XPM's quota of the day until")
	if got := s.archivings(); got != "" {
		t.Errorf("archived: %s", got)
	}
}

// slowTerminal takes nothing from the first effect on, until it is let go.
type slowTerminal struct {
	strings.Builder
	letGo <-chan struct{}
}

func (s *slowTerminal) Write(b []byte) (int, error) {
	if strings.Contains(string(b), "begins: ") {
		<-s.letGo
	}
	return s.Builder.Write(b)
}

// A slow terminal holds up no run: the sync begins while it takes nothing.
func TestRun_SlowTerminal(t *testing.T) {
	t.Parallel()
	s := serveCrowd(t, 3)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	letGo, begun := context.WithCancel(ctx)
	s.answer = func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/v1/syncs") {
			begun()
		}
		return false
	}
	out := &slowTerminal{letGo: letGo.Done()}
	code := run(ctx, []string{"-yes", "-config", s.config, "-dir", s.dir, s.clients}, strings.NewReader(""), out, io.Discard,
		environment{user: "tester", retries: -1, live: true, getenv: os.Getenv})
	if code != exitDone || !strings.Contains(out.String(), "3 clients: 3 done") {
		t.Errorf("exit %d:\n%s", code, out.String())
	}
}

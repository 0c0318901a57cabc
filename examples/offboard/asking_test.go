package main

import (
	"os"
	"strings"
	"testing"

	"github.com/practicekit/offboarding/nimbus"
)

func TestIsTerminal(t *testing.T) {
	t.Parallel()
	f, err := os.Open(writeFile(t, "file", ""))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if isTerminal(f) {
		t.Error("a file is taken for a terminal")
	}
}

func TestRun_Asks(t *testing.T) {
	t.Parallel()
	at := environment{asks: true, live: true}
	s := serve(t, quickWorld(nimbus.EditionCDM, true))
	args := []string{"-config", s.config, "-dir", s.dir, "-as", "pat", s.clients}
	offboardIn(t, t.Context(), at, "", args...).want(t, exitWaiting, "stdin is no terminal, or has ended")
	o := offboardIn(t, t.Context(), at, "no\n", args...)
	o.want(t, exitWaiting, "Waiting for approval", "stdout:declined, or not done yet, says pat")
	if strings.Contains(o.stderr, "has ended") {
		t.Error("somebody answered, and it says that nobody can")
	}
	offboardIn(t, t.Context(), at, "yes\n", args...).want(t, exitDone, "stdout:answered by pat", "stdout:\r")
	s.noneTwice(t)
}

// P9: where Nimbus offers nothing to programs, a person does it all, asked one
// thing after the other.
func TestRun_EverythingByHand(t *testing.T) {
	t.Parallel()
	w := quickWorld(nimbus.EditionCDM, true)
	w.Capabilities = []nimbus.Capability{}
	s := serve(t, w)
	history := writeFile(t, "history.csv", "When,Who\na,b\nc,d\n")
	clients := writeFile(t, "clients.csv", "code\nGAMMA03\n")
	typed := strings.Join([]string{
		"yes",        // the one entity of that code is found
		"cdm",        // the edition
		history, "2", // the export
		"yes",  // filed
		"yes",  // the bystanders are compared
		"yes",  // the sync has run
		"gone", // from the Client Grid
		"2",    // contacts stay
		"cdm",  // the edition, asked afresh
		"3",    // files in the folder
	}, "\n") + "\n"
	o := offboardIn(t, t.Context(), environment{asks: true}, typed, "-yes", "-folder", "archive", "-config", s.config, "-dir", s.dir, clients)
	o.want(t, exitDone, "stdout:a person looked: 2 stay [attested]", "stdout:with 3 files [attested]")
	for _, e := range s.Effects() {
		if e.System == "nimbus" {
			t.Errorf("%+v", e)
		}
	}
}

package offboard_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/practicekit/offboarding/offboard"
)

func TestTerminal_Ask(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "history.csv")
	if err := os.WriteFile(file, []byte("a\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		back     offboard.HandBack
		approval bool
		typed    string
		want     offboard.Answer
		told     string
	}{
		"yes":          {typed: "yes\n", want: offboard.Answer{Yes: true}},
		"no":           {typed: " No \n"},
		"asked again":  {typed: "perhaps\n\nY\n", want: offboard.Answer{Yes: true}, told: "Please answer yes or no."},
		"approval":     {approval: true, typed: "yes\n", want: offboard.Answer{Yes: true}, told: "APPROVAL"},
		"choice":       {back: offboard.HandBack{Choices: []string{"cdm", "non-cdm"}}, typed: "yes\nNON-CDM\n", want: offboard.Answer{Yes: true, Choice: "non-cdm"}, told: "one of cdm, non-cdm"},
		"no choice":    {back: offboard.HandBack{Choices: []string{"cdm"}}, typed: "no\n"},
		"file, count":  {back: offboard.HandBack{File: true, Count: true}, typed: "\n" + dir + "\n" + file + "x\n" + file + "\nmany\n-1\n7\n", want: offboard.Answer{Yes: true, File: file, Count: 7}, told: "That is not a file."},
		"file, but no": {back: offboard.HandBack{File: true, Count: true}, typed: "no\n"},
		"count, or no": {back: offboard.HandBack{File: true, Count: true}, typed: file + "\nno\n"},
		"last line":    {typed: "yes", want: offboard.Answer{Yes: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			term := offboard.NewTerminal(strings.NewReader(c.typed), &out, "pat")
			got, err := term.Ask(t.Context(), offboard.Task{Where: "the Client Grid", Do: []string{"Look"}, Why: "it matters", HandBack: c.back, Approval: c.approval})
			c.want.By = "pat"
			if err != nil || got != c.want {
				t.Errorf("got %+v, %v; want %+v", got, err, c.want)
			}
			for _, text := range []string{"1. Look", "it matters", c.told} {
				if !strings.Contains(out.String(), text) {
					t.Errorf("%q is not shown:\n%s", text, out.String())
				}
			}
		})
	}
}

func TestTerminal_NobodyAnswers(t *testing.T) {
	t.Parallel()
	term := offboard.NewTerminal(strings.NewReader("perhaps\n"), io.Discard, "pat")
	for range 2 {
		if _, err := term.Ask(t.Context(), offboard.Task{}); !errors.Is(err, offboard.ErrNoAnswer) {
			t.Errorf("got %v", err)
		}
	}
	if !term.Ended() {
		t.Error("it does not say that its input has ended")
	}
}

func TestTerminal_Interrupted(t *testing.T) {
	t.Parallel()
	in, typing := io.Pipe() // nobody types
	defer typing.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := offboard.NewTerminal(in, io.Discard, "pat").Ask(ctx, offboard.Task{})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

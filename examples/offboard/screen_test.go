package main

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/practicekit/offboarding/offboard"
)

// visible is what a terminal shows after the text: a carriage return goes to the
// beginning of the line, and what follows is written over it.
func visible(text string) (lines []string) {
	for line := range strings.SplitSeq(text, "\n") {
		var shown []byte
		for part := range strings.SplitSeq(line, "\r") {
			shown = append([]byte(part), shown[min(len(part), len(shown)):]...)
		}
		lines = append(lines, strings.TrimRight(string(shown), " "))
	}
	return lines
}

func wantLines(t *testing.T, out *bytes.Buffer, want ...string) {
	t.Helper()
	if got := visible(out.String()); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("it shows\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestScreen_BarIsTheLastLine(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	s := &screen{w: &out, live: true}
	s.begin(4)
	s.draw(1, "0 of 2 clients")
	wantLines(t, &out, "Done  25% [====>...............]  0 of 2 clients")
	s.printf("short\n")
	wantLines(t, &out, "short", "Done  25% [====>...............]  0 of 2 clients")
	s.draw(3, "1 of 2 clients, about 3 min left")
	s.draw(2, "1 of 2 clients") // a step that was done may have to be done again
	wantLines(t, &out, "short", "Done  50% [=========>..........]  1 of 2 clients")
	s.end()
	s.printf("4 of 4\n")
	wantLines(t, &out, "short", "4 of 4", "")
	s.draw(4, "late")
	wantLines(t, &out, "short", "4 of 4", "")
}

// A line that wraps could not be written over.
func TestScreen_BarIsNarrow(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	s := &screen{w: &out, live: true}
	s.begin(4)
	s.draw(1, strings.Repeat("x", 200))
	if got := visible(out.String()); len(got) != 1 || len(got[0]) != narrow {
		t.Errorf("it shows %q", got)
	}
}

func TestScreen_NoBarWhereLinesStay(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	s := &screen{w: &out}
	s.begin(4)
	s.draw(1, "0 of 2 clients")
	s.printf("line\n")
	if out.String() != "line\n" {
		t.Errorf("wrote %q", out.String())
	}
}

// What has happened is told before the question, and what happens while a person
// is asked, after the answer.
func TestAsker_NothingRunsIntoAQuestion(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	s := &screen{w: &out, live: true}
	s.begin(4)
	s.draw(1, "")
	person := offboard.OperatorFunc(func(context.Context, offboard.Task) (offboard.Answer, error) {
		s.Write([]byte("Is it done? "))
		s.printf("meanwhile\n")
		s.draw(2, "")
		wantLines(t, &out, "before", "Is it done?")
		out.WriteString("yes\n") // the terminal's echo
		return offboard.Answer{Yes: true}, nil
	})
	told := func(context.Context) { s.printf("before\n") }
	if answer, err := (asker{person, s, told}).Ask(t.Context(), offboard.Task{}); err != nil || !answer.Yes {
		t.Errorf("%+v, %v", answer, err)
	}
	wantLines(t, &out, "before", "Is it done? yes", "meanwhile", "Done  50% [=========>..........]")
	s.draw(3, "1 of 2 clients")
	wantLines(t, &out, "before", "Is it done? yes", "meanwhile", "Done  75% [==============>.....]  1 of 2 clients")
}

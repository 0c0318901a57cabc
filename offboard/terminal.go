package offboard

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
)

// Terminal is an Operator that puts tasks before whoever sits at a terminal.
type Terminal struct {
	lines <-chan string
	out   io.Writer
	by    string
	ended bool
}

// NewTerminal asks on out and reads the answers, which are given in the name of
// by, line by line from in. It reads ahead, so in is its own from then on.
func NewTerminal(in io.Reader, out io.Writer, by string) *Terminal {
	lines := make(chan string)
	go func() { // it ends with the input, or with the process
		defer close(lines)
		for s := bufio.NewScanner(in); s.Scan(); {
			lines <- s.Text()
		}
	}()
	return &Terminal{lines: lines, out: out, by: by}
}

// Ended reports whether the input has ended, so that nobody answers any more.
func (t *Terminal) Ended() bool { return t.ended }

// Ask shows the task and waits for its answer. What makes no sense is asked
// again; no is an answer to everything. Once the input has ended it returns
// ErrNoAnswer.
func (t *Terminal) Ask(ctx context.Context, task Task) (Answer, error) {
	t.show(task)
	answer := Answer{Yes: true, By: t.by}
	back := task.HandBack
	question := "Is it done? (yes or no)"
	if task.Approval {
		question = "Do you approve this? (yes or no)"
	}
	if len(back.Choices) > 0 {
		question = fmt.Sprintf("Which? (%s, or no)", strings.Join(back.Choices, ", "))
	}
	no, err := false, error(nil)
	if !back.File && !back.Count {
		no, err = t.ask(ctx, question, func(line string) string { return confirm(line, back.Choices, &answer) })
	}
	if back.File && err == nil {
		no, err = t.ask(ctx, "Path of the file (or no)", func(line string) string { return acceptFile(line, &answer) })
	}
	if back.Count && err == nil && !no {
		no, err = t.ask(ctx, "How many (or no)", func(line string) string { return acceptCount(line, &answer) })
	}
	if err != nil {
		return Answer{}, err
	}
	if no {
		return Answer{By: t.by}, nil
	}
	return answer, nil
}

func (t *Terminal) show(task Task) {
	who := ""
	if task.Client != "" {
		who = task.Client + ": "
	}
	switch {
	case task.Approval:
		fmt.Fprintf(t.out, "\nAPPROVAL needed for:\n")
	default:
		fmt.Fprintf(t.out, "\n%sa person has to do this (%s, %s)\n  where: %s\n", who, task.Step, task.Rule, task.Where)
	}
	for i, do := range task.Do {
		fmt.Fprintf(t.out, "  %d. %s\n", i+1, do)
	}
	fmt.Fprintf(t.out, "  why: %s\n", task.Why)
}

// ask repeats the question until accept has no objection to the answer.
func (t *Terminal) ask(ctx context.Context, question string, accept func(string) (objection string)) (no bool, err error) {
	for {
		fmt.Fprintf(t.out, "%s: ", question)
		select {
		case <-ctx.Done():
			fmt.Fprintf(t.out, "\n")
			return false, ctx.Err()
		case line, ok := <-t.lines:
			if !ok {
				t.ended = true
				fmt.Fprintf(t.out, "\n")
				return false, ErrNoAnswer
			}
			line = strings.TrimSpace(line)
			if slices.Contains([]string{"no", "n"}, strings.ToLower(line)) {
				return true, nil
			}
			objection := accept(line)
			if objection == "" {
				return false, nil
			}
			fmt.Fprintf(t.out, "  %s\n", objection)
		}
	}
}

func confirm(line string, choices []string, a *Answer) string {
	chosen := slices.IndexFunc(choices, func(c string) bool { return strings.EqualFold(c, line) })
	switch {
	case chosen >= 0:
		a.Choice = choices[chosen]
	case len(choices) > 0:
		return "Please answer one of " + strings.Join(choices, ", ") + ", or no."
	case !slices.Contains([]string{"yes", "y"}, strings.ToLower(line)):
		return "Please answer yes or no."
	}
	return ""
}

func acceptFile(line string, a *Answer) string {
	info, err := os.Stat(line)
	switch {
	case line == "":
		return "Please give the path of a file, or no."
	case err != nil:
		return "That file cannot be read: " + err.Error()
	case !info.Mode().IsRegular():
		return "That is not a file."
	}
	a.File = line
	return ""
}

func acceptCount(line string, a *Answer) string {
	n, err := strconv.Atoi(line)
	if err != nil || n < 0 {
		return "Please give a whole number, or no."
	}
	a.Count = n
	return ""
}

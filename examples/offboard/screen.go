package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/schollz/progressbar/v3"

	"github.com/practicekit/offboarding/offboard"
)

// screen is where people read what happens: lines that scroll, and below them,
// on a terminal, a bar that the next line is written over. A question stays the
// last line until it is answered.
type screen struct {
	w    io.Writer
	live bool // a line on it can be written over

	mu     sync.Mutex
	bar    *progressbar.ProgressBar // nil until it is begun, and always where not live
	last   string                   // the line with the bar as it was drawn last
	drawn  bool                     // it stands on the screen
	asking bool
	held   bytes.Buffer // what was printed since the question
}

func (s *screen) printf(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asking {
		fmt.Fprintf(&s.held, format, args...)
		return
	}
	s.clear()
	fmt.Fprintf(s.w, format, args...)
	s.show()
}

// begin makes a bar for so many steps, which draw shows. Its characters are
// ASCII, so that every console has them.
func (s *screen) begin(total int) {
	if s.live {
		s.bar = progressbar.NewOptions(total, progressbar.OptionSetWriter(io.Discard), progressbar.OptionSetTheme(progressbar.ThemeASCII),
			progressbar.OptionSetWidth(20), progressbar.OptionSetDescription("Done"),
			progressbar.OptionSetPredictTime(false)) // a sync or a person may take minutes or days
	}
}

// narrow is how wide the line with the bar may be: one that wraps cannot be
// written over.
const narrow = 79

// draw shows the bar as the last line, and behind it how far the clients are.
func (s *screen) draw(done int, clients string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bar == nil {
		return
	}
	_ = s.bar.Set(done) // it writes nowhere, so nothing fails
	text := strings.TrimSpace(s.bar.String()) + "  " + clients
	s.clear()
	s.last = text[:min(narrow, len(text))]
	s.show()
}

// end takes the bar away for good.
func (s *screen) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clear()
	s.bar, s.last = nil, ""
}

// show writes the bar, unless a question must stay the last line.
func (s *screen) show() {
	if s.last != "" && !s.asking {
		io.WriteString(s.w, s.last)
		s.drawn = true
	}
}

// clear takes the bar off the screen. The library's own Clear leaves it there on
// Windows.
func (s *screen) clear() {
	if s.drawn {
		fmt.Fprintf(s.w, "\r%s\r", strings.Repeat(" ", len(s.last)))
		s.drawn = false
	}
}

// Write shows a question.
func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clear()
	return s.w.Write(b)
}

// asker puts tasks before a person, once what led to them has been told. What is
// printed meanwhile waits for the answer, so that it does not run into the
// question.
type asker struct {
	offboard.Operator
	screen *screen
	told   func(context.Context)
}

// Ask asks the person.
func (a asker) Ask(ctx context.Context, task offboard.Task) (offboard.Answer, error) {
	a.told(ctx)
	a.screen.hold(true)
	defer a.screen.hold(false)
	return a.Operator.Ask(ctx, task)
}

func (s *screen) hold(asking bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asking = asking; asking {
		s.clear()
		return
	}
	_, _ = s.held.WriteTo(s.w)
	s.show()
}

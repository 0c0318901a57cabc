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
	drawn  int                      // columns of the bar on the screen
	asking bool
	held   bytes.Buffer // what was printed since the question
}

func (s *screen) printf(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.w
	if s.asking {
		w = &s.held
	}
	s.clear()
	fmt.Fprintf(w, format, args...)
}

// begin makes a bar for so many steps, which draw shows. Its characters are
// ASCII, so that every console has them.
func (s *screen) begin(total int) {
	if s.live {
		s.bar = progressbar.NewOptions(total, progressbar.OptionSetWriter(s.w), progressbar.OptionSetTheme(progressbar.ThemeASCII),
			progressbar.OptionSetWidth(30), progressbar.OptionSetDescription("Steps done:"), progressbar.OptionShowCount(),
			progressbar.OptionSetPredictTime(false)) // a sync or a person may take minutes or days
	}
}

// draw shows the bar as the last line.
func (s *screen) draw(done int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bar == nil || s.asking {
		return
	}
	s.clear()
	_ = s.bar.Set(done) // it fails with the screen, and then nobody sees it
	s.drawn = len(strings.TrimSpace(s.bar.String()))
}

// clear takes the bar off the screen. The bar's own Clear leaves it there on
// Windows.
func (s *screen) clear() {
	if s.drawn > 0 {
		fmt.Fprintf(s.w, "\r%s\r", strings.Repeat(" ", s.drawn))
		s.drawn = 0
	}
}

// Write shows a question.
func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clear()
	return s.w.Write(b)
}

// asker puts tasks before a person. What is printed meanwhile waits for the
// answer, so that it does not run into the question.
type asker struct {
	offboard.Operator
	screen *screen
}

// Ask asks the person.
func (a asker) Ask(ctx context.Context, task offboard.Task) (offboard.Answer, error) {
	a.screen.hold(true)
	defer a.screen.hold(false)
	return a.Operator.Ask(ctx, task)
}

func (s *screen) hold(asking bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asking = asking; !asking {
		_, _ = s.held.WriteTo(s.w)
	}
}

package filejournal_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/practicekit/offboarding/offboard"
)

func text(content string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, content)
		return err
	}
}

// Several clients are worked on at once: their evidence is written and read while
// one goroutine appends.
func TestJournal_Create_concurrent(t *testing.T) {
	j := open(t, t.TempDir())
	var work sync.WaitGroup
	work.Go(func() { add(t, j, 50, offboard.KindChecked) })
	for client := range 4 {
		work.Go(func() {
			for n := range 10 {
				name, content := fmt.Sprintf("client-%d/history-%d.csv", client%2, client*100+n), fmt.Sprint(client, n)
				if err := j.Create(name, text(content)); err != nil {
					t.Error(err)
					continue
				}
				r, err := j.Open(name)
				if err != nil {
					t.Error(err)
					continue
				}
				if got, err := io.ReadAll(r); string(got) != content || err != nil {
					t.Errorf("%s holds %q, %v", name, got, err)
				}
				_ = r.Close()
				_ = j.Head()
			}
		})
	}
	work.Wait()
	if n, err := count(t, j); n != 50 || err != nil {
		t.Errorf("%d records, %v", n, err)
	}
}

// I1: of several that write one name exactly one wins, and its file is whole.
func TestJournal_Create_sameName(t *testing.T) {
	j := open(t, t.TempDir())
	for round := range 20 {
		name := fmt.Sprintf("client-a/history-%d.csv", round)
		var won, lost atomic.Int32
		var winner atomic.Value
		var work sync.WaitGroup
		for n := range 8 {
			work.Go(func() {
				content := fmt.Sprint("export of ", n)
				switch err := j.Create(name, text(content)); {
				case err == nil:
					won.Add(1)
					winner.Store(content)
				case errors.Is(err, fs.ErrExist):
					lost.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		work.Wait()
		if won.Load() != 1 || lost.Load() != 7 {
			t.Fatalf("%d won, %d found it there", won.Load(), lost.Load())
		}
		r, err := j.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := io.ReadAll(r); string(got) != winner.Load() {
			t.Errorf("%s holds %q, and %q won", name, got, winner.Load())
		}
		_ = r.Close()
	}
}

// The one that waited for a write that failed gets its turn.
func TestJournal_Create_afterFailed(t *testing.T) {
	j := open(t, t.TempDir())
	began, fail := make(chan struct{}), make(chan struct{})
	broken := errors.New("broken transfer")
	first, second := make(chan error), make(chan error)
	go func() {
		first <- j.Create("history-1.csv", func(io.Writer) error {
			close(began)
			<-fail
			return broken
		})
	}()
	<-began
	go func() { second <- j.Create("history-1.csv", text("whole")) }()
	close(fail)
	if err := <-first; !errors.Is(err, broken) {
		t.Errorf("the first: %v", err)
	}
	if err := <-second; err != nil {
		t.Errorf("the second: %v", err)
	}
}

// The names that files have while they are written are nobody's.
func TestJournal_Create_names(t *testing.T) {
	j := open(t, t.TempDir())
	for _, name := range []string{"history.csv.part", ".", "a//b.csv", "a/./b.csv", "a/../b.csv", "a/"} {
		if err := j.Create(name, text("x")); err == nil {
			t.Errorf("%q was created", name)
		}
	}
	if err := j.Append(context.Background(), offboard.Record{Seq: 1}); err != nil {
		t.Error(err)
	}
}

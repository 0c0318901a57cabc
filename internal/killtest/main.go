// Command killtest proves that an off-boarding may be killed at any instant and
// continued. It builds examples/offboard and examples/practice, and then, again
// and again, kills off-boardings of a practice that lives on until one of them
// finishes. Every run must end in the state of a run that nobody killed, with no
// effect twice, and with every exported history whole.
//
//	go run ./internal/killtest -n 20
//
// It must be started in the module, and ends with 1 where a run did not pass.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"time"
)

func main() {
	n := flag.Int("n", 20, "how many runs")
	seed := flag.Uint64("seed", uint64(time.Now().UnixNano()), "of the instants at which to kill")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := test(ctx, *n, *seed, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "kill test:", err)
		os.Exit(1)
	}
}

// maxKills is how often one run is killed before it is left to finish.
const maxKills = 15

func test(ctx context.Context, n int, seed uint64, out io.Writer) (err error) {
	fmt.Fprintf(out, "kill test: seed %d\n", seed)
	dir, err := os.MkdirTemp("", "killtest-")
	if err != nil {
		return err
	}
	defer func() {
		if err == nil {
			err = os.RemoveAll(dir)
		} else {
			err = fmt.Errorf("%w (seed %d; what is left of it is in %s)", err, seed, dir)
		}
	}()
	p := programs{dir: dir}
	if err := p.build(ctx); err != nil {
		return err
	}
	whole, err := p.run(ctx, "unkilled", nil)
	if err != nil {
		return fmt.Errorf("the run that nobody kills: %w", err)
	}
	kills, err := p.runs(ctx, n, seed, whole)
	if err != nil {
		return err
	}
	if err := proved(n, kills); err != nil {
		return err
	}
	fmt.Fprintf(out, "kill test: %d runs, %d kills, same end state\n", n, kills)
	return nil
}

// proved refuses runs of which none was killed.
func proved(runs, kills int) error {
	if kills == 0 {
		return fmt.Errorf("nothing was ever killed in %d runs, so nothing is proved", runs)
	}
	return nil
}

// runs makes n runs, several at a time since they mostly wait, and compares each
// with the one that nobody killed. It returns the number of kills.
func (p programs) runs(ctx context.Context, n int, seed uint64, whole result) (kills int, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type outcome struct {
		run int
		result
		err error
	}
	numbers, outcomes := make(chan int), make(chan outcome)
	for range min(n, 4) {
		go func() {
			for i := range numbers {
				random := rand.New(rand.NewPCG(seed, uint64(i)))
				got, err := p.run(ctx, fmt.Sprint("run-", i), func() *instant {
					// Early instants are likelier: a continued run is short.
					part := random.Float64() * random.Float64()
					return &instant{growth: int64(part * float64(whole.journal)), after: time.Duration(random.IntN(5000)) * time.Microsecond}
				})
				if err == nil {
					err = whole.same(got)
				}
				outcomes <- outcome{i, got, err}
			}
		}()
	}
	go func() {
		defer close(numbers)
		for i := range n {
			numbers <- i + 1
		}
	}()
	for range n {
		o := <-outcomes
		kills += o.kills
		if o.err != nil && err == nil {
			err = fmt.Errorf("run %d, killed %d times: %w", o.run, o.kills, o.err)
			cancel() // the others end with errors of their own, and clean up
		}
	}
	return kills, err
}

// programs are the two built programs, in a directory that they work in.
type programs struct{ dir string }

func (p programs) path(name string) string { return filepath.Join(p.dir, name+".exe") }

func (p programs) build(ctx context.Context) error {
	for _, name := range []string{"offboard", "practice"} {
		out, err := exec.CommandContext(ctx, "go", "build", "-o", p.path(name), "github.com/practicekit/offboarding/examples/"+name).CombinedOutput()
		if err != nil {
			return fmt.Errorf("building %s: %w\n%s", name, err, out)
		}
	}
	return os.WriteFile(filepath.Join(p.dir, "clients.csv"), clientsCSV(), 0o600)
}

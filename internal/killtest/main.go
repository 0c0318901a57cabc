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
	random := rand.New(rand.NewPCG(seed, 0))
	kills := 0
	for i := range n {
		got, err := p.run(ctx, fmt.Sprint("run-", i+1), func() time.Duration {
			return time.Duration(random.Float64() * random.Float64() * float64(whole.took))
		})
		if err == nil {
			err = whole.same(got)
		}
		if err != nil {
			return fmt.Errorf("run %d, killed %d times: %w", i+1, got.kills, err)
		}
		kills += got.kills
	}
	if kills == 0 {
		return fmt.Errorf("nothing was ever killed in %d runs, so nothing is proved", n)
	}
	fmt.Fprintf(out, "kill test: %d runs, %d kills, same end state\n", n, kills)
	return nil
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

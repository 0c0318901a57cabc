package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// result is how a run ended.
type result struct {
	kills   int
	journal int64 // its size, in bytes
	state   any   // of the practice, without what differs between runs
	effects []effect
}

// effect is an entry of the practice's /effects.
type effect struct {
	System, Operation, Client, Target string
	Changed                           bool
}

// instant is when an off-boarding is killed: once its journal has grown by so
// many bytes, and some time more. Most of a run's time is spent waiting for the
// sync; counted in what is written, every part of a run is as likely.
type instant struct {
	growth int64
	after  time.Duration
}

// run off-boards the clients of a fresh practice. Each off-boarding is killed at
// the instant that next gives; nil kills none.
func (p programs) run(ctx context.Context, name string, next func() *instant) (result, error) {
	var r result
	dir := filepath.Join(p.dir, name)
	if err := os.Mkdir(dir, 0o700); err != nil {
		return r, err
	}
	practice, err := p.startPractice(ctx, dir)
	if err != nil {
		return r, err
	}
	defer practice.stop()
	var report []byte
	for finished := false; !finished; {
		var kill *instant
		if next != nil && r.kills < maxKills {
			kill = next()
		}
		if report, finished, err = p.offboard(ctx, dir, kill); err != nil {
			return r, err
		}
		if !finished {
			r.kills++
		}
	}
	r.journal = journalSize(dir)
	if r.effects, err = practice.effects(ctx); err != nil {
		return r, err
	}
	if err := noneTwice(r.effects); err != nil {
		return r, err
	}
	if err := p.staysDone(ctx, dir, practice, len(r.effects)); err != nil {
		return r, err
	}
	var state practiceState
	if r.state, err = practice.state(ctx, &state); err != nil {
		return r, err
	}
	return r, historiesWhole(report, state, filepath.Join(dir, "journal", "evidence"))
}

// offboard runs the off-boarding once. Finished is false where it was killed;
// every other end but exit 0 is an error.
func (p programs) offboard(ctx context.Context, dir string, kill *instant) (report []byte, finished bool, err error) {
	cmd := exec.CommandContext(ctx, p.path("offboard"), "-config", filepath.Join(dir, "practice.json"), "-dir", filepath.Join(dir, "journal"),
		"-folder", "archive", "-contacts", "delete", "-yes", "-as", "kill test", "-json", filepath.Join(p.dir, "clients.csv"))
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	from := journalSize(dir)
	if err := cmd.Start(); err != nil {
		return nil, false, err
	}
	if kill != nil {
		ended := make(chan struct{})
		defer close(ended)
		go func() {
			for journalSize(dir) < from+kill.growth {
				select {
				case <-ended:
					return
				case <-time.After(time.Millisecond):
				}
			}
			time.Sleep(kill.after)
			cmd.Process.Kill() // an error means that it has ended
		}()
	}
	err = cmd.Wait()
	switch code := cmd.ProcessState.ExitCode(); {
	case err == nil:
		return stdout.Bytes(), true, nil
	case ctx.Err() != nil:
		return nil, false, ctx.Err()
	case kill != nil && (code == -1 || runtime.GOOS == "windows" && code == 1):
		return nil, false, nil
	}
	return nil, false, fmt.Errorf("offboard: %w\n%s", err, stderr.Bytes())
}

// journalSize is how much the journal in the run's directory holds; 0 before
// there is one.
func journalSize(dir string) int64 {
	info, err := os.Stat(filepath.Join(dir, "journal", "journal.jsonl"))
	if err != nil {
		return 0
	}
	return info.Size()
}

// staysDone runs the finished off-boarding once more: it must change nothing.
func (p programs) staysDone(ctx context.Context, dir string, practice *practice, effects int) error {
	if _, _, err := p.offboard(ctx, dir, nil); err != nil {
		return fmt.Errorf("run again after it had finished: %w", err)
	}
	after, err := practice.effects(ctx)
	if err == nil && len(after) != effects {
		err = fmt.Errorf("run again after it had finished, it had %d more effects", len(after)-effects)
	}
	return err
}

// practice is a running examples/practice.
type practice struct {
	cmd     *exec.Cmd
	address string
	client  http.Client
}

func (p programs) startPractice(ctx context.Context, dir string) (*practice, error) {
	world, err := worldJSON()
	if err != nil {
		return nil, err
	}
	worldFile := filepath.Join(dir, "world.json")
	if err := os.WriteFile(worldFile, world, 0o600); err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, p.path("practice"), "-world", worldFile)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &practice{cmd: cmd, client: http.Client{Timeout: time.Minute}}
	var raw json.RawMessage
	var config struct{ Nimbus struct{ BaseURL string } }
	err = json.NewDecoder(stdout).Decode(&raw)
	if err == nil {
		err = json.Unmarshal(raw, &config)
	}
	if err == nil {
		s.address = strings.TrimSuffix(config.Nimbus.BaseURL, "/nimbus/")
		err = os.WriteFile(filepath.Join(dir, "practice.json"), raw, 0o600)
	}
	if err != nil {
		s.stop()
		return nil, fmt.Errorf("the practice does not start: %w", err)
	}
	return s, nil
}

// stop ends the practice, which then removes the files of its secrets.
func (s *practice) stop() {
	if s.cmd.Process.Signal(os.Interrupt) != nil { // Windows has no such signal
		s.cmd.Process.Kill()
	}
	s.cmd.Wait()
}

func (s *practice) get(ctx context.Context, path string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.address+path, nil)
	if err != nil {
		return err
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = errors.New(resp.Status)
	}
	if err != nil {
		return fmt.Errorf("GET %s: %w", path, err)
	}
	return json.Unmarshal(data, into)
}

func (s *practice) effects(ctx context.Context) (effects []effect, err error) {
	err = s.get(ctx, "/effects", &effects)
	return effects, err
}

// state reads the whole state, in the form that runs are compared in, and into
// the parts that are looked at by name.
func (s *practice) state(ctx context.Context, parts *practiceState) (any, error) {
	var raw json.RawMessage
	if err := s.get(ctx, "/state", &raw); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(raw, parts); err != nil {
		return nil, err
	}
	var whole any
	err := json.Unmarshal(raw, &whole)
	return comparable(whole), err
}

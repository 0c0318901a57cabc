// Command practice serves the built-in practice on loopback, as a process of
// its own that outlives the off-boardings which speak to it. README.md of
// examples/offboard describes the world it begins with.
//
//	practice > practice.json &
//	offboard -config practice.json -yes -folder archive clients.csv
//
// Once it listens it prints the config for offboard's -config as JSON on stdout.
// It answers GET /state with the whole state, and GET /effects with a JSON array
// of every call that was meant to change something, in order. It ends with an
// interrupt or SIGTERM.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/offboard/offboardtest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := serve(ctx, os.Args[1:], os.Stdout, os.Stderr)
	switch _, wrong := errors.AsType[*usageError](err); {
	case err == nil, errors.Is(err, flag.ErrHelp):
	case wrong:
		fmt.Fprintln(os.Stderr, "practice:", err)
		os.Exit(2)
	default:
		fmt.Fprintln(os.Stderr, "practice:", err)
		os.Exit(1)
	}
}

// usageError is wrong usage or input.
type usageError struct{ error }

type options struct {
	listen     string
	world      string
	cdm        bool
	integrated bool
}

func parseFlags(args []string, stderr io.Writer) (options, error) {
	var o options
	f := flag.NewFlagSet("practice", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&o.listen, "listen", "127.0.0.1:0", "the loopback `address` to serve on; port 0 takes a free one")
	f.StringVar(&o.world, "world", "", "what the practice begins with, as a JSON `file`; empty: the built-in world")
	f.BoolVar(&o.cdm, "cdm", true, "the Nimbus account has Cloud Document Management, unless the world says otherwise")
	f.BoolVar(&o.integrated, "integrated", true, "a source system keeps the clients of the built-in world")
	if err := f.Parse(args); errors.Is(err, flag.ErrHelp) {
		return o, err
	} else if err != nil {
		return o, &usageError{err}
	}
	if f.NArg() > 0 {
		return o, &usageError{fmt.Errorf("%q is no flag: a world is named with -world FILE", f.Arg(0))}
	}
	host, _, err := net.SplitHostPort(o.listen)
	if err != nil {
		return o, &usageError{fmt.Errorf("-listen: %w", err)}
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return o, &usageError{fmt.Errorf("-listen is %s: the practice has published passwords, so it is served on loopback only, such as 127.0.0.1:0", o.listen)}
	}
	return o, nil
}

func (o options) startWorld() (offboardtest.World, error) {
	edition := nimbus.EditionNonCDM
	if o.cdm {
		edition = nimbus.EditionCDM
	}
	if o.world == "" {
		return offboardtest.DefaultWorld(edition, o.integrated), nil
	}
	f, err := os.Open(o.world)
	if err != nil {
		return offboardtest.World{}, &usageError{err}
	}
	defer f.Close()
	w, err := offboardtest.ReadWorld(f)
	if err != nil {
		return w, &usageError{fmt.Errorf("%s: %w", o.world, err)}
	}
	if w.Edition == nimbus.EditionUnknown {
		w.Edition = edition
	}
	return w, nil
}

// serve serves a practice until the context ends.
func serve(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parseFlags(args, stderr)
	if err != nil {
		return err
	}
	world, err := o.startWorld()
	if err != nil {
		return err
	}
	practice, err := offboardtest.New(world)
	if err != nil {
		return &usageError{err}
	}
	secrets, err := os.MkdirTemp("", "practice-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(secrets)
	listener, err := net.Listen("tcp", o.listen)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: practice, ReadHeaderTimeout: time.Minute}
	defer context.AfterFunc(ctx, func() { server.Close() })()
	if err := announce(stdout, "http://"+listener.Addr().String(), secrets); err != nil {
		return errors.Join(err, listener.Close())
	}
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// announce writes the secrets into files and prints the config that names them.
func announce(w io.Writer, address, secrets string) error {
	file := func(name string) string { return filepath.Join(secrets, name) }
	for name, content := range map[string]any{
		"xpm-token.json":    map[string]string{"access_token": offboardtest.XPMToken},
		"myobae-token.json": map[string]string{"access_token": offboardtest.MYOBAEToken},
	} {
		data, err := json.Marshal(content)
		if err != nil {
			return err
		}
		if err := os.WriteFile(file(name), data, 0o600); err != nil {
			return err
		}
	}
	if err := os.WriteFile(file("nimbus-password"), []byte(offboardtest.Password+"\n"), 0o600); err != nil {
		return err
	}
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	return out.Encode(map[string]any{
		"loopback": true,
		"xpm":      map[string]string{"baseURL": address + offboardtest.XPMPath, "tenant": offboardtest.Tenant, "tokenFile": file("xpm-token.json")},
		"nimbus":   map[string]string{"baseURL": address + offboardtest.NimbusPath, "login": offboardtest.LoginCode, "passwordFile": file("nimbus-password")},
		"myobae":   map[string]string{"baseURL": address + offboardtest.MYOBAEPath, "tokenFile": file("myobae-token.json")},
	})
}

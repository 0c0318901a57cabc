package main

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"golang.org/x/oauth2"

	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/offboard/offboardtest"
)

// builtin is the built-in practice: the three systems in this process, spoken
// to over real HTTP on loopback. It forgets everything when the process ends.
type builtin struct {
	server  *http.Server
	address string
	dirs    []string // to be removed
}

// builtinWorld is what the built-in practice begins with. It has the edition and
// the filter field that the specification names, unless the file says otherwise.
func builtinWorld(file string, spec offboard.Spec) (offboardtest.World, error) {
	if file == "" {
		return defaultWorld(spec), nil
	}
	f, err := os.Open(file)
	if err != nil {
		return offboardtest.World{}, inputErrorf("the world cannot be read: %v", err)
	}
	defer f.Close()
	w, err := offboardtest.ReadWorld(f)
	if err != nil {
		return offboardtest.World{}, inputErrorf("%s: %v: README.md shows what a world may hold", file, err)
	}
	if w.Edition == nimbus.EditionUnknown {
		w.Edition = spec.Policy.Documents.Edition()
	}
	return w, nil
}

func defaultWorld(spec offboard.Spec) offboardtest.World {
	w := offboardtest.DefaultWorld(spec.Policy.Documents.Edition(), spec.Source != offboard.SourceNone)
	w.Sync.Takes = offboardtest.Duration(2 * time.Second) // long enough to be seen waiting
	switch {
	case spec.Source == offboard.SourceXPMField:
		w.XPMFilterField = cmp.Or(spec.Field, offboard.DefaultField)
		for i := range w.Clients {
			w.Clients[i].XPM.Fields = map[string]any{w.XPMFilterField: true}
		}
	case spec.Field != "":
		w.FilterField = spec.Field
		for i := range w.Clients {
			w.Clients[i].MYOBAE.ExtraFields = map[string]any{spec.Field: true}
		}
	}
	return w
}

func startBuiltin(w offboardtest.World) (*builtin, error) {
	practice, err := offboardtest.New(w)
	if err != nil {
		return nil, inputErrorf("the world makes no practice: %v", err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("the built-in practice finds no port: %w", err)
	}
	b := &builtin{server: &http.Server{Handler: practice, ReadHeaderTimeout: time.Minute}, address: "http://" + listener.Addr().String()}
	go b.server.Serve(listener) // ends with close
	return b, nil
}

func (b *builtin) config() config {
	token := func(t string) oauth2.TokenSource { return oauth2.StaticTokenSource(&oauth2.Token{AccessToken: t}) }
	return config{
		Loopback: true,
		XPM:      &xpmConfig{BaseURL: b.address + offboardtest.XPMPath, Tenant: offboardtest.Tenant, tokens: token(offboardtest.XPMToken)},
		Nimbus:   &nimbusConfig{BaseURL: b.address + offboardtest.NimbusPath, Login: offboardtest.LoginCode, password: offboardtest.Password},
		MYOBAE:   &myobaeConfig{BaseURL: b.address + offboardtest.MYOBAEPath, tokens: token(offboardtest.MYOBAEToken)},
	}
}

// temporary is a new directory, which is removed again after a preview.
func (b *builtin) temporary(preview bool) (string, error) {
	dir, err := os.MkdirTemp("", "offboarding-")
	if err != nil {
		return "", fmt.Errorf("no temporary directory can be made: %w: name one with -dir", err)
	}
	if preview {
		b.dirs = append(b.dirs, dir)
	}
	return dir, nil
}

func (b *builtin) close() error {
	errs := []error{b.server.Close()}
	for _, dir := range b.dirs {
		errs = append(errs, os.RemoveAll(dir))
	}
	return errors.Join(errs...)
}

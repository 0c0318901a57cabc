// Command otel off-boards two clients of a practice in memory, and writes to
// stdout what OpenTelemetry saw of it: a span for the run, for each step that was
// taken and for each HTTP call, and the metrics. README.md says what to copy.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"time"

	"golang.org/x/oauth2"

	"github.com/practicekit/offboarding/myobae"
	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/offboard/offboardtest"
	"github.com/practicekit/offboarding/xpm"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	logger := slog.New(traced{slog.NewTextHandler(os.Stderr, nil)}) // at level Debug it also has each call
	if err := run(ctx, os.Stdout, logger); err != nil {
		fmt.Fprintln(os.Stderr, "otel:", err)
		os.Exit(1)
	}
}

// run off-boards the clients of a practice in memory, and writes the telemetry
// to stdout.
func run(ctx context.Context, stdout io.Writer, logger *slog.Logger) (err error) {
	practice, err := offboardtest.New(offboardtest.DefaultWorld(nimbus.EditionCDM, true))
	if err != nil {
		return err
	}
	server := httptest.NewServer(practice) // the three systems, on loopback
	defer server.Close()

	tel, err := toStdout(stdout)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, tel.shutdown(context.WithoutCancel(ctx))) }()

	// The caller's own transport: proxies, certificates and limits are set here.
	transport := http.DefaultTransport.(*http.Transport).Clone()
	client := &http.Client{Transport: tel.transport(transport), Timeout: time.Minute}
	systems, err := connect(server.URL, client, logger)
	if err != nil {
		return err
	}
	report, err := tel.run(ctx, offboard.Runner{
		Plan:     offboard.NewPlan(leaving(offboard.SourceXPM), systems),
		Journal:  &offboardtest.Journal{}, // a service: filejournal.Open("offboarding")
		Operator: offboard.Approve("pat", "engagements ended", nil),
		Wait:     time.Minute,
		Logger:   logger,
	})
	if err != nil {
		return err
	}
	logger.InfoContext(ctx, "off-boarded", slog.String("state", string(report.State())))
	return nil
}

// leaving is who leaves, and under which policy.
func leaving(source offboard.Source) offboard.Spec {
	return offboard.Spec{
		Source:   source,
		Entities: []offboard.Entity{{Code: "ACME01"}, {Code: "BETA02"}},
		Policy:   offboard.Policy{Documents: offboard.CDM{ArchiveFolder: true}, Contacts: offboard.ContactsRevoke},
	}
}

// connect makes the clients of the three systems. All send through client, and
// log their calls at level Debug.
func connect(address string, client *http.Client, logger *slog.Logger) (offboard.Systems, error) {
	token := func(t string) oauth2.TokenSource { return oauth2.StaticTokenSource(&oauth2.Token{AccessToken: t}) }
	x, xErr := xpm.NewClient(xpm.Config{
		BaseURL: address + offboardtest.XPMPath, InsecureLoopback: true, HTTPClient: client, Logger: logger,
		TenantID: offboardtest.Tenant, TokenSource: token(offboardtest.XPMToken),
	})
	m, mErr := myobae.NewClient(myobae.Config{
		BaseURL: address + offboardtest.MYOBAEPath, InsecureLoopback: true, HTTPClient: client, Logger: logger,
		TokenSource: token(offboardtest.MYOBAEToken),
	})
	n, nErr := nimbus.NewClient(nimbus.Config{
		BaseURL: address + offboardtest.NimbusPath, InsecureLoopback: true, HTTPClient: client, Logger: logger,
		Login: nimbus.Password(offboardtest.LoginCode, offboardtest.Password, nil),
	})
	return offboard.NewSystems(x, m, n), errors.Join(xErr, mErr, nErr)
}

package main

import (
	"errors"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/practicekit/offboarding/myobae"
	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/xpm"
)

// connect makes the clients of the systems that the config names. Nothing is
// sent. With readOnly their transport refuses everything but reads.
func (c config) connect(calls *callCounter, readOnly bool, retries int) (offboard.Systems, error) {
	var (
		xClient *xpm.Client
		nClient *nimbus.Client
		mClient *myobae.Client
		errs    [3]error
	)
	if x := c.XPM; x != nil {
		xClient, errs[0] = xpm.NewClient(xpm.Config{BaseURL: x.BaseURL, InsecureLoopback: c.Loopback, TenantID: x.Tenant, TokenSource: x.tokens,
			HTTPClient: counted(&calls.xpm), ReadOnly: readOnly, MaxRetries: retries})
	}
	if n := c.Nimbus; n != nil {
		nClient, errs[1] = nimbus.NewClient(nimbus.Config{BaseURL: n.BaseURL, InsecureLoopback: c.Loopback, Login: nimbus.Password(n.Login, n.password, n.latch),
			HTTPClient: counted(&calls.nimbus), ReadOnly: readOnly, MaxRetries: retries})
	}
	if m := c.MYOBAE; m != nil {
		mClient, errs[2] = myobae.NewClient(myobae.Config{BaseURL: m.BaseURL, InsecureLoopback: c.Loopback, TokenSource: m.tokens,
			HTTPClient: counted(&calls.myobae), ReadOnly: readOnly, MaxRetries: retries})
	}
	return offboard.NewSystems(xClient, mClient, nClient), errors.Join(errs[:]...)
}

// callCounter counts the requests that were sent to each system.
type callCounter struct{ xpm, nimbus, myobae atomic.Int64 }

func (c *callCounter) counts() map[string]int {
	return map[string]int{"xpm": int(c.xpm.Load()), "nimbus": int(c.nimbus.Load()), "myobae": int(c.myobae.Load())}
}

// counted is an HTTP client that adds every request to n.
func counted(n *atomic.Int64) *http.Client {
	return &http.Client{Timeout: 5 * time.Minute, Transport: counting{n, &http.Transport{
		DialContext:           (&net.Dialer{Timeout: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:   15 * time.Second,
		ResponseHeaderTimeout: 2 * time.Minute,
		IdleConnTimeout:       90 * time.Second,
		ForceAttemptHTTP2:     true,
		DisableCompression:    true, // the clients ask for gzip themselves, and cap what comes out
	}}}
}

type counting struct {
	n    *atomic.Int64
	next *http.Transport
}

// RoundTrip counts the request and sends it.
func (c counting) RoundTrip(r *http.Request) (*http.Response, error) {
	c.n.Add(1)
	return c.next.RoundTrip(r)
}

// CloseIdleConnections closes the connections that nothing uses.
func (c counting) CloseIdleConnections() { c.next.CloseIdleConnections() }

package transport

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/oauth2"

	"github.com/practicekit/offboarding/internal/apierr"
)

// Authorizer puts credentials on requests.
type Authorizer interface {
	// Authorize puts credentials on one attempt. An error ends the call; it is
	// never retried. Whatever it changes, the host stays that of BaseURL.
	Authorize(ctx context.Context, req *http.Request) error
	// Renew is told that the credentials on req were refused (401). It reports
	// whether others are now at hand, so that the attempt may be repeated once.
	Renew(ctx context.Context, req *http.Request) (bool, error)
}

// authorized sends one attempt with credentials, and once more with renewed
// ones if they are refused: a 401 is given before anything is done.
func (k *call) authorized(ctx context.Context) (*http.Response, *Failure) {
	req, f := k.authorize(ctx)
	if f != nil {
		return nil, f
	}
	resp, f := k.paced(ctx, req)
	if f == nil || !errors.Is(f.Err, apierr.ErrUnauthorized) || f.StatusCode == 0 || k.renewed || !k.authorizes() {
		return resp, f
	}
	k.renewed = true
	renewed, err := k.cfg.Authorizer.Renew(ctx, req)
	switch {
	case err != nil:
		return nil, k.noCredentials(ctx, err)
	case !renewed:
		return nil, f
	}
	if req, f = k.authorize(ctx); f != nil {
		return nil, f
	}
	return k.paced(ctx, req)
}

func (k *call) authorizes() bool { return k.cfg.Authorizer != nil && !k.r.Anonymous }

// authorize makes the request of one attempt, without its body.
func (k *call) authorize(ctx context.Context) (*http.Request, *Failure) {
	if err := ctx.Err(); err != nil {
		return nil, k.failure(err)
	}
	u := k.url
	req := k.newRequest(ctx, &u)
	req.Header = k.requestHeader()
	if !k.authorizes() {
		return req, nil
	}
	if err := k.cfg.Authorizer.Authorize(ctx, req); err != nil {
		return nil, k.noCredentials(ctx, err)
	}
	if req.URL == nil || req.URL.Scheme != k.url.Scheme || req.URL.Host != k.url.Host || req.Host != k.url.Host {
		return nil, k.failure(&reason{sentinel: apierr.ErrInvalid, text: "the authorizer changed the host"})
	}
	return req, nil
}

// newRequest makes a request with an empty header that no one may write to.
func (k *call) newRequest(ctx context.Context, u *url.URL) *http.Request {
	req := k.blank.WithContext(ctx)
	req.Method, req.URL, req.Host = k.r.Method, u, u.Host
	return req
}

// requestHeader is the header of one attempt, without credentials.
func (k *call) requestHeader() http.Header {
	h := k.header.Clone()
	for name, values := range k.r.Header {
		h[http.CanonicalHeaderKey(name)] = slices.Clone(values)
	}
	return h
}

// noCredentials is the failure of an attempt for which there are none. Nothing
// was sent, so the outcome of the operation is known whatever became of the
// login.
func (k *call) noCredentials(ctx context.Context, err error) *Failure {
	if ctx.Err() != nil {
		return k.failure(ctx.Err())
	}
	var (
		inner    *Failure
		refused  *oauth2.RetrieveError
		network  *url.Error
		sentinel = sentinelOf(err)
		text     = "no credentials: "
	)
	switch {
	case errors.As(err, &inner):
		text += apierr.Clean(inner.Error())
	case errors.As(err, &refused): // its text can be the token endpoint's whole answer
		text += "token refused"
		if refused.ErrorCode != "" {
			text += ", " + apierr.Clean(refused.ErrorCode)
		}
		if refused.Response != nil && refused.Response.StatusCode >= 500 {
			sentinel = apierr.ErrUnavailable
		}
	case errors.As(err, &network): // its text holds the token endpoint's address
		text += describe(network.Err)
		sentinel = apierr.ErrUnavailable
	default:
		text += apierr.Clean(err.Error())
	}
	switch sentinel {
	case nil:
		sentinel = apierr.ErrUnauthorized
	case apierr.ErrOutcomeUnknown:
		sentinel, err = apierr.ErrUnavailable, nil
	}
	f := k.failure(&reason{sentinel: sentinel, text: text, cause: err})
	if inner != nil {
		f.RetryAfter, f.Limit = inner.RetryAfter, inner.Limit
	}
	return f
}

// Bearer authorizes with the tokens of ts. If ts has a method
// Invalidate(accessToken string), Renew calls it with the token that was
// refused, and it should then give another one. A caller whose context ends
// stops waiting for ts at once; ts itself must bound its own calls.
func Bearer(ts oauth2.TokenSource) Authorizer { return bearer{ts} }

type bearer struct{ source oauth2.TokenSource }

func (b bearer) Authorize(ctx context.Context, req *http.Request) error {
	token, err := b.token(ctx)
	if err != nil {
		return err
	}
	token.SetAuthHeader(req)
	return nil
}

func (b bearer) Renew(ctx context.Context, req *http.Request) (bool, error) {
	_, refused, _ := strings.Cut(req.Header.Get("Authorization"), " ")
	if s, ok := b.source.(interface{ Invalidate(accessToken string) }); ok {
		s.Invalidate(refused)
	}
	token, err := b.token(ctx)
	if err != nil {
		return false, err
	}
	return token.AccessToken != refused, nil
}

// token asks the source, which knows no context, without outwaiting ctx.
func (b bearer) token(ctx context.Context) (*oauth2.Token, error) {
	if b.source == nil {
		return nil, errors.New("no token source")
	}
	type answer struct {
		token *oauth2.Token
		err   error
	}
	got := make(chan answer, 1)
	go func() {
		token, err := b.source.Token()
		got <- answer{token, err}
	}()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case a := <-got:
		switch {
		case a.err != nil:
			return nil, a.err
		case a.token == nil || a.token.AccessToken == "":
			return nil, errors.New("the token source gave an empty token")
		}
		return a.token, nil
	}
}

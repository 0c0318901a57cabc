package xpm

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"strings"

	"golang.org/x/oauth2"

	"github.com/practicekit/offboarding/internal/transport"
)

// Consent is one request for a person's consent, from the opening of URL in
// their browser to the redirect that answers it. It is a plain value: a web
// application keeps it with the person's session until then. Verifier is a
// secret; neither it nor State may reach the browser otherwise than in URL.
type Consent struct {
	URL      string
	State    string
	Verifier string
}

// Format keeps the secrets out of whatever prints the consent.
func (Consent) Format(f fmt.State, _ rune) { io.WriteString(f, "xpm.Consent([redacted])") }

// LogValue is what slog records.
func (Consent) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// Begin makes a request for consent, with a state and a PKCE challenge (S256) of
// its own. It sends nothing. The person who opens the URL logs in at Xero and
// chooses the practice; they need the privilege to connect third-party add-ons
// in Practice Manager, or the screen shows no practice.
// https://developer.xero.com/documentation/guides/oauth2/auth-flow
func (i *Identity) Begin() (Consent, error) {
	if i.redirect == "" {
		return Consent{}, invalid("Identity.Begin", "IdentityConfig.RedirectURL is required for a consent")
	}
	c := Consent{State: rand.Text(), Verifier: oauth2.GenerateVerifier()}
	u := i.login
	u.RawQuery = url.Values{
		"response_type": {"code"}, "client_id": {i.clientID}, "redirect_uri": {i.redirect},
		"scope": {strings.Join(i.scopes, " ")}, "state": {c.State},
		"code_challenge": {oauth2.S256ChallengeFromVerifier(c.Verifier)}, "code_challenge_method": {"S256"},
	}.Encode()
	c.URL = u.String()
	return c, nil
}

// Finish exchanges the answer to a consent, which is the query of the address
// that the browser was redirected to, for a token.
//
// It is sent at most once, since a code is good for one exchange: after
// ErrOutcomeUnknown begin again. A person who declined is ErrForbidden, an
// answer to another consent ErrInvalid, a code that has expired
// ErrConsentNeeded. Give the token to a TokenStore with SaveToken.
func (i *Identity) Finish(ctx context.Context, c Consent, answer url.Values) (Token, error) {
	const op = "Identity.Finish"
	state, code, refused := answer.Get("state"), answer.Get("code"), answer.Get("error")
	switch {
	case c.State == "" || subtle.ConstantTimeCompare([]byte(state), []byte(c.State)) != 1:
		return Token{}, invalid(op, "the answer's state is not that of this consent")
	case refused == "access_denied":
		return Token{}, &Error{Op: op, Description: refused, Err: fmt.Errorf("%w: consent was declined", ErrForbidden)}
	case refused != "":
		e := &Error{Op: op, Err: fmt.Errorf("%w: consent could not be asked for", ErrInvalid)}
		if isCode(refused) {
			e.Description = refused
		}
		return Token{}, e
	case code == "":
		return Token{}, invalid(op, "the answer has no code")
	}
	return i.post(ctx, op, transport.Once, url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {i.redirect}, "code_verifier": {c.Verifier},
	})
}

// Package apierr holds what the errors of all three vendor clients share: the
// sentinels, and the way an error reads. The vendor packages publish the
// sentinels under their own names, so that users import one package only.
package apierr

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
)

// The sentinels for errors.Is. Each vendor error wraps at most one of them.
var (
	ErrNotFound              = errors.New("not found")
	ErrUnauthorized          = errors.New("credentials refused")
	ErrForbidden             = errors.New("not allowed")
	ErrConflict              = errors.New("conflict with the state on the server")
	ErrInvalid               = errors.New("invalid request or answer")
	ErrRateLimited           = errors.New("rate limited")
	ErrOutcomeUnknown        = errors.New("outcome unknown: it may or may not have been done")
	ErrCapabilityUnavailable = errors.New("not offered by the server")
	ErrTooLarge              = errors.New("answer larger than the limit")
	ErrReadOnly              = errors.New("refused: read-only mode")
	ErrUnavailable           = errors.New("server unavailable")
)

// Text is how a vendor error reads: service, operation, what happened, and the
// facts that help to act on it. It takes only what may be logged.
func Text(service, op string, status int, description, requestID, limit string, retryAfter time.Duration, attempts int, err error) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s: ", service, op)
	switch {
	case err != nil:
		b.WriteString(err.Error())
	default:
		b.WriteString("failed")
	}
	if description != "" {
		fmt.Fprintf(&b, ": %s", description)
	}
	var facts []string
	if status != 0 {
		facts = append(facts, fmt.Sprintf("status %d", status))
	}
	if limit != "" {
		facts = append(facts, "limit "+limit)
	}
	if retryAfter > 0 {
		facts = append(facts, fmt.Sprintf("retry after %s", retryAfter))
	}
	if attempts > 1 {
		facts = append(facts, fmt.Sprintf("%d attempts", attempts))
	}
	if requestID != "" {
		facts = append(facts, "request "+requestID)
	}
	if len(facts) > 0 {
		fmt.Fprintf(&b, " (%s)", strings.Join(facts, ", "))
	}
	return b.String()
}

// Clean makes a server's own words fit for an error text: one line, no control
// characters, at most 200 runes.
func Clean(s string) string {
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	if r := []rune(s); len(r) > 200 {
		s = string(r[:200]) + "…"
	}
	return s
}

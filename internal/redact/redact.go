// Package redact holds the type of values that may not be seen.
package redact

import (
	"fmt"
	"io"
	"log/slog"
)

const redacted = "[redacted]"

// Secret is a string that formats, logs and marshals as [redacted], whatever
// the verb (but %p, which go vet refuses). Its text leaves through Reveal and through a conversion, and through
// nothing else. A secret inside a larger value is protected too where that
// value's printer can see its methods; fmt cannot see those of unexported fields,
// so keep it in a variable or an exported field, or give the struct a String
// method.
type Secret string

// Reveal returns the text, for the one place that sends it.
func (s Secret) Reveal() string { return string(s) }

// Format writes [redacted] for every verb of fmt.
func (Secret) Format(f fmt.State, _ rune) { io.WriteString(f, redacted) }

func (Secret) String() string   { return redacted }
func (Secret) GoString() string { return redacted }

// LogValue is what slog records.
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText is what encoding/json, encoding/xml and flag write.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// MarshalJSON writes [redacted] as a JSON string.
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

package exchange

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"
)

// differ says how the body of a request differs from the recorded one; "" if it
// does not. JSON and XML are compared by their tokens, anything else byte for
// byte.
func differ(want, got []byte) string {
	if bytes.Equal(want, got) {
		return ""
	}
	for _, tokens := range []func([]byte) (any, error){jsonTokens, xmlTokens} {
		w, err := tokens(want)
		if err != nil {
			continue
		}
		g, err := tokens(got)
		if err != nil {
			return fmt.Sprintf("body is of another kind: %v", err)
		}
		if d := cmp.Diff(w, g); d != "" {
			return "body differs (-recorded +request):\n" + d
		}
		return ""
	}
	return "body differs (-recorded +request):\n" + cmp.Diff(string(want), string(got))
}

// jsonTokens decodes one JSON value; numbers keep their digits.
func jsonTokens(data []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("more than one JSON value")
	}
	return v, nil
}

// xmlTokens lists the elements, their attributes in order of name, and their
// text. Comments, the declaration and the white space around elements are left
// out.
func xmlTokens(data []byte) (any, error) {
	if !bytes.HasPrefix(bytes.TrimSpace(data), []byte("<")) {
		return nil, errors.New("not XML")
	}
	d := xml.NewDecoder(bytes.NewReader(data))
	var tokens []string
	var text strings.Builder
	flush := func() {
		if s := text.String(); strings.TrimSpace(s) != "" {
			tokens = append(tokens, fmt.Sprintf("%q", s))
		}
		text.Reset()
	}
	for {
		token, err := d.Token()
		if err == io.EOF {
			flush()
			return tokens, nil
		}
		if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			flush()
			slices.SortFunc(token.Attr, func(a, b xml.Attr) int { return strings.Compare(qualified(a.Name), qualified(b.Name)) })
			var b strings.Builder
			fmt.Fprintf(&b, "<%s", qualified(token.Name))
			for _, a := range token.Attr {
				fmt.Fprintf(&b, " %s=%q", qualified(a.Name), a.Value)
			}
			tokens = append(tokens, b.String()+">")
		case xml.EndElement:
			flush()
			tokens = append(tokens, "</"+qualified(token.Name)+">")
		case xml.CharData:
			text.Write(token)
		}
	}
}

func qualified(n xml.Name) string {
	if n.Space == "" {
		return n.Local
	}
	return n.Space + ":" + n.Local
}

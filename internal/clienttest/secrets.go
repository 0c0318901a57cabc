package clienttest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// marker stands for what a server may say about a person, in an answer that is
// not of the vendor's form.
const marker = "marker-71c0de55"

func checkSecrets(s Subject) error {
	return s.each(func(k kind) error {
		leaky := fmt.Errorf("dial https://%s%s?key=%s: Authorization: %s", host, s.Base, marker, Token)
		var problems []error
		for name, sc := range map[string]script{
			"success":      always(k.ok),
			"throttled":    always(status(429).withBody(marker)),
			"server error": always(status(500).withBody(marker)),
			"refused":      always(status(400).withBody(marker)),
			"unauthorized": always(status(401).withBody(marker)),
			"redirect":     always(status(302).with("Location", "https://elsewhere.example.com/"+marker)),
			"page":         always(page.withBody("<html><body>" + marker + "</body></html>")),
			"garbage":      always(k.ok.withBody(marker)),
			"network":      func(int, *http.Request) (*http.Response, error) { return nil, leaky },
		} {
			t, err := s.try(sc)
			if err != nil {
				return err
			}
			err = k.call(t.calls)(context.Background())
			seen := t.log.String()
			if seen == "" && len(t.requests) > 0 {
				problems = append(problems, fmt.Errorf("%s: no record of an attempt in the log", name))
			}
			if err != nil {
				seen += fmt.Sprintf("%v %+v %s", err, err, err)
			}
			for what, secret := range t.secrets(s) {
				if secret != "" && strings.Contains(seen, secret) {
					problems = append(problems, fmt.Errorf("%s: %s is in the log or the error text", name, what))
				}
			}
		}
		return errors.Join(problems...)
	})
}

// secrets are the texts that may not be seen.
func (t *trial) secrets(s Subject) map[string]string {
	secrets := map[string]string{
		"the token": Token, "the answer's body": marker, "an address": "https://", "the path": s.Base,
	}
	if s.Base == "/" {
		delete(secrets, "the path")
	}
	for i, r := range t.requests {
		secrets[fmt.Sprintf("the body of request %d", i)] = strings.TrimSpace(r.body)
		if _, query, ok := strings.Cut(r.url, "?"); ok {
			secrets[fmt.Sprintf("the query of request %d", i)] = query
		}
	}
	return secrets
}

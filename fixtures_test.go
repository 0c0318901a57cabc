package offboarding_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// secretForms are what may not stand in a fixture. Fixtures are published with
// the module, so a recorded one must have been scrubbed.
var secretForms = []struct {
	what string
	form *regexp.Regexp
}{
	{"a JWT", regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}`)},
	{"a bearer token", regexp.MustCompile(`(?i)\bbearer\s+[A-Za-z0-9._~+/=-]{24,}`)},
	{"basic credentials", regexp.MustCompile(`(?i)\bauthorization:\s*basic\s+[A-Za-z0-9+/=]{8,}`)},
	{"a private key", regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY-----`)},
	{"a client secret or password", regexp.MustCompile(`(?i)"?(client_secret|refresh_token|password|api[_-]?key)"?\s*[:=]\s*"?[A-Za-z0-9._~+/-]{24,}`)},
	{"a session cookie", regexp.MustCompile(`(?im)^(set-)?cookie:.*=[A-Za-z0-9._~+/%-]{24,}`)},
}

var (
	mailAddress = regexp.MustCompile(`[A-Za-z0-9._%+-]+@([A-Za-z0-9-]+\.)+[A-Za-z]{2,}`)
	// reservedMail is of the domains that are reserved for examples (RFC 2606).
	reservedMail = regexp.MustCompile(`(?i)@([a-z0-9-]+\.)*example(\.(com|org|net))?$`)
	// taxNumber is nine digits, alone or in threes.
	taxNumber = regexp.MustCompile(`\b\d{3}([ -]?)\d{3}([ -]?)\d{3}\b`)
)

// secretsIn lists what text may not hold, without quoting it whole.
func secretsIn(text string) (found []string) {
	for _, s := range secretForms {
		for _, at := range s.form.FindAllStringIndex(text, -1) {
			found = append(found, fmt.Sprintf("line %d: %s", line(text, at[0]), s.what))
		}
	}
	for _, at := range mailAddress.FindAllStringIndex(text, -1) {
		if !reservedMail.MatchString(text[at[0]:at[1]]) {
			found = append(found, fmt.Sprintf("line %d: an e-mail address that is not at example.com", line(text, at[0])))
		}
	}
	for _, at := range taxNumber.FindAllStringIndex(text, -1) {
		if isTaxNumber(text[at[0]:at[1]]) {
			found = append(found, fmt.Sprintf("line %d: a valid tax file number", line(text, at[0])))
		}
	}
	return found
}

func line(text string, at int) int { return 1 + strings.Count(text[:at], "\n") }

// isTaxNumber tells whether s has the check digit of an Australian tax file
// number. Nine digits that have it may be somebody's; invented ids do not.
func isTaxNumber(s string) bool {
	weights := []int{1, 4, 3, 7, 5, 8, 6, 9, 10}
	sum, n := 0, 0
	for _, r := range s {
		if r < '0' || r > '9' {
			continue
		}
		sum += int(r-'0') * weights[n]
		n++
	}
	return n == len(weights) && sum > 0 && sum%11 == 0
}

// isFixture tells whether the file is data of the module's tests and examples.
func isFixture(path string) bool {
	if strings.Contains("/"+filepath.ToSlash(path), "/testdata/") {
		return true
	}
	switch filepath.Ext(path) {
	case ".json", ".jsonl", ".csv", ".txtar", ".xml":
		return true
	}
	return false
}

func TestFixtures_HoldNoSecrets(t *testing.T) {
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != "." && strings.HasPrefix(d.Name(), "."):
			return filepath.SkipDir
		case d.IsDir() || !isFixture(path):
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, found := range secretsIn(string(data)) {
			t.Errorf("%s: %s", path, found)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestSecretsIn_FindsPlantedOnes(t *testing.T) {
	long := strings.Repeat("a1B2", 10)
	for name, text := range map[string]string{
		"jwt":            `{"x": "eyJ` + long + `.eyJ` + long + `.sig"}`,
		"bearer":         "GET / HTTP/1.1\nAuthorization: Bearer " + long,
		"bearer lower":   "authorization: bearer " + long,
		"basic":          "Authorization: Basic dXNlcjpwYXNzd29yZA==",
		"key":            "-----BEGIN RSA PRIVATE" + " KEY-----",
		"refresh token":  `"refresh_token": "` + long + `"`,
		"client secret":  "client_secret=" + long,
		"api key":        `"apiKey": "` + long + `"`,
		"cookie":         "Set-Cookie: session=" + long + "; HttpOnly",
		"mail":           "<Email>jo.citizen@gmail.com</Email>",
		"mail lookalike": "jo@example.com.au.evil.com",
		"mail suffix":    "jo@notexample.com",
		"tfn":            "<TaxNumber>123 456 782</TaxNumber>",
		"tfn solid":      "tfn,123456782",
	} {
		if len(secretsIn(text)) == 0 {
			t.Errorf("%s is not found", name)
		}
	}
}

func TestSecretsIn_LeavesInventedOnes(t *testing.T) {
	for name, text := range map[string]string{
		"short token":   "Authorization: Bearer token",
		"reserved mail": "jo@example.com, jo@mail.example.org, jo@practice.example",
		"masked tfn":    "***456782, 000000000, 123456789",
		"uuid":          "409f60e8-7a2e-4b4c-9d1a-0f3c1f2e4d5b",
		"time":          "2026-01-01T00:00:00.123456789Z",
		"password form": `"password": "string"`,
	} {
		if found := secretsIn(text); len(found) > 0 {
			t.Errorf("%s: %q", name, found)
		}
	}
}

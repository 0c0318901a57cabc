package offboarding_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(data), "\r\n", "\n")
}

// The README shows the example of package offboard, which compiles and runs.
func TestREADME_ShowsTheExample(t *testing.T) {
	_, body, found := strings.Cut(read(t, "offboard/example_test.go"), "\nfunc Example() {\n")
	body, _, ended := strings.Cut(body, "\t// Output:")
	if !found || !ended {
		t.Fatal("offboard/example_test.go has no Example with an output")
	}
	body = regexp.MustCompile(`(?m)^\t`).ReplaceAllString(body, "")
	if !strings.Contains(read(t, "README.md"), "```go\n"+body+"```\n") {
		t.Errorf("README.md does not show this:\n%s", body)
	}
}

var link = regexp.MustCompile(`\]\(([^)#:]+)\)`)

// A link to a file of the module leads to one.
func TestDocuments_LinksLead(t *testing.T) {
	for _, doc := range []string{"README.md", "CHANGELOG.md", "offboard/RULES.md"} {
		for _, m := range link.FindAllStringSubmatch(read(t, doc), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(doc), m[1])); err != nil {
				t.Errorf("%s: %v", doc, err)
			}
		}
	}
}

var (
	ruleRow  = regexp.MustCompile(`(?m)^\| ([RPI][0-9]+a?) \|`)
	ruleCite = regexp.MustCompile(`\b[RPI][0-9]{1,2}a?\b`)
)

// Every rule number that the code cites has its row in RULES.md, once.
func TestRules_CitedOnesAreListed(t *testing.T) {
	var listed []string
	for _, m := range ruleRow.FindAllStringSubmatch(read(t, "offboard/RULES.md"), -1) {
		if slices.Contains(listed, m[1]) {
			t.Errorf("RULES.md lists %s twice", m[1])
		}
		listed = append(listed, m[1])
	}
	cited := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != "." && strings.HasPrefix(d.Name(), "."):
			return filepath.SkipDir
		case d.IsDir() || filepath.Ext(path) != ".go" && filepath.Base(path) != "openapi.yaml":
			return nil
		}
		for _, number := range ruleCite.FindAllString(read(t, path), -1) {
			cited++
			if !slices.Contains(listed, number) {
				t.Errorf("%s cites %s, which RULES.md does not list", path, number)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if cited == 0 {
		t.Error("no rule is cited anywhere")
	}
}

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/practicekit/offboarding/nimbus"
)

const deep = 100000

// Files full of nonsense give errors with a path to the field, and nothing is
// touched.
func TestNonsense(t *testing.T) {
	t.Parallel()
	s := serve(t, quickWorld(nimbus.EditionCDM, true))
	data, err := os.ReadFile(s.propose(t))
	if err != nil {
		t.Fatal(err)
	}
	plan := func(old, new string) string {
		if !strings.Contains(string(data), old) {
			t.Fatalf("the plan does not hold %s", old)
		}
		return strings.Replace(string(data), old, new, 1)
	}
	policy := func(more string) string { return `{"documents": {"edition": "cdm", "folder": "keep"}` + more + `}` }
	for name, c := range map[string]struct{ flag, content, want string }{
		"empty":            {"plan", "", "the document is no JSON"},
		"an array":         {"plan", "[]", "the document is"},
		"deep":             {"plan", strings.Repeat(`{"spec":`, deep), "the document is no JSON"},
		"binary":           {"plan", "\x7fELF\x00\xff", "the document is no JSON"},
		"no plan":          {"plan", `{"version": 1}`, "spec.source"},
		"version":          {"plan", plan(`"version": 1`, `"version": 7`), "version is 7"},
		"unknown member":   {"plan", plan(`"version": 1`, `"version": 1, "vision": 2`), "vision is unknown"},
		"member twice":     {"plan", plan(`"version": 1`, `"version": 1, "version": 1`), "version stands twice"},
		"null in it":       {"plan", plan(`"entities": [`, `"entities": [null,`), "spec.entities[0] is null"},
		"another edition":  {"plan", plan(`"edition": "cdm"`, `"edition": "pro"`), "spec.policy.documents.edition"},
		"another type":     {"plan", plan(`"d-1"`, `17`), "clients[0].snapshot.documents[0]"},
		"another scope":    {"plan", plan(`"scope": "`, `"scope": "0`), "scope does not fit"},
		"empty policy":     {"policy", "", "policy is no JSON"},
		"no edition":       {"policy", "{}", "policy.documents.edition"},
		"cdm and delete":   {"policy", `{"documents": {"edition": "cdm", "folder": "delete"}}`, "policy.documents.folder"},
		"severity":         {"policy", policy(`, "findings": {"openJobs": "shout"}`), "policy.findings.openJobs"},
		"finding":          {"policy", policy(`, "findings": {"openJbos": "warn"}`), "policy.findings.openJbos"},
		"publishing":       {"policy", policy(`, "history": {"path": "To Client"}`), "policy.history.path"},
		"years":            {"policy", policy(`, "retainYears": -1`), "policy.retainYears is -1"},
		"policy goes on":   {"policy", policy("") + "{}", "policy"},
		"deep policy":      {"policy", strings.Repeat("[", deep), "policy is no JSON"},
		"empty world":      {"world", "", "the world is no JSON"},
		"world of numbers": {"world", `{"clients": [{"code": 1}]}`, "clients[0].code"},
		"world member":     {"world", `{"clients": [{"code": "A", "name": "A", "xpm": {"openJob": 1}}]}`, "clients[0].xpm.openJob"},
		"world relations":  {"world", `{"contacts": [{"firstName": "A", "surname": "B", "clients": ["NOBODY"]}]}`, "contacts[0].clients[0]"},
		"deep world":       {"world", strings.Repeat(`{"clients":[`, deep), "the world is no JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file, dir := writeFile(t, "nonsense.json", c.content), filepath.Join(t.TempDir(), "journal")
			o := offboardWith(t, "-yes", "-dir", dir, "-"+c.flag, file)
			o.want(t, exitUsage, file+": "+c.want)
			if _, err := os.Stat(dir); err == nil || o.stdout != "" {
				t.Errorf("a directory was made; stdout is %q", o.stdout)
			}
		})
	}
}

func TestPolicy(t *testing.T) {
	t.Parallel()
	s := serve(t, quickWorld(nimbus.EditionCDM, true))
	policy := writeFile(t, "policy.json", `{"documents": {"edition": "cdm", "folder": "archive"}, "history": {"xpmCopy": true}, "findings": {"openJobs": "stop"}}`)
	o := s.run(t, "-yes", "-policy", policy)
	o.want(t, exitBlocked, "stdout:openJobs 1", "stdout:copy-history", "stdout:2 clients: 1 done, 1 blocked")
	s.run(t, "-yes", "-policy", "missing.json").want(t, exitUsage, "the policy cannot be read")
	// The built-in practice has the policy's edition.
	nonCDM := writeFile(t, "policy.json", `{"documents": {"edition": "non-cdm", "folder": "keep"}}`)
	offboardWith(t, "-preview", "-policy", nonCDM).want(t, exitDone, "stdout:edition non-cdm")
	// What a policy demands of the clients is told with the line, and with what to mend.
	deletes := writeFile(t, "policy.json", `{"documents": {"edition": "non-cdm", "folder": "delete", "permanent": {"reason": "moved away"}}}`)
	clients := writeFile(t, "clients.csv", "code\nACME01\n")
	offboardWith(t, "-preview", "-policy", deletes, clients).want(t, exitUsage, "line 2 (ACME01): retain_until is missing", "have "+deletes+" keep the folder")
	offboardWith(t, "-preview", "-source", "none", "-policy", policy).want(t, exitUsage, policy+": policy.history.xpmCopy is true")
}

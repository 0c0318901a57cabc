package nimbustest

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// The contract as it is written and as it is served have the same operations
// and capabilities.
func TestRoutes_areTheContract(t *testing.T) {
	text, err := os.ReadFile("../openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var written, served []string
	var path, operation string
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\n")
		switch name, isKey := strings.CutSuffix(strings.TrimSpace(line), ":"); {
		case strings.HasPrefix(line, "  /v1/"):
			path = name
		case isKey && strings.HasPrefix(line, "    ") && slices.Contains([]string{"get", "put", "post", "delete"}, name):
			operation = strings.ToUpper(name) + " " + path
			written = append(written, operation)
		case strings.HasPrefix(line, "      x-capability: "):
			written[len(written)-1] += " " + strings.TrimPrefix(line, "      x-capability: ")
		}
	}
	for _, r := range routes() {
		served = append(served, strings.TrimSpace(r.pattern+" "+string(r.capability)))
	}
	slices.Sort(written)
	slices.Sort(served)
	if !slices.Equal(written, served) {
		t.Errorf("written %q\nserved  %q", written, served)
	}
}

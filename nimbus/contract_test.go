package nimbus_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/practicekit/offboarding/nimbus"
)

// What the code knows by name, the contract has to name, and the other way
// round: its codes and its capabilities.
func TestContract_names(t *testing.T) {
	raw, err := os.ReadFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	contract := string(raw)
	_, description, _ := strings.Cut(contract, "  description: |\n")
	if first, _, _ := strings.Cut(description, "\n\n"); !strings.Contains(first, "This contract is ours. It is not Nimbus' API") {
		t.Error("the first paragraph does not say whose contract it is")
	}
	same := func(what string, written, known []string) {
		t.Helper()
		slices.Sort(written)
		slices.Sort(known)
		if written = slices.Compact(written); !slices.Equal(written, known) {
			t.Errorf("%s of the contract: %q\nof the code: %q", what, written, known)
		}
	}
	all := func(expression string) (found []string) {
		for _, m := range regexp.MustCompile(expression).FindAllStringSubmatch(contract, -1) {
			found = append(found, m[1])
		}
		return found
	}
	same("the codes", all(`, status: \d+, code: ([a-z-]+)`), []string{
		nimbus.CodeEditionMismatch, nimbus.CodeDocumentCount, nimbus.CodeFolderNotOrphaned, nimbus.CodeContactRelated,
		nimbus.CodeNameTaken, nimbus.CodeDigestMismatch, nimbus.CodeSyncRunning, nimbus.CodeSessionExpired,
		nimbus.CodeCapabilityUnavailable, nimbus.CodeDocumentLocked, nimbus.CodeDocumentNotArchived, nimbus.CodeMandatoryFields,
		nimbus.CodeNotFound, nimbus.CodeRightMissing, nimbus.CodeInvalidRequest, nimbus.CodeTooLarge, nimbus.CodeRateLimited,
		nimbus.CodeInternal, nimbus.CodeUnavailable, string(nimbus.LoginRefused), string(nimbus.LoginLocked), string(nimbus.LoginSecondFactor), string(nimbus.LoginSSO),
	})
	var capabilities []string
	for _, c := range nimbus.Capabilities() {
		capabilities = append(capabilities, string(c))
	}
	same("the capabilities", append(all(`x-capability: ([a-z.]+)`), string(nimbus.CapabilityAccountEdition)), slices.Clone(capabilities))
	_, example, _ := strings.Cut(contract, "        edition: cdm\n        capabilities: [")
	example, _, _ = strings.Cut(example, "]")
	same("the example's capabilities", strings.FieldsFunc(example, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' }), capabilities)
}

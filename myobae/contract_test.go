package myobae_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/practicekit/offboarding/myobae"
)

// What the code knows by name, the contract has to name, and the other way
// round: its refusals and its capabilities.
func TestContract(t *testing.T) {
	data, err := os.ReadFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	contract := string(data)
	description := contract[strings.Index(contract, "description: |"):]
	if first := description[:strings.Index(description, "\n\n")]; !strings.Contains(first, "This contract is not MYOB's") {
		t.Error("the first paragraph does not say whose contract it is")
	}
	known := map[string]bool{}
	for _, name := range []string{
		myobae.NameNotFound, myobae.NameRateLimitError, myobae.NameAccessDenied, myobae.NameIncorrectRowVersionSupplied,
		myobae.NameClientCannotBeClosed, myobae.NameNotAClient, myobae.NameExpectedCodeMismatch,
		myobae.NameFieldNotWritable, myobae.NameFieldIsMandatory, myobae.NameGatewayReadOnly,
	} {
		known[name] = true
	}
	named := regexp.MustCompile(`(?m)^ {18}- (\w+)$`).FindAllStringSubmatch(contract, -1)
	for _, m := range named {
		if !known[m[1]] {
			t.Errorf("the contract names %s, the code does not", m[1])
		}
		delete(known, m[1])
	}
	for name := range known {
		t.Errorf("the code names %s, the contract does not", name)
	}
	for _, c := range []myobae.Capability{myobae.CapabilityClosePreflight, myobae.CapabilityCloseClient, myobae.CapabilityClearExtraField} {
		if !regexp.MustCompile(`examples: \[.*\b` + string(c) + `\b`).MatchString(contract) {
			t.Errorf("the contract does not name the capability %s", c)
		}
	}
}

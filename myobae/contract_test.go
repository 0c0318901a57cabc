package myobae_test

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/practicekit/offboarding/myobae"
)

func contract(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(data), "\r\n", "\n")
}

func TestContract_SaysWhose(t *testing.T) {
	_, description, _ := strings.Cut(contract(t), "description: |")
	if first, _, _ := strings.Cut(description, "\n\n"); !strings.Contains(first, "This contract is not MYOB's") {
		t.Error("the first paragraph does not say whose contract it is")
	}
}

// What the code knows by name, the contract has to name, and the other way
// round: its refusals and its capabilities.
func TestContract_Names(t *testing.T) {
	kinds := map[string]error{
		myobae.NameRequired:                    myobae.ErrInvalid,
		myobae.NameODataQueryError:             myobae.ErrInvalid,
		myobae.NameFieldIsMandatory:            myobae.ErrInvalid,
		myobae.NameFieldValueInvalid:           myobae.ErrInvalid,
		myobae.NameOAuthTokenIsInvalid:         myobae.ErrUnauthorized,
		myobae.NameAccessDenied:                myobae.ErrForbidden,
		myobae.NameFieldNotWritable:            myobae.ErrForbidden,
		myobae.NameGatewayReadOnly:             myobae.ErrReadOnly,
		myobae.NameRateLimitError:              myobae.ErrRateLimited,
		myobae.NameNotFound:                    myobae.ErrNotFound,
		myobae.NameIncorrectRowVersionSupplied: myobae.ErrConflict,
		myobae.NameExpectedCodeMismatch:        myobae.ErrConflict,
		myobae.NameNotAClient:                  myobae.ErrConflict,
		myobae.NameClientCannotBeClosed:        myobae.ErrConflict,
		myobae.NameOperationUnderWay:           myobae.ErrConflict,
		myobae.NameRequestTooLarge:             myobae.ErrTooLarge,
		myobae.NameCapabilityUnavailable:       myobae.ErrCapabilityUnavailable,
	}
	rows := regexp.MustCompile(`(?m)^ +\| (\w[\w ]*) \| ([0-9, ]+) \|`).FindAllStringSubmatch(contract(t), -1)
	for _, row := range rows {
		kind, known := kinds[row[1]]
		if !known {
			t.Errorf("the contract names %s, the code does not", row[1])
		}
		delete(kinds, row[1])
		for _, text := range strings.Split(row[2], ", ") {
			status, err := strconv.Atoi(text)
			if err != nil {
				t.Fatal(err)
			}
			for _, shape := range []string{`{"Errors":[{"Name":%q,"Message":"x"}]}`, `{"Name":%q,"Message":"x"}`} {
				_, err := answering(t, status, fmt.Sprintf(shape, row[1])).Clients.Close(t.Context(), clientUID, closing)
				if e := wantError(t, err, kind); e.Name != row[1] {
					t.Errorf("%s: the error's name is %q", row[1], e.Name)
				}
			}
		}
	}
	for name := range kinds {
		t.Errorf("the code names %s, the contract does not", name)
	}

	capabilities := regexp.MustCompile(`items: \{type: string, examples: \[(ClosePreflight.*?)\]`).FindStringSubmatch(contract(t))
	if capabilities == nil {
		t.Fatal("the contract names no capabilities")
	}
	named := strings.Split(capabilities[1], ", ")
	for _, c := range []myobae.Capability{
		myobae.CapabilityClosePreflight, myobae.CapabilityCloseClient, myobae.CapabilityReopenClient,
		myobae.CapabilityExtraFieldDefinitions, myobae.CapabilityClearExtraField, myobae.CapabilitySetExtraField,
	} {
		i := slices.Index(named, string(c))
		if i < 0 {
			t.Errorf("the contract does not name the capability %s", c)
			continue
		}
		named = slices.Delete(named, i, i+1)
	}
	if len(named) > 0 {
		t.Errorf("the code does not name the capabilities %v", named)
	}
}

// operations are the contract's, as "GET /v1/Client/{UID}".
func operations(t *testing.T) []string {
	t.Helper()
	found := map[string]bool{}
	path := ""
	for line := range strings.Lines(contract(t)) {
		if m := regexp.MustCompile(`^  (/v1/\S+):\n`).FindStringSubmatch(line); m != nil {
			path = m[1]
		}
		if m := regexp.MustCompile(`^    (get|post|put|delete|patch):\n`).FindStringSubmatch(line); m != nil {
			found[strings.ToUpper(m[1])+" "+path] = true
		}
	}
	if len(found) < 9 {
		t.Fatalf("the contract has only %d operations", len(found))
	}
	return slices.Sorted(maps.Keys(found))
}

package xpm_test

import (
	"go/parser"
	"go/token"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/practicekit/offboarding/xpm"
)

// operation is one that Xero published for version 3.1.
type operation struct{ id, method, path string }

// operations are all of them, as testdata/operations.txt lists them.
func operations(t *testing.T) (all []operation) {
	data, err := os.ReadFile("testdata/operations.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		f := strings.Fields(line)
		if len(f) != 3 {
			t.Fatalf("not an operation: %q", line)
		}
		all = append(all, operation{f[0], f[1], f[2]})
	}
	return all
}

var operationRow = regexp.MustCompile(`(?m)^\t(\w+V31_\w+) +(\w+)\.(\w+)((?:, \w+\.\w+)*)$`)

// The table in the documentation has each operation once, with a method that is
// there, an exchange of its request with an answer that is one, and an exchange
// with an error.
func TestOperations(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "doc.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string][]string{}
	for _, m := range operationRow.FindAllStringSubmatch(file.Doc.Text(), -1) {
		if rows[m[1]] != nil {
			t.Errorf("%s has two rows", m[1])
		}
		rows[m[1]] = append(rows[m[1]], m[2]+"."+m[3])
		for more := range strings.SplitSeq(strings.TrimPrefix(m[4], ", "), ", ") {
			if more != "" {
				rows[m[1]] = append(rows[m[1]], more)
			}
		}
	}
	all := operations(t)
	if len(all) != 102 || len(rows) != len(all) {
		t.Errorf("%d operations, %d rows", len(all), len(rows))
	}
	exchanges := exchanged(t)
	for _, o := range all {
		methods := rows[o.id]
		if len(methods) == 0 {
			t.Errorf("%s (%s %s) has no row", o.id, o.method, o.path)
			continue
		}
		for _, m := range methods {
			if !isMethod(m) {
				t.Errorf("%s: there is no method %s", o.id, m)
			}
		}
		if answered, failed := o.in(exchanges); !answered || !failed {
			t.Errorf("%s (%s %s): exchange with an answer: %t, with an error: %t", o.id, o.method, o.path, answered, failed)
		}
	}
}

// isMethod tells whether Client has the service and the service the method, as
// in "Clients.Get".
func isMethod(name string) bool {
	service, method, _ := strings.Cut(name, ".")
	field, ok := reflect.TypeFor[xpm.Client]().FieldByName(service)
	if !ok || !field.IsExported() {
		return false
	}
	_, ok = field.Type.MethodByName(method)
	return ok
}

// exchange is the request of one, and whether its answer is an error.
type exchangeOf struct {
	method, path string
	isError      bool
}

func exchanged(t *testing.T) (all []exchangeOf) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		a, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i+1 < len(a.Files); i += 2 {
			f := strings.Fields(string(a.Files[i].Data))
			u, err := url.ParseRequestURI(f[1])
			if err != nil {
				t.Fatal(name, err)
			}
			response := string(a.Files[i+1].Data)
			all = append(all, exchangeOf{
				method: f[0], path: strings.TrimPrefix(u.Path, "/practicemanager/3.1/"),
				isError: !strings.HasPrefix(response, "HTTP/1.1 2") || strings.Contains(strings.ToUpper(response), "<STATUS>ERROR</STATUS>"),
			})
		}
	}
	return all
}

var placeholder = regexp.MustCompile(`\\\{\w+\\\}`)

// in tells which exchanges there are of o.
func (o operation) in(all []exchangeOf) (answered, failed bool) {
	path := regexp.MustCompile("^" + placeholder.ReplaceAllString(regexp.QuoteMeta(o.path), "[^/]+") + "$")
	for _, x := range all {
		if x.method == o.method && path.MatchString(x.path) {
			answered = answered || !x.isError
			failed = failed || x.isError
		}
	}
	return answered, failed
}

// The check above would be worth nothing if it let everything through.
func TestOperations_FindsWhatIsMissing(t *testing.T) {
	for _, name := range []string{"Clients.Gett", "Client.Get", "clients.Get", "transport.Do", "Clients"} {
		if isMethod(name) {
			t.Errorf("%s is taken for a method", name)
		}
	}
	o := operation{"X", "GET", "client.api/get/{identifier}"}
	for _, x := range []exchangeOf{{method: "PUT", path: "client.api/get/1"}, {method: "GET", path: "client.api/get/1/customfield"}, {method: "GET", path: "clientXapi/get/1"}} {
		if answered, failed := o.in([]exchangeOf{x}); answered || failed {
			t.Errorf("%v is taken for %v", x, o)
		}
	}
	if answered, failed := o.in([]exchangeOf{{method: "GET", path: "client.api/get/1"}}); !answered || failed {
		t.Error("an exchange is not found, or taken for an error")
	}
}

package offboarding_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/practicekit/offboarding"

// vendors are the packages that speak to one vendor each.
var vendors = []string{"nimbus", "xpm", "myobae"}

// forTests are the imports that users of the module do not inherit.
var forTests = []string{"github.com/jarcoal/httpmock", "github.com/google/go-cmp", "github.com/santhosh-tekuri/jsonschema", "golang.org/x/text",
	"golang.org/x/tools", "pgregory.net/rapid", "testing"}

// forExamples are the imports that only programs have, and no package.
var forExamples = []string{"github.com/schollz/progressbar"}

// testOnly are the packages that only tests import.
var testOnly = []string{"internal/exchange", "internal/clienttest"}

// pkg is what go list says of one package. Deps are all that it reaches without
// its test files.
type pkg struct {
	ImportPath string
	Deps       []string
}

// rel is the path below the module, "" for its root; false for other modules.
func rel(path string) (string, bool) {
	if path == module {
		return "", true
	}
	return strings.CutPrefix(path, module+"/")
}

// isPart tells whether path is tree or lies below it.
func isPart(path, tree string) bool { return path == tree || strings.HasPrefix(path, tree+"/") }

func isPartOf(path string, trees []string) bool {
	return slices.ContainsFunc(trees, func(t string) bool { return isPart(path, t) })
}

func TestImports(t *testing.T) {
	out, err := exec.Command("go", "list", "-e", "-deps", "-json=ImportPath,Deps", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	var own []pkg
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := rel(p.ImportPath); ok {
			own = append(own, p)
		}
	}
	if len(own) < 5 {
		t.Fatalf("go list names %d packages of the module", len(own))
	}
	for _, p := range own {
		for _, problem := range wrongImports(p) {
			t.Errorf("%s: %s", p.ImportPath, problem)
		}
	}
}

// wrongImports lists what p reaches and may not.
func wrongImports(p pkg) (problems []string) {
	path, _ := rel(p.ImportPath)
	self := slices.IndexFunc(vendors, func(v string) bool { return isPart(path, v) })
	for _, dep := range p.Deps {
		to, ours := rel(dep)
		switch {
		case isPartOf(dep, forTests) && !isPartOf(path, testOnly):
			problems = append(problems, "reaches "+dep+", which is for tests")
		case isPartOf(dep, forExamples) && !isPart(path, "examples"):
			problems = append(problems, "reaches "+dep+", which is for examples")
		case !ours:
		case isPartOf(to, testOnly) && !isPartOf(path, testOnly):
			problems = append(problems, "reaches "+to+", which is for tests")
		case self >= 0 && isPart(to, "offboard"):
			problems = append(problems, "is a vendor's and reaches offboard")
		case self >= 0 && isPartOf(to, vendors) && !isPart(to, vendors[self]):
			problems = append(problems, "reaches another vendor: "+to)
		case isPart(path, "internal") && (isPartOf(to, vendors) || isPart(to, "offboard")):
			problems = append(problems, "is internal and reaches "+to)
		}
	}
	return problems
}

func TestWrongImports_FindsThem(t *testing.T) {
	for _, c := range []struct {
		from, to string
		wrong    bool
	}{
		{"xpm", "nimbus", true},
		{"xpm/xpmtest", "nimbus", true},
		{"nimbus", "offboard", true},
		{"myobae/myobaetest", "myobae", false},
		{"xpm", "internal/transport", false},
		{"internal/transport", "xpm", true},
		{"internal/pace", "internal/transport", false},
		{"xpm", "internal/exchange", true},
		{"offboard", "xpm", false},
		{"offboard/offboardtest", "xpm/xpmtest", false},
	} {
		p := pkg{module + "/" + c.from, []string{module + "/" + c.to}}
		if got := len(wrongImports(p)) > 0; got != c.wrong {
			t.Errorf("%s importing %s is wrong: %t, want %t", c.from, c.to, got, c.wrong)
		}
	}
	for _, dep := range forTests {
		if len(wrongImports(pkg{module + "/xpm/xpmtest", []string{dep}})) == 0 {
			t.Errorf("xpm/xpmtest may import %s", dep)
		}
		if len(wrongImports(pkg{module + "/internal/exchange", []string{dep}})) != 0 {
			t.Errorf("internal/exchange may not import %s", dep)
		}
	}
	for _, dep := range forExamples {
		for from, wrong := range map[string]bool{"offboard": true, "internal/killtest": true, "examples/offboard": false} {
			if got := len(wrongImports(pkg{module + "/" + from, []string{dep + "/v3"}})) > 0; got != wrong {
				t.Errorf("%s importing %s is wrong: %t, want %t", from, dep, got, wrong)
			}
		}
	}
}

// senders are the trees that may send requests by themselves. internal/exchange
// does when it records, and only in tests.
var senders = []string{"internal/transport", "internal/exchange", "examples"}

func TestOnlyTransportSends(t *testing.T) {
	files := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != "." && strings.HasPrefix(d.Name(), "."):
			return filepath.SkipDir
		case d.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go"):
			return nil
		case isPartOf(filepath.ToSlash(filepath.Dir(path)), senders):
			return nil
		}
		files++
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, problem := range sends(fset, f) {
			t.Error(problem)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files == 0 {
		t.Error("no source file was read")
	}
}

// sending are the names of net/http that send a request, or use the client or
// the transport that all of a program shares.
var sending = []string{"DefaultClient", "DefaultTransport", "Get", "Head", "Post", "PostForm"}

// sends lists where f uses such a name, or calls RoundTrip. A fake may call its
// own: it is the far end.
func sends(fset *token.FileSet, f *ast.File) (problems []string) {
	local := ""
	for _, imp := range f.Imports {
		if path, _ := strconv.Unquote(imp.Path.Value); path == "net/http" {
			local = "http"
			if imp.Name != nil {
				local = imp.Name.Name
			}
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		s, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		x, isName := s.X.(*ast.Ident)
		fromHTTP := isName && local != "" && x.Name == local && slices.Contains(sending, s.Sel.Name)
		if fromHTTP || s.Sel.Name == "RoundTrip" && !strings.HasSuffix(f.Name.Name, "test") {
			problems = append(problems, fmt.Sprintf("%s: uses %s", fset.Position(s.Pos()), s.Sel.Name))
		}
		return true
	})
	return problems
}

func TestSends_FindsThem(t *testing.T) {
	for source, want := range map[string]int{
		`package p; import "net/http"; var _ = http.DefaultClient`:                           1,
		`package p; import "net/http"; func f() { http.Get("x") }`:                           1,
		`package p; import web "net/http"; func f() { web.PostForm("x", nil) }`:              1,
		`package p; import "net/http"; func f(t http.RoundTripper) { t.RoundTrip(nil) }`:     1,
		`package ptest; import "net/http"; func f(t http.RoundTripper) { t.RoundTrip(nil) }`: 0,
		`package ptest; import "net/http"; func f() { http.Get("x") }`:                       1,
		`package p; import "net/http"; var _ = http.Header{}`:                                0,
		`package p; import "example.com/http"; var _ = http.Get`:                             0,
	} {
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, "p.go", source, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		if got := sends(fset, f); len(got) != want {
			t.Errorf("%s: %q, want %d", source, got, want)
		}
	}
}

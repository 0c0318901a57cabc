package xpm_test

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/practicekit/offboarding/xpm"
)

// decoded says which type takes what is in an answer, by the name of the element
// within Response or within its list. Where two resources have elements of the
// same name, the resource of the exchange comes before it: "tasks/Task".
var decoded = map[string]reflect.Type{
	"Client":             reflect.TypeFor[xpm.ClientEntity](),
	"Contact":            reflect.TypeFor[xpm.Contact](),
	"ClientRelationship": reflect.TypeFor[xpm.ClientRelationship](),
	"Job":                reflect.TypeFor[xpm.Job](),

	"jobs/Cost": reflect.TypeFor[xpm.JobCost](),
	"Document":  reflect.TypeFor[xpm.Document](),

	"times/Time":       reflect.TypeFor[xpm.TimeEntry](),
	"costs/Cost":       reflect.TypeFor[xpm.Cost](),
	"invoices/Invoice": reflect.TypeFor[xpm.Invoice](),
	"invoices/Payment": reflect.TypeFor[xpm.Payment](),
	"quotes/Quote":     reflect.TypeFor[xpm.Quote](),

	"groups/Group":          reflect.TypeFor[xpm.Group](),
	"staff/Staff":           reflect.TypeFor[xpm.Staff](),
	"tasks/Task":            reflect.TypeFor[xpm.Task](),
	"categories/Category":   reflect.TypeFor[xpm.Category](),
	"templates/Template":    reflect.TypeFor[xpm.Template](),
	"jobstates/JobState":    reflect.TypeFor[xpm.JobState](),
	"CustomFieldDefinition": reflect.TypeFor[xpm.CustomField](),
	"CustomField":           reflect.TypeFor[valueElements](),
}

// valueElements is what is read into an xpm.CustomFieldValue.
type valueElements struct {
	UUID    string `xml:"UUID"`
	Name    string `xml:"Name"`
	Date    string `xml:"Date"`
	Number  string `xml:"Number"`
	Decimal string `xml:"Decimal"`
	Boolean string `xml:"Boolean"`
	Text    string `xml:"Text"`
}

// aside are elements beside what an answer is about.
var aside = map[string]bool{"Status": true, "ErrorDescription": true, "WebUrl": true, "Pagination": true, "UUID": true, "ID": true, "Records": true}

// lists are the elements whose children are what the answer is about.
var lists = map[string]bool{"Clients": true, "Contacts": true, "Jobs": true, "Times": true, "Costs": true, "Invoices": true, "Payments": true, "Quotes": true,
	"Groups": true, "StaffList": true, "TaskList": true, "Categories": true, "Templates": true, "JobStates": true, "CustomFieldDefinitions": true, "CustomFields": true, "Documents": true,
}

// Every element of a recorded answer has a field: what production tolerates in
// Extra, a recording must not have.
func TestExchanges_NoUnknownElements(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no exchanges", err)
	}
	looked := 0
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		resource, _, _ := strings.Cut(filepath.Base(name), "_")
		for _, section := range txtar.Parse(data).Files {
			_, body, _ := strings.Cut(string(section.Data), "\n\n")
			if section.Name != "response" || !strings.HasPrefix(strings.TrimSpace(body), "<") || resource == "do" {
				continue
			}
			for _, path := range strays(t, xml.NewDecoder(strings.NewReader(body)), resource, &looked) {
				t.Errorf("%s: no field takes %s", name, path)
			}
		}
	}
	if looked < 8 {
		t.Errorf("only %d things were looked at", looked)
	}
}

// strays returns the paths of the elements of an answer that nothing takes.
func strays(t *testing.T, d *xml.Decoder, resource string, looked *int) (paths []string) {
	for {
		tok, err := d.Token()
		if err != nil {
			return paths
		}
		start, ok := tok.(xml.StartElement)
		if !ok || start.Name.Local == "Response" || lists[start.Name.Local] {
			continue
		}
		name := start.Name.Local
		typ := decoded[resource+"/"+name]
		if typ == nil {
			typ = decoded[name]
		}
		switch {
		case typ != nil:
			*looked++
			paths = append(paths, unknown(t, d, typ, name)...)
			continue
		case !aside[name]:
			paths = append(paths, name)
		}
		if err := d.Skip(); err != nil {
			t.Fatal(err)
		}
	}
}

// unknown reads the element that d has just opened and returns the paths of
// those within it that no field of typ takes.
func unknown(t *testing.T, d *xml.Decoder, typ reflect.Type, path string) (paths []string) {
	for {
		tok, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		switch tok := tok.(type) {
		case xml.EndElement:
			return paths
		case xml.StartElement:
			inner := path + ">" + tok.Name.Local
			if next := fieldFor(typ, tok.Name.Local); next == nil {
				paths = append(paths, inner)
				if err := d.Skip(); err != nil {
					t.Fatal(err)
				}
			} else {
				paths = append(paths, unknown(t, d, next, inner)...)
			}
		}
	}
}

// fieldFor returns the type that takes the element in typ, or nil. A container
// of one kind of element is stood for by a struct with that element.
func fieldFor(typ reflect.Type, element string) reflect.Type {
	for typ.Kind() == reflect.Slice {
		typ = typ.Elem()
	}
	if typ.Kind() != reflect.Struct {
		return nil
	}
	if element == "IsArchived" || element == "IsDeleted" {
		return reflect.TypeFor[xpm.Flag]()
	}
	if element == "InternalUUID" {
		return reflect.TypeFor[xpm.InvoiceUUID]() // the UUID of most invoices
	}
	for f := range typ.Fields() {
		outer, inner, nested := strings.Cut(f.Tag.Get("xml"), ">")
		switch {
		case outer != element:
		case nested:
			return reflect.StructOf([]reflect.StructField{{Name: "X", Type: f.Type, Tag: reflect.StructTag(`xml:"` + inner + `"`)}})
		default:
			return f.Type
		}
	}
	return nil
}

// The check above would be worth nothing if it let everything through.
func TestExchanges_UnknownElementsAreSeen(t *testing.T) {
	d := xml.NewDecoder(strings.NewReader("<Client><New/><Contacts><Contact><Newer/></Contact><Odd/></Contacts><Name><b/></Name></Client>"))
	if _, err := d.Token(); err != nil {
		t.Fatal(err)
	}
	got := unknown(t, d, reflect.TypeFor[xpm.ClientEntity](), "Client")
	want := []string{"Client>New", "Client>Contacts>Contact>Newer", "Client>Contacts>Odd", "Client>Name>b"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

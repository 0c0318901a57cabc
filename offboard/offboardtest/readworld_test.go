package offboardtest_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/offboard/offboardtest"
)

var goodWorlds = map[string]string{
	"nothing": `{}`,
	"a client of each": `{"edition":"non-cdm","capabilities":["clients.read"],"mandatoryFields":["Category"],
		"sync":{"takes":"30s","every":"5m","fail":1},"filterField":"Nimbus Portal","xpmFilterField":"Portal","awaitOperator":true,"operatorTakes":"1s",
		"clients":[{"code":"A","name":"Acme","xpm":{"archived":true,"openJobs":2,"fields":{"Portal":true,"Partner":"Pat"}},
			"myobae":{"closed":true,"extraFields":{"Nimbus Portal":true,"Since":2001,"Left":null},"blockers":["OpenAssignments"]},
			"nimbus":{"integrated":true,"historyRows":12,"documents":[{"name":"a.pdf","content":"a","path":"To Client/2026","published":true,"locked":true,"checkedOut":true}],
				"emailJobs":[{"subject":"Sign","documentsForSignature":1,"outstandingSignatures":1}]}},
			{"code":"B","name":"Beta","xpm":{"deleted":true}}],
		"contacts":[{"firstName":"Alex","surname":"Example","email":"alex@example.com","login":true,"invited":true,"clients":["A"]}],
		"folders":[{"code":"A","name":"Acme"}]}`,
	"Nimbus offers nothing": `{"capabilities":[]}`,
}

var badWorlds = map[string]struct{ document, field string }{
	"nothing at all":          {"", ""},
	"a list":                  {"[]", ""},
	"two worlds":              {"{}{}", ""},
	"a depth bomb":            {strings.Repeat(`{"clients":[`, 50_000), ""},
	"misspelt":                {`{"client":[]}`, "client"},
	"twice":                   {`{"edition":"cdm","edition":"non-cdm"}`, "edition"},
	"another edition":         {`{"edition":"pro"}`, "edition"},
	"another capability":      {`{"capabilities":["clients.read","clients.eat"]}`, "capabilities[1]"},
	"null for capabilities":   {`{"capabilities":null}`, "capabilities"},
	"a duration by number":    {`{"sync":{"takes":30}}`, "sync.takes"},
	"no duration":             {`{"sync":{"every":"often"}}`, "sync.every"},
	"a negative duration":     {`{"operatorTakes":"-1s"}`, "operatorTakes"},
	"failing for ever":        {`{"sync":{"fail":2}}`, "sync.fail"},
	"no code":                 {`{"clients":[{"code":"A","name":"A"},{"name":"B"}]}`, "clients[1].code"},
	"no name":                 {`{"clients":[{"code":"A","name":" "}]}`, "clients[0].name"},
	"negative rows":           {`{"clients":[{"code":"A","name":"A","nimbus":{"historyRows":-1}}]}`, "clients[0].nimbus.historyRows"},
	"endless rows":            {`{"clients":[{"code":"A","name":"A","nimbus":{"historyRows":2000000000}}]}`, "clients[0].nimbus.historyRows"},
	"endless jobs":            {`{"clients":[{"code":"A","name":"A","xpm":{"openJobs":2000000000}}]}`, "clients[0].xpm.openJobs"},
	"another path":            {`{"clients":[{"code":"A","name":"A"},{"code":"B","name":"B"},{"code":"C","name":"C","nimbus":{"documents":[{"name":"a","path":"Currently"}]}}]}`, "clients[2].nimbus.documents[0].path"},
	"a path by number":        {`{"clients":[{"code":"A","name":"A"},{"code":"B","name":"B"},{"code":"C","name":"C","nimbus":{"documents":[{"name":"a","path":7}]}}]}`, "clients[2].nimbus.documents[0].path"},
	"negative signatures":     {`{"clients":[{"code":"A","name":"A","nimbus":{"emailJobs":[{},{"documentsForSignature":-1}]}}]}`, "clients[0].nimbus.emailJobs[1].documentsForSignature"},
	"outstanding, negative":   {`{"clients":[{"code":"A","name":"A","nimbus":{"emailJobs":[{"outstandingSignatures":-1}]}}]}`, "clients[0].nimbus.emailJobs[0].outstandingSignatures"},
	"an extra field of lists": {`{"clients":[{"code":"A","name":"A","myobae":{"extraFields":{"Portal":[true]}}}]}`, `clients[0].myobae.extraFields["Portal"]`},
	"a field by number":       {`{"clients":[{"code":"A","name":"A","xpm":{"fields":{"Portal":1}}}]}`, `clients[0].xpm.fields["Portal"]`},
	"a field of two kinds": {`{"clients":[{"code":"A","name":"A","xpm":{"fields":{"Portal":true}}},{"code":"B","name":"B","xpm":{"fields":{"Portal":"yes"}}}]}`,
		`clients[1].xpm.fields["Portal"]`},
	"a field without a name": {`{"clients":[{"code":"A","name":"A","xpm":{"fields":{"":true}}}]}`, `clients[0].xpm.fields[""]`},
	"a contact of nobody":    {`{"clients":[{"code":"A","name":"A","nimbus":{}}],"contacts":[{"clients":["A","B"]}]}`, "contacts[0].clients[1]"},
}

func TestReadWorld(t *testing.T) {
	for name, document := range goodWorlds {
		w, err := offboardtest.ReadWorld(strings.NewReader(document))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		again(t, w)
		if _, err := offboardtest.New(w); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, c := range badWorlds {
		_, err := offboardtest.ReadWorld(strings.NewReader(c.document))
		if problem, ok := errors.AsType[*offboardtest.WorldError](err); !ok || problem.Field != c.field {
			t.Errorf("%s: got %v, want a problem with %q", name, err, c.field)
		}
	}
	again(t, offboardtest.DefaultWorld(nimbus.EditionCDM, true))
}

// An empty list of capabilities means nothing, and one that is left out everything:
// writing a world keeps them apart.
func TestWorld_NothingOffered(t *testing.T) {
	for document, offers := range map[string]bool{`{"capabilities":[]}`: false, `{}`: true} {
		w, err := offboardtest.ReadWorld(strings.NewReader(document))
		if err != nil {
			t.Fatal(err)
		}
		written, err := json.Marshal(w)
		if err != nil {
			t.Fatal(err)
		}
		if w, err = offboardtest.ReadWorld(bytes.NewReader(written)); err != nil || (w.Capabilities == nil) != offers {
			t.Errorf("%s became %s, %v", document, written, err)
		}
	}
}

func again(t *testing.T, w offboardtest.World) {
	t.Helper()
	written, err := json.Marshal(w)
	if err != nil {
		t.Fatal(err)
	}
	back, err := offboardtest.ReadWorld(bytes.NewReader(written))
	if err != nil {
		t.Fatalf("%s: %v", written, err)
	}
	if rewritten, err := json.Marshal(back); err != nil || !bytes.Equal(rewritten, written) {
		t.Errorf("%s became %s, %v", written, rewritten, err)
	}
}

type noDisk struct{}

var errDisk = errors.New("the disk does not answer")

func (noDisk) Read([]byte) (int, error) { return 0, errDisk }

// What is wrong with reading is not put down to the world.
func TestReadWorld_ErrorOfReading(t *testing.T) {
	_, err := offboardtest.ReadWorld(io.Reader(noDisk{}))
	if _, wrong := errors.AsType[*offboardtest.WorldError](err); wrong || !errors.Is(err, errDisk) {
		t.Errorf("got %v", err)
	}
}

// FuzzReadWorld reads nonsense: it never panics, every error names a field or says
// that there is no JSON object, and what is taken reads the same again and makes a
// practice, or an error.
func FuzzReadWorld(f *testing.F) {
	for _, document := range goodWorlds {
		f.Add([]byte(document))
	}
	for _, c := range badWorlds {
		if len(c.document) < 4096 { // what the fuzzer makes of larger ones takes long
			f.Add([]byte(c.document))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		w, err := offboardtest.ReadWorld(bytes.NewReader(data))
		if err != nil {
			problem, ok := errors.AsType[*offboardtest.WorldError](err)
			if !ok || problem.Problem == "" || len(err.Error()) > 2000 {
				t.Fatalf("an error of another kind: %v", err)
			}
			if problem.Field == "" && !strings.Contains(problem.Problem, "UTF-8") && bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) && json.Valid(data) {
				t.Fatalf("%v, and it is a JSON object", err)
			}
			return
		}
		again(t, w)
		rows := 0
		for _, c := range w.Clients {
			if c.Nimbus != nil {
				rows += c.Nimbus.HistoryRows
			}
			if c.XPM != nil {
				rows += c.XPM.OpenJobs
			}
		}
		if rows > 1000 {
			return // it would take long
		}
		if practice, err := offboardtest.New(w); err == nil {
			practice.State()
		}
	})
}

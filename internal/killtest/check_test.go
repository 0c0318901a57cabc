package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestNoneTwice(t *testing.T) {
	upload := effect{"nimbus", "upload-document", "A", "f-1/Client-History-a-0123456789abcdef.csv", true}
	unchanged := upload
	unchanged.Changed = false
	other := upload
	other.Client = "B"
	if err := noneTwice([]effect{upload, unchanged, unchanged, other}); err != nil {
		t.Errorf("a repetition that changed nothing: %v", err)
	}
	if err := noneTwice([]effect{upload, other, upload}); err == nil {
		t.Error("a second upload passes")
	}
	if err := noneTwice([]effect{unchanged}); err == nil {
		t.Error("no effect at all passes")
	}
}

func state(t *testing.T, text string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return comparable(v)
}

func TestSame(t *testing.T) {
	const one = `{"syncs":[{"kind":"full","number":1,"id":"a"}],"archive":[{"id":"d-1","folderId":"f-1","name":"Client-History-a-0123456789abcdef.csv","sha256":"x","size":1,"modifiedAt":"1"},{"id":"d-2","folderId":"f-1","name":"Letter.pdf"}]}`
	archive := effect{"xpm", "archive-client", "A", "1", true}
	whole := result{state: state(t, one), effects: []effect{archive}}
	for text, same := range map[string]bool{
		one: true,
		strings.NewReplacer(`"id":"a"`, `"id":"b"`, "0123456789abcdef.csv", "fedcba9876543210.csv", `"d-1"`, `"d-9"`, `"x"`, `"y"`, `"modifiedAt":"1"`, `"modifiedAt":"2"`).Replace(one): true,
		strings.Replace(one, `"number":1`, `"number":2`, 1):              false,
		strings.Replace(one, "d-2", "d-3", 1):                            false,
		strings.Replace(one, "Client-History-a", "Client-History-b", 1):  false,
		strings.Replace(one, `{"kind"`, `{"kind":"full"},{"kind"`, 1):    false,
		strings.Replace(one, `"archive":[`, `"archive":[{"id":"d"},`, 1): false,
	} {
		if err := whole.same(result{state: state(t, text), effects: []effect{archive}}); (err == nil) != same {
			t.Errorf("%s: %v", text, err)
		}
	}
	if err := whole.same(result{state: whole.state, effects: []effect{archive, {"xpm", "archive-client", "B", "2", true}}}); err == nil {
		t.Error("a further change passes")
	}
}

// fixture is the report, the state and the evidence of a run that passes.
func fixture(t *testing.T) (report string, s practiceState, evidence string) {
	t.Helper()
	evidence = t.TempDir()
	var clients []string
	for i := range leaving {
		data := "When,Who\n" + strings.Repeat(fmt.Sprintf("now,%d\n", i), historyRows)
		file := fmt.Sprintf("history-%d.csv", i)
		if err := os.WriteFile(filepath.Join(evidence, file), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256([]byte(data))
		digest := hex.EncodeToString(sum[:])
		s.Nimbus.Archive = append(s.Nimbus.Archive, struct{ Name, SHA256 string }{"filed-" + file, digest})
		clients = append(clients, fmt.Sprintf(`{"code":"%s","state":"done","steps":[{"name":"export-history","evidence":{"file":"%s","sha256":"%s"}},
			{"name":"file-history","evidence":{"name":"filed-%s"}}]}`, code(i), file, digest, file))
	}
	return `{"clients":[` + strings.Join(clients, ",") + `]}`, s, evidence
}

func TestHistoriesWhole(t *testing.T) {
	report, s, evidence := fixture(t)
	if err := historiesWhole([]byte(report), s, evidence); err != nil {
		t.Fatal(err)
	}
	for name, damage := range map[string]func(report *string, s *practiceState, evidence string){
		"no report":   func(report *string, _ *practiceState, _ string) { *report = "" },
		"client left": func(report *string, _ *practiceState, _ string) { *report = `{"clients":[]}` },
		"not done": func(report *string, _ *practiceState, _ string) {
			*report = strings.Replace(*report, "done", "waiting", 1)
		},
		"other digest": func(report *string, _ *practiceState, _ string) {
			*report = strings.Replace(*report, `"sha256":"`, `"sha256":"0`, 1)
		},
		"file gone": func(_ *string, _ *practiceState, evidence string) {
			os.Remove(filepath.Join(evidence, "history-0.csv"))
		},
		"file changed": func(_ *string, _ *practiceState, evidence string) {
			os.WriteFile(filepath.Join(evidence, "history-0.csv"), nil, 0o600)
		},
		"copy gone": func(_ *string, s *practiceState, _ string) { s.Nimbus.Archive = s.Nimbus.Archive[1:] },
		"copied twice": func(_ *string, s *practiceState, _ string) {
			s.Nimbus.Archive = append(s.Nimbus.Archive, s.Nimbus.Archive[0])
		},
		"still on grid": func(_ *string, s *practiceState, _ string) { s.Nimbus.Clients = []struct{ Code string }{{code(0)}} },
	} {
		report, s, evidence := fixture(t)
		damage(&report, &s, evidence)
		if err := historiesWhole([]byte(report), s, evidence); err == nil {
			t.Errorf("%s: it passes", name)
		}
	}
}

// Without a single kill nothing is proved, however well the runs went.
func TestKills(t *testing.T) {
	if err := proved(5, 0); err == nil {
		t.Error("no kill passes")
	}
	if err := proved(5, 1); err != nil {
		t.Error(err)
	}
}

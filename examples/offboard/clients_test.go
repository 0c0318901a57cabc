package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/practicekit/offboarding/offboard"
)

func TestParseClients_Refused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ csv, want string }{
		"empty":            {"", "is empty"},
		"only a mark":      {"\ufeff", "is empty"},
		"only blank lines": {"\n\n", "is empty"},
		"only a header":    {"code,name\n", "names no client"},
		"no code column":   {"name,note\nAcme,x\n", `line 1 names no column "code"`},
		"unknown column":   {"code,e-mail\nA,b\n", `line 1 names a column "e-mail"`},
		"semicolons":       {"code;name\nA;b\n", "separated by commas"},
		"column twice":     {"code,Code\nA,B\n", `line 1 names the column "code" twice`},
		"code twice":       {"code\nACME01\n\nBETA02\n acme01\n", `line 5 has the code "acme01", which stands in line 2`},
		"empty code":       {"code,name\nA,x\n,y\n", "line 3 has no code"},
		"blank code":       {"code\n\" \"\n", "line 2 has no code"},
		"control in code":  {"code\n\"A\nB\"\n", "line 2 has a control character"},
		"control in name":  {"code,name\nA,\"\x1b[2J\"\n", "line 2 has a control character"},
		"date":             {"code,retain_until\nA,30.6.2020\n", "line 2 has a retain_until that is no date"},
		"no date of end":   {"code,service_ended\nA,June 2020\n", "line 2 has a service_ended that is no date"},
		"no such day":      {"code,retain_until\nA,2023-02-30\n", "line 2 has a retain_until that is no date"},
		"too many fields":  {"code\nA\nB,C\n", "line 3 is not CSV"},
		"open quote":       {"code,name\nA,\"x\n", "is not CSV"},
		"Latin-1":          {"code,name\nA,Caf\xe9\n", "line 2 is not UTF-8"},
		"UTF-16":           {"\xff\xfec\x00o\x00d\x00e\x00", "line 1 is not UTF-8"},
		"NUL":              {"code\nA\x00\n", "line 2 is not UTF-8 text"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := parseClients("list.csv", []byte(c.csv))
			if _, ok := errors.AsType[*inputError](err); !ok {
				t.Fatalf("got %v", err)
			}
			if got := err.Error(); !strings.Contains(got, c.want) || !strings.Contains(got, "list.csv") {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestParseClients(t *testing.T) {
	t.Parallel()
	list, err := parseClients("list.csv", []byte("\ufeffNote, CODE ,Retain_Until,service_ended\r\n\"two\nlines\",ACME01,2020-06-30,\r\n\r\n,\"BETA,02\",,2020-06-30\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	date, err := offboard.ParseDate("2020-06-30")
	if err != nil {
		t.Fatal(err)
	}
	want := []listedClient{
		{offboard.Entity{Code: "ACME01", Note: "two\nlines", RetainUntil: date}, 2},
		{offboard.Entity{Code: "BETA,02", ServiceEnded: date}, 5},
	}
	if len(list.items) != len(want) {
		t.Fatalf("got %+v", list.items)
	}
	for i := range want {
		if list.items[i] != want[i] {
			t.Errorf("got %+v, want %+v", list.items[i], want[i])
		}
	}
}

func TestClients_Unknown(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := writeFile(t, "clients.csv", "code\nACME01\nNOBODY\n\nNOTHING\n")
	args := []string{"-yes", "-dir", dir, "-world", worldFile(t, quickWorld("", true)), file}
	offboardWith(t, args...).want(t, exitUsage, "NOBODY (line 3), NOTHING (line 5)", "nothing was touched")
	offboardWith(t, append(args, "-preview")...).want(t, exitUsage, "NOBODY (line 3)")
}

func FuzzParseClients(f *testing.F) {
	f.Add([]byte("code,name\nACME01,\"Acme\"\n"))
	f.Add([]byte("\ufeffcode;name"))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := parseClients("list.csv", data)
		if _, ok := errors.AsType[*inputError](err); err != nil && !ok {
			t.Errorf("an error of another kind: %v", err)
		}
		for _, c := range list.items {
			if err == nil && (strings.TrimSpace(c.entity.Code) == "" || c.line < 2) {
				t.Errorf("got %+v", c)
			}
		}
	})
}

package main

import (
	"flag"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/practicekit/offboarding/offboard"
)

func TestFlags_Refused(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"-nonsense":                              "-h lists all flags",
		"-wait soon":                             "-h lists all flags",
		"-wait -1s":                              "not negative",
		"-source xero":                           "xpm, xpm-field, myobae, myobae-field, none",
		"-folder burn":                           "keep, archive, delete",
		"-contacts drop":                         "keep, revoke, delete",
		"-signatures sign":                       "stop, suspend, delete",
		"-folder delete -permanent x":            "-cdm=false",
		"-folder delete":                         "-folder archive",
		"-cdm=false -folder archive":             "-folder delete to destroy",
		"-cdm=false -folder delete":              "-permanent REASON",
		"-cdm=false -folder delete -permanent= ": "-permanent is empty",
		"-cdm=false -permanent x":                "leave it out",
		"-held-elsewhere":                        "leave it out",
		"-cdm=maybe":                             "-h lists all flags",
		"-field Portal":                          "-source xpm-field or myobae-field",
		"-source myobae-field -field=":           "-field is empty",
		"-dir=":                                  "-dir is empty",
		"-as=":                                   "-as is empty",
		"-config x.json -world y.json clients.csv": "use one of them",
		"-config x.json":                          "FILE.csv",
		"-config missing.json clients.csv":        "the config cannot be read",
		"-world missing.json":                     "the world cannot be read",
		"one.csv two.csv":                         "name one",
		"-wave 0":                                 "want a number from 1: -h",
		"-parallel none":                          "want a number from 1",
		"-canary 0":                               "want a number from 1, or none",
		"-cap -1":                                 "want a number from 1, or none",
		"-max-failed none":                        "want a number from 1, or any",
		"-out plan.json":                          "add -preview",
		"-plan p.json a.csv":                      "leave a.csv out",
		"-plan p.json -folder keep":               "leave -folder out",
		"-plan p.json -source xpm -policy p.json": "leave -source, -policy out",
		"-plan p.json -preview":                   "leave -preview out",
		"-plan missing.json":                      "the plan cannot be read",
		"-plan=":                                  "-plan is empty",
		"-policy p.json -cdm -contacts keep":      "-cdm, -contacts would say part of it again",
		"-policy missing.json":                    "the policy cannot be read",
		"-anchor=":                                "-anchor is empty",
		"missing.csv":                             "the clients cannot be read",
		"-cdm=false -folder delete -permanent testing": "",
	} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			fields := strings.Fields(args)
			if want == "" { // every retain_until of the built-in list has passed
				if _, err := parseFlags(fields); err != nil {
					t.Fatal(err)
				}
				return
			}
			o := offboardWith(t, append([]string{"-dir", t.TempDir()}, fields...)...)
			o.want(t, exitUsage, want)
			if o.stdout != "" {
				t.Errorf("stdout is %q", o.stdout)
			}
		})
	}
}

func TestFlags_Help(t *testing.T) {
	t.Parallel()
	o := offboardWith(t, "-h")
	o.want(t, exitDone, "stdout:-held-elsewhere", "stdout:Exit codes")
	new(options).flags().VisitAll(func(f *flag.Flag) {
		if !strings.Contains(o.stdout, "\n  -"+f.Name) {
			t.Errorf("-%s is not explained", f.Name)
		}
	})
}

func TestFlags_FileAnywhere(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"a.csv", "-yes", "-folder", "archive"}, {"-yes", "a.csv", "-folder", "archive"}, {"-yes", "-folder", "archive", "a.csv"}} {
		o, err := parseFlags(args)
		if err != nil || o.clients != "a.csv" || !o.yes || o.folder != "archive" {
			t.Errorf("%q: %+v, %v", args, o, err)
		}
	}
}

// -compare reads two plans and nothing else.
func TestFlags_Compare(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"-compare a.json":              "name the newer one behind it",
		"-compare= b.json":             "-compare is empty",
		"-compare a.json b.json -yes":  "leave -yes out",
		"-compare a.json b.json":       "the plan cannot be read",
		"-compare a.json -json b.json": "the plan cannot be read",
		"-compare a.json b.json c":     "name one",
	} {
		offboardWith(t, strings.Fields(args)...).want(t, exitUsage, want)
	}
}

// How many at a time: a number, or the word for none and any.
func TestFlags_Batch(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]offboard.Batch{
		"": {},
		"-wave 5 -canary 2 -cap 300 -max-failed 1 -parallel 3": {Wave: 5, Canary: 2, Cap: 300, MaxFailed: 1, Parallel: 3},
		"-canary none -cap none -max-failed any":               {Canary: -1, Cap: -1, MaxFailed: -1},
	} {
		o, err := parseFlags(strings.Fields(args))
		if got := o.batch; err != nil || got.Wave != want.Wave || got.Canary != want.Canary || got.Cap != want.Cap || got.MaxFailed != want.MaxFailed || got.Parallel != want.Parallel {
			t.Errorf("%s: %+v, %v", args, got, err)
		}
	}
}

// I4: without CDM, documents are deleted only after the retention date, or where
// the records are held elsewhere.
func TestFlags_Retention(t *testing.T) {
	t.Parallel()
	deletes := []string{"-cdm=false", "-folder", "delete", "-permanent", "moved away", "-preview"}
	for name, c := range map[string]struct {
		csv  string
		args []string
		code int
		want string
	}{
		"no date":        {"code\nACME01\n", nil, exitUsage, "line 2 (ACME01): retain_until is missing"},
		"date to come":   {"code,retain_until\nACME01,2001-06-30\nBETA02,2999-06-30\n", nil, exitUsage, "line 3 (BETA02): retain_until is 2999-06-30"},
		"held elsewhere": {"code\nACME01\n", []string{"-held-elsewhere"}, exitDone, ""},
		"passed":         {"code,retain_until\nACME01,2001-06-30\n", nil, exitDone, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := slices.Concat(deletes, c.args, []string{writeFile(t, "clients.csv", c.csv)})
			offboardWith(t, args...).want(t, c.code, c.want)
		})
	}
}

func TestFlags_Spec(t *testing.T) {
	t.Parallel()
	clients, err := loadClients("")
	if err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]offboard.Policy{
		"":                {Documents: offboard.CDM{}, Contacts: offboard.ContactsKeep, Signatures: offboard.SignaturesStop},
		"-folder archive": {Documents: offboard.CDM{ArchiveFolder: true}, Contacts: offboard.ContactsKeep, Signatures: offboard.SignaturesStop},
		"-cdm=false -contacts revoke -signatures delete": {Documents: offboard.NonCDM{}, Contacts: offboard.ContactsRevoke, Signatures: offboard.SignaturesDelete},
	} {
		o, err := parseFlags(strings.Fields(args))
		if err != nil {
			t.Fatal(err)
		}
		spec, err := o.spec(clients)
		if err != nil || !reflect.DeepEqual(spec.Policy, want) || spec.Source != offboard.SourceXPM {
			t.Errorf("%s: %+v, %v", args, spec, err)
		}
	}
	o, err := parseFlags([]string{"-cdm=false", "-folder", "delete", "-permanent", "why", "-held-elsewhere"})
	if err != nil {
		t.Fatal(err)
	}
	spec, err := o.spec(clients)
	if err != nil || *spec.Policy.Documents.(offboard.NonCDM).Delete != (offboard.Permanent{Reason: "why", RecordsHeldElsewhere: true}) {
		t.Errorf("%+v, %v", spec, err)
	}
}

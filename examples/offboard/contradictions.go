package main

import (
	"slices"
	"strings"
)

// check refuses values that do not exist, and flags that contradict each other.
func (o options) check() error {
	for _, choice := range []struct {
		flag, value string
		of          []string
	}{
		{"source", o.source, []string{"xpm", "xpm-field", "myobae", "myobae-field", "none"}},
		{"folder", o.folder, []string{"keep", "archive", "delete"}},
		{"contacts", o.contacts, []string{"keep", "revoke", "delete"}},
		{"signatures", o.signatures, []string{"stop", "suspend", "delete"}},
	} {
		if !slices.Contains(choice.of, choice.value) {
			return inputErrorf("-%s is %q: want one of %s", choice.flag, choice.value, strings.Join(choice.of, ", "))
		}
	}
	texts := map[string]string{"field": o.field, "permanent": o.permanent, "policy": o.policy, "dir": o.dir, "anchor": o.anchor, "out": o.out,
		"plan": o.plan, "compare": o.compare, "as": o.as, "config": o.config, "world": o.world}
	for name, text := range texts {
		if o.given[name] && strings.TrimSpace(text) == "" {
			return inputErrorf("-%s is empty: give it a value, or leave it out", name)
		}
	}
	if o.compare != "" {
		return o.checkCompare()
	}
	for _, check := range []func() error{o.checkPlan, o.checkPolicy, o.checkFlagPolicy, o.checkRest} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// policyFlags are those that a policy file takes the place of.
var policyFlags = []string{"cdm", "folder", "permanent", "held-elsewhere", "contacts", "signatures"}

// besides are those of the flags that were written out, with their hyphens.
func (o options) besides(names ...string) string {
	var given []string
	for _, name := range names {
		if o.given[name] {
			given = append(given, "-"+name)
		}
	}
	return strings.Join(given, ", ")
}

func (o options) checkCompare() error {
	for name := range o.given {
		if name != "compare" && name != "json" {
			return inputErrorf("-compare reads two plans and nothing else: leave -%s out", name)
		}
	}
	if o.clients == "" {
		return inputErrorf("-compare names one plan: name the newer one behind it, -compare %s NEW.json", o.compare)
	}
	return nil
}

func (o options) checkPlan() error {
	extra := o.besides(append([]string{"source", "field", "policy"}, policyFlags...)...)
	switch {
	case o.out != "" && !o.preview:
		return inputErrorf("-out writes down what -preview finds: add -preview, or leave -out out")
	case o.plan == "":
		return nil
	case o.clients != "":
		return inputErrorf("-plan says which clients are off-boarded: leave %s out, or make another plan of it with -preview -out", o.clients)
	case extra != "":
		return inputErrorf("-plan says what is done: leave %s out, or make another plan with -preview -out", extra)
	case o.preview:
		return inputErrorf("-plan is for a run, which looks at everything before it touches anything: leave -preview out; to see what has changed, make another plan with -preview -out, and compare the two with -compare")
	}
	return nil
}

func (o options) checkPolicy() error {
	if extra := o.besides(policyFlags...); o.policy != "" && extra != "" {
		return inputErrorf("-policy names a file that says all of the policy, and %s would say part of it again: use one of the two ways", extra)
	}
	return nil
}

// checkFlagPolicy refuses policies that the single flags cannot mean.
func (o options) checkFlagPolicy() error {
	deletes := o.folder == "delete"
	switch {
	case o.cdm && deletes:
		return inputErrorf("-folder delete is for accounts without CDM: with CDM use -folder archive, or say -cdm=false if the account has none (R19, R20)")
	case !o.cdm && o.folder == "archive":
		return inputErrorf("-folder archive is for accounts with CDM: without an Archive use -folder keep, or -folder delete to destroy the documents (R20)")
	case deletes && o.permanent == "":
		return inputErrorf("-folder delete destroys documents for good: say why with -permanent REASON (I4)")
	case o.given["permanent"] && !deletes:
		return inputErrorf("-permanent is the reason for -folder delete, and -folder is %s: leave it out", o.folder)
	case o.heldElsewhere && !deletes:
		return inputErrorf("-held-elsewhere is about -folder delete, and -folder is %s: leave it out", o.folder)
	}
	return nil
}

func (o options) checkRest() error {
	switch {
	case o.given["field"] && o.source != "myobae-field" && o.source != "xpm-field":
		return inputErrorf("-field names the field that -source xpm-field or myobae-field clears, and -source is %s: leave it out", o.source)
	case o.config != "" && o.world != "":
		return inputErrorf("-config is for real systems and -world for the built-in practice: use one of them")
	case o.config != "" && o.clients == "" && o.plan == "":
		return inputErrorf("with -config, name the file of the clients to off-board, or a plan: offboard -config %s FILE.csv", o.config)
	case o.wait < 0:
		return inputErrorf("-wait is %s: want a duration that is not negative, such as 10m", o.wait)
	}
	return nil
}

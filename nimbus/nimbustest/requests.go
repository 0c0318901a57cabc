package nimbustest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/practicekit/offboarding/nimbus"
)

const (
	maxDocument = 256 << 20
	maxJSON     = 64 << 10
)

// request is what a handler gets; its body is read whole before the lock.
type request struct {
	*http.Request
	body []byte
}

func invalid(detail string) answer {
	return problem(http.StatusBadRequest, nimbus.CodeInvalidRequest, detail)
}

func unprocessable(detail string) answer {
	return problem(http.StatusUnprocessableEntity, nimbus.CodeInvalidRequest, detail)
}

// wrongParameter says what is wrong with the query parameters that the operation
// knows, or nothing. Those that it does not know are ignored.
func (r route) wrongParameter(rawQuery string) string {
	query, err := url.ParseQuery(rawQuery)
	if err != nil {
		return "the query cannot be read"
	}
	for name := range strings.FieldsSeq(r.parameters) {
		name, required := strings.CutSuffix(name, "!")
		values := query[name]
		switch {
		case len(values) == 0 && !required:
		case len(values) != 1:
			return name + " is missing, or there twice"
		case !wellFormed(name, values[0]):
			return name + " is not as it should be"
		}
		for other, values := range query {
			if name == "fields" && strings.HasPrefix(other, "fields[") && len(values) > 1 {
				return "a field is there twice"
			}
		}
	}
	return ""
}

func wellFormed(name, value string) bool {
	number, isNumber := count(value)
	switch name {
	case "pageSize":
		return isNumber && number >= 1 && number <= 500
	case "documents":
		return isNumber
	case "published", "notify":
		return value == "true" || value == "false"
	case "name":
		return value != "" && len(value) <= 255 && !strings.ContainsAny(value, "/\\\x00")
	case "path":
		return len(value) <= 255 && belowCurrent(value)
	case "pageToken": // ours are numbers
		_, err := strconv.Atoi(value)
		return err == nil
	}
	return value != "" && utf8.RuneCountInString(value) <= 200
}

// belowCurrent tells whether a path is Current or below it.
func belowCurrent(path string) bool {
	elements := strings.Split(path, "/")
	odd := slices.ContainsFunc(elements, func(e string) bool { return e == "" || e == "." || e == ".." || strings.ContainsAny(e, "\\\x00") })
	return elements[0] == nimbus.PathCurrent && !odd
}

// count reads what is written in decimal digits only.
func count(text string) (int, bool) {
	n, err := strconv.ParseUint(text, 10, 53)
	return int(n), err == nil
}

// member reads a member that the JSON body of a request must have.
func member[T any](r request, name string) (value T, ok bool) {
	mediaType, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	var body map[string]json.RawMessage
	var v *T
	if !strings.EqualFold(strings.TrimSpace(mediaType), "application/json") || json.Unmarshal(r.body, &body) != nil ||
		json.Unmarshal(body[name], &v) != nil || v == nil {
		return value, false
	}
	return *v, true
}

func noMember(name string) answer {
	return invalid("the body is not application/json with the member " + name + " as it should be")
}

package myobaetest

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/practicekit/offboarding/myobae"
)

// listClients lists the clients that the filter admits, by UID.
func (g *Gateway) listClients(r *http.Request, _ []byte) answer {
	query := r.URL.Query()
	admits, valid := parseFilter(query)
	if !valid {
		return badQuery()
	}
	items := []clientWire{}
	for _, c := range g.clients {
		if admits(c) {
			items = append(items, g.wire(c))
		}
	}
	return listed(query, items, func(c clientWire) string { return strings.ToLower(string(c.UID)) }, "$filter")
}

// listDefinitions lists the fields that are shown, by name.
func (g *Gateway) listDefinitions(r *http.Request, _ []byte) answer {
	if !g.offers(myobae.CapabilityExtraFieldDefinitions) {
		return notOffered()
	}
	names := g.cfg.ExtraFieldNames
	if names == nil {
		own := map[string]string{}
		for _, c := range g.clients {
			for name := range c.ExtraFields {
				own[strings.ToLower(name)] = name
			}
		}
		names = slices.Collect(maps.Values(own))
	}
	items := []definitionWire{}
	for _, name := range names {
		items = append(items, definitionWire{
			Name: name, DataType: g.dataType(name), IsMandatory: contains(g.cfg.MandatoryFields, name),
			IsWritable: !contains(g.cfg.ReadOnlyFields, name), AppliesTo: []string{"Contact"},
		})
	}
	return listed(r.URL.Query(), items, func(d definitionWire) string { return strings.ToLower(d.Name) })
}

func badQuery() answer {
	return refuse(http.StatusBadRequest, myobae.NameODataQueryError, "Please check your OData query")
}

// listed answers with one page, in the order of the key, which is also what a
// further page goes on from. The query may hold the options named and paging.
func listed[T any](query url.Values, items []T, key func(T) string, options ...string) answer {
	for name, values := range query {
		if len(values) != 1 || !slices.Contains(append(options, "$top", "$skiptoken"), name) {
			return badQuery()
		}
	}
	top, err := strconv.Atoi(cmp.Or(query.Get("$top"), "400"))
	if err != nil || top < 1 || top > 1000 {
		return badQuery()
	}
	slices.SortStableFunc(items, func(a, b T) int { return cmp.Compare(key(a), key(b)) })
	count, next := len(items), any(nil)
	if after := query.Get("$skiptoken"); after != "" {
		items = slices.DeleteFunc(items, func(item T) bool { return key(item) <= after })
	}
	if len(items) > top {
		items = items[:top]
		further := maps.Clone(query)
		further.Set("$skiptoken", key(items[top-1]))
		next = "?" + further.Encode()
	}
	return ok(map[string]any{"Items": items, "NextPageLink": next, "Count": count})
}

// term is one condition of a filter, at its beginning.
var term = regexp.MustCompile(`^(?:(Code|Status) eq '((?:[^']|'')*)'|(IsClient) eq (true|false)|(LastModified) ge datetime'([^']*)')`)

// parseFilter reads the subset of OData that the contract has: conditions that
// are joined by "and".
func parseFilter(query url.Values) (admits func(*Client) bool, valid bool) {
	var all []func(*Client) bool
	admits = func(c *Client) bool {
		return !slices.ContainsFunc(all, func(admits func(*Client) bool) bool { return !admits(c) })
	}
	if !query.Has("$filter") {
		return admits, true
	}
	for rest := query.Get("$filter"); ; {
		m := term.FindStringSubmatch(rest)
		if m == nil {
			return nil, false
		}
		one := condition(m)
		if one == nil {
			return nil, false
		}
		all = append(all, one)
		rest = rest[len(m[0]):]
		if rest == "" {
			return admits, true
		}
		var more bool
		if rest, more = strings.CutPrefix(rest, " and "); !more {
			return nil, false
		}
	}
}

// condition is what one term asks; nil when its value makes no sense.
func condition(m []string) func(*Client) bool {
	literal := strings.ReplaceAll(m[2], "''", "'")
	switch {
	case m[1] == "Code":
		return func(c *Client) bool { return strings.EqualFold(c.Code, literal) }
	case m[1] == "Status":
		return func(c *Client) bool { return string(c.Status) == literal }
	case m[3] != "":
		return func(c *Client) bool { return c.NotAClient == (m[4] == "false") }
	}
	since, err := time.Parse("2006-01-02T15:04:05", m[6])
	if err != nil {
		return nil
	}
	return func(c *Client) bool { return !c.LastModified.Before(since) }
}

package xpmtest

import (
	"encoding/base64"
	"net/url"
	"strconv"
	"strings"
)

// A page token holds the place of the next item in the list, so pages shift when
// the list does.

// page is the part of a list of n items that a request asks for. It refuses what
// it cannot take.
func (a *answering) page(method string, n int) (from, to int, ok bool) {
	size, err := a.pageSize()
	if err != nil || size < 1 || size > 500 {
		a.refuse(method, "Invalid page size")
		return 0, 0, false
	}
	if v := a.query("pageToken"); v != "" {
		b, err := base64.RawURLEncoding.DecodeString(v)
		from, err2 := strconv.Atoi(strings.TrimPrefix(string(b), "from "))
		if err != nil || err2 != nil || from < 0 {
			a.refuse(method, "Invalid page token")
			return 0, 0, false
		}
		from = min(from, n)
		return from, min(from+size, n), true
	}
	return 0, min(size, n), true
}

func (a *answering) pageSize() (int, error) {
	if v := a.query("pageSize"); v != "" {
		return strconv.Atoi(v)
	}
	return 50, nil
}

// links writes where the first and the next page are. There is no next behind
// the last.
func (a *answering) links(x *wire, path string, to, n int) {
	size, _ := a.pageSize()
	x.open("Pagination")
	x.open("Links")
	page := BaseURL + path + "?"
	x.text("First", page+url.Values{"pageSize": {strconv.Itoa(size)}}.Encode())
	if to < n {
		token := base64.RawURLEncoding.EncodeToString([]byte("from " + strconv.Itoa(to)))
		x.text("Next", page+url.Values{"pageSize": {strconv.Itoa(size)}, "pageToken": {token}}.Encode())
	}
	x.shut("Links")
	x.shut("Pagination")
}

package exchange

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"net/url"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/tools/txtar"
)

var provenance = regexp.MustCompile(`(?m)^provenance: (documented|observed|contract) - \S`)

// parse reads the exchanges of one file.
func parse(name string, data []byte) ([]*recorded, error) {
	name = filepath.Base(name)
	a := txtar.Parse(data)
	if !provenance.Match(a.Comment) {
		return nil, fmt.Errorf(`%s: no line "provenance: documented|observed|contract - source"`, name)
	}
	if len(a.Files) == 0 || len(a.Files)%2 != 0 {
		return nil, fmt.Errorf("%s: sections are not pairs of request and response", name)
	}
	var exchanges []*recorded
	for i := 0; i < len(a.Files); i += 2 {
		if a.Files[i].Name != "request" || a.Files[i+1].Name != "response" {
			return nil, fmt.Errorf("%s: section %d is not a request with its response", name, i+1)
		}
		x := &recorded{name: fmt.Sprintf("%s #%d", name, i/2+1)}
		if err := errors.Join(x.parseRequest(a.Files[i].Data), x.parseResponse(a.Files[i+1].Data)); err != nil {
			return nil, fmt.Errorf("%s: %w", x.name, err)
		}
		exchanges = append(exchanges, x)
	}
	return exchanges, nil
}

func (x *recorded) parseRequest(data []byte) error {
	line, header, body, err := message(data)
	if err != nil {
		return fmt.Errorf("request: %w", err)
	}
	method, rest, _ := strings.Cut(line, " ")
	target, proto, _ := strings.Cut(rest, " ")
	if method == "" || !strings.HasPrefix(target, "/") || proto != "HTTP/1.1" {
		return fmt.Errorf("request line %q is not METHOD /path HTTP/1.1", line)
	}
	x.method, x.header, x.body = method, header, body
	if x.target, err = url.ParseRequestURI(target); err != nil {
		return fmt.Errorf("request line: %w", err)
	}
	return nil
}

func (x *recorded) parseResponse(data []byte) error {
	line, header, body, err := message(data)
	if err != nil {
		return fmt.Errorf("response: %w", err)
	}
	proto, rest, _ := strings.Cut(line, " ")
	code, _, _ := strings.Cut(rest, " ")
	status, err := strconv.Atoi(code)
	if proto != "HTTP/1.1" || err != nil || status < 100 || status > 599 {
		return fmt.Errorf("status line %q is not HTTP/1.1 STATUS TEXT", line)
	}
	x.status, x.answerHeader, x.answerBody = status, header, body
	return nil
}

// message splits a section into its first line, its headers and its body.
func message(data []byte) (line string, header http.Header, body []byte, err error) {
	r := textproto.NewReader(bufio.NewReader(bytes.NewReader(data)))
	if line, err = r.ReadLine(); err != nil {
		return "", nil, nil, errors.New("empty section")
	}
	h, err := r.ReadMIMEHeader()
	if err != nil && !errors.Is(err, io.EOF) {
		return "", nil, nil, err
	}
	if body, err = io.ReadAll(r.R); err != nil {
		return "", nil, nil, err
	}
	return line, http.Header(h), bytes.TrimSuffix(body, []byte("\n")), nil
}

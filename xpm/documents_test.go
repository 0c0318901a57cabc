package xpm_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/practicekit/offboarding/xpm"
)

func TestDocuments_List(t *testing.T) {
	_, err := collect(recorded(t, "documents_list_not_found").Documents.List(t.Context(), acme))
	checkError(t, err, xpm.ErrNotFound, "Invalid client identifier")

	want := []xpm.Document{{Title: "Document Title", Folder: "Correspondence", Date: xpm.DateTime{Time: date("2009-10-23").Time, Text: "20091023"}, CreatedBy: "Jo Example", URL: "https://practicemanager.xero.com/document/1"}}
	for _, name := range []string{"documents_list", "documents_list_bare"} {
		got, err := collect(recorded(t, name).Documents.List(t.Context(), acme))
		check(t, want, got, err)
	}
	for name, body := range map[string]string{
		"none":       "<Response><Status>OK</Status></Response>",
		"other root": "<Clients></Clients>",
		"two roots":  "<Documents/><Documents/>",
		"cut off":    "<Documents><Document>",
	} {
		if _, err := collect(newClient(t, ok(body)).Documents.List(t.Context(), acme)); !errors.Is(err, xpm.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	refuses(t, func(c *xpm.Client) error { _, err := collect(c.Documents.List(t.Context(), "")); return err })
}

func newDocument() xpm.DocumentParams {
	return xpm.DocumentParams{Title: "Document Title", Text: "The note & more", Folder: "Images", FileName: "example.txt", Content: xpm.DocumentContent([]byte("Hello, XPM!")), Size: 11}
}

func TestDocuments_Create(t *testing.T) {
	checkError(t, recorded(t, "documents_create_not_found").Documents.Create(t.Context(), acme, newDocument()), xpm.ErrNotFound, "Invalid client identifier")
	if err := recorded(t, "documents_create").Documents.Create(t.Context(), acme, newDocument()); err != nil {
		t.Error(err)
	}
	for name, spoil := range map[string]func(*xpm.DocumentParams){
		"title":   func(p *xpm.DocumentParams) { p.Title = " " },
		"file":    func(p *xpm.DocumentParams) { p.FileName = "" },
		"content": func(p *xpm.DocumentParams) { p.Content = nil },
	} {
		p := newDocument()
		spoil(&p)
		t.Run(name, func(t *testing.T) {
			refuses(t, func(c *xpm.Client) error { return c.Documents.Create(t.Context(), acme, p) })
		})
	}
	refuses(t, func(c *xpm.Client) error { return c.Documents.Create(t.Context(), "", newDocument()) })
}

// The content arrives as it was, whatever its size and however it is read, and
// the length is that announced.
func TestDocuments_Create_Content(t *testing.T) {
	for _, size := range []int{0, 1, 2, 3, 3071, 3072, 3073, 10000} {
		content := bytes.Repeat([]byte("abcdefg"), size/7+1)[:size]
		for _, known := range []bool{true, false} {
			rt := func(r *http.Request) (*http.Response, error) {
				sent, err := io.ReadAll(r.Body)
				if err != nil {
					t.Error(err)
				}
				if known && size > 0 && r.ContentLength != int64(len(sent)) || (!known || size == 0) && r.ContentLength != -1 {
					t.Errorf("%d bytes: length %d announced, %d sent", size, r.ContentLength, len(sent))
				}
				_, encoded, _ := strings.Cut(string(sent), "<Content>")
				encoded, _, _ = strings.Cut(encoded, "</Content></Document>")
				if got, err := base64.StdEncoding.DecodeString(encoded); err != nil || !bytes.Equal(got, content) {
					t.Errorf("%d bytes: %d arrived, %v", size, len(got), err)
				}
				return ok("<Response><Status>OK</Status></Response>")(r)
			}
			p := newDocument()
			if p.Size = int64(size); !known {
				p.Size = 0
			}
			p.Content = func() (io.ReadCloser, error) {
				return io.NopCloser(iotest.OneByteReader(bytes.NewReader(content))), nil
			}
			if err := newClient(t, roundTrip(rt)).Documents.Create(t.Context(), acme, p); err != nil {
				t.Error(size, err)
			}
		}
	}
}

func TestDocuments_Create_BrokenContent(t *testing.T) {
	rt := roundTrip(func(r *http.Request) (*http.Response, error) {
		_, err := io.ReadAll(r.Body)
		return nil, errors.Join(err, r.Body.Close())
	})
	broken, closed := errors.New("disk gone"), false
	p := newDocument()
	p.Content = func() (io.ReadCloser, error) { return nil, broken }
	if err := newClient(t, rt).Documents.Create(t.Context(), acme, p); err == nil || errors.Is(err, xpm.ErrOutcomeUnknown) {
		t.Errorf("nothing was sent: %v", err)
	}
	p.Content = func() (io.ReadCloser, error) {
		return closer{iotest.ErrReader(broken), func() { closed = true }}, nil
	}
	if err := newClient(t, rt).Documents.Create(t.Context(), acme, p); err == nil || !closed {
		t.Errorf("%v, closed %v", err, closed)
	}
}

type closer struct {
	io.Reader
	close func()
}

func (c closer) Close() error { c.close(); return nil }

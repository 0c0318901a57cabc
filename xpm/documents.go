package xpm

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"iter"
	"net/http"
	"strings"

	"github.com/practicekit/offboarding/internal/transport"
)

// DocumentService lists and adds the documents of clients. XPM has no way to
// change or delete one, and no ids for them.
type DocumentService struct{ c *Client }

// Document is a document of a client or a job.
type Document struct {
	Title     string    `xml:"Title"`
	Text      string    `xml:"Text"`
	Folder    string    `xml:"Folder"`
	Date      DateTime  `xml:"Date"`
	CreatedBy string    `xml:"CreatedBy"`
	FileName  string    `xml:"FileName"` // documented for jobs
	URL       string    `xml:"URL"`      // whether it needs a login, and for how long it is good, is not documented
	Extra     []Element `xml:",any"`
}

// DocumentParams is a document to add.
type DocumentParams struct {
	Title    string // required
	Text     string
	Folder   string
	FileName string // required; with its extension
	// Content opens the content, required. It is called for each attempt, and what
	// it returns is encoded while it is sent, and closed.
	Content func() (io.ReadCloser, error)
	// Size is the number of bytes of Content. Zero or less means that it is not
	// known; the request then goes out in chunks, which the documentation does not
	// mention.
	Size int64
}

// DocumentContent is the Content of a document that is in memory.
func DocumentContent(b []byte) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }
}

// List iterates over the documents of a client.
//
// It only reads; each range over it sends the request anew. It takes the answer
// with a Response around it and without one, as documented. An error comes last,
// and means that the list is not complete. A client that XPM does not know is
// assumed to be ErrNotFound. Scope: practicemanager.client.read.
// https://developer.xero.com/documentation/api/practice-manager-3-1/clients
func (s *DocumentService) List(ctx context.Context, client ClientUUID) iter.Seq2[Document, error] {
	const op = "Documents.List"
	if !client.valid() {
		return failing[Document](invalid(op, "not a client UUID"))
	}
	return bareListOf(ctx, s.c, op, transport.Path("client.api", "documents", string(client)), nil, "Documents", "Document", element[Document])
}

// Create adds a document to a client. The content is read as it is sent and
// never held whole. How large it may be is not documented.
//
// It is sent at most once. When the answer is lost that is ErrOutcomeUnknown;
// look for its title and date in List before you add it again. XPM is assumed to
// answer with a Status; what else it says is not read.
// Scope: practicemanager.client.
// https://developer.xero.com/documentation/api/practice-manager-3-1/clients
func (s *DocumentService) Create(ctx context.Context, client ClientUUID, p DocumentParams) error {
	const op = "Documents.Create"
	if !client.valid() {
		return invalid(op, "not a client UUID")
	}
	r, err := p.request(op, transport.Path("client.api", "document"), []field{
		{name: "ClientUUID", value: string(client)}, {name: "Title", value: p.Title}, {name: "Text", value: p.Text}, {name: "Folder", value: p.Folder},
	})
	if err != nil {
		return err
	}
	return act(ctx, s.c, r)
}

// request makes the request that adds a document: the fields, and behind them
// the name of the file and the content.
func (p DocumentParams) request(op, path string, fields []field) (transport.Request, error) {
	if strings.TrimSpace(p.Title) == "" || strings.TrimSpace(p.FileName) == "" || p.Content == nil {
		return transport.Request{}, invalid(op, "Title, FileName and Content are required")
	}
	fields = append(fields, field{name: "FileName", value: p.FileName}, field{name: "Content", clear: true})
	r, err := write(op, transport.Once, http.MethodPost, path, body{"Document", fields})
	if err != nil {
		return r, err
	}
	whole, err := r.Body()
	if err != nil {
		return r, err
	}
	around, err := io.ReadAll(whole)
	if err != nil {
		return r, err
	}
	const tail = "</Content></Document>"
	head := strings.TrimSuffix(string(around), tail)
	r.Body = func() (io.ReadCloser, error) {
		content, err := p.Content()
		if err != nil {
			return nil, err
		}
		encoded := io.MultiReader(strings.NewReader(head), &base64Reader{r: content}, strings.NewReader(tail))
		return struct {
			io.Reader
			io.Closer
		}{encoded, content}, nil
	}
	if r.ContentLength = -1; p.Size > 0 {
		r.ContentLength = int64(len(head)+len(tail)) + (p.Size+2)/3*4
	}
	return r, nil
}

// base64Reader encodes what r gives.
type base64Reader struct {
	r       io.Reader
	plain   [3 << 10]byte
	encoded [4 << 10]byte
	left    []byte // of encoded
	err     error
}

func (b *base64Reader) Read(p []byte) (int, error) {
	for len(b.left) == 0 {
		if b.err != nil {
			return 0, b.err
		}
		n, err := io.ReadFull(b.r, b.plain[:])
		if errors.Is(err, io.ErrUnexpectedEOF) {
			err = io.EOF
		}
		b.err = err
		base64.StdEncoding.Encode(b.encoded[:], b.plain[:n])
		b.left = b.encoded[:base64.StdEncoding.EncodedLen(n)]
	}
	n := copy(p, b.left)
	b.left = b.left[n:]
	return n, nil
}

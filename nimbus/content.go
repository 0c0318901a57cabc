package nimbus

import (
	"context"
	"encoding/hex"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/practicekit/offboarding/internal/transport"
)

// Download returns the document's content. The caller closes it.
//
// It changes nothing but the Client History, which may gain a row, and is
// streamed: only its start is retried. The digest is compared at the end: a read
// that would return io.EOF over other content returns an *Error that wraps
// ErrInvalid, and a transfer that breaks off one that wraps ErrUnavailable. So
// whoever writes a file writes it under another name, and renames it only after
// io.EOF. A missing document is ErrNotFound, an answer without a digest
// ErrInvalid.
func (s *DocumentService) Download(ctx context.Context, id DocumentID) (io.ReadCloser, error) {
	const op = "Documents.Download"
	if err := checkID(op, id); err != nil {
		return nil, err
	}
	return s.content(ctx, op, "documents", string(id), "content")
}

func (s *DocumentService) content(ctx context.Context, op string, elem ...string) (io.ReadCloser, error) {
	res, err := s.c.do(ctx, transport.Request{
		Op: op, Effect: transport.Read, Method: http.MethodGet, Path: path(elem...),
		Header: http.Header{"Accept": {"*/*"}}, MaxResponseBytes: s.c.streamLimit,
	})
	if err != nil {
		return nil, err
	}
	want, ok := contentDigest(res.Header)
	if !ok {
		res.Body.Close()
		return nil, answerError(op, transport.Read, res, errContract("the answer has no SHA-256 Content-Digest"))
	}
	return newVerified(op, res, want), nil
}

// DocumentVersion is the content that a document has or had.
type DocumentVersion struct {
	// Number grows with every version; the highest is the current content.
	Number int   `json:"number"`
	Size   int64 `json:"size"` // in bytes
	// SHA256 is the digest of the content in lower-case hexadecimal, or empty
	// where the server does not know it.
	SHA256     string    `json:"sha256"`
	ModifiedAt time.Time `json:"modifiedAt,omitzero"`
}

func (DocumentVersion) members() []string { return []string{"number"} }

func (v DocumentVersion) check() error {
	if v.Number < 1 {
		return errContract("a version's number is less than 1")
	}
	return checkDigest(v.SHA256)
}

func checkDigest(digest string) error {
	if digest == "" {
		return nil
	}
	if b, err := hex.DecodeString(digest); err != nil || len(b) != 32 || digest != strings.ToLower(digest) {
		return errContract("a digest is not 64 lower-case hexadecimal digits")
	}
	return nil
}

// Versions returns the versions of a document, newest first: its current
// content, and what is still kept of the earlier ones. The Archive keeps those
// for 14 days (P7), so whoever needs them downloads them before.
//
// It changes nothing and follows all pages. A missing document is ErrNotFound.
func (s *DocumentService) Versions(ctx context.Context, id DocumentID) ([]DocumentVersion, error) {
	const op = "Documents.Versions"
	if err := checkID(op, id); err != nil {
		return nil, err
	}
	return list(ctx, s.c, op, nil, func(v DocumentVersion) string { return strconv.Itoa(v.Number) }, "documents", string(id), "versions")
}

// DownloadVersion returns the content of one version. Everything that is said
// of Download holds; a version that is gone is ErrNotFound.
func (s *DocumentService) DownloadVersion(ctx context.Context, id DocumentID, number int) (io.ReadCloser, error) {
	const op = "Documents.DownloadVersion"
	if err := checkID(op, id); err != nil {
		return nil, err
	}
	if number < 1 {
		return nil, invalid(op, "a version's number is less than 1")
	}
	return s.content(ctx, op, "documents", string(id), "versions", strconv.Itoa(number), "content")
}

package nimbus

import (
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"io"
	"net/http"
	"strings"

	"github.com/practicekit/offboarding/internal/transport"
)

// stream is the body of an answer whose read errors are *Error.
type stream struct {
	op  string
	res *transport.Response
}

func (s *stream) Read(p []byte) (int, error) {
	n, err := s.res.Body.Read(p)
	if err != nil && err != io.EOF {
		err = answerError(s.op, transport.Read, s.res, err)
	}
	return n, err
}

func (s *stream) Close() error { return s.res.Body.Close() }

// verified is a stream that compares the digest of what was read at its end.
type verified struct {
	stream
	hash hash.Hash
	want [sha256.Size]byte
}

func newVerified(op string, res *transport.Response, want [sha256.Size]byte) *verified {
	return &verified{stream: stream{op: op, res: res}, hash: sha256.New(), want: want}
}

func (v *verified) Read(p []byte) (int, error) {
	n, err := v.stream.Read(p)
	v.hash.Write(p[:n])
	if err == io.EOF && [sha256.Size]byte(v.hash.Sum(nil)) != v.want {
		err = answerError(v.op, transport.Read, v.res, errContract("the content does not have the digest that the server states"))
	}
	return n, err
}

// digestHeader writes a SHA-256 as a Content-Digest header (RFC 9530).
func digestHeader(digest [sha256.Size]byte) string {
	return "sha-256=:" + base64.StdEncoding.EncodeToString(digest[:]) + ":"
}

// contentDigest reads the SHA-256 of a Content-Digest header (RFC 9530).
func contentDigest(h http.Header) (digest [sha256.Size]byte, ok bool) {
	for _, line := range h.Values("Content-Digest") {
		for member := range strings.SplitSeq(line, ",") {
			encoded, found := strings.CutPrefix(strings.TrimSpace(member), "sha-256=:")
			if !found {
				continue
			}
			encoded, ended := strings.CutSuffix(encoded, ":")
			b, err := base64.StdEncoding.DecodeString(encoded)
			if err != nil || !ended || len(b) != len(digest) {
				return digest, false
			}
			return [sha256.Size]byte(b), true
		}
	}
	return digest, false
}

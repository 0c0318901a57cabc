package nimbus

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/practicekit/offboarding/internal/transport"
)

// fuzzRecord fuzzes the decoder of an object, and that of a list of it. What it
// lets through has the members that must be there, and is read as the same thing
// when it is written again.
func fuzzRecord[T record](f *testing.F) {
	f.Fuzz(func(t *testing.T, raw []byte) {
		v, err := decode[T](raw)
		if err != nil {
			if !errors.Is(err, ErrInvalid) {
				t.Errorf("error = %v", err)
			}
		} else {
			var members map[string]json.RawMessage
			if err := json.Unmarshal(raw, &members); err != nil {
				t.Errorf("no object was let through: %v", err)
			}
			for _, name := range v.members() {
				if value, ok := members[name]; !ok || string(value) == "null" {
					t.Errorf("an object without %s was let through", name)
				}
			}
			written, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			again, err := decode[T](written)
			if diff := cmp.Diff(v, again); err != nil || diff != "" {
				t.Errorf("read again: %v\n%s", err, diff)
			}
		}
		list := append(append([]byte(`{"items":[`), raw...), `]}`...)
		p, listErr := decodePage[T](list)
		if listErr == nil && len(p.Items) == 1 && err != nil && json.Valid(raw) && !strings.Contains(err.Error(), "deep") {
			t.Errorf("refused alone (%v) and let through in a list", err)
		}
		if listErr == nil && len(p.Items) != 1 && err == nil {
			t.Errorf("one object became %d", len(p.Items))
		}
	})
}

func FuzzAccount(f *testing.F)      { fuzzRecord[Account](f) }
func FuzzClientEntity(f *testing.F) { fuzzRecord[ClientEntity](f) }
func FuzzContact(f *testing.F)      { fuzzRecord[Contact](f) }
func FuzzRelation(f *testing.F)     { fuzzRecord[Relation](f) }
func FuzzEmailJob(f *testing.F)     { fuzzRecord[EmailJob](f) }
func FuzzFolder(f *testing.F)       { fuzzRecord[Folder](f) }
func FuzzDocument(f *testing.F)     { fuzzRecord[Document](f) }
func FuzzVersion(f *testing.F)      { fuzzRecord[DocumentVersion](f) }
func FuzzSyncRun(f *testing.F)      { fuzzRecord[SyncRun](f) }
func FuzzSession(f *testing.F)      { fuzzRecord[sessionAnswer](f) }
func FuzzRowCount(f *testing.F)     { fuzzRecord[rowCount](f) }
func FuzzArchived(f *testing.F)     { fuzzRecord[archived](f) }

// A list is refused, or every item in it can be named.
func FuzzPage(f *testing.F) {
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := decodePage[Contact](raw)
		if err != nil && !errors.Is(err, ErrInvalid) {
			t.Errorf("error = %v", err)
		}
		var members struct{ Items []json.RawMessage }
		if err == nil && (json.Unmarshal(raw, &members) != nil || len(members.Items) != len(p.Items) || members.Items == nil) {
			t.Errorf("%d of %d items", len(p.Items), len(members.Items))
		}
		for _, c := range p.Items {
			if c.ID == "" {
				t.Error("a contact without an id was let through")
			}
		}
	})
}

// A server's words reach an error cut and clean, whatever they are.
func FuzzProblem(f *testing.F) {
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		err := fromTransport(&transport.Failure{Op: "X", StatusCode: 409, Header: http.Header{"Content-Type": {contentType}}, Body: body, Err: ErrConflict})
		e, ok := errors.AsType[*Error](err)
		if !ok || !errors.Is(err, ErrConflict) {
			t.Fatalf("error = %v", err)
		}
		if len(e.Code) > 64 || strings.Trim(e.Code, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			t.Errorf("code %q", e.Code)
		}
		for _, text := range append(e.Fields, e.Description, e.Error()) {
			if strings.ContainsFunc(text, unicode.IsControl) || len([]rune(text)) > 600 {
				t.Errorf("text %q", text)
			}
		}
		if len(e.Fields) > maxProblemFields {
			t.Errorf("%d fields", len(e.Fields))
		}
	})
}

// The header that states the number of records is decimal digits or nothing.
func FuzzStatedRows(f *testing.F) {
	f.Fuzz(func(t *testing.T, value string) {
		rows, ok := statedRows(http.Header{"Nimbus-Row-Count": {value}})
		if !ok {
			return
		}
		if rows < 0 || strings.TrimLeft(value, "0") != strings.TrimLeft(strconv.Itoa(rows), "0") {
			t.Errorf("%q is read as %d", value, rows)
		}
	})
}

// The digest header gives one SHA-256, which can be written and read again.
func FuzzContentDigest(f *testing.F) {
	f.Fuzz(func(t *testing.T, value string) {
		digest, ok := contentDigest(http.Header{"Content-Digest": {value}})
		if !ok {
			return
		}
		if again, ok := contentDigest(http.Header{"Content-Digest": {"sha-512=:AA==:, " + digestHeader(digest)}}); !ok || again != digest {
			t.Errorf("%q: %x, then %x", value, digest, again)
		}
	})
}

package offboard

import (
	"regexp"
	"strings"
)

// EvidenceRef is an evidence file that a record names, with what the journal
// says of its content. Of SHA256 and JSON at most one is set; where neither is,
// only the existence of the file can be checked.
type EvidenceRef struct {
	Name string
	// SHA256 is the digest of the file's bytes in hex.
	SHA256 string
	// JSON is the SHA-256 in hex, or the first digits of it, of the JSON value that
	// the file holds, without white space. The file itself is indented by two
	// blanks and ends with a line break.
	JSON string
}

// EvidenceRefs lists the evidence files that the record names: the specification
// of a session, the snapshot and the history of a client, and what steps of one's
// own have written.
func (r Record) EvidenceRefs() []EvidenceRef {
	var refs []EvidenceRef
	if r.Kind == KindSession && r.Digest != "" {
		refs = append(refs, EvidenceRef{Name: specFile(r.Digest), JSON: r.Digest})
	}
	for _, f := range r.Files {
		refs = append(refs, EvidenceRef{Name: f.Name, SHA256: f.SHA256})
	}
	if r.Facts == nil {
		return refs
	}
	if s := r.Facts.Snapshot; s != nil && s.File != "" {
		refs = append(refs, EvidenceRef{Name: s.File, JSON: digestInName(s.File)})
	}
	if h := r.Facts.History; h != nil {
		refs = append(refs, EvidenceRef{Name: h.File, SHA256: h.SHA256})
	}
	return refs
}

// IsAbout reports whether the record is about the client with this code. Records
// of the whole run are about none.
func (r Record) IsAbout(code string) bool {
	return r.Client != "" && SameCode(r.Client, code)
}

// SameCode reports whether two Client Codes are those of one client: capitals
// and surrounding space do not count.
func SameCode(a, b string) bool { return codeKey(a) == codeKey(b) }

// IsEvidenceOf reports whether an evidence file lies in the folder of the client
// with this code.
func IsEvidenceOf(code, name string) bool {
	return strings.HasPrefix(name, evidenceDir(code)+"/")
}

// specFile is the evidence file of the specification with this digest.
func specFile(digest string) string { return "spec-" + digest[:min(16, len(digest))] + ".json" }

var digestName = regexp.MustCompile(`-([0-9a-f]{12,64})\.json$`)

// digestInName is the part of a digest that the name of a file ends with.
func digestInName(name string) string {
	if m := digestName.FindStringSubmatch(name); m != nil {
		return m[1]
	}
	return ""
}

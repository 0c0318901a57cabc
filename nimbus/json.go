package nimbus

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
)

// record is an object of the contract. Its members are those without which it
// decides nothing: absent they make the answer invalid, as any member does that
// is null, where encoding/json would leave a zero.
type record interface {
	members() []string
	check() error
}

// named refuses an empty id.
func named[T ~string](member string, id T) error {
	if id == "" {
		return errContract("the answer's " + member + " is empty")
	}
	return nil
}

// decode reads exactly one object.
func decode[T record](raw []byte) (T, error) {
	var v, zero T
	if err := unmarshal(raw, &v, &shape{members: v.members()}); err != nil {
		return zero, err
	}
	return v, v.check()
}

type page[T record] struct {
	Items         []T    `json:"items"`
	NextPageToken string `json:"nextPageToken"`
}

// decodePage reads exactly one list. Items that are absent or null are no empty
// list but an error (I3).
func decodePage[T record](raw []byte) (page[T], error) {
	var p page[T]
	var item T
	if err := unmarshal(raw, &p, &shape{items: &shape{members: item.members()}}); err != nil {
		return page[T]{}, err
	}
	for _, item := range p.Items {
		if err := item.check(); err != nil {
			return page[T]{}, err
		}
	}
	return p, nil
}

// unmarshal decodes one JSON document that has the shape. Its errors do not
// quote the document.
func unmarshal(raw []byte, v any, s *shape) error {
	if err := json.Unmarshal(raw, v); err != nil {
		if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			return errContract("the answer's " + wrong.Field + " has another type")
		}
		return errContract("the answer is not one JSON document that can be read")
	}
	return audit(raw, s)
}

// mediaType is the media type of a body, without its parameters.
func mediaType(h http.Header) string {
	t, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	return strings.ToLower(strings.TrimSpace(t))
}

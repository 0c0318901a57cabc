package offboardtest

import (
	"net/http"
	"net/http/httptest"
)

// inMemory hands requests to a handler in the same goroutine, so that it works
// in the virtual time of testing/synctest.
type inMemory struct{ handler http.Handler }

func (t inMemory) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer r.Body.Close()
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	in := r.Clone(r.Context())
	if in.Body == nil {
		in.Body = http.NoBody
	}
	w := httptest.NewRecorder()
	t.handler.ServeHTTP(w, in)
	answer := w.Result()
	answer.Request = r
	return answer, nil
}

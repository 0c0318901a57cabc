package nimbus

import (
	"context"
	"io"
	"net/http"
	"strconv"

	"github.com/practicekit/offboarding/internal/transport"
)

// HistoryExport is a Client History on its way.
type HistoryExport struct {
	// Rows is the number of records that the server states, the header line not
	// counted. Whoever keeps the file counts its records against it (I1).
	Rows int
	// Body is the .csv file, byte for byte. The caller closes it. A read error
	// is an *Error; only io.EOF means that the file is whole.
	Body io.ReadCloser
}

// HistoryService exports the Client History. Use it as Client.History.
type HistoryService struct{ c *Client }

// Export returns the whole, unfiltered Client History (R1, R2).
//
// It changes nothing and is streamed: only its start is retried. A missing
// entity is ErrNotFound; an answer that is not a .csv file, or does not state
// its number of rows, is ErrInvalid.
func (s *HistoryService) Export(ctx context.Context, id ClientID) (*HistoryExport, error) {
	const op = "History.Export"
	if err := checkID(op, id); err != nil {
		return nil, err
	}
	res, err := s.c.do(ctx, transport.Request{
		Op: op, Effect: transport.Read, Method: http.MethodGet, Path: path("clients", string(id), "history"),
		Header: http.Header{"Accept": {"text/csv"}}, MaxResponseBytes: s.c.streamLimit,
	})
	if err != nil {
		return nil, err
	}
	rows, stated := statedRows(res.Header)
	switch {
	case mediaType(res.Header) != "text/csv":
		err = errContract("the answer is not a .csv file")
	case !stated:
		err = errContract("the answer does not state its number of rows")
	default:
		return &HistoryExport{Rows: rows, Body: &stream{op: op, res: res}}, nil
	}
	res.Body.Close()
	return nil, answerError(op, transport.Read, res, err)
}

// statedRows reads the header that states the number of records: digits, and
// nothing else.
func statedRows(h http.Header) (rows int, ok bool) {
	values := h.Values("Nimbus-Row-Count")
	if len(values) != 1 {
		return 0, false
	}
	n, err := strconv.ParseUint(values[0], 10, 31)
	return int(n), err == nil
}

type rowCount struct {
	Rows int `json:"rows"`
}

func (rowCount) members() []string { return []string{"rows"} }
func (r rowCount) check() error {
	if r.Rows < 0 {
		return errContract("a count is negative")
	}
	return nil
}

// Count returns how many records the Client History holds now.
//
// It changes nothing. A missing entity is ErrNotFound.
func (s *HistoryService) Count(ctx context.Context, id ClientID) (int, error) {
	const op = "History.Count"
	if err := checkID(op, id); err != nil {
		return 0, err
	}
	n, err := get[rowCount](ctx, s.c, op, nil, "clients", string(id), "history", "count")
	return n.Rows, err
}

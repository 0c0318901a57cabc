package sim

import (
	"context"
	"io"
	"strings"

	"github.com/practicekit/offboarding/nimbus"
)

type histories struct{ *door }

const historyHeader = "Date,Event,Who Performed Task,Subject\r\n"

func (h histories) Count(ctx context.Context, id nimbus.ClientID) (int, error) {
	return withEntity(ctx, h.door, read(Nimbus, "History.Count", id, -1), id, func(_ *state, c *client) (int, bool, error) {
		return len(c.rows), false, nil
	})
}

// sheet is a history as it is exported: rows as many as stated, if nothing is
// wrong with it.
type sheet struct {
	stated int
	rows   []row
	broken bool // the answer breaks off in the middle
}

func (h histories) Export(ctx context.Context, id nimbus.ClientID) (*nimbus.HistoryExport, error) {
	c := read(Nimbus, "History.Export", id, -1)
	s, err := withEntity(ctx, h.door, c, id, func(_ *state, c *client) (sheet, bool, error) {
		return sheet{stated: len(c.rows), rows: c.rows}, false, nil
	})
	if err != nil {
		return nil, err
	}
	return &nimbus.HistoryExport{Rows: s.stated, Body: s.body(c)}, nil
}

func (s sheet) body(c Call) io.ReadCloser {
	var text strings.Builder
	text.Grow(len(historyHeader) + 80*len(s.rows))
	text.WriteString(historyHeader)
	for _, r := range s.rows {
		text.WriteString(r.line)
		text.WriteString("\r\n")
	}
	if s.broken {
		return body{strings.NewReader(text.String()[:text.Len()/2]), c}
	}
	return io.NopCloser(strings.NewReader(text.String()))
}

// body is an answer that breaks off where it ends.
type body struct {
	io.Reader
	call Call
}

func (b body) Read(buffer []byte) (int, error) {
	n, err := b.Reader.Read(buffer)
	if err == io.EOF {
		err = b.call.fail(200, "", nimbus.ErrUnavailable)
	}
	return n, err
}

func (body) Close() error { return nil }

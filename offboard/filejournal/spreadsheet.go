package filejournal

import (
	"bufio"
	"encoding/csv"
	"io"
	"strings"
)

// byteOrderMark begins some CSV files; spreadsheets leave it out of the first
// cell.
const byteOrderMark = "\ufeff"

// spreadsheetCopy derives from a CSV file one that is safe to open in a
// spreadsheet: a cell that begins with = + - @ TAB, CR or LF, which would be
// taken for a formula or hide one, gets an apostrophe before it. That holds for
// programs that take the comma for the separator. Line ends and quotes are made
// uniform, and a byte order mark is left out.
func spreadsheetCopy(w io.Writer, r io.Reader) error {
	in := bufio.NewReader(r)
	if mark, _ := in.Peek(len(byteOrderMark)); string(mark) == byteOrderMark {
		if _, err := in.Discard(len(byteOrderMark)); err != nil {
			return err
		}
	}
	records := csv.NewReader(in)
	records.FieldsPerRecord = -1
	records.ReuseRecord = true
	out := csv.NewWriter(w)
	for {
		cells, err := records.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		for i, cell := range cells {
			cells[i] = neutral(cell)
		}
		if err := out.Write(cells); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func neutral(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r\n", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}

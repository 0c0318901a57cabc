package filejournal

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
)

// A line is the JSON object of the record with one more member at its end, the
// checksum: {"seq":1,…,"sum":"<hex>"}. The checksum is the SHA-256 of the
// checksum before it and of the object without it, byte for byte.

const (
	sumOpen  = `,"sum":"`
	sumClose = `"}`
)

func chain(before [32]byte, raw []byte) [32]byte {
	return sha256.Sum256(append(before[:], raw...))
}

func formatLine(raw []byte, sum [32]byte) []byte {
	var b bytes.Buffer
	b.Write(raw[:len(raw)-1])
	b.WriteString(sumOpen)
	b.WriteString(hex.EncodeToString(sum[:]))
	b.WriteString(sumClose)
	b.WriteByte('\n')
	return b.Bytes()
}

// parseLine takes a line apart and checks it against the one before; problem
// says what does not add up.
func parseLine(text []byte, before [32]byte) (l line, problem string) {
	text = bytes.TrimSuffix(text, []byte("\n"))
	body, ok := bytes.CutSuffix(text, []byte(sumClose))
	i := len(body) - 2*sha256.Size
	if !ok || i < len(sumOpen) || string(body[i-len(sumOpen):i]) != sumOpen {
		return line{}, "it has no checksum"
	}
	if _, err := hex.Decode(l.sum[:], body[i:]); err != nil {
		return line{}, "its checksum is not hexadecimal"
	}
	l.raw = append(body[:i-len(sumOpen):i-len(sumOpen)], '}')
	if chain(before, l.raw) != l.sum {
		return line{}, "its checksum does not fit it and the line before it: it was changed, or a line is missing"
	}
	return l, ""
}

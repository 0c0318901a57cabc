package filejournal

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/practicekit/offboarding/offboard"
)

// chained is a journal of these records.
func chained(records ...string) []byte {
	var journal []byte
	var sum [32]byte
	for _, raw := range records {
		sum = chain(sum, []byte(raw))
		journal = append(journal, formatLine([]byte(raw), sum)...)
	}
	return journal
}

// soundLines says by other means than the package how many lines of the data are
// whole, chained and numbered; -1: not all of them.
func soundLines(data []byte) int {
	before := strings.Repeat("0", 64)
	whole := strings.Split(string(data), "\n")
	whole = whole[:len(whole)-1]
	for i, text := range whole {
		if len(text) < 75 || text[len(text)-2:] != `"}` || text[len(text)-74:len(text)-66] != `,"sum":"` {
			return -1
		}
		sum, record := text[len(text)-66:len(text)-2], text[:len(text)-74]+"}"
		previous, _ := hex.DecodeString(before)
		var rec offboard.Record
		if fmt.Sprintf("%x", sha256.Sum256([]byte(string(previous)+record))) != sum || json.Unmarshal([]byte(record), &rec) != nil || rec.Seq != i+1 {
			return -1
		}
		before = sum
	}
	return len(whole)
}

// Whatever a file holds, reading it does not panic, and it is sound only if its
// lines chain.
func FuzzVerify(f *testing.F) {
	three := chained(`{"seq":1,"kind":"session"}`, `{"seq":2,"client":"ACME01","facts":{"filed":{"name":"x"}}}`, `{"seq":3}`)
	f.Add(three)
	f.Add(three[:len(three)-1])
	f.Add(bytes.ToUpper(three))
	f.Add(append(bytes.Clone(three), three...))
	f.Add(chained(`{"seq":1}`, `{"seq":3}`))
	f.Add(chained(`{}`))
	f.Add(chained(`null`))
	f.Add(chained(`{"seq":1,"kind":"session","digest":"x"}`))
	f.Add(chained(`{"seq":1,"facts":{"history":{"file":"../../etc/passwd"},"snapshot":{"file":"a-0123456789ab.json"}}}`))
	f.Add([]byte(`{,"sum":"` + strings.Repeat("0", 64) + "\"}\n"))
	f.Add([]byte("\n\n"))
	f.Add([]byte("{\"seq\":1,\"kind\":\"session\",\"digest\":\"0123456789abcdef0123\"}\n{\"seq\":2,\"facts\":{\"history\":{\"file\":\"client-a/history-1.csv\"}}}"))
	f.Add([]byte{0, '\n', 0xff})
	dir := f.TempDir()
	if err := os.Mkdir(filepath.Join(dir, evidenceName), 0o700); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		checkReading(t, dir, data)
		// The same as records in lines that do chain, as somebody could write them.
		var records []string
		for _, raw := range strings.Split(string(data), "\n") {
			if raw != "" {
				records = append(records, raw)
			}
		}
		checkReading(t, dir, chained(records...))
	})
}

// checkReading reads a journal, and compares what it finds with soundLines. In dir
// there is no evidence.
func checkReading(t *testing.T, dir string, data []byte) {
	t.Helper()
	var v Verification
	var named namedFiles
	err := v.readJournal("dir", bytes.NewReader(data), &named)
	if want := soundLines(data); (err == nil) != (want >= 0) || err == nil && v.Head.Lines != want {
		t.Fatalf("%d lines, %v; by other means %d", v.Head.Lines, err, want)
	}
	if err != nil {
		return
	}
	if torn := len(data) - 1 - bytes.LastIndexByte(data, '\n'); v.Torn != int64(torn) {
		t.Fatalf("torn %d, want %d", v.Torn, torn)
	}
	again := Verification{Anchored: v.Head}
	if err := again.readJournal("dir", bytes.NewReader(data), &namedFiles{}); err != nil {
		t.Fatalf("its own head does not anchor it: %v", err)
	}
	if err := v.checkEvidence(dir, named); (err == nil) != (len(named.refs) == 0) {
		t.Fatalf("%d files are named: %v", len(named.refs), err)
	}
}

// No single change of a byte in a sound journal leaves it sound, unless it cuts
// off the last line; and that is told.
func FuzzVerify_change(f *testing.F) {
	f.Add("ACME01", "reason", uint(5), byte(1))
	f.Add("", "\n\"}", uint(100), byte(0x20))
	f.Add("é\x00", `,"sum":"`, uint(1<<20), byte(0xff))
	f.Fuzz(func(t *testing.T, client, reason string, at uint, mask byte) {
		var records []string
		for seq := 1; seq <= 3; seq++ {
			raw, err := json.Marshal(offboard.Record{Seq: seq, Client: client, Reason: reason})
			if err != nil {
				t.Skip(err)
			}
			records = append(records, string(raw))
		}
		journal := chained(records...)
		i := int(at % uint(len(journal)))
		journal[i] ^= mask
		var v Verification
		err := v.readJournal("dir", bytes.NewReader(journal), &namedFiles{})
		switch last := i == len(journal)-1; {
		case mask == 0 && (err != nil || v.Head.Lines != 3):
			t.Fatalf("unchanged: %d lines, %v", v.Head.Lines, err)
		case mask != 0 && last && (err != nil || v.Head.Lines != 2 || v.Torn == 0):
			t.Fatalf("without its line break: %d lines, torn %d, %v", v.Head.Lines, v.Torn, err)
		case mask != 0 && !last && err == nil:
			t.Fatalf("byte %d changed, and it is sound", i)
		}
	})
}

// A head that is read is written so again.
func FuzzParseHead(f *testing.F) {
	f.Add("12-" + strings.Repeat("ab", 32))
	f.Add(Head{}.String())
	f.Add("-0-")
	f.Fuzz(func(t *testing.T, text string) {
		h, err := ParseHead(text)
		if err != nil {
			return
		}
		if again, err := ParseHead(h.String()); err != nil || again != h {
			t.Fatalf("%q is %v, and that is %v, %v", text, h, again, err)
		}
	})
}

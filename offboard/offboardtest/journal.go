package offboardtest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"maps"
	"slices"
	"sync"

	"github.com/practicekit/offboarding/offboard"
)

// Journal is an offboard.Journal in memory. It keeps records in their JSON form,
// as a journal on disk does. The zero value is empty and ready for use. Fail, if set, is called before every write with what is written
// ("append", or the name of an evidence file); its error makes the write fail.
type Journal struct {
	Fail func(what string) error

	mu    sync.Mutex
	lines [][]byte
	files map[string][]byte
}

var _ offboard.Journal = (*Journal)(nil)

// Records yields the records.
func (j *Journal) Records(context.Context) iter.Seq2[offboard.Record, error] {
	return func(yield func(offboard.Record, error) bool) {
		j.mu.Lock()
		lines := j.lines
		j.mu.Unlock()
		for _, line := range lines {
			var rec offboard.Record
			err := json.Unmarshal(line, &rec)
			if !yield(rec, err) {
				return
			}
		}
	}
}

// Append adds records.
func (j *Journal) Append(_ context.Context, records ...offboard.Record) error {
	if err := j.fail("append"); err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, rec := range records {
		line, err := json.Marshal(rec)
		if err != nil {
			return err
		}
		j.lines = append(j.lines, line)
	}
	return nil
}

// Create adds an evidence file.
func (j *Journal) Create(name string, write func(io.Writer) error) error {
	if err := j.fail(name); err != nil {
		return err
	}
	exists := fmt.Errorf("evidence %s: %w", name, fs.ErrExist)
	if _, there := j.file(name); there {
		return exists
	}
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.files[name] != nil {
		return exists
	}
	if j.files == nil {
		j.files = map[string][]byte{}
	}
	j.files[name] = append([]byte{}, b.Bytes()...)
	return nil
}

// Open reads an evidence file.
func (j *Journal) Open(name string) (io.ReadCloser, error) {
	data, ok := j.file(name)
	if !ok {
		return nil, fmt.Errorf("evidence %s: %w", name, fs.ErrNotExist)
	}
	return io.NopCloser(bytes.NewReader(data)), nil
}

func (j *Journal) file(name string) ([]byte, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	data, ok := j.files[name]
	return data, ok
}

// Files lists the names of the evidence files, in order.
func (j *Journal) Files() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Sorted(maps.Keys(j.files))
}

// Damage replaces the content of an evidence file, as a failing disk does.
func (j *Journal) Damage(name string, data []byte) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.files[name] = data
}

func (j *Journal) fail(what string) error {
	if j.Fail == nil {
		return nil
	}
	return j.Fail(what)
}

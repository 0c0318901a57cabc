package sim

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/practicekit/offboarding/offboard"
)

// Journal is an offboard.Journal in memory, without JSON. Records are copied on
// their way in and out. The zero value is empty and ready for use.
type Journal struct {
	mu      sync.Mutex
	records []offboard.Record
	files   map[string][]byte
}

var _ offboard.Journal = (*Journal)(nil)

// Records yields copies of the records.
func (j *Journal) Records(context.Context) iter.Seq2[offboard.Record, error] {
	return func(yield func(offboard.Record, error) bool) {
		j.mu.Lock()
		records := j.records
		j.mu.Unlock()
		for _, r := range records {
			if !yield(copyRecord(r), nil) {
				return
			}
		}
	}
}

// Append adds copies of the records.
func (j *Journal) Append(_ context.Context, records ...offboard.Record) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, r := range records {
		j.records = append(j.records, copyRecord(r))
	}
	return nil
}

// Create adds an evidence file.
func (j *Journal) Create(name string, write func(io.Writer) error) error {
	j.mu.Lock()
	_, exists := j.files[name]
	j.mu.Unlock()
	if !exists {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			return err
		}
		j.mu.Lock()
		defer j.mu.Unlock()
		if _, exists = j.files[name]; !exists {
			if j.files == nil {
				j.files = map[string][]byte{}
			}
			j.files[name] = b.Bytes()
			return nil
		}
	}
	return fmt.Errorf("evidence %s: %w", name, fs.ErrExist)
}

// Open reads an evidence file.
func (j *Journal) Open(name string) (io.ReadCloser, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	data, ok := j.files[name]
	if !ok {
		return nil, fmt.Errorf("evidence %s: %w", name, fs.ErrNotExist)
	}
	return io.NopCloser(bytes.NewReader(data)), nil
}

// Len is the number of records.
func (j *Journal) Len() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.records)
}

// histories are the evidence files that hold histories of a client.
func (j *Journal) histories(code string) (files [][]byte) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for name, data := range j.files {
		folder, file, _ := strings.Cut(name, "/")
		if strings.HasPrefix(file, "history") && strings.EqualFold(folder, "client-"+code) {
			files = append(files, data)
		}
	}
	return files
}

// Files lists the names of the evidence files, in order.
func (j *Journal) Files() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Sorted(maps.Keys(j.files))
}

// fork is a copy of the journal as it stands.
func (j *Journal) fork() *Journal {
	j.mu.Lock()
	defer j.mu.Unlock()
	return &Journal{records: slices.Clip(j.records), files: maps.Clone(j.files)}
}

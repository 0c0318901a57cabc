package filejournal_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/offboard/filejournal"
)

// checkedRecord is a record as a run has many of.
func checkedRecord(seq int) offboard.Record {
	return offboard.Record{Seq: seq, Time: time.Unix(1767225600, int64(seq)).UTC(), Kind: offboard.KindChecked,
		Client: fmt.Sprint("CLIENT", seq/12), Step: offboard.StepConfirmRemoved, State: offboard.Done, Proof: offboard.Read,
		Rule: "R9", Reason: "the entity has left the Client Grid", Details: map[string]string{"sync": "4711"}}
}

// One fsync for each Append: the figure that counts is records a second.
func BenchmarkJournal_Append(b *testing.B) {
	for _, together := range []int{1, 16} {
		b.Run(fmt.Sprint(together), func(b *testing.B) {
			j, err := filejournal.Open(b.TempDir())
			if err != nil {
				b.Fatal(err)
			}
			defer j.Close()
			records := make([]offboard.Record, together)
			for b.Loop() {
				for i := range records {
					records[i] = checkedRecord(j.Head().Lines + i + 1)
				}
				if err := j.Append(context.Background(), records...); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(j.Head().Lines)/b.Elapsed().Seconds(), "records/s")
		})
	}
}

const replayed = 100_000

// longJournal is a directory with a journal of that many records.
func longJournal(b *testing.B) string {
	b.Helper()
	dir := b.TempDir()
	j, err := filejournal.Open(dir)
	if err != nil {
		b.Fatal(err)
	}
	defer j.Close()
	for j.Head().Lines < replayed {
		records := make([]offboard.Record, 1000)
		for i := range records {
			records[i] = checkedRecord(j.Head().Lines + i + 1)
		}
		if err := j.Append(context.Background(), records...); err != nil {
			b.Fatal(err)
		}
	}
	return dir
}

// What a run begins with: the journal is opened, and folded.
func BenchmarkReplay(b *testing.B) {
	dir := longJournal(b)
	b.ReportAllocs()
	for b.Loop() {
		j, err := filejournal.Open(dir)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := offboard.Replay(context.Background(), j); err != nil {
			b.Fatal(err)
		}
		if err := j.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(replayed*float64(b.N)/b.Elapsed().Seconds(), "records/s")
}

func BenchmarkVerify(b *testing.B) {
	dir := longJournal(b)
	b.ReportAllocs()
	for b.Loop() {
		if v, err := filejournal.Verify(dir, filejournal.Head{}); err != nil || v.Head.Lines != replayed {
			b.Fatal(v.Head.Lines, err)
		}
	}
	b.ReportMetric(replayed*float64(b.N)/b.Elapsed().Seconds(), "records/s")
}

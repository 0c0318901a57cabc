package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/practicekit/offboarding/offboard/filejournal"
)

// tell prints what was checked and found. Where something was damaged, it is what
// was checked until then.
func tell(w io.Writer, o options, v filejournal.Verification, damage error) error {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	if damage == nil {
		fmt.Fprintf(t, "%s is sound.\n\n", o.dir)
	} else {
		fmt.Fprintf(t, "%s is DAMAGED; until that was found:\n\n", o.dir)
	}
	fmt.Fprintf(t, "journal\t%s\n", journalWords(v))
	fmt.Fprintf(t, "head\t%s\n", v.Head)
	fmt.Fprintf(t, "anchor\t%s\n", anchorWords(o, v))
	fmt.Fprintf(t, "evidence\t%s\n", evidenceWords(v))
	if v.Torn > 0 {
		fmt.Fprintf(t, "cut off\tthe last %d bytes are part of a line: a run is writing it, or died doing so; nothing was done on the strength of it\n", v.Torn)
	}
	for _, name := range v.Existing {
		fmt.Fprintf(t, "exists\t%s, and no record says what it holds\n", name)
	}
	for _, name := range v.Unnamed {
		fmt.Fprintf(t, "not named\t%s: no record names it; a run is about to, or died before it did, or somebody put it there\n", name)
	}
	for _, name := range v.Parts {
		fmt.Fprintf(t, "unfinished\t%s: it is being written, or was when a run died; no record rests on it\n", name)
	}
	return t.Flush()
}

func journalWords(v filejournal.Verification) string {
	switch v.Head.Lines {
	case 0:
		return "no whole line"
	case 1:
		return fmt.Sprintf("1 line, with the checksum that it should have, of %s", v.Last.Format(time.RFC3339))
	}
	return fmt.Sprintf("%d lines, each chained to the one before, and they are records 1 to %[1]d, of %s to %s",
		v.Head.Lines, v.First.Format(time.RFC3339), v.Last.Format(time.RFC3339))
}

func anchorWords(o options, v filejournal.Verification) string {
	switch {
	case o.anchor == "":
		return "none was given: lines that were dropped at the end would not be noticed"
	case v.Head.Lines < v.Anchored.Lines:
		return fmt.Sprintf("%d lines were anchored, and the journal was not followed that far", v.Anchored.Lines)
	}
	return fmt.Sprintf("the journal holds the %d lines that were anchored, as they were", v.Anchored.Lines)
}

func evidenceWords(v filejournal.Verification) string {
	words := "files are"
	if v.Evidence == 1 {
		words = "file is"
	}
	return fmt.Sprintf("%d %s as the records say, by SHA-256", v.Evidence, words)
}

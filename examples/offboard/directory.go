package main

import (
	"errors"
	"io/fs"

	"github.com/practicekit/offboarding/offboard/filejournal"
)

// directory is where journal and evidence live.
func (j *job) directory() (string, error) {
	switch {
	case j.opts.dir != "":
		return j.opts.dir, nil
	case j.builtin == nil:
		return "offboarding", nil
	}
	return j.builtin.temporary(j.opts.preview)
}

// openJournal opens the journal, and only reads it for a preview.
func (j *job) openJournal(dir string) (*filejournal.Journal, error) {
	switch {
	case !j.opts.preview && j.opts.anchor != "":
		return filejournal.OpenAnchored(dir, filejournal.FileAnchor(j.opts.anchor))
	case !j.opts.preview:
		return filejournal.Open(dir)
	case j.opts.anchor != "":
		if err := compareWithAnchor(dir, filejournal.FileAnchor(j.opts.anchor)); err != nil {
			return nil, err
		}
	}
	return filejournal.Read(dir)
}

// compareWithAnchor checks the journal against its anchor, and writes neither. An
// anchor that nobody has stored yet is left to the first run.
func compareWithAnchor(dir string, anchor filejournal.FileAnchor) error {
	head, err := anchor.Load()
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		_, err = filejournal.Verify(dir, head)
	}
	return err
}

package main

import (
	"fmt"
	"strconv"
)

// amount is a flag of a Batch: a number from 1, or the word for what a Batch
// writes as a negative number. Zero, a Batch's word for "as usual", is what the
// flag has where it is left out, and nothing that a person writes.
type amount struct {
	into *int
	word string // empty: there is none
}

// Set takes what stands behind the flag.
func (a amount) Set(text string) error {
	n, err := strconv.Atoi(text)
	switch {
	case a.word != "" && text == a.word:
		n = -1
	case err == nil && n >= 1:
	case a.word != "":
		return fmt.Errorf("want a number from 1, or %s", a.word)
	default:
		return fmt.Errorf("want a number from 1")
	}
	*a.into = n
	return nil
}

func (a amount) String() string { return "" }

package offboard

import "fmt"

// Batch says how many clients are taken out together, and when to stop.
//
// All clients are looked at first, their histories exported and filed, and what
// is to happen approved. Then they go in waves: a wave begins once the one before
// it is finished, so at most one wave of clients is ever half-done, and each has
// one sync (R7, I12). Its zero value is careful; a small run is one wave.
type Batch struct {
	// Cap is how many clients a run may have (I10); zero means 100, and a negative
	// one any number. A run of more is a *CapError before anything is asked.
	Cap int `json:"cap,omitempty"`
	// Wave is the number of clients in a wave; zero means a tenth of the run, at
	// least 50, and what more the last minute of XPM's quota allows. A greater wave
	// costs fewer lists of all clients in XPM, and leaves more clients half-done at
	// a time.
	Wave int `json:"wave,omitempty"`
	// Canary is the number of clients in the first wave of a run, after which it
	// goes on only if each of them is done. Zero means 1 in a run of more than 20
	// clients and no canary in a smaller one; a negative one means none.
	Canary int `json:"canary,omitempty"`
	// MaxFailed is how many clients may be blocked or fail in the waves of a run
	// before no further wave begins; zero means 5, a negative one any number.
	MaxFailed int `json:"maxFailed,omitempty"`
	// Parallel is how many clients are worked on at the same time; zero means 4.
	Parallel int `json:"parallel,omitempty"`
	// Halt is the kill switch: it is asked before each effect and before a person is
	// asked for anything, from several goroutines. Once it gives a reason no effect
	// begins, by a program or by hand. Nil never does.
	Halt func() (reason string) `json:"-"`
}

const (
	usualCap      = 100
	leastWave     = 50
	canaryFrom    = 20
	usualFailures = 5
	usualParallel = 4
)

// CapError says that a run has more clients than its Batch allows.
type CapError struct{ Clients, Cap int }

func (e *CapError) Error() string {
	return fmt.Sprintf("%d clients are to be off-boarded, and a run may have %d (I10): see that the list is right, and raise the cap", e.Clients, e.Cap)
}

// HaltError says why a run stopped before it was through. What was done is in the
// journal, and the same run continues once the reason is gone.
type HaltError struct{ Reason string }

func (e *HaltError) Error() string { return "the run was halted: " + e.Reason }

// or is a setting, or what it usually is.
func or(setting, usual int) int {
	if setting == 0 {
		return usual
	}
	return setting
}

func (b Batch) admits(clients int) error {
	if most := or(b.Cap, usualCap); most > 0 && clients > most {
		return &CapError{clients, most}
	}
	return nil
}

func (b Batch) parallel() int { return max(1, or(b.Parallel, usualParallel)) }

func (b Batch) halted() error {
	if b.Halt == nil {
		return nil
	}
	if reason := b.Halt(); reason != "" {
		return &HaltError{reason}
	}
	return nil
}

// canary is the size of the first wave, 0 without one.
func (b Batch) canary(clients int) int {
	if b.Canary == 0 && clients > canaryFrom {
		return 1
	}
	return max(0, b.Canary)
}

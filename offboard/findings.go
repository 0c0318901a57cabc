package offboard

// Finding is one thing that a preflight has found.
type Finding struct{}

//go:build !race

package offboard_test

const raceEnabled = false

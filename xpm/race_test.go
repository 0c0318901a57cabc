//go:build race

package xpm_test

const raceEnabled = true

// Package offboardtest is a whole accounting practice in memory: Xero Practice
// Manager, the MYOB AE gateway and Nimbus, tied together by what a sync does
// (R7 to R16, P1, P2). Test your own off-boarding with it.
//
//	practice, err := offboardtest.New(offboardtest.DefaultWorld(nimbus.EditionCDM, true))
//	systems, err := practice.Systems(nil)
//	plan := offboard.NewPlan(spec, systems)
//
// A Practice is an http.Handler as well, for off-boardings by another process:
// see examples/practice. It has no goroutines and takes the time from time.Now.
// [World] describes what a practice begins with, as JSON if you like; [Journal]
// keeps a journal in memory.
package offboardtest

// Package sim is an accounting practice as plain Go values: fast enough to be
// off-boarded a hundred thousand times in a test, and to hold ten thousand
// clients.
//
// A [Practice] obeys the rules of the procedure (R1 to R20, P1, P2) as the fakes
// of package offboardtest do, but stands behind [offboard.Systems] directly,
// without HTTP, XML or JSON. What the vendor clients add on the way (retries,
// decoding, credentials) is not simulated; their own tests prove it.
//
//	practice, err := sim.New(world)
//	runner := offboard.Runner{
//		Plan:    offboard.NewPlan(spec, practice.Systems()),
//		Journal: &sim.Journal{},
//	}
//
// Time is that of the caller: run it inside testing/synctest, and days pass in
// no time. [Practice.Latency] makes calls take time, [Practice.Limiter] paces
// those to XPM, and [Practice.Quota] makes XPM refuse what its quotas do not
// allow. [Practice.Traffic] counts what was sent.
//
// [Faults] numbers every I/O of a process, a call to a system or a write to its
// journal and evidence, and lets a [Fault] happen at chosen numbers. The tests of
// this package try every fault and every pair of faults.
package sim

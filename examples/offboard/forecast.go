package main

import (
	"fmt"
	"time"

	"github.com/practicekit/offboarding/offboard"
)

// forecast says before a run what it will cost, for the clients that are not done
// yet.
func forecast(plan offboard.Plan, batch offboard.Batch, done int) string {
	all := len(plan.Spec.Entities)
	if done == all {
		return fmt.Sprintf("Forecast: %s done already, and nothing is left but to look.", allAre(all))
	}
	who := ""
	if done > 0 {
		who = fmt.Sprintf("%d of %s done already; ", done, plural(all, "client"))
		plan.Spec.Entities = plan.Spec.Entities[:all-done] // any of them: it is their number that counts
	}
	f := plan.Forecast(batch)
	who += fmt.Sprintf("%s in %s", plural(f.Clients, "client"), plural(f.Waves, "wave"))
	if plan.Quota == nil || f.Calls == 0 {
		return fmt.Sprintf("Forecast: %s; no calls of XPM. How long it takes depends on the syncs and on people.", who)
	}
	return fmt.Sprintf("Forecast: %s; about %s of XPM, %s. Syncs, people and the calls themselves come on top.", who, plural(f.Calls, "call"), quotas(f))
}

func allAre(n int) string {
	if n == 1 {
		return "the client is"
	}
	return fmt.Sprintf("all %d clients are", n)
}

// quotas says how long XPM's quotas make a run last.
func quotas(f offboard.Forecast) string {
	switch {
	case f.Days > 0:
		return fmt.Sprintf("%s by its quotas: that of a day runs out %s on the way, and the run waits for the next", roughly(f.Least), times(f.Days))
	case f.Least > 0:
		return fmt.Sprintf("%s by its quota of a minute", roughly(f.Least))
	}
	return "within its quotas"
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// plural counts things in words: "1 client", "2 clients".
func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// roughly is a duration as people say it, rounded up to what matters in it.
func roughly(d time.Duration) string {
	up := func(unit time.Duration) int { return int((d + unit - 1) / unit) }
	switch {
	case d <= time.Minute:
		return "1 min"
	case d <= time.Hour:
		return fmt.Sprintf("%d min", up(time.Minute))
	case d <= 48*time.Hour:
		return fmt.Sprintf("%d h", up(time.Hour))
	}
	return plural(up(24*time.Hour), "day")
}

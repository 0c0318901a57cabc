package offboard

import (
	"time"

	"github.com/practicekit/offboarding/xpm"
)

// Costs are numbers of calls of XPM, the system whose quota a run must live
// within: 60 calls a minute and 5,000 a day.
type Costs struct {
	PerClient int `json:"perClient,omitempty"`
	PerWave   int `json:"perWave,omitempty"`
	PerRun    int `json:"perRun,omitempty"`
}

// xpmCosts are what the ready-made steps cost where a program reaches XPM. Lists
// serve all clients: one for the run, those of its preflight, one just before
// each sync (I12), and after it one before each round of effects, since it must
// be proved anew that the clients still are archived (I2, I11). Where a client has
// several contacts to dispose of there are further rounds, which nobody knows
// beforehand. What is deleted for good is worth a read of each client.
func xpmCosts(spec Spec) map[string]Costs {
	if !spec.Source.isXPM() {
		return nil
	}
	costs := map[string]Costs{
		StepResolve:        {PerRun: 1},
		StepPreflight:      {PerRun: spec.preflightLists()},
		StepCopyHistory:    {PerClient: 3},
		StepArchiveClient:  {PerClient: 1},
		StepFullClientSync: {PerWave: 1},
	}
	if spec.Source == SourceXPMField {
		return ofFields(costs, spec.Policy)
	}
	switch spec.Policy.Contacts {
	case ContactsRevoke:
		costs[StepDisposeContacts] = Costs{PerWave: 1}
	case ContactsDelete:
		costs[StepDisposeContacts] = Costs{PerWave: 2} // portal access first
	}
	switch spec.Policy.Documents.folder() {
	case folderArchive:
		costs[StepDisposeDocuments] = Costs{PerWave: 1}
	case folderDelete:
		costs[StepDisposeDocuments] = Costs{PerWave: 1, PerClient: 1}
	}
	return costs
}

// ofFields are the costs where a custom field is cleared instead. No list has its
// values, so they are read for each client: before and after the effect, again once
// a person has answered for bystanders (I12), and before what is disposed of. The
// list of clients is read anew after that answer too.
func ofFields(costs map[string]Costs, policy Policy) map[string]Costs {
	costs[StepPreflight] = Costs{PerRun: costs[StepPreflight].PerRun + 1} // the definitions
	costs[StepClearCustomField] = Costs{PerClient: 3}
	costs[StepFullClientSync] = Costs{PerClient: 1, PerWave: 3}
	switch policy.Contacts {
	case ContactsRevoke:
		costs[StepDisposeContacts] = Costs{PerClient: 1}
	case ContactsDelete:
		costs[StepDisposeContacts] = Costs{PerClient: 2}
	}
	switch policy.Documents.folder() {
	case folderArchive:
		costs[StepDisposeDocuments] = Costs{PerClient: 1}
	case folderDelete:
		costs[StepDisposeDocuments] = Costs{PerClient: 2}
	}
	return costs
}

// reserve is how many calls a wave must find beside its own, for what has to be
// read again.
const reserve = 10

// dayQuota is what XPM allows in a day. It bounds the size of a wave: one that
// needs more could never begin.
const dayQuota = 5000

// of is what a wave of so many clients costs, its reserve included.
func (c Costs) of(clients int) int { return c.PerClient*clients + c.PerWave + reserve }

// within is the greatest wave that so many calls can finish.
func (c Costs) within(calls int) int { return (calls - c.PerWave - reserve) / max(1, c.PerClient) }

// minuteQuota is what XPM allows in a minute.
const minuteQuota = 60

// wave is the number of clients in a wave of a run. Where the batch does not say,
// it fills whole minutes of XPM's quota, so that a sync is run while the next
// minute is waited for.
func (p Plan) wave(b Batch) int {
	clients, costs := len(p.Spec.Entities), p.costs()
	size := or(b.Wave, max(leastWave, clients/10))
	if b.Wave == 0 && costs.PerClient > 0 {
		minutes := (costs.PerClient*size + costs.PerWave + minuteQuota - 1) / minuteQuota
		size = (minutes*minuteQuota - costs.PerWave) / costs.PerClient
	}
	if p.Quota != nil {
		size = min(size, costs.within(dayQuota))
	}
	return max(1, size)
}

// costs are those of all steps.
func (p Plan) costs() (sum Costs) {
	for _, s := range p.Steps {
		sum.PerClient += s.Costs.PerClient
		sum.PerWave += s.Costs.PerWave
		sum.PerRun += s.Costs.PerRun
	}
	return sum
}

// Quota is what is left of a quota of calls. An *xpm.Client has one.
type Quota interface {
	// Quota says how many calls may still start.
	Quota() xpm.Quota
	// FreeAt is when so many calls may begin, so that none of them has to wait for
	// the quota of the day.
	FreeAt(calls int) time.Time
}

// Forecast is what a run will cost, told before it starts.
type Forecast struct {
	Clients int `json:"clients"`
	Waves   int `json:"waves"`
	// Calls are those of XPM, without repeats.
	Calls int `json:"calls"`
	// Least is what XPM's quotas alone make the run last. Syncs, people and the
	// calls themselves come on top.
	Least time.Duration `json:"least"`
	// Days is how often the quota of a day runs out on the way.
	Days int `json:"days,omitempty"`
}

// Forecast says what the plan costs in such a batch if nothing goes wrong. Where
// what is left of the quota is not known, nothing of it counts as used.
func (p Plan) Forecast(b Batch) Forecast {
	f := Forecast{Clients: len(p.Spec.Entities)}
	left := f.Clients
	if canary := min(b.canary(left), left); canary > 0 {
		f.Waves, left = 1, left-canary
	}
	costs, size := p.costs(), p.wave(b)
	f.Waves += (left + size - 1) / size
	f.Calls = costs.PerClient*f.Clients + costs.PerWave*f.Waves + costs.PerRun
	quota := xpm.Quota{Minute: -1, Day: -1}
	if p.Quota != nil {
		quota = p.Quota.Quota()
	}
	of := quota.Forecast(f.Calls)
	f.Least, f.Days = of.Wait, of.Days
	return f
}

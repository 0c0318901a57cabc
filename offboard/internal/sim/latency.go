package sim

import (
	"hash/fnv"
	"time"
)

// Latency says how long a call takes, half of it on the way to the system and half
// on the way back. It must depend on the call alone and on nothing that depends on
// the order of calls, so that the same practice gives the same trace again.
type Latency func(Call) time.Duration

// Jitter is a latency between least and most, which the seed and the call decide.
func Jitter(seed uint64, least, most time.Duration) Latency {
	return func(c Call) time.Duration {
		h := fnv.New64a()
		var first [8]byte
		for i := range first {
			first[i] = byte(seed >> (8 * i))
		}
		h.Write(first[:])
		h.Write([]byte(c.System))
		h.Write([]byte(c.Op))
		h.Write([]byte(c.About))
		return least + time.Duration(scatter(h.Sum64())%uint64(max(most-least, 1)))
	}
}

// scatter makes neighbours differ in all their bits.
func scatter(n uint64) uint64 {
	n = (n ^ n>>30) * 0xbf58476d1ce4e5b9
	n = (n ^ n>>27) * 0x94d049bb133111eb
	return n ^ n>>31
}

func (p *Practice) takes(c Call) time.Duration {
	if p.Latency == nil {
		return 0
	}
	return p.Latency(c)
}

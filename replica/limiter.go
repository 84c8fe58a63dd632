package replica

import (
	"time"

	"github.com/aura-runtime/aura"
)

// refill is after which time a [limiter] admits one event more.
const refill = 10 * time.Minute

// limiter admits burst events at once, and one more after each refill. Its owner guards it.
type limiter struct {
	burst int
	used  int
	since aura.Duration // when used shrank last, of Elapsed
}

// admit reports whether one more event may happen now, and counts it.
func (l *limiter) admit(now aura.Duration) bool {
	if refilled := int((now - l.since) / refill); refilled > 0 {
		l.used, l.since = max(0, l.used-refilled), now
	}
	if l.used >= l.burst {
		return false
	}
	l.used++
	return true
}

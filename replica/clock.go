package replica

import (
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/directory"
	"github.com/aura-runtime/aura/domain/status"
	"github.com/aura-runtime/aura/task"
)

// clockSteps is how exactly a peer learns this clock: enough to tell that two clocks differ, and no more.
const clockSteps = time.Second

// shownClock is what hello and acknowledgements say of this clock; zero: it shows a time before 1970.
func shownClock(tc task.Context) aura.Instant {
	return max(0, tc.Now().At/aura.Instant(clockSteps)*aura.Instant(clockSteps))
}

// peerClock is the time that a peer's clock shows at the zero of Elapsed here. Zero: not known.
type peerClock aura.Instant

// heard returns the clock of a peer that showed a time just now. A peer of an earlier build shows none.
func (c peerClock) heard(tc task.Context, shown aura.Instant) peerClock {
	if shown <= 0 {
		return c
	}
	return peerClock(shown.Add(-tc.Elapsed()))
}

// ahead returns how far the peer's clock is ahead of this one, zero when the two agree or nothing is known.
// Also a jump of this clock since shows.
func (c peerClock) ahead(tc task.Context) aura.Duration {
	if c == 0 {
		return 0
	}
	d := aura.Instant(c).Add(tc.Elapsed()).Sub(max(0, tc.Now().At))
	if -status.ClocksAgree < d && d < status.ClocksAgree {
		return 0
	}
	return d.Round(clockSteps)
}

// hearClock notes what the peer's clock shows.
func (l *link) hearClock(tc task.Context, shown aura.Instant) {
	l.lock.Lock()
	l.clock = l.clock.heard(tc, shown)
	l.lock.Unlock()
	l.compareClocks(tc)
}

// ahead returns how far the peer's clock is ahead of this one.
func (l *link) ahead(tc task.Context) aura.Duration {
	l.lock.Lock()
	defer l.lock.Unlock()
	return l.clock.ahead(tc)
}

// compareClocks has the session show a difference that has changed.
func (l *link) compareClocks(tc task.Context) {
	ahead := l.ahead(tc)
	l.lock.Lock()
	moved := ahead-l.clockDifference >= status.ClocksAgree || l.clockDifference-ahead >= status.ClocksAgree
	if moved {
		l.clockDifference = ahead
	}
	l.lock.Unlock()
	if moved {
		l.wake.Notify()
	}
}

// shownDifference returns the difference that is to be shown.
func (l *link) shownDifference() aura.Duration {
	l.lock.Lock()
	defer l.lock.Unlock()
	return l.clockDifference
}

// withClocks adds to a reason that the clocks differ, if they do: a clock that is wrong is what makes a budget
// last too long.
func (l *link) withClocks(tc task.Context, reason string) string {
	ahead := l.ahead(tc)
	if ahead == 0 {
		return reason
	}
	name := "the peer"
	l.sync.env.Directory.Read(func(p *directory.State) {
		if c, ok := p.Contacts.ByAuthority(l.key.peer); ok {
			name = c.Name
		}
	})
	return reason + "; " + status.ClocksDiffer(name, ahead)
}

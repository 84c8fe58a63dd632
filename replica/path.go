package replica

import (
	"slices"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/directory"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
	"github.com/aura-runtime/aura/world"
)

const (
	// absentBase and absentMost bound the pause between two dials of an absent device. A device that comes
	// back dials at once itself, so the pause matters when only the network between the two was away.
	absentBase = 500 * time.Millisecond
	absentMost = time.Hour
	// hurryAfter is how soon after a failed dial a new message tries again.
	hurryAfter = 30 * time.Second
	// dialAgainAfter delays the link that dialled last, so that another context of the same device has its turn.
	dialAgainAfter = 100 * time.Millisecond
)

// absentPause paces dials of a device that does not answer.
func absentPause() task.Backoff {
	return task.Backoff{Base: absentBase, Max: absentMost, Factor: 2, Jitter: 0.3}
}

// path is the way to one device. The links to it, one for each shared context, share it: one of them
// dials an absent device, and a sign of life reaches them all.
//
//	        a dial fails             a dial fails: the pause grows up to absentMost
//	fresh ────────────────▶ absent ─────────────────────────────────────────────▶ absent
//	  │ a session begins      │ a session begins · the peer's addresses or the own network change
//	  ▼                       ▼
//	present ◀────────────── the pause begins anew, and the links that want to dial do
type path struct {
	lock           task.Mutex
	links          []*link // of this device, in order
	sessions       int
	dialler        *link  // which dials, while there is no session
	abort          func() // ends that dial
	signOfLifeSeen bool   // since that dial began
	pause          task.Backoff
	next           aura.Duration       // no dial before it, while there is no session
	tried          aura.Duration       // when the last dial failed
	last           *link               // which dialled then
	summed         linkKey             // of the last context that a hello to the device summed up, when there are too many
	known          []transport.Address // where the device said to be, in any context, since the agent started
}

// add adds a link. The order decides which one leads, see leads.
func (p *path) add(l *link) {
	p.lock.Lock()
	defer p.lock.Unlock()
	p.links = append(p.links, l)
	sortLinks(p.links)
}

// remove takes a link away and reports whether none is left.
func (p *path) remove(l *link) (empty bool) {
	p.lock.Lock()
	p.links = slices.DeleteFunc(p.links, func(o *link) bool { return o == l })
	if p.dialler == l {
		p.dialler = nil
	}
	empty = len(p.links) == 0
	p.lock.Unlock()
	p.recheck(nil)
	return empty
}

// all returns the links of the device.
func (p *path) all() []*link {
	p.lock.Lock()
	defer p.lock.Unlock()
	return slices.Clone(p.links)
}

// turn returns at most so many of some links in order: those behind the last one that it returned before, then those before
// it, so that every link has its turn.
func (p *path) turn(links []*link, most int) []*link {
	if len(links) <= most {
		return links
	}
	p.lock.Lock()
	defer p.lock.Unlock()
	at, found := slices.BinarySearchFunc(links, p.summed, func(l *link, last linkKey) int { return l.key.compare(last) })
	if found {
		at++
	}
	links = slices.Concat(links[at:], links[:at])[:most]
	p.summed = links[most-1].key
	return links
}

// leads reports whether a link leads those of its device: the link in the contact's own context, or the first of
// those in groups. The leader dials also when nothing waits, so that a person sees who is connected.
func (p *path) leads(l *link) bool {
	var leader *link
	for _, o := range p.all() {
		peer := o.member()
		if peer.Refused || peer.Left {
			continue
		}
		if peer.Direct {
			return o == l
		}
		if leader == nil {
			leader = o
		}
	}
	return leader == l
}

// nextDial returns when a link that wants to dial may, [task.Forever] when it waits for a recheck. A new message does not
// wait for the end of a long pause.
func (p *path) nextDial(l *link, now aura.Duration, news bool) aura.Duration {
	p.lock.Lock()
	defer p.lock.Unlock()
	switch {
	case p.sessions > 0:
		return max(now, l.next)
	case p.dialler != nil:
		return task.Forever
	}
	if news {
		p.next = min(p.next, p.tried+hurryAfter)
	}
	at := p.next
	if p.last == l && at > 0 && len(p.links) > 1 {
		at += dialAgainAfter
	}
	return max(now, at)
}

// beginDial reports whether a link may dial now. Each dial that it admits is followed by dialFailed or sessionOpened.
func (p *path) beginDial(l *link) bool {
	p.lock.Lock()
	defer p.lock.Unlock()
	if p.sessions == 0 {
		if p.dialler != nil {
			return false
		}
		p.dialler, p.abort, p.signOfLifeSeen = l, nil, false
	}
	return true
}

// setAbort sets what ends the dial that a link has begun. It ends the dial at once when there was a sign of life
// already.
func (p *path) setAbort(l *link, abort func()) {
	p.lock.Lock()
	late := false
	if p.dialler == l {
		p.abort, late = abort, p.signOfLifeSeen
	}
	p.lock.Unlock()
	if late {
		abort()
	}
}

// dialFailed notes that a dial of a link failed. The next one comes after the pause, and not before least.
func (p *path) dialFailed(l *link, now, least aura.Duration, e world.Entropy) {
	p.lock.Lock()
	again := p.dialler == l && p.signOfLifeSeen && least == 0
	p.endDial(l)
	switch {
	case p.sessions > 0:
		// The device is there and does not take part in this context, or not yet.
		l.next = now + max(least, l.ignored.Next(e))
	case again: // its addresses were old
	default:
		p.next, p.tried, p.last = now+max(least, p.pause.Next(e)), now, l
	}
	p.lock.Unlock()
	p.recheck(l)
}

// endDial lets another link dial. The lock is held.
func (p *path) endDial(l *link) {
	if p.dialler == l {
		p.dialler, p.abort = nil, nil
	}
}

// sessionOpened notes that a session of a link began.
func (p *path) sessionOpened(l *link) {
	p.lock.Lock()
	p.endDial(l)
	p.sessions++
	l.ignored.Reset()
	l.next = 0
	p.lock.Unlock()
	p.signOfLife(l)
}

// sessionClosed notes that a session ended.
func (p *path) sessionClosed() {
	p.lock.Lock()
	defer p.lock.Unlock()
	p.sessions--
}

// signOfLife notes a sign of life of the device, which link by knows already, and lets the links that wait dial. A dial
// that is on its way may use addresses that the device has left: it ends, and begins anew.
func (p *path) signOfLife(by *link) {
	p.lock.Lock()
	p.pause, p.next = absentPause(), 0
	var abort func()
	if p.dialler != nil && p.dialler != by {
		p.signOfLifeSeen, abort = true, p.abort
	}
	p.lock.Unlock()
	if abort != nil {
		abort()
	}
	p.recheck(by)
}

// setAddresses keeps the addresses that the device gave.
func (p *path) setAddresses(where []string) {
	p.lock.Lock()
	defer p.lock.Unlock()
	p.known = directory.Addresses(where)
}

func (p *path) addresses() []transport.Address {
	p.lock.Lock()
	defer p.lock.Unlock()
	return p.known
}

// present reports whether there is a session with the device, and absent whether it did not answer.
func (p *path) present() bool {
	p.lock.Lock()
	defer p.lock.Unlock()
	return p.sessions > 0
}

func (p *path) absent() bool {
	p.lock.Lock()
	defer p.lock.Unlock()
	return p.sessions == 0 && p.next > 0
}

// recheck makes every link but one look again.
func (p *path) recheck(but *link) {
	for _, l := range p.all() {
		if l != but {
			l.recheck()
		}
	}
}

// pathOf returns the path to a device.
func (s *Replicator) pathOf(device transport.PeerID) *path {
	s.lock.Lock()
	defer s.lock.Unlock()
	p := s.paths[device]
	if p == nil {
		p = &path{pause: absentPause()}
		s.paths[device] = p
	}
	return p
}

// Moves tells when the own network changes. A network may offer it.
type Moves interface {
	// Moved waits until the addresses of this machine have changed since it returned last.
	Moved(tc task.Context) error
}

// followNetwork tells peers at once when the own network changes, and dials those who are away again: they may be
// reachable from here.
func (s *Replicator) followNetwork(tc task.Context) error {
	for {
		if err := s.env.Moves.Moved(tc); err != nil {
			return err
		}
		tc.Emit(world.NetworkChanged(s.Name()))
		for _, l := range s.allLinks() {
			l.path.signOfLife(nil)
			l.changed.Notify()
		}
	}
}

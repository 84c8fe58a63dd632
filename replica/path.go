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
	// afterYou delays the link that dialled last, so that another context of the same device has its turn.
	afterYou = 100 * time.Millisecond
)

// absence paces the dials of a device that does not answer.
func absence() task.Backoff {
	return task.Backoff{Base: absentBase, Max: absentMost, Factor: 2, Jitter: 0.3}
}

// path is the way to one device. The links to it, one for each shared context, share what they learn: one of
// them dials an absent device, and a sign of life reaches them all.
//
//	        a dial fails             a dial fails: the pause grows up to absentMost
//	fresh ────────────────▶ absent ─────────────────────────────────────────────▶ absent
//	  │ a session begins      │ a session begins · the peer's addresses or the own network change
//	  ▼                       ▼
//	present ◀────────────── the pause begins anew, and the links that want to dial do
type path struct {
	lock     task.Mutex
	links    []*link // of this device, in order
	sessions int
	dialler  *link  // which dials, while there is no session
	abort    func() // ends that dial
	stirred  bool   // since that dial began there was a sign of life
	pause    task.Backoff
	next     aura.Duration       // no dial before it, while there is no session
	tried    aura.Duration       // when the last dial failed
	last     *link               // which dialled then
	heard    []transport.Address // where the device said to be, in whatever context, in this life of the agent
}

// join adds a link. The order decides which one keeps the presence of the device: see leads.
func (p *path) join(l *link) {
	p.lock.Lock()
	defer p.lock.Unlock()
	p.links = append(p.links, l)
	sortLinks(p.links)
}

// part takes a link away and reports whether none is left.
func (p *path) part(l *link) (empty bool) {
	p.lock.Lock()
	p.links = slices.DeleteFunc(p.links, func(o *link) bool { return o == l })
	if p.dialler == l {
		p.dialler = nil
	}
	empty = len(p.links) == 0
	p.lock.Unlock()
	p.rouse(nil)
	return empty
}

// all returns the links of the device.
func (p *path) all() []*link {
	p.lock.Lock()
	defer p.lock.Unlock()
	return slices.Clone(p.links)
}

// leads reports whether a link keeps the presence of the device: that of the contact's own context, or the
// first of those in groups. It dials also when nothing waits, so that a person sees who is there.
func (p *path) leads(l *link) bool {
	var leader *link
	for _, o := range p.all() {
		peer := o.who()
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

// due returns when a link that wants to dial may, [task.Forever] for when it is roused. A new message does not
// wait for the end of a long pause.
func (p *path) due(l *link, now aura.Duration, news bool) aura.Duration {
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
		at += afterYou
	}
	return max(now, at)
}

// begin reports whether a link may dial now. Each begin that says so is followed by failed or opened.
func (p *path) begin(l *link) bool {
	p.lock.Lock()
	defer p.lock.Unlock()
	if p.sessions == 0 {
		if p.dialler != nil {
			return false
		}
		p.dialler, p.abort, p.stirred = l, nil, false
	}
	return true
}

// dialling says how the dial that a link has begun is ended. It is ended at once when there was a sign of life already.
func (p *path) dialling(l *link, abort func()) {
	p.lock.Lock()
	late := false
	if p.dialler == l {
		p.abort, late = abort, p.stirred
	}
	p.lock.Unlock()
	if late {
		abort()
	}
}

// failed notes that a dial of a link came to nothing. The next one comes after the pause, and not before least.
func (p *path) failed(l *link, now, least aura.Duration, e world.Entropy) {
	p.lock.Lock()
	again := p.dialler == l && p.stirred && least == 0
	p.freed(l)
	switch {
	case p.sessions > 0:
		// The device is there and does not take part in this context, or not yet.
		l.next = now + max(least, l.ignored.Next(e))
	case again: // it looked where the device was before
	default:
		p.next, p.tried, p.last = now+max(least, p.pause.Next(e)), now, l
	}
	p.lock.Unlock()
	p.rouse(l)
}

// freed lets another link dial. The lock is held.
func (p *path) freed(l *link) {
	if p.dialler == l {
		p.dialler, p.abort = nil, nil
	}
}

// opened notes that a session of a link began.
func (p *path) opened(l *link) {
	p.lock.Lock()
	p.freed(l)
	p.sessions++
	l.ignored.Reset()
	l.next = 0
	p.lock.Unlock()
	p.alive(l)
}

// closed notes that a session ended.
func (p *path) closed() {
	p.lock.Lock()
	defer p.lock.Unlock()
	p.sessions--
}

// alive notes a sign of life of the device, which by has already, and lets the links that wait dial. A dial that is
// on its way may look where the device is not any more: it ends, and begins anew.
func (p *path) alive(by *link) {
	p.lock.Lock()
	p.pause, p.next = absence(), 0
	var abort func()
	if p.dialler != nil && p.dialler != by {
		p.stirred, abort = true, p.abort
	}
	p.lock.Unlock()
	if abort != nil {
		abort()
	}
	p.rouse(by)
}

// hear takes the addresses that the device gave.
func (p *path) hear(where []string) {
	p.lock.Lock()
	defer p.lock.Unlock()
	p.heard = directory.Addresses(where)
}

func (p *path) where() []transport.Address {
	p.lock.Lock()
	defer p.lock.Unlock()
	return p.heard
}

// present reports whether there is a session with the device, and missing whether it did not answer.
func (p *path) present() bool {
	p.lock.Lock()
	defer p.lock.Unlock()
	return p.sessions > 0
}

func (p *path) missing() bool {
	p.lock.Lock()
	defer p.lock.Unlock()
	return p.sessions == 0 && p.next > 0
}

// rouse makes every link but one look again.
func (p *path) rouse(but *link) {
	for _, l := range p.all() {
		if l != but {
			l.rouse()
		}
	}
}

// pathOf returns the path to a device.
func (s *Replicator) pathOf(device transport.PeerID) *path {
	s.lock.Lock()
	defer s.lock.Unlock()
	p := s.paths[device]
	if p == nil {
		p = &path{pause: absence()}
		s.paths[device] = p
	}
	return p
}

// Moves tells when the own network changes. A network may offer it.
type Moves interface {
	// Moved waits until the addresses of this machine have changed since it returned last.
	Moved(tc task.Context) error
}

// follow tells peers at once when the own network changes, and dials those who are away again: they may be
// reachable from here.
func (s *Replicator) follow(tc task.Context) error {
	for {
		if err := s.env.Moves.Moved(tc); err != nil {
			return err
		}
		tc.Emit(world.NetworkChanged(s.Name()))
		for _, l := range s.every() {
			l.path.alive(nil)
			l.news.Notify()
		}
	}
}

package replica

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/directory"
	"github.com/aura-runtime/aura/egress"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// A member whose device forked can show one branch to some members of a group and another to others: because two copies of its
// home run, or because it lies. A member that holds facts of both branches shows two of them to the others, once to each. They
// check it with the device's key, keep it, answer that they know and do not pass it on. Both messages cost control budget.
//
//	Ada's device          Ben                      Cleo
//	 │── fact 8 ──────────▶│                         │
//	 │── another fact 8 ───┼────────────────────────▶│
//	 │── another fact 8 ──▶│── evidence ────────────▶│
//	 │                     │◀──────────────── known ─│

// maxShown is how many forks a peer may show in one session: more than a context has devices.
const maxShown = 1024

// fork is what the journal keeps of the first fork of a stream that two facts show.
type fork struct {
	Evidence []byte `cbor:"1,keyasint"` // fact.Evidence
	// Found says that this journal has both facts; otherwise a member showed them.
	Found bool `cbor:"2,keyasint,omitempty"`
	// Told are the devices that know of it, as they said.
	Told []aura.DeviceID `cbor:"3,keyasint,omitempty"`
}

func forkKey(context aura.ContextID, device aura.DeviceID) string {
	return "fork/" + string(context[:]) + string(device[:])
}

// readFork reads the fork of a stream, and reports false when the journal keeps none.
func readFork(meta func(key string) ([]byte, error), context aura.ContextID, device aura.DeviceID) (f fork, kept bool, err error) {
	value, err := meta(forkKey(context, device))
	if err != nil || value == nil {
		return f, false, err
	}
	return f, true, fact.Unmarshal(value, &f)
}

// Shown reports whether a member showed that the stream of a device in a context forked.
func Shown(meta func(key string) ([]byte, error), context aura.ContextID, device aura.DeviceID) bool {
	f, kept, err := readFork(meta, context, device)
	return kept && err == nil && !f.Found
}

// changeFork changes what the journal keeps of a fork; change reports whether it did.
func (e *Env) changeFork(tc task.Context, context aura.ContextID, device aura.DeviceID, change func(*fork) bool) error {
	entry := new(journal.Entry)
	entry.Expect = func(v journal.View) error {
		entry.Meta = nil
		f, _, err := readFork(v.Meta, context, device)
		if err != nil || !change(&f) {
			return err
		}
		value, err := fact.Marshal(f)
		if err != nil {
			return err
		}
		entry.Meta = []journal.KV{{Key: forkKey(context, device), Value: value}}
		return nil
	}
	_, err := e.Journal.Append(tc, entry)
	return err
}

// evidenceLoop is the session's task that shows the peer the forks of the context's members.
func (s *session) evidenceLoop(tc task.Context) error {
	if err := s.greeted.Wait(tc); err != nil {
		return err
	}
	if err := s.introduced.Wait(tc); err != nil {
		return err
	}
	pause := redial()
	for {
		again := task.Forever
		err := s.answerForks(tc)
		if err == nil {
			err = s.showForks(tc)
		}
		switch {
		case tc.Err() != nil:
			return tc.Err()
		case err == nil:
			pause.Reset()
		case aura.KindOf(err) == aura.Denied || isPassing(err):
			again = tc.Elapsed() + pause.Next(s.env().Entropy) // there is no budget for it now, or the disk fails
		default:
			return err
		}
		if _, err := s.link.forked.WaitUntil(tc, again); err != nil {
			return err
		}
	}
}

// answerForks says that this side knows of the forks that the peer showed.
func (s *session) answerForks(tc task.Context) error {
	for {
		s.lock.Lock()
		if len(s.unanswered) == 0 {
			s.lock.Unlock()
			return nil
		}
		device := s.unanswered[0]
		s.lock.Unlock()
		if err := s.postEvidence(tc, evidence{Known: device}); err != nil {
			return err
		}
		s.lock.Lock()
		s.unanswered = s.unanswered[1:]
		s.lock.Unlock()
	}
}

// showForks shows the peer each fork in the context of which it does not know yet.
func (s *session) showForks(tc task.Context) error {
	if s.peer.Leaving || s.link.member().Left {
		return nil
	}
	if s.peer.Direct {
		return s.showFork(tc, s.device)
	}
	for _, l := range s.link.sync.linksIn(s.peer.Context) {
		peer := l.member()
		if err := s.showFork(tc, peer.Device.ID()); err != nil {
			return err
		}
	}
	return nil
}

// showFork shows the peer that a device's stream forked, unless it knows. A fork that a member showed is not passed on, but
// to the device itself: it may not know that another copy of its home runs.
func (s *session) showFork(tc task.Context, device aura.DeviceID) error {
	env, context, ns := s.env(), s.peer.Context, s.link.namespace()
	f, err := env.fork(tc, context, device)
	if err != nil || f.Evidence == nil || s.showed[device] || slices.Contains(f.Told, s.device) {
		return err
	}
	if device == s.device {
		heads, err := env.Journal.Heads(ns, device)
		if err != nil || f.Found && len(heads) == 1 {
			return err // a fact of the device has joined the branches
		}
	} else if !f.Found {
		return nil
	}
	if err := s.postEvidence(tc, evidence{Fork: f.Evidence}); err != nil {
		return err
	}
	s.showed[device] = true
	return nil
}

func (s *session) postEvidence(tc task.Context, e evidence) error {
	message, err := encodeMessage(egress.NumberEvidence, e)
	if err != nil {
		return err
	}
	pass, err := s.env().Decider.Charge(tc, s.party(), egress.Message{Kind: egress.KindEvidence, Bytes: len(message)})
	if err != nil {
		return err
	}
	return s.say(tc, pass, egress.KindEvidence, message)
}

// fork returns the fork of a stream that is kept, and keeps one that the journal has come to hold.
func (e *Env) fork(tc task.Context, context aura.ContextID, device aura.DeviceID) (f fork, err error) {
	f, _, err = readFork(e.Journal.Meta, context, device)
	ns := fact.ContextNamespace(context)
	if err != nil || f.Found || !e.Journal.Branched(ns, device) {
		return f, err
	}
	found, ok, err := e.Journal.Evidence(ns, device)
	if err != nil || !ok {
		return f, err
	}
	news := false
	err = e.changeFork(tc, context, device, func(now *fork) bool {
		changed := !now.Found // another session may have been faster
		news = now.Evidence == nil
		now.Evidence, now.Found = found.Encode(), true
		f = *now
		return changed
	})
	if err == nil && news {
		tc.Emit(world.IngressAccepted(syncName, "a fork of a device's facts"))
	}
	return f, err
}

// tellFork notes that a device knows of a fork.
func (e *Env) tellFork(tc task.Context, context aura.ContextID, device, told aura.DeviceID) error {
	return e.changeFork(tc, context, device, func(f *fork) bool {
		if f.Evidence == nil || slices.Contains(f.Told, told) {
			return false
		}
		f.Told = append(f.Told, told)
		return true
	})
}

// onEvidence checks a fork that the peer shows, and keeps the first one of each stream.
func (s *session) onEvidence(tc task.Context, m *evidence) error {
	const op = "replica.onEvidence"
	if !s.greeted.Opened() {
		return aura.Errorf(op, aura.Corrupt, "evidence of a fork before the hello")
	}
	if s.shown++; s.shown > maxShown {
		return aura.Errorf(op, aura.Denied, "evidence of more than %d forks in one session", maxShown)
	}
	if len(m.Removal) > 0 {
		return s.onRemoval(tc, m.Removal)
	}
	if m.Known != (aura.DeviceID{}) {
		return unlessEnding(s.env().tellFork(tc, s.peer.Context, m.Known, s.device))
	}
	shown, err := fact.DecodeEvidence(m.Fork)
	if err != nil {
		return err
	}
	env := s.env()
	ns, author, device := shown.Stream()
	if ns != s.link.namespace() {
		return aura.Errorf(op, aura.Denied, "evidence of a fork in another context")
	}
	key, known := s.signingKey(author, device)
	if !known {
		tc.Emit(world.IngressDropped(syncName, "evidence of a fork of a device that is not known here", aura.NotFound))
		return nil
	}
	if err := shown.Verify(key[:]); err != nil {
		return &aura.Error{Op: op, Kind: aura.Denied, Err: err}
	}
	if device != env.Ring.Device() || !env.Journal.Branched(ns, device) { // else both branches are here
		if err := s.keepFork(tc, device, m.Fork); err != nil {
			return unlessEnding(err)
		}
	}
	s.lock.Lock()
	if !slices.Contains(s.unanswered, device) {
		s.unanswered = append(s.unanswered, device)
	}
	s.lock.Unlock()
	s.link.forked.Notify()
	if device == env.Ring.Device() {
		s.recalls.Notify()
	}
	return nil
}

// keepFork keeps a fork that the peer showed, unless one of the stream is kept, and that the peer knows.
func (s *session) keepFork(tc task.Context, device aura.DeviceID, shown []byte) error {
	f, _, err := readFork(s.env().Journal.Meta, s.peer.Context, device)
	if err != nil || slices.Contains(f.Told, s.device) {
		return err
	}
	news := false
	err = s.env().changeFork(tc, s.peer.Context, device, func(f *fork) bool {
		if news = f.Evidence == nil; news {
			f.Evidence = shown
		}
		if !slices.Contains(f.Told, s.device) {
			f.Told = append(f.Told, s.device)
		}
		return true
	})
	if err == nil && news {
		tc.Emit(world.IngressAccepted(syncName, "evidence of a fork"))
		for _, l := range s.link.sync.linksIn(s.peer.Context) {
			l.forked.Notify() // the device itself may not know
		}
	}
	return err
}

// signingKey returns the key of a device of a member of the context, or of this one.
func (s *session) signingKey(author aura.AuthorityID, device aura.DeviceID) (key [32]byte, known bool) {
	if own := s.env().Ring.Certificate(); author == own.Authority() {
		return own.Signing, device == own.Device()
	}
	of := func(p *directory.Peer) bool { return p.Authority == author && p.Device.ID() == device }
	if of(&s.peer) {
		return s.peer.Device.Signing, true
	}
	for _, l := range s.link.sync.linksIn(s.peer.Context) {
		if peer := l.member(); of(&peer) {
			return peer.Device.Signing, true
		}
	}
	return key, false
}

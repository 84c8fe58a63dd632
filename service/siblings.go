package service

import (
	"bytes"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/domain/device"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// The choreography by which the devices of an account end with the same history, by the names of package protocols.
const (
	JournalSyncID = "aura.sync.journal"
	RoleLeft      = choreo.Role("Left")
	RoleRight     = choreo.Role("Right")
)

const (
	// soon is how long a device waits after a commit before it tells the others, so that the facts of one moment go together. One of two
	// waits twice as long: when both have something new, one session brings both what they lack.
	soon = time.Second
	// regular is the time between two comparisons without a commit.
	regular = time.Hour
	// syncBudget bounds one session. The next one goes on from there.
	syncBudget = time.Hour
	// syncAgain is the first pause after a session that failed, and grows up to regular.
	syncAgain = 2 * time.Second
)

// syncPause paces new attempts after a session that failed: of a build that does not know the protocol, or of a disk.
func syncPause() task.Backoff {
	return task.Backoff{Base: syncAgain, Max: regular, Factor: 2, Jitter: 0.3}
}

// Siblings keeps the history of this device the same as that of the account's other devices. It leads a session of journalsync with each that is
// connected: when the two meet, soon after a commit, and regularly. It implements [journal.Sink].
type Siblings struct {
	env    *Env
	engine *session.Engine
	wake   *task.Wake

	lock    task.Mutex
	of      map[aura.DeviceID]*sibling
	running map[aura.SessionID]aura.DeviceID // sessions of both roles
	parted  []aura.SessionID                 // that are to be ended
}

// sibling is what this device knows of another one of the account.
type sibling struct {
	device   aura.DeviceID
	channels int
	leads    aura.SessionID // the session that this device leads; zero: none
	due      aura.Duration  // when it leads the next one
	fresh    bool           // something was committed, and due does not say so yet
	paused   bool           // due comes after a failure, and a commit does not hurry it
	pause    task.Backoff

	agreed device.Agreed
	hash   [32]byte                 // over all streams, when both had the same
	moved  map[stream]fact.Position // since then, with the position of the last fact that came
	shared []aura.ContextID         // whose secrets both have, ascending
	lacks  uint64                   // facts, by the session that runs or ran last
}

// stream names the facts of a device in a namespace.
type stream struct {
	namespace fact.Namespace
	device    aura.DeviceID
}

// NewSiblings returns the service.
func NewSiblings(e *Env, engine *session.Engine) *Siblings {
	return &Siblings{
		env: e, engine: engine, wake: task.NewWake(), of: map[aura.DeviceID]*sibling{}, running: map[aura.SessionID]aura.DeviceID{},
	}
}

// Play makes the programs known, and that own devices may lead.
func (s *Siblings) Play(r *session.Registry) error {
	return errors.Join(r.Play(JournalSyncID, RoleLeft, s.left), r.Play(JournalSyncID, RoleRight, s.right), r.Answer(JournalSyncID, RoleRight, s.admit))
}

// Name implements [task.Service].
func (s *Siblings) Name() string { return "siblings" }

// Declaration implements [task.Service].
func (s *Siblings) Declaration() task.Declaration {
	return task.Declaration{
		Category: task.CategoryActorOwned,
		Owns:     task.Locked("service.Siblings", "service.sibling"),
		Events:   []world.Family{world.FamilyHealth, world.FamilyIngress, world.FamilyMessage},
	}
}

// Start implements [task.Service].
func (s *Siblings) Start(task.Context) error { return nil }

// Close implements [task.Service].
func (s *Siblings) Close(task.Context) error { return nil }

// Serve implements [task.Service]: it begins sessions when they are due, and ends those whose channel is gone.
func (s *Siblings) Serve(tc task.Context) error {
	for {
		for _, name := range s.takeParted() {
			if err := s.engine.End(tc, name); err != nil && tc.Err() != nil {
				return tc.Err() // any other error: it has ended
			}
		}
		due, next := s.look(tc)
		for _, d := range due {
			s.begin(tc, d)
		}
		if _, err := s.wake.WaitUntil(tc, next); err != nil {
			return err
		}
	}
}

func (s *Siblings) takeParted() []aura.SessionID {
	s.lock.Lock()
	defer s.lock.Unlock()
	all := s.parted
	s.parted = nil
	return all
}

// look returns the devices with which a session is due, and when to look again.
func (s *Siblings) look(tc task.Context) (due []aura.DeviceID, next aura.Duration) {
	now := tc.Elapsed()
	s.lock.Lock()
	defer s.lock.Unlock()
	next = task.Forever
	for _, d := range s.sorted() {
		if d.fresh {
			d.fresh = false
			wait := aura.Duration(soon)
			if s.env.Ring.Device().Compare(d.device) > 0 {
				wait *= 2
			}
			if !d.paused {
				d.due = min(d.due, now+wait)
			}
		}
		switch {
		case d.channels == 0 || d.leads != (aura.SessionID{}):
		case d.due <= now:
			due = append(due, d.device)
		default:
			next = min(next, d.due)
		}
	}
	return due, next
}

func (s *Siblings) sorted() (all []*sibling) {
	for _, d := range s.of {
		all = append(all, d)
	}
	slices.SortFunc(all, func(a, b *sibling) int { return a.device.Compare(b.device) })
	return all
}

// know enters a device, with what the metadata keeps of it. A disk that does not answer hides how far it is until the next session.
func (s *Siblings) know(id aura.DeviceID) {
	s.lock.Lock()
	known := s.of[id] != nil
	s.lock.Unlock()
	if known {
		return
	}
	d := &sibling{device: id, pause: syncPause(), moved: map[stream]fact.Position{}}
	if value, err := s.env.Journal.Meta(device.AgreedKey(id)); err == nil && value != nil {
		_ = fact.Unmarshal(value, &d.agreed) // what does not decode is compared anew
	}
	s.lock.Lock()
	defer s.lock.Unlock()
	if s.of[id] == nil {
		s.of[id] = d
	}
}

// Meet notes that a channel to another device of the account is up, until the function that it returns is called.
func (s *Siblings) Meet(tc task.Context, id aura.DeviceID) (part func(task.Context)) {
	s.know(id)
	s.lock.Lock()
	d := s.of[id]
	if d.channels++; d.channels == 1 {
		d.due, d.paused = tc.Elapsed(), false
		if s.env.Ring.Device().Compare(id) > 0 {
			d.due += aura.Duration(soon) // the other one leads, and then there is nothing left to do
		}
	}
	s.lock.Unlock()
	s.wake.Notify()
	return func(tc task.Context) {
		s.lock.Lock()
		if d.channels--; d.channels == 0 {
			d.agreed.Seen = tc.Now().At
			for name, with := range s.running {
				if with == id {
					s.parted = append(s.parted, name)
				}
			}
			slices.SortFunc(s.parted, compareSessions)
		}
		s.lock.Unlock()
		s.wake.Notify()
	}
}

// Committed implements [journal.Sink].
func (s *Siblings) Committed(records []fact.Record) {
	s.lock.Lock()
	defer s.lock.Unlock()
	if len(s.of) == 0 || len(records) == 0 {
		return
	}
	for _, d := range s.of {
		for i := range records {
			d.moved[stream{records[i].Fact.Namespace, records[i].Fact.Device}] = records[i].Position
		}
		d.fresh = true
	}
	s.wake.Notify()
}

// Sync returns how far another device of the account is.
func (s *Siblings) Sync(id aura.DeviceID) device.Sync {
	s.know(id)
	head := s.env.Journal.Head()
	s.lock.Lock()
	defer s.lock.Unlock()
	d := s.of[id]
	behind := uint64(head - min(head, d.agreed.Position))
	if d.agreed.Position == 0 && d.lacks > 0 {
		behind = d.lacks
	}
	return device.Sync{Device: id, Complete: behind == 0, Behind: behind, Connected: d.channels > 0, Seen: d.agreed.Seen}
}

// begin leads a session with a device, unless the two have the same facts.
func (s *Siblings) begin(tc task.Context, id aura.DeviceID) {
	own := s.env.Ring.Authority()
	o := session.Opening{
		Protocol: JournalSyncID, Role: RoleLeft, Context: device.OwnContext(own), Budget: syncBudget,
		Parties: []session.Party{{Role: RoleRight, Authority: own, Device: id}},
	}
	_, _ = s.env.Entropy.Read(o.Name[:])
	f, err := s.holdings()
	if err == nil && s.isAgreed(id, f) {
		s.agree(tc, id, f)
		s.ended(tc, id, o.Name, true, nil)
		return
	}
	s.lock.Lock()
	s.of[id].leads = o.Name
	s.lock.Unlock()
	if err == nil {
		err = s.engine.Open(tc, o)
	}
	if err != nil {
		s.ended(tc, id, o.Name, false, err)
	}
}

// isAgreed reports whether both devices had the same facts when all was as it is now.
func (s *Siblings) isAgreed(id aura.DeviceID, f *holdings) bool {
	s.lock.Lock()
	defer s.lock.Unlock()
	return s.of[id].hash == f.hash
}

// agree notes that a device has the same facts as this one.
func (s *Siblings) agree(tc task.Context, id aura.DeviceID, f *holdings) {
	s.know(id)
	s.lock.Lock()
	d := s.of[id]
	moved := f.through > d.agreed.Position
	d.hash, d.lacks, d.shared = f.hash, 0, f.secrets
	d.agreed = device.Agreed{Position: max(d.agreed.Position, f.through), Seen: tc.Now().At}
	maps.DeleteFunc(d.moved, func(_ stream, at fact.Position) bool { return at <= f.through })
	kept := d.agreed
	s.lock.Unlock()
	if !moved {
		return
	}
	value, err := fact.Marshal(kept)
	if err == nil {
		_, err = s.env.Journal.Append(tc, &journal.Entry{Meta: []journal.KV{{Key: device.AgreedKey(id), Value: value}}})
	}
	if err != nil && tc.Err() == nil { // the devices compare all again after the next start
		tc.Emit(world.ServiceTroubled(s.Name(), "how far another device is was not kept", "", err))
	}
}

// movedSince returns the streams of which something came since a device had the same as this one, with the secrets of the contexts that are shared
// since then, in the order of [holdings] and as many as a message names.
func (s *Siblings) movedSince(id aura.DeviceID, f *holdings, most int) (all []device.Stream) {
	s.lock.Lock()
	d := s.of[id]
	for t := range d.moved {
		all = append(all, device.Stream{Namespace: t.namespace, Device: t.device})
	}
	shared := d.shared
	s.lock.Unlock()
	for _, context := range f.secrets {
		if _, both := slices.BinarySearchFunc(shared, context, aura.ContextID.Compare); !both {
			all = append(all, device.Stream{Namespace: fact.ContextNamespace(context)})
		}
	}
	slices.SortFunc(all, func(a, b device.Stream) int { return compareStreams(&a, &b) })
	all = all[:min(len(all), most)]
	for i := range all {
		all[i] = f.find(&all[i])
	}
	return all
}

// ended says when the next session with a device is due, after one that brought both the same facts, or did not.
func (s *Siblings) ended(tc task.Context, id aura.DeviceID, name aura.SessionID, agreed bool, err error) {
	if err != nil && tc.Err() == nil {
		tc.Emit(world.ServiceTroubled(s.Name(), "devices of the account not compared", "", err))
	}
	s.lock.Lock()
	if d := s.of[id]; d.leads == name || d.leads == (aura.SessionID{}) {
		d.leads = aura.SessionID{}
		if d.paused = !agreed; agreed {
			d.pause.Reset()
			d.due = tc.Elapsed() + aura.Duration(regular)
		} else {
			d.due = tc.Elapsed() + d.pause.Next(s.env.Entropy)
		}
	}
	s.lock.Unlock()
	s.wake.Notify()
}

// enter counts a session, until the function that it returns is called.
func (s *Siblings) enter(o session.Opening) (leave func()) {
	id := o.Parties[0].Device
	s.know(id)
	s.lock.Lock()
	defer s.lock.Unlock()
	s.running[o.Name] = id
	if s.of[id].channels == 0 {
		s.parted = append(s.parted, o.Name)
		s.wake.Notify()
	}
	return func() {
		s.lock.Lock()
		defer s.lock.Unlock()
		delete(s.running, o.Name)
	}
}

// admit decides whether a peer may lead a session: own devices may, in the context of the account. One that leads a second one has forgotten the
// first.
func (s *Siblings) admit(_ task.Context, from session.Party, context aura.ContextID, g *session.Greeting) (session.Opening, error) {
	own := s.env.Ring.Authority()
	if from.Authority != own || context != device.OwnContext(own) || from.Role != RoleLeft {
		return session.Opening{}, aura.Errorf("service.Siblings", aura.Denied, "the peer is no device of this account")
	}
	s.lock.Lock()
	defer s.lock.Unlock()
	for name, with := range s.running {
		if with == from.Device && name != s.of[with].leads && name != g.Session {
			s.parted = append(s.parted, name)
		}
	}
	slices.SortFunc(s.parted, compareSessions)
	s.wake.Notify()
	return session.Opening{Parties: []session.Party{from}, Budget: syncBudget}, nil
}

func compareSessions(a, b aura.SessionID) int { return bytes.Compare(a[:], b[:]) }

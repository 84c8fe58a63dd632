package chat

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/fold"
	"github.com/aura-runtime/aura/fact"
)

// Keep is how much a [State] holds of each conversation: the newest messages, by number and by bytes of
// text. A zero field is the default; below zero there is no bound.
type Keep struct {
	Messages int // default 1,000
	Bytes    int // default 4 MiB
}

// maxInvitations is how many invitations into groups of one founder are taken. A founder who sends more
// spends only its own share.
const maxInvitations = 256

// State is the fold of all chat facts: the same for any order of arrival and any repetition. It is bounded
// per conversation by [Keep], and conversations exist only with contacts and in joined groups. One task
// at a time applies or reads.
type State struct {
	self        aura.AuthorityID
	keep        fold.Limit
	threads     map[aura.ContextID]*thread
	invitations map[aura.AuthorityID]*fold.First[invitation] // by founder, never the own authority
	memo        memo                                         // of the groups, for readers
	vouched     vouched                                      // of the members of groups
}

// thread is the state of one context.
type thread struct {
	messages fold.Window[message]
	reads    map[aura.AuthorityID][]reading // by the reader; ascending by device
	left     map[aura.AuthorityID]bool
	founded  fold.Earliest[Group]
	joined   bool
	invited  map[aura.ContextID]bool  // pair contexts in which the own authority sent its invitations
	forks    map[aura.DeviceID]uint64 // of the streams that had branches, see fact.Record
}

type message struct {
	Text
	id        aura.FactID
	operation aura.OperationID
	author    aura.AuthorityID
	device    aura.DeviceID
	seq       uint64
	position  fact.Position
	sole      bool // see fact.Record
}

// reading is how far a reader has read the facts of a device.
type reading struct {
	Mark
	position fact.Position // of the fact that says so
}

// invitation is an invitation into a group that another member founded.
type invitation struct {
	Invited
	context aura.ContextID // of the group
	pair    aura.ContextID // in which it came
}

// NewState returns an empty state for the owner's authority.
func NewState(self aura.AuthorityID, keep Keep) *State {
	s := &State{self: self}
	s.Bound(keep)
	return s
}

// Bound sets how much the state holds of each conversation, from now on.
func (s *State) Bound(keep Keep) {
	orDefault := func(n, usual int) int {
		if n == 0 {
			return usual
		}
		return n
	}
	s.keep = fold.Limit{Items: orDefault(keep.Messages, 1000), Bytes: orDefault(keep.Bytes, 4<<20)}
}

// Apply folds one record. Facts of other domains, and facts that do not fit their kind, change nothing.
func (s *State) Apply(r *fact.Record) {
	switch r.Fact.Kind {
	case KindCreated, KindInvited, KindJoined, KindLeft:
		s.memo.turn++
	}
	if context, shared := r.Fact.Namespace.Context(); shared {
		s.applyShared(r, context)
	} else if r.Fact.Author == s.self {
		s.applyOwn(r)
	}
}

func (s *State) applyShared(r *fact.Record, context aura.ContextID) {
	at := fold.Of(r)
	if r.Fork > 0 {
		s.thread(context).fork(r)
	}
	switch r.Fact.Kind {
	case KindMessage:
		s.applyText(r, context, at)
	case KindRead:
		var p Read
		if checkRead(&r.Fact) == nil && fold.Shared(&r.Fact, &p) == nil {
			s.thread(context).read(r.Fact.Author, p.Marks, r.Position)
		}
	case KindLeft:
		if checkLeft(&r.Fact) != nil {
			return
		}
		t := s.thread(context)
		if t.left == nil {
			t.left = map[aura.AuthorityID]bool{}
		}
		t.left[r.Fact.Author] = true
	case KindInvited:
		s.applyInvited(r, context, at)
	}
}

// fork notes at which place the stream of a device has branches. Any fact of the stream says so.
func (t *thread) fork(r *fact.Record) {
	if t.forks == nil {
		t.forks = map[aura.DeviceID]uint64{}
	}
	if before := t.forks[r.Fact.Device]; before == 0 || r.Fork < before {
		t.forks[r.Fact.Device] = r.Fork
	}
}

func (s *State) applyText(r *fact.Record, context aura.ContextID, at fold.Stamp) {
	var p Text
	if fold.Shared(&r.Fact, &p) != nil || CheckText(p.Text) != nil {
		return
	}
	t := s.thread(context)
	t.messages.Put(s.keep, fold.Item[message]{Stamp: at, Size: len(p.Text), Value: message{
		Text: p, id: r.ID, operation: r.Fact.Operation, author: r.Fact.Author, device: r.Fact.Device, seq: r.Seq,
		position: r.Position, sole: r.Sole || r.Fork == 0,
	}})
}

func (s *State) applyInvited(r *fact.Record, pair aura.ContextID, at fold.Stamp) {
	p, err := parseInvited(&r.Fact, s.vouched.owner)
	if err != nil {
		return
	}
	group, err := p.Group.Context()
	if err != nil {
		return
	}
	if r.Fact.Author == s.self {
		t := s.thread(group)
		if t.invited == nil {
			t.invited = map[aura.ContextID]bool{}
		}
		t.invited[pair] = true
		return
	}
	if s.invitations == nil {
		s.invitations = map[aura.AuthorityID]*fold.First[invitation]{}
	}
	if s.invitations[r.Fact.Author] == nil {
		s.invitations[r.Fact.Author] = &fold.First[invitation]{}
	}
	s.invitations[r.Fact.Author].Put(maxInvitations, at, invitation{Invited: p, context: group, pair: pair})
}

func (s *State) applyOwn(r *fact.Record) {
	at := fold.Of(r)
	switch r.Fact.Kind {
	case KindCreated:
		var p Group
		if checkCreated(&r.Fact) != nil || fold.Own(&r.Fact, &p) != nil {
			return
		}
		if context, err := p.Context(); err == nil {
			s.thread(context).founded.Put(at, p)
		}
	case KindJoined:
		var p Joined
		if fold.Own(&r.Fact, &p) == nil {
			s.thread(p.Context).joined = true
		}
	}
}

func (s *State) thread(context aura.ContextID) *thread {
	if s.threads == nil {
		s.threads = map[aura.ContextID]*thread{}
	}
	if s.threads[context] == nil {
		s.threads[context] = &thread{}
	}
	return s.threads[context]
}

// read adds a reader's marks. Of each device the farthest mark counts, whichever device of the reader made it, and
// whichever branch of its facts says so. Of more devices than one fact can mark, those with the least identities are kept.
func (t *thread) read(reader aura.AuthorityID, marks []Mark, at fact.Position) {
	if t.reads == nil {
		t.reads = map[aura.AuthorityID][]reading{}
	}
	all := t.reads[reader]
	for _, m := range marks {
		next := reading{Mark: m, position: at}
		i, found := slices.BinarySearchFunc(all, m.Device, compareReading)
		switch {
		case !found:
			all = slices.Insert(all, i, next)
		case next.compare(&all[i]) > 0:
			all[i] = next
		}
	}
	t.reads[reader] = all[:min(len(all), MaxMarks)]
}

func compareReading(r reading, device aura.DeviceID) int { return r.Device.Compare(device) }

// compare orders the marks of one device, the farthest last. Marks of two branches at one place differ in their identities.
func (r *reading) compare(o *reading) int {
	return cmp.Or(cmp.Compare(r.Through, o.Through), bytes.Compare(r.ID[:], o.ID[:]), cmp.Compare(r.position, o.position))
}

// mark returns how far a reader has read a device's facts, zero for not at all.
func (t *thread) mark(reader aura.AuthorityID, device aura.DeviceID) reading {
	all := t.reads[reader]
	if i, found := slices.BinarySearchFunc(all, device, compareReading); found {
		return all[i]
	}
	return reading{}
}

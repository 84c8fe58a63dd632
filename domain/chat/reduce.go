package chat

import (
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
	reads    map[aura.DeviceID]*fold.Newest[reading] // by the reader's device
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

type reading struct {
	reader   aura.AuthorityID
	marks    []Mark // ascending by device
	position fact.Position
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
			reads := &s.thread(context).reads
			put(reads, r.Fact.Device, at, reading{reader: r.Fact.Author, marks: p.Marks, position: r.Position})
		}
	case KindLeft:
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

func put[K comparable, V any](table *map[K]*fold.Newest[V], key K, at fold.Stamp, v V) {
	if *table == nil {
		*table = map[K]*fold.Newest[V]{}
	}
	if (*table)[key] == nil {
		(*table)[key] = &fold.Newest[V]{}
	}
	(*table)[key].Put(at, v)
}

// mark returns how far the device's facts were read.
func (r *reading) mark(device aura.DeviceID) Mark {
	i, found := slices.BinarySearchFunc(r.marks, device, func(m Mark, d aura.DeviceID) int { return m.Device.Compare(d) })
	if !found {
		return Mark{}
	}
	return r.marks[i]
}

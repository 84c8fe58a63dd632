package sim

import (
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/domain/device"
	"github.com/aura-runtime/aura/domain/moderation"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
)

// checker sees every fact that a person's journal commits, in the instant in which it becomes durable, and checks the
// invariants of each. It implements [journal.Sink]. It shares no code with the reducers of the agent: it keeps the
// little that it must know by itself.
type checker struct {
	person  *person
	ids     []aura.FactID                    // by position
	has     map[aura.FactID]bool             // those in ids
	own     map[aura.ContextID][]aura.FactID // own facts by Seq
	streams map[stream]heads
	takes   map[aura.ContextID]bool         // contexts in which this home takes part
	invited map[aura.ContextID][]invitation // groups to which facts that are here invite the person: each device of the founder may
	joined  map[aura.ContextID]bool         // groups that a home of the person joined
	short   map[[fact.ShortID]byte]bool     // the beginnings of those in ids
	prices  map[aura.ContextID][]uint64     // of own facts by Seq: the cost of all facts through this one
	heard   map[line]aura.FactID
	seq     map[line]uint64     // of own messages
	acked   map[stream]uint64   // own facts that a device of a peer confirmed, up to this Seq
	failed  map[receiver]uint64 // own facts whose delivery was given up, up to this Seq
	latest  map[line]int        // by line without its number: the last number heard
	blocked map[aura.AuthorityID]bool
	knows   map[aura.AuthorityID]bool
	labels  map[aura.ContextID]string       // as shown last
	renamed map[aura.ContextID]bool         // by the user, with an outcome that is not known: anything may be shown
	chosen  map[aura.ContextID]bool         // the user has renamed it at some time
	named   map[aura.ContextID]bool         // another device of the account labelled it, and may have at the same time as this one or with a label that is in use here
	foreign map[aura.OperationID]bool       // actions that another device of the account began
	news    []aura.DeviceID                 // devices whose removal came in this batch
	removed map[aura.DeviceID]bool          // devices whose removal came before
	since   map[aura.DeviceID]aura.Duration // when it came, at the latest
}

// receiver is a member of a context.
type receiver struct {
	context aura.ContextID
	peer    aura.AuthorityID
}

func newChecker(p *person) *checker {
	return &checker{
		person: p, has: map[aura.FactID]bool{}, own: map[aura.ContextID][]aura.FactID{}, streams: map[stream]heads{},
		takes: map[aura.ContextID]bool{}, invited: map[aura.ContextID][]invitation{}, short: map[[fact.ShortID]byte]bool{}, joined: map[aura.ContextID]bool{}, prices: map[aura.ContextID][]uint64{}, heard: map[line]aura.FactID{},
		seq: map[line]uint64{}, acked: map[stream]uint64{}, failed: map[receiver]uint64{}, latest: map[line]int{},
		blocked: map[aura.AuthorityID]bool{}, knows: map[aura.AuthorityID]bool{},
		labels: map[aura.ContextID]string{}, renamed: map[aura.ContextID]bool{},
		named: map[aura.ContextID]bool{}, chosen: map[aura.ContextID]bool{}, removed: map[aura.DeviceID]bool{}, since: map[aura.DeviceID]aura.Duration{}, foreign: map[aura.OperationID]bool{},
	}
}

// Committed implements [journal.Sink].
func (w *checker) Committed(records []fact.Record) {
	for i := range records {
		w.take(&records[i])
	}
	w.learnRemovals()
}

// learnRemovals lets the removals of which facts told count: a fact in the batch of the entry was taken before.
func (w *checker) learnRemovals() {
	for _, id := range w.news {
		if !w.removed[id] {
			w.removed[id], w.since[id] = true, w.person.world.sim.Elapsed()
		}
	}
	w.news = nil
}

func (w *checker) violate(invariant, format string, args ...any) {
	w.person.world.violate(w.person.name, invariant, format, args...)
}

// take sees one record.
func (w *checker) take(r *fact.Record) {
	switch next := fact.Position(len(w.ids) + 1); {
	case r.Position < next:
		if w.ids[r.Position-1] != r.ID {
			w.violate(PositionsGrow, "position %d was given twice", r.Position)
		}
		return
	case r.Position > next:
		w.violate(PositionsGrow, "position %d follows position %d", r.Position, next-1)
		return
	}
	w.trace(r)
	w.ids = append(w.ids, r.ID)
	w.has[r.ID], w.short[r.Place().ID] = true, true
	context, shared := r.Fact.Namespace.Context()
	w.person.world.chain(context, r)
	if shared {
		if w.removed[r.Fact.Device] && r.Fact.Device != w.person.ring.Device() && !w.shares(r.ID) {
			w.violate(RemovedSilent, "a fact of %s was taken after its removal was known", w.person.world.byDevice(r.Fact.Device).name)
		}
		w.hold(context, r)
		w.overheard(r)
		if r.Fact.Device == w.person.ring.Device() {
			w.price(context, r)
		} else {
			w.paid(context, r)
		}
	}
	w.learn(r)
}

// trace notes of a fact about deliveries whether another home of the device wrote it, so that it came by a sibling: it says how far the facts are
// that the other home had then. One that was here when the home was copied or restored is its own.
func (w *checker) trace(r *fact.Record) {
	p := w.person
	if r.Fact.Device != p.ring.Device() || r.Fact.Kind != delivery.KindAcked && r.Fact.Kind != delivery.KindFailed {
		return
	}
	if w != p.checker && int(r.Position) <= len(p.checker.ids) {
		return // the last process knew it
	}
	if p.world.written[r.ID] {
		p.returned[r.ID] = true
	}
	p.world.written[r.ID] = true
}

// overheard checks that a fact which comes to a removed device was said before its author knew of the removal: a session may
// end a moment later.
func (w *checker) overheard(r *fact.Record) {
	author := w.person.world.byDevice(r.Fact.Device)
	if author == nil || author.forked() || !w.person.first().spurned || w.shares(r.ID) {
		return
	}
	known := author.checker
	if at := w.person.world.steps[r.Place().ID].at; known.removed[w.person.ring.Device()] && at > known.since[w.person.ring.Device()]+endsWithin {
		w.violate(RemovedSilent, "%s told a device something after the removal was known", author.name)
	}
}

// shares reports whether another device of the account has a fact, so that it may have come from there: then its author paid for it towards that
// device, and it may come after a removal.
func (w *checker) shares(id aura.FactID) bool {
	for _, d := range w.person.owner().everywhere() {
		for _, h := range append([]*person{d}, d.copies...) {
			if h != w.person && h.ring.Device() != w.person.ring.Device() && h.checker != nil && h.checker.has[id] {
				return true
			}
		}
	}
	return false
}

// endsWithin is how long a session with a removed device may take to end.
const endsWithin = 5 * time.Second

// price notes the cost of an own fact.
func (w *checker) price(context aura.ContextID, r *fact.Record) {
	prices := w.prices[context]
	if r.Seq != uint64(len(prices)+1) {
		if !w.person.forked() {
			w.violate(PositionsGrow, "own fact %d of a context follows fact %d", r.Seq, len(prices))
		}
		return // a fact of another branch
	}
	w.own[context] = append(w.own[context], r.ID)
	before := uint64(0)
	if len(prices) > 0 {
		before = prices[len(prices)-1]
	}
	w.prices[context] = append(prices, before+uint64(guard.CostOf(len(r.Fact.Payload))))
}

// cost returns what own facts with a Seq in (from, through] cost together.
func (w *checker) cost(context aura.ContextID, from, through uint64) uint64 {
	prices := w.prices[context]
	at := func(seq uint64) uint64 {
		if seq = min(seq, uint64(len(prices))); seq == 0 {
			return 0
		}
		return prices[seq-1]
	}
	return at(through) - min(at(through), at(from))
}

// paid checks that the author of a fact that arrived had paid for it.
func (w *checker) paid(context aura.ContextID, r *fact.Record) {
	author := w.person.world.byDevice(r.Fact.Device)
	if author == nil || author.self() != r.Fact.Author {
		w.violate(MessageGenuine, "a fact arrived whose author is not in this world")
		return
	}
	if author.last == nil {
		return // its journal is being opened
	}
	if w.shares(r.ID) {
		return
	}
	if author.forked() {
		return // the ledger of the home that wrote it is one of several, or was turned back
	}
	charge := author.last.Charge(context, w.person.self())
	if charge.Through < r.Seq {
		w.violate(FactsPaid, "fact %d of %s is here, and paid for are %d", r.Seq, author.name, charge.Through)
	}
	if cost := author.checker.cost(context, charge.From, charge.Until); charge.Spent < cost {
		w.violate(FactsPaid, "%s paid %d for facts %d to %d, which cost %d", author.name, charge.Spent, charge.From+1, charge.Until, cost)
	}
}

// learn keeps what later checks need.
func (w *checker) learn(r *fact.Record) {
	p, talks := w.person, &w.person.world.talks
	context, shared := r.Fact.Namespace.Context()
	own := !shared && r.Fact.Author == p.self()
	here := own && r.Fact.Device == p.ring.Device() // and not at the device that enrolled this one
	if own && !here && !r.Fact.Operation.IsZero() {
		w.foreign[r.Fact.Operation] = true
	}
	switch {
	case r.Fact.Kind == contact.KindRenamed && own && !here:
		var renamed contact.Renamed
		if w.read(r, &renamed) {
			w.named[renamed.Context] = true
		}
	case r.Fact.Kind == chat.KindMessage && shared:
		w.hear(context, r)
	case r.Fact.Kind == delivery.KindAcked && here && !p.returned[r.ID]:
		var ack delivery.Acked
		if w.read(r, &ack) {
			w.confirm(&ack)
		}
	case r.Fact.Kind == delivery.KindFailed && here && !p.returned[r.ID]:
		var failed delivery.Failed
		if w.read(r, &failed) {
			key := receiver{failed.Context, failed.Peer}
			w.failed[key] = max(w.failed[key], failed.Through)
		}
	case r.Fact.Kind == device.KindRoster && (shared || own):
		w.list(r)
	case r.Fact.Kind == chat.KindLeft && shared:
		talks.conversation(context).left[p.world.byAuthority(r.Fact.Author)] = true
	case r.Fact.Kind == contact.KindAdded && own:
		var added contact.Added
		if w.read(r, &added) {
			w.knows[added.Authority] = true
			w.takes[added.Context] = true
			talks.conversation(added.Context).took[p.owner()] = true
			talks.conversation(added.Context).join(p.owner())
			talks.conversation(added.Context).join(p.world.byAuthority(added.Authority))
		}
	case r.Fact.Kind == chat.KindCreated && own:
		var group chat.Group
		if w.read(r, &group) {
			w.found(&group, r)
		}
	case r.Fact.Kind == chat.KindInvited && shared && r.Fact.Author != p.self():
		var invited chat.Invited
		if w.read(r, &invited) {
			if group, err := invited.Group.Context(); err == nil {
				w.invited[group] = append(w.invited[group], invitation{stream{context, r.Fact.Device}, r.Place()})
				if w.joined[group] {
					w.takes[group] = true
				}
			}
		}
	case r.Fact.Kind == chat.KindJoined && own:
		var joined chat.Joined
		if w.read(r, &joined) {
			w.joined[joined.Context] = true
			if _, known := w.invited[joined.Context]; known {
				w.takes[joined.Context] = true
			}
		}
	case r.Fact.Kind == moderation.KindBlocked && own, r.Fact.Kind == moderation.KindUnblocked && own:
		var target moderation.Target
		if w.read(r, &target) {
			w.blocked[target.Authority] = r.Fact.Kind == moderation.KindBlocked
		}
	}
}

// confirm checks that a peer that is recorded to have facts has these facts, and not others with their numbers.
func (w *checker) confirm(a *delivery.Acked) {
	key := stream{a.Context, a.Device}
	before := w.acked[key]
	w.acked[key] = max(before, a.Through)
	peer := w.person.world.byDevice(a.Device)
	if peer == nil || peer.last == nil {
		return
	}
	covered, known := w.covered(a, before)
	if !known {
		w.violate(StatesHonest, "%s is recorded to have %d facts, and %d were written here", peer.name, a.Through, len(w.own[a.Context]))
	}
	for i, id := range covered {
		if !peer.holds(id) {
			w.violate(StatesHonest, "%s is recorded to have fact %d, which is not there", peer.name, before+uint64(i)+1)
			return
		}
	}
}

// covered returns the own facts that a record says a peer has, and that no record before did, whose numbers go up to
// before. It is false for facts that do not exist. A record names a number, which means the facts of this home's own
// branch; a record that names heads will mean all facts below them, and this is the one place that reads it.
func (w *checker) covered(a *delivery.Acked, before uint64) (ids []aura.FactID, known bool) {
	own := w.own[a.Context]
	if a.Through > uint64(len(own)) {
		return nil, false
	}
	return own[min(before, a.Through):a.Through], true
}

func (w *checker) read(r *fact.Record, payload any) bool {
	err := fact.Unmarshal(r.Fact.Payload, payload)
	if err != nil {
		w.violate(MessageGenuine, "a committed fact of kind %s does not decode: %v", r.Fact.Kind, err)
	}
	return err == nil
}

func (w *checker) found(g *chat.Group, r *fact.Record) {
	context, err := g.Context()
	if err != nil {
		w.violate(MessageGenuine, "a group was founded that has no context: %v", err)
		return
	}
	c := w.person.world.talks.conversation(context)
	w.takes[context] = true
	w.invited[context] = append(w.invited[context], invitation{stream{aura.ContextID(r.Fact.Namespace.ID), r.Fact.Device}, r.Place()})
	c.group, c.founder, c.maker = true, w.person.owner(), w.person.world.byDevice(r.Fact.Device)
	for _, m := range g.Members {
		c.join(w.person.world.byAuthority(m.Authority))
	}
}

// hear checks a message: that it was written so, is new here, and follows what its author wrote before.
func (w *checker) hear(context aura.ContextID, r *fact.Record) {
	var text chat.Text
	if !w.read(r, &text) {
		return
	}
	m := w.person.world.talks.find(context, text.Text)
	if m == nil || m.author.self() != r.Fact.Author {
		w.violate(MessageGenuine, "the text %.40q arrived and was never written here", text.Text)
		return
	}
	if _, again := w.heard[m.line]; again {
		w.violate(MessageOnce, "message %d of lane %d of %s came twice", m.number, m.lane, m.author.name)
		return
	}
	w.heard[m.line] = r.ID
	w.refusal(m)
	if m.author == w.person {
		w.seq[m.line] = r.Seq
	}
	lane := m.line
	lane.number = 0
	if last := w.latest[lane]; m.number < last {
		w.violate(MessageOrder, "message %d of lane %d of %s came after message %d", m.number, m.lane, m.author.name, last)
	} else {
		w.latest[lane] = m.number
	}
}

// refusal checks that a message that was refused is not here.
func (w *checker) refusal(m *message) {
	if _, heard := w.heard[m.line]; heard && m.refused {
		w.violate(RefusalsHold, "message %d of lane %d of %s was refused and is here", m.number, m.lane, m.author.name)
	}
}

// compare checks that everything that an earlier checker of the same journal saw is still at its position, and takes
// over the labels that it saw on the screen. After a restore the earlier checker is that of the backup.
func (w *checker) compare(earlier *checker) {
	w.labels, w.renamed, w.chosen = earlier.labels, earlier.renamed, earlier.chosen
	for i, id := range earlier.ids {
		if i >= len(w.ids) || w.ids[i] != id {
			w.violate(FactKept, "of %d committed facts, those from position %d on are not there after a restart", len(earlier.ids), i+1)
			break
		}
	}
	for _, m := range w.person.world.talks.order {
		switch _, kept := w.heard[m.line]; {
		case !m.acked || m.author != w.person || kept || m.lost:
		case w.person.restored:
			m.lost = true
		default:
			w.violate(MessageKept, "message %d of lane %d is not there after a restart", m.number, m.lane)
		}
	}
}

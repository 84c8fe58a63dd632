package sim

import (
	"fmt"
	"slices"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/device"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/roster"
	"github.com/aura-runtime/aura/task"
)

// The world's own view of the bounds of removed devices: it knows all facts that were ever durable anywhere, and which
// fact follows which. It shares no code with package roster nor with the journal.

const (
	// boundedShare is the share of the removals whose maker says bounds, and cutShare that of the bounds that leave out
	// some of what a home holds.
	boundedShare, cutShare = 0.8, 0.3
	// maxCut is how many facts of a stream such a bound leaves out at most.
	maxCut = 8
	// boundWithin is how long a home may take to follow a bound: what makes folds anew is paced.
	boundWithin = 15 * time.Minute
)

// closed is a fact with a bound.
type closed struct {
	roster.Closed
	id aura.FactID
}

// step is a fact of a stream and those that it follows.
type step struct {
	place fact.Place
	after [][fact.ShortID]byte
	at    aura.Duration // when it was durable first
}

// chain notes which facts a fact follows, and a bound that it says. An own namespace stands for a context here.
func (w *simulation) chain(context aura.ContextID, r *fact.Record) {
	at := r.Place()
	if _, known := w.steps[at.ID]; known {
		return
	}
	s := step{place: at, at: w.sim.Elapsed()}
	for _, m := range r.Fact.Merges {
		s.after = append(s.after, m.ID)
	}
	if len(s.after) == 0 && r.Fact.Prev != ([fact.ShortID]byte{}) {
		s.after = append(s.after, r.Fact.Prev)
	}
	w.steps[at.ID] = s
	if r.Fact.Kind != device.KindClosed {
		return
	}
	var c roster.Closed
	if fact.Unmarshal(r.Fact.Payload, &c) == nil {
		of := stream{context, c.Device}
		w.bounds[of] = append(w.bounds[of], closed{c, r.ID})
	}
}

// behind returns the facts that are at one of some places or before it.
func (w *simulation) behind(heads []fact.Place) map[[fact.ShortID]byte]bool {
	all := map[[fact.ShortID]byte]bool{}
	var next [][fact.ShortID]byte
	for _, h := range heads {
		next = append(next, h.ID)
	}
	for len(next) > 0 {
		id := next[len(next)-1]
		if next = next[:len(next)-1]; !all[id] {
			all[id] = true
			next = append(next, w.steps[id].after...)
		}
	}
	return all
}

// verdict says of a removed device's facts at a home which ones count there: nil when all that are here do.
type verdict struct {
	counts map[[fact.ShortID]byte]bool
	open   uint64 // facts at smaller places may be behind a head that is not here
}

// void reports whether a fact does not count here.
func (v *verdict) void(at fact.Place) bool { return v != nil && !v.counts[at.ID] && at.Seq >= v.open }

// verdict returns what a home must think of the facts of a device in a context by the entries and bounds that it has.
func (w *checker) verdict(of stream) *verdict {
	world := w.person.world
	if !w.removed[of.author] {
		return nil
	}
	var heads []fact.Place
	said := false
	for _, c := range world.bounds[of] {
		if w.has[c.id] {
			heads, said = append(heads, c.Heads...), true
		}
	}
	if !said {
		return nil
	}
	v := &verdict{counts: world.behind(heads)}
	for _, h := range heads {
		if !w.short[h.ID] {
			v.open = max(v.open, h.Seq)
		}
	}
	return v
}

// takesIn reports whether a home takes part in a conversation: of a group it knows the members, which a fact of the device
// that founded it says.
func (w *checker) takesIn(context aura.ContextID) bool {
	return w.takes[context] && !w.expelled(context)
}

// expelled reports whether the facts that invited a home to a group are void, or that which founded it by an own device.
func (w *checker) expelled(context aura.ContextID) bool {
	all := w.invited[context]
	return len(all) > 0 && !slices.ContainsFunc(all, func(by invitation) bool { return !w.verdict(by.stream).void(by.at) })
}

// invitation is where the fact lies that invites to a group, or that says that an own device founded it.
type invitation struct {
	stream
	at fact.Place
}

// misjudged names a fact of a removed device that counts at a home and must not, or the other way round, in the journal or
// on the screen; empty: there is none.
func (l *life) misjudged(tc task.Context) string {
	fresh, err := l.reduce(tc)
	if err != nil {
		return err.Error()
	}
	for _, p := range l.world.people {
		for _, d := range p.everywhere() {
			if !d.spurned || d.owner() == l.owner() && d == l.first() {
				continue
			}
			for _, context := range d.contexts() {
				if found := l.misjudgedIn(stream{context, d.ring.Device()}, fresh); found != "" {
					return found
				}
			}
		}
	}
	return ""
}

func (l *life) misjudgedIn(of stream, fresh *reduction) string {
	v := l.checker.verdict(of)
	author := l.world.byDevice(of.author)
	shown := map[aura.FactID]bool{}
	messages, more := fresh.chats.Messages(fresh.setting(), of.context, 0)
	for i := range messages {
		shown[messages[i].ID] = true
	}
	for from := uint64(1); ; {
		records, err := l.agent.Journal().ByAuthor(fact.ContextNamespace(of.context), of.author, from, maxPage)
		if err != nil {
			return err.Error()
		}
		if len(records) == 0 {
			return ""
		}
		for i := range records {
			r := &records[i]
			void := v.void(r.Place())
			always := r.Fact.Kind == device.KindRoster || r.Fact.Kind == device.KindClosed
			switch {
			case r.Void != (void && !always):
				return fmt.Sprintf("fact %d of %s (%s) is void: %t, and in the journal: %t", r.Seq, author.name, r.Fact.Kind, void, r.Void)
			case r.Fact.Kind == chat.KindMessage && void && shown[r.ID]:
				return fmt.Sprintf("fact %d of %s is void and is shown", r.Seq, author.name)
			case r.Fact.Kind == chat.KindMessage && !void && !shown[r.ID] && !more && l.reads(of.context, author):
				return fmt.Sprintf("fact %d of %s counts and is not shown", r.Seq, author.name)
			}
			from = r.Number + 1
		}
	}
}

// maxPage is how many facts are read at once.
const maxPage = 256

// reads reports whether the user sees all that another person says in a conversation.
func (l *life) reads(context aura.ContextID, author *person) bool {
	_, blocked := l.checker.blocked[author.self()]
	return !blocked && l.checker.takesIn(context)
}

// follow waits until every home counts of removed devices what the bounds say.
func (w *simulation) follow(tc task.Context) {
	if w.report.Removals == 0 {
		return
	}
	for _, p := range w.homes() {
		w.within(tc, boundWithin, p.life, BoundsHold, func() string { return p.life.misjudged(tc) })
	}
}

// sayBounds lets the maker of a removal say up to where the device counts in each conversation: up to what some home holds
// of it, or less.
func (w *simulation) sayBounds(tc task.Context, c *chance, p, d *person, entry roster.Hash) {
	for _, context := range p.contexts() {
		if w.closing || !p.checker.takesIn(context) || c.happens(1-boundedShare) {
			continue
		}
		at := one(c, slices.DeleteFunc(w.homes(), func(h *person) bool { return h.last == nil }))
		heads, err := at.last.Heads(fact.ContextNamespace(context), d.ring.Device())
		if err != nil {
			continue
		}
		if c.happens(cutShare) {
			heads = w.shorten(c, heads)
		}
		slices.SortFunc(heads, fact.Place.Compare)
		bound := roster.Closed{Device: d.ring.Device(), Entry: entry, Heads: heads}
		if p.act(tc, "bound", func(tc task.Context, l *life) error { return l.sayBound(tc, context, bound) }) == nil {
			w.report.Bounds++
		}
	}
}

// shorten returns the place of one fact a little before a head.
func (w *simulation) shorten(c *chance, heads []fact.Place) []fact.Place {
	if len(heads) == 0 {
		return nil
	}
	at := one(c, heads)
	for range c.IntN(maxCut) {
		after := w.steps[at.ID].after
		if len(after) == 0 {
			break
		}
		at = w.steps[one(c, after)].place
	}
	return []fact.Place{at}
}

func (l *life) sayBound(tc task.Context, context aura.ContextID, bound roster.Closed) error {
	there := func() (ref chat.Ref, ok bool) {
		for _, t := range l.threads() {
			if t.Context == context && !t.Left && present(t, l.self()) {
				return t.Ref, true
			}
		}
		return ref, false // not yet, or the others left the group
	}
	to, ok := there()
	if !ok {
		return nil
	}
	in := fact.Intent{Kind: device.IntentClose}
	_, _ = l.world.sim.Entropy(l.name + " bound").Read(in.Operation[:])
	var err error
	if in.Payload, err = fact.Marshal(device.CloseIntent{To: to, Closed: bound}); err != nil {
		return err
	}
	_, err = l.agent.Submit(tc, in)
	if _, still := there(); !still {
		return nil
	}
	return err
}

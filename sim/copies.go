package sim

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
)

const (
	// copyEvery is the mean time between two troubles with copies for each agent.
	copyEvery = 30 * time.Second
	// maxBackups is how many copies of its disk a person keeps: the oldest make room for new ones.
	maxBackups = 8
	// maxBeside is how many copies of a home run beside it at once.
	maxBeside = 2
	// maxForks bounds how often a home of one person is copied or restored: a stream has at most 16 branches.
	maxForks = 12
	// maxReads bounds the attempts to copy a disk whose reads fail by chance.
	maxReads = 100
	// togetherFor is how long one home of each device is alone with those of the others in the end, at most, and calmFor how
	// long after they hold the same.
	togetherFor = 3 * time.Minute
	calmFor     = 10 * time.Second
	// maxMeetings bounds how often two homes meet in the end.
	maxMeetings = 4
	// exchanged is how long the exchange of an invitation may take.
	exchanged = time.Minute
)

// backup is a copy of a person's disk, and what the world knew of the home then.
type backup struct {
	disk    *journal.Faulty
	ids     []aura.FactID
	takes   int // in how many contexts the home took part
	spent   []spending
	spentIn map[spending]int
}

// injectCopies copies and restores homes until the world closes. Each trouble is a task of its own, so that they overlap
// with each other and with all other faults.
func (w *simulation) injectCopies(tc task.Context) error {
	c := newChance(w.sim.Entropy("copies"))
	for !w.closing {
		if err := tc.Sleep(c.pause(copyEvery / aura.Duration(len(w.devices())))); err != nil {
			return err
		}
		if w.closing {
			break
		}
		p := one(c, w.devices())
		switch n := c.IntN(100); {
		case n < 20:
			p.backUp(tc)
		case n < 40:
			tc.Group().Go("backup", func(tc task.Context) error { return w.duringCommit(tc, p, p.backUp) })
		case n < 75:
			tc.Group().Go("restore", func(tc task.Context) error { return w.restore(tc, c, p) })
		default:
			tc.Group().Go("copy", func(tc task.Context) error { return w.runCopy(tc, c, p) })
		}
	}
	return nil
}

// commitWithin is how long a copy waits for a commit, in the middle of which it is made.
const commitWithin = 20 * time.Second

// duringCommit calls fn in the middle of the next commit of a home: the batch is durable, and neither the journal nor
// anything above knows. When there is none for some time it calls nothing.
func (w *simulation) duringCommit(tc task.Context, p *person, fn func(task.Context)) error {
	if p.atCommit != nil {
		return nil
	}
	done := task.NewLatch()
	p.atCommit = func(tc task.Context) {
		fn(tc)
		done.Open()
	}
	wait, end := tc.WithBudget("commit of "+p.name, commitWithin)
	defer end()
	_ = done.Wait(wait)
	p.atCommit = nil
	return tc.Err()
}

// store returns the disk of a person's next process.
func (w *simulation) store(p *person) journal.Store {
	s := w.plantStore(p)
	if w.options.Copies {
		return committing{s, p}
	}
	return s
}

// committing is a disk that can be copied in the middle of a commit.
type committing struct {
	journal.Store
	person *person
}

// Apply implements [journal.Store].
func (c committing) Apply(tc task.Context, b *journal.Batch) error {
	err := c.Store.Apply(tc, b)
	if then := c.person.atCommit; then != nil && err == nil {
		c.person.atCommit = nil
		then(tc)
	}
	return err
}

// backUp keeps a copy of a person's disk as it is durable at this instant.
func (p *person) backUp(tc task.Context) {
	disk := p.world.copyDisk(tc, p.name, p.disk)
	if disk == nil {
		return
	}
	if len(p.backups) == maxBackups {
		p.backups = p.backups[1:]
	}
	p.backups = append(p.backups, backup{
		disk: disk, ids: slices.Clone(p.checker.ids), takes: len(p.checker.takes),
		spent: slices.Clone(p.spent), spentIn: maps.Clone(p.spentIn),
	})
}

// copyDisk returns a copy of the durable part of a disk, for a home with a name; nil: the disk cannot be read.
func (w *simulation) copyDisk(tc task.Context, name string, from *journal.Faulty) *journal.Faulty {
	for range maxReads {
		disk := journal.NewFaulty(w.sim.Entropy(name+" disk"), journal.Faults{})
		all := &journal.Batch{}
		if from.Iterate(nil, nil, func(key, value []byte) error {
			all.Set(bytes.Clone(key), bytes.Clone(value))
			return nil
		}) == nil && disk.Apply(tc, all) == nil {
			return disk
		}
	}
	return nil
}

// forkable reports whether a copy of a person's home would know all people and conversations that the home knows. An
// old copy cannot learn from its peers whom it forgot, and which of two copies has a new contact is chance: both need
// own sync between devices, and so do invitations and groups that are made while copies run, see [life.mayJoin].
func (w *simulation) forkable(p *person) bool {
	user := p.owner()
	if p.life == nil || p.spurned || user.enrolling || p.forks == maxForks || len(user.letters) > 0 || w.sim.Elapsed()-w.joined < exchanged {
		return false
	}
	for _, q := range w.people {
		met := user == q || p.checker.knows[q.self()] && q.checker.knows[p.self()]
		asked := slices.ContainsFunc(q.letters, func(l letter) bool { return l.from == user })
		if !met || asked {
			return false
		}
	}
	for _, d := range w.devices() {
		if d.life != nil && d.life.joins > 0 {
			return false
		}
	}
	for context, c := range w.talks.contexts {
		if slices.Contains(c.members, user) && !c.left[user] && !p.checker.takes[context] && c.by(user) == nil {
			return false
		}
	}
	return true
}

// mayJoin reports whether the user may meet people, and found and leave groups: not while copies of any home run, or a new device
// of the account learns whom it knows.
func (l *life) mayJoin() bool {
	w := l.world
	return w.copying == 0 && !l.owner().enrolling && !slices.ContainsFunc(w.devices(), func(p *person) bool { return len(p.copies) > 0 })
}

// joining lets the user meet people or found a group.
func (l *life) joining(tc task.Context, fn func(task.Context)) {
	l.joins++
	defer func() { l.joins-- }()
	fn(tc)
}

// restore puts a backup in the place of a person's disk, and starts the agent again after a while. Half of the old
// copies are off the network at first, so that they write before they hear of what they forgot.
func (w *simulation) restore(tc task.Context, c *chance, p *person) error {
	if !p.turn.TryAcquire() {
		return nil // another task stops or starts it
	}
	defer p.turn.Release()
	if p.faults != (journal.Faults{}) || p.broken || !w.forkable(p) {
		return nil
	}
	// A later backup knows at least the people and conversations of an earlier one.
	same := slices.DeleteFunc(slices.Clone(p.backups), func(b backup) bool { return b.takes != len(p.checker.takes) })
	if len(same) == 0 {
		return nil
	}
	b := one(c, same)
	p.forks++
	if c.happens(0.5) {
		p.crash()
	} else {
		p.stop(tc)
	}
	w.report.Restores++
	if slices.ContainsFunc(p.checker.ids, func(id aura.FactID) bool { return !slices.Contains(b.ids, id) }) {
		w.report.OldCopies++
	}
	w.note(tc, "restore", p.name)
	p.rollBack(tc, &b)
	if c.happens(0.5) {
		w.net.Detach(p.link())
		tc.Group().Go("attach", func(tc task.Context) error {
			err := w.until(tc, time.Second, time.Minute)
			w.net.Attach(p.link())
			return err
		})
	}
	if err := w.until(tc, 0, 20*time.Second); err != nil {
		return err
	}
	p.revive(tc)
	w.note(tc, "start", p.name)
	return nil
}

// rollBack makes a person's disk, and what the world expects of the home, those of a backup.
func (p *person) rollBack(tc task.Context, b *backup) {
	p.disk = p.world.copyDisk(tc, p.name, b.disk)
	p.checker = newChecker(p)
	p.checker.ids = slices.Clone(b.ids)
	p.spent, p.spentIn, p.ended = slices.Clone(b.spent), maps.Clone(b.spentIn), map[aura.OperationID]domain.Phase{}
	p.restored = true
	p.last = nil // until the next process has opened the journal
}

// runCopy starts a copy of a person's home, as its disk is durable at this instant, beside the original. Some copies
// are in use until the world ends, the others for some minutes; some crash meanwhile.
func (w *simulation) runCopy(tc task.Context, c *chance, p *person) error {
	var twin *person
	copyNow := func(tc task.Context) { twin = w.newCopy(tc, p) }
	if c.happens(0.5) {
		copyNow(tc)
	} else if err := w.duringCommit(tc, p, copyNow); err != nil {
		return err
	}
	if twin == nil {
		return nil
	}
	if err := twin.turn.Acquire(tc); err != nil {
		return err
	}
	w.report.Copies++
	w.note(tc, "copy", p.name)
	twin.revive(tc)
	w.note(tc, "start", twin.name)
	if c.happens(0.3) {
		if err := w.until(tc, 0, time.Minute); err != nil {
			return err
		}
		w.report.Crashes++
		w.note(tc, "crash", twin.name)
		twin.crash()
		twin.revive(tc)
	}
	twin.turn.Release()
	if err := w.until(tc, 10*time.Second, 4*time.Minute); err != nil || w.closing || c.happens(0.3) {
		return err
	}
	if err := twin.turn.Acquire(tc); err != nil {
		return err
	}
	defer twin.turn.Release()
	w.note(tc, "discard", twin.name)
	twin.crash()
	p.copies = slices.DeleteFunc(p.copies, func(o *person) bool { return o == twin })
	for _, m := range w.talks.order {
		m.lost = m.lost || m.author == twin
	}
	return nil
}

// newCopy returns a copy of a person's home, which does not run yet; nil: there cannot be one now.
func (w *simulation) newCopy(tc task.Context, p *person) *person {
	w.copying++ // see [life.mayJoin]
	defer func() { w.copying-- }()
	if len(p.copies) == maxBeside || !w.forkable(p) {
		return nil
	}
	p.copied++
	twin := w.newPerson(p.number-1, p.slot, fmt.Sprintf("%s copy %d", p.name, p.copied))
	disk := w.copyDisk(tc, twin.name, p.disk)
	if disk == nil {
		return nil
	}
	p.forks++
	twin.original, twin.machine, twin.ring, twin.disk = p, p.copied, p.ring, disk
	twin.stay(transport.Address(fmt.Sprintf("/ip4/203.0.113.%d/udp/%d/quic-v1", p.number, p.port()-1+p.copied)))
	twin.checker.ids, twin.returned = slices.Clone(p.checker.ids), maps.Clone(p.returned)
	twin.spent, twin.spentIn = slices.Clone(p.spent), maps.Clone(p.spentIn)
	p.copies = append(p.copies, twin)
	return twin
}

// homes returns all homes of all devices that are in use.
func (w *simulation) homes() (all []*person) {
	for _, p := range w.devices() {
		all = append(all, p.homes()...)
	}
	return all
}

// first returns the first home of a device, which the others are copies of.
func (p *person) first() *person {
	if p.original != nil {
		return p.original
	}
	return p
}

// homes returns the homes of a device that are in use.
func (p *person) homes() []*person { return append([]*person{p.first()}, p.first().copies...) }

// homesIn returns the homes of a device that must have the facts of a context: those that take part, and the first one of an
// account, which learns of all conversations but those that another device of it founded.
func (p *person) homesIn(context aura.ContextID) []*person {
	return slices.DeleteFunc(p.homes(), func(h *person) bool {
		return !h.checker.takesIn(context) && (h != h.owner() || h.checker.expelled(context) || h.world.talks.contexts[context].by(h) != nil)
	})
}

// forked reports whether a home of the device was ever copied or restored.
func (p *person) forked() bool { return p.first().forks > 0 }

// holding is a fact at a device.
type holding struct {
	at aura.DeviceID
	id aura.FactID
}

// holds reports whether a home of a device has a fact, or had it before it was restored or went out of use. A peer that
// was told of the fact then does not learn that it is gone.
func (p *person) holds(id aura.FactID) bool {
	return slices.ContainsFunc(p.homes(), func(h *person) bool { return h.checker.has[id] }) ||
		p.forked() && p.world.held[holding{p.ring.Device(), id}]
}

// stream names the facts of one device in one context.
type stream struct {
	context aura.ContextID
	author  aura.DeviceID
}

// heads says which facts of a stream a home holds, by their number and the sum of their identities without carry: equal
// heads are equal facts. It does not rest on the heads of chains, which it helps to check.
type heads struct {
	count int
	sum   aura.FactID
}

// hold notes a fact of a context.
func (w *checker) hold(context aura.ContextID, r *fact.Record) {
	w.person.world.held[holding{w.person.ring.Device(), r.ID}] = true
	at := stream{context, r.Fact.Device}
	h := w.streams[at]
	h.count++
	for i := range h.sum {
		h.sum[i] ^= r.ID[i]
	}
	w.streams[at] = h
}

// diverged names two homes that do not hold the same facts of a stream that must reach both; empty: there are none.
func (w *simulation) diverged() string { return w.divergedAmong(w.homes()) }

// divergedAmong is diverged for some homes alone.
func (w *simulation) divergedAmong(some []*person) string {
	for _, author := range w.devices() {
		for _, context := range author.contexts() {
			at := stream{context, author.ring.Device()}
			gaveUp := func(p *person) bool {
				return slices.ContainsFunc(author.homes(), func(h *person) bool {
					return h.checker.failed[receiver{context, p.self()}] > 0
				})
			}
			for _, here := range w.audience(context, author, gaveUp) {
				for _, there := range author.homesIn(context) {
					if !slices.Contains(some, here) || !slices.Contains(some, there) {
						continue
					}
					if a, b := here.checker.streams[at], there.checker.streams[at]; a != b {
						return fmt.Sprintf("%s has %d facts of %s in %s and %s has %d, and they are not the same",
							here.name, a.count, author.name, context, there.name, b.count)
					}
				}
			}
		}
	}
	return ""
}

// due reports whether a message must be at all its recipients in the end: its author was told that it is durable, and the
// home that said so has it still. A message that a home lost with its disk is due when a home has it that the author talks
// with: who is blocked or removed, or left the group, returns nothing.
func (w *simulation) due(m *message) bool {
	return m.acked && !m.lost || w.options.Copies && slices.ContainsFunc(w.homes(), func(p *person) bool {
		_, has := p.checker.heard[m.line]
		return has && !p.first().spurned && !apart(p.first(), m.author.first()) && !w.talks.contexts[m.context].left[p.owner()]
	})
}

// keepers returns the homes that must have a message that is due.
func (w *simulation) keepers(m *message) []*person {
	all := w.recipients(m)
	if m.lost && len(all) > 0 && slices.Contains(m.author.homes(), m.author) {
		all = append(all, m.author)
	}
	return all
}

// undelivered returns the invariant that does not hold when a home has not got a message.
func (w *simulation) undelivered(m *message, at *person) string {
	if m.author.forked() || at.forked() {
		return CopiesSpeak
	}
	return MessageDelivered
}

// mingle lets each home of a device meet each home of every other device, until all hold the same: one home of each
// device runs at a time. Two people who both have two homes may otherwise talk in two separate pairs for ever, and no home
// can know.
func (w *simulation) mingle(tc task.Context) {
	if len(w.homes()) == len(w.devices()) {
		return
	}
	met := map[[2]*person]int{}
	for times := 1; times <= maxMeetings && (times == 1 || !w.arrived()); times++ {
		for together := w.leastMet(met, times); together != nil; together = w.leastMet(met, times) {
			if w.meetAlone(tc, together); w.broken() || tc.Err() != nil {
				return
			}
		}
	}
	for _, p := range w.homes() {
		p.stop(tc)
		p.alone = false
	}
	for _, p := range w.homes() {
		p.revive(tc)
	}
}

// meetAlone stops all homes but some, and waits until these hold the same, as long as that may take. A peer may know a home
// by the address of a copy that is out of use, and be known to it no better: who meets alone is where any copy ever was.
func (w *simulation) meetAlone(tc task.Context, together []*person) {
	for _, p := range w.homes() {
		if !slices.Contains(together, p) {
			p.stop(tc)
			p.alone = false
		}
	}
	for _, p := range together {
		if w.note(tc, "together", p.name); !p.alone {
			p.stop(tc)
			p.alone = true
		}
		p.revive(tc)
	}
	// In the common case no home has anything new for another one, and this is long enough to say so.
	for end := tc.Elapsed() + w.patience(togetherFor); !w.broken() && tc.Sleep(lookAgain) == nil && tc.Elapsed() < end; {
		w.look(tc)
		if w.divergedAmong(together) == "" {
			break
		}
	}
	_ = tc.Sleep(calmFor)
}

// leastMet returns one home of each device, those that have met least, and notes that they meet; nil when all have met
// each other so many times.
func (w *simulation) leastMet(met map[[2]*person]int, times int) []*person {
	var together []*person
	news := false
	for i, p := range w.devices() {
		var best *person
		var most int
		for _, h := range p.homes() {
			n := 0
			for j, q := range w.devices() {
				for _, o := range q.homes() {
					if chosen := slices.Contains(together, o); q != p && (chosen || j > i) && met[pairOf(h, o)] < times {
						n += times - met[pairOf(h, o)]
						if chosen {
							n += len(w.homes())
						}
					}
				}
			}
			if best == nil || n > most {
				best, most = h, n
			}
		}
		for _, o := range together {
			news = news || met[pairOf(best, o)] < times
		}
		together = append(together, best)
	}
	if !news {
		return nil
	}
	for i, p := range together {
		for _, o := range together[:i] {
			met[pairOf(p, o)]++
		}
	}
	return together
}

func pairOf(a, b *person) [2]*person {
	if a.number > b.number || a.number == b.number && a.slot > b.slot {
		a, b = b, a
	}
	return [2]*person{a, b}
}

package sim

import (
	"fmt"
	"slices"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/roster"
	"github.com/aura-runtime/aura/task"
)

const (
	// deviceEvery is the mean time between two events with the devices of each person.
	deviceEvery = 40 * time.Second
	// phraseShare is the share of the devices that are without the root key.
	phraseShare = 0.4
	// maxEnrolled is how many devices an account enrols in all.
	maxEnrolled = 8
)

// listing is what all entries of an account together say, those that no home but their maker has, too.
type listing struct {
	chain *roster.Chain
	drops map[roster.Hash][]aura.DeviceID // devices that an entry removed
}

// owner returns the home by which the world knows the person: the first of the first device.
func (p *person) owner() *person {
	if f := p.first(); f.account != nil {
		return f.account
	}
	return p.first()
}

// everywhere returns the first home of each device that the person's account ever had.
func (p *person) everywhere() []*person { return append([]*person{p.owner()}, p.owner().devices...) }

// devices returns the first homes of all devices that are in use, those of the first devices of all people first.
func (w *simulation) devices() []*person {
	if w.options.Devices == 1 {
		return w.people
	}
	all := slices.Clone(w.people)
	for _, p := range w.people {
		for _, d := range p.devices {
			if !d.retired {
				all = append(all, d)
			}
		}
	}
	return all
}

// byDevice returns the first home of a device, nil if there is none.
func (w *simulation) byDevice(id aura.DeviceID) *person {
	for _, p := range w.people {
		for _, d := range p.everywhere() {
			if d.ring.Device() == id {
				return d
			}
		}
	}
	return nil
}

// injectDevices lets people change which devices they have, and what share each has, until the world closes.
func (w *simulation) injectDevices(tc task.Context) error {
	c := newChance(w.sim.Entropy("devices"))
	mean := deviceEvery / aura.Duration(len(w.people))
	for !w.closing {
		if err := tc.Sleep(max(c.pause(mean), w.dawn-tc.Elapsed())); err != nil {
			return err
		}
		if w.closing {
			break
		}
		p := one(c, w.people)
		what, change := "enrol", w.enrol
		switch {
		case c.happens(contestShare):
			what, change = "contest", w.contest
		case c.happens(giveShare):
			what, change = "give", w.give
		case c.happens(removeShare):
			what, change = "remove", w.remove
		}
		tc.Group().Go(what, func(tc task.Context) error { return change(tc, c, p) })
	}
	return nil
}

// enrol lets a person use one more device, unless it has enough. Crashes in between may leave a device in the roster that has no
// home.
func (w *simulation) enrol(tc task.Context, c *chance, p *person) error {
	if p.enrolling || p.contested() || p.share() < 2*leastShare || p.enrolled == maxEnrolled || p.listed() >= w.options.Devices || p.life == nil || p.life.joins > 0 || len(p.copies) > 0 {
		return nil
	}
	p.enrolling = true
	defer func() { p.enrolling = false }()
	p.enrolled++
	w.joined = tc.Elapsed()
	d := w.newPerson(p.number-1, p.enrolled, fmt.Sprintf("%s device %d", p.name, p.enrolled+1))
	place := roster.RootPlaceHere
	if c.happens(phraseShare) {
		place = roster.RootPlacePhrase
	}
	d.account, d.ring = p, p.ring.Sibling(w.sim.Entropy(d.name+" keys"), place)
	w.note(tc, "enrol", d.name)
	defer func() {
		for _, h := range append(p.homes(), d) {
			h.backups = nil // no home goes back to before it knew its siblings
		}
	}()
	if !w.join(tc, c, p, d) {
		return nil
	}
	if w.options.Faults && c.happens(0.3) {
		d.drift(c)
	}
	w.report.Enrolments++
	w.joined = tc.Elapsed()
	if err := d.turn.Acquire(tc); err != nil {
		return err
	}
	defer d.turn.Release()
	p.devices = append(p.devices, d)
	d.revive(tc)
	w.note(tc, "start", d.name)
	return nil
}

// listed returns how many devices a person's account lists.
func (p *person) listed() int {
	if p.entries == nil {
		return 1
	}
	return len(p.says().Devices)
}

// share returns the device's part of every budget, by all entries of its account.
func (p *person) share() uint32 {
	says := p.owner().says()
	if says == nil {
		return roster.Whole
	}
	d, _ := says.Device(p.ring.Device())
	return d.Share
}

// act lets the person do something with the running agent. It returns [aura.Unavailable] when none runs, or when it ends
// before the action does.
func (p *person) act(tc task.Context, what string, fn func(task.Context, *life) error) error {
	l := p.life
	if l == nil {
		return aura.Errorf("sim.act", aura.Unavailable, "%s: no agent runs", p.name)
	}
	done := task.NewFuture[struct{}]()
	l.users.Go(what, func(tc task.Context) error {
		defer done.Resolve(struct{}{}, aura.Errorf("sim.act", aura.Unavailable, "%s: the process ended", p.name))
		done.Resolve(struct{}{}, l.do(tc, what, func(tc task.Context) (err error) {
			// A planted panic below the agent's own methods ends the action alone, not what else the person does.
			if broken := task.Contain(func() { err = fn(tc, l) }); broken != nil {
				return broken
			}
			return err
		}))
		return nil
	})
	_, err := done.Await(tc)
	return err
}

// list notes the entries of a fact about the devices of an account, which the home of the checker now has.
func (w *checker) list(r *fact.Record) {
	var a roster.Announced
	if !w.read(r, &a) {
		return
	}
	entries, err := a.Decode()
	p := w.person.world.byAuthority(r.Fact.Author)
	if err != nil || p == nil {
		w.violate(MessageGenuine, "a fact with entries of a roster does not decode, or its author is not in this world: %v", err)
		return
	}
	for i := range entries {
		p.list(&entries[i])
		w.news = append(w.news, p.entries.drops[entries[i].Hash()]...)
	}
}

// list adds an entry to those of the account, unless it is there.
func (p *person) list(e *roster.Entry) {
	if p.entries == nil {
		p.entries = &listing{chain: roster.New(p.self()), drops: map[roster.Hash][]aura.DeviceID{}}
	}
	l, hash := p.entries, e.Hash()
	if _, known := l.drops[hash]; known {
		return
	}
	if err := l.chain.Add(*e, 0); err != nil {
		p.world.violate(p.name, RostersAgree, "entry %d was committed: %v", e.Number, err)
	}
	l.drops[hash] = nil
	for _, before := range l.chain.Entries() {
		if !slices.Contains(e.Previous, before.Entry.Hash()) {
			continue
		}
		for i := range before.Entry.Devices {
			id := before.Entry.Devices[i].ID()
			if !slices.ContainsFunc(e.Devices, func(d roster.Device) bool { return d.ID() == id }) {
				l.drops[hash] = append(l.drops[hash], id)
				if d := p.world.byDevice(id); d != nil && !d.spurned {
					d.spurned, d.lastEpoch = true, p.world.epoch()
				}
			}
		}
	}
}

// drift lets the clock of a device differ from the others' for as long as the world lives.
func (p *person) drift(c *chance) {
	p.world.report.ClocksOff++
	p.usual = c.between(-usuallyWrong, usuallyWrong)
	p.wrong, p.misled = p.usual, true
}

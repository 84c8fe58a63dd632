package sim

import (
	"crypto/ed25519"
	"fmt"
	"slices"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/device"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/roster"
	"github.com/aura-runtime/aura/task"
)

// Devices of one account do not sync yet. So people carry the entries of their rosters from device to device by hand, which
// [simulation.tell] does.

const (
	// giveShare and contestShare are the shares of gifts and of contests among the events with devices.
	giveShare, contestShare = 0.15, 0.3
	// guardedShare is the share of the accounts that have guardians from the beginning.
	guardedShare = 0.5
	// contestedFor is how long an account is contested at most before it is decided.
	contestedFor = time.Minute
	// leastShare is what a device keeps of every budget when it gives a part away, or enrols another one: enough for the largest
	// text where budgets are small.
	leastShare = roster.Whole / 4
)

// guard gives an account guardians in some worlds, who hold a recovery key.
func (p *person) guard() {
	e := p.world.sim.Entropy(p.name + " guardians")
	if c := newChance(e); p.world.options.Devices > 1 && c.happens(guardedShare) {
		seed := make([]byte, ed25519.SeedSize)
		_, _ = e.Read(seed)
		p.guardians = ed25519.NewKeyFromSeed(seed)
	}
}

// guarded returns the first entries of the account, of which the second names the key of the guardians; nil: it has none.
func (p *person) guarded() ([]roster.Entry, error) {
	if p.guardians == nil {
		return nil, nil
	}
	cert := p.ring.Certificate()
	first, err := roster.Found(&cert)
	if err != nil {
		return nil, err
	}
	chain := roster.New(p.self())
	if err := chain.Add(first, 0); err != nil {
		return nil, err
	}
	recovery := roster.Recovery{Key: [32]byte(p.guardians.Public().(ed25519.PublicKey)), Threshold: 2, Guardians: 3}
	second, err := roster.SetRecovery(chain.State(p.world.wall()), p.ring.Device(), recovery)
	if err != nil {
		return nil, err
	}
	sign, err := p.ring.Root()
	return []roster.Entry{first, second.Sign(sign)}, err
}

// foundRosters returns the facts about devices with which an account begins: its own entries if it has guardians, and since when
// it knows those of all others. They have had their guardians for long, so that the keys are not pending.
func (w *simulation) foundRosters(p *person) (drafts []fact.Draft, err error) {
	by := domain.Caller{Authority: p.self(), Device: p.ring.Device()}
	add := func(kind string, payload any) {
		if err == nil {
			var d fact.Draft
			d, err = by.Draft(kind, payload)
			drafts = append(drafts, d)
		}
	}
	seen := device.Seen{At: 1}
	for _, q := range w.people {
		entries, failed := q.guarded()
		if failed != nil {
			return nil, failed
		}
		for i := range entries {
			if entries[i].Number > 0 {
				seen.Entries = append(seen.Entries, entries[i].Hash())
			}
		}
		if q != p || len(entries) == 0 {
			continue
		}
		announced, failed := roster.Announce(entries)
		if failed != nil {
			return nil, failed
		}
		for _, part := range announced {
			add(device.KindRoster, part)
		}
	}
	if len(seen.Entries) > 0 {
		slices.SortFunc(seen.Entries, func(a, b roster.Hash) int { return slices.Compare(a[:], b[:]) })
		add(device.KindSeen, seen)
	}
	return drafts, err
}

// wall returns what a right clock shows.
func (w *simulation) wall() aura.Instant { return w.start.Add(w.sim.Elapsed()) }

// says returns what all entries of the account together say; nil while it has one device.
func (p *person) says() *roster.State {
	if p.entries == nil {
		return nil
	}
	return p.entries.chain.State(p.world.wall())
}

// contested reports whether the entries of the account contradict each other.
func (p *person) contested() bool { return p.entries != nil && p.says().Contested }

// siblings returns the first homes of the listed devices whose agents run.
func (p *person) siblings() []*person {
	return slices.DeleteFunc(p.everywhere(), func(d *person) bool { return d.spurned || d.retired || d.life == nil })
}

// give lets a person give a part of the first device's share to another device. An only device enrols one.
func (w *simulation) give(tc task.Context, c *chance, p *person) error {
	if p.enrolling || p.life == nil || p.contested() || len(p.copies) > 0 {
		return nil
	}
	if p.listed() < 2 {
		return w.enrol(tc, c, p)
	}
	p.enrolling = true
	defer func() { p.enrolling = false }()
	w.note(tc, "give", p.name)
	if p.give(tc, c) == nil {
		w.report.Gifts++
	}
	w.tell(tc, p)
	return nil
}

// give lets the device give a part of its share to some other one. It returns an error when it did not.
func (p *person) give(tc task.Context, c *chance) error {
	to, part := c.Uint64(), c.Float64()
	return p.act(tc, "give", func(tc task.Context, l *life) error {
		var own uint32
		var others []aura.DeviceID
		for _, d := range l.agent.Roster(tc).Devices {
			if d.ID() == p.ring.Device() {
				own = d.Share
			} else {
				others = append(others, d.ID())
			}
		}
		if own <= leastShare || len(others) == 0 {
			return aura.Errorf("sim.give", aura.Denied, "%s has nothing to give", p.name)
		}
		err := l.agent.Give(tc, others[to%uint64(len(others))], 1+uint32(part*float64(own-leastShare)))
		if aura.KindOf(err) == aura.Exhausted {
			return aura.Errorf("sim.give", aura.Denied, "%s has spent it", p.name)
		}
		return err
	})
}

// contest lets two devices that have the root key change the roster at once, which both know alike until then. Some time later
// the guardians decide for one of the two, or the person says that both hold. Without two such devices one more is enrolled.
func (w *simulation) contest(tc task.Context, c *chance, p *person) error {
	able := slices.DeleteFunc(p.siblings(), func(d *person) bool {
		return d == p || d.ring.RootPlace() != roster.RootPlaceHere || len(d.copies) > 0
	})
	if p.enrolling || p.life == nil || p.contested() || len(p.copies) > 0 {
		return nil
	}
	if len(able) == 0 {
		return w.enrol(tc, c, p)
	}
	p.enrolling = true
	defer func() { p.enrolling = false }()
	d := one(c, able)
	w.tell(tc, p)
	if p.differs(tc) != "" || d.differs(tc) != "" {
		return nil // a process ended
	}
	w.note(tc, "contest", d.name)
	both := task.NewGroup(tc, "contest")
	for _, at := range []*person{p, d} {
		both.Go("give", func(tc task.Context) error {
			_ = at.give(tc, c)
			return nil
		})
	}
	if err := both.Wait(tc); err != nil {
		return err
	}
	for _, at := range []*person{p, d} {
		for _, h := range at.homes() {
			h.backups = nil // no home goes back to before its entry
		}
	}
	if !p.contested() {
		return nil // one of the two gave nothing
	}
	if err := w.until(tc, 0, contestedFor); err != nil {
		return err
	}
	w.decide(tc, c, p)
	w.tell(tc, p)
	return nil
}

// decide ends a contest: the guardians of the account build on one of its sides, which makes the other one void; without them
// the person says, with the root key, that both hold.
func (w *simulation) decide(tc task.Context, c *chance, p *person) {
	if !p.contested() {
		return
	}
	entry, err := p.decision(c)
	if err != nil {
		w.violate(p.name, RostersAgree, "the contest cannot be decided: %v", err)
		return
	}
	if p.act(tc, "decide", func(tc task.Context, l *life) error { return l.adopt(tc, p, entry) }) == nil {
		w.note(tc, "decided", p.name)
		w.report.Contests++
	}
}

// decision returns the signed entry that ends the contest of the account.
func (p *person) decision(c *chance) (roster.Entry, error) {
	says, maker := p.says(), p.ring.Device()
	if p.guardians == nil {
		keep := make([]aura.DeviceID, len(says.Waiting))
		for i := range says.Waiting {
			keep[i] = says.Waiting[i].ID()
		}
		sign, err := p.ring.Root()
		if err != nil {
			return roster.Entry{}, err
		}
		entry, err := roster.Settle(says, maker, keep...)
		return entry.Sign(sign), err
	}
	side, err := p.side(c, says.Heads)
	if err != nil {
		return roster.Entry{}, err
	}
	own, err := side.Device(maker)
	if err != nil {
		return roster.Entry{}, err
	}
	entry, err := roster.SetRights(side, maker, maker, own.Rights)
	entry.Rank = roster.RankRecovery
	return entry.Sign(func(b []byte) [64]byte { return [64]byte(ed25519.Sign(p.guardians, b)) }), err
}

// side returns what one side of a contest says. A crash can hide the entry of one side for so long that the other one enrols
// and removes devices meanwhile: then it is that one.
func (p *person) side(c *chance, heads []roster.Hash) (*roster.State, error) {
	var fit []*roster.State
	for _, h := range heads {
		side, err := p.entries.chain.At(h)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(p.everywhere(), func(d *person) bool {
			_, err := side.Device(d.ring.Device())
			return d.spurned == (err == nil)
		}) {
			fit = append(fit, side)
		}
	}
	if len(fit) == 0 {
		return nil, aura.Errorf("sim.side", aura.NotFound, "no side lists the devices that are in use")
	}
	return one(c, fit), nil
}

// tell carries all entries of an account to each of its devices that runs.
func (w *simulation) tell(tc task.Context, p *person) {
	if p.entries == nil {
		return
	}
	for _, d := range p.siblings() {
		for _, h := range d.homes() {
			_ = h.act(tc, "tell", func(tc task.Context, l *life) error { return l.adopt(tc, p) })
			h.backups = nil // no home goes back to before it knew them
		}
	}
}

// adopt lets the agent adopt all entries of an account, and some more, unless it has them.
func (l *life) adopt(tc task.Context, p *person, more ...roster.Entry) error {
	if len(more) == 0 && l.person.differs(tc) == "" {
		return nil
	}
	var all []roster.Entry
	for _, e := range p.entries.chain.Entries() {
		all = append(all, e.Entry)
	}
	slices.SortStableFunc(all, func(a, b roster.Entry) int { return int(a.Number) - int(b.Number) })
	return l.agent.Adopt(tc, append(all, more...))
}

// differs says how the roster of the home's own account differs from what all entries say; empty: in nothing.
func (p *person) differs(tc task.Context) string {
	want, l := p.owner().says(), p.life
	if want == nil {
		return ""
	}
	if l == nil {
		return "no agent runs"
	}
	return compareRosters(l.agent.Roster(tc), want)
}

func compareRosters(got, want *roster.State) string {
	switch {
	case got.Contested:
		return "the account is contested"
	case !slices.Equal(got.Heads, want.Heads):
		return fmt.Sprintf("entry %d (%x) counts in place of entry %d (%x)", got.Number, got.Heads, want.Number, want.Heads)
	}
	return ""
}

// unite ends all contests, and lets all devices of each account know its entries.
func (w *simulation) unite(tc task.Context) {
	for _, p := range w.people {
		w.decide(tc, w.chance, p)
		w.tell(tc, p)
	}
}

// agree waits until all homes have the same roster of each account: those of its own devices, and those of the members of its
// conversations.
func (w *simulation) agree(tc task.Context) {
	for _, h := range w.homes() {
		if h.first().spurned {
			continue
		}
		w.within(tc, w.patience(settleWithin), h.life, RostersAgree, func() string { return h.disagrees(tc) })
	}
}

// disagrees names an account of which the home has another roster than it must have; empty: there is none.
func (p *person) disagrees(tc task.Context) string {
	if found := p.differs(tc); found != "" {
		return "of the own account " + found
	}
	var fresh *reduction
	for _, q := range p.world.people {
		if q.entries == nil || q == p.owner() || !q.announcesTo(p) {
			continue
		}
		if fresh == nil {
			var err error
			if fresh, err = p.life.reduce(tc); err != nil {
				return err.Error()
			}
		}
		now := p.world.wall()
		got := domain.Get[*device.State](fresh.states).Chain(q.self(), q.ring.Certificate(), now).State(now)
		if found := compareRosters(got, q.says()); found != "" {
			return "of " + q.name + " " + found
		}
	}
	return ""
}

// announcesTo reports whether a home must have the entries of the account: it has a conversation in which they are told.
func (p *person) announcesTo(h *person) bool {
	never := func(*person) bool { return true }
	return slices.ContainsFunc(p.contexts(), func(context aura.ContextID) bool {
		return p.checker.takesIn(context) && slices.Contains(p.world.audience(context, p, never), h)
	})
}

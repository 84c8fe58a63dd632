package agent

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/directory"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/builtin"
	"github.com/aura-runtime/aura/domain/device"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/roster"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
)

// Enrolment is what the home of another device of an account begins with, see [Join]. It holds the secrets of contexts.
type Enrolment struct {
	own  []fact.Record // all facts of the own namespace, oldest first
	meta []journal.KV
}

// Enrol lists another device of the account, which can be reached at some addresses, and returns what its home begins with:
// what this one knows of people and groups, without the facts of their conversations. The contacts are told. The
// root key must be here. It returns the errors of [roster.Enrol] and of [Agent.Submit]; a second call for a
// device that is listed is [aura.Invalid]. It returns [aura.Exhausted] when this device has spent almost half of a budget
// in the epoch: the other device may spend half of each at once.
func (a *Agent) Enrol(tc task.Context, d roster.Device, at []transport.Address) (Enrolment, error) {
	if _, err := a.env.Ring.Root(); err != nil {
		return Enrolment{}, err
	}
	meta, err := a.introduce(tc, d.ID(), at)
	if err != nil {
		return Enrolment{}, err
	}
	if err := a.list(tc, func(says *roster.State) (roster.Entry, error) { return roster.Enrol(says, a.env.Ring.Device(), d) }); err != nil {
		return Enrolment{}, err
	}
	return a.enrolment(tc, meta)
}

// Dismiss lists a device of the account no more and tells the contacts. The root key must be here. It returns the
// errors of [roster.Remove] and of [Agent.Submit].
func (a *Agent) Dismiss(tc task.Context, id aura.DeviceID) error {
	return a.list(tc, func(says *roster.State) (roster.Entry, error) { return roster.Remove(says, a.env.Ring.Device(), id) })
}

// Give gives another device of the account a part of this device's share of every budget, of [roster.Whole], or of what no
// device has. The root key must be here. It returns the errors of [roster.GiveShare] and of [Agent.Submit], and
// [aura.Exhausted] when this device has spent almost what it would keep: the other device may spend its new share at once.
func (a *Agent) Give(tc task.Context, to aura.DeviceID, share uint32) error {
	return a.list(tc, func(says *roster.State) (roster.Entry, error) {
		return roster.GiveShare(says, a.env.Ring.Device(), to, share)
	})
}

// Roster returns what the account's entries say.
func (a *Agent) Roster(tc task.Context) (says *roster.State) {
	now := tc.Now().At
	a.env.Directory.Read(func(s *directory.State) {
		says = s.Devices.Chain(a.env.Ring.Authority(), a.env.Ring.Certificate(), now).State(now)
	})
	return says
}

// list makes the next entry, signs it with the root key and adopts the chain. Calls at once wait for each other: two entries
// that follow the same one would contradict each other.
func (a *Agent) list(tc task.Context, next func(*roster.State) (roster.Entry, error)) error {
	sign, err := a.env.Ring.Root()
	if err != nil {
		return err
	}
	if err := a.listing.Acquire(tc); err != nil {
		return err
	}
	defer a.listing.Release()
	var entries []roster.Entry
	says := a.Roster(tc)
	if says.Number == 0 {
		c := a.env.Ring.Certificate()
		first, err := roster.Found(&c)
		if err != nil {
			return err
		}
		entries = append(entries, first)
	}
	entry, err := next(says)
	if err != nil {
		return err
	}
	if err := a.spare(tc, says, &entry); err != nil {
		return err
	}
	announced, err := roster.Announce(append(entries, entry.Sign(sign)))
	if err != nil {
		return err
	}
	for _, part := range announced {
		in := fact.Intent{Kind: device.IntentAdopt}
		_, _ = a.env.Entropy.Read(in.Operation[:])
		if in.Payload, err = fact.Marshal(part); err != nil {
			return err
		}
		if _, err := a.Submit(tc, in); err != nil {
			return err
		}
	}
	return nil
}

// spare returns [aura.Exhausted] when an entry leaves this device less of a budget than it has spent of it, as the device that
// gets the difference may spend it at once. A quarter of the rest is for charges that are on their way. Invitations
// have budgets that no other device can spend.
func (a *Agent) spare(tc task.Context, says *roster.State, entry *roster.Entry) error {
	had, left := shareIn(says.Devices, entry.Maker), shareIn(entry.Devices, entry.Maker)
	if left >= had {
		return nil
	}
	now, j := tc.Now(), a.env.Journal
	check := func(limits *guard.Policy, limit, spent uint64, epoch aura.Epoch) error {
		if limit = left.Of(limit); spent <= limit-limit/4 {
			return nil
		}
		turn := guard.NextEpoch(*limits, epoch).Sub(now.At)
		return aura.Errorf("agent.spare", aura.Exhausted, "a budget of this device is used up but for what another would get: try again in %v", turn)
	}
	limits := map[aura.ContextID]guard.Policy{}
	for _, context := range append(a.contexts(), device.OwnContext(a.env.Ring.Authority())) {
		policy, err := a.env.Frontier.Policy(tc, context)
		if err != nil {
			return err
		}
		for _, b := range policy.Budgets(context) {
			limits[b.Ledger] = b.Limits
		}
		var spent [fact.Observers]fact.Leak
		for o := range spent {
			spent[o] = j.Leak(context, fact.Observer(o))
		}
		for _, room := range guard.LeakViewOf(policy, guard.WholeShare, &spent, now) {
			if err := check(&policy, room.Limit, room.Spent, room.Epoch); err != nil {
				return err
			}
		}
	}
	for _, c := range j.Charges() {
		policy, known := limits[c.Context]
		if !known {
			continue
		}
		room := guard.HeadroomOf(policy, guard.WholeShare, &c, c.Context, c.Peer, now)
		if err := check(&policy, room.Limit, room.Spent, room.Epoch); err != nil {
			return err
		}
	}
	return nil
}

// shareIn returns the share of a device in a list, zero when it is not there.
func shareIn(devices []roster.Device, id aura.DeviceID) guard.Share {
	for i := range devices {
		if devices[i].ID() == id {
			return guard.Share(devices[i].Share)
		}
	}
	return 0
}

// introduce keeps here what this device and a new one need to meet: the secret of their own context and where the new one
// is. It returns the part of the new one.
func (a *Agent) introduce(tc task.Context, id aura.DeviceID, at []transport.Address) ([]journal.KV, error) {
	key := domain.SecretKey(device.OwnContext(a.env.Ring.Authority()))
	secret, err := a.env.Journal.Meta(key)
	if err != nil {
		return nil, err
	}
	if secret == nil {
		secret = make([]byte, 32)
		_, _ = a.env.Entropy.Read(secret)
	}
	there, err := fact.Marshal(at)
	if err != nil {
		return nil, err
	}
	here, err := fact.Marshal(a.addresses())
	if err != nil {
		return nil, err
	}
	_, err = a.env.Journal.Append(tc, &journal.Entry{Meta: []journal.KV{
		{Key: key, Value: secret}, {Key: device.AddressesKey(id), Value: there},
	}})
	return []journal.KV{{Key: key, Value: secret}, {Key: device.AddressesKey(a.env.Ring.Device()), Value: here}}, err
}

// enrolment adds to metadata the facts of the own namespace and the secrets of all contexts that they name.
func (a *Agent) enrolment(tc task.Context, meta []journal.KV) (Enrolment, error) {
	b := Enrolment{meta: meta}
	own := fact.Selection{Namespaces: []fact.Namespace{fact.OwnNamespace(a.env.Ring.Authority())}}
	// Void ones too: facts behind them may count. The new device finds out by itself which are void.
	_, err := a.env.Journal.ReadStored(tc, own, func(r fact.Record) error {
		b.own = append(b.own, r)
		return nil
	})
	if err != nil {
		return Enrolment{}, err
	}
	for _, context := range a.contexts() {
		key := domain.SecretKey(context)
		secret, err := a.env.Journal.Meta(key)
		if err != nil {
			return Enrolment{}, err
		}
		b.meta = append(b.meta, journal.KV{Key: key, Value: secret})
	}
	return b, nil
}

// contexts returns those that the owner shares with contacts and groups.
func (a *Agent) contexts() (all []aura.ContextID) {
	a.env.Directory.Read(func(s *directory.State) {
		for _, c := range s.Contacts.Contacts() {
			all = append(all, c.Context)
		}
		all = append(all, s.Chats.Groups()...)
	})
	return all
}

// Join writes what a new device of an account begins with into an empty store, which it leaves closed. Modules are those
// of the agent that enrolled the device.
func Join(tc task.Context, h Hands, modules []domain.Module, b Enrolment) (err error) {
	set, err := builtin.New(modules...)
	if err != nil {
		return err
	}
	store, err := openJournal(tc, h, set.Registry())
	if err != nil {
		return err
	}
	defer func() {
		if closing := store.Close(tc); err == nil {
			err = closing
		}
	}()
	return served(tc, store, func() error {
		meta := b.meta
		for part := range slices.Chunk(b.own, joinStep) {
			if _, err := store.journal.Append(tc, &journal.Entry{Foreign: part, Meta: meta}); err != nil {
				return err
			}
			meta = nil
		}
		return nil
	})
}

// joinStep is how many facts [Join] writes at once: an account can have more than one entry of the journal takes.
const joinStep = 512

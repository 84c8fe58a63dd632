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
	if err := a.spare(tc); err != nil {
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

// Roster returns what the account's entries say.
func (a *Agent) Roster(tc task.Context) (says *roster.State) {
	now := tc.Now().At
	a.env.Directory.Read(func(s *directory.State) {
		says = s.Devices.Chain(a.env.Ring.Authority(), a.env.Ring.Certificate(), now).State(now)
	})
	return says
}

// list makes the next entry, signs it with the root key and adopts the chain.
func (a *Agent) list(tc task.Context, next func(*roster.State) (roster.Entry, error)) error {
	sign, err := a.env.Ring.Root()
	if err != nil {
		return err
	}
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

// spare returns [aura.Exhausted] when this device could not keep within the half of its share that an enrolment leaves it. A
// quarter of that is for charges that are on their way.
func (a *Agent) spare(tc task.Context) error {
	now := tc.Now()
	share := guard.Share(a.env.Directory.Share(a.env.Ring.Device(), now.At, now.At))
	for _, c := range a.env.Journal.Charges() {
		policy, err := a.env.Frontier.Policy(tc, c.Context)
		if err != nil {
			return err
		}
		room := guard.HeadroomOf(policy, share, &c, c.Context, c.Peer, now)
		if left := (share / 2).Of(policy.Limit); room.Spent > left-left/4 {
			turn := guard.NextEpoch(policy, room.Epoch).Sub(now.At)
			return aura.Errorf("agent.Enrol", aura.Exhausted, "half of a budget of this device is used up: add the other device in %v", turn)
		}
	}
	return nil
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
	var contexts []aura.ContextID
	a.env.Directory.Read(func(s *directory.State) {
		for _, c := range s.Contacts.Contacts() {
			contexts = append(contexts, c.Context)
		}
		contexts = append(contexts, s.Chats.Groups()...)
	})
	for _, context := range contexts {
		key := domain.SecretKey(context)
		secret, err := a.env.Journal.Meta(key)
		if err != nil {
			return Enrolment{}, err
		}
		b.meta = append(b.meta, journal.KV{Key: key, Value: secret})
	}
	return b, nil
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

package agent

import (
	"errors"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/directory"
	"github.com/aura-runtime/aura/domain/device"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/roster"
	"github.com/aura-runtime/aura/service"
	"github.com/aura-runtime/aura/task"
)

// Dismiss lists a device of the account no more and tells the contacts. The root key must be here. It returns the
// errors of [roster.Remove] and of [Agent.Adopt].
func (a *Agent) Dismiss(tc task.Context, id aura.DeviceID) error {
	_, err := a.dismiss(tc, aura.OperationID{}, id, nil)
	return err
}

// dismiss removes a device for an action. Trusted are the last facts of it that the owner trusts, by conversation; nil: he
// trusts all that this device holds.
func (a *Agent) dismiss(
	tc task.Context, of aura.OperationID, id aura.DeviceID, trusted map[aura.ContextID][]fact.Place,
) (facts []aura.FactID, err error) {
	err = a.list(tc, func(says *roster.State) (roster.Entry, error) {
		return roster.Remove(says, a.env.Ring.Device(), id)
	}, func(tc task.Context, entries []roster.Entry) (err error) {
		var said []device.Trusted
		if trusted != nil {
			said = device.Trust(id, entries[len(entries)-1].Hash(), trusted)
		}
		facts, err = a.adopt(tc, of, entries, said...)
		return err
	})
	return facts, err
}

// Give gives another device of the account a part of this device's share of every budget, of [roster.Whole], or of what no
// device has. The root key must be here. It returns the errors of [roster.GiveShare] and of [Agent.Adopt], and
// [aura.Exhausted] when this device has spent almost what it would keep: the other device may spend its new share at once.
func (a *Agent) Give(tc task.Context, to aura.DeviceID, share uint32) error {
	return a.list(tc, func(says *roster.State) (roster.Entry, error) {
		return roster.GiveShare(says, a.env.Ring.Device(), to, share)
	}, a.Adopt)
}

// enrol has an entry committed that lists one more device. The sponsor calls it.
func (a *Agent) enrol(tc task.Context, d roster.Device, commit func(task.Context, []roster.Entry) error) error {
	return a.list(tc, func(says *roster.State) (roster.Entry, error) { return roster.Enrol(says, a.env.Ring.Device(), d) }, commit)
}

// removes carries out the intent to list a device no more.
func (a *Agent) removes(service.IntentFunc) service.IntentFunc {
	return func(tc task.Context, in fact.Intent) (fact.Result, error) {
		var r device.RemoveIntent
		if err := fact.Unmarshal(in.Payload, &r); err != nil {
			return fact.Result{}, err
		}
		if r.Device == a.env.Ring.Device() {
			return fact.Result{}, aura.Errorf("agent.removes", aura.Invalid, "this is the device itself: remove it on another one that has the root key")
		}
		out := fact.Result{Operation: in.Operation}
		var trusted map[aura.ContextID][]fact.Place
		if !r.Last.IsZero() || r.Until != 0 || r.Nothing {
			contexts := a.contexts()
			var err error
			if trusted, err = a.trusted(tc, &r, contexts); err != nil {
				return fact.Result{}, err
			}
			result := device.RemoveResult{Conversations: uint64(len(contexts))}
			for _, context := range contexts {
				if len(trusted[context]) > 0 {
					result.Trusted++
				}
			}
			if out.Payload, err = fact.Marshal(result); err != nil {
				return fact.Result{}, err
			}
		}
		var err error
		out.Facts, err = a.dismiss(tc, in.Operation, r.Device, trusted)
		return out, err
	}
}

// trusted returns up to which facts the owner trusts a device in each of some contexts, as far as there are any: its last messages up to a time
// or, where the owner names a message, this one.
func (a *Agent) trusted(tc task.Context, r *device.RemoveIntent, contexts []aura.ContextID) (map[aura.ContextID][]fact.Place, error) {
	const op = "agent.trusted"
	j, until, all := a.env.Journal, r.Until, map[aura.ContextID][]fact.Place{}
	var named aura.ContextID
	switch {
	case !r.Last.IsZero() && until != 0 || r.Nothing && (until != 0 || !r.Last.IsZero()):
		return nil, aura.Errorf(op, aura.Invalid, "up to where the device is trusted is said twice: give a message, or a time, or say that nothing is")
	case r.Nothing:
		return all, nil
	case until > tc.Now().At:
		return nil, aura.Errorf(op, aura.Invalid, "the device is trusted up to a time that has not come yet")
	case !r.Last.IsZero():
		found, here, err := j.Fact(r.Last)
		if err != nil {
			return nil, err
		}
		at, message := a.set.Written(&found.Fact)
		switch {
		case !here || !message:
			return nil, aura.Errorf(op, aura.NotFound, "no message %s is on this device: name one by its id, see aura read --json", r.Last)
		case found.Fact.Author != a.env.Ring.Authority() || found.Fact.Device != r.Device:
			return nil, aura.Errorf(op, aura.Invalid,
				"message %s is not of device %s: name one that it wrote, see aura read --json", r.Last, aura.Short(r.Device))
		}
		named, _ = found.Fact.Namespace.Context()
		until, all[named] = at, []fact.Place{found.Row()}
	}
	for _, context := range contexts {
		if context == named {
			continue
		}
		heads, err := a.messages(tc, fact.ContextNamespace(context), r.Device, until)
		if err != nil {
			return nil, err
		}
		if len(heads) > 0 {
			all[context] = heads
		}
	}
	if len(all) == 0 {
		return nil, aura.Errorf(op, aura.NotFound,
			"this device has no message of device %s from before: all that it ever said would disappear. If that is meant, use --since none", aura.Short(r.Device))
	}
	return all, nil
}

// messages returns the last messages of a device in a namespace up to a time. It reads all facts of the device there: which of them say
// a later time does not follow from their order.
func (a *Agent) messages(tc task.Context, ns fact.Namespace, id aura.DeviceID, until aura.Instant) ([]fact.Place, error) {
	const page = 256
	last := device.Messages{Until: until, Written: a.set.Written}
	for from := uint64(1); ; from += page {
		records, err := a.env.Journal.ByAuthor(ns, id, from, page)
		if err != nil || tc.Err() != nil {
			return nil, errors.Join(err, tc.Err())
		}
		for i := range records {
			last.Add(&records[i])
		}
		if len(records) < page {
			return last.Heads(), nil
		}
	}
}

// Roster returns what the account's entries say.
func (a *Agent) Roster(tc task.Context) (says *roster.State) {
	now := tc.Now().At
	a.env.Directory.Read(func(s *directory.State) {
		says = s.Devices.Chain(a.env.Ring.Authority(), a.env.Ring.Certificate(), now).State(now)
	})
	return says
}

// list makes the next entry, signs it with the root key and has it committed, with entry 0 if the account has no other. Calls at once
// wait for each other: two entries that follow the same one would contradict each other.
func (a *Agent) list(
	tc task.Context, next func(*roster.State) (roster.Entry, error), commit func(task.Context, []roster.Entry) error,
) error {
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
	return commit(tc, append(entries, entry.Sign(sign)))
}

// Adopt takes signed entries of the own roster, with those that they build on unless these are here: this device goes by them from then
// on, and each shared context is told. It returns the errors of [roster.Announce], of [device.Adopt] and of the guard chain.
func (a *Agent) Adopt(tc task.Context, entries []roster.Entry) error {
	_, err := a.adopt(tc, aura.OperationID{}, entries)
	return err
}

// adopt takes entries for an action, and returns the facts that keep them. Up to where the owner trusts devices that the last entry removes is
// durable with it.
func (a *Agent) adopt(
	tc task.Context, of aura.OperationID, entries []roster.Entry, trusted ...device.Trusted,
) (facts []aura.FactID, err error) {
	announced, err := roster.Announce(entries)
	for i := 0; i < len(announced) && err == nil; i++ {
		var request guard.Request
		request, err = a.env.Directory.Plan(func(d *directory.State) (guard.Request, error) {
			var also []device.Trusted
			if i == len(announced)-1 {
				also = trusted
			}
			return device.Adopt(d.Devices, a.env.Caller(tc, of), announced[i], also...)
		})
		if err != nil {
			break
		}
		var result effect.Result
		result, err = a.env.Decider.Decide(tc, &request)
		for r := range result.Records {
			facts = append(facts, result.Records[r].ID)
		}
	}
	return facts, err
}

// removed takes entries that a peer showed: it keeps them if by them the account removes this device. It returns the errors of
// [device.Leave] and of the guard chain.
func (a *Agent) removed(tc task.Context, shown roster.Announced) error {
	request, err := a.env.Directory.Plan(func(d *directory.State) (guard.Request, error) {
		return device.Leave(d.Devices, a.env.Caller(tc, aura.OperationID{}), shown)
	})
	if err != nil || request.Capability == "" {
		return err
	}
	_, err = a.env.Decider.Decide(tc, &request)
	return err
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
		return aura.Errorf("agent.spare", aura.Exhausted, "a budget of this device is used up but for what another would get: try again in %v", turn.Round(time.Second))
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

// contexts returns those that the owner shares with contacts and groups.
func (a *Agent) contexts() (all []aura.ContextID) {
	a.env.Directory.Read(func(s *directory.State) { all = service.SharedContexts(s) })
	return all
}

package auratest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain/capability"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/domain/enrol"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/replica"
	"github.com/aura-runtime/aura/roster"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// metadata decodes a value of Ben's metadata, and reports whether there is one.
func (h *household) metadata(key string, into any) bool {
	h.Helper()
	value, err := h.ben.Agent.Journal().Meta(key)
	if err == nil && value != nil {
		err = fact.Unmarshal(value, into)
	}
	if err != nil {
		h.Fatalf("%v", err)
	}
	return value != nil
}

// receipts returns what Ben has of the receipts of one of Ada's devices.
func (h *household) receipts(of *auratest.Person) (c guard.ReceiptChain) {
	h.Helper()
	h.metadata(replica.ChainKey(h.talk, of.Self(), of.Ring.Device(), effect.ReceiptKindFacts), &c)
	return c
}

// spending returns what Ben counts of Ada.
func (h *household) spending() (s guard.Spending) {
	h.Helper()
	h.metadata(replica.SpendingKey(h.talk, h.phone.Self(), effect.ReceiptKindFacts), &s)
	return s
}

// TestTwoDevicesOfAPeerPayAtOnce: what both of Ada's devices pay, over two channels at the same moment, is counted
// together, and each has charged its own share.
func TestTwoDevicesOfAPeerPayAtOnce(t *testing.T) {
	live(t, 5, func(h *household) {
		devices := []*auratest.Person{h.phone, h.laptop}
		var want []string
		for i := range 12 {
			both := task.NewGroup(h.tc, "both")
			for _, d := range devices {
				text := fmt.Sprintf("%d from %s", i, d.Name)
				want = append(want, text)
				both.Go("say", func(tc task.Context) error {
					d.Say(tc, h.talk, text)
					return nil
				})
			}
			if err := both.Wait(h.tc); err != nil {
				h.Fatalf("%v", err)
			}
		}
		h.hears(h.ben, h.phone, want...)
		counted, paid, spent := h.spending(), map[aura.Epoch]uint64{}, map[aura.Epoch]uint64{}
		for _, d := range devices {
			c, entry := h.receipts(d), d.Agent.Journal().Charge(h.talk, h.ben.Self())
			if c.Device != d.Ring.Device() || c.Spent == 0 || entry.Spent > uint64(guard.DefaultPolicy().Limit)/2 {
				h.Errorf("%s: chain %+v, ledger %+v", d.Name, c, entry)
			}
			paid[c.Epoch] += c.Spent
			spent[entry.Epoch] += entry.Spent
		}
		for epoch, units := range paid {
			if counted.In(epoch) != units || spent[epoch] != units {
				h.Errorf("epoch %d: receipts of %d units came, Ben counts %d, the ledgers have %d", epoch, units, counted.In(epoch), spent[epoch])
			}
		}
	})
}

// TestAChainOfAnEarlierBuildIsMoved: a home that kept one chain for Ada goes on with it as that of her phone, and counts
// what it paid for.
func TestAChainOfAnEarlierBuildIsMoved(t *testing.T) {
	live(t, 2, func(h *household) {
		h.phone.Say(h.tc, h.talk, "one")
		h.hears(h.ben, h.phone, "one")
		c, counted := h.receipts(h.phone), h.spending()
		h.phone.Stop(h.tc)
		h.laptop.Stop(h.tc)
		from := h.phone.Self()
		key := replica.ChainKey(h.talk, from, c.Device, effect.ReceiptKindFacts)
		early := key[:len("chain/")+len(h.talk)+len(from)]
		device := c.Device
		c.Device, c.Owed, c.Seen = aura.DeviceID{}, counted.Owed, counted.Seen
		value, err := fact.Marshal(c)
		if err != nil {
			h.Fatalf("%v", err)
		}
		if _, err := h.ben.Agent.Journal().Append(h.tc, &journal.Entry{Meta: []journal.KV{
			{Key: early, Value: value}, {Key: key}, {Key: replica.SpendingKey(h.talk, from, effect.ReceiptKindFacts)},
		}}); err != nil {
			h.Fatalf("%v", err)
		}
		before := h.receipts(h.laptop)
		// The laptop pays first: the chain is not its own, but what the phone spent counts.
		h.laptop.Start(h.tc)
		h.laptop.Say(h.tc, h.talk, "two")
		h.hears(h.ben, h.phone, "one", "two")
		counted = h.spending()
		if own := h.receipts(h.laptop); before.Epoch == c.Epoch && own.Epoch == c.Epoch && counted.In(c.Epoch) != c.Spent+own.Spent-before.Spent {
			h.Errorf("Ben counts %d, want %d of the phone and %d more of the laptop than %d", counted.In(c.Epoch), c.Spent, own.Spent, before.Spent)
		}
		h.phone.Start(h.tc)
		h.phone.Say(h.tc, h.talk, "three")
		h.hears(h.ben, h.phone, "one", "two", "three")
		if got := h.receipts(h.phone); got.Device != device || got.Count <= c.Count && got.Epoch == c.Epoch || got.Owed != 0 {
			h.Errorf("the chain went from %+v to %+v", c, got)
		}
		if h.metadata(early, new(guard.ReceiptChain)) {
			h.Errorf("the chain of the earlier build is still there")
		}
	})
}

// TestADeviceWaitsForWhatTheOthersSpent: Ben counts the limit of the epoch for Ada's devices, whichever spent it. The laptop
// learns that with his hello, and waits for the next epoch in place of trying again and again.
func TestADeviceWaitsForWhatTheOthersSpent(t *testing.T) {
	live(t, 3, func(h *household) {
		h.laptop.Stop(h.tc)
		policy := guard.DefaultPolicy()
		now := guard.EpochAt(policy, h.tc.Now())
		counted := h.spending()
		counted.Epochs[0] = fact.EpochSpend{Epoch: now, Spent: policy.Limit}
		value, err := fact.Marshal(counted)
		if err != nil {
			h.Fatalf("%v", err)
		}
		key := replica.SpendingKey(h.talk, h.phone.Self(), effect.ReceiptKindFacts)
		if _, err := h.ben.Agent.Journal().Append(h.tc, &journal.Entry{Meta: []journal.KV{{Key: key, Value: value}}}); err != nil {
			h.Fatalf("%v", err)
		}
		before := h.refusals()
		h.laptop.Start(h.tc)
		h.laptop.Say(h.tc, h.talk, "patience")
		left := guard.NextEpoch(policy, now).Sub(h.tc.Now().At)
		h.Sleep(h.tc, left/2)
		if n := h.refusals() - before; n > 0 {
			h.Errorf("Ben refused %d times what the laptop sent", n)
		}
		if m := h.message(h.laptop, "patience"); m.State != delivery.ProgressWaiting {
			h.Errorf("it is %v: %s", m.State, m.Reason)
		}
		h.Sleep(h.tc, left)
		h.hears(h.ben, h.phone, "patience")
		if n := h.refusals() - before; n > 0 {
			h.Errorf("Ben refused %d times what the laptop sent", n)
		}
	})
}

// refusals counts the sessions that ended because a peer broke a rule.
func (h *household) refusals() int { return refusals(h.World) }

// refusals counts the inputs of peers that were refused.
func refusals(w *auratest.World) (n int) {
	for i := range w.Events {
		if e := &w.Events[i]; e.Family() == world.FamilyIngress && e.Message() == "rejected" {
			n++
		}
	}
	return n
}

// spend returns a ledger entry after so many more units in an epoch.
func spend(j *journal.Journal, ledger aura.ContextID, peer aura.AuthorityID, epoch aura.Epoch, units uint64) fact.Charge {
	c := j.Charge(ledger, peer)
	return guard.Charged(c, &effect.Command{Context: ledger, Peer: peer, Epoch: epoch, Amount: aura.FlowCost(units)}, c.Through, c.Through)
}

// TestADeviceIsEnrolledWhileHalfOfEachBudgetIsLeft: the new device may spend its half at once, so one that has spent more than
// the half which an enrolment leaves it waits for the next epoch. That holds for each kind of budget by its own limit, and for
// leakage.
func TestADeviceIsEnrolledWhileHalfOfEachBudgetIsLeft(t *testing.T) {
	own := guard.DefaultPolicy()
	own.Limit, own.Leak[fact.ObserverGroup].Bits = 4096, 640
	for name, c := range map[string]struct {
		ledger func(talk aura.ContextID) aura.ContextID
		limit  uint64
		leak   bool
	}{
		"facts":    {func(c aura.ContextID) aura.ContextID { return c }, own.Limit, false},
		"control":  {guard.ControlContext, guard.ControlLimit, false},
		"messages": {guard.MessageContext, own.Limit, false},
		"carrying": {guard.CarryContext, own.Limit, false},
		"leakage":  {nil, own.Leak[fact.ObserverGroup].Bits, true},
	} {
		t.Run(name, func(t *testing.T) {
			auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
				ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
				talk := w.Meet(tc, ada, ben)
				limit, err := capability.Limit(ada.Self(), talk, own)
				if err != nil {
					t.Fatal(err)
				}
				now := tc.Now()
				epoch, spent := guard.EpochAt(own, now), c.limit/2-c.limit/16
				j := ada.Agent.Journal()
				entry := &journal.Entry{Drafts: []fact.Draft{limit}}
				if c.leak {
					entry.Leaks = []fact.Leak{{Context: talk, Observer: fact.ObserverGroup, Epoch: epoch, Bits: spent}}
				} else {
					entry.Charges = []fact.Charge{spend(j, c.ledger(talk), ben.Self(), epoch, spent)}
				}
				if _, err := j.Append(tc, entry); err != nil {
					t.Fatal(err)
				}
				if err := ada.Sponsor(tc, ada.Sibling("laptop")); aura.KindOf(err) != aura.Denied || !strings.Contains(err.Error(), "used up") {
					t.Errorf("with almost half of a budget spent: %v", err)
				}
				w.Sleep(tc, guard.NextEpoch(own, epoch).Sub(tc.Now().At))
				if err := ada.Sponsor(tc, ada.Sibling("laptop again")); err != nil {
					t.Errorf("in the next epoch: %v", err)
				}
			})
		})
	}
}

// TestTwoChangesOfTheDevicesAtOnceBothHold: each entry is made behind the one before, in either order.
func TestTwoChangesOfTheDevicesAtOnceBothHold(t *testing.T) {
	live(t, 7, func(h *household) {
		h.laptop.Stop(h.tc)
		tablet := h.phone.Sibling("tablet")
		ring, offer := tablet.Ring, enrol.OfferResult{}
		h.phone.Do(h.tc, enrol.IntentOffer, enrol.OfferIntent{}, &offer)
		joined := tablet.Join(h.tc, offer.Code)
		h.Until(h.tc, "the tablet shows its keys", time.Minute, func() bool {
			return h.phone.Enrolment(h.tc, offer.ID).Phase == enrol.PhaseClaimed
		})
		both := task.NewGroup(h.tc, "both")
		both.Go("enrol", func(tc task.Context) error {
			if err := h.phone.Submit(tc, enrol.IntentConfirm, enrol.AnswerIntent{ID: offer.ID}, nil); err != nil {
				return err
			}
			_, err := joined.Await(tc)
			return err
		})
		both.Go("dismiss", func(tc task.Context) error { return h.phone.Agent.Dismiss(tc, h.laptop.Ring.Device()) })
		if err := both.Wait(h.tc); err != nil {
			h.Fatalf("%v", err)
		}
		says := h.phone.Roster(h.tc)
		if _, err := says.Device(ring.Device()); err != nil || says.Contested || len(says.Devices) != 2 || says.Number != 3 {
			h.Errorf("entry %d lists %d devices, contested: %t, %v", says.Number, len(says.Devices), says.Contested, err)
		}
	})
}

// TestTwoEntriesAtOnceFollowEachOther: the second call waits until the entry of the first one is durable, or both would follow the same entry.
func TestTwoEntriesAtOnceFollowEachOther(t *testing.T) {
	live(t, 9, func(h *household) {
		laptop, before := h.laptop.Ring.Device(), h.phone.Roster(h.tc)
		both := task.NewGroup(h.tc, "both")
		for range 2 {
			both.Go("give", func(tc task.Context) error { return h.phone.Agent.Give(tc, laptop, roster.Whole/8) })
		}
		if err := both.Wait(h.tc); err != nil {
			h.Errorf("%v", err)
		}
		says := h.phone.Roster(h.tc)
		if d, err := says.Device(laptop); err != nil || d.Share != roster.Whole*3/4 || says.Contested || says.Number != before.Number+2 {
			h.Errorf("entry %d, and entry %d before; contested: %t; the laptop has a share of %d, %v", says.Number, before.Number, says.Contested, d.Share, err)
		}
	})
}

// TestADeviceGivesOnlyWhatItHasNotSpent: the receiver may spend a share at once, so the maker must not have spent it.
func TestADeviceGivesOnlyWhatItHasNotSpent(t *testing.T) {
	live(t, 8, func(h *household) {
		phone, laptop, policy := h.phone.Ring.Device(), h.laptop.Ring.Device(), guard.DefaultPolicy()
		j := h.phone.Agent.Journal()
		spent := spend(j, h.talk, h.ben.Self(), guard.EpochAt(policy, h.tc.Now()), policy.Limit/8)
		if _, err := j.Append(h.tc, &journal.Entry{Charges: []fact.Charge{spent}}); err != nil {
			h.Fatalf("%v", err)
		}
		if err := h.phone.Agent.Give(h.tc, laptop, roster.Whole*3/8); aura.KindOf(err) != aura.Exhausted {
			h.Errorf("a share that was spent was given: %v", err)
		}
		if err := h.phone.Agent.Give(h.tc, laptop, roster.Whole/4); err != nil {
			h.Fatalf("%v", err)
		}
		says := h.phone.Roster(h.tc)
		for id, want := range map[aura.DeviceID]uint32{phone: roster.Whole / 4, laptop: roster.Whole * 3 / 4} {
			if d, err := says.Device(id); err != nil || d.Share != want {
				h.Errorf("device %s has a share of %d, want %d, %v", aura.Short(id), d.Share, want, err)
			}
		}
	})
}

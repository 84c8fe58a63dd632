package interp_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/chain"
	"github.com/aura-runtime/aura/chain/chaintest"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/interp"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// number draws from 0 up to but without n.
func number(e world.Entropy, n int) int {
	var b [8]byte
	_, _ = e.Read(b[:])
	return int(binary.BigEndian.Uint64(b[:]) % uint64(n))
}

// spending is what a crowd of senders was told.
type spending struct {
	mu      task.Mutex
	allowed map[aura.AuthorityID]uint64 // units
	denied  int
	unknown int // errors after which a decision may have happened
}

// crowd lets tasks send random messages at once and returns what they were told.
func crowd(t testing.TB, tc task.Context, h *chaintest.Home, e world.Entropy, tasks, each int) *spending {
	s := &spending{allowed: map[aura.AuthorityID]uint64{}}
	g := task.NewGroup(tc, "crowd")
	for i := range tasks {
		g.Go(fmt.Sprintf("sender.%d", i), func(tc task.Context) error {
			for range each {
				req := chaintest.Text(aura.FlowCost(1+number(e, 3)), chaintest.Ben, chaintest.Cleo)
				req.Queue = number(e, 2) == 0
				if number(e, 3) == 0 {
					req.Sends = req.Sends[1:]
				}
				_, v, err := h.Chain.Decide(tc, req)
				s.note(v, err)
				if err := tc.Sleep(aura.Duration(number(e, 3)) * time.Millisecond); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := g.Wait(tc); err != nil {
		t.Error(err)
	}
	return s
}

func (s *spending) note(v chain.Verdict, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch aura.KindOf(err) {
	case 0:
		for _, c := range v.Charged {
			s.allowed[c.Peer] += uint64(c.Cost)
		}
	case aura.Denied:
		s.denied++
	default:
		s.unknown++
	}
}

// checkLedger verifies that receipts, ledger, budget and the released envelopes agree.
func checkLedger(t testing.TB, h *chaintest.Home, posted []chaintest.Release, policy guard.Policy, now aura.Physical) {
	t.Helper()
	for _, peer := range []aura.AuthorityID{chaintest.Ben, chaintest.Cleo} {
		c := h.Journal.Charge(chaintest.Pair, peer)
		if c.Spent > policy.Limit {
			t.Errorf("spent %d of %d units", c.Spent, policy.Limit)
		}
		receipts, err := h.Production.Receipts(chaintest.Pair, peer, c.Epoch, 0, int(c.Receipts))
		if err != nil {
			t.Fatal(err)
		}
		chain := guard.ReceiptChain{Context: chaintest.Pair, From: chaintest.Own, To: peer, Device: aura.DeviceOf(chaintest.Public)}
		var spending guard.Spending
		known := map[effect.Receipt]bool{}
		for i := range receipts {
			if err := chain.Accept(&receipts[i], chaintest.Public, false, &spending, policy, now); err != nil {
				t.Fatalf("receipt %d of %d: %v", i, len(receipts), err)
			}
			known[receipts[i]] = true
		}
		if chain.Spent != c.Spent || chain.LastSeq != c.Through || chain.Head != c.Head {
			t.Errorf("chain %+v does not fit the ledger %+v", chain, c)
		}
		for _, r := range posted {
			if r.Envelope.Peer != peer {
				continue
			}
			if r.Envelope.Through > c.Through || r.Envelope.Through > h.Journal.Count(chaintest.Shared, chaintest.Device) {
				t.Errorf("released through %d, durable is %+v", r.Envelope.Through, c)
			}
			for _, receipt := range r.Receipts {
				if !known[receipt] {
					t.Error("a receipt was handed out that is not durable")
				}
			}
		}
	}
	for o := fact.Observer(1); o < fact.Observers; o++ {
		if l := h.Journal.Leak(chaintest.Pair, o); policy.Leak[o].Defined && l.Bits > policy.Leak[o].Bits {
			t.Errorf("%s observers were told %d of %d bits", o, l.Bits, policy.Leak[o].Bits)
		}
	}
}

func TestSendersAtOnceNeverExceedTheBudget(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		seed := rapid.Uint64().Draw(rt, "seed")
		policy := chaintest.Limited(rapid.Uint64Range(1, 60).Draw(rt, "limit"))
		policy.Leak[fact.ObserverExternal].Bits = rapid.Uint64Range(1, 80).Draw(rt, "bits")
		tasks := rapid.IntRange(1, 8).Draw(rt, "tasks")
		faults := journal.Faults{SyncDelay: 3 * time.Millisecond}
		if rapid.Bool().Draw(rt, "faults") {
			faults.FailApply = 0.2
		}
		chaintest.Simulate(t, seed, func(tc task.Context, sim *task.Sim) {
			disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
			h := chaintest.Found(t, tc, disk, sim.Entropy("home"), policy)
			defer h.Close(tc)
			disk.SetFaults(faults)
			s := crowd(t, tc, h, sim.Entropy("crowd"), tasks, 6)
			checkLedger(t, h, h.Outbox.All(), policy, tc.Now())
			for _, peer := range []aura.AuthorityID{chaintest.Ben, chaintest.Cleo} {
				// A failed Apply changed nothing, so the ledger has exactly the allowed decisions.
				if c := h.Journal.Charge(chaintest.Pair, peer); c.Spent != s.allowed[peer] {
					t.Errorf("seed %d: spent %d, allowed %d", seed, c.Spent, s.allowed[peer])
				}
			}
			if faults.FailApply == 0 && s.unknown > 0 {
				t.Errorf("seed %d: %d decisions failed on a perfect disk", seed, s.unknown)
			}
		})
		if t.Failed() {
			rt.Fatalf("seed %d", seed)
		}
	})
}

// TestCrashNeverTakesBackWhatWasReleased ends the world at a random instant and looks at what a restart
// finds: every released envelope rests on durable facts, charges and receipts, and the books agree.
func TestCrashNeverTakesBackWhatWasReleased(t *testing.T) {
	policy := chaintest.Limited(50)
	for seed := range uint64(150) {
		chaintest.Simulate(t, seed, func(tc task.Context, sim *task.Sim) {
			e := sim.Entropy("fate")
			disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
			h := chaintest.Found(t, tc, disk, sim.Entropy("home"), policy)
			disk.SetFaults(journal.Faults{SyncDelay: 4 * time.Millisecond, BreakApply: 0.05})
			life := task.NewGroup(tc, "life")
			life.Go("life", func(tc task.Context) error {
				crowd(t, tc, h, e, 4, 20)
				return nil
			})
			if err := tc.Sleep(aura.Duration(number(e, 60)) * time.Millisecond); err != nil {
				t.Fatal(err)
			}
			after := disk.Crash()
			sim.Crash(h.Group)
			sim.Crash(life)
			posted := h.Outbox.All()

			after.SetFaults(journal.Faults{})
			h = chaintest.Open(t, tc, after, sim.Entropy("home"))
			defer h.Close(tc)
			checkLedger(t, h, posted, policy, tc.Now())
			// Afterwards the rest of the budget can be spent, and not more.
			crowd(t, tc, h, e, 2, 3)
			checkLedger(t, h, append(posted, h.Outbox.All()...), policy, tc.Now())
		})
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func TestManyAtOnceShareCommitsAndReceipts(t *testing.T) {
	const senders = 200
	run := func(tc task.Context, e world.Entropy, clock aura.Physical) {
		disk := journal.NewFaulty(e, journal.Faults{SyncDelay: time.Millisecond})
		h := chaintest.Found(t, tc, disk, e, guard.DefaultPolicy())
		defer h.Close(tc)
		before := disk.Syncs()
		g := task.NewGroup(tc, "senders")
		for range senders {
			g.Go("sender", func(tc task.Context) error {
				_, _, err := h.Chain.Decide(tc, chaintest.Text(1, chaintest.Ben))
				return err
			})
		}
		if err := g.Wait(tc); err != nil {
			t.Fatal(err)
		}
		syncs := disk.Syncs() - before
		receipts := h.Journal.Charge(chaintest.Pair, chaintest.Ben).Receipts
		if syncs > senders/4 || receipts > syncs {
			t.Errorf("%d decisions took %d syncs and %d receipts", senders, syncs, receipts)
		}
		if n := h.Journal.Count(chaintest.Shared, chaintest.Device); n != senders {
			t.Errorf("%d facts", n)
		}
		checkLedger(t, h, h.Outbox.All(), guard.DefaultPolicy(), clock)
	}
	t.Run("simulated", func(t *testing.T) {
		chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) { run(tc, sim.Entropy("home"), tc.Now()) })
	})
	t.Run("real", func(t *testing.T) {
		err := task.NewReal(task.RealOptions{}).Run("test", func(tc task.Context) error {
			run(tc, new(chaintest.Entropy), tc.Now())
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestBadFactDoesNotRefuseItsNeighbours(t *testing.T) {
	chaintest.Simulate(t, 3, func(tc task.Context, sim *task.Sim) {
		disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{SyncDelay: time.Millisecond})
		h := chaintest.Found(t, tc, disk, sim.Entropy("home"), guard.DefaultPolicy())
		defer h.Close(tc)
		g := task.NewGroup(tc, "senders")
		for i := range 20 {
			g.Go("sender", func(tc task.Context) error {
				req := chaintest.Text(1, chaintest.Ben)
				if i != 7 {
					_, _, err := h.Chain.Decide(tc, req)
					return err
				}
				req.Entries[0].Payload = []byte("bad")
				if _, _, err := h.Chain.Decide(tc, req); !errors.Is(err, aura.Invalid) {
					t.Errorf("bad fact: %v", err)
				}
				return nil
			})
		}
		if err := g.Wait(tc); err != nil {
			t.Error(err)
		}
		if c := h.Journal.Charge(chaintest.Pair, chaintest.Ben); c.Spent != 19 {
			t.Errorf("spent %d", c.Spent)
		}
	})
}

func TestMalformedCommandsAreRefused(t *testing.T) {
	charge := effect.Command{Kind: effect.ChargeBudget, Context: chaintest.Pair, Peer: chaintest.Ben, Amount: 1}
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		h := chaintest.Found(t, tc, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), sim.Entropy("home"), chaintest.Limited(10))
		defer h.Close(tc)
		before := chaintest.Dump(t, h.Store)
		for name, commands := range map[string][]effect.Command{
			"unknown command":          {{Kind: 7}},
			"append of nothing":        {{Kind: effect.AppendJournal}},
			"envelope of nothing":      {{Kind: effect.SendEnvelope}},
			"charge of nothing":        {{Kind: effect.ChargeBudget, Context: chaintest.Pair, Peer: chaintest.Ben}},
			"two charges of one peer":  {charge, charge},
			"two leaks to one class":   {{Kind: effect.RecordLeakage, Observer: 1, Bits: 1}, {Kind: effect.RecordLeakage, Observer: 1, Bits: 1}},
			"good charge, bad command": {charge, {Kind: 7}},
		} {
			d := &interp.Decision{Request: chaintest.Text(1, chaintest.Ben), Commands: commands}
			if _, err := h.Production.Execute(tc, d); !errors.Is(err, aura.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if len(chaintest.Dump(t, h.Store)) != len(before) || len(h.Outbox.All()) != 0 {
			t.Error("a refused decision had effects")
		}
		late := charge
		late.Seen = 3
		if _, err := h.Production.Execute(tc, &interp.Decision{Request: chaintest.Text(1, chaintest.Ben), Commands: []effect.Command{late}}); !errors.Is(err, aura.Stale) {
			t.Errorf("charge on headroom that is not there: %v", err)
		}
	})
}

// TestFactsLeaveInTheEpochThatPaid: the decision that pays for facts anew in another epoch may wait for a disk that is stuck. One
// made on top of it releases nothing until then, whatever an earlier epoch paid for.
func TestFactsLeaveInTheEpochThatPaid(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		h := chaintest.Found(t, tc, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), sim.Entropy("home"), chaintest.Limited(10))
		defer h.Close(tc)
		said := chaintest.Text(1, chaintest.Ben)
		if _, err := h.Production.Execute(tc, &interp.Decision{Request: said, Commands: []effect.Command{
			{Kind: effect.ChargeBudget, Context: chaintest.Pair, Peer: chaintest.Ben, Amount: 1, Epoch: 4},
			{Kind: effect.AppendJournal, Context: chaintest.Pair, Entry: &said.Entries[0]},
		}}); err != nil {
			t.Fatal(err)
		}
		for epoch, want := range map[aura.Epoch]aura.Kind{4: 0, 5: aura.Stale} {
			again := &guard.Request{Context: chaintest.Pair, Sends: []guard.Send{{Peer: chaintest.Ben, Through: 1}}}
			_, err := h.Production.Execute(tc, &interp.Decision{Request: again, Commands: []effect.Command{{
				Kind: effect.SendEnvelope, Context: chaintest.Pair, Peer: chaintest.Ben,
				Envelope: &effect.Envelope{Context: chaintest.Pair, Peer: chaintest.Ben, Through: 1, Epoch: epoch},
			}}})
			if aura.KindOf(err) != want {
				t.Errorf("in epoch %d: %v, want %v", epoch, err, want)
			}
		}
	})
}

// TestADecisionThatWasWithdrawnIsNotCommitted: the caller's budget ends while its decision waits in the journal behind
// another sync. The caller is told that nothing happened, and nothing does.
func TestADecisionThatWasWithdrawnIsNotCommitted(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
		h := chaintest.Found(t, tc, disk, sim.Entropy("home"), chaintest.Limited(10))
		defer h.Close(tc)
		disk.SetFaults(journal.Faults{Stuck: true})
		other := task.NewGroup(tc, "other")
		other.Go("writer", func(tc task.Context) error {
			_, err := h.Journal.Append(tc, &journal.Entry{Meta: []journal.KV{{Key: "note", Value: []byte("x")}}})
			return err
		})
		if err := tc.Sleep(10 * time.Millisecond); err != nil {
			t.Fatal(err)
		}
		before := h.Journal.Charge(chaintest.Pair, chaintest.Ben)
		short, done := tc.WithBudget("caller", time.Second)
		_, _, err := h.Chain.Decide(short, chaintest.Text(1, chaintest.Ben))
		done()
		if aura.KindOf(err) != aura.Timeout {
			t.Fatalf("got %v, want timeout", err)
		}
		disk.SetFaults(journal.Faults{})
		if err := other.Wait(tc); err != nil {
			t.Fatal(err)
		}
		if err := tc.Sleep(time.Minute); err != nil {
			t.Fatal(err)
		}
		if after := h.Journal.Charge(chaintest.Pair, chaintest.Ben); after != before || len(h.Outbox.All()) != 0 {
			t.Errorf("what was withdrawn was charged: %+v, before %+v; %d sent", after, before, len(h.Outbox.All()))
		}
	})
}

// TestAClosedJournalAnswersEverybody: the journal stops while decisions are committed and wait, and each is answered.
func TestAClosedJournalAnswersEverybody(t *testing.T) {
	for seed := range uint64(20) {
		chaintest.Simulate(t, seed, func(tc task.Context, sim *task.Sim) {
			disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{SyncDelay: 2 * time.Millisecond})
			h := chaintest.Found(t, tc, disk, sim.Entropy("home"), guard.DefaultPolicy())
			answered := 0
			g := task.NewGroup(tc, "senders")
			for range 30 {
				g.Go("sender", func(tc task.Context) error {
					if _, _, err := h.Chain.Decide(tc, chaintest.Text(1, chaintest.Ben)); err != nil && !errors.Is(err, aura.Cancelled) {
						t.Errorf("error %v", err)
					}
					answered++
					return nil
				})
			}
			if err := tc.Sleep(time.Millisecond); err != nil {
				t.Fatal(err)
			}
			h.Close(tc)
			if err := h.Journal.Close(tc); err != nil {
				t.Error(err)
			}
			if err := g.Wait(tc); err != nil || answered != 30 {
				t.Errorf("%v, %d answered", err, answered)
			}
			if _, _, err := h.Chain.Decide(tc, chaintest.Text(1, chaintest.Ben)); !errors.Is(err, aura.Cancelled) {
				t.Errorf("after the stop: %v", err)
			}
		})
	}
}

// TestAReceiptCoversTheFactsOfItsDecision: another entry takes the place in the context that the decision saw as its
// own. A receipt names facts by their Seq, so it must name the places that its facts got.
func TestAReceiptCoversTheFactsOfItsDecision(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
		h := chaintest.Found(t, tc, disk, sim.Entropy("home"), chaintest.Limited(10))
		defer h.Close(tc)
		disk.SetFaults(journal.Faults{SyncDelay: time.Second})
		g := task.NewGroup(tc, "writers")
		append := func(e *journal.Entry) {
			g.Go("writer", func(tc task.Context) error {
				_, err := h.Journal.Append(tc, e)
				return err
			})
			if err := tc.Sleep(time.Millisecond); err != nil {
				t.Fatal(err)
			}
		}
		append(&journal.Entry{Meta: []journal.KV{{Key: "note", Value: []byte("x")}}}) // the writer is busy
		append(&journal.Entry{Drafts: chaintest.Text(1).Entries})
		result, _, err := h.Chain.Decide(tc, chaintest.Text(1, chaintest.Ben))
		if err != nil || g.Wait(tc) != nil {
			t.Fatal(err)
		}
		if r, f := result.Receipts[0], result.Records[0]; r.FirstSeq != f.Seq || r.LastSeq != f.Seq || f.Seq != 2 {
			t.Errorf("the receipt covers %d to %d, the fact is %d, want 2", r.FirstSeq, r.LastSeq, f.Seq)
		}
	})
}

// TestForeignChargeBetweenDecisionAndCommit lets another writer of the ledger race with the senders: a
// sender that loses decides again, and the budget holds.
func TestForeignChargeBetweenDecisionAndCommit(t *testing.T) {
	policy := chaintest.Limited(40)
	for seed := range uint64(60) {
		chaintest.Simulate(t, seed, func(tc task.Context, sim *task.Sim) {
			disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{SyncDelay: time.Millisecond})
			h := chaintest.Found(t, tc, disk, sim.Entropy("home"), policy)
			defer h.Close(tc)
			epoch := guard.EpochAt(policy, tc.Now())
			g := task.NewGroup(tc, "devices")
			var foreign, allowed uint64
			g.Go("other", func(tc task.Context) error {
				for range 10 {
					// Another device's spending arrives, on top of the spending that the commit knows.
					entry := new(journal.Entry)
					entry.Expect = func(v journal.View) error {
						c := v.Charge(chaintest.Pair, chaintest.Ben)
						if c.Spent == policy.Limit {
							return aura.Exhausted
						}
						c.Epoch, c.Spent = epoch, c.Spent+1
						entry.Charges = []fact.Charge{c}
						return nil
					}
					if _, err := h.Journal.Append(tc, entry); err != nil {
						return nil
					}
					foreign++
					if err := tc.Sleep(2 * time.Millisecond); err != nil {
						return err
					}
				}
				return nil
			})
			for range 5 {
				g.Go("sender", func(tc task.Context) error {
					for range 10 {
						_, _, err := h.Chain.Decide(tc, chaintest.Text(1, chaintest.Ben))
						if err == nil {
							allowed++
						} else if !errors.Is(err, aura.Denied) {
							return err
						}
					}
					return nil
				})
			}
			if err := g.Wait(tc); err != nil {
				t.Errorf("seed %d: %v", seed, err)
			}
			c := h.Journal.Charge(chaintest.Pair, chaintest.Ben)
			if c.Spent != foreign+allowed || c.Spent > policy.Limit {
				t.Errorf("seed %d: spent %d, allowed %d here and %d elsewhere", seed, c.Spent, allowed, foreign)
			}
		})
	}
}

// TestAPlaceThatMovedRefusesTheDecision: nothing is committed that names a place before which facts of another branch came since. A
// fact behind the place does no harm.
func TestAPlaceThatMovedRefusesTheDecision(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		h := chaintest.Found(t, tc, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), sim.Entropy("home"), chaintest.Limited(40))
		defer h.Close(tc)
		ns, device := fact.ContextNamespace(chaintest.Pair), aura.DeviceID{7}
		says := func(before *fact.Record) *fact.Record {
			f := fact.Fact{Namespace: ns, Kind: "chat.message", Author: chaintest.Ben, Device: device, Seq: 1, Logical: 10}
			if before != nil {
				f.Seq, f.Prev, f.Logical = before.Seq+1, before.Place().ID, before.Fact.Logical+10
			}
			_, _ = sim.Entropy("text").Read(f.Order[:])
			r := fact.NewRecord(f)
			r.Proof = fact.NewBatch([]aura.FactID{r.ID}).Proof(0, [64]byte{1})
			if _, err := h.Journal.Append(tc, &journal.Entry{Foreign: []fact.Record{r}}); err != nil {
				t.Fatal(err)
			}
			return &r
		}
		first := says(nil)
		second := says(first)
		marked := chaintest.Text(1, chaintest.Ben)
		marked.Marks = []guard.Mark{{Context: chaintest.Pair, Device: device, Number: 2, Place: second.Place()}}
		says(second)
		if _, _, err := h.Chain.Decide(tc, marked); err != nil {
			t.Errorf("a fact came behind the place: %v", err)
		}
		says(first)
		count := h.Journal.Head()
		_, _, err := h.Chain.Decide(tc, marked)
		if moved, ok := errors.AsType[*guard.MovedError](err); !ok || moved.Mark != marked.Marks[0] || aura.KindOf(err) != aura.Conflict {
			t.Errorf("a fact of another branch came before the place: %v", err)
		}
		if h.Journal.Head() != count {
			t.Error("a refused decision committed facts")
		}
	})
}

func TestSameSeedSameDigest(t *testing.T) {
	digest := func() [32]byte {
		sim := task.NewSim(11, task.SimOptions{})
		err := sim.Run("test", func(tc task.Context) error {
			disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
			h := chaintest.Found(t, tc, disk, sim.Entropy("home"), chaintest.Limited(30))
			defer h.Close(tc)
			disk.SetFaults(journal.Faults{SyncDelay: time.Millisecond, FailApply: 0.1})
			crowd(t, tc, h, sim.Entropy("crowd"), 5, 5)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return sim.Digest()
	}
	first, second := digest(), digest()
	if first != second {
		t.Error("the same seed gave two schedules")
	}
}

// TestMetadataIsHeld: a decision that was planned by metadata is committed while the metadata is as it was, and not afterwards.
func TestMetadataIsHeld(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		h := chaintest.Found(t, tc, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), sim.Entropy("home"), chaintest.Limited(40))
		defer h.Close(tc)
		first := chaintest.Text(1, chaintest.Ben)
		first.Held, first.Metadata = []guard.Meta{{Key: "k"}}, []guard.Meta{{Key: "k", Value: []byte("one")}}
		if _, _, err := h.Chain.Decide(tc, first); err != nil {
			t.Errorf("nothing is there, as planned: %v", err)
		}
		count := h.Journal.Head()
		if _, _, err := h.Chain.Decide(tc, first); aura.KindOf(err) != aura.Conflict || h.Journal.Head() != count {
			t.Errorf("the metadata has changed: %v, %d facts more", err, h.Journal.Head()-count)
		}
		second := chaintest.Text(1, chaintest.Ben)
		second.Held = []guard.Meta{{Key: "k", Value: []byte("one")}}
		if _, _, err := h.Chain.Decide(tc, second); err != nil {
			t.Errorf("it is as planned: %v", err)
		}
	})
}

package interp_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
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
func crowd(tc task.Context, h *home, e world.Entropy, tasks, each int) *spending {
	s := &spending{allowed: map[aura.AuthorityID]uint64{}}
	g := task.NewGroup(tc, "crowd")
	for i := range tasks {
		g.Go(fmt.Sprintf("sender.%d", i), func(tc task.Context) error {
			for range each {
				req := text(aura.FlowCost(1+number(e, 3)), ben, cleo)
				req.Queue = number(e, 2) == 0
				if number(e, 3) == 0 {
					req.Sends = req.Sends[1:]
				}
				_, v, err := h.room.Decide(tc, req)
				s.note(v, err)
				if err := tc.Sleep(aura.Duration(number(e, 3)) * time.Millisecond); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := g.Wait(tc); err != nil {
		h.t.Error(err)
	}
	return s
}

func (s *spending) note(v interp.Verdict, err error) {
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

// checkLedger verifies that receipts, ledger, budget and what was released agree.
func checkLedger(t testing.TB, h *home, posted []release, policy guard.Policy, now aura.Physical) {
	t.Helper()
	for _, peer := range []aura.AuthorityID{ben, cleo} {
		c := h.journal.Charge(pair, peer)
		if c.Spent > policy.Limit {
			t.Errorf("spent %d of %d units", c.Spent, policy.Limit)
		}
		receipts, err := h.prod.Receipts(pair, peer, c.Epoch, 0, int(c.Receipts))
		if err != nil {
			t.Fatal(err)
		}
		chain := guard.Chain{Context: pair, From: own, To: peer}
		known := map[effect.Receipt]bool{}
		for i := range receipts {
			if err := chain.Accept(&receipts[i], public, policy, now); err != nil {
				t.Fatalf("receipt %d of %d: %v", i, len(receipts), err)
			}
			known[receipts[i]] = true
		}
		if chain.Spent != c.Spent || chain.LastSeq != c.Through || chain.Head != c.Head {
			t.Errorf("chain %+v does not fit the ledger %+v", chain, c)
		}
		for _, r := range posted {
			if r.envelope.Peer != peer {
				continue
			}
			if r.envelope.Through > c.Through || r.envelope.Through > h.journal.Count(shared, device) {
				t.Errorf("released through %d, durable is %+v", r.envelope.Through, c)
			}
			for _, receipt := range r.receipts {
				if !known[receipt] {
					t.Error("a receipt was handed out that is not durable")
				}
			}
		}
	}
	for o := fact.Observer(1); o < fact.Observers; o++ {
		if l := h.journal.Leak(pair, o); policy.Leak[o].Defined && l.Bits > policy.Leak[o].Bits {
			t.Errorf("%s observers were told %d of %d bits", o, l.Bits, policy.Leak[o].Bits)
		}
	}
}

func TestSendersAtOnceNeverExceedTheBudget(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		seed := rapid.Uint64().Draw(rt, "seed")
		policy := limited(rapid.Uint64Range(1, 60).Draw(rt, "limit"))
		policy.Leak[fact.External].Bits = rapid.Uint64Range(1, 80).Draw(rt, "bits")
		tasks := rapid.IntRange(1, 8).Draw(rt, "tasks")
		faults := journal.Faults{SyncDelay: 3 * time.Millisecond}
		if rapid.Bool().Draw(rt, "faults") {
			faults.FailApply = 0.2
		}
		simulate(t, seed, func(tc task.Context, sim *task.Sim) {
			disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
			h := found(t, tc, disk, sim.Entropy("home"), policy)
			defer h.close(tc)
			disk.SetFaults(faults)
			s := crowd(tc, h, sim.Entropy("crowd"), tasks, 6)
			checkLedger(t, h, h.post.all(), policy, tc.Now())
			for _, peer := range []aura.AuthorityID{ben, cleo} {
				// A failed Apply changed nothing, so the ledger has exactly what was allowed.
				if c := h.journal.Charge(pair, peer); c.Spent != s.allowed[peer] {
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
	policy := limited(50)
	for seed := range uint64(150) {
		simulate(t, seed, func(tc task.Context, sim *task.Sim) {
			e := sim.Entropy("fate")
			disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
			h := found(t, tc, disk, sim.Entropy("home"), policy)
			disk.SetFaults(journal.Faults{SyncDelay: 4 * time.Millisecond, BreakApply: 0.05})
			life := task.NewGroup(tc, "life")
			life.Go("life", func(tc task.Context) error {
				crowd(tc, h, e, 4, 20)
				return nil
			})
			if err := tc.Sleep(aura.Duration(number(e, 60)) * time.Millisecond); err != nil {
				t.Fatal(err)
			}
			after := disk.Crash()
			sim.Crash(h.group)
			sim.Crash(life)
			posted := h.post.all()

			after.SetFaults(journal.Faults{})
			h = open(t, tc, after, sim.Entropy("home"))
			defer h.close(tc)
			checkLedger(t, h, posted, policy, tc.Now())
			// Life goes on: what is left of the budget can be spent, and not more.
			crowd(tc, h, e, 2, 3)
			checkLedger(t, h, append(posted, h.post.all()...), policy, tc.Now())
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
		h := found(t, tc, disk, e, guard.DefaultPolicy())
		defer h.close(tc)
		before := disk.Syncs()
		g := task.NewGroup(tc, "senders")
		for range senders {
			g.Go("sender", func(tc task.Context) error {
				_, _, err := h.room.Decide(tc, text(1, ben))
				return err
			})
		}
		if err := g.Wait(tc); err != nil {
			t.Fatal(err)
		}
		syncs := disk.Syncs() - before
		receipts := h.journal.Charge(pair, ben).Receipts
		if syncs > senders/4 || receipts > syncs {
			t.Errorf("%d decisions took %d syncs and %d receipts", senders, syncs, receipts)
		}
		if n := h.journal.Count(shared, device); n != senders {
			t.Errorf("%d facts", n)
		}
		checkLedger(t, h, h.post.all(), guard.DefaultPolicy(), clock)
	}
	t.Run("simulated", func(t *testing.T) {
		simulate(t, 1, func(tc task.Context, sim *task.Sim) { run(tc, sim.Entropy("home"), tc.Now()) })
	})
	t.Run("real", func(t *testing.T) {
		err := task.NewReal(task.RealOptions{}).Run("test", func(tc task.Context) error {
			run(tc, new(stream), tc.Now())
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestBadFactDoesNotRefuseItsNeighbours(t *testing.T) {
	simulate(t, 3, func(tc task.Context, sim *task.Sim) {
		disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{SyncDelay: time.Millisecond})
		h := found(t, tc, disk, sim.Entropy("home"), guard.DefaultPolicy())
		defer h.close(tc)
		g := task.NewGroup(tc, "senders")
		for i := range 20 {
			g.Go("sender", func(tc task.Context) error {
				req := text(1, ben)
				if i != 7 {
					_, _, err := h.room.Decide(tc, req)
					return err
				}
				req.Entries[0].Payload = []byte("bad")
				if _, _, err := h.room.Decide(tc, req); !errors.Is(err, aura.Invalid) {
					t.Errorf("bad fact: %v", err)
				}
				return nil
			})
		}
		if err := g.Wait(tc); err != nil {
			t.Error(err)
		}
		if c := h.journal.Charge(pair, ben); c.Spent != 19 {
			t.Errorf("spent %d", c.Spent)
		}
	})
}

func TestMalformedCommandsAreRefused(t *testing.T) {
	charge := effect.Command{Kind: effect.ChargeBudget, Context: pair, Peer: ben, Amount: 1}
	simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		h := found(t, tc, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), sim.Entropy("home"), limited(10))
		defer h.close(tc)
		before := dump(t, h.store)
		for name, commands := range map[string][]effect.Command{
			"unknown command":          {{Kind: 7}},
			"append of nothing":        {{Kind: effect.AppendJournal}},
			"envelope of nothing":      {{Kind: effect.SendEnvelope}},
			"charge of nothing":        {{Kind: effect.ChargeBudget, Context: pair, Peer: ben}},
			"two charges of one peer":  {charge, charge},
			"two leaks to one class":   {{Kind: effect.RecordLeakage, Observer: 1, Bits: 1}, {Kind: effect.RecordLeakage, Observer: 1, Bits: 1}},
			"good charge, bad command": {charge, {Kind: 7}},
		} {
			d := &interp.Decision{Request: text(1, ben), Commands: commands}
			if _, err := h.prod.Execute(tc, d); !errors.Is(err, aura.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if len(dump(t, h.store)) != len(before) || len(h.post.all()) != 0 {
			t.Error("a refused decision had effects")
		}
		late := charge
		late.Seen = 3
		if _, err := h.prod.Execute(tc, &interp.Decision{Request: text(1, ben), Commands: []effect.Command{late}}); !errors.Is(err, aura.Stale) {
			t.Errorf("charge on headroom that is not there: %v", err)
		}
	})
}

// TestAnOrderThatWasWithdrawnIsNotHandedOver: the caller's budget ends while its order waits in the journal behind somebody
// else's sync. It was told that nothing happened, and nothing does.
func TestAnOrderThatWasWithdrawnIsNotHandedOver(t *testing.T) {
	simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
		h := found(t, tc, disk, sim.Entropy("home"), limited(10))
		defer h.close(tc)
		disk.SetFaults(journal.Faults{Stuck: true})
		other := task.NewGroup(tc, "other")
		other.Go("writer", func(tc task.Context) error {
			_, err := h.journal.Append(tc, &journal.Entry{Meta: []journal.KV{{Key: "note", Value: []byte("x")}}})
			return err
		})
		if err := tc.Sleep(10 * time.Millisecond); err != nil {
			t.Fatal(err)
		}
		before := h.journal.Charge(pair, ben)
		short, done := tc.WithBudget("caller", time.Second)
		_, _, err := h.room.Decide(short, text(1, ben))
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
		if after := h.journal.Charge(pair, ben); after != before || len(h.post.all()) != 0 {
			t.Errorf("what was withdrawn was charged: %+v, before %+v; %d sent", after, before, len(h.post.all()))
		}
	})
}

func TestStoppedInterpreterAnswersEverybody(t *testing.T) {
	for seed := range uint64(20) {
		simulate(t, seed, func(tc task.Context, sim *task.Sim) {
			disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{SyncDelay: 2 * time.Millisecond})
			h := found(t, tc, disk, sim.Entropy("home"), guard.DefaultPolicy())
			answered := 0
			g := task.NewGroup(tc, "senders")
			for range 30 {
				g.Go("sender", func(tc task.Context) error {
					if _, _, err := h.room.Decide(tc, text(1, ben)); err != nil && !errors.Is(err, aura.Cancelled) {
						t.Errorf("error %v", err)
					}
					answered++
					return nil
				})
			}
			if err := tc.Sleep(time.Millisecond); err != nil {
				t.Fatal(err)
			}
			h.close(tc)
			if err := g.Wait(tc); err != nil || answered != 30 {
				t.Errorf("%v, %d answered", err, answered)
			}
			if _, _, err := h.room.Decide(tc, text(1, ben)); !errors.Is(err, aura.Cancelled) {
				t.Errorf("after the stop: %v", err)
			}
		})
	}
}

// TestForeignChargeBetweenPlanAndCommit lets another writer of the ledger race with the senders: whoever
// loses decides again, and nobody overspends.
func TestForeignChargeBetweenPlanAndCommit(t *testing.T) {
	policy := limited(40)
	for seed := range uint64(60) {
		simulate(t, seed, func(tc task.Context, sim *task.Sim) {
			disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{SyncDelay: time.Millisecond})
			h := found(t, tc, disk, sim.Entropy("home"), policy)
			defer h.close(tc)
			epoch := guard.EpochAt(policy, tc.Now())
			g := task.NewGroup(tc, "devices")
			var foreign, allowed uint64
			g.Go("other", func(tc task.Context) error {
				for range 10 {
					// Another device's spending arrives, on top of what is known inside the commit.
					entry := new(journal.Entry)
					entry.Expect = func(v journal.View) error {
						c := v.Charge(pair, ben)
						if c.Spent == policy.Limit {
							return aura.Exhausted
						}
						c.Epoch, c.Spent = epoch, c.Spent+1
						entry.Charges = []fact.Charge{c}
						return nil
					}
					if _, err := h.journal.Append(tc, entry); err != nil {
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
						_, _, err := h.room.Decide(tc, text(1, ben))
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
			c := h.journal.Charge(pair, ben)
			if c.Spent != foreign+allowed || c.Spent > policy.Limit {
				t.Errorf("seed %d: spent %d, allowed %d here and %d elsewhere", seed, c.Spent, allowed, foreign)
			}
		})
	}
}

func TestSameSeedSameDigest(t *testing.T) {
	digest := func() [32]byte {
		sim := task.NewSim(11, task.SimOptions{})
		err := sim.Run("test", func(tc task.Context) error {
			disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
			h := found(t, tc, disk, sim.Entropy("home"), limited(30))
			defer h.close(tc)
			disk.SetFaults(journal.Faults{SyncDelay: time.Millisecond, FailApply: 0.1})
			crowd(tc, h, sim.Entropy("crowd"), 5, 5)
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

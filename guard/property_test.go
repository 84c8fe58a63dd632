package guard_test

import (
	"crypto/ed25519"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
)

// world draws a snapshot and a request about up to five peers with small budgets, so that every edge
// is met often.
func world(t *rapid.T) (*guard.Snapshot, *guard.Request) {
	p := guard.DefaultPolicy()
	p.Limit = rapid.Uint64Range(0, 6).Draw(t, "limit")
	for o := range p.Leak {
		p.Leak[o].Defined = rapid.IntRange(0, 9).Draw(t, "defined") > 0
		p.Leak[o].Bits = rapid.Uint64Range(0, 12).Draw(t, "bits")
	}
	peers := rapid.IntRange(0, 5).Draw(t, "peers")
	s := &guard.Snapshot{
		Now: noon, Caps: guard.NewFrontier(chatSend), Last: rapid.Uint64Range(0, 4).Draw(t, "last"),
	}
	r := &guard.Request{
		Capability: chatSend, Context: room, Authority: own, Queue: rapid.Bool().Draw(t, "queue"),
	}
	if rapid.IntRange(0, 4).Draw(t, "fact") > 0 {
		r.Entries = []fact.Draft{message("x")}
	}
	now := guard.EpochAt(p, noon)
	var spent [fact.Observers]fact.Leak
	for o := range spent {
		spent[o] = fact.Leak{Epoch: now - aura.Epoch(rapid.IntRange(0, 1).Draw(t, "leak age"))}
		spent[o].Bits = rapid.Uint64Range(0, 12).Draw(t, "leaked")
	}
	s.Leakage = guard.LeakViewOf(p, guard.WholeShare, &spent, noon)
	for i := range peers {
		peer := aura.AuthorityID{byte(2 * (i + 1))}
		c := &fact.Charge{
			Epoch:   now - aura.Epoch(rapid.IntRange(0, 1).Draw(t, "age")),
			Spent:   rapid.Uint64Range(0, 6).Draw(t, "spent"),
			Through: rapid.Uint64Range(0, s.Last).Draw(t, "through"),
		}
		c.Until = rapid.Uint64Range(0, c.Through).Draw(t, "until")
		c.From = rapid.Uint64Range(0, c.Until).Draw(t, "from")
		s.Budgets = append(s.Budgets, guard.HeadroomOf(p, guard.WholeShare, c, room, peer, noon))
		send := guard.Send{
			Peer: peer, Cost: aura.FlowCost(rapid.IntRange(0, 4).Draw(t, "cost")),
			Through:    rapid.Uint64Range(0, 4).Draw(t, "run"),
			Retransmit: rapid.Bool().Draw(t, "retransmit"),
		}
		for o := 1; o < fact.Observers; o++ {
			send.Leak[o] = rapid.Uint32Range(0, 3).Draw(t, "leak")
		}
		r.Sends = append(r.Sends, send)
	}
	return s, r
}

func TestOutcomeNeverExceedsABudget(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, r := world(t)
		out := evaluate(s, r)
		if !out.Allowed {
			if len(out.Commands)+len(out.Waiting) != 0 || out.Denial.Err() == nil {
				t.Fatalf("a denial has effects: %+v", out)
			}
			return
		}
		charged := map[aura.AuthorityID]bool{}
		var told, mayTell [fact.Observers]uint64
		appended := 0
		for i := range out.Commands {
			c := &out.Commands[i]
			switch c.Kind {
			case effect.ChargeBudget:
				h := s.Budgets[s.Headroom(c.Peer)]
				if charged[c.Peer] || c.Amount == 0 || h.Spent+uint64(c.Amount) > h.Limit || c.Seen != h.Version {
					t.Fatalf("charge %+v of headroom %+v", c, h)
				}
				charged[c.Peer] = true
			case effect.RecordLeakage:
				room := s.Leakage[c.Observer]
				if !room.Defined || room.Spent+uint64(c.Bits) > room.Limit {
					t.Fatalf("leakage %+v of room %+v", c, room)
				}
				told[c.Observer] += uint64(c.Bits)
			case effect.AppendJournal:
				appended++
			case effect.SendEnvelope:
				h := s.Budgets[s.Headroom(c.Peer)]
				free := c.Envelope.Through != 0 && c.Envelope.Through <= h.Through
				if !charged[c.Peer] && !free {
					t.Fatalf("envelope %+v was never paid for", *c.Envelope)
				}
				if c.Envelope.Through == 0 && (appended == 0 || h.Through < s.Last) {
					t.Fatal("an envelope overtakes facts or rests on none")
				}
			}
		}
		if appended != len(r.Entries) {
			t.Fatalf("appended %d of %d facts", appended, len(r.Entries))
		}
		for i := range r.Sends {
			if charged[r.Sends[i].Peer] {
				for o, bits := range r.Sends[i].Leak {
					mayTell[o] += uint64(bits)
				}
			}
		}
		if told != mayTell {
			t.Fatalf("%d bits are recorded, the sends that are charged tell %d", told, mayTell)
		}
		if len(out.Waiting) > 0 && !r.Queue {
			t.Fatal("somebody waits although the request did not say so")
		}
	})
}

func TestEvaluationIsAFunctionOfItsInputs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, r := world(t)
		a, used := evaluate(s, r), new(guard.Outcome)
		guard.Evaluate(used, snapshot(guard.DefaultPolicy(), ben, cleo), text(ben, cleo))
		guard.Evaluate(used, s, r)
		same := a.Allowed == used.Allowed && a.Denial == used.Denial
		same = same && cmp.Equal(append([]guard.Waiting{}, a.Waiting...), append([]guard.Waiting{}, used.Waiting...))
		if len(a.Commands) != len(used.Commands) || !same {
			t.Fatalf("%+v\n%+v", a, used)
		}
		for i := range a.Commands {
			if diff := cmp.Diff(a.Commands[i], used.Commands[i]); diff != "" {
				t.Fatal(diff)
			}
		}
	})
}

// TestARunNeverHoldsWhatNobodyPaidFor charges runs at random places: each fact that the ledger calls
// paid is paid for the chain of receipts, and each of those was paid for in the epoch.
func TestARunNeverHoldsWhatNobodyPaidFor(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := guard.DefaultPolicy()
		key := device.Public().(ed25519.PublicKey)
		var c fact.Charge
		chain := guard.ReceiptChain{Context: room, From: own, To: ben, Device: aura.DeviceOf(key)}
		var spending guard.Spending
		paid := map[uint64]bool{}
		now := noon
		for range rapid.IntRange(1, 12).Draw(t, "charges") {
			if rapid.IntRange(0, 5).Draw(t, "turn") == 0 {
				now.At = noon.At.Add(p.EpochLength * jump.Draw(t, "epochs"))
			}
			h := guard.HeadroomOf(p, guard.WholeShare, &c, room, ben, now)
			if h.Epoch != c.Epoch {
				clear(paid)
			}
			from := rapid.Uint64Range(0, h.Through).Draw(t, "from")
			until := from + rapid.Uint64Range(1, 4).Draw(t, "facts")
			receipt := effect.Receipt{
				Context: room, From: own, To: ben, Epoch: h.Epoch, Cost: until - from,
				FirstSeq: from + 1, LastSeq: until,
			}
			c = guard.Charged(c, &effect.Command{Context: room, Peer: ben, Amount: 4, Epoch: h.Epoch}, from, until)
			receipt.Previous, receipt.Nonce = c.Head, aura.Nonce{byte(len(paid)), byte(c.Spent)}
			c.Head = sign(receipt).Hash()
			if err := chain.Accept(sign(receipt), key, false, &spending, p, noon); err != nil {
				t.Fatal(err)
			}
			for seq := from + 1; seq <= until; seq++ {
				paid[seq] = true
			}
			for seq := uint64(0); seq <= c.Through+1; seq++ {
				covered := seq > c.From && seq <= c.Until
				if known := chain.Covers(fact.Place{Seq: seq}); covered && !known || known && !paid[seq] {
					t.Fatalf("fact %d: paid %t, ledger %+v, chain %+v", seq, paid[seq], c, chain)
				}
			}
		}
	})
}

// jump draws by how many epochs a clock is wrong: a little, two hours, a year, eighty years.
var jump = rapid.SampledFrom([]aura.Duration{0, 0, 1, 2, 3, 50, -1, -2, -3, -50, -8760, 80 * 8760, 80*8760 + 1, 9 * 8760})

// clock draws how the clock of a machine goes, epoch by epoch: mostly right, sometimes wrong for a while.
func clock(t *rapid.T, epochs int) []aura.Physical {
	p := guard.DefaultPolicy()
	var readings []aura.Physical
	wrong := aura.Duration(0)
	for i := range aura.Duration(epochs) {
		if rapid.IntRange(0, 3).Draw(t, "jump") == 0 {
			wrong = jump.Draw(t, "by")
		}
		readings = append(readings, aura.Physical{At: noon.At.Add(p.EpochLength * (i/2 + wrong))})
	}
	return readings
}

// TestNoBudgetIsHadTwice moves the clock at will: in no epoch more is spent than its limit, the ledger never
// underestimates the spending, the journal's merge equals the decision, and an entry keeps its size.
func TestNoBudgetIsHadTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := guard.DefaultPolicy()
		p.Limit = 3
		p.Leak[fact.ObserverExternal].Bits = 3
		var c fact.Charge
		var l [fact.Observers]fact.Leak
		spent, told := map[aura.Epoch]uint64{}, map[aura.Epoch]uint64{}
		for _, now := range clock(t, 60) {
			for range rapid.IntRange(0, 4).Draw(t, "charges") {
				h, v := guard.HeadroomOf(p, guard.WholeShare, &c, room, ben, now), guard.LeakViewOf(p, guard.WholeShare, &l, now)[fact.ObserverExternal]
				if h.Spent < spent[h.Epoch] || v.Spent < told[v.Epoch] {
					t.Fatalf("%d units and %d bits are known of %d and %d", h.Spent, v.Spent, spent[h.Epoch], told[v.Epoch])
				}
				if h.Spent < h.Limit {
					next := guard.Charged(c, &effect.Command{Context: room, Peer: ben, Amount: 1, Epoch: h.Epoch}, c.Through, c.Through+1)
					if !guard.ChargeHolds(&c, h.Epoch, h.Version) || c.Merge(next) != next || next.Merge(c) != next {
						t.Fatalf("%+v does not follow %+v", next, c)
					}
					c = next
					spent[h.Epoch]++
				}
				if v.Spent < v.Limit {
					next := guard.Leaked(l[fact.ObserverExternal], &effect.Command{Context: room, Observer: fact.ObserverExternal, Bits: 1, Epoch: v.Epoch})
					if !guard.LeakHolds(&l[fact.ObserverExternal], v.Epoch, v.Spent) || next.Merge(l[fact.ObserverExternal]) != next {
						t.Fatalf("%+v does not follow %+v", next, l[fact.ObserverExternal])
					}
					l[fact.ObserverExternal] = next
					told[v.Epoch]++
				}
				if spent[h.Epoch] > p.Limit || told[v.Epoch] > p.Limit {
					t.Fatalf("%d units and %d bits in an epoch of %d", spent[h.Epoch], told[v.Epoch], p.Limit)
				}
			}
		}
		if kept, err := fact.DecodeCharge(c.Encode()); err != nil || kept != c {
			t.Fatalf("%v: %+v was kept as %+v", err, c, kept)
		}
	})
}

// TestALedgerComesBackFromAClockThatWasWrong: after one excursion of the clock, of any length, the whole budget is
// there again as soon as the clock is right and in an epoch that the excursion did not use.
func TestALedgerComesBackFromAClockThatWasWrong(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := guard.DefaultPolicy()
		p.Limit = 3
		var c fact.Charge
		use := func(epoch aura.Duration) guard.Headroom {
			now := aura.Physical{At: noon.At.Add(p.EpochLength * epoch)}
			h := guard.HeadroomOf(p, guard.WholeShare, &c, room, ben, now)
			units := rapid.Uint64Range(0, h.Limit-h.Spent).Draw(t, "units")
			if units > 0 {
				c = guard.Charged(c, &effect.Command{Context: room, Peer: ben, Amount: aura.FlowCost(units), Epoch: h.Epoch}, c.Through, c.Through+1)
			}
			return h
		}
		before := aura.Duration(rapid.IntRange(0, 6).Draw(t, "before"))
		during := aura.Duration(rapid.IntRange(1, 48).Draw(t, "during"))
		wrong := jump.Filter(func(d aura.Duration) bool { return d < -1 || d > 1 }).Draw(t, "wrong by")
		for e := range before {
			use(e)
		}
		for e := range during {
			use(before + e + wrong)
		}
		right := before + during
		for e := right; e < right+60; e++ {
			h := use(e)
			present := guard.EpochAt(p, aura.Physical{At: noon.At.Add(p.EpochLength * e)})
			used := e == right || e >= before+wrong-1 && e <= before+during+wrong+1
			if !used && (h.Epoch != present || h.Spent != 0) {
				t.Fatalf("epoch %d of the right clock: %+v", e-right, h)
			}
		}
	})
}

// TestAReceiversClockBoundsWhatItTakes: however a sender names its epochs, no more gets through than the limit for
// each epoch that passes at the receiver, and two limits at once.
func TestAReceiversClockBoundsWhatItTakes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := guard.DefaultPolicy()
		p.Limit = 10
		key := device.Public().(ed25519.PublicKey)
		chain := guard.ReceiptChain{Context: room, From: own, To: ben, Device: aura.DeviceOf(key)}
		var spending guard.Spending
		taken, passed := uint64(0), uint64(0)
		for i := range rapid.IntRange(1, 40).Draw(t, "receipts") {
			if rapid.IntRange(0, 4).Draw(t, "turn") == 0 {
				passed++
			}
			r := effect.Receipt{
				Context: room, From: own, To: ben, Epoch: aura.Epoch(rapid.Uint64Range(0, 5).Draw(t, "epoch")),
				Cost: rapid.Uint64Range(1, 10).Draw(t, "cost"), FirstSeq: 1, LastSeq: uint64(i + 1), Nonce: aura.Nonce{byte(i)},
			}
			if rapid.Bool().Draw(t, "follow") {
				r.Previous = chain.Head
			}
			now := aura.Physical{At: noon.At.Add(p.EpochLength * aura.Duration(passed))}
			if chain.Accept(sign(r), key, false, &spending, p, now) == nil {
				taken += r.Cost
			}
			if most := (passed + 2) * p.Limit; taken > most {
				t.Fatalf("%d units in %d epochs, the most is %d", taken, passed, most)
			}
		}
	})
}

// TestHeadroomVersionsTellChargesApart charges one ledger entry again and again: a version that was
// seen before a charge never holds after it.
func TestHeadroomVersionsTellChargesApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := guard.DefaultPolicy()
		var c fact.Charge
		now := noon
		for range rapid.IntRange(1, 8).Draw(t, "charges") {
			now.At = now.At.Add(p.EpochLength * aura.Duration(rapid.IntRange(-3, 3).Draw(t, "epochs")))
			h := guard.HeadroomOf(p, guard.WholeShare, &c, room, ben, now)
			if !guard.ChargeHolds(&c, h.Epoch, h.Version) {
				t.Fatal("a headroom does not hold although nothing happened")
			}
			if h.Epoch+1 == c.Epoch {
				t.Fatal("the entry went back by one epoch, which clocks that are set do")
			}
			through := c.Through
			c = guard.Charged(c, &effect.Command{Amount: 2, Epoch: h.Epoch}, through, through+3)
			after := guard.HeadroomOf(p, guard.WholeShare, &c, room, ben, now)
			if after.Spent != h.Spent+2 || after.Through != through+3 || after.From != h.From {
				t.Fatalf("headroom %+v after a charge of 2 units and 3 facts on %+v", after, h)
			}
			if guard.ChargeHolds(&c, h.Epoch, h.Version) {
				t.Fatal("a headroom still holds after a charge")
			}
		}
	})
}

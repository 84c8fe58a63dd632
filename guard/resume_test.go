package guard_test

import (
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
)

// taker is a receiver of receipts with its durable state.
type taker struct {
	chains   []guard.ReceiptChain // by device
	spending guard.Spending
	facts    map[[32]byte]bool // the receipts whose facts are here
	counted  map[[32]byte]uint64
}

// give brings one message: receipts of a device, with their facts or ahead of them. A receiver that crashes forgets it.
func (k *taker) give(t *rapid.T, device int, key ed25519.PublicKey, receipts []*effect.Receipt, facts, crash bool, p guard.Policy, now aura.Physical) (taken bool) {
	chain, spending := k.chains[device], k.spending
	news := map[[32]byte]uint64{}
	for _, r := range receipts {
		before := chain
		err := chain.Accept(r, key, k.facts[r.Hash()], &spending, p, now)
		if err != nil && !errors.Is(err, aura.Stale) {
			if !errors.Is(err, aura.Denied) {
				t.Fatalf("%v", err)
			}
			return false // more than the limit
		}
		if hash := r.Hash(); err == nil && chain != before {
			if _, twice := k.counted[hash]; twice {
				t.Fatalf("a receipt of device %d is counted twice", device)
			}
			news[hash] = r.Cost
		}
	}
	if crash {
		return false
	}
	k.chains[device], k.spending = chain, spending
	for hash, cost := range news {
		k.counted[hash] = cost
	}
	for _, r := range receipts {
		k.facts[r.Hash()] = facts
	}
	return true
}

// giver is one copy of the home of a device.
type giver struct {
	device int
	chain  []*effect.Receipt // of the present epoch
}

// TestTheReceiversSumIsExact: several devices pay, each in several copies that are made, restored and lost at any moment,
// messages get lost, receipts go ahead of their facts, the receiver crashes and forgets branches: its sum is that of all
// receipts that it took, each once, and no sender that goes on where the receiver says gives one twice.
func TestTheReceiversSumIsExact(t *testing.T) {
	p := guard.DefaultPolicy()
	p.Limit = 200
	var keys [2]ed25519.PrivateKey
	for i := range keys {
		keys[i] = ed25519.NewKeyFromSeed(append(make([]byte, 31), byte(i+1)))
	}
	public := func(i int) ed25519.PublicKey { return keys[i].Public().(ed25519.PublicKey) }
	rapid.Check(t, func(t *rapid.T) {
		now := noon
		r := &taker{facts: map[[32]byte]bool{}, counted: map[[32]byte]uint64{}}
		var homes []*giver
		for i := range keys {
			r.chains = append(r.chains, guard.ReceiptChain{Context: room, From: own, To: ben, Device: aura.DeviceOf(public(i))})
			homes = append(homes, &giver{device: i})
		}
		nonce := uint64(0)
		pay := func(g *giver) {
			nonce++
			next := effect.Receipt{
				Context: room, From: own, To: ben, Epoch: guard.EpochAt(p, now), Cost: 1 + nonce%3, FirstSeq: nonce, LastSeq: nonce,
			}
			binary.BigEndian.PutUint64(next.Nonce[:], nonce)
			binary.BigEndian.PutUint64(next.LastID[:], nonce)
			if n := len(g.chain); n > 0 {
				next.Previous = g.chain[n-1].Hash()
			}
			copy(next.Signature[:], ed25519.Sign(keys[g.device], next.SigningBytes()))
			g.chain = append(slices.Clip(g.chain), &next)
		}
		talk := func(g *giver) {
			if len(g.chain) == 0 {
				return
			}
			from := uint64(0)
			if c := &r.chains[g.device]; c.Epoch == guard.EpochAt(p, now) && c.Count > 0 {
				known, found, err := guard.KnownReceipts(c.Heads(), uint64(len(g.chain)), func(after uint64, most int) (all []effect.Receipt, err error) {
					for _, r := range g.chain[after:min(after+uint64(most), uint64(len(g.chain)))] {
						all = append(all, *r)
					}
					return all, nil
				})
				if err != nil {
					t.Fatal(err)
				}
				if from = known; !found {
					from = uint64(len(g.chain))
					pay(g) // for what the receiver lacks
				}
			}
			for left := g.chain[from:]; len(left) > 0; {
				n := rapid.IntRange(1, len(left)).Draw(t, "in one message")
				facts, crash := rapid.Bool().Draw(t, "facts"), rapid.IntRange(0, 7).Draw(t, "crash") == 0
				if !r.give(t, g.device, public(g.device), left[:n], facts, crash, p, now) || rapid.IntRange(0, 3).Draw(t, "break") == 0 {
					return
				}
				left = left[n:]
			}
		}
		for range rapid.IntRange(1, 300).Draw(t, "steps") {
			g := homes[rapid.IntRange(0, len(homes)-1).Draw(t, "home")]
			switch rapid.IntRange(0, 13).Draw(t, "step") {
			case 0, 1, 2, 3:
				pay(g)
			case 4, 5, 6, 7, 8:
				talk(g)
			case 9, 12, 13:
				twin := *g
				homes = append(homes, &twin)
			case 10: // restored from a copy, which stays
				from := homes[rapid.IntRange(0, len(homes)-1).Draw(t, "from")]
				if from.device == g.device {
					g.chain = from.chain
				}
			case 11:
				if rapid.IntRange(0, 3).Draw(t, "turn") == 0 {
					now.At = now.At.Add(p.EpochLength)
					for _, g := range homes {
						g.chain = nil
					}
					clear(r.counted)
				}
			}
			sum := uint64(0)
			for _, cost := range r.counted {
				sum += cost
			}
			if got := r.spending.In(guard.EpochAt(p, now)); got != sum || got > p.Limit {
				t.Fatalf("the receiver took receipts of %d units and counts %d", sum, got)
			}
		}
	})
}

// TestEachCopyGoesOnWithItsBranch: once a copy's branch is at the receiver, the copy finds it there whatever others paid, and
// pays nothing again.
func TestEachCopyGoesOnWithItsBranch(t *testing.T) {
	p := guard.DefaultPolicy()
	key := device.Public().(ed25519.PublicKey)
	chain := guard.ReceiptChain{Context: room, From: own, To: ben, Device: aura.DeviceOf(key)}
	var spending guard.Spending
	copies := make([][]effect.Receipt, fact.MaxHeads)
	for round := range byte(3) {
		for i := range copies {
			c := copies[i]
			known, found, err := guard.KnownReceipts(chain.Heads(), uint64(len(c)), func(after uint64, most int) ([]effect.Receipt, error) {
				return c[after:min(after+uint64(most), uint64(len(c)))], nil
			})
			if err != nil || found != (round > 0) || found && known != uint64(len(c)) {
				t.Fatalf("round %d: copy %d finds %d of %d receipts, %v, %v", round, i, known, len(c), found, err)
			}
			r := effect.Receipt{Context: room, From: own, To: ben, Epoch: 7, Cost: 1, FirstSeq: 1, LastSeq: 1, Nonce: aura.Nonce{round, byte(i)}}
			if len(c) > 0 {
				r.Previous = c[len(c)-1].Hash()
			}
			if err := chain.Accept(sign(r), key, false, &spending, p, noon); err != nil {
				t.Fatal(err)
			}
			copies[i] = append(c, *sign(r))
		}
	}
	if n := len(chain.Heads()); n != fact.MaxHeads || chain.Spent != 3*fact.MaxHeads || spending.In(7) != chain.Spent {
		t.Errorf("%d branches, %d units, %d in all", n, chain.Spent, spending.In(7))
	}
}

// TestALongChainIsSearchedInPages: the newest receipt that the peer names counts, at the border of a page and far back, and a search
// has an end.
func TestALongChainIsSearchedInPages(t *testing.T) {
	const all = 5000
	receipts := make([]effect.Receipt, all)
	for i := range receipts {
		binary.BigEndian.PutUint64(receipts[i].Nonce[:], uint64(i+1))
	}
	read := func(after uint64, most int) ([]effect.Receipt, error) {
		return receipts[after : after+uint64(most)], nil
	}
	short := func(n int) [fact.ShortID]byte {
		hash := receipts[n-1].Hash()
		return [fact.ShortID]byte(hash[:])
	}
	for _, c := range []struct {
		named []int
		want  int
	}{{[]int{all}, all}, {[]int{1, all - 1}, all - 1}, {[]int{all - 255}, all - 255}, {[]int{all - 256}, all - 256}, {[]int{all - 4095}, all - 4095}, {[]int{all - 4096}, 0}, {nil, 0}} {
		var heads [][fact.ShortID]byte
		for _, n := range c.named {
			heads = append(heads, short(n))
		}
		if got, found, err := guard.KnownReceipts(heads, all, read); err != nil || found != (c.want > 0) || got != uint64(c.want) {
			t.Errorf("of receipts %v the peer has %d, %v, %v; want %d", c.named, got, found, err, c.want)
		}
	}
}

// TestAnUnpaidRunIsChargedAgain: it prevails over the entry before at no cost, in either order, and facts from before it and
// behind it are charged alike; those that were charged since are not charged again.
func TestAnUnpaidRunIsChargedAgain(t *testing.T) {
	p := guard.DefaultPolicy()
	p.Limit = 10
	before := fact.Charge{Context: room, Peer: ben, Epoch: guard.EpochAt(p, noon), Spent: 6, Through: 9, From: 4, Until: 9, Receipts: 2}
	after := guard.Unpaid(before)
	if before.Merge(after) != after || after.Merge(before) != after || after.Spent != before.Spent || after.Through != before.Through {
		t.Fatalf("the entry is %+v, then %+v", before, before.Merge(after))
	}
	decide := func(c *fact.Charge, from, through uint64) (charged bool) {
		s, r := snapshot(p, ben), text(ben)
		s.Budgets[0] = guard.HeadroomOf(p, guard.WholeShare, c, room, ben, noon)
		s.Last = 9
		r.Sends[0].From, r.Sends[0].Through, r.Entries = from, through, nil
		out := new(guard.Outcome)
		if guard.Evaluate(out, s, r); !out.Allowed {
			t.Fatalf("%d to %d: %+v", from, through, out.Denial)
		}
		for i := range out.Commands {
			if out.Commands[i].Kind == effect.ChargeBudget {
				*c, charged = guard.Charged(*c, &out.Commands[i], from, through), true
			}
		}
		return charged
	}
	if c := before; decide(&c, 5, 9) {
		t.Error("what was paid for is charged again")
	}
	c := after
	for i, want := range []bool{true, false} {
		if got := decide(&c, 5, 9); got != want || c.From != 5 || c.Until != 9 {
			t.Errorf("time %d: charged %v, the run is (%d, %d]", i+1, got, c.From, c.Until)
		}
	}
}

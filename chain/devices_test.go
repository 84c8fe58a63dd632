package chain_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/chain"
	"github.com/aura-runtime/aura/chain/chaintest"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/frontier"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/interp"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/roster"
	"github.com/aura-runtime/aura/task"
)

// sibling is one device of Own: its chain and its ledger, in memory, and what it knows of the roster.
type sibling struct {
	key    ed25519.PrivateKey
	policy guard.Policy
	roster *roster.Chain
	ledger *interp.Simulation
	chain  *chain.Chain
	sent   []effect.Receipt
}

func (s *sibling) id() aura.DeviceID { return aura.DeviceOf(s.public()) }

func (s *sibling) public() ed25519.PublicKey { return s.key.Public().(ed25519.PublicKey) }

// Sign implements [interp.Signer].
func (s *sibling) Sign(message []byte) [64]byte { return [64]byte(ed25519.Sign(s.key, message)) }

// Frontier, Policy and Share implement [chain.Frontiers].
func (*sibling) Frontier(task.Context, frontier.Claim) (guard.Frontier, error) {
	return guard.NewFrontier(chaintest.CapSend), nil
}

func (s *sibling) Policy(task.Context, aura.ContextID) (guard.Policy, error) { return s.policy, nil }

func (s *sibling) Share(began, now aura.Instant) guard.Share {
	return guard.Share(s.roster.Share(s.id(), began, now))
}

// brim sends texts until the budget denies one of a single unit.
func (s *sibling) brim(tc task.Context, t *rapid.T) {
	for {
		cost := aura.FlowCost(rapid.IntRange(1, 3).Draw(t, "cost"))
		for ; cost > 0; cost-- {
			r := chaintest.Text(cost, chaintest.Ben)
			result, _, err := s.chain.Decide(tc, r)
			if err == nil {
				s.sent = append(s.sent, result.Receipts...)
				break
			}
			if !errors.Is(err, aura.Denied) {
				t.Fatal(err)
			}
		}
		if cost == 0 {
			return
		}
	}
}

// household is Own with devices of which each knows the same roster.
type household struct {
	root    ed25519.PrivateKey
	devices []*sibling
	roster  *roster.Chain
}

func keyOf(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(name))
	return ed25519.NewKeyFromSeed(seed[:])
}

func (h *household) sign(message []byte) [64]byte { return [64]byte(ed25519.Sign(h.root, message)) }

// add adds an entry to the roster that all devices have.
func (h *household) add(t *rapid.T, seen aura.Instant) func(roster.Entry, error) {
	return func(e roster.Entry, err error) {
		if err == nil {
			err = h.roster.Add(e.Sign(h.sign), seen)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func newHousehold(t *rapid.T, sim *task.Sim, policy guard.Policy) *household {
	h := &household{root: keyOf("root")}
	public := func(k ed25519.PrivateKey) [32]byte { return [32]byte(k.Public().(ed25519.PublicKey)) }
	first := fact.Certificate{Root: public(h.root), Signing: public(keyOf("phone")), Agreement: [32]byte{1}, Link: [32]byte{2}}
	first.Signature = h.sign(first.SigningBytes())
	h.roster = roster.New(first.Authority())
	e, err := roster.Found(&first)
	if err == nil {
		err = h.roster.Add(e, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"phone", "laptop", "tablet"} {
		s := &sibling{key: keyOf(name), policy: policy, roster: h.roster}
		if i > 0 {
			d := roster.Device{Signing: public(s.key), Agreement: [32]byte{byte(10 + i)}, Link: [32]byte{byte(20 + i)}, Rights: roster.RightsSpeak}
			d.Countersignature = s.Sign(d.SigningBytes(first.Authority()))
			h.add(t, 0)(roster.Enrol(h.roster.State(0), h.devices[i-1].id(), d))
		}
		s.ledger = interp.NewSimulation(chaintest.Own, s.id(), interp.SimulationOptions{Signer: s})
		s.chain = chain.New(chaintest.Own, s.id(), s.ledger, s, s.ledger, sim.Entropy(name), chain.Options{})
		h.devices = append(h.devices, s)
	}
	return h
}

// TestDevicesThatSpendApartKeepOneLimit lets three devices spend to the brim without hearing of each other, and removes
// one of them in the middle of an epoch. The receiver's sum over their receipts, in any order, and the joined ledger both
// give the amount that the devices spent, in no epoch above the limit; a part of an epoch that a removed device had is spent once.
func TestDevicesThatSpendApartKeepOneLimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sim := task.NewSim(1, task.SimOptions{})
		err := sim.Run("test", func(tc task.Context) error {
			policy := chaintest.Limited(rapid.Uint64Range(4, 40).Draw(t, "limit"))
			h := newHousehold(t, sim, policy)
			began := guard.EpochAt(policy, tc.Now())
			for _, s := range h.devices {
				if rapid.Bool().Draw(t, "spends first") {
					s.brim(tc, t)
				}
			}
			left := h.devices
			if rapid.Bool().Draw(t, "removal") {
				if err := tc.Sleep(time.Minute); err != nil {
					return err
				}
				h.add(t, tc.Now().At)(roster.Remove(h.roster.State(tc.Now().At), h.devices[0].id(), h.devices[1].id()))
				left = []*sibling{h.devices[0], h.devices[2]}
			}
			epochs := []aura.Epoch{began}
			for i := range 2 {
				for _, s := range left {
					s.brim(tc, t)
					listed, err := h.roster.State(tc.Now().At).Device(s.id())
					if err != nil {
						return err
					}
					// In the first epoch a removed device may have spent the part that another one has now.
					c, want := s.ledger.Charge(chaintest.Pair, chaintest.Ben), guard.Share(listed.Share).Of(policy.Limit)
					if c.Spent > want || c.Spent < want && i > 0 {
						t.Fatalf("a device with a share of %d spent %d of %d", listed.Share, c.Spent, policy.Limit)
					}
				}
				if err := tc.Sleep(policy.EpochLength); err != nil {
					return err
				}
				epochs = append(epochs, guard.EpochAt(policy, tc.Now()))
			}
			h.check(tc, t, policy, epochs)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// check compares what the devices sent with a receiver's sum and with the joined ledger.
func (h *household) check(tc task.Context, t *rapid.T, policy guard.Policy, epochs []aura.Epoch) {
	sums := map[aura.Epoch]uint64{}
	var spending guard.Spending
	chains := make([]guard.ReceiptChain, len(h.devices))
	queues := make([][]effect.Receipt, len(h.devices))
	waiting := 0
	for i, s := range h.devices {
		chains[i] = guard.ReceiptChain{Context: chaintest.Pair, From: chaintest.Own, To: chaintest.Ben, Device: s.id()}
		queues[i] = s.sent
		waiting += len(s.sent)
		for j := range s.sent {
			sums[s.sent[j].Epoch] += s.sent[j].Cost
		}
	}
	for ; waiting > 0; waiting-- {
		i := rapid.IntRange(0, len(queues)-1).Draw(t, "comes next")
		for len(queues[i]) == 0 {
			i = (i + 1) % len(queues)
		}
		r := queues[i][0]
		queues[i] = queues[i][1:]
		// The receiver's clock goes with the sender's.
		now := aura.Physical{At: max(tc.Now().At, guard.EpochBegan(policy, r.Epoch))}
		if err := chains[i].Accept(&r, h.devices[i].public(), false, &spending, policy, now); err != nil {
			t.Fatalf("a receipt within the share of device %d: %v", i, err)
		}
		other := (i + 1) % len(chains)
		if err := chains[other].Accept(&r, h.devices[other].public(), false, &spending, policy, now); !errors.Is(err, aura.Denied) {
			t.Fatalf("a receipt of another device: %v", err)
		}
	}
	j := h.join(tc, t)
	for _, e := range epochs {
		units, known := j.Spent(chaintest.Pair, chaintest.Ben, e)
		if sums[e] > policy.Limit || spending.In(e) != sums[e] || units != sums[e] || !known {
			t.Fatalf("epoch %d: spent %d of %d; the receiver counts %d, the joined ledger %d (%t)",
				e, sums[e], policy.Limit, spending.In(e), units, known)
		}
	}
}

// join returns a journal in which the entries of all devices met, some of them twice.
func (h *household) join(tc task.Context, t *rapid.T) *journal.Journal {
	j, err := journal.Open(tc, journal.NewFaulty(new(chaintest.Entropy), journal.Faults{}), journal.Options{
		Key: [32]byte{1}, Entropy: new(chaintest.Entropy), Author: chaintest.Own, Device: h.devices[0].id(),
	})
	if err != nil {
		t.Fatal(err)
	}
	g := task.NewGroup(tc, "journal")
	g.Go("journal.writer", j.Serve)
	for _, i := range rapid.Permutation([]int{0, 1, 2, 0, 1, 2}).Draw(t, "order of entries") {
		c := h.devices[i].ledger.Charge(chaintest.Pair, chaintest.Ben)
		c.Context, c.Peer, c.Device = chaintest.Pair, chaintest.Ben, h.devices[i].id()
		if _, err := j.Append(tc, &journal.Entry{Charges: []fact.Charge{c}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := g.Close(tc, time.Minute); err != nil {
		t.Fatal(err)
	}
	return j
}

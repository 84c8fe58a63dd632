package chain_test

import (
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/chain"
	"github.com/aura-runtime/aura/chain/chaintest"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// reading is what reads a headroom: a ledger with entries for many peers, and the device's share.
type reading struct {
	home   *chaintest.Home
	peers  []aura.AuthorityID
	policy guard.Policy
}

// newReading returns one for an only device, or for one with two siblings, whose entries lie in the ledger, too.
func newReading(t testing.TB, tc task.Context, siblings bool) *reading {
	r := &reading{policy: guard.DefaultPolicy()}
	r.home = chaintest.Open(t, tc, journal.NewFaulty(new(chaintest.Entropy), journal.Faults{}), new(chaintest.Entropy))
	epoch := guard.EpochAt(r.policy, tc.Now())
	devices := []aura.DeviceID{{}}
	if siblings {
		devices = append(devices, aura.DeviceID{1}, aura.DeviceID{2})
		r.home.Frontier.SetShares(third{})
	}
	var entry journal.Entry
	for i := range 200 {
		peer := aura.AuthorityID{1, byte(i)}
		r.peers = append(r.peers, peer)
		for _, d := range devices {
			entry.Charges = append(entry.Charges, fact.Charge{Context: chaintest.Pair, Peer: peer, Epoch: epoch, Spent: uint64(i), Device: d})
		}
	}
	if _, err := r.home.Journal.Append(tc, &entry); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *reading) headroom(tc task.Context, i int) guard.Headroom {
	peer, now := r.peers[i%len(r.peers)], tc.Now()
	c := r.home.Journal.Charge(chaintest.Pair, peer)
	return guard.HeadroomOf(r.policy, r.home.Frontier.Share(guard.ChargeBegan(r.policy, &c, now), now.At), &c, chaintest.Pair, peer, now)
}

// third is a roster that gives each device a third.
type third struct{}

func (third) Share(aura.DeviceID, aura.Instant, aura.Instant) uint32 {
	return uint32(guard.WholeShare) / 3
}

func (third) Turn() uint64 { return 1 }

// BenchmarkHeadroom measures what a decision reads of a peer's budget: the ledger entry, the share, and the headroom.
// The aim is at most 200 ns, without allocation.
func BenchmarkHeadroom(b *testing.B) {
	for name, siblings := range map[string]bool{"one-device": false, "three-devices": true} {
		b.Run(name, func(b *testing.B) {
			err := task.NewReal(task.RealOptions{}).Run("bench", func(tc task.Context) error {
				r := newReading(b, tc, siblings)
				defer r.home.Close(tc)
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					if r.headroom(tc, i).Limit == 0 {
						b.Fatal("no headroom")
					}
				}
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
		})
	}
}

func TestReadingAHeadroomAllocatesNothing(t *testing.T) {
	for _, siblings := range []bool{false, true} {
		err := task.NewReal(task.RealOptions{}).Run("test", func(tc task.Context) error {
			r := newReading(t, tc, siblings)
			defer r.home.Close(tc)
			limit := r.policy.Limit
			if siblings {
				limit /= 3
			}
			i := 0
			n := testing.AllocsPerRun(100, func() {
				if h := r.headroom(tc, i); h.Limit != limit || h.Spent != uint64(i%len(r.peers)) {
					t.Errorf("headroom %+v", h)
				}
				i++
			})
			if n != 0 {
				t.Errorf("siblings %t: %v allocations", siblings, n)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// BenchmarkDecide measures one message through the guard chain into a store in memory: alone, and with
// 256 outstanding, where commits and receipts are shared.
func BenchmarkDecide(b *testing.B) {
	for name, senders := range map[string]int{"alone": 1, "outstanding-256": 256} {
		b.Run(name, func(b *testing.B) {
			err := task.NewReal(task.RealOptions{}).Run("bench", func(tc task.Context) error {
				h := chaintest.Found(b, tc, journal.NewFaulty(new(chaintest.Entropy), journal.Faults{}), new(chaintest.Entropy), chaintest.Limited(1<<60))
				defer h.Close(tc)
				c := chain.New(chaintest.Own, chaintest.Device, h.Journal, h.Frontier, h.Production, new(chaintest.Entropy), chain.Options{})
				left := task.NewSemaphore(b.N)
				g := task.NewGroup(tc, "senders")
				b.ResetTimer()
				before := h.Journal.Commits()
				defer func() { b.ReportMetric(float64(h.Journal.Commits()-before)/float64(b.N), "commits/op") }()
				for range senders {
					g.Go("sender", func(tc task.Context) error {
						for left.TryAcquire() {
							req := chaintest.Text(1, chaintest.Ben)
							req.Sends[0].Leak = guard.Leakage{}
							if _, _, err := c.Decide(tc, req); err != nil {
								return err
							}
						}
						return nil
					})
				}
				return g.Wait(tc)
			})
			if err != nil {
				b.Fatal(err)
			}
		})
	}
}

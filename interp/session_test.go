package interp_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
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
)

// carry is a request to reserve cells of neighbours.
func carry(peers ...aura.AuthorityID) *guard.Request {
	r := &guard.Request{Capability: guard.CapCarry, Context: chaintest.Pair, Authority: chaintest.Own}
	for _, p := range peers {
		r.Sends = append(r.Sends, guard.Send{Peer: p, Cost: guard.CarryUnits, Form: guard.FormCarry})
	}
	return r
}

// accepted takes all receipts of a budget's present epoch as their receiver would, and returns them.
func accepted(t testing.TB, h *chaintest.Home, form guard.Form, context aura.ContextID, peer aura.AuthorityID, p guard.Policy, now aura.Physical) []effect.Receipt {
	t.Helper()
	c := h.Journal.Charge(context, peer)
	receipts, err := h.Production.Receipts(context, peer, c.Epoch, 0, int(c.Receipts))
	if err != nil {
		t.Fatal(err)
	}
	kind, _ := form.Receipt()
	chain := guard.ReceiptChain{Kind: kind, Context: chaintest.Pair, From: chaintest.Own, To: peer, Device: aura.DeviceOf(chaintest.Public)}
	var spending guard.Spending
	for i := range receipts {
		if err := chain.Accept(&receipts[i], chaintest.Public, false, &spending, p, now); err != nil {
			t.Fatalf("receipt %d of %d: %v", i, len(receipts), err)
		}
	}
	if chain.Spent != c.Spent || chain.Head != c.Head || chain.After != c.From || chain.LastSeq != c.Until {
		t.Errorf("chain %+v does not fit the ledger %+v", chain, c)
	}
	return receipts
}

// answer is what the caller of a decision was told about it.
type answer struct {
	ids      []aura.FactID
	receipts []effect.Receipt
	nonces   [][]byte
}

func answerOf(r *effect.Result) (a answer) {
	for i := range r.Records {
		a.ids = append(a.ids, r.Records[i].ID)
	}
	a.receipts, a.nonces = r.Receipts, r.Nonces
	return a
}

// TestAKeyIsChargedOnce: a second decision gives the first one's facts, receipts and nonces, writes nothing, and releases
// the message again; after the end of the session nothing of it is left.
func TestAKeyIsChargedOnce(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
		h := chaintest.Found(t, tc, disk, sim.Entropy("home"), chaintest.Limited(10))
		fresh := len(chaintest.Dump(t, h.Store))
		var answers []answer
		decide := func(edge uint32, seq uint64) (answer, chain.Verdict) {
			t.Helper()
			r := chaintest.Message(chaintest.Ben, 1, edge, seq)
			r.Nonces = 1
			result, v, err := h.Chain.Decide(tc, r)
			if err != nil {
				t.Fatal(err)
			}
			return answerOf(&result), v
		}
		for edge := range uint32(2) {
			for seq := range uint64(3) {
				first, v := decide(edge, seq)
				if len(v.Charged) != 1 || v.Repeated || len(first.ids) != 1 || len(first.receipts) != 1 || len(first.nonces) != 1 {
					t.Errorf("message %d.%d: %+v, %+v", edge, seq, v, first)
				}
				before := chaintest.Dump(t, h.Store)
				for range 2 {
					again, v := decide(edge, seq)
					if diff := cmp.Diff(first, again, cmp.AllowUnexported(answer{})); diff != "" || len(v.Charged) != 0 || !v.Allowed || !v.Repeated {
						t.Errorf("message %d.%d again: %+v\n%s", edge, seq, v, diff)
					}
				}
				if diff := cmp.Diff(before, chaintest.Dump(t, h.Store)); diff != "" {
					t.Errorf("message %d.%d again: it wrote\n%s", edge, seq, diff)
				}
				answers = append(answers, first)
			}
		}
		h.Close(tc)
		h = chaintest.Open(t, tc, disk.Crash(), sim.Entropy("again"))
		defer func() { h.Close(tc) }()
		for edge := range uint32(2) {
			again, v := decide(edge, 2)
			if diff := cmp.Diff(answers[3*edge+2], again, cmp.AllowUnexported(answer{})); diff != "" || !v.Repeated {
				t.Errorf("edge %d after a restart: %+v\n%s", edge, v, diff)
			}
		}
		if posted := h.Outbox.All(); len(posted) != 2 || posted[0].Envelope.Message.Seq != 2 || posted[1].Receipts[0] != answers[5].receipts[0] {
			t.Errorf("released again: %+v", posted)
		}
		if got := accepted(t, h, guard.FormMessage, guard.MessageContext(chaintest.Pair), chaintest.Ben, chaintest.Limited(10), tc.Now()); len(got) != 6 {
			t.Errorf("%d receipts for 6 messages", len(got))
		}
		if c := h.Journal.Charge(chaintest.Pair, chaintest.Ben); c.Spent != 0 {
			t.Errorf("messages were paid from the budget of facts: %+v", c)
		}

		kept := len(chaintest.Dump(t, h.Store))
		for range 2 {
			if err := h.Chain.EndSession(tc, aura.SessionID{1}); err != nil {
				t.Fatal(err)
			}
		}
		// A record of the session and one of each edge.
		if now := len(chaintest.Dump(t, h.Store)); kept-now != 3 || now <= fresh {
			t.Errorf("%d entries, %d after the end, %d in the beginning", kept, now, fresh)
		}
	})
}

// TestAPlaceHasOneMessage names the ways in which a key is refused: nothing is charged and nothing leaves.
func TestAPlaceHasOneMessage(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		h := chaintest.Found(t, tc, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), sim.Entropy("home"), chaintest.Limited(10))
		defer h.Close(tc)
		for seq := range uint64(2) {
			if _, _, err := h.Chain.Decide(tc, chaintest.Message(chaintest.Ben, 1, 0, seq)); err != nil {
				t.Fatal(err)
			}
		}
		before, released := chaintest.Dump(t, h.Store), len(h.Outbox.All())
		for name, c := range map[string]struct {
			change func(*guard.Request)
			want   aura.Kind
			says   string
		}{
			"an earlier place":  {func(r *guard.Request) { r.Sends[0].Message.Seq = 0 }, aura.Conflict, "message 0 of an edge on which message 1 was decided"},
			"another parcel":    {func(r *guard.Request) { r.Sends[0].Message.Parcel = []byte("other") }, aura.Conflict, "another message was decided at place 1"},
			"another peer":      {func(r *guard.Request) { r.Sends[0].Peer = chaintest.Cleo }, aura.Conflict, "another message was decided at place 1"},
			"another context":   {func(r *guard.Request) { r.Context[0]++; r.Entries = nil; r.SiteFacts = nil }, aura.Conflict, "another message was decided at place 1"},
			"another authority": {func(r *guard.Request) { r.Authority = chaintest.Ben }, aura.Invalid, "request of another authority"},
			"no fact of the site": {func(r *guard.Request) {
				r.Sends[0].Message.Seq, r.Entries = 2, nil
			}, aura.Denied, "no fact to send"},
		} {
			r := chaintest.Message(chaintest.Ben, 1, 0, 1)
			c.change(r)
			if _, _, err := h.Chain.Decide(tc, r); !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if diff := cmp.Diff(before, chaintest.Dump(t, h.Store)); diff != "" || len(h.Outbox.All()) != released {
			t.Errorf("a refused message had effects:\n%s", diff)
		}

		// The interpreter is the last to look: a message that no charge pays for, or one beside another's decision.
		m := chaintest.Message(chaintest.Ben, 1, 0, 2)
		send := effect.Command{Kind: effect.SendEnvelope, Envelope: &effect.Envelope{Context: chaintest.Pair, Peer: chaintest.Ben, Message: m.Sends[0].Message}}
		for name, d := range map[string]*interp.Decision{
			"no charge":               {Request: m, Commands: []effect.Command{send}},
			"beside a text":           {Request: chaintest.Text(1, chaintest.Ben), Commands: []effect.Command{send}},
			"beside another decision": {Request: chaintest.Message(chaintest.Ben, 1, 0, 2), Commands: []effect.Command{send}},
		} {
			if _, err := h.Production.Execute(tc, d); !errors.Is(err, aura.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if len(h.Outbox.All()) != released {
			t.Error("a message left without a charge")
		}
	})
}

// TestManyAtOnceWithOneKey: all but one find the result of the first, whether they wait in the chain or meet in the journal.
func TestManyAtOnceWithOneKey(t *testing.T) {
	for seed := range uint64(30) {
		chaintest.Simulate(t, seed, func(tc task.Context, sim *task.Sim) {
			disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
			h := chaintest.Found(t, tc, disk, sim.Entropy("home"), chaintest.Limited(2))
			defer h.Close(tc)
			disk.SetFaults(journal.Faults{SyncDelay: 3 * time.Millisecond})
			// Two chains over one journal know nothing of each other's decisions in flight.
			chains := []*chain.Chain{h.Chain, chain.New(chaintest.Own, chaintest.Device, h.Journal, h.Frontier, h.Production, sim.Entropy("chain"), chain.Options{})}
			var answers []answer
			charged := 0
			g := task.NewGroup(tc, "deciders")
			for i := range 12 {
				g.Go(fmt.Sprintf("decider.%d", i), func(tc task.Context) error {
					result, v, err := chains[i%2].Decide(tc, chaintest.Message(chaintest.Ben, 1, 0, 0))
					if err != nil {
						return err
					}
					charged += len(v.Charged)
					answers = append(answers, answerOf(&result))
					return nil
				})
			}
			if err := g.Wait(tc); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			for _, a := range answers {
				if diff := cmp.Diff(answers[0], a, cmp.AllowUnexported(answer{})); diff != "" {
					t.Errorf("seed %d: two results:\n%s", seed, diff)
				}
			}
			if c := h.Journal.Charge(guard.MessageContext(chaintest.Pair), chaintest.Ben); c.Spent != 1 || charged != 1 {
				t.Errorf("seed %d: spent %d, %d say that they were charged", seed, c.Spent, charged)
			}
			if n := h.Journal.Count(chaintest.Shared, chaintest.Device); n != 1 {
				t.Errorf("seed %d: %d facts", seed, n)
			}
		})
	}
}

// crashingStore lets a number of batches through and ends the world with the next one, before or after it is stored.
type crashingStore struct {
	*journal.Faulty
	left  int
	after bool // the last batch is stored, and no one is told
	down  *task.Latch
}

// Apply implements [journal.Store].
func (s *crashingStore) Apply(tc task.Context, b *journal.Batch) error {
	if s.left--; s.left >= 0 {
		return s.Faulty.Apply(tc, b)
	}
	if s.left == -1 && s.after {
		if err := s.Faulty.Apply(tc, b); err != nil {
			return err
		}
	}
	s.down.Open()
	return tc.Sleep(time.Hour) // until the crash
}

// TestAKeyIsChargedOnceHoweverTheWorldEnds decides the messages of a session, one after the other on two edges, with a crash
// at each commit, before and after it is stored. After each crash the session asks again for the message that it was not
// answered, and for the one before. In the end each message was charged once, has one fact and one receipt, and left.
func TestAKeyIsChargedOnceHoweverTheWorldEnds(t *testing.T) {
	const messages = 6
	policy := chaintest.Limited(messages) // a second charge of any message is refused
	for _, after := range []bool{false, true} {
		for at := range 2*messages + 1 {
			name := fmt.Sprintf("crash at commit %d, stored %t", at, after)
			chaintest.Simulate(t, uint64(at), func(tc task.Context, sim *task.Sim) {
				disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
				h := chaintest.Found(t, tc, disk, sim.Entropy("home"), policy)
				h.Close(tc)
				left := map[uint64]bool{} // messages by their number
				answers := make([]answer, messages)
				next := 0
				// life decides until all is decided or the store ends it.
				life := func(store journal.Store, entropy string, down *task.Latch) {
					h := chaintest.Open(t, tc, store, sim.Entropy(entropy))
					g := task.NewGroup(tc, "session")
					g.Go("session", func(tc task.Context) error {
						for n := max(0, next-1); n < messages; n++ {
							result, v, err := h.Chain.Decide(tc, chaintest.Message(chaintest.Ben, 1, uint32(n%2), uint64(n/2)))
							if err != nil {
								return err
							}
							if n < next {
								if diff := cmp.Diff(answers[n], answerOf(&result), cmp.AllowUnexported(answer{})); diff != "" || !v.Repeated {
									t.Errorf("%s: message %d has another result than before: %+v\n%s", name, n, v, diff)
								}
							}
							answers[n], next = answerOf(&result), n+1
						}
						down.Open()
						return nil
					})
					if err := down.Wait(tc); err != nil {
						t.Fatal(err)
					}
					disk = disk.Crash()
					sim.Crash(h.Group)
					sim.Crash(g)
					for _, r := range h.Outbox.All() {
						left[2*r.Envelope.Message.Seq+uint64(r.Envelope.Message.Edge)] = true
					}
				}
				disk = disk.Crash()
				down := task.NewLatch()
				life(&crashingStore{Faulty: disk, left: at, after: after, down: down}, "first", down)
				life(disk, "second", task.NewLatch())

				h = chaintest.Open(t, tc, disk, sim.Entropy("last"))
				defer h.Close(tc)
				receipts := accepted(t, h, guard.FormMessage, guard.MessageContext(chaintest.Pair), chaintest.Ben, policy, tc.Now())
				c := h.Journal.Charge(guard.MessageContext(chaintest.Pair), chaintest.Ben)
				facts := h.Journal.Count(chaintest.Shared, chaintest.Device)
				if next != messages || c.Spent != messages || len(receipts) != messages || facts != messages || len(left) != messages {
					t.Errorf("%s: %d answered, %d charged, %d receipts, %d facts, %d left", name, next, c.Spent, len(receipts), facts, len(left))
				}
				for n, a := range answers {
					if len(a.receipts) != 1 || a.receipts[0] != receipts[n] || len(a.ids) != 1 {
						t.Errorf("%s: message %d came to %+v", name, n, a)
					}
				}
			})
		}
	}
}

// TestAKeyIsChargedOnceOnADiskThatFails does the same with failures at random: applies that fail, and applies that the store
// leaves undecided.
func TestAKeyIsChargedOnceOnADiskThatFails(t *testing.T) {
	const messages = 8
	policy := chaintest.Limited(messages)
	rapid.Check(t, func(rt *rapid.T) {
		seed := rapid.Uint64().Draw(rt, "seed")
		chaintest.Simulate(t, seed, func(tc task.Context, sim *task.Sim) {
			disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
			h := chaintest.Found(t, tc, disk, sim.Entropy("home"), policy)
			for n, lives := 0, 0; n < messages; lives++ {
				if lives < 20 {
					disk.SetFaults(journal.Faults{SyncDelay: time.Millisecond, FailApply: 0.2, BreakApply: 0.2})
				}
				for n < messages {
					if _, _, err := h.Chain.Decide(tc, chaintest.Message(chaintest.Ben, 1, 0, uint64(n))); err != nil {
						if errors.Is(err, aura.Denied) {
							t.Fatalf("seed %d, message %d: %v", seed, n, err)
						}
						break
					}
					n++
				}
				disk = disk.Crash()
				disk.SetFaults(journal.Faults{})
				sim.Crash(h.Group)
				h = chaintest.Open(t, tc, disk, sim.Entropy(fmt.Sprint("life ", lives)))
			}
			defer h.Close(tc)
			receipts := accepted(t, h, guard.FormMessage, guard.MessageContext(chaintest.Pair), chaintest.Ben, policy, tc.Now())
			c := h.Journal.Charge(guard.MessageContext(chaintest.Pair), chaintest.Ben)
			if facts := h.Journal.Count(chaintest.Shared, chaintest.Device); c.Spent != messages || len(receipts) != messages || facts != messages {
				t.Errorf("seed %d: %d charged, %d receipts, %d facts", seed, c.Spent, len(receipts), facts)
			}
		})
		if t.Failed() {
			rt.Fatalf("seed %d", seed)
		}
	})
}

// TestCellsAreReservedOnce: reservations of many tasks at once, over crashes and epochs, never overlap, their receipts make
// a chain, and nothing is released.
func TestCellsAreReservedOnce(t *testing.T) {
	policy := chaintest.Limited(5 * guard.CarryUnits)
	for seed := range uint64(30) {
		chaintest.Simulate(t, seed, func(tc task.Context, sim *task.Sim) {
			disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
			h := chaintest.Found(t, tc, disk, sim.Entropy("home"), policy)
			reserved := map[aura.AuthorityID]map[uint64]bool{chaintest.Ben: {}, chaintest.Cleo: {}}
			seen := map[effect.Receipt]bool{}
			for life := range 3 {
				disk.SetFaults(journal.Faults{SyncDelay: 3 * time.Millisecond})
				g := task.NewGroup(tc, "movers")
				for i := range 4 {
					g.Go(fmt.Sprintf("mover.%d", i), func(tc task.Context) error {
						for range 2 {
							result, v, err := h.Chain.Decide(tc, carry(chaintest.Ben, chaintest.Cleo))
							if errors.Is(err, aura.Denied) {
								return nil
							}
							if err != nil {
								return err
							}
							if len(result.Records) != 0 || len(v.Charged) != 2 {
								t.Errorf("seed %d: %+v", seed, v)
							}
						}
						return nil
					})
				}
				if life == 1 { // the second one ends in the middle
					if err := tc.Sleep(aura.Duration(number(sim.Entropy("end"), 10)) * time.Millisecond); err != nil {
						t.Fatal(err)
					}
				} else if err := g.Wait(tc); err != nil {
					t.Fatalf("seed %d: %v", seed, err)
				}
				disk = disk.Crash()
				disk.SetFaults(journal.Faults{})
				sim.Crash(h.Group)
				sim.Crash(g)
				if len(h.Outbox.All()) != 0 {
					t.Errorf("seed %d: a reservation released %+v", seed, h.Outbox.All())
				}
				h = chaintest.Open(t, tc, disk, sim.Entropy(fmt.Sprint("life ", life)))
				for peer, cells := range reserved {
					for _, r := range accepted(t, h, guard.FormCarry, guard.CarryContext(chaintest.Pair), peer, policy, tc.Now()) {
						if r.Cost != r.LastSeq-r.FirstSeq+1 || r.Cost%guard.CarryUnits != 0 {
							t.Errorf("seed %d: %d units for the cells %d to %d", seed, r.Cost, r.FirstSeq, r.LastSeq)
						}
						if seen[r] {
							continue // the life before left it, and this one came to nothing
						}
						seen[r] = true
						for cell := r.FirstSeq; cell <= r.LastSeq; cell++ {
							if cells[cell] {
								t.Fatalf("seed %d: cell %d is reserved twice", seed, cell)
							}
							cells[cell] = true
						}
					}
				}
				if err := tc.Sleep(time.Hour); err != nil { // the next life has the next epoch
					t.Fatal(err)
				}
			}
			h.Close(tc)
			for peer, cells := range reserved {
				if n := uint64(len(cells)); n < 10*guard.CarryUnits || !cells[1] || !cells[n] {
					t.Errorf("seed %d: %d cells of %s, with gaps", seed, n, peer)
				}
			}
		})
	}
}

// TestARunOfStoredFactsNamesItsLastOne: the receipt has the identity of the fact, and the receiver's chain holds another one
// against it.
func TestARunOfStoredFactsNamesItsLastOne(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		h := chaintest.Found(t, tc, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), sim.Entropy("home"), chaintest.Limited(10))
		defer h.Close(tc)
		var records []fact.Record
		for range 3 {
			result, _, err := h.Chain.Decide(tc, chaintest.Text(1))
			if err != nil {
				t.Fatal(err)
			}
			records = append(records, result.Records...)
		}
		result, _, err := h.Chain.Decide(tc, &guard.Request{
			Capability: chaintest.CapSend, Context: chaintest.Pair, Authority: chaintest.Own,
			Sends: []guard.Send{{Peer: chaintest.Ben, Cost: 2, Through: 2}},
		})
		if err != nil {
			t.Fatal(err)
		}
		r := result.Receipts[0]
		if r.LastSeq != 2 || r.LastID != [16]byte(records[1].ID[:16]) {
			t.Errorf("the receipt ends at fact %d, %x; that one is %x", r.LastSeq, r.LastID, records[1].ID)
		}
		chain := guard.ReceiptChain{Context: chaintest.Pair, From: chaintest.Own, To: chaintest.Ben, Device: aura.DeviceOf(chaintest.Public)}
		var spending guard.Spending
		if err := chain.Accept(&r, chaintest.Public, false, &spending, chaintest.Limited(10), tc.Now()); err != nil {
			t.Fatal(err)
		}
		if !chain.Covers(fact.PlaceOf(2, records[1].ID)) || chain.Covers(fact.PlaceOf(2, records[2].ID)) {
			t.Error("the chain does not know the fact at its end")
		}
	})
}

// TestASimulationKeepsKeys: a message is charged once there, too, and a repetition is a step of its own.
func TestASimulationKeepsKeys(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		s, c := simulated(sim, chaintest.Limited(10), interp.SimulationOptions{Signer: chaintest.Signer{}})
		first, _, err := c.Decide(tc, chaintest.Message(chaintest.Ben, 1, 0, 0))
		if err != nil {
			t.Fatal(err)
		}
		again, v, err := c.Decide(tc, chaintest.Message(chaintest.Ben, 1, 0, 0))
		if err != nil || !v.Repeated {
			t.Fatalf("%v, verdict %+v", err, v)
		}
		if diff := cmp.Diff(answerOf(&first), answerOf(&again), cmp.AllowUnexported(answer{})); diff != "" {
			t.Errorf("another result:\n%s", diff)
		}
		if spent := s.Charge(guard.MessageContext(chaintest.Pair), chaintest.Ben).Spent; spent != 1 {
			t.Errorf("spent %d", spent)
		}
		if steps := s.Steps(); len(steps) != 2 || len(steps[1].Commands) != 1 || steps[1].Commands[0].Envelope.Message == nil {
			t.Errorf("steps %+v", steps)
		}
		if err := c.EndSession(tc, aura.SessionID{1}); err != nil {
			t.Fatal(err)
		}
		if _, v, err := c.Decide(tc, chaintest.Message(chaintest.Ben, 1, 0, 0)); err != nil || v.Repeated {
			t.Errorf("after the end: %v, verdict %+v", err, v)
		}
	})
}

// TestTheJournalHoldsTheKey: two decisions with one key reach the journal although each was prepared on a ledger on which
// its charge holds. The second is stale, in the commit of the first and after it.
func TestTheJournalHoldsTheKey(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
		h := chaintest.Found(t, tc, disk, sim.Entropy("home"), chaintest.Limited(10))
		defer h.Close(tc)
		budget := guard.MessageContext(chaintest.Pair)
		// decided returns the decision about a message when so many units are spent.
		decided := func(spent uint64) *interp.Decision {
			r := chaintest.Message(chaintest.Ben, 1, 0, 0)
			r.Sends[0].Leak = guard.Leakage{} // which has a version of its own
			var s guard.Snapshot
			if err := h.Chain.Prepare(tc, r, &s); err != nil {
				t.Fatal(err)
			}
			s.Budgets[0].Spent, s.Budgets[0].Version = spent, spent
			out := new(guard.Outcome)
			if guard.Evaluate(out, &s, r); !out.Allowed {
				t.Fatal(out.Denial.Err())
			}
			return &interp.Decision{Request: r, Commands: out.Commands}
		}
		g := task.NewGroup(tc, "deciders")
		var errs [3]error
		execute := func(i int) {
			d := decided(uint64(min(i, 1)))
			g.Go("decider", func(tc task.Context) error {
				_, errs[i] = h.Production.Execute(tc, d)
				return nil
			})
			if err := tc.Sleep(time.Millisecond); err != nil {
				t.Fatal(err)
			}
		}
		disk.SetFaults(journal.Faults{Stuck: true})
		g.Go("blocker", func(tc task.Context) error {
			_, err := h.Journal.Append(tc, &journal.Entry{Meta: []journal.KV{{Key: "note", Value: []byte("x")}}})
			return err
		})
		if err := tc.Sleep(time.Millisecond); err != nil {
			t.Fatal(err)
		}
		execute(0)
		execute(1)
		disk.SetFaults(journal.Faults{})
		if err := tc.Sleep(time.Second); err != nil {
			t.Fatal(err)
		}
		execute(2)
		if err := g.Wait(tc); err != nil {
			t.Fatal(err)
		}
		if errs[0] != nil || !errors.Is(errs[1], aura.Stale) || !errors.Is(errs[2], aura.Stale) {
			t.Errorf("errors %v", errs)
		}
		if c := h.Journal.Charge(budget, chaintest.Ben); c.Spent != 1 || c.Receipts != 1 || len(h.Outbox.All()) != 1 {
			t.Errorf("the ledger has %+v, %d left", c, len(h.Outbox.All()))
		}
	})
}

// TestMessagesShareCommitsAndNoReceipt: each has a receipt of its own, whatever else is in the commit.
func TestMessagesShareCommitsAndNoReceipt(t *testing.T) {
	const messages = 20
	policy := chaintest.Limited(100)
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
		h := chaintest.Found(t, tc, disk, sim.Entropy("home"), policy)
		defer h.Close(tc)
		disk.SetFaults(journal.Faults{SyncDelay: 5 * time.Millisecond})
		before := disk.Syncs()
		g := task.NewGroup(tc, "sessions")
		for i := range messages {
			g.Go("session", func(tc task.Context) error {
				r := chaintest.Message(chaintest.Ben, byte(i+1), 0, 0)
				r.Entries[0].Namespace = fact.OwnNamespace(chaintest.Own) // in the context it would wait in front of the texts
				result, _, err := h.Chain.Decide(tc, r)
				if err == nil && (len(result.Receipts) != 1 || result.Receipts[0].Digest != r.Message().Digest() || result.Receipts[0].Cost != 1) {
					t.Errorf("message %d has the receipts %+v", i, result.Receipts)
				}
				return err
			})
			g.Go("writer", func(tc task.Context) error {
				_, _, err := h.Chain.Decide(tc, chaintest.Text(1, chaintest.Ben))
				return err
			})
		}
		if err := g.Wait(tc); err != nil {
			t.Fatal(err)
		}
		if n := disk.Syncs() - before; n > messages {
			t.Errorf("%d syncs for %d messages and as many texts", n, messages)
		}
		if got := accepted(t, h, guard.FormMessage, guard.MessageContext(chaintest.Pair), chaintest.Ben, policy, tc.Now()); len(got) != messages {
			t.Errorf("%d receipts for %d messages", len(got), messages)
		}
		accepted(t, h, guard.FormFacts, chaintest.Pair, chaintest.Ben, policy, tc.Now())
	})
}

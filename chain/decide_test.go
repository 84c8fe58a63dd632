package chain_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/chain"
	"github.com/aura-runtime/aura/chain/chaintest"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/capability"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/interp"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

func TestDecideCommitsThenReleases(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		h := chaintest.Found(t, tc, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), sim.Entropy("home"), guard.DefaultPolicy())
		defer h.Close(tc)
		req := chaintest.Text(2, chaintest.Ben, chaintest.Cleo)
		req.Nonces = 1
		result, verdict, err := h.Chain.Decide(tc, req)
		if err != nil {
			t.Fatal(err)
		}
		if len(result.Records) != 1 || result.Records[0].Seq != 1 || result.Records[0].Position != h.Journal.Head() {
			t.Errorf("records %+v at %d", result.Records, result.Records[0].Position)
		}
		if err := result.Records[0].Verify(chaintest.Public); err != nil {
			t.Error(err)
		}
		if len(result.Nonces) != 1 || len(result.Nonces[0]) != 16 {
			t.Errorf("nonces %x", result.Nonces)
		}
		epoch := guard.EpochAt(guard.DefaultPolicy(), tc.Now())
		want := chain.Verdict{
			Operation: req.Operation, Capability: chaintest.CapSend, Allowed: true,
			Charged: []chain.Charged{
				{Peer: chaintest.Ben, Epoch: epoch, Cost: 2, Left: 65534}, {Peer: chaintest.Cleo, Epoch: epoch, Cost: 2, Left: 65534},
			},
		}
		if diff := cmp.Diff(want, verdict); diff != "" {
			t.Error(diff)
		}
		posted := h.Outbox.All()
		if len(posted) != 2 || posted[0].Envelope != (effect.Envelope{Context: chaintest.Pair, Peer: chaintest.Ben, Through: 1}) {
			t.Fatalf("released %+v", posted)
		}
		for i, peer := range []aura.AuthorityID{chaintest.Ben, chaintest.Cleo} {
			chain := guard.ReceiptChain{Context: chaintest.Pair, From: chaintest.Own, To: peer, Device: aura.DeviceOf(chaintest.Public)}
			var spending guard.Spending
			r := posted[i].Receipts[0]
			if err := chain.Accept(&r, chaintest.Public, false, &spending, guard.DefaultPolicy(), tc.Now()); err != nil {
				t.Error(err)
			}
			if r != result.Receipts[i] || r.FirstSeq != 1 || r.LastSeq != 1 || r.Cost != 2 {
				t.Errorf("receipt %+v", r)
			}
		}
	})
}

func TestDenialChangesNothing(t *testing.T) {
	cases := map[string]struct {
		change func(*guard.Request)
		stage  guard.Stage
		reason guard.Reason
	}{
		"capability":         {func(r *guard.Request) { r.Capability = "chat:other" }, guard.StageCapability, guard.ReasonNotGranted},
		"missing metadata":   {func(r *guard.Request) { r.Needs = []string{"nowhere"} }, guard.StageCapability, guard.ReasonMissingMetadata},
		"flow":               {func(r *guard.Request) { r.Sends[0].Cost = 11 }, guard.StageFlow, guard.ReasonTooLarge},
		"undefined leakage":  {func(r *guard.Request) { r.Sends[0].Leak[fact.ObserverCustody] = 1 }, guard.StageLeak, guard.ReasonUndefined},
		"foreign namespace":  {func(r *guard.Request) { r.Entries[0].Namespace = fact.OwnNamespace(chaintest.Ben) }, guard.StageJournal, guard.ReasonForeignNamespace},
		"nothing to deliver": {func(r *guard.Request) { r.Entries = nil }, guard.StageJournal, guard.ReasonUncoupled},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var events []world.Event
			var want world.Event
			log := logFunc(func(e world.Event) {
				if e.Family() == world.FamilyGuard {
					events = append(events, e)
				}
			})
			sim := task.NewSim(1, task.SimOptions{Log: log})
			err := sim.Run("test", func(tc task.Context) error {
				h := chaintest.Found(t, tc, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), sim.Entropy("home"), chaintest.Limited(10))
				defer h.Close(tc)
				before, steps := chaintest.Dump(t, h.Store), h.Executed.Load()
				req := chaintest.Text(1, chaintest.Ben)
				req.Metadata = []guard.Meta{{Key: "k", Value: []byte("v")}}
				c.change(req)
				want = world.GuardDenied(req.Capability, c.stage, c.reason, aura.OperationID{5}).By("main", "test")
				result, verdict, err := h.Chain.Decide(tc, req)
				var denial *guard.Denial
				if !errors.Is(err, aura.Denied) || !errors.As(err, &denial) {
					t.Fatalf("error %v", err)
				}
				if denial.Stage != c.stage || denial.Reason != c.reason || verdict.Denial != *denial || verdict.Allowed {
					t.Errorf("denial %+v, verdict %+v", denial, verdict)
				}
				if diff := cmp.Diff(before, chaintest.Dump(t, h.Store)); diff != "" {
					t.Errorf("the denial wrote:\n%s", diff)
				}
				if len(h.Outbox.All()) != 0 || h.Executed.Load() != steps || len(result.Records)+len(result.Receipts) != 0 {
					t.Error("the denial had effects")
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if len(events) != 1 || events[0] != want {
				t.Errorf("events %v, want %v", events, want)
			}
		})
	}
}

type logFunc func(world.Event)

func (f logFunc) Emit(e world.Event) { f(e) }

func TestEpochTurnReleasesWhoWaited(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		h := chaintest.Found(t, tc, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), sim.Entropy("home"), chaintest.Limited(2))
		defer h.Close(tc)
		decide := func(req *guard.Request) chain.Verdict {
			t.Helper()
			_, verdict, err := h.Chain.Decide(tc, req)
			if err != nil {
				t.Fatal(err)
			}
			return verdict
		}
		queued := chaintest.Text(2, chaintest.Ben)
		queued.Queue = true
		decide(queued)
		if v := decide(queued); len(v.Waiting) != 1 || v.Waiting[0].Reason != guard.ReasonShort {
			t.Fatalf("verdict %+v", v)
		}
		if n := h.Journal.Count(chaintest.Shared, chaintest.Device); n != 2 {
			t.Errorf("%d facts are durable", n)
		}
		if got := len(h.Outbox.All()); got != 1 {
			t.Errorf("%d releases", got)
		}
		small := chaintest.Text(1, chaintest.Ben)
		small.Queue = true
		if v := decide(small); len(v.Waiting) != 1 || v.Waiting[0].Reason != guard.ReasonBacklog {
			t.Fatalf("a fact overtakes: %+v", v)
		}

		// The same release is denied now and allowed when the epoch turns.
		backlog := &guard.Request{
			Capability: chaintest.CapSend, Context: chaintest.Pair, Authority: chaintest.Own,
			Sends: []guard.Send{{Peer: chaintest.Ben, Cost: 2, From: 1, Through: 3}},
		}
		if _, _, err := h.Chain.Decide(tc, backlog); !errors.Is(err, aura.Denied) {
			t.Fatal(err)
		}
		if err := tc.Sleep(time.Hour); err != nil {
			t.Fatal(err)
		}
		if v := decide(backlog); v.Charged[0].Left != 0 {
			t.Errorf("verdict %+v", v)
		}
		last := h.Outbox.All()[1]
		if last.Envelope.Through != 3 || len(last.Receipts) != 1 || last.Receipts[0].FirstSeq != 2 {
			t.Errorf("released %+v", last)
		}
		if last.Receipts[0].Previous != [32]byte{} {
			t.Error("an epoch's first receipt follows one of the epoch before")
		}
	})
}

func TestRetransmissionUsesTheSameReceipt(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		h := chaintest.Found(t, tc, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), sim.Entropy("home"), chaintest.Limited(10))
		defer h.Close(tc)
		var first []effect.Receipt
		for range 3 {
			result, _, err := h.Chain.Decide(tc, chaintest.Text(2, chaintest.Ben))
			if err != nil {
				t.Fatal(err)
			}
			first = append(first, result.Receipts...)
		}
		again := &guard.Request{
			Capability: chaintest.CapSend, Context: chaintest.Pair, Authority: chaintest.Own,
			Sends: []guard.Send{{Peer: chaintest.Ben, Cost: 4, From: 1, Through: 3, Retransmit: true}},
		}
		before := chaintest.Dump(t, h.Store)
		_, verdict, err := h.Chain.Decide(tc, again)
		if err != nil || len(verdict.Charged) != 0 {
			t.Fatalf("%v, verdict %+v", err, verdict)
		}
		if diff := cmp.Diff(before, chaintest.Dump(t, h.Store)); diff != "" {
			t.Errorf("a retransmission wrote:\n%s", diff)
		}
		if posted := h.Outbox.All(); len(posted) != 4 || posted[3].Envelope.Through != 3 {
			t.Errorf("released %+v", posted)
		}
		epoch := first[0].Epoch
		for _, c := range []struct {
			after uint64
			most  int
			want  []effect.Receipt
		}{{0, 9, first}, {1, 9, first[1:]}, {1, 1, first[1:2]}, {3, 9, nil}, {9, 9, nil}} {
			got, err := h.Production.Receipts(chaintest.Pair, chaintest.Ben, epoch, c.after, c.most)
			if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
				t.Errorf("%d receipts after %d: %v\n%s", c.most, c.after, err, diff)
			}
		}

		if err := tc.Sleep(time.Hour); err != nil {
			t.Fatal(err)
		}
		result, verdict, err := h.Chain.Decide(tc, again)
		if err != nil || len(verdict.Charged) != 1 || verdict.Charged[0].Left != 6 {
			t.Fatalf("%v, verdict %+v", err, verdict)
		}
		if _, err := h.Production.Receipts(chaintest.Pair, chaintest.Ben, epoch, 0, 9); aura.KindOf(err) != aura.Stale {
			t.Errorf("receipts of the epoch before: %v", err)
		}
		got, err := h.Production.Receipts(chaintest.Pair, chaintest.Ben, epoch+1, 0, 9)
		if diff := cmp.Diff(result.Receipts, got); err != nil || diff != "" {
			t.Errorf("%v\n%s", err, diff)
		}
	})
}

// TestFactsLeaveAfterTheirPaymentIsDurable: a decision about facts that one before it pays for has nothing to write, and yet
// waits for that one. The ledger may have paid for them before, and not any more.
func TestFactsLeaveAfterTheirPaymentIsDurable(t *testing.T) {
	resend := &guard.Request{
		Capability: chaintest.CapSend, Context: chaintest.Pair, Authority: chaintest.Own,
		Sends: []guard.Send{{Peer: chaintest.Ben, Cost: 2, From: 0, Through: 1}},
	}
	unpaid := func(tc task.Context, h *chaintest.Home) error {
		if _, _, err := h.Chain.Decide(tc, resend); err != nil {
			return err
		}
		c := guard.Unpaid(h.Journal.Charge(chaintest.Pair, chaintest.Ben))
		_, err := h.Journal.Append(tc, &journal.Entry{Charges: []fact.Charge{c}})
		return err
	}
	for name, before := range map[string]func(task.Context, *chaintest.Home) error{"never paid": nil, "paid before": unpaid} {
		t.Run(name, func(t *testing.T) {
			chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
				disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
				h := chaintest.Found(t, tc, disk, sim.Entropy("home"), chaintest.Limited(10))
				defer h.Close(tc)
				if _, _, err := h.Chain.Decide(tc, chaintest.Text(2, chaintest.Cleo)); err != nil {
					t.Fatal(err)
				}
				if before != nil {
					if err := before(tc, h); err != nil {
						t.Fatal(err)
					}
				}
				sent, spent := len(h.Outbox.All()), h.Journal.Charge(chaintest.Pair, chaintest.Ben).Spent
				disk.SetFaults(journal.Faults{Stuck: true})
				g := task.NewGroup(tc, "decisions")
				for range 2 {
					g.Go("resend", func(tc task.Context) error {
						_, _, err := h.Chain.Decide(tc, resend)
						return err
					})
				}
				if err := tc.Sleep(time.Second); err != nil {
					t.Fatal(err)
				}
				if posted := h.Outbox.All(); len(posted) != sent {
					t.Errorf("before the commit was released %+v", posted[sent:])
				}
				disk.SetFaults(journal.Faults{})
				if err := g.Wait(tc); err != nil {
					t.Fatal(err)
				}
				if c := h.Journal.Charge(chaintest.Pair, chaintest.Ben); c.Spent != spent+2 || c.From != 0 || c.Until != 1 {
					t.Errorf("charged %+v", c)
				}
				if posted := h.Outbox.All(); len(posted) == sent {
					t.Error("nothing was released")
				}
			})
		})
	}
}

func TestAnotherDevicesChargeIsSeen(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		h := chaintest.Found(t, tc, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), sim.Entropy("home"), chaintest.Limited(10))
		defer h.Close(tc)
		epoch := guard.EpochAt(chaintest.Limited(10), tc.Now())
		spent := fact.Charge{Context: chaintest.Pair, Peer: chaintest.Ben, Epoch: epoch, Spent: 9}
		if _, err := h.Journal.Append(tc, &journal.Entry{Charges: []fact.Charge{spent}}); err != nil {
			t.Fatal(err)
		}
		if _, _, err := h.Chain.Decide(tc, chaintest.Text(2, chaintest.Ben)); !errors.Is(err, aura.Denied) {
			t.Errorf("error %v", err)
		}
		if _, v, err := h.Chain.Decide(tc, chaintest.Text(1, chaintest.Ben)); err != nil || v.Charged[0].Left != 0 {
			t.Errorf("%v, verdict %+v", err, v)
		}
	})
}

// stale is an interpreter whose ledger always changed.
type stale struct {
	interp.Interpreter
	calls int
}

func (s *stale) Kind() string { return "stale" }

func (s *stale) Execute(task.Context, *interp.Decision) (effect.Result, error) {
	s.calls++
	return effect.Result{}, aura.Stale
}

func TestConflictAfterBoundedAttempts(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		h := chaintest.Found(t, tc, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), sim.Entropy("home"), chaintest.Limited(10))
		defer h.Close(tc)
		never := new(stale)
		again := chain.New(chaintest.Own, chaintest.Device, h.Journal, h.Frontier, never, sim.Entropy("chain"), chain.Options{Attempts: 3})
		if _, _, err := again.Decide(tc, chaintest.Text(1, chaintest.Ben)); !errors.Is(err, aura.Conflict) || never.calls != 3 {
			t.Errorf("%v after %d attempts", err, never.calls)
		}
		// A decision that came to nothing does not narrow the next one.
		var s guard.Snapshot
		if err := again.Prepare(tc, chaintest.Text(1, chaintest.Ben), &s); err != nil || s.Budgets[0].Spent != 0 || s.Last != 0 {
			t.Errorf("%v, snapshot %+v", err, s)
		}
	})
}

func TestRequestOfAnotherAuthorityIsInvalid(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		h := chaintest.Found(t, tc, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), sim.Entropy("home"), chaintest.Limited(10))
		defer h.Close(tc)
		req := chaintest.Text(1, chaintest.Ben)
		req.Authority = chaintest.Cleo
		if _, _, err := h.Chain.Decide(tc, req); !errors.Is(err, aura.Invalid) {
			t.Error(err)
		}
	})
}

func TestNeededMetadataReachesTheGuard(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		h := chaintest.Found(t, tc, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), sim.Entropy("home"), chaintest.Limited(10))
		defer h.Close(tc)
		store := &guard.Request{Capability: chaintest.CapSend, Authority: chaintest.Own, Metadata: []guard.Meta{{Key: "z", Value: []byte("1")}, {Key: "a", Value: []byte("2")}}}
		if _, _, err := h.Chain.Decide(tc, store); err != nil {
			t.Fatal(err)
		}
		req := chaintest.Text(1, chaintest.Ben)
		req.Needs = []string{"z", "a"}
		if _, _, err := h.Chain.Decide(tc, req); err != nil {
			t.Error(err)
		}
	})
}

func TestTokensAreInForceWhenTheirCallerIsTold(t *testing.T) {
	for seed := range uint64(20) {
		chaintest.Simulate(t, seed, func(tc task.Context, sim *task.Sim) {
			disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{SyncDelay: time.Millisecond})
			h := chaintest.Open(t, tc, disk, sim.Entropy("home"))
			if _, _, err := h.Chain.Decide(tc, chaintest.Text(1, chaintest.Ben)); !errors.Is(err, aura.Denied) {
				t.Fatalf("before any token: %v", err)
			}
			draft := chaintest.Permitted(t, chaintest.CapSend, capability.CapRevoke)
			if _, err := h.Chain.Found(tc, draft); err != nil {
				t.Fatal(err)
			}
			if _, err := h.Chain.Found(tc, chaintest.Permitted(t, chaintest.CapSend)); !errors.Is(err, aura.Conflict) {
				t.Errorf("founded twice: %v", err)
			}
			if _, _, err := h.Chain.Decide(tc, chaintest.Text(1, chaintest.Ben)); err != nil {
				t.Errorf("with the token: %v", err)
			}
			var issued capability.Token
			if err := fact.Unmarshal(draft.Payload, &issued); err != nil {
				t.Fatal(err)
			}
			req, err := capability.Revoke(domain.Caller{Authority: chaintest.Own}, capability.Revoked{Blocks: chaintest.Blocks(t, issued.Token)})
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := h.Chain.Decide(tc, &req); err != nil {
				t.Fatal(err)
			}
			if _, _, err := h.Chain.Decide(tc, chaintest.Text(1, chaintest.Ben)); !errors.Is(err, aura.Denied) {
				t.Errorf("after the revocation: %v", err)
			}
			h.Close(tc)
			h = chaintest.Open(t, tc, disk.Crash(), sim.Entropy("home"))
			defer h.Close(tc)
			if _, _, err := h.Chain.Decide(tc, chaintest.Text(1, chaintest.Ben)); !errors.Is(err, aura.Denied) {
				t.Errorf("after the revocation and a restart: %v", err)
			}
		})
	}
}

// TestAControlMessageIsChargedApart: it costs what it says, durably, leaves no receipt and nothing of the budget
// of facts, and many at once never take more than the limit.
func TestAControlMessageIsChargedApart(t *testing.T) {
	greeting := &guard.Request{
		Capability: chaintest.CapSend, Context: chaintest.Pair, Authority: chaintest.Own,
		Sends: []guard.Send{{Peer: chaintest.Ben, Cost: 100, Leak: guard.LeakOf(2), Form: guard.FormControl}},
	}
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{SyncDelay: time.Millisecond})
		h := chaintest.Found(t, tc, disk, sim.Entropy("home"), chaintest.Limited(2))
		defer h.Close(tc)
		if _, _, err := h.Chain.Decide(tc, chaintest.Text(2, chaintest.Ben)); err != nil {
			t.Fatal(err)
		}
		before, leaked := h.Journal.Charge(chaintest.Pair, chaintest.Ben), h.Journal.Leak(chaintest.Pair, fact.ObserverExternal).Bits
		allowed, short := 0, 0
		g := task.NewGroup(tc, "greetings")
		for range 15 {
			g.Go("greeting", func(tc task.Context) error {
				r := *greeting
				r.Sends = slices.Clone(greeting.Sends)
				result, _, err := h.Chain.Decide(tc, &r)
				var d *guard.Denial
				switch {
				case err == nil:
					allowed++
				case errors.As(err, &d) && d.Reason == guard.ReasonShort:
					short++
				default:
					t.Error(err)
				}
				if len(result.Receipts) != 0 {
					t.Error("a receipt covers no facts")
				}
				return nil
			})
		}
		if err := g.Wait(tc); err != nil {
			t.Fatal(err)
		}
		if allowed != 10 || short != 5 {
			t.Errorf("%d allowed, %d short", allowed, short)
		}
		if got := h.Journal.Charge(greeting.Budget(), chaintest.Ben); got.Spent != 1000 || got.Receipts != 0 {
			t.Errorf("the ledger has %+v", got)
		}
		if got := h.Journal.Charge(chaintest.Pair, chaintest.Ben); got != before {
			t.Errorf("the budget of facts went from %+v to %+v", before, got)
		}
		if got := h.Journal.Leak(chaintest.Pair, fact.ObserverExternal).Bits; got != leaked+10 {
			t.Errorf("%d bits, then %d", leaked, got)
		}
	})
}

// TestEveryTurnOfAnEpochIsReported: also the one back, when a clock that was wrong is set right.
func TestEveryTurnOfAnEpochIsReported(t *testing.T) {
	turns := 0
	sim := task.NewSim(1, task.SimOptions{Log: logFunc(func(e world.Event) {
		if e.Family() == world.FamilyBudget && e.Message() == "turn" {
			turns++
		}
	})})
	err := sim.Run("test", func(tc task.Context) error {
		h := chaintest.Found(t, tc, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), sim.Entropy("home"), chaintest.Limited(10))
		defer h.Close(tc)
		for i, wrong := range []time.Duration{0, 100 * time.Hour, 0} {
			sim.SetClock(tc.Group(), wrong)
			if _, _, err := h.Chain.Decide(tc, chaintest.Text(1, chaintest.Ben)); err != nil {
				t.Fatal(err)
			}
			if turns != i {
				t.Errorf("with the clock %v ahead: %d turns were reported, want %d", wrong, turns, i)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

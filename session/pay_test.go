package session_test

import (
	"errors"
	"maps"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/chain/chaintest"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/replica"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
)

// payments are those of the other side. Both sides of these tests are homes of one account, which takes the other one for Ben.
func (s *side) payments() *replica.MessagePayments {
	return &replica.MessagePayments{
		Journal: s.Journal, Context: chaintest.Pair, From: chaintest.Own, To: chaintest.Ben, Signing: [32]byte(chaintest.Public),
		Policy: func(task.Context, aura.ContextID) (guard.Policy, error) { return chaintest.Limited(1000), nil },
	}
}

// charged is the ledger entry that pays for messages to the other side.
func (s *side) charged() fact.Charge {
	return s.Journal.Charge(guard.MessageContext(chaintest.Pair), chaintest.Ben)
}

// counted returns the units that a side counted of the messages of the other one.
func (s *side) counted(t testing.TB) (c guard.Spending) {
	t.Helper()
	b, err := s.Journal.Meta(replica.SpendingKey(chaintest.Pair, chaintest.Own, effect.ReceiptKindParcel))
	if err == nil && b != nil {
		err = fact.Unmarshal(b, &c)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func paidAndCounted(t testing.TB, by, at *side, units uint64) {
	t.Helper()
	paid, counted := by.charged(), at.counted(t)
	if paid.Spent != units || counted.In(paid.Epoch) != units {
		t.Errorf("the %s paid %d units, the %s counted %d, want %d", by.role, paid.Spent, at.role, counted.In(paid.Epoch), units)
	}
}

// stubborn are payments that refuse the first messages.
type stubborn struct {
	session.Payments
	refuse []error
	came   []effect.Receipt
}

func (s *stubborn) Take(tc task.Context, m *effect.Message, least aura.FlowCost, entry *journal.Entry) error {
	r, err := effect.DecodeReceipt(m.Receipt)
	if err != nil {
		return err
	}
	if s.came = append(s.came, r); len(s.refuse) > 0 {
		why := s.refuse[0]
		s.refuse = s.refuse[1:]
		return &aura.Error{Op: "test.Take", Kind: aura.Denied, Err: &guard.UnpaidError{Err: why}}
	}
	return s.Payments.Take(tc, m, least, entry)
}

// linked lets two sides speak for all their sessions for some time, while the store keeps payments of its own.
func linked(tc task.Context, cust, shop *side, at session.Payments, within aura.Duration) (atShop error) {
	one, two := task.NewMailbox[frame]("one", 1), task.NewMailbox[frame]("two", 1)
	both := task.NewGroup(tc, "channel")
	both.Go("answer", func(tc task.Context) error {
		talk := ben
		talk.Payments = at
		talk.Admit = func(task.Context, session.Party, aura.ContextID, *session.Greeting) (session.Opening, error) {
			return shop.opening("Cust"), nil
		}
		atShop = shop.engine.Speak(tc, talk, pipe{one, two})
		pipe{one, two}.Close(tc)
		return nil
	})
	both.Go("call", func(tc task.Context) error {
		tc, done := tc.WithBudget("channel", within)
		defer done()
		talk := ben
		talk.Payments = cust.payments()
		_ = cust.engine.Speak(tc, talk, pipe{two, one})
		pipe{two, one}.Close(tc)
		return nil
	})
	if err := both.Wait(tc); err != nil {
		panic(err)
	}
	return atShop
}

// withShop runs a customer whose message waits, and a store.
func withShop(t *testing.T, seed uint64, fn func(tc task.Context, sim *task.Sim, cust, shop *side, heard *[]string)) {
	t.Helper()
	chaintest.Simulate(t, seed, func(tc task.Context, sim *task.Sim) {
		var atCust, atStore []string
		cust := begin(t, tc, sim, journal.NewFaulty(sim.Entropy("cust disk"), journal.Faults{}), true, "Cust", customer(&atCust))
		shop := begin(t, tc, sim, journal.NewFaulty(sim.Entropy("store disk"), journal.Faults{}), true, "Store", store(&atStore, "Price"))
		defer shop.Close(tc)
		if err := cust.engine.Open(tc, cust.opening("Store")); err != nil {
			t.Fatal(err)
		}
		sleep(t, tc, time.Second)
		fn(tc, sim, cust, shop, &atStore)
	})
}

// overspent is the cause that a chain has for a receipt beyond the budget.
func overspent(t *testing.T) error {
	t.Helper()
	p := chaintest.Limited(1)
	m := effect.Message{Session: name}
	r := effect.Receipt{Kind: effect.ReceiptKindParcel, Context: chaintest.Pair, From: chaintest.Own, To: chaintest.Ben, Cost: 2, Digest: m.Digest()}
	r.Signature = chaintest.Signer{}.Sign(r.SigningBytes())
	m.Receipt = r.Encode()
	chain := guard.ReceiptChain{Kind: r.Kind, Context: r.Context, From: r.From, To: r.To, Device: chaintest.Device}
	err := chain.AcceptMessage(&m, 1, chaintest.Public, new(guard.Spending), p, aura.Physical{})
	if _, over := errors.AsType[*guard.OverspentError](err); !over {
		t.Fatalf("a receipt beyond the limit: %v", err)
	}
	return err
}

// TestARefusedReceiptIsPaidForAgain: at once when the peer does not take it, and in a later epoch when the budget had no room. The message
// comes once, and the session goes on.
func TestARefusedReceiptIsPaidForAgain(t *testing.T) {
	for what, x := range map[string]struct {
		why    error
		within aura.Duration
		epochs aura.Epoch // by which the receipts differ
	}{
		"not taken":         {errors.New("not this one"), time.Minute, 0},
		"beyond the budget": {overspent(t), 2 * time.Hour, 1},
	} {
		withShop(t, 1, func(tc task.Context, _ *task.Sim, cust, shop *side, heard *[]string) {
			defer cust.Close(tc)
			at := &stubborn{Payments: shop.payments(), refuse: []error{x.why}}
			if err := linked(tc, cust, shop, at, x.within); err != nil && aura.KindOf(err) != aura.Cancelled {
				t.Errorf("%s: the channel ended: %v", what, err)
			}
			if !endsWith(*heard, []string{"Ask bread", "Pay 3"}) {
				t.Errorf("%s: the store heard %q", what, *heard)
			}
			if len(at.came) != 3 || at.came[0].Digest != at.came[1].Digest || at.came[0].Nonce == at.came[1].Nonce || at.came[1].Epoch-at.came[0].Epoch != x.epochs {
				t.Errorf("%s: the receipts are %+v", what, at.came)
			}
			if n := len(cust.texts(t, tc)); n != 2 {
				t.Errorf("%s: the customer has %d facts", what, n)
			}
		})
	}
}

// TestASessionFailsWhenItsReceiptsAreRefusedForEver: its program learns why, after a second receipt, and the channel stays.
func TestASessionFailsWhenItsReceiptsAreRefusedForEver(t *testing.T) {
	withShop(t, 1, func(tc task.Context, _ *task.Sim, cust, shop *side, _ *[]string) {
		defer cust.Close(tc)
		at := &stubborn{Payments: shop.payments()}
		for range 100 {
			at.refuse = append(at.refuse, errors.New("never"))
		}
		if err := linked(tc, cust, shop, at, time.Minute); err != nil && aura.KindOf(err) != aura.Cancelled {
			t.Errorf("the channel ended: %v", err)
		}
		if live, err := cust.engine.List(tc); err != nil || len(live) != 0 || len(at.came) != 2 {
			t.Errorf("live are %v, %v after %d receipts", live, err, len(at.came))
		}
	})
}

// TestAMessageKeepsItsReceipt: one that waits while its sender restarts and epochs pass comes with the receipt of its decision. When the journal
// has let that go, it is paid for again, and its facts are there once.
func TestAMessageKeepsItsReceipt(t *testing.T) {
	for _, gone := range []bool{false, true} {
		withShop(t, 1, func(tc task.Context, sim *task.Sim, cust, shop *side, heard *[]string) {
			first := cust.charged()
			sleep(t, tc, 3*time.Hour)
			if gone {
				if _, err := cust.Journal.Append(tc, &journal.Entry{Logs: []journal.LogChange{{
					Name: "receipt/" + string(first.Context[:]) + string(first.Peer[:]), Remove: true,
				}}}); err != nil {
					t.Fatal(err)
				}
			}
			var atCust []string
			cust = again(t, tc, sim, cust, customer(&atCust), "Store")
			defer cust.Close(tc)
			at := &stubborn{Payments: shop.payments()}
			_ = linked(tc, cust, shop, at, time.Minute)
			if !endsWith(*heard, []string{"Ask bread", "Pay 3"}) || len(at.came) != 2 || (at.came[0].Epoch == first.Epoch) == gone {
				t.Errorf("gone %t: the store heard %q, with %+v", gone, *heard, at.came)
			}
			if got := shop.counted(t); got.In(first.Epoch)+got.In(at.came[1].Epoch) != 2 || got.Owed != 2 {
				t.Errorf("gone %t: counted are %+v", gone, got)
			}
			if n := len(cust.texts(t, tc)); n != 2 {
				t.Errorf("gone %t: the customer has %d facts", gone, n)
			}
		})
	}
}

// TestAMessageKeepsItsReceiptWhileTheDiskFails: a receipt that could not be read is not one that the journal let go. The next channel
// looks for it again, and nothing is paid for twice.
func TestAMessageKeepsItsReceiptWhileTheDiskFails(t *testing.T) {
	withShop(t, 1, func(tc task.Context, sim *task.Sim, cust, shop *side, heard *[]string) {
		first := cust.charged()
		sleep(t, tc, 3*time.Hour)
		var atCust []string
		cust = again(t, tc, sim, cust, customer(&atCust), "Store")
		defer cust.Close(tc)
		at := &stubborn{Payments: shop.payments()}
		cust.disk.SetFaults(journal.Faults{FailRead: 1})
		_ = linked(tc, cust, shop, at, time.Minute)
		if len(at.came) != 0 {
			t.Errorf("with a disk that fails %d messages came", len(at.came))
		}
		cust.disk.SetFaults(journal.Faults{})
		_ = linked(tc, cust, shop, at, time.Minute)
		if !endsWith(*heard, []string{"Ask bread", "Pay 3"}) || len(at.came) != 2 || at.came[0].Epoch != first.Epoch {
			t.Errorf("the store heard %q, with %+v", *heard, at.came)
		}
	})
}

// TestAMessageIsPaidForWhenTheDiskTakesIt: while the disk fails, a message that must be paid for again waits, and its channel stays.
func TestAMessageIsPaidForWhenTheDiskTakesIt(t *testing.T) {
	withShop(t, 1, func(tc task.Context, sim *task.Sim, cust, shop *side, heard *[]string) {
		first := cust.charged()
		sleep(t, tc, 3*time.Hour)
		if _, err := cust.Journal.Append(tc, &journal.Entry{Logs: []journal.LogChange{{
			Name: "receipt/" + string(first.Context[:]) + string(first.Peer[:]), Remove: true,
		}}}); err != nil {
			t.Fatal(err)
		}
		var atCust []string
		cust = again(t, tc, sim, cust, customer(&atCust), "Store")
		defer cust.Close(tc)
		cust.disk.SetFaults(journal.Faults{FailApply: 1})
		mended := task.NewGroup(tc, "disk")
		mended.Go("mended", func(tc task.Context) error {
			err := tc.Sleep(time.Minute)
			cust.disk.SetFaults(journal.Faults{})
			return err
		})
		at := &stubborn{Payments: shop.payments()}
		_ = linked(tc, cust, shop, at, 5*time.Minute)
		if !endsWith(*heard, []string{"Ask bread", "Pay 3"}) || len(at.came) != 2 {
			t.Errorf("the store heard %q, with %+v", *heard, at.came)
		}
	})
}

// TestAMessageCostsWhatItsPlaceSays: a receipt of fewer units than flow_cost asks for does not pay.
func TestAMessageCostsWhatItsPlaceSays(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		var heard []string
		cust := begin(t, tc, sim, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), true, "Cust", customer(&heard))
		defer cust.Close(tc)
		if err := cust.engine.Open(tc, cust.opening("Store")); err != nil {
			t.Fatal(err)
		}
		sleep(t, tc, time.Second)
		m := fromStore(t, 0, parcel{From: 1, Label: label(t, "Price"), Payload: []byte("3")})
		talk := ben
		talk.Payments = cust.payments()
		before := chaintest.Dump(t, cust.Store)
		for cost := range uint64(4) {
			m.Receipt = receipt(0, m, cost)
			_, err := cust.engine.Deliver(tc, &talk, m)
			_, unpaid := errors.AsType[*guard.UnpaidError](err)
			if unpaid != (cost < 3) || !unpaid && err != nil {
				t.Errorf("for %d units: %v", cost, err)
			}
			if unpaid && !maps.Equal(chaintest.Dump(t, cust.Store), before) {
				t.Errorf("a message for %d units, which was refused, left something", cost)
			}
		}
	})
}

// receipt pays for a message, signed by an account.
func receipt(a chaintest.Account, m *effect.Message, cost uint64) []byte {
	r := receiptAfter([32]byte{}, a, m, cost)
	return r.Encode()
}

func receiptAfter(previous [32]byte, a chaintest.Account, m *effect.Message, cost uint64) effect.Receipt {
	r := effect.Receipt{
		Kind: effect.ReceiptKindParcel, Context: chaintest.Pair, From: chaintest.Own, To: chaintest.Ben, Epoch: 9, Cost: cost, Digest: m.Digest(),
		Previous: previous,
	}
	r.Signature = a.Sign(r.SigningBytes())
	return r
}

// TestTwoDevicesPayFromOneBudget: their messages become durable at the same moment, and count together.
func TestTwoDevicesPayFromOneBudget(t *testing.T) {
	for seed := range uint64(4) {
		chaintest.Simulate(t, seed, func(tc task.Context, sim *task.Sim) {
			slow := journal.Faults{SyncDelay: time.Millisecond}
			s := begin(t, tc, sim, journal.NewFaulty(sim.Entropy("disk"), slow), true, "Cust", idle)
			defer s.Close(tc)
			taken := 0
			both := task.NewGroup(tc, "devices")
			for device := range chaintest.Account(2) {
				both.Go("device", func(tc task.Context) error {
					p := s.payments()
					p.Signing = [32]byte(device.Public())
					m := &effect.Message{Session: name, Seq: uint64(device)}
					m.Receipt = receipt(device, m, 600)
					err := p.Take(tc, m, 1, &journal.Entry{})
					if _, over := errors.AsType[*guard.OverspentError](err); err == nil {
						taken++
					} else if !over {
						t.Errorf("seed %d: %v", seed, err)
					}
					return nil
				})
			}
			if err := both.Wait(tc); err != nil {
				t.Fatal(err)
			}
			if got := s.counted(t); taken != 1 || got.In(9) != 600 {
				t.Errorf("seed %d: %d of two messages of 600 units were taken, counted are %+v", seed, taken, got)
			}
		})
	}
}

// TestAChannelWithoutReceiptsIsShort: it takes so many messages and no more, whether they are new or not.
func TestAChannelWithoutReceiptsIsShort(t *testing.T) {
	withShop(t, 1, func(tc task.Context, _ *task.Sim, cust, _ *side, _ *[]string) {
		defer cust.Close(tc)
		p := pipe{task.NewMailbox[frame]("in", 512), task.NewMailbox[frame]("out", 1024)}
		closed := fromStoreClosed(t)
		post := func(kind session.Frame, v any) {
			b, err := fact.Marshal(v)
			if err == nil {
				err = p.in.Send(tc, frame{kind, b})
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		post(session.FrameGreeting, session.Greeting{Session: name, Protocol: shopID, Version: imageOf(t).Digest(), Role: "Store"})
		for range 300 {
			post(session.FrameMessage, struct {
				Session aura.SessionID `cbor:"1,keyasint,omitzero"`
				Edge    uint32         `cbor:"2,keyasint,omitempty"`
				Parcel  []byte         `cbor:"4,keyasint,omitempty"`
			}{name, closed.Edge, closed.Parcel})
		}
		tc, done := tc.WithBudget("channel", time.Minute)
		defer done()
		if err := cust.engine.Speak(tc, one2one(name), p); aura.KindOf(err) != aura.Denied {
			t.Errorf("the channel ended with: %v", err)
		}
		left := 0
		for _, any := p.in.TryRecv(); any; _, any = p.in.TryRecv() {
			left++
		}
		if left != 300-257 {
			t.Errorf("%d messages are left", left)
		}
	})
}

package session_test

import (
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/chain/chaintest"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
)

// The frames of sessions, as docs/formats.md has them.
type (
	wireMessage struct {
		Session aura.SessionID `cbor:"1,keyasint,omitzero"`
		Edge    uint32         `cbor:"2,keyasint,omitempty"`
		Seq     uint64         `cbor:"3,keyasint,omitempty"`
		Parcel  []byte         `cbor:"4,keyasint,omitempty"`
		Receipt []byte         `cbor:"5,keyasint,omitempty"`
	}
	wireConfirmation struct {
		Session aura.SessionID `cbor:"1,keyasint,omitzero"`
		Next    uint64         `cbor:"2,keyasint,omitempty"`
		Again   bool           `cbor:"3,keyasint,omitempty"`
	}
	wireRefusal struct {
		Session aura.SessionID  `cbor:"1,keyasint,omitzero"`
		Reason  session.Refusal `cbor:"2,keyasint,omitempty"`
		Seq     uint64          `cbor:"3,keyasint,omitempty"`
	}
)

// peer has the other end of a channel to an engine, and says what it likes.
type peer struct {
	t    testing.TB
	pipe pipe
	sent map[uint64]int // how often each message of the engine came, by its place
	met  int            // how often the engine greeted
}

// post sends a frame.
func (p *peer) post(tc task.Context, kind session.Frame, v any) {
	p.t.Helper()
	b, err := fact.Marshal(v)
	if err == nil {
		err = p.pipe.out.Send(tc, frame{kind, b})
	}
	if err != nil && tc.Err() == nil && aura.KindOf(err) != aura.Cancelled {
		p.t.Fatal(err)
	}
}

// listen takes the frames that come within some time.
func (p *peer) listen(tc task.Context, within aura.Duration) {
	tc, done := tc.WithBudget("listen", within)
	defer done()
	for {
		kind, body, err := p.pipe.Recv(tc)
		if err != nil {
			return
		}
		var m wireMessage
		switch {
		case kind == session.FrameGreeting:
			p.met++
		case kind == session.FrameMessage && fact.Unmarshal(body, &m) == nil:
			p.sent[m.Seq]++
		}
	}
}

// total returns how many messages came, one that came again once more.
func (p *peer) total() (n int) {
	for _, times := range p.sent {
		n += times
	}
	return n
}

// facing lets a peer that says what it likes speak with an engine on a channel of a link. It returns how the channel ended at the engine.
func facing(t testing.TB, tc task.Context, at *side, says func(tc task.Context, p *peer)) (ended error) {
	t.Helper()
	one, two := task.NewMailbox[frame]("one", 1024), task.NewMailbox[frame]("two", 1024)
	p := &peer{t: t, pipe: pipe{one, two}, sent: map[uint64]int{}}
	both := task.NewGroup(tc, "channel")
	both.Go("peer", func(tc task.Context) error {
		says(tc, p)
		p.pipe.Close(tc)
		return nil
	})
	both.Go("engine", func(tc task.Context) error {
		talk := ben
		talk.Payments = at.payments()
		ended = at.engine.Speak(tc, talk, pipe{two, one})
		pipe{two, one}.Close(tc)
		return nil
	})
	if err := both.Wait(tc); err != nil {
		t.Fatal(err)
	}
	return ended
}

// TestAMessageThatComesForEverEndsItsChannel: a window of messages may come once more behind a greeting, since an honest peer repeats those
// that were on their way. Further ones count as refused frames. The session goes on over the next channel.
func TestAMessageThatComesForEverEndsItsChannel(t *testing.T) {
	const window, strikes = 32, 256
	withShop(t, 1, func(tc task.Context, _ *task.Sim, cust, _ *side, _ *[]string) {
		defer cust.Close(tc)
		price := fromStore(t, 0, parcel{From: 1, Label: label(t, "Price"), Payload: []byte("3")})
		repeat := func(times int) (confirmed int, err error) {
			err = facing(t, tc, cust, func(tc task.Context, p *peer) {
				p.post(tc, session.FrameGreeting, session.Greeting{Session: name, Protocol: shopID, Version: imageOf(t).Digest(), Role: "Store"})
				sleep(t, tc, time.Second)
				for range times {
					p.post(tc, session.FrameMessage, wireMessage{name, price.Edge, price.Seq, price.Parcel, receipt(0, price, 3)})
				}
				sleep(t, tc, time.Millisecond)
				for {
					f, any := p.pipe.in.TryRecv()
					if !any {
						return
					}
					if f.kind == session.FrameConfirmation {
						confirmed++
					}
				}
			})
			return confirmed, err
		}
		for _, x := range []struct {
			what   string
			times  int
			denied bool
		}{
			{"the message, and as often as is honest", 1 + window, false},
			{"after a reconnection", window, false},
			{"more often", window + strikes, false},
			{"for ever", window + strikes + 1, true},
		} {
			if confirmed, err := repeat(x.times); (aura.KindOf(err) == aura.Denied) != x.denied || confirmed == 0 {
				t.Errorf("%s: %d confirmations, the channel ended with: %v", x.what, confirmed, err)
			}
		}
	})
}

// TestARefusalGetsNoMoreBytesThanItsMessage: whatever a peer refuses or asks for again, in which order, it gets each message that it does
// not confirm once more, and those behind it when their turn comes.
func TestARefusalGetsNoMoreBytesThanItsMessage(t *testing.T) {
	const messages = 32
	text := `
module burst exposing (Burst)

protocol Burst =
  roles Device, Reader
  loop forever
    Device { guard_capability : "chat:send", flow_cost : 1 } -> Reader : Value
`
	const burstID = "aura.burst.burst"
	refuses := func(why session.Refusal) func(uint64) (session.Frame, any) {
		return func(seq uint64) (session.Frame, any) { return session.FrameRefusal, wireRefusal{name, why, seq} }
	}
	for what, x := range map[string]struct {
		says  func(seq uint64) (session.Frame, any) // of the message that is next
		times int
		takes bool // it confirms one message after the other
		most  int  // messages that come in all
		ends  bool // the session fails
	}{
		"it takes them":              {refuses(0), 0, true, messages, false},
		"the first one for ever":     {refuses(session.RefusalUnpaid), 99, false, messages + 1, true},
		"the first one, for no room": {refuses(session.RefusalBudget), 99, false, messages, false},
		"each one once":              {refuses(session.RefusalUnpaid), 1, true, messages*2 + 8, true},
		"it is busy for ever":        {refuses(session.RefusalBusy), 99, false, messages, false},
		"each one is asked for again": {func(seq uint64) (session.Frame, any) {
			return session.FrameConfirmation, wireConfirmation{name, seq, true}
		}, 99, true, messages * 3, false},
	} {
		chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
			left := 0
			disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
			s := begin(t, tc, sim, disk, true, "Cust", idle, func(o *session.Options) {
				plays(t, o.Registry, text, choreo.Defaults{ProtocolID: burstID}, "Device", func(tc task.Context, p *session.Port) error {
					for left < messages {
						if err := p.Send(tc, "Reader", "Value", make([]byte, 1000)); err != nil {
							return err
						}
						left++
					}
					return tc.Sleep(24 * time.Hour)
				})
			})
			defer s.Close(tc)
			s.role, s.speaks = "Device", burstID
			if err := s.engine.Open(tc, s.opening("Reader")); err != nil {
				t.Fatal(err)
			}
			sleep(t, tc, time.Second)
			im, err := machine.CompileInstance(instance(t, text))
			if err != nil {
				t.Fatal(err)
			}
			var got *peer
			_ = facing(t, tc, s, func(tc task.Context, p *peer) {
				got = p
				p.post(tc, session.FrameGreeting, session.Greeting{Session: name, Protocol: burstID, Version: im.Digest(), Role: "Reader"})
				p.listen(tc, time.Second)
				for seq := range uint64(messages) {
					for range x.times {
						kind, v := x.says(seq)
						p.post(tc, kind, v)
						p.listen(tc, 100*time.Millisecond)
					}
					if !x.takes {
						break
					}
					p.post(tc, session.FrameConfirmation, wireConfirmation{Session: name, Next: seq + 1})
					p.listen(tc, 100*time.Millisecond)
				}
			})
			live, err := s.engine.List(tc)
			if n := got.total(); n > x.most || n < messages || got.met > 1+16 || err != nil || (len(live) == 0) != x.ends {
				t.Errorf("%s: %d messages came, the most is %d, and %d greetings; live are %v, %v", what, n, x.most, got.met, live, err)
			}
		})
	}
}

// TestAPeerWhoseClockStandsStillIsWaitedFor: its budget does not grow, so it refuses one receipt after the other. The session waits, with
// pauses that grow, and goes on when the clock does.
func TestAPeerWhoseClockStandsStillIsWaitedFor(t *testing.T) {
	withShop(t, 1, func(tc task.Context, _ *task.Sim, cust, shop *side, heard *[]string) {
		defer cust.Close(tc)
		at := &stubborn{Payments: shop.payments()}
		for range 20 {
			at.refuse = append(at.refuse, overspent(t))
		}
		day := 24 * aura.Duration(time.Hour)
		if err := linked(tc, cust, shop, at, 12*day); err != nil && aura.KindOf(err) != aura.Cancelled {
			t.Errorf("the channel ended: %v", err)
		}
		if !endsWith(*heard, []string{"Ask bread", "Pay 3"}) || len(at.came) != 22 {
			t.Errorf("the store heard %q after %d receipts", *heard, len(at.came))
		}
		if first, last := at.came[0].Epoch, at.came[20].Epoch; last-first < 200 {
			t.Errorf("20 receipts were tried in %d epochs", last-first)
		}
	})
}

// listening decides as the guard does, and keeps what a message that is paid for again asks for.
type listening struct {
	decider
	again []guard.Request
}

func (a *listening) Decide(tc task.Context, r *guard.Request) (effect.Result, error) {
	if len(r.Sends) > 0 && r.Sends[0].Again {
		a.again = append(a.again, *r)
	}
	return a.decider.Decide(tc, r)
}

// TestAMessageIsPaidForAgainAsAtItsPlace: a message that can stand at two places of its protocol asks for what its own place does, also when its
// session goes on from a checkpoint.
func TestAMessageIsPaidForAgainAsAtItsPlace(t *testing.T) {
	text := `
module twice exposing (Twice)

protocol Twice =
  roles Cust, Store
  Cust { guard_capability : "chat:send", flow_cost : 2 } -> Store : Ask
  Store { guard_capability : "chat:send", flow_cost : 1 } -> Cust : Price
  Cust { guard_capability : "chat:read", flow_cost : 5 } -> Store : Ask
`
	const twiceID = "aura.twice.twice"
	for _, saves := range []bool{false, true} {
		chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
			asked := &listening{}
			program := func(tc task.Context, p *session.Port) error {
				if _, saved := p.Saved(); !saved {
					if err := p.Send(tc, "Store", "Ask", nil); err != nil {
						return err
					}
					if saves {
						if err := p.Save(tc, []byte("asked")); err != nil {
							return err
						}
					}
				}
				_, _, err := p.Receive(tc, "Store")
				return err
			}
			with := func(o *session.Options) {
				asked.decider = o.Decider.(decider)
				o.Decider = asked
				plays(t, o.Registry, text, choreo.Defaults{ProtocolID: twiceID}, "Cust", program)
			}
			s := begin(t, tc, sim, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), true, "Cust", idle, with)
			s.speaks = twiceID
			if err := s.engine.Open(tc, s.opening("Store")); err != nil {
				t.Fatal(err)
			}
			sleep(t, tc, time.Second)
			if saves {
				disk := s.disk.Crash()
				s.Close(tc)
				s = begin(t, tc, sim, disk, false, "Cust", idle, with)
			}
			defer s.Close(tc)
			im, err := machine.CompileInstance(instance(t, text))
			if err != nil {
				t.Fatal(err)
			}
			came := 0
			_ = facing(t, tc, s, func(tc task.Context, p *peer) {
				p.post(tc, session.FrameGreeting, session.Greeting{Session: name, Protocol: twiceID, Version: im.Digest(), Role: "Store"})
				p.listen(tc, time.Second)
				p.post(tc, session.FrameRefusal, wireRefusal{Session: name, Reason: session.RefusalUnpaid})
				p.listen(tc, time.Second)
				came = p.total()
			})
			if came != 2 || len(asked.again) != 1 || asked.again[0].Capability != chaintest.CapSend || asked.again[0].Sends[0].Cost != 2 {
				t.Errorf("saves %t: the message came %d times, asked was %+v", saves, came, asked.again)
			}
		})
	}
}

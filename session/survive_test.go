package session_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/chain/chaintest"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
)

// recordings returns the logs of sessions that a side has.
func (s *side) recordings() (all []journal.Log) {
	for _, l := range s.Journal.Logs() {
		if l.Family() == "session" {
			all = append(all, l)
		}
	}
	return all
}

func sleep(t testing.TB, tc task.Context, d aura.Duration) {
	t.Helper()
	if err := tc.Sleep(d); err != nil {
		t.Fatal(err)
	}
}

// TestTheMachineFollowsTheJournal: a caller whose time ends while its message becomes durable does not leave the session behind its
// recording, whether it sends or receives.
func TestTheMachineFollowsTheJournal(t *testing.T) {
	const short = time.Millisecond
	slow := journal.Faults{SyncDelay: 10 * time.Second}
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		var label string
		disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
		cust := begin(t, tc, sim, disk, true, "Cust", func(tc task.Context, p *session.Port) error {
			hasty, done := tc.WithBudget("hasty", short)
			defer done()
			p.With(note("asked"))
			if err := p.Send(hasty, "Store", "Ask", nil); err != nil {
				t.Errorf("a message that is durable: %v", err)
			}
			var err error
			label, _, err = p.Receive(tc, "Store")
			return err
		})
		defer cust.Close(tc)
		disk.SetFaults(slow)
		if err := cust.engine.Open(tc, cust.opening("Store")); err != nil {
			t.Fatal(err)
		}
		sleep(t, tc, time.Minute)
		closed := fromStoreClosed(t)
		for range 2 {
			hasty, done := tc.WithBudget("hasty", short)
			if next, err := cust.engine.Deliver(hasty, &ben, closed); next != 1 && !errors.Is(err, aura.Timeout) {
				t.Errorf("the message that came: %d, %v", next, err)
			}
			done()
			sleep(t, tc, 10*time.Second)
		}
		if logs := cust.recordings(); len(logs) != 1 || logs[0].Last != 3 || label != "Closed" {
			t.Errorf("the recording is %+v, the customer heard %q", logs, label)
		}
	})
}

func fromStoreClosed(t testing.TB) *effect.Message {
	t.Helper()
	return fromStore(t, 0, parcel{From: 1, Label: label(t, "Closed")})
}

// TestAnEndIsTriedAgain: a disk that is full when a session ends keeps the session, and neither the engine nor the recording.
func TestAnEndIsTriedAgain(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		var heard []string
		disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
		cust := begin(t, tc, sim, disk, true, "Cust", customer(&heard))
		defer cust.Close(tc)
		if err := cust.engine.Open(tc, cust.opening("Store")); err != nil {
			t.Fatal(err)
		}
		sleep(t, tc, time.Second)
		if _, err := cust.engine.Deliver(tc, &ben, fromStoreClosed(t)); err != nil {
			t.Fatal(err)
		}
		disk.SetFaults(journal.Faults{FailApply: 1})
		sleep(t, tc, 5*time.Minute) // the customer's message is not confirmed
		if live, err := cust.engine.List(tc); err != nil || len(live) != 1 || len(cust.recordings()) != 1 {
			t.Errorf("while the disk fails, live are %v, %v", live, err)
		}
		disk.SetFaults(journal.Faults{})
		sleep(t, tc, 2*time.Minute)
		if live, err := cust.engine.List(tc); err != nil || len(live) != 0 || len(cust.recordings()) != 0 {
			t.Errorf("live are %v, %v, recorded %v", live, err, cust.recordings())
		}
	})
}

// record and opening are what docs/formats.md says of a recording.
type record struct {
	Kind    uint8    `cbor:"1,keyasint,omitempty"`
	Opening *opening `cbor:"2,keyasint,omitempty"`
	Parcel  *parcel  `cbor:"3,keyasint,omitempty"`
}

type opening struct {
	Protocol string         `cbor:"1,keyasint,omitempty"`
	Version  [32]byte       `cbor:"2,keyasint,omitzero"`
	Role     string         `cbor:"3,keyasint,omitempty"`
	Context  aura.ContextID `cbor:"4,keyasint,omitzero"`
}

// TestADamagedRecordingIsGivenUp: the engine starts, says so, and a session of the same name begins anew.
func TestADamagedRecordingIsGivenUp(t *testing.T) {
	encode := func(r record) []byte {
		b, err := fact.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	begun := func(version [32]byte) []byte {
		return encode(record{Kind: 1, Opening: &opening{Protocol: shopID, Version: version, Role: "Cust"}})
	}
	here := imageOf(t).Digest()
	for what, values := range map[string][][]byte{
		"bytes":                  {{0xff}},
		"without a beginning":    {encode(record{Kind: 2, Parcel: &parcel{To: 1}})},
		"of another version":     {begun([32]byte{1})},
		"of no protocol":         {encode(record{Kind: 1, Opening: &opening{Protocol: "aura.none", Role: "Cust"}})},
		"with a wrong step":      {begun(here), encode(record{Kind: 3, Parcel: &parcel{From: 1, Label: label(t, "Pay")}})},
		"with a wrong message":   {begun(here), encode(record{Kind: 2, Parcel: &parcel{To: 1, Label: label(t, "Pay")}})},
		"with a label of nobody": {begun(here), encode(record{Kind: 2, Parcel: &parcel{To: 1, Label: 999}})},
	} {
		chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
			var heard []string
			disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
			cust := begin(t, tc, sim, disk, true, "Cust", customer(&heard))
			second := cust.opening("Store")
			second.Name[0]++
			if err := cust.engine.Open(tc, second); err != nil {
				t.Fatal(err)
			}
			change := journal.LogChange{Name: "session/" + string(name[:]), Values: values}
			if _, err := cust.Journal.Append(tc, &journal.Entry{Logs: []journal.LogChange{change}}); err != nil {
				t.Fatal(err)
			}
			sleep(t, tc, time.Second)
			disk = disk.Crash()
			cust.Close(tc)
			cust = begin(t, tc, sim, disk, false, "Cust", customer(&heard))
			defer cust.Close(tc)
			if n := len(cust.engine.Damaged()); n != 1 {
				t.Errorf("%s: %d recordings are damaged", what, n)
			}
			if live, err := cust.engine.List(tc); err != nil || len(live) != 1 || live[0].Name != second.Name {
				t.Errorf("%s: live are %v, %v", what, live, err)
			}
			anew := cust.opening("Store")
			anew.Anew = true
			if err := cust.engine.Open(tc, anew); err != nil {
				t.Errorf("%s: %v", what, err)
			}
			sleep(t, tc, time.Second)
			if logs := cust.recordings(); len(logs) != 2 || slices.ContainsFunc(logs, func(l journal.Log) bool { return l.Last != 2 }) {
				t.Errorf("%s: recorded are %+v", what, logs)
			}
		})
	}
}

// TestAPeerThatOnlyGreetsLeavesNothing: its session ends with its channel, and some sessions are kept for what begins here, so that
// strangers cannot fill the engine.
func TestAPeerThatOnlyGreetsLeavesNothing(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		var heard []string
		four := func(o *session.Options) { o.Sessions = 4 }
		shop := begin(t, tc, sim, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), true, "Store", store(&heard, "Closed"), four)
		defer shop.Close(tc)
		o := shop.opening("Cust")
		channels := task.NewGroup(tc, "channels")
		var open []pipe
		var refused int
		for number := range byte(5) {
			o.Name[0] = 10 + number
			named := o
			greeting, err := fact.Marshal(session.Greeting{Session: o.Name, Protocol: shopID, Version: imageOf(t).Digest(), Role: "Cust"})
			if err != nil {
				t.Fatal(err)
			}
			p := pipe{task.NewMailbox[frame]("in", 8), task.NewMailbox[frame]("out", 8)}
			channels.Go("answer", func(tc task.Context) error {
				talk := one2one(named.Name)
				talk.Admit = func(task.Context, session.Party, aura.ContextID, *session.Greeting) (session.Opening, error) {
					return named, nil
				}
				err := shop.engine.Speak(tc, talk, p)
				if errors.Is(err, aura.Exhausted) {
					refused++
				}
				return nil
			})
			if err := p.in.Send(tc, frame{session.FrameGreeting, greeting}); err != nil {
				t.Fatal(err)
			}
			open = append(open, p)
		}
		sleep(t, tc, time.Second)
		o.Name[0]++
		if err := shop.engine.Open(tc, o); err != nil || refused != 2 {
			t.Errorf("an own session beside those of peers: %v; %d peers were refused", err, refused)
		}
		for _, p := range open {
			p.Close(tc)
		}
		if err := channels.Wait(tc); err != nil {
			t.Fatal(err)
		}
		sleep(t, tc, time.Second)
		if live, err := shop.engine.List(tc); err != nil || len(live) != 1 {
			t.Errorf("live are %v, %v", live, err)
		}
	})
}

// TestAPeerBeginsAgainWhoseChannelEnded before its first message came: another person's device, and another device of the same account.
func TestAPeerBeginsAgainWhoseChannelEnded(t *testing.T) {
	for _, who := range []aura.AuthorityID{chaintest.Ben, chaintest.Own} {
		chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
			var heard []string
			shop := begin(t, tc, sim, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), true, "Store", store(&heard, "Closed"))
			defer shop.Close(tc)
			o := shop.opening("Cust")
			o.Parties[0].Authority = who
			greeting, err := fact.Marshal(session.Greeting{Session: o.Name, Protocol: shopID, Version: imageOf(t).Digest(), Role: "Cust"})
			if err != nil {
				t.Fatal(err)
			}
			lives := func(want int) {
				t.Helper()
				sleep(t, tc, time.Second)
				if live, err := shop.engine.List(tc); err != nil || len(live) != want {
					t.Errorf("with a peer of %v, live are %v, %v", who, live, err)
				}
			}
			channels := task.NewGroup(tc, "channels")
			for range 2 {
				p := pipe{task.NewMailbox[frame]("in", 8), task.NewMailbox[frame]("out", 8)}
				channels.Go("answer", func(tc task.Context) error {
					talk := ben
					talk.Peer.Authority = who
					talk.Admit = func(task.Context, session.Party, aura.ContextID, *session.Greeting) (session.Opening, error) {
						return o, nil
					}
					_ = shop.engine.Speak(tc, talk, p)
					return nil
				})
				if err := p.in.Send(tc, frame{session.FrameGreeting, greeting}); err != nil {
					t.Fatal(err)
				}
				lives(1)
				p.Close(tc)
				lives(0)
			}
			if err := channels.Wait(tc); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestSessionsThatWaitForAConfirmationCount: they take memory like all others.
func TestSessionsThatWaitForAConfirmationCount(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		var heard []string
		one := func(o *session.Options) { o.Sessions = 1 }
		cust := begin(t, tc, sim, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), true, "Cust", customer(&heard), one)
		defer cust.Close(tc)
		first, second := cust.opening("Store"), cust.opening("Store")
		second.Name[0]++
		if err := cust.engine.Open(tc, first); err != nil {
			t.Fatal(err)
		}
		sleep(t, tc, time.Second)
		if _, err := cust.engine.Deliver(tc, &ben, fromStoreClosed(t)); err != nil {
			t.Fatal(err)
		}
		sleep(t, tc, time.Second)
		if err := cust.engine.Open(tc, second); !errors.Is(err, aura.Exhausted) {
			t.Errorf("a second session beside one that waits: %v", err)
		}
		sleep(t, tc, 2*time.Minute)
		if err := cust.engine.Open(tc, second); err != nil {
			t.Errorf("a second session after the first: %v", err)
		}
	})
}

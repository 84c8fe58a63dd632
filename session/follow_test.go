package session_test

import (
	"crypto/ed25519"
	"slices"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/chain/chaintest"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/machine/own"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// The devices of the store in these tests: its session goes from the first one to the second.
var (
	till    = aura.DeviceID{5}
	counter = aura.DeviceID{6}
)

// follower is a customer whose session is with the till, and what it knows of the store's devices.
type follower struct {
	*side
	t       *testing.T
	log     told
	listed  bool // the till is
	removed bool // the till was
}

// moved is the greeting of the counter, to which the till has given the role.
func (f *follower) moved() session.Greeting {
	m := view.Move{From: till, To: counter, Generation: 1}
	of := view.Played{Session: name, Authority: chaintest.Ben, Role: "Store"}
	m.Signature = [64]byte(ed25519.Sign(tillKey(), m.SigningBytes(of)))
	return session.Greeting{Session: name, Protocol: shopID, Version: imageOf(f.t).Digest(), Role: "Store", To: "Cust", Moved: []view.Move{m}}
}

func tillKey() ed25519.PrivateKey { return ed25519.NewKeyFromSeed(make([]byte, 32)) }

// withFollower runs a customer that has sent its first message to the till.
func withFollower(t *testing.T, fn func(tc task.Context, f *follower)) {
	t.Helper()
	f := &follower{t: t, listed: true}
	logged(t, &f.log, func(tc task.Context, sim *task.Sim) {
		var heard []string
		f.side = begin(t, tc, sim, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), true, "Cust", customer(&heard), func(o *session.Options) {
			o.Vouch = func(_ aura.AuthorityID, d aura.DeviceID) ([32]byte, bool) {
				return [32]byte(tillKey().Public().(ed25519.PublicKey)), d == till && f.listed
			}
			o.Removed = func(_ aura.AuthorityID, d aura.DeviceID) bool { return d == till && f.removed }
		})
		defer f.Close(tc)
		o := f.opening("Store")
		o.Parties[0].Device = till
		if err := f.engine.Open(tc, o); err != nil {
			t.Fatal(err)
		}
		sleep(t, tc, time.Second)
		fn(tc, f)
	})
}

// at lets a device of the store say what it likes on a channel of a link, and returns how the channel ended at the customer.
func (f *follower) at(tc task.Context, d aura.DeviceID, says func(tc task.Context, p *peer)) (ended error) {
	f.t.Helper()
	one, two := task.NewMailbox[frame]("one", 64), task.NewMailbox[frame]("two", 64)
	p := &peer{t: f.t, pipe: pipe{one, two}, sent: map[uint64]int{}}
	speaking := task.NewGroup(tc, "speaking")
	speaking.Go("speak", func(tc task.Context) error {
		talk := ben
		talk.Peer.Device, talk.Payments = d, f.payments()
		if ended = f.engine.Speak(tc, talk, pipe{two, one}); aura.KindOf(ended) == aura.Cancelled { // the device has said what it likes
			ended = nil
		}
		pipe{two, one}.Close(tc)
		return nil
	})
	says(tc, p)
	p.pipe.Close(tc)
	if err := speaking.Wait(tc); err != nil {
		f.t.Fatal(err)
	}
	return ended
}

// next returns what comes within a second: the reason of a refusal, and how often the customer greets and sends.
func (p *peer) next(tc task.Context) (refused session.Refusal, greets, messages int) {
	p.t.Helper()
	sleep(p.t, tc, time.Second)
	for f, any := p.pipe.in.TryRecv(); any; f, any = p.pipe.in.TryRecv() {
		var r wireRefusal
		switch {
		case f.kind == session.FrameGreeting:
			greets++
		case f.kind == session.FrameMessage:
			messages++
		case f.kind == session.FrameRefusal && fact.Unmarshal(f.body, &r) == nil:
			refused = r.Reason
		}
	}
	return refused, greets, messages
}

// TestARoleIsFollowedWhenItCanBe: the reason passes for which it cannot be now, so the peer is asked to wait, and its sessions beside this one go
// on. It greets again, and the role is followed. A disk that does not answer ends the channel, and the role is followed on the next one: no refusal
// is on its way then, which the peer would take for the last word.
func TestARoleIsFollowedWhenItCanBe(t *testing.T) {
	for what, x := range map[string]struct {
		hinder, mend func(tc task.Context, f *follower)
		ends         bool // the channel does
	}{
		"the giver is not listed yet": {
			func(_ task.Context, f *follower) { f.listed = false }, func(_ task.Context, f *follower) { f.listed = true }, false,
		},
		"the disk is full": {
			func(_ task.Context, f *follower) { f.disk.SetFaults(journal.Faults{Capacity: 1}) },
			func(_ task.Context, f *follower) { f.disk.SetFaults(journal.Faults{}) }, false,
		},
		"the disk does not answer": {
			func(_ task.Context, f *follower) { f.disk.SetFaults(journal.Faults{FailApply: 1}) },
			func(_ task.Context, f *follower) { f.disk.SetFaults(journal.Faults{}) }, true,
		},
	} {
		withFollower(t, func(tc task.Context, f *follower) {
			before := f.recordings()
			x.hinder(tc, f)
			follows := func(p *peer) {
				t.Helper()
				p.post(tc, session.FrameGreeting, f.moved())
				if refused, greets, messages := p.next(tc); refused != 0 || greets != 1 || messages != 1 {
					t.Errorf("%s, and passes: refused %d, %d greetings, %d messages", what, refused, greets, messages)
				}
				if after := f.recordings(); len(after) != 1 || after[0].Last != before[0].Last+1 {
					t.Errorf("%s, and passes: the recordings are %+v, and were %+v", what, after, before)
				}
			}
			ended := f.at(tc, counter, func(tc task.Context, p *peer) {
				p.post(tc, session.FrameGreeting, f.moved())
				refused, greets, messages := p.next(tc)
				if want := map[bool]session.Refusal{false: session.RefusalBusy}[x.ends]; refused != want || greets+messages > 0 {
					t.Errorf("%s: refused %d, want %d; %d greetings, %d messages", what, refused, want, greets, messages)
				}
				if x.mend(tc, f); !x.ends {
					follows(p)
				}
			})
			if x.ends != (aura.KindOf(ended) == aura.Unavailable) {
				t.Errorf("%s: the channel ended with %v", what, ended)
			}
			if refused := slices.ContainsFunc(f.log.all, func(e world.Event) bool {
				return e.Family() == world.FamilyDelegation && e.ErrorKind() != 0
			}); refused == x.ends {
				t.Errorf("%s: an event of a refusal: %t", what, refused)
			}
			if x.ends {
				_ = f.at(tc, counter, func(_ task.Context, p *peer) { follows(p) })
			}
		})
	}
}

// TestTheWordOfARemovedDeviceMovesNoRole: no entry lists the till again, so the counter is told so at once and does not wait for one.
func TestTheWordOfARemovedDeviceMovesNoRole(t *testing.T) {
	withFollower(t, func(tc task.Context, f *follower) {
		f.listed, f.removed = false, true
		_ = f.at(tc, counter, func(tc task.Context, p *peer) {
			p.post(tc, session.FrameGreeting, f.moved())
			if refused, greets, messages := p.next(tc); refused != session.RefusalPeer || greets+messages > 0 {
				t.Errorf("refused %d, want %d; %d greetings, %d messages", refused, session.RefusalPeer, greets, messages)
			}
		})
	})
}

// TestASessionThatEndsMeanwhileFollowsNoMove: the greeting waited for the end to become durable, and an entry for it would begin the recording anew.
func TestASessionThatEndsMeanwhileFollowsNoMove(t *testing.T) {
	withFollower(t, func(tc task.Context, f *follower) {
		err := f.at(tc, counter, func(tc task.Context, p *peer) {
			f.disk.SetFaults(journal.Faults{Stuck: true})
			ending := task.NewGroup(tc, "ending")
			ending.Go("end", func(tc task.Context) error { return f.engine.End(tc, name) })
			sleep(t, tc, time.Second)
			p.post(tc, session.FrameGreeting, f.moved())
			if refused, greets, messages := p.next(tc); refused != 0 || greets+messages > 0 {
				t.Errorf("before the end: refused %d, %d greetings, %d messages", refused, greets, messages)
			}
			f.disk.SetFaults(journal.Faults{})
			if err := ending.Wait(tc); err != nil {
				t.Fatal(err)
			}
			if refused, greets, messages := p.next(tc); refused != 0 || greets != 1 || messages > 0 { // it tells the end
				t.Errorf("behind the end: refused %d, %d greetings, %d messages", refused, greets, messages)
			}
		})
		if all := f.ends(t, tc); err != nil || len(all) != 1 || len(f.recordings()) != 0 {
			t.Errorf("the ends are %+v, the recordings %+v, the channel ended with %v", all, f.recordings(), err)
		}
	})
}

// TestARoleThatMovesWhileTheSessionStandsStillWaits: the device to which it goes has no channel that spoke for the session before, so it is asked to
// wait, and greets again.
func TestARoleThatMovesWhileTheSessionStandsStillWaits(t *testing.T) {
	withFollower(t, func(tc task.Context, f *follower) {
		moving, err := f.reconfig().Transfer(tc, f.owner(t, tc), whole)
		if err != nil {
			t.Fatal(err)
		}
		err = f.at(tc, counter, func(tc task.Context, p *peer) {
			p.post(tc, session.FrameGreeting, f.moved())
			if refused, greets, messages := p.next(tc); refused != session.RefusalBusy || greets+messages > 0 {
				t.Errorf("while it stands still: refused %d, %d greetings, %d messages", refused, greets, messages)
			}
			if _, err := moving.Rollback(tc, aura.Timeout); err != nil {
				t.Fatal(err)
			}
			p.post(tc, session.FrameGreeting, f.moved())
			if refused, greets, messages := p.next(tc); refused != 0 || greets != 1 || messages != 1 {
				t.Errorf("when it goes on: refused %d, %d greetings, %d messages", refused, greets, messages)
			}
		})
		if err != nil {
			t.Errorf("the channel ended with %v", err)
		}
	})
}

// TestASessionThatCannotGoOnEndsNoChannel: what a peer says in one that waits here for the commit of its handover, or whose recording is damaged, is
// refused, and the sessions beside it go on.
func TestASessionThatCannotGoOnEndsNoChannel(t *testing.T) {
	t.Run("it waits for its commit", func(t *testing.T) {
		withFollower(t, func(tc task.Context, f *follower) {
			moving, err := f.reconfig().Transfer(tc, f.owner(t, tc), whole)
			if err == nil {
				err = moving.Commit(tc, f.appends)
			}
			if err == nil {
				_, err = f.reconfig().Import(tc, name, delegation, moving.Recording, session.Handover{From: away, To: here, Scope: own.Whole()}, []view.Move{{From: away, To: here, Generation: 1}})
			}
			if err != nil {
				t.Fatal(err)
			}
			err = f.at(tc, till, func(tc task.Context, p *peer) {
				price := fromStore(t, 0, parcel{From: 1, Label: label(t, "Price"), Payload: []byte("3")})
				p.post(tc, session.FrameMessage, wireMessage{name, price.Edge, price.Seq, price.Parcel, receipt(0, price, 3)})
				sleep(t, tc, time.Second)
			})
			if err != nil {
				t.Errorf("the channel ended with %v", err)
			}
		})
	})
	t.Run("its recording is damaged", func(t *testing.T) {
		withFollower(t, func(tc task.Context, f *follower) {
			g := f.moved()
			m := &g.Moved[0]
			m.Confirmed = []view.Confirmed{{Edge: 1 << 16, Count: 1}}
			m.Signature = [64]byte(ed25519.Sign(tillKey(), m.SigningBytes(view.Played{Session: name, Authority: chaintest.Ben, Role: "Store"})))
			garbage := journal.LogChange{Name: "session/" + string(name[:]), Values: [][]byte{{1}}}
			if _, err := f.Journal.Append(tc, &journal.Entry{Logs: []journal.LogChange{garbage}}); err != nil {
				t.Fatal(err)
			}
			err := f.at(tc, counter, func(tc task.Context, p *peer) {
				p.post(tc, session.FrameGreeting, g)
				if refused, greets, messages := p.next(tc); refused != session.RefusalBusy || greets+messages > 0 {
					t.Errorf("refused %d, %d greetings, %d messages", refused, greets, messages)
				}
			})
			if err != nil {
				t.Errorf("the channel ended with %v", err)
			}
		})
	})
}

// TestAnAdmissionThatPanicsEndsNoChannel: its session is refused, and those beside it go on.
func TestAnAdmissionThatPanicsEndsNoChannel(t *testing.T) {
	withFollower(t, func(tc task.Context, f *follower) {
		err := f.registry.Answer(shopID, "Cust", func(task.Context, session.Party, aura.ContextID, *session.Greeting) (session.Opening, error) {
			panic("a fault of an application")
		})
		if err != nil {
			t.Fatal(err)
		}
		err = f.at(tc, till, func(tc task.Context, p *peer) {
			g := f.moved()
			g.Moved, g.Session = nil, aura.SessionID{8}
			p.post(tc, session.FrameGreeting, g)
			if refused, _, _ := p.next(tc); refused != session.RefusalPeer {
				t.Errorf("refused %d", refused)
			}
			g.Session = name
			p.post(tc, session.FrameGreeting, g)
			if refused, _, messages := p.next(tc); refused != 0 || messages != 1 {
				t.Errorf("another session: refused %d, %d messages", refused, messages)
			}
		})
		if err != nil {
			t.Errorf("the channel ended with %v", err)
		}
	})
}

// TestAChannelDoesNotWaitForAHandover that waits for the session's turn: its message would get the turn behind the handover. It is asked for again
// when the session goes on, also when the handover did not begin, and other sessions are heard meanwhile.
func TestAChannelDoesNotWaitForAHandover(t *testing.T) {
	for _, begins := range []bool{true, false} {
		withFollower(t, func(tc task.Context, f *follower) {
			price := fromStore(t, 0, parcel{From: 1, Label: label(t, "Price"), Payload: []byte("3")})
			price.Receipt = receipt(0, price, 3)
			at := ben
			at.Peer.Device, at.Payments = till, f.payments()
			waiting := task.NewGroup(tc, "waiting")
			var moving *session.Transfer
			err := f.at(tc, till, func(tc task.Context, p *peer) {
				g := f.moved()
				g.Moved = nil
				p.post(tc, session.FrameGreeting, g)
				if refused, greets, _ := p.next(tc); refused != 0 || greets != 1 {
					t.Fatalf("refused %d, %d greetings", refused, greets)
				}
				f.disk.SetFaults(journal.Faults{Stuck: true})
				waiting.Go("deliver", func(tc task.Context) error {
					_, err := f.engine.Deliver(tc, &at, price) // which has the turn
					return err
				})
				sleep(t, tc, time.Second)
				waiting.Go("transfer", func(tc task.Context) (err error) {
					if !begins {
						var done func()
						tc, done = tc.WithBudget("transfer", 5*time.Second)
						defer done()
					}
					moving, err = f.reconfig().Transfer(tc, f.owner(t, tc), whole)
					if !begins && aura.KindOf(err) == aura.Timeout {
						err = nil
					}
					return err
				})
				sleep(t, tc, time.Second)
				p.post(tc, session.FrameMessage, wireMessage{name, price.Edge, price.Seq, price.Parcel, price.Receipt})
				g.Session[0]++
				p.post(tc, session.FrameGreeting, g)
				if refused, _, _ := p.next(tc); refused != session.RefusalProtocol {
					t.Errorf("while the handover waits, another session is refused with %d", refused)
				}
				sleep(t, tc, 10*time.Second)
				if begins {
					f.disk.SetFaults(journal.Faults{})
					if err := waiting.Wait(tc); err != nil {
						t.Fatal(err)
					}
					if _, err := moving.Rollback(tc, aura.Timeout); err != nil {
						t.Fatal(err)
					}
				}
				sleep(t, tc, time.Second)
				again := false
				for frame, any := p.pipe.in.TryRecv(); any; frame, any = p.pipe.in.TryRecv() {
					var c wireConfirmation
					again = again || frame.kind == session.FrameConfirmation && fact.Unmarshal(frame.body, &c) == nil && c.Again
				}
				if !again {
					t.Errorf("the handover begins: %t, and the message is not asked for again", begins)
				}
				f.disk.SetFaults(journal.Faults{})
			})
			if err != nil {
				t.Errorf("the channel ended with %v", err)
			}
			if err := waiting.Wait(tc); err != nil {
				t.Error(err)
			}
		})
	}
}

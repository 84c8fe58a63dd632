package session_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/chain/chaintest"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
)

// ends returns how sessions ended at a side.
func (s *side) ends(t testing.TB, tc task.Context) []view.Ended {
	t.Helper()
	all, err := s.engine.Ended(tc)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// asks is a program that sends one message and then ends as it is told.
func asks(then func(task.Context, *session.Port) error) session.Program {
	return func(tc task.Context, p *session.Port) error {
		p.With(note("asked"))
		if err := p.Send(tc, "Store", "Ask", []byte("bread")); err != nil {
			return err
		}
		return then(tc, p)
	}
}

// TestEverySessionHasOneEnd (runtime document, "Session State"; sessions.md section 4): a session ends as completed, failed,
// cancelled or refused, and in no two ways. A second End changes nothing, and neither does a crash.
func TestEverySessionHasOneEnd(t *testing.T) {
	hears := func(tc task.Context, p *session.Port) error {
		_, _, err := p.Receive(tc, "Store")
		return err
	}
	for what, c := range map[string]struct {
		then func(task.Context, *session.Port) error
		act  func(task.Context, *side) error
		want session.End
	}{
		"completed": {then: hears, act: func(tc task.Context, s *side) error {
			_, err := s.engine.Deliver(tc, &ben, fromStoreClosed(t))
			return err
		}, want: session.End{Kind: view.EndCompleted}},
		"failed": {
			then: func(task.Context, *session.Port) error { return aura.Errorf("test", aura.Internal, "it cannot go on") },
			want: session.End{Kind: view.EndFailed, Reason: "it cannot go on"},
		},
		"a panic": {
			then: func(task.Context, *session.Port) error { panic("the program has a fault") },
			want: session.End{Kind: view.EndFailed, Reason: "panic: the program has a fault"},
		},
		"cancelled": {
			then: hears, act: func(tc task.Context, s *side) error { return s.engine.End(tc, name) },
			want: session.End{Kind: view.EndCancelled, By: chaintest.Own},
		},
		"given up": {
			then: func(task.Context, *session.Port) error { return nil },
			want: session.End{Kind: view.EndCancelled, By: chaintest.Own, Reason: "its program ended early"},
		},
		"refused": {
			then: func(task.Context, *session.Port) error {
				return aura.Errorf("test", aura.Denied, "%w", &guard.Denial{Stage: guard.StageCapability, Reason: guard.ReasonNotGranted})
			},
			want: session.End{Kind: view.EndRefused},
		},
	} {
		chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
			disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
			cust := begin(t, tc, sim, disk, true, "Cust", asks(c.then))
			if err := cust.engine.Open(tc, cust.opening("Store")); err != nil {
				t.Fatal(err)
			}
			sleep(t, tc, time.Second)
			if c.act != nil {
				if err := c.act(tc, cust); err != nil {
					t.Errorf("%s: %v", what, err)
				}
			}
			sleep(t, tc, 2*time.Minute)
			all := cust.ends(t, tc)
			if len(all) != 1 {
				t.Fatalf("%s: the ends are %+v", what, all)
			}
			got := all[0].End
			got.At = 0
			if c.want.Kind == view.EndRefused {
				c.want.Reason = got.Reason // the guard's own words
			}
			if diff := cmp.Diff(c.want, got); diff != "" || all[0].Session.Sent != 1 || all[0].Session.Name != name {
				t.Errorf("%s: %+v (-want +got):\n%s", what, all[0].Session, diff)
			}
			for range 2 {
				if err := cust.engine.End(tc, name); err != nil {
					t.Errorf("%s: ended again: %v", what, err)
				}
				if err := cust.engine.Open(tc, cust.opening("Store")); !errors.Is(err, aura.Stale) {
					t.Errorf("%s: opened again: %v", what, err)
				}
				if diff := cmp.Diff(all, cust.ends(t, tc)); diff != "" {
					t.Errorf("%s: the end has changed (-before +after):\n%s", what, diff)
				}
				disk = disk.Crash()
				cust.Close(tc)
				cust = begin(t, tc, sim, disk, false, "Cust", asks(c.then))
				if left := cust.recordings(); len(left) > 0 {
					t.Errorf("%s: left are %+v", what, left)
				}
			}
			offline, err := session.Ended(cust.Journal)
			if diff := cmp.Diff(all, offline); err != nil || diff != "" {
				t.Errorf("%s: without an engine, %v (-want +got):\n%s", what, err, diff)
			}
			other := cust.opening("Store")
			other.Parties[0].Authority = chaintest.Cleo
			if err := cust.engine.Open(tc, other); !errors.Is(err, aura.Denied) {
				t.Errorf("%s: the name of another session that has ended: %v", what, err)
			}
			cust.Close(tc)
		})
	}
}

// TestACrashLeavesTheRecordingOrTheEnd (sessions.md section 4: ends survive a crash): at no moment is a session both open and ended, or
// neither.
func TestACrashLeavesTheRecordingOrTheEnd(t *testing.T) {
	slow := journal.Faults{SyncDelay: time.Millisecond}
	for moment := range 24 {
		chaintest.Simulate(t, uint64(moment), func(tc task.Context, sim *task.Sim) {
			var heard []string
			disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
			cust := begin(t, tc, sim, disk, true, "Cust", customer(&heard))
			if err := cust.engine.Open(tc, cust.opening("Store")); err != nil {
				t.Fatal(err)
			}
			sleep(t, tc, time.Second)
			disk.SetFaults(slow)
			ending := task.NewGroup(tc, "ending")
			ending.Go("end", func(tc task.Context) error { return cust.engine.End(tc, name) })
			sleep(t, tc, aura.Duration(moment)*250*time.Microsecond)
			disk = disk.Crash()
			_ = ending.Close(tc, time.Second)
			cust.Close(tc)
			cust = begin(t, tc, sim, disk, false, "Cust", customer(&heard))
			defer cust.Close(tc)
			if open, ended := len(cust.recordings()), len(cust.ends(t, tc)); open+ended != 1 {
				t.Errorf("after a crash at %d: %d recordings and %d ends", moment, open, ended)
			}
			if open, keys := len(cust.recordings()), cust.keys(t); open != keys {
				t.Errorf("after a crash at %d: %d recordings, and the keys of the decisions of %d sessions", moment, open, keys)
			}
			if err := cust.engine.End(tc, name); err != nil {
				t.Error(err)
			}
			if all := cust.ends(t, tc); len(all) != 1 || all[0].End.Kind != view.EndCancelled || len(cust.recordings()) != 0 {
				t.Errorf("after a crash at %d: the ends are %+v, recorded is %+v", moment, all, cust.recordings())
			}
		})
	}
}

// keys returns how many sessions of the test, one or none, have keys of decisions in the journal.
func (s *side) keys(t *testing.T) int {
	t.Helper()
	b, err := s.Journal.Meta("decided/" + string(name[:]))
	if err != nil {
		t.Error(err)
	}
	return min(len(b), 1)
}

// TestASessionInMemoryLeavesNoKeys: no restart asks about its decisions, so an agent that crashes leaves nothing that a later session of the
// name would meet.
func TestASessionInMemoryLeavesNoKeys(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		var heard []string
		disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
		for _, text := range []string{"first", "second"} {
			cust := begin(t, tc, sim, disk, text == "first", "Cust", func(tc task.Context, p *session.Port) error {
				p.With(note(text))
				err := p.Send(tc, "Store", "Ask", []byte(text))
				heard = append(heard, fmt.Sprint(text, " ", err))
				return tc.Sleep(time.Hour)
			})
			o := cust.opening("Store")
			o.Persistent = false
			if err := cust.engine.Open(tc, o); err != nil {
				t.Fatal(err)
			}
			sleep(t, tc, time.Second)
			if n := cust.keys(t); n != 0 {
				t.Errorf("%d sessions have keys", n)
			}
			disk = disk.Crash()
			cust.Close(tc)
		}
		if want := []string{"first <nil>", "second <nil>"}; !slices.Equal(heard, want) {
			t.Errorf("sent was %q", heard)
		}
	})
}

// TestAPeerThatGreetsAfterTheEndLearnsOfIt: it ends its own part, whose last message counts as confirmed when it had come. A
// stranger who names the session learns nothing.
func TestAPeerThatGreetsAfterTheEndLearnsOfIt(t *testing.T) {
	for what, c := range map[string]struct {
		within aura.Duration // of the first channel
		cancel bool
		want   view.EndKind
		reason string
	}{
		"completed": {time.Minute, false, view.EndCompleted, ""},
		"cancelled": {time.Second, true, view.EndCancelled, "the other side has ended it: cancelled"},
	} {
		chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
			var atCust []string
			disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
			cust := begin(t, tc, sim, disk, true, "Cust", customer(&atCust))
			shop := begin(t, tc, sim, journal.NewFaulty(sim.Entropy("store disk"), journal.Faults{}), true, "Store", func(tc task.Context, p *session.Port) error {
				if _, _, err := p.Receive(tc, "Cust"); err != nil {
					return err
				}
				if c.cancel {
					return tc.Sleep(time.Hour)
				}
				if err := p.Send(tc, "Cust", "Price", []byte("3")); err != nil {
					return err
				}
				_, _, err := p.Receive(tc, "Cust")
				return err
			})
			defer shop.Close(tc)
			if err := cust.engine.Open(tc, cust.opening("Store")); err != nil {
				t.Fatal(err)
			}
			if c.cancel {
				_ = meet(tc, cust, shop, c.within)
				if err := shop.engine.End(tc, name); err != nil {
					t.Fatal(err)
				}
			} else {
				deaf(tc, cust, shop)
			}
			if ends := shop.ends(t, tc); len(ends) != 1 || len(cust.ends(t, tc)) != 0 {
				t.Fatalf("%s: the store has the ends %+v, the customer %+v", what, ends, cust.ends(t, tc))
			}
			if err := meet(tc, cust, shop, c.within); err != nil {
				t.Errorf("%s: the second channel: %v", what, err)
			}
			all := cust.ends(t, tc)
			if len(all) != 1 || all[0].End.Kind != c.want || all[0].End.Reason != c.reason {
				t.Errorf("%s: the customer has the ends %+v", what, all)
			}
			if c.cancel && all[0].End.By != chaintest.Ben {
				t.Errorf("it was cancelled by %v", all[0].End.By)
			}

			stranger := pipe{task.NewMailbox[frame]("in", 8), task.NewMailbox[frame]("out", 8)}
			greeting, err := fact.Marshal(session.Greeting{Session: name, Protocol: shopID, Version: imageOf(t).Digest(), Role: "Cust"})
			if err != nil {
				t.Fatal(err)
			}
			if err := stranger.in.Send(tc, frame{session.FrameGreeting, greeting}); err != nil {
				t.Fatal(err)
			}
			talk := one2one(name)
			talk.Peer.Authority = chaintest.Cleo
			talk.Admit = func(task.Context, session.Party, aura.ContextID, *session.Greeting) (session.Opening, error) {
				o := shop.opening("Cust")
				o.Parties[0].Authority = chaintest.Cleo
				return o, nil
			}
			err = shop.engine.Speak(tc, talk, stranger)
			if _, told := stranger.out.TryRecv(); told || !errors.Is(err, aura.Denied) {
				t.Errorf("%s: a stranger is told %v: %v", what, told, err)
			}
			cust.Close(tc)
		})
	}
}

// deaf lets two sides complete a session in which the caller does not hear the last confirmation.
func deaf(tc task.Context, caller, other *side) {
	one, two := task.NewMailbox[frame]("one", 1), task.NewMailbox[frame]("two", 1)
	both := task.NewGroup(tc, "channel")
	both.Go("answer", func(tc task.Context) error {
		talk := one2one(name)
		talk.Admit = func(task.Context, session.Party, aura.ContextID, *session.Greeting) (session.Opening, error) {
			return other.opening(caller.role), nil
		}
		_ = other.engine.Speak(tc, talk, pipe{one, two})
		return nil
	})
	both.Go("call", func(tc task.Context) error {
		_ = caller.engine.Speak(tc, one2one(name), unconfirmed{pipe{two, one}})
		return nil
	})
	if err := both.Wait(tc); err != nil {
		panic(err)
	}
}

// unconfirmed loses the confirmations of a channel.
type unconfirmed struct{ pipe }

func (u unconfirmed) Recv(tc task.Context) (session.Frame, []byte, error) {
	for {
		kind, body, err := u.pipe.Recv(tc)
		if err != nil || kind != session.FrameConfirmation {
			return kind, body, err
		}
	}
}

// TestASessionMayBeginAnewWhereItsDomainDecides: an opening that says so begins a session of a name that has ended.
func TestASessionMayBeginAnewWhereItsDomainDecides(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		var heard []string
		cust := begin(t, tc, sim, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), true, "Cust", customer(&heard))
		defer cust.Close(tc)
		o := cust.opening("Store")
		o.Anew = true
		for n := range 3 {
			if err := cust.engine.Open(tc, o); err != nil {
				t.Fatalf("session %d: %v", n, err)
			}
			sleep(t, tc, time.Second)
			if err := cust.engine.End(tc, name); err != nil {
				t.Fatal(err)
			}
		}
		if all := cust.ends(t, tc); len(all) != 1 {
			t.Errorf("one name has %d ends", len(all))
		}
	})
}

// TestASessionThatBeginsAnewOnOneSideAloneEnds: the other side has played it to its end and does not begin it again. The opener learns so with its
// first greeting, over a link and over the channel of one session, whatever it has said by then, and each time that it tries again.
func TestASessionThatBeginsAnewOnOneSideAloneEnds(t *testing.T) {
	for what, meets := range map[string]func(tc task.Context, cust, shop *side){
		"link": func(tc task.Context, cust, shop *side) { _ = linked(tc, cust, shop, shop.payments(), time.Minute) },
		"one":  func(tc task.Context, cust, shop *side) { _ = meet(tc, cust, shop, time.Minute) },
	} {
		withShop(t, 1, func(tc task.Context, _ *task.Sim, cust, shop *side, heard *[]string) {
			defer cust.Close(tc)
			meets(tc, cust, shop)
			if !endsWith(*heard, []string{"Ask bread", "Pay 3"}) {
				t.Fatalf("%s: the store heard %q", what, *heard)
			}
			o := cust.opening("Store")
			o.Anew = true
			for n := range 5 {
				if err := cust.engine.Open(tc, o); err != nil {
					t.Fatalf("%s: session %d: %v", what, n, err)
				}
				sleep(t, tc, time.Second)
				meets(tc, cust, shop)
				if live, err := cust.engine.List(tc); err != nil || len(live) != 0 {
					t.Fatalf("%s: session %d goes on: %+v, %v", what, n, live, err)
				}
				if all := cust.ends(t, tc); len(all) != 1 || all[0].End.Kind != view.EndCancelled {
					t.Errorf("%s: the ends are %+v", what, all)
				}
			}
			if len(*heard) != 2 {
				t.Errorf("%s: the store heard %q", what, *heard)
			}
		})
	}
}

// TestTheLogOfEndsIsBounded: the newest thousand are kept, on the disk too. A start with a log that is longer takes the newest.
func TestTheLogOfEndsIsBounded(t *testing.T) {
	const many, most, more = 1010, 1000, 3
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
		cust := begin(t, tc, sim, disk, true, "Cust", func(task.Context, *session.Port) error { return nil })
		var entries [][]byte
		for n := range many {
			e := view.Ended{Session: view.Session{Name: aura.SessionID{1, byte(n >> 8), byte(n)}}, End: view.End{Kind: view.EndCompleted, At: aura.Instant(n)}}
			b, err := fact.Marshal(e)
			if err != nil {
				t.Fatal(err)
			}
			entries = append(entries, b)
		}
		change := journal.LogChange{Name: "ended", Values: entries, Drop: many - most - more}
		if _, err := cust.Journal.Append(tc, &journal.Entry{Logs: []journal.LogChange{change}}); err != nil {
			t.Fatal(err)
		}
		cust.Close(tc)
		cust = begin(t, tc, sim, disk, false, "Cust", asks(func(task.Context, *session.Port) error { return nil }))
		defer cust.Close(tc)
		if err := cust.engine.Open(tc, cust.opening("Store")); err != nil {
			t.Fatal(err)
		}
		sleep(t, tc, 2*time.Minute)
		all := cust.ends(t, tc)
		l := cust.Journal.Log("ended")
		if len(all) != most || l.Last-l.Dropped != most || all[0].Session.Name != name || all[1].End.At != many-1 || all[most-1].End.At != many-most+1 {
			t.Errorf("%d ends are kept, %d on the disk, the first of %v and %v, the last of %v",
				len(all), l.Last-l.Dropped, all[0].End.At, all[1].End.At, all[len(all)-1].End.At)
		}
	})
}

// shaken is a decider that panics once when a decision has become durable.
type shaken struct {
	session.Decider
	calm bool
}

func (d *shaken) Decide(tc task.Context, r *guard.Request) (effect.Result, error) {
	result, err := d.Decider.Decide(tc, r)
	if !d.calm {
		d.calm = true
		panic("a fault behind the commit")
	}
	return result, err
}

// TestAPanicBehindTheFirstCommitLeavesNoRecording: the session ends, and the next start does not bring it back.
func TestAPanicBehindTheFirstCommitLeavesNoRecording(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		var heard []string
		cust := begin(t, tc, sim, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), true, "Cust", customer(&heard), func(o *session.Options) {
			o.Decider = &shaken{Decider: o.Decider}
		})
		defer cust.Close(tc)
		if err := cust.engine.Open(tc, cust.opening("Store")); err != nil {
			t.Fatal(err)
		}
		sleep(t, tc, time.Second)
		if all := cust.ends(t, tc); len(all) != 1 || all[0].End.Kind != view.EndFailed || !all[0].Session.Persistent {
			t.Errorf("the ends are %+v", all)
		}
		if left := cust.recordings(); len(left) != 0 || len(cust.texts(t, tc)) != 1 {
			t.Errorf("recordings are left: %+v, and the facts are %q", left, cust.texts(t, tc))
		}
	})
}

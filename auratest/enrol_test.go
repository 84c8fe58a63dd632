package auratest_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/enrol"
	"github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/internal/scene"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/roster"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
)

// joins lets a device join whatever crashes or fails: a process that ended begins again, and the person confirms as soon as there are digits. It
// returns the outcome of the last process.
func joins(tc task.Context, w *auratest.World, sponsor, d *auratest.Person, offer enrol.OfferResult) (err error) {
	w.Helper()
	var outcome *task.Future[fact.Certificate]
	over := false
	next := func() {
		outcome = d.Join(tc, offer.Code)
		of := outcome
		tc.Group().Go("outcome", func(tc task.Context) error {
			_, err = of.Await(tc)
			over = of == outcome
			return nil
		})
	}
	next()
	for end := tc.Elapsed() + 10*time.Minute; ; {
		if tc.Elapsed() > end {
			w.Fatalf("%s has not joined: %v", d.Name, err)
		}
		if sponsor.Group == nil {
			sponsor.Start(tc)
		}
		_ = sponsor.Submit(tc, enrol.IntentConfirm, enrol.AnswerIntent{ID: offer.ID}, nil) // too early, or done before
		switch {
		case over && aura.KindOf(err) == aura.Unavailable && d.Group == nil: // it crashed
			over = false
			next()
		case over:
			return err
		}
		w.Sleep(tc, 100*time.Millisecond)
	}
}

// TestAnEnrolmentSurvivesACrashAtEveryCommit: of either side, before and after it is durable. The device joins, is listed by one
// entry, and talks with the contacts.
func TestAnEnrolmentSurvivesACrashAtEveryCommit(t *testing.T) {
	for _, sponsors := range []bool{true, false} {
		for _, after := range []bool{false, true} {
			for n, died := 1, true; died; n++ {
				auratest.Run(t, auratest.Options{First: uint64(n)}, func(tc task.Context, w *auratest.World) {
					ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
					context := w.Meet(tc, ada, ben)
					laptop := ada.Sibling("Ada's laptop")
					who, left := laptop, 1<<30
					if sponsors {
						who = ada
					}
					struck := scene.DiesAt(who, &left, after)
					scene.Restart(tc, ada)
					var offer enrol.OfferResult
					ada.Do(tc, enrol.IntentOffer, enrol.OfferIntent{}, &offer)
					left = n
					if err := joins(tc, w, ada, laptop, offer); err != nil {
						w.Fatalf("commit %d of the sponsor: %t: %v", n, sponsors, err)
					}
					died = *struck
					left = 1 << 30
					if ada.Group == nil {
						ada.Start(tc) // the last commit was struck
					}
					laptop.Start(tc)
					for _, p := range []*auratest.Person{ada, laptop} {
						if says := p.Roster(tc); says.Number != 1 || says.Contested || len(says.Devices) != 2 {
							w.Errorf("%s: entry %d lists %d devices, contested: %t", p.Name, says.Number, len(says.Devices), says.Contested)
						}
					}
					laptop.Say(tc, context, "from the laptop")
					scene.Has(tc, w, context, ben, ada, "from the laptop")
					w.Until(tc, "the sponsor knows that the device has joined", time.Minute, func() bool {
						return ada.Enrolment(tc, offer.ID).Phase == enrol.PhaseJoined
					})
				})
				if t.Failed() {
					return
				}
				if n == 1 && !died {
					t.Error("no commit was struck")
				}
			}
		}
	}
}

// TestADeviceJoinsWhileDisksFail: of both devices. A disk that fails a share of its reads and writes delays the enrolment, and does not end it.
func TestADeviceJoinsWhileDisksFail(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 6}, func(tc task.Context, w *auratest.World) {
		ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
		context := w.Meet(tc, ada, ben)
		laptop := ada.Sibling("Ada's laptop")
		var offer enrol.OfferResult
		ada.Do(tc, enrol.IntentOffer, enrol.OfferIntent{}, &offer)
		flaky := journal.Faults{FailApply: 0.3, FailRead: 0.05}
		ada.Disk.SetFaults(flaky)
		laptop.Disk.SetFaults(flaky)
		if err := joins(tc, w, ada, laptop, offer); err != nil {
			w.Fatalf("the laptop does not join: %v", err)
		}
		ada.Disk.SetFaults(journal.Faults{})
		laptop.Disk.SetFaults(journal.Faults{})
		laptop.Start(tc)
		laptop.Say(tc, context, "from the laptop")
		scene.Has(tc, w, context, ben, ada, "from the laptop")
	})
}

// TestADeviceHearsHowItsEnrolmentEnded: the sponsor's session ended while the person compared the digits, and no refusal came.
func TestADeviceHearsHowItsEnrolmentEnded(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 1}, func(tc task.Context, w *auratest.World) {
		ada := w.Person(tc, "Ada")
		laptop := ada.Sibling("Ada's laptop")
		var offer enrol.OfferResult
		ada.Do(tc, enrol.IntentOffer, enrol.OfferIntent{}, &offer)
		outcome := laptop.Join(tc, offer.Code)
		w.Until(tc, "the device shows its digits", time.Minute, func() bool { return ada.Enrolment(tc, offer.ID).Phase == enrol.PhaseClaimed })
		all, err := ada.Agent.Sessions().List(tc)
		if err != nil || len(all) != 1 {
			w.Fatalf("%d sessions, %v", len(all), err)
		}
		if err := ada.Agent.Sessions().End(tc, all[0].Name); err != nil {
			w.Fatalf("%v", err)
		}
		_, err = outcome.Await(tc)
		if !errors.Is(err, aura.Denied) || !strings.Contains(aura.Reason(err), "the enrolment has ended (cancelled: ") {
			w.Errorf("the device hears %v", err)
		}
	})
}

// TestALineServesOneDevice: another one that has it gets no code and is refused, and the person's no ends the line.
func TestALineServesOneDevice(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 2}, func(tc task.Context, w *auratest.World) {
		ada := w.Person(tc, "Ada")
		first, second, third := ada.Sibling("first"), ada.Sibling("second"), ada.Sibling("third")
		var offer enrol.OfferResult
		ada.Do(tc, enrol.IntentOffer, enrol.OfferIntent{}, &offer)
		joined := first.Join(tc, offer.Code)
		w.Until(tc, "the first shows its keys", time.Minute, func() bool { return ada.Enrolment(tc, offer.ID).Phase == enrol.PhaseClaimed })
		if _, err := second.Join(tc, offer.Code).Await(tc); aura.KindOf(err) != aura.Denied || !strings.Contains(err.Error(), "another device used the line first") {
			w.Errorf("the second: %v", err)
		}
		ada.Do(tc, enrol.IntentRefuse, enrol.AnswerIntent{ID: offer.ID}, nil)
		if _, err := joined.Await(tc); aura.KindOf(err) != aura.Denied || !strings.Contains(err.Error(), "refused") {
			w.Errorf("the first, which the person refused: %v", err)
		}
		if _, err := third.Join(tc, offer.Code).Await(tc); aura.KindOf(err) != aura.Denied {
			w.Errorf("after the refusal: %v", err)
		}
		if says := ada.Roster(tc); says.Number != 0 || len(says.Devices) != 1 {
			w.Errorf("entry %d lists %d devices", says.Number, len(says.Devices))
		}
		for _, d := range []*auratest.Person{first, second, third} {
			if a, err := agent.New(tc, task.NewGroup(tc, d.Name), agent.Hands{
				Ring: d.Ring, Store: d.Disk, Entropy: w.Sim.Entropy(d.Name), Network: func(agent.Gate) (transport.Network, error) { return d.Network, nil },
			}, agent.Options{}); err == nil {
				w.Errorf("%s did not join and runs: %v", d.Name, a)
			}
			d.Disk = d.Disk.Crash()
		}
	})
}

// TestWhatALineDoesNotDo: one that expired, one with another secret, one of another account, one whose sponsor is away.
func TestWhatALineDoesNotDo(t *testing.T) {
	auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
		ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
		var offer enrol.OfferResult
		ada.Do(tc, enrol.IntentOffer, enrol.OfferIntent{Life: time.Minute}, &offer)
		code, err := enrol.Parse(offer.Code)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ben.Sibling("ben's").Join(tc, offer.Code).Await(tc); aura.KindOf(err) != aura.Conflict {
			w.Errorf("keys of another account: %v", err)
		}
		guessed := code
		guessed.Secret[0] ^= 1
		if _, err := ada.Sibling("guesser").Join(tc, guessed.Encode()).Await(tc); aura.KindOf(err) != aura.Timeout {
			w.Errorf("another secret: %v", err)
		}
		w.Sleep(tc, time.Minute)
		if _, err := ada.Sibling("late").Join(tc, offer.Code).Await(tc); aura.KindOf(err) != aura.Denied || !strings.Contains(err.Error(), "expired") {
			w.Errorf("after the expiry: %v", err)
		}
		ada.Do(tc, enrol.IntentOffer, enrol.OfferIntent{Life: time.Minute}, &offer)
		ada.Stop(tc)
		if _, err := ada.Sibling("lonely").Join(tc, offer.Code).Await(tc); aura.KindOf(err) != aura.Timeout {
			w.Errorf("while the sponsor is away: %v", err)
		}
	})
}

// TestASeventeenthDeviceGetsNoLine: and none is made where the root key is not.
func TestASeventeenthDeviceGetsNoLine(t *testing.T) {
	auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
		ada := w.Person(tc, "Ada")
		for range roster.MaxDevices - 1 {
			ring := ada.Ring.Sibling(w.Sim.Entropy("more"), roster.RootPlaceHere)
			says := ada.Roster(tc)
			e, err := roster.Enrol(says, ada.Ring.Device(), ring.Listed())
			if err != nil {
				t.Fatal(err)
			}
			if says.Number == 0 {
				c := ada.Ring.Certificate()
				first, err := roster.Found(&c)
				if err != nil {
					t.Fatal(err)
				}
				ada.Adopt(tc, first, func([]byte) [64]byte { return first.Signature })
			}
			ada.Adopt(tc, e, ada.Root())
		}
		if err := ada.Submit(tc, enrol.IntentOffer, enrol.OfferIntent{}, nil); aura.KindOf(err) != aura.Exhausted || !strings.Contains(err.Error(), "remove one") {
			w.Errorf("%v", err)
		}
	})
}

// TestADeviceIsRefusedOverARestart: the sponsor has refused a second device that shows the line, and restarts before that one knows. It says the same
// again, and its program does not fail.
func TestADeviceIsRefusedOverARestart(t *testing.T) {
	auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
		ada := w.Person(tc, "Ada")
		first, second := ada.Sibling("first"), ada.Sibling("second")
		var offer enrol.OfferResult
		ada.Do(tc, enrol.IntentOffer, enrol.OfferIntent{}, &offer)
		first.Join(tc, offer.Code)
		w.Until(tc, "the first shows its keys", time.Minute, func() bool { return ada.Enrolment(tc, offer.ID).Phase == enrol.PhaseClaimed })
		second.Disk.SetFaults(journal.Faults{SyncDelay: 3 * time.Second})
		joined := second.Join(tc, offer.Code)
		w.Until(tc, "the second is refused", time.Minute, func() bool {
			all, err := ada.Agent.Sessions().List(tc)
			return err == nil && slices.ContainsFunc(all, func(s session.Session) bool {
				return s.Name == enrol.SessionOf(offer.ID, second.Ring.Listed().Agreement) && s.Sent == 2
			})
		})
		ada.Crash()
		ada.Start(tc)
		if _, err := joined.Await(tc); aura.KindOf(err) != aura.Denied {
			w.Errorf("the second joins: %v", err)
		}
		w.Sleep(tc, 5*time.Minute)
		all, err := ada.Agent.Sessions().Ended(tc)
		if err != nil || slices.ContainsFunc(all, func(e session.Ended) bool { return e.End.Kind == session.EndFailed }) {
			w.Errorf("%+v, %v", all, err)
		}
	})
}

// TestARemovedDeviceLearnsNothingMore: one that was listed and removed before it had joined gets no piece of what the account knows.
func TestARemovedDeviceLearnsNothingMore(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 2}, func(tc task.Context, w *auratest.World) {
		ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
		talk := w.Meet(tc, ada, ben)
		laptop := ada.Sibling("Ada's laptop")
		var offer enrol.OfferResult
		ada.Do(tc, enrol.IntentOffer, enrol.OfferIntent{}, &offer)
		laptop.Join(tc, offer.Code)
		w.Until(tc, "the laptop shows its keys", time.Minute, func() bool { return ada.Enrolment(tc, offer.ID).Phase == enrol.PhaseClaimed })
		laptop.Crash()
		ada.Do(tc, enrol.IntentConfirm, enrol.AnswerIntent{ID: offer.ID}, nil)
		w.Until(tc, "the laptop is listed", time.Minute, func() bool { return ada.Enrolment(tc, offer.ID).Phase == enrol.PhaseListed })
		ada.Dismiss(tc, laptop)
		w.Until(tc, "the enrolment has ended", 2*time.Minute, func() bool { return ada.Enrolment(tc, offer.ID).Phase == enrol.PhaseEnded })
		budget, done := tc.WithBudget("joins", 5*time.Minute)
		defer done()
		if _, err := laptop.Join(tc, offer.Code).Await(budget); aura.KindOf(err) != aura.Denied {
			w.Errorf("it goes on: %v", err)
		}
		j, err := journal.Open(tc, laptop.Disk, journal.Options{Key: laptop.Ring.StoreKey(), Entropy: w.Sim.Entropy("laptop read")})
		if err != nil {
			w.Fatalf("%v", err)
		}
		if secret, err := j.Meta(domain.SecretKey(talk)); err != nil || secret != nil {
			w.Errorf("it has the secret of a conversation, %d bytes: %v", len(secret), err)
		}
	})
}

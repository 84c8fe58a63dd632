package service_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/internal/scene"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

func phase(tc task.Context, p *auratest.Person, id invite.ID) string {
	p.World.Helper()
	in, ok := p.Look(tc).Invites.Invitation(id, tc.Now())
	if !ok {
		return "unknown"
	}
	return in.Phase.String()
}

// TestACrashAtAnyCommitEndsInOneContactOrNone crashes the inviter or the accepter at every commit between the
// accepting and the first message.
func TestACrashAtAnyCommitEndsInOneContactOrNone(t *testing.T) {
	const commits = 5 // more than either side makes
	deaths := map[string]int{}
	for commit := 1; commit <= commits; commit++ {
		for _, who := range []string{"inviter", "accepter"} {
			for _, after := range []bool{false, true} {
				auratest.Run(t, auratest.Options{Seeds: 2}, func(tc task.Context, w *auratest.World) {
					left := commit
					if who == "inviter" {
						left++ // the first is the invitation itself
					}
					var died *bool
					dies := func(p *auratest.Person) { died = scene.DiesAt(p, &left, after) }
					setup := map[string][]func(*auratest.Person){who: {dies}}
					ada, ben := w.Person(tc, "Ada", setup["inviter"]...), w.Person(tc, "Ben", setup["accepter"]...)
					victim := map[string]*auratest.Person{"inviter": ada, "accepter": ben}[who]
					code := scene.Invites(tc, ada, 0)
					accept := func() error {
						return ben.Submit(tc, invite.IntentAccept, invite.CodeIntent{Code: code.Code}, nil)
					}
					accepted := accept() == nil
					w.Sleep(tc, 20*time.Second)
					left = -1 // what follows is no part of the exchange
					if *died {
						deaths[fmt.Sprint(who, commit)]++
						victim.Options.Wrap = nil
						victim.Start(tc)
						if !accepted && phase(tc, ben, code.ID) == "unknown" {
							// Ben crashed before its decision was durable: neither side has a contact, and the code
							// still serves.
							if scene.Knows(tc, ada, ben) {
								w.Errorf("Ada has a contact that never accepted")
							}
							if err := accept(); err != nil {
								t.Fatal(err)
							}
						}
					}
					scene.Friends(tc, w, ada, ben)
					for _, p := range []*auratest.Person{ada, ben} {
						if got := len(p.Look(tc).Contacts.Contacts()); got != 1 {
							w.Errorf("%s has %d contacts", p.Name, got)
						}
						w.Until(tc, p.Name+" is done", 2*time.Minute, func() bool { return phase(tc, p, code.ID) == "completed" })
					}
				})
				if t.Failed() {
					t.Fatalf("the %s crashed at commit %d, after it: %t", who, commit, after)
				}
			}
		}
	}
	want := map[string]int{"inviter1": 4, "inviter2": 4, "accepter1": 4, "accepter2": 4, "accepter3": 4}
	if diff := cmp.Diff(want, deaths); diff != "" {
		t.Errorf("crashes: %s", diff)
	}
}

func TestOfTwoWhoAcceptOneBecomesAContact(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 10}, func(tc task.Context, w *auratest.World) {
		ada, ben, cleo := w.Person(tc, "Ada"), w.Person(tc, "Ben"), w.Person(tc, "Cleo")
		code := scene.Invites(tc, ada, 0)
		both := task.NewGroup(tc, "both")
		for _, p := range []*auratest.Person{ben, cleo} {
			both.Go(p.Name, func(tc task.Context) error {
				return p.Submit(tc, invite.IntentAccept, invite.CodeIntent{Code: code.Code}, nil)
			})
		}
		if err := both.Wait(tc); err != nil {
			t.Fatal(err)
		}
		w.Until(tc, "an end for both", time.Minute, func() bool {
			phases := map[string]int{phase(tc, ben, code.ID): 1}
			phases[phase(tc, cleo, code.ID)]++
			return phases["completed"] == 1 && phases["failed"] == 1
		})
		winner, loser := ben, cleo
		if phase(tc, cleo, code.ID) == "completed" {
			winner, loser = cleo, ben
		}
		scene.Friends(tc, w, ada, winner)
		if scene.Knows(tc, ada, loser) || scene.Knows(tc, loser, ada) {
			w.Errorf("an invitation served twice")
		}
		in, _ := loser.Look(tc).Invites.Invitation(code.ID, tc.Now())
		if diff := cmp.Diff("somebody else accepted the invitation first", in.Reason); diff != "" {
			w.Errorf("reason: %s", diff)
		}
	})
}

// TestCancellingRacesAccepting cancels at many moments of the exchange: both have the contact, or neither.
func TestCancellingRacesAccepting(t *testing.T) {
	ends := map[string]int{}
	auratest.Run(t, auratest.Options{Seeds: 30}, func(tc task.Context, w *auratest.World) {
		ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
		code := scene.Invites(tc, ada, 0)
		race := task.NewGroup(tc, "race")
		race.Go("accept", func(tc task.Context) error {
			return ben.Submit(tc, invite.IntentAccept, invite.CodeIntent{Code: code.Code}, nil)
		})
		var cancelled error
		race.Go("cancel", func(tc task.Context) error {
			if err := tc.Sleep(aura.Duration(w.Seed) * 8 * time.Millisecond); err != nil {
				return err
			}
			cancelled = ada.Submit(tc, invite.IntentCancel, invite.CancelIntent{ID: code.ID}, nil)
			return nil
		})
		if err := race.Wait(tc); err != nil {
			t.Fatal(err)
		}
		w.Until(tc, "an end", time.Minute, func() bool { phase := phase(tc, ben, code.ID); return phase == "completed" || phase == "failed" })
		ends[phase(tc, ben, code.ID)]++
		switch {
		case cancelled == nil:
			if scene.Knows(tc, ada, ben) || scene.Knows(tc, ben, ada) || phase(tc, ada, code.ID) != "cancelled" {
				w.Errorf("the invitation was cancelled and served")
			}
		case aura.KindOf(cancelled) == aura.Conflict:
			scene.Friends(tc, w, ada, ben)
		default:
			w.Errorf("%v", cancelled)
		}
	})
	if ends["completed"] == 0 || ends["failed"] == 0 {
		t.Errorf("one side always won: %v", ends)
	}
}

func TestAnInvitationThatExpiredServesNobody(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 3}, func(tc task.Context, w *auratest.World) {
		ada, ben, cleo := w.Person(tc, "Ada"), w.Person(tc, "Ben"), w.Person(tc, "Cleo")
		code := scene.Invites(tc, ada, time.Minute)
		ada.Stop(tc)
		// Ben accepts in time, and Ada comes back too late.
		ben.Do(tc, invite.IntentAccept, invite.CodeIntent{Code: code.Code}, nil)
		w.Sleep(tc, 2*time.Minute)
		ada.Start(tc)
		w.Until(tc, "Ben learns it", 3*time.Minute, func() bool { return phase(tc, ben, code.ID) == "failed" })
		in, _ := ben.Look(tc).Invites.Invitation(code.ID, tc.Now())
		if diff := cmp.Diff("the invitation had expired", in.Reason); diff != "" {
			w.Errorf("reason: %s", diff)
		}
		if err := cleo.Submit(tc, invite.IntentAccept, invite.CodeIntent{Code: code.Code}, nil); aura.KindOf(err) != aura.Denied {
			w.Errorf("accepting an expired invitation: %v", err)
		}
		if scene.Knows(tc, ada, ben) || scene.Knows(tc, ben, ada) {
			w.Errorf("an expired invitation served")
		}
	})
}

func TestADeclinedInvitationTellsNobody(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 3}, func(tc task.Context, w *auratest.World) {
		ada, ben, cleo := w.Person(tc, "Ada"), w.Person(tc, "Ben"), w.Person(tc, "Cleo")
		code := scene.Invites(tc, ada, 0)
		ben.Do(tc, invite.IntentDecline, invite.CodeIntent{Code: code.Code}, nil)
		if err := ben.Submit(tc, invite.IntentAccept, invite.CodeIntent{Code: code.Code}, nil); aura.KindOf(err) != aura.Conflict {
			w.Errorf("accepting a declined invitation: %v", err)
		}
		w.Sleep(tc, time.Hour)
		if phase := phase(tc, ada, code.ID); phase != "open" {
			w.Errorf("Ada's invitation is %s", phase)
		}
		cleo.Do(tc, invite.IntentAccept, invite.CodeIntent{Code: code.Code}, nil)
		scene.Friends(tc, w, ada, cleo)
	})
}

// TestWhatWasAcceptedCannotBeDeclined: the inviter may have the contact already.
func TestWhatWasAcceptedCannotBeDeclined(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 10}, func(tc task.Context, w *auratest.World) {
		ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
		code := scene.Invites(tc, ada, 0)
		if err := scene.Accepts(tc, ben, code); err != nil {
			t.Fatal(err)
		}
		w.Sleep(tc, aura.Duration(w.Seed)*15*time.Millisecond)
		if err := ben.Submit(tc, invite.IntentDecline, invite.CodeIntent{Code: code.Code}, nil); aura.KindOf(err) != aura.Conflict {
			w.Errorf("declining what was accepted: %v", err)
		}
		scene.Friends(tc, w, ada, ben)
	})
}

// TestTwoWhoInviteEachOther: both codes are answered at once. However it ends, both have the same contexts.
func TestTwoWhoInviteEachOther(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 10}, func(tc task.Context, w *auratest.World) {
		ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
		codes := []invite.CreateResult{scene.Invites(tc, ada, 0), scene.Invites(tc, ben, 0)}
		both := task.NewGroup(tc, "both")
		for i, p := range []*auratest.Person{ben, ada} {
			both.Go(p.Name, func(tc task.Context) error {
				return p.Submit(tc, invite.IntentAccept, invite.CodeIntent{Code: codes[i].Code}, nil)
			})
		}
		if err := both.Wait(tc); err != nil {
			t.Fatal(err)
		}
		w.Sleep(tc, time.Minute)
		contexts := func(p *auratest.Person) (all []string) {
			for _, c := range p.Look(tc).Contacts.Contacts() {
				all = append(all, fmt.Sprint(c.Context, c.Verification))
			}
			slices.Sort(all)
			return all
		}
		if diff := cmp.Diff(contexts(ada), contexts(ben)); diff != "" || len(contexts(ada)) == 0 {
			w.Errorf("Ada and Ben have: %s", diff)
		}
		contact, _ := ada.Look(tc).Contacts.ByAuthority(ben.Self())
		ada.Do(tc, chat.IntentSend, chat.SendIntent{To: ada.Ref(tc, contact.Context), Text: "hello"}, nil)
		w.Until(tc, "a message", time.Minute, func() bool { return len(ben.Heard(tc, contact.Context, ada)) == 1 })
	})
}

// TestAnExchangeIsResolvedOnce: what an attempt needs is carried from the acceptance to the end, so a record that is
// spoilt meanwhile changes nothing; when the agent starts again it is resolved anew, and one that is not whole ends.
func TestAnExchangeIsResolvedOnce(t *testing.T) {
	for name, again := range map[string]bool{"the agent goes on": false, "the agent starts again": true} {
		auratest.Run(t, auratest.Options{Seeds: 3}, func(tc task.Context, w *auratest.World) {
			ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
			code := scene.Invites(tc, ada, time.Hour)
			ada.Stop(tc)
			ben.Do(tc, invite.IntentAccept, invite.CodeIntent{Code: code.Code}, nil)
			spoilt := &journal.Entry{Meta: []journal.KV{{Key: invite.MessageKey(code.ID), Value: []byte("no hello")}}}
			if _, err := ben.Agent.Journal().Append(tc, spoilt); err != nil {
				t.Fatal(err)
			}
			if again {
				scene.Restart(tc, ben)
			}
			ada.Start(tc)
			want := invite.PhaseCompleted
			if again {
				want = invite.PhaseFailed
			}
			w.Until(tc, name, 5*time.Minute, func() bool {
				in, ok := ben.Look(tc).Invites.Invitation(code.ID, tc.Now())
				return ok && in.Phase == want && (!again || in.Reason == "what this side had said is damaged")
			})
		})
	}
}

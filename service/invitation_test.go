package service_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/interp"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

func (p *person) invites(tc task.Context, life aura.Duration) (code invite.CreateResult) {
	p.Helper()
	p.must(tc, invite.IntentCreate, invite.CreateIntent{Life: life}, &code)
	return code
}

// knows reports whether somebody is a contact.
func (p *person) knows(tc task.Context, other *person) bool {
	p.Helper()
	_, ok := p.look(tc).contacts.ByAuthority(other.self())
	return ok
}

func (p *person) phase(tc task.Context, id invite.ID) string {
	p.Helper()
	in, ok := p.look(tc).invites.Invitation(id, tc.Now())
	if !ok {
		return "unknown"
	}
	return in.Phase.String()
}

// friends checks that two people are contacts of each other with one context and one verification code, and
// can talk.
func (u *universe) friends(tc task.Context, a, b *person) {
	u.Helper()
	var with, back = struct{ context, code string }{}, struct{ context, code string }{}
	ok := u.until(tc, "both have the contact", 3*time.Minute, func() bool {
		x, hasB := a.look(tc).contacts.ByAuthority(b.self())
		y, hasA := b.look(tc).contacts.ByAuthority(a.self())
		with.context, with.code = x.Context.String(), x.Verification
		back.context, back.code = y.Context.String(), y.Verification
		return hasA && hasB
	})
	if !ok {
		return
	}
	if with != back || with.code == "" {
		u.Errorf("seed %d: %s has %v, %s has %v", u.seed, a.name, with, b.name, back)
	}
	contact, _ := a.look(tc).contacts.ByAuthority(b.self())
	a.say(tc, contact.Context, "hello")
	u.until(tc, "a message", 2*time.Minute, func() bool { return a.states(tc, contact.Context)["delivered"] > 0 })
}

// dying crashes its person at the n-th commit of an exchange: before it is durable, or when it is but nobody
// has been told.
type dying struct {
	interp.Interpreter
	left  *int
	after bool
	die   func()
}

// diesAt lets a person's next process crash when it has made so many commits. It reports whether that
// happened, and returns how to call it off.
func (p *person) diesAt(tc task.Context, left *int, after bool) (died *bool, spare func()) {
	died = new(bool)
	reaper := task.NewLatch()
	p.wrap = func(inner interp.Interpreter) interp.Interpreter {
		return dying{inner, left, after, func() {
			*died = true
			// Dead hands first: nothing leaves the disk or the network from here on.
			p.net.Crash(p.link())
			p.disk = p.disk.Crash()
			reaper.Open()
		}}
	}
	reaping := task.NewGroup(tc, "reaper")
	reaping.Go("reap", func(tc task.Context) error {
		if err := reaper.Wait(tc); err != nil {
			return err
		}
		p.sim.Crash(p.group)
		p.agent = nil
		return nil
	})
	return died, reaping.Cancel
}

func (d dying) Execute(tc task.Context, decision *interp.Decision) (effect.Result, error) {
	writes := false
	for i := range decision.Commands {
		kind := decision.Commands[i].Kind
		writes = writes || kind == effect.AppendJournal || kind == effect.StoreMetadata
	}
	if writes {
		*d.left--
	}
	if writes && *d.left == 0 && !d.after {
		d.die()
	}
	result, err := d.Interpreter.Execute(tc, decision)
	if writes && *d.left == 0 && d.after && err == nil {
		d.die()
	}
	return result, err
}

// TestACrashAtAnyCommitEndsInOneContactOrNone crashes the inviter or the accepter at every commit between the
// accepting and the first message.
func TestACrashAtAnyCommitEndsInOneContactOrNone(t *testing.T) {
	const commits = 4 // more than either side makes
	deaths := map[string]int{}
	for commit := 1; commit <= commits; commit++ {
		for _, who := range []string{"inviter", "accepter"} {
			for _, after := range []bool{false, true} {
				inWorlds(t, 2, func(tc task.Context, u *universe) {
					ada, ben := u.account(tc, "Ada"), u.account(tc, "Ben")
					victim := map[string]*person{"inviter": ada, "accepter": ben}[who]
					left := commit
					if who == "inviter" {
						left++ // the first is the invitation itself
					}
					died, spare := victim.diesAt(tc, &left, after)
					ada.start(tc)
					ben.start(tc)
					code := ada.invites(tc, 0)
					accept := func() error {
						return ben.submit(tc, invite.IntentAccept, invite.CodeIntent{Code: code.Code}, nil)
					}
					accepted := accept() == nil
					u.sleep(tc, 20*time.Second)
					left = -1 // what follows is no part of the exchange
					if *died {
						deaths[fmt.Sprint(who, commit)]++
						victim.wrap = nil
						victim.start(tc)
						if !accepted && ben.phase(tc, code.ID) == "unknown" {
							// Ben crashed before its decision was durable: nobody has anything, and the code still serves.
							if ada.knows(tc, ben) {
								t.Errorf("seed %d: Ada has a contact that never accepted", u.seed)
							}
							if err := accept(); err != nil {
								t.Fatal(err)
							}
						}
					}
					u.friends(tc, ada, ben)
					for _, p := range []*person{ada, ben} {
						if got := len(p.look(tc).contacts.Contacts()); got != 1 {
							t.Errorf("seed %d: %s has %d contacts", u.seed, p.name, got)
						}
						u.until(tc, p.name+" is done", 2*time.Minute, func() bool { return p.phase(tc, code.ID) == "completed" })
					}
					spare()
				})
				if t.Failed() {
					t.Fatalf("the %s crashed at commit %d, after it: %t", who, commit, after)
				}
			}
		}
	}
	want := map[string]int{"inviter1": 4, "inviter2": 4, "accepter1": 4, "accepter2": 4}
	if diff := cmp.Diff(want, deaths); diff != "" {
		t.Errorf("crashes: %s", diff)
	}
}

func TestOfTwoWhoAcceptOneBecomesAContact(t *testing.T) {
	inWorlds(t, 10, func(tc task.Context, u *universe) {
		ada, ben, cleo := u.person(tc, "Ada"), u.person(tc, "Ben"), u.person(tc, "Cleo")
		code := ada.invites(tc, 0)
		both := task.NewGroup(tc, "both")
		for _, p := range []*person{ben, cleo} {
			both.Go(p.name, func(tc task.Context) error {
				return p.submit(tc, invite.IntentAccept, invite.CodeIntent{Code: code.Code}, nil)
			})
		}
		if err := both.Wait(tc); err != nil {
			t.Fatal(err)
		}
		u.until(tc, "an end for both", time.Minute, func() bool {
			phases := map[string]int{ben.phase(tc, code.ID): 1}
			phases[cleo.phase(tc, code.ID)]++
			return phases["completed"] == 1 && phases["failed"] == 1
		})
		winner, loser := ben, cleo
		if cleo.phase(tc, code.ID) == "completed" {
			winner, loser = cleo, ben
		}
		u.friends(tc, ada, winner)
		if ada.knows(tc, loser) || loser.knows(tc, ada) {
			t.Errorf("seed %d: an invitation served twice", u.seed)
		}
		in, _ := loser.look(tc).invites.Invitation(code.ID, tc.Now())
		if diff := cmp.Diff("somebody else accepted the invitation first", in.Reason); diff != "" {
			t.Errorf("seed %d: reason: %s", u.seed, diff)
		}
	})
}

// TestCancellingRacesAccepting cancels at many moments of the exchange: both have the contact, or neither.
func TestCancellingRacesAccepting(t *testing.T) {
	ends := map[string]int{}
	inWorlds(t, 30, func(tc task.Context, u *universe) {
		ada, ben := u.person(tc, "Ada"), u.person(tc, "Ben")
		code := ada.invites(tc, 0)
		race := task.NewGroup(tc, "race")
		race.Go("accept", func(tc task.Context) error {
			return ben.submit(tc, invite.IntentAccept, invite.CodeIntent{Code: code.Code}, nil)
		})
		var cancelled error
		race.Go("cancel", func(tc task.Context) error {
			if err := tc.Sleep(aura.Duration(u.seed) * 8 * time.Millisecond); err != nil {
				return err
			}
			cancelled = ada.submit(tc, invite.IntentCancel, invite.CancelIntent{ID: code.ID}, nil)
			return nil
		})
		if err := race.Wait(tc); err != nil {
			t.Fatal(err)
		}
		u.until(tc, "an end", time.Minute, func() bool { phase := ben.phase(tc, code.ID); return phase == "completed" || phase == "failed" })
		ends[ben.phase(tc, code.ID)]++
		switch {
		case cancelled == nil:
			if ada.knows(tc, ben) || ben.knows(tc, ada) || ada.phase(tc, code.ID) != "cancelled" {
				t.Errorf("seed %d: the invitation was cancelled and served", u.seed)
			}
		case aura.KindOf(cancelled) == aura.Conflict:
			u.friends(tc, ada, ben)
		default:
			t.Errorf("seed %d: %v", u.seed, cancelled)
		}
	})
	if ends["completed"] == 0 || ends["failed"] == 0 {
		t.Errorf("one side always won: %v", ends)
	}
}

func TestAnInvitationThatExpiredServesNobody(t *testing.T) {
	inWorlds(t, 3, func(tc task.Context, u *universe) {
		ada, ben, cleo := u.person(tc, "Ada"), u.person(tc, "Ben"), u.person(tc, "Cleo")
		code := ada.invites(tc, time.Minute)
		ada.stop(tc)
		// Ben accepts in time, and Ada comes back too late.
		ben.must(tc, invite.IntentAccept, invite.CodeIntent{Code: code.Code}, nil)
		u.sleep(tc, 2*time.Minute)
		ada.start(tc)
		u.until(tc, "Ben learns it", 3*time.Minute, func() bool { return ben.phase(tc, code.ID) == "failed" })
		in, _ := ben.look(tc).invites.Invitation(code.ID, tc.Now())
		if diff := cmp.Diff("the invitation had expired", in.Reason); diff != "" {
			t.Errorf("seed %d: reason: %s", u.seed, diff)
		}
		if err := cleo.submit(tc, invite.IntentAccept, invite.CodeIntent{Code: code.Code}, nil); aura.KindOf(err) != aura.Denied {
			t.Errorf("seed %d: accepting an expired invitation: %v", u.seed, err)
		}
		if ada.knows(tc, ben) || ben.knows(tc, ada) {
			t.Errorf("seed %d: an expired invitation served", u.seed)
		}
	})
}

func TestADeclinedInvitationTellsNobody(t *testing.T) {
	inWorlds(t, 3, func(tc task.Context, u *universe) {
		ada, ben, cleo := u.person(tc, "Ada"), u.person(tc, "Ben"), u.person(tc, "Cleo")
		code := ada.invites(tc, 0)
		ben.must(tc, invite.IntentDecline, invite.CodeIntent{Code: code.Code}, nil)
		if err := ben.submit(tc, invite.IntentAccept, invite.CodeIntent{Code: code.Code}, nil); aura.KindOf(err) != aura.Conflict {
			t.Errorf("seed %d: accepting a declined invitation: %v", u.seed, err)
		}
		u.sleep(tc, time.Hour)
		if phase := ada.phase(tc, code.ID); phase != "open" {
			t.Errorf("seed %d: Ada's invitation is %s", u.seed, phase)
		}
		cleo.must(tc, invite.IntentAccept, invite.CodeIntent{Code: code.Code}, nil)
		u.friends(tc, ada, cleo)
	})
}

// TestWhatWasAcceptedCannotBeDeclined: the inviter may have the contact already.
func TestWhatWasAcceptedCannotBeDeclined(t *testing.T) {
	inWorlds(t, 10, func(tc task.Context, u *universe) {
		ada, ben := u.person(tc, "Ada"), u.person(tc, "Ben")
		code := ada.invites(tc, 0)
		if err := ben.accepts(tc, code); err != nil {
			t.Fatal(err)
		}
		u.sleep(tc, aura.Duration(u.seed)*15*time.Millisecond)
		if err := ben.submit(tc, invite.IntentDecline, invite.CodeIntent{Code: code.Code}, nil); aura.KindOf(err) != aura.Conflict {
			t.Errorf("seed %d: declining what was accepted: %v", u.seed, err)
		}
		u.friends(tc, ada, ben)
	})
}

// TestTwoWhoInviteEachOther: both codes are answered at once. However it ends, both have the same contexts.
func TestTwoWhoInviteEachOther(t *testing.T) {
	inWorlds(t, 10, func(tc task.Context, u *universe) {
		ada, ben := u.person(tc, "Ada"), u.person(tc, "Ben")
		codes := []invite.CreateResult{ada.invites(tc, 0), ben.invites(tc, 0)}
		both := task.NewGroup(tc, "both")
		for i, p := range []*person{ben, ada} {
			both.Go(p.name, func(tc task.Context) error {
				return p.submit(tc, invite.IntentAccept, invite.CodeIntent{Code: codes[i].Code}, nil)
			})
		}
		if err := both.Wait(tc); err != nil {
			t.Fatal(err)
		}
		u.sleep(tc, time.Minute)
		contexts := func(p *person) (all []string) {
			for _, c := range p.look(tc).contacts.Contacts() {
				all = append(all, fmt.Sprint(c.Context, c.Verification))
			}
			slices.Sort(all)
			return all
		}
		if diff := cmp.Diff(contexts(ada), contexts(ben)); diff != "" || len(contexts(ada)) == 0 {
			t.Errorf("seed %d: Ada and Ben have: %s", u.seed, diff)
		}
		contact, _ := ada.look(tc).contacts.ByAuthority(ben.self())
		ada.must(tc, chat.IntentSend, chat.SendIntent{To: ada.ref(tc, contact.Context), Text: "hello"}, nil)
		u.until(tc, "a message", time.Minute, func() bool { return len(ben.texts(tc, contact.Context, ada)) == 1 })
	})
}

func (p *person) accepts(tc task.Context, code invite.CreateResult) error {
	return p.submit(tc, invite.IntentAccept, invite.CodeIntent{Code: code.Code}, nil)
}

// TestAnExchangeIsResolvedOnce: what an attempt needs is carried from the acceptance to the end, so a record that is
// spoilt meanwhile changes nothing; when the agent starts again it is resolved anew, and one that is not whole ends.
func TestAnExchangeIsResolvedOnce(t *testing.T) {
	for name, restart := range map[string]bool{"the agent goes on": false, "the agent starts again": true} {
		inWorlds(t, 3, func(tc task.Context, u *universe) {
			ada, ben := u.person(tc, "Ada"), u.person(tc, "Ben")
			code := ada.invites(tc, time.Hour)
			ada.stop(tc)
			ben.must(tc, invite.IntentAccept, invite.CodeIntent{Code: code.Code}, nil)
			spoilt := &journal.Entry{Meta: []journal.KV{{Key: invite.MessageKey(code.ID), Value: []byte("no hello")}}}
			if _, err := ben.agent.Journal().Append(tc, spoilt); err != nil {
				t.Fatal(err)
			}
			if restart {
				ben.restart(tc)
			}
			ada.start(tc)
			want := invite.PhaseCompleted
			if restart {
				want = invite.PhaseFailed
			}
			u.until(tc, name, 5*time.Minute, func() bool {
				in, ok := ben.look(tc).invites.Invitation(code.ID, tc.Now())
				return ok && in.Phase == want && (!restart || in.Reason == "what this side had said is damaged")
			})
		})
	}
}

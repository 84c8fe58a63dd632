package ceremony_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/chain/chaintest"
	"github.com/aura-runtime/aura/choreo"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/session/ceremony"
	"github.com/aura-runtime/aura/task"
)

// round is the protocol that the tests make: a word goes round.
const round = `
module round exposing (Round)

protocol Round =
  roles Chair, Voter[N]
  Chair { guard_capability : "chat:send", flow_cost : 1 } -> Voter[*] : Ask
  Voter[*] { guard_capability : "chat:send", flow_cost : 1 } -> Chair : Say
`

const roundID = "aura.round.round"

func load(t testing.TB, text string) *choreo.Instance {
	t.Helper()
	p, problems := choreo.Load("test.tell", text)
	if err := problems.Err("test"); err != nil {
		t.Fatal(err)
	}
	i, err := p.Instantiate(p.ProbeBinding())
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func add(t testing.TB, texts ...string) func(*session.Registry) {
	return func(r *session.Registry) {
		for _, text := range texts {
			if err := r.Add(load(t, text), choreo.Defaults{}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// play has an agent play the roles of the protocol that tests make, where its registry has it.
func (w *world) play(r *session.Registry, a *agent) {
	if len(r.Versions(roundID)) == 0 {
		return
	}
	err := errors.Join(r.Answer(roundID, "Chair", a.Continue), r.Answer(roundID, "Voter", a.Continue), r.Play(roundID, "Chair", func(tc task.Context, p *session.Port) error {
		for i := range p.Session().Sizes[0].Members {
			if err := p.Send(tc, choreo.Member("Voter", int(i)), "Ask", p.Session().Argument); err != nil {
				return err
			}
		}
		said := ""
		for i := range p.Session().Sizes[0].Members {
			_, b, err := p.Receive(tc, choreo.Member("Voter", int(i)))
			if err != nil {
				return err
			}
			said += string(b)
		}
		a.heard = append(a.heard, said)
		return nil
	}), r.Play(roundID, "Voter", func(tc task.Context, p *session.Port) error {
		_, b, err := p.Receive(tc, "Chair")
		if err != nil {
			return err
		}
		a.heard = append(a.heard, string(b))
		return p.Send(tc, "Chair", "Say", fmt.Append(nil, a.number))
	}))
	if err != nil {
		w.Fatal(err)
	}
}

// invite returns the invite to a round of all agents of the world, of which the first is the chair.
func (w *world) invite(nonce byte) view.Invite {
	i := view.Invite{
		Subject: view.Subject{State: [32]byte{1}, Operation: [32]byte{2}, Nonce: [32]byte{nonce}}, Protocol: roundID, Context: chaintest.Pair,
		Sizes: []view.Size{{Parameter: "N", Members: uint16(len(w.agents) - 1)}},
	}
	for k, a := range w.agents {
		role := choreo.Role("Chair")
		if k > 0 {
			role = choreo.Member("Voter", k-1)
		}
		i.Parts = append(i.Parts, a.part(role))
	}
	return i
}

// ends returns how a session ended at each agent that had it.
func (w *world) ends(tc task.Context, name aura.SessionID) (all []view.EndKind) {
	w.Helper()
	for _, a := range w.agents {
		if end, err := a.engine.Await(tc, name); err == nil {
			all = append(all, end.Kind)
		} else if !errors.Is(err, aura.NotFound) {
			w.Error(err)
		}
	}
	return all
}

// TestASessionOfFourBeginsAndEndsForAll: each part is played once, the coordination lives as long as the session, both have the epoch of
// the invite, and each participant was told by a fact.
func TestASessionOfFourBeginsAndEndsForAll(t *testing.T) {
	gather(t, 1, 4, journal.Faults{}, add(t, round), func(tc task.Context, w *world) {
		i := w.invite(1)
		coordination, err := w.agents[0].Convene(tc, i, []byte("why"))
		if err != nil {
			t.Fatal(err)
		}
		w.settled(tc)
		for _, name := range []aura.SessionID{i.Subject.Name(), coordination} {
			if got := fmt.Sprint(w.ends(tc, name)); got != "[completed completed completed completed]" {
				t.Errorf("session %s ended %s", aura.Short(name), got)
			}
		}
		for k, a := range w.agents {
			want := "why"
			if k == 0 {
				want = "123"
			}
			if len(a.heard) != 1 || a.heard[0] != want {
				t.Errorf("agent %d heard %q", k, a.heard)
			}
			ended, err := a.engine.Ended(tc)
			if err != nil || len(ended) != 2 {
				t.Errorf("agent %d: %d sessions have ended, %v", k, len(ended), err)
			}
			for i := range ended {
				if got := ended[i].Session.Epoch; got != 7 {
					t.Errorf("agent %d: session %s has epoch %d, want that of the invite", k, aura.Short(ended[i].Session.Name), got)
				}
			}
		}
		if n := w.agents[0].count(t, tc, view.KindCreated); n != 3 {
			t.Errorf("%d participants were told", n)
		}
	})
}

// TestOneRefusalKeepsAllOut, with its reason, whichever participant refuses and why.
func TestOneRefusalKeepsAllOut(t *testing.T) {
	longer := round + "  Chair { guard_capability : \"chat:send\", flow_cost : 1 } -> Voter[*] : Thank\n"
	for what, test := range map[string]struct {
		before func(w *world)
		change func(i *view.Invite)
		want   view.Reason
	}{
		"the owner": {before: func(w *world) {
			w.agents[2].takes = func(*view.Invite) error { return aura.Errorf("test", aura.Denied, "not today") }
		}, want: view.ReasonDenied},
		"the owner, at length": {before: func(w *world) { // the bound is in the middle of a character
			w.agents[2].takes = func(*view.Invite) error { return aura.Errorf("test", aura.Denied, "a%s", strings.Repeat("é", 150)) }
		}, want: view.ReasonDenied},
		"an epoch":   {change: func(i *view.Invite) { i.Epoch = 9 }, want: view.ReasonEpoch},
		"a stranger": {change: func(i *view.Invite) { i.Parts[0].Authority = aura.AuthorityID{99} }, want: view.ReasonDenied},
	} {
		t.Run(what, func(t *testing.T) {
			gather(t, 1, 4, journal.Faults{}, add(t, round), func(tc task.Context, w *world) {
				w.refused(tc, t, test.before, test.change, test.want)
			})
		})
	}
	t.Run("a version", func(t *testing.T) {
		registries := 0
		gather(t, 1, 4, journal.Faults{}, func(r *session.Registry) {
			if registries++; registries == 3 {
				add(t, longer)(r)
			} else {
				add(t, round)(r)
			}
		}, func(tc task.Context, w *world) {
			f := w.refused(tc, t, nil, nil, view.ReasonVersion)
			if f.Failure.Refusal.Here == ([32]byte{}) {
				t.Error("the refusal does not name the version that is there")
			}
		})
	})
	t.Run("the owner, before the protocol is looked at", func(t *testing.T) {
		registries := 0
		gather(t, 1, 4, journal.Faults{}, func(r *session.Registry) {
			if registries++; registries != 3 {
				add(t, round)(r)
			}
		}, func(tc task.Context, w *world) {
			w.refused(tc, t, func(w *world) {
				w.agents[2].takes = func(*view.Invite) error { return aura.Errorf("test", aura.Denied, "not today") }
			}, nil, view.ReasonDenied)
		})
	})
	t.Run("no protocol", func(t *testing.T) {
		registries := 0
		gather(t, 1, 4, journal.Faults{}, func(r *session.Registry) {
			if registries++; registries != 4 {
				add(t, round)(r)
			}
		}, func(tc task.Context, w *world) { w.refused(tc, t, nil, nil, view.ReasonUnknown) })
	})
}

// refused convenes a round that one participant refuses, and returns the fact about it.
func (w *world) refused(tc task.Context, t *testing.T, before func(*world), change func(*view.Invite), want view.Reason) (f view.Failed) {
	t.Helper()
	if before != nil {
		before(w)
	}
	i := w.invite(1)
	if change != nil {
		change(&i)
	}
	if _, err := w.agents[0].Convene(tc, i, nil); err != nil {
		t.Fatal(err)
	}
	w.settled(tc)
	if got := w.ends(tc, i.Subject.Name()); got != nil {
		t.Errorf("the session began, and ended %v", got)
	}
	for k, a := range w.agents {
		if len(a.heard) > 0 || a.count(t, tc, view.KindCreated) > 0 {
			t.Errorf("agent %d heard %q", k, a.heard)
		}
	}
	_, err := w.agents[0].Journal.Read(tc, fact.Selection{Kinds: []string{view.KindFailed}}, func(r fact.Record) error {
		return fact.Unmarshal(r.Fact.Payload, &f)
	})
	if err != nil || f.Failure.Refusal.Reason != want || w.agents[0].count(t, tc, view.KindFailed) != 3 {
		t.Errorf("the fact says %+v, %v, want %s", f.Failure, err, want)
	}
	if text := f.Failure.Refusal.Text; !utf8.ValidString(text) || len(text) > view.MaxReason {
		t.Errorf("the reason %q", text)
	}
	return f
}

// TestACrashAnywhereLeavesAllInOrAllOut: one of three agents crashes at any moment of a coordination whose commits take time, and
// comes again. Each part of the session is then played to its end, or none is.
func TestACrashAnywhereLeavesAllInOrAllOut(t *testing.T) {
	slow := journal.Faults{SyncDelay: 20 * time.Millisecond}
	begun := 0
	for moment := range 30 {
		for who := range 3 {
			gather(t, uint64(moment), 3, slow, add(t, round), func(tc task.Context, w *world) {
				i := w.invite(1)
				coordination, err := w.agents[0].Convene(tc, i, []byte("why"))
				if err != nil {
					t.Fatal(err)
				}
				if err := tc.Sleep(aura.Duration(moment) * 60 * time.Millisecond); err != nil {
					t.Fatal(err)
				}
				w.crash(tc, w.agents[who], time.Second)
				w.settled(tc)
				switch got := fmt.Sprint(w.ends(tc, i.Subject.Name())); got {
				case "[completed completed completed]":
					begun++
					if got := fmt.Sprint(w.ends(tc, coordination)); got != "[completed completed completed]" {
						t.Errorf("agent %d crashes at %d: the coordination ended %s", who, moment, got)
					}
				case "[]":
					for k, a := range w.agents {
						if n := a.count(t, tc, view.KindCreated); n > 0 {
							t.Errorf("agent %d crashes at %d: nobody has the session, and agent %d says that it begins", who, moment, k)
						}
					}
				default:
					t.Errorf("agent %d crashes at %d: the session ended %s", who, moment, got)
				}
			})
		}
	}
	if begun < 60 {
		t.Errorf("the session began in %d of 90 runs", begun)
	}
}

func imageOf(t testing.TB, i *choreo.Instance) [32]byte {
	t.Helper()
	im, err := machine.CompileInstance(i)
	if err != nil {
		t.Fatal(err)
	}
	return im.Digest()
}

// TestAParticipantThatIsOutEndsTheSession: its coordination has ended, by its owner or a clock that was set wrong, after it had said yes and
// before it was told that the session begins. The chair has begun. It learns that this one does not take part, and does not wait for it for ever.
func TestAParticipantThatIsOutEndsTheSession(t *testing.T) {
	gather(t, 1, 3, journal.Faults{}, add(t, round), func(tc task.Context, w *world) {
		late, out, other := [2]int{0, 1}, [2]int{0, 2}, [2]int{1, 2}
		w.cut[late] = true
		i := w.invite(1)
		coordination, err := w.agents[0].Convene(tc, i, []byte("why"))
		if err != nil {
			t.Fatal(err)
		}
		pause := func() {
			if err := tc.Sleep(5 * time.Second); err != nil {
				t.Fatal(err)
			}
		}
		pause()
		w.cut[out], w.cut[other] = true, true
		pause()
		if err := w.agents[2].engine.End(tc, coordination); err != nil {
			t.Fatal(err)
		}
		w.cut[late] = false
		pause()
		if lives, _, err := w.agents[0].engine.Lives(tc, i.Subject.Name()); err != nil || !lives {
			t.Errorf("the chair has begun: %t, %v", lives, err)
		}
		w.cut[out], w.cut[other] = false, false
		w.settled(tc)
		if end, err := w.agents[0].engine.Await(tc, i.Subject.Name()); err != nil || end.Kind != view.EndRefused {
			t.Errorf("the session ended at the chair as %s, %v", end.Kind, err)
		}
		if _, ended, err := w.agents[2].engine.Lives(tc, i.Subject.Name()); err != nil || ended {
			t.Errorf("the participant that is out has begun: %v", err)
		}
	})
}

// TestAForeignCoordinationKeepsNoSessionOut: a peer coordinates under the name of another one's coordination, and is refused. The participant still
// waits for the session that the other one makes.
func TestAForeignCoordinationKeepsNoSessionOut(t *testing.T) {
	gather(t, 1, 3, journal.Faults{}, add(t, round), func(tc task.Context, w *world) {
		i, thief, member := w.invite(1), w.agents[1], w.agents[2]
		own := view.CoordinationOf(i.Subject.Name(), w.agents[0].account.Own())
		i.Parts = i.Parts[1:] // the thief sends one invite
		argument, err := fact.Marshal(struct {
			Invite view.Invite `cbor:"1,keyasint"`
		}{i})
		if err == nil {
			err = thief.engine.Open(tc, session.Opening{
				Name: own, Protocol: ceremony.Coordination, Role: "Coordinator", Context: chaintest.Pair, Persistent: true, Argument: argument,
				Sizes:   []session.Size{{Parameter: "N", Members: 1}},
				Parties: []session.Party{{Role: "Participant[0]", Authority: member.account.Own(), Device: member.account.Device()}},
			})
		}
		if err != nil {
			t.Fatal(err)
		}
		w.settled(tc)
		ends, err := member.engine.Ends(tc, own)
		if err != nil || len(ends) != 1 || ends[0].Session.Received == 0 {
			t.Fatalf("at the participant: %+v, %v", ends, err)
		}
		_, err = member.Continue(tc, session.Party{}, chaintest.Pair, &session.Greeting{Session: i.Subject.Name()})
		if aura.KindOf(err) != aura.Exhausted {
			t.Errorf("the session will not begin: %v", err)
		}
	})
}

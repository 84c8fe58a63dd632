package service_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/internal/scene"
	"github.com/aura-runtime/aura/interp"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
	"github.com/aura-runtime/aura/world"
)

// recordings returns the logs of sessions that a person's home has.
func recordings(p *auratest.Person) (all []journal.Log) {
	for _, l := range p.Agent.Journal().Logs() {
		if l.Family() == "session" {
			all = append(all, l)
		}
	}
	return all
}

// refusing refuses the first messages of sessions.
type refusing struct {
	interp.Interpreter
	left *int
}

func (r refusing) Execute(tc task.Context, d *interp.Decision) (effect.Result, error) {
	if d.Request.Message() != nil && *r.left > 0 {
		*r.left--
		return effect.Result{}, aura.Errorf("test", aura.Invalid, "the message is not taken")
	}
	return r.Interpreter.Execute(tc, d)
}

// TestAnAcceptanceOutlivesItsSession: a session that ends without an end of the invitation begins anew.
func TestAnAcceptanceOutlivesItsSession(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 2}, func(tc task.Context, w *auratest.World) {
		left := 2
		ada := w.Person(tc, "Ada")
		ben := w.Person(tc, "Ben", func(p *auratest.Person) {
			p.Options.Wrap = func(inner interp.Interpreter) interp.Interpreter { return refusing{inner, &left} }
		})
		if err := scene.Accepts(tc, ben, scene.Invites(tc, ada, 0)); err != nil {
			t.Fatal(err)
		}
		scene.Friends(tc, w, ada, ben)
		if left != 0 {
			w.Errorf("%d messages were not refused", left)
		}
	})
}

// TestAnInvitationGoesOnWithoutItsRecording: the home of an earlier build has what both sides of an exchange said and no recording of
// it, and a damaged recording is given up. Both sides go on with the same contact, and the agent says what it gave up.
func TestAnInvitationGoesOnWithoutItsRecording(t *testing.T) {
	for _, damaged := range []bool{false, true} {
		for _, bound := range []bool{false, true} {
			auratest.Run(t, auratest.Options{Seeds: 2}, func(tc task.Context, w *auratest.World) {
				ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
				code := scene.Invites(tc, ada, 0)
				w.Net.Set(transport.SimOptions{Latency: 500 * time.Millisecond})
				if !bound {
					ada.Stop(tc)
				}
				if err := scene.Accepts(tc, ben, code); err != nil {
					t.Fatal(err)
				}
				lost := []*auratest.Person{ben}
				if bound {
					w.Until(tc, "Ada took the hello", 20*time.Second, func() bool { return scene.Knows(tc, ada, ben) })
					lost = append(lost, ada)
				} else {
					w.Until(tc, "Ben's hello is recorded", 20*time.Second, func() bool { return len(recordings(ben)) == 1 })
				}
				if scene.Knows(tc, ben, ada) {
					w.Fatalf("Ben has the answer already")
				}
				for _, p := range lost {
					for _, l := range recordings(p) {
						change := journal.LogChange{Name: l.Name, Remove: !damaged}
						if damaged {
							change.Values = [][]byte{{0xff}}
						}
						if _, err := p.Agent.Journal().Append(tc, &journal.Entry{Logs: []journal.LogChange{change}}); err != nil {
							t.Fatal(err)
						}
					}
					p.Crash()
				}
				w.Net.Set(transport.SimOptions{})
				for _, p := range lost {
					// The decisions about the messages that are lost are still there, so the next recording lacks them, and does not replay.
					p.Options.Hardening = machine.HardeningProduction
					p.Start(tc)
					if n := len(p.Agent.Status().Damaged); (n > 0) != damaged {
						w.Errorf("%s says that %d recordings are damaged", p.Name, n)
					}
				}
				if !bound {
					ada.Start(tc)
				}
				scene.Friends(tc, w, ada, ben)
				w.Sleep(tc, 2*time.Minute)
				for _, p := range []*auratest.Person{ada, ben} {
					if got := len(p.Look(tc).Contacts.Contacts()); got != 1 || phase(tc, p, code.ID) != invite.PhaseCompleted.String() || len(recordings(p)) != 0 {
						w.Errorf("%s has %d contacts, and recordings %v", p.Name, got, recordings(p))
					}
				}
			})
		}
	}
}

// TestASessionIsToldInEvents: its claim and its end at both sides, and each message that came, with session and fragment. An end that
// was called for is no failure.
func TestASessionIsToldInEvents(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 2}, func(tc task.Context, w *auratest.World) {
		ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
		if err := scene.Accepts(tc, ben, scene.Invites(tc, ada, 0)); err != nil {
			t.Fatal(err)
		}
		scene.Friends(tc, w, ada, ben)
		w.Sleep(tc, 2*time.Minute)
		told := map[string]int{}
		for _, e := range w.Events {
			if e.Family() != world.FamilySession && (e.Family() != world.FamilyIngress || e.Service() != "session") {
				continue
			}
			fields := map[string]string{}
			for name, value := range e.Fields {
				fields[name] = value
			}
			if fields["session_id"] == "" || fields["fragment_key"] == "" || fields["owner"] == "" {
				w.Errorf("%s %s has the fields %v", e.Family(), e.Message(), fields)
			}
			if strings.HasPrefix(fields["fragment_key"], "protocol:delivery.") {
				continue // a direction of a channel
			}
			told[string(e.Family())+" "+e.Message()]++
		}
		want := map[string]int{"session claim": 2, "session release": 2, "ingress accepted": 3}
		if diff := cmp.Diff(want, told); diff != "" {
			w.Errorf("events: %s", diff)
		}
	})
}

// TestNoRecordingOutlivesAnAcceptance: whichever way an acceptance ends whose inviter does not answer, also when the agent starts
// again at that moment.
func TestNoRecordingOutlivesAnAcceptance(t *testing.T) {
	for _, cancel := range []bool{true, false} {
		for _, again := range []bool{true, false} {
			auratest.Run(t, auratest.Options{Seeds: 1}, func(tc task.Context, w *auratest.World) {
				ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
				code := scene.Invites(tc, ada, time.Hour)
				ada.Stop(tc)
				if err := scene.Accepts(tc, ben, code); err != nil {
					t.Fatal(err)
				}
				w.Until(tc, "Ben's hello is recorded", time.Minute, func() bool { return len(recordings(ben)) == 1 })
				if cancel {
					ben.Do(tc, invite.IntentCancel, invite.CancelIntent{ID: code.ID}, nil)
				} else {
					w.Sleep(tc, 25*time.Hour+time.Minute)
				}
				if again {
					scene.Restart(tc, ben)
				}
				w.Sleep(tc, 15*time.Minute)
				if left := recordings(ben); len(left) != 0 {
					w.Errorf("cancelled %t, started again %t: %v", cancel, again, left)
				}
			})
		}
	}
}

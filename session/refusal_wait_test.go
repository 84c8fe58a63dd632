package session_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/chain/chaintest"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
)

// poor has no room in its budget for the first refusals, and for the first greetings that tell an end.
type poor struct {
	pipe
	most *int
}

func (p poor) Post(tc task.Context, kind session.Frame, covered [32]byte, body []byte) error {
	var g session.Greeting
	tells := kind == session.FrameGreeting && fact.Unmarshal(body, &g) == nil && g.Ended != 0
	if (tells || kind == session.FrameRefusal) && *p.most > 0 {
		*p.most--
		return (&guard.Denial{Stage: guard.StageFlow, Reason: guard.ReasonShort}).Err()
	}
	return p.pipe.Post(tc, kind, covered, body)
}

// TestARefusalOfAMessageWaitsForItsBudget: its sender waits for it.
func TestARefusalOfAMessageWaitsForItsBudget(t *testing.T) {
	withShop(t, 1, func(tc task.Context, _ *task.Sim, cust, shop *side, heard *[]string) {
		defer cust.Close(tc)
		at := &stubborn{Payments: shop.payments(), refuse: []error{errors.New("not this one")}}
		one, two := task.NewMailbox[frame]("one", 1), task.NewMailbox[frame]("two", 1)
		both, most := task.NewGroup(tc, "channel"), 2
		both.Go("answer", func(tc task.Context) error {
			talk := ben
			talk.Payments = at
			talk.Admit = func(task.Context, session.Party, aura.ContextID, *session.Greeting) (session.Opening, error) {
				return shop.opening("Cust"), nil
			}
			_ = shop.engine.Speak(tc, talk, poor{pipe{one, two}, &most})
			pipe{one, two}.Close(tc)
			return nil
		})
		both.Go("call", func(tc task.Context) error {
			tc, done := tc.WithBudget("channel", time.Hour)
			defer done()
			talk := ben
			talk.Payments = cust.payments()
			_ = cust.engine.Speak(tc, talk, pipe{two, one})
			pipe{two, one}.Close(tc)
			return nil
		})
		if err := both.Wait(tc); err != nil {
			t.Fatal(err)
		}
		if !endsWith(*heard, []string{"Ask bread", "Pay 3"}) || most != 0 {
			t.Errorf("the store heard %q, %d refusals may still be denied", *heard, most)
		}
	})
}

// TestAReplyWaitsForItsBudget: the peer waits for it, and would wait to the end of its session.
func TestAReplyWaitsForItsBudget(t *testing.T) {
	for what, x := range map[string]struct {
		admit error
		store session.Program
		opens bool // the store opens the session, after its refusal of it was denied
		want  view.EndKind
		why   string
	}{
		"a refusal": {admit: aura.Errorf("test.Admit", aura.Denied, "not this one"), want: view.EndRefused, why: "it does not admit"},
		"an end": {want: view.EndCancelled, why: "has ended it: failed", store: func(tc task.Context, p *session.Port) error {
			_, _, err := p.Receive(tc, "Cust")
			return errors.Join(err, aura.Errorf("test.store", aura.Invalid, "there is no bread"))
		}},
		"a refusal that has no use any more": {admit: aura.Errorf("test.Admit", aura.Denied, "not yet"), opens: true, want: view.EndCompleted},
	} {
		chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
			var atCust, atStore []string
			if x.store == nil {
				x.store = store(&atStore, "Price")
			}
			cust := begin(t, tc, sim, journal.NewFaulty(sim.Entropy("cust disk"), journal.Faults{}), true, "Cust", customer(&atCust))
			shop := begin(t, tc, sim, journal.NewFaulty(sim.Entropy("store disk"), journal.Faults{}), true, "Store", x.store)
			defer cust.Close(tc)
			defer shop.Close(tc)
			if err := cust.engine.Open(tc, cust.opening("Store")); err != nil {
				t.Fatal(err)
			}
			one, two := task.NewMailbox[frame]("one", 1), task.NewMailbox[frame]("two", 1)
			both, most := task.NewGroup(tc, "channel"), 2
			both.Go("answer", func(tc task.Context) error {
				talk := ben
				talk.Payments = shop.payments()
				talk.Admit = func(task.Context, session.Party, aura.ContextID, *session.Greeting) (session.Opening, error) {
					return shop.opening("Cust"), x.admit
				}
				return shop.engine.Speak(tc, talk, poor{pipe{one, two}, &most})
			})
			both.Go("call", func(tc task.Context) error {
				talk := ben
				talk.Payments = cust.payments()
				return cust.engine.Speak(tc, talk, pipe{two, one})
			})
			sleep(t, tc, time.Second)
			if x.opens {
				if err := shop.engine.Open(tc, shop.opening("Cust")); err != nil {
					t.Fatal(err)
				}
			}
			sleep(t, tc, time.Hour)
			if all := cust.ends(t, tc); len(all) != 1 || all[0].End.Kind != x.want || !strings.Contains(all[0].End.Reason, x.why) || most > 1 {
				t.Errorf("%s: the customer has the ends %+v, %d frames may still be denied", what, all, most)
			}
			pipe{one, two}.Close(tc)
			_ = both.Close(tc, time.Second)
		})
	}
}

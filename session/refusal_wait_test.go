package session_test

import (
	"errors"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
)

// poor has no room in its budget for the first refusals.
type poor struct {
	pipe
	most *int
}

func (p poor) Post(tc task.Context, kind session.Frame, covered [32]byte, body []byte) error {
	if kind == session.FrameRefusal && *p.most > 0 {
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

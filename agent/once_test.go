package agent_test

import (
	"errors"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// TestASendingIsDoneOnce: the same operation stores one message, also when a restart lies between.
func TestASendingIsDoneOnce(t *testing.T) {
	inWorld(t, 8, func(tc task.Context, w *simulated) {
		ada, ben := w.person(tc, "Ada", agent.Options{}), w.person(tc, "Ben", agent.Options{})
		context := w.meet(tc, ada, ben)
		send := func(text string) (aura.FactID, error) {
			b, err := fact.Marshal(chat.SendIntent{To: ref(t, tc, ada.Agent, context), Text: text, Again: true})
			if err != nil {
				t.Fatal(err)
			}
			r, err := ada.Submit(tc, fact.Intent{Kind: chat.IntentSend, Operation: aura.OperationID{7, 7}, Payload: b})
			if err != nil {
				return aura.FactID{}, err
			}
			return r.Facts[0], nil
		}
		first, err := send("hi")
		if err != nil {
			t.Fatal(err)
		}
		for restarted := range 2 {
			facts := ada.Journal().Head()
			if again, err := send("hi"); err != nil || again != first {
				t.Errorf("after %d restarts: %v, %v", restarted, again, err)
			}
			if _, err := send("ho"); !errors.Is(err, aura.Conflict) {
				t.Errorf("another text: %v", err)
			}
			if now := ada.Journal().Head(); now != facts {
				t.Errorf("the second sending wrote %d facts", now-facts)
			}
			if restarted == 0 {
				if err := ada.Stop(tc); err != nil {
					t.Fatal(err)
				}
				w.again(tc, ada)
			}
		}
		for _, p := range []*person{ada, ben} {
			if err := p.Stop(tc); err != nil {
				t.Error(err)
			}
		}
	})
}

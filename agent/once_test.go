package agent_test

import (
	"errors"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// TestASendingIsDoneOnce: the same operation stores one message, also when a restart lies between.
func TestASendingIsDoneOnce(t *testing.T) {
	auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
		ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
		context := w.Meet(tc, ada, ben)
		send := func(text string) (aura.FactID, error) {
			b, err := fact.Marshal(chat.SendIntent{To: ada.Ref(tc, context), Text: text, Again: true})
			if err != nil {
				t.Fatal(err)
			}
			r, err := ada.Agent.Submit(tc, fact.Intent{Kind: chat.IntentSend, Operation: aura.OperationID{7, 7}, Payload: b})
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
			facts := ada.Agent.Journal().Head()
			if again, err := send("hi"); err != nil || again != first {
				t.Errorf("after %d restarts: %v, %v", restarted, again, err)
			}
			if _, err := send("ho"); !errors.Is(err, aura.Conflict) {
				t.Errorf("another text: %v", err)
			}
			if now := ada.Agent.Journal().Head(); now != facts {
				t.Errorf("the second sending wrote %d facts", now-facts)
			}
			if restarted == 0 {
				ada.Stop(tc)
				ada.Start(tc)
			}
		}
		for _, p := range []*auratest.Person{ada, ben} {
			p.Stop(tc)
		}
	})
}

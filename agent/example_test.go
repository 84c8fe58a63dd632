package agent_test

import (
	"errors"
	"fmt"

	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// Two agents talk: what enters one is an intent, and what leaves the other is a fact.
func Example() {
	auratest.Run(nil, auratest.Options{}, func(tc task.Context, w *auratest.World) {
		ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
		context := w.Meet(tc, ada, ben)

		payload, _ := fact.Marshal(chat.SendIntent{To: ada.Ref(tc, context), Text: "hi Ben"})
		result, err := ada.Agent.Submit(tc, fact.Intent{Kind: chat.IntentSend, Payload: payload})
		fmt.Println("Ada's journal took", len(result.Facts), "fact, error:", err)

		enough := errors.New("enough")
		messages := fact.Selection{Kinds: []string{chat.KindMessage}, Follow: true}
		_ = ben.Agent.Watch(tc, messages, func(up fact.Update) error {
			for _, r := range up.Records {
				var m chat.Text
				err := fact.Unmarshal(r.Fact.Payload, &m)
				fmt.Printf("Ben's journal has the same fact: %t, %q, error: %v\n", r.ID == result.Facts[0], m.Text, err)
				return enough
			}
			return nil
		})
	})
	// Output:
	// Ada's journal took 1 fact, error: <nil>
	// Ben's journal has the same fact: true, "hi Ben", error: <nil>
}

package shopping_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"

	"example.org/shopping"
)

// TestTwoPeopleHaveOneListWhateverFails runs two agents in twenty simulated worlds. The network between them is cut
// while both write, and one of them crashes.
func TestTwoPeopleHaveOneListWhateverFails(t *testing.T) {
	o := auratest.Options{Seeds: 20, Agent: agent.Options{Modules: []domain.Module{shopping.Module()}}}
	auratest.Run(t, o, func(tc task.Context, w *auratest.World) {
		ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
		talk := w.Meet(tc, ada, ben)
		adas, bens := ada.Ref(tc, talk), ben.Ref(tc, talk)

		ada.Do(tc, shopping.IntentAdd, shopping.Add{In: adas, Name: "milk"}, nil)
		w.Until(tc, "Ben sees milk", time.Minute, func() bool { return len(open(t, tc, ben, talk)) == 1 })

		w.Cut(ada, ben)
		ada.Do(tc, shopping.IntentAdd, shopping.Add{In: adas, Name: "bread"}, nil)
		ben.Do(tc, shopping.IntentAdd, shopping.Add{In: bens, Name: "tea"}, nil)
		ben.Crash()
		w.Sleep(tc, time.Hour)
		w.Heal(ada, ben)
		ben.Start(tc)

		w.Until(tc, "all is on both lists", time.Hour, func() bool {
			return len(open(t, tc, ada, talk)) == 3 && len(open(t, tc, ben, talk)) == 3
		})
		if diff := cmp.Diff(open(t, tc, ada, talk), open(t, tc, ben, talk)); diff != "" {
			w.Errorf("two lists (-Ada +Ben):\n%s", diff)
		}
	})
}

// open asks a person's agent for the open items of a list.
func open(t *testing.T, tc task.Context, p *auratest.Person, context aura.ContextID) []shopping.Entry {
	t.Helper()
	payload, err := fact.Marshal(shopping.Which{Context: context})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := p.Agent.Ask(tc, fact.Question{Kind: shopping.QuestionList, Payload: payload})
	if err != nil {
		t.Fatal(err)
	}
	var list shopping.List
	if err := fact.UnmarshalAnswer(answer.Payload, &list); err != nil {
		t.Fatal(err)
	}
	return list.Open
}

package shopping_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain"
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
		list := func(p *auratest.Person) (l shopping.List) {
			if err := p.Core(tc).Ask(tc, shopping.QuestionList, shopping.Which{Context: talk}, &l); err != nil {
				w.Errorf("%s: %v", p.Name, err)
			}
			return l
		}
		ada.Do(tc, shopping.IntentAdd, shopping.Add{In: ada.Ref(tc, talk), Name: "milk"}, nil)
		w.Until(tc, "Ben sees milk", time.Minute, func() bool { return len(list(ben).Open) == 1 })

		w.Cut(ada, ben)
		ada.Do(tc, shopping.IntentAdd, shopping.Add{In: ada.Ref(tc, talk), Name: "bread"}, nil)
		ben.Do(tc, shopping.IntentAdd, shopping.Add{In: ben.Ref(tc, talk), Name: "tea"}, nil)
		ben.Crash()
		w.Sleep(tc, time.Hour)
		w.Heal(ada, ben)
		ben.Start(tc)

		w.Until(tc, "all is on both lists", time.Hour, func() bool { return len(list(ada).Open) == 3 && len(list(ben).Open) == 3 })
		if diff := cmp.Diff(list(ada), list(ben)); diff != "" {
			w.Errorf("two lists (-Ada +Ben):\n%s", diff)
		}
	})
}

package errand_test

import (
	"testing"
	"time"

	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/task"

	"example.org/shopping/errand"
)

func options(seeds uint64) auratest.Options {
	return auratest.Options{Seeds: seeds, Agent: agent.Options{Modules: []domain.Module{errand.Module()}}}
}

// of returns the errands that a person sees.
func of(tc task.Context, w *auratest.World, p *auratest.Person) []errand.Shown {
	var all errand.Errands
	if err := p.Core(tc).Ask(tc, errand.QuestionAll, nil, &all); err != nil {
		w.Errorf("%s: %v", p.Name, err)
	}
	return all.All
}

// TestAQuestionOutlivesACrash: it is durable when the intent returns, and is asked once.
func TestAQuestionOutlivesACrash(t *testing.T) {
	auratest.Run(t, options(3), func(tc task.Context, w *auratest.World) {
		ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
		talk := w.Meet(tc, ada, ben)
		ben.Stop(tc)
		ada.Do(tc, errand.IntentAsk, errand.AskFor{In: ada.Ref(tc, talk), Text: "will you go?"}, nil)
		ada.Crash()
		ada.Start(tc)
		w.Sleep(tc, time.Minute)
		if all := of(tc, w, ada); len(all) != 1 || all[0].State != "open" || all[0].Text != "will you go?" {
			w.Errorf("Ada's errands are %+v", all)
		}
		if sessions, err := ada.Core(tc).Sessions(tc); err != nil || len(sessions.Sessions) != 1 {
			w.Errorf("Ada's sessions are %+v, %v", sessions, err)
		}
	})
}

// TestTwoPeopleAgreeWhateverFails: Ada asks, Ben's agent crashes with the question on his screen, the network is cut while he answers, and both know
// the same in the end. Ada's operation ends as the answer is.
func TestTwoPeopleAgreeWhateverFails(t *testing.T) {
	auratest.Run(t, options(10), func(tc task.Context, w *auratest.World) {
		ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
		talk := w.Meet(tc, ada, ben)
		yes := w.Seed%2 == 0
		ada.Do(tc, errand.IntentAsk, errand.AskFor{In: ada.Ref(tc, talk), Text: "will you go?"}, nil)
		w.Until(tc, "Ben is asked", time.Minute, func() bool { return len(of(tc, w, ben)) == 1 })
		asked := of(tc, w, ben)[0]
		if asked.Mine || asked.Text != "will you go?" || asked.With != ada.Self() {
			w.Errorf("Ben is asked %+v", asked)
		}
		ben.Crash()
		ben.Start(tc)
		w.Cut(ada, ben)
		ben.Do(tc, errand.IntentAnswer, errand.Answered{Session: asked.Session, Yes: yes}, nil)
		w.Sleep(tc, time.Minute)
		ada.Crash()
		ada.Start(tc)
		if all := of(tc, w, ada); len(all) != 1 || all[0].State != "open" {
			w.Errorf("before the answer came Ada has %+v", all)
		}
		w.Heal(ada, ben)
		want := map[bool]string{true: "yes", false: "no"}[yes]
		w.Until(tc, "both know", 10*time.Minute, func() bool {
			return of(tc, w, ada)[0].State == want && of(tc, w, ben)[0].State == want
		})
		w.Sleep(tc, 2*time.Minute)
		for _, p := range []*auratest.Person{ada, ben} {
			if live, err := p.Core(tc).Sessions(tc); err != nil || len(live.Sessions) > 0 || len(of(tc, w, p)) != 1 {
				w.Errorf("%s still has %+v, and %+v, %v", p.Name, live.Sessions, of(tc, w, p), err)
			}
		}
	})
}

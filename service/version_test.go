package service_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/task"
)

// newPact is the protocol of the tests in a later version, in which the giver may refuse.
const newPact = `
module pact exposing (Pact)

protocol Pact =
  roles Asker, Giver
  Asker { guard_capability : "pact:agree", flow_cost : 1, journal_facts : "pact.asked" } -> Giver : Ask
  choice Giver at
    | Give =>
      Giver { guard_capability : "pact:agree", flow_cost : 1 } -> Asker : Give
      Asker { guard_capability : "pact:agree", flow_cost : 1 } -> Giver : Thanks
    | Keep =>
      Giver { guard_capability : "pact:agree", flow_cost : 1 } -> Asker : Keep
`

// changed returns the module of the tests with another text, and texts that it had before.
func changed(m domain.Module, text string, earlier ...string) []domain.Module {
	m.Protocols = slices.Clone(m.Protocols)
	m.Protocols[0].Text, m.Protocols[0].Earlier = text, earlier
	return []domain.Module{m}
}

// restarted starts a person's agent again, with other modules.
func restarted(tc task.Context, p *auratest.Person, modules ...domain.Module) {
	p.Stop(tc)
	p.Options.Modules = modules
	p.Start(tc)
}

// TestASessionGoesOnWithItsEarlierText: both sides update the module while a session waits for the giver. It ends as its own text says, the play
// is told which one it is, and the next session is of the new text.
func TestASessionGoesOnWithItsEarlierText(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 3}, func(tc task.Context, w *auratest.World) {
		hold, told := true, map[aura.SessionID]int{}
		give := giver(func(t *domain.Talk) (domain.Move, error) {
			told[t.Session] = t.Earlier
			switch {
			case hold:
				return domain.AwaitFacts()
			case t.Earlier == 0:
				return domain.Tell("Asker", "Keep", nil)
			}
			return gives(t)
		})
		ada, ben, context := pair(tc, w, give, nil)
		if err := asks(tc, ada, context); err != nil {
			w.Fatalf("%v", err)
		}
		w.Until(tc, "Ben is asked", time.Minute, func() bool { return len(told) == 1 })
		restarted(tc, ada, changed(pactOf(giver(gives), nil), newPact, pact)...)
		restarted(tc, ben, changed(pactOf(give, nil), newPact, pact)...)
		w.Sleep(tc, time.Minute)
		if living(tc, ada) != 1 || living(tc, ben) != 1 {
			w.Fatalf("%d sessions live at Ada, %d at Ben", living(tc, ada), living(tc, ben))
		}
		hold = false
		w.Until(tc, "the session of the earlier text is over", 5*time.Minute, func() bool {
			return slices.Equal(ways(tc, ada), []string{"given"}) && slices.Equal(ways(tc, ben), []string{"thanked"})
		})
		over(tc, w, ada, ben)
		if err := asks(tc, ada, context); err != nil {
			w.Fatalf("%v", err)
		}
		w.Until(tc, "both have settled one of the new text", 5*time.Minute, func() bool { return len(ways(tc, ada)) == 2 })
		over(tc, w, ada, ben)
		if which := slices.Sorted(values(told)); !slices.Equal(which, []int{0, 1}) {
			w.Errorf("the plays were told of the texts %v", which)
		}
	})
}

func values(m map[aura.SessionID]int) func(func(int) bool) {
	return func(yield func(int) bool) {
		for _, n := range m {
			if !yield(n) {
				return
			}
		}
	}
}

// TestAnEarlierTextIsCheckedLikeTheNewest: an agent does not start with one that it could not run.
func TestAnEarlierTextIsCheckedLikeTheNewest(t *testing.T) {
	for earlier, want := range map[string]string{
		strings.Replace(pact, "pact.asked", "pact.aksed", 1): "module pact, protocol pact, earlier text 1: the message Ask of Asker to Giver",
		strings.ReplaceAll(pact, "Giver", "Other"):           "module pact, protocol pact, earlier text 1: nothing plays the role Other",
	} {
		err := task.NewSim(1, task.SimOptions{}).Run("test", func(tc task.Context) error {
			_, err := agent.New(tc, tc.Group(), agent.Hands{}, agent.Options{Modules: changed(pactOf(giver(gives), nil), newPact, earlier)})
			return err
		})
		if aura.KindOf(err) != aura.Invalid || !strings.Contains(err.Error(), want) {
			t.Errorf("an earlier text: %v, want %q", err, want)
		}
	}
}

package agent_test

import (
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// tuned is the setup of a person whose agent has options.
func tuned(o agent.Options) func(*auratest.Person) {
	return func(p *auratest.Person) { p.Options = o }
}

// await watches until pick says true of a fact, for a minute.
func await(tc task.Context, a *agent.Agent, what string, pick func(*fact.Record) bool) (fact.Record, error) {
	tc, done := tc.WithBudget(what, time.Minute)
	defer done()
	var found fact.Record
	err := a.Watch(tc, fact.Selection{Follow: true}, func(up fact.Update) error {
		for i := range up.Records {
			if pick(&up.Records[i]) {
				found = up.Records[i]
				return errFound
			}
		}
		return nil
	})
	if err == errFound {
		return found, nil
	}
	return found, aura.Errorf("test.Await", aura.KindOf(err), "wait for %s: %v", what, err)
}

const errFound = aura.Kind(200)

func TestTwoAgentsMeetAndTalk(t *testing.T) {
	auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
		ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
		context := w.Meet(tc, ada, ben)
		for _, p := range []*auratest.Person{ada, ben} {
			p.Say(tc, context, "hello from "+p.Name)
		}
		for _, p := range []*auratest.Person{ada, ben} {
			other := map[*auratest.Person]*auratest.Person{ada: ben, ben: ada}[p]
			if _, err := await(tc, p.Agent, "message", func(r *fact.Record) bool {
				return r.Fact.Kind == chat.KindMessage && r.Fact.Author == other.Self()
			}); err != nil {
				t.Fatal(err)
			}
			if _, err := await(tc, p.Agent, "acknowledgement", func(r *fact.Record) bool { return r.Fact.Kind == delivery.KindAcked }); err != nil {
				t.Fatal(err)
			}
		}
		ada.Stop(tc)
		ben.Stop(tc)
	})
}

package agent_test

import (
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/internal/contract"
	"github.com/aura-runtime/aura/task"
)

func TestAgentKeepsTheContractOfABridge(t *testing.T) {
	contract.Bridge(t, func(t *testing.T) contract.World {
		named := func(op aura.OperationID, name string) fact.Intent {
			body, err := fact.Marshal(contact.NameIntent{Name: name})
			if err != nil {
				t.Fatal(err)
			}
			return fact.Intent{Kind: contact.IntentName, Operation: op, Payload: body}
		}
		return contract.World{
			Run: func(fn func(task.Context, contract.Subject)) {
				auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
					a := w.Person(tc, "ada")
					fn(tc, a.Agent)
					a.Stop(tc)
				})
			},
			Intent:    func(i int) fact.Intent { return named(aura.OperationID{1, byte(i)}, "ada "+string(rune('a'+i))) },
			Refused:   named(aura.OperationID{2}, ""),
			RefusedAs: aura.Invalid,
		}
	})
}

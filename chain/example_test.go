package chain_test

import (
	"fmt"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/chain"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/frontier"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/interp"
	"github.com/aura-runtime/aura/task"
)

// chatter grants one capability everywhere, under the default limits.
type chatter struct{}

func (chatter) Frontier(task.Context, frontier.Claim) (guard.Frontier, error) {
	return guard.NewFrontier("chat:send"), nil
}

func (chatter) Policy(task.Context, aura.ContextID) (guard.Policy, error) {
	return guard.DefaultPolicy(), nil
}

func (chatter) Share(began, now aura.Instant) guard.Share { return guard.WholeShare }

// A message to Ben is charged and becomes a fact. A request that no token grants is denied, without any effect.
func Example() {
	ada, ben, pair := aura.AuthorityID{1}, aura.AuthorityID{2}, aura.ContextID{3}
	world := task.NewSim(1, task.SimOptions{})
	err := world.Run("example", func(tc task.Context) error {
		executor := interp.NewSimulation(ada, aura.DeviceID{1}, interp.SimulationOptions{})
		c := chain.New(ada, aura.DeviceID{1}, executor, chatter{}, executor, world.Entropy("chain"), chain.Options{})
		message := guard.Request{
			Capability: "chat:send", Authority: ada, Context: pair,
			Entries: []fact.Draft{{Namespace: fact.ContextNamespace(pair), Kind: "chat.message", Payload: []byte("hi")}},
			Sends:   []guard.Send{{Peer: ben, Cost: 1, Leak: guard.LeakOf(2)}},
		}
		result, verdict, err := c.Decide(tc, &message)
		if err != nil {
			return err
		}
		fmt.Println(len(result.Records), "fact,", len(result.Receipts), "receipt,", verdict.Charged[0].Left, "units left")

		message.Capability = "chat:shout"
		_, verdict, err = c.DryRun(tc, &message)
		fmt.Println("denied by", verdict.Denial.Stage, "because", verdict.Denial.Reason)
		return err
	})
	fmt.Println(err)
	// Output:
	// 1 fact, 1 receipt, 65535 units left
	// denied by capability because not granted
	// <nil>
}

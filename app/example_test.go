package app_test

import (
	"fmt"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/reactive"
	"github.com/aura-runtime/aura/task"
)

// Ada's program runs once: it sends and waits. Ben's screen stays open: a model shows him new messages.
func Example() {
	auratest.Run(nil, auratest.Options{}, func(tc task.Context, w *auratest.World) {
		ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
		w.Meet(tc, ada, ben)

		screen, _ := ben.Core(tc).Model()
		running := task.Supervise(task.NewGroup(tc, "screen"), screen)
		_ = running.Start(tc)
		from, _ := screen.Resolve(tc, "Ada")
		talk, _ := screen.Conversation(tc, from, 0)
		shown, _ := reactive.Subscribe(screen.Hub(), talk, 0)

		program := ada.Core(tc)
		to, _ := program.Resolve(tc, "Ben")
		sent, err := program.Send(tc, to, "hi Ben", aura.FactID{})
		fmt.Println("Ada sent it, error:", err)
		message, _ := program.WaitDelivered(tc, to, sent)
		fmt.Println("Ada's message is", message.State)

		for {
			snapshot, _ := shown.Next(tc)
			if all := snapshot.Value.Messages; len(all) > 0 {
				fmt.Printf("Ben's screen shows %s: %s\n", all[0].From, all[0].Text)
				return
			}
		}
	})
	// Output:
	// Ada sent it, error: <nil>
	// Ada's message is delivered
	// Ben's screen shows Ada: hi Ben
}

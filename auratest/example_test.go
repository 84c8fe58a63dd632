package auratest_test

import (
	"fmt"
	"time"

	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/task"
)

// Ada and Ben meet and talk. Then the network between them fails, Ben's agent crashes, and what Ada said meanwhile
// reaches him when all is well again.
func Example() {
	// A test passes its *testing.T, and {Seeds: 20} to run in twenty worlds.
	auratest.Run(nil, auratest.Options{}, func(tc task.Context, w *auratest.World) {
		ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
		talk := w.Meet(tc, ada, ben)

		ada.Say(tc, talk, "hi Ben")
		w.Until(tc, "Ben hears Ada", time.Minute, func() bool { return len(ben.Heard(tc, talk, ada)) == 1 })
		fmt.Println("Ben heard", ben.Heard(tc, talk, ada))

		w.Cut(ada, ben)
		ben.Crash()
		ada.Say(tc, talk, "are you there?")
		w.Sleep(tc, time.Hour)
		ben.Start(tc)
		fmt.Println("an hour later Ben has", ben.Heard(tc, talk, ada))

		w.Heal(ada, ben)
		w.Until(tc, "the rest", time.Hour, func() bool { return len(ben.Heard(tc, talk, ada)) == 2 })
		fmt.Println("at last Ben has", ben.Heard(tc, talk, ada))
	})
	// Output:
	// Ben heard [hi Ben]
	// an hour later Ben has [hi Ben]
	// at last Ben has [hi Ben are you there?]
}

package auratest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aura-runtime/aura/task"
)

// TestAnOldCopyLearnsWhatOthersSaidInAGroup: a home is replaced by an older copy, at once or after some time, and all that
// Cleo says in the group was delivered before. Nothing waits for anybody in that context, at either side, and of the two
// only Cleo can see that her facts are missing there: by what the old copy says of the group in another context.
func TestAnOldCopyLearnsWhatOthersSaidInAGroup(t *testing.T) {
	for _, after := range []time.Duration{0, 5 * time.Second, time.Minute} {
		t.Run(fmt.Sprint(after), func(t *testing.T) {
			relate(t, func(tc task.Context, r *reunion) {
				ada, _, cleo := r.circle()
				backup := ada.Copy(tc, "Ada's backup")
				for i := range 3 {
					r.say(cleo, fmt.Sprint("since the backup ", i))
				}
				r.agree("before the restore")
				ada.Crash()
				r.w.Sleep(tc, after)
				ada.Restore(tc, backup)
				r.start(ada)
				r.agree("after the restore")
				r.goOn()
			})
		})
	}
}

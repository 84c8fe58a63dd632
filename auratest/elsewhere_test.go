package auratest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// TestAnOldCopyLearnsWhatOthersSaidInAGroup: a home is replaced by an older copy, at once or after some time, and all that
// Cleo says in the group was delivered before. Nothing waits for a member in that context, at either side, and of the two
// only Cleo can see that her facts are missing there: by what the old copy says of the group in another context.
func TestAnOldCopyLearnsWhatOthersSaidInAGroup(t *testing.T) {
	for _, after := range []time.Duration{0, 5 * time.Second, time.Minute} {
		t.Run(fmt.Sprint(after), func(t *testing.T) {
			relate(t, func(tc task.Context, r *reunion) {
				r.replaced(tc, after)
				r.agree("after the restore")
				r.goOn()
			})
		})
	}
}

// TestAnOldCopyIsGivenAgainInAGroup: the disk of the old copy fails while Cleo gives it what it lacks in the group, so that
// this session ends while the one in another context stays. Cleo's home knows that this copy lacks what another one had.
func TestAnOldCopyIsGivenAgainInAGroup(t *testing.T) {
	for at := 150 * time.Millisecond; at <= 350*time.Millisecond; at += 50 * time.Millisecond {
		t.Run(fmt.Sprint(at), func(t *testing.T) {
			relate(t, func(tc task.Context, r *reunion) {
				ada := r.replaced(tc, time.Minute)
				r.w.Sleep(tc, at)
				ada.Disk.SetFaults(journal.Faults{FailApply: 1})
				r.w.Sleep(tc, time.Second)
				ada.Disk.SetFaults(journal.Faults{})
				r.agree("after the restore")
				r.goOn()
			})
		})
	}
}

// replaced returns Ada's home, some time after it was replaced by a copy that lacks what Cleo has said in the group since.
func (r *reunion) replaced(tc task.Context, after time.Duration) *auratest.Person {
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
	return ada
}

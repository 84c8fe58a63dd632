package program

import (
	"errors"
	"strings"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

func TestFailedProcessEndsThoughATaskHangs(t *testing.T) {
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	why := aura.Errorf("test", aura.Corrupt, "planted")
	err := runUntilStopped("test", world.Discard(), func(tc task.Context, _ *task.Latch) error {
		tc.Group().Go("hang", func(task.Context) error {
			<-release
			return nil
		})
		return why
	})
	if !errors.Is(err, why) {
		t.Errorf("got %v", err)
	}
}

func TestLastWordsNameTheServiceAndThePlace(t *testing.T) {
	err := task.Contain(func() { panic("planted") })
	words := lastWords(&aura.Error{Op: "agent.Wait", Kind: aura.Internal, Err: &agent.ServiceError{Service: "journal", Err: err}})
	if text := aura.Reason(words); !errors.Is(words, aura.Internal) ||
		!strings.Contains(text, "its service journal failed: panic: planted, in program.TestLastWords") {
		t.Errorf("got %q", text)
	}
}

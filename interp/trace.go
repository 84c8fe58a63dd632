package interp

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/task"
)

// Step is one decision that an interpreter was given, with its result. It owns its memory except for the payloads,
// which are never changed.
type Step struct {
	At        aura.Physical // when it ended
	Operation aura.OperationID
	Commands  []effect.Command
	Result    effect.Result
	Err       error // nil: it was carried out
}

// defaultSteps is how many steps a trace keeps: enough for a test or a demonstration to look back on.
const defaultSteps = 1024

// trace keeps the newest steps.
type trace struct {
	mu    task.Mutex
	keep  int
	steps []Step // a ring once it is full
	next  int    // where the next step goes then
}

// record adds a step.
func (t *trace) record(at aura.Physical, d *Decision, r effect.Result, err error) {
	s := Step{At: at, Operation: d.Operation, Commands: slices.Clone(d.Commands), Result: r, Err: err}
	for i := range s.Commands {
		c := &s.Commands[i]
		// The caller may evaluate into the same outcome again; copies keep the step as it was.
		if c.Entry != nil {
			entry := *c.Entry
			c.Entry = &entry
		}
		if c.Envelope != nil {
			envelope := *c.Envelope
			c.Envelope = &envelope
		}
	}
	t.mu.Lock()
	if len(t.steps) < t.keep {
		t.steps = append(t.steps, s)
	} else {
		t.steps[t.next] = s
		t.next = (t.next + 1) % t.keep
	}
	t.mu.Unlock()
}

// Steps returns the newest steps, oldest first. The slice is the caller's.
func (t *trace) Steps() []Step {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Concat(t.steps[t.next:], t.steps[:t.next])
}

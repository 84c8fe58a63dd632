package interp

import (
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/task"
)

// RecorderOptions configures a [Recorder]. The zero value works.
type RecorderOptions struct {
	// Keep is how many of the newest steps are kept. Default: 1024.
	Keep int
	// Tell, when not nil, is called with every step by the task whose decision it was.
	Tell func(Step)
}

// Recorder wraps an interpreter and keeps what passes through it, changing nothing.
type Recorder struct {
	trace
	inner Interpreter
}

// NewRecorder returns a recorder around inner.
func NewRecorder(inner Interpreter, o RecorderOptions) *Recorder {
	if o.Keep <= 0 {
		o.Keep = defaultSteps
	}
	return &Recorder{trace: trace{keep: o.Keep, tell: o.Tell}, inner: inner}
}

// Kind implements [Interpreter].
func (r *Recorder) Kind() string { return "recorder of " + r.inner.Kind() }

// Execute implements [Interpreter].
func (r *Recorder) Execute(tc task.Context, d *Decision) (effect.Result, error) {
	result, err := r.inner.Execute(tc, d)
	r.record(tc.Now(), d, result, err)
	return result, err
}

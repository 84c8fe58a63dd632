package journal

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

// SearchHead looks up a stream as a session does that asks for its heads, and returns the part that looks for the head.
func (j *Journal) SearchHead(ns fact.Namespace, d aura.DeviceID) (search func() error) {
	id := streamID{ns, d}
	j.lock.Lock()
	s, _ := j.state.stream(id)
	j.lock.Unlock()
	return func() error { return j.findTip(id, &s) }
}

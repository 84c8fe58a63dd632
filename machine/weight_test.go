package machine_test

import (
	"testing"

	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/machine"
)

func TestTheWeightOfAProtocolIsTwiceItsDepthsAndWhatWaits(t *testing.T) {
	recv := &choreo.LocalRecv{Partner: "A", Branches: []choreo.LocalBranch{{Label: choreo.Label{Name: "m"}, Next: choreo.LocalEnd{}}}}
	send := &choreo.LocalSend{Partner: "B", Branches: []choreo.LocalBranch{{Label: choreo.Label{Name: "m"}, Next: recv}}}
	parts := []machine.Part{{Role: "A", Local: send}, {Role: "B", Local: recv}}
	for waiting, want := range map[int]uint64{0: 6, 3: 9, -1: 6} {
		if got := machine.Weight(parts, waiting); got != want {
			t.Errorf("with %d messages waiting: %d, want %d", waiting, got, want)
		}
	}
}

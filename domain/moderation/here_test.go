package moderation

import (
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
)

// talkative is a home that has a fact of every device in every conversation but one device, and counts the questions.
type talkative struct {
	silent aura.DeviceID
	asked  int
}

func (h *talkative) Newest(context aura.ContextID, device aura.DeviceID) (guard.Mark, error) {
	if h.asked++; device == h.silent {
		return guard.Mark{}, nil
	}
	return guard.Mark{Context: context, Device: device, Number: 1, Place: fact.Place{Seq: 1, ID: [16]byte{device[0]}}}, nil
}

func (*talkative) Heads(fact.Namespace, aura.DeviceID) ([]fact.Place, error) { return nil, nil }

func (*talkative) Meta(string) ([]byte, error) { return nil, nil }

// TestAnUnblockingNamesABoundedNumberOfDevices: a person can have listed any number of devices, and that hides nothing of the
// device by which the owner knows the person.
func TestAnUnblockingNamesABoundedNumberOfDevices(t *testing.T) {
	var spoken []Seen
	for i := range 20 {
		spoken = append(spoken, Seen{Context: aura.ContextID{byte(i)}, Device: aura.DeviceID{255, byte(i)}})
	}
	var listed []aura.DeviceID
	for i := range 200 {
		listed = append(listed, aura.DeviceID{byte(i)})
	}
	h := &talkative{silent: aura.DeviceID{7}}
	seen, marks, err := here(h, spoken, listed)
	if err != nil || len(seen) != maxSeen || len(marks) != maxSeen || h.asked > maxSeen+len(spoken) {
		t.Errorf("%d places, %d marks, %d questions, %v; want %d places", len(seen), len(marks), h.asked, err, maxSeen)
	}
	for i, in := range spoken {
		if seen[i].Context != in.Context || seen[i].Device != in.Device || seen[i].Through != 1 || marks[i].Device != in.Device {
			t.Errorf("place %d is %+v, want one of device %x", i, seen[i], in.Device[:2])
		}
	}
	for i := range seen {
		if seen[i].Device == h.silent || seen[i].ID != marks[i].Place.ID {
			t.Errorf("place %d is %+v, with the mark %+v", i, seen[i], marks[i])
		}
	}
	if seen, _, _ := here(h, spoken[:1], []aura.DeviceID{spoken[0].Device}); len(seen) != 1 {
		t.Errorf("a device that entries list is named %d times", len(seen))
	}
}

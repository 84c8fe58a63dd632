package choreo

import (
	"math/rand/v2"
	"strings"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/machine"
)

// improviser is the host of a protocol whose roles have no application: it takes the choices that it was
// told, then random ones, and makes payloads up. The same seed gives the same run.
type improviser struct {
	random *rand.Rand
	told   []string // the choices to take, in this order
	asked  int      // the choices asked for so far
	wrong  error    // the first choice that was told and cannot be taken
}

func newImproviser(seed uint64, told []string) *improviser {
	return &improviser{random: rand.New(rand.NewPCG(seed, 0)), told: told}
}

// Choose implements machine.Host.
func (h *improviser) Choose(o machine.Offer) (int, machine.Answer) {
	h.asked++
	if h.asked > len(h.told) {
		return h.random.IntN(o.Len()), machine.AnswerDone
	}
	want := h.told[h.asked-1]
	var names []string
	for i := range o.Len() {
		names = append(names, o.Label(i).Name)
		if names[i] == want {
			return i, machine.AnswerDone
		}
	}
	if h.wrong == nil {
		h.wrong = aura.Errorf("choreo.Choose", aura.Invalid, "choice %d is between %s: there is no %s",
			h.asked, strings.Join(names, " and "), want)
	}
	return 0, machine.AnswerInvalidInput
}

// Payload implements machine.Host.
func (h *improviser) Payload(m machine.Message) (machine.Value, machine.Answer) {
	label := m.Image.Label(m.Label)
	if label.Payload != "" && label.Sort.Kind == choreo.SortUnit { // the application's own encoding
		return machine.Bytes(h.bytes()), machine.AnswerDone
	}
	return h.value(label.Sort), machine.AnswerDone
}

// Receive implements machine.Host.
func (h *improviser) Receive(machine.Message, machine.Value) machine.Answer {
	return machine.AnswerDone
}

func (h *improviser) bytes() []byte {
	const most = 32
	b := make([]byte, 1+h.random.IntN(most))
	for i := range b {
		b[i] = byte(h.random.Uint32())
	}
	return b
}

// value makes up a payload of a sort.
func (h *improviser) value(s choreo.Sort) machine.Value {
	switch s.Kind {
	case choreo.SortNat:
		return machine.Nat(h.random.Uint64())
	case choreo.SortBool:
		return machine.Bool(h.random.IntN(2) == 1)
	case choreo.SortString:
		return machine.Bytes(h.bytes())
	case choreo.SortReal:
		return machine.Real(h.random.NormFloat64())
	case choreo.SortVector:
		list := make([]float64, s.Len)
		for i := range list {
			list[i] = h.random.NormFloat64()
		}
		return machine.Vector(list...)
	case choreo.SortProd:
		return machine.Pair(h.value(*s.Left), h.value(*s.Right))
	}
	return machine.Unit()
}

package machine

import (
	"runtime"
	"slices"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/internal/formats"
	"github.com/aura-runtime/aura/machine/internal/wire"
)

// sender answers with the same message each time.
type sender struct{}

func (sender) Choose(Offer) (int, Answer)       { return 0, AnswerDone }
func (sender) Payload(Message) (Value, Answer)  { return Bytes([]byte("hi")), AnswerDone }
func (sender) Receive(Message, Value) Answer    { return AnswerDone }
func written(write func(*wire.Writer)) []byte   { w := wire.Writer{}; write(&w); return w.Buf }
func numbers(list ...uint64) func(*wire.Writer) { return func(w *wire.Writer) { each(w.Uint, list) } }
func each(f func(uint64), list []uint64) {
	for _, n := range list {
		f(n)
	}
}

// TestFormats: what a session and an admission are outside of a machine.
func TestFormats(t *testing.T) {
	if runtime.GOARCH == "wasm" {
		t.Skip("a wasm test does not see the golden files, which the native run holds")
	}
	im, err := CompileGlobal("format.Hello", &choreo.GlobalComm{From: "A", To: "B", Branches: []choreo.GlobalBranch{{
		Label: choreo.Label{Name: "Hello", Payload: "test.Hello"},
		Next:  &choreo.GlobalComm{From: "B", To: "A", Branches: []choreo.GlobalBranch{{Label: choreo.Label{Name: "Reply"}, Next: choreo.GlobalEnd{}}}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	a, err := Admit(Request{
		Image: im, Manifest: choreo.Manifest{QualifiedName: "format.Hello", ProtocolID: "test.hello"}, Integrity: IntegritySealed,
		Hardening: HardeningProduction,
	})
	if err != nil {
		t.Fatal(err)
	}
	formats.Layout(t, "machine.Admission", formats.Codec[Admission]{
		Value:  a,
		Encode: func(a *Admission) ([]byte, error) { return a.Encode(), nil },
		Decode: ParseAdmission,
		Equal:  func(a, b *Admission) bool { return slices.Equal(a.Encode(), b.Encode()) },
	}, admissionParts(a)...)

	m := New(sender{}, Options{Key: [32]byte{1}})
	c, err := m.Open(im, Opening{Owner: "ada", Name: aura.SessionID{1, 2, 3}, Admission: a, Roles: []choreo.Role{"A"}, Budget: 40})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Tag(c, 0, "a fact"); err != nil {
		t.Fatal(err)
	}
	m.Run(1)
	state, err := m.Export(c)
	if err != nil {
		t.Fatal(err)
	}
	formats.Layout(t, "machine.Session", formats.Codec[[]byte]{
		Value:  state,
		Encode: func(b *[]byte) ([]byte, error) { return *b, nil },
		Decode: func(b []byte) ([]byte, error) {
			_, err := New(sender{}, Options{Key: [32]byte{1}}).Import(im, a, b)
			return b, err
		},
	}, sessionParts(m, m.order[0], state)...)
}

func admissionParts(a Admission) []formats.Part {
	parts := []formats.Part{
		{Field: "Magic", Bytes: []byte(admissionMagic)},
		{Field: "Granted", Bytes: []byte{1}},
		{Field: "Image", Bytes: a.image[:]},
		{Field: "Protocol", Bytes: written(func(w *wire.Writer) { w.String(a.protocol) })},
		{Field: "Policy", Bytes: written(func(w *wire.Writer) { w.String(a.policy) })},
	}
	for _, p := range []struct {
		field string
		n     uint8
	}{
		{"Class", uint8(a.class)}, {"Requested", uint8(a.requested)}, {"Profile", uint8(a.profile)}, {"Reason", uint8(a.reason)},
		{"Integrity", uint8(a.integrity)}, {"Replay", uint8(a.replay)}, {"Determinism", uint8(a.determinism)}, {"Tier", uint8(a.tier)},
		{"Scheduler", uint8(a.scheduler)}, {"Hardening", uint8(a.hardening)},
	} {
		parts = append(parts, formats.Part{Field: p.field, Bytes: []byte{p.n}})
	}
	b := a.Encode()
	return append(parts, formats.Part{Field: "Width", Bytes: written(numbers(uint64(a.width)))},
		formats.Part{Field: "Evidence", Bytes: written(numbers(uint64(len(a.evidence))))},
		formats.Part{Field: "Check", Bytes: b[len(b)-8:]})
}

func sessionParts(m *Machine, s *session, state []byte) []formats.Part {
	return []formats.Part{
		{Field: "Magic", Bytes: []byte(sessionMagic)},
		{Field: "Image", Bytes: s.image.digest[:]},
		{Field: "Integrity", Bytes: []byte{uint8(s.admission.integrity)}},
		{Field: "Replay", Bytes: []byte{uint8(s.admission.replay)}},
		{Field: "Name", Bytes: s.name[:]},
		{Field: "Status", Bytes: []byte{uint8(s.status)}},
		{Field: "Epoch", Bytes: written(numbers(s.epoch))},
		{Field: "Steps", Bytes: written(numbers(s.steps))},
		{Field: "Budget", Bytes: written(numbers(s.budget))},
		{Field: "Faulted", Bytes: []byte{0}},
		{Field: "Worst", Bytes: []byte{uint8(s.worst)}},
		{Field: "Roles", Bytes: written(func(w *wire.Writer) {
			w.Uint(uint64(len(s.procs)))
			for i := range s.procs {
				writeProcess(w, &s.procs[i])
			}
		})},
		{Field: "Owners", Bytes: written(s.owners.Encode)},
		{Field: "Edges", Bytes: written(func(w *wire.Writer) {
			for i := range s.rings {
				m.writeRing(w, s, &s.rings[i])
			}
		})},
		{Field: "Facts", Bytes: written(func(w *wire.Writer) {
			w.Uint(1)
			w.Uint(0)
			w.String("a fact")
		})},
		{Field: "Ready", Bytes: written(numbers(1, 0))},
		{Field: "Outbox", Bytes: written(numbers(1, 0))},
		{Field: "Check", Bytes: state[len(state)-8:]},
	}
}

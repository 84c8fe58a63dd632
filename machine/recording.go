package machine

import (
	"crypto/sha256"
	"fmt"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/machine/internal/wire"
	"github.com/aura-runtime/aura/machine/own"
)

const recordingMagic = "aura.machine.recording.v2\n"

// maxTicks bounds the rounds of a recording.
const maxTicks = 1 << 28

// Recording is everything about a run: the configuration, the images, the effects and the events.
// It holds no key. [Machine.Record] makes one, [Recording.Replay] runs it again.
type Recording struct {
	Options Options
	Images  []*Image
	Effects []Effect
	Events  []Event
	// Ticks is the number of rounds.
	Ticks uint64

	seal [32]byte // of the encoding, as it was recorded or read
}

// Record returns the recording of a machine that has a trace and a log which kept everything. It returns
// aura.Unavailable without them, and aura.Exhausted if one of them forgot something.
func (m *Machine) Record() (*Recording, error) {
	const op = "machine.Record"
	switch {
	case m.trace == nil || m.log == nil:
		return nil, aura.Errorf(op, aura.Unavailable, "the machine has no trace or no log")
	case m.resumed || m.trace.lost > 0 || !m.log.Complete():
		return nil, aura.Errorf(op, aura.Exhausted, "the trace and the log do not reach back to the beginning")
	}
	r := &Recording{Options: m.options, Effects: m.log.Effects(), Events: m.trace.Events(), Ticks: m.tick}
	r.Options.Key, r.Options.Signer, r.Options.Trace, r.Options.Log = [32]byte{}, nil, nil, nil
	for _, e := range r.Effects {
		if e.Image != nil && !slices.Contains(r.Images, e.Image) {
			r.Images = append(r.Images, e.Image)
		}
	}
	r.seal = sha256.Sum256(r.Encode())
	return r, nil
}

// Run returns the part of the recording that a comparison reads.
func (r *Recording) Run() Run { return Run{Events: r.Events, Effects: r.Effects} }

// Encode writes the recording. Every part has a checksum that covers the one before, so that damage is
// found where it is.
func (r *Recording) Encode() []byte {
	w := wire.Writer{Buf: []byte(recordingMagic)}
	from := 0
	check := func() {
		at := len(w.Buf)
		w.Check(from)
		from = at
	}
	writeOptions(&w, r.Options)
	w.Uint(r.Ticks)
	w.Uint(uint64(len(r.Images)))
	w.Uint(uint64(len(r.Effects)))
	w.Uint(uint64(len(r.Events)))
	check()
	for _, im := range r.Images {
		w.Bytes(im.Encode())
		check()
	}
	for i := range r.Effects {
		r.writeEffect(&w, &r.Effects[i])
		check()
	}
	for _, e := range r.Events {
		writeEvent(&w, e)
		check()
	}
	return w.Buf
}

// ParseRecording reads what [Recording.Encode] wrote. It allocates no more than a small multiple of len(b).
// It returns aura.Corrupt and names the first part that is damaged.
func ParseRecording(b []byte) (*Recording, error) {
	r := wire.NewReader("machine.ParseRecording", b)
	magic := make([]byte, len(recordingMagic))
	r.Fixed(magic)
	if r.Err() == nil && string(magic) != recordingMagic {
		r.Fail("this is no recording, or one of another version")
	}
	from := 0
	check := func(what string, i int) {
		at := r.Offset()
		if i >= 0 && r.Err() == nil {
			what = fmt.Sprintf("%s %d", what, i)
		}
		r.Check(from, what)
		from = at
	}
	rec := &Recording{Options: readOptions(r), Ticks: r.Max(maxTicks, "the rounds")}
	images := r.Count(maxRoles, 1, "images")
	effects := r.Count(1<<32, 16, "effects")
	events := r.Count(1<<32, 18, "events")
	check("the beginning", -1)
	for i := range images {
		encoded := r.Bytes(maxImageBytes, "an image")
		check("image", i)
		if r.Err() != nil {
			break
		}
		im, err := Load(encoded)
		if err != nil {
			return nil, err
		}
		rec.Images = append(rec.Images, im)
	}
	for i := 0; i < effects && r.Err() == nil; i++ {
		e := rec.readEffect(r)
		check("effect", i)
		rec.Effects = append(rec.Effects, e)
	}
	for i := 0; i < events && r.Err() == nil; i++ {
		e := readEvent(r)
		check("event", i)
		rec.Events = append(rec.Events, e)
	}
	if err := r.End(); err != nil {
		return nil, err
	}
	rec.seal = sha256.Sum256(b)
	return rec, nil
}

func writeEvent(w *wire.Writer, e Event) {
	w.Byte(byte(e.Kind))
	w.Byte(e.Code)
	w.Uint(e.Tick)
	w.Uint(uint64(e.Session + 1))
	w.Uint(e.Seq)
	w.Uint(e.Sum)
	w.Uint(uint64(e.Label + 1))
	w.Uint(uint64(e.Role + 1))
	w.Uint(uint64(e.Peer + 1))
}

// readEvent undoes writeEvent. The greatest number stands for none, so that one more is 0.
func readEvent(r *wire.Reader) Event {
	return Event{
		Kind: EventKind(r.Byte()), Code: r.Byte(), Tick: r.Uint(), Session: SessionID(r.Uint() - 1), Seq: r.Uint(), Sum: r.Uint(),
		Label: LabelID(r.Max(1<<32-1, "a label") - 1), Role: RoleID(r.Max(1<<16-1, "a role") - 1), Peer: RoleID(r.Max(1<<16-1, "a role") - 1),
	}
}

func (rec *Recording) writeEffect(w *wire.Writer, e *Effect) {
	w.Byte(byte(e.Kind))
	w.Byte(byte(e.Answer))
	w.Uint(e.Tick)
	w.Uint(uint64(e.Session + 1))
	w.Uint(uint64(e.Label + 1))
	w.Uint(uint64(e.Role + 1))
	w.Uint(uint64(e.Peer + 1))
	w.Uint(e.Number)
	w.Fixed(e.Value.Append(nil))
	w.String(e.Text)
	w.Uint(uint64(len(e.Names)))
	for _, n := range e.Names {
		w.String(n)
	}
	w.Bytes(e.Signature)
	if e.Kind.takesIn() {
		w.Uint(uint64(slices.Index(rec.Images, e.Image)))
		writeOpening(w, e.Opening)
	}
}

func (rec *Recording) readEffect(r *wire.Reader) Effect {
	e := Effect{
		Kind: EffectKind(r.Byte()), Answer: Answer(r.Byte()), Tick: r.Uint(), Session: SessionID(r.Uint() - 1),
		Label: LabelID(r.Max(1<<32-1, "a label") - 1), Role: RoleID(r.Max(1<<16-1, "a role") - 1),
		Peer: RoleID(r.Max(1<<16-1, "a role") - 1), Number: r.Uint(), Value: readValue(r, 0),
		Text: r.String(maxNameBytes, "a text"),
	}
	if e.Kind == 0 || e.Kind > lastEffect || e.Tick > maxTicks {
		r.Fail("an effect is of no known kind, or of no round")
	}
	for range r.Count(maxFragments, 1, "names") {
		e.Names = append(e.Names, r.String(maxNameBytes, "a name"))
	}
	e.Signature = r.Bytes(1<<10, "a signature")
	if e.Kind.takesIn() {
		at := r.Uint()
		if at >= uint64(len(rec.Images)) {
			r.Fail("a session opens an image that is not there")
			return e
		}
		e.Image, e.Opening = rec.Images[at], readOpening(r)
	}
	return e
}

func writeOpening(w *wire.Writer, o *Opening) {
	w.String(string(o.Owner))
	w.String(o.Protocol)
	w.Fixed(o.Name[:])
	w.Byte(o.Priority)
	w.Uint(o.Budget)
	writeRoles(w, o.Roles)
	w.Uint(uint64(len(o.Authorities)))
	for _, a := range o.Authorities {
		writeRoles(w, a.Roles)
		w.Bytes(a.Key)
	}
	writeAdmission(w, o.Admission)
}

func readOpening(r *wire.Reader) *Opening {
	o := &Opening{Owner: own.Owner(r.String(maxNameBytes, "an owner")), Protocol: r.String(maxNameBytes, "a protocol")}
	r.Fixed(o.Name[:])
	o.Priority, o.Budget, o.Roles = r.Byte(), r.Uint(), readRoles(r)
	for range r.Count(maxRoles, 2, "authorities") {
		a := Authority{Roles: readRoles(r)}
		if key := r.Bytes(64, "a key"); len(key) > 0 {
			a.Key = slices.Clone(key)
		}
		o.Authorities = append(o.Authorities, a)
	}
	o.Admission = readAdmission(r)
	return o
}

func writeRoles(w *wire.Writer, list []choreo.Role) {
	w.Uint(uint64(len(list)))
	for _, role := range list {
		w.String(string(role))
	}
}

func readRoles(r *wire.Reader) (list []choreo.Role) {
	for range r.Count(maxRoles, 1, "roles") {
		list = append(list, choreo.Role(r.String(maxNameBytes, "a role")))
	}
	return list
}

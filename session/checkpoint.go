package session

import (
	"crypto/sha256"
	"maps"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/machine/own"
)

const (
	// MaxSaved bounds the state that a program saves, in bytes.
	MaxSaved = 64 << 10
	// maxPart is the most bytes of the machine's export in one entry.
	maxPart = 128 << 10
	// maxCheckpoint and maxCheckpointBytes bound the entries of a checkpoint: they are one change of a log.
	maxCheckpoint      = 4096
	maxCheckpointBytes = 15 << 20
	// defaultRecording is the most entries of a recording when the options do not say.
	defaultRecording = 65_536
	// defaultRecordingBytes is the most bytes of a recording when the options do not say. The log of a recording has room for 1 MiB more: for the
	// entries that come with a message, and those that are none of messages.
	defaultRecordingBytes = 63 << 20
)

// saved is the engine's part of a checkpoint. With the entries behind it, it stands for all entries before: Parts
// entries of the machine's export, and Kept messages, which are those that a peer has not confirmed, by edge, and then those that the role took and
// its program did not, in order.
type saved struct {
	State     []byte      `cbor:"1,keyasint,omitempty"` // what the program needs to go on
	Machine   [32]byte    `cbor:"2,keyasint,omitzero"`  // SHA-256 of the export
	Parts     uint16      `cbor:"3,keyasint,omitempty"`
	Kept      uint16      `cbor:"4,keyasint,omitempty"`
	Sent      []edgeCount `cbor:"5,keyasint,omitempty"` // messages that left
	Seen      []edgeCount `cbor:"6,keyasint,omitempty"` // messages that came
	Devices   []party     `cbor:"7,keyasint,omitempty"` // the devices that were the first to greet, without their authorities
	Issued    uint64      `cbor:"8,keyasint,omitempty"` // timeouts
	Concluded bool        `cbor:"9,keyasint,omitempty"`
	// Moved has by role how it went from device to device, and Fragments those to which the scope is attenuated.
	Moved     []rolesMoves `cbor:"10,keyasint,omitempty"`
	Fragments []string     `cbor:"11,keyasint,omitempty"`

	export []byte
	kept   []record
}

// rolesMoves are the moves of a role from device to device.
type rolesMoves struct {
	Role  string      `cbor:"1,keyasint,omitempty"`
	Moves []view.Move `cbor:"2,keyasint,omitempty"`
}

// edgeCount counts the messages of an edge.
type edgeCount struct {
	Edge  uint32 `cbor:"1,keyasint,omitempty"`
	Count uint64 `cbor:"2,keyasint,omitempty"`
}

func countsOf(of map[uint32]uint64) (all []edgeCount) {
	for _, edge := range slices.Sorted(maps.Keys(of)) {
		all = append(all, edgeCount{edge, of[edge]})
	}
	return all
}

func sum(counts []edgeCount) (n uint64) {
	for _, c := range counts {
		n += c.Count
	}
	return n
}

// messages returns how many messages the entries had for which the checkpoint stands; a nil checkpoint stands for none.
func (s *saved) messages() uint64 {
	if s == nil {
		return 0
	}
	return sum(s.Sent) + sum(s.Seen)
}

// checkpoint returns the entries that stand for the recording so far. It returns aura.Exhausted when they are too many.
func (l *live) checkpoint(state []byte) ([][]byte, error) {
	const op = "session.Save"
	export, err := l.engine.machine.Export(l.cap)
	if err != nil {
		return nil, err
	}
	s := &saved{State: state, Machine: sha256.Sum256(export), Sent: countsOf(l.sent), Seen: countsOf(l.seen), Issued: l.issued, Concluded: l.concluded}
	for _, role := range slices.Sorted(maps.Keys(l.devices)) {
		s.Devices = append(s.Devices, party{Role: string(role), Device: l.devices[role]})
	}
	for _, role := range slices.Sorted(maps.Keys(l.moves)) {
		s.Moved = append(s.Moved, rolesMoves{string(role), l.moves[role]})
	}
	s.Fragments = l.scope
	var behind [][]byte
	for part := range slices.Chunk(export, maxPart) {
		behind = append(behind, encode(record{Kind: recordPart, Part: part}))
	}
	parts := len(behind)
	for _, edge := range slices.Sorted(maps.Keys(l.left)) {
		for i := range l.left[edge] {
			m := &l.left[edge][i]
			if m.Seq < l.confirmed[edge] {
				continue
			}
			var p parcel
			if err := decode(m.Parcel, &p); err != nil {
				return nil, err
			}
			behind = append(behind, encode(record{Kind: recordKept, Parcel: &p, Seq: m.Seq, Site: uint32(m.site)}))
		}
	}
	for i := range l.inbox {
		r := &l.inbox[i]
		behind = append(behind, encode(record{Kind: recordKept, Parcel: &parcel{uint16(r.sender), uint16(l.role), uint32(r.id), r.payload}}))
	}
	size := 0
	for _, b := range behind {
		size += len(b)
	}
	if len(behind) >= maxCheckpoint || size > maxCheckpointBytes {
		return nil, aura.Errorf(op, aura.Exhausted, "a checkpoint of session %s would have %d entries with %d bytes: let its program take what came, and wait for Delivered",
			aura.Short(l.opening.Name), len(behind)+1, size)
	}
	s.Parts, s.Kept = uint16(parts), uint16(len(behind)-parts)
	o := openingOf(&l.opening, l.protocol)
	o.Until = l.until
	return append([][]byte{encode(record{Kind: recordSaved, Opening: o, Saved: s, At: l.since, Admission: l.admission.Encode()})}, behind...), nil
}

// saves has the session stand as one that begins with a checkpoint of this moment.
func (l *live) saves(state []byte, confirmed map[uint32]uint64) {
	for edge := range l.left {
		l.trim(edge, confirmed[edge])
	}
	l.recorded, l.saved, l.late = true, state, nil
	l.reached, l.room = uint64(len(l.inbox)), maxInbox
	l.taken++ // messages that the full recording had refused find room now
	l.changed()
}

// trim forgets the messages of an edge before a number.
func (l *live) trim(edge uint32, next uint64) {
	left := l.left[edge]
	if first := l.first(edge); next > first {
		n := min(int(next-first), len(left))
		clear(left[:n])
		l.left[edge] = left[n:]
	}
}

// first returns the number of the first message of an edge that is kept.
func (l *live) first(edge uint32) uint64 { return l.sent[edge] - uint64(len(l.left[edge])) }

// mount begins a session on the machine.
func (e *Engine) mount(p *Protocol, o *Opening, a machine.Admission, role machine.RoleID, from *saved) (own.Capability, error) {
	if from == nil {
		return e.machine.Open(p.image, machine.Opening{Owner: owner, Admission: a, Protocol: p.ID(), Name: o.Name, Roles: []choreo.Role{o.Role}})
	}
	c, err := e.machine.Reopen(p.image, a, from.export, owner)
	if err != nil {
		return c, err
	}
	now, err := e.machine.Session(machine.SessionID(c.Session))
	if err == nil && (now.Name != o.Name || len(now.Roles) != 1 || now.Roles[0].Role != o.Role) {
		err = aura.Errorf("session.Start", aura.Corrupt, "the checkpoint of session %s is one of another", aura.Short(o.Name))
		_ = e.machine.Cancel(c)
		e.machine.Reap(nil)
	}
	return c, err
}

// resumed takes over the engine's part of a checkpoint, after the machine took its own.
func (l *live) resumed(s *saved) error {
	const op = "session.Start"
	roles := len(l.protocol.image.Roles())
	for _, c := range s.Sent {
		put(&l.sent, c.Edge, c.Count)
		put(&l.confirmed, c.Edge, c.Count)
	}
	for _, c := range s.Seen {
		put(&l.seen, c.Edge, c.Count)
	}
	for _, p := range s.Devices {
		put(&l.devices, choreo.Role(p.Role), p.Device)
	}
	for _, m := range s.Moved {
		put(&l.moves, choreo.Role(m.Role), m.Moves)
	}
	l.scope = s.Fragments
	for i := range s.kept {
		r := &s.kept[i]
		p, edge := r.Parcel, r.Parcel.edge()
		label := l.protocol.image.Label(labelOf(p)).Name
		switch {
		case int(p.From) >= roles || int(p.To) >= roles || label == "":
			return aura.Errorf(op, aura.Corrupt, "a kept message is not one of the protocol")
		case machine.RoleID(p.To) == l.role:
			r.Kind = recordReceived
			l.history = append(l.history, *r) // the program may have taken it since
			l.inbox = append(l.inbox, received{l.protocol.image.RoleName(machine.RoleID(p.From)), label, p.Payload, machine.RoleID(p.From), labelOf(p)})
		case machine.RoleID(p.From) != l.role || r.Seq >= l.sent[edge] || len(l.left[edge]) > 0 && r.Seq != l.left[edge][len(l.left[edge])-1].Seq+1:
			return aura.Errorf(op, aura.Corrupt, "a kept message is out of order")
		default:
			m := effect.Message{Session: l.opening.Name, Edge: edge, Seq: r.Seq, Parcel: encode(*p)}
			put(&l.left, edge, append(l.left[edge], departure{m, choreo.SiteID(r.Site)}))
		}
	}
	for edge, left := range l.left {
		if left[len(left)-1].Seq+1 != l.sent[edge] {
			return aura.Errorf(op, aura.Corrupt, "the last message that left is not kept")
		}
		put(&l.confirmed, edge, left[0].Seq)
	}
	l.saved, l.concluded = s.State, s.Concluded
	l.reached, l.room = uint64(len(l.inbox)), maxInbox
	return nil
}

// assembler reads the entries of a recording and puts those of a checkpoint together.
type assembler struct {
	name  aura.SessionID
	n     int     // entries
	begun *record // whose checkpoint is not whole yet
}

// add takes the next entry. It returns nil for one that goes on with the one before.
func (a *assembler) add(value []byte) (*record, error) {
	r := new(record)
	a.n++
	if err := decodeRecord(value, r); err != nil {
		return nil, a.corrupt("is damaged: %w", err)
	}
	if first := r.Kind == recordOpened || r.Kind == recordSaved; first != (a.n == 1) {
		if a.n == 1 {
			return nil, aura.Errorf("session.Recording", aura.Corrupt, "the recording of session %s has no beginning", aura.Short(a.name))
		}
		return nil, a.corrupt("begins the session again")
	}
	part, kept := r.Kind == recordPart, r.Kind == recordKept
	if a.begun == nil {
		if part || kept {
			return nil, a.corrupt("is of no checkpoint")
		}
		a.begun = r
		return a.whole()
	}
	s := a.begun.Saved
	switch left := int(s.Parts) + int(s.Kept) - (a.n - 2); {
	case left > int(s.Kept) && part:
		s.export = append(s.export, r.Part...)
	case left <= int(s.Kept) && kept:
		s.kept = append(s.kept, *r)
	default:
		return nil, a.corrupt("is not one of the checkpoint")
	}
	return a.whole()
}

// whole returns the entry that was begun when nothing of it is missing.
func (a *assembler) whole() (*record, error) {
	r := a.begun
	if s := r.Saved; r.Kind == recordSaved {
		if a.n <= int(s.Parts)+int(s.Kept) {
			return nil, nil
		}
		if sha256.Sum256(s.export) != s.Machine {
			return nil, aura.Errorf("session.Recording", aura.Corrupt, "the checkpoint of session %s is damaged", aura.Short(a.name))
		}
	}
	a.begun = nil
	return r, nil
}

// end returns aura.Corrupt when the recording ends within a checkpoint, or before it has begun.
func (a *assembler) end() error {
	switch {
	case a.n == 0:
		return aura.Errorf("session.Recording", aura.Corrupt, "the recording of session %s has no beginning", aura.Short(a.name))
	case a.begun != nil:
		return aura.Errorf("session.Recording", aura.Corrupt, "the checkpoint of session %s is cut short", aura.Short(a.name))
	}
	return nil
}

func (a *assembler) corrupt(format string, args ...any) error {
	args = append([]any{a.n, aura.Short(a.name)}, args...)
	return aura.Errorf("session.Recording", aura.Corrupt, "entry %d of the recording of session %s "+format, args...)
}

// full returns aura.Exhausted when the recording of a session has no room for one more message.
func (l *live) full(op aura.Op) error {
	if !l.opening.Persistent {
		return nil
	}
	most, bytes := uint64(l.engine.options.Recording), uint64(l.engine.options.RecordingBytes)
	if log := l.recording(); log.Last-log.Dropped >= most || log.Bytes >= bytes {
		return aura.Errorf(op, aura.Exhausted, "the recording of session %s has %d entries with %d bytes, the most is %d with %d: its program has to save, see Port.Save",
			aura.Short(l.opening.Name), log.Last-log.Dropped, log.Bytes, most, bytes)
	}
	return nil
}

// diskOf returns the error of a commit for who may try it again. The recording had room, so aura.Exhausted says that the disk is full. That
// passes, as any failure of the disk does, and the program need not save for it.
func diskOf(op aura.Op, err error) error {
	if aura.KindOf(err) == aura.Exhausted {
		return &aura.Error{Op: op, Kind: aura.Unavailable, Err: err}
	}
	return err
}

func (l *live) recording() journal.Log { return l.engine.options.Journal.Log(logName(l.opening.Name)) }

package session

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/task"
)

// The kinds of entries of a recording. They are on disk: append only.
const (
	recordOpened   uint8 = 1
	recordSent     uint8 = 2
	recordReceived uint8 = 3
	recordTimeout  uint8 = 4
	recordHeld     uint8 = 5
	recordOwned    uint8 = 6
	// recordConcluded: the program committed what it had to at its end, see [Port.Conclude].
	recordConcluded uint8 = 7
	// recordSaved begins a recording in place of recordOpened: a checkpoint, with the entries of the next two kinds behind it.
	recordSaved uint8 = 8
	recordPart  uint8 = 9
	recordKept  uint8 = 10
	// recordMoved: a role that another participant plays went to another device.
	recordMoved uint8 = 11
)

// record is an entry of a session's recording. The first one has the opening, and may be a checkpoint, see [saved]. Each other one has a message of
// the played role, which it sent or which came, a timeout that its program was granted, or a part of a handover: from held on the session does not
// act here, from owned on it does, with the witness in the place of the offer. State is the digest of the session on the machine before a
// message that it sent, see [live.digest].
type record struct {
	Kind    uint8    `cbor:"1,keyasint,omitempty"`
	Opening *opening `cbor:"2,keyasint,omitempty"`
	Parcel  *parcel  `cbor:"3,keyasint,omitempty"`
	Seq     uint64   `cbor:"4,keyasint,omitempty"` // of the parcel on its edge, from 0

	Until     aura.Instant `cbor:"5,keyasint,omitempty"` // of the timeout
	Fragments []string     `cbor:"6,keyasint,omitempty"` // to which the scope of a session that is held is attenuated
	// Device is the device that sent the parcel, with the first of a party whose opening names none.
	Device aura.DeviceID `cbor:"7,keyasint,omitzero"`
	At     aura.Instant  `cbor:"8,keyasint,omitempty"` // zero: an earlier build wrote it
	State  [32]byte      `cbor:"9,keyasint,omitzero"`  // zero: the same, or a message that came
	Saved  *saved        `cbor:"10,keyasint,omitempty"`
	Part   []byte        `cbor:"11,keyasint,omitempty"` // of the machine's export
	Moves  []view.Move   `cbor:"12,keyasint,omitempty"` // of a role from device to device, the first to the last
	Role   string        `cbor:"13,keyasint,omitempty"` // that moved; empty: the one that is played here
	// Admission is the decision with which the session runs here, as [machine.Admission.Encode] writes it: of the first entry, and of one that is held.
	Admission []byte `cbor:"14,keyasint,omitempty"`
	// Delegation is the session that brought one that is held; zero: an earlier build wrote it.
	Delegation aura.SessionID `cbor:"15,keyasint,omitzero"`
	// Site is the place in the protocol of a message that is kept and left; zero: an earlier build wrote it.
	Site uint32 `cbor:"16,keyasint,omitempty"`
}

// opening is an Opening as recordings and peers have it.
type opening struct {
	Protocol string         `cbor:"1,keyasint,omitempty"`
	Version  [32]byte       `cbor:"2,keyasint,omitzero"`
	Role     string         `cbor:"3,keyasint,omitempty"` // played by who wrote this
	Context  aura.ContextID `cbor:"4,keyasint,omitzero"`
	Parties  []party        `cbor:"5,keyasint,omitempty"`
	Until    aura.Instant   `cbor:"6,keyasint,omitempty"` // when the session expires; zero: never
	Sizes    []Size         `cbor:"7,keyasint,omitempty"`
	Argument []byte         `cbor:"8,keyasint,omitempty"`
	// Operation is the person's action by which this agent began the session.
	Operation aura.OperationID `cbor:"9,keyasint,omitzero"`
	Greeted   bool             `cbor:"10,keyasint,omitempty"` // a peer began it; earlier builds do not say
	Epoch     aura.Epoch       `cbor:"11,keyasint,omitempty"` // in which it began; zero: it has none, or an earlier build wrote it
}

type party struct {
	Role      string           `cbor:"1,keyasint,omitempty"`
	Authority aura.AuthorityID `cbor:"2,keyasint,omitzero"`
	Device    aura.DeviceID    `cbor:"3,keyasint,omitzero"`
}

// parcel is the content of a message of a session: roles and label by their numbers in the protocol's image, which is the same at
// all participants.
type parcel struct {
	From    uint16 `cbor:"1,keyasint,omitempty"`
	To      uint16 `cbor:"2,keyasint,omitempty"`
	Label   uint32 `cbor:"3,keyasint,omitempty"`
	Payload []byte `cbor:"4,keyasint,omitempty"`
}

// edge is the number of a directed pair of roles.
func (p *parcel) edge() uint32 { return uint32(p.From)<<16 | uint32(p.To) }

func (p *parcel) of(seq uint64) machine.Parcel {
	return machine.Parcel{From: machine.RoleID(p.From), To: machine.RoleID(p.To), Label: machine.LabelID(p.Label), Seq: seq, Value: machine.Bytes(p.Payload)}
}

// logPrefix begins the names of the logs of recordings.
const logPrefix = "session/"

func logName(s aura.SessionID) string { return logPrefix + string(s[:]) }

// nameOf undoes logName, but for the prefix.
func nameOf(rest string) (s aura.SessionID) {
	copy(s[:], rest)
	return s
}

func openingOf(o *Opening, p *Protocol) *opening {
	w := &opening{
		Protocol: p.ID(), Version: p.Version(), Role: string(o.Role), Context: o.Context, Sizes: p.sizes, Argument: o.Argument,
		Operation: o.Operation, Greeted: o.greeted, Epoch: o.Epoch,
	}
	for _, other := range o.Parties {
		w.Parties = append(w.Parties, party{string(other.Role), other.Authority, other.Device})
	}
	return w
}

// undo undoes openingOf.
func (w *opening) undo(name aura.SessionID) Opening {
	o := Opening{
		Name: name, Protocol: w.Protocol, Role: choreo.Role(w.Role), Context: w.Context, Sizes: w.Sizes, Version: w.Version,
		Argument: w.Argument, Operation: w.Operation, Epoch: w.Epoch, Persistent: true, greeted: w.Greeted,
	}
	for _, p := range w.Parties {
		o.Parties = append(o.Parties, Party{choreo.Role(p.Role), p.Authority, p.Device})
	}
	return o
}

// ends returns when the session of an opening expires, zero: never.
func (r *record) ends(now aura.Instant) aura.Instant {
	until := r.Opening.Until
	if until == 0 || r.At == 0 {
		return until
	}
	return endsBy(until, now, until.Sub(r.At))
}

// encode returns the bytes of one of this package's structures, which always encode: payloads have a bound.
func encode(v any) []byte {
	b, err := fact.Marshal(v)
	if err != nil {
		panic("session: a parcel within its bound always encodes: " + err.Error())
	}
	return b
}

// records returns the entries that bring a recording up to date: the opening, unless the log has it, and one of a message.
func (l *live) records(r record) [][]byte {
	var all [][]byte
	if !l.recorded {
		o := openingOf(&l.opening, l.protocol)
		o.Until = l.until
		all = append(all, encode(record{Kind: recordOpened, Opening: o, At: l.since, Admission: l.admission.Encode()}))
		for i := range l.late {
			all = append(all, encode(l.late[i]))
		}
	}
	return append(all, encode(r))
}

// record makes entries of a recording durable by themselves. Those of a message that leaves belong to the batch of its decision.
func (l *live) record(tc task.Context, entries [][]byte) error {
	change := journal.LogChange{Name: logName(l.opening.Name), Values: entries}
	if _, err := l.engine.options.Journal.Append(tc, &journal.Entry{Logs: []journal.LogChange{change}}); err != nil {
		return err
	}
	l.recorded = true
	return nil
}

// replay calls fn with each entry of a session's recording, in their order; a checkpoint is one entry. It returns aura.NotFound when the journal
// has no recording of it, and aura.Corrupt for one that is damaged.
func replay(j *journal.Journal, name aura.SessionID, fn func(*record)) error {
	const op, page = "session.Recording", 256
	log, a := j.Log(logName(name)), assembler{name: name}
	if log.Last == 0 {
		return aura.Errorf(op, aura.NotFound, "session %s has no recording", aura.Short(name))
	}
	for from := log.Dropped + 1; from <= log.Last; {
		values, err := j.ReadLog(logName(name), from, page, 0)
		if err != nil {
			return err
		}
		if len(values) == 0 {
			return aura.Errorf(op, aura.NotFound, "session %s has no recording", aura.Short(name))
		}
		for _, v := range values {
			r, err := a.add(v)
			if err != nil {
				return err
			}
			if r != nil {
				fn(r)
			}
		}
		from += uint64(len(values))
	}
	return a.end()
}

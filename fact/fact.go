package fact

import (
	"bytes"
	"crypto/sha256"
	"slices"

	"github.com/aura-runtime/aura"
)

// Bounds of a fact. A decoder refuses larger input before it allocates.
const (
	// MaxPayload is the most bytes in a fact's payload.
	MaxPayload = 256 << 10
	// MaxAnswer is the most bytes in the payload of an [Answer], which goes to a frontend of this machine alone.
	MaxAnswer = 5 << 20
	// MaxKind is the most bytes in the name of a fact's kind.
	MaxKind = 64
	// MaxEncoded is the most bytes in a fact's canonical encoding.
	MaxEncoded = MaxPayload + 1024
	// MaxHeads is the most branches of a stream that grow at one time, and so the most predecessors of a fact.
	MaxHeads = 16
)

// Draft is a fact that a handler proposes: its content, before a device signed it. The journal adds
// author, device, order and logical time when it commits. The payload is not copied.
type Draft struct {
	Namespace Namespace
	Kind      string           // dotted noun, for example "chat.message"
	Operation aura.OperationID // the user's action that it belongs to; zero: none
	Payload   []byte           // canonical CBOR of the kind's payload struct, see [Marshal]
}

// Fact is an immutable statement of one device of one authority. The facts of a device in a namespace are its stream
// there: each signs its place in it and the fact before it, so the newest one, the head, names all of them.
type Fact struct {
	Namespace Namespace
	Kind      string
	Operation aura.OperationID
	Payload   []byte
	Order     aura.OrderToken  // breaks ties of logical time and reveals no time
	Logical   aura.Logical     // greater than that of every fact its author had seen
	Author    aura.AuthorityID // the authority that states it
	Device    aura.DeviceID    // the author's device that proves it

	// Seq is its place in the stream: 1, or one more than the greatest place of a fact before it. Zero marks a fact of
	// the first format, which signs no place, see [Record.Seq].
	Seq uint64
	// Prev is the beginning of the identity of the fact before it, at place Seq-1; zero at place 1, and when Merges says
	// more. Behind facts of the first format it is the [PrefixDigest] of all of them.
	Prev [ShortID]byte
	// Merges are the heads that the fact follows when they are more than one: 2 to [MaxHeads], that of the branch which
	// its author wrote last at first, the others ascending.
	Merges []Place
	// Erased is the SHA-256 of a payload that was removed; zero while the payload is there. A fact keeps its identity and
	// its proof without it.
	Erased [32]byte
}

// The keys of the canonical form.
const (
	keySpace     = 1
	keyID        = 2
	keyKind      = 3
	keyOperation = 4
	keyPayload   = 5
	keyOrder     = 6
	keyLogical   = 7
	keyAuthor    = 8
	keyDevice    = 9
	keySeq       = 10
	keyPrev      = 11
	keyMerges    = 12
	keyDigest    = 13 // of the payload: in a header, and in a fact whose payload was erased
)

// Encode returns the canonical encoding: core deterministic CBOR, a map with integer keys in which zero
// fields are omitted. Equal facts have equal bytes. The proof is not part of it.
func (f *Fact) Encode() []byte {
	w := newFields(320 + len(f.Kind) + len(f.Payload))
	f.encode(&w, f.Payload, &f.Erased)
	return w.bytes()
}

// encode adds the fields with a payload and the digest of one; either may be missing.
func (f *Fact) encode(w *fields, payload []byte, digest *[32]byte) {
	w.number(keySpace, uint64(f.Namespace.Space))
	w.data(keyID, f.Namespace.ID[:])
	w.text(keyKind, f.Kind)
	w.data(keyOperation, f.Operation[:])
	w.payload(keyPayload, payload)
	w.data(keyOrder, f.Order[:])
	w.number(keyLogical, uint64(f.Logical))
	w.data(keyAuthor, f.Author[:])
	w.data(keyDevice, f.Device[:])
	w.number(keySeq, f.Seq)
	w.data(keyPrev, f.Prev[:])
	w.places(keyMerges, f.Merges)
	w.data(keyDigest, digest[:])
}

// maxHeader is the most bytes of a header with one predecessor: room on the stack for it.
const maxHeader = 384

// Header returns the canonical encoding of all but the payload, which its SHA-256 stands for: what the identity of the
// fact and its proof are of. Erasing the payload leaves it as it is. A fact of the first format has none.
func (f *Fact) Header() []byte {
	digest := f.Erased
	if digest == ([32]byte{}) {
		digest = sha256.Sum256(f.Payload)
	}
	w := newFields(maxHeader)
	f.encode(&w, nil, &digest)
	return w.bytes()
}

// Decode reads the canonical encoding of one fact that satisfies [Fact.Check]. It returns aura.Corrupt
// for anything else, other encodings of the same fact included. The fact keeps no reference to b.
func Decode(b []byte) (Fact, error) {
	f, err := decode(b)
	f.Payload = bytes.Clone(f.Payload)
	return f, err
}

// decode is Decode, but the payload stays a part of b.
func decode(b []byte) (Fact, error) {
	const op = "fact.Decode"
	if len(b) > MaxEncoded {
		return Fact{}, aura.Errorf(op, aura.Corrupt, "fact has %d bytes, the most is %d", len(b), MaxEncoded)
	}
	var f Fact
	p := parse(b)
	f.Namespace.Space = Space(p.number(keySpace, 8))
	p.array(keyID, f.Namespace.ID[:])
	f.Kind = string(p.str(keyKind, majorText))
	p.array(keyOperation, f.Operation[:])
	f.Payload = slices.Clip(p.str(keyPayload, majorBytes))
	p.array(keyOrder, f.Order[:])
	f.Logical = aura.Logical(p.number(keyLogical, 64))
	p.array(keyAuthor, f.Author[:])
	p.array(keyDevice, f.Device[:])
	f.Seq = p.number(keySeq, 64)
	p.array(keyPrev, f.Prev[:])
	f.Merges = p.places(keyMerges)
	p.array(keyDigest, f.Erased[:])
	if err := p.end(); err != nil {
		return Fact{}, aura.Errorf(op, aura.Corrupt, "fact: %w", err)
	}
	if err := f.Check(); err != nil {
		return Fact{}, &aura.Error{Op: op, Kind: aura.Corrupt, Err: err}
	}
	return f, nil
}

// ID returns the fact's identity: the SHA-256 of its header; of its whole canonical encoding in the first format.
func (f *Fact) ID() aura.FactID { return f.idOf(f.Encode()) }

// idOf is [Fact.ID] for a fact whose canonical encoding is at hand: the header has its entries, but for the payload.
func (f *Fact) idOf(encoded []byte) aura.FactID {
	if f.Seq == 0 || f.Erased != [32]byte{} {
		return sha256.Sum256(encoded)
	}
	at, after := payloadEntry(encoded)
	digest := sha256.Sum256(f.Payload)
	entries := encoded[0] + 1
	if at < after {
		entries = encoded[0]
	}
	var room [maxHeader]byte
	header := append(append(append(room[:0], entries), encoded[1:at]...), encoded[after:]...)
	return sha256.Sum256(appendString(header, keyDigest, majorBytes, digest[:]))
}

// payloadEntry returns where the entry of the payload begins and ends in the canonical encoding of a fact.
func payloadEntry(encoded []byte) (at, after int) {
	p := parse(encoded)
	p.number(keySpace, 8)
	p.str(keyID, majorBytes)
	p.str(keyKind, majorText)
	p.str(keyOperation, majorBytes)
	if p.key == 0 {
		return len(encoded), len(encoded)
	}
	at = len(encoded) - len(p.rest) - 1
	if p.key == keyPayload {
		s := p.str(keyPayload, majorBytes)
		after = at + 1 + len(appendHead(nil, majorBytes, uint64(len(s)))) + len(s)
		return at, after
	}
	return at, at
}

// encodesTo reports whether b is what Encode returns. It allocates nothing.
func (f *Fact) encodesTo(b []byte) bool {
	p := parse(b)
	same := p.number(keySpace, 8) == uint64(f.Namespace.Space)
	same = p.has(keyID, f.Namespace.ID[:]) && same
	same = string(p.str(keyKind, majorText)) == f.Kind && same
	same = p.has(keyOperation, f.Operation[:]) && same
	same = bytes.Equal(p.str(keyPayload, majorBytes), f.Payload) && same
	same = p.has(keyOrder, f.Order[:]) && same
	same = p.number(keyLogical, 64) == uint64(f.Logical) && same
	same = p.has(keyAuthor, f.Author[:]) && same
	same = p.has(keyDevice, f.Device[:]) && same
	same = p.number(keySeq, 64) == f.Seq && same
	same = p.has(keyPrev, f.Prev[:]) && same
	same = p.hasPlaces(keyMerges, f.Merges) && same
	same = p.has(keyDigest, f.Erased[:]) && same
	return p.end() == nil && same
}

// Check returns aura.Invalid when a field that every fact needs is missing or out of bounds. The
// kind's own check looks at the payload, see [Registry].
func (f *Fact) Check() error {
	const op = "fact.Check"
	switch {
	case f.Author.IsZero() || f.Device.IsZero():
		return aura.Errorf(op, aura.Invalid, "fact %s names no author or device", f.Kind)
	case f.Logical == 0:
		return aura.Errorf(op, aura.Invalid, "fact %s has no logical time", f.Kind)
	case f.Erased != [32]byte{} && len(f.Payload) > 0:
		return aura.Errorf(op, aura.Invalid, "fact %s has a payload and says that it was erased", f.Kind)
	}
	if err := f.checkPlace(); err != nil {
		return err
	}
	d := f.Draft()
	return d.Check()
}

// Draft returns the part of the fact that a handler proposed. The payload is shared.
func (f *Fact) Draft() Draft {
	return Draft{Namespace: f.Namespace, Kind: f.Kind, Operation: f.Operation, Payload: f.Payload}
}

// Equal reports whether two facts have the same canonical encoding.
func (f *Fact) Equal(o *Fact) bool { return bytes.Equal(f.Encode(), o.Encode()) }

// Check returns aura.Invalid when the namespace is not valid, the kind is not a dotted noun or the
// payload exceeds [MaxPayload].
func (d *Draft) Check() error {
	const op = "fact.Check"
	switch {
	case !ValidKind(d.Kind):
		return aura.Errorf(op, aura.Invalid, "fact kind %.80q is not a dotted noun of at most %d letters", d.Kind, MaxKind)
	case !d.Namespace.Valid():
		return aura.Errorf(op, aura.Invalid, "fact %s has no valid namespace", d.Kind)
	case len(d.Payload) > MaxPayload:
		return aura.Errorf(op, aura.Invalid, "fact %s has a payload of %d bytes, the most is %d", d.Kind, len(d.Payload), MaxPayload)
	}
	return nil
}

// ValidKind reports whether name is a kind's name: lower-case words of letters, digits, "-" and "_",
// joined by dots, at most [MaxKind] bytes. Intents, questions and observations are named alike.
func ValidKind(name string) bool {
	if len(name) == 0 || len(name) > MaxKind {
		return false
	}
	start := true
	for _, c := range []byte(name) {
		switch {
		case c >= 'a' && c <= 'z':
			start = false
		case !start && (c >= '0' && c <= '9' || c == '-' || c == '_'):
		case !start && c == '.':
			start = true
		default:
			return false
		}
	}
	return !start
}

package fact

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/fxamacker/cbor/v2"

	"github.com/aura-runtime/aura"
)

// maxNesting is the deepest payload: a struct of lists of structs with room to grow.
const maxNesting = 8

// maxStateNesting is the deepest state: payloads inside of lists inside of maps of what a reducer keeps.
const maxStateNesting = 2 * maxNesting

// maxElements bounds one list or map. Each element takes at least two bytes of a payload.
const maxElements = MaxPayload / 2

// encoding and the two for decoding are the one configuration of the codec; they are never changed.
var (
	encoding      = newEncoding()
	decoding      = newDecoding(maxNesting)
	stateDecoding = newDecoding(maxStateNesting)
)

func newEncoding() cbor.UserBufferEncMode {
	o := cbor.CoreDetEncOptions()
	o.IndefLength = cbor.IndefLengthForbidden
	o.TagsMd = cbor.TagsForbidden
	m, err := o.UserBufferEncMode()
	if err != nil {
		panic(err)
	}
	return m
}

func newDecoding(nesting int) cbor.DecMode {
	m, err := cbor.DecOptions{
		DupMapKey:         cbor.DupMapKeyEnforcedAPF,
		IndefLength:       cbor.IndefLengthForbidden,
		TagsMd:            cbor.TagsForbidden,
		FieldNameMatching: cbor.FieldNameMatchingCaseSensitive,
		MaxNestedLevels:   nesting,
		MaxArrayElements:  maxElements,
		MaxMapPairs:       maxElements,
	}.DecMode()
	if err != nil {
		panic(err)
	}
	return m
}

// Marshal returns the canonical bytes of a payload struct, whose fields are tagged
// `cbor:"1,keyasint,omitempty"` (omitzero for arrays). Equal values have equal bytes. It returns
// aura.Invalid for a value with floats, tags, deep nesting or text that is not valid UTF-8, and for one that exceeds [MaxPayload].
func Marshal(v any) ([]byte, error) { return marshal(v, MaxPayload) }

// MarshalAnswer is [Marshal] for the payload of an [Answer], which may have [MaxAnswer] bytes.
func MarshalAnswer(v any) ([]byte, error) { return marshal(v, MaxAnswer) }

func marshal(v any, most int) ([]byte, error) {
	b, err := encoding.Marshal(v)
	return checkMarshalled(b, err, v, most)
}

// MarshalBehind is [Marshal] for a message: the bytes come behind those of b, in its room as far as that goes.
func MarshalBehind(b []byte, v any) ([]byte, error) {
	message := bytes.NewBuffer(b)
	err := encoding.MarshalToBuffer(v, message)
	if _, err := checkMarshalled(message.Bytes()[min(len(b), message.Len()):], err, v, MaxPayload); err != nil {
		return nil, err
	}
	return message.Bytes(), nil
}

func checkMarshalled(b []byte, err error, v any, most int) ([]byte, error) {
	const op = "fact.Marshal"
	if err != nil {
		return nil, aura.Errorf(op, aura.Invalid, "payload %T: %w", v, err)
	}
	if len(b) > most {
		return nil, aura.Errorf(op, aura.Invalid, "payload %T has %d bytes, the most is %d", v, len(b), most)
	}
	// Bytes that Unmarshal would refuse must not become a fact.
	if err := checkCanonical(b); err != nil {
		return nil, aura.Errorf(op, aura.Invalid, "payload %T %w", v, err)
	}
	return b, nil
}

// Unmarshal reads what [Marshal] wrote into v, a pointer. Fields that v does not know are skipped, so
// that a newer peer can add some. Anything that is not canonical (long-form integers, unsorted or
// repeated keys, indefinite lengths), nested too deep or larger than [MaxPayload] is aura.Corrupt.
func Unmarshal(b []byte, v any) error { return unmarshal(b, v, MaxPayload) }

// UnmarshalAnswer is [Unmarshal] for what [MarshalAnswer] wrote.
func UnmarshalAnswer(b []byte, v any) error { return unmarshal(b, v, MaxAnswer) }

func unmarshal(b []byte, v any, most int) error {
	const op = "fact.Unmarshal"
	if len(b) > most {
		return aura.Errorf(op, aura.Corrupt, "payload has %d bytes, the most is %d", len(b), most)
	}
	if err := checkCanonical(b); err != nil {
		return aura.Errorf(op, aura.Corrupt, "payload: %w", err)
	}
	if err := decoding.Unmarshal(b, v); err != nil {
		return aura.Errorf(op, aura.Corrupt, "payload for %T does not fit: %w", v, err)
	}
	return nil
}

// MaxState is the most bytes of a reducer's saved state.
const MaxState = 16 << 20

// MarshalState is [Marshal] for the saved state of a reducer, which may be larger than a payload: it
// returns aura.Invalid beyond [MaxState].
func MarshalState(v any) ([]byte, error) {
	const op = "fact.MarshalState"
	b, err := encoding.Marshal(v)
	if err != nil {
		return nil, aura.Errorf(op, aura.Invalid, "state %T: %w", v, err)
	}
	if len(b) > MaxState {
		return nil, aura.Errorf(op, aura.Invalid, "state %T has %d bytes, the most is %d", v, len(b), MaxState)
	}
	return b, nil
}

// UnmarshalState reads what [MarshalState] wrote into v, a pointer. Anything else is aura.Corrupt.
func UnmarshalState(b []byte, v any) error {
	const op = "fact.UnmarshalState"
	if len(b) > MaxState {
		return aura.Errorf(op, aura.Corrupt, "state has %d bytes, the most is %d", len(b), MaxState)
	}
	if err := stateDecoding.Unmarshal(b, v); err != nil {
		return aura.Errorf(op, aura.Corrupt, "state for %T does not fit: %w", v, err)
	}
	return nil
}

// mustMarshal encodes one of this package's own wire structs, which cannot fail.
func mustMarshal(v any) []byte {
	b, err := encoding.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("fact: encode %T: %v", v, err))
	}
	return b
}

var errNotCanonical = errors.New("is not in canonical form")

// decodeStrict decodes b into v and refuses every byte string that v would not be encoded to.
func decodeStrict(b []byte, v any) error {
	if err := decoding.Unmarshal(b, v); err != nil {
		return err
	}
	// The library accepts other encodings of the same value: only the comparison is proof.
	if !bytes.Equal(mustMarshal(v), b) {
		return errNotCanonical
	}
	return nil
}

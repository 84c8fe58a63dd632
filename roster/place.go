package roster

// Place is a place in a stream and the fact that has it.
type Place struct {
	Seq uint64   `cbor:"1,keyasint,omitempty"` // from 1
	ID  [16]byte `cbor:"2,keyasint,omitzero"`  // the beginning of the identity
}

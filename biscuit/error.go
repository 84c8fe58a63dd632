package biscuit

import (
	"errors"

	"github.com/aura-runtime/aura"
)

// The named reasons why bytes are not a token that can be trusted. They are wrapped in an
// [aura.Error]: of kind [aura.Denied] for ErrSignature, [aura.Invalid] for ErrSealed,
// [aura.Corrupt] for the rest.
var (
	// ErrSignature: a signature does not verify, or the proof does not belong to the last block.
	ErrSignature = errors.New("signature does not verify")
	// ErrRoot: the first block is not signed by the root key. It comes together with ErrSignature.
	ErrRoot = errors.New("not issued by this root key")
	// ErrSignatureForm: a signature cannot be one: it has the wrong length or shape.
	ErrSignatureForm = errors.New("malformed signature")
	// ErrForm: the bytes do not follow the schema.
	ErrForm = errors.New("malformed token")
	// ErrVersion: a block or a signature is of a version that this package does not know, or
	// uses a feature that its version does not have.
	ErrVersion = errors.New("unsupported version")
	// ErrSize: the token has too many bytes or blocks.
	ErrSize = errors.New("token is too large")
	// ErrSealed: the token is sealed, so no block can be appended.
	ErrSealed = errors.New("token is sealed")
)

func corrupt(op aura.Op, err error) error { return &aura.Error{Op: op, Kind: aura.Corrupt, Err: err} }

// verification gives an error of a check of signatures its kind.
func verification(op aura.Op, err error) error {
	kind := aura.Corrupt
	if errors.Is(err, ErrSignature) {
		kind = aura.Denied
	}
	return &aura.Error{Op: op, Kind: kind, Err: err}
}

package biscuit

import (
	"errors"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/datalog"
)

// MintOptions are the optional parts of a new token beside its authority block.
type MintOptions struct {
	// RootKeyID is a hint for verifiers at which root key to use. Default: none.
	RootKeyID *uint32
	// Context is free text for people in the authority block. Default: none.
	Context string
}

// Mint issues a token: it signs an authority block with the root key. next is a fresh key that is
// used for nothing else; its secret travels in the token so that holders can attenuate it. The
// error is [aura.Invalid] if the program has policies, or rules that [datalog.Rule.Validate]
// refuses.
func Mint(root Signer, authority *datalog.Program, next PrivateKey, o MintOptions) (*Token, error) {
	const op = "biscuit.Mint"
	payload, err := encodeBlock(authority, o.Context, version30, newTables())
	if err != nil {
		return nil, &aura.Error{Op: op, Kind: aura.Invalid, Err: err}
	}
	var id *uint32
	if o.RootKeyID != nil {
		v := *o.RootKeyID
		id = &v
	}
	empty := &container{rootKeyID: id}
	ch, err := empty.append(op, root, signedBlock{payload: string(payload)}, next)
	if err != nil {
		return nil, err
	}
	return &Token{*ch, root.Public()}, nil
}

// append returns a token with one more block, signed by key.
func (c *container) append(op aura.Op, key Signer, s signedBlock, next PrivateKey) (*chain, error) {
	if next.signer == nil {
		return nil, aura.Errorf(op, aura.Invalid, "no key for the next block given")
	}
	previous := ""
	if n := len(c.blocks); n > 0 {
		previous = c.blocks[n-1].signature
	}
	s.next, s.version = next.public, payloadVersion
	sig, err := key.Sign(s.signedPayload(previous))
	if err != nil {
		return nil, err
	}
	s.signature = string(sig)
	longer := &container{
		rootKeyID: c.rootKeyID,
		blocks:    append(slices.Clip(c.blocks), s),
		proof:     proof{nextSecret: string(next.secret)},
	}
	if len(longer.blocks) > datalog.MaxBlocks || len(longer.encode()) > MaxBytes {
		return nil, &aura.Error{Op: op, Kind: aura.Exhausted, Err: ErrSize}
	}
	ch, err := longer.read()
	if err != nil {
		return nil, &aura.Error{Op: op, Kind: aura.Invalid, Err: err}
	}
	return ch, nil
}

// attenuate appends a block of the holder.
func (c *chain) attenuate(op aura.Op, p *datalog.Program, next PrivateKey) (*chain, error) {
	key, err := c.signingKey(op)
	if err != nil {
		return nil, err
	}
	payload, err := encodeBlock(p, "", version30, c.tables.clone())
	if err != nil {
		return nil, &aura.Error{Op: op, Kind: aura.Invalid, Err: err}
	}
	return c.append(op, key, signedBlock{payload: string(payload)}, next)
}

// signingKey returns the key for the next block, or the error that a caller sees.
func (c *container) signingKey(op aura.Op) (PrivateKey, error) {
	key, err := c.nextKey()
	switch {
	case errors.Is(err, ErrSealed):
		return key, &aura.Error{Op: op, Kind: aura.Invalid, Err: err}
	case err != nil:
		return key, corrupt(op, err)
	}
	if key.public != c.blocks[len(c.blocks)-1].next {
		return key, aura.Errorf(op, aura.Corrupt, "proof: %w", ErrSignature)
	}
	return key, nil
}

// seal replaces the secret by a last signature.
func (c *container) seal(op aura.Op) (*container, error) {
	key, err := c.signingKey(op)
	if err != nil {
		return nil, err
	}
	sig, err := key.Sign(c.blocks[len(c.blocks)-1].sealPayload())
	if err != nil {
		return nil, err
	}
	sealed := *c
	sealed.proof = proof{finalSignature: string(sig)}
	return &sealed, nil
}

// Attenuate returns a token with one more block, which can only restrict the token.
// next is a fresh key, as for [Mint]. The error is [aura.Invalid] if the token is sealed
// ([ErrSealed]) or for a program that [Mint] would refuse, and [aura.Exhausted] if the token would
// be too large.
func (t *Token) Attenuate(p *datalog.Program, next PrivateKey) (*Token, error) {
	ch, err := t.attenuate("biscuit.Attenuate", p, next)
	if err != nil {
		return nil, err
	}
	return &Token{*ch, t.root}, nil
}

// Attenuate is [Token.Attenuate] for a holder that does not know the root key.
func (u *Unverified) Attenuate(p *datalog.Program, next PrivateKey) (*Unverified, error) {
	const op = "biscuit.Attenuate"
	read, err := u.read()
	if err != nil {
		return nil, corrupt(op, err)
	}
	ch, err := read.attenuate(op, p, next)
	if err != nil {
		return nil, err
	}
	return &Unverified{ch.container}, nil
}

// Seal returns the token in a form to which no block can be appended. Sealing a sealed token is
// [aura.Invalid].
func (t *Token) Seal() (*Token, error) {
	c, err := t.seal("biscuit.Seal")
	if err != nil {
		return nil, err
	}
	sealed := *t
	sealed.container = *c
	return &sealed, nil
}

// Seal is [Token.Seal] for a holder that does not know the root key.
func (u *Unverified) Seal() (*Unverified, error) {
	c, err := u.seal("biscuit.Seal")
	if err != nil {
		return nil, err
	}
	return &Unverified{*c}, nil
}

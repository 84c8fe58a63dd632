package biscuit

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/datalog"
)

// Request is the input of a third party that makes a block for one place of one token, without seeing
// the token.
type Request struct{ previousSignature string }

// Contribution is a third party's block, signed for one place of one token.
type Contribution struct {
	payload  string
	external externalSignature
}

// Request returns the request for a third party's block after the token's last one. The error is
// [aura.Invalid] if the token is sealed.
func (c *container) Request() (Request, error) {
	if c.Sealed() {
		return Request{}, &aura.Error{Op: "biscuit.Request", Kind: aura.Invalid, Err: ErrSealed}
	}
	return Request{c.blocks[len(c.blocks)-1].signature}, nil
}

// Contribute makes a third party's block and signs it with the third party's key. Rules that trust
// this key will see the block's facts. The error is that of [Mint].
func Contribute(r Request, p *datalog.Program, key Signer) (Contribution, error) {
	payload, err := encodeBlock(p, "", version32, newTables())
	if err != nil {
		return Contribution{}, &aura.Error{Op: "biscuit.Contribute", Kind: aura.Invalid, Err: err}
	}
	sig, err := key.Sign(externalPayload(string(payload), r.previousSignature))
	if err != nil {
		return Contribution{}, err
	}
	return Contribution{string(payload), externalSignature{string(sig), key.Public()}}, nil
}

// Append returns the token with a third party's block. next is a fresh key, as for [Mint]. The
// error is [aura.Denied] and wraps [ErrSignature] if the contribution was made for another place;
// otherwise errors are those of [Token.Attenuate].
func (t *Token) Append(c Contribution, next PrivateKey) (*Token, error) {
	ch, err := t.contribute(c, next)
	if err != nil {
		return nil, err
	}
	return &Token{*ch, t.root}, nil
}

// Append is [Token.Append] for a holder that does not know the root key.
func (u *Unverified) Append(c Contribution, next PrivateKey) (*Unverified, error) {
	ch, err := u.contribute(c, next)
	if err != nil {
		return nil, err
	}
	return &Unverified{ch.container}, nil
}

func (c *container) contribute(t Contribution, next PrivateKey) (*chain, error) {
	const op = "biscuit.Append"
	key, err := c.signingKey(op)
	if err != nil {
		return nil, err
	}
	previous := c.blocks[len(c.blocks)-1].signature
	if err := verify(t.external.key, externalPayload(t.payload, previous), t.external.signature); err != nil {
		return nil, verification(op, err)
	}
	return c.append(op, key, signedBlock{payload: t.payload, external: &t.external}, next)
}

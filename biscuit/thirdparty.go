package biscuit

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/datalog"
)

// Request is what a third party needs to make a block for one place of one token, without seeing
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

// Encode returns the request in binary form.
func (r Request) Encode() []byte { return appendBytes(nil, 3, r.previousSignature) }

// DecodeRequest reads a request. The keys that older writers add are checked and ignored: a third
// party's block has tables of its own.
func DecodeRequest(b []byte) (Request, error) {
	const op = "biscuit.DecodeRequest"
	if len(b) > MaxBytes {
		return Request{}, corrupt(op, ErrSize)
	}
	var r Request
	var ignored []PublicKey
	err := fields(string(b), func(f field) error {
		switch f.number {
		case 1, 2:
			return repeated(f, &ignored, decodeKey)
		case 3:
			return text(f, &r.previousSignature)
		}
		return f.unknown()
	})
	if err == nil && r.previousSignature == "" {
		err = missing("request", "signature")
	}
	if err != nil {
		return Request{}, corrupt(op, err)
	}
	return r, nil
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

// Encode returns the contribution in binary form.
func (c Contribution) Encode() []byte {
	return appendBytes(appendBytes(nil, 1, c.payload), 2, c.external.encode())
}

// DecodeContribution reads a contribution. Its signature is checked where it is appended.
func DecodeContribution(b []byte) (Contribution, error) {
	const op = "biscuit.DecodeContribution"
	if len(b) > MaxBytes {
		return Contribution{}, corrupt(op, ErrSize)
	}
	var c Contribution
	var has uint
	err := fields(string(b), func(f field) error {
		has |= 1 << f.number
		switch f.number {
		case 1:
			return text(f, &c.payload)
		case 2:
			return message(f, &c.external, decodeExternal)
		}
		return f.unknown()
	})
	if err == nil && has != 0b110 {
		err = missing("contribution", "contents or signature")
	}
	if err != nil {
		return Contribution{}, corrupt(op, err)
	}
	return c, nil
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

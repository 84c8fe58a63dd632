package biscuit

import (
	"fmt"

	"github.com/aura-runtime/aura/datalog"
)

// MaxBytes is the most bytes that a token may have in binary form.
const MaxBytes = 64 << 10

// container is a token as it travels: signed blocks whose contents are bytes. Strings share the
// memory of the encoding that was decoded.
type container struct {
	rootKeyID *uint32
	blocks    []signedBlock // the authority block first
	proof     proof
}

type signedBlock struct {
	payload   string
	next      PublicKey // verifies the block after this one
	signature string
	external  *externalSignature
	version   uint32 // of the payload that is signed
}

type externalSignature struct {
	signature string
	key       PublicKey
}

// proof shows that the sender of the token holds it: the secret of the last block's next key, or
// a last signature by it. Exactly one is not empty.
type proof struct{ nextSecret, finalSignature string }

func decodeContainer(s string) (*container, error) {
	c := &container{}
	var authority signedBlock
	var hasAuthority, hasProof bool
	err := fields(s, func(f field) error {
		switch f.number {
		case 1:
			c.rootKeyID = new(uint32)
			return number(f, c.rootKeyID)
		case 2:
			hasAuthority = true
			return message(f, &authority, decodeSignedBlock)
		case 3:
			if len(c.blocks)+2 > datalog.MaxBlocks {
				return fmt.Errorf("%w: more than %d blocks", ErrSize, datalog.MaxBlocks)
			}
			return repeated(f, &c.blocks, decodeSignedBlock)
		case 4:
			hasProof = true
			return message(f, &c.proof, decodeProof)
		}
		return f.unknown()
	})
	switch {
	case err != nil:
		return nil, err
	case !hasAuthority:
		return nil, missing("token", "authority block")
	case !hasProof:
		return nil, missing("token", "proof")
	case authority.external != nil:
		return nil, fmt.Errorf("%w: authority block with an external signature", ErrForm)
	}
	c.blocks = append([]signedBlock{authority}, c.blocks...)
	return c, nil
}

func decodeSignedBlock(s string) (b signedBlock, err error) {
	var has uint
	err = fields(s, func(f field) error {
		has |= 1 << f.number
		switch f.number {
		case 1:
			return text(f, &b.payload)
		case 2:
			return message(f, &b.next, decodeKey)
		case 3:
			return text(f, &b.signature)
		case 4:
			b.external = &externalSignature{}
			return message(f, b.external, decodeExternal)
		case 5:
			return number(f, &b.version)
		}
		return f.unknown()
	})
	if err == nil && has&0b1110 != 0b1110 {
		err = missing("signed block", "contents, next key or signature")
	}
	return b, err
}

func decodeExternal(s string) (e externalSignature, err error) {
	var has uint
	err = fields(s, func(f field) error {
		has |= 1 << f.number
		switch f.number {
		case 1:
			return text(f, &e.signature)
		case 2:
			return message(f, &e.key, decodeKey)
		}
		return f.unknown()
	})
	if err == nil && has != 0b110 {
		err = missing("external signature", "signature or key")
	}
	return e, err
}

func decodeKey(s string) (k PublicKey, err error) {
	var has uint
	err = fields(s, func(f field) error {
		has |= 1 << f.number
		switch f.number {
		case 1:
			return number(f, &k.Algorithm)
		case 2:
			return text(f, &k.Bytes)
		}
		return f.unknown()
	})
	if err == nil && has != 0b110 {
		err = missing("public key", "algorithm or key")
	}
	if err == nil {
		err = checkKey(k)
	}
	return k, err
}

func decodeProof(s string) (p proof, err error) {
	err = fields(s, func(f field) error {
		switch f.number {
		case 1:
			return text(f, &p.nextSecret)
		case 2:
			return text(f, &p.finalSignature)
		}
		return f.unknown()
	})
	if err == nil && (p.nextSecret == "") == (p.finalSignature == "") {
		err = fmt.Errorf("%w: proof is not one of secret and signature", ErrForm)
	}
	return p, err
}

func (c *container) encode() []byte {
	var b []byte
	if c.rootKeyID != nil {
		b = appendNumber(b, 1, uint64(*c.rootKeyID))
	}
	for i := range c.blocks {
		b = appendBytes(b, min(2+i, 3), c.blocks[i].encode())
	}
	if c.proof.nextSecret != "" {
		return appendBytes(b, 4, appendBytes(nil, 1, c.proof.nextSecret))
	}
	return appendBytes(b, 4, appendBytes(nil, 2, c.proof.finalSignature))
}

func (s *signedBlock) encode() []byte {
	b := appendBytes(nil, 1, s.payload)
	b = appendBytes(b, 2, encodeKey(s.next))
	b = appendBytes(b, 3, s.signature)
	if s.external != nil {
		b = appendBytes(b, 4, s.external.encode())
	}
	if s.version > 0 {
		b = appendNumber(b, 5, uint64(s.version))
	}
	return b
}

func (e *externalSignature) encode() []byte {
	return appendBytes(appendBytes(nil, 1, e.signature), 2, encodeKey(e.key))
}

func encodeKey(k PublicKey) []byte {
	return appendBytes(appendNumber(nil, 1, uint64(k.Algorithm)), 2, k.Bytes)
}

package biscuit

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/aura-runtime/aura"
)

// Unverified is a token whose outer form was checked, and neither its signatures nor its contents:
// fit to be looked at, attenuated and passed on, never to be believed. See [Unverified.Verify].
type Unverified struct{ container }

// Token is a token that was issued by a known root key and not altered since. It is not changed
// once made.
type Token struct {
	chain
	root PublicKey
}

// chain is a container whose contents were read.
type chain struct {
	container
	contents []*Block
	tables   *tables // of the token's holders
}

// Decode reads the outer form of a token in binary. It keeps no reference to b. The error is
// [aura.Corrupt] and wraps [ErrForm] or [ErrSize].
func Decode(b []byte) (*Unverified, error) {
	const op = "biscuit.Decode"
	if len(b) > MaxBytes {
		return nil, corrupt(op, ErrSize)
	}
	c, err := decodeContainer(string(b))
	if err != nil {
		return nil, corrupt(op, err)
	}
	return &Unverified{*c}, nil
}

// Parse reads the outer form of a token in text: base64 for URLs, with or without padding, and
// perhaps "biscuit:" before it. Errors are those of [Decode].
func Parse(s string) (*Unverified, error) {
	s = strings.TrimRight(strings.TrimPrefix(strings.TrimSpace(s), "biscuit:"), "=")
	if base64.RawURLEncoding.DecodedLen(len(s)) > MaxBytes {
		return nil, corrupt("biscuit.Parse", ErrSize)
	}
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return nil, aura.Errorf("biscuit.Parse", aura.Corrupt, "%w: not base64 for URLs", ErrForm)
	}
	return Decode(b)
}

// read decodes the contents of all blocks.
func (c *container) read() (*chain, error) {
	ch := &chain{container: *c, tables: newTables(), contents: make([]*Block, len(c.blocks))}
	for i := range c.blocks {
		b, err := decodeBlock(&c.blocks[i], ch.tables)
		if err != nil {
			return nil, fmt.Errorf("block %d: %w", i, err)
		}
		ch.contents[i] = b
	}
	return ch, nil
}

// Verify checks every signature, from the root key on, and the proof, and then reads the contents.
// The error is [aura.Denied] and wraps [ErrSignature], or [aura.Corrupt] and wraps
// [ErrSignatureForm], [ErrVersion] or [ErrForm].
func (u *Unverified) Verify(root PublicKey) (*Token, error) {
	const op = "biscuit.Verify"
	if err := u.verify(root); err != nil {
		return nil, verification(op, err)
	}
	ch, err := u.read()
	if err != nil {
		return nil, corrupt(op, err)
	}
	return &Token{*ch, root}, nil
}

// Blocks reads the contents of the blocks, the authority block first. The error is [aura.Corrupt].
func (u *Unverified) Blocks() ([]*Block, error) {
	ch, err := u.read()
	if err != nil {
		return nil, corrupt("biscuit.Blocks", err)
	}
	return ch.contents, nil
}

// Root returns the key that the token was verified with.
func (t *Token) Root() PublicKey { return t.root }

// Blocks returns the contents of the blocks, the authority block first. They must not be changed.
func (t *Token) Blocks() []*Block { return slices.Clone(t.contents) }

// RootKeyID returns the issuer's hint at which root key to verify with; ok is false without one.
// Nothing vouches for it but the verification itself.
func (c *container) RootKeyID() (id uint32, ok bool) {
	if c.rootKeyID == nil {
		return 0, false
	}
	return *c.rootKeyID, true
}

// RevocationIDs returns the revocation identifier of each block: its signature. A token is
// revoked if any of its blocks is. A secp256r1 signature has a twin that verifies too, so revoking
// a block that was signed with such a key does not stop a holder who rewrites the token's last
// signature; revoke the block before it then.
func (c *container) RevocationIDs() [][]byte {
	ids := make([][]byte, len(c.blocks))
	for i := range c.blocks {
		ids[i] = []byte(c.blocks[i].signature)
	}
	return ids
}

// Sealed reports whether no block can be appended any more.
func (c container) Sealed() bool { return c.proof.finalSignature != "" }

// String describes the token without giving it away.
func (c container) String() string {
	kind := "open"
	if c.Sealed() {
		kind = "sealed"
	}
	return fmt.Sprintf("%s biscuit of %d blocks", kind, len(c.blocks))
}

// GoString is String, so that no verb prints the token's secret.
func (c container) GoString() string { return c.String() }

// Format prints what String returns for every verb.
func (c container) Format(f fmt.State, _ rune) { fmt.Fprint(f, c.String()) }

// Encode returns the token in binary form.
func (c *container) Encode() []byte { return c.encode() }

// Text returns the token in text form: base64 for URLs, padded. It is a secret: every holder can
// use it.
func (c *container) Text() string { return base64.URLEncoding.EncodeToString(c.Encode()) }

package capability

import (
	"encoding/hex"

	"github.com/aura-runtime/aura"
)

// QuestionTokens is the kind of the question, without a payload, that a [TokenList] answers.
const QuestionTokens = "guard.tokens"

// TokenList answers [QuestionTokens].
type TokenList struct {
	Tokens []TokenLine `cbor:"1,keyasint,omitempty"`
}

// TokenRole says how a token came to an authority. The numbers cross the wire: append only.
type TokenRole uint8

// The roles.
const (
	TokenOwn   TokenRole = 1 // by which the authority acts itself
	TokenGiven TokenRole = 2 // that the authority handed to a contact
	TokenHeld  TokenRole = 3 // that a contact handed to the authority
)

// String returns the role in one word.
func (r TokenRole) String() string {
	switch r {
	case TokenOwn:
		return "own"
	case TokenGiven:
		return "given"
	case TokenHeld:
		return "held"
	}
	return "unknown"
}

// MarshalText implements [encoding.TextMarshaler].
func (r TokenRole) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// TokenLine describes one token, without its bytes.
type TokenLine struct {
	Fact aura.FactID      `cbor:"1,keyasint" json:"fact"` // by which it is known
	Role TokenRole        `cbor:"2,keyasint" json:"role"`
	Peer aura.AuthorityID `cbor:"3,keyasint,omitzero" json:"peer,omitzero"` // its receiver or its sender; zero: the authority itself
	// Names are what its blocks permit, as far as they say it by name. A check may permit less at a moment.
	Names []string `cbor:"4,keyasint,omitempty" json:"names"`
	// Block identifies the newest block, and so the token. Its issuer revokes the token by that.
	Block  []byte `cbor:"5,keyasint,omitempty" json:"-"`
	Blocks int    `cbor:"6,keyasint,omitempty" json:"blocks"`
	// Issued is whether the authority issued it: only then it can revoke it.
	Issued  bool     `cbor:"7,keyasint,omitempty" json:"issued"`
	Revoked bool     `cbor:"8,keyasint,omitempty" json:"revoked"`
	Code    []string `cbor:"9,keyasint,omitempty" json:"code,omitempty"` // of each block
}

// ID returns the short identifier by which a person names the token.
func (l *TokenLine) ID() string { return hex.EncodeToString(l.Block[:min(len(l.Block), 4)]) }

// FullID returns the whole identifier, of which [TokenLine.ID] is the beginning. A contact can make a token that
// begins like another one, and not one that ends like it, too.
func (l *TokenLine) FullID() string { return hex.EncodeToString(l.Block) }

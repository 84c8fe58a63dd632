package capability

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

// QuestionExplain is the kind of the question that carries an [Explain] and that an [Explanation] answers.
const QuestionExplain = "guard.explain"

// Explain asks for the guard's verdict, now, on a small message with a capability.
type Explain struct {
	Capability string `cbor:"1,keyasint"`
	// Context is where it would be sent, to all other members; zero: an operation that stays at home.
	Context aura.ContextID `cbor:"2,keyasint,omitzero"`
}

// Explanation answers an [Explain]. Nothing was decided: a moment later the answer may differ.
type Explanation struct {
	Capability string `cbor:"1,keyasint" json:"capability"`
	Allowed    bool   `cbor:"2,keyasint,omitempty" json:"allowed"`
	// Stage and Reason say which guard would deny and why, in plain words; empty when allowed.
	Stage  string `cbor:"3,keyasint,omitempty" json:"stage,omitempty"`
	Reason string `cbor:"4,keyasint,omitempty" json:"reason,omitempty"`
	// Tokens is what each token of the own authority says; none: there is no token.
	Tokens  []TokenAnswer `cbor:"5,keyasint,omitempty" json:"tokens,omitempty"`
	Budgets []Budget      `cbor:"6,keyasint,omitempty" json:"budgets,omitempty"` // one for each recipient
	Leaks   []LeakBudget  `cbor:"7,keyasint,omitempty" json:"leakage,omitempty"` // one for each class of observer
}

// TokenAnswer is the answer of one token about a capability.
type TokenAnswer struct {
	Block  []byte `cbor:"1,keyasint,omitempty" json:"-"`      // what revokes the token
	Blocks int    `cbor:"2,keyasint,omitempty" json:"blocks"` // how many it has
	// Reason is why the token does not permit the capability; empty: it does.
	Reason string        `cbor:"3,keyasint,omitempty" json:"reason,omitempty"`
	Failed []FailedCheck `cbor:"4,keyasint,omitempty" json:"failed,omitempty"`
}

// FailedCheck is a check of a token that does not hold.
type FailedCheck struct {
	Block int    `cbor:"1,keyasint,omitempty" json:"block"` // 0 is the first
	Check int    `cbor:"2,keyasint,omitempty" json:"check"` // 0 is the block's first
	Text  string `cbor:"3,keyasint" json:"text"`
}

// Budget is the remaining budget for one recipient, in units.
type Budget struct {
	Peer  aura.AuthorityID `cbor:"1,keyasint" json:"peer"`
	Epoch aura.Epoch       `cbor:"2,keyasint,omitempty" json:"epoch"`
	Limit uint64           `cbor:"3,keyasint,omitempty" json:"limit"`
	Spent uint64           `cbor:"4,keyasint,omitempty" json:"spent"`
	Turns aura.Instant     `cbor:"5,keyasint,omitempty" json:"turns"` // when the next epoch begins
	// Waits is why a message to this recipient would wait while the others get theirs; empty: it goes.
	Waits string `cbor:"6,keyasint,omitempty" json:"waits,omitempty"`
}

// LeakBudget is what may still be told to one class of observer, in bits. An undefined one permits nothing.
type LeakBudget struct {
	Observer fact.Observer `cbor:"1,keyasint" json:"-"`
	Name     string        `cbor:"2,keyasint" json:"observer"`
	Defined  bool          `cbor:"3,keyasint,omitempty" json:"defined"`
	Limit    uint64        `cbor:"4,keyasint,omitempty" json:"limit"`
	Spent    uint64        `cbor:"5,keyasint,omitempty" json:"spent"`
}

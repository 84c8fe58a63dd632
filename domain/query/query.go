package query

import (
	"encoding/json"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

// Question is the kind of the question that carries a [Query] and that a [Result] answers.
const Question = "facts.query"

// QuestionKinds is the kind of the question, without a payload, that a [Vocabulary] answers.
const QuestionKinds = "facts.kinds"

// Vocabulary lists the predicates of a [Query]: the fact registry of the agent.
type Vocabulary struct {
	Predicates []Predicate `cbor:"1,keyasint,omitempty"`
}

// Predicate is the name under which facts are asked for, and what its terms are called.
type Predicate struct {
	Name   string   `cbor:"1,keyasint" json:"name"`
	Terms  []string `cbor:"2,keyasint,omitempty" json:"terms"`
	Domain string   `cbor:"3,keyasint,omitempty" json:"domain,omitempty"` // empty: told of every fact
}

// MaxText bounds the text of a query, in bytes.
const MaxText = 16 << 10

// Query is a question in Datalog.
type Query struct {
	Text string `cbor:"1,keyasint"`
	// AsOf asks about the facts up to a position; zero: all that are durable.
	AsOf fact.Position `cbor:"2,keyasint,omitempty"`
}

// Result answers a [Query].
type Result struct {
	// Position is that of the last fact that the answer rests on.
	Position fact.Position `cbor:"1,keyasint,omitempty"`
	// Columns are the variables of the answer, in order; the empty name stands for a constant.
	Columns []string `cbor:"2,keyasint,omitempty"`
	// Rows have one value for each column, in the order in which they were found.
	Rows [][]Value `cbor:"3,keyasint,omitempty"`
	// Kinds are those on whose facts the answer rests; none: it may rest on any.
	Kinds []string `cbor:"4,keyasint,omitempty"`
}

// Kind is the type of a [Value]. The numbers cross the wire: append only.
type Kind uint8

// The kinds of values. All others are [KindOther].
const (
	KindNull    Kind = 1
	KindInteger Kind = 2
	KindString  Kind = 3
	KindBool    Kind = 4
	KindOther   Kind = 5 // dates, bytes and collections
)

// Value is one term of an answer. Text is the characters of a string, and the text form of any other term.
type Value struct {
	Kind Kind   `cbor:"1,keyasint"`
	Text string `cbor:"2,keyasint,omitempty"`
}

// MarshalJSON implements [json.Marshaler]: strings, whole numbers, booleans and null as JSON has them,
// everything else in text form.
func (v Value) MarshalJSON() ([]byte, error) {
	switch v.Kind {
	case KindNull:
		return []byte("null"), nil
	case KindInteger, KindBool:
		if !json.Valid([]byte(v.Text)) {
			return nil, aura.Errorf("query.MarshalJSON", aura.Corrupt, "%.40q is neither a number nor a boolean", v.Text)
		}
		return []byte(v.Text), nil
	}
	return json.Marshal(v.Text)
}

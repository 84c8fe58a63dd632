package fact

import (
	"cmp"
	"slices"
	"strings"

	"github.com/aura-runtime/aura"
)

// Intent is a user's request. Its kind is registered by a domain, so that a carrier such as the
// local API need not know domains.
type Intent struct {
	Kind      string           `cbor:"1,keyasint,omitempty"`
	Operation aura.OperationID `cbor:"2,keyasint,omitzero"` // names the action from here to its end
	Payload   []byte           `cbor:"3,keyasint,omitempty"`
}

// Result answers an intent: the facts that were committed, in order, and the domain's answer.
type Result struct {
	Operation aura.OperationID `cbor:"1,keyasint,omitzero"`
	Facts     []aura.FactID    `cbor:"2,keyasint,omitempty"`
	Payload   []byte           `cbor:"3,keyasint,omitempty"`
}

// Selection says which facts and observations a watcher or reader wants. Facts are given in position order,
// also those that Last counts from the end.
type Selection struct {
	Namespaces   []Namespace `cbor:"1,keyasint,omitempty"` // empty: all
	Kinds        []string    `cbor:"2,keyasint,omitempty"` // empty: all; "chat.*" selects by prefix
	After        Position    `cbor:"3,keyasint,omitempty"` // facts at greater positions only
	Observations []string    `cbor:"4,keyasint,omitempty"` // kinds wanted, "*": all; empty: none
	Follow       bool        `cbor:"5,keyasint,omitempty"` // go on with later facts
	// Before and Through bound the positions from above, also of later facts; zero: no bound. Before
	// pages through a history: it takes records older than this one. Through shows everything as it was at a
	// position.
	Before  Position `cbor:"6,keyasint,omitempty"` // facts at smaller positions only
	Through Position `cbor:"7,keyasint,omitempty"` // facts up to this position only
	// Last takes only the newest so many of the selected facts that are durable when a read or a watch
	// begins; zero or less: all. Later facts are not counted.
	Last int `cbor:"8,keyasint,omitempty"`
	// Causal has Last count in the order of [Compare], which views show: a late fact is not the newest.
	// It needs Namespaces, and Last of at most [MaxCausal].
	Causal bool `cbor:"9,keyasint,omitempty"`
	// Author and Operation take only the facts of an author, and of those only the facts of one of its actions;
	// zero: all. A peer names its own actions, so Operation needs Author.
	Author    aura.AuthorityID `cbor:"10,keyasint,omitzero"`
	Operation aura.OperationID `cbor:"11,keyasint,omitzero"`
	// Era is that of the updates which the caller has already; zero: any. In another one the watch ends, see [Update.Era].
	Era uint64 `cbor:"12,keyasint,omitempty"`
}

// MaxCausal is how many records a selection that is [Selection.Causal] may ask for.
const MaxCausal = 4096

// Check returns [aura.Invalid] for a selection that cannot be read.
func (s *Selection) Check() error {
	if s.Causal && (len(s.Namespaces) == 0 || s.Last <= 0 || s.Last > MaxCausal) {
		return aura.Errorf("fact.Selection", aura.Invalid, "the newest in causal order are read of namespaces, and at most %d", MaxCausal)
	}
	if s.Author.IsZero() && !s.Operation.IsZero() {
		return aura.Errorf("fact.Selection", aura.Invalid, "the facts of an action are read of its author")
	}
	return nil
}

// Update is one delivery to a watcher. Records are in position order.
type Update struct {
	Records      []Record
	Position     Position // everything selected up to here was delivered
	Live         bool     // history is complete: later facts are new
	Observations []Observation
	// Era counts how often facts became void, or counted again, after they could be read, see [Record.Void]. A fold of
	// updates of another era is not valid: begin again, with all that is selected. Zero: not known here.
	Era uint64
}

// Observation is runtime-local state on its way to a frontend: never a fact, never stored, never synced.
// The newest of a kind and key replaces the ones before it; an empty payload says that it is gone.
type Observation struct {
	Kind    string `cbor:"1,keyasint,omitempty"`
	Key     string `cbor:"2,keyasint,omitempty"`
	Payload []byte `cbor:"3,keyasint,omitempty"`
}

// Question asks an agent for one answer: status, explain, query.
type Question struct {
	Kind    string `cbor:"1,keyasint,omitempty"`
	Payload []byte `cbor:"2,keyasint,omitempty"`
}

// Answer is the reply to a [Question].
type Answer struct {
	Payload []byte `cbor:"1,keyasint,omitempty"`
}

// MatchKind reports whether a kind's name fits pattern: the name itself, "*" for all, or a prefix that
// ends in ".*".
func MatchKind(pattern, kind string) bool {
	if pattern == "*" || pattern == kind {
		return true
	}
	prefix, ok := strings.CutSuffix(pattern, "*")
	return ok && strings.HasSuffix(prefix, ".") && strings.HasPrefix(kind, prefix)
}

// Selects reports whether the record is one that s asks for. A void one never is.
func (s *Selection) Selects(r *Record) bool { return !r.Void && s.Covers(r) }

// Covers is Selects for a record of which it is not known, or does not matter, whether it is void.
func (s *Selection) Covers(r *Record) bool {
	if r.Position <= s.After || r.Position > s.End() {
		return false
	}
	if !s.Author.IsZero() && r.Fact.Author != s.Author || !s.Operation.IsZero() && r.Fact.Operation != s.Operation {
		return false
	}
	return selectsNamespace(s.Namespaces, r.Fact.Namespace) && (len(s.Kinds) == 0 || matchAny(s.Kinds, r.Fact.Kind))
}

// Of returns the part of a whole history, in position order, that s selects.
func (s *Selection) Of(history []Record) []Record {
	var selected []Record
	for i := range history {
		if s.Selects(&history[i]) {
			selected = append(selected, history[i])
		}
	}
	if s.Last <= 0 || len(selected) <= s.Last {
		return selected
	}
	if !s.Causal {
		return selected[len(selected)-s.Last:]
	}
	slices.SortFunc(selected, func(a, b Record) int { return Compare(&b, &a) })
	selected = selected[:s.Last]
	slices.SortFunc(selected, func(a, b Record) int { return cmp.Compare(a.Position, b.Position) })
	return selected
}

// End returns the last position that s can select.
func (s *Selection) End() Position {
	end := ^Position(0)
	if s.Through > 0 {
		end = s.Through
	}
	if s.Before > 0 {
		end = min(end, s.Before-1)
	}
	return end
}

// Observes reports whether s asks for observations of the kind.
func (s *Selection) Observes(kind string) bool { return matchAny(s.Observations, kind) }

func selectsNamespace(wanted []Namespace, n Namespace) bool {
	for _, w := range wanted {
		if w == n {
			return true
		}
	}
	return len(wanted) == 0
}

func matchAny(patterns []string, kind string) bool {
	for _, p := range patterns {
		if MatchKind(p, kind) {
			return true
		}
	}
	return false
}

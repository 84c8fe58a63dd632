package datalog

// Predicate is a named relation over terms: name(term, …). A fact is a predicate without variables.
type Predicate struct {
	Name  string
	Terms []Term
}

// Rule derives its head from every combination of facts that matches its body and passes all its
// expressions. A query is a rule whose head names the wanted values.
type Rule struct {
	Head        Predicate
	Body        []Predicate
	Expressions []*Expr
	// Scopes are the origins that the rule trusts beside its own block and the authorizer. None
	// means what its block says.
	Scopes []Scope
}

// CheckKind says when a [Check] holds. The numbers are those of the Biscuit schema.
type CheckKind uint8

// The kinds of checks.
const (
	// CheckIf holds when a query matches.
	CheckIf CheckKind = 0
	// CheckAll holds when a query's body matches and each of its matches passes the expressions.
	CheckAll CheckKind = 1
	// CheckRejectIf holds when no query matches.
	CheckRejectIf CheckKind = 2
)

// Check is a condition that must hold. It has at least one query; any of them may match. Their
// heads are not used.
type Check struct {
	Kind    CheckKind
	Queries []Rule
}

// PolicyKind is the decision of a matching [Policy]. The numbers are those of the Biscuit schema.
type PolicyKind uint8

// The kinds of policies.
const (
	PolicyAllow PolicyKind = 0
	PolicyDeny  PolicyKind = 1
)

// Policy decides if any of its queries matches. The first policy that matches wins.
type Policy struct {
	Kind    PolicyKind
	Queries []Rule
}

// ScopeKind is the kind of origins that a [Scope] trusts.
type ScopeKind uint8

// The kinds of scopes.
const (
	// ScopeAuthority trusts the first block.
	ScopeAuthority ScopeKind = 0
	// ScopePrevious trusts all blocks before the one that says so; it means nothing to the
	// authorizer.
	ScopePrevious ScopeKind = 1
	// ScopeKey trusts the blocks that carry a signature of a key.
	ScopeKey ScopeKind = 2
)

// Scope is one origin named after "trusting". Key is set for [ScopeKey] only.
type Scope struct {
	Kind ScopeKind
	Key  Key
}

// Program is a piece of source: the contents of a block of a token, or of an authorizer.
type Program struct {
	// Scopes are the default of every rule and check. They come first in the text.
	Scopes   []Scope
	Facts    []Predicate
	Rules    []Rule
	Checks   []Check
	Policies []Policy
}

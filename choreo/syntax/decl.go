package syntax

// The declarations beside the protocol. The comment of each shows how it is written.
type (
	// ProofBundle is "proof_bundle Name version "1" issuer "who" constraint "what" requires [a, b]".
	ProofBundle struct {
		Span
		Name        Name
		Version     string
		Issuer      string
		Constraints []string
		Requires    []Name
	}
	// Profile is "profile Name fairness f admissibility a escalation_window w".
	Profile struct {
		Span
		Name   Name
		Fields []Field
	}
	// AgreementProfile is "agreement_profile Name { visibility v rule r … }".
	AgreementProfile struct {
		Span
		Name   Name
		Fields []Field
	}
	// Field is one "key value" of a declaration.
	Field struct {
		Span
		Key, Value Name
	}
	// RoleSet is "role_set Name = A, B" or "role_set Name = subset(Other, 0..2)".
	RoleSet struct {
		Span
		Name    Name
		Members []Name
		Of      Name // empty text if the members are listed
		Range   Index
	}
	// Topology is "ring Name = A, B"; Shape is "cluster", "ring" or "mesh".
	Topology struct {
		Span
		Shape   Name
		Name    Name
		Members []Name
	}
	// TypeAlias is "type alias Name = type".
	TypeAlias struct {
		Span
		Name Name
		Type *TypeExpr
	}
	// TypeDecl is "type Name = | One(type) | Two".
	TypeDecl struct {
		Span
		Name     Name
		Variants []*Variant
	}
	// Variant is one "| Name(type)".
	Variant struct {
		Span
		Name Name
		Type *TypeExpr // nil if it carries nothing
	}
	// Effect is "effect Name" with its operations.
	Effect struct {
		Span
		Name       Name
		Operations []*EffectOp
	}
	// EffectOp is "authoritative name : In -> Out { class : authoritative }".
	EffectOp struct {
		Span
		Class   string // "authoritative", "command", "observe" or ""
		Name    Name
		In, Out *TypeExpr
		Fields  []Field
	}
	// Fragment is "fragment Name(parameters)".
	Fragment struct {
		Span
		Name   Name
		Params []Name
	}
	// Operation is "operation Name(params) at Role … = body".
	Operation struct {
		Span
		Name      Name
		Params    []*Param
		At        RoleRef
		Within    Name // empty text if absent
		Args      []Name
		Progress  *Progress
		Agreement Name // empty text if absent
		Prestate  Name
		Compose   Name
		Parts     *Bound // the number after compose; nil if absent
		Roles     []*RoleDecl
		Body      []Stmt
	}
	// Param is "name : type".
	Param struct {
		Span
		Name Name
		Type *TypeExpr
	}
	// Progress is "progress Name requires p within w on timeout => t on stall => s".
	Progress struct {
		Span
		Name   Name
		Fields []Field // keys "requires", "within", "timeout" and "stall"
	}
	// GuestRuntime is "guest runtime Name = uses A, B entry c".
	GuestRuntime struct {
		Span
		Name  Name
		Uses  []Name
		Entry []Name
	}
)

// TypeExpr is the type of an operation's argument or result, in canonical form: a path, a record in
// braces, or Result, Maybe or Unit with its arguments.
type TypeExpr struct {
	Span
	Name string
	Args []*TypeExpr
}

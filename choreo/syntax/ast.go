package syntax

// File is one choreography file.
type File struct {
	Source   *Source
	Module   *Module // nil without a module line
	Imports  []*Import
	Decls    []Decl
	Protocol *Protocol // nil if the file has none, which Parse reports
	Comments []Comment
}

// Name is an identifier and where it stands.
type Name struct {
	Span Span
	Text string
}

// Module is "module name exposing (names)".
type Module struct {
	Span     Span
	Name     Name
	Exposing string // the text between the parentheses
}

// Import is "import name as alias exposing (names)". It is kept and not resolved.
type Import struct {
	Span     Span
	Name     Name
	Alias    Name // empty text if there is none
	Exposing *string
}

// Protocol is the protocol of a file, or one of those after its "where".
type Protocol struct {
	Span     Span
	Name     Name
	Header   []*RoleDecl // the roles in parentheses after the name
	Requires []Name      // proof bundles
	Uses     []Name      // effect interfaces
	Under    []Name      // execution profiles
	Roles    []*RoleDecl // the roles of the body's "roles" line
	Body     []Stmt
	Where    []*Protocol
}

// DeclaredRoles returns the roles of the header, then those of the body.
func (p *Protocol) DeclaredRoles() []*RoleDecl {
	return append(p.Header[:len(p.Header):len(p.Header)], p.Roles...)
}

// RoleDecl declares a role or a family of roles.
type RoleDecl struct {
	Span Span
	Name Name
	Size Index // IndexSingle, IndexNumber, IndexSymbol or IndexAll
}

// IndexKind is the kind of an index in the brackets after a role. The numbers are append-only.
type IndexKind uint8

// The kinds of index.
const (
	IndexSingle IndexKind = 0 // no brackets
	IndexNumber IndexKind = 1 // Member[4]
	IndexSymbol IndexKind = 2 // Member[N]
	IndexAll    IndexKind = 3 // Member[*]
	IndexRange  IndexKind = 4 // Member[0..3]: from the first up to, and without, the second
)

// Bound is a number, or a name that a binding gives a number to (then Name is not "").
type Bound struct {
	Span  Span
	Name  string
	Value int
}

// Index is the content of the brackets after a role. From is used by IndexNumber, IndexSymbol and IndexRange; To by IndexRange.
type Index struct {
	Kind     IndexKind
	From, To Bound
}

// RoleRef mentions a role, one or several members of a family.
type RoleRef struct {
	Span  Span
	Name  Name
	Index Index
}

// Annotation is one "key : value" of a sender's record.
type Annotation struct {
	Span  Span
	Key   Name
	Value Value
}

// ValueKind says how an annotation's value is written. The numbers are append-only.
type ValueKind uint8

// The kinds of value.
const (
	ValueString   ValueKind = 0 // "text"
	ValueInt      ValueKind = 1 // 42
	ValueDuration ValueKind = 2 // 5s
	ValueName     ValueKind = 3 // true
	ValueNumbers  ValueKind = 4 // [1, 2]
	ValueNames    ValueKind = 5 // (a, b)
)

// Value is the value of an annotation. Text is a string without its quotes, and otherwise the value in
// canonical form.
type Value struct {
	Span Span
	Kind ValueKind
	Text string
}

// Message is a message: a label, and optionally the type and the text of its payload.
type Message struct {
	Span Span
	Name Name
	// Type is the path after "of" with its type arguments, for example "shop.List<shop.Item>"; "" if absent.
	Type string
	// Payload is the text in parentheses or braces with its brackets; "" if absent.
	Payload string
}

// Stmt is one step of a protocol. Extent returns where it stands.
type Stmt interface{ Extent() Span }

// Decl is a declaration beside the protocol. Extent returns where it stands.
type Decl interface{ Extent() Span }

// Extent returns s: a node that embeds a Span stands there.
func (s Span) Extent() Span { return s }

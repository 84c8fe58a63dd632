package syntax

// The statements of a protocol body. The comment of each shows how it is written.
type (
	// Send is "Sender { key : value } -> Receiver : Message".
	Send struct {
		Span
		From        RoleRef
		Annotations []*Annotation
		To          RoleRef
		Message     Message
	}
	// Broadcast is "Sender { key : value } ->* : Message".
	Broadcast struct {
		Span
		From        RoleRef
		Annotations []*Annotation
		Message     Message
	}
	// Choice is "choice Role at | Label => …".
	Choice struct {
		Span
		Role     RoleRef
		Branches []*ChoiceBranch
	}
	// ChoiceBranch is "| Label when (…) => …".
	ChoiceBranch struct {
		Span
		Label Name
		Guard *Guard // nil if unconditional
		Body  []Stmt
	}
	// Guard is "when (predicate)" or "when check Interface.operation(args) yields name".
	Guard struct {
		Span
		Predicate string // the text in the parentheses; "" for evidence
		Check     *Call  // nil for a predicate
		Witness   Name
	}
	// Par is "par | … | …".
	Par struct {
		Span
		Branches [][]Stmt
	}
	// Loop is "loop …" with a block.
	Loop struct {
		Span
		Kind    LoopKind
		Decider RoleRef // of LoopDecide
		Count   Bound   // of LoopRepeat
		While   string  // of LoopWhile
		Body    []Stmt
	}
	// Rec is "rec Name" with a block.
	Rec struct {
		Span
		Label Name
		Body  []Stmt
	}
	// Continue is "continue Name".
	Continue struct {
		Span
		Label Name
	}
	// CallProtocol is "call Name".
	CallProtocol struct {
		Span
		Protocol Name
	}
	// Begin is "begin operation(args)" with an optional progress contract.
	Begin struct {
		Span
		Operation Name
		Args      string // with parentheses; "" if absent
		Progress  *Progress
	}
	// Await is "await name".
	Await struct {
		Span
		Name Name
	}
	// Resolve is "resolve name as Success(value)".
	Resolve struct {
		Span
		Name    Name
		Outcome Name
		Value   Name // empty text if absent
	}
	// Invalidate is "invalidate name".
	Invalidate struct {
		Span
		Name Name
	}
	// Let is "let name = expression", with "authoritative" or "observe" before it and "in" after it as written.
	Let struct {
		Span
		Class string // "authoritative", "observe" or ""
		Name  Name
		Value *Expr
		In    []Stmt
		HasIn bool
	}
	// Case is "case expression of | Constructor(names) => …".
	Case struct {
		Span
		Subject  *Expr
		Branches []*CaseBranch
	}
	// CaseBranch is "| Constructor(names) => …".
	CaseBranch struct {
		Span
		Constructor Name
		Binds       []Name
		Body        []Stmt
	}
	// Timeout is "timeout 5s Role at … on timeout => … on cancel => …".
	Timeout struct {
		Span
		Duration  string
		Role      RoleRef
		Body      []Stmt
		OnTimeout []Stmt
		OnCancel  []Stmt
		HasCancel bool
	}
	// Publish is "publish name(value)" or "publish name as other".
	Publish struct {
		Span
		Name  Name
		Value Name // empty text if absent
		As    Name // empty text if absent
	}
	// Materialize is "materialize name from source".
	Materialize struct {
		Span
		Name, From Name
	}
	// Handoff is "handoff name to Role with receipt".
	Handoff struct {
		Span
		Name Name
		To   RoleRef
		With Name
	}
	// DependentWork is "dependent work name(value) required for other".
	DependentWork struct {
		Span
		Name, Value, For Name
	}
)

// LoopKind says when a loop ends. The numbers are append-only.
type LoopKind uint8

// The kinds of loop.
const (
	LoopForever LoopKind = 0
	LoopDecide  LoopKind = 1 // decide by Role
	LoopRepeat  LoopKind = 2 // repeat 3
	LoopWhile   LoopKind = 3 // while "condition"
)

// ExprKind is the kind of an [Expr]. The numbers are append-only.
type ExprKind uint8

// The kinds of expression.
const (
	ExprCheck     ExprKind = 0 // check Interface.operation(args)
	ExprObserve   ExprKind = 1 // observe Interface.operation(args)
	ExprTransfer  ExprKind = 2 // transfer name from Role to Role
	ExprConstruct ExprKind = 3 // Ok, Err, Just or Nothing, perhaps with a name
	ExprCall      ExprKind = 4 // name(args)
	ExprPath      ExprKind = 5 // name.name
)

// Expr is the expression of a let or a case.
type Expr struct {
	Span
	Kind     ExprKind
	Call     *Call   // of check, observe and call
	Resource Name    // of transfer
	From, To RoleRef // of transfer
	Path     []Name  // of a path; the constructor, then its name
}

// Call is "Interface.operation(args)" or "name(args)".
type Call struct {
	Span
	Interface Name // empty text for a plain call
	Operation Name
	Args      string // the text between the parentheses
}

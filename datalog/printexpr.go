package datalog

// The words of binary operations in text: an operator between its operands, or a method of the left
// one.
var operators = [...]string{
	OpLess: "<", OpGreater: ">", OpLessOrEqual: "<=", OpGreaterOrEqual: ">=", OpStrictEqual: "===",
	OpStrictNotEqual: "!==", OpEqual: "==", OpNotEqual: "!=", OpAdd: "+", OpSub: "-", OpMul: "*", OpDiv: "/",
	OpAnd: "&&", OpOr: "||", OpLazyAnd: "&&", OpLazyOr: "||", OpBitAnd: "&", OpBitOr: "|", OpBitXor: "^",
	OpTryOr: "",
}

var methods = [...]string{
	OpLength: "length", OpTypeOf: "type", OpContains: "contains", OpPrefix: "starts_with", OpSuffix: "ends_with",
	OpMatches: "matches", OpIntersection: "intersection", OpUnion: "union", OpAll: "all", OpAny: "any", OpGet: "get",
	OpTryOr: "try_or",
}

const externPrefix = "extern::"

// method returns the word of a method call, up to the name of a foreign function; "" if e is not
// written as one.
func (e *Expr) method() string {
	switch e.Op {
	case OpCall1, OpCall2:
		return externPrefix
	}
	if int(e.Op) < len(methods) {
		return methods[e.Op]
	}
	return ""
}

// expr writes a tree as it stands: a tree that was not parsed shows its nesting only where it has
// OpParens.
func (p *printer) expr(e *Expr) {
	switch {
	case e == nil:
		p.text("<no expression>")
	case e.Op == OpValue:
		p.term(e.Term)
	case e.Op == OpClosure:
		p.closure(e)
	case e.Op == OpNegate:
		p.text("!")
		p.expr(e.Left)
	case e.Op == OpParens:
		p.text("(")
		p.expr(e.Left)
		p.text(")")
	case e.method() != "":
		p.expr(e.Left)
		p.text("." + e.method())
		if e.Op == OpCall1 || e.Op == OpCall2 {
			p.name(e.Function, nameLength(e.Function) == len(e.Function))
		}
		p.text("(")
		if e.Op.Binary() {
			p.expr(e.Right)
		}
		p.text(")")
	case e.Op.Binary():
		p.expr(e.Left)
		p.text(" " + operators[e.Op] + " ")
		p.expr(e.Right)
	default:
		p.text("<unknown operation>")
	}
}

// closure writes a closure of no parameters as its body: it stands where only a closure can.
func (p *printer) closure(e *Expr) {
	if len(e.Params) > 0 {
		p.list(len(e.Params), func(i int) { p.term(NewVariable(e.Params[i])) })
		p.text(" -> ")
	}
	p.expr(e.Left)
}

package choreo

import (
	"github.com/aura-runtime/aura/choreo/syntax"
)

const (
	// maxFamily bounds a declared family, maxRange the members that one reference lists.
	maxFamily = 10_000
	maxRange  = 1_000
)

func (c *checker) checkRoleDecls() {
	decls := c.proto.DeclaredRoles()
	if len(decls) == 0 || len(c.proto.Body) == 0 {
		c.problem(c.proto.Name.Span, "EmptyChoreography", "", "the protocol %s has no roles or no messages", c.proto.Name.Text)
	}
	for _, d := range decls {
		if c.roles[d.Name.Text] != nil {
			c.problem(d.Span, "DuplicateRole", "", "role %s is declared twice", d.Name.Text)
			continue
		}
		c.roles[d.Name.Text] = d
		if d.Size.Kind == syntax.IndexNumber && (d.Size.From.Value < 1 || d.Size.From.Value > maxFamily) {
			c.problem(d.Size.From.Span, "FamilySize", "", "a family has 1 to %d members, not %d", maxFamily, d.Size.From.Value)
		}
	}
}

// checkHelpers collects the protocols after where and refuses those that call themselves.
func (c *checker) checkHelpers() {
	for _, h := range c.proto.Where {
		if c.helpers[h.Name.Text] != nil || h.Name.Text == c.proto.Name.Text {
			c.problem(h.Name.Span, "DuplicateProtocol", "", "protocol %s is declared twice", h.Name.Text)
			continue
		}
		c.helpers[h.Name.Text] = h
		for _, d := range h.DeclaredRoles() {
			if c.roles[d.Name.Text] == nil {
				c.problem(d.Span, "UndefinedRole", didYouMean(d.Name.Text, c.roles),
					"role %s of the helper %s is no role of %s, into which it is copied", d.Name.Text, h.Name.Text, c.proto.Name.Text)
			}
		}
	}
	c.checkCalls()
}

// checkCalls refuses calls of unknown protocols and circles of calls: a call is replaced by the called protocol.
func (c *checker) checkCalls() {
	const unseen, open, done = 0, 1, 2
	state := map[string]int{}
	var visit func(body []syntax.Stmt)
	visit = func(body []syntax.Stmt) {
		syntax.Walk(body, func(s syntax.Stmt) {
			call, ok := s.(*syntax.CallProtocol)
			if !ok {
				return
			}
			name := call.Protocol.Text
			h := c.helpers[name]
			switch {
			case h == nil:
				c.problem(call.Protocol.Span, "UndefinedProtocol", didYouMean(name, c.helpers), "there is no protocol %s after where", name)
			case state[name] == open:
				c.problem(call.Protocol.Span, "RecursiveCall", "use rec and continue to repeat", "protocol %s calls itself", name)
				delete(c.helpers, name) // break the circle for the checks that follow calls
			case state[name] == unseen:
				state[name] = open
				visit(h.Body)
				state[name] = done
			}
		})
	}
	visit(c.proto.Body)
	for _, h := range c.proto.Where {
		if state[h.Name.Text] == unseen && c.helpers[h.Name.Text] != nil {
			state[h.Name.Text] = open
			visit(h.Body)
			state[h.Name.Text] = done
		}
	}
}

func (c *checker) checkRoleRefs(body []syntax.Stmt) {
	syntax.Walk(body, func(s syntax.Stmt) {
		switch s := s.(type) {
		case *syntax.Send:
			from, to := c.some(s.From), c.some(s.To)
			if from && to && s.From.Index.Kind == syntax.IndexSingle && s.From.String() == s.To.String() {
				c.problem(s.To.Span, "SelfCommunication", "", "%s sends to itself", s.From)
			}
		case *syntax.Broadcast:
			c.some(s.From)
		case *syntax.Choice:
			c.one(s.Role)
		case *syntax.Loop:
			if s.Kind == syntax.LoopDecide {
				c.one(s.Decider)
			}
		case *syntax.Timeout:
			c.one(s.Role)
		case *syntax.Handoff:
			c.one(s.To)
		case *syntax.Let:
			c.transfer(s.Value)
		case *syntax.Case:
			c.transfer(s.Subject)
		}
	})
}

func (c *checker) transfer(e *syntax.Expr) {
	if e.Kind == syntax.ExprTransfer {
		c.one(e.From)
		c.one(e.To)
	}
}

// one checks a reference that must mean exactly one role.
func (c *checker) one(r syntax.RoleRef) {
	if r.Index.Kind == syntax.IndexAll || r.Index.Kind == syntax.IndexRange {
		c.problem(r.Span, "NotOneRole", "name one member, for example "+r.Name.Text+"[0]", "%s is several roles, and here one must act", r)
		return
	}
	c.some(r)
}

// some checks a reference to one role or several and reports whether it means anything.
func (c *checker) some(r syntax.RoleRef) bool {
	d := c.roles[r.Name.Text]
	switch {
	case d == nil:
		c.problem(r.Name.Span, "UndefinedRole", didYouMean(r.Name.Text, c.roles), "role %s is not declared", r.Name.Text)
		return false
	case d.Size.Kind == syntax.IndexSingle && r.Index.Kind != syntax.IndexSingle:
		c.problem(r.Span, "NotAFamily", "", "%s is a single role and takes no index", r.Name.Text)
		return false
	case d.Size.Kind != syntax.IndexSingle && r.Index.Kind == syntax.IndexSingle:
		c.problem(r.Span, "MissingIndex", "write "+r.Name.Text+"[*] for all of them", "%s is a family of roles", r.Name.Text)
		return false
	}
	return c.indexInRange(r, d)
}

func (c *checker) indexInRange(r syntax.RoleRef, d *syntax.RoleDecl) bool {
	from, to := r.Index.From, r.Index.To
	if r.Index.Kind == syntax.IndexRange && from.Name == "" && to.Name == "" {
		if from.Value >= to.Value {
			c.problem(r.Span, "InvalidRange", "a range runs from its first number up to, and without, its second", "the range %s is empty", r)
			return false
		}
		if to.Value-from.Value > maxRange {
			c.problem(r.Span, "InvalidRange", "", "the range %s has more than %d members", r, maxRange)
			return false
		}
	}
	if d.Size.Kind != syntax.IndexNumber {
		return true
	}
	size := d.Size.From.Value
	if r.Index.Kind == syntax.IndexNumber && from.Value >= size || r.Index.Kind == syntax.IndexRange && to.Name == "" && to.Value > size {
		c.problem(r.Span, "InvalidRange", "members are counted from 0", "%s has only %d members", r.Name.Text, size)
		return false
	}
	return true
}

// checkUnusedRoles refuses a declared role that nothing mentions, which is most often a slip of the pen.
func (c *checker) checkUnusedRoles() {
	used := map[string]bool{}
	for _, body := range c.bodies() {
		syntax.Walk(body, func(s syntax.Stmt) {
			switch s := s.(type) {
			case *syntax.Send:
				used[s.From.Name.Text], used[s.To.Name.Text] = true, true
			case *syntax.Broadcast:
				for name := range c.roles {
					used[name] = true
				}
			case *syntax.Timeout:
				used[s.Role.Name.Text] = true
			case *syntax.Handoff:
				used[s.To.Name.Text] = true
			case *syntax.Let:
				used[s.Value.From.Name.Text], used[s.Value.To.Name.Text] = true, true
			}
		})
	}
	for _, d := range c.proto.DeclaredRoles() {
		if !used[d.Name.Text] {
			c.problem(d.Span, "UnusedRole", "", "role %s takes no part in the protocol", d.Name.Text)
		}
	}
}

package choreo

import (
	"fmt"

	"github.com/aura-runtime/aura/choreo/syntax"
)

const (
	// maxParts bounds the messages and binders of an instance, and the statements visited to make it.
	maxParts = 1 << 17
	// maxRepeat bounds one "loop repeat".
	maxRepeat = 10_000
)

// builder turns the statements of a protocol into a Global type, last statement first: each is given what
// follows it. The branches of a choice share the statements after it, so these cost their size once.
type builder struct {
	protocol *Protocol
	binding  Binding
	members  map[string][]Role
	roles    []Role

	sites   []Site
	siteIDs map[string]SiteID
	lowered map[*syntax.Annotation]SiteID // the site of a record, by its first annotation
	spans   map[*GlobalComm]syntax.Span

	scope    []binder
	parts    int // how many parts may still be made; negative once too many were
	problems syntax.Diagnostics
	reasons  syntax.Diagnostics
	tier     Tier
}

// binder is an enclosing recursion: its label in the text and the variable that stands for it.
type binder struct{ label, variable string }

func newBuilder(p *Protocol, binding Binding) *builder {
	b := &builder{
		protocol: p, binding: binding, members: map[string][]Role{}, siteIDs: map[string]SiteID{},
		lowered: map[*syntax.Annotation]SiteID{}, spans: map[*GlobalComm]syntax.Span{}, parts: maxParts, tier: TierSessionProjectable,
	}
	decls := p.File.Protocol.DeclaredRoles()
	for i, f := range p.Families {
		b.family(f, decls[i])
	}
	return b
}

func (b *builder) family(f Family, decl *syntax.RoleDecl) {
	if f.Plain {
		b.members[f.Name] = []Role{Role(f.Name)}
		b.roles = append(b.roles, Role(f.Name))
		return
	}
	size := f.Size
	if f.Parameter != "" {
		n, ok := b.binding[f.Parameter]
		if !ok {
			b.problem(decl.Span, "UnboundSymbolic", "the size of the family %s is not bound: %s has no value", f.Name, f.Parameter)
			return
		}
		if n < 1 || n > maxFamily {
			b.problem(decl.Span, "FamilySize", "a family has 1 to %d members, not %d", maxFamily, n)
			return
		}
		size = n
	}
	for i := range size {
		b.members[f.Name] = append(b.members[f.Name], Member(f.Name, i))
	}
	b.roles = append(b.roles, b.members[f.Name]...)
}

func (b *builder) build() *Instance {
	if len(b.problems) > 0 {
		return nil
	}
	b.protocol.eachStmt(func(s syntax.Stmt) { b.lower(notesOf(s)) }) // numbers the sites in the order of the text
	g := b.block(b.protocol.File.Protocol.Body, GlobalEnd{})
	inst := &Instance{Protocol: b.protocol, Roles: b.roles, Global: g, sites: b.sites, spans: b.spans}
	inst.Tier, inst.Reasons = b.tier, b.reasons.Sorted()
	inst.TheoryConvertible = b.tier == TierSessionProjectable
	if b.tier == TierProofOnly {
		inst.Global = nil
	}
	if b.parts < 0 {
		return nil
	}
	for _, flaw := range Flaws(g) {
		b.problems = append(b.problems, inst.diagnose(flaw))
	}
	return inst
}

func (b *builder) problem(at syntax.Span, code, format string, args ...any) {
	b.problems = append(b.problems, b.diagnostic(at, code, format, args...))
}

// lowers notes a construct that keeps the protocol from a better tier.
func (b *builder) lowers(tier Tier, at syntax.Span, code, format string, args ...any) {
	b.tier = max(b.tier, tier)
	b.reasons = append(b.reasons, b.diagnostic(at, code, format, args...))
}

func (b *builder) diagnostic(at syntax.Span, code, format string, args ...any) syntax.Diagnostic {
	return syntax.Diagnostic{Source: b.protocol.File.Source, Span: at, Code: code, Message: fmt.Sprintf(format, args...)}
}

// spend takes one part from the budget and reports whether there was one.
func (b *builder) spend() bool {
	if b.parts >= 0 {
		b.parts--
	}
	return b.parts >= 0
}

func (b *builder) comm(from, to Role, next Global, label Label, site SiteID) Global {
	if !b.spend() {
		return GlobalEnd{}
	}
	return &GlobalComm{From: from, To: to, Branches: []GlobalBranch{{Label: label, Site: site, Next: next}}}
}

func (b *builder) block(list []syntax.Stmt, next Global) Global {
	for i := len(list) - 1; i >= 0 && b.spend(); i-- {
		next = b.stmt(list[i], next)
	}
	return next
}

func (b *builder) stmt(s syntax.Stmt, next Global) Global {
	switch s := s.(type) {
	case *syntax.Send:
		return b.sends(b.pairs(s.From, s.To, s.Span), s.Message, s.Annotations, next)
	case *syntax.Broadcast:
		return b.sends(b.everyone(s.From), s.Message, s.Annotations, next)
	case *syntax.Choice:
		return b.choice(s, next)
	case *syntax.Case:
		return b.caseOf(s, next)
	case *syntax.Timeout:
		return b.timeout(s, next)
	case *syntax.Par:
		return b.par(s, next)
	case *syntax.Loop:
		return b.loop(s, next)
	case *syntax.Rec:
		return b.recursion(s.Label.Text, s.Label.Text, s.Span, func(Global) Global { return b.block(s.Body, next) })
	case *syntax.Continue:
		return b.variable(s.Label)
	case *syntax.CallProtocol:
		// The labels of the caller mean nothing inside the helper.
		scope := b.scope
		b.scope = b.hidden()
		next = b.block(b.protocol.helpers[s.Protocol.Text].Body, next)
		b.scope = scope
		return next
	case *syntax.Let:
		return b.block(s.In, next)
	case *syntax.Begin, *syntax.Await, *syntax.Resolve, *syntax.Invalidate:
		b.lowers(TierProofOnly, s.Extent(), "UnsupportedAuthorityConstruct", "an authority operation has no part for the other roles")
	}
	// Publish, materialize, handoff and dependent work were checked, and send nothing.
	return next
}

// recursion binds label while body is built. The variable is base, or base_0 … if that name already means
// an enclosing recursion, which what follows may still refer to.
func (b *builder) recursion(label, base string, at syntax.Span, body func(again Global) Global) Global {
	name := fresh(base, func(v string) bool {
		for _, s := range b.scope {
			if s.variable == v {
				return true
			}
		}
		return false
	})
	b.scope = append(b.scope, binder{label, name})
	rec := &GlobalRec{Var: name, Body: body(GlobalVar{name})}
	b.scope = b.scope[:len(b.scope)-1]
	b.spend()
	if v, bad := returnsTo(rec); bad {
		b.problem(at, string(CodeUnguardedRecursion), "this comes back to %s without a message", v)
		return GlobalEnd{}
	}
	return rec
}

func (b *builder) variable(label syntax.Name) Global {
	for i := len(b.scope) - 1; i >= 0; i-- {
		if b.scope[i].label == label.Text {
			return GlobalVar{b.scope[i].variable}
		}
	}
	return GlobalEnd{} // reported by the checker
}

// hidden returns the scope with no label in reach, its variables still taken.
func (b *builder) hidden() []binder {
	out := make([]binder, len(b.scope))
	for i, s := range b.scope {
		out[i].variable = s.variable
	}
	return out
}

// lower returns the site of a sender's record.
func (b *builder) lower(notes []*syntax.Annotation) SiteID {
	if len(notes) == 0 {
		return 0
	}
	id, ok := b.lowered[notes[0]]
	if !ok {
		id = b.site(lower(notes, ignore))
		b.lowered[notes[0]] = id
	}
	return id
}

// ignore is for annotations whose problems the checker has reported.
func ignore(syntax.Span, string, string, string, ...any) {}

// site returns the number of a send's demands, the same for the same demands.
func (b *builder) site(s Site) SiteID {
	if len(s.Requirements) == 0 && s.Guard == nil && !s.Parallel {
		return 0
	}
	key := fmt.Sprintf("%#v %t", s.Requirements, s.Parallel)
	if s.Guard != nil {
		key += fmt.Sprintf(" %#v", *s.Guard)
	}
	id, ok := b.siteIDs[key]
	if !ok {
		b.sites = append(b.sites, s)
		id = SiteID(len(b.sites))
		b.siteIDs[key] = id
	}
	return id
}

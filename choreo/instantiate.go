package choreo

import (
	"errors"
	"fmt"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo/syntax"
)

// Instance is a protocol whose families have members: one Global type, and a part for each role. It is
// immutable.
type Instance struct {
	Protocol *Protocol
	// Roles are all participants, families in the order of their declaration, members by index.
	Roles []Role
	// Global is nil if the tier is TierProofOnly.
	Global Global
	Assessment

	sites []Site
	spans map[*GlobalComm]syntax.Span // where the choices were written
}

// Instantiate gives the families of the protocol their members. The binding needs a number for every
// parameter; a family has 1 to 10,000 members.
//
// It returns aura.Invalid, with positions, if a number is missing or an index has no member, or if a
// construct cannot be given a meaning; and aura.Exhausted if the type would have more than 131,072 parts.
func (p *Protocol) Instantiate(binding Binding) (*Instance, error) {
	const op = "choreo.Instantiate"
	b := newBuilder(p, binding)
	inst := b.build()
	switch {
	case len(b.problems) > 0:
		return nil, b.problems.Sorted().Err(op)
	case b.parts < 0:
		return nil, aura.Errorf(op, aura.Exhausted, "protocol %s has more than %d parts with these family sizes", p.Name, maxParts)
	}
	return inst, nil
}

// Local returns the part of one role. It returns aura.NotFound for a role that is no participant, and
// aura.Invalid, with the position of the choice, if the role cannot know its next step or if the protocol
// cannot be run.
func (in *Instance) Local(role Role) (Local, error) {
	const op = "choreo.Local"
	switch {
	case !slices.Contains(in.Roles, role):
		return nil, aura.Errorf(op, aura.NotFound, "protocol %s has no role %s", in.Protocol.Name, role)
	case in.Global == nil:
		return nil, aura.Errorf(op, aura.Invalid, "protocol %s cannot be run: %w", in.Protocol.Name, in.Reasons)
	}
	local, flaw := newProjector(role).project(in.Global, nil)
	if flaw != nil {
		return nil, syntax.Diagnostics{in.diagnose(flaw)}.Err(op)
	}
	return local, nil
}

// Parts returns of how many parts the global type consists. To project it for one role costs about as many steps.
func (in *Instance) Parts() int {
	n := 0
	if in.Global != nil {
		eachGlobal(in.Global, func(Global) { n++ })
	}
	return n
}

// Site returns the demands on the sends with this site; nil for 0. The caller must not change it.
func (in *Instance) Site(id SiteID) *Site {
	if id <= 0 || int(id) > len(in.sites) {
		return nil
	}
	return &in.sites[id-1]
}

// diagnose says where in the text a flaw was found.
func (in *Instance) diagnose(f *Flaw) syntax.Diagnostic {
	at := in.Protocol.File.Protocol.Name.Span
	if c, ok := f.At.(*GlobalComm); ok {
		if span, ok := in.spans[c]; ok {
			at = span
		}
	}
	hint := ""
	switch f.Code {
	case CodeEndMismatch, CodeIncompatibleTypes, CodePartnerMismatch, CodeDirectionMismatch, CodeSendBranchMismatch:
		hint = fmt.Sprintf("send %s a message in every branch, so that it learns what was chosen", f.Role)
	}
	return syntax.Diagnostic{Source: in.Protocol.File.Source, Span: at, Code: string(f.Code), Message: f.Error(), Hint: hint}
}

// maxProbe bounds the parts that checking one file projects, over all roles.
const maxProbe = 1 << 22

// probe instantiates the protocol with families of two and projects it for every kind of role.
func (p *Protocol) probe() (Assessment, syntax.Diagnostics) {
	inst, err := p.Instantiate(p.ProbeBinding())
	if err != nil {
		var problems syntax.Diagnostics
		if errors.As(err, &problems) {
			return Assessment{}, problems
		}
		return Assessment{}, syntax.Diagnostics{{Source: p.File.Source, Span: p.File.Protocol.Name.Span,
			Code: string(CodeTooLarge), Message: aura.Reason(err)}}
	}
	if inst.Global == nil {
		return inst.Assessment, nil
	}
	roles, parts := p.probeRoles(inst.Roles), inst.Parts()
	if parts*len(roles) > maxProbe {
		return Assessment{}, syntax.Diagnostics{{Source: p.File.Source, Span: p.File.Protocol.Name.Span, Code: string(CodeTooLarge),
			Message: fmt.Sprintf("%d roles in a protocol of %d parts are too many to check", len(roles), parts)}}
	}
	var problems syntax.Diagnostics
	for _, role := range roles {
		if _, flaw := newProjector(role).project(inst.Global, nil); flaw != nil {
			problems = append(problems, inst.diagnose(flaw))
		}
	}
	return inst.Assessment, problems
}

// ProbeBinding gives every parameter of the protocol the least number that makes sense of it: 2 for a
// family or a repetition, more if an index asks for more, 0 for an index.
func (p *Protocol) ProbeBinding() Binding {
	binding := Binding{}
	least := func(f Family, n int) {
		if f.Parameter != "" {
			binding[f.Parameter] = max(binding[f.Parameter], n)
		}
	}
	for _, f := range p.Families {
		least(f, 2)
	}
	use := func(r syntax.RoleRef) {
		i := slices.IndexFunc(p.Families, func(f Family) bool { return f.Name == r.Name.Text })
		if i < 0 {
			return
		}
		for _, b := range []syntax.Bound{r.Index.From, r.Index.To} {
			if _, bound := binding[b.Name]; b.Name != "" && !bound {
				binding[b.Name] = 0
			}
		}
		switch r.Index.Kind {
		case syntax.IndexNumber:
			least(p.Families[i], r.Index.From.Value+1)
		case syntax.IndexRange:
			least(p.Families[i], max(r.Index.From.Value+1, r.Index.To.Value))
			if to := r.Index.To.Name; to != "" {
				binding[to] = max(binding[to], r.Index.From.Value+1)
			}
		}
	}
	p.eachStmt(func(s syntax.Stmt) {
		for _, r := range roleRefs(s) {
			use(r)
		}
		if l, ok := s.(*syntax.Loop); ok && l.Count.Name != "" {
			binding[l.Count.Name] = max(binding[l.Count.Name], 2)
		}
	})
	return binding
}

// eachStmt calls f for every statement of the protocol and its helpers.
func (p *Protocol) eachStmt(f func(syntax.Stmt)) {
	syntax.Walk(p.File.Protocol.Body, f)
	for _, h := range p.File.Protocol.Where {
		syntax.Walk(h.Body, f)
	}
}

// probeRoles leaves out members that nothing tells apart from their neighbours: of each family the first
// three, the last, and those that are mentioned by number.
func (p *Protocol) probeRoles(roles []Role) []Role {
	named := map[Role]bool{}
	p.eachStmt(func(s syntax.Stmt) {
		for _, r := range roleRefs(s) {
			switch r.Index.Kind {
			case syntax.IndexNumber:
				named[Member(r.Name.Text, r.Index.From.Value)] = true
			case syntax.IndexRange:
				named[Member(r.Name.Text, r.Index.From.Value)] = true
				named[Member(r.Name.Text, r.Index.To.Value)] = true
				named[Member(r.Name.Text, r.Index.To.Value-1)] = true
			}
		}
	})
	var out []Role
	for i, r := range roles {
		family, index := r.Family()
		last := i+1 == len(roles)
		if !last {
			next, _ := roles[i+1].Family()
			last = next != family
		}
		if index < 3 || last || named[r] {
			out = append(out, r)
		}
	}
	return out
}

// roleRefs returns the roles that a statement itself mentions.
func roleRefs(s syntax.Stmt) []syntax.RoleRef {
	switch s := s.(type) {
	case *syntax.Send:
		return []syntax.RoleRef{s.From, s.To}
	case *syntax.Broadcast:
		return []syntax.RoleRef{s.From}
	case *syntax.Choice:
		return []syntax.RoleRef{s.Role}
	case *syntax.Loop:
		return []syntax.RoleRef{s.Decider}
	case *syntax.Timeout:
		return []syntax.RoleRef{s.Role}
	}
	return nil
}

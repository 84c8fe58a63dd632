package choreo

import (
	"slices"

	"github.com/aura-runtime/aura/choreo/syntax"
)

// choice builds one message with several branches. Where the label of a branch is the name of its first
// message, that message tells the choice; otherwise the label is a message of its own before it.
func (b *builder) choice(s *syntax.Choice, next Global) Global {
	var branches []GlobalBranch
	var from, to Role
	for _, br := range s.Branches {
		first, ok := b.block(br.Body, next).(*GlobalComm)
		if !ok || len(first.Branches) != 1 {
			return b.unfit(br.Label.Span, "InvalidChoice", "the branch %s must begin with a message from %s", br.Label.Text, s.Role)
		}
		if to == "" {
			from, to = first.From, first.To
		}
		if first.From != from || first.To != to {
			return b.unfit(br.Label.Span, "InconsistentReceivers",
				"the branch %s begins with a message from %s to %s, and the first branch with one from %s to %s",
				br.Label.Text, first.From, first.To, from, to)
		}
		branches = append(branches, b.alternative(br, first))
	}
	return b.choose(from, to, branches, s.Span)
}

// alternative is one branch of a choice, its guard included.
func (b *builder) alternative(br *syntax.ChoiceBranch, first *GlobalComm) GlobalBranch {
	out := GlobalBranch{Label: Label{Name: br.Label.Text}, Next: first}
	if first.Branches[0].Label.Name == br.Label.Text {
		out = first.Branches[0]
	}
	if br.Guard == nil {
		return out
	}
	var site Site
	if out.Site > 0 {
		site = b.sites[out.Site-1]
	}
	site.Guard = &Guard{Predicate: br.Guard.Predicate, Witness: br.Guard.Witness.Text}
	if call := br.Guard.Check; call != nil {
		site.Guard.Check, site.Guard.Args = call.Interface.Text+"."+call.Operation.Text, call.Args
	}
	out.Site = b.site(site)
	return out
}

func (b *builder) choose(from, to Role, branches []GlobalBranch, at syntax.Span) Global {
	b.spend()
	c := &GlobalComm{From: from, To: to, Branches: branches}
	b.spans[c] = at
	return c
}

// unfit reports a problem and stands in for the part that could not be built.
func (b *builder) unfit(at syntax.Span, code, format string, args ...any) Global {
	if b.parts >= 0 {
		b.problem(at, code, format, args...)
	}
	return GlobalEnd{}
}

// caseOf runs a case as a choice of the role that sends first in every branch: its host saw the evidence.
func (b *builder) caseOf(s *syntax.Case, next Global) Global {
	g, ok := b.decided(syntax.Bodies(s), next, s.Span)
	if !ok {
		b.lowers(TierProofOnly, s.Subject.Span, "UnsupportedFeature",
			"a case can be run if every branch begins with a different message from one role to another")
		return next
	}
	b.lowers(TierMachineExecutable, s.Subject.Span, "DecidedCase", "the case is run as a choice of the role that sends first")
	return g
}

// timeout runs as a choice of its role, if that role sends first in every branch: its host holds the clock.
func (b *builder) timeout(s *syntax.Timeout, next Global) Global {
	bodies := [][]syntax.Stmt{s.Body, s.OnTimeout}
	if s.HasCancel {
		bodies = append(bodies, s.OnCancel)
	}
	g, ok := b.decided(bodies, next, s.Span)
	if c, isComm := g.(*GlobalComm); !ok || !isComm || !slices.Equal(b.resolve(s.Role), []Role{c.From}) {
		b.lowers(TierProofOnly, s.Role.Span, "UnsupportedFeature",
			"a timeout can be run if %s begins each of its branches with a different message to one role", s.Role)
		return next
	}
	b.lowers(TierMachineExecutable, s.Role.Span, "DecidedTimeout", "the timeout is run as a choice of %s, which holds the clock", s.Role)
	return g
}

// decided merges bodies that one role can tell apart by its first message into a choice of that role.
func (b *builder) decided(bodies [][]syntax.Stmt, next Global, at syntax.Span) (Global, bool) {
	var branches []GlobalBranch
	var from, to Role
	for _, body := range bodies {
		first, ok := b.block(body, next).(*GlobalComm)
		if !ok || len(first.Branches) != 1 || len(body) == 0 {
			return GlobalEnd{}, false
		}
		if to == "" {
			from, to = first.From, first.To
		}
		if first.From != from || first.To != to {
			return GlobalEnd{}, false
		}
		name := first.Branches[0].Label.Name
		if slices.ContainsFunc(branches, func(o GlobalBranch) bool { return o.Label.Name == name }) {
			return GlobalEnd{}, false
		}
		branches = append(branches, first.Branches[0])
	}
	return b.choose(from, to, branches, at), true
}

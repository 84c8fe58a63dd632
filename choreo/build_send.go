package choreo

import (
	"slices"

	"github.com/aura-runtime/aura/choreo/syntax"
)

// pair is one message of a statement that may mean several.
type pair struct{ from, to Role }

// pairs lists the messages from each sender to each receiver, in the order of their indexes.
func (b *builder) pairs(from, to syntax.RoleRef, at syntax.Span) []pair {
	senders, receivers := b.resolve(from), b.resolve(to)
	if len(senders)*len(receivers) > max(0, b.parts) {
		b.parts = -1
		return nil
	}
	var out []pair
	for _, f := range senders {
		for _, t := range receivers {
			if f != t {
				out = append(out, pair{f, t})
			}
		}
	}
	if len(out) == 0 && len(senders) > 0 && len(receivers) > 0 {
		b.problem(at, "SelfCommunication", "%s sends only to itself", from)
	}
	return out
}

// everyone lists the messages of a broadcast: to every other role in the order of declaration.
func (b *builder) everyone(from syntax.RoleRef) []pair {
	var out []pair
	for _, f := range b.resolve(from) {
		for _, t := range b.roles {
			if f != t {
				out = append(out, pair{f, t})
			}
			if len(out) > b.parts {
				b.parts = -1
				return nil
			}
		}
	}
	return out
}

// resolve returns the members that a reference means; none, with a problem, if the binding has none.
func (b *builder) resolve(r syntax.RoleRef) []Role {
	members := b.members[r.Name.Text]
	switch r.Index.Kind {
	case syntax.IndexSingle, syntax.IndexAll:
		return members
	}
	from, ok := b.bound(r.Index.From)
	to := from + 1
	if r.Index.Kind == syntax.IndexRange {
		var okTo bool
		to, okTo = b.bound(r.Index.To)
		ok = ok && okTo
	}
	switch {
	case !ok:
		return nil
	case from < 0 || from >= to || to > len(members):
		b.problem(r.Span, "InvalidRange", "%s has members 0 to %d, and %s means %d up to %d", r.Name.Text, len(members)-1, r, from, to-1)
		return nil
	case to-from > maxRange:
		b.problem(r.Span, "InvalidRange", "the range %s has more than %d members", r, maxRange)
		return nil
	}
	return members[from:to]
}

func (b *builder) bound(n syntax.Bound) (int, bool) {
	if n.Name == "" {
		return n.Value, true
	}
	v, ok := b.binding[n.Name]
	if !ok {
		b.problem(n.Span, "UnboundSymbolic", "%s has no value", n.Name)
	}
	return v, ok
}

func (b *builder) sends(pairs []pair, m syntax.Message, notes []*syntax.Annotation, next Global) Global {
	site := b.lower(notes)
	label := Label{Name: m.Name.Text, Payload: m.Type}
	for _, p := range slices.Backward(pairs) {
		next = b.comm(p.from, p.to, next, label, site)
	}
	return next
}

package machine

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
)

// check holds an image to its invariants, so that the step path need not: every number points at an entry of
// its table, a role's states stay within its part, a state's edge begins or ends at its role, and the messages
// of one state have different names.
func (im *Image) check(op aura.Op, kind aura.Kind) error {
	bad := func(format string, args ...any) error { return aura.Errorf(op, kind, format, args...) }
	switch {
	case len(im.roles) > maxRoles || len(im.labels) > maxLabels || len(im.edges) > maxEdges ||
		len(im.states) > maxStates || len(im.branches) > maxBranches || len(im.fragments) > maxFragments:
		return aura.Errorf(op, aura.Exhausted, "protocol %s is larger than an image may be", im.name)
	case len(im.roles) == 0:
		return bad("protocol %s has no roles", im.name)
	case len(im.programs) != len(im.roles):
		return bad("%d parts for %d roles", len(im.programs), len(im.roles))
	case !slices.IsSortedFunc(im.roles, choreo.Role.Compare) || len(slices.Compact(slices.Clone(im.roles))) != len(im.roles):
		return bad("the roles are not in order")
	case !slices.IsSortedFunc(im.edges, compareEdges) || len(slices.Compact(slices.Clone(im.edges))) != len(im.edges):
		return bad("the edges are not in order")
	}
	if err := im.checkNames(op); err != nil {
		return err
	}
	for _, e := range im.edges {
		if int(e.from) >= len(im.roles) || int(e.to) >= len(im.roles) || e.from == e.to {
			return bad("an edge does not join two roles")
		}
	}
	for i := range im.states {
		if err := im.checkState(op, kind, i); err != nil {
			return err
		}
	}
	owner := make([]RoleID, len(im.states))
	for i := range owner {
		owner[i] = NoRole
	}
	for i, p := range im.programs {
		if int(p.fragment) >= len(im.fragments) || p.start < noState || int(p.start) >= len(im.states) {
			return bad("role %s does not start in a state", im.roles[i])
		}
		if p.start != noState && !im.reach(RoleID(i), p.start, owner) {
			return bad("the part of role %s is not its own", im.roles[i])
		}
	}
	return nil
}

// checkNames bounds the texts of an image, so that every compiled image can be loaded.
func (im *Image) checkNames(op aura.Op) error {
	long := func(s string) bool { return len(s) > maxNameBytes }
	tooLong := long(im.name) || slices.ContainsFunc(im.fragments, long) ||
		slices.ContainsFunc(im.roles, func(r choreo.Role) bool { return long(string(r)) })
	for _, l := range im.labels {
		tooLong = tooLong || long(l.Name) || long(l.Payload)
		if nodes := maxSortNodes; !boundedSort(l.Sort, 0, &nodes) {
			return aura.Errorf(op, aura.Exhausted, "the payload of message %s is larger than an image may describe", l.Name)
		}
	}
	if tooLong {
		return aura.Errorf(op, aura.Exhausted, "a name is longer than %d bytes", maxNameBytes)
	}
	return nil
}

func boundedSort(s choreo.Sort, depth int, nodes *int) bool {
	*nodes--
	if depth > maxSortDepth || *nodes < 0 || s.Len < 0 || s.Len > maxPayload/8 {
		return false
	}
	return s.Kind != choreo.SortProd || (boundedSort(*s.Left, depth+1, nodes) && boundedSort(*s.Right, depth+1, nodes))
}

func (im *Image) checkState(op aura.Op, kind aura.Kind, i int) error {
	s := &im.states[i]
	bad := func(why string) error { return aura.Errorf(op, kind, "state %d %s", i, why) }
	if uint64(s.first)+uint64(s.count) > uint64(len(im.branches)) {
		return bad("has branches that do not exist")
	}
	switch s.kind {
	case choreo.StateEnd:
		if s.count != 0 {
			return bad("is an end that continues")
		}
		return nil
	case choreo.StateSend, choreo.StateRecv:
	default:
		return bad("is of no known kind")
	}
	if s.count == 0 || int(s.edge) >= len(im.edges) {
		return bad("has no message to exchange")
	}
	names := make(map[string]bool, s.count)
	for _, b := range im.branchesOf(s) {
		if int(b.label) >= len(im.labels) || b.next < 0 || int(b.next) >= len(im.states) || b.site < 0 {
			return bad("leads nowhere")
		}
		name := im.labels[b.label].Name
		if names[name] {
			return bad("has the message " + name + " twice")
		}
		names[name] = true
	}
	return nil
}

// reach marks the states that can be reached from a start as the role's, and reports whether all of it is: its edges
// are the role's, and nothing of it is another role's.
func (im *Image) reach(role RoleID, start int32, owner []RoleID) bool {
	stack := []int32{start}
	for len(stack) > 0 {
		at := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if owner[at] == role {
			continue
		}
		if owner[at] != NoRole {
			return false
		}
		owner[at] = role
		s := &im.states[at]
		if s.kind == choreo.StateEnd {
			continue
		}
		if e := im.edges[s.edge]; (s.kind == choreo.StateSend && e.from != role) || (s.kind == choreo.StateRecv && e.to != role) {
			return false
		}
		for _, b := range im.branchesOf(s) {
			stack = append(stack, b.next)
		}
	}
	return true
}

// Verify reports whether the image is what [CompileGlobal] makes of g: the check for an image of unknown
// origin. It projects g again and compares every role's part; it returns aura.Denied at the first
// difference.
func (im *Image) Verify(g choreo.Global) error {
	const op = "machine.Verify"
	fresh, err := CompileGlobal(im.name, g)
	if err != nil {
		return &aura.Error{Op: op, Kind: aura.KindOf(err), Err: err}
	}
	if !slices.Equal(fresh.roles, im.roles) {
		return aura.Errorf(op, aura.Denied, "image %s has other roles than the protocol", im.name)
	}
	for i, role := range im.roles {
		if !sameParts(im, im.programs[i].start, fresh, fresh.programs[i].start) {
			return aura.Errorf(op, aura.Denied, "image %s: role %s does not follow the protocol", im.name, role)
		}
	}
	return nil
}

// sameParts compares two parts by walking them in step. Send sites are not compared: they belong to an
// instance.
func sameParts(a *Image, from int32, b *Image, to int32) bool {
	type pair struct{ a, b int32 }
	seen, stack := map[pair]bool{}, []pair{{from, to}}
	for len(stack) > 0 {
		p := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if seen[p] {
			continue
		}
		seen[p] = true
		if (p.a == noState) != (p.b == noState) {
			return false
		}
		if p.a == noState {
			continue
		}
		s, t := &a.states[p.a], &b.states[p.b]
		if s.kind != t.kind || s.count != t.count || (s.kind != choreo.StateEnd && a.edges[s.edge] != b.edges[t.edge]) {
			return false
		}
		for i, x := range a.branchesOf(s) {
			y := b.branchesOf(t)[i]
			l, m := a.labels[x.label], b.labels[y.label]
			if l.Name != m.Name || l.Payload != m.Payload || !l.Sort.Equal(m.Sort) {
				return false
			}
			stack = append(stack, pair{x.next, y.next})
		}
	}
	return true
}

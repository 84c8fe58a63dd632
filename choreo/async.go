package choreo

import (
	"fmt"
	"slices"
	"strings"
)

const (
	// maxAsyncSteps bounds the configurations that one AsyncSubtype visits, maxPending how many actions of
	// sup may wait to be matched.
	maxAsyncSteps = 1 << 14
	maxPending    = 32
)

// AsyncSubtype is [Subtype] for messages that wait in a queue for each pair of roles: sub may also send a
// message earlier than sup does, past receives and past sends to other roles, and receive one earlier,
// past receives from other roles. Every message that sup still expects must be received in the end, so
// that none is left over.
//
// It follows the refinement of Ghilezan, Pantović, Prokić, Scalas and Yoshida, "Precise Subtyping for
// Asynchronous Multiparty Sessions" (POPL 2021), which no algorithm decides. Like the bounded algorithm of
// Cutner, Yoshida and Vassor, "Deadlock-Free Asynchronous Message Reordering in Rust with Multiparty
// Session Types" (PPoPP 2022), this one is sound and incomplete. It follows both types together and keeps
// the actions of sup that sub has put off, at most 32; it ends in success where a situation comes back in
// which everything put off before has been done since.
//
// It returns nil if sub was shown to be a subtype, aura.Invalid if it found no way, and aura.Exhausted if
// the bounds of 32 actions and 16,384 situations did not suffice to tell. Only nil permits anything.
func AsyncSubtype(sub, sup Local) error {
	const op = "choreo.AsyncSubtype"
	a, b, flaw := tables(sub, sup)
	if flaw != nil {
		return flaw.in(op)
	}
	s := asyncSubtyping{sub: a, sup: b, path: map[string]*visits{}, assumed: map[[2]int]bool{}}
	if s.refines(a.Start, nil, b.Start) {
		return nil
	}
	if s.exhausted {
		return (&Flaw{Code: CodeUndecidedInBound, Detail: "the search was given up: too many messages are put off"}).in(op)
	}
	return s.reason.in(op)
}

type asyncSubtyping struct {
	sub, sup *Table
	path     map[string]*visits // the situations between the start and here in which something is put off
	// assumed are the pairs of states that were met with nothing put off. They hold for the whole search,
	// save for an alternative that fails, which takes back its own: trail has them in order.
	assumed   map[[2]int]bool
	trail     [][2]int
	putOff    int
	steps     int
	exhausted bool
	reason    *Flaw // the last difference found
}

// visits counts how often a situation was met, and keeps how many actions had been put off at first.
type visits struct{ count, putOff int }

// action is one that sup has done and sub has put off.
type action struct {
	send    bool
	partner Role
	label   Label
	serial  int
}

func (s *asyncSubtyping) fail(format string, args ...any) bool {
	s.reason = notASubtype(format, args...)
	return false
}

// refines reports whether sub at p does the pending actions, and then those of sup at q.
func (s *asyncSubtyping) refines(p int, pending []action, q int) bool {
	if s.steps++; s.steps > maxAsyncSteps || len(pending) > maxPending {
		s.exhausted = true
		return false
	}
	if len(pending) == 0 {
		pair := [2]int{p, q}
		if s.assumed[pair] {
			return true
		}
		s.assumed[pair] = true
		s.trail = append(s.trail, pair)
		return s.follows(p, pending, q)
	}
	key := situation(p, pending, q)
	met := s.path[key]
	if met == nil {
		met = &visits{putOff: s.putOff}
		s.path[key] = met
		defer delete(s.path, key)
	}
	stale := slices.IndexFunc(pending, func(a action) bool { return a.serial <= met.putOff })
	switch {
	case met.count > 0 && stale < 0:
		return true
	case met.count > len(pending):
		// Each round moves the deferred actions nearer to their turn, or leaves them in place for ever.
		return s.fail("it puts off %s for ever", pending[stale].label)
	}
	met.count++
	defer func() { met.count-- }()
	return s.follows(p, pending, q)
}

// follows takes the next step of sub.
func (s *asyncSubtyping) follows(p int, pending []action, q int) bool {
	switch state := &s.sub.States[p]; state.Kind {
	case StateSend:
		for i := range state.Edges {
			if !s.sends(state, &state.Edges[i], pending, q) {
				return false
			}
		}
		return true
	case StateRecv:
		return s.receives(state, pending, q)
	}
	if len(pending) > 0 {
		return s.fail("it is done while the other still has to handle %s", pending[0].label)
	}
	if other := &s.sup.States[q]; other.Kind != StateEnd {
		return s.fail("it is done where the other %s", other)
	}
	return true
}

// sends matches one send of sub: with the first pending send to the same partner, or with one that sup
// comes to.
func (s *asyncSubtyping) sends(state *State, e *Edge, pending []action, q int) bool {
	if i := slices.IndexFunc(pending, func(a action) bool { return a.send && a.partner == state.Partner }); i >= 0 {
		if !pending[i].label.equal(e.Label) {
			return s.fail("it sends %s to %s where the other sends %s", e.Label, state.Partner, pending[i].label)
		}
		return s.refines(e.Next, without(pending, i), q)
	}
	other := &s.sup.States[q]
	switch {
	case !s.sup.sendsTo(q, state.Partner):
		return s.fail("it sends %s to %s, which the other never does", e.Label, state.Partner)
	case other.Kind == StateSend && other.Partner == state.Partner:
		match := other.find(e.Label)
		if match == nil {
			return s.fail("it sends %s to %s where the other %s", e.Label, state.Partner, other)
		}
		return s.refines(e.Next, pending, match.Next)
	}
	return s.skip(other, pending, func(rest []action, next int) bool { return s.sends(state, e, rest, next) })
}

// receives matches a receive of sub: with the first pending receive from the same partner, or with one
// that sup comes to. It may not pass a send.
func (s *asyncSubtyping) receives(state *State, pending []action, q int) bool {
	for i, a := range pending {
		switch {
		case a.send:
			return s.fail("it waits for %s before it sends %s to %s", state.Partner, a.label, a.partner)
		case a.partner == state.Partner:
			match := state.find(a.label)
			if match == nil {
				return s.fail("it does not accept %s from %s", a.label, a.partner)
			}
			return s.refines(match.Next, without(pending, i), q)
		}
	}
	other := &s.sup.States[q]
	switch {
	case other.Kind != StateRecv:
		return s.fail("it %s where the other %s", state, other)
	case other.Partner != state.Partner:
		return s.skip(other, pending, func(rest []action, next int) bool { return s.receives(state, rest, next) })
	}
	for _, e := range other.Edges {
		match := state.find(e.Label)
		if match == nil {
			return s.fail("it does not accept %s from %s", e.Label, other.Partner)
		}
		if !s.refines(match.Next, pending, e.Next) {
			return false
		}
	}
	return true
}

// skip defers the action of sup at a state. Every message it may receive must work out; of those it may send, one
// is enough, since the sender chooses.
func (s *asyncSubtyping) skip(other *State, pending []action, then func([]action, int) bool) bool {
	if s.steps++; s.steps > maxAsyncSteps || len(pending) == maxPending {
		s.exhausted = true
		return false
	}
	if other.Kind == StateEnd {
		return s.fail("the other is done")
	}
	send := other.Kind == StateSend
	for _, e := range other.Edges {
		s.putOff++
		mark := len(s.trail)
		rest := append(pending[:len(pending):len(pending)], action{send, other.Partner, e.Label, s.putOff})
		if then(rest, e.Next) == send {
			return send
		}
		if send {
			s.takeBack(mark)
		}
	}
	return !send
}

// takeBack drops the assumptions since the trail had the given length.
func (s *asyncSubtyping) takeBack(mark int) {
	for _, pair := range s.trail[mark:] {
		delete(s.assumed, pair)
	}
	s.trail = s.trail[:mark]
}

func without(list []action, i int) []action { return slices.Delete(slices.Clone(list), i, i+1) }

// situation names a triple so that equal ones get equal names.
func situation(p int, pending []action, q int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d %d", p, q)
	for _, a := range pending {
		fmt.Fprintf(&b, " %t %q %q", a.send, a.partner, a.label.String())
	}
	return b.String()
}

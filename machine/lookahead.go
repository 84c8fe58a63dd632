package machine

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
)

// maxLookahead bounds the situations that are looked at for one message from outside.
const maxLookahead = 1 << 14

// lookahead is the receiver's future as far as one edge goes: the situations up to the message that is asked about. It is
// scratch memory of one call of Inject.
type lookahead struct {
	list  []situation
	index map[situation]int
	// takes: in some course of the protocol the message is taken. spoils: the receiver may come to where it cannot take the
	// message, by what it does itself, or whatever the others do.
	takes, spoils []bool
}

// situation is a state of the receiver's part, after it took so many of the messages that wait on the edge.
type situation struct {
	state int32
	taken int
}

// mayFollow reports whether a message may follow those that wait on an edge: its receiver can take it next in some
// course of the protocol, and no choice of its own leads to where it could not. The sender of such a message would have
// to know that choice first, so a message that comes before the choice and fits only one side of it is no message of
// this session.
func (m *Machine) mayFollow(op aura.Op, s *session, p *process, id EdgeID, label LabelID) (bool, error) {
	r, im := &s.rings[id], s.image
	if st := p.current(); r.count == 0 && st.kind == choreo.StateRecv && st.edge == id {
		return im.next(st, label) >= 0, nil // as in nearly all cases: the receiver waits for it
	}
	l := &m.ahead
	l.list = append(l.list[:0], situation{p.state, 0})
	if l.index == nil {
		l.index = map[situation]int{}
	}
	clear(l.index)
	l.index[l.list[0]] = 0
	for i := 0; i < len(l.list); i++ {
		im.follow(r, id, l.list[i], func(n situation) {
			if _, known := l.index[n]; !known {
				l.index[n] = len(l.list)
				l.list = append(l.list, n)
			}
		})
		if len(l.list) > maxLookahead {
			return false, aura.Errorf(op, aura.Exhausted, "session %d: what may follow on the edge has too many courses to tell", s.id)
		}
	}
	l.takes, l.spoils = append(l.takes[:0], make([]bool, len(l.list))...), append(l.spoils[:0], make([]bool, len(l.list))...)
	for changed := true; changed; {
		changed = false
		for i := len(l.list) - 1; i >= 0; i-- {
			takes, spoils := l.judge(im, r, id, label, l.list[i])
			changed = changed || takes != l.takes[i] || spoils != l.spoils[i]
			l.takes[i], l.spoils[i] = takes, spoils
		}
	}
	return l.takes[0] && !l.spoils[0], nil
}

// judge says what a situation means for the message, by the verdicts on the situations that follow it.
func (l *lookahead) judge(im *Image, r *ring, id EdgeID, label LabelID, at situation) (takes, spoils bool) {
	st := &im.states[at.state]
	if st.kind == choreo.StateRecv && st.edge == id && at.taken == r.count {
		fits := im.next(st, label) >= 0
		return fits, !fits
	}
	n, spoiled := 0, 0
	im.follow(r, id, at, func(next situation) {
		i := l.index[next]
		n++
		takes = takes || l.takes[i]
		if l.spoils[i] {
			spoiled++
		}
	})
	if st.kind == choreo.StateSend {
		return takes, spoiled > 0
	}
	return takes, spoiled == n // also at the end of the part, where nothing follows
}

// follow calls f with each situation that can follow one before the message is taken.
func (im *Image) follow(r *ring, id EdgeID, at situation, f func(situation)) {
	st := &im.states[at.state]
	switch {
	case st.kind == choreo.StateEnd || (st.edge == id && at.taken == r.count):
	case st.edge == id:
		if next := im.next(st, r.at(at.taken).label); next >= 0 {
			f(situation{next, at.taken + 1})
		}
	default:
		for _, b := range im.branchesOf(st) {
			f(situation{b.next, at.taken})
		}
	}
}

// next returns the state behind a message, -1 if the state does not have it.
func (im *Image) next(st *state, label LabelID) int32 {
	for _, b := range im.branchesOf(st) {
		if b.label == label {
			return b.next
		}
	}
	return -1
}

package explore

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/machine"
)

// Step is one message sent or received.
type Step struct {
	Role, Peer choreo.Role
	// Sends is whether the role sends; otherwise it receives.
	Sends bool
	Label string
}

func (s Step) String() string {
	if s.Sends {
		return fmt.Sprintf("%s sends %s to %s", s.Role, s.Label, s.Peer)
	}
	return fmt.Sprintf("%s receives %s from %s", s.Role, s.Label, s.Peer)
}

// model is the protocol as it is walked: the steps of each role in each state, and how much an edge holds.
type model struct {
	im       *machine.Image
	roles    []machine.RoleID
	actions  map[machine.StateID]machine.Action
	capacity int
}

// state is the state of each role, and the messages on each edge.
type state struct {
	at     []machine.StateID // by place in model.roles
	queues [][]machine.LabelID
}

// move is one step from a state, and the state that it leads to.
type move struct {
	step Step
	to   state
}

func newModel(im *machine.Image, capacity int) (*model, error) {
	m := &model{im: im, actions: map[machine.StateID]machine.Action{}, capacity: capacity}
	for i := range im.Roles() {
		id := machine.RoleID(i)
		if _, ok := im.Start(id); !ok {
			return nil, fmt.Errorf("image %s has no part for role %s", im.Name(), im.RoleName(id))
		}
		m.roles = append(m.roles, id)
	}
	return m, nil
}

func (m *model) start() state {
	s := state{at: make([]machine.StateID, len(m.roles)), queues: make([][]machine.LabelID, m.im.Edges())}
	for i, id := range m.roles {
		s.at[i], _ = m.im.Start(id)
	}
	return s
}

func (m *model) action(id machine.StateID) machine.Action {
	a, ok := m.actions[id]
	if !ok {
		a = m.im.Action(id)
		m.actions[id] = a
	}
	return a
}

// moves returns the steps of a role in a state. A message that is not expected is reported as an error.
func (m *model) moves(s state, role int) ([]move, error) {
	a := m.action(s.at[role])
	step := Step{Role: m.im.RoleName(m.roles[role]), Peer: m.im.RoleName(a.Peer), Sends: a.Kind == choreo.StateSend}
	var out []move
	switch a.Kind {
	case choreo.StateSend:
		if len(s.queues[a.Edge]) >= m.capacity {
			return nil, nil
		}
		for _, n := range a.Next {
			to := s.with(role, n.Next, a.Edge)
			to.queues[a.Edge] = append(append([]machine.LabelID(nil), s.queues[a.Edge]...), n.Label)
			step.Label = m.im.Label(n.Label).Name
			out = append(out, move{step, to})
		}
	case choreo.StateRecv:
		if len(s.queues[a.Edge]) == 0 {
			return nil, nil
		}
		head := s.queues[a.Edge][0]
		step.Label = m.im.Label(head).Name
		for _, n := range a.Next {
			if n.Label == head {
				to := s.with(role, n.Next, a.Edge)
				to.queues[a.Edge] = s.queues[a.Edge][1:]
				return []move{{step, to}}, nil
			}
		}
		return nil, fmt.Errorf("%s gets %s from %s, which it does not expect", step.Role, step.Label, step.Peer)
	}
	return out, nil
}

// with copies a state for a step of one role on one edge. Queues are shared until they are replaced.
func (s state) with(role int, next machine.StateID, edge machine.EdgeID) state {
	to := state{at: append([]machine.StateID(nil), s.at...), queues: append([][]machine.LabelID(nil), s.queues...)}
	to.at[role] = next
	return to
}

// key is the same for equal states.
func (s state) key() string {
	b := make([]byte, 0, 4*len(s.at)+2*len(s.queues))
	for _, id := range s.at {
		b = binary.AppendUvarint(b, uint64(id))
	}
	for _, q := range s.queues {
		b = binary.AppendUvarint(b, uint64(len(q)))
		for _, l := range q {
			b = binary.AppendUvarint(b, uint64(l))
		}
	}
	return string(b)
}

// over reports whether every role is done.
func (m *model) over(s state) bool {
	for _, id := range s.at {
		if m.action(id).Kind != choreo.StateEnd {
			return false
		}
	}
	return true
}

// waiting describes the waits of the roles, for a deadlock.
func (m *model) waiting(s state) string {
	var list []string
	for i, id := range s.at {
		a := m.action(id)
		role, peer := m.im.RoleName(m.roles[i]), m.im.RoleName(a.Peer)
		switch a.Kind {
		case choreo.StateRecv:
			list = append(list, fmt.Sprintf("%s waits for %s", role, peer))
		case choreo.StateSend:
			list = append(list, fmt.Sprintf("%s waits for room to %s", role, peer))
		}
	}
	return strings.Join(list, ", ")
}

// leftOver names a message that no role will take, "" if there is none.
func (m *model) leftOver(s state) string {
	for e, q := range s.queues {
		if len(q) > 0 {
			from, to := m.im.EdgeRoles(machine.EdgeID(e))
			return fmt.Sprintf("%s from %s to %s is left over", m.im.Label(q[0]).Name, m.im.RoleName(from), m.im.RoleName(to))
		}
	}
	return ""
}

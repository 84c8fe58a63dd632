package machine

import "github.com/aura-runtime/aura/choreo"

// StateID is the place of a state in its image.
type StateID int32

// Action is a role's step in a state, for tools that walk an image.
type Action struct {
	Kind choreo.StateKind
	// Peer is the other role; NoRole in an end.
	Peer RoleID
	// Edge is the edge that is used.
	Edge EdgeID
	// Next are the messages, each with the state that follows it.
	Next []Move
}

// Move is one message of an action.
type Move struct {
	Label LabelID
	Next  StateID
}

// Edges returns the number of edges.
func (im *Image) Edges() int { return len(im.edges) }

// EdgeRoles returns the sender and the receiver of an edge.
func (im *Image) EdgeRoles(id EdgeID) (from, to RoleID) { return im.edges[id].from, im.edges[id].to }

// Start returns the state in which a role begins, and false if the image has no part for it.
func (im *Image) Start(role RoleID) (StateID, bool) {
	if int(role) >= len(im.programs) || !im.played(role) {
		return 0, false
	}
	return StateID(im.programs[role].start), true
}

// Action returns the step in a state.
func (im *Image) Action(id StateID) Action {
	s := &im.states[id]
	a := Action{Kind: s.kind, Peer: NoRole}
	if s.kind == choreo.StateEnd {
		return a
	}
	a.Edge = s.edge
	a.Peer = im.edges[s.edge].to
	if s.kind == choreo.StateRecv {
		a.Peer = im.edges[s.edge].from
	}
	for _, b := range im.branchesOf(s) {
		a.Next = append(a.Next, Move{b.label, StateID(b.next)})
	}
	return a
}

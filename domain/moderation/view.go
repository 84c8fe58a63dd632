package moderation

import (
	"cmp"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/fold"
)

// Arrival is the treatment of a fact that arrives from a peer.
type Arrival uint8

// The answers of [State.Arrival].
const (
	// ArrivalAccepted takes it in.
	ArrivalAccepted Arrival = 1
	// ArrivalRefused closes the peer's channel and keeps nothing.
	ArrivalRefused Arrival = 2
)

// Display is how something is shown.
type Display uint8

// The answers of [State.Display].
const (
	// DisplayShown shows it and gives notice.
	DisplayShown Display = 1
	// DisplayQuiet shows it without notice.
	DisplayQuiet Display = 2
	// DisplayHidden shows nothing.
	DisplayHidden Display = 3
)

// Moderation is the state as a frontend shows it.
type Moderation struct {
	Muted   []Target `json:"muted"`
	Blocked []Target `json:"blocked"`
}

// Arrival returns the treatment of a peer's facts.
func (s *State) Arrival(from aura.AuthorityID) Arrival {
	if on(s.blocked, Target{Authority: from}) {
		return ArrivalRefused
	}
	return ArrivalAccepted
}

// Display says how to show what author wrote in a context.
func (s *State) Display(context aura.ContextID, author aura.AuthorityID) Display {
	switch {
	case on(s.blocked, Target{Authority: author}):
		return DisplayHidden
	case on(s.muted, Target{Authority: author}), on(s.muted, Target{Context: context}):
		return DisplayQuiet
	}
	return DisplayShown
}

// View returns the targets that are muted and blocked now, in a fixed order.
func (s *State) View() Moderation {
	return Moderation{Muted: list(s.muted), Blocked: list(s.blocked)}
}

func on(table map[Target]*fold.Newest[bool], t Target) bool {
	n := table[t]
	return n != nil && n.Value
}

func list(table map[Target]*fold.Newest[bool]) []Target {
	targets := make([]Target, 0, len(table))
	for t, n := range table {
		if n.Value {
			targets = append(targets, t)
		}
	}
	slices.SortFunc(targets, func(a, b Target) int {
		return cmp.Or(a.Authority.Compare(b.Authority), a.Context.Compare(b.Context))
	})
	return targets
}

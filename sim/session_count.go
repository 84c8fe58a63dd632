package sim

import view "github.com/aura-runtime/aura/domain/session"

// Sessions counts the sessions that people began, and how they ended, at each participant.
type Sessions struct {
	Opened    int `json:"opened"`
	Completed int `json:"completed"`
	Failed    int `json:"failed"`
	Cancelled int `json:"cancelled"`
	Expired   int `json:"expired"`
	Refused   int `json:"refused"`
	Agreed    int `json:"agreed"`  // operations that have a commit
	Changed   int `json:"changed"` // devices whose sessions begin in another version
	Moves     int `json:"moves"`   // that people asked for, of a session to another device
	Moved     int `json:"moved"`   // that came to be
	Back      int `json:"back"`    // of them, to a device that had played before
	Carried   int `json:"carried"` // changes of version that went with a move
	Struck    int `json:"struck"`  // crashes of a device in a move
	Stale     int `json:"stale"`   // capabilities that were spent, presented, and refused
	Forged    int `json:"forged"`  // those of another owner, and messages of a sender that plays no role, presented and refused
	// Attenuated counts moves that brought a part of the scope, and Forbidden those that stated what no rule allows, and were refused.
	Attenuated int `json:"attenuated"`
	Forbidden  int `json:"forbidden"`
	Beyond     int `json:"beyond"` // handovers beyond the scope of the owner, or that did not say how much moves, refused
	Routed     int `json:"routed"` // effects that crossed the boundary of two bundles
	Astray     int `json:"astray"` // those of a fragment that was not the session's here, refused
	// Outlasted counts sessions of several that began for some participants alone, because the agreement had expired at another one.
	Outlasted int `json:"outlasted"`
}

// Add adds the counts of another world.
func (s *Sessions) Add(o *Sessions) {
	s.Opened += o.Opened
	s.Completed += o.Completed
	s.Failed += o.Failed
	s.Cancelled += o.Cancelled
	s.Expired += o.Expired
	s.Refused += o.Refused
	s.Agreed += o.Agreed
	s.Changed += o.Changed
	s.Moves += o.Moves
	s.Moved += o.Moved
	s.Back += o.Back
	s.Carried += o.Carried
	s.Struck += o.Struck
	s.Stale += o.Stale
	s.Forged += o.Forged
	s.Attenuated += o.Attenuated
	s.Forbidden += o.Forbidden
	s.Beyond += o.Beyond
	s.Routed += o.Routed
	s.Astray += o.Astray
	s.Outlasted += o.Outlasted
}

func (s *Sessions) count(kind view.EndKind) {
	switch kind {
	case view.EndCompleted:
		s.Completed++
	case view.EndFailed:
		s.Failed++
	case view.EndCancelled:
		s.Cancelled++
	case view.EndExpired:
		s.Expired++
	case view.EndRefused:
		s.Refused++
	}
}

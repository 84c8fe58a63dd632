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

package sim

import "github.com/aura-runtime/aura/task"

// peer brings people into the world: "peer NAME…". Their agents run when it returns.
func (s *story) peer(tc task.Context, names []string) error {
	for _, name := range names {
		if _, err := s.person(name); err == nil {
			return usage("%s is there already", name)
		}
		if len(s.people) == MaxAgents {
			return usage("a world has at most %d people", MaxAgents)
		}
		p := s.admit(name)
		if err := s.foundAccount(tc, p); err != nil {
			return err
		}
		if err := p.start(tc); err != nil {
			return err
		}
		s.lanes[name] = p.lane()
	}
	return nil
}

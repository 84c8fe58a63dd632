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
		if err := s.admit(tc, name); err != nil {
			return err
		}
		p := s.people[len(s.people)-1]
		if err := p.start(tc); err != nil {
			return err
		}
		s.lanes[name] = p.lane()
	}
	return nil
}

package sim

import "github.com/aura-runtime/aura/task"

// crash ends and begins processes: "crash NAME" as a power failure does, "stop NAME" in order, "start NAME".
func (s *story) crash(tc task.Context, verb string, names []string) error {
	if len(names) != 1 {
		return usage("%s needs one person", verb)
	}
	p, err := s.person(names[0])
	if err != nil {
		return err
	}
	if (p.life == nil) != (verb == "start") {
		return usage("the agent of %s is not in a state for that", p.name)
	}
	switch verb {
	case "crash":
		p.crash()
	case "stop":
		p.stop(tc)
	case "start":
		return p.start(tc)
	}
	return nil
}

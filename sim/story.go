package sim

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/task"
)

// Play runs a world in which only the commands of a script act, one command a line, and returns their output. Then
// everything is healed, must settle and is checked as in [Run]. It returns [aura.Invalid], with the line, for a
// command that cannot be carried out.
//
// The commands, each in the file named for it: peer, link, cut, crash, advance, submit, view, facts. Words are
// separated by spaces, those in double quotes are one. Empty lines and lines that begin with # are ignored.
func Play(seed uint64, script string) (transcript string, r Report, err error) {
	s := &story{simulation: newSimulation(Options{Seed: seed, Agents: MinAgents, Minutes: 1, Devices: 1}), codes: map[string]string{}, lanes: map[string]*lane{}}
	s.scripted, s.policy = true, guard.DefaultPolicy()
	r = s.run(func(tc task.Context) error {
		defer tc.Group().Cancel()
		s.build(tc)
		err = s.tell(tc, script)
		if err == nil {
			s.conclude(tc)
		}
		s.end(tc)
		return nil
	})
	return s.out.String(), r, err
}

// story is a world and what its script has done so far.
type story struct {
	*simulation
	out   strings.Builder
	codes map[string]string // by name: the newest invitation that a person made
	lanes map[string]*lane  // by name: the messages of a person
}

// tell carries out the lines of a script.
func (s *story) tell(tc task.Context, script string) error {
	for n, line := range strings.Split(script, "\n") {
		words, err := wordsIn(line)
		if err == nil && len(words) > 0 {
			fmt.Fprintf(&s.out, "> %s\n", strings.TrimSpace(line))
			err = s.command(tc, words[0], words[1:])
		}
		if err != nil {
			return aura.Errorf("sim.Play", aura.Invalid, "line %d: %s: %s", n+1, strings.TrimSpace(line), aura.Reason(err))
		}
		if s.look(tc); s.broken() {
			return nil
		}
	}
	return nil
}

func (s *story) command(tc task.Context, verb string, args []string) error {
	switch verb {
	case "peer":
		return s.peer(tc, args)
	case "link":
		return s.link(tc, args)
	case "cut", "mend", "detach", "attach":
		return s.cut(verb, args)
	case "crash", "stop", "start":
		return s.crash(tc, verb, args)
	case "advance":
		return s.advance(tc, args)
	case "submit":
		return s.submit(tc, args)
	case "view":
		return s.view(tc, args)
	case "facts":
		return s.facts(tc, args)
	}
	return usage("there is no command %q", verb)
}

// wordsIn splits a line; none for a comment.
func wordsIn(line string) (words []string, err error) {
	for line = strings.TrimSpace(line); line != "" && line[0] != '#'; line = strings.TrimSpace(line) {
		word, rest, _ := strings.Cut(line, " ")
		if line[0] == '"' {
			if word, err = strconv.QuotedPrefix(line); err != nil {
				return nil, usage("a quoted word does not end")
			}
			rest = line[len(word):]
			if word, err = strconv.Unquote(word); err != nil {
				return nil, usage("a quoted word is malformed")
			}
		}
		words, line = append(words, word), rest
	}
	return words, nil
}

func usage(format string, args ...any) error {
	return aura.Errorf("sim.Play", aura.Invalid, format, args...)
}

// person returns a person by name.
func (s *story) person(name string) (*person, error) {
	for _, p := range s.people {
		if p.name == name {
			return p, nil
		}
	}
	return nil, usage("there is no person called %q", name)
}

// present returns the process of a person whose agent runs.
func (s *story) present(name string) (*life, error) {
	p, err := s.person(name)
	if err == nil && p.life == nil {
		err = usage("the agent of %s does not run", name)
	}
	if err != nil {
		return nil, err
	}
	return p.life, nil
}

// outcome prints how an action ended.
func (s *story) outcome(err error, done string) {
	if err != nil {
		done = fmt.Sprintf("%s: %s", aura.KindOf(err), aura.Reason(err))
	}
	fmt.Fprintln(&s.out, done)
}

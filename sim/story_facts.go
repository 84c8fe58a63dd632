package sim

import (
	"fmt"
	"maps"
	"slices"

	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// facts prints how many facts of each kind a person's journal holds: "facts NAME KIND…", where a kind may end
// in ".*".
func (s *story) facts(tc task.Context, args []string) error {
	if len(args) < 2 {
		return usage("facts needs a person and kinds")
	}
	l, err := s.present(args[0])
	if err != nil {
		return err
	}
	count := map[string]int{}
	if _, err := l.agent.Journal().Read(tc, fact.Selection{Kinds: args[1:]}, func(r fact.Record) error {
		count[r.Fact.Kind]++
		return nil
	}); err != nil {
		return err
	}
	for _, kind := range slices.Sorted(maps.Keys(count)) {
		fmt.Fprintln(&s.out, kind, count[kind])
	}
	return nil
}

package sim

import (
	"fmt"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/task"
)

// copyName gives a person the name of another person or of a group. The agent may refuse it.
func (w *simulation) copyName(tc task.Context, p *person) {
	l := p.life
	if l == nil {
		return
	}
	w.note(tc, "take name", p.name)
	name := one(w.chance, w.people).name
	switch w.chance.IntN(6) {
	case 0:
		name = fmt.Sprintf("%s %d", name, 2+w.chance.IntN(3)) // as a second one is shown
	case 1:
		name = fmt.Sprintf("Club %d", w.chance.IntN(100)) // as a group
	case 2:
		name = one(w.chance, []string{"Friend", "Neighbour", "friend", "FRIEND"}) // a petname of another person
	case 3:
		name = one(w.chance, []string{"\u0410da", "B\u200ben", "Cleo\u0301\u0301\u0301", one(w.chance, w.people).self().String()})
	}
	l.users.Go("name", func(tc task.Context) error {
		_ = l.do(tc, "name", func(tc task.Context) error {
			err := l.core.SetName(tc, name)
			switch aura.KindOf(err) {
			case 0:
				w.report.NameTakers++
			case aura.Invalid:
				w.report.NamesRefused++
				return nil // a name that would deceive
			}
			return err
		})
		return nil
	})
}

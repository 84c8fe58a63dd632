package reactive

import (
	"slices"
	"strings"

	"github.com/aura-runtime/aura"
)

// bound is a view in the scheduler with its inputs and whether it owes a snapshot.
type bound struct {
	view    View
	name    string
	needs   Needs
	follows []int // indices of the views that it reads, all smaller than its own
	due     bool  // something that it needs changed, and it has not published since
	ran     bool  // it published in the batch at hand

	timed bool         // the snapshot turns at an instant
	turns aura.Instant // when timed
}

func (b *bound) folds() bool {
	_, is := b.view.(Folding)
	return is
}

// arrange returns the views so that each comes after those that it follows; otherwise the order
// given is kept. It returns [aura.Conflict] for a second view of one name, [aura.NotFound] for a
// view that follows an unknown one and [aura.Invalid] for a cycle.
func arrange(views []View) ([]*bound, error) {
	const op = "reactive.arrange"
	pending := make([]*bound, 0, len(views))
	names := map[string]bool{}
	for _, v := range views {
		b := &bound{view: v, name: v.Name(), needs: v.Needs(), due: true}
		if names[b.name] {
			return nil, aura.Errorf(op, aura.Conflict, "two views are named %q", b.name)
		}
		names[b.name] = true
		pending = append(pending, b)
	}
	for _, b := range pending {
		for _, f := range b.needs.Follows {
			if !names[f] {
				return nil, aura.Errorf(op, aura.NotFound, "view %q follows %q, which does not exist", b.name, f)
			}
		}
	}
	placed := map[string]int{}
	var out []*bound
	for len(pending) > 0 {
		n := len(pending)
		pending = slices.DeleteFunc(pending, func(b *bound) bool {
			for _, f := range b.needs.Follows {
				if _, ok := placed[f]; !ok {
					return false
				}
			}
			placed[b.name] = len(out)
			out = append(out, b)
			return true
		})
		if len(pending) == n {
			return nil, aura.Errorf(op, aura.Invalid, "views follow each other in a circle: %s", nameList(pending))
		}
	}
	for _, b := range out {
		for _, f := range b.needs.Follows {
			b.follows = append(b.follows, placed[f])
		}
	}
	return out, nil
}

func nameList(views []*bound) string {
	names := make([]string, len(views))
	for i, b := range views {
		names[i] = b.name
	}
	return strings.Join(names, ", ")
}

package choreo_test

import (
	"fmt"
	"slices"

	"pgregory.net/rapid"

	"github.com/aura-runtime/aura/choreo"
)

// world runs local types against each other by the plainest rules: a queue for each pair of roles, one
// step at a time, everything by substitution. It is the oracle of the property tests.
type world struct {
	t      *rapid.T
	roles  []choreo.Role
	parts  map[choreo.Role]choreo.Local
	queues map[[2]choreo.Role][]choreo.Label
	sent   []event // in order
}

type event struct {
	from, to choreo.Role
	label    choreo.Label
}

func newWorld(t *rapid.T, parts map[choreo.Role]choreo.Local) *world {
	w := &world{t: t, parts: map[choreo.Role]choreo.Local{}, queues: map[[2]choreo.Role][]choreo.Label{}}
	for r, l := range parts {
		w.roles = append(w.roles, r)
		w.parts[r] = unfoldLocal(l)
	}
	slices.SortFunc(w.roles, choreo.Role.Compare)
	return w
}

// ready lists the roles that can take a step.
func (w *world) ready() []choreo.Role {
	var out []choreo.Role
	for _, r := range w.roles {
		switch l := w.parts[r].(type) {
		case *choreo.LocalSend:
			out = append(out, r)
		case *choreo.LocalRecv:
			if len(w.queues[[2]choreo.Role{l.Partner, r}]) > 0 {
				out = append(out, r)
			}
		}
	}
	return out
}

// run takes at most n steps in a drawn order. It returns an error for an unexpected message, for
// roles that wait for each other, and for a message that is left over.
func (w *world) run(n int) error {
	for range n {
		ready := w.ready()
		if len(ready) == 0 {
			return w.over()
		}
		if err := w.step(rapid.SampledFrom(ready).Draw(w.t, "next")); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) step(r choreo.Role) error {
	switch l := w.parts[r].(type) {
	case *choreo.LocalSend:
		b := rapid.SampledFrom(l.Branches).Draw(w.t, "choice")
		key := [2]choreo.Role{r, l.Partner}
		w.queues[key] = append(w.queues[key], b.Label)
		w.sent = append(w.sent, event{r, l.Partner, b.Label})
		w.parts[r] = unfoldLocal(b.Next)
	case *choreo.LocalRecv:
		key := [2]choreo.Role{l.Partner, r}
		got := w.queues[key][0]
		w.queues[key] = w.queues[key][1:]
		i := slices.IndexFunc(l.Branches, func(b choreo.LocalBranch) bool { return b.Label == got })
		if i < 0 {
			return fmt.Errorf("%s got %s while it expects %s", r, got, l)
		}
		w.parts[r] = unfoldLocal(l.Branches[i].Next)
	}
	return nil
}

func (w *world) over() error {
	for _, r := range w.roles {
		if _, done := w.parts[r].(choreo.LocalEnd); !done {
			return fmt.Errorf("%s waits for ever at %s", r, w.parts[r])
		}
	}
	for key, q := range w.queues {
		if len(q) > 0 {
			return fmt.Errorf("%s from %s to %s is left over", q[0], key[0], key[1])
		}
	}
	return nil
}

func unfoldLocal(l choreo.Local) choreo.Local {
	for {
		rec, ok := l.(*choreo.LocalRec)
		if !ok {
			return l
		}
		l = substitute(rec.Body, rec.Var, rec)
	}
}

// substitute needs no care for capture: the inserted part is closed.
func substitute(l choreo.Local, name string, with choreo.Local) choreo.Local {
	branches := func(in []choreo.LocalBranch) []choreo.LocalBranch {
		out := slices.Clone(in)
		for i := range out {
			out[i].Next = substitute(out[i].Next, name, with)
		}
		return out
	}
	switch l := l.(type) {
	case choreo.LocalVar:
		if l.Var == name {
			return with
		}
	case *choreo.LocalRec:
		if l.Var != name {
			return &choreo.LocalRec{Var: l.Var, Body: substitute(l.Body, name, with)}
		}
	case *choreo.LocalSend:
		return &choreo.LocalSend{Partner: l.Partner, Branches: branches(l.Branches)}
	case *choreo.LocalRecv:
		return &choreo.LocalRecv{Partner: l.Partner, Branches: branches(l.Branches)}
	}
	return l
}

// conforms reports whether the events could come from the global type, messages of different senders in
// any order: each step takes the first event of some role that the type allows next, looking past
// messages that do not concern its sender.
func conforms(g choreo.Global, events []event) error {
	for len(events) > 0 {
		g = unfoldAll(g)
		c, ok := g.(*choreo.GlobalComm)
		if !ok {
			return fmt.Errorf("%v after the end", events[0])
		}
		// The sender's first event must be this message: a role's own steps keep their order.
		i := slices.IndexFunc(events, func(e event) bool { return e.from == c.From })
		if i < 0 {
			return nil // the run was cut off before this message; what others did since is not judged
		}
		b := slices.IndexFunc(c.Branches, func(b choreo.GlobalBranch) bool { return b.Label == events[i].label })
		if b < 0 || events[i].to != c.To {
			return fmt.Errorf("%v where the type has %s", events[i], c)
		}
		g = c.Branches[b].Next
		events = slices.Delete(slices.Clone(events), i, i+1)
	}
	return nil
}

func unfoldAll(g choreo.Global) choreo.Global {
	for {
		if _, ok := g.(*choreo.GlobalRec); !ok {
			return g
		}
		g = choreo.Unfold(g)
	}
}

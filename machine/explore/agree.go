package explore

import (
	"fmt"
	"slices"

	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/machine"
)

// agree runs the machine itself along paths of choices that were found: one step at a time, and in waves
// whose picks are prepared backwards. Both must tell the same story.
func (x *search) agree() {
	for _, at := range x.farthest() {
		x.report.Paths++
		path := x.path(at)
		x.report.paths = append(x.report.paths, path)
		canonical, err := x.follow(path, false)
		if err != nil {
			x.fail(at, ProblemDisagreement, "canonical execution: "+err.Error())
			return
		}
		wide, err := x.follow(path, true)
		if err != nil {
			x.fail(at, ProblemDisagreement, "wide execution: "+err.Error())
			return
		}
		if a, b := machine.Stories(canonical)[0], machine.Stories(wide)[0]; !slices.Equal(a, b) {
			x.fail(at, ProblemDisagreement, "their traces differ")
			return
		}
	}
}

// farthest returns the states from which nothing new was reached, at most as many as paths are wanted, from
// everywhere in the search. Every choice is on the way to one of them, also where all ways join
// in one end.
func (x *search) farthest() []int32 {
	onTheWay := make([]bool, len(x.nodes))
	for _, n := range x.nodes[1:] {
		onTheWay[n.parent] = true
	}
	var out []int32
	for i, passed := range onTheWay {
		if !passed {
			out = append(out, int32(i))
		}
	}
	if most := x.options.Paths; len(out) > most {
		for i := range most {
			out[i] = out[(i+1)*len(out)/most-1] // the last is always one of them: it has the longest way
		}
		out = out[:most]
	}
	return out
}

// path returns the messages of each role on the way to a node, in their order.
func (x *search) path(at int32) map[choreo.Role][]string {
	sent := map[choreo.Role][]string{}
	for n := at; n > 0; n = x.nodes[n].parent {
		if s := x.nodes[n].step; s.Sends {
			sent[s.Role] = append(sent[s.Role], s.Label)
		}
	}
	for _, labels := range sent {
		slices.Reverse(labels)
	}
	return sent
}

// follow runs the machine until it has sent the messages of the path and is stuck.
func (x *search) follow(path map[choreo.Role][]string, wide bool) ([]machine.Event, error) {
	rounds := 16
	for _, role := range x.model.im.Roles() {
		rounds += 8 * (len(path[role]) + 2) * len(x.model.roles)
	}
	trace := machine.NewTrace(0)
	m := machine.New(&guide{left: path, next: map[choreo.Role]int{}}, machine.Options{
		Trace: trace, MaxRoles: len(x.model.roles), Buffer: machine.Buffer{Capacity: x.options.Capacity},
	})
	width := 1
	if wide {
		width = len(x.model.roles)
	}
	_, err := m.Open(x.model.im, machine.Opening{Owner: "explore", Admission: machine.AdmitTrusted(x.model.im, machine.IntegrityBare, machine.ReplaySequence, width)})
	if err != nil {
		return nil, err
	}
	for range rounds {
		status := m.Status()
		if status != machine.StatusProgressing {
			return trace.Events(), nil
		}
		if wide {
			w := m.Plan(width)
			for i := w.Len() - 1; i >= 0; i-- {
				m.Prepare(i)
			}
			_, err = m.Commit()
		} else {
			_, err = m.Step()
		}
		if err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("not over after %d rounds", rounds)
}

// guide is a host that sends the messages of a path, and then sleeps.
type guide struct {
	left map[choreo.Role][]string
	next map[choreo.Role]int
}

func (g *guide) want(role choreo.Role) (string, bool) {
	if i := g.next[role]; i < len(g.left[role]) {
		return g.left[role][i], true
	}
	return "", false
}

// Choose implements machine.Host.
func (g *guide) Choose(o machine.Offer) (int, machine.Answer) {
	want, ok := g.want(o.RoleName())
	if !ok {
		return 0, machine.AnswerDefer
	}
	for i := range o.Len() {
		if o.Label(i).Name == want {
			return i, machine.AnswerDone
		}
	}
	return 0, machine.AnswerContractViolation
}

// Payload implements machine.Host.
func (g *guide) Payload(m machine.Message) (machine.Value, machine.Answer) {
	if want, ok := g.want(m.RoleName()); !ok {
		return machine.Value{}, machine.AnswerDefer
	} else if want != m.LabelName() {
		return machine.Value{}, machine.AnswerContractViolation
	}
	g.next[m.RoleName()]++
	return machine.Example(m.Image.Label(m.Label)), machine.AnswerDone
}

// Receive implements machine.Host.
func (g *guide) Receive(machine.Message, machine.Value) machine.Answer { return machine.AnswerDone }

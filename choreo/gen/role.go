package gen

import (
	"fmt"
	"strings"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
)

// endpoint is one role: its states and the names of their types.
type endpoint struct {
	role   choreo.Role
	name   string // the protocol's name and the role's
	table  *choreo.Table
	states []string
}

func (w *writer) endpoint(role choreo.Role, table *choreo.Table) *endpoint {
	e := &endpoint{role: role, table: table, name: w.name(w.prefix + roleName(role))}
	for i, s := range table.States {
		want := fmt.Sprintf("%sS%d", e.name, i+1)
		if s.Kind == choreo.StateEnd {
			want = e.name + "End"
		}
		e.states = append(e.states, w.name(want))
	}
	return e
}

func (w *writer) role(e *endpoint) {
	first := e.states[e.table.Start]
	start := w.name("Start" + e.name)
	w.p("// %s begins the part of %s. The port must belong to a session of the protocol in that role.", start, e.role)
	w.p("func %s(port %s) %s {", start, w.port(), first)
	w.p("return %s{%s{run: &%s{port: port}}}\n}", first, w.turn, w.session)
	w.p("")
	for i := range e.table.States {
		w.state(e, i)
	}
}

func (w *writer) state(e *endpoint, i int) {
	s, name := &e.table.States[i], e.states[i]
	w.p("// %s is a state of %s, which here %s.", name, e.role, s)
	w.p("type %s struct{ turn %s }", name, w.turn)
	w.p("")
	switch {
	case s.Kind == choreo.StateSend:
		methods := names{}
		for _, edge := range s.Edges {
			w.send(e, name, s, edge, methods.give("Send"+exported(edge.Label.Name)))
		}
	case s.Kind == choreo.StateRecv && len(s.Edges) == 1:
		w.receiveOne(e, name, s)
	case s.Kind == choreo.StateRecv:
		w.receiveAny(e, name, s)
	}
}

func (w *writer) send(e *endpoint, state string, s *choreo.State, edge choreo.Edge, method string) {
	next, op := e.states[edge.Next], w.op(state, method)
	w.p("// %s sends %s to %s.%s After an error of the port the state may be used again.", method, edge.Label.Name, s.Partner, w.demands(edge.Site))
	w.p("func (s %s) %s(m %s) (%s, error) {", state, method, w.structs[edge.Label.Name], next)
	w.p("if err := s.turn.check(%q); err != nil {\nreturn %s{}, err\n}", op, next)
	w.p("if err := s.turn.run.port.Send(%q, %q, m.Payload); err != nil {", s.Partner, edge.Label.Name)
	w.p("return %s{}, &aura.Error{Op: %q, Kind: aura.KindOf(err), Err: err}\n}", next, op)
	w.p("return %s{s.turn.next()}, nil\n}", next)
	w.p("")
}

// op is the operation that the errors of a state's method carry.
func (w *writer) op(state, method string) string {
	return w.opts.Package + "." + state + "." + method
}

// demands describes the demands of a send's guard in a sentence.
func (w *writer) demands(id choreo.SiteID) string {
	site := w.inst.Site(id)
	if site == nil {
		return ""
	}
	var list []string
	for _, r := range site.Requirements {
		switch r := r.(type) {
		case choreo.RequireCapability:
			list = append(list, "the capability "+r.Name)
		case choreo.RequireFlow:
			list = append(list, units(r.Cost)+" of flow")
		case choreo.RequireLeakage:
			list = append(list, "leakage to "+strings.Join(r.Observers, ", "))
		}
	}
	if len(list) == 0 {
		return ""
	}
	return " It takes " + strings.Join(list, " and ") + "."
}

func units(cost aura.FlowCost) string {
	if cost == 1 {
		return "1 unit"
	}
	return fmt.Sprintf("%d units", cost)
}

// receive writes the part that both kinds of receive share, up to the label in hand.
func (w *writer) receive(state, method string, s *choreo.State, zero, result string) {
	op := w.op(state, method)
	w.p("func (s %s) %s() (%s, error) {", state, method, result)
	w.p("if err := s.turn.check(%q); err != nil {\nreturn %s, err\n}", op, zero)
	w.p("label, payload, err := s.turn.run.port.Receive(%q)", s.Partner)
	w.p("if err != nil {\nreturn %s, &aura.Error{Op: %q, Kind: aura.KindOf(err), Err: err}\n}", zero, op)
}

func (w *writer) unexpected(state, method, zero string) {
	w.p("return %s, aura.Errorf(%q, aura.Corrupt, \"message %%q is not expected here\", label)", zero, w.op(state, method))
}

func (w *writer) receiveOne(e *endpoint, state string, s *choreo.State) {
	edge := s.Edges[0]
	next, message := e.states[edge.Next], w.structs[edge.Label.Name]
	method := "Receive" + exported(edge.Label.Name)
	zero := message + "{}, " + next + "{}"
	w.p("// %s waits for %s from %s. After an error of the port the state may be used again.", method, edge.Label.Name, s.Partner)
	w.receive(state, method, s, zero, message+", "+next)
	w.p("if label != %q {", edge.Label.Name)
	w.unexpected(state, method, zero)
	w.p("}")
	w.p("return %s{payload}, %s{s.turn.next()}, nil\n}", message, next)
	w.p("")
}

func (w *writer) receiveAny(e *endpoint, state string, s *choreo.State) {
	outcome := w.name(state + "Outcome")
	cases := make([]string, len(s.Edges))
	for i, edge := range s.Edges {
		cases[i] = w.name(state + exported(edge.Label.Name))
	}
	w.p("// %s is what %s can receive in the state %s: %s.", outcome, e.role, state, strings.Join(cases, ", "))
	w.p("type %s interface{ is%s() }", outcome, outcome)
	w.p("")
	for i, edge := range s.Edges {
		w.p("// %s is the message %s and the state after it.", cases[i], edge.Label.Name)
		w.p("type %s struct {\n\tMessage %s\n\tNext %s\n}", cases[i], w.structs[edge.Label.Name], e.states[edge.Next])
		w.p("")
		w.p("func (%s) is%s() {}", cases[i], outcome)
		w.p("")
	}
	w.p("// Receive waits for the choice of %s. After an error of the port the state may be used again.", s.Partner)
	w.receive(state, "Receive", s, "nil", outcome)
	w.p("switch label {")
	for i, edge := range s.Edges {
		w.p("case %q:", edge.Label.Name)
		w.p("return %s{%s{payload}, %s{s.turn.next()}}, nil", cases[i], w.structs[edge.Label.Name], e.states[edge.Next])
	}
	w.p("}")
	w.unexpected(state, "Receive", "nil")
	w.p("}")
	w.p("")
}

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
	first := w.of(e.states[e.table.Start])
	start := w.name("Start" + e.name)
	w.p("// %s begins the part of %s. The port must belong to a session of the protocol in that role.", start, e.role)
	w.p("func %s[%s any](port %s) %s {", start, w.ctx, w.port(), first)
	w.p("return %s{%s{run: &%s{port: port}}}\n}", first, w.of(w.turn), w.of(w.session))
	w.p("")
	for i := range e.table.States {
		w.state(e, i)
	}
}

func (w *writer) state(e *endpoint, i int) {
	s, name := &e.table.States[i], e.states[i]
	w.p("// %s is a state of %s, which here %s.", name, e.role, s)
	w.p("type %s[%s any] struct{ turn %s }", name, w.ctx, w.of(w.turn))
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
	next, op := w.of(e.states[edge.Next]), w.op(state, method)
	w.p("// %s sends %s to %s.%s After an error of the port the state may be used again.", method, edge.Label.Name, s.Partner, w.demands(edge.Site))
	w.p("func (s %s) %s(ctx %s, m %s) (%s, error) {", w.of(state), method, w.ctx, w.structs[edge.Label.Name], next)
	w.p("if err := s.turn.check(%q); err != nil {\nreturn %s{}, err\n}", op, next)
	payload := "m.Payload"
	if _, ok := w.opts.Types[edge.Label.Payload]; ok {
		payload = "payload"
		w.p("payload, err := m.Payload.MarshalBinary()")
		w.p("if err != nil {\nreturn %s{}, &aura.Error{Op: %q, Kind: aura.Invalid, Err: err}\n}", next, op)
	}
	w.p("if err := s.turn.run.port.Send(ctx, %q, %q, %s); err != nil {", s.Partner, edge.Label.Name, payload)
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
	w.p("func (s %s) %s(ctx %s) (%s, error) {", w.of(state), method, w.ctx, result)
	w.p("if err := s.turn.check(%q); err != nil {\nreturn %s, err\n}", op, zero)
	w.p("label, payload, err := s.turn.run.port.Receive(ctx, %q)", s.Partner)
	w.p("if err != nil {\nreturn %s, &aura.Error{Op: %q, Kind: aura.KindOf(err), Err: err}\n}", zero, op)
}

// content writes the decoding of a payload that has a type, and returns the message with it.
func (w *writer) content(l choreo.Label, op, zero string) string {
	if _, ok := w.opts.Types[l.Payload]; !ok {
		return w.structs[l.Name] + "{payload}"
	}
	w.p("var m %s", w.structs[l.Name])
	w.p("if err := m.Payload.UnmarshalBinary(payload); err != nil {")
	w.p("return %s, &aura.Error{Op: %q, Kind: aura.Corrupt, Err: err}\n}", zero, op)
	return "m"
}

// broken says what a payload that cannot be decoded means, for states in which there can be one.
func (w *writer) broken(s *choreo.State) string {
	for _, edge := range s.Edges {
		if _, ok := w.opts.Types[edge.Label.Payload]; ok {
			return " After aura.Corrupt the message is lost and the session cannot go on."
		}
	}
	return ""
}

func (w *writer) unexpected(state, method, zero string) {
	w.p("return %s, aura.Errorf(%q, aura.Corrupt, \"message %%q is not expected here\", label)", zero, w.op(state, method))
}

func (w *writer) receiveOne(e *endpoint, state string, s *choreo.State) {
	edge := s.Edges[0]
	next, message := w.of(e.states[edge.Next]), w.structs[edge.Label.Name]
	method := "Receive" + exported(edge.Label.Name)
	zero := message + "{}, " + next + "{}"
	w.p("// %s waits for %s from %s. After an error of the port the state may be used again.%s", method, edge.Label.Name, s.Partner, w.broken(s))
	w.receive(state, method, s, zero, message+", "+next)
	w.p("if label != %q {", edge.Label.Name)
	w.unexpected(state, method, zero)
	w.p("}")
	w.p("return %s, %s{s.turn.next()}, nil\n}", w.content(edge.Label, w.op(state, method), zero), next)
	w.p("")
}

func (w *writer) receiveAny(e *endpoint, state string, s *choreo.State) {
	outcome := w.name(state + "Outcome")
	cases := make([]string, len(s.Edges))
	for i, edge := range s.Edges {
		cases[i] = w.name(state + exported(edge.Label.Name))
	}
	w.p("// %s is what %s can receive in the state %s: %s.", outcome, e.role, state, strings.Join(cases, ", "))
	w.p("type %s[%s any] interface{ is%s(%s) }", outcome, w.ctx, outcome, w.ctx)
	w.p("")
	for i, edge := range s.Edges {
		w.p("// %s is the message %s and the state after it.", cases[i], edge.Label.Name)
		w.p("type %s[%s any] struct {\n\tMessage %s\n\tNext %s\n}", cases[i], w.ctx, w.structs[edge.Label.Name], w.of(e.states[edge.Next]))
		w.p("")
		w.p("func (%s) is%s(%s) {}", w.of(cases[i]), outcome, w.ctx)
		w.p("")
	}
	w.p("// Receive waits for the choice of %s. After an error of the port the state may be used again.%s", s.Partner, w.broken(s))
	w.receive(state, "Receive", s, "nil", w.of(outcome))
	w.p("switch label {")
	for i, edge := range s.Edges {
		w.p("case %q:", edge.Label.Name)
		content := w.content(edge.Label, w.op(state, "Receive"), "nil")
		w.p("return %s{%s, %s{s.turn.next()}}, nil", w.of(cases[i]), content, w.of(e.states[edge.Next]))
	}
	w.p("}")
	w.unexpected(state, "Receive", "nil")
	w.p("}")
	w.p("")
}

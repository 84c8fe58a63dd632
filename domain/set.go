package domain

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

// Set is the modules of an agent, checked against each other. Everything that the runtime asks about a domain, it
// asks the set. It never changes.
type Set struct {
	modules    []Module
	registry   *fact.Registry
	operations map[string]place
	leaves     map[string]place // by the kind of fact
	questions  map[string]*Question
	kinds      map[string]*Module
}

// place is where an operation is: of a module, by their numbers.
type place struct{ module, operation int }

// NewSet returns the set of modules, in order. It returns aura.Invalid for a module with a name, a kind, a pattern or an
// operation that cannot be, and aura.Conflict when two bring the same; the error names the module and the item.
func NewSet(modules ...Module) (*Set, error) {
	s := &Set{
		modules: slices.Clone(modules), registry: fact.NewRegistry(),
		operations: map[string]place{}, leaves: map[string]place{}, questions: map[string]*Question{},
		kinds: map[string]*Module{},
	}
	signals := map[string]string{}
	for i := range s.modules {
		m := &s.modules[i]
		if err := s.registry.Register(m.registration()); err != nil {
			return nil, err
		}
		for _, k := range m.Kinds {
			s.kinds[k.Name] = m
		}
		if err := s.add(i, m); err != nil {
			return nil, err
		}
		for _, v := range m.Views {
			if other, taken := signals[v.Signal]; taken || v.Signal == "" || v.Show == nil {
				return nil, refuse(m, aura.Conflict, "the view %q needs a function and a name of its own (%s)", v.Signal, other)
			}
			signals[v.Signal] = m.Name
		}
	}
	if err := s.checkFollows(); err != nil {
		return nil, err
	}
	return s, s.checkPatterns()
}

// checkFollows refuses a view that follows a module that there is not, or that has no state.
func (s *Set) checkFollows() error {
	for i := range s.modules {
		m := &s.modules[i]
		for _, v := range m.Views {
			for _, name := range v.Follows {
				if other, ok := s.Module(name); !ok || other.NewState == nil {
					return refuse(m, aura.Invalid, "the view %s follows %q, which is no module with a state", v.Signal, name)
				}
			}
		}
	}
	return nil
}

// checkPatterns refuses a module that would fold facts of another one: each folds its own.
func (s *Set) checkPatterns() error {
	for i := range s.modules {
		m := &s.modules[i]
		for _, pattern := range slices.Concat(m.Indexed, m.Recent, m.Names) {
			for kind, other := range s.kinds {
				if other != m && fact.MatchKind(pattern, kind) {
					return refuse(m, aura.Conflict, "it folds %q, which has facts of module %s", pattern, other.Name)
				}
			}
		}
	}
	return nil
}

const opNewSet = "domain.NewSet"

func refuse(m *Module, kind aura.Kind, format string, args ...any) error {
	return aura.Errorf(opNewSet, kind, "module %s: "+format, append([]any{m.Name}, args...)...)
}

func (s *Set) add(n int, m *Module) error {
	owns := func(kind string) bool {
		return slices.ContainsFunc(m.Kinds, func(k fact.Kind) bool { return fact.MatchKind(kind, k.Name) })
	}
	for _, kind := range slices.Concat(m.Indexed, m.Recent, m.Names) {
		if !owns(kind) || m.NewState == nil {
			return refuse(m, aura.Invalid, "it folds %q, and has no such kind, or no state", kind)
		}
	}
	if m.NewState != nil && m.NewState(aura.AuthorityID{}) == nil {
		return refuse(m, aura.Invalid, "NewState returns no state")
	}
	for i := range m.Operations {
		o := &m.Operations[i]
		at := place{n, i}
		switch {
		case o.Category < CategoryOptimistic || o.Category > CategoryCeremony:
			return refuse(m, aura.Invalid, "the operation %s has no category", o.Name)
		case o.Internal && !fact.ValidKind(o.Name):
			return refuse(m, aura.Invalid, "%.80q is no name of an operation, such as %q", o.Name, "chat.send")
		case o.Outcome != nil && m.NewState == nil:
			return refuse(m, aura.Invalid, "the operation %s has an outcome, and the module no state", o.Name)
		case o.Leaves != "" && !owns(o.Leaves):
			return refuse(m, aura.Invalid, "the operation %s leaves %q, which is no kind of the module", o.Name, o.Leaves)
		}
		if _, taken := s.operations[o.Name]; taken {
			return refuse(m, aura.Conflict, "the operation %s is there already", o.Name)
		}
		s.operations[o.Name] = at
		if o.Internal || o.Leaves == "" {
			continue
		}
		if _, taken := s.leaves[o.Leaves]; taken {
			return refuse(m, aura.Conflict, "two operations leave %s: which one did is not to be told", o.Leaves)
		}
		s.leaves[o.Leaves] = at
	}
	for i := range m.Questions {
		q := &m.Questions[i]
		if _, taken := s.questions[q.Kind]; taken || !fact.ValidKind(q.Kind) {
			return refuse(m, aura.Conflict, "the question %.80q needs a name of its own, such as %q", q.Kind, "chat.threads")
		}
		s.questions[q.Kind] = q
	}
	for _, c := range m.Capabilities {
		if c.Profile != "" && c.Profile != ProfileOwner {
			return refuse(m, aura.Invalid, "capability %s: there is no profile %.80q", c.Name, c.Profile)
		}
	}
	return nil
}

// Registry returns the kinds, intents, capabilities and retentions of all modules.
func (s *Set) Registry() *fact.Registry { return s.registry }

// Modules returns the modules in order. The caller must not change them.
func (s *Set) Modules() []Module { return s.modules }

// Module returns a module by its name.
func (s *Set) Module(name string) (*Module, bool) {
	i := slices.IndexFunc(s.modules, func(m Module) bool { return m.Name == name })
	if i < 0 {
		return nil, false
	}
	return &s.modules[i], true
}

// NewStates returns the empty states of all modules for an owner.
func (s *Set) NewStates(self aura.AuthorityID) *States {
	states := &States{}
	for i := range s.modules {
		if m := &s.modules[i]; m.NewState != nil {
			states.names = append(states.names, m.Name)
			states.all = append(states.all, m.NewState(self))
		}
	}
	return states
}

// Operation returns an operation by its name.
func (s *Set) Operation(name string) (*Operation, bool) {
	at, ok := s.operations[name]
	if !ok {
		return nil, false
	}
	return &s.modules[at.module].Operations[at.operation], true
}

// Left returns the operation that leaves facts of a kind with its identifier, and the module that has it.
func (s *Set) Left(kind string) (*Operation, *Module, bool) {
	at, ok := s.leaves[kind]
	if !ok {
		return nil, nil, false
	}
	return &s.modules[at.module].Operations[at.operation], &s.modules[at.module], true
}

// Outcomes returns the kinds of facts that say how operations went, ascending.
func (s *Set) Outcomes() []string {
	kinds := s.OngoingKinds()
	for kind := range s.leaves {
		kinds = append(kinds, kind)
	}
	slices.Sort(kinds)
	return slices.Compact(kinds)
}

// Kind returns the module that has a kind of facts.
func (s *Set) Kind(kind string) (*Module, bool) {
	m, ok := s.kinds[kind]
	return m, ok
}

// Written returns when a fact was written by its author's clock, false when its domain cannot tell.
func (s *Set) Written(f *fact.Fact) (aura.Instant, bool) {
	m, known := s.kinds[f.Kind]
	if !known || m.Written == nil {
		return 0, false
	}
	return m.Written(f)
}

// Ongoing returns the modules whose operations go on after their first fact, see [Operation.Outcome].
func (s *Set) Ongoing() []*Module {
	var all []*Module
	for i := range s.modules {
		m := &s.modules[i]
		if slices.ContainsFunc(m.Operations, func(o Operation) bool { return o.Outcome != nil }) {
			all = append(all, m)
		}
	}
	return all
}

// OngoingKinds returns the kinds of [Set.Ongoing]: how such an operation is may rest on any of them.
func (s *Set) OngoingKinds() []string {
	var kinds []string
	for _, m := range s.Ongoing() {
		for _, k := range m.Kinds {
			kinds = append(kinds, k.Name)
		}
	}
	return kinds
}

// Names returns the kinds that names are resolved against, see [Module.Names].
func (s *Set) Names() []string {
	var kinds []string
	for i := range s.modules {
		kinds = append(kinds, s.modules[i].Names...)
	}
	return kinds
}

// Question returns a question by its kind.
func (s *Set) Question(kind string) (*Question, bool) {
	q, ok := s.questions[kind]
	return q, ok
}

// Profile returns the capabilities that a profile grants, ascending. An owner with a capability of a domain may
// query its facts.
func (s *Set) Profile(name string) []string {
	var granted []string
	for i := range s.modules {
		m := &s.modules[i]
		before := len(granted)
		for _, c := range m.Capabilities {
			if c.Profile == name {
				granted = append(granted, c.Name)
			}
		}
		if len(granted) > before && len(m.Kinds) > 0 {
			granted = append(granted, fact.QueryCapability(m.Name))
		}
	}
	slices.Sort(granted)
	return granted
}

package reactive

import (
	"math"
	"slices"
	"strings"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/datalog"
	"github.com/aura-runtime/aura/fact"
)

// LogicOptions configures a [Logic]. The zero value works.
type LogicOptions struct {
	// AsOf isolates the query from facts after a position. Default: all that are durable when it runs.
	AsOf fact.Position
	// Params are values for the placeholders {name} of the text. Default: none.
	Params datalog.Params
	// Limits bound one evaluation. Default: 1,000,000 rows, 1,000 iterations, 100,000,000 steps, 128 MiB.
	Limits datalog.Limits
	// Answer is the most bytes that the values of the answer may take when they are written out. Default: 4 MiB.
	Answer int
}

// Rows is the answer of a [Logic].
type Rows struct {
	Position fact.Position    // the answer rests on the facts up to here
	Columns  []string         // the variables asked for; empty for a constant
	Rows     [][]datalog.Term // in the order found
}

// Logic is a query in Datalog over the facts of registered kinds. It is a [Query], so a signal can be bound
// to it.
//
// A fact of the kind chat.message appears as chat:message($id, …): its identifier, as bytes, and then the
// columns of its kind in their order; a column that the payload does not have is null. Of every fact of the kinds
// that the text names, and of all facts when it names none, four more predicates tell: kind($id, "chat.message"),
// author($id, $authority), place($id, $context) and position($id, $n).
//
// The text is a program of rules, of which the last one is the answer, or just the body of one: then the
// answer has all its variables. Rules cannot extend the predicates of facts: their heads are names of their own.
type Logic struct {
	options      LogicOptions
	program      *datalog.Program // without the answer
	answer       datalog.Rule
	kinds        map[string]fact.Kind // by predicate
	aspects      map[string]bool      // those that the text asks for
	looked       map[string][]bool    // by predicate of a kind: the columns at which some rule looks
	demanded     []demand
	reach        readRange
	capabilities []string
}

// NewLogic reads a query. It returns aura.Invalid for a text that is not one, or that uses a predicate with
// the wrong number of terms, and aura.NotFound for a predicate that nothing defines.
func NewLogic(text string, r *fact.Registry, o LogicOptions) (*Logic, error) {
	l := &Logic{options: o, kinds: map[string]fact.Kind{}, aspects: map[string]bool{}, looked: map[string][]bool{}}
	l.options.Limits = bounded(o.Limits)
	if l.options.Answer <= 0 {
		l.options.Answer = maxAnswer
	}
	if err := l.read(text); err != nil {
		return nil, err
	}
	names := newVocabulary(r)
	if err := l.resolve(names); err != nil {
		return nil, err
	}
	l.capabilities = names.capabilities(l.kinds)
	return l, nil
}

// read parses the text and takes the answer from it.
func (l *Logic) read(text string) error {
	const op = "reactive.NewLogic"
	if !strings.Contains(text, "<-") {
		return l.readBody(text)
	}
	if text = strings.TrimSpace(text); !strings.HasSuffix(text, ";") {
		text += ";"
	}
	p, err := datalog.Parse(text, l.options.Params)
	switch {
	case err != nil:
		return err
	case len(p.Rules) == 0:
		return aura.Errorf(op, aura.Invalid, "the query asks for nothing: its last rule is the answer, as in answer($text) <- …")
	case len(p.Checks)+len(p.Policies)+len(p.Scopes) > 0:
		return aura.Errorf(op, aura.Invalid, "a query has facts and rules, and neither checks, policies nor trust")
	}
	last := len(p.Rules) - 1
	l.answer, p.Rules = p.Rules[last], p.Rules[:last]
	l.program = p
	return nil
}

// readBody reads a text that is only the body of a rule: the answer is all its variables.
func (l *Logic) readBody(text string) error {
	rule, err := datalog.ParseBody("answer", text, l.options.Params)
	if err != nil {
		return aura.Errorf("reactive.NewLogic", aura.Invalid, "neither a program nor the body of a rule: %w", err)
	}
	for _, p := range rule.Body {
		for _, t := range p.Terms {
			if t.Kind() == datalog.KindVariable && !slices.ContainsFunc(rule.Head.Terms, t.Equal) {
				rule.Head.Terms = append(rule.Head.Terms, t)
			}
		}
	}
	l.answer, l.program = rule, &datalog.Program{}
	return nil
}

// resolve finds the kinds and columns that the text names, and refuses unknown ones.
func (l *Logic) resolve(v *vocabulary) error {
	const op = "reactive.NewLogic"
	own := map[string]bool{}
	define := func(p *datalog.Predicate) error {
		if v.knows(p.Name) {
			return aura.Errorf(op, aura.Invalid, "%s is what facts say: a rule or fact of one's own needs another name", p.Name)
		}
		own[p.Name] = true
		return nil
	}
	rules := append(slices.Clone(l.program.Rules), l.answer)
	for i := range l.program.Facts {
		if err := define(&l.program.Facts[i]); err != nil {
			return err
		}
	}
	for i := range rules {
		if err := define(&rules[i].Head); err != nil {
			return err
		}
		if len(rules[i].Scopes) > 0 {
			return aura.Errorf(op, aura.Invalid, "a query trusts its journal: \"trusting\" has no meaning in it")
		}
		if err := rules[i].Validate(); err != nil {
			return err
		}
	}
	for i := range rules {
		for j := range rules[i].Body {
			if err := l.use(v, own, &rules[i].Body[j]); err != nil {
				return err
			}
		}
	}
	for i := range rules {
		l.noteColumns(&rules[i])
		l.demanded = append(l.demanded, l.demands(&rules[i])...)
	}
	l.reach = readRangeOf(l.demanded)
	return nil
}

// noteColumns notes at which columns a rule looks: not at one whose variable stands nowhere else in it.
func (l *Logic) noteColumns(r *datalog.Rule) {
	seen := map[string]int{}
	for _, t := range r.Head.Terms {
		seen[t.Text()]++
	}
	for _, e := range r.Expressions {
		e.Variables(func(name string) { seen[name]++ })
	}
	for i := range r.Body {
		for _, t := range r.Body[i].Terms {
			seen[t.Text()]++
		}
	}
	for i := range r.Body {
		p := &r.Body[i]
		if _, of := l.kinds[p.Name]; !of {
			continue
		}
		if l.looked[p.Name] == nil {
			l.looked[p.Name] = make([]bool, len(p.Terms))
		}
		for col, t := range p.Terms {
			if t.Kind() != datalog.KindVariable || seen[t.Text()] > 1 {
				l.looked[p.Name][col] = true
			}
		}
	}
}

// use notes a predicate that a rule asks for.
func (l *Logic) use(v *vocabulary, own map[string]bool, p *datalog.Predicate) error {
	const op = "reactive.NewLogic"
	if own[p.Name] {
		return nil
	}
	terms, ok := v.terms(p.Name)
	if !ok {
		return aura.Errorf(op, aura.NotFound, "nothing is called %s: there are %s", p.Name, strings.Join(v.names(), ", "))
	}
	if len(terms) != len(p.Terms) {
		return aura.Errorf(op, aura.Invalid, "%s has %d terms: %s", p.Name, len(terms), strings.Join(terms, ", "))
	}
	if kind, ok := v.kinds[p.Name]; ok {
		l.kinds[p.Name] = kind
	} else {
		l.aspects[p.Name] = true
	}
	return nil
}

// Predicates implements [Query]: the kinds that the text can use, or everything when it takes any.
func (l *Logic) Predicates() fact.Selection {
	if l.reach.nothing {
		return fact.Selection{After: math.MaxUint64}
	}
	return fact.Selection{Kinds: slices.Clone(l.reach.kinds), After: l.reach.after}
}

// Capabilities implements [Query]: one for each domain whose facts the text asks for.
func (l *Logic) Capabilities() []string { return slices.Clone(l.capabilities) }

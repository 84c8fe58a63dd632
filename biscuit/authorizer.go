package biscuit

import (
	"fmt"
	"iter"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/datalog"
)

// Options are the optional parts of an [Authorizer] beside a token and a program.
type Options struct {
	// Limits bound the evaluation. Default: those of package datalog.
	Limits datalog.Limits
	// Functions are the foreign functions that expressions can call. Default: none.
	Functions datalog.Functions
}

// Authorizer decides about one request: a token beside the facts, rules, checks and policies of the
// deciding party. It is made for one decision and serves one caller.
type Authorizer struct {
	blocks  []*Block
	program *datalog.Program
	limits  datalog.Limits
	world   *datalog.World
	byKey   map[PublicKey]datalog.Origin // the blocks that a third party signed
}

// NewAuthorizer puts a token beside a program. A nil token stands for no token: then the program
// alone decides. The program must not be changed afterwards. The error is [aura.Invalid] for a rule
// that cannot be evaluated ([datalog.ErrUnbound] among others), and [aura.Exhausted] if the limits
// are reached already.
func NewAuthorizer(t *Token, program *datalog.Program, o Options) (*Authorizer, error) {
	var blocks []*Block
	if t != nil {
		blocks = t.contents
	}
	return newAuthorizer(blocks, program, o)
}

func newAuthorizer(blocks []*Block, program *datalog.Program, o Options) (*Authorizer, error) {
	const op = "biscuit.NewAuthorizer"
	a := &Authorizer{blocks: blocks, program: program, limits: o.Limits, world: datalog.NewWorld(o.Limits, o.Functions)}
	for i, b := range blocks {
		if b.External != nil {
			if a.byKey == nil {
				a.byKey = map[PublicKey]datalog.Origin{}
			}
			a.byKey[*b.External] |= datalog.Block(i)
		}
	}
	for i, b := range blocks {
		if err := a.load(i, &b.Program); err != nil {
			return nil, &aura.Error{Op: op, Kind: aura.KindOf(err), Err: fmt.Errorf("block %d: %w", i, err)}
		}
	}
	if err := a.load(authorizer, program); err != nil {
		return nil, &aura.Error{Op: op, Kind: aura.KindOf(err), Err: err}
	}
	return a, nil
}

// authorizer stands for the deciding party where blocks are numbered.
const authorizer = -1

func origin(block int) datalog.Origin {
	if block == authorizer {
		return datalog.Authorizer
	}
	return datalog.Block(block)
}

// load adds the facts and rules of a block.
func (a *Authorizer) load(block int, p *datalog.Program) error {
	from := origin(block)
	for _, f := range p.Facts {
		if err := a.world.AddFact(from, f); err != nil {
			return err
		}
	}
	for i := range p.Rules {
		r := &p.Rules[i]
		if err := a.world.AddRule(from, a.trusted(block, p, r), r); err != nil {
			return err
		}
	}
	return nil
}

// trusted returns the origins whose facts a rule sees: its own block and the authorizer always, and
// the scopes that it names, or else those that its block names, or else the authority block.
func (a *Authorizer) trusted(block int, p *datalog.Program, r *datalog.Rule) datalog.Origin {
	o := origin(block) | datalog.Authorizer
	scopes := r.Scopes
	if len(scopes) == 0 {
		scopes = p.Scopes
	}
	if len(scopes) == 0 {
		return o | datalog.Block(0)
	}
	for _, s := range scopes {
		switch s.Kind {
		case datalog.ScopeAuthority:
			o |= datalog.Block(0)
		case datalog.ScopePrevious:
			o |= datalog.BlocksBefore(block)
		case datalog.ScopeKey:
			o |= a.byKey[s.Key]
		}
	}
	return o
}

// Authorize decides: it returns the number of the policy that allows. Otherwise the error is
// [aura.Denied] and wraps a [*Denial], or it says why there is no decision, which is a denial as
// well: [aura.Invalid] if an expression failed, [aura.Exhausted] if a limit was reached.
func (a *Authorizer) Authorize() (policy int, err error) {
	const op = "biscuit.Authorize"
	d, err := a.decide()
	if err != nil {
		return 0, &aura.Error{Op: op, Kind: aura.KindOf(err), Err: err}
	}
	if d.Decided && d.Kind == datalog.PolicyAllow && len(d.Checks) == 0 {
		return d.Policy, nil
	}
	return 0, &aura.Error{Op: op, Kind: aura.Denied, Err: d}
}

// decide evaluates checks and policies. All failed checks are found, so that they can be reported
// together.
func (a *Authorizer) decide() (*Denial, error) {
	if err := a.world.Run(); err != nil {
		return nil, err
	}
	d := &Denial{}
	if err := a.check(d, authorizer, a.program); err != nil {
		return nil, err
	}
	for i, b := range a.blocks {
		if err := a.check(d, i, &b.Program); err != nil {
			return nil, err
		}
	}
	return d, a.policies(d)
}

// check adds the failed checks of a block to d.
func (a *Authorizer) check(d *Denial, block int, p *datalog.Program) error {
	for i := range p.Checks {
		ok, err := a.world.Check(&p.Checks[i], func(q *datalog.Rule) datalog.Origin { return a.trusted(block, p, q) })
		if err != nil {
			return fmt.Errorf("%s: %w", place(block, i), err)
		}
		if !ok {
			d.Checks = append(d.Checks, FailedCheck{Block: block, Check: i, Text: p.Checks[i].String()})
		}
	}
	return nil
}

// policies finds the first policy that matches.
func (a *Authorizer) policies(d *Denial) error {
	for i := range a.program.Policies {
		p := &a.program.Policies[i]
		for j := range p.Queries {
			ok, err := a.world.Matches(&p.Queries[j], a.trusted(authorizer, a.program, &p.Queries[j]))
			if err != nil {
				return fmt.Errorf("policy %d: %w", i, err)
			}
			if ok {
				d.Decided, d.Kind, d.Policy = true, p.Kind, i
				return nil
			}
		}
	}
	return nil
}

// Facts iterates over all facts, given and derived so far, by name.
func (a *Authorizer) Facts() iter.Seq[datalog.Fact] { return a.world.Facts() }

// Blocks returns the blocks of the token. They must not be changed.
func (a *Authorizer) Blocks() []*Block { return a.blocks }

// String returns the program of the deciding party in text form.
func (a *Authorizer) String() string { return a.program.String() }

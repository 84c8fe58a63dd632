package token

import (
	"errors"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/biscuit"
	"github.com/aura-runtime/aura/datalog"
	"github.com/aura-runtime/aura/domain/capability"
	"github.com/aura-runtime/aura/guard"
)

// MaxBytes bounds an encoded token that an agent looks at.
const MaxBytes = capability.MaxToken

// limits bound one question to a token. They are far above what grants need and far below what would slow
// an agent down: a peer chooses what its tokens say.
func limits() datalog.Limits {
	return datalog.Limits{Facts: 512, Iterations: 16, Steps: 20_000, Bytes: 256 << 10}
}

// Token is a verified token: the own authority issued its first block, and every later block is signed.
type Token struct {
	token *biscuit.Token
	turns []uint64
	timed bool // the turns are known: the answer changes at no other instant
	bound bool // the answer may depend on the context
}

// Claim states the facts of a request to a token.
type Claim struct {
	Subject aura.AuthorityID
	Device  aura.DeviceID  // zero: not known
	Context aura.ContextID // zero: an operation outside any context
	Now     aura.Instant
}

// Answer is the evaluation of a token under a claim.
type Answer struct {
	Names    []string // of the candidates, in their order
	Reason   guard.Reason
	Validity Validity
	// Anywhere: it is the same in every context. The absence of a context is not one.
	Anywhere bool
}

// Failed is a check of a token that did not hold.
type Failed = biscuit.FailedCheck

// Open checks the form of a token, its signatures against the root key that the agent trusts, and that no
// later block claims a right. A token that fails is nil, with the reason.
func Open(encoded []byte, root [32]byte) (*Token, guard.Reason) {
	if len(encoded) > MaxBytes {
		return nil, guard.ReasonDamaged
	}
	u, err := biscuit.Decode(encoded)
	if err != nil {
		return nil, guard.ReasonDamaged
	}
	verified, err := u.Verify(keyOf(root))
	switch {
	case errors.Is(err, biscuit.ErrRoot):
		return nil, guard.ReasonOtherRoot
	case err != nil:
		return nil, guard.ReasonDamaged
	case widens(verified.Blocks()):
		return nil, guard.ReasonTooBroad
	}
	t := &Token{token: verified}
	t.turns, t.timed = turns(verified.Blocks())
	t.bound = bound(verified.Blocks())
	return t, 0
}

// widens reports whether a block after the first claims a right. The evaluation would ignore it, but its author meant to
// deceive, or was mistaken about the token.
func widens(blocks []*biscuit.Block) bool {
	for _, b := range blocks[1:] {
		for i := range b.Program.Facts {
			if b.Program.Facts[i].Name == "right" {
				return true
			}
		}
		for i := range b.Program.Rules {
			if b.Program.Rules[i].Head.Name == "right" {
				return true
			}
		}
	}
	return false
}

// Blocks returns the identifiers by which the blocks are revoked, the first block's first.
func (t *Token) Blocks() [][]byte { return t.token.RevocationIDs() }

// Evaluate asks the token for each candidate. Without any name in the answer, Reason says why, as far as it is
// the token's fault: zero means that it permits other things.
func (t *Token) Evaluate(c Claim, candidates []string) Answer {
	a := Answer{Anywhere: !t.bound}
	if t.timed {
		a.Validity = around(t.turns, c.Now)
	}
	for _, name := range candidates {
		denial, err := t.ask(c, name)
		switch {
		case err != nil:
			// One question without an answer spoils them all: nothing is allowed by an error.
			return Answer{Reason: guard.ReasonUndecidable, Validity: a.Validity, Anywhere: a.Anywhere}
		case denial == nil:
			a.Names = append(a.Names, name)
		case a.Reason == 0:
			a.Reason = t.reason(denial)
		}
	}
	if len(a.Names) > 0 {
		a.Reason = 0
	}
	return a
}

// Explain asks the token for one name. It returns nothing when the token permits it, else the reason and
// the checks that did not hold; without checks, the first block does not grant the name.
func (t *Token) Explain(c Claim, name string) (guard.Reason, []Failed) {
	denial, err := t.ask(c, name)
	switch {
	case err != nil:
		return guard.ReasonUndecidable, nil
	case denial == nil:
		return 0, nil
	}
	reason := t.reason(denial)
	if reason == 0 {
		reason = guard.ReasonNotGranted
	}
	return reason, denial.Checks
}

// ask returns nil when the token permits a name, else why not. An error says that there is no decision.
func (t *Token) ask(c Claim, name string) (*biscuit.Denial, error) {
	a, err := biscuit.NewAuthorizer(t.token, c.program(name), biscuit.Options{Limits: limits()})
	if err != nil {
		return nil, err
	}
	_, err = a.Authorize()
	var denial *biscuit.Denial
	if errors.As(err, &denial) {
		return denial, nil
	}
	return nil, err
}

// program is the local policy: the facts of the claim, and one rule that allows when the first block grants the name.
func (c *Claim) program(name string) *datalog.Program {
	operation := datalog.NewString(name)
	state := func(predicate string, t datalog.Term) datalog.Predicate {
		return datalog.Predicate{Name: predicate, Terms: []datalog.Term{t}}
	}
	p := &datalog.Program{Facts: []datalog.Predicate{
		state("subject", datalog.NewString(c.Subject.String())),
		state("operation", operation),
		state(predicateTime, datalog.NewDate(seconds(c.Now))),
	}}
	if !c.Context.IsZero() {
		p.Facts = append(p.Facts, state(predicateContext, datalog.NewString(c.Context.String())))
	}
	if !c.Device.IsZero() {
		p.Facts = append(p.Facts, state("device", datalog.NewString(c.Device.String())))
	}
	p.Policies = []datalog.Policy{{Kind: datalog.PolicyAllow, Queries: []datalog.Rule{{
		Head: datalog.Predicate{Name: "query"}, Body: []datalog.Predicate{state("right", operation)},
	}}}}
	return p
}

// reason derives from the failed checks why the token refuses; zero: it grants other names.
func (t *Token) reason(d *biscuit.Denial) (reason guard.Reason) {
	blocks := t.token.Blocks()
	for _, f := range d.Checks {
		if f.Block < 0 {
			continue
		}
		for _, q := range blocks[f.Block].Program.Checks[f.Check].Queries {
			switch {
			case reads(&q, "subject") || reads(&q, "delegates"):
				return guard.ReasonOtherHolder
			case reads(&q, predicateTime):
				reason = guard.ReasonExpired
			}
		}
	}
	return reason
}

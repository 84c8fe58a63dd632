package interp

import (
	"slices"

	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/interp/token"
	"github.com/aura-runtime/aura/task"
)

// Account is what one token says about one capability.
type Account struct {
	// Block identifies the token for revocation: its first block. Nil for a token that cannot be read.
	Block []byte
	// Blocks is how many blocks it has.
	Blocks int
	// Reason is why it does not permit the capability, zero when it does.
	Reason guard.Reason
	// Failed are its checks that did not hold. None beside a reason [guard.NotGranted]: the first block does
	// not grant the capability.
	Failed []token.Failed
}

// Explain says what each token that a claim rests on answers for one capability. A capability that no domain
// declared is granted by none.
func (t *Tokens) Explain(c Claim, capability string) []Account {
	tokens, _, _ := t.tokensOf(&c)
	accounts := make([]Account, len(tokens))
	for i, encoded := range tokens {
		a := &accounts[i]
		opened, flaw := t.open(encoded)
		if opened == nil {
			a.Reason = flaw
			continue
		}
		blocks := opened.Blocks()
		a.Block, a.Blocks = blocks[0], len(blocks)
		if a.Reason = guard.NotGranted; slices.Contains(t.candidates, capability) {
			a.Reason, a.Failed = opened.Explain(t.claim(&c), capability)
		}
	}
	return accounts
}

// Weigh prepares a request and lets the guard evaluate it, and does nothing else: what it returns is what a
// decision now would rest on. Errors are those of preparing the snapshot.
func (r *Room) Weigh(tc task.Context, req *guard.Request) (guard.Snapshot, Verdict, error) {
	var s guard.Snapshot
	if err := r.Prepare(tc, req, &s); err != nil {
		return s, Verdict{}, err
	}
	out := new(guard.Outcome)
	guard.Evaluate(out, &s, req)
	return s, verdictOf(&s, req, out), nil
}

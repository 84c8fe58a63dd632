package frontier

import (
	"slices"

	"github.com/aura-runtime/aura/domain/capability"
	"github.com/aura-runtime/aura/frontier/token"
	"github.com/aura-runtime/aura/guard"
)

// Explain returns the answer of each token that a claim rests on to one capability, for a person. A capability
// that no domain declared is granted by none.
func (x *Index) Explain(c Claim, name string) []capability.TokenAnswer {
	tokens, _, _ := x.tokensOf(&c)
	answers := make([]capability.TokenAnswer, len(tokens))
	for i, encoded := range tokens {
		answers[i] = x.explain(encoded, &c, name)
	}
	return answers
}

func (x *Index) explain(encoded []byte, c *Claim, name string) (a capability.TokenAnswer) {
	opened, reason := x.open(encoded)
	if opened != nil {
		blocks := opened.Blocks()
		a.Block, a.Blocks = blocks[0], len(blocks)
		if reason = guard.ReasonNotGranted; slices.Contains(x.candidates, name) {
			var failed []token.Failed
			reason, failed = opened.Explain(x.claim(c), name)
			for _, f := range failed {
				a.Failed = append(a.Failed, capability.FailedCheck(f))
			}
		}
	}
	if reason != 0 {
		a.Reason = reason.String()
	}
	return a
}

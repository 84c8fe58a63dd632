package frontier

import (
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/capability"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/frontier/token"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
)

// TestAnAnswerFromBeforeAChangeIsNotKept is inside the package: the commit falls between the evaluation of a
// token and the moment at which its cached is remembered, which only the real executor can bring about.
func TestAnAnswerFromBeforeAChangeIsNotKept(t *testing.T) {
	own := aura.AuthorityID{1}
	tokens := &Index{own: own, state: capability.NewState(own), cache: map[cacheKey]cached{}}
	tokens.fold = journal.NewFold("", fact.Selection{}, &grants{tokens.state, tokens}, &tokens.mu)
	q := cacheKey{context: aura.ContextID{2}, subject: own}
	stale := cached{validity: token.Always(), frontier: guard.NewFrontier("chat:send")}

	claim := Claim{Context: q.context, Authority: own}
	_, _, version := tokens.tokensOf(&claim)
	policy := guard.DefaultPolicy()
	policy.Limit = 7
	draft, err := capability.Limit(own, aura.ContextID{}, policy)
	if err != nil {
		t.Fatal(err)
	}
	f := fact.Fact{
		Namespace: draft.Namespace, Kind: draft.Kind, Payload: draft.Payload, Logical: 1, Author: own, Device: aura.DeviceID{3},
	}
	tokens.Committed([]fact.Record{{Position: 1, Seq: 1, ID: f.ID(), Fact: f}})
	if tokens.version == version {
		t.Fatal("the commit changed nothing")
	}
	tokens.store(q, version, &claim, stale)
	if _, kept := tokens.cache[q]; kept {
		t.Error("an cached from before the change is remembered after it")
	}
	tokens.store(q, tokens.version, &claim, stale)
	if _, kept := tokens.cache[q]; !kept {
		t.Error("an cached from after the change is not remembered")
	}
}

package agent_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/biscuit"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/capability"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// TestATokenThatIsHandedBackIsListedOnce: Ben hands Ada's token back to her, so that two lines would have one
// identifier and Ada could not name the token that she wants to revoke.
func TestATokenThatIsHandedBackIsListedOnce(t *testing.T) {
	auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
		ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
		w.Meet(tc, ada, ben)
		forBen, _ := delegate(tc, w, ada, ben, aura.FactID{}, chat.CapSend)
		u, err := biscuit.Decode(forBen)
		if err != nil {
			t.Fatal(err)
		}
		by := domain.Caller{Authority: ben.Self(), Device: ben.Ring.Device(), Now: tc.Now()}
		request, err := capability.Delegate(by, known(tc, ben, ada), forBen)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := ben.Agent.Chain().Decide(tc, &request); err != nil {
			t.Fatal(err)
		}
		_, err = await(tc, ada.Agent, "the token", func(r *fact.Record) bool {
			return r.Fact.Kind == capability.KindDelegated && r.Fact.Author == ben.Self()
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := tc.Sleep(time.Second); err != nil {
			t.Fatal(err)
		}
		a, err := ada.Agent.Ask(tc, fact.Question{Kind: capability.QuestionTokens})
		if err != nil {
			t.Fatal(err)
		}
		var list capability.TokenList
		if err := fact.UnmarshalAnswer(a.Payload, &list); err != nil {
			t.Fatal(err)
		}
		var roles []capability.TokenRole
		for _, line := range list.Tokens {
			if bytes.Equal(line.Block, u.RevocationIDs()[0]) {
				roles = append(roles, line.Role)
			}
		}
		if len(roles) != 1 || roles[0] != capability.TokenGiven {
			t.Errorf("the token is listed as %v", roles)
		}
		for _, p := range []*auratest.Person{ada, ben} {
			p.Stop(tc)
		}
	})
}

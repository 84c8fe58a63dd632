package guard_test

import (
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
)

const chatSend = "chat:send"

var (
	own  = aura.AuthorityID{1}
	ben  = aura.AuthorityID{2}
	cleo = aura.AuthorityID{3}
	room = aura.ContextID{9}
	noon = aura.Physical{At: aura.Instant(500_000 * time.Hour)}
)

func message(text string) fact.Draft {
	return fact.Draft{Namespace: fact.ContextNamespace(room), Kind: "chat.message", Payload: []byte(text)}
}

// text is a request to tell peers one line, at one unit each.
func text(peers ...aura.AuthorityID) *guard.Request {
	r := &guard.Request{
		Capability: chatSend, Context: room, Authority: own, Entries: []fact.Draft{message("hi")},
	}
	for _, p := range peers {
		r.Sends = append(r.Sends, guard.Send{Peer: p, Cost: 1, Leak: guard.LeakOf(100)})
	}
	return r
}

// snapshot is a fresh context under policy p: nothing spent, nothing sent.
func snapshot(p guard.Policy, peers ...aura.AuthorityID) *guard.Snapshot {
	s := &guard.Snapshot{Now: noon, Caps: guard.NewFrontier(chatSend)}
	for _, peer := range peers {
		s.Budgets = append(s.Budgets, guard.HeadroomOf(p, guard.WholeShare, &fact.Charge{}, room, peer, noon))
	}
	s.Leakage = guard.LeakViewOf(p, guard.WholeShare, &[fact.Observers]fact.Leak{}, noon)
	return s
}

func evaluate(s *guard.Snapshot, r *guard.Request) *guard.Outcome {
	out := new(guard.Outcome)
	guard.Evaluate(out, s, r)
	return out
}

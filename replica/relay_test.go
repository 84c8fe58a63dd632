package replica_test

import (
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
)

// relays answers who asks contacts to relay, and notes when it was asked.
type relays struct {
	grant aura.Duration
	err   error
	asked []aura.Duration
}

// relaying is a network in which contacts relay.
type relaying struct {
	*transport.SimPeer
	*relays
}

func (r *relays) Reserve(tc task.Context, _ transport.PeerID, _ []transport.Address) (aura.Duration, error) {
	r.asked = append(r.asked, tc.Elapsed())
	return r.grant, r.err
}

func (*relays) Through(contact transport.PeerID) transport.Address {
	return transport.Address("/p2p/" + contact.String() + "/p2p-circuit")
}

// TestAContactIsAskedToRelayInTime: again when half of what it granted is over, and seldom when it did not relay.
func TestAContactIsAskedToRelayInTime(t *testing.T) {
	for name, c := range map[string]struct {
		grant       aura.Duration
		err         error
		least, most aura.Duration // between two questions; sessions look every 30 s
	}{
		"an hour":     {time.Hour, nil, 30 * time.Minute, 30 * time.Minute},
		"ten minutes": {10 * time.Minute, nil, 5 * time.Minute, 5 * time.Minute},
		"a moment":    {time.Second, nil, 30 * time.Second, 30 * time.Second},
		"a refusal":   {0, aura.Errorf("test", aura.Denied, "no"), 5 * time.Minute, 10 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
				r := &relays{grant: c.grant, err: c.err}
				ada := w.Person(tc, "Ada", networked(func(_ agent.Gate, n *transport.SimPeer) transport.Network { return relaying{n, r} }))
				ben := w.Person(tc, "Ben")
				w.Meet(tc, ada, ben)
				w.Sleep(tc, 2*time.Hour)
				if len(r.asked) < 3 {
					t.Fatalf("asked %d times in two hours", len(r.asked))
				}
				asked := r.asked
				if c.err != nil {
					asked = asked[len(asked)-4:] // the pauses grew until then
				}
				for i, at := range asked[1:] {
					if gap := at - asked[i]; gap < c.least || gap > c.most+time.Minute {
						t.Fatalf("question %d came after %v, want %v to %v", i+2, gap, c.least, c.most)
					}
				}
			})
		})
	}
}

package transport_test

import (
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
	auraworld "github.com/aura-runtime/aura/world"
)

// The simulated network on the real executor: the same hubs and channels with tasks that truly run at
// once, for the race detector.
func TestMessagesArriveOnTheRealExecutor(t *testing.T) {
	live(t, func(tc task.Context) {
		g := task.NewGroup(tc, "network")
		quick := transport.SimOptions{
			Latency: 200 * time.Microsecond, Jitter: 400 * time.Microsecond, Loss: 0.02, Duplicate: 0.05, Reorder: 0.02,
		}
		net := transport.NewSimNet(g, tc.Clock(), auraworld.Random(), quick)
		hubs := make(map[byte]*transport.Hub)
		for _, n := range []byte{1, 2} {
			private, _ := agreementKeys(n)
			secrets := directory{}
			secrets.add(transport.Secret{Context: pairContext, PSK: psk, Peers: [][32]byte{target(3 - n).Static}})
			hub, err := transport.OpenHub(g, net.Join(transport.PeerID{n}, address(n)), private, secrets, auraworld.Random(), transport.Options{})
			if err != nil {
				t.Fatal(err)
			}
			hubs[n] = hub
		}
		dialling := task.NewGroup(tc, "dialling")
		ends := task.NewMailbox[*transport.Channel]("ends", 2)
		for n, h := range hubs {
			dialling.Go("dial", func(tc task.Context) error {
				c, err := h.Dial(tc, target(3-n))
				ends.TrySend(c)
				return err
			})
		}
		if err := dialling.Wait(tc); err != nil {
			t.Fatal(err)
		}
		a, _ := ends.Recv(tc)
		b, _ := ends.Recv(tc)
		there, back := sizes(1, 100), sizes(2, 100)
		talk := task.NewGroup(tc, "talk")
		talk.Go("a", func(tc task.Context) error { return sendAll(tc, a, there) })
		talk.Go("b", func(tc task.Context) error { return sendAll(tc, b, back) })
		talk.Go("rekey", func(tc task.Context) error {
			for epoch := range 5 {
				a.Rekey(aura.Epoch(epoch))
				b.Rekey(aura.Epoch(epoch))
				if err := tc.Sleep(2 * time.Millisecond); err != nil {
					return err
				}
			}
			return nil
		})
		expectAll(t, tc, b, there)
		expectAll(t, tc, a, back)
		if err := talk.Wait(tc); err != nil {
			t.Fatal(err)
		}
		if err := g.Close(tc, 5*time.Second); err != nil {
			t.Error(err)
		}
	})
}

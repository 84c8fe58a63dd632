package transport_test

import (
	"testing"
	"time"

	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
	transporttest "github.com/aura-runtime/aura/transport/contract"
	auraworld "github.com/aura-runtime/aura/world"
)

// host opens a libp2p host on loopback that knows everybody.
func host(tb testing.TB, seed byte, o transport.Libp2pOptions) *transport.Libp2p {
	tb.Helper()
	o.Private = true
	if o.Contacts == nil {
		o.Contacts = func(transport.PeerID) bool { return true }
	}
	n, err := transport.OpenLibp2p([32]byte{seed}, o)
	if err != nil {
		tb.Fatal(err)
	}
	return n
}

var (
	overQUIC = transport.Libp2pOptions{Listen: []string{"/ip4/127.0.0.1/udp/0/quic-v1"}}
	overTCP  = transport.Libp2pOptions{Listen: []string{"/ip4/127.0.0.1/tcp/0"}}
)

// live runs story on the real executor, with a bound on how long it may take.
func live(tb testing.TB, story func(tc task.Context)) {
	tb.Helper()
	err := task.NewReal(task.RealOptions{}).Run("test", func(tc task.Context) error {
		tc, done := tc.WithBudget("test", 30*time.Second)
		defer done()
		story(tc)
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
}

func TestLibp2pKeepsTheContract(t *testing.T) {
	for name, o := range map[string]transport.Libp2pOptions{"QUIC": overQUIC, "TCP": overTCP} {
		t.Run(name, func(t *testing.T) {
			transporttest.Run(t, auraworld.Random(), func(t *testing.T, story transporttest.Story) {
				live(t, func(tc task.Context) {
					a, b := host(t, 1, o), host(t, 2, o)
					story(tc, a, b)
					for _, n := range []*transport.Libp2p{a, b} {
						if err := n.Close(tc); err != nil {
							t.Error(err)
						}
					}
				})
			})
		})
	}
}

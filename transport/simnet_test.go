package transport_test

import (
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
	"github.com/aura-runtime/aura/transport/transporttest"
)

func TestSimNetKeepsTheContract(t *testing.T) {
	sim := task.NewSim(1, task.SimOptions{})
	transporttest.Run(t, sim.Entropy("contract"), func(t *testing.T, story transporttest.Story) {
		sim := task.NewSim(1, task.SimOptions{})
		err := sim.Run("contract", func(tc task.Context) error {
			g := task.NewGroup(tc, "network")
			net := transport.NewSimNet(g, tc.Clock(), sim.Entropy("net"), transport.SimOptions{})
			story(tc, net.Join(transport.PeerID{1}, address(1)), net.Join(transport.PeerID{2}, address(2)))
			return g.Close(tc, time.Minute)
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// TestASecondPeerOfAnIdentifierEndsTheFirst: one device is at one place, so its old links break.
func TestASecondPeerOfAnIdentifierEndsTheFirst(t *testing.T) {
	sim := task.NewSim(1, task.SimOptions{})
	err := sim.Run("test", func(tc task.Context) error {
		g := task.NewGroup(tc, "network")
		net := transport.NewSimNet(g, tc.Clock(), sim.Entropy("net"), transport.SimOptions{})
		first, other := net.Join(transport.PeerID{1}, address(1)), net.Join(transport.PeerID{2}, address(2))
		if _, err := first.Dial(tc, transport.PeerID{2}, []transport.Address{address(2)}); err != nil {
			return err
		}
		link, err := other.Accept(tc)
		if err != nil {
			return err
		}
		net.Join(transport.PeerID{1}, address(3))
		if err := tc.Sleep(time.Second); err != nil {
			return err
		}
		if err := link.Send(tc, make([]byte, transport.CellSize)); aura.KindOf(err) != aura.Unavailable {
			t.Errorf("a link to the first peer: %v", err)
		}
		if _, err := first.Dial(tc, transport.PeerID{2}, []transport.Address{address(2)}); aura.KindOf(err) != aura.Unavailable {
			t.Errorf("the first peer dials: %v", err)
		}
		return g.Close(tc, time.Minute)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestAPeerIsShownByTheBeginningOfItsKey: twelve digits, the same for every peer, are enough for a person's eye.
func TestAPeerIsShownByTheBeginningOfItsKey(t *testing.T) {
	for want, id := range map[string]transport.PeerID{
		"000000000000": {}, "0102030405ff": {1, 2, 3, 4, 5, 255, 7, 8}, "00000000000a": {5: 10, 6: 11, 31: 12},
	} {
		if got := id.String(); got != want {
			t.Errorf("%x is shown as %q, want %q", [32]byte(id), got, want)
		}
	}
}

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

// TestASecondPeerOfAnIdentifierEndsTheFirst: one machine is at one place, so its old links break.
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

// TestMachinesWithOneKeyAreReachedAtTheirAddresses: two machines have the key of one peer, as after a copy of a home. A
// dial reaches the machine whose address it names first, both prove the same key, and a crash or a cut meets one of them.
func TestMachinesWithOneKeyAreReachedAtTheirAddresses(t *testing.T) {
	sim := task.NewSim(1, task.SimOptions{})
	err := sim.Run("test", func(tc task.Context) error {
		g := task.NewGroup(tc, "network")
		net := transport.NewSimNet(g, tc.Clock(), sim.Entropy("net"), transport.SimOptions{})
		copied, caller := transport.PeerID{1}, transport.PeerID{2}
		first := net.Join(copied, address(1))
		second := net.Host(copied, 1).Join(address(3))
		other := net.Join(caller, address(2))
		// reached says which machine a dial reached.
		reached := func(addrs ...transport.Address) string {
			t.Helper()
			link, err := other.Dial(tc, copied, addrs)
			if err != nil {
				return aura.KindOf(err).String()
			}
			defer link.Close()
			for name, p := range map[string]*transport.SimPeer{"first": first, "second": second} {
				wait, done := tc.WithBudget("accept", time.Second)
				at, err := p.Accept(wait)
				done()
				if err == nil {
					if at.Peer() != caller || link.Peer() != copied {
						t.Errorf("the ends of the link say %v and %v", at.Peer(), link.Peer())
					}
					return name
				}
			}
			return "nobody"
		}
		expect := func(when, want string, addrs ...transport.Address) {
			t.Helper()
			if got := reached(addrs...); got != want {
				t.Errorf("%s a dial to %v reaches %s, want %s", when, addrs, got, want)
			}
		}
		expect("at first", "first", address(1))
		expect("at first", "second", address(3))
		expect("at first", "second", address(3), address(1))
		expect("at first", "first", address(9), address(1), address(3))

		link, err := second.Dial(tc, caller, []transport.Address{address(2)})
		if err != nil || link.Peer() != caller {
			t.Fatalf("the second machine dials: %v", err)
		}
		if at, err := other.Accept(tc); err != nil || at.Peer() != copied {
			t.Errorf("the second machine proves another key: %v", err)
		}

		net.Host(copied, 0).Cut(net.Host(caller, 0))
		expect("with a cut to the first", "unavailable", address(1))
		expect("with a cut to the first", "second", address(1), address(3))
		net.Host(copied, 0).Mend(net.Host(caller, 0))
		net.Host(copied, 1).Detach()
		expect("with the second off the network", "unavailable", address(3))
		net.Host(copied, 1).Attach()
		expect("with the second back", "second", address(3))

		net.Crash(copied)
		expect("after the crash of the first", "unavailable", address(1))
		expect("after the crash of the first", "second", address(1), address(3))
		if err := second.Close(tc); err != nil {
			t.Error(err)
		}
		expect("after the end of the second", "unavailable", address(3))
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

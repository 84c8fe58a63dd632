package transport_test

import (
	"crypto/ecdh"
	"errors"
	"fmt"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
)

// simulated is a device in a simulated network. A real one has its keys in a keyring and [transport.OpenLibp2p].
type simulated struct {
	peer   transport.PeerID
	key    *ecdh.PrivateKey
	at     transport.Address
	shared transport.Secret // the only context that it knows
}

// ByTag makes the device a [transport.Directory].
func (d *simulated) ByTag(tag transport.Tag) (transport.Secret, bool) {
	return d.shared, tag == transport.TagOf(d.shared.PSK)
}

func (d *simulated) static() [32]byte { return [32]byte(d.key.PublicKey().Bytes()) }

func (d *simulated) open(g *task.Group, net *transport.SimNet, sim *task.Sim) (*transport.Hub, error) {
	return transport.OpenHub(g, net.Join(d.peer, d.at), [32]byte(d.key.Bytes()), d, sim.Entropy(string(d.at)), transport.Options{})
}

// pairOf returns two devices that share a context.
func pairOf(sim *task.Sim) (ada, ben *simulated) {
	shared := transport.Secret{Context: aura.ContextID{7}, PSK: [32]byte{1, 2, 3}}
	ada = &simulated{peer: transport.PeerID{1}, at: "/sim/ada", shared: shared}
	ben = &simulated{peer: transport.PeerID{2}, at: "/sim/ben", shared: shared}
	for _, d := range []*simulated{ada, ben} {
		d.key, _ = ecdh.X25519().GenerateKey(sim.Entropy("key"))
	}
	ada.shared.Peers, ben.shared.Peers = [][32]byte{ben.static()}, [][32]byte{ada.static()}
	return ada, ben
}

// Ada dials Ben over a network that loses every fifth cell: messages arrive whole, in order and once.
func Example() {
	sim := task.NewSim(42, task.SimOptions{})
	ada, ben := pairOf(sim)
	fmt.Println(sim.Run("main", func(tc task.Context) error {
		g := task.NewGroup(tc, "network")
		net := transport.NewSimNet(g, tc.Clock(), sim.Entropy("net"), transport.SimOptions{Loss: 0.2})
		here, err := ada.open(g, net, sim)
		there, err2 := ben.open(g, net, sim)
		if err = errors.Join(err, err2); err != nil {
			return err
		}
		out, err := here.Dial(tc, transport.Target{
			Context: ada.shared.Context, PSK: ada.shared.PSK, Static: ben.static(), Peer: ben.peer, Addresses: []transport.Address{ben.at},
		})
		if err != nil {
			return err
		}
		in, err := there.Accept(tc)
		for _, text := range []string{"hi ben", "are you there?"} {
			err = errors.Join(err, out.Send(tc, []byte(text)))
			received, err2 := in.Recv(tc)
			err = errors.Join(err, err2)
			fmt.Printf("ben reads %q\n", received)
		}
		return errors.Join(err, g.Close(tc, time.Minute))
	}))
	// Output:
	// ben reads "hi ben"
	// ben reads "are you there?"
	// <nil>
}

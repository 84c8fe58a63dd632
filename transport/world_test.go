package transport_test

import (
	"crypto/ecdh"
	"fmt"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
)

// directory is a fixed set of secrets.
type directory map[transport.Tag]transport.Secret

func (d directory) ByTag(tag transport.Tag) (transport.Secret, bool) {
	s, ok := d[tag]
	return s, ok
}

func (d directory) add(s transport.Secret) { d[transport.TagOf(s.PSK)] = s }

// party is one side: its keys, its hub, its network.
type party struct {
	group   *task.Group
	id      transport.PeerID
	private [32]byte
	static  [32]byte
	secrets directory
	network transport.Network
	hub     *transport.Hub
}

var psk = [32]byte{1, 2, 3}

var pairContext = aura.ContextID{7}

func agreementKeys(seed byte) (private, public [32]byte) {
	private = [32]byte{8, seed} // the first byte loses bits to clamping
	k, err := ecdh.X25519().NewPrivateKey(private[:])
	if err != nil {
		panic(err)
	}
	return private, [32]byte(k.PublicKey().Bytes())
}

func address(n byte) transport.Address { return transport.Address(fmt.Sprintf("/sim/%d", n)) }

// world is a simulated network with parties 1, 2, 3, … that all share one context.
type world struct {
	t       *testing.T
	sim     *task.Sim
	net     *transport.SimNet
	parties map[byte]*party
}

// simulate runs story in a fresh world. A failure names the seed.
func simulate(t *testing.T, seed uint64, net transport.SimOptions, story func(tc task.Context, w *world)) *task.Sim {
	t.Helper()
	sim := task.NewSim(seed, task.SimOptions{StepLimit: 20_000_000})
	err := sim.Run("test", func(tc task.Context) error {
		g := task.NewGroup(tc, "network")
		w := &world{t: t, sim: sim, parties: make(map[byte]*party)}
		w.net = transport.NewSimNet(g, tc.Clock(), sim.Entropy("net"), net)
		story(tc, w)
		for n := byte(1); n < 10; n++ {
			if p := w.parties[n]; p != nil {
				if err := p.group.Close(tc, time.Minute); err != nil {
					t.Errorf("seed %d: party %d: %v", seed, n, err)
				}
			}
		}
		return g.Close(tc, time.Minute)
	})
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	return sim
}

// join starts party n; a party that is there crashes first.
func (w *world) join(tc task.Context, n byte, o transport.Options) *party {
	w.t.Helper()
	if old := w.parties[n]; old != nil {
		w.net.Crash(old.id)
		w.sim.Crash(old.group)
	}
	p := &party{group: task.NewGroup(tc, fmt.Sprintf("party%d", n)), id: transport.PeerID{n}, secrets: directory{}}
	p.private, p.static = agreementKeys(n)
	s := transport.Secret{Context: pairContext, PSK: psk}
	for m := byte(1); m < 10; m++ {
		if m != n {
			_, public := agreementKeys(m)
			s.Peers = append(s.Peers, public)
		}
	}
	p.secrets.add(s)
	p.network = w.net.Join(p.id, address(n))
	hub, err := transport.OpenHub(p.group, p.network, p.private, p.secrets, w.sim.Entropy(fmt.Sprintf("hub%d", n)), o)
	if err != nil {
		w.t.Fatal(err)
	}
	p.hub = hub
	w.parties[n] = p
	return p
}

func target(n byte) transport.Target {
	_, static := agreementKeys(n)
	return transport.Target{
		Context: pairContext, PSK: psk, Static: static, Peer: transport.PeerID{n}, Addresses: []transport.Address{address(n)},
	}
}

// connect opens a channel from a to b and returns both ends.
func (w *world) connect(tc task.Context, a, b byte) (*transport.Channel, *transport.Channel) {
	w.t.Helper()
	ca, err := w.parties[a].hub.Dial(tc, target(b))
	if err != nil {
		w.t.Fatalf("dial: %v", err)
	}
	cb, err := w.parties[b].hub.Accept(tc)
	if err != nil {
		w.t.Fatalf("accept: %v", err)
	}
	return ca, cb
}

func wantKind(t *testing.T, what string, err error, kind aura.Kind) {
	t.Helper()
	if aura.KindOf(err) != kind {
		t.Errorf("%s: got %v, want kind %q", what, err, kind)
	}
}

func sleep(t *testing.T, tc task.Context, d aura.Duration) {
	t.Helper()
	if err := tc.Sleep(d); err != nil {
		t.Fatal(err)
	}
}

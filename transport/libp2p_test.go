package transport_test

import (
	"bytes"
	"crypto/ed25519"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
	"github.com/aura-runtime/aura/transport/transporttest"
	auraworld "github.com/aura-runtime/aura/world"
)

// host opens a libp2p host on loopback that knows every peer.
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

// contacts admits the hosts of the given seeds.
func contacts(seeds ...byte) func(transport.PeerID) bool {
	known := make(map[transport.PeerID]bool)
	for _, s := range seeds {
		known[linkKey(s)] = true
	}
	return func(p transport.PeerID) bool { return known[p] }
}

func linkKey(seed byte) transport.PeerID {
	s := [32]byte{seed}
	return transport.PeerID(ed25519.NewKeyFromSeed(s[:]).Public().(ed25519.PublicKey))
}

func closeAll(t *testing.T, tc task.Context, hosts ...*transport.Libp2p) {
	t.Helper()
	for _, n := range hosts {
		if err := n.Close(tc); err != nil {
			t.Error(err)
		}
	}
}

// circuits returns the addresses that lead through a relay.
func circuits(n *transport.Libp2p) []transport.Address {
	return slices.DeleteFunc(n.Addresses(), func(a transport.Address) bool { return !strings.Contains(string(a), "p2p-circuit") })
}

func TestAContactRelaysWhenDirectAddressesFail(t *testing.T) {
	for name, o := range map[string]transport.Libp2pOptions{"QUIC": overQUIC, "TCP": overTCP} {
		t.Run(name, func(t *testing.T) {
			live(t, func(tc task.Context) {
				o.Contacts = contacts(1, 2, 3)
				a, r := host(t, 1, o), host(t, 3, o)
				// B listens nowhere: only its own connection to R leads to it.
				b := host(t, 2, transport.Libp2pOptions{Contacts: o.Contacts})
				left, err := b.Reserve(tc, r.Self(), r.Addresses())
				if err != nil {
					t.Fatal(err)
				}
				if left < 30*time.Minute {
					t.Errorf("the reservation lasts %v", left)
				}
				through := circuits(b)
				if len(through) == 0 {
					t.Fatalf("no address through the relay among %v", b.Addresses())
				}
				dead := transport.Address("/ip4/127.0.0.1/tcp/1")
				near, err := a.Dial(tc, b.Self(), append([]transport.Address{dead}, through...))
				if err != nil {
					t.Fatal(err)
				}
				cells := bytes.Repeat([]byte{7}, 300*transport.CellSize) // more than a default relay passes on
				g := task.NewGroup(tc, "sender")
				g.Go("send", func(tc task.Context) error { return near.Send(tc, cells) })
				far, err := b.Accept(tc)
				if err != nil {
					t.Fatal(err)
				}
				if near.Peer() != b.Self() || far.Peer() != a.Self() {
					t.Error("the ends name others than each other")
				}
				got := make([]byte, transport.CellSize)
				for i := range 300 {
					if err := far.Recv(tc, got); err != nil || !bytes.Equal(got, cells[:transport.CellSize]) {
						t.Fatalf("cell %d: %v", i, err)
					}
				}
				closeAll(t, tc, a, b, r)
			})
		})
	}
}

func TestARelayServesItsContactsOnly(t *testing.T) {
	live(t, func(tc task.Context) {
		known := contacts(2, 3)
		r := host(t, 3, transport.Libp2pOptions{
			Listen: overTCP.Listen, Contacts: known, Strangers: func() bool { return true },
		})
		b := host(t, 2, transport.Libp2pOptions{Contacts: contacts(1, 2, 3)})
		a := host(t, 1, transport.Libp2pOptions{Contacts: contacts(1, 2, 3)})
		if _, err := b.Reserve(tc, r.Self(), r.Addresses()); err != nil {
			t.Fatal(err)
		}
		_, err := a.Reserve(tc, r.Self(), r.Addresses())
		wantKind(t, "reservation of a stranger", err, aura.Unavailable)
		_, err = a.Dial(tc, b.Self(), circuits(b))
		wantKind(t, "dial of a stranger", err, aura.Unavailable)
		closeAll(t, tc, a, b, r)
	})
}

// TestNobodyIsDialledThroughAStranger: the relay and the peer would both let the dial pass. The dialling side
// does not, unless the relay is its own contact.
func TestNobodyIsDialledThroughAStranger(t *testing.T) {
	live(t, func(tc task.Context) {
		r := host(t, 3, transport.Libp2pOptions{Listen: overTCP.Listen, Contacts: contacts(2, 4)})
		b := host(t, 2, transport.Libp2pOptions{Contacts: contacts(3, 4)})
		if _, err := b.Reserve(tc, r.Self(), r.Addresses()); err != nil {
			t.Fatal(err)
		}
		for relayKnown, want := range map[bool]aura.Kind{false: aura.Unavailable, true: 0} {
			known := contacts(2)
			if relayKnown {
				known = contacts(2, 3)
			}
			c := host(t, 4, transport.Libp2pOptions{Contacts: known})
			_, err := c.Dial(tc, b.Self(), circuits(b))
			wantKind(t, "dial through the relay", err, want)
			closeAll(t, tc, c)
		}
		closeAll(t, tc, b, r)
	})
}

func TestStrangersConnectOnlyWhileAnInvitationIsOpen(t *testing.T) {
	for name, listen := range map[string][]string{"QUIC": overQUIC.Listen, "TCP": overTCP.Listen} {
		t.Run(name, func(t *testing.T) {
			live(t, func(tc task.Context) {
				var open atomic.Bool
				b := host(t, 2, transport.Libp2pOptions{Listen: listen, Contacts: contacts(9), Strangers: open.Load})
				a := host(t, 1, transport.Libp2pOptions{})
				_, err := a.Dial(tc, b.Self(), b.Addresses())
				wantKind(t, "dial while closed", err, aura.Unavailable)
				open.Store(true)
				if _, err := a.Dial(tc, b.Self(), b.Addresses()); err != nil {
					t.Errorf("dial while open: %v", err)
				}
				if got := b.Stats(); got.Admitted != 1 || got.Tried < 2 {
					t.Errorf("counts %+v, want one admitted of at least two", got)
				}
				closeAll(t, tc, a, b)
			})
		})
	}
}

func TestRandomBytesToTheListeningPortDoNothing(t *testing.T) {
	live(t, func(tc task.Context) {
		b := host(t, 2, transport.Libp2pOptions{Listen: append(overQUIC.Listen, overTCP.Listen...)})
		random := rand.New(rand.NewPCG(1, 1))
		for i := range 20 {
			garbage := make([]byte, 1+random.IntN(3000))
			for j := range garbage {
				garbage[j] = byte(random.Uint32())
			}
			for _, a := range b.Addresses() {
				network, port := "tcp", strings.Split(string(a), "/")[4]
				if strings.Contains(string(a), "udp") {
					network, garbage = "udp", garbage[:min(len(garbage), 1200)]
				}
				conn, err := net.Dial(network, "127.0.0.1:"+port)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := conn.Write(garbage); err != nil {
					t.Logf("write %d: %v", i, err) // closed already
				}
				if err := conn.Close(); err != nil {
					t.Error(err)
				}
			}
		}
		a := host(t, 1, transport.Libp2pOptions{})
		if _, err := a.Dial(tc, b.Self(), b.Addresses()); err != nil {
			t.Errorf("dial afterwards: %v", err)
		}
		got := b.Stats()
		if got.Admitted != 1 || got.Tried < 20 {
			t.Errorf("counts %+v, want one admitted of more than twenty", got)
		}
		closeAll(t, tc, a, b)
	})
}

func TestBadListenAddressesAreNamed(t *testing.T) {
	for _, listen := range []string{"nonsense", "/ip4/127.0.0.1", "/ip4/127.0.0.1/tcp/99999"} {
		_, err := transport.OpenLibp2p([32]byte{1}, transport.Libp2pOptions{Listen: []string{listen}, Private: true})
		if err == nil {
			t.Errorf("%q was taken", listen)
			continue
		}
		fix := map[aura.Kind]string{aura.Invalid: "write a multiaddr such as", aura.Unavailable: "choose an address of this machine and a free port"}[aura.KindOf(err)]
		if fix == "" || !strings.Contains(err.Error(), fix) || !strings.Contains(err.Error(), listen) {
			t.Errorf("%q: %v", listen, err)
		}
	}
}

func TestCloseLeavesNothingRunning(t *testing.T) {
	before := goleak.IgnoreCurrent()
	live(t, func(tc task.Context) {
		o := transport.Libp2pOptions{Listen: append(overQUIC.Listen, overTCP.Listen...)}
		a, b := host(t, 1, o), host(t, 2, o)
		l, err := a.Dial(tc, b.Self(), b.Addresses())
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Send(tc, make([]byte, transport.CellSize)); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Accept(tc); err != nil {
			t.Fatal(err)
		}
		closeAll(t, tc, a, b)
	})
	goleak.VerifyNone(t, before)
}

// slowly forwards datagrams to and from an address of its own after a delay.
func slowly(t *testing.T, to string, delay time.Duration) (address transport.Address) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	pass := func(from, to net.Conn) {
		defer to.Close()
		b := make([]byte, 64<<10)
		for {
			n, err := from.Read(b)
			time.Sleep(delay)
			if _, bad := to.Write(b[:n]); err != nil || bad != nil {
				return
			}
		}
	}
	go func() {
		for {
			in, err := listener.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", to)
			if err != nil {
				in.Close()
				return
			}
			go pass(in, out)
			go pass(out, in)
		}
	}()
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	return transport.Address("/ip4/127.0.0.1/tcp/" + port)
}

// TestALinkOutlivesAWaitInVain: a dialler of a slow peer retries on the same link.
func TestALinkOutlivesAWaitInVain(t *testing.T) {
	live(t, func(tc task.Context) {
		a, b := host(t, 1, overTCP), host(t, 2, overTCP)
		defer closeAll(t, tc, a, b)
		_, port, _ := strings.Cut(string(b.Addresses()[0]), "/tcp/")
		out, err := a.Dial(tc, b.Self(), []transport.Address{slowly(t, "127.0.0.1:"+port, 40*time.Millisecond)})
		if err != nil {
			t.Fatal(err)
		}
		cell := make([]byte, transport.CellSize)
		if err := out.Send(tc, cell); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			soon, done := tc.WithBudget("soon", 10*time.Millisecond)
			if err := out.Recv(soon, cell); aura.KindOf(err) != aura.Timeout {
				t.Fatalf("the answer came early: %v", err)
			}
			done()
		}
		in, err := b.Accept(tc)
		if err != nil {
			t.Fatal(err)
		}
		if err := in.Recv(tc, cell); err != nil {
			t.Fatal(err)
		}
		cell[0] = 7
		if err := in.Send(tc, cell); err != nil {
			t.Fatal(err)
		}
		cell[0] = 0
		if err := out.Recv(tc, cell); err != nil || cell[0] != 7 {
			t.Errorf("after waits in vain: %v, a cell that begins with %d", err, cell[0])
		}
	})
}

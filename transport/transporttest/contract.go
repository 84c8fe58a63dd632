package transporttest

import (
	"bytes"
	"crypto/ecdh"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
	"github.com/aura-runtime/aura/world"
)

// Story is one case, on two fresh networks.
type Story func(tc task.Context, a, b transport.Network)

// World runs a story on its executor with two networks that know each other and lose nothing, and fails
// t when the story leaves a task behind.
type World func(t *testing.T, story Story)

// Run runs every case in a world of its own. e gives keys; it need not be secret.
func Run(t *testing.T, e world.Entropy, in World) {
	cases := []struct {
		name  string
		story func(t *testing.T) Story
	}{
		{"LinkNamesBothEnds", linkNamesBothEnds},
		{"CellsArriveWholeAndInOrder", cellsArrive},
		{"RecvEndsWithItsBudgetAndGoesOn", recvBudget},
		{"CloseEndsTheOtherEnd", closeEndsOther},
		{"CloseWakesOwnRecv", closeWakesOwn},
		{"CancelWakesRecv", cancelWakes},
		{"NobodyAtTheAddress", nobodyThere},
		{"SomebodyElseAtTheAddress", somebodyElse},
		{"NetworkCloseEndsAcceptAndLinks", networkClose},
		{"HubsExchangeMessages", func(t *testing.T) Story { return hubs(t, e) }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { in(t, c.story(t)) })
	}
}

// cell returns a cell of which every byte follows from i.
func cell(i int) []byte { return bytes.Repeat([]byte{byte(i)}, transport.CellSize) }

// link opens a link from a to b and returns both ends. The first cell makes it known to b.
func link(t *testing.T, tc task.Context, a, b transport.Network) (near, far transport.Link) {
	t.Helper()
	near, err := a.Dial(tc, b.Self(), b.Addresses())
	if err != nil {
		t.Fatalf("dial: %v", err)
	}
	if err := near.Send(tc, cell(0)); err != nil {
		t.Fatalf("send: %v", err)
	}
	far, err = b.Accept(tc)
	if err != nil {
		t.Fatalf("accept: %v", err)
	}
	expect(t, tc, far, 0)
	return near, far
}

func expect(t *testing.T, tc task.Context, l transport.Link, i int) {
	t.Helper()
	got := make([]byte, transport.CellSize)
	if err := l.Recv(tc, got); err != nil {
		t.Fatalf("cell %d: %v", i, err)
	}
	if !bytes.Equal(got, cell(i)) {
		t.Fatalf("cell %d: got one that begins with %d", i, got[0])
	}
}

func wantKind(t *testing.T, what string, err error, kind aura.Kind) {
	t.Helper()
	if aura.KindOf(err) != kind {
		t.Errorf("%s: got %v, want kind %q", what, err, kind)
	}
}

func linkNamesBothEnds(t *testing.T) Story {
	return func(tc task.Context, a, b transport.Network) {
		near, far := link(t, tc, a, b)
		if near.Peer() != b.Self() || far.Peer() != a.Self() {
			t.Errorf("ends name %v and %v, want %v and %v", near.Peer(), far.Peer(), b.Self(), a.Self())
		}
		near.Close()
		far.Close()
	}
}

func cellsArrive(t *testing.T) Story {
	return func(tc task.Context, a, b transport.Network) {
		near, far := link(t, tc, a, b)
		for i := 1; i <= 200; i += 4 {
			batch := bytes.Join([][]byte{cell(i), cell(i + 1), cell(i + 2), cell(i + 3)}, nil)
			if err := near.Send(tc, batch); err != nil {
				t.Fatal(err)
			}
			clear(batch) // the link keeps no reference
		}
		for i := 1; i <= 200; i++ {
			expect(t, tc, far, i)
		}
		if err := far.Send(tc, cell(7)); err != nil {
			t.Fatal(err)
		}
		expect(t, tc, near, 7)
		near.Close()
		far.Close()
	}
}

func recvBudget(t *testing.T) Story {
	return func(tc task.Context, a, b transport.Network) {
		near, far := link(t, tc, a, b)
		for range 2 {
			brief, done := tc.WithBudget("brief", 30*time.Millisecond)
			wantKind(t, "recv", far.Recv(brief, make([]byte, transport.CellSize)), aura.Timeout)
			done()
		}
		if err := near.Send(tc, cell(1)); err != nil {
			t.Fatal(err)
		}
		expect(t, tc, far, 1)
		near.Close()
		far.Close()
	}
}

func closeEndsOther(t *testing.T) Story {
	return func(tc task.Context, a, b transport.Network) {
		near, far := link(t, tc, a, b)
		if err := near.Send(tc, cell(1)); err != nil {
			t.Fatal(err)
		}
		near.Close()
		near.Close()
		expect(t, tc, far, 1) // messages sent before the end still arrive
		wantKind(t, "recv at the other end", far.Recv(tc, make([]byte, transport.CellSize)), aura.Unavailable)
		wantKind(t, "send after close", near.Send(tc, cell(1)), aura.Unavailable)
		far.Close()
	}
}

func closeWakesOwn(t *testing.T) Story {
	return func(tc task.Context, a, b transport.Network) {
		near, far := link(t, tc, a, b)
		g := task.NewGroup(tc, "reader")
		end := task.NewFuture[error]()
		g.Go("recv", func(tc task.Context) error {
			end.Resolve(near.Recv(tc, make([]byte, transport.CellSize)), nil)
			return nil
		})
		if err := tc.Sleep(20 * time.Millisecond); err != nil {
			t.Fatal(err)
		}
		near.Close()
		got, err := end.Await(tc)
		if err != nil {
			t.Fatal(err)
		}
		wantKind(t, "recv", got, aura.Unavailable)
		far.Close()
	}
}

func cancelWakes(t *testing.T) Story {
	return func(tc task.Context, a, b transport.Network) {
		near, far := link(t, tc, a, b)
		g := task.NewGroup(tc, "reader")
		ends := task.NewMailbox[error]("ends", 2)
		g.Go("recv", func(tc task.Context) error {
			ends.TrySend(far.Recv(tc, make([]byte, transport.CellSize)))
			return nil
		})
		g.Go("accept", func(tc task.Context) error {
			_, err := a.Accept(tc)
			ends.TrySend(err)
			return nil
		})
		if err := tc.Sleep(20 * time.Millisecond); err != nil {
			t.Fatal(err)
		}
		if err := g.Close(tc, time.Second); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			err, _ := ends.Recv(tc)
			wantKind(t, "wait", err, aura.Cancelled)
		}
		near.Close()
		far.Close()
	}
}

func nobodyThere(t *testing.T) Story {
	return func(tc task.Context, a, b transport.Network) {
		to, addrs := b.Self(), b.Addresses()
		if err := b.Close(tc); err != nil {
			t.Fatal(err)
		}
		brief, done := tc.WithBudget("brief", 500*time.Millisecond)
		_, err := a.Dial(brief, to, addrs)
		done()
		if kind := aura.KindOf(err); kind != aura.Unavailable && kind != aura.Timeout {
			t.Errorf("dial: got %v, want kind %q or %q", err, aura.Unavailable, aura.Timeout)
		}
		_, err = a.Dial(tc, to, nil)
		wantKind(t, "dial without an address", err, aura.Unavailable)
		_, err = a.Dial(tc, to, []transport.Address{"", "nonsense", "/p2p-circuit"})
		wantKind(t, "dial nonsense", err, aura.Unavailable)
	}
}

func somebodyElse(t *testing.T) Story {
	return func(tc task.Context, a, b transport.Network) {
		other := a.Self() // a valid key that is not b's
		other[0] ^= 1
		_, err := a.Dial(tc, other, b.Addresses())
		wantKind(t, "dial", err, aura.Unavailable)
	}
}

func networkClose(t *testing.T) Story {
	return func(tc task.Context, a, b transport.Network) {
		near, far := link(t, tc, a, b)
		if err := b.Close(tc); err != nil {
			t.Fatal(err)
		}
		_, err := b.Accept(tc)
		wantKind(t, "accept", err, aura.Cancelled)
		wantKind(t, "recv at the closed end", far.Recv(tc, make([]byte, transport.CellSize)), aura.Unavailable)
		wantKind(t, "recv at the other end", near.Recv(tc, make([]byte, transport.CellSize)), aura.Unavailable)
		if err := b.Close(tc); err != nil {
			t.Errorf("second close: %v", err)
		}
		near.Close()
		far.Close()
	}
}

// oneSecret is a directory of one context.
type oneSecret struct{ secret transport.Secret }

func (d oneSecret) ByTag(tag transport.Tag) (transport.Secret, bool) {
	return d.secret, tag == transport.TagOf(d.secret.PSK)
}

func hubs(t *testing.T, e world.Entropy) Story {
	return func(tc task.Context, a, b transport.Network) {
		psk, context := [32]byte{5}, aura.ContextID{6}
		privateA, publicA := keys(t, e)
		privateB, publicB := keys(t, e)
		g := task.NewGroup(tc, "hubs")
		open := func(n transport.Network, private, peer [32]byte) *transport.Hub {
			d := oneSecret{transport.Secret{Context: context, PSK: psk, Peers: [][32]byte{peer}}}
			h, err := transport.OpenHub(g, n, private, d, e, transport.Options{})
			if err != nil {
				t.Fatal(err)
			}
			return h
		}
		hubA, hubB := open(a, privateA, publicB), open(b, privateB, publicA)
		near, err := hubA.Dial(tc, transport.Target{
			Context: context, PSK: psk, Static: publicB, Peer: b.Self(), Addresses: b.Addresses(),
		})
		if err != nil {
			t.Fatal(err)
		}
		far, err := hubB.Accept(tc)
		if err != nil {
			t.Fatal(err)
		}
		for _, size := range []int{1, 100, transport.CellSize, 60 << 10, transport.MaxMessage} {
			msg := bytes.Repeat([]byte{byte(size)}, size)
			for _, way := range [][2]*transport.Channel{{near, far}, {far, near}} {
				if err := way[0].Send(tc, msg); err != nil {
					t.Fatalf("%d bytes: %v", size, err)
				}
				got, err := way[1].Recv(tc)
				if err != nil || !bytes.Equal(got, msg) {
					t.Fatalf("%d bytes: got %d bytes, %v", size, len(got), err)
				}
			}
		}
		near.Close(tc)
		_, err = far.Recv(tc)
		wantKind(t, "recv after the peer's close", err, aura.Unavailable)
		if err := g.Close(tc, 5*time.Second); err != nil {
			t.Error(err)
		}
	}
}

func keys(t *testing.T, e world.Entropy) (private, public [32]byte) {
	t.Helper()
	_, _ = e.Read(private[:])
	k, err := ecdh.X25519().NewPrivateKey(private[:])
	if err != nil {
		t.Fatal(err)
	}
	return private, [32]byte(k.PublicKey().Bytes())
}

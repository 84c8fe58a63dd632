package transport_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
)

func TestBothSidesDialAtOnceAndOneChannelSurvives(t *testing.T) {
	for seed := range uint64(120) {
		net := transport.SimOptions{Latency: 20 * time.Millisecond, Jitter: 30 * time.Millisecond}
		if seed%2 == 1 {
			net = rough
		}
		simulate(t, seed, net, func(tc task.Context, w *world) {
			w.join(tc, 1, transport.Options{})
			w.join(tc, 2, transport.Options{})
			g := task.NewGroup(tc, "dialling")
			for _, n := range []byte{1, 2} {
				g.Go("dial", func(tc task.Context) error {
					late := time.Duration(seed%13) * 11 * time.Millisecond
					if n == 1 {
						late = 70 * time.Millisecond
					}
					if err := tc.Sleep(late); err != nil {
						return err
					}
					_, err := w.parties[n].hub.Dial(tc, target(3-n))
					return err
				})
			}
			if err := g.Wait(tc); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			sleep(t, tc, time.Minute)
			ends := w.ends()
			if ends[0] == nil || ends[1] == nil || ends[0].Binding() != ends[1].Binding() {
				t.Fatalf("seed %d: the sides do not agree on a channel", seed)
			}
			if opened := w.parties[1].hub.Stats().Channels; net == rough && opened > 2 || net != rough && opened != 1 {
				t.Errorf("seed %d: %d channels were opened", seed, opened)
			}
			if err := ends[0].Send(tc, []byte("hello")); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			if got, err := ends[1].Recv(tc); err != nil || string(got) != "hello" {
				t.Fatalf("seed %d: got %q, %v", seed, got, err)
			}
		})
	}
}

// ends returns the live channel of parties 1 and 2 as each sees it.
func (w *world) ends() (ends [2]*transport.Channel) {
	for i := range ends {
		ends[i], _ = w.parties[byte(i+1)].hub.Channel(pairContext, target(byte(2-i)).Static)
	}
	return ends
}

func TestADialJoinsWhatIsThere(t *testing.T) {
	simulate(t, 1, transport.SimOptions{}, func(tc task.Context, w *world) {
		w.join(tc, 1, transport.Options{})
		w.join(tc, 2, transport.Options{})
		g := task.NewGroup(tc, "dialling")
		channels := task.NewMailbox[*transport.Channel]("channels", 4)
		for range 3 {
			g.Go("dial", func(tc task.Context) error {
				c, err := w.parties[1].hub.Dial(tc, target(2))
				channels.TrySend(c)
				return err
			})
		}
		if err := g.Wait(tc); err != nil {
			t.Fatal(err)
		}
		again, err := w.parties[1].hub.Dial(tc, target(2))
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if c, _ := channels.Recv(tc); c != again {
				t.Error("a dial at the same time gave another channel")
			}
		}
		back, err := w.parties[2].hub.Dial(tc, target(1))
		if err != nil || back.Binding() != again.Binding() {
			t.Errorf("a dial back gave another channel (%v)", err)
		}
		if got := w.parties[2].hub.Stats().Channels; got != 1 {
			t.Errorf("%d channels were opened", got)
		}
	})
}

func TestARestartedPeerReplacesItsChannel(t *testing.T) {
	for _, restarted := range []byte{1, 2} {
		for _, silent := range []bool{false, true} {
			simulate(t, uint64(restarted), transport.SimOptions{}, func(tc task.Context, w *world) {
				w.join(tc, 1, transport.Options{})
				w.join(tc, 2, transport.Options{})
				a, b := w.connect(tc, 1, 2)
				stays, old := b, byte(2)
				if restarted == 2 {
					stays, old = a, 1
				}
				want := aura.Unavailable
				if silent { // the other side cannot notice before the peer comes back
					w.net.Detach(transport.PeerID{restarted})
					want = aura.Stale
				}
				w.join(tc, restarted, transport.Options{})
				sleep(t, tc, time.Second)
				w.net.Attach(transport.PeerID{restarted})
				fresh, err := w.parties[restarted].hub.Dial(tc, target(old))
				if err != nil {
					t.Fatal(err)
				}
				wantKind(t, "end of the old channel", stays.Over(tc), want)
				accepted, err := w.parties[old].hub.Accept(tc)
				if err != nil || accepted.Binding() != fresh.Binding() {
					t.Fatalf("the other side did not get the new channel: %v", err)
				}
				if err := fresh.Send(tc, []byte("back")); err != nil {
					t.Fatal(err)
				}
				if got, err := accepted.Recv(tc); err != nil || string(got) != "back" {
					t.Fatalf("got %q, %v", got, err)
				}
			})
		}
	}
}

func TestCrashesAndReconnectsUnderManySeeds(t *testing.T) {
	for seed := range uint64(30) {
		simulate(t, seed, rough, func(tc task.Context, w *world) {
			w.join(tc, 1, transport.Options{})
			w.join(tc, 2, transport.Options{})
			for round := range 4 {
				w.join(tc, 1+byte(seed+uint64(round))%2, transport.Options{})
				for attempt := 0; !w.reconnect(tc); attempt++ {
					if attempt == 5 {
						t.Fatalf("seed %d: round %d: the sides do not agree on a channel", seed, round)
					}
				}
			}
		})
	}
}

// reconnect lets both sides dial, again and again, as their services would, and reports whether they see
// the same channel three seconds later. That may fail: the dial may have met a channel that was dying.
func (w *world) reconnect(tc task.Context) bool {
	w.t.Helper()
	g := task.NewGroup(tc, "dialling")
	passing := func(err error) bool {
		return slices.Contains([]aura.Kind{aura.Unavailable, aura.Timeout, aura.Exhausted, aura.Conflict}, aura.KindOf(err))
	}
	for _, n := range []byte{1, 2} {
		g.Go("dial", func(tc task.Context) error {
			return task.Retry(tc, task.Backoff{}, w.sim.Entropy("retry"), passing, func(tc task.Context) error {
				_, err := w.parties[n].hub.Dial(tc, target(3-n))
				return err
			})
		})
	}
	if err := g.Wait(tc); err != nil {
		w.t.Fatal(err)
	}
	sleep(w.t, tc, 3*time.Second)
	ends := w.ends()
	return ends[0] != nil && ends[1] != nil && ends[0].Binding() == ends[1].Binding()
}

// refusals starts party 1 whose hub must refuse what party 2 tries, and returns what 1 counted.
func refusals(t *testing.T, try func(tc task.Context, w *world)) transport.HubStats {
	t.Helper()
	var stats transport.HubStats
	simulate(t, 1, transport.SimOptions{}, func(tc task.Context, w *world) {
		w.join(tc, 1, transport.Options{})
		w.join(tc, 2, transport.Options{})
		try(tc, w)
		sleep(t, tc, time.Minute)
		stats = w.parties[1].hub.Stats()
		brief, done := tc.WithBudget("brief", time.Second)
		defer done()
		_, err := w.parties[1].hub.Accept(brief)
		wantKind(t, "accept", err, aura.Timeout)
	})
	return stats
}

func wantStats(t *testing.T, got, want transport.HubStats) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}

func TestAnUnknownSecretIsNotAnswered(t *testing.T) {
	stats := refusals(t, func(tc task.Context, w *world) {
		to := target(1)
		to.PSK = [32]byte{99}
		_, err := w.parties[2].hub.Dial(tc, to)
		wantKind(t, "dial", err, aura.Unavailable)
	})
	wantStats(t, stats, transport.HubStats{UnknownTag: 1})
}

func TestAWrongStaticKeyIsNotAnswered(t *testing.T) {
	stats := refusals(t, func(tc task.Context, w *world) {
		to := target(1)
		to.Static = target(5).Static
		_, err := w.parties[2].hub.Dial(tc, to)
		wantKind(t, "dial", err, aura.Unavailable)
	})
	wantStats(t, stats, transport.HubStats{Refused: 1})
}

func TestAStrangerWithTheSecretIsNotAnswered(t *testing.T) {
	stats := refusals(t, func(tc task.Context, w *world) {
		w.parties[1].secrets.add(transport.Secret{Context: pairContext, PSK: psk, Peers: [][32]byte{target(7).Static}})
		_, err := w.parties[2].hub.Dial(tc, target(1))
		wantKind(t, "dial", err, aura.Unavailable)
	})
	wantStats(t, stats, transport.HubStats{Refused: 1})
}

func TestAnInvitationTakesAnyone(t *testing.T) {
	simulate(t, 1, transport.SimOptions{}, func(tc task.Context, w *world) {
		invitation := transport.Secret{Context: aura.ContextID{9}, PSK: [32]byte{9}, Anyone: true}
		w.join(tc, 1, transport.Options{}).secrets.add(invitation)
		w.join(tc, 2, transport.Options{})
		to := target(1)
		to.Context, to.PSK = invitation.Context, invitation.PSK
		c, err := w.parties[2].hub.Dial(tc, to)
		if err != nil {
			t.Fatal(err)
		}
		accepted, err := w.parties[1].hub.Accept(tc)
		if err != nil || accepted.RemoteStatic() != w.parties[2].static || accepted.Context() != invitation.Context {
			t.Errorf("accepted %x in %v, %v", accepted.RemoteStatic(), accepted.Context(), err)
		}
		if c.Binding() != accepted.Binding() {
			t.Error("the sides are bound to different channels")
		}
	})
}

func TestDiallingOneselfIsRefused(t *testing.T) {
	simulate(t, 1, transport.SimOptions{}, func(tc task.Context, w *world) {
		hub := w.join(tc, 1, transport.Options{}).hub
		own, other := target(1), target(2)
		for name, of := range map[string]transport.Target{
			"link key and static key": own,
			"link key":                {Context: own.Context, PSK: own.PSK, Peer: own.Peer, Static: other.Static, Addresses: own.Addresses},
			"static key":              {Context: own.Context, PSK: own.PSK, Peer: other.Peer, Static: own.Static, Addresses: other.Addresses},
		} {
			_, err := hub.Dial(tc, of)
			wantKind(t, "dial a target with the own "+name, err, aura.Invalid)
		}
	})
}

// tap records the cells that a network's links send.
type tap struct {
	transport.Network
	cells [][]byte
}

type tapLink struct {
	transport.Link
	tap *tap
}

func (n *tap) Dial(tc task.Context, peer transport.PeerID, addrs []transport.Address) (transport.Link, error) {
	l, err := n.Network.Dial(tc, peer, addrs)
	return tapLink{l, n}, err
}

func (l tapLink) Send(tc task.Context, cells []byte) error {
	for at := 0; at < len(cells); at += transport.CellSize {
		l.tap.cells = append(l.tap.cells, append([]byte(nil), cells[at:at+transport.CellSize]...))
	}
	return l.Link.Send(tc, cells)
}

// record lets party 2 open a channel to 1, say something, and leave; it returns what 2's link carried.
func record(t *testing.T, tc task.Context, w *world) [][]byte {
	t.Helper()
	p := w.parties[2]
	network := &tap{Network: p.network}
	hub, err := transport.OpenHub(p.group, network, p.private, p.secrets, w.sim.Entropy("tapped"), transport.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := hub.Dial(tc, target(1))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Send(tc, []byte("secret")); err != nil {
		t.Fatal(err)
	}
	if _, err := w.parties[1].hub.Accept(tc); err != nil {
		t.Fatal(err)
	}
	sleep(t, tc, time.Second)
	c.Close(tc)
	sleep(t, tc, time.Second)
	return network.cells
}

// throw opens a bare link to party 1 from an unknown peer and sends cells on it.
func throw(t *testing.T, tc task.Context, w *world, cells [][]byte) transport.Link {
	t.Helper()
	l, err := w.net.Join(transport.PeerID{66}).Dial(tc, transport.PeerID{1}, []transport.Address{address(1)})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cells {
		if err := l.Send(tc, c); err != nil {
			return l // refused meanwhile
		}
	}
	return l
}

func TestAReplayedHandshakeOpensNothing(t *testing.T) {
	stats := refusals(t, func(tc task.Context, w *world) {
		cells := record(t, tc, w)
		l := throw(t, tc, w, cells)
		wantKind(t, "answer", l.Recv(tc, make([]byte, transport.CellSize)), aura.Unavailable)
	})
	wantStats(t, stats, transport.HubStats{Channels: 1, Replayed: 1})
}

func TestAReplayAfterARestartOpensNothing(t *testing.T) {
	stats := refusals(t, func(tc task.Context, w *world) {
		cells := record(t, tc, w)
		w.join(tc, 1, transport.Options{}) // with an empty replay memory
		throw(t, tc, w, cells)
	})
	wantStats(t, stats, transport.HubStats{Unproven: 1})
}

func TestGarbageIsCountedAndNotAnswered(t *testing.T) {
	stats := refusals(t, func(tc task.Context, w *world) {
		cell := func(head ...byte) []byte { return append(head, make([]byte, transport.CellSize-len(head))...) }
		for _, c := range [][]byte{cell(1, 0), cell(1, 2), cell(1, 3), cell(1, 4), cell(1, 200)} {
			l := throw(t, tc, w, [][]byte{c})
			wantKind(t, "answer", l.Recv(tc, make([]byte, transport.CellSize)), aura.Unavailable)
		}
		throw(t, tc, w, [][]byte{cell(1, 1)})
	})
	wantStats(t, stats, transport.HubStats{Malformed: 5, UnknownTag: 1})
}

func TestAnotherVersionIsToldApart(t *testing.T) {
	stats := refusals(t, func(tc task.Context, w *world) {
		l := throw(t, tc, w, [][]byte{append([]byte{2}, make([]byte, transport.CellSize-1)...)})
		answer := make([]byte, transport.CellSize)
		if err := l.Recv(tc, answer); err != nil || answer[0] != transport.Version {
			t.Errorf("answer begins with %d, %v", answer[0], err)
		}
		// A peer of a later version answers a dial.
		later := w.net.Join(transport.PeerID{8}, address(8))
		task.NewGroup(tc, "later").Go("answer", func(tc task.Context) error {
			l, err := later.Accept(tc)
			if err != nil {
				return err
			}
			return l.Send(tc, append([]byte{2, 4}, make([]byte, transport.CellSize-2)...))
		})
		_, err := w.parties[2].hub.Dial(tc, target(8))
		wantKind(t, "dial", err, aura.Invalid)
		var version *transport.VersionError
		if !errors.As(err, &version) || *version != (transport.VersionError{Theirs: 2, Ours: 1}) {
			t.Errorf("cause %v", err)
		}
	})
	wantStats(t, stats, transport.HubStats{Malformed: 1})
}

func TestSilentLinksDoNotKeepOthersOut(t *testing.T) {
	simulate(t, 1, transport.SimOptions{}, func(tc task.Context, w *world) {
		w.join(tc, 1, transport.Options{HalfOpen: 8})
		w.join(tc, 2, transport.Options{})
		attacker := w.net.Join(transport.PeerID{66})
		for range 20 {
			if _, err := attacker.Dial(tc, transport.PeerID{1}, []transport.Address{address(1)}); err != nil {
				t.Fatal(err)
			}
		}
		_, err := w.parties[2].hub.Dial(tc, target(1))
		wantKind(t, "dial while the hub is full", err, aura.Unavailable)
		sleep(t, tc, 15*time.Second)
		if _, err := w.parties[2].hub.Dial(tc, target(1)); err != nil {
			t.Errorf("dial after the silent links were dropped: %v", err)
		}
		sleep(t, tc, time.Second)
		wantStats(t, w.parties[1].hub.Stats(), transport.HubStats{Busy: 13, Unproven: 8, Channels: 1})
	})
}

func TestChannelsThatNobodyTakesAreBounded(t *testing.T) {
	simulate(t, 1, transport.SimOptions{}, func(tc task.Context, w *world) {
		w.join(tc, 1, transport.Options{Backlog: 1})
		w.join(tc, 2, transport.Options{})
		w.join(tc, 3, transport.Options{})
		kept, err := w.parties[2].hub.Dial(tc, target(1))
		if err != nil {
			t.Fatal(err)
		}
		dropped, err := w.parties[3].hub.Dial(tc, target(1))
		if err != nil {
			t.Fatal(err)
		}
		wantKind(t, "end of the second", dropped.Over(tc), aura.Unavailable)
		if kept.Err() != nil {
			t.Errorf("the first ended: %v", kept.Err())
		}
	})
}

func TestOpenChannelsAreBounded(t *testing.T) {
	simulate(t, 1, transport.SimOptions{}, func(tc task.Context, w *world) {
		w.join(tc, 1, transport.Options{Channels: 2})
		for n := byte(2); n <= 4; n++ {
			w.join(tc, n, transport.Options{})
			c, err := w.parties[n].hub.Dial(tc, target(1))
			if err != nil {
				t.Fatal(err)
			}
			sleep(t, tc, time.Second)
			if open := c.Err() == nil; open != (n <= 3) {
				t.Errorf("channel of party %d: %v", n, c.Err())
			}
		}
		// A place that becomes free is taken, and one's own peer can always come back.
		w.join(tc, 2, transport.Options{})
		sleep(t, tc, time.Second)
		for _, n := range []byte{4, 4} {
			c, err := w.join(tc, n, transport.Options{}).hub.Dial(tc, target(1))
			if err != nil {
				t.Fatal(err)
			}
			sleep(t, tc, time.Second)
			if c.Err() != nil {
				t.Errorf("channel of party %d: %v", n, c.Err())
			}
		}
	})
}

// spoiler flips a bit in some of the cells that pass.
type spoiler struct {
	transport.Network
	every int
}

type spoilerLink struct {
	transport.Link
	every int
	seen  *int
}

func (n spoiler) Dial(tc task.Context, peer transport.PeerID, addrs []transport.Address) (transport.Link, error) {
	l, err := n.Network.Dial(tc, peer, addrs)
	return spoilerLink{l, n.every, new(int)}, err
}

func (l spoilerLink) Send(tc task.Context, cells []byte) error {
	cells = append([]byte(nil), cells...)
	for at := 0; at < len(cells); at += transport.CellSize {
		if *l.seen++; *l.seen > 1 && *l.seen%l.every == 0 {
			cells[at+(*l.seen*37)%transport.CellSize] ^= 0x10
		}
	}
	return l.Link.Send(tc, cells)
}

func TestSpoiledCellsAreRefusedAndTravelAgain(t *testing.T) {
	simulate(t, 1, transport.SimOptions{}, func(tc task.Context, w *world) {
		w.join(tc, 1, transport.Options{})
		p := w.join(tc, 2, transport.Options{})
		hub, err := transport.OpenHub(p.group, spoiler{p.network, 5}, p.private, p.secrets, w.sim.Entropy("spoiled"), transport.Options{})
		if err != nil {
			t.Fatal(err)
		}
		c, err := hub.Dial(tc, target(1))
		if err != nil {
			t.Fatal(err)
		}
		accepted, err := w.parties[1].hub.Accept(tc)
		if err != nil {
			t.Fatal(err)
		}
		want := sizes(9, 50)
		task.NewGroup(tc, "sender").Go("send", func(tc task.Context) error { return sendAll(tc, c, want) })
		expectAll(t, tc, accepted, want)
		if got := accepted.Stats(); got.CellsRefused == 0 {
			t.Error("no cell was refused")
		}
	})
}

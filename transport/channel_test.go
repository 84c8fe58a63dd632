package transport_test

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
)

// rough is a network that does everything to cells.
var rough = transport.SimOptions{
	Latency: 30 * time.Millisecond, Jitter: 40 * time.Millisecond, Loss: 0.15, Duplicate: 0.1, Reorder: 0.1,
}

// text makes the i-th message of a run: its number, then bytes that follow from it.
func text(i, size int) []byte {
	b := make([]byte, max(4, size))
	binary.BigEndian.PutUint32(b, uint32(i))
	for j := 4; j < len(b); j++ {
		b[j] = byte(i + j)
	}
	return b
}

// sizes draws message sizes: mostly short, sometimes long.
func sizes(seed uint64, n int) []int {
	r := rand.New(rand.NewPCG(seed, 1))
	out := make([]int, n)
	for i := range out {
		out[i] = 4 + r.IntN(300)
		if r.IntN(10) == 0 {
			out[i] = r.IntN(40_000)
		}
	}
	return out
}

func sendAll(tc task.Context, c *transport.Channel, sizes []int) error {
	for i, n := range sizes {
		if err := c.Send(tc, text(i, n)); err != nil {
			return err
		}
	}
	return nil
}

func expectAll(t *testing.T, tc task.Context, c *transport.Channel, sizes []int) {
	t.Helper()
	for i, n := range sizes {
		got, err := c.Recv(tc)
		if err != nil {
			t.Fatalf("message %d: %v", i, err)
		}
		if !bytes.Equal(got, text(i, n)) {
			t.Fatalf("message %d: %d bytes differ from the %d sent", i, len(got), n)
		}
	}
}

func TestMessagesArriveInOrderOnceOverARoughNetwork(t *testing.T) {
	for seed := range uint64(25) {
		simulate(t, seed, rough, func(tc task.Context, w *world) {
			w.join(tc, 1, transport.Options{})
			w.join(tc, 2, transport.Options{})
			a, b := w.connect(tc, 1, 2)
			there, back := sizes(seed, 60), sizes(seed+1000, 60)
			g := task.NewGroup(tc, "senders")
			g.Go("a", func(tc task.Context) error { return sendAll(tc, a, there) })
			g.Go("b", func(tc task.Context) error { return sendAll(tc, b, back) })
			expectAll(t, tc, b, there)
			expectAll(t, tc, a, back)
			if err := g.Wait(tc); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestTheSameSeedGivesTheSameWorld(t *testing.T) {
	digest := func() [32]byte {
		return simulate(t, 5, rough, func(tc task.Context, w *world) {
			w.join(tc, 1, transport.Options{})
			w.join(tc, 2, transport.Options{})
			a, b := w.connect(tc, 1, 2)
			if err := sendAll(tc, a, sizes(5, 40)); err != nil {
				t.Fatal(err)
			}
			expectAll(t, tc, b, sizes(5, 40))
		}).Digest()
	}
	if a, b := digest(), digest(); a != b {
		t.Errorf("digests %x and %x", a, b)
	}
}

func TestAMessageOfAnotherSizeIsRefused(t *testing.T) {
	simulate(t, 1, transport.SimOptions{}, func(tc task.Context, w *world) {
		w.join(tc, 1, transport.Options{})
		w.join(tc, 2, transport.Options{})
		a, _ := w.connect(tc, 1, 2)
		wantKind(t, "empty", a.Send(tc, nil), aura.Invalid)
		wantKind(t, "too long", a.Send(tc, make([]byte, transport.MaxMessage+1)), aura.Invalid)
	})
}

func TestAShortPartitionDelaysAndALongOneEndsTheChannel(t *testing.T) {
	for seed := range uint64(10) {
		simulate(t, seed, rough, func(tc task.Context, w *world) {
			w.join(tc, 1, transport.Options{})
			w.join(tc, 2, transport.Options{})
			a, b := w.connect(tc, 1, 2)
			for round := range 5 {
				w.net.Cut(transport.PeerID{1}, transport.PeerID{2})
				if err := a.Send(tc, text(round, 5000)); err != nil {
					t.Fatal(err)
				}
				sleep(t, tc, 12*time.Second)
				w.net.Mend(transport.PeerID{1}, transport.PeerID{2})
				got, err := b.Recv(tc)
				if err != nil || !bytes.Equal(got, text(round, 5000)) {
					t.Fatalf("seed %d: round %d: %d bytes, %v (%v)", seed, round, len(got), err, a.Err())
				}
			}
			w.net.Cut(transport.PeerID{1}, transport.PeerID{2})
			start := tc.Elapsed()
			if err := a.Send(tc, text(9, 100)); err != nil {
				t.Fatal(err)
			}
			wantKind(t, "end", a.Over(tc), aura.Unavailable)
			if took := tc.Elapsed() - start; took < 25*time.Second || took > 40*time.Second {
				t.Errorf("seed %d: the channel ended after %v", seed, took)
			}
		})
	}
}

func TestASilentPeerIsNoticedByTheKeepAlive(t *testing.T) {
	simulate(t, 1, transport.SimOptions{}, func(tc task.Context, w *world) {
		w.join(tc, 1, transport.Options{})
		w.join(tc, 2, transport.Options{})
		a, b := w.connect(tc, 1, 2)
		w.net.Detach(transport.PeerID{2})
		wantKind(t, "end", a.Over(tc), aura.Unavailable)
		wantKind(t, "other end", b.Over(tc), aura.Unavailable)
		if tc.Elapsed() > 11*time.Minute {
			t.Errorf("noticed after %v", tc.Elapsed())
		}
	})
}

func TestAnIdleChannelIsNearlySilent(t *testing.T) {
	simulate(t, 1, transport.SimOptions{}, func(tc task.Context, w *world) {
		w.join(tc, 1, transport.Options{})
		w.join(tc, 2, transport.Options{})
		a, b := w.connect(tc, 1, 2)
		sleep(t, tc, time.Minute)
		before := a.Stats().CellsSent + b.Stats().CellsSent
		const minutes = 240
		sleep(t, tc, minutes*time.Minute)
		cells := a.Stats().CellsSent + b.Stats().CellsSent - before
		if perMinute := cells * transport.CellSize / minutes; perMinute == 0 || perMinute > 400 {
			t.Errorf("%d bytes a minute", perMinute)
		}
		if a.Err() != nil || b.Err() != nil {
			t.Errorf("an idle channel ended: %v, %v", a.Err(), b.Err())
		}
	})
}

func TestASlowReceiverHoldsTheSenderBack(t *testing.T) {
	simulate(t, 3, rough, func(tc task.Context, w *world) {
		w.join(tc, 1, transport.Options{})
		w.join(tc, 2, transport.Options{})
		a, b := w.connect(tc, 1, 2)
		const size = 50_000
		sent := 0
		for {
			brief, done := tc.WithBudget("brief", time.Minute)
			err := a.Send(brief, text(sent, size))
			done()
			if err != nil {
				wantKind(t, "send", err, aura.Timeout)
				break
			}
			sent++
		}
		if queued := sent * size; queued < 1<<20 || queued > 5<<18 {
			t.Errorf("%d bytes were taken before the sender was held back", queued)
		}
		before := a.Stats().CellsSent
		sleep(t, tc, 10*time.Minute)
		if asked := a.Stats().CellsSent - before; asked > 200 {
			t.Errorf("%d cells in ten minutes of waiting", asked)
		}
		for i := range sent {
			got, err := b.Recv(tc)
			if err != nil || !bytes.Equal(got, text(i, size)) {
				t.Fatalf("message %d: %d bytes, %v", i, len(got), err)
			}
		}
	})
}

func TestRekeyingLosesNothing(t *testing.T) {
	for seed := range uint64(10) {
		simulate(t, seed, rough, func(tc task.Context, w *world) {
			w.join(tc, 1, transport.Options{})
			w.join(tc, 2, transport.Options{})
			a, b := w.connect(tc, 1, 2)
			for i := range 60 {
				if i%6 == 0 {
					a.Rekey(aura.Epoch(i))
					a.Rekey(aura.Epoch(i)) // the same epoch changes nothing
					b.Rekey(aura.Epoch(i / 2))
				}
				if err := a.Send(tc, text(i, 3000)); err != nil {
					t.Fatal(err)
				}
				if err := b.Send(tc, text(i, 10)); err != nil {
					t.Fatal(err)
				}
				if i%3 == 0 {
					sleep(t, tc, 50*time.Millisecond)
				}
			}
			for i := range 60 {
				for _, c := range []struct {
					channel *transport.Channel
					want    []byte
				}{{b, text(i, 3000)}, {a, text(i, 10)}} {
					if got, err := c.channel.Recv(tc); err != nil || !bytes.Equal(got, c.want) {
						t.Fatalf("seed %d: message %d: %d bytes, %v", seed, i, len(got), err)
					}
				}
			}
			if got := a.Stats().Generation; got < 5 || got > 9 {
				t.Errorf("seed %d: generation %d after nine epochs", seed, got)
			}
		})
	}
}

func TestCloseEndsBothSides(t *testing.T) {
	simulate(t, 1, transport.SimOptions{}, func(tc task.Context, w *world) {
		w.join(tc, 1, transport.Options{})
		w.join(tc, 2, transport.Options{})
		a, b := w.connect(tc, 1, 2)
		if err := a.Send(tc, []byte("last words")); err != nil {
			t.Fatal(err)
		}
		sleep(t, tc, time.Second)
		a.Close(tc)
		a.Close(tc)
		wantKind(t, "send here", a.Send(tc, []byte("x")), aura.Cancelled)
		_, err := a.Recv(tc)
		wantKind(t, "receive here", err, aura.Cancelled)
		wantKind(t, "end there", b.Over(tc), aura.Unavailable)
		got, err := b.Recv(tc)
		if err != nil || string(got) != "last words" {
			t.Errorf("got %q, %v: what arrived before the end is lost", got, err)
		}
		_, err = b.Recv(tc)
		wantKind(t, "receive there", err, aura.Unavailable)
	})
}

func TestManySendersShareAChannel(t *testing.T) {
	simulate(t, 2, rough, func(tc task.Context, w *world) {
		w.join(tc, 1, transport.Options{})
		w.join(tc, 2, transport.Options{})
		a, b := w.connect(tc, 1, 2)
		g := task.NewGroup(tc, "senders")
		const senders, each = 8, 20
		for s := range senders {
			g.Go("sender", func(tc task.Context) error {
				for i := range each {
					if err := a.Send(tc, append([]byte{byte(s)}, text(i, 20_000)...)); err != nil {
						return err
					}
				}
				return nil
			})
		}
		var next [senders]int
		for range senders * each {
			got, err := b.Recv(tc)
			if err != nil {
				t.Fatal(err)
			}
			s := got[0]
			if !bytes.Equal(got[1:], text(next[s], 20_000)) {
				t.Fatalf("sender %d: message %d is out of order", s, next[s])
			}
			next[s]++
		}
	})
}

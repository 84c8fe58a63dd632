package transport_test

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"time"

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

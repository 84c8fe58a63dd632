package localapi_test

import (
	"errors"
	"testing"
	"time"

	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/internal/contract"
	"github.com/aura-runtime/aura/localapi"
	"github.com/aura-runtime/aura/task"
)

// bench runs fn beside a server for f.
func bench(b *testing.B, f *contract.Fake, fn func(tc task.Context, c *localapi.Client) error) {
	b.Helper()
	path := localapi.SocketPath(b.TempDir())
	err := task.NewReal(task.RealOptions{}).Run("bench", func(tc task.Context) error {
		h := task.Supervise(task.NewGroup(tc, "services"), localapi.NewServer(path, f, localapi.Options{}))
		if err := h.Start(tc); err != nil {
			return err
		}
		c, err := localapi.Open(tc, path)
		if err != nil {
			return err
		}
		if err := fn(tc, c); err != nil {
			return err
		}
		c.Close()
		return h.Join(tc, time.Second)
	})
	if err != nil {
		b.Fatal(err)
	}
}

// BenchmarkCall is a question and its answer over the socket.
func BenchmarkCall(b *testing.B) {
	bench(b, contract.NewFake(), func(tc task.Context, c *localapi.Client) error {
		for b.Loop() {
			if _, err := c.Ask(tc, fact.Question{Kind: "test.echo", Payload: []byte("hello")}); err != nil {
				return err
			}
		}
		return nil
	})
}

// BenchmarkWatch is one fact of 100 bytes of history over the socket, in pages of the fake's.
func BenchmarkWatch(b *testing.B) {
	f := contract.NewFake()
	enough := errors.New("enough")
	bench(b, f, func(tc task.Context, c *localapi.Client) error {
		const facts = 1000
		for i := range facts {
			if _, err := f.Submit(tc, contract.Note(i, make([]byte, 100))); err != nil {
				return err
			}
		}
		seen := 0
		for b.Loop() {
			if seen++; seen%facts != 1 {
				continue // one watch brings them all
			}
			err := c.Watch(tc, fact.Selection{}, func(up fact.Update) error {
				if len(up.Records) > 0 && up.Live {
					return enough
				}
				return nil
			})
			if !errors.Is(err, enough) {
				return err
			}
		}
		return nil
	})
}

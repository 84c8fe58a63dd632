package bench

import (
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/libp2p/go-libp2p"

	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// BenchmarkStart is from a closed home with a key file to an agent that takes intents, with nothing said and
// with 100,000 messages in the journal. Baseline: an empty store and a host.
func BenchmarkStart(b *testing.B) {
	b.Run("empty", func(b *testing.B) { benchStart(b, 0) })
	b.Run("100000", func(b *testing.B) { benchStart(b, 100_000) })
	b.Run("bare", func(b *testing.B) {
		dir := b.TempDir()
		for range b.N {
			store, err := pebble.Open(dir, &pebble.Options{Logger: quiet{}})
			if err != nil {
				b.Fatal(err)
			}
			host, err := libp2p.New(libp2p.ListenAddrStrings(loopback), libp2p.DisableRelay())
			if err != nil {
				b.Fatal(err)
			}
			b.StopTimer()
			host.Close()
			store.Close()
			b.StartTimer()
		}
	})
}

func benchStart(b *testing.B, messages int) {
	dir := b.TempDir()
	err := task.NewReal(task.RealOptions{}).Run("bench", func(tc task.Context) error {
		found(tc, b, dir, "Ada")
		found(tc, b, dir, "Ben")
		p := &pair{tc: tc, ada: start(tc, b, dir, "Ada"), ben: start(tc, b, dir, "Ben")}
		p.meet(b)
		if err := p.ben.Stop(tc); err != nil {
			return err
		}
		p.fill(b, messages)
		if err := p.ada.Stop(tc); err != nil {
			return err
		}
		b.ResetTimer()
		for range b.N {
			a := start(tc, b, dir, "Ada")
			b.StopTimer()
			if err := a.Stop(tc); err != nil {
				return err
			}
			b.StartTimer()
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}

// fill writes messages into Ada's journal.
func (p *pair) fill(b *testing.B, messages int) {
	const entry = 1000
	payload, err := fact.Marshal(chat.Text{Text: strings.Repeat("x", text)})
	if err != nil {
		b.Fatal(err)
	}
	drafts := make([]fact.Draft, entry)
	for i := range drafts {
		drafts[i] = fact.Draft{Namespace: fact.ContextNamespace(p.context), Kind: chat.KindMessage, Payload: payload}
	}
	for range messages / entry {
		if _, err := p.ada.Journal().Append(p.tc, &journal.Entry{Drafts: drafts}); err != nil {
			b.Fatal(err)
		}
	}
}

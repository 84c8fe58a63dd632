package bench

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/libp2p/go-libp2p"

	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// BenchmarkStart is from a closed home with a key file to an agent that takes intents, with nothing said and
// with 100,000 messages in the journal. Baseline: an empty store and a host. The work is counted in processor
// time, "cpu-ms": with 1,000 and 1,000,000 facts, of which a tenth are about people and not messages, when there
// are checkpoints, and when there are none.
func BenchmarkStart(b *testing.B) {
	b.Run("empty", func(b *testing.B) { benchStart(b, 0) })
	b.Run("100000", func(b *testing.B) { benchStart(b, 100_000) })
	for _, facts := range []int{1000, 1_000_000} {
		b.Run(fmt.Sprint("kept/", facts), func(b *testing.B) { benchKept(b, facts) })
	}
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
	for left := messages; left > 0; left -= entry {
		if _, err := p.ada.Journal().Append(p.tc, &journal.Entry{Drafts: drafts[:min(entry, left)]}); err != nil {
			b.Fatal(err)
		}
	}
}

// benchKept is benchStart with checkpoints.
func benchKept(b *testing.B, facts int) {
	dir := b.TempDir()
	err := task.NewReal(task.RealOptions{}).Run("bench", func(tc task.Context) error {
		found(tc, b, dir, "Ada")
		found(tc, b, dir, "Ben")
		p := &pair{tc: tc, ada: start(tc, b, dir, "Ada"), ben: start(tc, b, dir, "Ben")}
		p.meet(b)
		if err := p.ben.Stop(tc); err != nil {
			return err
		}
		p.fill(b, facts*9/10)
		p.move(b, facts/10)
		if err := p.ada.Stop(tc); err != nil {
			return err
		}
		began := processor(b)
		a := start(tc, b, dir, "Ada")
		first := processor(b) - began
		// Maintenance keeps the checkpoints that are due soon after the start.
		if err := tc.Sleep(3 * time.Second); err != nil {
			return err
		}
		if err := a.Stop(tc); err != nil {
			return err
		}
		used := 0.0
		b.ResetTimer()
		for range b.N {
			began := processor(b)
			a := start(tc, b, dir, "Ada")
			used += processor(b) - began
			b.StopTimer()
			if err := a.Stop(tc); err != nil {
				return err
			}
			b.StartTimer()
		}
		b.ReportMetric(used*1000/float64(b.N), "cpu-ms/op")
		b.ReportMetric(first*1000, "unkept-cpu-ms")
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}

// move writes down new addresses of Ben.
func (p *pair) move(b *testing.B, times int) {
	const entry = 1000
	for i := 0; i < times; i += entry {
		e := &journal.Entry{}
		for n := range min(entry, times-i) {
			payload, err := fact.Marshal(contact.Addresses{Context: p.context, Addresses: []string{fmt.Sprintf("/ip4/192.0.2.1/udp/%d/quic-v1", 1024+n)}})
			if err != nil {
				b.Fatal(err)
			}
			e.Drafts = append(e.Drafts, fact.Draft{Namespace: fact.OwnNamespace(p.ada.Self()), Kind: contact.KindAddresses, Payload: payload})
		}
		if _, err := p.ada.Journal().Append(p.tc, e); err != nil {
			b.Fatal(err)
		}
	}
}

// processor returns the seconds of processor time that this process has used.
func processor(b testing.TB) float64 {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	seconds := func(t syscall.Timeval) float64 { return float64(t.Sec) + float64(t.Usec)/1e6 }
	return seconds(used.Utime) + seconds(used.Stime)
}

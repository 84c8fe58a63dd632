package bench

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/binary"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/keyring"
	"github.com/aura-runtime/aura/task"
)

const (
	loopback = "/ip4/127.0.0.1/udp/0/quic-v1"
	text     = 100 // bytes of a message
)

// pair is two agents, each with its own journal on disk and its own libp2p host, that are contacts.
type pair struct {
	tc       task.Context
	ada, ben *agent.Agent
	context  aura.ContextID
	to       chat.Ref // Ada's, to Ben

	mu       sync.Mutex
	arrived  int
	awaiting int
	reached  chan struct{}
}

// Committed counts the messages that are durable at the receiver.
func (p *pair) Committed(records []fact.Record) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range records {
		if records[i].Fact.Kind == chat.KindMessage {
			p.arrived++
		}
	}
	if p.awaiting > 0 && p.arrived >= p.awaiting {
		p.awaiting = 0
		close(p.reached)
	}
}

// await returns when n messages have arrived in all.
func (p *pair) await(n int) {
	p.mu.Lock()
	if p.arrived >= n {
		p.mu.Unlock()
		return
	}
	reached := make(chan struct{})
	p.awaiting, p.reached = n, reached
	p.mu.Unlock()
	<-reached
}

// withPair runs fn with two agents that have met.
func withPair(b *testing.B, fn func(*pair), set ...func(*agent.Options)) {
	b.Helper()
	dir := b.TempDir()
	err := task.NewReal(task.RealOptions{}).Run("bench", func(tc task.Context) error {
		open := func(name string) *agent.Agent {
			found(tc, b, dir, name)
			return start(tc, b, dir, name, set...)
		}
		p := &pair{tc: tc, ada: open("Ada"), ben: open("Ben")}
		p.meet(b)
		p.ben.Journal().Attach(p)
		fn(p)
		b.StopTimer()
		if err := p.ada.Stop(tc); err != nil {
			b.Error(err)
		}
		return p.ben.Stop(tc)
	})
	if err != nil {
		b.Fatal(err)
	}
}

// found creates the account of a name in a folder.
func found(tc task.Context, b testing.TB, dir, name string) {
	if _, err := agent.CreateHome(tc, filepath.Join(dir, name), name, keyFile(dir, name)); err != nil {
		b.Fatal(err)
	}
}

// start runs the agent of an account.
func start(tc task.Context, b testing.TB, dir, name string, set ...func(*agent.Options)) *agent.Agent {
	var own agent.Options
	for _, change := range set {
		change(&own)
	}
	options := agent.HomeOptions{Listen: []string{loopback}, Private: true}
	hands, err := agent.OpenHome(tc, filepath.Join(dir, name), keyFile(dir, name), options)
	if err != nil {
		b.Fatal(err)
	}
	a, err := agent.New(tc, task.NewGroup(tc, name), hands, own)
	if err != nil {
		b.Fatal(err)
	}
	if err := a.Start(tc); err != nil {
		b.Fatal(err)
	}
	return a
}

func keyFile(dir, name string) keyring.Protector {
	return keyring.KeyFile(filepath.Join(dir, name+".key"))
}

func (p *pair) meet(b *testing.B) {
	var code invite.CreateResult
	r := submit(p.tc, b, p.ada, invite.IntentCreate, invite.CreateIntent{})
	if err := fact.Unmarshal(r.Payload, &code); err != nil {
		b.Fatal(err)
	}
	submit(p.tc, b, p.ben, invite.IntentAccept, invite.CodeIntent{Code: code.Code})
	done := aura.Errorf("bench", aura.Cancelled, "found")
	for _, a := range []*agent.Agent{p.ada, p.ben} {
		err := a.Watch(p.tc, fact.Selection{Kinds: []string{contact.KindAdded}, Follow: true}, func(up fact.Update) error {
			if len(up.Records) == 0 {
				return nil
			}
			var added contact.Added
			if err := fact.Unmarshal(up.Records[0].Fact.Payload, &added); err != nil {
				return err
			}
			p.context = added.Context
			if a == p.ada {
				p.to = chat.Ref{Context: added.Context, Epoch: up.Records[0].Fact.Logical}
			}
			return done
		})
		if err != done {
			b.Fatal(err)
		}
	}
}

func submit(tc task.Context, b testing.TB, a *agent.Agent, kind string, payload any) fact.Result {
	body, err := fact.Marshal(payload)
	if err != nil {
		b.Fatal(err)
	}
	intent := fact.Intent{Kind: kind, Payload: body}
	_, _ = rand.Read(intent.Operation[:]) // as every frontend names its actions
	r, err := a.Submit(tc, intent)
	if err != nil {
		b.Fatal(err)
	}
	return r
}

func (p *pair) send(tc task.Context, b *testing.B) {
	submit(tc, b, p.ada, chat.IntentSend, chat.SendIntent{To: p.to, Text: strings.Repeat("x", text)})
}

// BenchmarkSend is one guarded, durable, encrypted message after the other: from Submit to committed at the
// receiver. Baseline: the same steps with nothing around them.
func BenchmarkSend(b *testing.B) {
	b.Run("aura", func(b *testing.B) {
		withPair(b, func(p *pair) {
			p.send(p.tc, b)
			p.await(1)
			b.ResetTimer()
			for i := range b.N {
				p.send(p.tc, b)
				p.await(i + 2)
			}
		})
	})
	b.Run("bare", func(b *testing.B) {
		bare := openBare(b)
		b.ResetTimer()
		for range b.N {
			// Two signatures (fact, receipt), one synced commit, one way over libp2p, two verifications and
			// one synced commit at the other side.
			message := bare.make(b, 1)
			bare.commit(b, 0, message)
			bare.send(b, message)
			<-bare.received
		}
	})
}

// BenchmarkThroughput keeps 256 messages outstanding. Baseline: batches of 256 through the same pipeline on bare
// libp2p and Pebble, one commit and one signature each side a batch. "cpu-µs/op" is the processor time of both sides,
// which a busy machine changes less than it does the clock's.
func BenchmarkThroughput(b *testing.B) {
	const outstanding = 256
	b.Run("aura", func(b *testing.B) {
		if b.N > 60_000 {
			b.Fatalf("%d messages are more than an epoch's budget allows: use a shorter -benchtime", b.N)
		}
		withPair(b, func(p *pair) {
			p.send(p.tc, b)
			p.await(1)
			b.ResetTimer()
			began := processor(b)
			senders := task.NewGroup(p.tc, "senders")
			next := task.NewMailbox[struct{}]("next", outstanding)
			for range outstanding {
				senders.Go("sender", func(tc task.Context) error {
					for {
						if _, err := next.Recv(tc); err != nil {
							return nil
						}
						p.send(tc, b)
					}
				})
			}
			for range b.N {
				if err := next.Send(p.tc, struct{}{}); err != nil {
					b.Fatal(err)
				}
			}
			next.Close()
			p.await(b.N + 1)
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
			b.ReportMetric((processor(b)-began)*1e6/float64(b.N), "cpu-µs/op")
			// The last messages may be at the other side before their senders have the answers.
			if err := senders.Wait(p.tc); err != nil {
				b.Error(err)
			}
		})
	})
	b.Run("bare", func(b *testing.B) {
		bare := openBare(b)
		b.ResetTimer()
		began := processor(b)
		inFlight := 0
		for done := 0; done < b.N; done += outstanding {
			message := bare.make(b, outstanding)
			bare.commit(b, 0, message)
			bare.send(b, message)
			if inFlight++; inFlight > 1 {
				<-bare.received
				inFlight--
			}
		}
		for range inFlight {
			<-bare.received
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
		b.ReportMetric((processor(b)-began)*1e6/float64(b.N), "cpu-µs/op")
	})
}

// bare is the pipeline without Aura: two libp2p hosts, two Pebble stores, two key pairs.
type bare struct {
	stores   [2]*pebble.DB
	key      ed25519.PrivateKey
	stream   network.Stream
	received chan struct{}
	sequence uint64
}

func openBare(b *testing.B) *bare {
	b.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		b.Fatal(err)
	}
	s := &bare{key: key, received: make(chan struct{}, 16)}
	var hosts [2]host.Host
	for i := range s.stores {
		if s.stores[i], err = pebble.Open(b.TempDir(), &pebble.Options{Logger: quiet{}}); err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { s.stores[i].Close() })
		if hosts[i], err = libp2p.New(libp2p.ListenAddrStrings(loopback), libp2p.DisableRelay()); err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { hosts[i].Close() })
	}
	hosts[1].SetStreamHandler("/bench/1", func(in network.Stream) {
		for {
			var size [4]byte
			if _, err := io.ReadFull(in, size[:]); err != nil {
				return
			}
			message := make([]byte, binary.BigEndian.Uint32(size[:]))
			if _, err := io.ReadFull(in, message); err != nil {
				return
			}
			body, signature := message[:len(message)-64], message[len(message)-64:]
			for range 2 {
				if !ed25519.Verify(key.Public().(ed25519.PublicKey), body, signature) {
					b.Error("a signature does not hold")
				}
			}
			s.commit(b, 1, message)
			s.received <- struct{}{}
		}
	})
	ctx := context.Background()
	if err := hosts[0].Connect(ctx, peer.AddrInfo{ID: hosts[1].ID(), Addrs: hosts[1].Addrs()}); err != nil {
		b.Fatal(err)
	}
	if s.stream, err = hosts[0].NewStream(ctx, hosts[1].ID(), "/bench/1"); err != nil {
		b.Fatal(err)
	}
	return s
}

// make returns n messages with the size of a fact, signed twice.
func (s *bare) make(b *testing.B, n int) []byte {
	b.Helper()
	body := make([]byte, n*(text+200))
	s.sequence++
	binary.BigEndian.PutUint64(body, s.sequence)
	ed25519.Sign(s.key, body)
	return append(body, ed25519.Sign(s.key, body)...)
}

// commit makes the messages of one batch durable.
func (s *bare) commit(b *testing.B, at int, message []byte) {
	batch := s.stores[at].NewBatch()
	const size = text + 200
	for i := 0; i+size <= len(message); i += size {
		key := binary.BigEndian.AppendUint64(message[:8:8], uint64(i))
		if err := batch.Set(key, message[i:i+size], nil); err != nil {
			b.Error(err)
		}
	}
	if err := batch.Commit(pebble.Sync); err != nil {
		b.Error(err)
	}
}

func (s *bare) send(b *testing.B, message []byte) {
	b.Helper()
	size := binary.BigEndian.AppendUint32(nil, uint32(len(message)))
	if _, err := s.stream.Write(append(size, message...)); err != nil {
		b.Fatal(err)
	}
}

// quiet keeps Pebble's notes out of the results.
type quiet struct{}

func (quiet) Infof(string, ...any)  {}
func (quiet) Errorf(string, ...any) {}
func (quiet) Fatalf(format string, args ...any) {
	panic(format)
}

package bench

import (
	"crypto/rand"
	"errors"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
)

// tally is a protocol of four messages.
const tally = `
module tally exposing (Tally)

protocol Tally =
  roles One, Two
  loop repeat 2
    One { guard_capability : "chat:send", flow_cost : 1 } -> Two : Ask
    Two { guard_capability : "chat:send", flow_cost : 1 } -> One : Answer
`

const (
	tallyID  = "bench.tally.tally"
	messages = 4
)

// plays adds the protocol to an agent's registry. Ended gets a value for each program that has returned.
func plays(persistent bool, ended chan<- error) func(*agent.Options) {
	turns := func(first bool, other choreo.Role) session.Program {
		return func(tc task.Context, p *session.Port) error {
			var err error
			for turn := range messages {
				label := []string{"Ask", "Answer"}[turn%2]
				if first == (turn%2 == 0) {
					err = errors.Join(err, p.Send(tc, other, label, make([]byte, text)))
				} else {
					_, _, received := p.Receive(tc, other)
					err = errors.Join(err, received)
				}
			}
			ended <- err
			return err
		}
	}
	return func(o *agent.Options) {
		o.Sessions = func(r *session.Registry) error {
			p, problems := choreo.Load("tally.tell", tally)
			if err := problems.Err("tally"); err != nil {
				return err
			}
			i, err := p.Instantiate(nil)
			if err != nil {
				return err
			}
			return errors.Join(r.Add(i, choreo.Defaults{ProtocolID: tallyID}), r.Play(tallyID, "One", turns(true, "Two")), r.Play(tallyID, "Two", turns(false, "One")),
				r.Answer(tallyID, "Two", func(task.Context, session.Party, aura.ContextID, *session.Greeting) (session.Opening, error) {
					return session.Opening{Persistent: persistent}, nil
				}))
		}
	}
}

// BenchmarkSession opens a session of four messages between two agents over QUIC, plays it and ends it, one after the other. Baseline: the
// same messages and as many signatures and synced commits with nothing around them. A sender commits what it pays with, and a receiver what it
// was paid; each side of a session in memory pays for its greeting, and a persistent one has its beginning and its end in the journal of each side.
func BenchmarkSession(b *testing.B) {
	for _, kind := range []string{"memory", "persistent"} {
		persistent := kind == "persistent"
		b.Run(kind+"/aura", func(b *testing.B) {
			ended := make(chan error, 2)
			withPair(b, func(p *pair) {
				one := func() {
					o := session.Opening{
						Protocol: tallyID, Role: "One", Context: p.context, Persistent: persistent,
						Parties: []session.Party{{Role: "Two", Authority: p.ben.Self()}},
					}
					_, _ = rand.Read(o.Name[:])
					if err := p.ada.Sessions().Open(p.tc, o); err != nil {
						b.Fatal(err)
					}
					if err := errors.Join(<-ended, <-ended); err != nil {
						b.Fatal(err)
					}
				}
				one()
				b.ResetTimer()
				for range b.N {
					one()
				}
			}, plays(persistent, ended))
		})
		b.Run(kind+"/bare", func(b *testing.B) {
			bare := openBare(b)
			b.ResetTimer()
			for range b.N {
				bare.commit(b, 0, bare.make(b, 1)) // the beginning
				bare.commit(b, 1, bare.make(b, 1))
				for range messages {
					message := bare.make(b, 1)
					bare.commit(b, 0, message)
					bare.send(b, message)
					<-bare.received
				}
				if persistent { // the end
					bare.commit(b, 0, bare.make(b, 1))
					bare.commit(b, 1, bare.make(b, 1))
				}
			}
		})
	}
}

package session

import (
	"fmt"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

const listen = `
module listen exposing (Listen)

protocol Listen =
  roles One, Two
  loop forever
    One { guard_capability : "chat:send" } -> Two : Said
`

// listening has an engine with so many sessions whose roles listen, without programs. Say gives each of them its next message.
func listening(t testing.TB, sessions, size int, o Options, fn func(tc task.Context, e *Engine, seen *events, say func())) {
	t.Helper()
	p, problems := choreo.Load("listen.tell", listen)
	if err := problems.Err("test"); err != nil {
		t.Fatal(err)
	}
	i, err := p.Instantiate(nil)
	if err != nil {
		t.Fatal(err)
	}
	seen := &events{}
	run := task.NewSim(1, task.SimOptions{Log: seen}).Run
	if _, measures := t.(*testing.B); measures {
		run = task.NewReal(task.RealOptions{}).Run
	}
	err = run("test", func(tc task.Context) error {
		r := NewRegistry()
		if err := r.Add(i, choreo.Defaults{Policy: "aura.vm.sync_anti_entropy.prod"}); err != nil {
			return err
		}
		o.Own, o.Registry, o.Sessions = aura.AuthorityID{1}, r, sessions
		e := NewEngine(o)
		e.machine = machine.New(bridge{e}, e.machineOptions())
		e.prepare = e.machine.Prepare
		protocol, err := r.sized("aura.listen.listen", r.Versions("aura.listen.listen")[0], nil)
		if err != nil {
			return err
		}
		a, err := e.admission(protocol, nil)
		if err != nil {
			return err
		}
		all := make([]*live, sessions)
		for n := range all {
			opening := Opening{Name: aura.SessionID{1, byte(n >> 8), byte(n)}, Protocol: protocol.ID(), Role: "Two"}
			if all[n], err = e.enter(protocol, opening, a, nil); err != nil {
				return err
			}
			all[n].room = everyMessage
		}
		said := parcel{To: 1, Payload: make([]byte, size)}
		fn(tc, e, seen, func() {
			for _, l := range all {
				l.inbox = l.inbox[:0]
				if err := l.inject(&said, l.seen[said.edge()]); err != nil {
					t.Fatal(err)
				}
			}
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestAWaveThatFallsBackIsToldOf: each session of it, with the reason, and every step is taken all the same. A wave that holds is told of
// by nothing, and neither is one of canonical sessions.
func TestAWaveThatFallsBackIsToldOf(t *testing.T) {
	for what, c := range map[string]struct {
		width int
		leave bool
		tells bool
	}{"holds": {4, false, false}, "does not hold": {4, true, true}, "canonical": {1, true, false}} {
		listening(t, 8, 10, Options{Width: c.width}, func(tc task.Context, e *Engine, seen *events, say func()) {
			prepared := 0
			e.EachPick(func(i int) bool { prepared++; return !c.leave || i == 0 })
			say()
			e.waves(tc)
			e.pump()
			fell := seen.of(world.FamilyConcurrency)
			if (len(fell) > 0) != c.tells || (prepared > 0) != (c.width > 1) {
				t.Errorf("%s: told of by %d events, %d steps prepared", what, len(fell), prepared)
			}
			for _, event := range fell {
				if event.Field("session_id") == "" || event.Message() != "fallback" || event.Field("reason") != "wave_not_prepared" {
					t.Errorf("%s: %s", what, event)
				}
			}
			for _, l := range e.live {
				if len(l.inbox) != 1 {
					t.Errorf("%s: %d messages were taken", what, len(l.inbox))
				}
			}
		})
	}
}

// BenchmarkWaves takes the steps of 1,000 sessions that are ready: one at a time, and in waves whose steps are prepared in tasks of their own.
func BenchmarkWaves(b *testing.B) {
	const sessions = 1000
	for _, size := range []int{16, 1 << 10, 32 << 10} {
		for _, width := range []int{1, 4} {
			b.Run(fmt.Sprintf("%dB/%d", size, width), func(b *testing.B) {
				listening(b, sessions, size, Options{Width: width}, func(tc task.Context, e *Engine, _ *events, say func()) {
					for b.Loop() {
						b.StopTimer()
						say()
						b.StartTimer()
						e.waves(tc)
						e.pump()
					}
					b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/sessions, "ns/step")
				})
			})
		}
	}
}

package session_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/chain/chaintest"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
)

// radio is a protocol of streams.
const radio = `
module radio exposing (Radio)

protocol Radio =
  roles Station, Listener
  Station -> Listener : Hello
  loop forever
    choice Station at
      | Song => Station -> Listener : Song
      | News => Station -> Listener : News
`

const radioID = "test.radio"

func withRadio(t testing.TB) func(*session.Options) {
	return func(o *session.Options) {
		if err := o.Registry.AddStream(instance(t, radio), choreo.Defaults{ProtocolID: radioID}); err != nil {
			t.Fatal(err)
		}
	}
}

// A stream takes what the protocol allows next and nothing else, at both ends, and goes on after a refusal as if nothing had come.
func TestAStreamTakesWhatItsProtocolAllows(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		frames := rapid.SliceOfN(rapid.SampledFrom([]string{"Hello", "Song", "News", "Noise", ""}), 1, 30).Draw(rt, "frames")
		chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
			ada := begin(t, tc, sim, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), true, "Cust", idle, withRadio(t))
			defer ada.Close(tc)
			out, err := ada.engine.Stream(tc, session.StreamName([32]byte{1}, true), radioID, true)
			if err != nil {
				t.Fatal(err)
			}
			in, err := ada.engine.Stream(tc, session.StreamName([32]byte{1}, false), radioID, false)
			if err != nil {
				t.Fatal(err)
			}
			greeted := false
			for _, label := range frames {
				want := aura.Invalid
				if (label == "Hello") != greeted && label != "Noise" && label != "" {
					want, greeted = 0, true
				}
				if err := out.Send(tc, label, []byte(label)); aura.KindOf(err) != want {
					t.Errorf("sending %q of %q: %v, want %v", label, frames, err, want)
				}
				if err := in.Receive(tc, label, []byte(label)); aura.KindOf(err) != want {
					t.Errorf("receiving %q of %q: %v, want %v", label, frames, err, want)
				}
			}
		})
	})
}

// A stream that has ended takes nothing, and its place is free.
func TestAStreamEndsWithItsChannel(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		few := func(o *session.Options) { o.Sessions = 2 }
		ada := begin(t, tc, sim, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), true, "Cust", idle, withRadio(t), few)
		defer ada.Close(tc)
		for n := range byte(6) {
			s, err := ada.engine.Stream(tc, session.StreamName([32]byte{n}, true), radioID, true)
			if err != nil {
				t.Fatal(err)
			}
			s.Close(tc)
			s.Close(tc)
			if err := s.Send(tc, "Hello", nil); aura.KindOf(err) != aura.Stale {
				t.Errorf("after the end: %v", err)
			}
		}
		for n := range byte(3) {
			_, err := ada.engine.Stream(tc, session.StreamName([32]byte{n}, true), radioID, true)
			if want := map[bool]aura.Kind{true: aura.Exhausted}[n == 2]; aura.KindOf(err) != want {
				t.Errorf("stream %d: %v, want %v", n, err, want)
			}
		}
		if _, err := ada.engine.Stream(tc, aura.SessionID{9}, shopID, true); aura.KindOf(err) != aura.NotFound {
			t.Errorf("a protocol that is none of streams: %v", err)
		}
	})
}

// idle is a program that does nothing.
func idle(task.Context, *session.Port) error { return nil }

package session_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/internal/formats"
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

// withStream runs fn with a registry that has the protocol.
func withStream(t testing.TB, fn func(task.Context, *session.Registry)) {
	t.Helper()
	err := task.NewSim(1, task.SimOptions{}).Run("test", func(tc task.Context) error {
		r := session.NewRegistry()
		if err := r.AddStream(instance(t, radio), choreo.Defaults{ProtocolID: radioID}); err != nil {
			t.Fatal(err)
		}
		fn(tc, r)
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// A stream takes what the protocol allows next and nothing else, at both ends, and goes on after a refusal as if nothing had come.
func TestAStreamTakesWhatItsProtocolAllows(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		frames := rapid.SliceOfN(rapid.SampledFrom([]string{"Hello", "Song", "News", "Noise", ""}), 1, 30).Draw(rt, "frames")
		withStream(t, func(tc task.Context, r *session.Registry) {
			out, err := r.Stream(tc, aura.DeviceID{1}, session.StreamName([32]byte{1}, true), radioID, true)
			if err != nil {
				t.Fatal(err)
			}
			in, err := r.Stream(tc, aura.DeviceID{1}, session.StreamName([32]byte{1}, true), radioID, false)
			if err != nil {
				t.Fatal(err)
			}
			greeted := false
			for _, label := range frames {
				want := aura.Invalid
				if (label == "Hello") != greeted && label != "Noise" && label != "" {
					want, greeted = 0, true
				}
				frame := make([]byte, 200<<10) // larger than the messages of other sessions
				if err := out.Send(label, frame); aura.KindOf(err) != want {
					rt.Errorf("sending %q of %q: %v, want %v", label, frames, err, want)
				}
				if err := in.Receive(label, frame); aura.KindOf(err) != want {
					rt.Errorf("receiving %q of %q: %v, want %v", label, frames, err, want)
				}
			}
		})
	})
}

// A stream that has ended takes nothing more.
func TestAStreamEndsOnce(t *testing.T) {
	withStream(t, func(tc task.Context, r *session.Registry) {
		for _, sends := range []bool{true, false} {
			s, err := r.Stream(tc, aura.DeviceID{1}, session.StreamName([32]byte{}, sends), radioID, sends)
			if err != nil {
				t.Fatal(err)
			}
			s.Close(tc)
			s.Close(tc)
			for what, err := range map[string]error{"sending": s.Send("Hello", nil), "receiving": s.Receive("Hello", nil)} {
				if aura.KindOf(err) != aura.Stale {
					t.Errorf("%s after the end: %v", what, err)
				}
			}
		}
		if _, err := r.Stream(tc, aura.DeviceID{1}, aura.SessionID{9}, shopID, true); aura.KindOf(err) != aura.NotFound {
			t.Errorf("a protocol that is none of streams: %v", err)
		}
		name := session.StreamName([32]byte{1}, true)
		formats.Derived(t, `aura stream 1\x00`, name[:])
		if name == session.StreamName([32]byte{1}, false) {
			t.Error("the two directions of a channel have one name")
		}
	})
}

// A protocol of three roles, one in which the receiver sends, and a second one of a name are refused.
func TestProtocolsOfStreamsAreChecked(t *testing.T) {
	withStream(t, func(_ task.Context, r *session.Registry) {
		if err := r.AddStream(instance(t, radio), choreo.Defaults{ProtocolID: radioID}); aura.KindOf(err) != aura.Conflict {
			t.Errorf("twice: %v", err)
		}
		for what, changed := range map[string][2]string{
			"three roles":          {"Listener\n  Station -> Listener : Hello", "Listener, Other\n  Station -> Other : Hello\n  Station -> Listener : Hello"},
			"a receiver that says": {"Station -> Listener : Hello", "Listener -> Station : Hello"},
		} {
			text := strings.Replace(radio, changed[0], changed[1], 1)
			if err := r.AddStream(instance(t, text), choreo.Defaults{ProtocolID: "test.other"}); aura.KindOf(err) != aura.Invalid {
				t.Errorf("%s: %v", what, err)
			}
		}
	})
}

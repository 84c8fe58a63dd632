package machine_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/machine"
)

// setup is a machine in which a few sessions of drawn protocols are open.
type setup struct {
	m    *machine.Machine
	host *host
}

var integrities = []machine.Integrity{machine.IntegrityBare, machine.IntegritySealed}

type scene struct {
	images   []*machine.Image
	sessions []int // index of the image
	as       machine.Integrity
	replay   machine.ReplayMode
	buffer   machine.Buffer
	seed     uint64
	lazy     bool
	width    int
	schedule machine.Scheduler
}

func drawScene(t *rapid.T) scene {
	s := scene{
		as:       rapid.SampledFrom(integrities).Draw(t, "integrity"),
		replay:   machine.ReplayMode(rapid.IntRange(0, 2).Draw(t, "replay")),
		buffer:   machine.Buffer{Capacity: rapid.IntRange(1, 3).Draw(t, "capacity")},
		seed:     rapid.Uint64().Draw(t, "seed"),
		width:    rapid.IntRange(1, 5).Draw(t, "width"),
		schedule: machine.Scheduler(rapid.IntRange(1, 6).Draw(t, "scheduler")),
	}
	if rapid.Bool().Draw(t, "resize") {
		s.buffer.Policy, s.buffer.Max = machine.FullResize, 4
	}
	for range rapid.IntRange(1, 2).Draw(t, "images") {
		im, _ := drawImage(t)
		s.images = append(s.images, im)
	}
	for range rapid.IntRange(1, 3).Draw(t, "sessions") {
		s.sessions = append(s.sessions, rapid.IntRange(0, len(s.images)-1).Draw(t, "image"))
	}
	return s
}

func (s scene) options() machine.Options {
	return machine.Options{
		Buffer: s.buffer, Scheduler: s.schedule, Key: [32]byte{7}, Trace: machine.NewTrace(0), Log: machine.NewLog(0),
	}
}

func (s scene) start(t *rapid.T) setup {
	h := newHost(s.seed)
	h.lazy = s.lazy
	m := machine.New(h, s.options())
	for _, i := range s.sessions {
		if _, err := m.Open(s.images[i], machine.Opening{Owner: "test", Admission: machine.AdmitTrusted(s.images[i], s.as, s.replay, s.width)}); err != nil {
			t.Fatal(err)
		}
	}
	return setup{m, h}
}

const rounds = 120

func TestProjectedProtocolsNeverFaultOrBlock(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		im, g := drawImage(t)
		s := drawScene(t)
		s.images, s.sessions = []*machine.Image{im}, []int{0}
		x := s.start(t)
		status, err := x.m.Run(rounds)
		if err != nil || status == machine.StatusStuck {
			t.Fatalf("%s: %s, %v", g, status, err)
		}
		rec, err := x.m.Record()
		if err != nil {
			t.Fatal(err)
		}
		if err := conforms(g, machine.Messages(rec.Events, 0, im)); err != nil {
			t.Fatalf("%s: %v", g, err)
		}
		for _, sum := range x.m.Reap(nil) {
			if sum.Status != machine.SessionClosed || sum.Orphans != 0 {
				t.Fatalf("%s: ended as %s with %d messages left", g, sum.Status, sum.Orphans)
			}
		}
	})
}

// wave takes one round of the given width, its picks prepared in a drawn order.
func wave(t *rapid.T, m *machine.Machine, width int) machine.Status {
	w := m.Plan(width)
	order := make([]int, w.Len())
	for i := range order {
		order[i] = i
	}
	for _, i := range rapid.Permutation(order).Draw(t, "order") {
		m.Prepare(i)
	}
	status, err := m.Commit()
	if err != nil {
		t.Fatal(err)
	}
	return status
}

func TestWavesTellTheSameStoriesAsCanonicalExecution(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawScene(t)
		canonical, wide := s.start(t), s.start(t)
		if status, err := canonical.m.Run(20 * rounds); err != nil || status == machine.StatusStuck {
			t.Fatal(status, err)
		}
		for range rounds {
			if wave(t, wide.m, s.width) != machine.StatusProgressing {
				break
			}
		}
		a, _ := canonical.m.Record()
		b, _ := wide.m.Record()
		want, got := machine.Stories(a.Events), machine.Stories(b.Events)
		for id := range want {
			// Either run may have been cut off before the other, in a protocol that has no end.
			n := min(len(want[id]), len(got[id]))
			if diff := cmp.Diff(want[id][:n], got[id][:n]); diff != "" {
				t.Fatalf("session %d (-canonical +wave):\n%s", id, diff)
			}
		}
		if wide.m.Status() == machine.StatusAllDone {
			d := machine.Diff(a.Run(), b.Run(), s.width, machine.TierReplayDeterministic)
			if d.Schedule > machine.SpreadReorders || d.Failures != machine.SpreadExact || d.Parity() != nil {
				t.Fatalf("the difference is wider than declared: %+v", d)
			}
			if diff := cmp.Diff(canonical.host.received, wide.host.received); diff != "" {
				t.Fatal(diff)
			}
		}
	})
}

func TestWidthOneIsCanonicalExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawScene(t)
		s.width = 1
		a, b := s.start(t), s.start(t)
		for range rounds {
			x, err := a.m.Step()
			if err != nil {
				t.Fatal(err)
			}
			if y := wave(t, b.m, 8); x != y {
				t.Fatalf("%s and %s", x, y)
			}
		}
		ra, _ := a.m.Record()
		rb, _ := b.m.Record()
		if diff := cmp.Diff(ra.Events, rb.Events); diff != "" {
			t.Fatal(diff)
		}
	})
}

// record runs a scene for a while, in rounds of drawn widths, with some roles asleep at first, and with
// faults of the topology.
func record(t *rapid.T) *machine.Recording {
	s := drawScene(t)
	s.lazy = rapid.Bool().Draw(t, "lazy")
	x := s.start(t)
	for range rapid.IntRange(1, 40).Draw(t, "rounds") {
		switch rapid.IntRange(0, 12).Draw(t, "what") {
		case 0:
			x.m.Partition("A", "B")
		case 1:
			x.m.Heal("A", "B")
		case 2:
			x.m.Timeout("A", 3_000_000)
		case 3:
			x.m.Reap(nil)
		case 4, 5, 6:
			wave(t, x.m, rapid.IntRange(1, 4).Draw(t, "width"))
		default:
			x.m.Step()
		}
	}
	rec, err := x.m.Record()
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

func TestReplayEqualsTheRecording(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rec := record(t)
		if err := rec.Replay(); err != nil {
			t.Fatal(err)
		}
		again, err := machine.ParseRecording(rec.Encode())
		if err != nil {
			t.Fatal(err)
		}
		if err := again.Replay(); err != nil {
			t.Fatal(err)
		}
		if !machine.Equivalent(machine.DeterminismFull, rec.Run(), again.Run()) {
			t.Fatal("what was read is not what was written")
		}
	})
}

func TestAMutatedTraceNeverReplays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rec := record(t)
		if rapid.Bool().Draw(t, "event") {
			e := &rec.Events[rapid.IntRange(0, len(rec.Events)-1).Draw(t, "at")]
			switch rapid.IntRange(0, 5).Draw(t, "field") {
			case 0:
				e.Tick++
			case 1:
				e.Seq ^= 1
			case 2:
				e.Sum ^= 1
			case 3:
				e.Role ^= 1
			case 4:
				e.Kind = e.Kind%machine.EventInjected + 1
			case 5:
				e.Code ^= 1
			}
		} else {
			e := &rec.Effects[rapid.IntRange(0, len(rec.Effects)-1).Draw(t, "at")]
			switch rapid.IntRange(0, 3).Draw(t, "field") {
			case 0:
				e.Number ^= 1
			case 1:
				e.Session ^= 1
			case 2:
				e.Tick++
			case 3:
				e.Answer ^= machine.AnswerRefused
			}
		}
		err := rec.Replay()
		var d *machine.Divergence
		if !errors.Is(err, aura.Corrupt) || !errors.As(err, &d) {
			t.Fatalf("the mutated recording replays: %v", err)
		}
	})
}

func TestAChangedByteIsFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := record(t).Encode()
		b[rapid.IntRange(0, len(b)-1).Draw(t, "at")] ^= byte(rapid.IntRange(1, 255).Draw(t, "flip"))
		if _, err := machine.ParseRecording(b); !errors.Is(err, aura.Corrupt) {
			t.Fatalf("damage was not found: %v", err)
		}
	})
}

func TestSerialiseAndRestoreChangeNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawScene(t)
		a, b := s.start(t), s.start(t)
		before := rapid.IntRange(0, rounds/2).Draw(t, "before")
		cut := rapid.Bool().Draw(t, "cut")
		for range before {
			a.m.Step()
			b.m.Step()
		}
		if cut {
			a.m.Partition("A", "B")
			b.m.Partition("A", "B")
		}
		past := len(mustRecord(t, a.m).Events)
		o := s.options()
		restored, err := machine.Restore(b.m.Snapshot(), b.host, o)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(restored.Snapshot(), b.m.Snapshot()) {
			t.Fatal("a snapshot of the restored machine differs")
		}
		for i := range rounds / 2 {
			if cut && i == 5 {
				a.m.Heal("A", "B")
				restored.Heal("A", "B")
			}
			x, err := a.m.Step()
			y, err2 := restored.Step()
			if x != y || err != nil || err2 != nil {
				t.Fatal(x, y, err, err2)
			}
		}
		if diff := cmp.Diff(mustRecord(t, a.m).Events[past:], o.Trace.Events()); diff != "" {
			t.Fatal(diff)
		}
	})
}

func mustRecord(t *rapid.T, m *machine.Machine) *machine.Recording {
	r, err := m.Record()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestImagesSurviveTheirEncoding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		im, g := drawImage(t)
		again, err := machine.Load(im.Encode())
		if err != nil {
			t.Fatal(err)
		}
		if im.Digest() != again.Digest() {
			t.Fatal("the digest changed")
		}
		if err := again.Verify(g); err != nil {
			t.Fatal(err)
		}
		if other := drawGlobal(t); again.Verify(other) == nil && g.String() != other.String() {
			im2, _ := machine.CompileGlobal("drawn", other)
			if im2.Digest() != im.Digest() {
				t.Fatalf("the image of %s passes for %s", g, other)
			}
		}
	})
}

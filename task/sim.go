package task

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/world"
)

// SimOptions configures a [Sim]. The zero value works.
type SimOptions struct {
	// Log receives events. Default: none; the digest covers them in any case.
	Log world.Log
	// Start is the wall clock at Elapsed zero. Default: 2026-01-01 00:00 UTC.
	Start aura.Instant
	// Uncertainty is what Now reports. Default: 0.
	Uncertainty aura.Duration
	// StepLimit ends the world after so many steps of all tasks together. Default: none.
	StepLimit uint64
	// StallLimit ends the world after so many steps in which the simulated time did not move, which a
	// loop without a delay makes. Default: 50 million.
	StallLimit uint64
	// Watchdog ends the world when the task of one step blocks outside this package for so long, or computes
	// for so long by the processor's clock: how busy the host is does not count. Default: 30 s.
	Watchdog aura.Duration
	// Slow, when set, is called for a step that takes longer than Watchdog without being to blame. The call comes
	// from a goroutine of the host, while the step goes on; the world learns nothing of it.
	Slow func(Slow)
	// Preempt, when positive, interrupts a task before one in so many operations that could wait, though
	// it need not wait: other tasks run first. It explores orders that a machine's cores would produce.
	// Default: 0, never.
	Preempt uint32
	// Pool is the greatest number of finished coroutines kept for reuse. Default: 256.
	Pool int
}

// Sim executes tasks one at a time as coroutines. A seed decides which runs next; the time moves only when
// no task can run, and then to the next deadline. The same seed and the same program give the same
// schedule, events and bytes. Only its own tasks may use its objects; one Run at a time.
type Sim struct {
	options SimOptions
	seed    uint64
	random  *rand.PCG
	streams map[string]uint64 // how many times each label was asked for; never ranged over

	now      aura.Duration
	steps    uint64
	stall    uint64 // steps since the time moved
	lastID   uint64
	runnable []*simTask
	timers   timers
	digest   digest

	root    *Group
	current atomic.Pointer[simTask] // the task that runs; atomic for the watchdog's eye
	probe   atomic.Uint32           // see watch
	doomed  []*simTask              // crashed tasks to unwind before anything else
	crasher *simTask                // the task that waits for that
	idle    []*coroutine
	failure error // why the world ended early

	processor func() (aura.Duration, bool) // the clock of the watchdog; nil: processorTime
}

// NewSim returns a world whose schedule follows from seed.
func NewSim(seed uint64, o SimOptions) *Sim {
	if o.Log == world.Discard() {
		o.Log = nil
	}
	if o.Start == 0 {
		o.Start = aura.Instant(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano())
	}
	if o.StallLimit == 0 {
		o.StallLimit = 50_000_000
	}
	if o.Watchdog <= 0 {
		o.Watchdog = 30 * time.Second
	}
	if o.Pool <= 0 {
		o.Pool = 256
	}
	const scheduler = 0x6175726120746173 // keeps the schedule's stream apart from others of the same seed
	return &Sim{
		options: o, seed: seed, random: rand.NewPCG(seed, scheduler),
		streams: map[string]uint64{}, digest: newDigest(),
	}
}

// Now implements [world.Clock].
func (s *Sim) Now() aura.Physical {
	return aura.Physical{At: s.options.Start.Add(s.now), Uncertainty: s.options.Uncertainty}
}

// Elapsed implements [world.Clock].
func (s *Sim) Elapsed() aura.Duration { return s.now }

// Entropy returns a stream that follows from the seed, the label, and how often the label was asked for
// before: an agent that restarts draws new bytes. The stream belongs to the simulation's tasks.
func (s *Sim) Entropy(label string) world.Entropy {
	n := s.streams[label]
	s.streams[label]++
	key := binary.LittleEndian.AppendUint64(nil, s.seed)
	key = binary.LittleEndian.AppendUint64(key, n)
	key = append(key, label...)
	return rand.NewChaCha8(sha256.Sum256(key))
}

// Digest returns the hash of every scheduling decision, every movement of the time and every event so far.
func (s *Sim) Digest() [32]byte { return s.digest.sum() }

// Steps returns how many times a task was resumed.
func (s *Sim) Steps() uint64 { return s.steps }

func (s *Sim) newTask() *task {
	s.lastID++
	t := &simTask{sim: s, id: s.lastID, due: never, until: never}
	t.parker, t.alone = t, true
	if s.options.Preempt > 0 {
		t.interrupt = t.preempt
	}
	return &t.task
}

func (s *Sim) spawn(t *task) { s.runnable = append(s.runnable, t.parker.(*simTask)) }

func (s *Sim) record(e world.Event) {
	s.digest.event(&e)
	if s.options.Log != nil {
		s.options.Log.Emit(e)
	}
}

func (s *Sim) silent() bool { return false }

func (s *Sim) adopts() bool { return false }

func (s *Sim) wall(at aura.Duration) time.Time { return s.options.Start.Add(at).Std() }

func (s *Sim) after(aura.Duration, func()) (stop func() bool) {
	panic("task: a simulation has no timers for libraries")
}

// pick takes one of the runnable tasks, each with the same chance.
func (s *Sim) pick() *simTask {
	i := 0
	if n := len(s.runnable); n > 1 {
		i = s.below(n)
	}
	last := len(s.runnable) - 1
	t := s.runnable[i]
	s.runnable[i] = s.runnable[last]
	s.runnable[last] = nil
	s.runnable = s.runnable[:last]
	return t
}

// below draws a number in [0, n).
func (s *Sim) below(n int) int {
	hi, _ := bits.Mul64(s.random.Uint64(), uint64(n))
	return int(hi)
}

// advance moves the time to the next deadline of a parked task and makes runnable all whose deadline it
// is. False means that no task has one.
func (s *Sim) advance() bool {
	for s.timers.Len() > 0 {
		t := s.timers.first()
		if !t.parked || t.until > t.due {
			// The deadline was that of an earlier wait; see simTask.park.
			s.timers.reset(t)
			continue
		}
		if t.due > s.now {
			if len(s.runnable) > 0 {
				return true
			}
			s.now, s.stall = t.due, 0
			s.digest.time(s.now)
		}
		s.timers.remove(t)
		t.unpark()
	}
	return len(s.runnable) > 0
}

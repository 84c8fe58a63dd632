package machine_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/machine/own"
)

// storm calls everything that a machine offers, in any order, on a few sessions of which some are played
// here in part only. Calls may be refused and sessions may fail; the test looks at the remaining state.
type storm struct {
	t        *rapid.T
	m        *machine.Machine
	host     *host
	options  machine.Options
	images   []*machine.Image
	caps     []own.Capability
	at       []int // the image of the session of each capability
	receipt  own.Receipt
	claim    own.Claim
	state    []byte // of an exported session
	from     int    // its image
	evidence uint64
	wave     int
	status   map[machine.SessionID]machine.SessionStatus
}

func newStorm(t *rapid.T) *storm {
	s := &storm{t: t, host: newHost(rapid.Uint64().Draw(t, "seed")), status: map[machine.SessionID]machine.SessionStatus{}}
	s.host.lazy, s.host.strict = rapid.Bool().Draw(t, "lazy"), rapid.Bool().Draw(t, "strict")
	s.options = machine.Options{
		Key: [32]byte{7}, Signer: newSigner(1), Trace: machine.NewTrace(0), Log: machine.NewLog(0),
		Buffer:    machine.Buffer{Capacity: rapid.IntRange(1, 3).Draw(t, "capacity"), Policy: machine.FullPolicy(rapid.IntRange(0, 3).Draw(t, "policy")), Max: 4},
		Scheduler: machine.Scheduler(rapid.IntRange(1, 6).Draw(t, "scheduler")),
		Layers:    []machine.Layer{{Name: "lock"}},
		Flow:      machine.FlowRule{Kind: machine.FlowDenyRoles, Roles: []choreo.Role{"B"}},
		Credits:   uint64(rapid.IntRange(5, 60).Draw(t, "credits")),
	}
	s.m = machine.New(s.host, s.options)
	for range 2 {
		s.images = append(s.images, drawFragments(t))
	}
	s.open()
	return s
}

func (s *storm) open() {
	im := rapid.IntRange(0, len(s.images)-1).Draw(s.t, "image")
	o := machine.Opening{
		Owner: "ada", Name: aura.SessionID{byte(len(s.caps))}, Priority: uint8(rapid.IntRange(0, 3).Draw(s.t, "priority")), Budget: 80,
		Admission: machine.AdmitTrusted(s.images[im], machine.Integrity(rapid.IntRange(1, 3).Draw(s.t, "integrity")), machine.ReplayMode(rapid.IntRange(0, 2).Draw(s.t, "replay")), 3),
	}
	roles := s.images[im].Roles()
	if rapid.Bool().Draw(s.t, "in part") {
		o.Roles = roles[:1]
		o.Authorities = []machine.Authority{{Roles: roles[1:], Key: newSigner(2).public()}}
	}
	if c, err := s.m.Open(s.images[im], o); err == nil {
		s.caps, s.at = append(s.caps, c), append(s.at, im)
	}
}

// act makes one call.
func (s *storm) act() {
	t := s.t
	i := rapid.IntRange(0, len(s.caps)-1).Draw(t, "session")
	c, im := s.caps[i], s.images[s.at[i]]
	role := machine.RoleID(rapid.IntRange(0, len(im.Roles())-1).Draw(t, "role"))
	peer := machine.RoleID(rapid.IntRange(0, len(im.Roles())-1).Draw(t, "peer"))
	keep := func(n own.Capability, err error) {
		if err == nil { // the ones before stay in the list: they may be good for other fragments, or are stale
			at := s.at[slices.IndexFunc(s.caps, func(x own.Capability) bool { return x.Session == n.Session })]
			s.caps, s.at = append(s.caps, n), append(s.at, at)
		}
	}
	scope := func() own.Scope {
		if rapid.Bool().Draw(t, "as it is") {
			return c.Scope
		}
		return own.Fragments(rapid.SampledFrom(im.Fragments()).Draw(t, "fragment"))
	}
	switch rapid.IntRange(0, 44).Draw(t, "call") {
	case 0:
		s.open()
	case 1:
		s.m.Pause(c, role)
	case 2:
		s.m.Resume(c, role)
	case 3, 4:
		s.m.Wake(c, role)
	case 5:
		s.m.SetPriority(c, role, uint8(rapid.IntRange(0, 16).Draw(t, "level")))
	case 6:
		if e, err := s.m.Acquire(c, role, "lock"); err == nil {
			s.evidence = e
		}
	case 7:
		s.m.Yield(c, role, s.evidence)
	case 8:
		s.m.Tag(c, role, "fact")
	case 9:
		s.m.Check(c, role, peer, "fact")
	case 10:
		keep(s.m.Attenuate(c, scope()))
	case 11:
		if r, err := s.m.BeginTransfer(c, "ben", scope(), rapid.Bool().Draw(t, "attenuates")); err == nil {
			s.receipt = r
		}
	case 12:
		keep(s.m.CommitTransfer(s.receipt))
	case 13:
		s.m.RollbackTransfer(s.receipt)
	case 14:
		if claim, err := s.m.Release(c); err == nil {
			s.claim = claim
		}
	case 15:
		keep(s.m.Claim(s.claim, "cleo"))
	case 16:
		rapid.SampledFrom([]func(own.Capability) error{s.m.Close, s.m.Cancel, s.m.Abort}).Draw(t, "end")(c)
	case 17:
		if rapid.IntRange(0, 9).Draw(t, "die") == 0 {
			s.m.OwnerDied("ben")
		}
	case 18:
		if rapid.IntRange(0, 9).Draw(t, "crash") == 0 {
			s.m.Crash("D")
		}
	case 19:
		s.m.Corrupt(im.RoleName(role), im.RoleName(peer), machine.Corruption(rapid.IntRange(1, 3).Draw(t, "how")))
	case 20:
		s.m.Timeout(im.RoleName(role), aura.Duration(rapid.IntRange(0, 5_000_000).Draw(t, "time")))
	case 21:
		s.m.Partition("A", "B")
	case 22:
		s.m.Heal("B", "A")
	case 23:
		s.m.Reap(nil)
	case 24, 25, 26:
		s.m.Inject(c, machine.Parcel{
			From: peer, To: role, Label: machine.LabelID(rapid.IntRange(0, 5).Draw(t, "label")),
			Seq: uint64(rapid.IntRange(0, 2).Draw(t, "seq")), Value: machine.Nat(4),
		})
	case 27, 28:
		s.m.Take(c)
	case 29:
		s.wave = s.m.Plan(3).Len()
	case 30:
		for i := range s.wave {
			s.m.Prepare(i)
		}
		s.wave = 0
	case 31:
		s.wave = 0
		s.m.Commit()
	case 32, 33:
		if state, err := s.m.Export(c); err == nil {
			s.state, s.from = state, s.at[i]
		}
		s.wave = 0
	case 34:
		v, err := s.m.Session(machine.SessionID(c.Session))
		if err != nil {
			return
		}
		if authority, err := s.m.Import(s.images[s.from], v.Admission, s.state); err == nil {
			s.claim = authority
			s.caps, s.at = append(s.caps, own.Capability{Session: authority.Session()}), append(s.at, s.from)
		}
		s.wave = 0
	case 35:
		s.m.Depart(s.receipt)
	default:
		s.wave = 0
		s.m.Step()
	}
}

// check demands what must hold at any time: a session that ended stays as it ended.
func (s *storm) check() {
	for _, id := range s.m.Sessions() {
		v, err := s.m.Session(id)
		if err != nil {
			s.t.Fatal(err)
		}
		if was := s.status[id]; was.Terminal() && was != v.Status {
			s.t.Fatalf("session %d was %s and is %s", id, was, v.Status)
		}
		s.status[id] = v.Status
	}
}

func TestWhateverIsCalledCanBeReplayedAndRestored(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newStorm(t)
		for range rapid.IntRange(1, 80).Draw(t, "calls") {
			s.act()
			s.check()
		}
		rec := mustRecord(t, s.m)
		again, err := machine.ParseRecording(rec.Encode())
		if err != nil {
			t.Fatal(err)
		}
		if err := again.Replay(); err != nil {
			t.Fatal(err)
		}
		snapshot := s.m.Snapshot()
		o := s.options
		o.Trace, o.Log = machine.NewTrace(0), nil
		restored, err := machine.Restore(snapshot, s.host, o)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(snapshot, restored.Snapshot()) {
			t.Fatal("a snapshot of the restored machine differs")
		}
		if a, b := s.m.Status(), restored.Status(); a != b {
			t.Fatal(a, b)
		}
	})
}

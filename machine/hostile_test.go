package machine_test

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/machine/own"
)

// apart opens a session of a protocol with every role in a machine of its own.
func apart(t *rapid.T, g choreo.Global, replay machine.ReplayMode) []*side {
	var sides []*side
	for i, role := range choreo.RolesOf(g) {
		local, err := choreo.Project(g, role)
		if err != nil {
			t.Fatal(err)
		}
		im, err := machine.Compile("drawn", []machine.Part{{Role: role, Local: local}}, machine.CompileOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if _, plays := im.Role(role); !plays {
			continue // it has nothing to do
		}
		s := &side{im: im, host: newHost(uint64(i))}
		s.m = machine.New(s.host, machine.Options{})
		s.cap, err = s.m.Open(im, machine.Opening{
			Owner: own.Owner(role), Name: aura.SessionID{1}, Admission: machine.AdmitTrusted(im, machine.IntegrityBare, replay, 1),
		})
		if err != nil {
			t.Fatal(err)
		}
		sides = append(sides, s)
	}
	return sides
}

// inNumbersOf gives a parcel the numbers of another image; false if that has no such message.
func inNumbersOf(p machine.Parcel, from, to *machine.Image) (machine.Parcel, bool) {
	a, ok := to.Role(from.RoleName(p.From))
	b, ok2 := to.Role(from.RoleName(p.To))
	l, ok3 := to.FindLabel(a, b, from.Label(p.Label).Name)
	p.From, p.To, p.Label = a, b, l
	return p, ok && ok2 && ok3
}

// post is a message between two machines.
type post struct {
	to *side
	p  machine.Parcel
}

// collect steps a side until it waits and takes out its messages.
func collect(t *rapid.T, s *side, sides []*side) (out []post) {
	if _, err := s.m.Run(40); err != nil {
		t.Fatal(err)
	}
	for {
		p, ok, err := s.m.Take(s.cap)
		if errors.Is(err, aura.Stale) || !ok {
			return out
		}
		p.Value = copied(p.Value)
		for _, to := range sides {
			if _, plays := to.im.Start(roleIn(to.im, s.im.RoleName(p.To))); plays {
				q, known := inNumbersOf(p, s.im, to.im)
				if !known {
					t.Fatalf("%s is not known to its receiver", s.im.Label(p.Label).Name)
				}
				out = append(out, post{to, q})
			}
		}
	}
}

func roleIn(im *machine.Image, name choreo.Role) machine.RoleID {
	id, ok := im.Role(name)
	if !ok {
		return machine.NoRole
	}
	return id
}

func copied(v machine.Value) machine.Value {
	c, err := machine.ParseValue(v.Append(nil))
	if err != nil {
		panic(err)
	}
	return c
}

// TestHonestMessagesAreTakenInEveryOrder: whatever the network does to the order of different edges, no message of a peer that
// follows the protocol is refused.
func TestHonestMessagesAreTakenInEveryOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := drawGlobal(t)
		sides := apart(t, g, machine.ReplayMode(rapid.IntRange(0, 2).Draw(t, "replay")))
		type edge struct {
			from machine.RoleID
			to   *side
		}
		queues := map[edge][]machine.Parcel{}
		var edges []edge
		for range 60 {
			for _, s := range sides {
				for _, x := range collect(t, s, sides) {
					e := edge{x.p.From, x.to}
					if len(queues[e]) == 0 {
						edges = append(edges, e)
					}
					queues[e] = append(queues[e], x.p)
				}
			}
			if len(edges) == 0 {
				break
			}
			i := rapid.IntRange(0, len(edges)-1).Draw(t, "edge")
			e := edges[i]
			if err := e.to.m.Inject(e.to.cap, queues[e][0]); err != nil {
				t.Fatalf("%s: %v", g, err)
			}
			if queues[e] = queues[e][1:]; len(queues[e]) == 0 {
				edges = append(edges[:i], edges[i+1:]...)
			}
		}
	})
}

// TestAHostilePeerHarmsNoSession. Session Ownership: external events pass the ingress before they touch a session. A peer that
// sends any message at any time, in any number, in a session of two, makes no step fail, in any replay mode.
func TestAHostilePeerHarmsNoSession(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := generator{t: t, roles: []choreo.Role{"A", "B"}}
		sides := apart(t, g.message(rapid.IntRange(1, 6).Draw(t, "depth"), ""), machine.ReplayMode(rapid.IntRange(0, 2).Draw(t, "replay")))
		s := sides[0]
		me, peer := roleIn(s.im, "A"), roleIn(s.im, "B")
		for range rapid.IntRange(1, 60).Draw(t, "calls") {
			if rapid.Bool().Draw(t, "step") {
				if _, err := s.m.Step(); err != nil {
					t.Fatal(err)
				}
				continue
			}
			label := machine.LabelID(rapid.IntRange(0, 8).Draw(t, "label"))
			s.m.Inject(s.cap, machine.Parcel{
				From: peer, To: me, Label: label, Seq: uint64(rapid.IntRange(0, 6).Draw(t, "seq")), Value: machine.Example(s.im.Label(label)),
			})
		}
		if v, err := s.m.Session(0); err != nil || v.Status == machine.SessionFaulted {
			t.Fatal(v.Fault, err)
		}
	})
}

// TestADuplicateIsRefusedInEveryMode. Theorem-pack: the identity of a communication is stable across the asynchronous ingress,
// so a message is good once, and its duplicate does not touch the session.
func TestADuplicateIsRefusedInEveryMode(t *testing.T) {
	for _, replay := range []machine.ReplayMode{machine.ReplayOff, machine.ReplaySequence, machine.ReplayNullifier} {
		cust, shop := openSide(t, "Cust", machine.IntegritySealed, replay), openSide(t, "Shop", machine.IntegritySealed, replay)
		p := translate(t, cust.run(t)[0], cust.im, shop.im)
		if err := shop.m.Inject(shop.cap, p); err != nil {
			t.Fatal(replay, err)
		}
		if err := shop.m.Inject(shop.cap, p); !errors.Is(err, aura.Conflict) {
			t.Errorf("%s: again while it waits: %v", replay, err)
		}
		if len(shop.run(t)) != 1 {
			t.Fatal(replay, "the shop does not answer")
		}
		if err := shop.m.Inject(shop.cap, p); !errors.Is(err, aura.Conflict) {
			t.Errorf("%s: again after it was taken: %v", replay, err)
		}
		if v, _ := shop.m.Session(0); v.Status != machine.SessionActive {
			t.Errorf("%s: the session is %s", replay, v.Status)
		}
	}
}

// TestALabelThatCannotBeNextIsRefused. Link Boundary: wrong routing is refused before the machine observes the step. The label is
// one of the protocol, on the right edge, and comes too early.
func TestALabelThatCannotBeNextIsRefused(t *testing.T) {
	for _, replay := range []machine.ReplayMode{machine.ReplayOff, machine.ReplaySequence, machine.ReplayNullifier} {
		shop := openSide(t, "Shop", machine.IntegrityBare, replay)
		from, to := shop.role(t, "Cust"), shop.role(t, "Shop")
		ask, _ := shop.im.FindLabel(from, to, "Ask")
		take, _ := shop.im.FindLabel(from, to, "Take")
		leave, _ := shop.im.FindLabel(from, to, "Leave")
		say := func(label machine.LabelID, seq uint64) error {
			return shop.m.Inject(shop.cap, machine.Parcel{From: from, To: to, Label: label, Seq: seq})
		}
		for i, c := range []struct {
			label machine.LabelID
			seq   uint64
			want  error
		}{{take, 0, aura.Invalid}, {ask, 0, nil}, {ask, 1, aura.Invalid}, {take, 1, nil}, {leave, 2, aura.Invalid}} {
			if err := say(c.label, c.seq); !errors.Is(err, c.want) {
				t.Errorf("%s: message %d: %v", replay, i, err)
			}
		}
		shop.run(t)
		if v, _ := shop.m.Session(0); v.Status == machine.SessionFaulted {
			t.Errorf("%s: %v", replay, v.Fault)
		}
	}
}

func (s *side) role(t *testing.T, name choreo.Role) machine.RoleID {
	t.Helper()
	id, ok := s.im.Role(name)
	if !ok {
		t.Fatal(name)
	}
	return id
}

// TestAMessageBeforeTheReceiversOwnChoice: the sender of a message that fits one side of a choice has to know the choice; one
// that fits all sides may come before it.
func TestAMessageBeforeTheReceiversOwnChoice(t *testing.T) {
	const text = `protocol Early =
  roles A, B
  choice A at
    | Yes => A -> B : Yes
             B -> A : Thanks
             B -> A : Bye
    | No => A -> B : No
            B -> A : Bye
`
	const always = `protocol Early =
  roles A, B, C
  A -> C : Go
  B -> A : Bye
  C -> B : Gone
`
	for name, c := range map[string]struct {
		text, label string
		want        error
	}{
		"on one side alone": {text, "Thanks", aura.Invalid},
		"on one side first": {text, "Bye", aura.Invalid},
		"on every side":     {always, "Bye", nil},
	} {
		im := image(t, c.text, nil)
		m := machine.New(newHost(1), machine.Options{})
		cap, err := m.Open(im, machine.Opening{Owner: "ada", Admission: machine.AdmitTrusted(im, machine.IntegrityBare, 0, 1), Roles: []choreo.Role{"A"}})
		if err != nil {
			t.Fatal(err)
		}
		label, _ := im.FindLabel(roleIn(im, "B"), roleIn(im, "A"), c.label)
		if err := m.Inject(cap, machine.Parcel{From: roleIn(im, "B"), To: roleIn(im, "A"), Label: label}); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestProductionRunsWithSequenceNumbers. Runtime Profiles: admission applies the replay mode. The default of production is
// the next number of the edge and no other.
func TestProductionRunsWithSequenceNumbers(t *testing.T) {
	im := image(t, shop, nil)
	for _, ref := range []string{"", "aura.vm.recovery_grant.prod", "aura.vm.consensus_fallback.prod"} {
		a, err := machine.Admit(machine.Request{
			Image: im, Manifest: choreo.Manifest{QualifiedName: "Buy", DeterminismPolicyRef: ref}, Integrity: machine.IntegrityBare,
		})
		if err != nil || a.Replay() != machine.ReplaySequence {
			t.Errorf("%q: %s, %v", ref, a.Replay(), err)
		}
	}
}

// TestAMessageThatIsNeverTakenIsRefused: the receiver goes round for ever without a look at the edge.
func TestAMessageThatIsNeverTakenIsRefused(t *testing.T) {
	im := image(t, `protocol Once =
  roles P, Q, R
  P -> R : Hello
  Q -> R : Begin
  rec Again
    Q -> R : More
    continue Again
`, nil)
	m := machine.New(newHost(1), machine.Options{})
	cap, err := m.Open(im, machine.Opening{Owner: "ada", Admission: machine.AdmitTrusted(im, machine.IntegrityBare, 0, 1), Roles: []choreo.Role{"R"}})
	if err != nil {
		t.Fatal(err)
	}
	label, _ := im.FindLabel(roleIn(im, "P"), roleIn(im, "R"), "Hello")
	for i, want := range []error{nil, aura.Invalid} {
		p := machine.Parcel{From: roleIn(im, "P"), To: roleIn(im, "R"), Label: label, Seq: uint64(i)}
		if err := m.Inject(cap, p); !errors.Is(err, want) {
			t.Errorf("message %d: %v", i, err)
		}
		m.Run(10)
	}
}

package machine_test

import (
	"errors"
	"hash/fnv"
	"strings"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/machine"
)

// host answers every question by a hash of the role that asks and how often it asked, so that the order of questions
// of different roles does not matter: as it should be with a host that keeps roles apart.
type host struct {
	seed     uint64
	asked    map[key]uint64
	received map[key][]string
	deferred map[key]bool // defer the first answer to each question
	lazy     bool
	strict   bool // refuse the first answer instead of deferring it
}

type key struct {
	session machine.SessionID
	role    machine.RoleID
}

func newHost(seed uint64) *host {
	return &host{seed: seed, asked: map[key]uint64{}, received: map[key][]string{}, deferred: map[key]bool{}}
}

func (h *host) draw(s machine.SessionID, r machine.RoleID) uint64 {
	k := key{s, r}
	h.asked[k]++
	f := fnv.New64a()
	for _, n := range []uint64{h.seed, uint64(s), uint64(r), h.asked[k]} {
		for i := range 8 {
			f.Write([]byte{byte(n >> (8 * i))})
		}
	}
	return f.Sum64()
}

func (h *host) sleeps(s machine.SessionID, r machine.RoleID) bool {
	k := key{s, r}
	h.deferred[k] = h.lazy && !h.deferred[k]
	return h.deferred[k]
}

func (h *host) Choose(o machine.Offer) (int, machine.Answer) {
	if h.sleeps(o.Session, o.Role) {
		if h.strict {
			return 0, machine.AnswerRefused
		}
		return 0, machine.AnswerDefer
	}
	return int(h.draw(o.Session, o.Role) % uint64(o.Len())), machine.AnswerDone
}

func (h *host) Payload(m machine.Message) (machine.Value, machine.Answer) {
	return fit(m.Image.Label(m.Label).Sort, h.draw(m.Session, m.Role)), machine.AnswerDone
}

func (h *host) Receive(m machine.Message, v machine.Value) machine.Answer {
	k := key{m.Session, m.Role}
	h.received[k] = append(h.received[k], m.LabelName()+string(v.Append(nil)))
	return machine.AnswerDone
}

// fit makes a value of a sort.
func fit(s choreo.Sort, n uint64) machine.Value {
	switch s.Kind {
	case choreo.SortNat:
		return machine.Nat(n)
	case choreo.SortBool:
		return machine.Bool(n%2 == 0)
	case choreo.SortReal:
		return machine.Real(float64(n%1000) / 8)
	case choreo.SortVector:
		return machine.Vector(make([]float64, s.Len)...)
	case choreo.SortProd:
		return machine.Pair(fit(*s.Left, n), fit(*s.Right, n/2))
	}
	b := make([]byte, n%16)
	for i := range b {
		b[i] = byte(n >> i)
	}
	return machine.Bytes(b)
}

// image loads the one protocol of a text and compiles it for all roles.
func image(t testing.TB, text string, binding choreo.Binding) *machine.Image {
	t.Helper()
	p, problems := choreo.Load("test.tell", text)
	if len(problems) > 0 {
		t.Fatal(problems.Err("test"))
	}
	inst, err := p.Instantiate(binding)
	if err != nil {
		t.Fatal(err)
	}
	im, err := machine.CompileInstance(inst)
	if err != nil {
		t.Fatal(err)
	}
	return im
}

const (
	pingPong = `protocol Ping =
  roles A, B
  rec Again
    A -> B : Ask of test.Ask
    B -> A : Reply of test.Reply
    continue Again
`
	threeWay = `protocol Three =
  roles A, B
  rec Again
    choice A at
      | One => A -> B : One
               continue Again
      | Two => A -> B : Two
               continue Again
      | Four => A -> B : Four
                continue Again
`
	shop = `protocol Buy =
  roles Cust, Shop
  Cust -> Shop : Ask of shop.Item
  Shop -> Cust : Price of shop.Money
  choice Cust at
    | Take => Cust -> Shop : Take
    | Leave => Cust -> Shop : Leave
`
)

// TestAnImageFollowsItsProtocolAlone: another peer, another way, another label or another payload is another protocol.
func TestAnImageFollowsItsProtocolAlone(t *testing.T) {
	const text = "protocol P =\n  roles A, B, C\n  A -> B : M of x.Y\n  A -> C : M of x.Y\n  B -> C : N\n  C -> A : Q\n"
	global := func(text string) choreo.Global {
		p, problems := choreo.Load("test.tell", text)
		if len(problems) > 0 {
			t.Fatal(problems.Err("test"))
		}
		inst, err := p.Instantiate(nil)
		if err != nil {
			t.Fatal(err)
		}
		return inst.Global
	}
	im, err := machine.CompileGlobal("P", global(text))
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string][2]string{
		"the same":         {"", ""},
		"another receiver": {"B -> C : N", "B -> A : N"},
		"another order":    {"A -> B : M of x.Y\n  A -> C : M of x.Y", "A -> C : M of x.Y\n  A -> B : M of x.Y"},
		"another sender":   {"B -> C : N", "A -> C : N"},
		"another way":      {"B -> C : N", "C -> B : N"},
		"another label":    {": N", ": O"},
		"another payload":  {"x.Y", "x.Z"},
		"one more message": {": Q\n", ": Q\n  C -> A : R\n"},
		"one less message": {"  C -> A : Q\n", ""},
	} {
		err := im.Verify(global(strings.Replace(text, change[0], change[1], 1)))
		if want := name == "the same"; (err == nil) != want || err != nil && !errors.Is(err, aura.Denied) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAProtocolOfTooManyRolesIsNotCompiled(t *testing.T) {
	const text = `protocol Wide =
  roles A, B[N]
  A -> B[*] : M
`
	image(t, text, choreo.Binding{"N": 500})
	p, problems := choreo.Load("test.tell", text)
	if len(problems) > 0 {
		t.Fatal(problems.Err("test"))
	}
	inst, err := p.Instantiate(choreo.Binding{"N": 10_000})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := machine.CompileInstance(inst); !errors.Is(err, aura.Exhausted) || !strings.Contains(err.Error(), "bind smaller families") {
		t.Errorf("%v", err)
	}
}

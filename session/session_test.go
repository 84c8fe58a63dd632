package session_test

import (
	"cmp"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/chain"
	"github.com/aura-runtime/aura/chain/chaintest"
	"github.com/aura-runtime/aura/choreo"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// shop is the protocol of most tests: a choice, and facts with some of its messages.
const shop = `
module shop exposing (Shop)

protocol Shop =
  roles Cust, Store
  Cust { guard_capability : "chat:send", flow_cost : 1, journal_facts : "chat.message" } -> Store : Ask
  choice Store at
    | Price =>
      Store { guard_capability : "chat:send", flow_cost : 3 } -> Cust : Price
      Cust { guard_capability : "chat:send", flow_cost : 1, journal_facts : "chat.message" } -> Store : Pay
    | Closed =>
      Store { guard_capability : "chat:send", flow_cost : 1 } -> Cust : Closed
`

const shopID = "aura.shop.shop"

func instance(t testing.TB, text string) *choreo.Instance {
	t.Helper()
	p, problems := choreo.Load("test.tell", text)
	if err := problems.Err("test"); err != nil {
		t.Fatal(err)
	}
	i, err := p.Instantiate(p.ProbeBinding())
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// plays has a registry know a protocol by its text, and play one of its roles.
func plays(t testing.TB, r *session.Registry, text string, d choreo.Defaults, role choreo.Role, program session.Program) {
	t.Helper()
	if err := errors.Join(r.Add(instance(t, text), d), r.Play(d.ProtocolID, role, program)); err != nil {
		t.Fatal(err)
	}
}

// Generated endpoints take a port.
var _ machine.Port[task.Context] = (*session.Port)(nil)

// name is the session of most tests.
var name = aura.SessionID{7}

// side is an agent that plays one role: a home, and an engine.
type side struct {
	*chaintest.Home
	engine   *session.Engine
	registry *session.Registry
	handle   *task.Handle
	role     choreo.Role
	speaks   string // the protocol of its sessions; default: shop
	disk     *journal.Faulty
	told     []view.Step // what the engine told
	ended    func() bool // what the domain knows of a session that does not live any more; nil: nothing
}

// over reports whether the session has ended here.
func (s *side) over(tc task.Context) bool {
	live, err := s.engine.List(tc)
	return err == nil && len(live) == 0 && s.ended != nil && s.ended()
}

// decider takes the requests of an engine.
type decider struct{ *chain.Chain }

func (d decider) Decide(tc task.Context, r *guard.Request) (effect.Result, error) {
	result, _, err := d.Chain.Decide(tc, r)
	return result, err
}

// note is a plan that commits one fact.
func note(text string) session.Plan {
	return func(task.Context) (guard.Request, error) {
		return guard.Request{Entries: []fact.Draft{{Namespace: chaintest.Shared, Kind: "chat.message", Payload: []byte(text)}}}, nil
	}
}

// begin starts an agent on a disk; the first one of a home is founded.
func begin(
	t testing.TB, tc task.Context, sim *task.Sim, disk *journal.Faulty, fresh bool, role choreo.Role, program session.Program, set ...func(*session.Options),
) *side {
	t.Helper()
	s := &side{role: role, disk: disk}
	entropy := sim.Entropy(string(role))
	if fresh {
		s.Home = chaintest.Found(t, tc, disk, entropy, chaintest.Limited(1000))
	} else {
		s.Home = chaintest.Open(t, tc, disk, entropy)
	}
	registry := session.NewRegistry()
	if err := registry.Add(instance(t, shop), choreo.Defaults{}); err != nil {
		t.Fatal(err)
	}
	if err := registry.Play(shopID, role, program); err != nil {
		t.Fatal(err)
	}
	o := session.Options{
		Own: chaintest.Own, Registry: registry, Decider: decider{s.Chain}, Journal: s.Journal, Entropy: entropy,
		Told: func(_ choreo.Role, step view.Step) { s.told = append(s.told, step) },
	}
	for _, change := range set {
		change(&o)
	}
	s.registry = registry
	s.engine = session.NewEngine(o)
	s.handle = task.Supervise(s.Group, s.engine)
	if err := s.handle.Start(tc); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *side) opening(other choreo.Role) session.Opening {
	return session.Opening{
		Name: name, Protocol: cmp.Or(s.speaks, shopID), Role: s.role, Context: chaintest.Pair, Persistent: true,
		Parties: []session.Party{{Role: other, Authority: chaintest.Ben}},
	}
}

// frame is what passes on a pipe of two mailboxes.
type frame struct {
	kind session.Frame
	body []byte
}

type pipe struct{ in, out *task.Mailbox[frame] }

func (p pipe) Post(tc task.Context, kind session.Frame, _ [32]byte, body []byte) error {
	return p.out.Send(tc, frame{kind, body})
}
func (p pipe) Recv(tc task.Context) (session.Frame, []byte, error) {
	f, err := p.in.Recv(tc)
	return f.kind, f.body, err
}
func (p pipe) Close(task.Context) { p.in.Close(); p.out.Close() }

// ben is the other side of every channel.
var ben = session.ChannelOptions{Context: chaintest.Pair, Peer: session.Party{Authority: chaintest.Ben, Device: aura.DeviceID{5}}}

// one2one is a channel for one session.
func one2one(name aura.SessionID) session.ChannelOptions {
	t := ben
	t.Only = name
	return t
}

// logged is chaintest.Simulate with a log of events.
func logged(t testing.TB, log world.Log, fn func(tc task.Context, sim *task.Sim)) {
	t.Helper()
	sim := task.NewSim(1, task.SimOptions{StepLimit: 5_000_000, Log: log})
	if err := sim.Run("test", func(tc task.Context) error {
		fn(tc, sim)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// told keeps events.
type told struct{ all []world.Event }

// Emit implements [world.Log].
func (k *told) Emit(e world.Event) { k.all = append(k.all, e) }

// meet lets two sides speak on one channel for some time, or until the session is over at one of them.
func meet(tc task.Context, caller, other *side, within aura.Duration) (atCaller error) {
	one, two := task.NewMailbox[frame]("one", 1), task.NewMailbox[frame]("two", 1)
	both := task.NewGroup(tc, "channel")
	both.Go("answer", func(tc task.Context) error {
		talk := one2one(name)
		talk.Admit = func(task.Context, session.Party, aura.ContextID, *session.Greeting) (session.Opening, error) {
			if other.over(tc) {
				return session.Opening{}, aura.Errorf("test.open", aura.NotFound, "the session has ended")
			}
			return other.opening(caller.role), nil
		}
		talk.Payments = other.payments()
		_ = other.engine.Speak(tc, talk, pipe{one, two})
		pipe{one, two}.Close(tc)
		return nil
	})
	both.Go("call", func(tc task.Context) error {
		tc, done := tc.WithBudget("channel", within)
		defer done()
		talk := one2one(name)
		talk.Payments = caller.payments()
		atCaller = caller.engine.Speak(tc, talk, pipe{two, one})
		pipe{two, one}.Close(tc)
		return nil
	})
	if err := both.Wait(tc); err != nil {
		panic(err)
	}
	return atCaller
}

// texts returns the facts that a side has committed with its messages.
func (s *side) texts(t testing.TB, tc task.Context) (all []string) {
	t.Helper()
	_, err := s.Journal.Read(tc, fact.Selection{Kinds: []string{"chat.message"}}, func(r fact.Record) error {
		all = append(all, string(r.Fact.Payload))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// customer asks, and pays the price.
func customer(heard *[]string) session.Program {
	return func(tc task.Context, p *session.Port) error {
		p.With(note("asked"))
		if err := p.Send(tc, "Store", "Ask", []byte("bread")); err != nil {
			return err
		}
		label, payload, err := p.Receive(tc, "Store")
		if err != nil {
			return err
		}
		*heard = append(*heard, label+" "+string(payload))
		if label == "Closed" {
			return nil
		}
		p.With(note("paid"))
		return p.Send(tc, "Store", "Pay", payload)
	}
}

// store answers with a price, or that it is closed.
func store(heard *[]string, label string) session.Program {
	return func(tc task.Context, p *session.Port) error {
		asked, what, err := p.Receive(tc, "Cust")
		if err != nil {
			return err
		}
		*heard = append(*heard, asked+" "+string(what))
		if err := p.Send(tc, "Cust", label, []byte("3")); err != nil || label == "Closed" {
			return err
		}
		paid, sum, err := p.Receive(tc, "Cust")
		*heard = append(*heard, paid+" "+string(sum))
		return err
	}
}

// TestTwoAgentsRunASession: each message is charged and durable with its facts before it leaves, and of a session that has ended
// nothing is left.
func TestTwoAgentsRunASession(t *testing.T) {
	for label, want := range map[string][2][]string{
		"Price":  {{"Price 3"}, {"Ask bread", "Pay 3"}},
		"Closed": {{"Closed 3"}, {"Ask bread"}},
	} {
		chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
			var atCust, atStore []string
			cust := begin(t, tc, sim, journal.NewFaulty(sim.Entropy("cust disk"), journal.Faults{}), true, "Cust", customer(&atCust))
			shop := begin(t, tc, sim, journal.NewFaulty(sim.Entropy("store disk"), journal.Faults{}), true, "Store", store(&atStore, label))
			defer cust.Close(tc)
			defer shop.Close(tc)
			if err := cust.engine.Open(tc, cust.opening("Store")); err != nil {
				t.Fatal(err)
			}
			if err := meet(tc, cust, shop, time.Minute); err != nil {
				t.Errorf("the channel ended: %v", err)
			}
			if !slices.Equal(atCust, want[0]) || !slices.Equal(atStore, want[1]) {
				t.Errorf("the customer heard %q, the store %q, want %q", atCust, atStore, want)
			}
			if texts := cust.texts(t, tc); len(texts) != len(want[1]) {
				t.Errorf("the customer has the facts %q", texts)
			}
			if err := tc.Sleep(time.Second); err != nil {
				t.Fatal(err)
			}
			if logs := shop.Journal.Logs(); len(logs) != 3 || logs[0].Name != "ended" || logs[1].Family() != "receipt" || logs[2].Name != "traced" {
				t.Errorf("left: %+v", logs)
			}
			if units := shop.Journal.Charge(guard.MessageContext(chaintest.Pair), chaintest.Ben).Spent; units == 0 {
				t.Error("the store's message cost nothing")
			}
		})
	}
}

// TestACrashAnywhereLeavesOneStory: one side crashes at any moment of an exchange whose commits take time, and starts again. Each
// message arrives once, the last one too, and each fact is there once.
func TestACrashAnywhereLeavesOneStory(t *testing.T) {
	slow := journal.Faults{SyncDelay: time.Millisecond}
	wants := map[string]struct{ facts, cust, store []string }{
		"Price":  {[]string{"asked", "paid"}, []string{"Price 3"}, []string{"Ask bread", "Pay 3"}},
		"Closed": {[]string{"asked"}, []string{"Closed 3"}, []string{"Ask bread"}},
	}
	for label, want := range wants {
		for moment := range 48 {
			for _, who := range []choreo.Role{"Cust", "Store"} {
				chaintest.Simulate(t, uint64(moment), func(tc task.Context, sim *task.Sim) {
					var atCust, atStore []string
					programs := map[choreo.Role]session.Program{"Cust": customer(&atCust), "Store": store(&atStore, label)}
					cust := begin(t, tc, sim, journal.NewFaulty(sim.Entropy("cust disk"), slow), true, "Cust", programs["Cust"])
					shop := begin(t, tc, sim, journal.NewFaulty(sim.Entropy("store disk"), slow), true, "Store", programs["Store"])
					if err := cust.engine.Open(tc, cust.opening("Store")); err != nil {
						t.Fatal(err)
					}
					shop.ended = func() bool { return endsWith(atStore, want.store) }
					_ = meet(tc, cust, shop, aura.Duration(moment)*250*time.Microsecond)
					if who == "Cust" {
						cust = again(t, tc, sim, cust, programs[who], "Store")
					} else {
						shop = again(t, tc, sim, shop, programs[who], "Cust")
					}
					for range 4 {
						if err := meet(tc, cust, shop, 10*time.Second); errors.Is(err, aura.NotFound) {
							break
						}
					}
					if texts := cust.texts(t, tc); !slices.Equal(texts, want.facts) {
						t.Errorf("%s crashes at %d: the customer has the facts %q", who, moment, texts)
					}
					// A program that runs again hears again what it had heard.
					if !endsWith(atCust, want.cust) || !endsWith(atStore, want.store) {
						t.Errorf("%s crashes at %d: the customer heard %q, the store %q", who, moment, atCust, atStore)
					}
					// Each message was charged once and counted once.
					price := map[string]uint64{"Price": 3, "Closed": 1}[label]
					paidAndCounted(t, cust, shop, uint64(len(want.store)))
					paidAndCounted(t, shop, cust, price)
					cust.Close(tc)
					shop.Close(tc)
				})
			}
		}
	}
}

func endsWith(all, end []string) bool {
	return len(all) >= len(end) && slices.Equal(all[len(all)-len(end):], end)
}

// again crashes a side and starts it on what its disk has. A customer whose session was not durable asks again.
func again(t testing.TB, tc task.Context, sim *task.Sim, s *side, program session.Program, other choreo.Role) *side {
	t.Helper()
	disk := s.disk.Crash()
	s.Close(tc)
	n := begin(t, tc, sim, disk, false, s.role, program)
	n.ended = s.ended
	if len(n.texts(t, tc)) == 0 && s.role == "Cust" {
		if err := n.engine.Open(tc, n.opening(other)); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

func imageOf(t testing.TB) *machine.Image {
	t.Helper()
	im, err := machine.CompileInstance(instance(t, shop))
	if err != nil {
		t.Fatal(err)
	}
	return im
}

func labelID(i uint32) machine.LabelID { return machine.LabelID(i) }

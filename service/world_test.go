package service_test

import (
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/domain/capability"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/domain/moderation"
	"github.com/aura-runtime/aura/domain/status"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/interp"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/keyring"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
	"github.com/aura-runtime/aura/world"
)

// universe is a simulated world of agents: the code that ships, over disks and a network that fail on
// demand.
type universe struct {
	*testing.T
	seed   uint64
	sim    *task.Sim
	net    *transport.SimNet
	events *events
	people int
}

// events counts what services report.
type events struct{ seen []world.Event }

func (e *events) Emit(ev world.Event) { e.seen = append(e.seen, ev) }

// count returns how many events of a family, message and kind of error were reported.
func (e *events) count(family world.Family, message string, kind aura.Kind) (n int) {
	for _, ev := range e.seen {
		if ev.Family() == family && ev.Message() == message && ev.ErrorKind() == kind {
			n++
		}
	}
	return n
}

// inWorlds runs fn in one simulated world after the other, seeds 1 to n.
func inWorlds(t *testing.T, n uint64, fn func(tc task.Context, u *universe)) {
	t.Helper()
	for seed := uint64(1); seed <= n && !t.Failed(); seed++ {
		log := &events{}
		sim := task.NewSim(seed, task.SimOptions{Start: aura.Instant(1_700_000_000e9), Log: log})
		err := sim.Run("world", func(tc task.Context) error {
			u := &universe{T: t, seed: seed, sim: sim, events: log}
			u.net = transport.NewSimNet(task.NewGroup(tc, "net"), tc.Clock(), sim.Entropy("net"), transport.SimOptions{})
			fn(tc, u)
			tc.Group().Cancel()
			return nil
		})
		if err != nil && aura.KindOf(err) != aura.Cancelled {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
	}
}

// person has an account: keys and a disk that outlive every process.
type person struct {
	*universe
	name    string
	ring    *keyring.Ring
	disk    *journal.Faulty
	address transport.Address
	acted   uint64 // the actions so far
	wrap    func(interp.Interpreter) interp.Interpreter
	dials   int        // of all processes
	gate    agent.Gate // as the running process gave it to its network

	agent   *agent.Agent // nil: no process
	group   *task.Group
	network *transport.SimPeer
	refs    map[aura.ContextID]chat.Ref
	relays  *relays       // nil: no contact relays
	wrong   aura.Duration // by how much the clock of the machine is ahead
}

// person founds an account, with what more the own namespace holds, and starts its agent.
func (u *universe) person(tc task.Context, name string, more ...func(aura.AuthorityID) fact.Draft) *person {
	u.Helper()
	p := u.account(tc, name, more...)
	p.start(tc)
	return p
}

func (u *universe) account(tc task.Context, name string, more ...func(aura.AuthorityID) fact.Draft) *person {
	u.Helper()
	u.people++
	p := &person{
		universe: u, name: name, refs: map[aura.ContextID]chat.Ref{}, ring: keyring.Ephemeral(u.sim.Entropy(name + " keys")),
		disk:    journal.NewFaulty(u.sim.Entropy(name+" disk"), journal.Faults{}),
		address: transport.Address(fmt.Sprintf("/ip4/192.0.2.%d/udp/4001/quic-v1", u.people)),
	}
	var drafts []fact.Draft
	for _, draft := range more {
		drafts = append(drafts, draft(p.self()))
	}
	if err := agent.Found(tc, p.hands(), name, drafts...); err != nil {
		u.Fatalf("%s: %v", name, err)
	}
	p.disk = p.disk.Crash()
	return p
}

// limited is a policy fact: a limit of units per peer in epochs of a length.
func limited(limit uint64, epoch aura.Duration) func(aura.AuthorityID) fact.Draft {
	return func(own aura.AuthorityID) fact.Draft {
		policy := guard.DefaultPolicy()
		policy.Limit, policy.EpochLength = limit, epoch
		draft, err := capability.Limit(own, aura.ContextID{}, policy)
		if err != nil {
			panic(err)
		}
		return draft
	}
}

func (p *person) self() aura.AuthorityID { return p.ring.Authority() }
func (p *person) link() transport.PeerID { return p.ring.Certificate().Link }

func (p *person) hands() agent.Hands {
	return agent.Hands{
		Ring: p.ring, Store: p.disk, Entropy: p.sim.Entropy(p.name),
		Network: func(g agent.Gate) (transport.Network, error) {
			p.gate, p.network = g, p.net.Join(p.link(), p.address)
			if p.relays != nil {
				return relaying{counting{p.network, p}, p.relays}, nil
			}
			return counting{p.network, p}, nil
		},
	}
}

// counting counts the dials of a person's machine.
type counting struct {
	*transport.SimPeer
	of *person
}

func (c counting) Dial(tc task.Context, peer transport.PeerID, addrs []transport.Address) (transport.Link, error) {
	c.of.dials++
	return c.SimPeer.Dial(tc, peer, addrs)
}

// move takes a person's machine to another network, where it has another address and no old connection.
func (p *person) move() {
	p.people++
	p.address = transport.Address(fmt.Sprintf("/ip4/192.0.2.%d/udp/4001/quic-v1", p.people))
	if p.agent != nil {
		p.network.Move(p.address)
		p.network.Drop()
	}
}

// start begins a process.
func (p *person) start(tc task.Context) {
	p.Helper()
	p.group = task.NewGroup(tc, p.name)
	p.sim.SetClock(p.group, p.wrong)
	a, err := agent.New(tc, p.group, p.hands(), agent.Options{Wrap: p.wrap})
	if err == nil {
		err = a.Start(tc)
	}
	if err != nil {
		p.Fatalf("seed %d: %s: %v", p.seed, p.name, err)
	}
	p.agent = a
}

// stop ends the process in order.
func (p *person) stop(tc task.Context) {
	p.Helper()
	if err := p.agent.Stop(tc); err != nil {
		p.Errorf("seed %d: %s: %v", p.seed, p.name, err)
	}
	p.agent, p.disk = nil, p.disk.Crash()
}

// crash ends the process as a power failure does.
func (p *person) crash() {
	p.net.Crash(p.link())
	p.disk = p.disk.Crash()
	p.sim.Crash(p.group)
	p.agent = nil
}

// restart crashes the process, if there is one, and begins the next.
func (p *person) restart(tc task.Context) {
	p.Helper()
	if p.agent != nil {
		p.crash()
	}
	p.start(tc)
}

func (p *person) submit(tc task.Context, kind string, payload, result any) error {
	b, err := fact.Marshal(payload)
	if err != nil {
		return err
	}
	p.acted++
	var operation aura.OperationID
	binary.BigEndian.PutUint64(operation[:], p.acted)
	r, err := p.agent.Submit(tc, fact.Intent{Kind: kind, Operation: operation, Payload: b})
	if err != nil || result == nil {
		return err
	}
	return fact.Unmarshal(r.Payload, result)
}

func (p *person) must(tc task.Context, kind string, payload, result any) {
	p.Helper()
	if err := p.submit(tc, kind, payload, result); err != nil {
		p.Fatalf("seed %d: %s: %s: %v", p.seed, p.name, kind, err)
	}
}

// ref returns the reference to a conversation, which is made once.
func (p *person) ref(tc task.Context, context aura.ContextID) chat.Ref {
	p.Helper()
	if ref, made := p.refs[context]; made {
		return ref
	}
	s := p.look(tc)
	t, err := s.chats.Thread(s.setting(), context)
	if err != nil {
		p.Fatalf("seed %d: %s: %v", p.seed, p.name, err)
	}
	p.refs[context] = t.Ref
	return t.Ref
}

func (p *person) say(tc task.Context, context aura.ContextID, text string) {
	p.Helper()
	p.must(tc, chat.IntentSend, chat.SendIntent{To: p.ref(tc, context), Text: text}, nil)
}

// sight is what a frontend of a person would show.
type sight struct {
	contacts   contact.State
	invites    invite.State
	moderation moderation.State
	chats      *chat.State
	deliveries *delivery.State
	reach      status.Connections
}

func (s *sight) setting() chat.Setting {
	return chat.Setting{Contacts: &s.contacts, Moderation: &s.moderation, Delivery: s.deliveries}
}

// look folds everything as it is now.
func (p *person) look(tc task.Context) *sight {
	p.Helper()
	s := &sight{chats: chat.NewState(p.self(), chat.Keep{Messages: -1, Bytes: -1}), deliveries: delivery.NewState(p.self())}
	err := p.agent.Watch(tc, fact.Selection{Observations: []string{"*"}}, func(up fact.Update) error {
		for i := range up.Records {
			s.contacts.Apply(&up.Records[i])
			s.invites.Apply(&up.Records[i])
			s.moderation.Apply(&up.Records[i])
			s.chats.Apply(&up.Records[i])
			s.deliveries.Apply(&up.Records[i])
		}
		for _, o := range up.Observations {
			s.deliveries.Observe(o)
			s.reach.Observe(o)
		}
		return nil
	})
	if err != nil {
		p.Fatalf("seed %d: %s: %v", p.seed, p.name, err)
	}
	return s
}

func (p *person) messages(tc task.Context, context aura.ContextID) []chat.Message {
	p.Helper()
	s := p.look(tc)
	all, _ := s.chats.Messages(s.setting(), context, 0)
	return all
}

// texts returns what an author wrote in a context, as this person has it.
func (p *person) texts(tc task.Context, context aura.ContextID, author *person) []string {
	p.Helper()
	var texts []string
	for _, m := range p.messages(tc, context) {
		if m.Author == author.self() {
			texts = append(texts, m.Text)
		}
	}
	return texts
}

// states counts the own messages of a context by state and reason.
func (p *person) states(tc task.Context, context aura.ContextID) map[string]int {
	p.Helper()
	states := map[string]int{}
	for _, m := range p.messages(tc, context) {
		if m.Mine {
			state := m.State.String()
			if m.Reason != "" {
				state += ": " + m.Reason
			}
			states[state]++
		}
	}
	return states
}

// until waits until a condition holds, within a time of the world.
func (u *universe) until(tc task.Context, what string, within aura.Duration, holds func() bool) bool {
	u.Helper()
	for end := tc.Elapsed() + within; !holds(); {
		if tc.Elapsed() >= end {
			u.Errorf("seed %d: %s: not within %v", u.seed, what, within)
			return false
		}
		u.sleep(tc, within/200+time.Millisecond)
	}
	return true
}

func (u *universe) sleep(tc task.Context, d aura.Duration) {
	u.Helper()
	if err := tc.Sleep(d); err != nil {
		u.Fatalf("seed %d: %v", u.seed, err)
	}
}

// meet makes two people contacts and returns their context.
func (u *universe) meet(tc task.Context, a, b *person) (context aura.ContextID) {
	u.Helper()
	var code invite.CreateResult
	a.must(tc, invite.IntentCreate, invite.CreateIntent{}, &code)
	b.must(tc, invite.IntentAccept, invite.CodeIntent{Code: code.Code}, nil)
	u.until(tc, a.name+" and "+b.name+" meet", time.Minute, func() bool {
		with, ok := a.look(tc).contacts.ByAuthority(b.self())
		back, known := b.look(tc).contacts.ByAuthority(a.self())
		context = with.Context
		return ok && known && with.Context == back.Context
	})
	return context
}

// numbered returns the texts "n from" to "n to".
func numbered(from, to int) (texts []string) {
	for i := from; i <= to; i++ {
		texts = append(texts, fmt.Sprint("message ", i))
	}
	return texts
}

func contextOf(context aura.ContextID) fact.Namespace { return fact.ContextNamespace(context) }

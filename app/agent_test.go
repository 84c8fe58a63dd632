package app_test

import (
	"crypto/ed25519"
	"fmt"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/app"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/builtin"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/domain/foldtest"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/domain/status"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/reactive"
	"github.com/aura-runtime/aura/task"
)

// everywhere runs fn as a task of the real executor and of simulations with several seeds.
func everywhere(t *testing.T, fn func(t *testing.T, tc task.Context)) {
	t.Run("real", func(t *testing.T) { within(t, task.NewReal(task.RealOptions{}), fn) })
	for seed := range uint64(6) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			within(t, task.NewSim(seed, task.SimOptions{Preempt: 4}), fn)
		})
	}
}

func within(t *testing.T, e task.Executor, fn func(t *testing.T, tc task.Context)) {
	t.Helper()
	err := e.Run("test", func(tc task.Context) error {
		fn(t, tc)
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// counter is entropy that never repeats and is the same in every run.
type counter struct {
	mu task.Mutex
	n  uint64
}

func (c *counter) Read(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
	for i := range p {
		p[i] = byte(c.n >> (8 * (i % 8)))
	}
	return len(p), nil
}

// person is an authority with one device.
type person struct {
	name    string
	cert    fact.Certificate
	signing ed25519.PrivateKey
}

// code returns an invitation of the person.
func (p person) code(t testing.TB, life aura.Duration, now aura.Physical) invite.Code {
	c, err := invite.New(p.cert, [16]byte{p.name[0]}, nil, life, now)
	if err != nil {
		t.Fatal(err)
	}
	copy(c.Signature[:], ed25519.Sign(p.signing, c.SigningBytes()))
	return c
}

func newPerson(name string) person {
	p := foldtest.NewPerson(name[0])
	return person{name: name, cert: p.Certificate, signing: p.Signing}
}

func (p person) pair() aura.ContextID { return aura.ContextID{0xc0, p.name[0]} }

var ada, ben, cleo = newPerson("ada"), newPerson("ben"), newPerson("cleo")

// agent is ada's agent as a Core sees it: handlers over facts in memory, without guard, disk or network.
type agent struct {
	t       testing.TB
	feed    *reactive.Feed
	gate    *task.Semaphore
	entropy *counter

	records []fact.Record
	seqs    map[fact.Namespace]map[aura.DeviceID]uint64
	set     *domain.Set
	states  *domain.States

	// late has facts of others come long after they were written.
	late   bool
	spoken map[aura.DeviceID]aura.Logical
	// place, when set, gives a record another place in its stream.
	place func(*fact.Record)

	mu   task.Mutex // guards the state above, and:
	down error      // when set, what every call returns
	// answer, when set, is called with the result of a submit before it is returned, and may replace it.
	answer func(tc task.Context, committed bool, err error) error
}

func newAgent(t testing.TB) *agent {
	set, err := builtin.New()
	if err != nil {
		t.Fatal(err)
	}
	return &agent{
		t: t, set: set, states: set.NewStates(ada.cert.Authority()), feed: reactive.NewFeed(0), gate: task.NewSemaphore(1), entropy: &counter{},
		seqs:   map[fact.Namespace]map[aura.DeviceID]uint64{},
		spoken: map[aura.DeviceID]aura.Logical{},
	}
}

// met is an agent with contacts.
func met(t testing.TB, who ...person) *agent {
	a := newAgent(t)
	a.own(contact.KindSelf, contact.Self{Name: ada.name})
	for _, p := range who {
		a.own(contact.KindAdded, contact.Added{
			Context: p.pair(), Authority: p.cert.Authority(), Certificate: p.cert.Encode(), Name: p.name,
		})
	}
	return a
}

func (a *agent) own(kind string, payload any) aura.FactID {
	return a.say(ada, fact.OwnNamespace(ada.cert.Authority()), aura.OperationID{}, kind, payload)
}

// hears is a fact of a contact that arrives in the pair's context.
func (a *agent) hears(from person, kind string, payload any) aura.FactID {
	return a.say(from, fact.ContextNamespace(from.pair()), aura.OperationID{0xfe}, kind, payload)
}

func (a *agent) say(who person, ns fact.Namespace, op aura.OperationID, kind string, payload any) aura.FactID {
	body, err := fact.Marshal(payload)
	if err != nil {
		a.t.Fatal(err)
	}
	return a.commit(who, fact.Draft{Namespace: ns, Kind: kind, Operation: op, Payload: body})[0]
}

// commit makes the drafts durable in one batch.
func (a *agent) commit(who person, drafts ...fact.Draft) (ids []aura.FactID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.append(who, drafts)
}

func (a *agent) append(who person, drafts []fact.Draft) (ids []aura.FactID) {
	var up fact.Update
	for _, d := range drafts {
		if a.seqs[d.Namespace] == nil {
			a.seqs[d.Namespace] = map[aura.DeviceID]uint64{}
		}
		a.seqs[d.Namespace][who.cert.Device()]++
		n := len(a.records) + 1
		r := fact.Record{
			Position: fact.Position(n), Seq: a.seqs[d.Namespace][who.cert.Device()],
			Fact: fact.Fact{
				Namespace: d.Namespace, Kind: d.Kind, Operation: d.Operation, Payload: d.Payload,
				Logical: aura.Logical(n), Author: who.cert.Authority(), Device: who.cert.Device(),
			},
		}
		if a.late && who.name != ada.name {
			r.Fact.Logical = a.spoken[who.cert.Device()] + 1
		}
		a.spoken[who.cert.Device()] = r.Fact.Logical
		if a.place != nil {
			a.place(&r)
		}
		r.ID = r.Fact.ID()
		a.records = append(a.records, r)
		a.states.Apply(&r)
		up.Records = append(up.Records, r)
		ids = append(ids, r.ID)
	}
	a.feed.Publish(&up)
	return ids
}

// observe publishes an observation.
func (a *agent) observe(o fact.Observation, err error) {
	if err != nil {
		a.t.Fatal(err)
	}
	a.feed.Publish(&fact.Update{Observations: []fact.Observation{o}})
}

func (a *agent) outbox(to person, box delivery.Outbox) {
	body, err := fact.Marshal(box)
	a.observe(fact.Observation{
		Kind: delivery.ObservedOutbox, Key: delivery.OutboxKey(to.pair(), to.cert.Authority(), to.cert.Device()), Payload: body,
	}, err)
}

// acked is the confirmation of a contact for everything so far.
func (a *agent) acked(by person) {
	through := a.seqs[fact.ContextNamespace(by.pair())][ada.cert.Device()]
	a.own(delivery.KindAcked, delivery.Acked{
		Context: by.pair(), Peer: by.cert.Authority(), Device: by.cert.Device(), Through: through,
	})
}

// Submit implements app.Bridge.
func (a *agent) Submit(tc task.Context, in fact.Intent) (fact.Result, error) {
	if err := a.gate.Acquire(tc); err != nil {
		return fact.Result{}, err
	}
	defer a.gate.Release()
	if err := a.gone(); err != nil {
		return fact.Result{}, err
	}
	res := fact.Result{Operation: in.Operation}
	a.mu.Lock()
	plan, err := a.plan(in, tc.Now())
	res.Facts = plan.Facts
	if err == nil && len(plan.Request.Entries) > 0 {
		first := len(a.records)
		res.Facts = a.append(ada, plan.Request.Entries)
		if plan.Answer != nil {
			var answer any
			if answer, err = plan.Answer(a.records[first:]); err == nil {
				res.Payload, err = fact.Marshal(answer)
			}
		}
	}
	a.mu.Unlock()
	if a.answer != nil {
		err = a.answer(tc, err == nil, err)
	}
	if err != nil {
		return fact.Result{}, err
	}
	return res, nil
}

// empty is the home of an agent whose people have nothing in their journals that a plan names.
type empty struct{}

func (empty) Newest(aura.ContextID, aura.DeviceID) (guard.Mark, error) { return guard.Mark{}, nil }

func (empty) Heads(fact.Namespace, aura.DeviceID) ([]fact.Place, error) { return nil, nil }

func (empty) Meta(string) ([]byte, error) { return nil, nil }

// plan has the module of an intent plan it. Intents that a service of the runtime carries out are planned here.
func (a *agent) plan(in fact.Intent, now aura.Physical) (domain.Plan, error) {
	s := &domain.Snapshot{
		Caller: domain.Caller{Authority: ada.cert.Authority(), Device: ada.cert.Device(), Operation: in.Operation, Now: now},
		States: a.states, Home: empty{}, Certificate: ada.cert, Seed: [64]byte{2},
	}
	o, ok := a.set.Operation(in.Kind)
	switch {
	case !ok:
		return domain.Plan{}, aura.Errorf("test.Submit", aura.NotFound, "intent %q", in.Kind)
	}
	switch in.Kind {
	case invite.IntentCreate:
		code := ada.code(a.t, decode[invite.CreateIntent](a.t, in).Life, now)
		r, err := invite.Create(s.Caller, code)
		return domain.Plan{Request: r, Answer: func([]fact.Record) (any, error) {
			return invite.CreateResult{ID: code.ID(), Code: code.Encode()}, nil
		}}, err
	case invite.IntentAccept:
		code, err := invite.Parse(decode[invite.CodeIntent](a.t, in).Code)
		if err != nil {
			return domain.Plan{}, err
		}
		draft, err := s.Draft(invite.KindAccepting, invite.Accepting{ID: code.ID(), Device: code.Device()})
		return domain.Do(s.Local("invite:accept", draft), err)
	}
	decide, err := o.Plan(in)
	if err != nil {
		return domain.Plan{}, err
	}
	plan, err := decide(s)
	if err == nil && plan.Recall {
		left := fact.Selection{Author: ada.cert.Authority(), Operation: in.Operation}
		s.Stored, s.Recalled = left.Of(a.records), true
		plan, err = decide(s)
	}
	return plan, err
}

func decode[T any](t testing.TB, in fact.Intent) T {
	var p T
	if err := fact.Unmarshal(in.Payload, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// Watch implements app.Bridge.
func (a *agent) Watch(tc task.Context, sel fact.Selection, sink func(fact.Update) error) error {
	if err := a.gone(); err != nil {
		return err
	}
	return a.feed.Watch(tc, a, sel, func(up fact.Update) error {
		if err := a.gone(); err != nil {
			return err
		}
		return sink(up)
	})
}

// dies ends the watches that observe everything, and refuses all calls until lives.
func (a *agent) dies() {
	a.fall(aura.Errorf("test.Agent", aura.Unavailable, "the agent has gone"))
	a.observe(fact.Observation{Kind: "test.death"}, nil)
}

func (a *agent) lives() { a.fall(nil) }

func (a *agent) fall(down error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.down = down
}

func (a *agent) gone() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.down
}

// Head implements reactive.Reader.
func (a *agent) Head() fact.Position { return a.feed.Head() }

// Era implements reactive.Reader.
func (a *agent) Era() uint64 { return 1 }

// Read implements reactive.Reader.
func (a *agent) Read(_ task.Context, sel fact.Selection, fn func(*fact.Record) error) error {
	a.mu.Lock()
	records := a.records
	a.mu.Unlock()
	selected := sel.Of(records)
	for i := range selected {
		if err := fn(&selected[i]); err != nil {
			return err
		}
	}
	return nil
}

// Ask implements app.Bridge.
func (a *agent) Ask(_ task.Context, q fact.Question) (fact.Answer, error) {
	if err := a.gone(); err != nil {
		return fact.Answer{}, err
	}
	if q.Kind != status.Question {
		return fact.Answer{}, aura.Errorf("test.Ask", aura.NotFound, "question %q", q.Kind)
	}
	body, err := fact.Marshal(status.Status{Authority: ada.cert.Authority(), Device: ada.cert.Device(), Facts: a.Head()})
	return fact.Answer{Payload: body}, err
}

// core returns a Core for the agent.
func (a *agent) core(tc task.Context) *app.Core {
	a.t.Helper()
	c, err := app.New(tc, a, a.entropy, app.Options{})
	if err != nil {
		a.t.Fatal(err)
	}
	return c
}

// live is a model that runs as a service in a group of its own.
func (a *agent) live(tc task.Context) (*app.Model, *task.Handle) {
	a.t.Helper()
	return modelOf(a.t, tc, task.NewGroup(tc, "frontend"), a.core(tc))
}

// modelOf is a model of a Core that runs as a service in a group.
func modelOf(t testing.TB, tc task.Context, g *task.Group, c *app.Core) (*app.Model, *task.Handle) {
	t.Helper()
	m, err := c.Model()
	if err != nil {
		t.Fatal(err)
	}
	h := task.Supervise(g, m)
	if err := h.Start(tc); err != nil {
		t.Fatal(err)
	}
	return m, h
}

func stop(t *testing.T, tc task.Context, h *task.Handle) {
	t.Helper()
	if err := h.Join(tc, 5*time.Second); err != nil {
		t.Error(err)
	}
	if err := h.Close(tc, time.Second); err != nil {
		t.Error(err)
	}
}

// shows waits until a signal has a value that fits.
func shows[T any](t *testing.T, tc task.Context, c *app.Model, s reactive.Signal[T], fits func(T) bool) T {
	t.Helper()
	tc, done := tc.WithBudget("signal "+s.Name(), time.Minute)
	defer done()
	sub, err := reactive.Subscribe(c.Hub(), s, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	var last T
	for {
		snap, err := sub.Next(tc)
		if err != nil {
			t.Fatalf("%v; the last value was %+v", err, last)
		}
		if last = snap.Value; fits(last) {
			return last
		}
	}
}

func resolve(t *testing.T, tc task.Context, c interface {
	Resolve(task.Context, string) (app.Ref, error)
}, name string) app.Ref {
	t.Helper()
	ref, err := c.Resolve(tc, name)
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

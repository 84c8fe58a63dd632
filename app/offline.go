package app

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/builtin"
	"github.com/aura-runtime/aura/domain/query"
	"github.com/aura-runtime/aura/domain/status"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/reactive"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// OfflineOptions of a [NewOffline].
type OfflineOptions struct {
	Options
	// Records are the facts that exist when the Core begins, in position order from 1. Default: none.
	Records []fact.Record
	// Journal has the facts in place of Records: those of an account whose agent does not run. Then the Core takes no
	// local facts either, which would be lost. Default: none.
	Journal reactive.Reader
	// Ask answers what no state of a module does, but for the status and queries. Default: nothing does.
	Ask func(task.Context, fact.Question) (fact.Answer, error)
	// Branches returns the devices whose facts in the Journal have branches, for the status. Default: it names none.
	Branches func(tc task.Context) ([]status.Branches, error)
}

// NewOffline returns a Core without an agent, in the name of the given authority. It refuses with [aura.Unavailable]
// what needs a peer. Without a journal it folds local facts in memory and forgets them at its end.
func NewOffline(tc task.Context, self aura.AuthorityID, device aura.DeviceID, entropy world.Entropy, o OfflineOptions) (*Core, error) {
	set, err := builtin.New(o.Modules...)
	if err != nil {
		return nil, err
	}
	b := &offline{set: set, self: self, device: device, entropy: entropy, journal: o.Journal, branches: o.Branches, asked: o.Ask, fold: newFold(set, self, o.Keep)}
	if b.journal != nil {
		b.feed = reactive.NewFeed(b.journal.Head())
		return New(tc, b, entropy, o.Options)
	}
	b.feed = reactive.NewFeed(0)
	for i := range o.Records {
		b.take(o.Records[i])
	}
	return New(tc, b, entropy, o.Options)
}

// offline is a bridge to a journal, or to nothing but memory.
type offline struct {
	set     *domain.Set
	self    aura.AuthorityID
	device  aura.DeviceID
	entropy world.Entropy
	feed    *reactive.Feed
	journal reactive.Reader // nil: the records below

	branches func(tc task.Context) ([]status.Branches, error)       // nil: there are none
	asked    func(task.Context, fact.Question) (fact.Answer, error) // nil: nothing answers

	mu      task.Mutex
	fold    *fold
	records []fact.Record
	logical aura.Logical
}

// take adds a record. The caller holds mu, or b is not shared yet.
func (b *offline) take(r fact.Record) {
	b.records = append(b.records, r)
	b.logical = max(b.logical, r.Fact.Logical)
	take([]fact.Record{r}, b.fold.states.Apply)
	b.feed.Publish(&fact.Update{Records: []fact.Record{r}})
}

// Submit implements [Bridge]: it runs the domain's handler and appends the facts of its plan.
func (b *offline) Submit(tc task.Context, in fact.Intent) (fact.Result, error) {
	const op = "app.Submit"
	if err := tc.Err(); err != nil {
		return fact.Result{}, err
	}
	if b.journal != nil {
		if !b.set.Registry().Intent(in.Kind) {
			return fact.Result{}, errUnknown(in.Kind)
		}
		return fact.Result{}, aura.Errorf(op, aura.Unavailable, "the account is open for reading alone: start its agent with: aura up")
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	plan, err := b.plan(in, tc.Now())
	if err != nil {
		return fact.Result{}, err
	}
	if len(plan.Request.Sends) > 0 {
		return fact.Result{}, errOffline(op)
	}
	res := fact.Result{Operation: in.Operation}
	first := len(b.records)
	for _, draft := range plan.Request.Entries {
		r := fact.Record{
			Position: fact.Position(len(b.records) + 1), Seq: uint64(len(b.records) + 1),
			Fact: fact.Fact{
				Namespace: draft.Namespace, Kind: draft.Kind, Operation: draft.Operation, Payload: draft.Payload,
				Logical: b.logical + 1, Author: b.self, Device: b.device,
			},
		}
		_, _ = b.entropy.Read(r.Fact.Order[:]) // [world.Entropy] always fills it
		r.ID = r.Fact.ID()
		b.take(r)
		res.Facts = append(res.Facts, r.ID)
	}
	if plan.Answer == nil {
		return res, nil
	}
	answer, err := plan.Answer(b.records[first:])
	if err == nil {
		res.Payload, err = fact.Marshal(answer)
	}
	return res, err
}

// plan runs the pure handler of an intent. An operation that a service of the agent carries out has none here.
func (b *offline) plan(in fact.Intent, now aura.Physical) (domain.Plan, error) {
	const op = "app.Submit"
	if len(in.Payload) > fact.MaxPayload {
		return domain.Plan{}, aura.Errorf(op, aura.Invalid, "the payload has %d bytes, the most is %d", len(in.Payload), fact.MaxPayload)
	}
	o, known := b.set.Operation(in.Kind)
	switch {
	case !known || o.Internal:
		return domain.Plan{}, errUnknown(in.Kind)
	case o.Plan == nil || !o.Offline:
		return domain.Plan{}, errOffline(op)
	}
	s := &domain.Snapshot{
		Caller: domain.Caller{Authority: b.self, Device: b.device, Operation: in.Operation, Now: now},
		States: b.fold.states, Home: nothing{}, Recalled: true, // there was no earlier attempt
	}
	_, _ = b.entropy.Read(s.Seed[:]) // [world.Entropy] always fills it
	decide, err := o.Plan(in)
	var plan domain.Plan
	if err == nil {
		plan, err = decide(s)
	}
	if aura.KindOf(err) == aura.Corrupt { // the payload does not decode
		err = &aura.Error{Op: op, Kind: aura.Invalid, Err: err}
	}
	return plan, err
}

// ask answers a question of a module from the facts that there are.
func (b *offline) ask(tc task.Context, asked *domain.Question, payload []byte) (fact.Answer, error) {
	states := b.set.NewStates(b.self)
	kinds := b.set.Names()
	for _, m := range b.set.Modules() {
		if !slices.ContainsFunc(m.Questions, func(q domain.Question) bool { return q.Kind == asked.Kind }) {
			continue
		}
		for _, k := range m.Kinds {
			kinds = append(kinds, k.Name)
		}
	}
	err := b.Watch(tc, fact.Selection{Kinds: kinds}, func(up fact.Update) error {
		take(up.Records, states.Apply)
		return nil
	})
	if err != nil {
		return fact.Answer{}, err
	}
	said, err := asked.Answer(&domain.Snapshot{
		Caller: domain.Caller{Authority: b.self, Device: b.device, Now: tc.Now()}, States: states, Home: nothing{},
	}, payload)
	if err != nil {
		return fact.Answer{}, err
	}
	body, err := fact.MarshalAnswer(said)
	return fact.Answer{Payload: body}, err
}

// nothing is the empty home of an account without an agent.
type nothing struct{}

// Newest implements [domain.Home].
func (nothing) Newest(aura.ContextID, aura.DeviceID) (guard.Mark, error) { return guard.Mark{}, nil }

// Heads implements [domain.Home].
func (nothing) Heads(fact.Namespace, aura.DeviceID) ([]fact.Place, error) { return nil, nil }

// Meta implements [domain.Home].
func (nothing) Meta(string) ([]byte, error) { return nil, nil }

func errUnknown(intent string) error {
	return aura.Errorf("app.Submit", aura.NotFound, "no domain knows the intent %q", intent)
}

func errUnasked() error {
	return aura.Errorf("app.Ask", aura.Unavailable, "only an agent answers this: start it with: aura up")
}

func errOffline(op aura.Op) error {
	return aura.Errorf(op, aura.Unavailable, "there is no agent: this needs one, and the other side")
}

// Watch implements [Bridge].
func (b *offline) Watch(tc task.Context, sel fact.Selection, sink func(fact.Update) error) error {
	if err := tc.Err(); err != nil {
		return err
	}
	if b.journal != nil {
		return b.feed.Watch(tc, b.journal, sel, sink)
	}
	return b.feed.Watch(tc, b, sel, sink)
}

// Head implements [reactive.Reader].
func (b *offline) Head() fact.Position { return b.feed.Head() }

// Era implements [reactive.Reader].
func (b *offline) Era() uint64 { return 1 }

// Read implements [reactive.Reader].
func (b *offline) Read(_ task.Context, sel fact.Selection, fn func(*fact.Record) error) error {
	b.mu.Lock()
	records := b.records
	b.mu.Unlock()
	selected := sel.Of(records)
	for i := range selected {
		if err := fn(&selected[i]); err != nil {
			return err
		}
	}
	return nil
}

// Ask implements [Bridge].
func (b *offline) Ask(tc task.Context, q fact.Question) (fact.Answer, error) {
	if err := tc.Err(); err != nil {
		return fact.Answer{}, err
	}
	switch q.Kind {
	case status.Question:
	case query.Question, query.QuestionKinds:
		return fact.Answer{}, errUnasked()
	default:
		asked, known := b.set.Question(q.Kind)
		if known && asked.Answer != nil {
			return b.ask(tc, asked, q.Payload)
		}
		if known && b.asked != nil {
			return b.asked(tc, q)
		}
		if known {
			return fact.Answer{}, errUnasked()
		}
		return fact.Answer{}, aura.Errorf("app.Ask", aura.NotFound, "the question %q is not known", q.Kind)
	}
	now := status.Status{Authority: b.self, Device: b.device, Facts: b.feed.Head()}
	if b.branches != nil {
		var err error
		if now.Branches, err = b.branches(tc); err != nil {
			return fact.Answer{}, err
		}
	}
	body, err := fact.Marshal(now)
	return fact.Answer{Payload: body}, err
}

package interp

import (
	"slices"
	"strings"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/capability"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// Claim is what a frontier is asked for.
type Claim struct {
	// Context is where; zero asks about operations outside any.
	Context aura.ContextID
	// Authority is who wants to act: the agent's own, or a peer on whose behalf it acts.
	Authority aura.AuthorityID
	// Token is the encoded token that Authority presents; nil: what the journal holds for it.
	Token []byte
	// Now is the time that a token's checks may read.
	Now aura.Physical
}

// Frontiers says what is permitted. [Tokens] is the one of an agent.
type Frontiers interface {
	// Frontier returns what may be done under a claim. A claim that permits nothing is no error: the
	// frontier is empty and knows why.
	Frontier(tc task.Context, c Claim) (guard.Frontier, error)
	// Policy returns the limits of a context.
	Policy(tc task.Context, context aura.ContextID) (guard.Policy, error)
}

// RoomOptions configures a [Room]. The zero value works.
type RoomOptions struct {
	// Attempts is how often a decision is prepared before it ends in a conflict. Default: 8.
	Attempts int
}

// Room takes requests through the guard chain: it prepares, lets the guard evaluate, and has the
// interpreter carry out what was allowed. Any number of tasks may decide at once.
type Room struct {
	own         aura.AuthorityID
	device      aura.DeviceID
	ledger      Ledger
	frontiers   Frontiers
	interpreter Interpreter
	entropy     world.Entropy
	options     RoomOptions

	// door admits one decision at a time from reading the headroom until its place in the commit order is
	// fixed, so that decisions at once build on each other instead of refusing each other.
	door       *task.Semaphore
	projection *projection
}

// NewRoom returns a room in which the given device of an authority acts.
func NewRoom(own aura.AuthorityID, device aura.DeviceID, l Ledger, f Frontiers, i Interpreter, e world.Entropy, o RoomOptions) *Room {
	if o.Attempts <= 0 {
		o.Attempts = 8
	}
	return &Room{
		own: own, device: device, ledger: l, frontiers: f, interpreter: i, entropy: e, options: o,
		door: task.NewSemaphore(1), projection: newProjection(),
	}
}

// Verdict says what the guard decided, for whoever explains it to a person.
type Verdict struct {
	Operation  aura.OperationID
	Capability string
	Allowed    bool
	Denial     guard.Denial    // zero when allowed
	Charged    []Charged       // in the request's order
	Waiting    []guard.Waiting // recipients whose budget is short while the rest proceeds
}

// Charged is one charge of a [Verdict].
type Charged struct {
	Peer  aura.AuthorityID
	Epoch aura.Epoch
	Cost  aura.FlowCost
	Left  uint64 // units that remain in the epoch
}

// Decide takes a request through the guard chain and returns when what was allowed is durable; envelopes
// were handed to the sender by then.
//
// A denial is aura.Denied with a *[guard.Denial] as its cause, also in the verdict; nothing was charged,
// written or sent. aura.Conflict says that others changed the headroom at every attempt. Other errors are
// those of [Interpreter.Execute] and of preparing the snapshot.
func (r *Room) Decide(tc task.Context, req *guard.Request) (effect.Result, Verdict, error) {
	for range r.options.Attempts {
		result, verdict, err := r.decide(tc, req)
		if aura.KindOf(err) != aura.Stale {
			return result, verdict, err
		}
		if err := tc.Err(); err != nil {
			return effect.Result{}, Verdict{}, err
		}
	}
	return effect.Result{}, Verdict{}, aura.Errorf("interp.Decide", aura.Conflict,
		"the headroom of %q changed at each of %d attempts", req.Capability, r.options.Attempts)
}

// decide makes one attempt.
func (r *Room) decide(tc task.Context, req *guard.Request) (effect.Result, Verdict, error) {
	var s guard.Snapshot
	policy, err := r.prepare(tc, req, &s)
	if err != nil {
		return effect.Result{}, Verdict{}, err
	}
	if err := r.door.Acquire(tc); err != nil {
		return effect.Result{}, Verdict{}, err
	}
	inside := true
	leave := func() {
		if inside {
			inside = false
			r.door.Release()
		}
	}
	defer leave()

	r.budgets(req, &s, policy)
	out := new(guard.Outcome)
	guard.Evaluate(out, &s, req)
	verdict := verdictOf(&s, req, out)
	if !out.Allowed {
		leave()
		tc.Emit(world.GuardDenied(req.Capability, out.Denial.Stage, out.Denial.Reason, req.Operation))
		return effect.Result{}, verdict, out.Denial.Err()
	}

	d := &Decision{Operation: req.Operation, Request: req, Commands: out.Commands, Seed: s.Seed, Placed: leave}
	land := r.projection.take(r.ledger, r.device, d)
	happened := false
	defer func() { land(happened) }()
	result, err := r.interpreter.Execute(tc, d)
	if err != nil {
		return effect.Result{}, verdict, err
	}
	happened = true
	id := first(&result)
	tc.Emit(world.GuardAllowed(req.Capability, req.Operation, id))
	for _, w := range verdict.Waiting {
		tc.Emit(world.BudgetWaits("guard", req.Capability, w.Stage, w.Reason, id))
	}
	return result, verdict, nil
}

// Prepare gathers the snapshot that a request is evaluated over: time, seed, capability frontier, needed
// metadata, and the headroom of its context as it will be when the decisions in flight are durable. It
// returns aura.Invalid for a request of another authority.
func (r *Room) Prepare(tc task.Context, req *guard.Request, s *guard.Snapshot) error {
	policy, err := r.prepare(tc, req, s)
	if err == nil {
		r.budgets(req, s, policy)
	}
	return err
}

// prepare gathers what decisions in flight do not change, before the door.
func (r *Room) prepare(tc task.Context, req *guard.Request, s *guard.Snapshot) (guard.Policy, error) {
	const op = "interp.Prepare"
	*s = guard.Snapshot{Now: tc.Now()}
	if req.Authority != r.own {
		return guard.Policy{}, aura.Errorf(op, aura.Invalid, "request of another authority")
	}
	r.entropy.Read(s.Seed[:])
	var err error
	claim := Claim{Context: req.Context, Authority: req.Authority, Now: s.Now}
	if !req.For.IsZero() {
		claim.Authority, claim.Token = req.For, req.Token
	}
	if s.Caps, err = r.frontiers.Frontier(tc, claim); err != nil {
		return guard.Policy{}, err
	}
	for _, key := range req.Needs {
		value, err := r.ledger.Meta(key)
		if err != nil {
			return guard.Policy{}, err
		}
		if value != nil {
			s.Metadata = append(s.Metadata, guard.Meta{Key: key, Value: value})
		}
	}
	slices.SortFunc(s.Metadata, func(a, b guard.Meta) int { return strings.Compare(a.Key, b.Key) })
	if len(req.Sends) == 0 {
		return guard.Policy{}, nil
	}
	return r.frontiers.Policy(tc, req.Context)
}

// budgets reads the headroom, including what decisions in flight will have spent.
func (r *Room) budgets(req *guard.Request, s *guard.Snapshot, p guard.Policy) {
	if len(req.Sends) == 0 {
		return
	}
	l := r.projection.over(r.ledger, r.device)
	s.Last = l.Count(fact.ContextNamespace(req.Context), r.device)
	s.Budgets = make([]guard.Headroom, 0, len(req.Sends))
	budget, limits := req.Budget(), p.For(req)
	for i := range req.Sends {
		peer := req.Sends[i].Peer
		c := l.Charge(budget, peer)
		s.Budgets = append(s.Budgets, guard.HeadroomOf(limits, &c, budget, peer, s.Now))
	}
	slices.SortFunc(s.Budgets, func(a, b guard.Headroom) int { return a.Peer.Compare(b.Peer) })
	var spent [fact.Observers]fact.Leak
	for o := 1; o < fact.Observers; o++ {
		spent[o] = l.Leak(req.Context, fact.Observer(o))
	}
	s.Leakage = guard.LeakViewOf(p, &spent, s.Now)
}

// first returns the identifier of the first fact that a decision made, zero when it made none.
func first(r *effect.Result) (id aura.FactID) {
	if len(r.Records) > 0 {
		id = r.Records[0].ID
	}
	return id
}

func verdictOf(s *guard.Snapshot, req *guard.Request, out *guard.Outcome) Verdict {
	v := Verdict{
		Operation: req.Operation, Capability: req.Capability, Allowed: out.Allowed, Denial: out.Denial,
		Waiting: slices.Clone(out.Waiting),
	}
	for i := range out.Commands {
		c := &out.Commands[i]
		if c.Kind == effect.ChargeBudget {
			h := &s.Budgets[s.Headroom(c.Peer)]
			v.Charged = append(v.Charged, Charged{
				Peer: c.Peer, Epoch: c.Epoch, Cost: c.Amount, Left: h.Limit - h.Spent - uint64(c.Amount),
			})
		}
	}
	return v
}

// Found appends the first facts of an authority, the token for itself among them: the one act that
// no token can permit. It returns aura.Conflict when the authority has facts already.
func (r *Room) Found(tc task.Context, entries ...fact.Draft) (effect.Result, error) {
	return r.unguarded(tc, "interp.Found", entries, func() error {
		if r.ledger.Count(fact.OwnNamespace(r.own), r.device) > 0 {
			return aura.Errorf("interp.Found", aura.Conflict, "the authority exists already")
		}
		return nil
	})
}

// Renew appends tokens by which an authority permits itself what this build can do and an earlier one could
// not. No token can permit that either. It returns aura.Invalid for a fact of another kind.
func (r *Room) Renew(tc task.Context, tokens ...fact.Draft) (effect.Result, error) {
	return r.unguarded(tc, "interp.Renew", tokens, func() error {
		for i := range tokens {
			if tokens[i].Kind != capability.KindToken {
				return aura.Errorf("interp.Renew", aura.Invalid, "a fact of kind %q is no token", tokens[i].Kind)
			}
		}
		return nil
	})
}

// unguarded appends facts to the own namespace without a decision of the guard, if check permits it behind
// the door. It holds the door across the commit: a second call waits and then sees the facts.
func (r *Room) unguarded(tc task.Context, op string, entries []fact.Draft, check func() error) (effect.Result, error) {
	own := fact.OwnNamespace(r.own)
	if err := r.door.Acquire(tc); err != nil {
		return effect.Result{}, err
	}
	defer r.door.Release()
	if err := check(); err != nil {
		return effect.Result{}, err
	}
	d := &Decision{Request: &guard.Request{Authority: r.own, Entries: entries}}
	r.entropy.Read(d.Seed[:])
	for i := range entries {
		if entries[i].Namespace != own {
			return effect.Result{}, aura.Errorf(op, aura.Invalid, "fact of a foreign namespace")
		}
		d.Commands = append(d.Commands, effect.Command{
			Kind: effect.AppendJournal, Authority: r.own, Entry: &entries[i],
		})
	}
	return r.interpreter.Execute(tc, d)
}

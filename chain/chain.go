package chain

import (
	"slices"
	"strings"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/frontier"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/interp"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// Frontiers answers which capabilities and limits are in force. A [frontier.Index] is the one of an agent.
type Frontiers interface {
	// Frontier returns the capabilities that a claim has. A claim that has none is no error: the frontier is
	// empty and holds the reason.
	Frontier(tc task.Context, c frontier.Claim) (guard.Frontier, error)
	// Policy returns the limits of a context.
	Policy(tc task.Context, context aura.ContextID) (guard.Policy, error)
	// Share returns the part of every budget that the own device may spend now in an epoch that began at an instant.
	Share(began, now aura.Instant) guard.Share
}

// Options configures a [Chain]. The zero value works.
type Options struct {
	// Attempts is how often a decision is prepared before it ends in a conflict. Default: 8.
	Attempts int
}

// Chain takes requests through the guard chain: it prepares a snapshot, lets the guard evaluate it, and gives an
// allowed decision to the interpreter. Any number of tasks may decide at once.
type Chain struct {
	own         aura.AuthorityID
	device      aura.DeviceID
	ledger      interp.Ledger
	frontiers   Frontiers
	interpreter interp.Interpreter
	entropy     world.Entropy
	options     Options

	// door admits one decision at a time from reading the headroom until its place in the commit order is
	// fixed, so that decisions at once build on each other instead of refusing each other.
	door    *task.Semaphore
	overlay *overlay
	keys    keys
}

// New returns a chain in which the given device of an authority acts.
func New(own aura.AuthorityID, device aura.DeviceID, l interp.Ledger, f Frontiers, i interp.Interpreter, e world.Entropy, o Options) *Chain {
	if o.Attempts <= 0 {
		o.Attempts = 8
	}
	return &Chain{
		own: own, device: device, ledger: l, frontiers: f, interpreter: i, entropy: e, options: o,
		door: task.NewSemaphore(1), overlay: newOverlay(), keys: keys{turns: map[guard.Key]*turn{}},
	}
}

// Decide takes a request through the guard chain and returns when an allowed decision is durable. Its envelopes
// were handed to the sender by then.
//
// A denial is aura.Denied with a *[guard.Denial] as its cause, also in the verdict; nothing was charged,
// written or sent. aura.Conflict says that other writers changed the headroom at every attempt. Other errors are
// those of [interp.Interpreter.Execute] and of preparing the snapshot.
//
// A message of a session is decided once, whatever crash comes in between. A second decision with its key, see
// [guard.Request.Key], asks no guard and charges nothing: it returns the result of the first, whose message is released
// again. It is aura.Conflict when another message was decided at the place, or a later one on the edge.
func (c *Chain) Decide(tc task.Context, req *guard.Request) (effect.Result, Verdict, error) {
	if key, keyed := req.Key(); keyed {
		leave, err := c.keys.enter(tc, key)
		if err != nil {
			return effect.Result{}, Verdict{}, err
		}
		defer leave()
	}
	for range c.options.Attempts {
		result, verdict, err := c.decide(tc, req)
		if aura.KindOf(err) != aura.Stale {
			return result, verdict, err
		}
		if err := tc.Err(); err != nil {
			return effect.Result{}, Verdict{}, err
		}
	}
	return effect.Result{}, Verdict{}, aura.Errorf("chain.Decide", aura.Conflict,
		"the headroom of %q changed at each of %d attempts", req.Capability, c.options.Attempts)
}

// decide makes one attempt.
func (c *Chain) decide(tc task.Context, req *guard.Request) (effect.Result, Verdict, error) {
	if _, keyed := req.Key(); keyed && req.Authority == c.own { // others are refused below
		result, known, err := c.interpreter.Decided(tc, req)
		if err != nil {
			return effect.Result{}, Verdict{}, err
		}
		if known {
			return result, Verdict{Operation: req.Operation, Capability: req.Capability, Allowed: true, Repeated: true}, nil
		}
	}
	var s guard.Snapshot
	policy, err := c.prepare(tc, req, &s)
	if err != nil {
		return effect.Result{}, Verdict{}, err
	}
	if err := c.door.Acquire(tc); err != nil {
		return effect.Result{}, Verdict{}, err
	}
	inside := true
	leave := func() {
		if inside {
			inside = false
			c.door.Release()
		}
	}
	defer leave()

	c.budgets(req, &s, policy)
	out := new(guard.Outcome)
	guard.Evaluate(out, &s, req)
	verdict := verdictOf(&s, req, out)
	if !out.Allowed {
		leave()
		tc.Emit(world.GuardDenied(req.Capability, out.Denial.Stage, out.Denial.Reason, req.Operation))
		return effect.Result{}, verdict, out.Denial.Err()
	}

	d := &interp.Decision{Operation: req.Operation, Request: req, Commands: out.Commands, Seed: s.Seed, Placed: leave}
	undo := c.overlay.add(c.ledger, c.device, d)
	durable := false
	defer func() { undo(durable) }()
	result, err := c.interpreter.Execute(tc, d)
	if err != nil {
		return effect.Result{}, verdict, err
	}
	durable = true
	id := first(&result)
	tc.Emit(world.GuardAllowed(req.Capability, req.Operation, id))
	for _, w := range verdict.Waiting {
		tc.Emit(world.BudgetWaits("guard", req.Capability, w.Stage, w.Reason, id))
	}
	return result, verdict, nil
}

// LogChange is a change of a device-local log.
type LogChange = interp.LogChange

// EndSession forgets the keys of a session, durably, when the session has ended, in one batch with changes of logs. No decision about one of
// its messages may be in flight or follow: it would be charged again.
func (c *Chain) EndSession(tc task.Context, session aura.SessionID, with ...LogChange) error {
	return c.interpreter.EndSession(tc, session, with...)
}

// DryRun prepares a request and lets the guard evaluate it, and does nothing else. It returns the snapshot and the
// verdict that a decision now would have. Errors are those of preparing the snapshot.
func (c *Chain) DryRun(tc task.Context, req *guard.Request) (guard.Snapshot, Verdict, error) {
	var s guard.Snapshot
	if err := c.Prepare(tc, req, &s); err != nil {
		return s, Verdict{}, err
	}
	out := new(guard.Outcome)
	guard.Evaluate(out, &s, req)
	return s, verdictOf(&s, req, out), nil
}

// Prepare gathers the snapshot that a request is evaluated over: time, seed, capability frontier, needed
// metadata, and the headroom of its context as it will be when the decisions in flight are durable. It
// returns aura.Invalid for a request of another authority.
func (c *Chain) Prepare(tc task.Context, req *guard.Request, s *guard.Snapshot) error {
	policy, err := c.prepare(tc, req, s)
	if err == nil {
		c.budgets(req, s, policy)
	}
	return err
}

// prepare gathers the part of the snapshot that no decision in flight changes, before the door.
func (c *Chain) prepare(tc task.Context, req *guard.Request, s *guard.Snapshot) (guard.Policy, error) {
	const op = "chain.Prepare"
	*s = guard.Snapshot{Now: tc.Now()}
	if req.Authority != c.own {
		return guard.Policy{}, aura.Errorf(op, aura.Invalid, "request of another authority")
	}
	c.entropy.Read(s.Seed[:])
	var err error
	claim := frontier.Claim{Context: req.Context, Authority: req.Authority, Now: s.Now}
	if !req.For.IsZero() {
		claim.Authority, claim.Token = req.For, req.Token
	}
	if s.Caps, err = c.frontiers.Frontier(tc, claim); err != nil {
		return guard.Policy{}, err
	}
	for _, key := range req.Needs {
		value, err := c.ledger.Meta(key)
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
	return c.frontiers.Policy(tc, req.Context)
}

// budgets reads the headroom that the decisions in flight will leave.
func (c *Chain) budgets(req *guard.Request, s *guard.Snapshot, p guard.Policy) {
	if len(req.Sends) == 0 {
		return
	}
	l := c.overlay.over(c.ledger, c.device)
	s.Last = l.Count(fact.ContextNamespace(req.Context), c.device)
	s.Budgets = make([]guard.Headroom, 0, len(req.Sends))
	budget, limits := req.Budget(), p.For(req)
	for i := range req.Sends {
		peer := req.Sends[i].Peer
		charge := l.Charge(budget, peer)
		share := c.frontiers.Share(guard.ChargeBegan(limits, &charge, s.Now), s.Now.At)
		s.Budgets = append(s.Budgets, guard.HeadroomOf(limits, share, &charge, budget, peer, s.Now))
	}
	slices.SortFunc(s.Budgets, func(a, b guard.Headroom) int { return a.Peer.Compare(b.Peer) })
	var spent [fact.Observers]fact.Leak
	for o := 1; o < fact.Observers; o++ {
		spent[o] = l.Leak(req.Context, fact.Observer(o))
	}
	s.Leakage = guard.LeakViewOf(p, c.frontiers.Share(guard.LeaksBegan(p, &spent, s.Now), s.Now.At), &spent, s.Now)
}

package reconfig

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/domain"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/machine/own"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// Delegation is the protocol in which a session goes to another device.
const Delegation = "aura.session.delegation"

const (
	roleSource = choreo.Role("Source")
	roleTarget = choreo.Role("Target")
)

// Options are what a controller needs of its agent. All are required.
type Options struct {
	Own     aura.AuthorityID
	Device  aura.DeviceID
	Context aura.ContextID // in which the devices of the account meet
	// Sign signs with the Ed25519 key of the device.
	Sign    func([]byte) [64]byte
	Engine  *session.Engine
	Journal *journal.Journal
	Decider session.Decider
	Entropy world.Entropy
	// Vouch returns the Ed25519 key with which a device signs, false for one that its authority does not list.
	Vouch func(aura.AuthorityID, aura.DeviceID) ([32]byte, bool)
	// Meets reports whether this device knows a context and an authority in it. It must not wait.
	Meets func(aura.ContextID, aura.AuthorityID) bool
}

// listed returns the key of a device of the account.
func (o *Options) listed(d aura.DeviceID) ([32]byte, bool) { return o.Vouch(o.Own, d) }

// Controller moves sessions between the devices of an account.
type Controller struct {
	options  Options
	reconfig *session.Reconfig

	lock    task.Mutex // of the rest
	waiting map[aura.SessionID]*task.Future[struct{}]
}

// New returns the controller of an agent.
func New(o Options) *Controller {
	return &Controller{options: o, reconfig: session.NewReconfig(o.Engine), waiting: map[aura.SessionID]*task.Future[struct{}]{}}
}

// Play makes known the programs of the protocol, and that own devices may offer a session.
func (c *Controller) Play(r *session.Registry) error {
	return errors.Join(r.Play(Delegation, roleSource, c.source), r.Play(Delegation, roleTarget, c.target), r.Answer(Delegation, roleTarget, c.offered))
}

// patience is how long a session stands still for another device that does not answer.
const patience = time.Minute

// answers is how long a person waits for the outcome. The delegation lasts longer.
const answers = 3 * patience

// lasting is the budget of a delegation: the commit of the source is its message, which the target gets whenever the two meet.
const lasting = 100 * 365 * 24 * time.Hour

// Move gives a session to another device of the account, as a person's operation, and returns when that device acts on it. Until then
// the session stands still. When Move returns an error it goes on here, but for aura.Unavailable: then it was given away, and the other
// device has not said yet that it acts.
//
// It returns aura.NotFound for a session that is not here, aura.Stale for one that has ended and for a device that is not connected,
// aura.Conflict for one of which no recording is kept or that is with a stranger, aura.Denied for a device that is none of the account, a
// scope that is wider or a protocol that does not allow it, aura.Timeout when the device does not answer, and the reason of the device
// when it refuses.
func (c *Controller) Move(tc task.Context, operation aura.OperationID, r view.MoveIntent) error {
	g, err := c.plan(tc, aura.SessionID{}, &r)
	if err != nil {
		return err
	}
	if up, err := c.options.Engine.Meets(tc, c.options.Context, session.Party{Authority: c.options.Own, Device: r.To}); err != nil || !up {
		return errors.Join(err, aura.Errorf("reconfig.Move", aura.Stale, "device %s is not connected: start it, and try again when the two devices have met", aura.Short(r.To)))
	}
	argument, err := fact.Marshal(r)
	if err != nil {
		return err
	}
	var nonce [32]byte
	_, _ = c.options.Entropy.Read(nonce[:])
	generation := binary.BigEndian.AppendUint64(r.Session[:], uint64(len(g.moves)))
	name := (&view.Subject{State: sha256.Sum256(generation), Operation: sha256.Sum256(argument), Nonce: nonce}).Name()
	outcome := task.NewFuture[struct{}]()
	c.await(name, outcome)
	defer c.await(name, nil)
	err = c.options.Engine.Open(tc, session.Opening{
		Name: name, Protocol: Delegation, Role: roleSource, Context: c.options.Context, Persistent: true, Argument: argument, Operation: operation, Budget: lasting,
		Parties: []session.Party{{Role: roleTarget, Authority: c.options.Own, Device: r.To}},
	})
	if err != nil {
		return err
	}
	waits, done := tc.WithBudget("reconfig.Move", answers)
	defer done()
	if _, err = outcome.Await(waits); err != nil && waits.Err() != nil && tc.Err() == nil {
		err = aura.Errorf("reconfig.Move", aura.Unavailable, "session %s was given to device %s, which has not said within %v that it acts: it does when both devices meet",
			aura.Short(r.Session), aura.Short(r.To), answers)
	}
	return err
}

func (c *Controller) await(ceremony aura.SessionID, outcome *task.Future[struct{}]) {
	c.lock.Lock()
	defer c.lock.Unlock()
	if outcome == nil {
		delete(c.waiting, ceremony)
		return
	}
	c.waiting[ceremony] = outcome
}

// report gives the outcome of a delegation to the caller that waits for it.
func (c *Controller) report(ceremony aura.SessionID, err error) {
	c.lock.Lock()
	defer c.lock.Unlock()
	if outcome := c.waiting[ceremony]; outcome != nil {
		outcome.Resolve(struct{}{}, err)
	}
}

// given is a delegation that may begin.
type given struct {
	owner    *session.Owner
	opening  session.Opening
	rule     view.Rule
	handover session.Handover
	moves    []view.Move
}

// plan shows that a delegation may begin, before anything stands still: that the session is owned here, the rule of its protocol, its
// scope, and the other device. By is the delegation, zero before it has begun.
func (c *Controller) plan(tc task.Context, by aura.SessionID, r *view.MoveIntent) (g given, err error) {
	const op = "reconfig.Move"
	o := &c.options
	if r.To == o.Device {
		return g, aura.Errorf(op, aura.Invalid, "session %s is on this device: name another one", aura.Short(r.Session))
	}
	defer func() {
		if err != nil && tc.Err() == nil {
			o.Engine.Emit(tc, r.Session, world.DelegationRejected(r.Session, "", session.OwnerOf(o.Device), session.OwnerOf(r.To), err))
		}
	}()
	if _, listed := o.Vouch(o.Own, r.To); !listed {
		return g, aura.Errorf(op, aura.Denied, "device %s is none of this account: see the list of its devices", aura.Short(r.To))
	}
	if g.owner, err = o.Engine.Owner(tc, r.Session); err != nil {
		if _, ended, looked := o.Engine.Lives(tc, r.Session); ended && looked == nil {
			err = aura.Errorf(op, aura.Stale, "session %s has ended, so nothing can move", aura.Short(r.Session))
		}
		return g, err
	}
	g.opening = g.owner.Opening()
	if view.Stays(g.opening.Protocol) {
		return g, aura.Errorf(op, aura.Denied, "session %s of protocol %s belongs to this device and stays here", aura.Short(r.Session), g.opening.Protocol)
	}
	p, err := c.reconfig.Protocol(g.opening.Protocol, g.opening.Version, g.opening.Sizes, g.opening.Role)
	if err != nil {
		return g, err
	}
	if g.moves, err = g.owner.Moves(tc); err != nil {
		return g, err
	}
	m, f := p.Delegable(g.opening.Role)
	if g.rule, err = RuleOf(&m, g.opening.Role, f); err != nil {
		return g, err
	}
	if err := c.mayUpgrade(tc, by, r.Upgrade, g.opening.Protocol); err != nil {
		return g, err
	}
	scope, err := extent(&g.rule, g.owner.Scope(), r, f)
	g.handover = session.Handover{From: o.Device, To: r.To, Scope: scope, Attenuate: r.Extent == view.ExtentAttenuated, Sign: o.Sign}
	return g, err
}

// extent returns the scope that moves, as a request states it under the rule of the protocol.
func extent(rule *view.Rule, has own.Scope, r *view.MoveIntent, fragment string) (own.Scope, error) {
	const op = "reconfig.Move"
	switch {
	case r.Extent == view.ExtentAttenuated:
		return narrow(rule, has, r.Fragments, fragment)
	case r.Extent != view.ExtentIntact:
		return own.Scope{}, aura.Errorf(op, aura.Denied, "the request does not say whether the scope of session %s moves intact or attenuated", aura.Short(r.Session))
	case len(r.Fragments) > 0:
		return own.Scope{}, aura.Errorf(op, aura.Denied, "the request names fragments and says that the scope moves intact: state one of both")
	}
	return has, nil
}

// narrow returns the scope of a request that states to attenuate.
func narrow(rule *view.Rule, has own.Scope, fragments []string, fragment string) (own.Scope, error) {
	const op = "reconfig.Move"
	to := own.Fragments(fragments...)
	switch {
	case rule.Bundle == "":
		return to, aura.Errorf(op, aura.Denied, "the protocol links no bundles, so its scope moves intact: there is nothing narrower")
	case to.Empty() || to.Equal(has) || !to.Within(has):
		return to, aura.Errorf(op, aura.Denied, "the scope %s does not narrow %s", to, has)
	case !to.Covers(fragment):
		return to, aura.Errorf(op, aura.Denied, "the scope %s does not reach the fragment %s of the role", to, fragment)
	}
	return to, nil
}

// bundlePrefix begins the fragment of a bundle.
const bundlePrefix = "bundle:"

// caller is on whose behalf the facts of a delegation are made.
func (c *Controller) caller(tc task.Context, operation aura.OperationID) domain.Caller {
	return domain.Caller{Authority: c.options.Own, Device: c.options.Device, Operation: operation, Now: tc.Now()}
}

// send sends a message, tries again what time may mend, and returns the bytes of the payload.
func (c *Controller) send(tc task.Context, p *session.Port, to choreo.Role, label string, payload any, plan session.Plan) (b []byte, err error) {
	if payload != nil {
		if b, err = fact.Marshal(payload); err != nil {
			return nil, err
		}
	}
	return b, c.insist(tc, func(tc task.Context) error {
		if plan != nil {
			p.With(plan)
		}
		return p.Send(tc, to, label, b)
	})
}

// repeat sends a message whose decision is durable, and of which the session does not know.
func (c *Controller) repeat(tc task.Context, p *session.Port, to choreo.Role, label string, payload any) error {
	return c.persist(tc, func(tc task.Context) error {
		_, err := c.send(tc, p, to, label, payload, nil)
		return err
	})
}

// The pauses between attempts at a step: a guard or a disk that is in the way is soon out of it, or not for minutes.
const (
	againBase = 500 * time.Millisecond
	againMost = time.Minute
)

func again() task.Backoff {
	return task.Backoff{Base: againBase, Max: againMost, Factor: 2, Jitter: 0.3}
}

// persist tries again whatever fails, a panic too, until the session is over: behind the commit of the source, an end of the delegation would
// leave the session that moves without an owner.
func (c *Controller) persist(tc task.Context, do func(task.Context) error) error {
	return task.Retry(tc, again(), c.options.Entropy, func(err error) bool {
		tc.Emit(world.ServiceTroubled(c.options.Engine.Name(), "a step behind the commit of a delegation tried again", "", err))
		return aura.KindOf(err) != aura.Stale
	}, func(tc task.Context) (err error) {
		if broken := task.Contain(func() { err = do(tc) }); broken != nil {
			err = broken
		}
		return err
	})
}

// insist tries again while the guard or the disk is in the way: a budget begins anew, and a disk may recover.
func (c *Controller) insist(tc task.Context, do func(task.Context) error) error {
	return task.Retry(tc, again(), c.options.Entropy, func(err error) bool {
		_, guarded := errors.AsType[*guard.Denial](err)
		switch kind := aura.KindOf(err); {
		case kind == aura.Denied && guarded, kind == aura.Unavailable, kind == aura.Exhausted:
			tc.Emit(world.ServiceTroubled(c.options.Engine.Name(), "a step of a delegation tried again", "", err))
			return true
		}
		return false
	}, do)
}

// metas returns changes as a request of the guard carries them: entries that are appended to logs, logs that go, and metadata.
func metas(changes *journal.Entry) (all []guard.Meta) {
	for _, kv := range changes.Meta {
		all = append(all, guard.Meta{Key: kv.Key, Value: kv.Value})
	}
	for _, change := range changes.Logs {
		if change.Remove {
			all = append(all, guard.Meta{Key: change.Name, Log: true})
		}
		for _, v := range change.Values {
			all = append(all, guard.Meta{Key: change.Name, Value: v, Log: true})
		}
	}
	return all
}

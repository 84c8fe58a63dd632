package ceremony

import (
	"errors"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/domain"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// Options are what ceremonies need of their agent. All but the last three are required.
type Options struct {
	Own    aura.AuthorityID
	Device aura.DeviceID
	// Sign signs with the Ed25519 key of the device.
	Sign    func([]byte) [64]byte
	Engine  *session.Engine
	Journal *journal.Journal
	Decider session.Decider
	Entropy world.Entropy
	// Epoch returns the epoch of a context.
	Epoch func(task.Context, aura.ContextID) aura.Epoch
	// Knows returns aura.Denied unless a device is one of its authority's, and may be spoken with in a context.
	Knows func(tc task.Context, context aura.ContextID, p view.Part) error
	// Members returns the other members of a context: those who may have coordinated its sessions.
	Members func(tc task.Context, context aura.ContextID) []aura.AuthorityID
	// Takes returns why the owner does not take part in a session to which a peer invites; nil: it does. Default: the owner takes part in none.
	Takes func(tc task.Context, from session.Party, i *view.Invite) error
	// Judges returns why the owner does not sign an operation; nil: it does. Default: the owner signs none.
	Judges func(tc task.Context, o *Operation) error
	// Patience is how long this device, where it coordinates, waits for the answers of a round. Then the session expires and holds no participant
	// any more. It bounds no round behind a decision that some may have heard of already: that has the session's budget alone. Default: 7 days.
	Patience aura.Duration
}

const defaultPatience = 7 * 24 * time.Hour

// Ceremonies plays the roles of an agent in sessions of several participants.
type Ceremonies struct {
	options Options
	changes *session.Reconfig // of the versions of protocols
	votes   *task.Semaphore   // one vote at a time: each sees those before it
}

// New returns the ceremonies of an agent.
func New(o Options) *Ceremonies {
	if o.Patience <= 0 {
		o.Patience = defaultPatience
	}
	return &Ceremonies{options: o, changes: session.NewReconfig(o.Engine), votes: task.NewSemaphore(1)}
}

// Play makes known the programs of those protocols that the registry has, and that peers begin coordinations alone: each other
// session begins by the coordination that has made it.
func (c *Ceremonies) Play(r *session.Registry) error {
	for _, p := range []struct {
		protocol string
		role     choreo.Role
		program  session.Program
		admit    session.Admit
	}{
		{Coordination, roleCoordinator, c.coordinate, c.Continue}, {Coordination, familyParticipant, c.participate, c.Invited},
		{Consensus, roleCoordinator, c.collect, c.Continue}, {Consensus, familyWitness, c.witness, c.Continue},
		{Upgrade, roleCoordinator, c.upgrade, c.Continue}, {Upgrade, familyDevice, c.change, c.Continue},
	} {
		if len(r.Versions(p.protocol)) == 0 {
			continue
		}
		if err := errors.Join(r.Play(p.protocol, p.role, p.program), r.Answer(p.protocol, p.role, p.admit)); err != nil {
			return err
		}
	}
	return nil
}

// The role that begins each of the ceremonies.
const roleCoordinator = choreo.Role("Coordinator")

func (c *Ceremonies) caller(tc task.Context) domain.Caller {
	return domain.Caller{Authority: c.options.Own, Device: c.options.Device, Now: tc.Now()}
}

// send sends a message, and tries again while the guard or the disk is in the way: a budget begins anew, and a disk may recover.
func (c *Ceremonies) send(tc task.Context, p *session.Port, to choreo.Role, label string, payload any, plan session.Plan) error {
	b, err := encode(payload)
	if err != nil {
		return err
	}
	return c.insist(tc, func(tc task.Context) error {
		if plan != nil {
			p.With(plan)
		}
		return p.Send(tc, to, label, b)
	})
}

// round takes one message of each role, in their order. The session expires when one of them does not come in time.
func (c *Ceremonies) round(tc task.Context, p *session.Port, from []choreo.Role, take func(k int, payload []byte)) error {
	var done func()
	err := c.insist(tc, func(tc task.Context) (err error) {
		done, err = p.Within(tc, c.options.Patience)
		return err
	})
	if err != nil {
		return err
	}
	defer done()
	for k, role := range from {
		_, b, err := p.Receive(tc, role)
		if err != nil {
			return err
		}
		take(k, b)
	}
	return nil
}

// members returns the first n members of a family of roles.
func members(family choreo.Role, n int) []choreo.Role {
	all := make([]choreo.Role, n)
	for k := range all {
		all[k] = choreo.Member(string(family), k)
	}
	return all
}

// insist tries again what time may mend.
func (c *Ceremonies) insist(tc task.Context, do func(task.Context) error) error {
	const base, most = 500 * time.Millisecond, 10 * time.Minute
	return task.Retry(tc, task.Backoff{Base: base, Max: most, Factor: 2, Jitter: 0.3}, c.options.Entropy, func(err error) bool {
		_, guarded := errors.AsType[*guard.Denial](err)
		switch kind := aura.KindOf(err); {
		case kind == aura.Denied && guarded, kind == aura.Unavailable, kind == aura.Exhausted, kind == aura.Timeout:
			tc.Emit(world.ServiceTroubled(c.options.Engine.Name(), "a step of a ceremony tried again", "", err))
			return true
		}
		return false
	}, do)
}

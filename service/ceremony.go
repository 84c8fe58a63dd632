package service

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/directory"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
)

// Ceremonies plays the protocols that modules bring: it asks the pure play of a role for its next move, carries that out in the
// session, and asks again.
type Ceremonies struct {
	env    *Env
	engine *session.Engine

	lock  task.Mutex
	begun map[aura.SessionID]*task.Future[struct{}]    // of operations that wait for their first message
	of    map[aura.AuthorityID]map[aura.SessionID]bool // the sessions that each peer began and that live
}

// maxOfPeer is how many sessions of modules that one peer began live at once. A person starts ceremonies one by one, and the engine's
// room is for all peers.
const maxOfPeer = 64

// withdrawBudget bounds the end of a session whose operation was given up before it had begun.
const withdrawBudget = 5 * time.Second

// NewCeremonies returns what plays protocols in the sessions of an engine.
func NewCeremonies(e *Env, engine *session.Engine) *Ceremonies {
	return &Ceremonies{env: e, engine: engine, begun: map[aura.SessionID]*task.Future[struct{}]{}, of: map[aura.AuthorityID]map[aura.SessionID]bool{}}
}

// playedRole is a role of a protocol that a module plays.
type playedRole struct {
	module   *domain.Module
	protocol *domain.Protocol
	role     string
	play     domain.Play
	versions [][32]byte // of the protocol, in the order of Text and Earlier
}

// earlier returns which of the texts of the protocol a version is, see [domain.Talk].
func (d *playedRole) earlier(version [32]byte) int { return max(slices.Index(d.versions, version), 0) }

// Play names the plays of all modules as the programs of their roles.
func (c *Ceremonies) Play(r *session.Registry) error {
	modules := c.env.Modules.Modules()
	for i := range modules {
		m := &modules[i]
		for j := range m.Protocols {
			p := &m.Protocols[j]
			versions := r.Versions(p.ID(m))
			for _, role := range slices.Sorted(maps.Keys(p.Roles)) {
				d := playedRole{module: m, protocol: p, role: role, play: p.Roles[role], versions: versions}
				if err := r.Play(p.ID(m), choreo.Role(role), c.program(&d)); err != nil {
					return err
				}
				if err := r.Concludes(p.ID(m), choreo.Role(role), c.conclude(&d)); err != nil {
					return err
				}
				if err := r.Answer(p.ID(m), choreo.Role(role), c.admit(&d)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// nameOfCeremony returns the name of the session in which a ceremony is carried out: of what it begins from, its operation and
// nothing else, so that one operation opens one session.
func nameOfCeremony(protocol string, op aura.OperationID, b *domain.Ceremony) aura.SessionID {
	h := sha256.New()
	h.Write([]byte("aura ceremony session v1\x00"))
	for _, part := range [][]byte{[]byte(protocol), []byte(b.Role), b.Context[:], op[:], b.Start} {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(part))))
		h.Write(part)
	}
	return aura.SessionID(h.Sum(nil))
}

// Begin opens the session of an operation, and returns when the operation has begun: its first message and the facts of that are
// durable. The errors are those of [session.Engine.Open], and why the role sent no message.
func (c *Ceremonies) Begin(tc task.Context, m *domain.Module, o *domain.Operation, op aura.OperationID, b *domain.Ceremony) error {
	p, has := m.Protocol(o)
	if !has || !p.Runs() {
		return aura.Errorf("service.Begin", aura.Invalid, "operation %s: module %s plays no protocol %q", o.Name, m.Name, o.Protocol)
	}
	opening := session.Opening{
		Name: nameOfCeremony(p.ID(m), op, b), Protocol: p.ID(m), Role: choreo.Role(b.Role), Context: b.Context, Persistent: true,
		Operation: op, Argument: b.Start, Budget: b.Within,
	}
	for _, other := range b.Others {
		opening.Parties = append(opening.Parties, session.Party{Role: choreo.Role(other.Role), Authority: other.Authority})
	}
	begun := task.NewFuture[struct{}]()
	c.lock.Lock()
	c.begun[opening.Name] = begun
	c.lock.Unlock()
	defer func() {
		c.lock.Lock()
		delete(c.begun, opening.Name)
		c.lock.Unlock()
	}()
	if err := c.engine.Open(tc, opening); err != nil {
		return err
	}
	_, err := begun.Await(tc)
	if err != nil && tc.Err() != nil {
		tc, done := tc.Grace("withdraw", withdrawBudget)
		defer done()
		err = errors.Join(err, c.engine.End(tc, opening.Name))
	}
	return err
}

// tellBegun tells the operation that waits for it that its session has begun, or why not.
func (c *Ceremonies) tellBegun(name aura.SessionID, err error) {
	c.lock.Lock()
	begun := c.begun[name]
	c.lock.Unlock()
	if begun != nil {
		begun.Resolve(struct{}{}, err)
	}
}

// program returns the program of a role that has a play.
func (c *Ceremonies) program(d *playedRole) session.Program {
	return func(tc task.Context, port *session.Port) error {
		o := port.Session()
		r := newPlayer(c.env, d, &o, port)
		r.commit = port.Conclude
		defer r.close()
		defer c.enter(o)()
		err := r.play(tc, func(err error) { c.tellBegun(r.talk.Session, err) })
		if err == nil || tc.Err() != nil {
			return err // of an agent that stops: it goes on at the next start
		}
		if len(r.talk.Said) == 0 && r.talk.Saved == nil {
			return err // it may begin again, and a peer that only greets leaves no fact
		}
		return errors.Join(err, r.end(tc, aura.Reason(err)))
	}
}

// conclude returns what lets the play of a role say what the end of a session means that its program was not told.
func (c *Ceremonies) conclude(d *playedRole) session.Concluder {
	return func(tc task.Context, o session.Opening, end session.End, commit func(task.Context, session.Plan) error) error {
		r := newPlayer(c.env, d, &o, nil)
		r.commit = commit
		defer r.close()
		return r.end(tc, end.String())
	}
}

// enter counts a session that a peer began, until the function that it returns is called.
func (c *Ceremonies) enter(o session.Opening) (leave func()) {
	if !o.Operation.IsZero() || len(o.Parties) == 0 {
		return func() {}
	}
	peer := o.Parties[0].Authority
	c.lock.Lock()
	defer c.lock.Unlock()
	if c.of[peer] == nil {
		c.of[peer] = map[aura.SessionID]bool{}
	}
	c.of[peer][o.Name] = true
	return func() {
		c.lock.Lock()
		defer c.lock.Unlock()
		if delete(c.of[peer], o.Name); len(c.of[peer]) == 0 {
			delete(c.of, peer)
		}
	}
}

// admit returns who may begin sessions of a module's protocol towards a role: a contact or a member of the context, whom the module
// does not refuse.
func (c *Ceremonies) admit(d *playedRole) session.Admit {
	const op = "service.admit"
	p, role := d.protocol, d.role
	return func(tc task.Context, from session.Party, context aura.ContextID, g *session.Greeting) (session.Opening, error) {
		if !c.env.knows(from.Authority, context) {
			return session.Opening{}, aura.Errorf(op, aura.Denied, "%s is no contact or member of the context", aura.Short(from.Authority))
		}
		c.lock.Lock()
		full := len(c.of[from.Authority]) >= maxOfPeer && !c.of[from.Authority][g.Session]
		c.lock.Unlock()
		if full {
			return session.Opening{}, aura.Errorf(op, aura.Exhausted, "%s has %d sessions here: end one of them", aura.Short(from.Authority), maxOfPeer)
		}
		talk := domain.Talk{
			Session: g.Session, Role: role, Context: context, Earlier: d.earlier(g.Version), Others: []domain.Participant{{Role: string(from.Role), Authority: from.Authority}},
		}
		if p.Admit != nil {
			s := c.env.snapshot(tc, aura.OperationID(g.Session), false)
			if err := c.env.pure(s, func() error { return p.Admit(s, &talk) }); err != nil {
				return session.Opening{}, err
			}
		}
		return session.Opening{
			Name: g.Session, Protocol: g.Protocol, Role: choreo.Role(role), Context: context, Parties: []session.Party{from}, Persistent: true,
		}, nil
	}
}

// knows reports whether an authority is a contact or a member of a context, and neither of both has left it.
func (e *Env) knows(who aura.AuthorityID, context aura.ContextID) bool {
	return slices.ContainsFunc(e.Directory.Peers(), func(p directory.Peer) bool {
		return p.Authority == who && p.Context == context && !p.Refused && !p.Left && !p.Leaving && !p.Own
	})
}

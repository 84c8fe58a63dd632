package service

import (
	"errors"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// player is a role that is played in one session.
type player struct {
	env     *Env
	module  *domain.Module
	asked   domain.Play
	port    *session.Port
	talk    domain.Talk
	by      aura.OperationID
	failed  string     // see [domain.Move]
	changed *task.Wake // facts of the module, or about people
}

func newPlayer(e *Env, m *domain.Module, play domain.Play, port *session.Port) *player {
	o := port.Session()
	r := &player{
		env: e, module: m, asked: play, port: port, by: o.Operation, changed: task.NewWake(),
		talk: domain.Talk{Session: o.Name, Role: string(o.Role), Context: o.Context, Start: o.Argument},
	}
	if r.by.IsZero() { // a peer began it
		r.by = aura.OperationID(o.Name)
	}
	for _, p := range o.Parties {
		r.talk.Others = append(r.talk.Others, domain.Participant{Role: string(p.Role), Authority: p.Authority})
	}
	e.Directory.OnChange(m.Name, r.changed)
	return r
}

func (r *player) close() { r.env.Directory.Forget(r.changed) }

// play plays the role to its end, which is reached when the peers have its last message. It calls told with nil when the first message of the
// session is durable, or with why there is none. Further calls change nothing.
func (r *player) play(tc task.Context, told func(error)) error {
	over, err := r.repeat(tc)
	for !over && err == nil {
		over, err = r.move(tc)
		if len(r.talk.Said) > 0 || r.talk.Saved != nil || over || err != nil {
			told(err)
		}
	}
	if err == nil {
		err = r.port.Delivered(tc)
	}
	if err == nil && r.failed != "" {
		err = aura.Errorf("service.Ceremonies", aura.Denied, "%s", r.failed)
	}
	return err
}

// repeat takes over the messages from before a restart.
func (r *player) repeat(tc task.Context) (over bool, err error) {
	r.talk.Saved, _ = r.port.Saved()
	all, over, err := r.port.Repeat(tc)
	for _, s := range all {
		from := string(s.Other)
		if s.Sent {
			from = r.talk.Role
		}
		r.talk.Said = append(r.talk.Said, domain.Said{From: from, Label: s.Label, Payload: s.Payload})
	}
	return over, err
}

// ask asks the play for the next move.
func (r *player) ask(tc task.Context) (move domain.Move, err error) {
	s := r.env.snapshot(tc, r.by, true)
	talk := r.talk
	err = r.env.pure(s, func() (err error) {
		move, err = r.asked(s, &talk)
		return err
	})
	return move, err
}

// move carries the next move out. It is over when that was the last one.
func (r *player) move(tc task.Context) (over bool, err error) {
	m, err := r.ask(tc)
	switch {
	case err != nil:
		return false, err
	case m.Label != "":
		return false, r.send(tc, &m)
	case m.From != "":
		label, payload, err := r.port.Receive(tc, choreo.Role(m.From))
		if err == nil {
			r.talk.Said = append(r.talk.Said, domain.Said{From: m.From, Label: label, Payload: payload})
		}
		return false, err
	case m.Facts:
		return false, r.await(tc)
	case m.Save != nil:
		return false, r.save(tc, m.Save)
	}
	return true, r.finish(tc, &m)
}

// send sends a message. After a denial of the guard the play is asked again a while later, because budgets begin anew. The session ends instead
// when the move says so, or when nothing was said yet.
func (r *player) send(tc task.Context, m *domain.Move) error {
	_, err := unmoved(tc, func() (struct{}, error) {
		r.port.With(func(task.Context) (guard.Request, error) {
			return guard.Request{Operation: r.by, Entries: m.Request.Entries, Metadata: m.Request.Metadata, Marks: m.Request.Marks}, nil
		})
		return struct{}{}, r.port.Send(tc, choreo.Role(m.To), m.Label, m.Payload)
	})
	if err == nil {
		r.talk.Said = append(r.talk.Said, domain.Said{From: r.talk.Role, Label: m.Label, Payload: m.Payload})
		return nil
	}
	if _, denied := errors.AsType[*guard.Denial](err); !denied || m.Once || len(r.talk.Said) == 0 && r.talk.Saved == nil {
		return err // the person who asked for the operation is told, and may try again
	}
	tc.Emit(world.ServiceTroubled(r.module.Name, "a message of a session denied", "", err))
	_, err = r.changed.WaitUntil(tc, tc.Elapsed()+duePause)
	return err
}

// save takes a state of the play in the place of the messages so far.
func (r *player) save(tc task.Context, state []byte) error {
	if len(r.talk.Said) == 0 && r.talk.Saved != nil {
		return aura.Errorf("service.Ceremonies", aura.Invalid, "a play of module %s saves twice, and nothing was said in between", r.module.Name)
	}
	err := r.port.Save(tc, state)
	if err == nil {
		r.talk.Saved, r.talk.Said = state, nil
	}
	return err
}

// await waits for facts, for a while at most: some of what a play decides follows from the clock.
func (r *player) await(tc task.Context) error {
	over, err := r.port.Over(tc)
	if err != nil {
		return err
	}
	if over {
		return aura.Errorf("service.Ceremonies", aura.Stale, "session %s has ended", aura.Short(r.talk.Session))
	}
	_, err = r.changed.WaitUntil(tc, tc.Elapsed()+duePause)
	return err
}

// finish commits what the last move says.
func (r *player) finish(tc task.Context, m *domain.Move) error {
	r.failed = m.Failed
	return r.port.Conclude(tc, func(task.Context) (guard.Request, error) { return m.Request, nil })
}

// end lets the play say what an end means that is not its own.
func (r *player) end(tc task.Context, why error) error {
	r.talk.Ended = aura.Reason(why)
	m, err := r.ask(tc)
	if err != nil || m.Label != "" || m.From != "" || m.Facts || m.Save != nil {
		return err
	}
	return r.finish(tc, &m)
}

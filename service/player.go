package service

import (
	"errors"
	"slices"

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
	port    *session.Port                          // nil in a session that has ended
	commit  func(task.Context, session.Plan) error // what the last move says
	talk    domain.Talk
	by      aura.OperationID
	failed  string       // see [domain.Move]
	changed *task.Wake   // facts of the module, or about people
	pause   task.Backoff // after failures of the disk
}

func newPlayer(e *Env, d *playedRole, o *session.Opening, port *session.Port) *player {
	r := &player{
		env: e, module: d.module, asked: d.play, port: port, by: o.Operation, changed: task.NewWake(), pause: repairPause(),
		talk: domain.Talk{Session: o.Name, Role: string(o.Role), Context: o.Context, Earlier: d.earlier(o.Version), Start: o.Argument},
	}
	if r.by.IsZero() { // a peer began it
		r.by = aura.OperationID(o.Name)
	}
	for _, p := range o.Parties {
		r.talk.Others = append(r.talk.Others, domain.Participant{Role: string(p.Role), Authority: p.Authority})
	}
	e.Directory.OnChange(d.module.Name, r.changed)
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

// send sends a message. After a denial of the guard the play is asked again a while later, because budgets begin anew, unless the move says
// that the session ends. It is asked again after a failure of the disk, too. When nothing was said yet the session ends.
func (r *player) send(tc task.Context, m *domain.Move) error {
	_, err := unmoved(tc, func() (struct{}, error) {
		r.port.With(func(task.Context) (guard.Request, error) {
			return guard.Request{Operation: r.by, Entries: m.Request.Entries, Metadata: m.Request.Metadata, Marks: m.Request.Marks}, nil
		})
		return struct{}{}, r.port.Send(tc, choreo.Role(m.To), m.Label, m.Payload)
	})
	if err == nil {
		r.talk.Said = append(r.talk.Said, domain.Said{From: r.talk.Role, Label: m.Label, Payload: m.Payload})
		r.pause.Reset()
		return nil
	}
	_, denied := errors.AsType[*guard.Denial](err)
	failed := aura.KindOf(err) == aura.Unavailable
	switch {
	case len(r.talk.Said) == 0 && r.talk.Saved == nil:
		return err // the person who asked for the operation is told, and may try again
	case failed:
		r.troubled(tc, err)
		return tc.Sleep(r.pause.Next(r.env.Entropy))
	case denied && !m.Once:
		tc.Emit(world.ServiceTroubled(r.module.Name, "a message of a session denied", "", err))
		_, err = r.changed.WaitUntil(tc, tc.Elapsed()+duePause)
	}
	return err
}

// awaitDisk tries again while the disk does not answer, or has no space when a commit needs some.
func (r *player) awaitDisk(tc task.Context, do func(task.Context) error, failures ...aura.Kind) error {
	return task.Retry(tc, repairPause(), r.env.Entropy, func(err error) bool {
		if !slices.Contains(failures, aura.KindOf(err)) {
			return false
		}
		r.troubled(tc, err)
		return true
	}, do)
}

func (r *player) troubled(tc task.Context, err error) {
	tc.Emit(world.ServiceTroubled(r.module.Name, "a step of a session tried again", "", err))
}

// save takes a state of the play in the place of the messages so far.
func (r *player) save(tc task.Context, state []byte) error {
	if len(r.talk.Said) == 0 && r.talk.Saved != nil {
		return aura.Errorf("service.Ceremonies", aura.Invalid, "a play of module %s saves twice, and nothing was said in between", r.module.Name)
	}
	err := r.awaitDisk(tc, func(tc task.Context) error { return r.port.Save(tc, state) }, aura.Unavailable)
	if err == nil {
		r.talk.Saved, r.talk.Said = state, nil
	}
	return err
}

// await waits for facts, for a while at most: some of what a play decides follows from the clock.
func (r *player) await(tc task.Context) error {
	if err := r.port.Over(tc, r.changed); err != nil {
		return err
	}
	_, err := r.changed.WaitUntil(tc, tc.Elapsed()+duePause)
	return err
}

// finish commits what the last move says.
func (r *player) finish(tc task.Context, m *domain.Move) error {
	r.failed = m.Failed
	return r.awaitDisk(tc, func(tc task.Context) error {
		return r.commit(tc, func(task.Context) (guard.Request, error) { return m.Request, nil })
	}, aura.Unavailable, aura.Exhausted)
}

// end lets the play say what an end means that is not its own.
func (r *player) end(tc task.Context, why string) error {
	r.talk.Ended = why
	m, err := r.ask(tc)
	if err != nil || m.Label != "" || m.From != "" || m.Facts || m.Save != nil {
		return err
	}
	return r.finish(tc, &m)
}

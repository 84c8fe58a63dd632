package service

import (
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/directory"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

const (
	// maintenancePause is the time between two rounds.
	maintenancePause = time.Minute
	// overduePause is the time between two looks for messages without an acknowledgement, and for records of
	// deliveries that may go: they are kept for months.
	overduePause = time.Hour
)

// Maintenance ends what has run out, keeps the checkpoints of the agent's folds, and collects what nothing
// needs any more. Domains say what has expired; this service says when it looks.
type Maintenance struct {
	env       *Env
	invite    *Invite
	standing  *standing
	forgotten map[invite.ID]bool // collectable, and the metadata keeps nothing of them; only Serve uses it
	settled   map[invite.ID]bool // ended, and without ledger entries; only Serve uses it
}

// NewMaintenance returns the service.
func NewMaintenance(e *Env, i *Invite) *Maintenance {
	return &Maintenance{env: e, invite: i, standing: newStanding(e), forgotten: map[invite.ID]bool{}, settled: map[invite.ID]bool{}}
}

// Name implements [task.Service].
func (s *Maintenance) Name() string { return "maintenance" }

// Declaration implements [task.Service].
func (s *Maintenance) Declaration() task.Declaration {
	return task.Declaration{
		Category: task.CategoryActorOwned,
		Owns: append(task.Locked("service.Operations", "service.standing", "service.Ceremonies"),
			task.Owned{Type: "service.Maintenance", By: task.ExclusionLoop}),
		Events: []world.Family{world.FamilyHealth},
	}
}

// Start implements [task.Service].
func (s *Maintenance) Start(task.Context) error { return nil }

// Serve implements [task.Service].
func (s *Maintenance) Serve(tc task.Context) error {
	tc.Group().Go("maintenance.settle", func(tc task.Context) error {
		return s.env.Operations.settle(tc, s.env.Entropy)
	})
	tc.Group().Go("maintenance.standing", s.standing.keep)
	overdue := aura.Duration(0)
	s.forget(tc)
	for {
		s.expire(tc)
		s.keep(tc)
		if now := tc.Elapsed(); now >= overdue {
			s.giveUp(tc)
			s.collect(tc)
			s.settle(tc)
			overdue = now + overduePause
		}
		if err := tc.Sleep(maintenancePause); err != nil {
			return err
		}
	}
}

// Close implements [task.Service].
func (s *Maintenance) Close(task.Context) error { return nil }

// expire forgets invitations whose time has passed and that cannot be answered any more. The next round tries again what
// fails now.
func (s *Maintenance) expire(tc task.Context) {
	var collectable []invite.ID
	now := tc.Now()
	s.env.Directory.Read(func(p *directory.State) { collectable = p.Invites.Collectable(s.env.Ring.Device(), now) })
	for _, id := range collectable {
		if s.forgotten[id] {
			continue
		}
		code, err := s.env.Journal.Meta(invite.CodeKey(id))
		switch {
		case err == nil && code == nil:
			s.forgotten[id] = true
		case err == nil:
			s.change(tc, func(_ *directory.State, by domain.Caller) (guard.Request, error) { return invite.Forget(by, id), nil })
		}
	}
}

func (s *Maintenance) change(tc task.Context, handler func(*directory.State, domain.Caller) (guard.Request, error)) {
	if err := s.invite.change(tc, handler, aura.OperationID{}); err != nil {
		tc.Emit(world.ServiceTroubled(s.Name(), "change not made", "", err))
	}
}

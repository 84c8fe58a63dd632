package agent

import (
	"github.com/aura-runtime/aura/reactive"
	"github.com/aura-runtime/aura/replica"
	"github.com/aura-runtime/aura/service"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
)

// services is the registry of an agent's services. [New] fills it.
type services struct {
	storage     *storage
	views       *reactive.Scheduler
	pump        *pump
	channels    *channels
	sessions    *session.Engine
	invites     *service.Invite
	modules     []*service.Module // but for that of invitations
	maintenance *service.Maintenance
	siblings    *service.Siblings
	replicator  *replica.Replicator
	doors       []task.Service
}

// supervise gives every service a group below its owner, and returns them in start order. The owners are groups below
// g: storage, views, network, sessions, intents and doors.
func (s *services) supervise(g *task.Group) tree {
	views, network, intents := g.Child("views"), g.Child("network"), g.Child("intents")
	t := tree{pipeline: task.Supervise(views, s.views)}
	t.add(g.Child("storage"), s.storage)
	t.add(views, s.pump)
	t.add(network, s.channels)
	t.add(g.Child("sessions"), s.sessions)
	t.add(intents, s.invites)
	for _, m := range s.modules {
		t.add(intents, m)
	}
	t.add(intents, s.maintenance)
	t.add(intents, s.siblings)
	t.add(network, s.replicator)
	t.add(g.Child("doors"), s.doors...)
	return t
}

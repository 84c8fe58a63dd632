package service

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/task"
)

// exchange is the accepter's side of an invitation: all that an attempt needs, resolved once, when the owner
// accepts or when the agent starts, and carried through every attempt to the end.
type exchange struct {
	id        invite.ID
	operation aura.OperationID
	code      invite.Code
	said      []byte       // this side's Hello as it is sent
	hello     invite.Hello // the same
	seed      [64]byte     // of the encapsulation key in it
}

// resume resolves an invitation that this side has accepted. It returns aura.Corrupt when its metadata is
// not whole: nothing repairs that.
func (s *Invite) resume(id invite.ID, op aura.OperationID) (*exchange, error) {
	x := &exchange{id: id, operation: op}
	var err error
	if x.code, err = s.code(id); err != nil {
		return nil, err
	}
	if x.said, err = s.env.Journal.Meta(invite.MessageKey(id)); err != nil {
		return nil, err
	}
	seed, err := s.env.Journal.Meta(invite.SeedKey(id))
	if err != nil {
		return nil, err
	}
	m, err := invite.DecodeMessage(x.said)
	if err != nil || m.Hello == nil || len(seed) != len(x.seed) {
		return nil, aura.Errorf("service.Invite", aura.Corrupt, "what this side had said is damaged")
	}
	x.hello, x.seed = *m.Hello, [64]byte(seed)
	return x, nil
}

// takeUp pursues an exchange that a stop or a crash interrupted. One that is damaged ends.
func (s *Invite) takeUp(tc task.Context, id invite.ID, op aura.OperationID) error {
	x, err := s.resume(id, op)
	if aura.KindOf(err) == aura.Corrupt {
		return s.fail(tc, id, op, aura.Reason(err))
	}
	if err != nil {
		return err
	}
	s.pursue(x)
	return nil
}

package app

import (
	"errors"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// Invited is an invitation that was made here. The other side needs its code, which is shown once.
type Invited struct {
	invite.CreateResult
	Operation aura.OperationID `json:"operation"`
}

// Answering is an invitation that was accepted or declined here.
type Answering struct {
	invite.CodeResult
	Operation aura.OperationID `json:"operation"`
}

// Invite makes an invitation that one person may accept within life; zero: [invite.DefaultLife].
func (c *Core) Invite(tc task.Context, life aura.Duration) (Invited, error) {
	res, err := c.submit(tc, invite.IntentCreate, invite.CreateIntent{Life: life})
	if err != nil {
		return Invited{}, err
	}
	out := Invited{Operation: res.Operation}
	if len(res.Payload) == 0 {
		return Invited{}, lost("app.Invite", "the invitation was made, but its code was lost: cancel it and make another")
	}
	if err := fact.Unmarshal(res.Payload, &out.CreateResult); err != nil {
		return Invited{}, aura.Errorf("app.Invite", aura.Corrupt, "the invitation was made, but the agent gave no code: %w", err)
	}
	return out, nil
}

// Accept begins to accept an invitation and returns when that is durable; [Core.WaitOperation] waits for the
// contact. A code that is damaged is [aura.Invalid], one that was used, declined or has expired is the
// agent's error.
func (c *Core) Accept(tc task.Context, code string) (Answering, error) {
	return c.answer(tc, invite.IntentAccept, code)
}

// Decline turns an invitation down. The inviter is not told.
func (c *Core) Decline(tc task.Context, code string) (Answering, error) {
	return c.answer(tc, invite.IntentDecline, code)
}

func (c *Core) answer(tc task.Context, intent, code string) (Answering, error) {
	parsed, err := invite.Parse(code)
	if err != nil {
		return Answering{}, err
	}
	res, err := c.submit(tc, intent, invite.CodeIntent{Code: code})
	if err != nil {
		return Answering{}, err
	}
	out := Answering{CodeResult: invite.CodeResult{ID: parsed.ID()}, Operation: res.Operation}
	if len(res.Payload) > 0 {
		if err := fact.Unmarshal(res.Payload, &out.CodeResult); err != nil {
			return Answering{}, err
		}
	}
	return out, nil
}

// CancelInvite takes back an invitation that was not accepted yet, or the attempt to accept one.
func (c *Core) CancelInvite(tc task.Context, id invite.ID) error {
	_, err := c.submit(tc, invite.IntentCancel, invite.CancelIntent{ID: id})
	return err
}

// WaitInvitation waits until an invitation, made or accepted here, has ended, and returns how. It returns
// [aura.NotFound] for one that is not known, and tc's error if that comes first.
func (c *Core) WaitInvitation(tc task.Context, id invite.ID) (invite.Invitation, error) {
	var last invite.Invitation
	err := renewed(func() error {
		var s invite.State
		return watch(tc, c.bridge, fact.Selection{Kinds: []string{invite.Kinds}, Follow: true}, func(up fact.Update) error {
			take(up.Records, s.Apply)
			if !up.Live {
				return nil
			}
			var ok bool
			if last, ok = s.Invitation(id, tc.Now()); !ok {
				return aura.Errorf("app.WaitInvitation", aura.NotFound, "there is no invitation %s", id)
			}
			if last.Phase.Terminal() || last.Phase == invite.PhaseAnswered {
				return errSeen
			}
			return nil
		})
	})
	if errors.Is(err, errSeen) {
		err = nil
	}
	return last, err
}

// Invitations returns all invitations, those that wait first.
func (c *Core) Invitations(tc task.Context) ([]invite.Invitation, error) {
	var s invite.State
	err := watch(tc, c.bridge, fact.Selection{Kinds: []string{invite.Kinds}}, func(up fact.Update) error {
		take(up.Records, s.Apply)
		return nil
	})
	return s.Invitations(tc.Now()), err
}

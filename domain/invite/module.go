package invite

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/device"
	"github.com/aura-runtime/aura/fact"
)

// SignalName is the name of the signal that carries the invitations, those that wait first: an []Invitation.
const SignalName = "app:invitations"

// protocol is the choreography of an invitation, of package protocols.
const protocol = "invitation"

// Module returns the domain. An invitation serves once, even if two people answer it at one moment: its changes are
// made one at a time. A service of the runtime makes and accepts invitations, because that needs keys and the other
// side. It needs the module of devices: an invitation belongs to a device of the owner.
func Module() domain.Module {
	id := fact.Column{Name: "id", Key: 1}
	return domain.Module{
		Name: "invite",
		Kinds: []fact.Kind{
			{Name: KindCreated, Columns: []fact.Column{id, {Name: "expires", Key: 2}}, Check: checkAs[Created]},
			{Name: KindCancelled, Columns: []fact.Column{id}, Check: checkAs[Ended]},
			{Name: KindAccepted, Columns: []fact.Column{id, {Name: "authority", Key: 2}, {Name: "context", Key: 3}}, Check: checkAs[Accepted]},
			{Name: KindAccepting, Columns: []fact.Column{id, {Name: "expires", Key: 2}, {Name: "device", Key: 3}}, Check: checkAs[Accepting]},
			{Name: KindCompleted, Columns: []fact.Column{id, {Name: "authority", Key: 2}, {Name: "context", Key: 3}}, Check: checkAs[Completed]},
			{Name: KindDeclined, Columns: []fact.Column{id, {Name: "expires", Key: 2}}, Check: checkAs[Declined]},
			{Name: KindFailed, Columns: []fact.Column{id, {Name: "reason", Key: 2}}, Check: checkAs[Ended]},
			{Name: KindExpired, Columns: []fact.Column{id}, Check: checkAs[Ended]},
		},
		Capabilities: domain.OwnerCapabilities(CapCreate, CapAccept, CapAnswer, CapEnd),
		Operations: []domain.Operation{
			{Name: IntentCreate, Category: domain.CategoryCeremony, Protocol: protocol, Leaves: KindCreated},
			{Name: IntentAccept, Category: domain.CategoryCeremony, Protocol: protocol, Leaves: KindAccepting, Outcome: outcome},
			{Name: IntentDecline, Category: domain.CategoryCeremony, Protocol: protocol, Leaves: KindDeclined, Plan: domain.Planned(planDecline)},
			{Name: IntentCancel, Category: domain.CategoryCeremony, Protocol: protocol, Leaves: KindCancelled, Plan: domain.Planned(
				func(s *domain.Snapshot, in CancelIntent) (domain.Plan, error) {
					return domain.Do(Cancel(domain.Get[*State](s.States), s.Caller, in))
				})},
			{Name: "invite.answer", Category: domain.CategoryCeremony, Protocol: protocol, Internal: true, Leaves: KindAccepted},
			{Name: "invite.expire", Category: domain.CategoryCeremony, Protocol: protocol, Internal: true, Leaves: KindExpired},
		},
		Serial:   true,
		Due:      due,
		NewState: func(aura.AuthorityID) domain.State { return &State{} },
		Indexed:  []string{Kinds},
		Linking:  true,
		Views: []domain.View{{
			Signal: SignalName,
			Show:   func(s *domain.States, now aura.Physical) any { return domain.Get[*State](s).Invitations(now) },
			Turns: func(s *domain.States, now aura.Physical) (aura.Instant, bool) {
				return domain.Get[*State](s).Turns(now)
			},
		}},
	}
}

func planDecline(s *domain.Snapshot, in CodeIntent) (domain.Plan, error) {
	code, err := Parse(in.Code)
	if err != nil {
		return domain.Plan{}, err
	}
	r, err := Decline(domain.Get[*State](s.States), s.Caller, code)
	return domain.Plan{Request: r, Answer: func([]fact.Record) (any, error) { return CodeResult{ID: code.ID()}, nil }}, err
}

// outcome says how far an acceptance is. The clock plays no part: an end that is not durable is none.
func outcome(s domain.State, f *fact.Fact) domain.Outcome {
	var p Accepting
	state, ok := s.(*State)
	if !ok || fact.Unmarshal(f.Payload, &p) != nil {
		return domain.Outcome{Phase: domain.PhaseRunning}
	}
	in, ok := state.Invitation(p.ID, aura.Physical{})
	if !ok {
		return domain.Outcome{Phase: domain.PhaseRunning}
	}
	switch in.Phase {
	case PhaseCompleted:
		return domain.Outcome{Phase: domain.PhaseSucceeded}
	case PhaseDeclined:
		return domain.Outcome{Phase: domain.PhaseCancelled, Reason: "the invitation was declined"}
	case PhaseExpired:
		return domain.Outcome{Phase: domain.PhaseFailed, Reason: "the invitation expired"}
	case PhaseFailed:
		return domain.Outcome{Phase: domain.PhaseFailed, Reason: in.Reason}
	}
	return domain.Outcome{Phase: domain.PhaseRunning}
}

// due ends invitations whose time passed, and those of devices that the owner removed.
func due(s *domain.Snapshot) ([]domain.Plan, error) {
	state, removed := domain.Get[*State](s.States), domain.Get[*device.State](s.States).Removed(s.Authority, s.Now.At)
	var plans []domain.Plan
	for _, id := range state.Expired(s.Device, removed, s.Now) {
		r, err := Expire(state, s.Caller, removed, id)
		if err != nil {
			return plans, err
		}
		plans = append(plans, domain.Plan{Request: r})
	}
	return plans, nil
}

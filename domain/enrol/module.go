package enrol

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/device"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
)

// protocol is the choreography of an enrolment, of package protocols.
const protocol = "enrolment"

// Module returns the domain. A code serves one device, even if two use it at one moment: its changes are made one at a time. A
// service of the runtime makes codes and plays the sponsor, because that needs keys and the other side. It needs the module of
// devices.
func Module() domain.Module {
	id := fact.Column{Name: "id", Key: 1}
	return domain.Module{
		Name: "enrol",
		Kinds: []fact.Kind{
			{Name: KindOffered, Columns: []fact.Column{id, {Name: "expires", Key: 2}}, Check: checkAs[Offered]},
			{Name: KindClaimed, Columns: []fact.Column{id, {Name: "device", Key: 2}, {Name: "name", Key: 3}}, Check: checkAs[Claimed]},
			{Name: KindConfirmed, Columns: []fact.Column{id}, Check: checkAs[Step]},
			{Name: KindListed, Columns: []fact.Column{id}, Check: checkAs[Step]},
			{Name: KindJoined, Columns: []fact.Column{id}, Check: checkAs[Step]},
			{Name: KindCompleted, Columns: []fact.Column{id}, Check: checkAs[Step]},
			{Name: KindEnded, Columns: []fact.Column{id, {Name: "reason", Key: 2}}, Check: checkAs[Step]},
		},
		Capabilities: domain.OwnerCapabilities(CapEnrol, CapJoin),
		Operations: []domain.Operation{
			{Name: IntentOffer, Category: domain.CategoryCeremony, Protocol: protocol, Leaves: KindOffered},
			{Name: IntentConfirm, Category: domain.CategoryCeremony, Protocol: protocol, Leaves: KindConfirmed, Plan: domain.Planned(
				func(s *domain.Snapshot, in AnswerIntent) (domain.Plan, error) {
					return domain.Do(Confirm(domain.Get[*State](s.States), s.Caller, in))
				})},
			{Name: IntentRefuse, Category: domain.CategoryCeremony, Protocol: protocol, Leaves: KindEnded, Plan: domain.Planned(
				func(s *domain.Snapshot, in AnswerIntent) (domain.Plan, error) {
					return domain.Do(Refuse(domain.Get[*State](s.States), s.Caller, in))
				})},
			{Name: "enrol.expire", Category: domain.CategoryCeremony, Protocol: protocol, Internal: true, Leaves: KindEnded},
		},
		Serial:   true,
		Due:      due,
		NewState: func(aura.AuthorityID) domain.State { return &State{} },
		Indexed:  []string{Kinds},
		Linking:  true,
	}
}

// due ends the enrolments of this device whose time passed, and those of listed devices that the account removed before they had
// joined; and it forgets codes that serve no more.
func due(s *domain.Snapshot) (plans []domain.Plan, err error) {
	state, removed := domain.Get[*State](s.States), domain.Get[*device.State](s.States).Removed(s.Authority, s.Now.At)
	for _, e := range state.Enrolments(s.Now) {
		at := state.at(e.ID)
		if at.by != s.Device {
			continue
		}
		switch {
		case !at.phase.Terminal() && at.due(s.Now):
			r, err := End(state, s.Caller, e.ID, at.ranOut())
			if err != nil {
				return plans, err
			}
			plans = append(plans, domain.Plan{Request: r})
		case at.phase == PhaseListed && slices.Contains(removed, at.device):
			r, err := End(state, s.Caller, e.ID, "the device was removed")
			if err != nil {
				return plans, err
			}
			plans = append(plans, domain.Plan{Request: r})
		case at.phase.Terminal() && expired(at.expires, s.Now):
			value, err := s.Meta(CodeKey(e.ID))
			if err != nil {
				return plans, err
			}
			if value != nil {
				r := s.Caller.Local(CapEnrol)
				r.Metadata = []guard.Meta{{Key: CodeKey(e.ID)}}
				plans = append(plans, domain.Plan{Request: r})
			}
		}
	}
	return plans, nil
}

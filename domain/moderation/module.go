package moderation

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
)

// Conversations is the state that resolves the target of a [ChangeIntent]. Package chat has it.
type Conversations interface {
	domain.State
	// Targeted returns the subject of a change, as long as the reference in it holds; [aura.Invalid], [aura.NotFound] or
	// [aura.Stale] otherwise.
	Targeted(s *domain.States, in ChangeIntent) (Target, error)
	// Spoken names all conversations with a person, each with the device of the certificate by which the person is known there.
	Spoken(s *domain.States, who aura.AuthorityID) []Seen
}

// Devices is the state that knows the devices of people. Package device has it.
type Devices interface {
	domain.State
	// Listed names all devices that entries of an authority list or once listed, ascending.
	Listed(who aura.AuthorityID) []aura.DeviceID
}

// SignalName is the name of the signal that carries a [Moderation].
const SignalName = "app:moderation"

// Module returns the domain. Its facts take effect at once: a blocked contact has no link and opens no channel.
func Module() domain.Module {
	columns := []fact.Column{{Name: "authority", Key: 1}, {Name: "context", Key: 2}}
	return domain.Module{
		Name: "moderation",
		Kinds: []fact.Kind{
			{Name: KindMuted, Columns: columns, Check: check},
			{Name: KindUnmuted, Columns: columns, Check: check},
			{Name: KindBlocked, Columns: columns, Check: check},
			{Name: KindUnblocked, Columns: columns, Check: checkUnblocked},
		},
		Capabilities: domain.OwnerCapabilities(CapModerate),
		Operations: []domain.Operation{
			change(IntentMute, KindMuted, Mute), change(IntentUnmute, KindUnmuted, Unmute),
			change(IntentBlock, KindBlocked, Block),
			{Name: IntentUnblock, Category: domain.CategoryOptimistic, Offline: true, Leaves: KindUnblocked, Plan: domain.Planned(planUnblock)},
		},
		NewState: func(aura.AuthorityID) domain.State { return &State{} },
		Indexed:  []string{"moderation.*"},
		Linking:  true,
		Names:    []string{"moderation.*"},
		Views: []domain.View{{Signal: SignalName, Show: func(s *domain.States, _ aura.Physical) any {
			return domain.Get[*State](s).View()
		}}},
	}
}

func change(intent, leaves string, plan func(domain.Caller, Target) (guard.Request, error)) domain.Operation {
	return domain.Operation{
		Name: intent, Category: domain.CategoryOptimistic, Offline: true, Leaves: leaves,
		Plan: domain.Planned(func(s *domain.Snapshot, in ChangeIntent) (domain.Plan, error) {
			target, err := domain.Get[Conversations](s.States).Targeted(s.States, in)
			if err != nil {
				return domain.Plan{}, err
			}
			return domain.Do(plan(s.Caller, target))
		}),
	}
}

func planUnblock(s *domain.Snapshot, in ChangeIntent) (domain.Plan, error) {
	conversations := domain.Get[Conversations](s.States)
	target, err := conversations.Targeted(s.States, in)
	if err != nil {
		return domain.Plan{}, err
	}
	var seen []Seen
	var marks []guard.Mark
	if in.Drop {
		listed := domain.Get[Devices](s.States).Listed(target.Authority)
		if seen, marks, err = here(s, conversations.Spoken(s.States, target.Authority), listed); err != nil {
			return domain.Plan{}, err
		}
	}
	r, err := Unblock(domain.Get[*State](s.States), s.Caller, target.Authority, in.Drop, seen)
	r.Marks = marks
	return domain.Do(r, err)
}

// here returns up to which places facts of a person are here, who speaks in conversations and whose entries list devices, or
// once listed them: a removed device spoke, too. While the person is blocked nothing is added, so this is all of it. Of more than
// [maxSeen] places those come first that are of the devices by which the person is known.
func here(h domain.Home, spoken []Seen, listed []aura.DeviceID) (seen []Seen, marks []guard.Mark, err error) {
	var at []Seen
	for _, in := range spoken {
		at = append(at, Seen{Context: in.Context, Device: in.Device})
	}
	for _, in := range spoken {
		for _, device := range listed {
			if device != in.Device {
				at = append(at, Seen{Context: in.Context, Device: device})
			}
		}
	}
	for i := 0; i < len(at) && len(seen) < maxSeen; i++ {
		newest, err := h.Newest(at[i].Context, at[i].Device)
		if err != nil {
			return nil, nil, err
		}
		if newest.Number > 0 {
			at[i].Through, at[i].ID = newest.Place.Seq, newest.Place.ID
			seen, marks = append(seen, at[i]), append(marks, newest)
		}
	}
	return seen, marks, nil
}

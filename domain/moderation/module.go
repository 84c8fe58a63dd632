package moderation

import (
	"slices"

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
		// While the person is blocked nothing is added, so this is all of it. A removed device spoke, too.
		listed := domain.Get[Devices](s.States).Listed(target.Authority)
		for _, in := range conversations.Spoken(s.States, target.Authority) {
			devices := listed
			if !slices.Contains(devices, in.Device) {
				devices = append(slices.Clip(devices), in.Device)
			}
			for _, device := range devices {
				newest, err := s.Newest(in.Context, device)
				if err != nil {
					return domain.Plan{}, err
				}
				if newest.Number == 0 {
					continue
				}
				seen = append(seen, Seen{Context: in.Context, Device: device, Through: newest.Place.Seq, ID: newest.Place.ID})
				marks = append(marks, newest)
			}
		}
	}
	r, err := Unblock(domain.Get[*State](s.States), s.Caller, target.Authority, in.Drop, seen)
	r.Marks = marks
	return domain.Do(r, err)
}

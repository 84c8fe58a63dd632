package contact

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
)

// Renamer is the state that knows every name that the owner is shown, and so which ones are free. Package chat has it.
type Renamer interface {
	domain.State
	// Rename plans to call a contact or a group something else.
	Rename(s *domain.Snapshot, in RenameIntent) (guard.Request, error)
}

// SignalName is the name of the signal that carries the contacts by name, a []Contact.
const SignalName = "app:contacts"

// Module returns the domain.
func Module() domain.Module {
	return domain.Module{
		Name: "contact",
		Kinds: []fact.Kind{
			{Name: KindSelf, Columns: []fact.Column{{Name: "name", Key: 1}}, Check: checkSelf},
			{Name: KindAdded, Columns: []fact.Column{
				{Name: "context", Key: 1}, {Name: "authority", Key: 2}, {Name: "name", Key: 4},
			}, Check: checkAdded},
			{Name: KindRenamed, Columns: []fact.Column{
				{Name: "context", Key: 1}, {Name: "name", Key: 2},
			}, Check: checkRenamed},
			{Name: KindAddresses, Columns: []fact.Column{{Name: "context", Key: 1}}, Check: checkAddresses},
			{Name: KindRemoved, Columns: []fact.Column{{Name: "context", Key: 1}}, Check: checkRemoved},
			{Name: KindProfile, Columns: []fact.Column{{Name: "name", Key: 1}}, Check: checkProfile},
		},
		Delivery:     fact.Retention{Min: retention, Max: retention, Tracked: []string{KindProfile}},
		Capabilities: domain.OwnerCapabilities(CapName, CapRename, CapRefresh, CapRemove, CapProfile),
		Operations: []domain.Operation{
			{Name: IntentName, Category: domain.CategoryOptimistic, Offline: true, Leaves: KindSelf,
				Plan: domain.Planned(func(s *domain.Snapshot, in NameIntent) (domain.Plan, error) { return domain.Do(Name(s.Caller, in)) })},
			{Name: IntentRename, Category: domain.CategoryOptimistic, Offline: true, Leaves: KindRenamed,
				Plan: domain.Planned(func(s *domain.Snapshot, in RenameIntent) (domain.Plan, error) {
					return domain.Do(domain.Get[Renamer](s.States).Rename(s, in))
				})},
			{Name: IntentAddress, Category: domain.CategoryOptimistic, Offline: true, Leaves: KindAddresses,
				Plan: domain.Planned(func(s *domain.Snapshot, in AddressIntent) (domain.Plan, error) {
					return domain.Do(Address(domain.Get[*State](s.States), s.Caller, in))
				})},
			{Name: IntentRemove, Category: domain.CategoryOptimistic, Offline: true, Leaves: KindRemoved, Plan: domain.Planned(planRemove)},
			{Name: "contact.share", Category: domain.CategoryOptimistic, Internal: true, Leaves: KindProfile},
		},
		Due:      due,
		NewState: func(aura.AuthorityID) domain.State { return &State{} },
		Indexed:  []string{"contact.*"},
		Linking:  true,
		Names:    []string{KindSelf, KindAdded, KindRenamed, KindRemoved, KindProfile},
		Views: []domain.View{{Signal: SignalName, Show: func(s *domain.States, _ aura.Physical) any {
			return domain.Get[*State](s).Contacts()
		}}},
	}
}

// planRemove plans to end the relation with a contact. Messages that the contact never got have failed.
func planRemove(s *domain.Snapshot, in RemoveIntent) (domain.Plan, error) {
	r, err := Remove(domain.Get[*State](s.States), s.Caller, in)
	if err == nil {
		err = delivery.Abandon(&r, s.Home, s.Caller, in.Contact.Context, in.Contact.Authority, "you removed the contact")
	}
	return domain.Do(r, err)
}

// due tells the owner's name to the contacts who do not know it yet.
func due(s *domain.Snapshot) ([]domain.Plan, error) {
	contacts := domain.Get[*State](s.States)
	var plans []domain.Plan
	for _, c := range contacts.untold(s.Authority) {
		r, err := Share(s.Caller, c, Profile{Name: contacts.Own(), Addresses: s.Addresses})
		if err != nil {
			return plans, err
		}
		plans = append(plans, domain.Plan{Request: r})
	}
	return plans, nil
}

// untold returns the contacts who know another name of the owner than the newest, by name. A contact that was added
// later learned it then. The others were told when a profile came behind the name in this journal: the logical times of
// two namespaces say nothing of which fact was first.
func (s *State) untold(self aura.AuthorityID) []Ref {
	var refs []Ref
	for _, c := range s.Contacts() {
		e := s.entries[c.Context]
		p := e.profiles[self]
		if s.self.Stamp.Compare(e.added.Stamp) > 0 && (p == nil || p.Last < s.named) {
			refs = append(refs, c.Ref)
		}
	}
	return refs
}

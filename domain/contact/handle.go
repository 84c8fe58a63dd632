package contact

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
)

// The capabilities that the handlers of this package require.
const (
	CapName    = "contact:name"
	CapRename  = "contact:rename"
	CapRefresh = "contact:refresh"
	CapRemove  = "contact:remove"
	CapProfile = "contact:profile"
)

// Name plans to change the name that this authority gives itself. Contacts learn it from [Share].
func Name(by domain.Caller, in NameIntent) (guard.Request, error) {
	name, err := ParseName(in.Name)
	if err != nil {
		return guard.Request{}, err
	}
	draft, err := by.Draft(KindSelf, Self{Name: name})
	return by.Local(CapName, draft), err
}

// Label returns the draft of the fact by which the owner keeps a name for a context. It is not checked: the
// name comes from [ParseName] or [Petname].
func Label(by domain.Caller, context aura.ContextID, name string) (fact.Draft, error) {
	return by.Draft(KindRenamed, Renamed{Context: context, Name: name})
}

// Refresh plans to keep the addresses at which a contact was reached, best first. The second result is
// false when they are the ones already known and nothing needs to happen.
func Refresh(s *State, by domain.Caller, to Ref, addresses []string) (guard.Request, bool, error) {
	if _, err := s.Current("contact.Refresh", to); err != nil {
		return guard.Request{}, false, err
	}
	if err := CheckAddresses(addresses); err != nil {
		return guard.Request{}, false, err
	}
	if slices.Equal(s.Addresses(to.Context), addresses) {
		return guard.Request{}, false, nil
	}
	draft, err := by.Draft(KindAddresses, Addresses{Context: to.Context, Addresses: addresses})
	return by.Local(CapRefresh, draft), err == nil, err
}

// Address plans to look for a contact at other addresses first; those that are known stay behind them, as many
// as fit. It returns [aura.NotFound] for an authority that is not a contact.
func Address(s *State, by domain.Caller, in AddressIntent) (guard.Request, error) {
	const op = "contact.Address"
	if _, err := s.Current(op, in.Contact); err != nil {
		return guard.Request{}, err
	}
	if len(in.Addresses) == 0 {
		return guard.Request{}, aura.Errorf(op, aura.Invalid, "no address is given")
	}
	if err := CheckAddresses(in.Addresses); err != nil {
		return guard.Request{}, err
	}
	draft, err := by.Draft(KindAddresses, Addresses{Context: in.Contact.Context, Addresses: s.ahead(in.Contact.Context, in.Addresses)})
	return by.Local(CapRefresh, draft), err
}

// Found plans to take addresses from elsewhere than the contact's own channel, ahead of those that are known.
// The second result is false when they lead nowhere new.
func Found(s *State, by domain.Caller, to Ref, addresses []string) (fact.Draft, bool, error) {
	if err := CheckAddresses(addresses); err != nil {
		return fact.Draft{}, false, err
	}
	all := s.ahead(to.Context, addresses)
	if slices.Equal(all, s.Addresses(to.Context)) {
		return fact.Draft{}, false, nil
	}
	draft, err := by.Draft(KindAddresses, Addresses{Context: to.Context, Addresses: all})
	return draft, err == nil, err
}

// ahead returns addresses with those of a contact that are known behind them.
func (s *State) ahead(context aura.ContextID, addresses []string) []string {
	all := make([]string, 0, MaxAddresses)
	for _, a := range slices.Concat(addresses, s.Addresses(context)) {
		if len(all) < MaxAddresses && !slices.Contains(all, a) {
			all = append(all, a)
		}
	}
	return all
}

// Remove plans to end the relation with a contact. The secret of their context is forgotten in the same commit, so
// that neither side can open a channel in it; the messages stay in the journal. It returns [aura.NotFound] for an
// authority that is not a contact.
func Remove(s *State, by domain.Caller, in RemoveIntent) (guard.Request, error) {
	if _, err := s.Current("contact.Remove", in.Contact); err != nil {
		return guard.Request{}, err
	}
	draft, err := by.Draft(KindRemoved, Removed{Context: in.Contact.Context})
	r := by.Local(CapRemove, draft)
	r.Metadata = []guard.Meta{{Key: domain.SecretKey(in.Contact.Context)}}
	return r, err
}

// Share plans to tell a contact this authority's name and addresses.
func Share(by domain.Caller, to Ref, profile Profile) (guard.Request, error) {
	if err := CheckName(profile.Name); err != nil {
		return guard.Request{}, err
	}
	if err := CheckAddresses(profile.Addresses); err != nil {
		return guard.Request{}, err
	}
	draft, err := by.Shared(to.Context, KindProfile, profile)
	return by.Send(CapProfile, to.Context, []aura.AuthorityID{to.Authority}, draft), err
}

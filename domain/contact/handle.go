package contact

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
)

// The capabilities that the handlers of this package require.
const (
	CapName    = "contact:name"
	CapRename  = "contact:rename"
	CapRefresh = "contact:refresh"
	CapProfile = "contact:profile"
)

// Name plans to change the name that this authority gives itself. Contacts learn it from [Share].
func Name(by Caller, in NameIntent) (guard.Request, error) {
	name, err := ParseName(in.Name)
	if err != nil {
		return guard.Request{}, err
	}
	draft, err := by.Draft(KindSelf, Self{Name: name})
	return by.Local(CapName, draft), err
}

// Label returns the draft of the fact by which the owner keeps a name for a context. It is not checked: the
// name comes from [ParseName] or [Petname].
func Label(by Caller, context aura.ContextID, name string) (fact.Draft, error) {
	return by.Draft(KindRenamed, Renamed{Context: context, Name: name})
}

// Refresh plans to keep the addresses at which a contact was reached, best first. The second result is
// false when they are the ones already known and nothing needs to happen.
func Refresh(s *State, by Caller, to Ref, addresses []string) (guard.Request, bool, error) {
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

// Share plans to tell a contact this authority's name and addresses.
func Share(by Caller, to Ref, profile Profile) (guard.Request, error) {
	if err := CheckName(profile.Name); err != nil {
		return guard.Request{}, err
	}
	if err := CheckAddresses(profile.Addresses); err != nil {
		return guard.Request{}, err
	}
	draft, err := by.Shared(to.Context, KindProfile, profile)
	return by.Send(CapProfile, to.Context, []aura.AuthorityID{to.Authority}, draft), err
}

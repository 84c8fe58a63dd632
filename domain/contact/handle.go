package contact

import (
	"slices"

	"github.com/aura-runtime/aura"
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
	if err := CheckName(in.Name); err != nil {
		return guard.Request{}, err
	}
	draft, err := by.Draft(KindSelf, Self(in))
	return by.Local(CapName, draft), err
}

// Rename plans to call a contact something else. It returns [aura.NotFound] for somebody who is not a
// contact and [aura.Conflict] when another contact has the name.
func Rename(s *State, by Caller, in RenameIntent) (guard.Request, error) {
	const op = "contact.Rename"
	if _, err := s.Current(op, in.Contact); err != nil {
		return guard.Request{}, err
	}
	if in.Name != "" {
		if err := CheckName(in.Name); err != nil {
			return guard.Request{}, err
		}
	}
	for _, c := range s.Contacts() {
		if c.Context != in.Contact.Context && Folded(c.Name) == Folded(in.Name) {
			return guard.Request{}, aura.Errorf(op, aura.Conflict, "another contact is called %q already", c.Name)
		}
	}
	draft, err := by.Draft(KindRenamed, Renamed{Context: in.Contact.Context, Name: in.Name})
	return by.Local(CapRename, draft), err
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

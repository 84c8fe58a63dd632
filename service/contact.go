package service

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/directory"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
	"github.com/aura-runtime/aura/world"
)

// Contact names people: the owner, to the contacts, and the contacts, to the owner. Owner: agent root
// group.
type Contact struct {
	front
	env   *Env
	named *task.Wake // the owner took another name
}

// NewContact returns the service.
func NewContact(e *Env) *Contact {
	s := &Contact{env: e, named: task.NewWake()}
	s.front = newFront(e, "contact", map[string]handler{
		contact.IntentName: s.name, contact.IntentRename: s.rename,
		contact.IntentAddress: s.address, contact.IntentRemove: s.remove,
	})
	return s
}

// Serve implements [task.Service].
func (s *Contact) Serve(tc task.Context) error {
	tc.Group().Go("contact.share", s.share)
	return s.front.Serve(tc)
}

// name changes the owner's own name and has the contacts told. The user's action ends with the own fact: a
// contact who cannot be told now does not undo it.
func (s *Contact) name(tc task.Context, in fact.Intent) (fact.Result, error) {
	var p contact.NameIntent
	if err := fact.Unmarshal(in.Payload, &p); err != nil {
		return fact.Result{}, err
	}
	r, err := s.env.plan(tc, func(*directory.State) (guard.Request, error) {
		return contact.Name(s.env.Caller(tc, in.Operation), p)
	})
	if err == nil {
		s.named.Notify()
	}
	return submitted(in, r, err)
}

// share is the service's task that tells all contacts the owner's name after each change. The caller's budget does
// not reach it: contacts must not know different names because somebody's patience was short.
func (s *Contact) share(tc task.Context) error {
	for {
		if err := s.named.Wait(tc); err != nil {
			return err
		}
		var refs []contact.Ref
		s.env.Directory.Read(func(pages *directory.State) {
			for _, c := range pages.Contacts.Contacts() {
				refs = append(refs, c.Ref)
			}
		})
		for _, to := range refs {
			_, err := s.env.plan(tc, func(pages *directory.State) (guard.Request, error) {
				if _, err := pages.Contacts.Current("service.share", to); err != nil {
					return guard.Request{}, err
				}
				profile := contact.Profile{Name: pages.Contacts.Own(), Addresses: s.env.Addresses()}
				return contact.Share(s.env.Caller(tc, aura.OperationID{}), to, profile)
			})
			if tc.Err() != nil {
				return tc.Err()
			}
			if err != nil {
				tc.Emit(world.ServiceTroubled(s.Name(), "name not shared", "", err))
			}
		}
	}
}

func (s *Contact) rename(tc task.Context, in fact.Intent) (fact.Result, error) {
	var p contact.RenameIntent
	if err := fact.Unmarshal(in.Payload, &p); err != nil {
		return fact.Result{}, err
	}
	r, err := s.env.plan(tc, func(pages *directory.State) (guard.Request, error) {
		return chat.Rename(pages.Chats, pages.Setting(), s.env.Caller(tc, in.Operation), p)
	})
	return submitted(in, r, err)
}

func (s *Contact) address(tc task.Context, in fact.Intent) (fact.Result, error) {
	var p contact.AddressIntent
	if err := fact.Unmarshal(in.Payload, &p); err != nil {
		return fact.Result{}, err
	}
	for _, a := range p.Addresses {
		if err := transport.CheckAddress(transport.Address(a)); err != nil {
			return fact.Result{}, err
		}
	}
	r, err := s.env.plan(tc, func(pages *directory.State) (guard.Request, error) {
		return contact.Address(&pages.Contacts, s.env.Caller(tc, in.Operation), p)
	})
	return submitted(in, r, err)
}

// remove ends the relation with a contact. The link and the channel of their context end, because the directory does
// not have the contact any more.
func (s *Contact) remove(tc task.Context, in fact.Intent) (fact.Result, error) {
	var p contact.RemoveIntent
	if err := fact.Unmarshal(in.Payload, &p); err != nil {
		return fact.Result{}, err
	}
	by := s.env.Caller(tc, in.Operation)
	r, err := s.env.plan(tc, func(pages *directory.State) (guard.Request, error) {
		r, err := contact.Remove(&pages.Contacts, by, p)
		if err == nil {
			err = s.env.giveUp(&r, by, p.Contact, "you removed the contact")
		}
		return r, err
	})
	return submitted(in, r, err)
}

// giveUp adds to the removal of a contact what becomes of the own messages that it never got: they have failed.
func (e *Env) giveUp(r *guard.Request, by domain.Caller, who contact.Ref, why string) error {
	count := e.Journal.Count(fact.ContextNamespace(who.Context), e.Ring.Device())
	settled, err := e.watermarks().Settled(who.Context, who.Authority)
	if err != nil || settled >= count {
		return err
	}
	failed, err := delivery.GiveUp(by, delivery.Failed{
		Context: who.Context, Peer: who.Authority, Through: count, Reason: why,
	})
	r.Entries, r.Metadata = append(r.Entries, failed.Entries...), append(r.Metadata, failed.Metadata...)
	return err
}

package invite

import (
	"bytes"
	"crypto/sha256"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
)

// The capabilities that the handlers of this package require.
const (
	CapCreate = "invite:create"
	CapAccept = "invite:accept"
	CapAnswer = "invite:answer" // to take a Hello, to refuse one, to settle the exchange
	CapEnd    = "invite:end"    // cancel, decline, expire, fail
)

// CodeKey is where the metadata keeps the text of a code, at home only.
func CodeKey(id ID) string { return "invite.code/" + id.String() }

// SeedKey is where the metadata keeps the accepter's 64-byte seed of its encapsulation key until the exchange ends.
func SeedKey(id ID) string { return "invite.seed/" + id.String() }

// MessageKey is where the metadata keeps this side's own message, to be sent again: a Hello until the exchange ends, an Answer
// as long as the code.
func MessageKey(id ID) string { return "invite.message/" + id.String() }

// Create plans to hand a signed code out.
func Create(by domain.Caller, c Code) (guard.Request, error) {
	draft, err := by.Draft(KindCreated, Created{ID: c.ID(), Expires: c.Expires})
	r := by.Local(CapCreate, draft)
	r.Metadata = []guard.Meta{{Key: CodeKey(c.ID()), Value: []byte(c.Encode())}}
	return r, err
}

// Accept plans to answer a code: its keys are durable before the inviter is contacted, so that a crash
// continues the same exchange. Hello is this side's message, seed that of the key in it. It returns
// [aura.Denied] for an expired code, or one that names other keys than a contact has, [aura.Conflict] for one
// that was used here before or was made by the owner.
//
// The code of a contact renews its addresses, at once those that the contact's device signed in the code, and
// those of both sides in the exchange. The caller sets Known of the Hello: see [Known].
func Accept(s *State, contacts *contact.State, by domain.Caller, c Code, h Hello, seed [64]byte) (guard.Request, error) {
	if err := receivable(s, "invite.Accept", contacts, by, c); err != nil {
		return guard.Request{}, err
	}
	if err := check(h.Certificate, h.Name, h.Addresses, h.Key); err != nil {
		return guard.Request{}, err
	}
	hello, err := Message{Hello: &h}.Encode()
	if err != nil {
		return guard.Request{}, err
	}
	id := c.ID()
	draft, err := by.Draft(KindAccepting, Accepting{ID: id, Expires: c.Expires, Device: c.Device()})
	if err != nil {
		return guard.Request{}, err
	}
	r := by.Local(CapAccept, draft)
	if known, ok := Known(contacts, c); ok {
		found, news, err := contact.Found(contacts, by, known, c.Addresses)
		if err != nil {
			return guard.Request{}, err
		}
		if news {
			r.Entries = append(r.Entries, found)
		}
	}
	r.Metadata = []guard.Meta{
		{Key: CodeKey(id), Value: []byte(c.Encode())},
		{Key: SeedKey(id), Value: seed[:]},
		{Key: MessageKey(id), Value: hello},
	}
	return r, nil
}

// Known returns the contact whose device made a code.
func Known(contacts *contact.State, c Code) (contact.Ref, bool) {
	known, ok := contacts.ByDevice(c.Device())
	return known.Ref, ok
}

// Decline plans to remember that the owner does not want an invitation. The inviter is not told. One that was
// accepted is [aura.Conflict]: the inviter may have the contact already, and one side alone must not.
func Decline(s *State, by domain.Caller, c Code) (guard.Request, error) {
	id := c.ID()
	if err := expect(s, "invite.Decline", id, 0); err != nil {
		return guard.Request{}, err
	}
	draft, err := by.Draft(KindDeclined, Declined{ID: id, Expires: c.Expires})
	return ending(by, id, draft), err
}

// reasonCancelled is why an acceptance ended that its owner took back.
const reasonCancelled = "cancelled here"

// Cancel plans to take an invitation back, or the attempt to accept one. An own invitation that was accepted is
// [aura.Conflict]: the contact exists. An inviter that took this side's Hello already, and whose answer did not
// arrive, keeps a contact that never answers.
//
// An invitation that another device of the owner made or accepts is [aura.Conflict]: that device would not know.
func Cancel(s *State, by domain.Caller, in CancelIntent) (guard.Request, error) {
	if at := s.at(in.ID); at.phase != 0 && !at.phase.Terminal() && at.by != by.Device {
		return guard.Request{}, aura.Errorf("invite.Cancel", aura.Conflict, "the invitation belongs to another of your devices: cancel it there")
	}
	if s.at(in.ID).phase == PhaseContacting {
		return Fail(s, by, in.ID, reasonCancelled)
	}
	if err := expect(s, "invite.Cancel", in.ID, PhaseOpen); err != nil {
		return guard.Request{}, err
	}
	draft, err := by.Draft(KindCancelled, Ended{ID: in.ID})
	return by.Local(CapEnd, draft), err // The code stays, so that an accepter who tries it is told, see [State.Listening].
}

// Expire plans to end an invitation whose time passed, or that waits for a removed device, see [State.Expired].
func Expire(s *State, by domain.Caller, removed []aura.DeviceID, id ID) (guard.Request, error) {
	at := s.at(id)
	if !at.over(by.Device, removed, by.Now) {
		return guard.Request{}, aura.Errorf("invite.Expire", aura.Conflict, "the invitation has not run out")
	}
	draft, err := by.Draft(KindExpired, Ended{ID: id})
	if at.kind == KindCreated {
		return by.Local(CapEnd, draft), err // The code stays, as with Cancel.
	}
	return ending(by, id, draft), err
}

// Forget plans to drop the secret of an invitation that no peer tries any more, see [State.Collectable].
func Forget(by domain.Caller, id ID) guard.Request {
	r := by.Local(CapEnd)
	r.Metadata = []guard.Meta{{Key: CodeKey(id)}, {Key: MessageKey(id)}}
	return r
}

// Fail plans to end an exchange that cannot succeed. The reason is for a person; a long one is cut.
func Fail(s *State, by domain.Caller, id ID, reason string) (guard.Request, error) {
	if err := expect(s, "invite.Fail", id, PhaseContacting); err != nil {
		return guard.Request{}, err
	}
	draft, err := by.Draft(KindFailed, Ended{ID: id, Reason: clip(reason)})
	return ending(by, id, draft), err
}

// Admission is the inviter's decision about a Hello.
type Admission struct {
	Request guard.Request // the plan, unless Again or Refusal
	Again   bool          // the same Hello was admitted before: send the stored answer again
	Wait    bool          // say nothing: the two invited each other, and this side's own attempt comes first
	Refusal Refusal       // not 0: tell the accepter and do nothing else
	// Renew, when not zero, is the contact that the accepter is already: see [Renew]. With Again the plan was
	// carried out before.
	Renew contact.Ref
	// Replace, when not zero, is the contact whose place the accepter takes: see [Admit].
	Replace contact.Ref
	Who     aura.AuthorityID // the accepter, unless the Hello does not hold up
}

// Offer checks a Hello before the inviter spends work on an answer: static is the X25519 key that the channel
// proved. With Again the stored answer goes out, with a Refusal that; otherwise the caller makes an [Answer]
// and calls [Admit].
func Offer(s *State, contacts *contact.State, by domain.Caller, c Code, h Hello, static [32]byte) Admission {
	cert, err := contact.CheckCertificate(h.Certificate)
	if err != nil || cert.Agreement != static || cert.Authority() == by.Authority {
		return Admission{Refusal: RefusalInvalid}
	}
	offer := s.offer(contacts, by, c, h, cert)
	offer.Who = cert.Authority()
	return offer
}

func (s *State) offer(contacts *contact.State, by domain.Caller, c Code, h Hello, cert fact.Certificate) Admission {
	known, met := contacts.ByAuthority(cert.Authority())
	renews := met && h.Known == known.Context && same(contacts, known.Context, cert)
	at := s.at(c.ID())
	if renews && at.phase == PhaseCompleted && at.hello == helloHash(h) {
		return Admission{Again: true, Renew: known.Ref}
	}
	switch at.phase {
	case PhaseAnswered:
		if at.hello == helloHash(h) {
			return Admission{Again: true}
		}
		return Admission{Refusal: RefusalUsed}
	case PhaseCompleted:
		// A copy of the accepter's home, or one that was restored, is in the middle of the exchange that the other one ended.
		if met && at.hello == helloHash(h) && at.context == known.Context {
			return Admission{Again: true}
		}
		return Admission{Refusal: RefusalUsed}
	case PhaseCancelled:
		return Admission{Refusal: RefusalCancelled}
	case PhaseExpired:
		return Admission{Refusal: RefusalExpired}
	case PhaseOpen:
	default:
		return Admission{Refusal: RefusalInvalid}
	}
	if c.CheckAlive(by.Now) != nil {
		return Admission{Refusal: RefusalExpired}
	}
	anew := met && s.left(contacts, c.ID(), known.Context, cert)
	switch {
	case renews:
		return Admission{Renew: known.Ref}
	case met && !anew:
		return Admission{Refusal: RefusalKnown}
	}
	// Of two people who answer each other's invitation at once only the lesser waits, so that they become
	// contacts once and not twice, also when one had the other before.
	if by.Authority.Compare(cert.Authority()) < 0 && s.contacting(cert.Device(), by.Device) {
		return Admission{Wait: true}
	}
	if anew {
		return Admission{Replace: known.Ref}
	}
	return Admission{}
}

// left reports whether a contact that does not name this side as its own has removed this side, and so may be met
// anew. A contact that became one after the invitation was made says nothing by that: the two had several exchanges
// at once, and one of them is enough.
func (s *State) left(contacts *contact.State, id ID, context aura.ContextID, cert fact.Certificate) bool {
	e := s.entries[id]
	return e != nil && contacts.MetBefore(context, e.events[0].Stamp) && same(contacts, context, cert)
}

// Admit plans what binds the inviter: the invitation is used, the contact exists, the answer is kept. It
// commits before the answer leaves. The arguments are those of an [Offer] that refused nothing, old among them: a
// contact that had removed this side is met anew, and the new one takes the place of the old.
func Admit(
	contacts *contact.State, by domain.Caller, c Code, h Hello, a Answer, k Keys, transcript [32]byte, old contact.Ref,
) (guard.Request, error) {
	cert, err := contact.CheckCertificate(h.Certificate)
	if err != nil {
		return guard.Request{}, err
	}
	answer, err := Message{Answer: &a}.Encode()
	if err != nil {
		return guard.Request{}, err
	}
	id := c.ID()
	accepted, err := by.Draft(KindAccepted, Accepted{
		ID: id, Authority: cert.Authority(), Context: k.Context, Transcript: transcript, Hello: helloHash(h),
	})
	if err != nil {
		return guard.Request{}, err
	}
	added, err := by.Draft(contact.KindAdded, contact.Added{
		Context: k.Context, Authority: cert.Authority(), Certificate: h.Certificate, Name: h.Name,
		Transcript: transcript, Addresses: h.Addresses,
	})
	r := by.Local(CapAnswer, accepted, added)
	r.Metadata = []guard.Meta{
		{Key: domain.SecretKey(k.Context), Value: k.Secret[:]},
		{Key: MessageKey(id), Value: answer},
	}
	if err != nil || old.Context.IsZero() {
		return r, err
	}
	return r, replace(&r, contacts, by, old)
}

// reached adds to a request after which both sides have a contact what ends all other attempts to accept an invitation
// of that peer: they would lead to a second contact, or to addresses where the peer is no more.
func (s *State) reached(r *guard.Request, by domain.Caller, cert fact.Certificate, context aura.ContextID, but ID) error {
	for _, id := range s.From(cert.Device(), by.Device) {
		if id == but {
			continue
		}
		completed, err := by.Draft(KindCompleted, Completed{ID: id, Authority: cert.Authority(), Context: context})
		if err != nil {
			return err
		}
		ended := ending(by, id, completed)
		r.Add(&ended)
	}
	return nil
}

// replace adds the facts that end the old relation to a request that makes the contact again.
func replace(r *guard.Request, contacts *contact.State, by domain.Caller, old contact.Ref) error {
	gone, err := contact.Remove(contacts, by, contact.RemoveIntent{Contact: old})
	r.Add(&gone)
	return err
}

// same reports whether a certificate is the one that a contact has: a contact's keys never change.
func same(contacts *contact.State, context aura.ContextID, cert fact.Certificate) bool {
	had, ok := contacts.Certificate(context)
	return ok && bytes.Equal(had.Encode(), cert.Encode())
}

// Renew plans the inviter's facts after the Hello of a contact: the invitation is used up and the contact's
// addresses are those of the Hello. Nothing else of the contact changes. The arguments are those of an [Offer]
// that said so.
func Renew(contacts *contact.State, by domain.Caller, c Code, h Hello, who contact.Ref) (guard.Request, error) {
	accepted, err := by.Draft(KindAccepted, Accepted{
		ID: c.ID(), Authority: who.Authority, Context: who.Context, Transcript: helloHash(h), Hello: helloHash(h),
	})
	if err != nil {
		return guard.Request{}, err
	}
	entries, err := renewed(contacts, by, c.ID(), who, h.Addresses)
	return by.Local(CapAnswer, append([]fact.Draft{accepted}, entries...)...), err // The code stays, as with Cancel.
}

// Confirm plans the accepter's facts when the inviter has it as a contact: the invitation has ended, with all others
// of the contact that are being accepted, and the contact's addresses are those that it gave.
func Confirm(s *State, contacts *contact.State, by domain.Caller, id ID, who contact.Ref, addresses []string) (guard.Request, error) {
	if err := expect(s, "invite.Confirm", id, PhaseContacting); err != nil {
		return guard.Request{}, err
	}
	entries, err := renewed(contacts, by, id, who, addresses)
	if err != nil {
		return guard.Request{}, err
	}
	r := ending(by, id, entries...)
	r.Capability = CapAccept
	if cert, ok := contacts.Certificate(who.Context); ok {
		err = s.reached(&r, by, cert, who.Context, id)
	}
	return r, err
}

// renewed returns the facts that end an invitation with the contact that there was before.
func renewed(contacts *contact.State, by domain.Caller, id ID, who contact.Ref, addresses []string) ([]fact.Draft, error) {
	completed, err := by.Draft(KindCompleted, Completed{ID: id, Authority: who.Authority, Context: who.Context})
	if err != nil {
		return nil, err
	}
	found, news, err := contact.Found(contacts, by, who, addresses)
	if err != nil || !news {
		return []fact.Draft{completed}, err
	}
	return []fact.Draft{completed, found}, nil
}

// Settle plans the inviter's facts after Done, or any other sign that the accepter has the contact. The answer stays as long as
// the code: a copy of the accepter's home may ask for it again. Attempts of this side to accept an invitation of the accepter end.
func Settle(s *State, contacts *contact.State, by domain.Caller, id ID) (guard.Request, error) {
	if err := expect(s, "invite.Settle", id, PhaseAnswered); err != nil {
		return guard.Request{}, err
	}
	at := s.at(id)
	draft, err := by.Draft(KindCompleted, Completed{ID: id, Authority: at.authority, Context: at.context})
	r := by.Local(CapAnswer, draft)
	if cert, ok := contacts.Certificate(at.context); ok && err == nil {
		err = s.reached(&r, by, cert, at.context, id)
	}
	return r, err
}

// Conclude plans the accepter's facts after an answer: the contact exists. Static is the X25519 key that the
// channel proved; keys and transcript are derived from this side's Hello and the answer. An answer from
// another device than the code's, or with a wrong confirmation, is [aura.Denied]. An inviter that was a contact
// before, in the context known of this side's Hello, and answers as to a stranger has removed this side: the new
// contact takes the place of the old one. An inviter that became a contact since the Hello has accepted an invitation
// of this side meanwhile, and that contact stays the only one. Other attempts to accept an invitation of the inviter end
// with this one.
func Conclude(
	s *State, contacts *contact.State, by domain.Caller, c Code, a Answer, static [32]byte, k Keys, transcript [32]byte, known aura.ContextID,
) (guard.Request, error) {
	const op = "invite.Conclude"
	id := c.ID()
	if err := expect(s, op, id, PhaseContacting); err != nil {
		return guard.Request{}, err
	}
	cert, err := contact.CheckCertificate(a.Certificate)
	if err != nil {
		return guard.Request{}, err
	}
	if cert.Signing != c.Signing || cert.Agreement != c.Agreement || cert.Link != c.Link || static != c.Agreement {
		return guard.Request{}, aura.Errorf(op, aura.Denied, "the answer comes from another device than the invitation")
	}
	if !Confirmed(k.Inviter, a.Confirm) {
		return guard.Request{}, aura.Errorf(op, aura.Denied, "the two sides did not derive the same keys")
	}
	old, met := Known(contacts, c)
	if met && old.Context != known {
		return Confirm(s, contacts, by, id, old, a.Addresses)
	}
	completed, err := by.Draft(KindCompleted, Completed{ID: id, Authority: cert.Authority(), Context: k.Context})
	if err != nil {
		return guard.Request{}, err
	}
	added, err := by.Draft(contact.KindAdded, contact.Added{
		Context: k.Context, Authority: cert.Authority(), Certificate: a.Certificate, Name: a.Name,
		Transcript: transcript, Addresses: a.Addresses,
	})
	if err != nil {
		return guard.Request{}, err
	}
	r := ending(by, id, completed, added)
	r.Capability = CapAccept
	r.Metadata = append(r.Metadata, guard.Meta{Key: domain.SecretKey(k.Context), Value: k.Secret[:]})
	if err := s.reached(&r, by, cert, k.Context, id); err != nil {
		return guard.Request{}, err
	}
	if met {
		err = replace(&r, contacts, by, old)
	}
	return r, err
}

func receivable(s *State, op aura.Op, contacts *contact.State, by domain.Caller, c Code) error {
	if c.Device() == by.Device || s.at(c.ID()).kind == KindCreated {
		return aura.Errorf(op, aura.Conflict, "this is your own invitation: give it to another person")
	}
	if now := s.at(c.ID()).phase; now.Terminal() && now != PhaseCompleted {
		return aura.Errorf(op, aura.Conflict, "the invitation is %s already: ask for a new one", now)
	}
	if err := expect(s, op, c.ID(), 0); err != nil {
		return err
	}
	if known, ok := contacts.ByDevice(c.Device()); ok {
		if cert, _ := contacts.Certificate(known.Context); cert.Agreement != c.Agreement || cert.Link != c.Link {
			return aura.Errorf(op, aura.Denied, "the invitation names other keys than %s has", known.Name)
		}
	}
	return c.CheckAlive(by.Now)
}

// expect returns [aura.Conflict], or [aura.NotFound] for an unknown invitation, unless the invitation is in one
// of the phases. Phase 0 is a code that was never seen.
func expect(s *State, op aura.Op, id ID, phases ...Phase) error {
	now := s.at(id).phase
	for _, p := range phases {
		if now == p {
			return nil
		}
	}
	if now == 0 {
		return aura.Errorf(op, aura.NotFound, "there is no such invitation")
	}
	return aura.Errorf(op, aura.Conflict, "the invitation is %s already", now)
}

// ending returns the request of facts that end an invitation, which forgets its secrets in the same commit.
func ending(by domain.Caller, id ID, entries ...fact.Draft) guard.Request {
	r := by.Local(CapEnd, entries...)
	r.Metadata = []guard.Meta{{Key: CodeKey(id)}, {Key: SeedKey(id)}, {Key: MessageKey(id)}}
	return r
}

// clip shortens a text to the limit of a fact, between two characters.
func clip(reason string) string {
	return aura.Clip(reason, maxReason)
}

// helloHash recognises a Hello that comes again.
func helloHash(h Hello) [32]byte {
	b, err := fact.Marshal(h)
	if err != nil {
		return [32]byte{} // Such a Hello cannot have arrived: it does not fit a message.
	}
	return sha256.Sum256(b)
}

package invite_test

import (
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/foldtest"
	"github.com/aura-runtime/aura/domain/invite"
)

// answerOf computes the answer to a Hello as the service of an inviter does.
func answerOf(t *testing.T, by foldtest.Person, name string, c invite.Code, h invite.Hello) (invite.Answer, invite.Keys, [32]byte) {
	t.Helper()
	a := invite.Answer{Certificate: by.Certificate.Encode(), Name: name, Ciphertext: []byte("sealed")}
	transcript, err := invite.Transcript(c.ID(), h, a)
	if err != nil {
		t.Fatal(err)
	}
	k := invite.Derive([32]byte{1}, []byte("kem"), transcript)
	a.Confirm = k.Inviter
	return a, k, transcript
}

// TestTwoWhoInviteEachOtherMeetOnce: the inviter took a Hello, the answer is late, and the inviter accepts an
// invitation of the same peer meanwhile. Both end with the one contact of the later exchange, in any order in which the
// two answers arrive.
func TestTwoWhoInviteEachOtherMeetOnce(t *testing.T) {
	for _, lateFirst := range []bool{false, true} {
		a, b := sides()
		if a.Authority().Compare(b.Authority()) > 0 {
			a, b = b, a // the greater does not wait for its own attempt
		}
		first, second := code(t, a.Person, 1), code(t, b.Person, 2)
		r, err := invite.Create(at(a.Person, noon), first)
		a.commit(t, r, err)
		r, err = invite.Create(at(b.Person, noon), second)
		b.commit(t, r, err)

		hb := hello(b.Person, b.name)
		r, err = invite.Accept(&b.state, &b.contacts, at(b.Person, noon), first, hb, [64]byte{})
		b.commit(t, r, err)
		fromA, keysA, transcriptA := answerOf(t, a.Person, a.name, first, hb)
		r, err = invite.Admit(&a.contacts, at(a.Person, noon), first, hb, fromA, keysA, transcriptA, contact.Ref{})
		a.commit(t, r, err)

		ha := hello(a.Person, a.name)
		ha.Known = keysA.Context
		r, err = invite.Accept(&a.state, &a.contacts, at(a.Person, noon), second, ha, [64]byte{})
		a.commit(t, r, err)
		offer := invite.Offer(&b.state, &b.contacts, at(b.Person, noon), second, ha, a.Certificate.Agreement)
		if offer.Refusal != 0 || offer.Wait || offer.Again {
			t.Fatalf("the hello that crosses the answer: %+v", offer)
		}
		fromB, keysB, transcriptB := answerOf(t, b.Person, b.name, second, ha)
		r, err = invite.Admit(&b.contacts, at(b.Person, noon), second, ha, fromB, keysB, transcriptB, offer.Replace)
		b.commit(t, r, err)

		atB := func() {
			r, err := invite.Conclude(&b.state, &b.contacts, at(b.Person, noon), first, fromA, a.Certificate.Agreement, keysA, transcriptA, aura.ContextID{})
			b.commit(t, r, err)
		}
		atA := func() {
			r, err := invite.Conclude(&a.state, &a.contacts, at(a.Person, noon), second, fromB, b.Certificate.Agreement, keysB, transcriptB, ha.Known)
			a.commit(t, r, err)
		}
		if lateFirst {
			atB()
			atA()
		} else {
			atA()
			atB()
		}
		for _, s := range []*side{a, b} {
			all := s.contacts.Contacts()
			if len(all) != 1 || all[0].Context != keysB.Context {
				t.Errorf("late first %t: %s has the contacts %+v, want one in %s", lateFirst, s.name, all, keysB.Context)
			}
		}
		if a.phase(second.ID()) != invite.PhaseCompleted || b.phase(first.ID()) != invite.PhaseCompleted {
			t.Errorf("the acceptances are %s and %s", a.phase(second.ID()), b.phase(first.ID()))
		}
	}
}

// TestAMeetingEndsAllAttempts: of a peer's invitations that are being accepted none goes on when the two have met, on
// either side; attempts with others do.
func TestAMeetingEndsAllAttempts(t *testing.T) {
	a, b := sides()
	accepts := func(s *side, c invite.Code) {
		r, err := invite.Accept(&s.state, &s.contacts, at(s.Person, noon), c, hello(s.Person, s.name), [64]byte{})
		s.commit(t, r, err)
	}
	stuck, back, other := code(t, ada, 7), code(t, ben, 8), code(t, cleo, 9)
	accepts(b, stuck)
	accepts(b, other)
	accepts(a, back)
	accepts(a, other)

	c := code(t, ada, 1)
	r, err := invite.Create(at(ada, noon), c)
	a.commit(t, r, err)
	accepts(b, c)
	h := hello(ben, "Ben")
	reply, keys, transcript := answerOf(t, ada, "Ada", c, h)
	r, err = invite.Admit(&a.contacts, at(ada, noon), c, h, reply, keys, transcript, contact.Ref{})
	a.commit(t, r, err)
	if a.phase(back.ID()) != invite.PhaseContacting {
		t.Errorf("the inviter does not know yet that the two have met, and its acceptance is %s", a.phase(back.ID()))
	}
	r, err = invite.Conclude(&b.state, &b.contacts, at(ben, noon), c, reply, ada.Certificate.Agreement, keys, transcript, aura.ContextID{})
	b.commit(t, r, err)
	r, err = invite.Settle(&a.state, &a.contacts, at(ada, noon), c.ID())
	a.commit(t, r, err)

	renewing := code(t, ada, 2)
	for what, phase := range map[string]invite.Phase{"accepter": b.phase(stuck.ID()), "inviter": a.phase(back.ID())} {
		if phase != invite.PhaseCompleted {
			t.Errorf("the %s's other attempt is %s", what, phase)
		}
	}
	if a.phase(other.ID()) != invite.PhaseContacting || b.phase(other.ID()) != invite.PhaseContacting {
		t.Errorf("attempts with another peer are %s and %s", a.phase(other.ID()), b.phase(other.ID()))
	}
	accepts(b, renewing)
	third := code(t, ada, 3)
	accepts(b, third)
	who, _ := invite.Known(&b.contacts, third)
	r, err = invite.Confirm(&b.state, &b.contacts, at(ben, noon), third.ID(), who, nil)
	b.commit(t, r, err)
	if b.phase(renewing.ID()) != invite.PhaseCompleted {
		t.Errorf("after a renewal an earlier one is %s", b.phase(renewing.ID()))
	}
	for key := range b.meta {
		if key == invite.SeedKey(stuck.ID()) || key == invite.SeedKey(renewing.ID()) {
			t.Error("the secret of an attempt that ended is kept")
		}
	}
}

// TestTwoWhoMeetAnewAtOnceMeetOnce: one has the other as a contact, the other does not, and both accept an invitation of
// each other at once. The lesser waits for its own attempt, in either case of who has the old contact.
func TestTwoWhoMeetAnewAtOnceMeetOnce(t *testing.T) {
	for _, lesserKnows := range []bool{true, false} {
		lesser, greater := sides()
		if lesser.Authority().Compare(greater.Authority()) > 0 {
			lesser, greater = greater, lesser
		}
		knows, of := lesser, greater
		if !lesserKnows {
			knows, of = greater, lesser
		}
		old := knows.Own(t, 1, contact.KindAdded, contact.Added{
			Context: aura.ContextID{7}, Authority: of.Authority(), Certificate: of.Certificate.Encode(), Name: of.name,
		})
		knows.contacts.Apply(&old)
		knows.clock = 1

		codes, hellos := map[*side]invite.Code{}, map[*side]invite.Hello{}
		for i, s := range []*side{lesser, greater} {
			codes[s] = code(t, s.Person, byte(1+i))
			r, err := invite.Create(at(s.Person, noon), codes[s])
			s.commit(t, r, err)
		}
		for s, other := range map[*side]*side{lesser: greater, greater: lesser} {
			h := hello(s.Person, s.name)
			if known, ok := invite.Known(&s.contacts, codes[other]); ok {
				h.Known = known.Context
			}
			hellos[s] = h
			r, err := invite.Accept(&s.state, &s.contacts, at(s.Person, noon), codes[other], h, [64]byte{})
			s.commit(t, r, err)
		}
		offers := func(by, to *side) invite.Admission {
			return invite.Offer(&by.state, &by.contacts, at(by.Person, noon), codes[by], hellos[to], to.Certificate.Agreement)
		}
		if got := offers(lesser, greater); !got.Wait {
			t.Fatalf("lesser knows %t: the lesser does not wait: %+v", lesserKnows, got)
		}
		offer := offers(greater, lesser)
		if offer.Wait || offer.Refusal != 0 {
			t.Fatalf("lesser knows %t: the greater does not answer: %+v", lesserKnows, offer)
		}
		c, h := codes[greater], hellos[lesser]
		reply, keys, transcript := answerOf(t, greater.Person, greater.name, c, h)
		r, err := invite.Admit(&greater.contacts, at(greater.Person, noon), c, h, reply, keys, transcript, offer.Replace)
		greater.commit(t, r, err)
		r, err = invite.Conclude(&lesser.state, &lesser.contacts, at(lesser.Person, noon), c, reply, greater.Certificate.Agreement, keys, transcript, h.Known)
		lesser.commit(t, r, err)
		if got := offers(lesser, greater); got.Refusal != invite.RefusalKnown {
			t.Errorf("lesser knows %t: the other attempt goes on after the two have met: %+v", lesserKnows, got)
		}
		for _, s := range []*side{lesser, greater} {
			if all := s.contacts.Contacts(); len(all) != 1 || all[0].Context != keys.Context {
				t.Errorf("lesser knows %t: %s has the contacts %+v, want one in %s", lesserKnows, s.name, all, keys.Context)
			}
		}
	}
}

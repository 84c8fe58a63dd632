package invite_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"flag"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/foldtest"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var (
	ada  = foldtest.NewPerson(1)
	ben  = foldtest.NewPerson(2)
	cleo = foldtest.NewPerson(3)
	noon = aura.Physical{At: aura.Instant(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC).UnixNano())}
	late = aura.Physical{At: noon.At.Add(60 * 24 * time.Hour)}
)

func at(p foldtest.Person, now aura.Physical) domain.Caller {
	return domain.Caller{Authority: p.Authority(), Device: p.Device(), Operation: aura.OperationID{1}, Now: now}
}

func code(t testing.TB, by foldtest.Person, secret byte, addresses ...string) invite.Code {
	t.Helper()
	c, err := invite.New(by.Certificate, [16]byte{secret}, addresses, 0, noon)
	if err != nil {
		t.Fatal(err)
	}
	copy(c.Signature[:], ed25519.Sign(by.Signing, c.SigningBytes()))
	return c
}

func hello(p foldtest.Person, name string) invite.Hello {
	return invite.Hello{Certificate: p.Certificate.Encode(), Name: name, Key: []byte("key of " + name)}
}

func TestCodeIsOneShortLine(t *testing.T) {
	var many []string
	for i := range 20 {
		ip := "/ip4/198.51.100." + string(rune('0'+i%10))
		many = append(many, ip+"/tcp/4001", ip+"/udp/4001/quic-v1")
	}
	c := code(t, ada, 1, many...)
	text := c.Encode()
	if len(text) > invite.MaxCode || strings.ContainsAny(text, " \n") || !strings.HasPrefix(text, "aura1") {
		t.Fatalf("%d characters: %s", len(text), text)
	}
	if len(c.Addresses) != 10 {
		t.Fatalf("%d addresses fit: %v", len(c.Addresses), c.Addresses)
	}
	got, err := invite.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(c, got); diff != "" {
		t.Fatal(diff)
	}
}

func TestBestAddressesComeFirst(t *testing.T) {
	c := code(t, ada, 1,
		"/ip4/127.0.0.1/tcp/4001", "/ip4/192.168.1.5/udp/4001/quic-v1", "/ip4/203.0.113.9/tcp/4001",
		"/ip6/2001:db8::1/udp/4001/quic-v1", "/dns4/example.org/tcp/4001", "/ip4/0.0.0.0/tcp/4001",
		"/ip4/203.0.113.9/udp/4001/quic-v1", "/ip4/1.2.3.4/tcp/0", "/ip4/1.2.3.4/tcp/4001/p2p/x")
	want := []string{
		"/ip4/203.0.113.9/udp/4001/quic-v1", "/ip4/203.0.113.9/tcp/4001", "/ip6/2001:db8::1/udp/4001/quic-v1",
		"/ip4/192.168.1.5/udp/4001/quic-v1", "/ip4/127.0.0.1/tcp/4001",
	}
	if diff := cmp.Diff(want, c.Addresses); diff != "" {
		t.Fatal(diff)
	}
}

func TestParseSaysWhatIsWrong(t *testing.T) {
	c := code(t, ada, 1, "/ip4/192.0.2.1/tcp/4001")
	text := c.Encode()
	forged := c
	forged.Expires += aura.Instant(time.Hour)
	for name, tc := range map[string]struct {
		text string
		kind aura.Kind
		says string
	}{
		"intact":            {text: text},
		"wrapped by a chat": {text: "  " + text[:80] + "\n" + text[80:160] + "\u200b " + text[160:] + "\r\n"},
		"empty":             {"", aura.Invalid, "not an invitation"},
		"something else":    {"hello", aura.Invalid, "not an invitation"},
		"a word":            {"auras", aura.Invalid, "not an invitation"},
		"newer":             {"aura2" + text[5:], aura.Unavailable, "upgrade"},
		"very long":         {text + strings.Repeat("A", 300), aura.Invalid, "the most is 300"},
		"odd character":     {text[:50] + "!" + text[51:], aura.Corrupt, "damaged at character 51"},
		"cut off":           {text[:90], aura.Corrupt, "cut off after 90"},
		"cut off by one":    {text[:len(text)-1], aura.Corrupt, ""},
		"changed":           {text[:20] + "AAAA" + text[24:], aura.Corrupt, "signature does not match"},
		"later expiry":      {forged.Encode(), aura.Corrupt, "signature does not match"},
	} {
		got, err := invite.Parse(tc.text)
		if aura.KindOf(err) != tc.kind || err != nil && !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil && got.ID() != c.ID() {
			t.Errorf("%s: parsed another invitation", name)
		}
	}
	if err := c.CheckAlive(noon); err != nil {
		t.Errorf("a fresh code: %v", err)
	}
	if err := c.CheckAlive(late); !errors.Is(err, aura.Denied) || !strings.Contains(err.Error(), "30 November 2026") {
		t.Errorf("an old code: %v", err)
	}
	if s := c.String(); strings.Contains(s, text[5:20]) || s != c.ID().String() {
		t.Errorf("a printed code shows %s", s)
	}
}

func TestCodesSurviveARoundTrip(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		parts := rapid.SliceOfN(rapid.SampledFrom([]string{
			"/ip4/10.0.0.1/tcp/1", "/ip4/10.0.0.1/udp/1/quic-v1", "/ip4/10.0.0.1/udp/2/quic-v1", "/ip6/::1/tcp/3",
			"/ip6/2001:db8::5/tcp/65535", "/ip4/8.8.8.8/tcp/80", "/ip6/fe80::1/udp/9/quic-v1", "/nonsense", "",
		}), 0, 12).Draw(rt, "addresses")
		c := code(t, ada, rapid.Byte().Draw(rt, "secret"), parts...)
		text := c.Encode()
		got, err := invite.Parse(text)
		if err != nil || len(text) > invite.MaxCode {
			rt.Fatalf("%d characters, %v", len(text), err)
		}
		if diff := cmp.Diff(c, got); diff != "" {
			rt.Fatal(diff)
		}
	})
}

func TestLifeIsBounded(t *testing.T) {
	for _, life := range []aura.Duration{-time.Hour, time.Millisecond, invite.MaxLife + 1} {
		if _, err := invite.New(ada.Certificate, [16]byte{1}, nil, life, noon); !errors.Is(err, aura.Invalid) {
			t.Errorf("%v: %v", life, err)
		}
	}
}

// side is the state of one of the two.
type side struct {
	foldtest.Person
	name     string
	state    invite.State
	contacts contact.State
	meta     map[string][]byte
	clock    aura.Logical
}

// commit does what interpreting an allowed request would.
func (s *side) commit(t *testing.T, r guard.Request, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	registry := foldtest.Registry(t, invite.Module(), contact.Module())
	for _, d := range r.Entries {
		s.clock++
		record := s.Drafted(d, s.clock, uint64(s.clock))
		if err := registry.Check(&record.Fact); err != nil {
			t.Fatal(err)
		}
		s.state.Apply(&record)
		s.contacts.Apply(&record)
	}
	for _, m := range r.Metadata {
		s.meta[m.Key] = m.Value
		if len(m.Value) == 0 {
			delete(s.meta, m.Key)
		}
	}
}

func (s *side) phase(id invite.ID) invite.Phase {
	in, _ := s.state.Invitation(id, noon)
	return in.Phase
}

func sides() (*side, *side) {
	return &side{Person: ada, name: "Ada", meta: map[string][]byte{}}, &side{Person: ben, name: "Ben", meta: map[string][]byte{}}
}

// TestWhatIsNotHereIsNotFound: a plan for an unknown invitation and one that comes too late return different errors.
func TestWhatIsNotHereIsNotFound(t *testing.T) {
	a, _ := sides()
	id := invite.ID{7}
	for name, plan := range map[string]func() (guard.Request, error){
		"cancel": func() (guard.Request, error) {
			return invite.Cancel(&a.state, at(ada, noon), invite.CancelIntent{ID: id})
		},
		"fail":   func() (guard.Request, error) { return invite.Fail(&a.state, at(ada, noon), id, "no") },
		"settle": func() (guard.Request, error) { return invite.Settle(&a.state, &a.contacts, at(ada, noon), id) },
	} {
		if _, err := plan(); !errors.Is(err, aura.NotFound) {
			t.Errorf("%s: got %v, want not found", name, err)
		}
	}
}

// answer computes the answer to a Hello as the inviter's service does.
func answer(t *testing.T, c invite.Code, h invite.Hello) (invite.Answer, invite.Keys, [32]byte) {
	t.Helper()
	a := invite.Answer{Certificate: ada.Certificate.Encode(), Name: "Ada", Ciphertext: []byte("sealed")}
	transcript, err := invite.Transcript(c.ID(), h, a)
	if err != nil {
		t.Fatal(err)
	}
	k := invite.Derive([32]byte{1}, []byte("kem"), transcript)
	a.Confirm = k.Inviter
	return a, k, transcript
}

func TestExchangeEndsInOneContactOnBothSides(t *testing.T) {
	a, b := sides()
	c := code(t, ada, 1)
	id := c.ID()
	r, err := invite.Create(at(ada, noon), c)
	a.commit(t, r, err)
	h := hello(ben, "Ben")
	r, err = invite.Accept(&b.state, &b.contacts, at(ben, noon), c, h, [64]byte{5})
	b.commit(t, r, err)
	if !slices.Equal(b.state.Contacting(ben.Device()), []invite.ID{id}) || len(b.meta[invite.SeedKey(id)]) != 64 {
		t.Fatal("the accepter could not go on after a crash")
	}

	// The Hello as the inviter gets it is the one that the accepter kept.
	m, err := invite.DecodeMessage(b.meta[invite.MessageKey(id)])
	if err != nil {
		t.Fatal(err)
	}
	if offer := invite.Offer(&a.state, &a.contacts, at(ada, noon), c, *m.Hello, ben.Certificate.Agreement); offer.Refusal != 0 || offer.Again {
		t.Fatalf("offer %+v", offer)
	}
	reply, keys, transcript := answer(t, c, *m.Hello)
	r, err = invite.Admit(&a.contacts, at(ada, noon), c, *m.Hello, reply, keys, transcript, contact.Ref{})
	a.commit(t, r, err)

	// The answer was lost: the same Hello gets the same one, even after the expiry.
	if offer := invite.Offer(&a.state, &a.contacts, at(ada, late), c, h, ben.Certificate.Agreement); !offer.Again {
		t.Fatalf("the same Hello again: %+v", offer)
	}
	m, err = invite.DecodeMessage(a.meta[invite.MessageKey(id)])
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&reply, m.Answer); diff != "" {
		t.Fatal(diff)
	}

	transcript, err = invite.Transcript(id, h, *m.Answer)
	if err != nil {
		t.Fatal(err)
	}
	keys = invite.Derive([32]byte{1}, []byte("kem"), transcript)
	r, err = invite.Conclude(&b.state, &b.contacts, at(ben, noon), c, *m.Answer, ada.Certificate.Agreement, keys, transcript, aura.ContextID{})
	b.commit(t, r, err)
	r, err = invite.Settle(&a.state, &a.contacts, at(ada, noon), id)
	a.commit(t, r, err)

	if a.phase(id) != invite.PhaseCompleted || b.phase(id) != invite.PhaseCompleted {
		t.Fatalf("phases %s and %s", a.phase(id), b.phase(id))
	}
	theirs, mine := a.contacts.Contacts()[0], b.contacts.Contacts()[0]
	if theirs.Name != "Ben" || mine.Name != "Ada" || theirs.Context != mine.Context || theirs.Verification != mine.Verification {
		t.Fatalf("contacts %+v and %+v", theirs, mine)
	}
	secret := domain.SecretKey(mine.Context)
	if !bytes.Equal(a.meta[secret], b.meta[secret]) || len(a.meta[secret]) != 32 {
		t.Fatal("the two have different secrets")
	}
	if diff := cmp.Diff([]string{secret}, keysOf(b.meta)); diff != "" {
		t.Fatalf("the accepter keeps more than the context's secret:\n%s", diff)
	}
	// A copy of the accepter's home may be in the middle of the exchange. Another Hello gets no answer, nor does a contact that was removed.
	again := func() invite.Admission {
		return invite.Offer(&a.state, &a.contacts, at(ada, noon), c, h, ben.Certificate.Agreement)
	}
	if offer := again(); !offer.Again || a.meta[invite.MessageKey(id)] == nil {
		t.Errorf("the same Hello after the end: %+v", offer)
	}
	other := h
	other.Name = "Benjamin"
	if offer := invite.Offer(&a.state, &a.contacts, at(ada, noon), c, other, ben.Certificate.Agreement); offer.Refusal != invite.RefusalUsed {
		t.Errorf("another Hello after the end: %+v", offer)
	}
	r, err = contact.Remove(&a.contacts, at(ada, noon), contact.RemoveIntent{Contact: theirs.Ref})
	a.commit(t, r, err)
	if offer := again(); offer.Refusal != invite.RefusalUsed {
		t.Errorf("the same Hello after the contact was removed: %+v", offer)
	}
	a.commit(t, invite.Forget(at(ada, late), id), nil)
	if _, kept := a.meta[invite.MessageKey(id)]; kept {
		t.Error("the inviter keeps the answer for good")
	}
}

func keysOf(m map[string][]byte) []string { return slices.Sorted(maps.Keys(m)) }

func TestInvitationServesOnce(t *testing.T) {
	a, _ := sides()
	c := code(t, ada, 1)
	other := code(t, ada, 2)
	for _, c := range []invite.Code{c, other} {
		r, err := invite.Create(at(ada, noon), c)
		a.commit(t, r, err)
	}
	h := hello(ben, "Ben")
	reply, keys, transcript := answer(t, c, h)
	r, err := invite.Admit(&a.contacts, at(ada, noon), c, h, reply, keys, transcript, contact.Ref{})
	a.commit(t, r, err)

	second := invite.Offer(&a.state, &a.contacts, at(ada, noon), c, hello(cleo, "Cleo"), cleo.Certificate.Agreement)
	if second.Refusal != invite.RefusalUsed {
		t.Errorf("a second accepter: %+v", second)
	}
	if _, err := invite.Cancel(&a.state, at(ada, noon), invite.CancelIntent{ID: c.ID()}); !errors.Is(err, aura.Conflict) {
		t.Errorf("cancelling a used invitation: %v", err)
	}
	again := invite.Offer(&a.state, &a.contacts, at(ada, noon), other, hello(ben, "Ben"), ben.Certificate.Agreement)
	if again.Refusal != invite.RefusalKnown {
		t.Errorf("a contact with another code: %+v", again)
	}
}

// A contact that answers a later invitation as a stranger has removed this side: the two meet anew, once.
func TestWhoRemovedTheInviterIsMetAnew(t *testing.T) {
	a, _ := sides()
	meet := func(n byte) contact.Ref {
		c := code(t, ada, n)
		r, err := invite.Create(at(ada, noon), c)
		a.commit(t, r, err)
		h := hello(ben, "Ben")
		offer := invite.Offer(&a.state, &a.contacts, at(ada, noon), c, h, ben.Certificate.Agreement)
		if offer.Refusal != 0 || offer.Again {
			t.Fatalf("invitation %d: %+v", n, offer)
		}
		reply, keys, transcript := answer(t, c, h)
		r, err = invite.Admit(&a.contacts, at(ada, noon), c, h, reply, keys, transcript, offer.Replace)
		a.commit(t, r, err)
		if all := a.contacts.Contacts(); len(all) != 1 || all[0].Context != keys.Context {
			t.Fatalf("after invitation %d the contacts are %+v", n, all)
		}
		return offer.Replace
	}
	if old := meet(1); old != (contact.Ref{}) {
		t.Errorf("a stranger took the place of %v", old)
	}
	first := a.contacts.Contacts()[0]
	if old := meet(2); old != first.Ref {
		t.Errorf("the place of %v was taken, not of %v", old, first.Ref)
	}
	if secret := a.meta[domain.SecretKey(first.Context)]; secret != nil {
		t.Error("the secret of the old relation is kept")
	}
}

func TestOfferIsRefusedWithItsReason(t *testing.T) {
	c := code(t, ada, 1)
	for name, tc := range map[string]struct {
		now    aura.Physical
		hello  invite.Hello
		static [32]byte
		cancel bool
		want   invite.Refusal
	}{
		"good":           {noon, hello(ben, "Ben"), ben.Certificate.Agreement, false, 0},
		"another's key":  {noon, hello(ben, "Ben"), cleo.Certificate.Agreement, false, invite.RefusalInvalid},
		"oneself":        {noon, hello(ada, "Ada"), ada.Certificate.Agreement, false, invite.RefusalInvalid},
		"no certificate": {noon, invite.Hello{Name: "Ben"}, ben.Certificate.Agreement, false, invite.RefusalInvalid},
		"expired":        {late, hello(ben, "Ben"), ben.Certificate.Agreement, false, invite.RefusalExpired},
		"cancelled":      {noon, hello(ben, "Ben"), ben.Certificate.Agreement, true, invite.RefusalCancelled},
	} {
		a, _ := sides()
		r, err := invite.Create(at(ada, noon), c)
		a.commit(t, r, err)
		if tc.cancel {
			r, err = invite.Cancel(&a.state, at(ada, noon), invite.CancelIntent{ID: c.ID()})
			a.commit(t, r, err)
			if !slices.Contains(a.state.Listening(ada.Device(), noon), c.ID()) || a.meta[invite.CodeKey(c.ID())] == nil {
				t.Error("the cancellation leaves no trace for an accepter")
			}
		}
		if got := invite.Offer(&a.state, &a.contacts, at(ada, tc.now), c, tc.hello, tc.static); got.Refusal != tc.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestPeopleWhoInviteEachOtherMeetOnce(t *testing.T) {
	waits := 0
	for _, pair := range [][2]foldtest.Person{{ada, ben}, {ben, ada}} {
		me, peer := pair[0], pair[1]
		own, theirs := code(t, me, 1), code(t, peer, 2)
		s := &side{Person: me, meta: map[string][]byte{}}
		r, err := invite.Create(at(me, noon), own)
		s.commit(t, r, err)
		r, err = invite.Accept(&s.state, &s.contacts, at(me, noon), theirs, hello(me, "Me"), [64]byte{})
		s.commit(t, r, err)
		offer := func() invite.Admission {
			return invite.Offer(&s.state, &s.contacts, at(me, noon), own, hello(peer, "Peer"), peer.Certificate.Agreement)
		}
		if offer().Wait {
			waits++
		}
		r, err = invite.Fail(&s.state, at(me, noon), theirs.ID(), "the other one came first")
		s.commit(t, r, err)
		if got := offer(); got.Wait || got.Refusal != 0 {
			t.Errorf("once its own attempt has failed: %+v", got)
		}
	}
	if waits != 1 {
		t.Errorf("%d of two sides wait for each other, want one", waits)
	}
}

func TestAcceptRefusesWhatCannotWork(t *testing.T) {
	c := code(t, ada, 1)
	_, b := sides()
	if _, err := invite.Accept(&b.state, &b.contacts, at(ben, late), c, hello(ben, "Ben"), [64]byte{}); !errors.Is(err, aura.Denied) {
		t.Errorf("an expired code: %v", err)
	}
	own := code(t, ben, 1)
	if _, err := invite.Accept(&b.state, &b.contacts, at(ben, noon), own, hello(ben, "Ben"), [64]byte{}); !errors.Is(err, aura.Conflict) {
		t.Errorf("one's own code: %v", err)
	}
	r, err := invite.Accept(&b.state, &b.contacts, at(ben, noon), c, hello(ben, "Ben"), [64]byte{})
	b.commit(t, r, err)
	if _, err := invite.Accept(&b.state, &b.contacts, at(ben, noon), c, hello(ben, "Ben"), [64]byte{}); !errors.Is(err, aura.Conflict) {
		t.Errorf("the same code twice: %v", err)
	}
	known := ben.Own(t, 9, contact.KindAdded, contact.Added{
		Context: aura.ContextID{1}, Authority: ada.Authority(), Certificate: ada.Certificate.Encode(), Name: "Ada",
	})
	b.contacts.Apply(&known)
	forged := code(t, ada, 2)
	forged.Agreement = cleo.Certificate.Agreement
	copy(forged.Signature[:], ed25519.Sign(ada.Signing, forged.SigningBytes()))
	_, err = invite.Accept(&b.state, &b.contacts, at(ben, noon), forged, hello(ben, "Ben"), [64]byte{})
	if !errors.Is(err, aura.Denied) || !strings.Contains(err.Error(), "other keys than Ada has") {
		t.Errorf("a contact's code with another key: %v", err)
	}
}

// TestAContactsInvitationRenewsAddressesAndNothingElse goes through the exchange of two who are contacts.
func TestAContactsInvitationRenewsAddressesAndNothingElse(t *testing.T) {
	a, b := sides()
	context := aura.ContextID{7}
	added := func(of, peer foldtest.Person, name string) fact.Record {
		return of.Own(t, 1, contact.KindAdded, contact.Added{
			Context: context, Authority: peer.Authority(), Certificate: peer.Certificate.Encode(), Name: name,
			Transcript: [32]byte{7}, Addresses: []string{"/ip4/192.0.2.1/tcp/1"},
		})
	}
	theirs, mine := added(ada, ben, "Ben"), added(ben, ada, "Ada")
	a.contacts.Apply(&theirs)
	b.contacts.Apply(&mine)

	c := code(t, ada, 1, "/ip4/192.0.2.2/tcp/2")
	r, err := invite.Create(at(ada, noon), c)
	a.commit(t, r, err)
	h := hello(ben, "Ben")
	h.Known, h.Addresses = context, []string{"/ip4/192.0.2.3/tcp/3"}
	r, err = invite.Accept(&b.state, &b.contacts, at(ben, noon), c, h, [64]byte{})
	b.commit(t, r, err)
	if diff := cmp.Diff([]string{"/ip4/192.0.2.2/tcp/2", "/ip4/192.0.2.1/tcp/1"}, b.contacts.Addresses(context)); diff != "" {
		t.Errorf("the signed addresses of the code are not taken at once: %s", diff)
	}

	// Another peer with the same code does not become this contact by naming its context.
	thief := hello(cleo, "Ben")
	thief.Known = context
	if got := invite.Offer(&a.state, &a.contacts, at(ada, noon), c, thief, cleo.Certificate.Agreement); got.Renew != (contact.Ref{}) {
		t.Errorf("a stranger who names the context of a contact: %+v", got)
	}

	offer := invite.Offer(&a.state, &a.contacts, at(ada, noon), c, h, ben.Certificate.Agreement)
	if offer.Renew.Context != context || offer.Again || offer.Refusal != 0 {
		t.Fatalf("the contact's hello: %+v", offer)
	}
	r, err = invite.Renew(&a.contacts, at(ada, noon), c, h, offer.Renew)
	a.commit(t, r, err)
	if again := invite.Offer(&a.state, &a.contacts, at(ada, noon), c, h, ben.Certificate.Agreement); !again.Again || again.Renew != offer.Renew {
		t.Errorf("the same hello after a lost reply: %+v", again)
	}
	known, _ := invite.Known(&b.contacts, c)
	r, err = invite.Confirm(&b.state, &b.contacts, at(ben, noon), c.ID(), known, []string{"/ip4/192.0.2.4/tcp/4"})
	b.commit(t, r, err)

	if a.phase(c.ID()) != invite.PhaseCompleted || b.phase(c.ID()) != invite.PhaseCompleted {
		t.Errorf("phases %s and %s", a.phase(c.ID()), b.phase(c.ID()))
	}
	if where := a.contacts.Addresses(context); where[0] != "/ip4/192.0.2.3/tcp/3" {
		t.Errorf("the inviter looks at %v", where)
	}
	if where := b.contacts.Addresses(context); where[0] != "/ip4/192.0.2.4/tcp/4" {
		t.Errorf("the accepter looks at %v", where)
	}
	for who, s := range map[string]*side{"inviter": a, "accepter": b} {
		all := s.contacts.Contacts()
		if len(all) != 1 || all[0].Context != context || all[0].Verification != contact.Verification([32]byte{7}) {
			t.Errorf("the %s has %+v", who, all)
		}
		if _, keyed := s.meta[domain.SecretKey(context)]; keyed {
			t.Errorf("the %s has another secret", who)
		}
	}
}

func TestAnswerOfAnotherIsDenied(t *testing.T) {
	c, h := code(t, ada, 1), hello(ben, "Ben")
	reply, keys, transcript := answer(t, c, h)
	for name, tc := range map[string]struct {
		change func(*invite.Answer)
		static [32]byte
	}{
		"another channel":      {func(*invite.Answer) {}, cleo.Certificate.Agreement},
		"another device":       {func(a *invite.Answer) { a.Certificate = cleo.Certificate.Encode() }, ada.Certificate.Agreement},
		"another confirmation": {func(a *invite.Answer) { a.Confirm[0] ^= 1 }, ada.Certificate.Agreement},
	} {
		_, b := sides()
		r, err := invite.Accept(&b.state, &b.contacts, at(ben, noon), c, h, [64]byte{})
		b.commit(t, r, err)
		bad := reply
		tc.change(&bad)
		if _, err := invite.Conclude(&b.state, &b.contacts, at(ben, noon), c, bad, tc.static, keys, transcript, aura.ContextID{}); !errors.Is(err, aura.Denied) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestKeysBindEverythingThatWasSaid(t *testing.T) {
	c, h := code(t, ada, 1), hello(ben, "Ben")
	_, keys, base := answer(t, c, h)
	a := invite.Answer{Certificate: ada.Certificate.Encode(), Name: "Ada", Ciphertext: []byte("sealed")}
	for name, change := range map[string]func(*invite.Code, *invite.Hello, *invite.Answer){
		"code":       func(c *invite.Code, _ *invite.Hello, _ *invite.Answer) { *c = code(t, ada, 2) },
		"key":        func(_ *invite.Code, h *invite.Hello, _ *invite.Answer) { h.Key = []byte("other") },
		"name":       func(_ *invite.Code, h *invite.Hello, _ *invite.Answer) { h.Name = "Eve" },
		"ciphertext": func(_ *invite.Code, _ *invite.Hello, a *invite.Answer) { a.Ciphertext = []byte("other") },
	} {
		c, h, a := c, h, a
		change(&c, &h, &a)
		got, err := invite.Transcript(c.ID(), h, a)
		if err != nil || got == base {
			t.Errorf("%s is not in the transcript: %v", name, err)
		}
	}
	for name, other := range map[string]invite.Keys{
		"X25519": invite.Derive([32]byte{2}, []byte("kem"), base),
		"ML-KEM": invite.Derive([32]byte{1}, []byte("other"), base),
	} {
		if other.Secret == keys.Secret || other.Inviter == keys.Inviter || other.Context != keys.Context {
			t.Errorf("%s does not enter the keys as it should", name)
		}
	}
	if keys.Secret == keys.Inviter || keys.Inviter == keys.Accepter {
		t.Error("two uses have one key")
	}
}

func TestMessagesThatDoNotHoldUpAreRefused(t *testing.T) {
	good := hello(ben, "Ben")
	for name, tc := range map[string]struct {
		message invite.Message
		kind    aura.Kind
	}{
		"hello":       {invite.Message{Hello: &good}, 0},
		"nothing":     {invite.Message{}, aura.Corrupt},
		"two":         {invite.Message{Hello: &good, Done: &invite.Done{}}, aura.Corrupt},
		"no key":      {invite.Message{Hello: &invite.Hello{Certificate: good.Certificate, Name: "Ben"}}, aura.Invalid},
		"long key":    {invite.Message{Hello: &invite.Hello{Certificate: good.Certificate, Name: "Ben", Key: make([]byte, 3000)}}, aura.Invalid},
		"bad name":    {invite.Message{Hello: &invite.Hello{Certificate: good.Certificate, Name: "B\n", Key: good.Key}}, aura.Invalid},
		"certificate": {invite.Message{Hello: &invite.Hello{Certificate: []byte{1}, Name: "Ben", Key: good.Key}}, aura.Invalid},
	} {
		b, err := tc.message.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := invite.DecodeMessage(b); aura.KindOf(err) != tc.kind {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestInvitationsRunOut(t *testing.T) {
	a, b := sides()
	c := code(t, ada, 1)
	r, err := invite.Create(at(ada, noon), c)
	a.commit(t, r, err)
	r, err = invite.Accept(&b.state, &b.contacts, at(ben, noon), c, hello(ben, "Ben"), [64]byte{})
	b.commit(t, r, err)

	after := aura.Physical{At: c.Expires}
	if !slices.Equal(a.state.Expired(ada.Device(), nil, after), []invite.ID{c.ID()}) || len(b.state.Expired(ben.Device(), nil, after)) != 0 {
		t.Fatal("at the expiry the inviter ends it and the accepter still waits for a late answer")
	}
	if in, _ := a.state.Invitation(c.ID(), after); in.Phase != invite.PhaseExpired {
		t.Fatalf("shown as %s", in.Phase)
	}
	for _, s := range []*side{a, b} {
		r, err = invite.Expire(&s.state, at(s.Person, late), nil, c.ID())
		s.commit(t, r, err)
		if s.phase(c.ID()) != invite.PhaseExpired {
			t.Errorf("%s: %s", s.name, s.phase(c.ID()))
		}
	}
	if got := invite.Offer(&a.state, &a.contacts, at(ada, late), c, hello(ben, "Ben"), ben.Certificate.Agreement); got.Refusal != invite.RefusalExpired {
		t.Errorf("an accepter who tries the code afterwards is told %+v", got)
	}
	if over := a.state.Collectable(ada.Device(), late); !slices.Equal(over, []invite.ID{c.ID()}) {
		t.Errorf("over are %v", over)
	}
	a.commit(t, invite.Forget(at(ada, late), c.ID()), nil)
	for _, s := range []*side{a, b} {
		if len(s.meta) != 0 {
			t.Errorf("%s keeps %v", s.name, keysOf(s.meta))
		}
	}
	if _, err := invite.Decline(&b.state, at(ben, late), c); !errors.Is(err, aura.Conflict) {
		t.Errorf("declining afterwards: %v", err)
	}
}

func TestFailureKeepsAReadableReason(t *testing.T) {
	_, b := sides()
	c := code(t, ada, 1)
	r, err := invite.Accept(&b.state, &b.contacts, at(ben, noon), c, hello(ben, "Ben"), [64]byte{})
	b.commit(t, r, err)
	r, err = invite.Fail(&b.state, at(ben, noon), c.ID(), "x"+strings.Repeat("é", 200))
	b.commit(t, r, err)
	in, _ := b.state.Invitation(c.ID(), noon)
	if in.Phase != invite.PhaseFailed || in.Reason != "x"+strings.Repeat("é", 127) {
		t.Errorf("%s: %q", in.Phase, in.Reason)
	}
}

func TestDeclineStaysAtHome(t *testing.T) {
	_, b := sides()
	c := code(t, ada, 1)
	r, err := invite.Decline(&b.state, at(ben, noon), c)
	if len(r.Sends) != 0 {
		t.Error("declining makes an entry for a peer")
	}
	b.commit(t, r, err)
	if b.phase(c.ID()) != invite.PhaseDeclined {
		t.Errorf("phase %s", b.phase(c.ID()))
	}
	if _, err := invite.Accept(&b.state, &b.contacts, at(ben, noon), c, hello(ben, "Ben"), [64]byte{}); !errors.Is(err, aura.Conflict) {
		t.Errorf("accepting afterwards: %v", err)
	}
}

func events(t *testing.T) *rapid.Generator[fact.Record] {
	ids := []invite.ID{{1}, {2}}
	return rapid.Custom(func(rt *rapid.T) fact.Record {
		when := aura.Logical(rapid.Uint64Range(1, 9).Draw(rt, "logical"))
		id := rapid.SampledFrom(ids).Draw(rt, "id")
		who := rapid.SampledFrom([]foldtest.Person{ben, cleo}).Draw(rt, "who").Authority()
		ada := rapid.SampledFrom([]foldtest.Person{ada, sibling(ada, 9)}).Draw(rt, "device")
		switch kind := rapid.SampledFrom([]string{
			invite.KindCreated, invite.KindAccepting, invite.KindAccepted, invite.KindCompleted,
			invite.KindDeclined, invite.KindCancelled, invite.KindFailed, invite.KindExpired,
		}).Draw(rt, "kind"); kind {
		case invite.KindCreated, invite.KindDeclined:
			return ada.Own(t, when, kind, invite.Created{ID: id, Expires: noon.At})
		case invite.KindAccepting:
			return ada.Own(t, when, kind, invite.Accepting{ID: id, Expires: noon.At, Device: ben.Device()})
		case invite.KindAccepted:
			return ada.Own(t, when, kind, invite.Accepted{ID: id, Authority: who, Context: aura.ContextID{1}, Hello: [32]byte(who)})
		case invite.KindCompleted:
			return ada.Own(t, when, kind, invite.Completed{ID: id, Authority: who, Context: aura.ContextID{1}})
		default:
			return ada.Own(t, when, kind, invite.Ended{ID: id, Reason: kind})
		}
	})
}

func newState() *invite.State { return &invite.State{} }

func TestSavedStateIsRestored(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		foldtest.Restorable(rt, rapid.SliceOfN(events(t), 1, 15).Draw(rt, "records"), newState)
	})
}

func TestVersionOfTheState(t *testing.T) {
	foldtest.Versioned(t, *update, rapid.SliceOfN(events(t), 1, 15), newState)
}

func TestStateIsTheSameForAnyOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		records := rapid.SliceOfN(events(t), 1, 15).Draw(rt, "records")
		foldtest.OrderInsensitive(rt, records, func() *invite.State { return &invite.State{} })
	})
}

func TestTerminalPhaseNeverChanges(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		records := rapid.SliceOfN(events(t), 1, 25).Draw(rt, "records")
		slices.SortStableFunc(records, func(a, b fact.Record) int { return fact.Compare(&a, &b) })
		ended := map[invite.ID]invite.Invitation{}
		var s invite.State
		for i := range records {
			s.Apply(&records[i])
			for _, in := range s.Invitations(aura.Physical{}) {
				if was, ok := ended[in.ID]; ok && was != in {
					rt.Fatalf("%+v became %+v", was, in)
				}
				if in.Phase.Terminal() {
					ended[in.ID] = in
				}
			}
		}
	})
}

func TestResolveFindsByTheBeginning(t *testing.T) {
	a, _ := sides()
	c := code(t, ada, 1)
	r, err := invite.Create(at(ada, noon), c)
	a.commit(t, r, err)
	text := c.ID().String()
	for _, begin := range []string{text, text[:8], strings.TrimPrefix(text, "inv_")[:5]} {
		if id, err := a.state.Resolve(begin); err != nil || id != c.ID() {
			t.Errorf("%q: %v", begin, err)
		}
	}
	if _, err := a.state.Resolve("inv_"); !errors.Is(err, aura.Invalid) {
		t.Errorf("nothing but the prefix: %v", err)
	}
}

func TestViewAsJSON(t *testing.T) {
	a, _ := sides()
	for i, c := range []invite.Code{code(t, ada, 1), code(t, ada, 2)} {
		r, err := invite.Create(at(ada, noon), c)
		a.commit(t, r, err)
		if i == 1 {
			h := hello(ben, "Ben")
			reply, keys, transcript := answer(t, c, h)
			r, err = invite.Admit(&a.contacts, at(ada, noon), c, h, reply, keys, transcript, contact.Ref{})
			a.commit(t, r, err)
		}
	}
	got, err := json.MarshalIndent(a.state.Invitations(noon), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	foldtest.Golden(t, *update, append(got, '\n'))
}

func FuzzParse(f *testing.F) {
	f.Add(code(f, ada, 1, "/ip4/192.0.2.1/tcp/4001").Encode())
	f.Add("aura1")
	f.Add("aura2x")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := invite.Parse(text)
		if err == nil && len(c.Encode()) > invite.MaxCode {
			t.Fatal("a code longer than allowed was taken")
		}
	})
}

func FuzzDecodeMessage(f *testing.F) {
	h := hello(ben, "Ben")
	for _, m := range []invite.Message{{Hello: &h}, {Done: &invite.Done{}}, {Refused: &invite.Refused{Reason: 1}}} {
		b, err := m.Encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := invite.DecodeMessage(b)
		if err != nil {
			return
		}
		if _, err := m.Encode(); err != nil {
			t.Fatal(err)
		}
	})
}

func FuzzPayloads(f *testing.F) {
	f.Add(ada.Own(f, 1, invite.KindCreated, invite.Created{ID: invite.ID{1}, Expires: noon.At}).Fact.Payload)
	f.Add(ada.Own(f, 1, invite.KindAccepted, invite.Accepted{ID: invite.ID{1}, Authority: ben.Authority(), Context: aura.ContextID{1}}).Fact.Payload)
	f.Fuzz(func(t *testing.T, payload []byte) {
		foldtest.Survives(t, invite.Module(), &invite.State{}, payload)
	})
}

// sibling returns another device of a person.
func sibling(of foldtest.Person, n byte) foldtest.Person {
	p := foldtest.NewPerson(n)
	p.Certificate.Root = of.Certificate.Root
	return p
}

// TestAnInvitationBelongsToOneDevice: the owner's other devices see it and keep off, whatever they do, unless it is removed.
func TestAnInvitationBelongsToOneDevice(t *testing.T) {
	a, laptop := &side{Person: ada, meta: map[string][]byte{}}, sibling(ada, 9)
	sent, received := code(t, ada, 1), code(t, ben, 2)
	r, err := invite.Create(at(ada, noon), sent)
	a.commit(t, r, err)
	r, err = invite.Accept(&a.state, &a.contacts, at(ada, noon), received, hello(ada, "Ada"), [64]byte{1})
	a.commit(t, r, err)
	both := []invite.ID{sent.ID(), received.ID()}
	slices.SortFunc(both, invite.ID.Compare)

	kept := at(laptop, late)
	if kept.Authority != ada.Authority() || kept.Device == ada.Device() {
		t.Fatal("the laptop is no second device of Ada")
	}
	for what, ids := range map[string][]invite.ID{
		"contacting":  a.state.Contacting(laptop.Device()),
		"from":        a.state.From(ben.Device(), laptop.Device()),
		"listening":   a.state.Listening(laptop.Device(), noon),
		"expired":     a.state.Expired(laptop.Device(), []aura.DeviceID{laptop.Device()}, late),
		"collectable": a.state.Collectable(laptop.Device(), late),
	} {
		if len(ids) > 0 {
			t.Errorf("%s at another device: %v", what, ids)
		}
	}
	for _, id := range both {
		if _, err := invite.Expire(&a.state, kept, nil, id); !errors.Is(err, aura.Conflict) {
			t.Errorf("another device ends it when its time is over: %v", err)
		}
		if _, err := invite.Cancel(&a.state, at(laptop, noon), invite.CancelIntent{ID: id}); !errors.Is(err, aura.Conflict) || !strings.Contains(err.Error(), "cancel it there") {
			t.Errorf("another device takes it back: %v", err)
		}
	}
	own := code(t, laptop, 3)
	a.Person = laptop // all that is committed from here on is of the laptop
	r, err = invite.Create(at(laptop, noon), own)
	a.commit(t, r, err)
	for _, in := range a.state.Invitations(noon) {
		want := ada.Device()
		if in.ID == own.ID() {
			want = laptop.Device()
		}
		if in.Device != want {
			t.Errorf("an invitation is shown as of %s, not of %s", in.Device, want)
		}
	}

	removed := []aura.DeviceID{ada.Device()}
	if got := a.state.Expired(laptop.Device(), removed, noon); !slices.Equal(got, both) {
		t.Errorf("of a removed device run out %v, want %v", got, both)
	}
	for _, id := range both {
		r, err := invite.Expire(&a.state, at(laptop, noon), removed, id)
		a.commit(t, r, err)
		if got := a.phase(id); got != invite.PhaseExpired {
			t.Errorf("an invitation of a removed device is %s", got)
		}
	}
	if got := a.state.Expired(laptop.Device(), removed, noon); len(got) > 0 {
		t.Errorf("they run out again: %v", got)
	}
}

// TestAnAcceptanceCanBeTakenBack: the answer that comes after it makes no contact, and its secrets are gone.
func TestAnAcceptanceCanBeTakenBack(t *testing.T) {
	_, b := sides()
	c := code(t, ada, 1)
	h := hello(ben, "Ben")
	r, err := invite.Accept(&b.state, &b.contacts, at(ben, noon), c, h, [64]byte{1})
	b.commit(t, r, err)
	r, err = invite.Cancel(&b.state, at(ben, noon), invite.CancelIntent{ID: c.ID()})
	b.commit(t, r, err)
	if in, _ := b.state.Invitation(c.ID(), noon); in.Phase != invite.PhaseFailed || in.Reason != "cancelled here" {
		t.Errorf("the invitation is %+v", in)
	}
	if len(b.state.Contacting(ben.Device())) > 0 || len(keysOf(b.meta)) > 0 {
		t.Errorf("still contacting %v with %v", b.state.Contacting(ben.Device()), keysOf(b.meta))
	}
	reply, keys, transcript := answer(t, c, h)
	if _, err := invite.Conclude(&b.state, &b.contacts, at(ben, noon), c, reply, c.Agreement, keys, transcript, aura.ContextID{}); !errors.Is(err, aura.Conflict) {
		t.Errorf("the answer that comes after it: %v", err)
	}
}

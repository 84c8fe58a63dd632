package contact_test

import (
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"flag"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/foldtest"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var (
	ada  = foldtest.NewPerson(1)
	ben  = foldtest.NewPerson(2)
	cleo = foldtest.NewPerson(3)
	dan  = foldtest.NewPerson(4)
)

func pair(n byte) aura.ContextID { return aura.ContextID{0: n} }

func added(who foldtest.Person, context aura.ContextID, name string) contact.Added {
	return contact.Added{
		Context: context, Authority: who.Authority(), Certificate: who.Certificate.Encode(), Name: name,
		Transcript: [32]byte(context), Addresses: []string{"/ip4/192.0.2.1/tcp/4001"},
	}
}

func folded(records ...fact.Record) *contact.State {
	s := &contact.State{}
	for i := range records {
		s.Apply(&records[i])
	}
	return s
}

func shown(s *contact.State) []string {
	var names []string
	for _, c := range s.Contacts() {
		names = append(names, c.Name)
	}
	return names
}

func TestSecondEqualNameGetsASuffix(t *testing.T) {
	s := folded(
		ada.Own(t, 3, contact.KindAdded, added(cleo, pair(2), "ben")),
		ada.Own(t, 2, contact.KindAdded, added(ben, pair(1), "Ben")),
		ada.Own(t, 4, contact.KindAdded, added(dan, pair(3), "Ben")),
	)
	if diff := cmp.Diff([]string{"Ben", "ben 2", "Ben 3"}, shown(s)); diff != "" {
		t.Fatal(diff)
	}
	if c, _ := s.ByAuthority(ben.Authority()); c.Name != "Ben" {
		t.Fatalf("the first Ben is now called %q", c.Name)
	}
}

func TestAPeersNewNameIsNotItsLabel(t *testing.T) {
	s := folded(
		ada.Own(t, 1, contact.KindAdded, added(cleo, pair(2), "Cleo")),
		ada.Own(t, 2, contact.KindAdded, added(ben, pair(1), "Ben")),
		cleo.Shared(t, pair(2), 3, 1, contact.KindProfile, contact.Profile{Name: "Ben"}),
		ben.Shared(t, pair(1), 9, 1, contact.KindProfile, contact.Profile{Name: "Benjamin"}),
	)
	if diff := cmp.Diff([]string{"Ben", "Cleo"}, shown(s)); diff != "" {
		t.Fatal(diff)
	}
	if c, _ := s.ByAuthority(cleo.Authority()); c.PeerName != "Ben" {
		t.Fatalf("Cleo calls itself %q", c.PeerName)
	}
}

func TestProfileOfSomebodyElseDoesNotRenameAContact(t *testing.T) {
	s := folded(
		ada.Own(t, 1, contact.KindAdded, added(ben, pair(1), "Ben")),
		cleo.Shared(t, pair(1), 2, 1, contact.KindProfile, contact.Profile{Name: "Cleo"}),
	)
	if diff := cmp.Diff([]string{"Ben"}, shown(s)); diff != "" {
		t.Fatal(diff)
	}
}

func TestOwnersNameHoldsUntilUndone(t *testing.T) {
	records := []fact.Record{
		ada.Own(t, 1, contact.KindAdded, added(ben, pair(1), "Ben")),
		ada.Own(t, 2, contact.KindRenamed, contact.Renamed{Context: pair(1), Name: "Brother"}),
		ben.Shared(t, pair(1), 3, 1, contact.KindProfile, contact.Profile{Name: "Benjamin"}),
	}
	if diff := cmp.Diff([]string{"Brother"}, shown(folded(records...))); diff != "" {
		t.Fatal(diff)
	}
	records = append(records, ada.Own(t, 4, contact.KindRenamed, contact.Renamed{Context: pair(1)}))
	if diff := cmp.Diff([]string{"Ben"}, shown(folded(records...))); diff != "" {
		t.Fatal(diff)
	}
}

func TestLatestAddressesWin(t *testing.T) {
	records := []fact.Record{
		ada.Own(t, 1, contact.KindAdded, added(ben, pair(1), "Ben")),
		ada.Own(t, 2, contact.KindAddresses, contact.Addresses{Context: pair(1), Addresses: []string{"/a"}}),
		ben.Shared(t, pair(1), 3, 1, contact.KindProfile, contact.Profile{Name: "Ben", Addresses: []string{"/b"}}),
	}
	if diff := cmp.Diff([]string{"/b"}, folded(records...).Addresses(pair(1))); diff != "" {
		t.Fatal(diff)
	}
	if diff := cmp.Diff([]string{"/a"}, folded(records[:2]...).Addresses(pair(1))); diff != "" {
		t.Fatal(diff)
	}
}

// TestAnotherDeviceIsElsewhere: the newest name counts, whichever device of the contact said it, and the addresses are those
// of the device that the contact is known by.
func TestAnotherDeviceIsElsewhere(t *testing.T) {
	laptop := ben.Shared(t, pair(1), 5, 1, contact.KindProfile, contact.Profile{Name: "Benjamin", Addresses: []string{"/laptop"}})
	laptop.Fact.Device = aura.DeviceID{7}
	s := folded(ada.Own(t, 1, contact.KindAdded, added(ben, pair(1), "Ben")), laptop)
	if got := s.Addresses(pair(1)); !slices.Equal(got, []string{"/ip4/192.0.2.1/tcp/4001"}) {
		t.Errorf("the phone is at %v", got)
	}
	if c, _ := s.ByContext(pair(1)); c.PeerName != "Benjamin" {
		t.Errorf("Ben goes by %q", c.PeerName)
	}
}

func TestNamesThatMisleadAreRefused(t *testing.T) {
	for _, name := range []string{"", " Ben", "Ben\n", "B\x00n", "B\u202een", "B\u200bn", "\xff", strings.Repeat("x", 65)} {
		if err := contact.CheckName(name); !errors.Is(err, aura.Invalid) {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, name := range []string{"Ben", "Zoë Ünal", "名前", "👩\u200d👧 family", strings.Repeat("é", 64)} {
		if err := contact.CheckName(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestCheckKeepsFactsInTheirPlace(t *testing.T) {
	registry := foldtest.Registry(t, contact.Module())
	forged := added(ben, pair(1), "Ben")
	forged.Authority = cleo.Authority()
	for name, c := range map[string]struct {
		record fact.Record
		ok     bool
	}{
		"added":                {ada.Own(t, 1, contact.KindAdded, added(ben, pair(1), "Ben")), true},
		"added by a peer":      {ben.Shared(t, pair(1), 1, 1, contact.KindAdded, added(cleo, pair(1), "C")), false},
		"added as another":     {ada.Own(t, 1, contact.KindAdded, forged), false},
		"added without a name": {ada.Own(t, 1, contact.KindAdded, added(ben, pair(1), "")), false},
		"profile":              {ben.Shared(t, pair(1), 1, 1, contact.KindProfile, contact.Profile{Name: "Ben"}), true},
		"profile at home":      {ben.Own(t, 1, contact.KindProfile, contact.Profile{Name: "Ben"}), false},
		"too many addresses": {ben.Shared(t, pair(1), 1, 1, contact.KindProfile,
			contact.Profile{Name: "Ben", Addresses: strings.Split(strings.Repeat("/a ", 16)+"/a", " ")}), false},
		"renamed to nothing": {ada.Own(t, 1, contact.KindRenamed, contact.Renamed{Context: pair(1)}), true},
	} {
		if err := registry.Check(&c.record.Fact); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEveryFactIsCheckedWhereItLies(t *testing.T) {
	foldtest.Checked(t, contact.Module(),
		ada.Own(t, 1, contact.KindSelf, contact.Self{Name: "Ada"}),
		ada.Own(t, 1, contact.KindAdded, added(ben, pair(1), "Ben")),
		ada.Own(t, 1, contact.KindRenamed, contact.Renamed{Context: pair(1), Name: "Brother"}),
		ada.Own(t, 1, contact.KindAddresses, contact.Addresses{Context: pair(1), Addresses: []string{"/a"}}),
		ada.Own(t, 1, contact.KindRemoved, contact.Removed{Context: pair(1)}),
		ada.Shared(t, pair(1), 1, 1, contact.KindProfile, contact.Profile{Name: "Ada"}),
	)
}

func TestHandlersRefuseBeforeTheyPlan(t *testing.T) {
	s := folded(ada.Own(t, 1, contact.KindAdded, added(ben, pair(1), "Ben")))
	by := domain.Caller{Authority: ada.Authority(), Device: ada.Device(), Operation: aura.OperationID{1}}
	toBen := contact.Ref{Context: pair(1), Authority: ben.Authority(), Device: ben.Device(), Epoch: 1}

	if _, err := contact.Name(by, contact.NameIntent{Name: "Ad\u0430"}); !errors.Is(err, aura.Invalid) {
		t.Errorf("a name of two scripts: %v", err)
	}
	older, bare, device := toBen, toBen, toBen
	older.Epoch, bare.Epoch, device.Device = 9, 0, cleo.Device()
	for name, c := range map[string]struct {
		ref  contact.Ref
		want error
	}{
		"another epoch": {older, aura.Stale}, "no epoch": {bare, aura.Invalid}, "another device": {device, aura.Stale},
		"a stranger": {contact.Ref{Context: pair(9), Epoch: 1}, aura.NotFound},
	} {
		if _, _, err := contact.Refresh(s, by, c.ref, nil); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	r, err := contact.Name(by, contact.NameIntent{Name: "Zoe\u0308"})
	if err != nil {
		t.Fatal(err)
	}
	payload, err := fact.Marshal(contact.Self{Name: "Zo\u00eb"})
	if err != nil {
		t.Fatal(err)
	}
	want := guard.Request{
		Operation: by.Operation, Capability: contact.CapName, Authority: ada.Authority(),
		Entries: []fact.Draft{{
			Namespace: fact.OwnNamespace(ada.Authority()), Kind: contact.KindSelf, Operation: by.Operation, Payload: payload,
		}},
	}
	if diff := cmp.Diff(want, r); diff != "" {
		t.Fatal(diff)
	}
	if _, needed, err := contact.Refresh(s, by, toBen, []string{"/ip4/192.0.2.1/tcp/4001"}); needed || err != nil {
		t.Errorf("known addresses: needed %t, %v", needed, err)
	}
}

func TestVerificationCodeIsReadableAndStable(t *testing.T) {
	code := contact.Verification([32]byte{1})
	if want := "32930 60866 90376 47606 51379 04594"; code != want {
		t.Errorf("got %q, want %q", code, want)
	}
	if code == contact.Verification([32]byte{2}) {
		t.Error("two exchanges have one code")
	}
}

func records(t *rapid.T, tb testing.TB) []fact.Record {
	people := []foldtest.Person{ben, cleo, dan}
	names := rapid.SampledFrom([]string{"Ben", "ben", "Ben 2", "Cleo"})
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) fact.Record {
		at := aura.Logical(rapid.Uint64Range(1, 8).Draw(t, "logical"))
		n := rapid.IntRange(0, 2).Draw(t, "who")
		context, name := pair(byte(n)), names.Draw(t, "name")
		switch rapid.IntRange(0, 5).Draw(t, "kind") {
		case 5:
			return ada.Own(tb, at, contact.KindRemoved, contact.Removed{Context: context})
		case 0:
			return ada.Own(tb, at, contact.KindSelf, contact.Self{Name: name})
		case 1:
			return ada.Own(tb, at, contact.KindAdded, added(people[n], context, name))
		case 2:
			return ada.Own(tb, at, contact.KindRenamed, contact.Renamed{Context: context, Name: name})
		case 3:
			return ada.Own(tb, at, contact.KindAddresses, contact.Addresses{Context: context, Addresses: []string{"/" + name}})
		default:
			author := people[rapid.IntRange(0, 2).Draw(t, "author")]
			return author.Shared(tb, context, at, uint64(at), contact.KindProfile, contact.Profile{Name: name})
		}
	}), 1, 12).Draw(t, "records")
}

func TestStateIsTheSameForAnyOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		foldtest.OrderInsensitive(rt, records(rt, t), func() *contact.State { return &contact.State{} })
	})
}

func newState() *contact.State { return &contact.State{} }

func TestSavedStateIsRestored(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) { foldtest.Restorable(rt, records(rt, t), newState) })
}

func TestVersionOfTheState(t *testing.T) {
	foldtest.Versioned(t, *update, rapid.Custom(func(rt *rapid.T) []fact.Record { return records(rt, t) }), newState)
}

func TestShownNamesAreAlwaysUnique(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		seen := map[string]bool{}
		for _, name := range shown(folded(records(rt, t)...)) {
			if key := contact.Folded(name); seen[key] {
				rt.Fatalf("two contacts are called %q", name)
			} else {
				seen[key] = true
			}
		}
	})
}

// TestNoFactOfAPeerChangesALabel: with any facts of peers, early or late, the owner's facts alone make the labels.
func TestNoFactOfAPeerChangesALabel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		all := records(rt, t)
		own := slices.DeleteFunc(slices.Clone(all), func(r fact.Record) bool { return r.Fact.Author != ada.Authority() })
		if diff := cmp.Diff(shown(folded(own...)), shown(folded(all...))); diff != "" {
			rt.Fatal(diff)
		}
	})
}

func TestViewAsJSON(t *testing.T) {
	s := folded(
		ada.Own(t, 1, contact.KindAdded, added(ben, pair(1), "Ben")),
		ada.Own(t, 2, contact.KindRenamed, contact.Renamed{Context: pair(1), Name: "Brother"}),
	)
	got, err := json.MarshalIndent(s.Contacts(), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	foldtest.Golden(t, *update, append(got, '\n'))
}

func TestARemovedContactIsFormer(t *testing.T) {
	records := []fact.Record{
		ada.Own(t, 1, contact.KindAdded, added(ben, pair(1), "Ben")),
		ada.Own(t, 2, contact.KindRemoved, contact.Removed{Context: pair(1)}),
	}
	s := folded(records...)
	if len(s.Contacts()) != 0 || s.Addresses(pair(1)) != nil {
		t.Errorf("still there: %v at %v", s.Contacts(), s.Addresses(pair(1)))
	}
	if _, known := s.ByAuthority(ben.Authority()); known {
		t.Error("still a contact by its authority")
	}
	if _, known := s.Certificate(pair(1)); known {
		t.Error("its keys still open a channel")
	}
	if former, ok := s.Former(pair(1)); !ok || former.Name != "Ben (removed)" || len(s.Formers()) != 1 {
		t.Errorf("the former contact cannot be found: %+v", former)
	}
	if s.Labelled(aura.ContextID{})[contact.Folded("Ben")] {
		t.Error("the name is not free")
	}
	// The same person is a contact again, in another context.
	again := append(records, ada.Own(t, 3, contact.KindAdded, added(ben, pair(2), "Ben")))
	s = folded(again...)
	if diff := cmp.Diff([]string{"Ben"}, shown(s)); diff != "" {
		t.Error(diff)
	}
	if former, ok := s.Former(pair(1)); !ok || former.Name != "Ben (removed)" {
		t.Errorf("former contact %+v", former)
	}
}

func TestAddressesByHandGoAheadOfTheOthers(t *testing.T) {
	s := folded(ada.Own(t, 1, contact.KindAdded, added(ben, pair(1), "Ben")))
	by := domain.Caller{Authority: ada.Authority(), Device: ada.Device()}
	to, _ := s.ByContext(pair(1))
	r, err := contact.Address(s, by, contact.AddressIntent{Contact: to.Ref, Addresses: []string{"/a", "/ip4/192.0.2.1/tcp/4001", "/b"}})
	if err != nil {
		t.Fatal(err)
	}
	var got contact.Addresses
	if err := fact.Unmarshal(r.Entries[0].Payload, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"/a", "/ip4/192.0.2.1/tcp/4001", "/b"}, got.Addresses); diff != "" {
		t.Error(diff)
	}
	var many []string
	for i := range contact.MaxAddresses {
		many = append(many, "/"+strings.Repeat("x", i+1))
	}
	if draft, news, err := contact.Found(s, by, to.Ref, many); err != nil || !news || fact.Unmarshal(draft.Payload, &got) != nil || len(got.Addresses) != contact.MaxAddresses {
		t.Errorf("%d addresses, news %t, %v", len(got.Addresses), news, err)
	}
}

func sign(t testing.TB, p foldtest.Person, c contact.Card) []byte {
	t.Helper()
	signed, err := c.SigningBytes(p.Device())
	if err != nil {
		t.Fatal(err)
	}
	copy(c.Signature[:], ed25519.Sign(p.Signing, signed))
	b, err := c.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestACardIsOfItsDeviceAlone(t *testing.T) {
	honest := contact.Card{Version: 7, Addresses: []string{"/ip4/192.0.2.1/tcp/4001"}}
	b := sign(t, ben, honest)
	got, err := contact.DecodeCard(b, ben.Certificate.Signing)
	if err != nil || got.Version != 7 {
		t.Fatalf("%+v, %v", got, err)
	}
	changed := got
	changed.Version++
	later, err := changed.Encode()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		card []byte
		of   foldtest.Person
	}{
		"of another device":   {b, cleo},
		"an older as a newer": {later, ben},
		"signed by another":   {sign(t, cleo, honest), ben},
		"no address":          {sign(t, ben, contact.Card{Addresses: []string{"no"}}), ben},
		"nothing":             {nil, ben},
	} {
		if _, err := contact.DecodeCard(c.card, c.of.Certificate.Signing); !errors.Is(err, aura.Corrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTagsAreOfTwoTowardsOne(t *testing.T) {
	secret := [32]byte{1}
	tag := contact.TagFor(secret, ada.Authority(), ben.Authority(), cleo.Authority())
	if back := contact.TagFor(secret, ben.Authority(), ada.Authority(), cleo.Authority()); back != tag {
		t.Error("the two have different tags")
	}
	for name, other := range map[string]contact.Tag{
		"another third one": contact.TagFor(secret, ada.Authority(), ben.Authority(), dan.Authority()),
		"another context":   contact.TagFor([32]byte{2}, ada.Authority(), ben.Authority(), cleo.Authority()),
		"another pair":      contact.TagFor(secret, ada.Authority(), dan.Authority(), cleo.Authority()),
		"padding":           contact.Padding(secret, cleo.Authority(), 0),
		"more padding":      contact.Padding(secret, cleo.Authority(), 1),
	} {
		if other == tag {
			t.Errorf("%s has the same tag", name)
		}
	}
}

func FuzzCard(f *testing.F) {
	f.Add(sign(f, ben, contact.Card{Version: 1, Addresses: []string{"/a"}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		if c, err := contact.DecodeCard(b, ben.Certificate.Signing); err == nil && contact.CheckAddresses(c.Addresses) != nil {
			t.Errorf("%+v was taken", c)
		}
	})
}

func FuzzPayloads(f *testing.F) {
	for _, r := range []fact.Record{
		ada.Own(f, 1, contact.KindAdded, added(ben, pair(1), "Ben")),
		ben.Shared(f, pair(1), 1, 1, contact.KindProfile, contact.Profile{Name: "Ben", Addresses: []string{"/a"}}),
	} {
		f.Add(r.Fact.Payload)
	}
	f.Fuzz(func(t *testing.T, payload []byte) { foldtest.Survives(t, contact.Module(), &contact.State{}, payload) })
}

// TestANewNameIsToldOnce: the logical time of a context is far behind that of the owner's own facts, and says nothing of
// which of two facts was first.
func TestANewNameIsToldOnce(t *testing.T) {
	set, err := domain.NewSet(contact.Module())
	if err != nil {
		t.Fatal(err)
	}
	states, position := set.NewStates(ada.Authority()), fact.Position(0)
	apply := func(r fact.Record) {
		position++
		r.Position = position
		states.Apply(&r)
	}
	told := func() (names []string) {
		t.Helper()
		snapshot := &domain.Snapshot{Caller: domain.Caller{Authority: ada.Authority(), Device: ada.Device()}, States: states}
		plans, err := contact.Module().Due(snapshot)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range plans {
			var said contact.Profile
			if err := fact.Unmarshal(p.Request.Entries[0].Payload, &said); err != nil {
				t.Fatal(err)
			}
			names = append(names, said.Name)
		}
		return names
	}
	says := func(want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, told()); diff != "" {
			t.Error(diff)
		}
	}
	profile := func(at aura.Logical, name string) fact.Record {
		return ada.Shared(t, pair(1), at, uint64(at), contact.KindProfile, contact.Profile{Name: name})
	}
	apply(ada.Own(t, 1, contact.KindSelf, contact.Self{Name: "Ada"}))
	apply(ada.Own(t, 2, contact.KindAdded, added(ben, pair(1), "Ben")))
	says() // Ben learned it when they met
	apply(ada.Own(t, 100, contact.KindSelf, contact.Self{Name: "Augusta"}))
	says("Augusta")
	apply(profile(1, "Augusta"))
	says()
	apply(ada.Own(t, 101, contact.KindSelf, contact.Self{Name: "Ada"}))
	says("Ada")
	apply(profile(2, "Ada"))
	// Another copy of the home has another name. The two do not correct each other for ever.
	apply(profile(3, "Countess"))
	says()
}

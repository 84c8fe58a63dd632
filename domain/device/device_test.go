package device_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"flag"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/builtin"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/device"
	"github.com/aura-runtime/aura/domain/foldtest"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/roster"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var (
	ada    = foldtest.NewPerson(1)
	ben    = foldtest.NewPerson(2)
	shared = aura.ContextID{7}
	now    = aura.Instant(1e18)

	tablet, laptop = enrolled(11), enrolled(12)
	history        = grown() // of Ada: her phone, the tablet, the laptop, then without the tablet
)

// root returns the root key of a person, see [foldtest.NewPerson].
func root(n byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(append(make([]byte, ed25519.SeedSize-2), n, 1))
}

func signed(e roster.Entry, err error) roster.Entry {
	if err != nil {
		panic(err)
	}
	return e.Sign(func(b []byte) [64]byte { return [64]byte(ed25519.Sign(root(1), b)) })
}

// enrolled returns a device that joins Ada's authority.
func enrolled(n byte) roster.Device {
	p := foldtest.NewPerson(n)
	d := roster.Device{
		Signing: p.Certificate.Signing, Agreement: p.Certificate.Agreement, Link: p.Certificate.Link, Rights: roster.RightsSpeak,
	}
	d.Countersignature = [64]byte(ed25519.Sign(p.Signing, d.SigningBytes(ada.Authority())))
	return d
}

func grown() []roster.Entry {
	first, err := roster.Found(&ada.Certificate)
	if err != nil {
		panic(err)
	}
	chain, all := roster.New(ada.Authority()), []roster.Entry{first}
	last := func() *roster.State {
		if err := chain.Add(all[len(all)-1], 0); err != nil {
			panic(err)
		}
		return chain.State(now)
	}
	all = append(all, signed(roster.Enrol(last(), ada.Device(), tablet)))
	all = append(all, signed(roster.Enrol(last(), ada.Device(), laptop)))
	return append(all, signed(roster.Remove(last(), ada.Device(), tablet.ID())))
}

func announce(t testing.TB, entries ...roster.Entry) roster.Announced {
	t.Helper()
	list, err := roster.Announce(entries)
	if err != nil || len(list) != 1 {
		t.Fatal(len(list), err)
	}
	return list[0]
}

func folded(self foldtest.Person, records ...fact.Record) *device.State {
	s := device.NewState(self.Authority())
	for i := range records {
		s.Apply(&records[i])
	}
	return s
}

func says(s *device.State) *roster.State {
	return s.Chain(ada.Authority(), ada.Certificate, now).State(now)
}

// TestAPeerLearnsTheDevicesOfAContact: the certificate is entry 0, whatever part of the chain came.
func TestAPeerLearnsTheDevicesOfAContact(t *testing.T) {
	s := folded(ben)
	if got := says(s); len(got.Devices) != 1 || s.Announces(ada.Authority()) {
		t.Errorf("before any entry: %d devices", len(got.Devices))
	}
	s = folded(ben, ada.Shared(t, shared, 2, 2, device.KindRoster, announce(t, history[2])))
	if got := says(s); len(got.Devices) != 1 || len(got.Missing) != 1 {
		t.Errorf("an entry whose predecessor is missing counts: %d devices", len(got.Devices))
	}
	r := ada.Shared(t, shared, 1, 1, device.KindRoster, announce(t, history[1]))
	s.Apply(&r)
	if got := says(s); len(got.Devices) != 3 || got.Number != 2 {
		t.Errorf("%d devices by entry %d", len(got.Devices), got.Number)
	}
	r = ada.Shared(t, shared, 3, 3, device.KindRoster, announce(t, history[3]))
	s.Apply(&r)
	if got := says(s); len(got.Devices) != 2 {
		t.Errorf("after a removal: %d devices", len(got.Devices))
	}
}

// certified returns the certificate of a device of Ada's that was enrolled: her root key signs it.
func certified(n byte, change func(*fact.Certificate)) fact.Certificate {
	c := foldtest.NewPerson(n).Certificate
	c.Root = ada.Certificate.Root
	if change != nil {
		change(&c)
	}
	c.Signature = [64]byte(ed25519.Sign(root(1), c.SigningBytes()))
	return c
}

// TestTheCertificateOfAnEnrolledDeviceContradictsNothing: a contact may know an account by any of its devices, and so may a group
// that one of them founded. A certificate whose device no entry lists, or with other keys, is a second beginning, and the account is contested.
func TestTheCertificateOfAnEnrolledDeviceContradictsNothing(t *testing.T) {
	withLaptop := history[:3]
	for name, c := range map[string]struct {
		first     fact.Certificate
		entries   []roster.Entry
		devices   int
		contested bool
	}{
		"before any entry":                 {certified(12, nil), nil, 1, false},
		"with all entries":                 {certified(12, nil), withLaptop, 3, false},
		"while the first entry is missing": {certified(12, nil), history[2:3], 1, false},
		"of a device that was removed":     {certified(11, nil), history, 2, false},
		"after another was removed":        {certified(12, nil), history, 2, false},
		"of a device that no entry lists":  {certified(13, nil), withLaptop, 0, true},
		"with another key on the network":  {certified(12, func(c *fact.Certificate) { c.Link[0] ^= 1 }), withLaptop, 1, true},
		"with another agreement key":       {certified(12, func(c *fact.Certificate) { c.Agreement[0] ^= 1 }), withLaptop, 1, true},
	} {
		s := folded(ben)
		if c.entries != nil {
			s = folded(ben, ada.Shared(t, shared, 1, 1, device.KindRoster, announce(t, c.entries...)))
		}
		got := s.Chain(ada.Authority(), c.first, now).State(now)
		if len(got.Devices) != c.devices || got.Contested != c.contested {
			t.Errorf("%s: %d devices, contested: %t", name, len(got.Devices), got.Contested)
		}
	}
}

// TestAMemberOfAGroupWhoIsNoContactIsContested: the group knows it by a certificate, which its entries contradict.
func TestAMemberOfAGroupWhoIsNoContactIsContested(t *testing.T) {
	set, err := builtin.New()
	if err != nil {
		t.Fatal(err)
	}
	states := set.NewStates(ben.Authority())
	apply := func(r fact.Record) { states.Apply(&r) }
	group := chat.Group{Name: "Friends", Members: []chat.Member{
		{Authority: ben.Authority(), Certificate: ben.Certificate.Encode(), Name: "Ben", Role: chat.RoleFounder},
		{Authority: ada.Authority(), Certificate: ada.Certificate.Encode(), Name: "Ada", Role: chat.RoleOrdinary},
	}}
	slices.SortFunc(group.Members, func(a, b chat.Member) int { return a.Authority.Compare(b.Authority) })
	in, err := group.Context()
	if err != nil {
		t.Fatal(err)
	}
	apply(ben.Own(t, 1, chat.KindCreated, group))
	contested := func() []aura.AuthorityID { return device.ContestedAt(states, ben.Authority(), now).Authorities }
	apply(ada.Shared(t, in, 1, 1, device.KindRoster, announce(t, history...)))
	if got := contested(); got != nil {
		t.Errorf("before a contest: %v", got)
	}
	// A device that the entries do not list founds the account a second time.
	other := certified(13, nil)
	again, err := roster.Found(&other)
	if err != nil {
		t.Fatal(err)
	}
	alone := domain.Get[*device.State](states)
	*alone = *device.NewState(ben.Authority())
	apply(ada.Shared(t, in, 2, 2, device.KindRoster, announce(t, again)))
	if got := contested(); !slices.Equal(got, []aura.AuthorityID{ada.Authority()}) {
		t.Errorf("contested are %v", got)
	}
}

// TestEachDeviceAnnouncesTheEntries: the announcement of a sibling, which came to this device, may never reach the members when the
// sibling is removed.
func TestEachDeviceAnnouncesTheEntries(t *testing.T) {
	set, err := builtin.New()
	if err != nil {
		t.Fatal(err)
	}
	states := set.NewStates(ada.Authority())
	group := chat.Group{Name: "Friends", Members: []chat.Member{
		{Authority: ben.Authority(), Certificate: ben.Certificate.Encode(), Name: "Ben", Role: chat.RoleOrdinary},
		{Authority: ada.Authority(), Certificate: ada.Certificate.Encode(), Name: "Ada", Role: chat.RoleFounder},
	}}
	slices.SortFunc(group.Members, func(a, b chat.Member) int { return a.Authority.Compare(b.Authority) })
	in, err := group.Context()
	if err != nil {
		t.Fatal(err)
	}
	entries := announce(t, history[:2]...)
	said := ada.Shared(t, in, 3, 1, device.KindRoster, entries)
	for _, r := range []fact.Record{ada.Own(t, 1, chat.KindCreated, group), ada.Own(t, 2, device.KindRoster, entries), said} {
		states.Apply(&r)
	}
	announces := func(by aura.DeviceID) (n int) {
		plans, err := device.Module().Due(&domain.Snapshot{
			Caller: domain.Caller{Authority: ada.Authority(), Device: by, Now: aura.Physical{At: now}}, States: states,
		})
		if err != nil {
			t.Fatal(err)
		}
		for i := range plans {
			for _, d := range plans[i].Request.Entries {
				if d.Kind == device.KindRoster {
					n++
				}
			}
		}
		return n
	}
	if first, second := announces(ada.Device()), announces(tablet.ID()); first != 0 || second == 0 {
		t.Errorf("the device that announced them has %d announcements to make, the other one %d", first, second)
	}
}

// TestEntriesAreVerifiedOnce: a reader gets a copy, which it may change, and no signature is verified for it. That would take
// some allocations for each entry.
func TestEntriesAreVerifiedOnce(t *testing.T) {
	s := device.NewState(ben.Authority())
	for i := range history {
		r := ada.Shared(t, shared, aura.Logical(i+1), uint64(i+1), device.KindRoster, announce(t, history[i]))
		s.Apply(&r)
		chain := s.Chain(ada.Authority(), ada.Certificate, now)
		if chain.Len() != i+1 {
			t.Fatalf("%d entries after %d facts", chain.Len(), i+1)
		}
		for j := i + 1; j < len(history); j++ {
			if err := chain.Add(history[j], now); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, first := range map[string]fact.Certificate{"none": {}, "listed": ada.Certificate, "another": certified(13, nil)} {
		if n := testing.AllocsPerRun(10, func() { s.Chain(ada.Authority(), first, now) }); n >= 10 {
			t.Errorf("certificate %s: %v allocations for a reader of %d entries", name, n, len(history))
		}
	}
}

// TestOnlyAnAuthoritySpeaksOfItsDevices: a member that announces devices of another is refused and changes nothing, and so
// is an entry that the root key did not sign.
func TestOnlyAnAuthoritySpeaksOfItsDevices(t *testing.T) {
	foreign := ben.Shared(t, shared, 1, 1, device.KindRoster, announce(t, history...))
	check := device.Module().Kinds[0].Check
	if err := check(&foreign.Fact); !errors.Is(err, aura.Invalid) {
		t.Errorf("the check says %v", err)
	}
	if folded(ben, foreign).Announces(ada.Authority()) {
		t.Error("it was kept")
	}
	forged := history[1].Sign(func(b []byte) [64]byte { return [64]byte(ed25519.Sign(root(2), b)) })
	if got := says(folded(ben, ada.Shared(t, shared, 1, 1, device.KindRoster, announce(t, history[0], forged)))); len(got.Devices) != 1 {
		t.Errorf("an entry that another key signed counts: %d devices", len(got.Devices))
	}
}

// TestTheFirstTimeCounts: by the time at which this home first had an entry a change of the recovery key is pending.
func TestTheFirstTimeCounts(t *testing.T) {
	chain := roster.New(ada.Authority())
	for _, e := range history {
		if err := chain.Add(e, 0); err != nil {
			t.Fatal(err)
		}
	}
	guarded := signed(roster.SetRecovery(chain.State(now), ada.Device(), roster.Recovery{Key: [32]byte{1}, Threshold: 2, Guardians: 3}))
	all := ada.Shared(t, shared, 1, 1, device.KindRoster, announce(t, append(history, guarded)...))
	var hashes []roster.Hash
	for _, e := range append(history[1:], guarded) {
		hashes = append(hashes, e.Hash())
	}
	slices.SortFunc(hashes, func(a, b roster.Hash) int { return bytes.Compare(a[:], b[:]) })
	seen := func(logical aura.Logical, at aura.Instant) fact.Record {
		return ben.Own(t, logical, device.KindSeen, device.Seen{At: at, Entries: hashes})
	}
	const day = 24 * 3600 * 1e9
	for name, c := range map[string]struct {
		records []fact.Record
		pending bool
	}{
		"not kept yet":       {[]fact.Record{all}, true},
		"13 days ago":        {[]fact.Record{all, seen(1, now.Add(-13*day))}, true},
		"15 days ago":        {[]fact.Record{seen(1, now.Add(-15*day)), all}, false},
		"the earlier counts": {[]fact.Record{seen(1, now), all, seen(2, now.Add(-15*day))}, false},
	} {
		if got := says(folded(ben, c.records...)).Pending != nil; got != c.pending {
			t.Errorf("%s: pending is %t", name, got)
		}
	}
}

// TestATimeInTheFutureIsKeptAnew: a clock that was ahead, or that of the device which enrolled this one, kept it; the entry
// counts as seen now, or a removal would hold back shares until that time comes. An entry that decides about a recovery key
// keeps its time: a clock that is turned back must not bring a change into force.
func TestATimeInTheFutureIsKeptAnew(t *testing.T) {
	set, err := domain.NewSet(device.Module())
	if err != nil {
		t.Fatal(err)
	}
	chain := roster.New(ada.Authority())
	for _, e := range history {
		if err := chain.Add(e, 0); err != nil {
			t.Fatal(err)
		}
	}
	guarded := signed(roster.SetRecovery(chain.State(now), ada.Device(), roster.Recovery{Key: [32]byte{1}, Threshold: 2, Guardians: 3}))
	states := set.NewStates(ben.Authority())
	state := domain.Get[*device.State](states)
	apply := func(r fact.Record) { state.Apply(&r) }
	kept := func(at aura.Instant, entries ...roster.Entry) {
		hashes := make([]roster.Hash, len(entries))
		for i := range entries {
			hashes[i] = entries[i].Hash()
		}
		slices.SortFunc(hashes, func(a, b roster.Hash) int { return bytes.Compare(a[:], b[:]) })
		apply(ben.Own(t, 2, device.KindSeen, device.Seen{At: at, Entries: hashes}))
	}
	apply(ada.Shared(t, shared, 1, 1, device.KindRoster, announce(t, append(history, guarded)...)))
	kept(now.Add(1), history[2], history[3], guarded)
	kept(now, history[1])
	due := func() (seen device.Seen) {
		by := domain.Caller{Authority: ben.Authority(), Device: ben.Device(), Now: aura.Physical{At: now}}
		plans, err := device.Module().Due(&domain.Snapshot{Caller: by, States: states})
		if err != nil || len(plans) > 1 {
			t.Fatalf("%d plans, %v", len(plans), err)
		}
		if len(plans) == 1 {
			if err := fact.Unmarshal(plans[0].Request.Entries[0].Payload, &seen); err != nil {
				t.Fatal(err)
			}
		}
		return seen
	}
	seen := due()
	if seen.At != now || len(seen.Entries) != 2 || slices.Contains(seen.Entries, guarded.Hash()) || slices.Contains(seen.Entries, history[1].Hash()) {
		t.Errorf("kept anew are %d entries at %d", len(seen.Entries), seen.At)
	}
	apply(ben.Own(t, 3, device.KindSeen, seen))
	if again := due(); len(again.Entries) > 0 {
		t.Errorf("%d entries are kept a third time", len(again.Entries))
	}
}

// TestATimeOfASiblingInTheFuture: the entry counts as seen now, unless it decides about a recovery key. One device whose clock is turned back would
// bring such a change into force at all devices of the account, because the earliest time counts.
func TestATimeOfASiblingInTheFuture(t *testing.T) {
	set, err := domain.NewSet(device.Module())
	if err != nil {
		t.Fatal(err)
	}
	chain := roster.New(ada.Authority())
	for _, e := range history {
		if err := chain.Add(e, 0); err != nil {
			t.Fatal(err)
		}
	}
	guarded := signed(roster.SetRecovery(chain.State(now), ada.Device(), roster.Recovery{Key: [32]byte{1}, Threshold: 2, Guardians: 3}))
	states := set.NewStates(ben.Authority())
	state := domain.Get[*device.State](states)
	r := ada.Shared(t, shared, 1, 1, device.KindRoster, announce(t, append(history, guarded)...))
	state.Apply(&r)
	hashes := []roster.Hash{history[1].Hash(), history[2].Hash(), history[3].Hash(), guarded.Hash()}
	slices.SortFunc(hashes, func(a, b roster.Hash) int { return bytes.Compare(a[:], b[:]) })
	ahead := ben.Own(t, 2, device.KindSeen, device.Seen{At: now.Add(1), Entries: hashes})
	ahead.Fact.Device = ada.Device()
	state.Apply(&ahead)
	by := domain.Caller{Authority: ben.Authority(), Device: ben.Device(), Now: aura.Physical{At: now}}
	plans, err := device.Module().Due(&domain.Snapshot{Caller: by, States: states})
	var seen device.Seen
	if err == nil && len(plans) == 1 {
		err = fact.Unmarshal(plans[0].Request.Entries[0].Payload, &seen)
	}
	if err != nil || seen.At != now || len(seen.Entries) != 3 || slices.Contains(seen.Entries, guarded.Hash()) {
		t.Errorf("%d plans keep %d entries at %d, that of the recovery key among them %t: %v",
			len(plans), len(seen.Entries), seen.At, slices.Contains(seen.Entries, guarded.Hash()), err)
	}
}

// TestBoundsSayWhichFactsCount: a removed device counts up to the bound that the maker of the removal said.
func TestBoundsSayWhichFactsCount(t *testing.T) {
	last := fact.Place{Seq: 7, ID: [fact.ShortID]byte{1}}
	bound := roster.Closed{Device: tablet.ID(), Entry: history[3].Hash(), Heads: []fact.Place{last}}
	entries := ada.Shared(t, shared, 1, 1, device.KindRoster, announce(t, history...))
	below := func(aura.DeviceID, fact.Place, fact.Place) (bool, bool) { return true, true }
	after := fact.Place{Seq: 8, ID: [fact.ShortID]byte{2}}
	for name, c := range map[string]struct {
		records []fact.Record
		want    roster.Standing
	}{
		"no bound":           {[]fact.Record{entries}, roster.StandingOpen},
		"bound":              {[]fact.Record{entries, ada.Shared(t, shared, 2, 2, device.KindClosed, bound)}, roster.StandingVoid},
		"in another context": {[]fact.Record{entries, ada.Shared(t, aura.ContextID{8}, 2, 2, device.KindClosed, bound)}, roster.StandingOpen},
		"by another person":  {[]fact.Record{entries, ben.Shared(t, shared, 2, 2, device.KindClosed, bound)}, roster.StandingOpen},
	} {
		s := folded(ben, c.records...)
		if got := s.Bounds(shared, says(s), below).Standing(tablet.ID(), after); got != c.want {
			t.Errorf("%s: a later fact %s", name, got)
		}
	}
}

func TestAdoptingChecksTheEntries(t *testing.T) {
	by := domain.Caller{Authority: ada.Authority(), Device: ada.Device(), Now: aura.Physical{At: now}}
	if r, err := device.Adopt(folded(ada), by, announce(t, history[:2]...)); err != nil || len(r.Entries) != 1 || len(r.Sends) != 0 {
		t.Errorf("%+v, %v", r, err)
	}
	forged := history[1].Sign(func(b []byte) [64]byte { return [64]byte(ed25519.Sign(root(2), b)) })
	for name, c := range map[string]struct {
		by      domain.Caller
		entries roster.Announced
		want    aura.Kind
	}{
		"of another": {domain.Caller{Authority: ben.Authority()}, announce(t, history[0]), aura.Invalid},
		"a gap":      {by, announce(t, history[0], history[2]), aura.NotFound},
		"forged":     {by, announce(t, history[0], forged), aura.Denied},
		"none":       {by, roster.Announced{}, aura.Invalid},
	} {
		if _, err := device.Adopt(folded(ada), c.by, c.entries); aura.KindOf(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTheMakerOfARemovalSaysItsBound: and another device does not, nor the maker twice.
func TestTheMakerOfARemovalSaysItsBound(t *testing.T) {
	by := domain.Caller{Authority: ada.Authority(), Device: ada.Device(), Now: aura.Physical{At: now}}
	s := folded(ada, ada.Own(t, 1, device.KindRoster, announce(t, history...)))
	bound := roster.Closed{Device: tablet.ID(), Entry: history[3].Hash()}
	to, peers := chat.Ref{Context: shared}, []aura.AuthorityID{ben.Authority()}
	r, err := device.Close(s, by, to, peers, bound)
	if err != nil || len(r.Entries) != 1 || len(r.Sends) != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	other := by
	other.Device = laptop.ID()
	if _, err := device.Close(s, other, to, peers, bound); !errors.Is(err, aura.Denied) {
		t.Errorf("another device: %v", err)
	}
	said := ada.Drafted(r.Entries[0], 2, 2)
	s.Apply(&said)
	if _, err := device.Close(s, by, to, peers, bound); !errors.Is(err, aura.Denied) {
		t.Errorf("twice: %v", err)
	}
}

func TestFactsAreCheckedWhereTheyLie(t *testing.T) {
	checks := map[string]func(*fact.Fact) error{}
	for _, k := range device.Module().Kinds {
		checks[k.Name] = k.Check
	}
	closed := roster.Closed{Device: tablet.ID(), Entry: history[3].Hash()}
	seen := device.Seen{At: now, Entries: []roster.Hash{history[1].Hash()}}
	heads := []fact.Place{{Seq: 3, ID: [fact.ShortID]byte{3}}}
	trusted := device.Trust(tablet.ID(), history[3].Hash(), map[aura.ContextID][]fact.Place{shared: heads})[0]
	for _, r := range []fact.Record{
		ada.Own(t, 1, device.KindRoster, announce(t, history...)), ada.Shared(t, shared, 1, 1, device.KindRoster, announce(t, history...)),
		ada.Own(t, 1, device.KindClosed, closed), ada.Shared(t, shared, 1, 1, device.KindClosed, closed),
		ada.Own(t, 1, device.KindSeen, seen), ada.Own(t, 1, device.KindTrusted, trusted),
	} {
		if err := checks[r.Fact.Kind](&r.Fact); err != nil {
			t.Errorf("%s in %s: %v", r.Fact.Kind, r.Fact.Namespace, err)
		}
		r.Fact.Namespace = fact.OwnNamespace(ben.Authority())
		if err := checks[r.Fact.Kind](&r.Fact); !errors.Is(err, aura.Invalid) {
			t.Errorf("%s in the namespace of another: %v", r.Fact.Kind, err)
		}
	}
	trusts := func(streams ...device.TrustedStream) device.Trusted {
		return device.Trusted{Device: tablet.ID(), Entry: trusted.Entry, Streams: streams}
	}
	for name, r := range map[string]fact.Record{
		"seen by a peer":      ada.Shared(t, shared, 1, 1, device.KindSeen, seen),
		"seen never":          ada.Own(t, 1, device.KindSeen, device.Seen{Entries: seen.Entries}),
		"seen nothing":        ada.Own(t, 1, device.KindSeen, device.Seen{At: now}),
		"out of order":        ada.Own(t, 1, device.KindSeen, device.Seen{At: now, Entries: []roster.Hash{{2}, {1}}}),
		"trusted by a peer":   ada.Shared(t, shared, 1, 1, device.KindTrusted, trusted),
		"trusted no entry":    ada.Own(t, 1, device.KindTrusted, device.Trusted{Device: tablet.ID()}),
		"trusted nothing":     ada.Own(t, 1, device.KindTrusted, trusts(device.TrustedStream{Context: shared})),
		"trusted in no place": ada.Own(t, 1, device.KindTrusted, trusts(device.TrustedStream{Heads: heads})),
		"trusted twice":       ada.Own(t, 1, device.KindTrusted, trusts(trusted.Streams[0], trusted.Streams[0])),
		"closed nothing":      ada.Own(t, 1, device.KindClosed, roster.Closed{}),
		"announced nobody":    ada.Own(t, 1, device.KindRoster, roster.Announced{}),
	} {
		if err := checks[r.Fact.Kind](&r.Fact); !errors.Is(err, aura.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func records(t testing.TB) *rapid.Generator[[]fact.Record] {
	return rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) fact.Record {
		who := rapid.SampledFrom([]foldtest.Person{ada, ben}).Draw(rt, "who")
		at := aura.Logical(rapid.Uint64Range(1, 9).Draw(rt, "at"))
		entry := rapid.SampledFrom(history).Draw(rt, "entry")
		var payload any
		kind := rapid.SampledFrom([]string{device.KindRoster, device.KindRoster, device.KindClosed, device.KindSeen, device.KindTrusted}).Draw(rt, "kind")
		switch kind {
		case device.KindRoster:
			who, payload = ada, announce(t, entry)
		case device.KindClosed:
			payload = roster.Closed{Device: tablet.ID(), Entry: entry.Hash()}
		case device.KindTrusted:
			heads := []fact.Place{{Seq: uint64(at), ID: [fact.ShortID]byte{1}}}
			return who.Own(t, at, kind, device.Trust(tablet.ID(), entry.Hash(), map[aura.ContextID][]fact.Place{shared: heads})[0])
		case device.KindSeen:
			return who.Own(t, at, kind, device.Seen{At: now.Add(aura.Duration(at)), Entries: []roster.Hash{entry.Hash()}})
		}
		if rapid.Bool().Draw(rt, "own") {
			return who.Own(t, at, kind, payload)
		}
		return who.Shared(t, shared, at, uint64(at), kind, payload)
	}), 1, 12)
}

func newState() *device.State { return device.NewState(ada.Authority()) }

func TestSavedStateIsRestored(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) { foldtest.Restorable(rt, records(t).Draw(rt, "records"), newState) })
}

func TestVersionOfTheState(t *testing.T) { foldtest.Versioned(t, *update, records(t), newState) }

func TestStateIsTheSameForAnyOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) { foldtest.OrderInsensitive(rt, records(t).Draw(rt, "records"), newState) })
}

func TestRosterAsJSON(t *testing.T) {
	v := device.Roster{
		Authority: ada.Authority(), Number: 3,
		Devices: []device.Device{{Device: ada.Device(), Speaks: true, Governs: true, Share: roster.Whole}},
	}
	got, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	foldtest.Golden(t, *update, append(got, '\n'))
}

func FuzzPayloads(f *testing.F) {
	f.Add(ada.Own(f, 1, device.KindRoster, announce(f, history...)).Fact.Payload)
	f.Fuzz(func(t *testing.T, payload []byte) { foldtest.Survives(t, device.Module(), newState(), payload) })
}

package roster_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/roster"
)

// TestBadEntriesAreRefused changes a good entry in one thing each, signs it again and offers it.
func TestBadEntriesAreRefused(t *testing.T) {
	c := household(t)
	s := c.State(at(0))
	good := must(t, "root")(roster.Enrol(s, id("phone"), device("tablet")))
	index := func(e *roster.Entry, name string) int {
		return slices.IndexFunc(e.Devices, func(d roster.Device) bool { return d.Signing == public(name) })
	}
	for what, bad := range map[string]struct {
		change func(*roster.Entry)
		kind   aura.Kind
		says   string
	}{
		"17 devices": {func(e *roster.Entry) {
			for i := range 14 {
				e.Devices = append(e.Devices, device("more"+strings.Repeat("+", i)))
			}
		}, aura.Invalid, "remove one first"},
		"no device":      {func(e *roster.Entry) { e.Devices = nil }, aura.Invalid, "no device"},
		"a device twice": {func(e *roster.Entry) { e.Devices = append(e.Devices, e.Devices[0]) }, aura.Invalid, "is there twice"},
		"a key twice": {func(e *roster.Entry) { e.Devices[index(e, "tablet")].Link = e.Devices[index(e, "phone")].Link },
			aura.Invalid, "is there twice"},
		"the root key as a device's": {func(e *roster.Entry) { e.Devices[index(e, "tablet")].Link = e.Root }, aura.Invalid, "is there twice"},
		"a missing key":              {func(e *roster.Entry) { e.Devices[0].Agreement = [32]byte{} }, aura.Invalid, "lacks a key"},
		"no countersignature":        {func(e *roster.Entry) { e.Devices[index(e, "tablet")].Countersignature = [64]byte{} }, aura.Denied, "did not sign"},
		"a wrong countersignature": {func(e *roster.Entry) { e.Devices[index(e, "tablet")].Countersignature[5] ^= 1 },
			aura.Denied, "did not sign"},
		"a countersignature for another authority": {func(e *roster.Entry) {
			d := &e.Devices[index(e, "tablet")]
			d.Countersignature = signer("tablet")(d.SigningBytes(aura.AuthorityID{1}))
		}, aura.Denied, "did not sign"},
		"a changed countersignature": {func(e *roster.Entry) { e.Devices[index(e, "laptop")].Countersignature[5] ^= 1 }, aura.Denied, "did not sign"},
		"other keys of a device": {func(e *roster.Entry) { e.Devices[index(e, "laptop")].Link = public("other link") },
			aura.Denied, "other keys"},
		"a gap in the numbers": {func(e *roster.Entry) { e.Number++ }, aura.Invalid, "make entry 3"},
		"a number twice":       {func(e *roster.Entry) { e.Number-- }, aura.Invalid, "make entry 3"},
		"number 0":             {func(e *roster.Entry) { e.Number = 0 }, aura.Invalid, "only entry 0"},
		"no previous entry":    {func(e *roster.Entry) { e.Previous = nil }, aura.Invalid, "only entry 0"},
		"a previous entry twice": {func(e *roster.Entry) { e.Previous = append(e.Previous, e.Previous[0]) },
			aura.Invalid, "one twice"},
		"five previous entries": {func(e *roster.Entry) { e.Previous = make([]roster.Hash, 5) }, aura.Invalid, "two steps"},
		"an entry and its previous one": {func(e *roster.Entry) {
			e.Previous = append(e.Previous, c.Entries()[1].Entry.Hash())
			slices.SortFunc(e.Previous, func(a, b roster.Hash) int { return strings.Compare(string(a[:]), string(b[:])) })
		}, aura.Invalid, "name the later alone"},
		"shares that sum to more":   {func(e *roster.Entry) { e.Devices[index(e, "tablet")].Share++ }, aura.Invalid, "lower the maker's"},
		"another device's share":    {func(e *roster.Entry) { e.Devices[index(e, "laptop")].Share-- }, aura.Invalid, "its own share only"},
		"a maker from elsewhere":    {func(e *roster.Entry) { e.Maker = id("desk") }, aura.Denied, "no device of this account"},
		"no maker":                  {func(e *roster.Entry) { e.Maker = aura.DeviceID{} }, aura.Invalid, "no maker"},
		"another authority":         {func(e *roster.Entry) { e.Authority[0] ^= 1 }, aura.Invalid, "the chain of"},
		"no authority":              {func(e *roster.Entry) { e.Authority = aura.AuthorityID{} }, aura.Invalid, "no authority"},
		"another root key":          {func(e *roster.Entry) { e.Root = public("root 2") }, aura.Denied, "rank recovery can"},
		"no root key":               {func(e *roster.Entry) { e.Root = [32]byte{} }, aura.Invalid, "no root key"},
		"an unknown rank":           {func(e *roster.Entry) { e.Rank = 3 }, aura.Invalid, "update Aura"},
		"rank recovery by the root": {func(e *roster.Entry) { e.Rank = roster.RankRecovery }, aura.Denied, "not signed by the recovery key"},
		"a removal that was none": {func(e *roster.Entry) { e.Removed = []roster.Removed{{Device: [12]byte{1}, Number: 3}} },
			aura.Invalid, "removed devices"},
		"a removal of a listed device": {func(e *roster.Entry) {
			d := id("phone")
			e.Removed = []roster.Removed{{Device: [12]byte(d[:12]), Number: 3}}
		}, aura.Invalid, "removed devices"},
		"a removal without a note": {func(e *roster.Entry) { e.Devices = slices.Delete(e.Devices, index(e, "laptop"), index(e, "laptop")+1) },
			aura.Invalid, "list each device"},
		"two guardians":           {func(e *roster.Entry) { e.Recovery.Guardians = 2 }, aura.Invalid, "3 to 9"},
		"half of the guardians":   {func(e *roster.Entry) { e.Recovery = roster.Recovery{Key: guardians.Key, Threshold: 2, Guardians: 4} }, aura.Invalid, "more than half"},
		"more guardians than all": {func(e *roster.Entry) { e.Recovery.Threshold = 4 }, aura.Invalid, "more than half"},
		"guardians with no key":   {func(e *roster.Entry) { e.Recovery.Key = [32]byte{} }, aura.Invalid, "no key"},
		"guardians with the root": {func(e *roster.Entry) { e.Recovery.Key = e.Root }, aura.Invalid, "make another"},
	} {
		e := good
		e.Devices, e.Previous, e.Removed = slices.Clone(e.Devices), slices.Clone(e.Previous), slices.Clone(e.Removed)
		bad.change(&e)
		slices.SortFunc(e.Devices, func(a, b roster.Device) int { return strings.Compare(string(a.Signing[:]), string(b.Signing[:])) })
		e = e.Sign(signer("root"))
		into := c.Clone()
		wantRefused(t, what, into.Add(e, at(0)), bad.kind, bad.says)
		if diff := sameState(c.State(at(0)), into.State(at(0))); diff != "" || into.Len() != c.Len() {
			t.Errorf("%s: the refused entry changed the chain:\n%s", what, diff)
		}
	}

	e := good
	e.Signature[0] ^= 1
	wantRefused(t, "a wrong signature", c.Add(e, at(0)), aura.Denied, "not signed by the root key")
	e = good.Sign(signer("phone"))
	wantRefused(t, "a device's signature", c.Add(e, at(0)), aura.Denied, "not signed by the root key")
	e = good
	e.Devices = slices.Clone(e.Devices)
	slices.Reverse(e.Devices)
	wantRefused(t, "devices out of order", c.Add(e, at(0)), aura.Invalid, "sort them")
	none := founded(t)
	e = must(t, "root")(roster.Enrol(none.State(0), id("phone"), device("tablet")))
	e.Rank = roster.RankRecovery
	wantRefused(t, "recovery without guardians", none.Add(e.Sign(signer("root")), 0), aura.Denied, "names no recovery key")
	add(t, c, good, at(0))
}

func TestMakersRefuse(t *testing.T) {
	c := household(t)
	s := c.State(at(0))
	empty := roster.New(ada).State(0)
	_, err := roster.Enrol(empty, id("phone"), device("tablet"))
	wantRefused(t, "no roster", err, aura.NotFound, "no roster")
	_, err = roster.Recover(empty, device("new"), public("root 2"))
	wantRefused(t, "no roster", err, aura.Denied, "no recovery key")
	unsigned := device("tablet")
	unsigned.Countersignature = [64]byte{}
	_, err = roster.Enrol(s, id("phone"), unsigned)
	wantRefused(t, "no countersignature", err, aura.Denied, "did not sign")
	_, err = roster.Recover(s, unsigned, public("root 2"))
	wantRefused(t, "no countersignature", err, aura.Denied, "did not sign")
	_, err = roster.Settle(s, id("phone"))
	wantRefused(t, "no contest", err, aura.Conflict, "not contested")
	_, err = roster.SetRights(s, id("phone"), id("tablet"), 0)
	wantRefused(t, "rights of an unknown device", err, aura.NotFound, "no device")
	_, err = roster.GiveShare(s, id("phone"), id("tablet"), 1)
	wantRefused(t, "a share for an unknown device", err, aura.NotFound, "no device")
	_, err = roster.SetRecovery(s, id("phone"), roster.Recovery{Key: public("two"), Threshold: 2, Guardians: 2})
	wantRefused(t, "two guardians", err, aura.Invalid, "3 to 9")
	_, err = roster.Remove(s, id("phone"), id("phone"), id("laptop"))
	wantRefused(t, "all devices", err, aura.Invalid, "at least one")
	for i := range roster.MaxDevices - 2 {
		add(t, c, must(t, "root")(roster.Enrol(c.State(at(0)), id("phone"), device("more"+strings.Repeat("+", i)))), at(0))
	}
	_, err = roster.Enrol(c.State(at(0)), id("phone"), device("tablet"))
	wantRefused(t, "17 devices", err, aura.Exhausted, "remove one first")

	// Two sides with one recovery key and different roots: no root can end it, the guardians can.
	c = household(t)
	for _, name := range []string{"new", "new 2"} {
		add(t, c, must(t, "guardians")(roster.Recover(s, device(name), public(name+" root"))), at(0))
	}
	wantNames(t, "two recoveries", c.State(at(0)), true)
	_, err = roster.Settle(c.State(at(0)), id("new"))
	wantRefused(t, "two roots", err, aura.Denied, "only the recovery key")
	add(t, c, must(t, "guardians")(roster.Recover(c.State(at(0)), device("desk"), public("root 3"))), at(0))
	wantNames(t, "recovered once more", c.State(at(0)), false, "desk")
}

// TestAChainHasABound fills a chain by the root key; the guardians still find room.
func TestAChainHasABound(t *testing.T) {
	c := household(t)
	rights := roster.RightsSpeak
	for c.Len() < roster.MaxEntries-16 {
		rights ^= roster.RightsGovern
		add(t, c, must(t, "root")(roster.SetRights(c.State(at(0)), id("phone"), id("laptop"), rights)), 0)
	}
	s := c.State(at(0))
	_, err := roster.SetRights(s, id("phone"), id("laptop"), 0)
	if err != nil {
		t.Fatal(err)
	}
	wantRefused(t, "the root fills the chain", c.Add(must(t, "root")(roster.SetRights(s, id("phone"), id("laptop"), 0)), 0),
		aura.Exhausted, "only the recovery key")
	for i := range 16 {
		d := device("recovered" + strings.Repeat("+", i))
		add(t, c, must(t, "guardians")(roster.Recover(c.State(at(0)), d, public("root 2"))), 0)
	}
	if c.Len() != roster.MaxEntries || c.State(at(0)).Number != roster.MaxEntries-1 {
		t.Fatalf("%d entries", c.Len())
	}
	_, err = roster.Recover(c.State(at(0)), device("new"), public("root 2"))
	wantRefused(t, "entry 256 is made", err, aura.Exhausted, "found a new account")
	// One that contradicts an earlier entry has a smaller number, and no room either.
	s, err = c.At(c.Entries()[2].Entry.Hash())
	if err != nil {
		t.Fatal(err)
	}
	wantRefused(t, "257 entries", c.Add(must(t, "guardians")(roster.Recover(s, device("new"), public("root 2"))), 0),
		aura.Exhausted, "found a new account")

	// While the guardians' key is pending, their entry replaces nothing, and none can follow both.
	young := founded(t)
	add(t, young, must(t, "root")(roster.SetRecovery(young.State(at(0)), id("phone"), guardians)), at(0))
	add(t, young, must(t, "guardians")(roster.Recover(young.State(at(0)), device("new"), public("root"))), at(1))
	_, err = roster.Settle(young.State(at(2)), id("phone"))
	wantRefused(t, "a pending recovery", err, aura.Conflict, "is pending")

	waits := roster.New(ada)
	for i := range roster.MaxEntries {
		e := c.Entries()[2].Entry
		e.Signature[0], e.Signature[1] = byte(i), byte(i>>8)
		add(t, waits, e, 0)
	}
	wantRefused(t, "257 that wait", waits.Add(c.Entries()[2].Entry, 0), aura.Exhausted, "get the whole chain")
}

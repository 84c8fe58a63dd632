package roster_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/roster"
)

func TestACertificateIsEntryZero(t *testing.T) {
	c := certificate()
	e, err := roster.Found(&c)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := e.Encode()
	if err != nil {
		t.Fatal(err)
	}
	decoded, err := roster.Decode(encoded)
	if err != nil {
		t.Fatal(err)
	}
	back, err := decoded.Certificate()
	if err != nil || back != c {
		t.Errorf("the certificate became %v, %v", back, err)
	}
	s := founded(t).State(at(0))
	wantNames(t, "founded", s, false, "phone")
	if s.Root != public("root") || share(t, s, "phone") != roster.Whole || s.Number != 0 {
		t.Errorf("root %x, number %d", s.Root[:4], s.Number)
	}

	for what, change := range map[string]func(*roster.Entry){
		"another link key": func(e *roster.Entry) { e.Devices[0].Link[0] ^= 1 },
		"fewer rights":     func(e *roster.Entry) { e.Devices[0].Rights = roster.RightsSpeak },
		"a smaller share":  func(e *roster.Entry) { e.Devices[0].Share-- },
		"a recovery key":   func(e *roster.Entry) { e.Recovery = guardians },
		"another maker":    func(e *roster.Entry) { e.Maker = id("laptop") },
		"rank recovery":    func(e *roster.Entry) { e.Rank = roster.RankRecovery },
	} {
		e := e
		e.Devices = slices.Clone(e.Devices)
		change(&e)
		wantRefused(t, what, roster.New(ada).Add(e, 0), aura.Denied, "entry 0")
	}
	c.Signature[0] ^= 1
	if _, err := roster.Found(&c); aura.KindOf(err) != aura.Denied {
		t.Errorf("a forged certificate: %v", err)
	}
}

func wantRefused(t *testing.T, what string, err error, kind aura.Kind, says string) {
	t.Helper()
	if aura.KindOf(err) != kind || !strings.Contains(err.Error(), says) {
		t.Errorf("%s: %v, want one of kind %q that says %q", what, err, kind, says)
	}
}

func TestDevicesComeAndGo(t *testing.T) {
	c := household(t)
	s := c.State(at(0))
	wantNames(t, "enrolled", s, false, "phone", "laptop")
	if share(t, s, "phone") != 32768 || share(t, s, "laptop") != 32768 || s.Recovery != guardians || s.Pending != nil {
		t.Errorf("shares %d and %d, recovery %v, pending %v", share(t, s, "phone"), share(t, s, "laptop"), s.Recovery, s.Pending)
	}
	add(t, c, must(t, "root")(roster.Enrol(s, id("laptop"), device("tablet"))), at(0))
	began := c.State(at(0))
	add(t, c, must(t, "root")(roster.SetRights(began, id("phone"), id("tablet"), roster.RightsSpeak)), at(0))
	add(t, c, must(t, "root")(roster.GiveShare(c.State(at(0)), id("phone"), id("tablet"), 768)), at(0))
	add(t, c, must(t, "root")(roster.Remove(c.State(at(0)), id("phone"), id("laptop"))), at(0))
	s = c.State(at(0))
	wantNames(t, "removed", s, false, "phone", "tablet")
	tablet, _ := s.Device(id("tablet"))
	if tablet.Rights.Has(roster.RightsGovern) || tablet.Share != 16384+768 || share(t, s, "phone") != 32768-768+16384 {
		t.Errorf("rights %v, shares %d and %d", tablet.Rights, tablet.Share, share(t, s, "phone"))
	}
	// In an epoch that began before the removal, the laptop may have spent its share, and the phone has given some away.
	for name, want := range map[string]uint32{"phone": 32000, "tablet": 16384, "laptop": 0} {
		if got := s.Usable(began, id(name)); got != want {
			t.Errorf("%s may spend %d in the epoch of the removal, want %d", name, got, want)
		}
	}
	if got := s.Usable(s, id("phone")); got != 32768-768+16384 {
		t.Errorf("the phone may spend %d in the next epoch", got)
	}

	_, err := roster.Remove(s, id("phone"), id("laptop"))
	wantRefused(t, "removed twice", err, aura.NotFound, "is no device")
	_, err = roster.GiveShare(s, id("tablet"), id("phone"), roster.Whole)
	wantRefused(t, "more than it has", err, aura.Exhausted, "cannot give")
	back := must(t, "root")(roster.Enrol(s, id("phone"), device("laptop")))
	back.Removed = nil
	wantRefused(t, "enrolled again", c.Add(back.Sign(signer("root")), at(0)), aura.Denied, "was removed")
}

func TestContestsOfOneRank(t *testing.T) {
	c := household(t)
	s := c.State(at(0))
	a := must(t, "root")(roster.Enrol(s, id("phone"), device("tablet")))
	b := must(t, "root")(roster.GiveShare(s, id("laptop"), id("phone"), 768))
	x := must(t, "root")(roster.Remove(s, id("phone"), id("laptop")))

	add(t, c, a, at(0))
	add(t, c, b, at(0))
	s = c.State(at(0))
	wantNames(t, "addition and share", s, true, "phone", "laptop")
	if share(t, s, "phone") != 16384 || share(t, s, "laptop") != 32000 || len(s.Waiting) != 1 || s.Waiting[0].ID() != id("tablet") {
		t.Errorf("shares %d and %d, waiting %v", share(t, s, "phone"), share(t, s, "laptop"), s.Waiting)
	}
	_, err := roster.Enrol(s, id("phone"), device("desk"))
	wantRefused(t, "enrolment in a contest", err, aura.Conflict, "end the contest")

	settled := c.Clone()
	add(t, settled, must(t, "root")(roster.Settle(s, id("phone"), id("tablet"))), at(0))
	wantNames(t, "settled", settled.State(at(0)), false, "phone", "laptop", "tablet")
	if got := share(t, settled.State(at(0)), "phone"); got != 16384 {
		t.Errorf("the phone has %d", got)
	}

	add(t, c, x, at(0))
	wantNames(t, "removal by one side", c.State(at(0)), true, "phone")
	add(t, c, must(t, "root")(roster.Settle(c.State(at(0)), id("phone"), id("tablet"))), at(0))
	wantNames(t, "settled for three", c.State(at(0)), false, "phone", "tablet")

	// The recovery key ends any contest, from any side.
	for _, on := range [][]roster.Hash{{a.Hash()}, {b.Hash()}, {a.Hash(), b.Hash()}} {
		c := household(t)
		for _, e := range []roster.Entry{a, b} {
			add(t, c, e, at(0))
		}
		slices.SortFunc(on, func(x, y roster.Hash) int { return strings.Compare(string(x[:]), string(y[:])) })
		s, err := c.At(on...)
		if err != nil {
			t.Fatal(err)
		}
		add(t, c, must(t, "guardians")(roster.Recover(s, device("new"), public("root 2"))), at(1))
		wantNames(t, "recovered", c.State(at(1)), false, "new")
	}
}

// TestTheDelayOfAChangeOfGuardians plays the thief of a root key who sheds the guardians, and guardians of the past.
func TestTheDelayOfAChangeOfGuardians(t *testing.T) {
	c := household(t)
	s := c.State(at(0))
	shed := must(t, "root")(roster.SetRecovery(s, id("laptop"), roster.Recovery{Key: public("thieves"), Threshold: 2, Guardians: 3}))
	recovery := must(t, "guardians")(roster.Recover(s, device("new"), public("root 2")))
	add(t, c, shed, at(0))
	s, err := c.At(shed.Hash())
	if err != nil {
		t.Fatal(err)
	}
	stolen := must(t, "thieves")(roster.Recover(s, device("thief"), public("thief root")))
	add(t, c, stolen, at(1))

	// Pending: the thief's entry contradicts the list and replaces nothing.
	wantNames(t, "the thief's entry is pending", c.State(at(13)), true)
	wantNames(t, "the thief's entry is in force", c.State(at(14)), false, "thief")
	if p := c.State(at(13)).Pending; p == nil || p.Until != at(14) || p.Old != guardians {
		t.Errorf("pending %v", p)
	}
	if under := c.Under(guardians.Key); len(under) != 1 || under[0] != recovery.Previous[0] {
		t.Errorf("the guardians build on %x", under)
	}
	for seen, want := range map[int]struct {
		contested bool
		names     []string
	}{
		0: {false, []string{"new"}}, 14: {false, []string{"new"}}, // in time, whatever the thief did
		15: {true, nil}, 28: {true, nil}, // another peer may have seen the change later
		29: {false, []string{"thief"}}, 400: {false, []string{"thief"}}, // old guardians do not rule for ever
	} {
		c := c.Clone()
		add(t, c, recovery, at(seen))
		wantNames(t, "recovered by the old guardians", c.State(at(500)), want.contested, want.names...)
	}
	// An introduction shows settled changes.
	c = household(t)
	add(t, c, shed, 0)
	if c.State(at(0)).Pending != nil {
		t.Error("a change of an introduction is pending")
	}
}

// TestASecondCertificateIsAContest: the thief of a root key can sign another.
func TestASecondCertificateIsAContest(t *testing.T) {
	c := founded(t)
	other := certificate()
	other.Signing = public("thief")
	other.Signature = signer("root")(other.SigningBytes())
	e, err := roster.Found(&other)
	if err == nil {
		err = c.Add(e, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	wantNames(t, "two certificates", c.State(at(0)), true)
}

func TestEntriesWaitForThoseBeforeThem(t *testing.T) {
	whole := household(t)
	add(t, whole, must(t, "root")(roster.Remove(whole.State(at(0)), id("phone"), id("laptop"))), at(3))
	entries := whole.Entries()
	c := roster.New(ada)
	for _, e := range slices.Backward(entries) {
		if s := c.State(at(9)); len(s.Heads) != 0 {
			t.Error("an entry counts before those that it follows")
		}
		add(t, c, e.Entry, e.At)
		add(t, c, e.Entry, e.At.Add(day)) // once more, later
	}
	if diff := sameState(whole.State(at(9)), c.State(at(9))); diff != "" {
		t.Errorf("forwards and backwards differ:\n%s", diff)
	}
	c = roster.New(ada)
	add(t, c, entries[2].Entry, 0)
	if s := c.State(0); len(s.Missing) != 1 || s.Missing[0] != entries[1].Entry.Hash() {
		t.Errorf("missing %x", s.Missing)
	}
	again := roster.New(ada)
	for _, e := range c.Entries() {
		add(t, again, e.Entry, e.At)
	}
	if diff := sameState(c.State(0), again.State(0)); diff != "" {
		t.Error(diff)
	}

	// A forged copy that comes first does not stand in the way.
	c = founded(t)
	forged := entries[2].Entry
	forged.Signature[0] ^= 1
	add(t, c, forged, 0)
	add(t, c, entries[2].Entry, 0)
	add(t, c, entries[1].Entry, 0)
	if s := c.State(at(0)); s.Number != 2 || len(c.Entries()) != 3 {
		t.Errorf("number %d, %d entries", s.Number, len(c.Entries()))
	}
}

func TestANewContactGetsTheSameState(t *testing.T) {
	c := household(t)
	s := c.State(at(0))
	add(t, c, must(t, "root")(roster.Enrol(s, id("laptop"), device("thief"))), at(0))
	add(t, c, must(t, "guardians")(roster.Recover(s, device("new"), public("root 2"))), at(1))
	given := c.Current(at(2))
	other := roster.New(ada)
	for _, e := range given {
		add(t, other, e, 0)
	}
	if diff := sameState(c.State(at(2)), other.State(at(2))); diff != "" || len(given) != 4 {
		t.Errorf("%d entries give another state:\n%s", len(given), diff)
	}
}

package enrol

import (
	"crypto/ed25519"
	"strings"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/foldtest"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/roster"
)

// TestALineSurvivesItsRoad: it has at most 300 characters however many addresses there are, and is read back with breaks in it.
func TestALineSurvivesItsRoad(t *testing.T) {
	var many []string
	for i := range 40 {
		many = append(many, "/ip6/2001:db8::"+string(rune('a'+i%6))+"/udp/4001/quic-v1", "/ip4/192.0.2."+string(rune('1'+i%9))+"/tcp/4001")
	}
	c, err := New(foldtest.NewPerson(1).Certificate, [16]byte{7}, many, 0, aura.Physical{At: aura.Instant(1_800_000_000 * time.Second)})
	if err != nil {
		t.Fatal(err)
	}
	line := c.Encode()
	if len(line) > MaxCode || len(c.Addresses) == 0 || c.Expires != aura.Instant(1_800_000_600*time.Second) {
		t.Errorf("a line of %d characters, with %d addresses, until %v", len(line), len(c.Addresses), c.Expires.Std())
	}
	got, err := Parse(" " + line[:50] + "\n" + line[50:] + " ")
	if err != nil || got.Encode() != line || got.Authority() != foldtest.NewPerson(1).Authority() {
		t.Errorf("read back: %v", err)
	}
	if strings.Contains(c.String(), line[8:40]) {
		t.Error("a code that is printed shows its secret")
	}
	for _, life := range []aura.Duration{-time.Second, time.Millisecond, MaxLife + 1} {
		if _, err := New(foldtest.NewPerson(1).Certificate, [16]byte{}, nil, life, aura.Physical{}); aura.KindOf(err) != aura.Invalid {
			t.Errorf("a life of %v: %v", life, err)
		}
	}
}

// TestOtherLinesAreRefused: each with its fault and the remedy.
func TestOtherLinesAreRefused(t *testing.T) {
	line := sample(t).Encode()
	ada := foldtest.NewPerson(1)
	invitation, err := invite.New(ada.Certificate, [16]byte{1}, nil, time.Hour, aura.Physical{At: 1e18})
	if err != nil {
		t.Fatal(err)
	}
	invitation.Signature = [64]byte(ed25519.Sign(ada.Signing, invitation.SigningBytes()))
	flipped := []byte(line)
	flipped[40] ^= 1
	for what, c := range map[string]struct {
		text, says string
		kind       aura.Kind
	}{
		"nothing":       {"", "aura device add", aura.Invalid},
		"a word":        {"hello", "aura device add", aura.Invalid},
		"an invitation": {invitation.Encode(), "aura invite accept", aura.Invalid},
		"a newer line":  {"auradev2" + line[8:], "upgrade", aura.Unavailable},
		"a cut line":    {line[:len(line)-4], "copy it anew", aura.Corrupt},
		"half a line":   {line[:60], "copy it anew", aura.Corrupt},
		"a typo":        {string(flipped), "copy it anew", aura.Corrupt},
		"a long line":   {line + strings.Repeat("A", MaxCode), "copy it anew", aura.Corrupt},
	} {
		if _, err := Parse(c.text); aura.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := invite.Parse(line); aura.KindOf(err) != aura.Invalid {
		t.Errorf("as an invitation: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(sample(f).Encode())
	f.Fuzz(func(t *testing.T, text string) {
		if c, err := Parse(text); err == nil && c.Encode() != invite.Compact(text) {
			t.Errorf("%q is another line than its code", text)
		}
	})
}

// shown returns the keys that a device shows for a code, and the static and link key of its channel.
func shown(id ID, n byte, who aura.AuthorityID) (k Keys, static, link [32]byte) {
	p := foldtest.NewPerson(n)
	c := p.Certificate
	k = Keys{Signing: c.Signing, Agreement: c.Agreement, Link: c.Link, Name: "laptop"}
	d := k.Device()
	k.Countersignature = [64]byte(ed25519.Sign(p.Signing, d.SigningBytes(who)))
	k.Proof = [64]byte(ed25519.Sign(p.Signing, k.ProofBytes(id)))
	return k, c.Agreement, c.Link
}

// TestOnlyAHolderOfKeysShowsThem: those of another device, of another line, of another account or of another channel are refused.
func TestOnlyAHolderOfKeysShowsThem(t *testing.T) {
	id, who := ID{1}, foldtest.NewPerson(1).Authority()
	k, static, link := shown(id, 2, who)
	if err := k.Check(id, who, static, link); err != nil {
		t.Fatal(err)
	}
	other, _, _ := shown(id, 3, who)
	for what, c := range map[string]struct {
		change       func(*Keys)
		id           ID
		who          aura.AuthorityID
		static, link [32]byte
	}{
		"for another line":        {func(*Keys) {}, ID{2}, who, static, link},
		"for another account":     {func(*Keys) {}, id, foldtest.NewPerson(9).Authority(), static, link},
		"over another channel":    {func(*Keys) {}, id, who, other.Agreement, link},
		"from another machine":    {func(*Keys) {}, id, who, static, other.Link},
		"without a proof":         {func(k *Keys) { k.Proof = [64]byte{} }, id, who, static, link},
		"with the key of another": {func(k *Keys) { k.Signing = other.Signing }, id, who, static, link},
		"with another's proof":    {func(k *Keys) { k.Proof = other.Proof }, id, who, static, link},
		"not signed":              {func(k *Keys) { k.Countersignature = other.Countersignature }, id, who, static, link},
	} {
		changed := k
		c.change(&changed)
		if err := changed.Check(c.id, c.who, c.static, c.link); aura.KindOf(err) != aura.Denied {
			t.Errorf("%s: %v", what, err)
		}
	}
	k.Name = "bad\x1bname"
	if err := k.Check(id, who, static, link); err == nil {
		t.Error("a name with a control character is taken")
	}
}

// TestDigitsFollowFromAllThatIsCompared: other keys, another line or another salt give others.
func TestDigitsFollowFromAllThatIsCompared(t *testing.T) {
	who := foldtest.NewPerson(1).Authority()
	k, _, _ := shown(ID{1}, 2, who)
	other, _, _ := shown(ID{1}, 3, who)
	base := k.Digits(ID{1}, [16]byte{1})
	if base == other.Digits(ID{1}, [16]byte{1}) || base == k.Digits(ID{2}, [16]byte{1}) || base == k.Digits(ID{1}, [16]byte{2}) {
		t.Error("different things have the same digits")
	}
	if base >= 1_000_000 || len(ShowDigits(base)) != 7 || ShowDigits(1234) != "001 234" {
		t.Errorf("digits %d are shown as %q", base, ShowDigits(base))
	}
}

// TestADeviceTakesOnlyItsOwnListing: by the root key of the line, with the keys that it made.
func TestADeviceTakesOnlyItsOwnListing(t *testing.T) {
	root := ed25519.NewKeyFromSeed(append(make([]byte, ed25519.SeedSize-2), 1, 1))
	ada := foldtest.NewPerson(1)
	first, err := roster.Found(&ada.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	chain := roster.New(ada.Authority())
	if err := chain.Add(first, 0); err != nil {
		t.Fatal(err)
	}
	listing := func(n byte) (Listing, roster.Device) {
		k, _, _ := shown(ID{1}, n, ada.Authority())
		d := k.Device()
		e, err := roster.Enrol(chain.State(0), ada.Device(), d)
		if err != nil {
			t.Fatal(err)
		}
		b, err := e.Encode()
		if err != nil {
			t.Fatal(err)
		}
		c := fact.Certificate{Root: ada.Certificate.Root, Signing: d.Signing, Agreement: d.Agreement, Link: d.Link}
		c.Signature = [64]byte(ed25519.Sign(root, c.SigningBytes()))
		return Listing{Certificate: c.Encode(), Entry: b}, d
	}
	good, own := listing(2)
	if _, _, err := good.Check(&own, ada.Certificate.Root); err != nil {
		t.Fatal(err)
	}
	other, _ := listing(3)
	stranger := foldtest.NewPerson(4).Certificate
	unsigned := good
	c, _ := fact.DecodeCertificate(good.Certificate)
	c.Signature[0] ^= 1
	unsigned.Certificate = c.Encode()
	for what, c := range map[string]struct {
		l    Listing
		root [32]byte
	}{
		"of another device":       {other, ada.Certificate.Root},
		"of another account":      {good, stranger.Root},
		"another certificate":     {Listing{Certificate: other.Certificate, Entry: good.Entry}, ada.Certificate.Root},
		"an entry without it":     {Listing{Certificate: good.Certificate, Entry: other.Entry}, ada.Certificate.Root},
		"a certificate unsigned":  {unsigned, ada.Certificate.Root},
		"nothing":                 {Listing{}, ada.Certificate.Root},
		"bytes that are no entry": {Listing{Certificate: good.Certificate, Entry: []byte{1}}, ada.Certificate.Root},
	} {
		if _, _, err := c.l.Check(&own, c.root); aura.KindOf(err) != aura.Denied && aura.KindOf(err) != aura.Corrupt {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestFactsOfAnEnrolmentFoldInAnyOrder: the state is the same, and a saved state comes back.
func TestFactsOfAnEnrolmentFoldInAnyOrder(t *testing.T) {
	ada := foldtest.NewPerson(1)
	id, late := ID{1}, ID{2}
	facts := []fact.Record{
		ada.Own(t, 1, KindOffered, Offered{ID: id, Expires: 100}),
		ada.Own(t, 2, KindClaimed, Claimed{ID: id, Device: aura.DeviceID{7}, Name: "laptop", Digits: 123}),
		ada.Own(t, 3, KindClaimed, Claimed{ID: id, Device: aura.DeviceID{8}, Name: "thief", Digits: 9}),
		ada.Own(t, 4, KindConfirmed, Step{ID: id}),
		ada.Own(t, 5, KindListed, Step{ID: id}),
		ada.Own(t, 6, KindJoined, Step{ID: id}),
		ada.Own(t, 7, KindEnded, Step{ID: id, Reason: "too late"}),
		ada.Own(t, 8, KindConfirmed, Step{ID: late}),
	}
	for seed := range 40 {
		var s State
		for i := range facts {
			at := (i*7 + seed*3) % len(facts)
			s.Apply(&facts[at])
			if seed%2 == 0 {
				s.Apply(&facts[at])
			}
		}
		for i := range facts {
			s.Apply(&facts[(i+seed)%len(facts)])
		}
		e, known := s.Enrolment(id, aura.Physical{})
		if !known || e.Phase != PhaseJoined || e.Device != (aura.DeviceID{7}) || e.Name != "laptop" || e.Digits != "000 123" {
			t.Fatalf("order %d: %+v", seed, e)
		}
		if _, known := s.Enrolment(late, aura.Physical{}); known {
			t.Fatalf("order %d: a word about a line that was never made counts", seed)
		}
		b, err := s.Save()
		if err != nil {
			t.Fatal(err)
		}
		var again State
		if err := again.Restore(b); err != nil {
			t.Fatal(err)
		}
		if c, err := again.Save(); err != nil || string(b) != string(c) {
			t.Errorf("what was saved does not come back: %v", err)
		}
	}
}

// TestALineServesOnce: for one device, before it expires, and not after the person refused.
func TestALineServesOnce(t *testing.T) {
	ada := foldtest.NewPerson(1)
	c := sample(t)
	k, _, _ := shown(c.ID(), 2, ada.Authority())
	by := domain.Caller{Authority: ada.Authority(), Device: ada.Device(), Now: aura.Physical{At: c.Expires - 1}}
	var s State
	logical := aura.Logical(0)
	commit := func(drafts []fact.Draft) {
		for _, d := range drafts {
			logical++
			r := ada.Drafted(d, logical, uint64(logical))
			s.Apply(&r)
		}
	}
	if _, err := Claim(&s, by, c, k, [16]byte{}); aura.KindOf(err) != aura.Conflict {
		t.Errorf("a line that was never made: %v", err)
	}
	r, err := Create(&s, by, c)
	if err != nil {
		t.Fatal(err)
	}
	commit(r.Entries)
	late := by
	late.Now.At = c.Expires
	if _, err := Claim(&s, late, c, k, [16]byte{}); aura.KindOf(err) != aura.Denied {
		t.Errorf("a line that expired: %v", err)
	}
	if _, err := Confirm(&s, by, AnswerIntent{ID: c.ID()}); aura.KindOf(err) != aura.Conflict {
		t.Errorf("confirmed before a device is there: %v", err)
	}
	if r, err = Claim(&s, by, c, k, [16]byte{}); err != nil {
		t.Fatal(err)
	}
	commit(r.Entries)
	if _, err := Claim(&s, by, c, k, [16]byte{}); aura.KindOf(err) != aura.Conflict {
		t.Errorf("used twice: %v", err)
	}
	if _, err := List(&s, by, c.ID(), nil, nil); aura.KindOf(err) != aura.Conflict {
		t.Errorf("listed without the person's word: %v", err)
	}
	if r, err = Refuse(&s, by, AnswerIntent{ID: c.ID()}); err != nil {
		t.Fatal(err)
	}
	commit(r.Entries)
	for what, err := range map[string]error{
		"claimed":   func() error { _, err := Claim(&s, by, c, k, [16]byte{}); return err }(),
		"confirmed": func() error { _, err := Confirm(&s, by, AnswerIntent{ID: c.ID()}); return err }(),
		"listed":    func() error { _, err := List(&s, by, c.ID(), nil, nil); return err }(),
	} {
		if aura.KindOf(err) != aura.Conflict {
			t.Errorf("%s after a refusal: %v", what, err)
		}
	}
}

func TestAReasonIsShownWithoutControlCharacters(t *testing.T) {
	r := NewRefusal("no\x1b[2J\nway" + strings.Repeat("x", 2*maxReason))
	if len(r.Reason) > maxReason || strings.ContainsAny(r.Text(), "\x1b\n") || !strings.HasPrefix(r.Text(), "no") {
		t.Errorf("%q is shown as %q", r.Reason, r.Text())
	}
}

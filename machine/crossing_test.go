package machine_test

import (
	"crypto/ed25519"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/machine/own"
)

type signer struct{ key ed25519.PrivateKey }

func newSigner(seed byte) signer {
	s := make([]byte, ed25519.SeedSize)
	s[0] = seed
	return signer{ed25519.NewKeyFromSeed(s)}
}

func (s signer) public() ed25519.PublicKey { return s.key.Public().(ed25519.PublicKey) }

func (s signer) Sign(_ choreo.Role, message []byte) [ed25519.SignatureSize]byte {
	return [ed25519.SignatureSize]byte(ed25519.Sign(s.key, message))
}

// side is one of two machines, each with an image of its own role alone.
type side struct {
	m    *machine.Machine
	cap  own.Capability
	im   *machine.Image
	host *host
}

func openSide(t *testing.T, role choreo.Role, as machine.Integrity, replay machine.ReplayMode) *side {
	t.Helper()
	return openNamed(t, aura.SessionID{9}, role, as, replay)
}

func openNamed(t *testing.T, name aura.SessionID, role choreo.Role, as machine.Integrity, replay machine.ReplayMode) *side {
	t.Helper()
	p, _ := choreo.Load("shop.tell", shop)
	inst, err := p.Instantiate(nil)
	if err != nil {
		t.Fatal(err)
	}
	local, err := inst.Local(role)
	if err != nil {
		t.Fatal(err)
	}
	im, err := machine.Compile("Buy", []machine.Part{{Role: role, Local: local}}, machine.CompileOptions{})
	if err != nil {
		t.Fatal(err)
	}
	seeds := map[choreo.Role]byte{"Cust": 1, "Shop": 2}
	s := &side{im: im, host: newHost(uint64(seeds[role]))}
	s.m = machine.New(s.host, machine.Options{Key: [32]byte{seeds[role]}, Signer: newSigner(seeds[role])})
	s.cap, err = s.m.Open(im, machine.Opening{
		Owner: own.Owner(role), Name: name, Admission: machine.AdmitTrusted(im, as, replay, 1),
		Authorities: []machine.Authority{
			{Roles: []choreo.Role{"Cust"}, Key: newSigner(1).public()},
			{Roles: []choreo.Role{"Shop"}, Key: newSigner(2).public()},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// run steps a side until it waits, and takes out its messages.
func (s *side) run(t *testing.T) []machine.Parcel {
	t.Helper()
	if _, err := s.m.Run(100); err != nil {
		t.Fatal(err)
	}
	var out []machine.Parcel
	for {
		p, ok, err := s.m.Take(s.cap)
		if errors.Is(err, aura.Stale) || !ok {
			return out
		}
		p.Value = machine.Bytes(append([]byte(nil), p.Value.Bytes()...))
		p.Signature = append([]byte(nil), p.Signature...)
		out = append(out, p)
	}
}

// translate gives a parcel the numbers of another image.
func translate(t *testing.T, p machine.Parcel, from, to *machine.Image) machine.Parcel {
	t.Helper()
	var ok [2]bool
	label := from.Label(p.Label).Name
	p.From, ok[0] = to.Role(from.RoleName(p.From))
	p.To, ok[1] = to.Role(from.RoleName(p.To))
	if p.Label, _ = to.FindLabel(p.From, p.To, label); !ok[0] || !ok[1] || p.Label == machine.NoLabel {
		t.Fatal("the images do not speak of the same message")
	}
	return p
}

func TestTwoMachinesTalk(t *testing.T) {
	for _, as := range []machine.Integrity{machine.IntegrityBare, machine.IntegritySealed, machine.IntegritySigned} {
		t.Run(as.String(), func(t *testing.T) {
			cust, shop := openSide(t, "Cust", as, machine.ReplaySequence), openSide(t, "Shop", as, machine.ReplaySequence)
			a, b := cust, shop
			for range 4 {
				for _, p := range a.run(t) {
					if (len(p.Signature) > 0) != (as == machine.IntegritySigned) {
						t.Fatal("a signature that should not be there, or none")
					}
					if err := b.m.Inject(b.cap, translate(t, p, a.im, b.im)); err != nil {
						t.Fatal(err)
					}
				}
				a, b = b, a
			}
			for _, s := range []*side{cust, shop} {
				if sums := s.m.Reap(nil); len(sums) != 1 || sums[0].Status != machine.SessionClosed || sums[0].Orphans != 0 {
					t.Fatal(sums)
				}
			}
		})
	}
}

func TestWhatTheNetworkDoesIsRefusedAndHarmsNothing(t *testing.T) {
	cust, shop := openSide(t, "Cust", machine.IntegritySigned, machine.ReplaySequence), openSide(t, "Shop", machine.IntegritySigned, machine.ReplaySequence)
	p := translate(t, cust.run(t)[0], cust.im, shop.im)
	forged := p
	forged.Value = machine.Bytes([]byte("something else"))
	unsigned := p
	unsigned.Signature = nil
	late := p
	late.Seq = 1
	backwards := p
	backwards.From, backwards.To = p.To, p.From
	for name, c := range map[string]struct {
		in   machine.Parcel
		want aura.Kind
	}{
		"forged": {forged, aura.Corrupt}, "unsigned": {unsigned, aura.Corrupt}, "out of order": {late, aura.Conflict},
		"the wrong way": {backwards, aura.Invalid},
		"no message":    {machine.Parcel{From: p.From, To: p.To, Label: 999}, aura.Invalid},
		"too large":     {machine.Parcel{From: p.From, To: p.To, Label: p.Label, Value: machine.Bytes(make([]byte, 1<<20))}, aura.Invalid},
	} {
		if err := shop.m.Inject(shop.cap, c.in); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := shop.m.Inject(shop.cap, p); err != nil {
		t.Fatal(err)
	}
	if err := shop.m.Inject(shop.cap, p); !errors.Is(err, aura.Conflict) {
		t.Fatalf("a duplicate: %v", err)
	}
	if len(shop.run(t)) != 1 {
		t.Fatal("the shop does not answer")
	}
}

func TestDuplicatesAreRefusedByNullifierToo(t *testing.T) {
	cust, shop := openSide(t, "Cust", machine.IntegritySealed, machine.ReplayNullifier), openSide(t, "Shop", machine.IntegritySealed, machine.ReplayNullifier)
	p := translate(t, cust.run(t)[0], cust.im, shop.im)
	p.Seq = 5 // any order will do
	for i, want := range []error{nil, aura.Conflict} {
		if err := shop.m.Inject(shop.cap, p); !errors.Is(err, want) {
			t.Fatal(i, err)
		}
	}
	shop.run(t)
	if err := shop.m.Inject(shop.cap, p); !errors.Is(err, aura.Conflict) {
		t.Fatal(err)
	}
}

func TestAMessageIsGoodInItsOwnSessionAlone(t *testing.T) {
	cust := openSide(t, "Cust", machine.IntegritySigned, machine.ReplayNullifier)
	other := openNamed(t, aura.SessionID{8}, "Shop", machine.IntegritySigned, machine.ReplayNullifier)
	if err := other.m.Inject(other.cap, translate(t, cust.run(t)[0], cust.im, other.im)); !errors.Is(err, aura.Corrupt) {
		t.Fatal(err)
	}
}

func TestWhatWasSentAndReceivedIsProvedByItsRoots(t *testing.T) {
	ends := func(seed uint64) machine.Summary {
		s := shopStand(t, func(_ *machine.Options, o *machine.Opening) {
			o.Admission = machine.AdmitTrusted(image(t, shop, nil), machine.IntegritySealed, machine.ReplaySequence, 1)
		})
		s.host.seed = seed
		if _, err := s.m.Run(100); err != nil {
			t.Fatal(err)
		}
		return s.m.Reap(nil)[0]
	}
	a, same, other := ends(1), ends(1), ends(2)
	if !cmp.Equal(a.Roots, same.Roots) || !cmp.Equal(a.Consumed, same.Consumed) || len(a.Roots) != 2 {
		t.Fatal("the same messages have other roots")
	}
	if cmp.Equal(a.Roots, other.Roots) || cmp.Equal(a.Consumed, other.Consumed) {
		t.Fatal("other messages have the same roots")
	}
}

func TestCorruptionIsFoundWhereValuesAreSealed(t *testing.T) {
	for _, as := range []machine.Integrity{machine.IntegrityBare, machine.IntegritySealed} {
		s := shopStand(t, func(_ *machine.Options, o *machine.Opening) {
			o.Admission = machine.AdmitTrusted(image(t, shop, nil), as, 0, 1)
		})
		s.m.Corrupt("Cust", "Shop", machine.CorruptionBitFlip)
		_, err := s.m.Run(100)
		var f *machine.Fault
		switch {
		case as == machine.IntegrityBare && err != nil:
			t.Fatal(err)
		case as == machine.IntegritySealed && (!errors.As(err, &f) || f.Code != machine.FaultVerification || !errors.Is(err, aura.Corrupt)):
			t.Fatal(err)
		}
	}
}

func TestASessionNeedsWhatItsAdmissionDecided(t *testing.T) {
	im := image(t, shop, nil)
	open := func(o machine.Options, as machine.Admission) error {
		_, err := machine.New(newHost(1), o).Open(im, machine.Opening{Owner: "ada", Admission: as})
		return err
	}
	for name, err := range map[string]error{
		"no admission": open(machine.Options{}, machine.Admission{}),
		"no key":       open(machine.Options{}, machine.AdmitTrusted(im, machine.IntegritySealed, 0, 1)),
		"no signer":    open(machine.Options{Key: [32]byte{1}}, machine.AdmitTrusted(im, machine.IntegritySigned, 0, 1)),
	} {
		if !errors.Is(err, aura.Denied) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOwnershipMovesWithEverythingOrNotAtAll(t *testing.T) {
	s := shopStand(t, nil)
	r, err := s.m.BeginTransfer(s.cap, "ben", own.Whole(), false)
	if err != nil {
		t.Fatal(err)
	}
	forged := r
	forged.To = "eve"
	if _, err := s.m.CommitTransfer(forged); !errors.Is(err, aura.Denied) {
		t.Fatal(err)
	}
	from := s.trace.Len()
	ben, err := s.m.CommitTransfer(r)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"transferred Cust", "transferred Shop"}, s.kinds(from)); diff != "" {
		t.Fatal(diff)
	}
	for name, err := range map[string]error{
		"the old capability": s.m.Close(s.cap),
		"the receipt again":  func() error { _, err := s.m.CommitTransfer(r); return err }(),
	} {
		if !errors.Is(err, aura.Stale) && !errors.Is(err, aura.Conflict) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := s.m.Close(ben); err != nil {
		t.Fatal(err)
	}
}

func TestAttenuationOnlyNarrows(t *testing.T) {
	s := shopStand(t, nil)
	fragment := s.im.Fragments()[0]
	narrow, err := s.m.Attenuate(s.cap, own.Fragments(fragment))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.m.Pause(narrow, s.role("Cust")); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"more than fragments": func() error { _, err := s.m.Ready(narrow); return err }(),
		"wider again":         func() error { _, err := s.m.Attenuate(narrow, own.Whole()); return err }(),
		"unstated":            func() error { _, err := s.m.BeginTransfer(narrow, "ben", own.Fragments(fragment), true); return err }(),
	} {
		if !errors.Is(err, aura.Denied) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := s.m.Attenuate(narrow, own.Fragments("elsewhere")); !errors.Is(err, aura.NotFound) {
		t.Fatal(err)
	}
}

func TestGuardLayersAndKnowledge(t *testing.T) {
	s := shopStand(t, func(o *machine.Options, _ *machine.Opening) {
		o.Layers = []machine.Layer{{Name: "lock"}}
		o.Flow = machine.FlowRule{Kind: machine.FlowAny, Of: []machine.FlowRule{{Kind: machine.FlowSelf}, {Kind: machine.FlowFactContains, Text: "price"}}}
	})
	cust, shop := s.role("Cust"), s.role("Shop")
	evidence, err := s.m.Acquire(s.cap, cust, "lock")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.m.Acquire(s.cap, shop, "lock"); !errors.Is(err, aura.Unavailable) {
		t.Fatal(err)
	}
	if err := s.m.Yield(s.cap, shop, evidence); !errors.Is(err, aura.Stale) {
		t.Fatal(err)
	}
	if err := s.m.Yield(s.cap, cust, evidence); err != nil {
		t.Fatal(err)
	}
	if err := s.m.Yield(s.cap, cust, evidence); !errors.Is(err, aura.Stale) {
		t.Fatal(err)
	}
	for _, fact := range []string{"the price", "the wish"} {
		if err := s.m.Tag(s.cap, cust, fact); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		target machine.RoleID
		fact   string
		want   bool
	}{{shop, "the price", true}, {shop, "the wish", false}, {cust, "the wish", true}, {shop, "the price of tea", false}, {99, "the price", false}} {
		if got, err := s.m.Check(s.cap, cust, c.target, c.fact); got != c.want || err != nil {
			t.Errorf("%s to %d: %t, %v", c.fact, c.target, got, err)
		}
	}
}

// TestASessionThatEndsFreesWhatItHeldAlone: what another session holds of a layer stays held.
func TestASessionThatEndsFreesWhatItHeldAlone(t *testing.T) {
	s := shopStand(t, func(o *machine.Options, _ *machine.Opening) { o.Layers = []machine.Layer{{Name: "lock", Slots: 2}} })
	open := func() own.Capability {
		c, err := s.m.Open(s.im, machine.Opening{Owner: "ada", Admission: machine.AdmitTrusted(s.im, machine.IntegrityBare, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	second, third := open(), open()
	cust := s.role("Cust")
	if _, err := s.m.Acquire(s.cap, cust, "lock"); err != nil {
		t.Fatal(err)
	}
	kept, err := s.m.Acquire(second, cust, "lock")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.m.Abort(s.cap); err != nil {
		t.Fatal(err)
	}
	if _, err := s.m.Acquire(third, cust, "lock"); err != nil {
		t.Errorf("the place of a session that ended is not free: %v", err)
	}
	if _, err := s.m.Acquire(third, s.role("Shop"), "lock"); !errors.Is(err, aura.Unavailable) {
		t.Errorf("a third place of two: %v", err)
	}
	if err := s.m.Yield(second, cust, kept); err != nil {
		t.Errorf("the other session lost its place: %v", err)
	}
}

func TestReadinessIsGoodOnceAndForOneOwner(t *testing.T) {
	s := shopStand(t, nil)
	w, err := s.m.Ready(s.cap)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []error{nil, aura.Stale} {
		if err := s.m.UseReady(w); !errors.Is(err, want) {
			t.Fatal(err)
		}
	}
	w, _ = s.m.Ready(s.cap)
	authority, err := s.m.Release(s.cap)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.m.UseReady(w); !errors.Is(err, aura.Stale) {
		t.Fatal(err)
	}
	if _, err := s.m.Claim(authority, "ben"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.m.Claim(authority, "cleo"); !errors.Is(err, aura.Conflict) {
		t.Fatal(err)
	}
}

func TestTheLatestValueAloneIsTakenOut(t *testing.T) {
	im := image(t, `protocol Feed =
  roles A, B
  A -> B : M
  A -> B : M
  A -> B : M
`, nil)
	m := machine.New(newHost(1), machine.Options{Buffer: machine.Buffer{Mode: machine.BufferLatestValue}})
	c, err := m.Open(im, machine.Opening{Owner: "ada", Admission: machine.AdmitTrusted(im, machine.IntegrityBare, 0, 1), Roles: []choreo.Role{"A"}})
	if err != nil {
		t.Fatal(err)
	}
	if status, err := m.Run(10); status != machine.StatusAllDone || err != nil {
		t.Fatal(status, err)
	}
	if v, _ := m.Session(0); v.Status != machine.SessionDraining || v.Outbound != 1 {
		t.Fatal(v.Status, v.Outbound)
	}
	if ids := m.Outbound(); len(ids) != 1 || ids[0] != 0 {
		t.Fatal(ids)
	}
	if p, ok, err := m.Take(c); !ok || err != nil || p.Seq != 0 {
		t.Fatal(p, ok, err)
	}
	if v, _ := m.Session(0); v.Status != machine.SessionClosed {
		t.Fatal(v.Status)
	}
}

package machine_test

import (
	"errors"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/machine"
)

// These tests hold the machine to the runtime document, sentence by sentence, in our own words.

// TestAnAdmissionOpensWhatItWasDecidedFor. Telltale Integration: production sessions of a protocol run through the
// machine as what was admitted; the manifest names the protocol, and a session runs under the admission of exactly that.
func TestAnAdmissionOpensWhatItWasDecidedFor(t *testing.T) {
	im, other := image(t, shop, nil), image(t, pingPong, nil)
	admit := func(h machine.Hardening) machine.Admission {
		a, err := machine.Admit(machine.Request{
			Image: im, Manifest: choreo.Manifest{QualifiedName: "Buy", ProtocolID: "test.buy"}, Integrity: machine.IntegrityBare, Hardening: h,
		})
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	a := admit(machine.HardeningProduction)
	if a.Image() != im.Digest() || a.Protocol() != "test.buy" || a.Hardening() != machine.HardeningProduction {
		t.Fatalf("the admission names %x, %s, %s", a.Image(), a.Protocol(), a.Hardening())
	}
	for name, c := range map[string]struct {
		im      *machine.Image
		opening machine.Opening
		want    error
	}{
		"what was admitted":   {im, machine.Opening{Admission: a}, nil},
		"by its name":         {im, machine.Opening{Admission: a, Protocol: "test.buy"}, nil},
		"another protocol":    {im, machine.Opening{Admission: a, Protocol: "test.sell"}, aura.Denied},
		"another image":       {other, machine.Opening{Admission: a}, aura.Denied},
		"another posture":     {im, machine.Opening{Admission: admit(machine.HardeningDevelopment)}, aura.Denied},
		"trusted for another": {other, machine.Opening{Admission: machine.AdmitTrusted(im, machine.IntegrityBare, 0, 1)}, aura.Denied},
	} {
		c.opening.Owner = "ada"
		if _, err := machine.New(newHost(1), machine.Options{}).Open(c.im, c.opening); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestEvidenceSpeaksOfItsImage. Theorem-pack: an advanced mode is gated by evidence, and evidence that is missing means
// refusal or fallback. Evidence of another image is missing.
func TestEvidenceSpeaksOfItsImage(t *testing.T) {
	im, other := image(t, shop, nil), image(t, pingPong, nil)
	for name, c := range map[string]struct {
		image [32]byte
		want  error
	}{"of this image": {im.Digest(), nil}, "of another": {other.Digest(), aura.Denied}, "of none": {[32]byte{}, aura.Denied}} {
		with := contracts("termination_bounded") // an ability of the runtime is no evidence
		with.Evidence = []machine.Evidence{{Key: "termination_bounded", Image: c.image}}
		_, err := machine.Admit(machine.Request{
			Image: im, Manifest: choreo.Manifest{QualifiedName: "Buy", RequiredCapabilities: []string{"termination_bounded"}},
			Contracts: with, Integrity: machine.IntegrityBare,
		})
		if !errors.Is(err, c.want) {
			t.Errorf("evidence %s: %v", name, err)
		}
	}
}

// TestAMeasuredEnvelopeNamesTheImageThatRan. Envelope Admission Contract: it is recorded which certificate admitted a
// profile, so a measurement says of which image it is, and one of several images is of none.
func TestAMeasuredEnvelopeNamesTheImageThatRan(t *testing.T) {
	measure := func(images ...*machine.Image) machine.Run {
		m := machine.New(newHost(1), machine.Options{Trace: machine.NewTrace(0), Log: machine.NewLog(0)})
		for _, im := range images {
			open(t, m, im, machine.IntegrityBare)
		}
		if _, err := m.Run(20); err != nil {
			t.Fatal(err)
		}
		rec, err := m.Record()
		if err != nil {
			t.Fatal(err)
		}
		return rec.Run()
	}
	buy, ping := image(t, shop, nil), image(t, pingPong, nil)
	one := machine.Diff(measure(buy), measure(buy, buy), 1, machine.TierStrict)
	if one.Image != buy.Digest() {
		t.Errorf("the envelope names %x", one.Image)
	}
	if two := machine.Diff(measure(buy), measure(ping), 1, machine.TierStrict); two.Image != [32]byte{} {
		t.Errorf("the envelope of two images names %x", two.Image)
	}
	other := one
	other.Image = ping.Digest()
	if one.Digest() == other.Digest() {
		t.Error("the digest of an envelope does not bind its image")
	}
}

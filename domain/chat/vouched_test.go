package chat

import (
	"bytes"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/foldtest"
)

func TestARememberedCertificateVouchesForItselfAlone(t *testing.T) {
	ada, ben := foldtest.NewPerson(1), foldtest.NewPerson(2)
	good := ada.Certificate.Encode()
	var v vouched
	if who, err := v.owner(good); err != nil || who != ada.Authority() {
		t.Fatalf("%v, %v", who, err)
	}
	for i := range good {
		forged := bytes.Clone(good)
		forged[i] ^= 1
		if who, err := v.owner(forged); err == nil {
			t.Fatalf("with byte %d changed it is a certificate of %v", i, who)
		}
	}
	if len(v.of) != 1 {
		t.Errorf("%d certificates are remembered, one holds up", len(v.of))
	}
	if who, err := v.owner(ben.Certificate.Encode()); err != nil || who != ben.Authority() {
		t.Errorf("%v, %v", who, err)
	}
}

// TestACertificateIsCheckedOnce: a check decodes it, which takes memory.
func TestACertificateIsCheckedOnce(t *testing.T) {
	ada := foldtest.NewPerson(1)
	good := ada.Certificate.Encode()
	var v vouched
	if n := testing.AllocsPerRun(10, func() {
		if _, err := v.owner(good); err != nil {
			t.Fatal(err)
		}
	}); n != 0 { // the first run does not count
		t.Errorf("a known certificate takes %.0f allocations", n)
	}
}

func TestRememberedCertificatesAreBounded(t *testing.T) {
	v := vouched{of: map[[32]byte]aura.AuthorityID{}}
	for i := range maxVouched {
		v.of[[32]byte{byte(i), byte(i >> 8)}] = aura.AuthorityID{}
	}
	good := foldtest.NewPerson(1)
	if who, err := v.owner(good.Certificate.Encode()); err != nil || who != good.Authority() || len(v.of) > maxVouched {
		t.Errorf("%v, %v, and %d are remembered", who, err, len(v.of))
	}
}

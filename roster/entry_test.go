package roster_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/roster"
)

// largest returns an entry that is as large as one can be: 16 devices, 64 removed ones, four previous entries.
func largest() roster.Entry {
	e := roster.Entry{
		Authority: ada, Number: 255, Maker: id("maker"), Root: public("root"), Recovery: guardians, Rank: roster.RankRoot,
		Previous: make([]roster.Hash, roster.MaxPrevious),
	}
	for i := range e.Previous {
		e.Previous[i] = roster.Hash{byte(i), 1}
	}
	for i := range roster.MaxDevices {
		d := device(fmt.Sprint("device ", i))
		d.Share, d.Rights = roster.Whole/roster.MaxDevices, 255
		e.Devices = append(e.Devices, d)
	}
	slices.SortFunc(e.Devices, func(a, b roster.Device) int { return bytes.Compare(a.Signing[:], b.Signing[:]) })
	for i := range roster.MaxRemoved {
		e.Removed = append(e.Removed, roster.Removed{Device: [12]byte{byte(i)}, Number: 200})
	}
	return e.Sign(signer("root"))
}

func TestTheLargestEntryFits(t *testing.T) {
	e := largest()
	b, err := e.Encode()
	if err != nil || len(b) > roster.MaxEntry {
		t.Fatalf("%d bytes, %v", len(b), err)
	}
	t.Logf("the largest entry has %d bytes", len(b))
	back, err := roster.Decode(b)
	if err != nil || back.Hash() != e.Hash() || back.Signature != e.Signature {
		t.Errorf("it became another: %v", err)
	}
}

func TestDecodingIsStrict(t *testing.T) {
	e := household(t).Entries()[2].Entry
	b, err := e.Encode()
	if err != nil {
		t.Fatal(err)
	}
	for n := range b {
		if _, err := roster.Decode(b[:n]); aura.KindOf(err) != aura.Corrupt {
			t.Errorf("the first %d bytes: %v", n, err)
		}
	}
	for what, bad := range map[string][]byte{
		"bytes behind it":   append(slices.Clone(b), 0),
		"an unknown field":  append(append([]byte{b[0] + 1}, b[1:]...), 11, 0),
		"4 KiB and one":     make([]byte, roster.MaxEntry+1),
		"a long number":     bytes.Replace(b, []byte{2, 2, 3, 0x81}, []byte{2, 0x18, 2, 3, 0x81}, 1),
		"a list of no item": bytes.Replace(b, []byte{2, 2, 3, 0x81}, []byte{2, 2, 3, 0x80}, 1),
	} {
		if bytes.Equal(bad, b) {
			t.Errorf("%s: the bytes are not there", what)
		}
		if _, err := roster.Decode(bad); aura.KindOf(err) != aura.Corrupt {
			t.Errorf("%s: %v", what, err)
		}
	}
	for i := range b {
		bad := slices.Clone(b)
		bad[i] ^= 0x10
		back, err := roster.Decode(bad)
		if err == nil && back.Hash() == e.Hash() && back.Signature == e.Signature {
			t.Errorf("byte %d does not matter", i)
		}
	}
	e.Number = 9
	e.Devices = nil
	if _, err := e.Encode(); aura.KindOf(err) != aura.Invalid {
		t.Errorf("a bad entry is encoded: %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	for _, s := range household(f).Entries() {
		b, err := s.Entry.Encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	e := largest()
	b, _ := e.Encode()
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := roster.Decode(b)
		if err != nil {
			if k := aura.KindOf(err); k != aura.Corrupt && k != aura.Invalid {
				t.Errorf("kind %v", k)
			}
			return
		}
		again, err := e.Encode()
		if err != nil || !bytes.Equal(again, b) {
			t.Errorf("%x became %x, %v", b, again, err)
		}
		_ = roster.New(e.Authority).Add(e, 0)
	})
}

func TestTextsOfEnums(t *testing.T) {
	for got, want := range map[string]string{
		roster.RankRoot.String(): "root", roster.RankRecovery.String(): "recovery", roster.Rank(9).String(): "rank 9",
		roster.RootPlaceHere.String(): "here", roster.RootPlacePhrase.String(): "phrase",
		roster.RootPlaceGuardians.String(): "guardians", roster.RootPlace(9).Explain(): "place 9",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	said := map[string]bool{}
	for _, p := range []roster.RootPlace{roster.RootPlaceHere, roster.RootPlacePhrase, roster.RootPlaceGuardians} {
		said[p.Explain()] = true
	}
	if len(said) != 3 {
		t.Error("two places are explained alike")
	}
}

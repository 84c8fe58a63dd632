package roster

import (
	"testing"

	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/internal/formats"
)

// sampleEntry has every field. No signature of it holds.
func sampleEntry() Entry {
	e := formats.Sample[Entry]()
	e.Authority, e.Rank, e.Removed[0].Number = [32]byte{0xa1}, RankRecovery, 1
	e.Recovery.Threshold, e.Recovery.Guardians = 2, 3
	e.Devices[0].Rights, e.Devices[0].Share = RightsSpeak|RightsGovern, 65536
	return e
}

// TestFormats holds what docs/formats.md says of rosters.
func TestFormats(t *testing.T) {
	formats.Map(t, "roster.Announced", formats.Payload[Announced]())
	formats.Map(t, "roster.Closed", formats.Payload[Closed]())

	entry := formats.Codec[Entry]{Value: sampleEntry(), Encode: (*Entry).Encode, Decode: Decode}
	formats.Map(t, "roster.Entry", entry)
	formats.Map(t, "roster.Device", inEntry(t, wireDevice(entry.Value.Devices[0]), func(e *Entry) wireDevice {
		return wireDevice(e.Devices[0])
	}))
	formats.Map(t, "roster.Recovery", inEntry(t, wireRecovery(entry.Value.Recovery), func(e *Entry) wireRecovery {
		return wireRecovery(e.Recovery)
	}))
}

// inEntry is the codec of a structure inside of an entry.
func inEntry[T any](t *testing.T, v T, pick func(*Entry) T) formats.Codec[T] {
	t.Helper()
	c := formats.Payload[T]()
	c.Value = v
	was, err := fact.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	entry := sampleEntry()
	outer, err := entry.Encode()
	if err != nil {
		t.Fatal(err)
	}
	c.Decode = formats.Inside(outer, was, func(b []byte) (T, error) {
		e, err := Decode(b)
		if err != nil {
			var none T
			return none, err
		}
		return pick(&e), nil
	})
	return c
}

// TestDerivedNames holds what docs/formats.md says of signed bytes.
func TestDerivedNames(t *testing.T) {
	e := sampleEntry()
	formats.Signed(t, `aura roster 1\x00`, e.SigningBytes())
	formats.Signed(t, `aura device 1\x00`, e.Devices[0].SigningBytes(e.Authority))
}

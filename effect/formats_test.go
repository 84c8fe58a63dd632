package effect_test

import (
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/internal/formats"
)

// TestFormats holds what docs/formats.md says of receipts.
func TestFormats(t *testing.T) {
	codec := func(r effect.Receipt) formats.Codec[effect.Receipt] {
		return formats.Codec[effect.Receipt]{
			Value: r, Encode: func(r *effect.Receipt) ([]byte, error) { return r.Encode(), nil }, Decode: effect.DecodeReceipt,
		}
	}
	facts := formats.Sample[effect.Receipt]()
	facts.Kind, facts.Digest = effect.ReceiptKindFacts, [32]byte{}
	first := facts
	first.LastID = [16]byte{}
	parcel := formats.Sample[effect.Receipt]()
	parcel.Kind, parcel.FirstSeq, parcel.LastSeq, parcel.LastID = effect.ReceiptKindParcel, 0, 0, [16]byte{}
	carry := first
	carry.Kind = effect.ReceiptKindCarry
	formats.Map(t, "effect.Receipt-facts", codec(facts))
	formats.Map(t, "effect.Receipt-first", codec(first))
	formats.Map(t, "effect.Receipt-parcel", codec(parcel))
	formats.Map(t, "effect.Receipt-carry", codec(carry))
}

// TestDerivedNames holds what docs/formats.md says of signed bytes and digests.
func TestDerivedNames(t *testing.T) {
	receipt := formats.Sample[effect.Receipt]()
	formats.Signed(t, `aura receipt 1\x00`, receipt.SigningBytes())
	message := effect.Message{Session: aura.SessionID{1}, Edge: 2, Seq: 3, Parcel: []byte("parcel")}
	digest := message.Digest()
	formats.Derived(t, `aura parcel 1\x00`, digest[:])
}

package fact_test

import (
	"crypto/ed25519"
	"slices"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/internal/formats"
)

// TestFormats holds what docs/formats.md says of this package.
func TestFormats(t *testing.T) {
	formats.Map(t, "fact.Namespace", formats.Payload[fact.Namespace]())
	formats.Map(t, "fact.Place", formats.Payload[fact.Place]())
	formats.Map(t, "fact.Intent", formats.Payload[fact.Intent]())
	formats.Map(t, "fact.Result", formats.Payload[fact.Result]())
	formats.Map(t, "fact.Question", formats.Payload[fact.Question]())
	formats.Map(t, "fact.Answer", formats.Payload[fact.Answer]())
	formats.Map(t, "fact.Selection", formats.Payload[fact.Selection]())
	formats.Map(t, "fact.Observation", formats.Payload[fact.Observation]())
	formats.Map(t, "fact.Certificate", formats.Codec[fact.Certificate]{
		Value: formats.Sample[fact.Certificate](), Encode: plain((*fact.Certificate).Encode), Decode: fact.DecodeCertificate,
	})
}

// plain is the form in which encoders that cannot fail are compared.
func plain[T any](encode func(*T) []byte) func(*T) ([]byte, error) {
	return func(v *T) ([]byte, error) { return encode(v), nil }
}

func TestFormatsOfTheLedger(t *testing.T) {
	charge, leak := formats.Sample[fact.Charge](), formats.Sample[fact.Leak]()
	formats.Map(t, "fact.Charge", formats.Codec[fact.Charge]{Value: charge, Encode: plain((*fact.Charge).Encode), Decode: fact.DecodeCharge})
	formats.Map(t, "fact.Leak", formats.Codec[fact.Leak]{Value: leak, Encode: plain((*fact.Leak).Encode), Decode: fact.DecodeLeak})
	formats.Map(t, "fact.EpochHistory", inCharge(t, charge.Past, func(c *fact.Charge) fact.EpochHistory { return c.Past }))
	formats.Map(t, "fact.EpochSpend", inCharge(t, charge.Past.Last, func(c *fact.Charge) fact.EpochSpend { return c.Past.Last }))
	formats.Map(t, "fact.EpochRange", inCharge(t, charge.Past.Ranges[0], func(c *fact.Charge) fact.EpochRange { return c.Past.Ranges[0] }))
}

// inCharge is the codec of a structure inside of a charge.
func inCharge[T any](t *testing.T, v T, pick func(*fact.Charge) T) formats.Codec[T] {
	c := formats.Payload[T]()
	c.Value = v
	was, err := fact.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	charge := formats.Sample[fact.Charge]()
	c.Decode = formats.Inside(charge.Encode(), was, func(b []byte) (T, error) {
		charge, err := fact.DecodeCharge(b)
		return pick(&charge), err
	})
	return c
}

func sampleFact() fact.Fact {
	f := formats.Sample[fact.Fact]()
	f.Kind, f.Namespace.Space, f.Merges, f.Erased = "chat.message", fact.SpaceContext, nil, [32]byte{}
	return f
}

func TestFormatsOfFacts(t *testing.T) {
	codec := func(f fact.Fact) formats.Codec[fact.Fact] {
		return formats.Codec[fact.Fact]{Value: f, Encode: plain((*fact.Fact).Encode), Decode: fact.Decode}
	}
	// header is a fact without its payload: the digest stands for it.
	header := func(f fact.Fact) formats.Codec[fact.Fact] {
		c := codec(f)
		c.Encode, c.Equal = plain((*fact.Fact).Header), func(a, b *fact.Fact) bool { return a.ID() == b.ID() }
		return c
	}
	f := sampleFact()
	formats.Map(t, "fact.Fact", codec(f))
	formats.Map(t, "fact.Header", header(f))
	merge := f
	merge.Prev, merge.Merges = [16]byte{}, []fact.Place{{Seq: f.Seq - 1, ID: [16]byte{1}}, {Seq: f.Seq - 2, ID: [16]byte{2}}}
	formats.Map(t, "fact.Fact-merge", codec(merge))
	formats.Map(t, "fact.Header-merge", header(merge))
	erased := f
	erased.Payload, erased.Erased = nil, [32]byte{7}
	formats.Map(t, "fact.Fact-erased", codec(erased))
	first := f
	first.Seq, first.Prev = 0, [16]byte{}
	formats.Map(t, "fact.Fact-first", codec(first))
}

func TestFormatsOfProofs(t *testing.T) {
	ids := make([]aura.FactID, 7)
	for i := range ids {
		ids[i] = aura.FactID{byte(i + 1)}
	}
	key := ed25519.NewKeyFromSeed(make([]byte, 32))
	whole := fact.NewBatch(ids)
	signature := [64]byte(ed25519.Sign(key, whole.SigningBytes()))
	part := whole.Part([]uint32{1, 2, 4})
	formats.Map(t, "fact.Batch", formats.Codec[*fact.Batch]{
		Value:  part,
		Encode: func(b **fact.Batch) ([]byte, error) { return (*b).Encode(signature), nil },
		Decode: func(b []byte) (*fact.Batch, error) {
			batch, _, err := fact.DecodeBatch(b, part.IDs())
			return batch, err
		},
		Equal: func(a, b **fact.Batch) bool {
			return *b != nil && slices.Equal((*a).IDs(), (*b).IDs()) && slices.Equal((*a).Encode(signature), (*b).Encode(signature))
		},
	})
	proof := whole.Proof(3, signature)
	formats.Map(t, "fact.Proof", formats.Codec[fact.Proof]{
		Value: proof, Encode: plain((*fact.Proof).Encode),
		Decode: func(b []byte) (fact.Proof, error) { return fact.DecodeProof(b, ids[3]) },
		Equal: func(a, b *fact.Proof) bool {
			return a.Equal(*b) && fact.Verify(ids[3], *b, key.Public().(ed25519.PublicKey)) == nil
		},
	})
}

func TestFormatsOfRecords(t *testing.T) {
	key := ed25519.NewKeyFromSeed(make([]byte, 32))
	record := func(f fact.Fact) formats.Codec[fact.Record] {
		r := fact.NewRecord(f)
		batch := fact.NewBatch([]aura.FactID{r.ID})
		r.Proof = batch.Proof(0, [64]byte(ed25519.Sign(key, batch.SigningBytes())))
		return formats.Codec[fact.Record]{
			Value: r, Encode: plain((*fact.Record).Encode), Decode: fact.DecodeRecord,
			Equal: func(a, b *fact.Record) bool { return a.Equal(*b) },
		}
	}
	formats.Map(t, "fact.Record", record(sampleFact()))
	f := sampleFact()
	f.Seq, f.Prev = 0, [16]byte{}
	first := record(f)
	first.Value.Seq = 9
	formats.Map(t, "fact.Record-first", first)
}

// TestDerivedNames holds what docs/formats.md says of digests and signed bytes.
func TestDerivedNames(t *testing.T) {
	row := [fact.ShortID]byte{}
	for n := range byte(3) {
		row = fact.PrefixDigest(row, aura.FactID{n + 1})
	}
	formats.Derived(t, `aura prefix 1\x00`, row[:])
	certificate, batch := formats.Sample[fact.Certificate](), fact.NewBatch([]aura.FactID{{1}, {2}, {3}})
	formats.Signed(t, `aura certificate 1\x00`, certificate.SigningBytes())
	formats.Signed(t, `aura fact batch 1\x00`, batch.SigningBytes())
}

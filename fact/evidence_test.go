package fact_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

// written returns a fact of the device with a key, after changes, with a proof that holds.
func written(seed byte, change func(f *fact.Fact)) fact.Record {
	f := sample()
	f.Device = aura.DeviceOf(public(key(seed)))
	f.Seq, f.Prev = 8, [fact.ShortID]byte{9}
	change(&f)
	r := fact.NewRecord(f)
	batch := fact.NewBatch([]aura.FactID{r.ID, {1}, {2}})
	r.Proof = batch.Proof(0, sign(key(seed), batch.SigningBytes()))
	return r
}

func says(text string) func(*fact.Fact) { return func(f *fact.Fact) { f.Payload = []byte(text) } }

// merging makes a fact the merge of some places, which are ascending.
func merging(places ...fact.Place) func(*fact.Fact) {
	return func(f *fact.Fact) {
		f.Prev, f.Merges, f.Seq = [fact.ShortID]byte{}, places, places[len(places)-1].Seq+1
	}
}

func first(text string) func(*fact.Fact) {
	return func(f *fact.Fact) { f.Seq, f.Prev, f.Payload = 1, [fact.ShortID]byte{}, []byte(text) }
}

var (
	taken  = fact.Place{Seq: 7, ID: [fact.ShortID]byte{9}} // the predecessor that written facts have
	lower  = fact.Place{Seq: 5, ID: [fact.ShortID]byte{5}}
	higher = fact.Place{Seq: 8, ID: [fact.ShortID]byte{8}}
)

// TestTwoFactsWithOnePredecessorAreEvidence: of each form, in both orders, with payloads, without, and none, through the
// encoding.
func TestTwoFactsWithOnePredecessorAreEvidence(t *testing.T) {
	for name, pair := range map[string][2]fact.Record{
		"one behind another":   {written(1, says("to Ben")), written(1, says("to Cleo"))},
		"a large payload":      {written(1, says(strings.Repeat("long ", 50_000))), written(1, says("short"))},
		"one says nothing":     {written(1, says("")), written(1, says("something"))},
		"both begin":           {written(1, first("one")), written(1, first("another"))},
		"a merge and a fact":   {written(1, merging(lower, taken)), written(1, says("alone"))},
		"merges at two places": {written(1, merging(lower, taken)), written(1, merging(taken, higher))},
		"of other kinds":       {written(1, says("x")), written(1, func(f *fact.Fact) { f.Kind = "chat.read" })},
	} {
		e, err := fact.NewEvidence(&pair[0], &pair[1])
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		encoded := e.Encode()
		if swapped, err := fact.NewEvidence(&pair[1], &pair[0]); err != nil || !bytes.Equal(swapped.Encode(), encoded) {
			t.Errorf("%s: the other order has other bytes, %v", name, err)
		}
		for i := range pair {
			if text := pair[i].Fact.Payload; len(text) > 1 && bytes.Contains(encoded, text) || len(encoded) > 3000 {
				t.Errorf("%s: the evidence has a payload, %d bytes", name, len(encoded))
			}
		}
		got, err := fact.DecodeEvidence(encoded)
		if err == nil {
			err = got.Verify(public(key(1)))
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		ns, author, device := got.Stream()
		if ns != pair[0].Fact.Namespace || author != pair[0].Fact.Author || device != pair[0].Fact.Device {
			t.Errorf("%s: of another stream", name)
		}
		if p := got.Places(); p != [2]fact.Place{pair[0].Place(), pair[1].Place()} && p != [2]fact.Place{pair[1].Place(), pair[0].Place()} {
			t.Errorf("%s: places %v", name, p)
		}
	}
}

// TestFactsThatShowNoForkAreNoEvidence: each is refused by a sentence of its own, by who makes it and by who gets it.
func TestFactsThatShowNoForkAreNoEvidence(t *testing.T) {
	a, old := written(1, says("to Ben")), sample()
	old.Device = a.Fact.Device
	oldest := fact.Record{Seq: 8, Fact: old, ID: old.ID()}
	forged := written(1, says("forged"))
	forged.Proof.Signature[0] ^= 1
	for name, c := range map[string]struct {
		a, b  fact.Record
		key   byte
		want  string
		maker bool // NewEvidence sees it
	}{
		"the same fact twice":       {a, a, 1, "twice", true},
		"another predecessor":       {a, written(1, func(f *fact.Fact) { f.Prev[0]++ }), 1, "no predecessor in common", true},
		"the same at another place": {a, written(1, func(f *fact.Fact) { f.Seq++ }), 1, "no predecessor in common", true},
		"one has none":              {a, written(1, first("begins")), 1, "no predecessor in common", true},
		"one is behind the other":   {a, written(1, func(f *fact.Fact) { f.Seq++; f.Prev = a.Place().ID }), 1, "no predecessor in common", true},
		"other merges":              {written(1, merging(lower, higher)), a, 1, "no predecessor in common", true},
		"the first format":          {a, oldest, 1, "first format", true},
		"another namespace":         {a, written(1, func(f *fact.Fact) { f.Namespace.ID[0]++ }), 1, "two namespaces", true},
		"another device":            {a, written(2, says("not mine")), 1, "two devices", true},
		"another author":            {a, written(1, func(f *fact.Fact) { f.Author[0]++ }), 1, "two devices", true},
		"a foreign key":             {a, written(1, says("to Cleo")), 2, "another device", false},
		"a forged proof":            {a, forged, 1, "does not hold", false},
		"no proof":                  {a, func() fact.Record { r := written(1, says("bare")); r.Proof = fact.Proof{}; return r }(), 1, "does not hold", false},
	} {
		e, err := fact.NewEvidence(&c.a, &c.b)
		if c.maker && (aura.KindOf(err) != aura.Invalid || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: made: %v, want %q", name, err, c.want)
		}
		if c.maker {
			e, err = fact.DecodeEvidence(pairOf(&c.a, &c.b))
			if c.want == "first format" {
				if aura.KindOf(err) != aura.Corrupt {
					t.Errorf("%s: decoded: %v", name, err)
				}
				continue
			}
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if err := e.Verify(public(key(c.key))); aura.KindOf(err) != aura.Denied || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: verified: %v, want %q", name, err, c.want)
		}
	}
}

// pairOf encodes two facts as evidence, whatever they are.
func pairOf(a, b *fact.Record) []byte {
	one, other := withoutPayload(a), withoutPayload(b)
	if one.ID.Compare(other.ID) > 0 {
		one, other = other, one
	}
	return join(one.Encode(), other.Encode())
}

func withoutPayload(r *fact.Record) fact.Record {
	f := r.Fact
	if f.Seq > 0 {
		header, err := fact.Decode(f.Header())
		if err != nil {
			panic(err)
		}
		f = header
	}
	return fact.Record{Seq: r.Seq, ID: r.ID, Fact: f, Proof: r.Proof}
}

// join writes the two entries of evidence.
func join(a, b []byte) []byte {
	w, err := fact.Marshal(struct {
		A []byte `cbor:"1,keyasint"`
		B []byte `cbor:"2,keyasint"`
	}{a, b})
	if err != nil {
		panic(err)
	}
	return w
}

// TestEvidenceHasOneEncoding: facts in the wrong order, with payloads, cut off or too large are not read.
func TestEvidenceHasOneEncoding(t *testing.T) {
	a, b := written(1, says("to Ben")), written(1, says("to Cleo"))
	e, err := fact.NewEvidence(&a, &b)
	if err != nil {
		t.Fatal(err)
	}
	good := e.Encode()
	x, y := withoutPayload(&a), withoutPayload(&b)
	if x.ID.Compare(y.ID) > 0 {
		x, y, a, b = y, x, b, a
	}
	for name, bytes := range map[string][]byte{
		"the wrong order": join(y.Encode(), x.Encode()), "payloads": join(a.Encode(), b.Encode()), "one fact": join(x.Encode(), nil),
		"more behind": append(bytes.Clone(good), 0), "too large": make([]byte, 1<<17), "nothing": nil,
	} {
		if _, err := fact.DecodeEvidence(bytes); aura.KindOf(err) != aura.Corrupt {
			t.Errorf("%s: %v", name, err)
		}
	}
	for n := range good {
		if _, err := fact.DecodeEvidence(good[:n]); aura.KindOf(err) != aura.Corrupt {
			t.Fatalf("the first %d bytes: %v", n, err)
		}
	}
}

func FuzzDecodeEvidence(f *testing.F) {
	a, b := written(1, says("to Ben")), written(1, says("to Cleo"))
	e, err := fact.NewEvidence(&a, &b)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(e.Encode())
	refuses(f, fact.DecodeEvidence, func(v fact.Evidence) []byte { return v.Encode() })
}

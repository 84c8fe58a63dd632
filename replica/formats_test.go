package replica

import (
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/egress"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/internal/formats"
)

// TestFormats holds what docs/formats.md says of this package.
func TestFormats(t *testing.T) {
	formats.Map(t, "replica.hello", formats.Payload[hello]())
	formats.Map(t, "replica.paidMessages", formats.Payload[paidMessages]())
	formats.Map(t, "replica.deliver", formats.Payload[deliver]())
	formats.Map(t, "replica.addresses", formats.Payload[addresses]())
	formats.Map(t, "replica.sibling", formats.Payload[sibling]())
	formats.Map(t, "replica.ack", formats.Payload[ack]())
	formats.Map(t, "replica.places", formats.Payload[places]())
	formats.Map(t, "replica.evidence", formats.Payload[evidence]())
	formats.Map(t, "replica.fork", formats.Payload[fork]())
	formats.Map(t, "replica.seek", formats.Payload[seek]())
	formats.Map(t, "replica.introduction", formats.Payload[introduction]())
}

func TestFormatsOfMessages(t *testing.T) {
	value := addresses{Addresses: []string{"/ip4/192.0.2.1/tcp/4001"}}
	content, err := fact.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	formats.Layout(t, "replica.message", formats.Codec[addresses]{
		Value: value, Encode: func(v *addresses) ([]byte, error) { return encodeMessage(egress.NumberAddresses, v) },
		Decode: func(b []byte) (v addresses, err error) {
			err = decodeMessage(b, &v)
			return v, err
		},
	}, formats.Part{Field: "Number", Bytes: []byte{egress.NumberAddresses}}, formats.Part{Field: "Content", Bytes: content})
}

// TestDerivedNames holds what docs/formats.md says of a summary in a hello.
func TestDerivedNames(t *testing.T) {
	context, heads := contextTag(aura.ContextID{1}), headsTag([]fact.Place{{Seq: 300, ID: [fact.ShortID]byte{2}}, {Seq: 7, ID: [fact.ShortID]byte{3}}})
	formats.Derived(t, `aura context in a hello 1\x00`, append(context[:], heads[:]...))
	if none := headsTag(nil); none != ([8]byte{}) {
		t.Errorf("no heads make %x", none)
	}
}

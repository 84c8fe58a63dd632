package fact_test

import (
	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

func bytes32(label string) *rapid.Generator[[32]byte] {
	return rapid.Custom(func(t *rapid.T) (b [32]byte) {
		copy(b[:], rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, label))
		b[0] |= 1 // never zero, which would name nothing
		return b
	})
}

var anyNamespace = rapid.Custom(func(t *rapid.T) fact.Namespace {
	id := bytes32("id").Draw(t, "namespace")
	if rapid.Bool().Draw(t, "own") {
		return fact.OwnNamespace(id)
	}
	return fact.ContextNamespace(id)
})

// anyFact draws facts that satisfy Check, with and without the optional fields.
var anyFact = rapid.Custom(func(t *rapid.T) fact.Fact {
	f := fact.Fact{
		Namespace: anyNamespace.Draw(t, "namespace"),
		Kind:      rapid.StringMatching(`[a-z][a-z0-9_-]{0,9}(\.[a-z][a-z0-9_-]{0,9}){0,3}`).Draw(t, "kind"),
		Logical:   aura.Logical(rapid.Uint64Min(1).Draw(t, "logical")),
		Author:    bytes32("author").Draw(t, "author"),
		Device:    bytes32("device").Draw(t, "device"),
	}
	if payload := rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "payload"); len(payload) > 0 {
		f.Payload = payload
	}
	if rapid.Bool().Draw(t, "operation") {
		f.Operation = bytes32("op").Draw(t, "operation id")
	}
	copy(f.Order[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "order"))
	return f
})

var anyID = rapid.Custom(func(t *rapid.T) aura.FactID { return bytes32("id").Draw(t, "fact id") })

package foldtest

import (
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/fact"
)

// Survives gives a payload to the check of every kind of a domain, in both namespaces, and folds what
// passes. It fails when anything panics.
func Survives(t *testing.T, m domain.Module, state fact.Reducer, payload []byte) {
	who := NewPerson(1)
	for i := range m.Kinds {
		for _, ns := range []fact.Namespace{fact.OwnNamespace(who.Authority()), fact.ContextNamespace(aura.ContextID{1})} {
			r := who.Drafted(fact.Draft{Namespace: ns, Kind: m.Kinds[i].Name, Payload: payload}, 1, 1)
			// The fold must survive payloads that the check refuses, too: a store may hold older facts.
			_ = m.Kinds[i].Check(&r.Fact)
			state.Apply(&r)
		}
	}
}

package domain

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
)

// Caller says on whose behalf a handler decides, for which operation and when.
type Caller struct {
	Authority aura.AuthorityID
	Device    aura.DeviceID
	Operation aura.OperationID
	Now       aura.Physical
}

// Draft returns the draft of a fact in the caller's own namespace. It fails when the payload does not
// fit a fact.
func (c Caller) Draft(kind string, payload any) (fact.Draft, error) {
	return c.draft(fact.OwnNamespace(c.Authority), kind, payload)
}

// Shared returns the draft of a fact in a shared context. It fails when the payload does not fit a fact.
func (c Caller) Shared(context aura.ContextID, kind string, payload any) (fact.Draft, error) {
	return c.draft(fact.ContextNamespace(context), kind, payload)
}

func (c Caller) draft(ns fact.Namespace, kind string, payload any) (fact.Draft, error) {
	b, err := fact.Marshal(payload)
	if err != nil {
		return fact.Draft{}, err
	}
	return fact.Draft{Namespace: ns, Kind: kind, Operation: c.Operation, Payload: b}, nil
}

// Local returns the request for facts that stay at home: they concern no peer and cost nothing.
func (c Caller) Local(capability string, entries ...fact.Draft) guard.Request {
	return guard.Request{Operation: c.Operation, Capability: capability, Authority: c.Authority, Entries: entries}
}

// Send returns the request that appends entries to a shared context and releases them to the peers. A
// peer whose budget is short waits while the others proceed.
func (c Caller) Send(capability string, context aura.ContextID, peers []aura.AuthorityID, entries ...fact.Draft) guard.Request {
	size := 0
	for i := range entries {
		size += len(entries[i].Payload)
	}
	sends := make([]guard.Send, 0, len(peers))
	for _, p := range peers {
		sends = append(sends, guard.Send{Peer: p, Cost: guard.CostOf(size), Leak: guard.LeakOf(size)})
	}
	r := c.Local(capability, entries...)
	r.Context, r.Sends, r.Queue = context, sends, true
	return r
}

// SecretKey is where the metadata keeps the secret of a shared context: 32 bytes, at home only.
func SecretKey(context aura.ContextID) string { return "context.secret/" + context.String() }

// Code generated from the protocol hold.HoldRetrieval by aura choreo. DO NOT EDIT.

package holdretrieval

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/machine"
)

// Manifest is what admission needs to know of the protocol, as JSON.
const Manifest = `{"protocol_name":"HoldRetrieval","protocol_namespace":"hold","protocol_qualified_name":"hold.HoldRetrieval","protocol_id":"aura.hold.retrieval","role_names":["Retriever","Holder"],"guard_capabilities":["hold:retrieve"],"determinism_policy_ref":"aura.vm.prod.default"}`

// Retrieve is the message Retrieve, whose payload encodes hold.Selector.
type Retrieve struct{ Payload []byte }

// Accepted is the message Accepted, whose payload encodes hold.Object.
type Accepted struct{ Payload []byte }

// Rejected is the message Rejected, whose payload encodes hold.Refusal.
type Rejected struct{ Payload []byte }

// Retrieved is the message Retrieved, whose payload encodes hold.Witness.
type Retrieved struct{ Payload []byte }

// run is one role's session: its port, and how many steps were taken.
type run[C any] struct {
	port  machine.Port[C]
	steps uint64
}

// turn is a state's claim to be the current one. A state belongs to one task.
type turn[C any] struct {
	run  *run[C]
	step uint64
}

func (t turn[C]) check(op aura.Op) error {
	if t.run == nil {
		return aura.Errorf(op, aura.Invalid, "the session was not started")
	}
	if t.run.steps != t.step {
		return aura.Errorf(op, aura.Stale, "this state was left already")
	}
	return nil
}

func (t turn[C]) next() turn[C] {
	t.run.steps++
	return turn[C]{t.run, t.run.steps}
}

// StartRetriever begins the part of Retriever. The port must belong to a session of the protocol in that role.
func StartRetriever[C any](port machine.Port[C]) RetrieverS1[C] {
	return RetrieverS1[C]{turn[C]{run: &run[C]{port: port}}}
}

// RetrieverS1 is a state of Retriever, which here sends Retrieve of hold.Selector to Holder.
type RetrieverS1[C any] struct{ turn turn[C] }

// SendRetrieve sends Retrieve to Holder. It takes the capability hold:retrieve and 2 units of flow and leakage to custody. After an error of the port the state may be used again.
func (s RetrieverS1[C]) SendRetrieve(ctx C, m Retrieve) (RetrieverS2[C], error) {
	if err := s.turn.check("holdretrieval.RetrieverS1.SendRetrieve"); err != nil {
		return RetrieverS2[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Holder", "Retrieve", m.Payload); err != nil {
		return RetrieverS2[C]{}, &aura.Error{Op: "holdretrieval.RetrieverS1.SendRetrieve", Kind: aura.KindOf(err), Err: err}
	}
	return RetrieverS2[C]{s.turn.next()}, nil
}

// RetrieverS2 is a state of Retriever, which here receives Accepted of hold.Object or Rejected of hold.Refusal from Holder.
type RetrieverS2[C any] struct{ turn turn[C] }

// RetrieverS2Outcome is what Retriever can receive in the state RetrieverS2: RetrieverS2Accepted, RetrieverS2Rejected.
type RetrieverS2Outcome[C any] interface{ isRetrieverS2Outcome(C) }

// RetrieverS2Accepted is the message Accepted and the state after it.
type RetrieverS2Accepted[C any] struct {
	Message Accepted
	Next    RetrieverS3[C]
}

func (RetrieverS2Accepted[C]) isRetrieverS2Outcome(C) {}

// RetrieverS2Rejected is the message Rejected and the state after it.
type RetrieverS2Rejected[C any] struct {
	Message Rejected
	Next    RetrieverEnd[C]
}

func (RetrieverS2Rejected[C]) isRetrieverS2Outcome(C) {}

// Receive waits for the choice of Holder. After an error of the port the state may be used again.
func (s RetrieverS2[C]) Receive(ctx C) (RetrieverS2Outcome[C], error) {
	if err := s.turn.check("holdretrieval.RetrieverS2.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Holder")
	if err != nil {
		return nil, &aura.Error{Op: "holdretrieval.RetrieverS2.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "Accepted":
		return RetrieverS2Accepted[C]{Accepted{payload}, RetrieverS3[C]{s.turn.next()}}, nil
	case "Rejected":
		return RetrieverS2Rejected[C]{Rejected{payload}, RetrieverEnd[C]{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("holdretrieval.RetrieverS2.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// RetrieverS3 is a state of Retriever, which here sends Retrieved of hold.Witness to Holder.
type RetrieverS3[C any] struct{ turn turn[C] }

// SendRetrieved sends Retrieved to Holder. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s RetrieverS3[C]) SendRetrieved(ctx C, m Retrieved) (RetrieverEnd[C], error) {
	if err := s.turn.check("holdretrieval.RetrieverS3.SendRetrieved"); err != nil {
		return RetrieverEnd[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Holder", "Retrieved", m.Payload); err != nil {
		return RetrieverEnd[C]{}, &aura.Error{Op: "holdretrieval.RetrieverS3.SendRetrieved", Kind: aura.KindOf(err), Err: err}
	}
	return RetrieverEnd[C]{s.turn.next()}, nil
}

// RetrieverEnd is a state of Retriever, which here is done.
type RetrieverEnd[C any] struct{ turn turn[C] }

// StartHolder begins the part of Holder. The port must belong to a session of the protocol in that role.
func StartHolder[C any](port machine.Port[C]) HolderS1[C] {
	return HolderS1[C]{turn[C]{run: &run[C]{port: port}}}
}

// HolderS1 is a state of Holder, which here receives Retrieve of hold.Selector from Retriever.
type HolderS1[C any] struct{ turn turn[C] }

// ReceiveRetrieve waits for Retrieve from Retriever. After an error of the port the state may be used again.
func (s HolderS1[C]) ReceiveRetrieve(ctx C) (Retrieve, HolderS2[C], error) {
	if err := s.turn.check("holdretrieval.HolderS1.ReceiveRetrieve"); err != nil {
		return Retrieve{}, HolderS2[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Retriever")
	if err != nil {
		return Retrieve{}, HolderS2[C]{}, &aura.Error{Op: "holdretrieval.HolderS1.ReceiveRetrieve", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Retrieve" {
		return Retrieve{}, HolderS2[C]{}, aura.Errorf("holdretrieval.HolderS1.ReceiveRetrieve", aura.Corrupt, "message %q is not expected here", label)
	}
	return Retrieve{payload}, HolderS2[C]{s.turn.next()}, nil
}

// HolderS2 is a state of Holder, which here sends Accepted of hold.Object or Rejected of hold.Refusal to Retriever.
type HolderS2[C any] struct{ turn turn[C] }

// SendAccepted sends Accepted to Retriever. It takes 8 units of flow. After an error of the port the state may be used again.
func (s HolderS2[C]) SendAccepted(ctx C, m Accepted) (HolderS3[C], error) {
	if err := s.turn.check("holdretrieval.HolderS2.SendAccepted"); err != nil {
		return HolderS3[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Retriever", "Accepted", m.Payload); err != nil {
		return HolderS3[C]{}, &aura.Error{Op: "holdretrieval.HolderS2.SendAccepted", Kind: aura.KindOf(err), Err: err}
	}
	return HolderS3[C]{s.turn.next()}, nil
}

// SendRejected sends Rejected to Retriever. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s HolderS2[C]) SendRejected(ctx C, m Rejected) (HolderEnd[C], error) {
	if err := s.turn.check("holdretrieval.HolderS2.SendRejected"); err != nil {
		return HolderEnd[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Retriever", "Rejected", m.Payload); err != nil {
		return HolderEnd[C]{}, &aura.Error{Op: "holdretrieval.HolderS2.SendRejected", Kind: aura.KindOf(err), Err: err}
	}
	return HolderEnd[C]{s.turn.next()}, nil
}

// HolderS3 is a state of Holder, which here receives Retrieved of hold.Witness from Retriever.
type HolderS3[C any] struct{ turn turn[C] }

// ReceiveRetrieved waits for Retrieved from Retriever. After an error of the port the state may be used again.
func (s HolderS3[C]) ReceiveRetrieved(ctx C) (Retrieved, HolderEnd[C], error) {
	if err := s.turn.check("holdretrieval.HolderS3.ReceiveRetrieved"); err != nil {
		return Retrieved{}, HolderEnd[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Retriever")
	if err != nil {
		return Retrieved{}, HolderEnd[C]{}, &aura.Error{Op: "holdretrieval.HolderS3.ReceiveRetrieved", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Retrieved" {
		return Retrieved{}, HolderEnd[C]{}, aura.Errorf("holdretrieval.HolderS3.ReceiveRetrieved", aura.Corrupt, "message %q is not expected here", label)
	}
	return Retrieved{payload}, HolderEnd[C]{s.turn.next()}, nil
}

// HolderEnd is a state of Holder, which here is done.
type HolderEnd[C any] struct{ turn turn[C] }

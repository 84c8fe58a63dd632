package contract

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// Fake is a bridge without an agent, as plain as can be: lists of facts and observations and a
// wake for each watcher. Its facts are of kind "test.note" with the intent's payload.
type Fake struct {
	mu       task.Mutex
	records  []fact.Record
	observed []fact.Observation // every one, in order
	watching []*task.Wake
	author   aura.AuthorityID
	device   aura.DeviceID
}

// NewFake returns a fake without facts.
func NewFake() *Fake {
	return &Fake{
		author: aura.AuthorityOf([]byte("fake root key")), device: aura.DeviceOf([]byte("fake signing key")),
	}
}

// Note returns the i-th intent that a fake accepts: its payload is committed as a fact.
func Note(i int, payload []byte) fact.Intent {
	return fact.Intent{
		Kind:      "test.note",
		Operation: sha256.Sum256(binary.BigEndian.AppendUint64([]byte("note"), uint64(i))),
		Payload:   payload,
	}
}

// Refusal returns an intent that a fake knows and denies.
func Refusal() fact.Intent {
	return fact.Intent{Kind: "test.refuse", Operation: sha256.Sum256([]byte("refuse"))}
}

// World returns the fake as the suite wants it, under an executor of the caller's.
func (f *Fake) World() World {
	return World{
		Intent:    func(i int) fact.Intent { return Note(i, []byte{byte(i)}) },
		Refused:   Refusal(),
		RefusedAs: aura.Denied,
		Observe: func(_ task.Context, o fact.Observation) error {
			f.Observe(o)
			return nil
		},
	}
}

// Submit implements app.Bridge.
func (f *Fake) Submit(tc task.Context, in fact.Intent) (fact.Result, error) {
	const op = "contract.Submit"
	switch {
	case tc.Err() != nil:
		return fact.Result{}, tc.Err()
	case in.Kind == "test.refuse":
		return fact.Result{}, aura.Errorf(op, aura.Denied, "refused, as asked")
	case in.Kind != "test.note":
		return fact.Result{}, aura.Errorf(op, aura.NotFound, "intent %q is not registered", in.Kind)
	case len(in.Payload) > fact.MaxPayload:
		return fact.Result{}, aura.Errorf(op, aura.Invalid, "payload has %d bytes", len(in.Payload))
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	n := uint64(len(f.records) + 1)
	r := fact.Record{Position: fact.Position(n), Seq: n, Fact: fact.Fact{
		Namespace: fact.OwnNamespace(f.author), Kind: in.Kind, Operation: in.Operation,
		Payload: bytes.Clone(in.Payload), Logical: aura.Logical(n), Author: f.author, Device: f.device,
	}}
	r.ID = r.Fact.ID()
	f.records = append(f.records, r)
	f.ring()
	return fact.Result{Operation: in.Operation, Facts: []aura.FactID{r.ID}}, nil
}

// Observe publishes an observation.
func (f *Fake) Observe(o fact.Observation) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.observed = append(f.observed, o)
	f.ring()
}

func (f *Fake) ring() {
	for _, b := range f.watching {
		b.Notify()
	}
}

// Watch implements app.Bridge.
func (f *Fake) Watch(tc task.Context, sel fact.Selection, sink func(fact.Update) error) error {
	if err := tc.Err(); err != nil {
		return err
	}
	if err := sel.Check(); err != nil {
		return err
	}
	wake := task.NewWake()
	f.mu.Lock()
	f.watching = append(f.watching, wake)
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		f.watching = slices.DeleteFunc(f.watching, func(b *task.Wake) bool { return b == wake })
		f.mu.Unlock()
	}()
	for seen, first := 0, true; ; first = false {
		up := fact.Update{Live: true}
		f.mu.Lock()
		up.Records = sel.Of(f.records)
		for ; seen < len(f.observed); seen++ {
			if sel.Observes(f.observed[seen].Kind) {
				up.Observations = append(up.Observations, f.observed[seen])
			}
		}
		up.Position = max(sel.After, fact.Position(len(f.records)))
		sel.After, sel.Last, sel.Causal = up.Position, 0, false
		f.mu.Unlock()
		if first || len(up.Records) > 0 || len(up.Observations) > 0 {
			if err := sink(up); err != nil {
				return err
			}
		}
		if !sel.Follow {
			return nil
		}
		if err := wake.Wait(tc); err != nil {
			return err
		}
	}
}

// Ask implements app.Bridge. The question "test.echo" is answered with its payload.
func (f *Fake) Ask(tc task.Context, q fact.Question) (fact.Answer, error) {
	if q.Kind != "test.echo" {
		return fact.Answer{}, aura.Errorf("contract.Ask", aura.NotFound, "question %q is not known", q.Kind)
	}
	return fact.Answer{Payload: q.Payload}, tc.Err()
}

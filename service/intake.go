package service

import (
	"errors"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/directory"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/domain/device"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// intake is what one side of a session has of the facts that come. Each is verified by the keys that the entries of its author list, as if its
// author had brought it: the word of an own device alone is not enough.
type intake struct {
	*Siblings
	with      aura.DeviceID
	peer      directory.Peer // the same; zero: the account does not list it
	verifiers map[stream]*fact.Verifier
	part      []byte // of a fact that comes in parts
	ahead     int    // secrets of contexts that are not known here
	partOf    stream // its stream
	offered   int    // how often all that differs was named in this session
}

func (s *Siblings) intakeFrom(id aura.DeviceID) *intake {
	s.know(id)
	t := &intake{Siblings: s, with: id, verifiers: map[stream]*fact.Verifier{}}
	for _, p := range s.env.Directory.Peers() {
		if p.Own && p.Device.ID() == id {
			t.peer = p
		}
	}
	return t
}

// listed returns aura.Denied when the account does not list the other device, or removed it meanwhile.
func (t *intake) listed() error {
	if !t.peer.Own || t.env.Directory.Unlisted(&t.peer) {
		return aura.Errorf("service.Siblings", aura.Denied, "device %s is none of this account", aura.Short(t.with))
	}
	return nil
}

// breach tells that the other device does not keep to the protocol, and returns the error that ends the session.
func (t *intake) breach(tc task.Context, err error) error {
	tc.Emit(world.IngressRejected(t.Name(), "another device of the account breaks the protocol of the sync", err))
	return &aura.Error{Op: "service.Siblings", Kind: aura.Corrupt, Err: err}
}

// store makes a batch durable and returns how many of its facts are new. It is refused while this device does not know the author, or not the kind of
// a fact.
func (t *intake) store(tc task.Context, b *device.Batch) (news int, refused bool, err error) {
	if err := b.Check(); err != nil {
		return 0, false, t.breach(tc, err)
	}
	if b.Stream.Secret() {
		return t.keepSecret(tc, b)
	}
	of := stream{b.Stream.Namespace, b.Stream.Device}
	if len(b.Part) > 0 {
		if t.partOf != of {
			t.partOf, t.part = of, nil
		}
		if len(t.part)+len(b.Part) > maxPart {
			return 0, false, t.breach(tc, aura.Errorf("service.store", aura.Corrupt, "a fact in parts is larger than any fact"))
		}
		if t.part = append(t.part, b.Part...); !b.Last {
			return 0, false, nil
		}
		b.Facts, t.part = []device.Copy{{Record: t.part, Before: b.Before}}, nil
	}
	entry := &journal.Entry{Expect: func(journal.View) error { return t.listed() }}
	for i := range b.Facts {
		r, here, err := t.open(of, &b.Facts[i])
		switch {
		case err != nil && aura.KindOf(err) == aura.Unavailable:
			return 0, false, err
		case err != nil:
			return 0, false, t.breach(tc, err)
		case here:
			continue
		}
		verifier, known := t.verifier(of, &r.Fact)
		early, err := t.early(&r)
		if err != nil {
			return 0, false, err
		}
		if !known || early {
			refused = true
			break
		}
		if err := verifier.Verify(&r); err != nil {
			return 0, false, t.breach(tc, err)
		}
		if err := t.env.Modules.Registry().Check(&r.Fact); err != nil {
			tc.Emit(world.IngressRejected(t.Name(), "a fact that another device of the account has", err))
			refused = true
			break
		}
		entry.Foreign = append(entry.Foreign, r)
	}
	if len(entry.Foreign) == 0 {
		return 0, refused, nil
	}
	kept, err := t.env.Journal.Append(tc, entry)
	_, gap := errors.AsType[*journal.GapError](err)
	_, crowded := errors.AsType[*journal.BranchError](err)
	switch {
	case crowded:
		return 0, true, nil
	case gap, err != nil && (aura.KindOf(err) == aura.Invalid || aura.KindOf(err) == aura.Corrupt):
		return 0, false, t.breach(tc, err)
	case err != nil:
		return 0, false, err
	}
	for i := range kept {
		tc.Emit(world.FactReceived(t.Name(), kept[i].ID))
	}
	return len(kept), refused, nil
}

// early reports whether a fact says of another one, which is not here, that a peer has it. The other one may be on a branch that is not known here,
// and the fact would count for the branch that is. It is taken when all that differs is exchanged once more: then the other one is here, or does
// not come.
func (t *intake) early(r *fact.Record) (bool, error) {
	var acked delivery.Acked
	if r.Fact.Kind != delivery.KindAcked || t.offered > 1 || fact.Unmarshal(r.Fact.Payload, &acked) != nil || acked.ID == [fact.ShortID]byte{} {
		return false, nil
	}
	here, err := t.env.Journal.Has(fact.ContextNamespace(acked.Context), r.Fact.Device, fact.Place{Seq: acked.Through, ID: acked.ID})
	return !here, err
}

// open reads a fact of a stream, and reports whether it is here.
func (t *intake) open(of stream, c *device.Copy) (r fact.Record, here bool, err error) {
	const op = "service.open"
	if r, err = fact.DecodeRecord(c.Record); err != nil {
		return r, false, err
	}
	if r.Fact.Seq == 0 && len(c.Before) == fact.ShortID {
		r.Before = [fact.ShortID]byte(c.Before)
	}
	if r.Fact.Namespace != of.namespace || r.Fact.Device != of.device {
		return r, false, aura.Errorf(op, aura.Corrupt, "fact %s is of another stream than its batch", aura.Short(r.ID))
	}
	here, err = t.env.Journal.Has(of.namespace, of.device, r.Row())
	return r, here, err
}

// verifier returns what verifies the facts of a stream, false for an author that is not known here.
func (t *intake) verifier(of stream, f *fact.Fact) (*fact.Verifier, bool) {
	if v := t.verifiers[of]; v != nil {
		return v, true
	}
	key, known := t.env.Directory.Author(of.namespace, f.Author, of.device)
	if !known {
		return nil, false
	}
	t.verifiers[of] = fact.NewVerifier(key[:])
	return t.verifiers[of], true
}

// maxAhead is how many secrets one session brings of contexts of which there are no facts here: those come behind them.
const maxAhead = 2 * device.MaxStreams

// keepSecret keeps the secret of a context, if it is not here.
func (t *intake) keepSecret(tc task.Context, b *device.Batch) (news int, refused bool, err error) {
	context, shared := b.Stream.Namespace.Context()
	if here, err := t.env.Journal.Meta(domain.SecretKey(context)); err != nil || len(here) > 0 {
		return 0, false, err // the facts about it are to come
	}
	if !t.env.Directory.Spaces()[b.Stream.Namespace] {
		t.ahead++
	}
	if !shared || b.Secret == [32]byte{} || t.ahead > maxAhead {
		return 0, true, nil
	}
	entry := &journal.Entry{
		Meta:   []journal.KV{{Key: domain.SecretKey(context), Value: b.Secret[:]}},
		Expect: func(journal.View) error { return t.listed() },
	}
	if _, err := t.env.Journal.Append(tc, entry); err != nil {
		return 0, false, err
	}
	t.env.Directory.Learn()
	return 1, false, nil
}

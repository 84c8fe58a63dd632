package consensus

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/fold"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
)

// The capabilities of the steps of the protocol: to ask for an operation, to commit to a nonce, to ask for shares, to sign one, to
// publish the result.
const (
	CapInitiate  = "consensus:initiate"
	CapNonce     = "consensus:witness:nonce"
	CapAggregate = "consensus:aggregate"
	CapSign      = "consensus:witness:sign"
	CapFinalize  = "consensus:finalize"
)

// The kinds of facts.
const (
	// KindVoted: a witness has signed an operation, or refused it. The payload is a Voted.
	KindVoted = "consensus.voted"
	// KindCommitted: an operation has the signatures that it needs. The payload is a Committed.
	KindCommitted = "consensus.committed"
)

// Voted is the fact that a witness has signed an operation over a state, or refused it.
type Voted struct {
	Session   aura.SessionID `cbor:"1,keyasint"`
	Prestate  [32]byte       `cbor:"2,keyasint"`
	Operation [32]byte       `cbor:"3,keyasint"`
	Signed    bool           `cbor:"4,keyasint,omitempty"`
	Kind      string         `cbor:"5,keyasint,omitempty"`
}

// Committed is the fact that an operation is agreed on.
type Committed struct {
	Session   aura.SessionID `cbor:"1,keyasint"`
	Prestate  [32]byte       `cbor:"2,keyasint"`
	Operation [32]byte       `cbor:"3,keyasint"`
	Kind      string         `cbor:"4,keyasint,omitempty"`
	// Witness is the device that was told; zero: the own one, which was told.
	Witness aura.DeviceID `cbor:"5,keyasint,omitzero"`
}

// VoteKey is where the metadata keeps the hash of the operation that this device has signed over a state.
func VoteKey(prestate [32]byte) string { return "consensus.vote/" + string(prestate[:]) }

// CommitKey is where the metadata keeps the [Commit] over a state.
func CommitKey(prestate [32]byte) string { return "consensus.commit/" + string(prestate[:]) }

// Vote returns the request for the fact that a witness signs an operation, or refuses it.
func Vote(by domain.Caller, v Voted) (guard.Request, error) {
	d, err := by.Draft(KindVoted, v)
	r := guard.Request{Entries: []fact.Draft{d}}
	if v.Signed {
		r.Metadata = []guard.Meta{{Key: VoteKey(v.Prestate), Value: v.Operation[:]}}
	}
	return r, err
}

// Commits returns the request for the fact that an operation is agreed on.
func Commits(by domain.Caller, c Committed, commit *Commit) (guard.Request, error) {
	d, err := by.Draft(KindCommitted, c)
	if err != nil {
		return guard.Request{}, err
	}
	value, err := fact.Marshal(commit)
	r := by.Local(CapSign, d)
	r.Metadata = []guard.Meta{{Key: CommitKey(c.Prestate), Value: value}}
	return r, err
}

// Module returns the domain. Its facts stay with the authority: each witness has its own.
func Module() domain.Module {
	return domain.Module{
		Name: "consensus",
		Kinds: []fact.Kind{
			{Name: KindVoted, Columns: []fact.Column{{Name: "session", Key: 1}, {Name: "prestate", Key: 2}, {Name: "operation", Key: 3}}, Check: checkVoted},
			{Name: KindCommitted, Columns: []fact.Column{{Name: "session", Key: 1}, {Name: "prestate", Key: 2}, {Name: "operation", Key: 3}}, Check: checkCommitted},
		},
		Capabilities: domain.OwnerCapabilities(CapInitiate, CapNonce, CapAggregate, CapSign, CapFinalize),
	}
}

func checkVoted(f *fact.Fact) error {
	var v Voted
	if err := fold.Own(f, &v); err != nil {
		return err
	}
	return checkKind(v.Kind)
}

func checkCommitted(f *fact.Fact) error {
	var c Committed
	if err := fold.Own(f, &c); err != nil {
		return err
	}
	return checkKind(c.Kind)
}

func checkKind(kind string) error {
	if len(kind) > maxKind {
		return aura.Errorf("consensus.Check", aura.Invalid, "the kind of an operation has %d bytes, the most is %d", len(kind), maxKind)
	}
	return nil
}

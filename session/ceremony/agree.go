package ceremony

import (
	"crypto/sha256"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/domain/consensus"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
)

// Consensus is the protocol in which witnesses agree on an operation.
const Consensus = "aura.consensus"

const familyWitness = choreo.Role("Witness")

// Operation is what witnesses agree on.
type Operation = consensus.Operation

// Agree asks the witnesses of an operation to sign it, in a session in a shared context. This device coordinates and is no witness
// itself. It returns the names of the session and of its coordination; the outcome is that of [Ceremonies.Committed] once the
// coordination has ended.
func (c *Ceremonies) Agree(tc task.Context, context aura.ContextID, o *Operation) (made, coordination aura.SessionID, err error) {
	if err := o.Check(); err != nil {
		return made, coordination, err
	}
	b, err := encode(o)
	if err != nil {
		return made, coordination, err
	}
	i := view.Invite{Subject: subject(o), Protocol: Consensus, Context: context, Sizes: []view.Size{{Parameter: "N", Members: uint16(len(o.Witnesses))}}}
	i.Parts = []view.Part{{Role: string(roleCoordinator), Authority: c.options.Own, Device: c.options.Device}}
	for k, w := range o.Witnesses {
		i.Parts = append(i.Parts, view.Part{Role: string(choreo.Member(string(familyWitness), k)), Authority: w.Authority, Device: w.Device})
	}
	coordination, err = c.Convene(tc, i, b)
	return i.Subject.Name(), coordination, err
}

func subject(o *Operation) view.Subject {
	return view.Subject{State: o.Prestate(), Operation: o.Hash(), Nonce: o.Nonce}
}

// Committed returns the commit over a state, as this device has verified or made it; nil when there is none.
func (c *Ceremonies) Committed(prestate [32]byte) (*consensus.Commit, error) {
	b, err := c.options.Journal.Meta(consensus.CommitKey(prestate))
	if b == nil || err != nil {
		return nil, err
	}
	var commit consensus.Commit
	return &commit, fact.Unmarshal(b, &commit)
}

// collect is the program of who asks for an operation.
func (c *Ceremonies) collect(tc task.Context, p *session.Port) error {
	o := new(Operation)
	if err := fact.Unmarshal(p.Session().Argument, o); err != nil {
		return err
	}
	name, all := p.Session().Name, len(o.Witnesses)
	witness := func(k int) choreo.Role { return choreo.Member(string(familyWitness), k) }
	for k := range all {
		if err := c.send(tc, p, witness(k), "Execute", o, nil); err != nil {
			return err
		}
	}
	request := &consensus.SignRequest{Commitments: make([]consensus.Commitment, all)}
	err := c.round(tc, p, members(familyWitness, all), func(k int, b []byte) {
		var given consensus.Commitment
		if fact.Unmarshal(b, &given) == nil && given.Conflict == nil && o.CheckCommitment(name, k, &given) == nil {
			request.Commitments[k] = given // one that does not hold stays empty, and no share fits it
		}
	})
	if err != nil {
		return err
	}
	for k := range all {
		if err := c.send(tc, p, witness(k), "SignRequest", request, nil); err != nil {
			return err
		}
	}
	commit := &consensus.Commit{Session: name, Commitments: request.Digest()}
	conflict := consensus.Conflict{Prestate: o.Prestate(), Text: "too few witnesses have signed"}
	err = c.round(tc, p, members(familyWitness, all), func(k int, b []byte) {
		var share consensus.Share
		switch err := fact.Unmarshal(b, &share); {
		case err == nil && share.Conflict != nil:
			conflict = *share.Conflict
			conflict.Text = short(conflict.Text)
		case err == nil && o.CheckShare(name, k, request, &share) == nil:
			commit.Shares = append(commit.Shares, consensus.Signed{Witness: uint16(k), Signature: share.Signature})
		}
	})
	if err != nil {
		return err
	}
	agreed := o.Verify(commit) == nil
	for k, w := range o.Witnesses {
		var err error
		if agreed {
			err = c.send(tc, p, witness(k), "Committed", commit, c.committing(o, commit, w.Device))
		} else {
			err = c.send(tc, p, witness(k), "Abandoned", conflict, nil)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// committing returns the plan for the fact that an operation is agreed on.
func (c *Ceremonies) committing(o *Operation, commit *consensus.Commit, told aura.DeviceID) session.Plan {
	return func(tc task.Context) (guard.Request, error) {
		prestate := o.Prestate()
		before, err := c.Committed(prestate)
		if err != nil {
			return guard.Request{}, err
		}
		if before != nil && before.Session != commit.Session && o.Verify(before) != nil {
			return guard.Request{}, aura.Errorf("ceremony.committing", aura.Internal, "two operations over one state have a commit: more witnesses have signed both than may lie")
		}
		return consensus.Commits(c.caller(tc), consensus.Committed{
			Session: commit.Session, Prestate: prestate, Operation: o.Hash(), Kind: o.Kind, Witness: told,
		}, commit)
	}
}

// witness is the program of a witness.
func (c *Ceremonies) witness(tc task.Context, p *session.Port) error {
	const op = "ceremony.witness"
	_, b, err := p.Receive(tc, roleCoordinator)
	if err != nil {
		return err
	}
	o := new(Operation)
	refuses := c.judge(tc, p.Session(), b, o)
	hash, name := o.Hash(), p.Session().Name
	nonce := c.nonce(name)
	given := consensus.Commitment{Digest: sha256.Sum256(nonce[:])}
	given.Signature = c.options.Sign(consensus.CommitmentBytes(name, hash, given.Digest))
	if refuses != nil {
		given = consensus.Commitment{Conflict: refuses}
	}
	if err := c.send(tc, p, roleCoordinator, "NonceCommit", given, nil); err != nil {
		return err
	}
	_, b, err = p.Receive(tc, roleCoordinator)
	if err != nil {
		return err
	}
	var request consensus.SignRequest
	_, own := p.Session().Role.Family()
	if fact.Unmarshal(b, &request) != nil || len(request.Commitments) != len(o.Witnesses) || own >= len(request.Commitments) || request.Commitments[own] != given {
		refuses = &consensus.Conflict{Prestate: o.Prestate(), Text: "the commitments are not those that the witnesses gave"}
	}
	share := consensus.Share{Nonce: nonce, Signature: c.options.Sign(consensus.ShareBytes(name, hash, request.Digest()))}
	if err := c.insist(tc, func(tc task.Context) error { return c.vote(tc, p, o, share, refuses) }); err != nil {
		return err
	}
	label, b, err := p.Receive(tc, roleCoordinator)
	if err != nil || label == "Abandoned" {
		return err
	}
	var commit consensus.Commit
	if err := fact.Unmarshal(b, &commit); err != nil {
		return err
	}
	if commit.Session != name {
		return aura.Errorf(op, aura.Denied, "a commit of another session")
	}
	if err := o.Verify(&commit); err != nil {
		return err
	}
	return c.insist(tc, func(tc task.Context) error {
		if before, err := c.Committed(o.Prestate()); err != nil || before != nil {
			return err // it was noted before a restart
		}
		r, err := c.committing(o, &commit, aura.DeviceID{})(tc)
		if err == nil {
			_, err = c.options.Decider.Decide(tc, &r)
		}
		return err
	})
}

// nonce returns the nonce of this device in a session: the same again after a restart, and a secret of its key.
func (c *Ceremonies) nonce(name aura.SessionID) [32]byte {
	signature := c.options.Sign(append([]byte("aura consensus nonce 1\x00"), name[:]...))
	return sha256.Sum256(signature[:])
}

// judge returns why this device does not sign an operation; nil: it does.
func (c *Ceremonies) judge(tc task.Context, in session.Opening, b []byte, o *Operation) *consensus.Conflict {
	no := func(text string) *consensus.Conflict {
		return &consensus.Conflict{Prestate: o.Prestate(), Text: short(text)}
	}
	if err := fact.Unmarshal(b, o); err != nil {
		*o = Operation{}
		return no("the operation does not decode")
	}
	if err := o.Check(); err != nil {
		return no(aura.Reason(err))
	}
	s := subject(o)
	_, own := in.Role.Family()
	if s.Name() != in.Name || own >= len(o.Witnesses) || o.Witnesses[own].Device != c.options.Device {
		return no("the session was made for another operation")
	}
	for _, p := range in.Parties {
		family, k := p.Role.Family()
		if choreo.Role(family) == familyWitness && (k >= len(o.Witnesses) || o.Witnesses[k].Device != p.Device || o.Witnesses[k].Authority != p.Authority) {
			return no("the witnesses are not the participants of the session")
		}
	}
	if c.options.Judges == nil {
		return no("this device signs no operation")
	}
	if err := c.options.Judges(tc, o); err != nil {
		return no(aura.Reason(err))
	}
	conflict, err := c.voted(o)
	if err != nil {
		return no("its votes cannot be read")
	}
	return conflict
}

// voted returns the conflict with the operation over the same state that this device has signed; nil for none.
func (c *Ceremonies) voted(o *Operation) (*consensus.Conflict, error) {
	prestate, hash := o.Prestate(), o.Hash()
	before, err := c.options.Journal.Meta(consensus.VoteKey(prestate))
	if before == nil || err != nil || slices.Equal(before, hash[:]) {
		return nil, err
	}
	return &consensus.Conflict{Prestate: prestate, Voted: [32]byte(before), Text: "another operation over this state was signed before"}, nil
}

// vote signs an operation, or refuses it: one vote at a time, so that each knows those before it. Vote and message become durable
// together.
func (c *Ceremonies) vote(tc task.Context, p *session.Port, o *Operation, share consensus.Share, refuses *consensus.Conflict) error {
	if err := c.votes.Acquire(tc); err != nil {
		return err
	}
	defer c.votes.Release()
	if refuses == nil {
		var err error
		if refuses, err = c.voted(o); err != nil {
			return err
		}
	}
	if refuses != nil {
		share = consensus.Share{Conflict: refuses}
	}
	b, err := encode(share)
	if err != nil {
		return err
	}
	p.With(func(tc task.Context) (guard.Request, error) {
		return consensus.Vote(c.caller(tc), consensus.Voted{
			Session: p.Session().Name, Prestate: o.Prestate(), Operation: o.Hash(), Signed: refuses == nil, Kind: o.Kind,
		})
	})
	return p.Send(tc, roleCoordinator, "SignShare", b)
}

package session

import (
	"crypto/sha256"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/machine/own"
)

// Reconfig gives sessions to other devices and takes them in, and changes the versions of protocols. It is the only way to do so, and the floor plan
// reserves it to session/reconfig, which checks first that the protocol allows the handover, and to session/ceremony, where devices change together.
type Reconfig struct{ engine *Engine }

// NewReconfig returns that of an engine.
func NewReconfig(e *Engine) *Reconfig { return &Reconfig{e} }

// Protocol returns a protocol in the version of a session, whether or not sessions begin in it, when a program plays the role and the
// protocol is admitted here. It returns aura.NotFound for one that is not here, and aura.Denied for one that is not admitted.
func (r *Reconfig) Protocol(id string, version [32]byte, sizes []Size, role choreo.Role) (*Protocol, error) {
	o := &r.engine.options
	p, err := o.Registry.image(id, version, sizes)
	if err != nil {
		return nil, err
	}
	if _, known := o.Registry.program(id, role); !known {
		return nil, aura.Errorf("session.Protocol", aura.NotFound, "no program plays %s of protocol %s", role, id)
	}
	_, err = p.admit(o)
	return p, err
}

// Delegable returns the manifest of the protocol and the fragment that a role's part belongs to, "" for a role that it does not have.
func (p *Protocol) Delegable(role choreo.Role) (m choreo.Manifest, fragment string) {
	if id, known := p.image.Role(role); known {
		fragment = p.image.Fragment(id)
	}
	return p.text.manifest, fragment
}

// Handover says where a session goes, and how much of it.
type Handover struct {
	From, To aura.DeviceID // the own device, and another one of the same authority
	// Scope is what moves: all that the owner has, or fewer fragments when it is stated to attenuate.
	Scope     own.Scope
	Attenuate bool
	// Sign signs the offer, and the witness, with the Ed25519 key of the own device. An import needs none.
	Sign func([]byte) [64]byte
}

// states returns aura.Denied unless the scope is as the handover says of it: all that the owner has, or less.
func (h *Handover) states(op aura.Op, has own.Scope) error {
	switch {
	case h.Scope.Empty() || !h.Scope.Within(has):
		return aura.Errorf(op, aura.Denied, "the scope %s is wider than %s, and a handover can only narrow", h.Scope, has)
	case h.Attenuate && h.Scope.Equal(has):
		return aura.Errorf(op, aura.Denied, "the handover states that the scope narrows, and %s moves intact", has)
	case !h.Attenuate && !h.Scope.Equal(has):
		return aura.Errorf(op, aura.Denied, "the handover states that the scope moves intact, and it narrows from %s to %s", has, h.Scope)
	}
	return nil
}

// ownerOf returns how a device is called as the owner of a session.
func ownerOf(d aura.DeviceID) own.Owner {
	if d == (aura.DeviceID{}) {
		return ""
	}
	return own.Owner("device " + d.String())
}

// moves returns the moves of a role with one more, which the device that has it signs as an offer. Confirmed has how many messages of each edge the
// other side had confirmed. An edge of which the recording has not all of these is left out.
func (h *Handover) moves(of view.Played, before []view.Move, recording [][]byte, confirmed map[uint32]uint64) ([]view.Move, error) {
	sent := map[uint32]*prefix{}
	for edge, n := range confirmed {
		sent[edge] = newPrefix(n)
	}
	for _, v := range recording {
		var r record
		if err := decodeRecord(v, &r); err != nil {
			return nil, err
		}
		if r.Kind == recordSent && sent[r.Parcel.edge()] != nil {
			sent[r.Parcel.edge()].add(&r)
		}
	}
	m := view.Move{From: h.From, To: h.To, Generation: uint64(len(before) + 1)}
	for edge, p := range sent {
		if sum, whole := p.sum(); whole {
			m.Confirmed = append(m.Confirmed, view.Confirmed{Edge: edge, Count: p.want, Digest: sum})
		}
	}
	slices.SortFunc(m.Confirmed, func(x, y view.Confirmed) int { return int(x.Edge) - int(y.Edge) })
	m.Signature = h.Sign(m.OfferBytes(of))
	return append(slices.Clone(before), m), nil
}

// prefix is the digest of the first messages of an edge.
type prefix struct {
	want, has uint64
	bytes     []byte
}

func newPrefix(want uint64) *prefix { return &prefix{want: want} }

func (p *prefix) add(r *record) {
	if r.Seq == p.has && p.has < p.want {
		p.bytes = append(p.bytes, encode(r.Parcel)...)
		p.has++
	}
}

// sum returns the digest, and whether all of the messages were there.
func (p *prefix) sum() ([32]byte, bool) { return sha256.Sum256(p.bytes), p.has == p.want }

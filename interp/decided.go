package interp

import (
	"encoding/binary"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
)

// decided is the result of the last decision about a message on an edge of a session, kept as metadata. It is written in
// the batch that has the charge, so that a message is charged once wherever a crash comes. Messages of an edge are decided in
// their order, so the last one is all that can be asked about again: the entry of an edge does not grow.
type decided struct {
	Seq      uint64           `cbor:"1,keyasint,omitempty"`
	Context  aura.ContextID   `cbor:"2,keyasint,omitzero"`
	Peer     aura.AuthorityID `cbor:"3,keyasint,omitzero"`
	Digest   [32]byte         `cbor:"4,keyasint,omitzero"` // of the message
	Before   fact.Position    `cbor:"5,keyasint,omitempty"`
	Facts    uint64           `cbor:"6,keyasint,omitempty"` // at the positions after Before
	Receipts [][]byte         `cbor:"7,keyasint,omitempty"` // effect.Receipt
	Nonces   [][]byte         `cbor:"8,keyasint,omitempty"`
}

// sessionEdges is the metadata of a session: the edges that have a decision. It is how they are found at its end.
type sessionEdges struct {
	Edges []uint32 `cbor:"1,keyasint,omitempty"`
}

func sessionKey(s aura.SessionID) string { return "decided/" + string(s[:]) }

func edgeKey(s aura.SessionID, edge uint32) string {
	return string(binary.BigEndian.AppendUint32([]byte(sessionKey(s)), edge))
}

// readMeta decodes the metadata under a key into v, which stays as it is when there is none.
func readMeta(l Ledger, key string, v any) (found bool, err error) {
	b, err := l.Meta(key)
	if err != nil || b == nil {
		return false, err
	}
	return true, fact.Unmarshal(b, v)
}

// writeMeta returns the metadata of one of this file's structs, which always encode.
func writeMeta(key string, v any) journal.KV {
	b, err := fact.Marshal(v)
	if err != nil {
		panic("interp: the result of a decision always encodes: " + err.Error())
	}
	return journal.KV{Key: key, Value: b}
}

// decidedBefore returns the decision that was made about the message of a request, false for none. It returns
// aura.Conflict when another message was decided at its place, or a later one on its edge.
func decidedBefore(l Ledger, r *guard.Request) (decided, bool, error) {
	const op = "interp.Decided"
	key, keyed := r.Key()
	if !keyed {
		return decided{}, false, nil
	}
	var d decided
	found, err := readMeta(l, edgeKey(key.Session, key.Edge), &d)
	switch {
	case err != nil || !found || d.Seq < key.Seq:
		return decided{}, false, err
	case d.Seq > key.Seq:
		return decided{}, false, aura.Errorf(op, aura.Conflict, "message %d of an edge on which message %d was decided", key.Seq, d.Seq)
	case d.Context != r.Context || d.Peer != r.Sends[0].Peer || d.Digest != r.Message().Digest():
		return decided{}, false, aura.Errorf(op, aura.Conflict, "another message was decided at place %d of the edge", key.Seq)
	}
	return d, true, nil
}

// result returns what the decision came to, without its records.
func (d *decided) result() (effect.Result, error) {
	r := effect.Result{Nonces: d.Nonces}
	for _, b := range d.Receipts {
		receipt, err := effect.DecodeReceipt(b)
		if err != nil {
			return effect.Result{}, err
		}
		r.Receipts = append(r.Receipts, receipt)
	}
	return r, nil
}

// placeKey reserves the place of a keyed decision in the batch on whose ledger it is placed. It returns aura.Stale when the
// place is taken: the caller then finds the decision that took it.
func (o *order) placeKey(l Ledger) error {
	key, keyed := o.decision.Request.Key()
	if !keyed {
		return nil
	}
	var before decided
	if taken, err := readMeta(l, edgeKey(key.Session, key.Edge), &before); err != nil || taken && before.Seq >= key.Seq {
		if err == nil {
			err = aura.Errorf("interp.Execute", aura.Stale, "message %d of the edge is decided", key.Seq)
		}
		return err
	}
	var session sessionEdges
	if _, err := readMeta(l, sessionKey(key.Session), &session); err != nil {
		return err
	}
	if !slices.Contains(session.Edges, key.Edge) {
		session.Edges = append(session.Edges, key.Edge)
		o.entry.Meta = append(o.entry.Meta, writeMeta(sessionKey(key.Session), session))
	}
	o.decided = decided{
		Seq: key.Seq, Context: o.decision.Request.Context, Peer: o.decision.Request.Sends[0].Peer, Digest: o.digest,
		Before: l.Head(), Facts: uint64(len(o.entry.Drafts)), Nonces: nonces(o.decision),
	}
	// Without the receipts, which are signed when the group is complete; the entries behind this one see that its place is
	// taken.
	o.entry.Meta = append(o.entry.Meta, writeMeta(edgeKey(key.Session, key.Edge), o.decided))
	return nil
}

// sealKey returns the metadata of a keyed decision with its receipts, false for one without a key.
func (o *order) sealKey() (journal.KV, bool) {
	key, keyed := o.decision.Request.Key()
	if !keyed {
		return journal.KV{}, false
	}
	for i := range o.receipts {
		o.decided.Receipts = append(o.decided.Receipts, o.receipts[i].Encode())
	}
	return writeMeta(edgeKey(key.Session, key.Edge), o.decided), true
}

// Forgotten returns the removal of all decisions of a session, for a batch that takes the session from here. No decision about one of its
// messages may be in flight or follow: it would be charged again.
func Forgotten(l Ledger, session aura.SessionID) ([]journal.KV, error) {
	var edges sessionEdges
	found, err := readMeta(l, sessionKey(session), &edges)
	if err != nil || !found {
		return nil, err
	}
	removal := []journal.KV{{Key: sessionKey(session)}}
	for _, edge := range edges.Edges {
		removal = append(removal, journal.KV{Key: edgeKey(session, edge)})
	}
	return removal, nil
}

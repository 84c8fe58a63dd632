package own

import (
	"slices"

	"github.com/aura-runtime/aura/machine/internal/wire"
)

const (
	maxName      = 1 << 10
	maxFragments = 1 << 10
)

// Encode writes the records for [Owners.Decode].
func (o *Owners) Encode(w *wire.Writer) {
	for _, n := range []uint64{o.generation, o.receipts, o.witnesses} {
		w.Uint(n)
	}
	w.Uint(uint64(len(o.records)))
	for i := range o.records {
		r := &o.records[i]
		w.String(r.fragment)
		w.Byte(byte(r.state))
		w.String(string(r.owner))
		w.String(string(r.releaser))
		w.Uint(r.generation)
		w.Uint(r.receipt)
		writeScope(w, r.scope)
	}
	w.Uint(uint64(len(o.pending)))
	for _, p := range o.pending {
		for _, n := range []uint64{p.ID, p.FromGeneration, p.ToGeneration} {
			w.Uint(n)
		}
		w.String(string(p.From))
		w.String(string(p.To))
		writeScope(w, p.Scope)
		w.Bool(p.Attenuated)
	}
	w.Uint(uint64(len(o.readiness)))
	for _, x := range o.readiness {
		w.Uint(x.ID)
	}
}

// Decode reads what Encode wrote of a session with these fragments. The log and the clock stay as they are attached.
func (o *Owners) Decode(in *wire.Reader, session uint64, fragments []string) {
	n := Owners{session: session, generation: in.Uint(), receipts: in.Uint(), witnesses: in.Uint(), log: o.log, tick: o.tick}
	for range in.Count(maxFragments, 8, "fragments") {
		n.records = append(n.records, n.readRecord(in))
	}
	for range in.Count(maxFragments, 8, "transfers") {
		n.pending = append(n.pending, n.readReceipt(in))
	}
	count := in.Count(maxReadiness, 1, "readiness witnesses")
	for range count {
		w := Readiness{Session: session, ID: in.Max(n.witnesses, "a witness")}
		if len(n.records) > 0 {
			w.Owner, w.Generation = n.records[0].owner, n.records[0].generation
		}
		n.readiness = append(n.readiness, w)
	}
	if in.Err() != nil {
		return
	}
	same := func(r Record, f string) bool { return r.fragment == f }
	if !slices.EqualFunc(n.records, fragments, same) {
		in.Fail("the fragments are not those of the session")
	}
	for i := range n.records {
		if r := &n.records[i]; r.receipt != 0 && !slices.ContainsFunc(n.pending, func(p Receipt) bool { return p.ID == r.receipt }) {
			in.Fail("fragment %s has a transfer that was not begun", r.fragment)
		}
	}
	*o = n
}

func (o *Owners) readRecord(in *wire.Reader) Record {
	r := Record{
		fragment: in.String(maxName, "a fragment"), state: State(in.Max(uint64(StateFailed), "an ownership state")),
		owner: Owner(in.String(maxName, "an owner")), releaser: Owner(in.String(maxName, "an owner")),
		generation: in.Max(o.generation, "a generation"), receipt: in.Max(o.receipts, "a receipt"), scope: readScope(in),
	}
	switch r.state {
	case StateRunning:
		if r.owner == "" || !r.scope.Covers(r.fragment) {
			in.Fail("fragment %s is %s without an owner that reaches it", r.fragment, r.state)
		}
	case StateUnowned, StateFailed:
		if r.receipt != 0 || (r.state == StateUnowned && r.owner != "") {
			in.Fail("fragment %s is %s and has an owner, or a transfer", r.fragment, r.state)
		}
	case StateReleased, StateStopped:
		if r.receipt != 0 {
			in.Fail("fragment %s is %s in a transfer", r.fragment, r.state)
		}
	default: // passed through, and never rested in
		in.Fail("a fragment cannot be found %s", r.state)
	}
	return r
}

// readReceipt reads a transfer, which must be of fragments that its source owns.
func (o *Owners) readReceipt(in *wire.Reader) Receipt {
	p := Receipt{
		Session: o.session, ID: in.Max(o.receipts, "a receipt"), FromGeneration: in.Max(o.generation, "a generation"),
		ToGeneration: in.Max(o.generation, "a generation"), From: Owner(in.String(maxName, "an owner")),
		To: Owner(in.String(maxName, "an owner")), Scope: readScope(in), Attenuated: in.Bool(),
	}
	found := false
	for i := range o.records {
		r := &o.records[i]
		if r.receipt != p.ID {
			continue
		}
		found = true
		if r.owner != p.From || r.generation != p.FromGeneration || !p.Scope.Covers(r.fragment) {
			in.Fail("a transfer of a fragment that its source does not own")
		}
	}
	if p.ID == 0 || p.To == "" || !found {
		in.Fail("a transfer of nothing, or to nobody")
	}
	return p
}

func writeScope(w *wire.Writer, s Scope) {
	w.Bool(s.whole)
	w.Uint(uint64(len(s.fragments)))
	for _, f := range s.fragments {
		w.String(f)
	}
}

func readScope(r *wire.Reader) Scope {
	whole := r.Bool()
	var names []string
	for range r.Count(maxFragments, 1, "fragments") {
		names = append(names, r.String(maxName, "a fragment"))
	}
	if whole {
		return Whole()
	}
	return Fragments(names...)
}

package own

import "github.com/aura-runtime/aura/machine/internal/wire"

const (
	maxName      = 1 << 10
	maxFragments = 1 << 10
)

// Encode writes the record for [Record.Decode].
func (r *Record) Encode(w *wire.Writer) {
	w.Byte(byte(r.state))
	w.String(string(r.owner))
	w.Uint(r.generation)
	writeScope(w, r.scope)
	w.Uint(r.receipts)
	w.Uint(r.witnesses)
	w.Uint(uint64(len(r.readiness)))
	for _, x := range r.readiness {
		w.Uint(x.ID)
	}
	if r.state == StateDelegatingOut {
		w.String(string(r.pending.To))
		writeScope(w, r.pending.Scope)
		w.Bool(r.pending.Attenuated)
	}
}

// Decode reads what Encode wrote of a session. The log and the clock stay as they are attached.
func (r *Record) Decode(in *wire.Reader, session uint64) {
	n := Record{
		session: session, state: State(in.Max(uint64(StateFailed), "an ownership state")), owner: Owner(in.String(maxName, "an owner")),
		generation: in.Uint(), scope: readScope(in), receipts: in.Uint(), witnesses: in.Uint(), log: r.log, tick: r.tick,
	}
	for range in.Count(maxReadiness, 1, "readiness witnesses") {
		n.readiness = append(n.readiness, Readiness{Session: n.session, ID: in.Uint(), Owner: n.owner, Generation: n.generation})
	}
	if n.state == StateDelegatingOut {
		n.pending = Receipt{
			Session: n.session, ID: n.receipts, From: n.owner, FromGeneration: n.generation, ToGeneration: n.generation + 1,
			To: Owner(in.String(maxName, "an owner")), Scope: readScope(in), Attenuated: in.Bool(),
		}
		if n.pending.To == "" || !n.pending.Scope.Within(n.scope) {
			in.Fail("a transfer that reaches further than its owner")
		}
	}
	switch n.state {
	case StateRunning, StateDelegatingOut:
		if n.owner == "" {
			in.Fail("a session is %s without an owner", n.state)
		}
	case StateReleased, StateStopped, StateFailed:
	default: // passed through, and never rested in
		in.Fail("a session cannot be found %s", n.state)
	}
	*r = n
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

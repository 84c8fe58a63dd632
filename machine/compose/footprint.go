package compose

import (
	"bytes"
	"slices"

	"github.com/aura-runtime/aura"
)

// Footprint is which sessions an authority has to do with. Each list is sorted.
type Footprint struct {
	// Native began with it, DelegatedIn were handed to it, DelegatedOut are native ones that it handed on.
	Native, DelegatedIn, DelegatedOut []aura.SessionID
}

// holds reports whether the authority has the session now.
func (f Footprint) holds(s aura.SessionID) bool {
	return slices.Contains(f.DelegatedIn, s) || (slices.Contains(f.Native, s) && !slices.Contains(f.DelegatedOut, s))
}

func (f Footprint) clone() Footprint {
	return Footprint{slices.Clone(f.Native), slices.Clone(f.DelegatedIn), slices.Clone(f.DelegatedOut)}
}

// Delegation is the receipt of a session that moved.
type Delegation struct {
	Session               aura.SessionID
	Bundle                string
	From, To              aura.AuthorityID
	FromBefore, FromAfter Footprint
	ToBefore, ToAfter     Footprint
}

// Register says that a session of a bundle began with an authority. It returns aura.Conflict if an authority
// has it.
func (r *Runtime) Register(a aura.AuthorityID, bundle string, s aura.SessionID) error {
	const op = "compose.Register"
	b, ok := r.bundles[bundle]
	if !ok {
		return aura.Errorf(op, aura.NotFound, "bundle %s is not here", bundle)
	}
	if other := r.overlap([]aura.SessionID{s}, bundle); other != "" || r.holder(s) != (aura.AuthorityID{}) {
		return aura.Errorf(op, aura.Conflict, "the session has a place already")
	}
	if !slices.Contains(b.Sessions, s) {
		b.Sessions = append(b.Sessions, s)
	}
	if r.footprints == nil {
		r.footprints = map[aura.AuthorityID]Footprint{}
	}
	f := r.footprints[a].clone()
	f.Native = insert(f.Native, s)
	r.footprints[a] = f
	return nil
}

// Footprint returns the sessions and bundles of an authority.
func (r *Runtime) Footprint(a aura.AuthorityID) Footprint { return r.footprints[a].clone() }

// holder returns the authority that has a session, zero if none has.
func (r *Runtime) holder(s aura.SessionID) (who aura.AuthorityID) {
	for a, f := range r.footprints {
		if f.holds(s) {
			who = a // at most one: coherent sees to it
		}
	}
	return who
}

// Delegate moves a session between authorities, wholly or not at all: the change is made on a copy, which
// must be consistent before it replaces the state. A session that is handed on again leaves its
// former bearer without a trace, and one that comes home is native as before.
func (r *Runtime) Delegate(s aura.SessionID, bundle string, from, to aura.AuthorityID) (Delegation, error) {
	const op = "compose.Delegate"
	b, ok := r.bundles[bundle]
	switch {
	case !ok || !slices.Contains(b.Sessions, s):
		return Delegation{}, aura.Errorf(op, aura.NotFound, "bundle %s does not have the session", bundle)
	case from == to:
		return Delegation{}, aura.Errorf(op, aura.Invalid, "a delegation needs two authorities")
	case !r.footprints[from].holds(s):
		return Delegation{}, aura.Errorf(op, aura.Stale, "the source does not have the session")
	}
	next := map[aura.AuthorityID]Footprint{}
	for a, f := range r.footprints {
		next[a] = f.clone()
	}
	source, target := next[from], next[to]
	if slices.Contains(source.DelegatedIn, s) {
		source.DelegatedIn = remove(source.DelegatedIn, s)
	} else {
		source.DelegatedOut = insert(source.DelegatedOut, s)
	}
	if slices.Contains(target.Native, s) {
		target.DelegatedOut = remove(target.DelegatedOut, s)
	} else {
		target.DelegatedIn = insert(target.DelegatedIn, s)
	}
	next[from], next[to] = source, target
	if !coherent(next, s) {
		return Delegation{}, aura.Errorf(op, aura.Conflict, "after the delegation the session would not have exactly one bearer")
	}
	d := Delegation{
		Session: s, Bundle: bundle, From: from, To: to,
		FromBefore: r.Footprint(from), ToBefore: r.Footprint(to), FromAfter: source.clone(), ToAfter: target.clone(),
	}
	r.footprints = next
	return d, nil
}

// coherent reports whether exactly one authority has a session, and exactly one began with it.
func coherent(all map[aura.AuthorityID]Footprint, s aura.SessionID) bool {
	bearers, natives := 0, 0
	for _, f := range all {
		if f.holds(s) {
			bearers++
		}
		if slices.Contains(f.Native, s) {
			natives++
		}
	}
	return bearers == 1 && natives == 1
}

func compareSessions(a, b aura.SessionID) int { return bytes.Compare(a[:], b[:]) }

func insert(list []aura.SessionID, s aura.SessionID) []aura.SessionID {
	i, ok := slices.BinarySearchFunc(list, s, compareSessions)
	if ok {
		return list
	}
	return slices.Insert(list, i, s)
}

func remove(list []aura.SessionID, s aura.SessionID) []aura.SessionID {
	i, ok := slices.BinarySearchFunc(list, s, compareSessions)
	if !ok {
		return list
	}
	if list = slices.Delete(list, i, i+1); len(list) == 0 {
		return nil
	}
	return list
}

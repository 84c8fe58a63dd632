package roster_test

import (
	"slices"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/roster"
)

// oracle is a second, slow implementation of the rules, by the words of the package comment: it walks the entries anew for
// every question and verifies nothing.
type oracle struct {
	entries map[roster.Hash]roster.Seen
	now     aura.Instant
}

func newOracle(entries []roster.Seen, now aura.Instant) *oracle {
	o := &oracle{map[roster.Hash]roster.Seen{}, now}
	for _, s := range entries {
		o.entries[s.Entry.Hash()] = s
	}
	return o
}

// buildsOn reports whether a is b or follows it.
func (o *oracle) buildsOn(a, b roster.Hash) bool {
	return a == b || slices.ContainsFunc(o.entries[a].Entry.Previous, func(p roster.Hash) bool { return o.buildsOn(p, b) })
}

func (o *oracle) contradict(a, b roster.Hash) bool { return !o.buildsOn(a, b) && !o.buildsOn(b, a) }

func (o *oracle) recovers(h roster.Hash) bool { return o.entries[h].Entry.Rank == roster.RankRecovery }

// since returns when the peer had an entry with all that it builds on.
func (o *oracle) since(h roster.Hash) aura.Instant {
	at := o.entries[h].At
	for _, p := range o.entries[h].Entry.Previous {
		at = max(at, o.since(p))
	}
	return at
}

// signedBy returns the recovery key that signed an entry.
func (o *oracle) signedBy(h roster.Hash) [32]byte {
	return o.entries[o.entries[h].Entry.Previous[0]].Entry.Recovery.Key
}

// retires reports whether an entry replaces a recovery key that one before it names.
func (o *oracle) retires(h roster.Hash, key [32]byte) bool {
	e := o.entries[h].Entry
	return e.Recovery.Key != key && slices.ContainsFunc(e.Previous, func(p roster.Hash) bool { return o.entries[p].Entry.Recovery.Key == key })
}

// age returns how long after the change x the entry r came, or an earlier one of its line by the retired key.
func (o *oracle) age(r, x roster.Hash) (age time.Duration, applies bool) {
	for q := range o.entries {
		if o.recovers(q) && o.buildsOn(r, q) && o.contradict(q, x) && o.retires(x, o.signedBy(q)) {
			if d := o.since(q).Sub(o.since(x)); !applies || d < age {
				age, applies = d, true
			}
		}
	}
	return age, applies
}

// pending reports whether a root-signed entry before r introduced its key less than 14 days ago.
func (o *oracle) pending(r roster.Hash) bool {
	key := o.signedBy(r)
	for x, s := range o.entries {
		introduces := s.Entry.Recovery.Key == key && slices.ContainsFunc(s.Entry.Previous, func(p roster.Hash) bool { return o.entries[p].Entry.Recovery.Key != key })
		if x != r && o.buildsOn(r, x) && introduces && s.Entry.Rank == roster.RankRoot && o.now.Sub(o.since(x)) < 14*day {
			return true
		}
	}
	return false
}

// beaten reports whether a root-signed change was contradicted in time by the key that it retires, or follows one that was.
func (o *oracle) beaten(x roster.Hash) bool {
	for h := range o.entries {
		if !o.buildsOn(x, h) || o.recovers(h) {
			continue
		}
		for r := range o.entries {
			if !o.recovers(r) || o.pending(r) {
				continue
			}
			if age, applies := o.age(r, h); applies && age <= 14*day && !o.tooLate(r, h, 14*day) {
				return true
			}
		}
	}
	return false
}

// tooLate reports whether r came more than so long after a change that holds; except is not asked about.
func (o *oracle) tooLate(r, except roster.Hash, long time.Duration) bool {
	for x, s := range o.entries {
		if x == except || except != (roster.Hash{}) && o.since(x) >= o.since(except) {
			continue
		}
		most := long
		if s.Entry.Rank == roster.RankRecovery {
			most = 28 * day // the key's own holders retired it
		}
		if age, applies := o.age(r, x); applies && age > most && !o.beaten(x) {
			return true
		}
	}
	return false
}

// heads returns the entries that count.
func (o *oracle) heads() (heads []roster.Hash) {
	var weak, plain []roster.Hash
	for h := range o.entries {
		isLost, isWeak := false, false
		for q := range o.entries {
			if !o.buildsOn(h, q) {
				continue
			}
			isLost = isLost || o.changes(q) && o.beaten(q) || o.recovers(q) && o.tooLate(q, roster.Hash{}, 28*day)
			isWeak = isWeak || o.recovers(q) && (o.pending(q) || o.tooLate(q, roster.Hash{}, 14*day))
		}
		switch {
		case isLost:
		case isWeak:
			weak = append(weak, h)
		default:
			plain = append(plain, h)
		}
	}
	var count []roster.Hash
	for _, h := range plain {
		// An entry that follows one of rank recovery is not touched by what contradicts that one.
		follows := slices.ContainsFunc(plain, func(r roster.Hash) bool { return o.recovers(r) && o.buildsOn(h, r) && o.isTop(r, plain) })
		if follows || !slices.ContainsFunc(plain, o.recovers) {
			count = append(count, h)
		}
	}
	for _, list := range [][]roster.Hash{count, weak} {
		for _, h := range list {
			if !slices.ContainsFunc(list, func(x roster.Hash) bool { return x != h && o.buildsOn(x, h) }) {
				heads = append(heads, h)
			}
		}
	}
	slices.SortFunc(heads, func(a, b roster.Hash) int { return slices.Compare(a[:], b[:]) })
	return heads
}

func (o *oracle) changes(x roster.Hash) bool {
	return slices.ContainsFunc(o.entries[x].Entry.Previous, func(p roster.Hash) bool {
		old := o.entries[p].Entry.Recovery
		return !old.None() && old.Key != o.entries[x].Entry.Recovery.Key
	})
}

func (o *oracle) isTop(r roster.Hash, among []roster.Hash) bool {
	return !slices.ContainsFunc(among, func(x roster.Hash) bool { return x != r && o.recovers(x) && o.buildsOn(x, r) })
}

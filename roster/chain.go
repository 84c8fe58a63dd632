package roster

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"maps"
	"slices"

	"github.com/aura-runtime/aura"
)

// reserved is how many of a chain's entries only the recovery key can make, so that a thief of the root key cannot fill
// the chain before the guardians end it.
const reserved = 16

// maxWaiting bounds the entries that wait for others before them.
const maxWaiting = MaxEntries

// Chain is what one peer has of one authority's entries: the verified ones, and those that wait for an entry before them.
// Its state depends on the set of entries and on when each was first seen, never on their order. The zero value is
// not usable: see [New]. It is not safe for concurrent use.
type Chain struct {
	authority aura.AuthorityID
	nodes     []node // each after those that it names as previous
	byHash    map[Hash]int
	waiting   map[[32]byte]Seen // by the digest of the content and the signature, which is not verified yet
}

// Seen is an entry, and when this peer first had it.
type Seen struct {
	Entry Entry
	At    aura.Instant
}

// node is a verified entry.
type node struct {
	Seen
	hash      Hash
	ids       []aura.DeviceID // of the devices of the entry
	ancestors set             // without itself
	gone      map[aura.DeviceID]Rank
	drops     []aura.DeviceID // devices of previous entries that are not listed any more
	frees     bool            // gives away what a removed device had, or what no device had
	signer    [32]byte        // the key that signed it
	// retires are the recovery keys of previous entries that this one does not name; introduces says that it names one
	// which not all of them do.
	retires    [][32]byte
	introduces bool
}

// New returns a chain without entries.
func New(authority aura.AuthorityID) *Chain {
	return &Chain{authority: authority, byHash: map[Hash]int{}, waiting: map[[32]byte]Seen{}}
}

// Authority returns whose chain it is.
func (c *Chain) Authority() aura.AuthorityID { return c.authority }

// Len returns the number of verified entries.
func (c *Chain) Len() int { return len(c.nodes) }

// Clone returns a copy that changes by itself.
func (c *Chain) Clone() *Chain {
	return &Chain{c.authority, slices.Clone(c.nodes), maps.Clone(c.byHash), maps.Clone(c.waiting)}
}

// Timed returns a copy in which each entry was first seen when at says, which is given its number and hash.
func (c *Chain) Timed(at func(number uint8, h Hash) aura.Instant) *Chain {
	t := c.Clone()
	for i := range t.nodes {
		t.nodes[i].At = at(t.nodes[i].Entry.Number, t.nodes[i].hash)
	}
	for id, w := range t.waiting {
		w.At = at(w.Entry.Number, w.Entry.Hash())
		t.waiting[id] = w
	}
	return t
}

// Holds reports whether an entry with this signature is there: a verified one, or one that waits for an entry before it.
func (c *Chain) Holds(e *Entry) bool {
	hash := e.Hash()
	if i, verified := c.byHash[hash]; verified {
		return c.nodes[i].Entry.Signature == e.Signature
	}
	_, waits := c.waiting[waitingID(hash, e)]
	return waits
}

// Entries returns all entries with the times that [Chain.Add] needs to build the same chain again: first the verified
// ones, each after those before it.
func (c *Chain) Entries() []Seen {
	list := make([]Seen, 0, len(c.nodes)+len(c.waiting))
	for i := range c.nodes {
		list = append(list, c.nodes[i].Seen)
	}
	for _, id := range slices.SortedFunc(maps.Keys(c.waiting), func(a, b [32]byte) int { return bytes.Compare(a[:], b[:]) }) {
		list = append(list, c.waiting[id])
	}
	return list
}

// Add verifies an entry and adds it. seen is when this peer first had it; for a chain that came with an introduction,
// whose root-signed changes of the recovery key need no delay, it is 0. An entry that names an absent one waits
// for it, unverified, and counts as seen when that one comes. One that is there already changes nothing, except that
// the earlier time counts.
//
// It returns aura.Invalid for an entry that breaks a rule, aura.Denied for one with a wrong signature or a removed
// device, aura.Exhausted when the chain is full; the text names the item and the remedy. The chain is as before then.
func (c *Chain) Add(e Entry, seen aura.Instant) error {
	const op = "roster.Add"
	if err := e.check(); err != nil {
		return &aura.Error{Op: op, Kind: aura.Invalid, Err: err}
	}
	if e.Authority != c.authority {
		return aura.Errorf(op, aura.Invalid, "entry %d is of %s, the chain of %s", e.Number, aura.Short(e.Authority), aura.Short(c.authority))
	}
	message := e.SigningBytes()
	hash := Hash(sha256.Sum256(message))
	if i, known := c.byHash[hash]; known {
		c.nodes[i].At = min(c.nodes[i].At, seen)
		return nil
	}
	if !c.hasAll(e.Previous) {
		return c.wait(e, hash, seen)
	}
	if err := c.admit(Seen{e, seen}, message, hash); err != nil {
		return &aura.Error{Op: op, Kind: aura.KindOf(err), Err: err}
	}
	if len(c.waiting) > 0 {
		c.resume()
	}
	return nil
}

func (c *Chain) hasAll(hashes []Hash) bool {
	for _, h := range hashes {
		if _, there := c.byHash[h]; !there {
			return false
		}
	}
	return true
}

func (c *Chain) wait(e Entry, hash Hash, seen aura.Instant) error {
	id := waitingID(hash, &e)
	if w, there := c.waiting[id]; there {
		c.waiting[id] = Seen{w.Entry, min(w.At, seen)}
		return nil
	}
	if len(c.waiting) >= maxWaiting {
		return aura.Errorf("roster.Add", aura.Exhausted, "entry %d names an entry that is not there, and %d others wait already: get the whole chain", e.Number, maxWaiting)
	}
	c.waiting[id] = Seen{e, seen}
	return nil
}

// waitingID names an entry whose signature is not verified.
func waitingID(h Hash, e *Entry) [32]byte { return sha256.Sum256(append(h[:], e.Signature[:]...)) }

// resume admits the entries that need not wait any more. One that breaks a rule is dropped.
func (c *Chain) resume() {
	for i := 0; i < len(c.nodes); i++ {
		for _, id := range c.waitingFor(c.nodes[i].hash) {
			w := c.waiting[id]
			delete(c.waiting, id)
			message := w.Entry.SigningBytes()
			hash := Hash(sha256.Sum256(message))
			if known, there := c.byHash[hash]; there {
				c.nodes[known].At = min(c.nodes[known].At, w.At)
				continue
			}
			_ = c.admit(w, message, hash)
		}
	}
}

// waitingFor returns the entries that name a verified entry and need no other, in an order that follows from them.
func (c *Chain) waitingFor(h Hash) (ids [][32]byte) {
	for id, w := range c.waiting {
		if slices.Contains(w.Entry.Previous, h) && c.hasAll(w.Entry.Previous) {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b [32]byte) int { return bytes.Compare(a[:], b[:]) })
	return ids
}

// admit verifies an entry against those before it and appends it.
func (c *Chain) admit(s Seen, message []byte, hash Hash) error {
	e := &s.Entry
	if size := len(message) - len(entryDomain) + 3 + len(e.Signature); size > MaxEntry {
		return aura.Errorf("", aura.Invalid, "entry %d has %d bytes, the most is %d", e.Number, size, MaxEntry)
	}
	if err := c.checkRoom(e); err != nil {
		return err
	}
	n := node{Seen: s, hash: hash}
	if e.Number == 0 {
		if _, err := e.Certificate(); err != nil {
			return err
		}
		n.ids, n.signer = []aura.DeviceID{e.Devices[0].ID()}, e.Root
	} else if err := c.forkAt(e.Previous).follow(&n, message); err != nil {
		return err
	}
	c.byHash[hash] = len(c.nodes)
	c.nodes = append(c.nodes, n)
	return nil
}

func (c *Chain) checkRoom(e *Entry) error {
	if len(c.nodes) >= MaxEntries {
		return aura.Errorf("", aura.Exhausted, "entry %d would be one more than the %d of a chain: found a new account", e.Number, MaxEntries)
	}
	roots := 0
	for i := range c.nodes {
		if c.nodes[i].Entry.Rank == RankRoot {
			roots++
		}
	}
	if e.Rank == RankRoot && roots >= MaxEntries-reserved {
		return aura.Errorf("", aura.Exhausted, "entry %d would be one more than the %d that the root key may sign: only the recovery key can sign the last %d",
			e.Number, MaxEntries-reserved, reserved)
	}
	return nil
}

func verify(key *[32]byte, message []byte, signature *[64]byte) bool {
	return ed25519.Verify(key[:], message, signature[:])
}

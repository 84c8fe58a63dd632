package guard

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
)

// ReceiptChain is a next hop's knowledge of the receipts of one kind from one device of a sender towards one destination in
// one context. The zero value with the kind and the four names set has seen none.
type ReceiptChain struct {
	Kind     effect.ReceiptKind `cbor:",omitzero"`
	Context  aura.ContextID
	From, To aura.AuthorityID
	Device   aura.DeviceID `cbor:",omitzero"` // of From
	Epoch    aura.Epoch
	Spent    uint64 // units that the receipts of Epoch cover
	After    uint64 // the facts or cells that they cover are numbered (After, LastSeq]; parcels have no numbers
	LastSeq  uint64
	// LastID is the beginning of the identity of the fact at LastSeq, as the receipt named it; zero: it did not.
	LastID [16]byte `cbor:",omitzero"`
	// More are the runs beside (After, LastSeq], the newer first: a device whose home runs in several copies pays for facts on
	// several branches.
	More [maxRuns - 1]Run `cbor:",omitzero"`
	// Digest is that of the message that the last receipt covers; zero but for parcels.
	Digest [32]byte `cbor:",omitzero"`
	Count  uint64   // receipts of the chain
	Head   [32]byte // hash of the last receipt of the chain; zero: none
	// Others are the last receipts of the other branches of the chain, one for each copy of the device's home, the one that
	// grew last first. Spent is the sum of all branches, also of those that are forgotten.
	Others [fact.MaxHeads - 1][32]byte `cbor:",omitzero"`
	First  [32]byte                    // hash of its first one; zero: not known
	// Owed and Seen are in chains of earlier builds alone, see [SpendingOf].
	Owed uint64     `cbor:",omitzero"`
	Seen aura.Epoch `cbor:",omitzero"`
}

// maxRuns is how many runs a chain keeps. Beyond it the oldest is forgotten, and its facts must be paid again.
const maxRuns = 16

// Run is a row of facts that receipts cover, by their places in (After, Last], with the beginning of the identity of
// the last one; zero: it is not known.
type Run struct {
	After, Last uint64
	ID          [16]byte
}

// Accept verifies the next receipt with the sending device's signing key (Ed25519, 32 bytes), advances the chain and adds
// to the sender's spending, before anything is forwarded. The receipt that is the chain's head is accepted
// again without change: a retransmission uses the same one.
//
// The sender's clock names the epochs, and may be wrong, jump, and come back. So any epoch may follow any
// other, with a chain that begins anew, for messages of sessions in the middle, too; [Spending] is what bounds the sender. It is one for all
// chains of a kind from a sender in a context, so it holds whatever share each device takes.
//
// A device whose home was copied goes on with the chain in each copy: two receipts follow the same one then, or one
// follows a receipt that never came. Each such branch counts, and their amounts add up. The chain knows the last receipts of
// the [fact.MaxHeads] branches that grew last. A copy whose branch is forgotten begins another one: it finds none of its
// receipts named, sends none of them again, and pays again for what did not arrive. See [KnownReceipts].
// Here says that the facts which the receipt covers are here already: such a receipt begins no branch.
//
// It returns aura.Stale for a receipt of an earlier chain or a run that is covered already, and aura.Denied
// for everything else that does not fit: another kind, binding or device, a wrong signature, no cost, more than is permitted,
// more facts or cells than units. Chain and spending are unchanged then.
func (c *ReceiptChain) Accept(r *effect.Receipt, deviceKey []byte, here bool, spending *Spending, p Policy, now aura.Physical) error {
	const op = "guard.Accept"
	if r.Context != c.Context || r.From != c.From || r.To != c.To {
		return aura.Errorf(op, aura.Denied, "receipt is bound to another context, source or destination")
	}
	if r.Kind != c.Kind {
		return aura.Errorf(op, aura.Denied, "receipt of a %s in a chain of receipts of %s", r.Kind, c.Kind)
	}
	if aura.DeviceOf(deviceKey) != c.Device {
		return aura.Errorf(op, aura.Denied, "receipt of another device than that of the chain")
	}
	if err := r.Verify(deviceKey); err != nil {
		return &aura.Error{Op: op, Kind: aura.KindOf(err), Err: err}
	}
	hash := r.Hash()
	if hash == c.Head || slices.Contains(c.Others[:], hash) {
		return nil
	}
	next, err := c.after(r, hash, here)
	if err != nil {
		return err
	}
	switch {
	case c.Kind == effect.ReceiptKindParcel && r.Digest == [32]byte{}:
		return aura.Errorf(op, aura.Denied, "receipt covers no parcel")
	case c.Kind != effect.ReceiptKindParcel && (r.FirstSeq == 0 || r.FirstSeq > r.LastSeq):
		return aura.Errorf(op, aura.Denied, "receipt covers no run of %s", c.Kind)
	case r.Cost == 0:
		return aura.Errorf(op, aura.Denied, "receipt without a cost")
	case c.Kind != effect.ReceiptKindParcel && r.LastSeq-r.FirstSeq >= r.Cost:
		return aura.Errorf(op, aura.Denied, "receipt of %d units covers %s %d to %d: each costs a unit at least", r.Cost, c.Kind, r.FirstSeq, r.LastSeq)
	}
	total, err := spending.plus(r, p, now)
	if err != nil {
		return err
	}
	next.cover(r)
	next.Spent, next.Count, next.Head = next.Spent+r.Cost, next.Count+1, hash
	*c, *spending = next, total
	return nil
}

// Heads returns the beginnings of the hashes of the last receipts of all branches, the newest branch first; nil: the chain
// has none. A sender that finds one of them among its own, see [KnownReceipts], goes on behind it.
func (c *ReceiptChain) Heads() (all [][fact.ShortID]byte) {
	for _, head := range append([][32]byte{c.Head}, c.Others[:]...) {
		if head != [32]byte{} {
			all = append(all, [fact.ShortID]byte(head[:]))
		}
	}
	return all
}

const (
	// searchPage is how many own receipts [KnownReceipts] reads at once, and searchMost how many at most: the peer may have
	// missed as many.
	searchPage = 256
	searchMost = 16 * searchPage
)

// KnownReceipts returns how many of the n receipts of an own chain a peer has accepted that names the last ones of all
// branches: those up to the newest of them. Read returns receipts of the chain, at most so many, behind the first ones.
//
// It returns false when the peer names none of the last receipts: another copy of the device's home went on behind one of
// them, and nothing says behind which one. The receipts must not come again then, for those that the peer has would count
// twice; the facts that they pay for are paid for again: see [Unpaid].
func KnownReceipts(heads [][fact.ShortID]byte, n uint64, read func(after uint64, most int) ([]effect.Receipt, error)) (known uint64, found bool, err error) {
	for end, least := n, n-min(n, searchMost); end > least; {
		after := end - min(end-least, searchPage)
		page, err := read(after, int(end-after))
		if err != nil {
			return 0, false, err
		}
		for i := len(page) - 1; i >= 0; i-- {
			hash := page[i].Hash()
			if slices.Contains(heads, [fact.ShortID]byte(hash[:])) {
				return after + uint64(i) + 1, true, nil
			}
		}
		end = after
	}
	return 0, false, nil
}

// cover adds the thing that a receipt covers. A run follows the same rule as the sender's ledger, so that both agree
// which facts or cells are paid for.
func (c *ReceiptChain) cover(r *effect.Receipt) {
	if c.Kind == effect.ReceiptKindParcel {
		c.Digest = r.Digest
		return
	}
	add := Run{r.FirstSeq - 1, r.LastSeq, r.LastID}
	var others []Run
	for _, run := range append([]Run{{c.After, c.LastSeq, c.LastID}}, c.More[:]...) {
		switch {
		case run == Run{}:
		case run.After > add.Last || run.Last < add.After || run.forks(&add):
			others = append(others, run)
		default:
			if run.Last > add.Last || run.Last == add.Last && add.ID == [16]byte{} {
				add.ID = run.ID
			}
			add.After, add.Last = min(add.After, run.After), max(add.Last, run.Last)
		}
	}
	c.After, c.LastSeq, c.LastID, c.More = add.After, add.Last, add.ID, [maxRuns - 1]Run{}
	if c.Kind == effect.ReceiptKindFacts {
		copy(c.More[:], others)
	}
}

// forks reports whether two runs end in different facts at one place.
func (a *Run) forks(b *Run) bool {
	return a.Last == b.Last && a.ID != b.ID && a.ID != [16]byte{} && b.ID != [16]byte{}
}

// after returns the chain to which a receipt belongs: this one, a branch of it, or one that begins with it.
func (c *ReceiptChain) after(r *effect.Receipt, hash [32]byte, here bool) (ReceiptChain, error) {
	const op = "guard.Accept"
	next, same := *c, r.Epoch == c.Epoch
	branch := slices.Index(next.Others[:], r.Previous)
	switch {
	case same && r.Previous == c.Head:
		if c.Head == ([32]byte{}) {
			next.First = hash
		}
		return next, nil
	case same && r.Previous != [32]byte{} && branch >= 0:
		copy(next.Others[1:branch+1], c.Others[:branch])
		next.Others[0] = c.Head
		return next, nil
	case same && (hash == c.First || here || c.First == [32]byte{} && c.covered(r)):
		return ReceiptChain{}, aura.Errorf(op, aura.Stale, "receipt of a run that is covered already")
	case same:
		// The branch that grew longest ago is forgotten when there is no room.
		copy(next.Others[1:], c.Others[:])
		next.Others[0] = c.Head
		return next, nil
	case r.Previous == ([32]byte{}):
		return ReceiptChain{Kind: c.Kind, Context: c.Context, From: c.From, To: c.To, Device: c.Device, Epoch: r.Epoch, First: hash}, nil
	case c.Kind == effect.ReceiptKindParcel:
		// The receipts before it are of messages to another device, or of sessions that ended here: each comes with its message alone.
		return ReceiptChain{Kind: c.Kind, Context: c.Context, From: c.From, To: c.To, Device: c.Device, Epoch: r.Epoch}, nil
	case r.Epoch < c.Epoch:
		return ReceiptChain{}, aura.Errorf(op, aura.Stale, "receipt of an earlier epoch")
	}
	return ReceiptChain{}, aura.Errorf(op, aura.Denied, "receipt does not follow the last one")
}

// covered reports whether the run of a receipt ends where the chain has come to. Nothing says so of a parcel.
func (c *ReceiptChain) covered(r *effect.Receipt) bool {
	return c.Kind != effect.ReceiptKindParcel && r.LastSeq <= c.LastSeq
}

// Covers reports whether a receipt of the chain's epoch paid for the fact at a place. Receipts name the last fact that they
// cover, and by its predecessors all before it.
func (c *ReceiptChain) Covers(p fact.Place) bool {
	covers := func(r *Run) bool {
		return p.Seq > r.After && (p.Seq < r.Last || p.Seq == r.Last && (r.ID == [16]byte{} || r.ID == p.ID))
	}
	return covers(&Run{c.After, c.LastSeq, c.LastID}) || slices.ContainsFunc(c.More[:], func(r Run) bool { return covers(&r) })
}

// CoversCell reports whether the chain paid for the cell with a number.
func (c *ReceiptChain) CoversCell(number uint64) bool { return number > c.After && number <= c.LastSeq }

// CoversMessage reports whether the last receipt of the chain paid for the message with a digest: a message comes with its
// receipt, and the next one with the next. See [ReceiptChain.AcceptMessage].
func (c *ReceiptChain) CoversMessage(digest [32]byte) bool {
	return c.Kind == effect.ReceiptKindParcel && digest == c.Digest && digest != [32]byte{}
}

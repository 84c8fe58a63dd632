package replica

import (
	"math"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/egress"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
)

// The bounds of one deliver message: facts, and bytes unless one fact alone is larger. A message must fit
// a channel's largest.
const (
	maxDeliver      = 128
	maxDeliverBytes = 64 << 10
	maxReceipts     = 256
)

// factsFormat is the format of facts that this build reads and writes: they sign their places. Builds before it said
// nothing in their hello.
const factsFormat = 2

// maxAsked is how many places one message asks for.
const maxAsked = 16

// hello opens a session in both directions: which of the other side's facts and receipts this side has, so that it
// continues there, and where this side can be reached. Field 1 was a count of facts; fields 3 and 5 were the hash of the
// last receipt accepted and its place in the chain.
type hello struct {
	Epoch     aura.Epoch `cbor:"2,keyasint,omitempty"` // of the last receipt accepted
	Addresses []string   `cbor:"4,keyasint,omitempty"`
	// Now is what this side's clock shows; zero: it does not say.
	Now aura.Instant `cbor:"6,keyasint,omitempty"`
	// Heads are the newest facts of the other side's device that this side has, one for each branch.
	Heads []fact.Place `cbor:"7,keyasint,omitempty"`
	// Format is the sender's factsFormat.
	Format uint64 `cbor:"8,keyasint,omitempty"`
	// Spent is the amount that the receipts of Epoch cover, those of all copies of the other side's home together.
	Spent uint64 `cbor:"9,keyasint,omitempty"`
	// Elsewhere sums up which facts of the other side's device this side has in the other contexts that both share: see
	// elsewhere.
	Elsewhere []byte `cbor:"10,keyasint,omitempty"`
	// Receipts are the beginnings of the hashes of the last receipts of Epoch that this side accepted from the other side's
	// device, one for each branch of their chain.
	Receipts [][fact.ShortID]byte `cbor:"11,keyasint,omitempty"`
	// Counted are the amounts that the receipts of all devices of the other side cover together, by recent epochs.
	Counted []fact.EpochSpend `cbor:"12,keyasint,omitempty"`
	// Messages is what the last chain of receipts for messages of sessions covers that came from the other side's device. Which
	// messages came, the greetings of the sessions say.
	Messages paidMessages `cbor:"15,keyasint,omitzero"`
}

// paidMessages has the units that this side counted of the messages of the other side's device.
type paidMessages struct {
	Epoch aura.Epoch `cbor:"1,keyasint,omitempty"`
	Spent uint64     `cbor:"2,keyasint,omitempty"` // those of all copies of the device's home together
}

// counted returns what the sender of a hello counts in an epoch: of the devices of the receiver besides the one that reads
// it, and of that device. An amount that the device spent in another epoch than Epoch counts among those of the others.
func (h *hello) counted(epoch aura.Epoch) (others, own uint64) {
	for _, e := range h.Counted {
		if e.Epoch == epoch {
			others = e.Spent
		}
	}
	if h.Epoch == epoch {
		own = h.Spent
	}
	return others - min(others, own), own
}

// deliver carries facts of the sending device, each behind those that it follows, with their proofs, and the receipts, in
// the order of their chain, that show that they were paid for. Facts of the receiving device are returned to it: see
// [places]. Field 1 was records, each with a proof of its own.
type deliver struct {
	Receipts [][]byte `cbor:"2,keyasint,omitempty"` // effect.Receipt
	Facts    [][]byte `cbor:"3,keyasint,omitempty"` // fact.Fact
	Proofs   [][]byte `cbor:"4,keyasint,omitempty"` // of all facts, see fact.ShareProofs
	// Place is that of the first fact, when it is of the first format. Those of the first format that follow it in the message
	// are in one row with it, at the places behind it.
	Place uint64 `cbor:"5,keyasint,omitempty"`
	// Before is the fact.PrefixDigest of the facts before the first one, when that is of the first format.
	Before [fact.ShortID]byte `cbor:"6,keyasint,omitzero"`
}

// addresses says where this side can be reached from now on, best first, and where other devices of its authority said to
// be.
type addresses struct {
	Addresses []string  `cbor:"1,keyasint,omitempty"`
	Siblings  []sibling `cbor:"2,keyasint,omitempty"` // ascending by device
}

// sibling says where another device of the sender's authority is, best first.
type sibling struct {
	Device    aura.DeviceID `cbor:"1,keyasint"`
	Addresses []string      `cbor:"2,keyasint,omitempty"`
}

// ack says that these facts of the other side's device, the newest of each branch, and all behind them are durable
// here. Field 1 was a count of facts.
type ack struct {
	Now   aura.Instant `cbor:"2,keyasint,omitempty"` // as in a hello
	Heads []fact.Place `cbor:"3,keyasint"`           // as in a hello
}

// places is what the device of a restored or copied home says to a peer that has facts of it which it has not itself,
// and what the peer answers.
type places struct {
	Ask []uint64 `cbor:"1,keyasint,omitempty"` // which of my facts do you have at these places?
	// Held answers: the facts of the other side's device at the places that it asked for last.
	Held []fact.Place `cbor:"2,keyasint,omitempty"`
	// Return asks for all facts of this device that are neither After nor behind them.
	Return bool         `cbor:"3,keyasint,omitempty"`
	After  []fact.Place `cbor:"4,keyasint,omitempty"`
}

// evidence shows that a device of a member of the context wrote two facts behind one, or answers that, or shows the device that
// hears it that its account removed it: see [session.partWith].
type evidence struct {
	Fork []byte `cbor:"1,keyasint,omitempty"` // fact.Evidence
	// Known answers: the device of which this side knows that it forked.
	Known aura.DeviceID `cbor:"2,keyasint,omitzero"`
	// Removal are the newest entries of the receiver's account, of which one lists the receiver no more: as in roster.Announced.
	Removal [][]byte `cbor:"3,keyasint,omitempty"`
}

// seek names the contacts that this side looks for, by their tags towards the receiver, and says where this
// side is: for those who look for it.
type seek struct {
	Tags []contact.Tag `cbor:"1,keyasint,omitempty"` // ascending, with padding
	Card []byte        `cbor:"2,keyasint"`           // contact.Card of this device
}

// introduction carries the card of a contact that the receiver looks for.
type introduction struct {
	Tag  contact.Tag `cbor:"1,keyasint"`
	Card []byte      `cbor:"2,keyasint"`
}

// smallMessage is the room that most messages need.
const smallMessage = 256

func encodeMessage(number byte, v any) ([]byte, error) {
	return fact.MarshalBehind(append(make([]byte, 0, smallMessage), number), v)
}

// encode returns the message.
func (d *deliver) encode() ([]byte, error) {
	size := smallMessage
	for _, list := range [][][]byte{d.Receipts, d.Facts, d.Proofs} {
		for _, b := range list {
			size += len(b) + 5
		}
	}
	return fact.MarshalBehind(append(make([]byte, 0, size), egress.NumberDeliver), d)
}

func decodeMessage(b []byte, v any) error {
	if err := fact.Unmarshal(b[1:], v); err != nil {
		return aura.Errorf("replica.decodeMessage", aura.Corrupt, "message %d of a channel: %w", b[0], err)
	}
	return nil
}

// checkPlaces returns aura.Corrupt when a message names more places than it may, one that no fact has, or one twice. what
// names the message.
func checkPlaces(what string, all []fact.Place, most int) error {
	const op = "replica.checkPlaces"
	if len(all) > most {
		return aura.Errorf(op, aura.Corrupt, "%s names %d facts of a device, the most is %d", what, len(all), most)
	}
	for i, p := range all {
		if !possible(p.Seq) || p.ID == ([fact.ShortID]byte{}) {
			return aura.Errorf(op, aura.Corrupt, "%s names fact %x at place %d, which cannot be", what, p.ID, p.Seq)
		}
		if slices.Contains(all[:i], p) {
			return aura.Errorf(op, aura.Corrupt, "%s names fact %x at place %d twice", what, p.ID, p.Seq)
		}
	}
	return nil
}

// possible reports whether a stream can have a fact at a place. The greatest number is none, since no fact could follow.
func possible(seq uint64) bool { return seq > 0 && seq < math.MaxUint64 }

// check returns aura.Corrupt for a message that names more places than there can be, or impossible ones. A place that a
// request names twice stands in it once then.
func (p *places) check() error {
	const op = "replica.places"
	if len(p.Ask) > maxAsked {
		return aura.Errorf(op, aura.Corrupt, "a question names %d places, the most is %d", len(p.Ask), maxAsked)
	}
	for i, seq := range p.Ask {
		if !possible(seq) {
			return aura.Errorf(op, aura.Corrupt, "a question names place %d, where no fact can be", seq)
		}
		if slices.Contains(p.Ask[:i], seq) {
			return aura.Errorf(op, aura.Corrupt, "a question names place %d twice", seq)
		}
	}
	if err := checkPlaces("an answer", p.Held, maxAsked*fact.MaxHeads); err != nil {
		return err
	}
	if len(p.After) > 2*fact.MaxHeads {
		return aura.Errorf(op, aura.Corrupt, "a request to return facts names %d facts of a device, the most is %d", len(p.After), 2*fact.MaxHeads)
	}
	// The newest fact that both have can be a head, and earlier builds name it as both.
	var after []fact.Place
	for _, place := range p.After {
		if !slices.Contains(after, place) {
			after = append(after, place)
		}
	}
	p.After = after
	return checkPlaces("a request to return facts", p.After, 2*fact.MaxHeads)
}

// check returns aura.Corrupt for a hello that names more than there can be, or impossible places.
func (h *hello) check() error {
	if len(h.Receipts) > fact.MaxHeads || len(h.Counted) > guard.SpentEpochs {
		return aura.Errorf("replica.hello", aura.Corrupt, "a hello names %d branches of receipts and %d epochs, the most are %d and %d",
			len(h.Receipts), len(h.Counted), fact.MaxHeads, guard.SpentEpochs)
	}
	return checkPlaces("a hello", h.Heads, fact.MaxHeads)
}

// decodeDeliver also refuses one that holds more than a peer may send at once.
func decodeDeliver(b []byte, d *deliver) error {
	if err := decodeMessage(b, d); err != nil {
		return err
	}
	if len(d.Facts) > maxDeliver || len(d.Receipts) > maxReceipts {
		return aura.Errorf("replica.decodeDeliver", aura.Corrupt, "%d facts and %d receipts in one message", len(d.Facts), len(d.Receipts))
	}
	return nil
}

// records returns the message's facts with their proofs. It returns aura.Corrupt for bytes that are none, and for facts that
// are not proved each once. It does not verify.
func (d *deliver) records() ([]fact.Record, error) {
	const op = "replica.records"
	records := make([]fact.Record, len(d.Facts))
	before := d.Before
	for i, b := range d.Facts {
		r, err := fact.OpenRecord(d.Place+uint64(i), b)
		if err != nil {
			return nil, &aura.Error{Op: op, Kind: aura.Corrupt, Err: err}
		}
		if r.Fact.Seq == 0 && d.Place == 0 {
			return nil, aura.Errorf(op, aura.Corrupt, "fact %s came without its place", aura.Short(r.ID))
		}
		if r.Fact.Seq == 0 {
			r.Before = before
			before = r.Row().ID
		}
		records[i] = r
	}
	return records, fact.SpreadProofs(records, d.Proofs)
}

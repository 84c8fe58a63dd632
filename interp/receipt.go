package interp

import (
	"crypto/sha256"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
)

// run is what one receipt covers, paid for in one epoch: a row of own facts or of cells, or a message of a session.
type run struct {
	key         budgetKey
	kind        effect.ReceiptKind
	context     aura.ContextID // to which the receipt is bound: that of the request
	epoch       aura.Epoch
	cost        uint64
	from, until uint64   // own facts by their numbers in this journal, or cells, in (from, until]
	span        span     // the places of these facts
	digest      [32]byte // of the message
	nonce       aura.Nonce
}

// locate fills in the places of a run that are not known: those of facts that are committed with it. Cells are numbered
// by their places.
func (r *run) locate(place func(ns fact.Namespace, number uint64) fact.Place) {
	switch r.kind {
	case effect.ReceiptKindParcel:
	case effect.ReceiptKindCarry:
		r.span = span{fact.Place{Seq: r.from + 1}, fact.Place{Seq: r.until}}
	default:
		ns := fact.ContextNamespace(r.context)
		if r.span.first.Seq == 0 {
			r.span.first = place(ns, r.from+1)
		}
		if r.span.last.Seq == 0 {
			r.span.last = place(ns, r.until)
		}
	}
}

// nothing reports whether the run is that of a control message: it pays for nothing that a receipt could show.
func (r *run) nothing() bool { return r.from == r.until && r.digest == [32]byte{} }

// runs collects charges. Those of one budget and epoch whose facts or cells follow each other become one run, so
// that a group commit signs one receipt per peer however many texts it carries. A message has a receipt of its own.
type runs struct {
	all  []run
	last map[budgetKey]int // the newest run of each budget
}

// add takes a charge and returns the index of the run that covers it.
func (rs *runs) add(r run) int {
	if at, ok := rs.last[r.key]; ok && r.kind != effect.ReceiptKindParcel {
		// A receipt covers a row of places: where the facts of another branch come between, it ends.
		if last := &rs.all[at]; last.epoch == r.epoch && last.until == r.from && last.span.last.Seq+1 == r.span.first.Seq {
			last.cost, last.until, last.span.last = last.cost+r.cost, r.until, r.span.last
			return at
		}
	}
	rs.all = append(rs.all, r)
	rs.last[r.key] = len(rs.all) - 1
	return len(rs.all) - 1
}

// issue makes the receipt of a run on top of a charge's chain. It returns the receipt, encoded too, and the charge with the
// new head.
func (r *run) issue(own aura.AuthorityID, c fact.Charge, sign func([]byte) [64]byte) (effect.Receipt, []byte, fact.Charge) {
	if c.Epoch != r.epoch {
		c.Epoch, c.Receipts, c.Head = r.epoch, 0, [32]byte{} // every turn begins a chain of its own
	}
	receipt := effect.Receipt{
		Kind: r.kind, Context: r.context, From: own, To: r.key.peer, Epoch: r.epoch, Cost: r.cost,
		Nonce: r.nonce, Previous: c.Head, LastID: r.span.last.ID, Digest: r.digest,
	}
	if r.kind != effect.ReceiptKindParcel {
		receipt.FirstSeq, receipt.LastSeq = r.span.first.Seq, r.span.last.Seq
	}
	receipt.Signature = sign(receipt.SigningBytes())
	encoded := receipt.Encode()
	c.Receipts++
	c.Head = sha256.Sum256(encoded) // see effect.Receipt.Hash
	return receipt, encoded, c
}

// seal signs the receipts of a group of orders, one for each run, and gives them to the orders whose charges they
// cover. It returns the charges with the heads of their chains, and the receipts for their logs, so that they are durable
// before anything is released. Log is the state of a log, and place that of a fact of the group by its number.
func seal(
	own aura.AuthorityID, group []*order, log func(name string) journal.Log, place func(ns fact.Namespace, number uint64) fact.Place,
	sign func([]byte) [64]byte,
) (add journal.Addition) {
	rs := runs{last: map[budgetKey]int{}}
	chains, latest := map[budgetKey]fact.Charge{}, map[budgetKey]*fact.Charge{}
	var covered []int // for each charge that a receipt shows, the run that covers it
	var keys []budgetKey
	for _, o := range group {
		for i := range o.charges {
			c := &o.charges[i]
			if c.run.nothing() {
				continue
			}
			if _, known := chains[c.run.key]; !known {
				chains[c.run.key] = c.before
				keys = append(keys, c.run.key)
			}
			latest[c.run.key] = &o.entry.Charges[i]
			c.run.locate(place)
			covered = append(covered, rs.add(c.run))
		}
	}
	receipts := make([]effect.Receipt, len(rs.all))
	logs := make(map[budgetKey]*receiptLog, len(keys))
	for i := range rs.all {
		r := &rs.all[i]
		receipt, encoded, chain := r.issue(own, chains[r.key], sign)
		receipts[i], chains[r.key] = receipt, chain
		if logs[r.key] == nil {
			logs[r.key] = newReceiptLog(log(receiptLogName(r.key)))
		}
		logs[r.key].add(encoded, chain.Receipts)
	}
	for _, k := range keys {
		charge := *latest[k]
		charge.Receipts, charge.Head = chains[k].Receipts, chains[k].Head
		add.Charges = append(add.Charges, charge)
		add.Logs = append(add.Logs, logs[k].change)
	}
	for _, o := range group {
		for i := range o.charges {
			if c := &o.charges[i]; !c.run.nothing() {
				o.receipts = append(o.receipts, receipts[covered[0]])
				covered = covered[1:]
			}
		}
		if kv, keyed := o.sealKey(); keyed {
			add.Meta = append(add.Meta, kv)
		}
	}
	return add
}

// receiptLogName names the log with the receipts of a budget. Its cursor stands before the first receipt of the present chain.
// The chain before it stays until a policy lets it go, though it is never sent any more: a retransmission in a later epoch is
// decided anew. Still earlier ones go when a chain begins, so that a log has two at most.
func receiptLogName(k budgetKey) string {
	return "receipt/" + string(k.context[:]) + string(k.peer[:])
}

// receiptLog gathers what a group appends to the log of a budget.
type receiptLog struct {
	change journal.LogChange
	last   uint64 // number of the last receipt
	chain  uint64 // number of the last one before the present chain
}

func newReceiptLog(l journal.Log) *receiptLog {
	return &receiptLog{journal.LogChange{Name: l.Name}, l.Last, l.Cursor}
}

// add appends the n-th receipt (1-based) of the present chain, encoded.
func (l *receiptLog) add(receipt []byte, n uint64) {
	if n == 1 {
		l.change.Drop, l.chain = l.chain, l.last
		l.change.Cursor = l.chain
	}
	l.change.Values = append(l.change.Values, receipt)
	l.last++
}

// receiptsAfter returns receipts of a budget's chain in an epoch: those after the first ones, at most so many.
func receiptsAfter(j *journal.Journal, k budgetKey, epoch aura.Epoch, after uint64, most int) ([]effect.Receipt, error) {
	const op = "interp.Receipts"
	name := receiptLogName(k)
	chain, c := j.Log(name).Cursor, j.Charge(k.context, k.peer)
	if c.Epoch != epoch {
		return nil, aura.Errorf(op, aura.Stale, "the epoch has turned")
	}
	if after >= c.Receipts {
		return nil, nil
	}
	most = int(min(uint64(max(most, 0)), c.Receipts-after))
	values, err := j.ReadLog(name, chain+after+1, most, 0)
	if j.Log(name).Cursor != chain {
		return nil, aura.Errorf(op, aura.Stale, "the epoch has turned")
	}
	if err != nil {
		return nil, err
	}
	if len(values) < most {
		return nil, aura.Errorf(op, aura.Corrupt, "receipt %d of %d is missing", after+uint64(len(values))+1, c.Receipts)
	}
	found := make([]effect.Receipt, len(values))
	for i, b := range values {
		if found[i], err = effect.DecodeReceipt(b); err != nil {
			return nil, err
		}
	}
	return found, nil
}

package journal

import (
	"bytes"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// Options says whose journal it is.
type Options struct {
	// Key seals content and names. Required.
	Key [32]byte
	// Entropy gives nonces and order tokens. Required.
	Entropy world.Entropy
	// Author and Device sign own facts through Sign, which gets [fact.Batch.SigningBytes] and returns the
	// device's Ed25519 signature. Nil: the journal takes no drafts.
	Author aura.AuthorityID
	Device aura.DeviceID
	Sign   func(message []byte) [64]byte
	// Registry checks own facts. Kinds that it knows have an index each. Default: an empty one.
	Registry *fact.Registry
}

// Sink receives the durable records. The writer calls Committed, before the callers of Append get
// their answer, with records in position order; it must not wait, change the records or call Append.
type Sink interface {
	Committed(records []fact.Record)
}

// Journal is an open journal. Its methods are safe for any number of tasks.
//
// Owner: the service that runs [Journal.Serve].
type Journal struct {
	store   Store
	seal    *sealer
	options Options
	kinds   map[string]tag  // of registered kinds; fixed at Open
	always  map[string]bool // kinds of which no fact is void; fixed at Open
	older   bool            // the store has indexes of format 1; fixed at Open
	raise   bool            // the header says an older format; only the writer changes it
	inbox   *task.Mailbox[*request]
	turn    *task.Semaphore // of the one that serves

	lock    task.Mutex // guards all below; only the writer changes state, recent, meta and prior
	state   *layer     // the durable state
	recent  recent     // its newest records
	meta    metadata   // the durable values that were written last
	sinks   []*attached
	commits uint64            // batches that are durable
	prior   map[string][]byte // metadata that a batch is changing, as it was before; nil: none
	// changing are the logs that a batch is changing, as they will be.
	changing ordered[string, logState]
	joints   [keptJoints]storedJoint // that were read last
	oldest   int                     // of them
	lives    uint64                  // of logs, see logState; only the writer changes it
	// rows has the digests through each fact of the first row of streams of which they were asked, see [Journal.row]: 16 bytes a
	// fact, for as long as the journal is open.
	rows map[streamID][][fact.ShortID]byte
	// tips are heads that were found by a look at all facts of a stream, because an earlier build kept none. The next batch
	// keeps them.
	tips ordered[streamID, head]
}

type attached struct{ sink Sink }

// Capacity holds the appends that wait while a group is being synced. Callers beyond it wait in
// line, so it bounds memory and not the number of callers.
const Capacity = 256

// Open opens the journal in store, or begins one if the store is empty. It reads at once and takes entries
// while [Journal.Serve] runs. It
// returns aura.Denied when the store was sealed with another key, aura.Corrupt when something that must be
// there is damaged or missing, and aura.Invalid for a newer format or missing options. The store
// belongs to the journal from then on, see [Journal.Close].
func Open(tc task.Context, store Store, o Options) (*Journal, error) {
	const op = "journal.Open"
	if o.Entropy == nil || o.Key == [32]byte{} {
		return nil, aura.Errorf(op, aura.Invalid, "a key and a source of randomness are required")
	}
	if o.Registry == nil {
		o.Registry = fact.NewRegistry()
	}
	seal, err := newSealer(o.Key, o.Entropy)
	if err != nil {
		return nil, err
	}
	j := &Journal{
		store: store, seal: seal, options: o, kinds: map[string]tag{}, always: map[string]bool{}, rows: map[streamID][][fact.ShortID]byte{},
		inbox: task.NewMailbox[*request]("journal", Capacity), turn: task.NewSemaphore(1),
	}
	for _, d := range o.Registry.Domains() {
		for _, k := range d.Kinds {
			j.kinds[k.Name] = seal.kindTag(k.Name)
			j.always[k.Name] = k.Always
		}
	}
	if err := j.load(tc); err != nil {
		return nil, err
	}
	return j, nil
}

// Append makes an entry durable and returns its records with their positions, own facts first, then those
// received ones that were new. It returns only after the sync. Errors: what Expect returned;
// aura.Invalid for facts that do not check or reach too far ahead; aura.Unavailable for a received fact
// with a gap before it, see [GapError], and for a failed disk; aura.Exhausted for one that begins too many branches, see
// [BranchError], and when the disk is full; an [UndecidedError] when the store failed with the entry in its hands.
//
// The commit point is the moment at which the writer hands the entry to the store. When tc ends before it,
// Append returns tc's error, and nothing was written nor will be. Past it, Append waits for the outcome
// also when tc ends.
func (j *Journal) Append(tc task.Context, e *Entry) ([]fact.Record, error) {
	p, err := j.Submit(tc, e)
	if err != nil {
		return nil, err
	}
	return p.Await(tc)
}

// Pending is an entry that has its place in the order of commits and waits for its own.
type Pending struct{ request request }

// Submit is the first half of [Journal.Append]: it returns as soon as the entry has its place in the order of
// commits. An error says that it has none and will not be committed. The caller must call [Pending.Await].
func (j *Journal) Submit(tc task.Context, e *Entry) (*Pending, error) {
	p := &Pending{request{entry: e}}
	if err := j.inbox.Send(tc, &p.request); err != nil {
		return nil, err
	}
	return p, nil
}

// Await is the second half of [Journal.Append]: it returns when the entry is durable, or its errors.
func (p *Pending) Await(tc task.Context) ([]fact.Record, error) {
	r := &p.request
	records, err := r.reply.Await(tc)
	ended := tc.Err()
	if err == nil || ended == nil {
		return records, err
	}
	if r.state.CompareAndSwap(waiting, withdrawn) {
		return nil, ended
	}
	wait, done := tc.Irrevocable("journal.commit")
	defer done()
	return r.reply.Await(wait)
}

// Commits returns how many batches became durable since the journal was opened.
func (j *Journal) Commits() uint64 {
	j.lock.Lock()
	defer j.lock.Unlock()
	return j.commits
}

// Attach adds a sink that receives every record after the returned position; one that is committed
// just now may be told again. The second result detaches it.
func (j *Journal) Attach(s Sink) (head fact.Position, detach func()) {
	a := &attached{sink: s}
	j.lock.Lock()
	defer j.lock.Unlock()
	// The writer reads the slice without the lock: it is replaced, never changed.
	j.sinks = append(slices.Clip(j.sinks), a)
	return j.state.head, func() {
		j.lock.Lock()
		defer j.lock.Unlock()
		j.sinks = slices.DeleteFunc(slices.Clone(j.sinks), func(b *attached) bool { return b == a })
	}
}

// Close takes no more entries, waits until those inside are committed and closes the store. Use it after
// readers have ended.
func (j *Journal) Close(tc task.Context) error {
	j.inbox.Close()
	if err := j.turn.Acquire(tc); err != nil {
		return err
	}
	defer j.turn.Release()
	j.refuse()
	return j.store.Close(tc)
}

// Head implements [View].
func (j *Journal) Head() fact.Position {
	j.lock.Lock()
	defer j.lock.Unlock()
	return j.state.head
}

// Count implements [View].
func (j *Journal) Count(ns fact.Namespace, device aura.DeviceID) uint64 {
	j.lock.Lock()
	defer j.lock.Unlock()
	return j.state.Count(ns, device)
}

// Charge implements [View].
func (j *Journal) Charge(context aura.ContextID, peer aura.AuthorityID) fact.Charge {
	j.lock.Lock()
	defer j.lock.Unlock()
	return j.state.Charge(context, peer)
}

// Leak implements [View].
func (j *Journal) Leak(context aura.ContextID, observer fact.Observer) fact.Leak {
	j.lock.Lock()
	defer j.lock.Unlock()
	return j.state.Leak(context, observer)
}

// Charges returns the ledger entries of the own device.
func (j *Journal) Charges() (all []fact.Charge) {
	j.lock.Lock()
	defer j.lock.Unlock()
	for i := range j.state.charges.pairs {
		if p := &j.state.charges.pairs[i]; p.key.device == (aura.DeviceID{}) {
			all = append(all, p.value)
		}
	}
	return all
}

// Spent returns the units that all devices of the authority have spent in an epoch, as far as their ledger entries are
// here, and false when one of them does not remember the epoch.
func (j *Journal) Spent(context aura.ContextID, peer aura.AuthorityID, epoch aura.Epoch) (units uint64, known bool) {
	j.lock.Lock()
	defer j.lock.Unlock()
	known = true
	for device := range j.state.devices {
		c := j.state.charge(chargeID{context, peer, device})
		spent, remembered := c.SpentIn(epoch)
		units, known = units+spent, known && remembered
	}
	return units, known
}

// Meta implements [View].
func (j *Journal) Meta(key string) ([]byte, error) {
	j.lock.Lock()
	value, known := j.meta.get(key)
	j.lock.Unlock()
	if known {
		return bytes.Clone(value), nil
	}
	value, err := j.storedMeta(key)
	// The store may already show values that are not synced yet.
	j.lock.Lock()
	defer j.lock.Unlock()
	if prior, changing := j.prior[key]; changing {
		return prior, nil
	}
	return value, err
}

package journal

import (
	"encoding/binary"
	"errors"
	"maps"
	"math"
	"slices"
	"sync/atomic"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// A group is closed when it reaches one of these: beyond them a larger group gains little and makes
// all its callers wait longer.
const (
	maxGroupFacts = 1024
	maxGroupBytes = 2 << 20
)

// request is an entry in the writer's inbox.
type request struct {
	entry *Entry
	reply task.Future[[]fact.Record]
	state atomic.Uint32
}

// The states of a request:
//
//	waiting ──writer──▶ taken
//	   └────caller───▶ withdrawn
//
// The writer takes a request when it forms the batch that it hands to the store. The caller withdraws it when its
// context ends before that. Neither is undone.
const (
	waiting   uint32 = 0
	taken     uint32 = 1
	withdrawn uint32 = 2
)

// UndecidedError says that a store failed with a batch in its hands: whether the batch is there shows when a
// later one succeeds, and it is not then, or when the store is opened again. Find it with [errors.As].
type UndecidedError struct {
	Err error
	// Commits is [Journal.Commits] at the failure.
	Commits uint64
}

// Error says why the store failed.
func (e *UndecidedError) Error() string {
	return e.Err.Error() + "; whether it is stored is not known yet"
}

// Unwrap returns why the store failed.
func (e *UndecidedError) Unwrap() error { return e.Err }

// CommitsLost is the [UndecidedError.Commits] of a batch of which only another opening tells.
const CommitsLost uint64 = math.MaxUint64

// Lost is the error of a commit that broke off by a panic, with op as its operation: what became of it shows
// only when the store is opened again.
func Lost(op aura.Op) error {
	lost := aura.Errorf(op, aura.Internal, "the commit broke off")
	return &aura.Error{Op: op, Kind: aura.Internal, Err: &UndecidedError{Err: lost, Commits: CommitsLost}}
}

// group is the entries that one batch makes durable.
type group struct {
	requests    []*request // taken from the inbox; accepted holds those that were not refused
	layer       *layer
	records     []staged
	bytes       int
	accepted    []accepted
	checkpoints []Checkpoint
	deletes     [][]byte
	delisted    []indexEntry
	leaving     []reference
	joints      []*joint
	runs        ordered[indexed, *run]
}

// accepted is a request whose records are group.records[from:to].
type accepted struct {
	request  *request
	from, to int
}

// Serve is the writer: the one task that changes the journal, and the receive loop of the service that owns
// it. It ends when tc is cancelled or the journal is closed, after it has committed the entries in its inbox. Entries
// that come while no task serves wait until one does, or until the journal is closed.
func (j *Journal) Serve(tc task.Context) error {
	if err := j.turn.Acquire(tc); err != nil {
		return err
	}
	defer j.turn.Release()
	orderly := false
	defer func() {
		if !orderly {
			j.refuse() // a panic in a sink must not leave callers waiting
		}
	}()
	crowded := false
	for {
		first, err := j.inbox.Recv(tc)
		if err != nil {
			var left bool
			if first, left = j.inbox.TryRecv(); !left {
				orderly = true
				return tc.Err()
			}
		}
		crowded = j.write(tc, first, crowded)
	}
}

// write commits a group and reports whether it was crowded. Once begun it goes to its end: a cancellation of
// the writer must not leave a group half-way.
func (j *Journal) write(tc task.Context, first *request, crowded bool) bool {
	tc, done := tc.Irrevocable("journal.commit")
	defer done()
	g := &group{layer: j.state.over()}
	orderly := false
	defer func() {
		if !orderly { // a panic in a committer or a sink must not leave callers waiting
			g.answer(Lost("journal.Append"))
		}
	}()
	j.gather(tc, g, first, crowded)
	if len(g.accepted) > 0 {
		j.commit(tc, g)
	}
	orderly = true
	return len(g.accepted) > 1
}

// refuse answers the callers that still wait when no task serves any more.
func (j *Journal) refuse() {
	j.inbox.Close()
	for {
		r, ok := j.inbox.TryRecv()
		if !ok {
			return
		}
		r.reply.Resolve(nil, aura.Errorf("journal.Append", aura.Cancelled, "the journal is closed"))
	}
}

// gather forms a group from the first request and all that wait behind it. When the group before was
// crowded, it lets other tasks run once before it closes this one: the callers that were just answered are about to
// append again, and a sync costs far more than their turn. Requests are taken only after that, without a wait until
// the store has them: up to there a caller can withdraw.
func (j *Journal) gather(tc task.Context, g *group, first *request, crowded bool) {
	g.requests = append(g.requests, first)
	facts, bytes := first.entry.size()
	for wait := crowded; facts < maxGroupFacts && bytes < maxGroupBytes; {
		r, ok := j.inbox.TryRecv()
		if !ok && wait {
			wait = false
			_ = tc.Yield() // a cancellation does not stop a group that was begun
			r, ok = j.inbox.TryRecv()
		}
		if !ok {
			break
		}
		g.requests = append(g.requests, r)
		n, size := r.entry.size()
		facts, bytes = facts+n, bytes+size
	}
	g.records, g.accepted = make([]staged, 0, facts), make([]accepted, 0, len(g.requests))
	g.layer.spots.reserve(facts)
	l := g.layer.over() // of one entry after the other
	for _, r := range g.requests {
		l.reset()
		j.admit(g, l, r)
	}
}

// admit adds a request to the group, unless it was withdrawn, or refuses it alone. l is an empty layer over the
// group's.
func (j *Journal) admit(g *group, l *layer, r *request) {
	if !r.state.CompareAndSwap(waiting, taken) {
		return // its caller has gone
	}
	from := len(g.records)
	records, err := j.stage(l, r.entry, g.records)
	if err != nil {
		r.reply.Resolve(nil, err)
		return
	}
	g.layer.absorb(l)
	g.records = records
	g.accepted = append(g.accepted, accepted{request: r, from: from, to: len(records)})
	for i := from; i < len(records); i++ {
		records[i].encoded = records[i].record.Canonical()
		g.bytes += len(records[i].encoded)
	}
	for _, c := range r.entry.Checkpoints {
		g.checkpoints = append(g.checkpoints, c)
		g.bytes += len(c.State)
	}
	for _, kv := range r.entry.Meta {
		g.bytes += len(kv.Value)
	}
	if r.entry.collect != nil {
		g.deletes = append(g.deletes, r.entry.collect.keys...)
		g.delisted = append(g.delisted, r.entry.collect.listed...)
		g.leaving = append(g.leaving, r.entry.collect.leaving...)
	}
}

// commit makes the group durable, then visible, then tells the committers, then the sinks, then the callers. In this
// order no task acts on an entry that a crash could take back, and a caller finds its facts in the folds of the sinks.
func (j *Journal) commit(tc task.Context, g *group) {
	shares := g.shares()
	place := func(ns fact.Namespace, number uint64) fact.Place {
		h, _ := g.layer.spotted(spot{streamID{ns, j.options.Device}, number})
		return h.place
	}
	for _, s := range shares {
		j.add(g, s.committer.Seal(s.entries, g.layer, place))
	}
	j.prove(g)
	b, err := j.batch(g)
	if err != nil || b.Len() > 0 {
		if err == nil {
			err = j.keepPrior(g)
		}
		handed := err == nil
		if handed {
			err = j.store.Apply(tc, b)
		}
		if err != nil {
			tc.Emit(world.ServiceTroubled("journal", "append failed", "", err))
			if handed && !errors.Is(err, aura.Exhausted) {
				err = &UndecidedError{Err: err, Commits: j.Commits()}
			}
			g.answer(&aura.Error{Op: "journal.Append", Kind: aura.KindOf(err), Err: err})
			return
		}
	}
	all := make([]fact.Record, len(g.records))
	for i := range g.records {
		all[i] = g.records[i].record
	}
	records := fresh(all)
	j.raise = j.raise && !g.raises()
	j.lock.Lock()
	revised := g.layer.revised != j.state.revised
	j.state.absorb(g.layer)
	j.tips.reset()
	j.recent.add(all, g.bytes)
	for _, p := range g.layer.meta.pairs {
		j.meta.put(p.key, p.value)
	}
	j.prior = nil
	j.changing.reset()
	if b.Len() > 0 {
		j.commits++
	}
	sinks := j.sinks
	j.lock.Unlock()
	for i := range records {
		tc.Emit(world.FactCommitted("journal", records[i].ID))
	}
	for _, s := range shares {
		s.committer.Synced(tc, s.entries)
	}
	if len(shares) > 0 && len(records) == 1 {
		// A session waits for this one fact: it goes on its way here and now, rather than after another
		// processor has woken up for it. Among many there is other work, and the callers wait for the writer.
		_ = tc.Yield() // a cancellation changes nothing any more
	}
	if revised {
		for _, s := range sinks {
			if told, is := s.sink.(Reviser); is {
				told.Revised()
			}
		}
	}
	if len(records) > 0 {
		for _, s := range sinks {
			s.sink.Committed(records)
		}
	}
	for _, a := range g.accepted {
		// Capped, so that a caller that appends to its result does not write into its neighbour's.
		a.request.reply.Resolve(fresh(all[a.from:a.to:a.to]), nil)
	}
}

// fresh returns the records of facts that were not here before: all but few, and the slice itself if it can be.
func fresh(records []fact.Record) []fact.Record {
	again := func(r fact.Record) bool { return r.Again }
	if !slices.ContainsFunc(records, again) {
		return records
	}
	return slices.DeleteFunc(slices.Clone(records), again)
}

// raises reports whether the group writes something that a program of an older format does not find.
func (g *group) raises() bool { return len(g.records)+len(g.layer.logs.pairs) > 0 }

// answer tells the callers of a group that it failed. Those that have an answer keep it.
func (g *group) answer(err error) {
	for _, r := range g.requests {
		r.reply.Resolve(nil, err)
	}
}

// share is the accepted entries of one committer in a group.
type share struct {
	committer Committer
	entries   []*Entry
}

// shares returns the entries of each committer, in the order in which they first come.
func (g *group) shares() (all []share) {
	for _, a := range g.accepted {
		e := a.request.entry
		if e.Committer == nil {
			continue
		}
		i := slices.IndexFunc(all, func(s share) bool { return s.committer == e.Committer })
		if i < 0 {
			i = len(all)
			all = append(all, share{committer: e.Committer})
		}
		all[i].entries = append(all[i].entries, e)
	}
	return all
}

// add adds what a committer adds to its entries.
func (j *Journal) add(g *group, a Addition) {
	for _, c := range a.Charges {
		g.layer.addCharge(j.options.Device, c)
	}
	for _, kv := range a.Meta {
		g.layer.meta.set(kv.Key, kv.Value)
		g.bytes += len(kv.Value)
	}
	for i := range a.Logs {
		j.changeLog(g.layer, &a.Logs[i])
	}
}

// keepPrior keeps the old values of the metadata that the group changes, and the logs that it changes, for readers before the
// sync. After a failure they stay, because a broken store may show values that never became durable.
func (j *Journal) keepPrior(g *group) error {
	if len(g.layer.meta.pairs)+len(g.layer.logs.pairs) == 0 {
		return nil
	}
	prior := make(map[string][]byte, len(g.layer.meta.pairs))
	for _, p := range g.layer.meta.pairs {
		value, err := j.Meta(p.key)
		if err != nil && aura.KindOf(err) != aura.Corrupt { // a damaged value can be replaced, and until then has no better one
			return err
		}
		prior[p.key] = value
	}
	j.lock.Lock()
	defer j.lock.Unlock()
	maps.Copy(prior, j.prior)
	j.prior = prior
	j.changing.merge(&g.layer.logs)
	return nil
}

// prove signs one root for all own facts of the group.
func (j *Journal) prove(g *group) {
	var ids []aura.FactID
	for i := range g.records {
		if g.records[i].own {
			ids = append(ids, g.records[i].record.ID)
		}
	}
	if len(ids) == 0 {
		return
	}
	batch := fact.NewBatch(ids)
	signature := j.options.Sign(batch.SigningBytes())
	n := 0
	for i := range g.records {
		if r := &g.records[i]; r.own {
			r.record.Proof = batch.Proof(n, signature)
			n++
		}
	}
}

// batch returns the changes of the group in the store's words.
func (j *Journal) batch(g *group) (*Batch, error) {
	j.seal.refresh()
	b := &Batch{}
	g.findJoints()
	j.writeJoints(b, g.joints)
	for i := range g.records {
		j.writeRecord(b, g, &g.records[i])
	}
	if j.raise && g.raises() {
		// With the first records and logs that an older program would not find, the format says that the program is too old.
		b.Set(headerKey, j.seal.header())
	}
	for _, p := range g.runs.pairs {
		j.writeSealed(b, tagNumberKey(p.key.table, p.key.tag, p.value.last), encodeRun(p.value.positions))
	}
	l := g.layer
	for _, p := range l.streams.pairs {
		id, s := p.key, p.value
		j.writeSealed(b, tagKey(tableStream, s.tag), mustEncode(id.stored(&s)))
	}
	for _, p := range l.charges.pairs {
		key := tagKey(tableCharge, j.seal.tag(tableCharge, p.key.context[:], p.key.peer[:], otherDevice(&p.key.device)))
		if c := p.value; noCharge(c) {
			b.Delete(key)
		} else {
			j.writeSealed(b, key, c.Encode())
		}
	}
	for _, p := range l.leaks.pairs {
		key := tagKey(tableLeak, j.seal.tag(tableLeak, p.key.context[:], []byte{byte(p.key.observer)}, otherDevice(&p.key.device)))
		if k := p.value; noLeak(k) {
			b.Delete(key)
		} else {
			j.writeSealed(b, key, k.Encode())
		}
	}
	for _, p := range l.meta.pairs {
		j.writeMeta(b, p.key, p.value)
	}
	j.writeLogs(b, l)
	for i := range g.checkpoints {
		j.writeCheckpoint(b, &g.checkpoints[i])
	}
	for _, key := range g.deletes {
		b.Delete(key)
	}
	if len(g.records) > 0 {
		j.writeSealed(b, headKey, positionValue(l.head))
	}
	if err := j.leave(b, g.leaving); err != nil {
		return nil, err
	}
	err := j.delist(b, g.delisted)
	if err == nil && b.Len() > 0 {
		j.writeTips(b, l)
	}
	return b, err
}

// appendTo appends the stored form of a record: its number, its fact behind the size of that, and its proof. A fact of the
// first format beside the first row has zero before its number, and its place and the digest before it behind that. One that
// is here again has the position of the first record in place of fact and proof.
func (r *staged) appendTo(plain []byte) []byte {
	rec := &r.record
	if rec.Fact.Seq == 0 && rec.Number != rec.Seq {
		plain = binary.AppendUvarint(append(plain, 0), rec.Number)
		plain = append(binary.AppendUvarint(plain, rec.Seq), rec.Before[:]...)
	} else {
		plain = binary.AppendUvarint(plain, rec.Number)
	}
	if rec.Again {
		return binary.AppendUvarint(append(plain, 0), uint64(r.first))
	}
	plain = binary.AppendUvarint(plain, uint64(len(r.encoded)))
	return r.appendProof(append(plain, r.encoded...))
}

func (j *Journal) writeRecord(b *Batch, g *group, r *staged) {
	rec := &r.record
	s, _ := g.layer.stream(r.stream)
	plain := j.seal.buffer(1 + 3*binary.MaxVarintLen64 + fact.ShortID + len(r.encoded) + r.proofRoom())
	plain = r.appendTo(plain)
	key := numberKey(tableRecord, uint64(rec.Position))
	b.Set(key, j.seal.sealInPlace(key, plain))
	g.list(tableSeqRun, s.tag, rec.Number, rec.Position)
	if rec.Number > s.straight() {
		j.writePlace(b, &s, rec)
	}
	if rec.Again {
		return
	}
	g.list(tableNamespaceRun, s.namespace, uint64(rec.Position), rec.Position)
	g.list(tableKindRun, j.kinds[rec.Fact.Kind], uint64(rec.Position), rec.Position)
	if j.ownAction(&rec.Fact) {
		g.list(tableOperationRun, j.seal.operationTag(rec.Fact.Operation), uint64(rec.Position), rec.Position)
	}
}

func (j *Journal) writeMeta(b *Batch, name string, value []byte) {
	key := tagKey(tableMeta, j.seal.tag(tableMeta, []byte(name)))
	if value == nil {
		b.Delete(key)
		return
	}
	j.writeSealed(b, key, value)
}

// otherDevice is the part of a ledger entry's key that names its device, empty for the own one.
func otherDevice(id *aura.DeviceID) []byte {
	if *id == (aura.DeviceID{}) {
		return nil
	}
	return id[:]
}

func (j *Journal) writeSealed(b *Batch, key, plain []byte) { b.Set(key, j.seal.seal(key, plain)) }

// mustEncode encodes one of this package's own structs, which always fits.
func mustEncode(v any) []byte {
	b, err := fact.Marshal(v)
	if err != nil {
		panic("journal: " + err.Error())
	}
	return b
}

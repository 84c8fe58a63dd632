package journal

import (
	"encoding/binary"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// Read calls fn for every durable record that sel asks for and that is not void, in position order, and returns the position
// up to which that is everything. It costs what lies where the namespaces and the kinds that sel names meet,
// and of that no more than the newest that sel wants. Follow and Observations are not the journal's business.
// It stops at fn's first error and returns it; fn may wait. Damaged records are aura.Corrupt.
func (j *Journal) Read(tc task.Context, sel fact.Selection, fn func(fact.Record) error) (fact.Position, error) {
	return j.read(tc, sel, false, fn)
}

// ReadStored is [Journal.Read] with the void facts, which have Void set: for readers that compare or copy streams and do
// not fold them.
func (j *Journal) ReadStored(tc task.Context, sel fact.Selection, fn func(fact.Record) error) (fact.Position, error) {
	return j.read(tc, sel, true, fn)
}

func (j *Journal) read(tc task.Context, sel fact.Selection, stored bool, fn func(fact.Record) error) (fact.Position, error) {
	if err := sel.Check(); err != nil {
		return sel.After, err
	}
	j.lock.Lock()
	head, newest := j.state.head, j.recent
	j.lock.Unlock()
	if j.indexesAction(&sel) {
		newest = recent{after: head} // the index leads to the few facts that there are sooner
	}
	r := reading{journal: j, newest: &newest, sel: sel, stored: stored, left: span{after: sel.After, end: min(head, sel.End())}}
	if sel.Causal {
		return max(head, sel.After), j.readLatest(tc, &r, head, fn)
	}
	if sel.Last > 0 {
		newest, err := r.fromEnd(tc)
		if err != nil {
			return sel.After, err
		}
		for i := len(newest) - 1; i >= 0; i-- {
			if err := fn(newest[i]); err != nil {
				return newest[i].Position - 1, err
			}
		}
	}
	if err := r.run(tc, fn); err != nil {
		return r.left.after, err
	}
	return max(head, sel.After), nil
}

// reading is one Read.
type reading struct {
	journal *Journal
	newest  *recent
	sel     fact.Selection
	stored  bool // void facts too
	left    span
}

// fromEnd finds where the newest records begin that the selection wants, and leaves no older ones to be read.
// If they fit a page it returns them, the newest first, and leaves none.
func (r *reading) fromEnd(tc task.Context) (newest []fact.Record, err error) {
	back := *r
	back.left.back = true
	found, size := 0, 0
	err = back.run(tc, func(record fact.Record) error {
		if found++; found <= pageSize && size < pageBytes {
			newest = append(newest, record)
			size += len(record.Fact.Payload)
		}
		if found == r.sel.Last {
			return errStop
		}
		return nil
	})
	switch {
	case err == errStop:
		r.left.after = back.left.end // the position before the last one found
	case err != nil:
		return nil, err
	}
	if found > len(newest) {
		return nil, nil
	}
	r.left.after = r.left.end
	return newest, nil
}

// run calls fn for the records of the span that is left, from the store and from memory.
func (r *reading) run(tc task.Context, fn func(fact.Record) error) error {
	if r.left.back {
		if err := r.readMemory(tc, fn); err != nil {
			return err
		}
	}
	if err := r.readStore(tc, fn); err != nil || r.left.back {
		return err
	}
	return r.readMemory(tc, fn)
}

// readStore calls fn for the records of the span that are only in the store.
func (r *reading) readStore(tc task.Context, fn func(fact.Record) error) error {
	old := r.left
	old.end = min(old.end, r.newest.after)
	if old.empty() {
		return nil
	}
	sources := r.journal.sources(&r.sel)
	for !old.empty() {
		page, rest, err := r.journal.page(sources, old)
		if err != nil {
			return err
		}
		for _, at := range page {
			if err := tc.Err(); err != nil {
				return err
			}
			record, ok, err := r.journal.recordAt(at, sources)
			if err != nil {
				return err
			}
			if err := r.offer(&record, ok, fn); err != nil {
				return err
			}
		}
		old = rest
	}
	return nil
}

// readMemory calls fn for the records of the span that are in memory.
func (r *reading) readMemory(tc task.Context, fn func(fact.Record) error) (err error) {
	r.newest.each(r.left, func(record *fact.Record) bool {
		if err = tc.Err(); err == nil {
			err = r.offer(record, !r.journal.collected(record), fn)
		}
		return err == nil
	})
	return err
}

// offer gives fn a record if it was asked for, and takes its position out of the rest. When fn ends a read
// backwards, its record was taken.
func (r *reading) offer(record *fact.Record, there bool, fn func(fact.Record) error) (err error) {
	if there && !record.Again && r.sel.Covers(record) {
		marked := *record
		if r.journal.mark(&marked); r.stored || !marked.Void {
			err = fn(marked)
		}
	}
	if err == nil || r.left.back {
		r.left.pass(record.Position)
	}
	return err
}

// ByAuthor returns at most limit records of one device in one namespace, by number from fromNumber on, void ones too. It
// returns aura.NotFound when some of them were collected: a snapshot has taken their place. When that
// happens during the call, it may return none.
func (j *Journal) ByAuthor(ns fact.Namespace, device aura.DeviceID, fromNumber uint64, limit int) ([]fact.Record, error) {
	return j.ByAuthorWithin(ns, device, fromNumber, limit, 0)
}

// Newest returns the newest records of one device in one namespace that are not void, by number, at most limit. It passes over the
// ranges of void ones without reading them, and so over those in them that always count. Its errors are those of
// [Journal.ByAuthor].
func (j *Journal) Newest(ns fact.Namespace, device aura.DeviceID, limit int) (all []fact.Record, err error) {
	j.lock.Lock()
	s, _ := j.state.stream(streamID{ns, device})
	j.lock.Unlock()
	var parts [][]fact.Record
	end, void := s.count, clip(s.void, s.count)
	for end > s.collected && limit > 0 {
		begin := s.collected + 1
		if last := len(void) - 1; last >= 0 {
			begin = max(begin, void[last].To+1)
		}
		if n := min(uint64(limit), end+1-min(begin, end+1)); n > 0 {
			part, err := j.ByAuthor(ns, device, end+1-n, int(n))
			if err != nil {
				return nil, err
			}
			parts, limit = append(parts, part), limit-int(n)
		}
		if len(void) == 0 {
			break
		}
		end, void = void[len(void)-1].From-1, void[:len(void)-1]
	}
	for _, part := range slices.Backward(parts) {
		all = append(all, part...)
	}
	return all, nil
}

// collectedThrough returns up to which number the facts of a stream were collected.
func (j *Journal) collectedThrough(id streamID) uint64 {
	j.lock.Lock()
	defer j.lock.Unlock()
	s, _ := j.state.stream(id)
	return s.collected
}

// ByAuthorWithin is [Journal.ByAuthor] for a reader that has room for so many bytes of payloads: it reads no more
// records once those that it has fill the room. Zero is no bound.
func (j *Journal) ByAuthorWithin(ns fact.Namespace, device aura.DeviceID, fromNumber uint64, limit, bytes int) ([]fact.Record, error) {
	const op = "journal.Read"
	id := streamID{ns, device}
	j.lock.Lock()
	s, ok := j.state.stream(id)
	newest := j.recent
	j.lock.Unlock()
	fromNumber = max(fromNumber, 1)
	if !ok || fromNumber > s.count || limit <= 0 {
		return nil, nil
	}
	if fromNumber <= s.collected {
		return nil, aura.Errorf(op, aura.NotFound, "facts up to %d were replaced by a snapshot", s.collected)
	}
	if records := newest.of(id, fromNumber, limit); records != nil {
		for i := range records {
			j.placed(&s, &records[i])
		}
		return records, nil
	}
	var positions []fact.Position
	err := j.eachSeq(&s, fromNumber, func(number uint64, p fact.Position) error {
		// The store may already show records that are not synced yet; count is that of the durable ones.
		if number > s.count {
			return errStop
		}
		if positions = append(positions, p); len(positions) == limit {
			return errStop
		}
		return nil
	})
	if err != nil && err != errStop {
		return nil, err
	}
	if want := min(uint64(limit), s.count-fromNumber+1); uint64(len(positions)) < want && j.collectedThrough(id) < fromNumber {
		return nil, aura.Errorf(op, aura.Corrupt, "an index lists %d of %d facts of a device from %d on", len(positions), want, fromNumber)
	}
	records, size := make([]fact.Record, 0, len(positions)), 0
	for i, p := range positions {
		if bytes > 0 && size >= bytes {
			break
		}
		r, ok, err := j.record(p)
		if err != nil {
			return nil, err
		}
		size += len(r.Fact.Payload)
		want := fromNumber + uint64(i)
		if !ok {
			return nil, j.checkLost(p, func() (bool, error) {
				return j.lists(tagKey(tableSeqRun, s.tag), want, p)
			})
		}
		if r.Again && r.Fact.Kind == "" {
			return nil, aura.Errorf(op, aura.NotFound, "fact %d was replaced by a snapshot", want)
		}
		if r.Number != want || r.Fact.Device != device || r.Fact.Namespace != ns {
			return nil, aura.Errorf(op, aura.Corrupt, "fact %d of a device is not where its index says", want)
		}
		j.placed(&s, &r)
		records = append(records, r)
	}
	return records, nil
}

// Fact returns the record of a fact, void or not, and false when it is not in the journal or was collected. Nothing lists facts
// by identity: it looks through the journal from its end, so it is for facts that are rarely asked for, or new.
func (j *Journal) Fact(id aura.FactID) (found fact.Record, ok bool, err error) {
	// The store may already show records that are not synced yet.
	start, end := numberKey(tableRecord, 0), numberKey(tableRecord, uint64(j.Head())+1)
	err = j.store.IterateBack(start, end, func(key, value []byte) error {
		p, _ := keyNumber(key)
		r, err := j.unseal(fact.Position(p), slices.Clone(value))
		if err == nil && r.ID == id && !r.Again {
			found, ok, err = r, !j.collected(&r), errStop
		}
		return err
	})
	if err == errStop {
		err = nil
	}
	if err != nil || !ok {
		return fact.Record{}, false, err
	}
	return found, true, nil
}

// record reads and opens the record at a position; false means that it was collected.
func (j *Journal) record(p fact.Position) (fact.Record, bool, error) {
	r, ok, err := j.stored(p)
	return r, ok && !j.collected(&r), err
}

// stored reads and opens the record at a position; false means that its bytes are gone.
func (j *Journal) stored(p fact.Position) (fact.Record, bool, error) {
	key := numberKey(tableRecord, uint64(p))
	value, ok, err := j.store.Get(key)
	if err != nil || !ok {
		return fact.Record{}, false, err
	}
	r, err := j.unseal(p, value)
	return r, err == nil, err
}

// unseal returns the record that a value of the store holds, which the caller owns and which is used up.
func (j *Journal) unseal(p fact.Position, value []byte) (fact.Record, error) {
	damaged := func() error {
		return aura.Errorf("journal.Read", aura.Corrupt, "record %d of the journal is damaged", p)
	}
	stored, ok := j.openRecord(p, value)
	if !ok {
		return fact.Record{}, damaged()
	}
	if stored.first > 0 {
		r, there, err := j.stored(stored.first)
		if !there {
			r = fact.Record{} // a snapshot took the place of the first record
		}
		r.Number, r.Position, r.Seq, r.Before, r.Again = stored.number, p, stored.place, stored.before, true
		return r, err
	}
	at, shared := decodeReference(p, stored.proof)
	if !shared {
		r, err := fact.OpenRecord(stored.place, stored.encoded)
		if err == nil {
			r.Proof, err = fact.DecodeProof(stored.proof, r.ID)
		}
		if err != nil {
			return r, damaged()
		}
		r.Number, r.Position, r.Before = stored.number, p, stored.before
		return r, nil
	}
	s, there, err := j.jointOf(at)
	if err != nil {
		return fact.Record{}, err
	}
	r, err := s.open(&stored, at, there)
	r.Number, r.Position, r.Before = stored.number, p, stored.before
	if err != nil || !there && !j.collected(&r) {
		return r, damaged() // a record and its share go together when a snapshot takes their place
	}
	return r, nil
}

// storedRecord is the parts of a record in the store. The proof is its own, or a reference to one that it shares.
type storedRecord struct {
	number         uint64
	place          uint64 // of a fact of the first format
	before         [fact.ShortID]byte
	first          fact.Position // of the same fact in another row, which has fact and proof; zero: they are here
	encoded, proof []byte
}

// openRecord opens a stored record, in place; ok is false when it is damaged.
func (j *Journal) openRecord(p fact.Position, value []byte) (r storedRecord, ok bool) {
	plain, ok := j.seal.openInPlace(numberKey(tableRecord, uint64(p)), value)
	if !ok {
		return r, false
	}
	return decodeRecord(plain)
}

// decodeRecord reads what [staged.appendTo] wrote, but for the proof.
func decodeRecord(plain []byte) (r storedRecord, ok bool) {
	ok = true
	next := func() uint64 {
		n, size := binary.Uvarint(plain)
		if ok = ok && size > 0; !ok {
			return 0
		}
		plain = plain[size:]
		return n
	}
	r.number = next()
	r.place = r.number
	beside := ok && r.number == 0
	if beside {
		r.number, r.place = next(), next()
		if !ok || r.number == 0 || len(plain) < len(r.before) {
			return r, false
		}
		plain = plain[copy(r.before[:], plain):]
	}
	size := next()
	if beside && ok && size == 0 {
		r.first = fact.Position(next())
		return r, ok && r.first > 0 && len(plain) == 0
	}
	if !ok || size > uint64(len(plain)) {
		return r, false
	}
	r.encoded, r.proof = plain[:size:size], plain[size:]
	return r, true
}

// mark says in a record where it lies among the branches of its stream.
func (j *Journal) mark(r *fact.Record) {
	j.lock.Lock()
	defer j.lock.Unlock()
	s, _ := j.state.stream(streamID{r.Fact.Namespace, r.Fact.Device})
	j.placed(&s, r)
}

// collected reports whether a snapshot took the record's place. Its bytes may go a little later.
func (j *Journal) collected(r *fact.Record) bool {
	j.lock.Lock()
	defer j.lock.Unlock()
	s, _ := j.state.stream(streamID{r.Fact.Namespace, r.Fact.Device})
	return r.Number <= s.collected
}

func (j *Journal) storedMeta(name string) ([]byte, error) {
	key := tagKey(tableMeta, j.seal.tag(tableMeta, []byte(name)))
	value, ok, err := j.store.Get(key)
	if err != nil || !ok {
		return nil, err
	}
	plain, ok := j.seal.open(key, value)
	if !ok {
		return nil, damaged("metadata")
	}
	if plain == nil {
		plain = []byte{} // there, and empty
	}
	return plain, nil
}

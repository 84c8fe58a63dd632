package journal

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

// Bounds of logs.
const (
	maxLogName   = 256
	maxLogValue  = 256 << 10 // more than any message of a session, so that a recording holds each
	maxLogValues = 4096      // in one change
	maxLogChange = 16 << 20  // bytes of the values in one change
	maxLogBytes  = 64 << 20
	// logOverhead is about the size of an entry in the store without its value: its key, nonce, authentication and total.
	logOverhead = 25 + 24 + 16 + 4
)

// Log is the state of a device-local log: entries numbered from 1 without gaps, of which the first ones may be gone. Logs are
// outside streams: no fact, mark, head, snapshot or selection tells of them, and a collection of facts leaves them alone. Their
// entries never leave the device.
type Log struct {
	Name    string
	Dropped uint64 // the entries up to this number are gone
	Last    uint64 // number of the last entry; zero: there was none
	Bytes   uint64 // that the entries take in the store, about
	Cursor  uint64 // see [LogChange]
}

// Family is the part of the log's name before the first slash: the names of logs of one use differ behind it.
func (l *Log) Family() string { return family(l.Name) }

func family(name string) string {
	name, _, _ = strings.Cut(name, "/")
	return name
}

// LogChange changes a device-local log. It happens together with the rest of its entry or not at all, in the order of the
// fields. A log begins with its first change.
type LogChange struct {
	Name string // of 1 to 256 bytes; by convention a word, and behind a slash what tells logs of one use apart
	// Values are appended, at most 4096 of at most 256 KiB each and 16 MiB together.
	Values [][]byte
	// Drop lets the entries up to this number go, whatever their number. The numbers of the others stay.
	Drop uint64
	// Cursor moves the log's cursor on to a number, such as that of the last entry that its reader has done with. The journal
	// keeps the number, whatever it means; a smaller one than it has changes nothing.
	Cursor uint64
	// Limit is how many bytes the log may have when values were appended; see [Log.Bytes]. Default: 64 MiB. An entry
	// beyond it is refused with aura.Exhausted, because a log that is replayed is of no use without its beginning, and
	// only its owner knows what may go. An owner who wants the newest alone drops the oldest in the same change.
	Limit uint64
	// Remove removes the log with its numbers and its cursor. Nothing else of the change is looked at.
	Remove bool
}

// logState is the state of a log in memory. Totals count from the log's beginning.
type logState struct {
	tag     tag
	life    uint64 // tells apart the logs that had the name one after the other
	dropped uint64
	last    uint64
	total   uint64 // bytes of all entries that there were
	gone    uint64 // of those that were dropped
	cursor  uint64
}

// storedLog is the encoded state of a log.
type storedLog struct {
	Name    []byte `cbor:"1,keyasint,omitempty"`
	Dropped uint64 `cbor:"2,keyasint,omitempty"`
	Last    uint64 `cbor:"3,keyasint,omitempty"`
	Total   uint64 `cbor:"4,keyasint,omitempty"`
	Gone    uint64 `cbor:"5,keyasint,omitempty"`
	Cursor  uint64 `cbor:"6,keyasint,omitempty"`
}

func (s *logState) stored(name string) *storedLog {
	return &storedLog{[]byte(name), s.dropped, s.last, s.total, s.gone, s.cursor}
}

// decodeLog reads what stored gave. It is false for what no log has been.
func decodeLog(plain []byte) (name string, s logState, ok bool) {
	var w storedLog
	if err := fact.Unmarshal(plain, &w); err != nil {
		return "", s, false
	}
	s = logState{dropped: w.Dropped, last: w.Last, total: w.Total, gone: w.Gone, cursor: w.Cursor}
	return string(w.Name), s, len(w.Name) > 0 && s.dropped <= s.last && s.gone <= s.total && !noLog(s)
}

func (s *logState) log(name string) Log {
	return Log{Name: name, Dropped: s.dropped, Last: s.last, Bytes: s.total - s.gone, Cursor: s.cursor}
}

// noLog reports whether a log was never changed, or was removed.
func noLog(s logState) bool { return s.last == 0 && s.cursor == 0 }

// logWrite is one change of the table of entries.
type logWrite struct {
	Change        // its value is not sealed yet
	total  uint64 // bytes of the log up to the entry
}

// fewEntries are removed one by one. A store reads slower with each range that it has removed lately: with 20,000 of them Pebble
// took 6 ms to read one entry.
const fewEntries = 256

func (j *Journal) logKey(name string) []byte { return tagKey(tableLog, j.seal.logTag(name)) }

func (s *sealer) logTag(name string) tag { return s.tag(tableLog, []byte(name)) }

func (s *logState) entryKey(n uint64) []byte { return tagNumberKey(tableLogEntry, s.tag, n) }

// check returns aura.Invalid when the change is out of bounds by itself.
func (c *LogChange) check() error {
	const op = "journal.Append"
	if len(c.Name) == 0 || len(c.Name) > maxLogName {
		return aura.Errorf(op, aura.Invalid, "the name of log %.40q has %d bytes, it has 1 to %d", c.Name, len(c.Name), maxLogName)
	}
	if len(c.Values) > maxLogValues {
		return aura.Errorf(op, aura.Invalid, "%d entries for log %q at once, the most is %d: append them in parts", len(c.Values), family(c.Name), maxLogValues)
	}
	size := 0
	for i, v := range c.Values {
		if len(v) > maxLogValue {
			return aura.Errorf(op, aura.Invalid, "entry %d of %d for log %q has %d bytes, the most is %d: split it",
				i+1, len(c.Values), family(c.Name), len(v), maxLogValue)
		}
		size += len(v)
	}
	if size > maxLogChange {
		return aura.Errorf(op, aura.Invalid, "%d bytes for log %q at once, the most is %d: append them in parts", size, family(c.Name), maxLogChange)
	}
	return nil
}

// log returns the state of a log, zero when it is not there.
func (l *layer) log(name string) (s logState) {
	for ; l != nil; l = l.parent {
		if s, ok := l.logs.get(name); ok {
			return s
		}
	}
	return s
}

// Log implements [View].
func (l *layer) Log(name string) Log {
	s := l.log(name)
	return s.log(name)
}

// changeLog makes a change to a log in a layer and returns the log's state.
func (j *Journal) changeLog(l *layer, c *LogChange) logState {
	before := l.log(c.Name)
	s := before
	if noLog(s) {
		j.lives++
		s = logState{tag: j.seal.logTag(c.Name), life: j.lives}
	}
	if c.Remove {
		if !noLog(before) {
			l.removeEntries(&s, s.last)
			l.logs.set(c.Name, logState{})
		}
		return logState{}
	}
	for _, v := range c.Values {
		s.last++
		s.total += uint64(len(v)) + logOverhead
		l.logWrites = append(l.logWrites, logWrite{Change{Key: s.entryKey(s.last), Value: orEmpty(v)}, s.total})
	}
	if through := min(c.Drop, s.last); through > s.dropped {
		l.removeEntries(&s, through)
		s.gone, s.dropped = j.totalThrough(l, &s, through), through
	}
	s.cursor = max(s.cursor, c.Cursor)
	if s != before && !noLog(s) {
		l.logs.set(c.Name, s)
	}
	return s
}

// removeEntries removes the entries of a log up to a number.
func (l *layer) removeEntries(s *logState, through uint64) {
	if through-s.dropped > fewEntries {
		l.logWrites = append(l.logWrites, logWrite{Change: Change{Key: s.entryKey(s.dropped + 1), End: s.entryKey(through + 1)}})
		return
	}
	for n := s.dropped + 1; n <= through; n++ {
		l.logWrites = append(l.logWrites, logWrite{Change: Change{Key: s.entryKey(n)}})
	}
}

// totalThrough returns how many bytes a log had up to an entry. When the entry cannot be read, the dropped bytes count on
// until the next drop.
func (j *Journal) totalThrough(l *layer, s *logState, n uint64) uint64 {
	if n == s.last {
		return s.total
	}
	key := s.entryKey(n)
	for ; l.bottom == nil; l = l.parent {
		for i := len(l.logWrites) - 1; i >= 0; i-- {
			if w := &l.logWrites[i]; w.Value != nil && bytes.Equal(w.Key, key) {
				return w.total
			}
		}
	}
	sealed, there, err := j.store.Get(key)
	if err != nil || !there {
		return s.gone
	}
	plain, _ := j.seal.openInPlace(key, sealed)
	total, _, ok := decodeLogEntry(plain)
	if !ok || total < s.gone || total > s.total {
		return s.gone
	}
	return total
}

// stageLogs makes an entry's changes to logs.
func (j *Journal) stageLogs(l *layer, changes []LogChange) error {
	for i := range changes {
		c := &changes[i]
		s := j.changeLog(l, c)
		limit := c.Limit
		if limit == 0 {
			limit = maxLogBytes
		}
		if size := s.total - s.gone; len(c.Values) > 0 && size > limit {
			return aura.Errorf("journal.Append", aura.Exhausted, "log %q would have %d bytes, the most is %d: drop older entries first", family(c.Name), size, limit)
		}
	}
	return nil
}

// writeLogs writes what a group changed in logs.
func (j *Journal) writeLogs(b *Batch, l *layer) {
	for i := range l.logWrites {
		w := &l.logWrites[i]
		if w.Value != nil {
			plain := j.seal.buffer(binary.MaxVarintLen64 + len(w.Value))
			w.Value = j.seal.sealInPlace(w.Key, appendLogEntry(plain, w.total, w.Value))
		}
		b.add(w.Change)
	}
	for i := range l.logs.pairs {
		p := &l.logs.pairs[i]
		if key := j.logKey(p.key); noLog(p.value) {
			b.Delete(key)
		} else {
			j.writeSealed(b, key, mustEncode(p.value.stored(p.key)))
		}
	}
}

// appendLogEntry appends the stored form of an entry: the bytes of the log up to it, from the log's beginning, and the value.
func appendLogEntry(plain []byte, total uint64, value []byte) []byte {
	return append(binary.AppendUvarint(plain, total), value...)
}

func decodeLogEntry(plain []byte) (total uint64, value []byte, ok bool) {
	total, n := binary.Uvarint(plain)
	if n <= 0 {
		return 0, nil, false
	}
	return total, plain[n:], true
}

// loadLogs reads the states of all logs, and no entry.
func (j *Journal) loadLogs() error {
	return j.each(tableLog, "a log", func(key, plain []byte) error {
		name, s, ok := decodeLog(plain)
		if !ok || string(j.logKey(name)) != string(key) {
			return damaged("a log")
		}
		j.lives++
		s.tag, s.life = j.seal.logTag(name), j.lives
		j.state.logs.set(name, s)
		return nil
	})
}

// Log implements [View].
func (j *Journal) Log(name string) Log {
	j.lock.Lock()
	defer j.lock.Unlock()
	return j.state.Log(name)
}

// Logs returns the states of all logs, by name.
func (j *Journal) Logs() []Log {
	j.lock.Lock()
	all := make([]Log, 0, len(j.state.logs.pairs))
	for i := range j.state.logs.pairs {
		p := &j.state.logs.pairs[i]
		all = append(all, p.value.log(p.key))
	}
	j.lock.Unlock()
	slices.SortFunc(all, func(x, y Log) int { return strings.Compare(x.Name, y.Name) })
	return all
}

// ReadLog returns the entries of a log from number from on, in order: at most limit, and no more once those that it has fill
// so many bytes; zero is no bound. The caller owns them. There are none beyond the last entry, and of a log that is not there.
// It returns aura.NotFound when the first of them was dropped, or the log was removed meanwhile, and aura.Corrupt when one is damaged or missing.
func (j *Journal) ReadLog(name string, from uint64, limit, room int) ([][]byte, error) {
	const op = "journal.Read"
	j.lock.Lock()
	s := j.state.log(name)
	j.lock.Unlock()
	from = max(from, 1)
	dropped := func() error {
		return aura.Errorf(op, aura.NotFound, "entry %d of log %q was dropped", from, family(name))
	}
	switch {
	case from <= s.dropped:
		return nil, dropped()
	case from > s.last || limit <= 0:
		return nil, nil
	}
	values, err := j.readLog(name, &s, from, limit, room)
	if j.wentMeanwhile(name, &s, from, aura.KindOf(err) == aura.Corrupt) {
		return nil, dropped()
	}
	return values, err
}

func (j *Journal) readLog(name string, s *logState, from uint64, limit, room int) (values [][]byte, err error) {
	size, next := 0, from
	take := func(key, sealed []byte) error {
		if n, _ := keyNumber(key); n != next {
			return errStop
		}
		plain, _ := j.seal.open(key, sealed)
		_, value, ok := decodeLogEntry(plain)
		if !ok {
			return errStop
		}
		values = append(values, value)
		next++
		if size += len(value); len(values) == limit || room > 0 && size >= room {
			return errStop
		}
		return nil
	}
	if first := s.entryKey(from); limit == 1 || from == s.last {
		// Most often the newest entry alone is read, and a store opens an iterator for more than it finds one key.
		sealed, there, getting := j.store.Get(first)
		if err = getting; there {
			err = take(first, sealed)
		}
	} else {
		err = j.store.Iterate(first, s.entryKey(s.last+1), take)
	}
	if err != nil && err != errStop {
		return nil, err
	}
	if len(values) == limit || room > 0 && size >= room || next > s.last {
		return values, nil
	}
	return nil, aura.Errorf("journal.Read", aura.Corrupt, "entry %d of log %q is damaged or missing", next, family(name))
}

// wentMeanwhile reports whether an entry of a log was dropped, or the log was removed, since its state was s. The store may show
// that before it is durable, so what a batch is about to do, or failed to do, counts when entries were missing, and when they may be
// those of the next log of the name. A read that fails shows neither.
func (j *Journal) wentMeanwhile(name string, s *logState, from uint64, missing bool) bool {
	j.lock.Lock()
	defer j.lock.Unlock()
	went := func(now logState) bool { return now.life != s.life || now.dropped >= from }
	changing, ok := j.changing.get(name)
	next := changing.life != s.life && !noLog(changing)
	return went(j.state.log(name)) || ok && (missing && went(changing) || next)
}

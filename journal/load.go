package journal

import (
	"bytes"
	"errors"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

var errStop = errors.New("stop")

// load reads the state that a journal keeps in memory, or begins a new one.
func (j *Journal) load(tc task.Context) error {
	j.state = &layer{bottom: j}
	header, ok, err := j.store.Get(headerKey)
	if err != nil {
		return err
	}
	if !ok {
		return j.begin(tc)
	}
	if err := j.seal.checkHeader(header); err != nil {
		return err
	}
	if err := j.loadFormat(header); err != nil {
		return err
	}
	for _, step := range []func() error{j.loadHead, j.loadStreams, j.loadLedger, j.loadLogs} {
		if err := step(); err != nil {
			return err
		}
	}
	j.recent.after = j.state.head
	return nil
}

// begin writes the header into an empty store.
func (j *Journal) begin(tc task.Context) error {
	err := j.store.Iterate(nil, nil, func(_, _ []byte) error { return errStop })
	if err == errStop {
		return aura.Errorf("journal.Open", aura.Corrupt, "the journal has content but no header")
	}
	if err != nil {
		return err
	}
	var b Batch
	b.Set(headerKey, j.seal.header())
	return j.store.Apply(tc, &b)
}

// loadFormat finds out whether the store is of an older format, and whether it has something of one.
func (j *Journal) loadFormat(header []byte) error {
	j.raise = !bytes.Equal(header, j.seal.header())
	err := j.store.Iterate([]byte{tableNamespace}, []byte{tableSeq + 1}, func(_, _ []byte) error { return errStop })
	if j.older = err == errStop; j.older {
		err = nil
	}
	return err
}

// loadHead reads the head and makes sure that the records end there: a batch is never half there.
func (j *Journal) loadHead() error {
	value, ok, err := j.store.Get(headKey)
	if err != nil {
		return err
	}
	if ok {
		plain, opened := j.seal.open(headKey, value)
		head, parsed := parsePosition(plain)
		if !opened || !parsed {
			return damaged("the head")
		}
		j.state.head = head
	}
	err = j.store.Iterate(numberKey(tableRecord, uint64(j.state.head)+1), []byte{tableRecord + 1}, func(_, _ []byte) error { return errStop })
	if err == errStop {
		return aura.Errorf("journal.Open", aura.Corrupt, "the journal has records after its head %d", j.state.head)
	}
	return err
}

func (j *Journal) loadStreams() error {
	return j.each(tableStream, "a stream", func(_, plain []byte) error {
		var w storedStream
		if err := fact.Unmarshal(plain, &w); err != nil {
			return err
		}
		id := streamID{fact.Namespace{Space: w.Space, ID: w.ID}, w.Device}
		s := j.streamOf(j.state, id)
		w.restore(&s)
		j.state.streams.set(id, s)
		j.state.revised += s.revised
		j.state.clocks.set(id.namespace, max(j.state.clock(id.namespace), w.Logical))
		j.state.logical = max(j.state.logical, w.Logical)
		return nil
	})
}

func (j *Journal) loadLedger() error {
	err := j.each(tableCharge, "a charge", func(_, plain []byte) error {
		c, err := fact.DecodeCharge(plain)
		j.state.know(c.Device)
		j.state.charges.set(chargeIDOf(&c), c)
		return err
	})
	if err != nil {
		return err
	}
	return j.each(tableLeak, "a leak", func(_, plain []byte) error {
		l, err := fact.DecodeLeak(plain)
		j.state.know(l.Device)
		j.state.leaks.set(leakIDOf(&l), l)
		return err
	})
}

// each opens every value of a table.
func (j *Journal) each(table byte, what string, fn func(key, plain []byte) error) error {
	return j.store.Iterate([]byte{table}, []byte{table + 1}, func(key, value []byte) error {
		plain, ok := j.seal.open(key, value)
		if !ok {
			return damaged(what)
		}
		return fn(key, plain)
	})
}

func damaged(what string) error {
	return aura.Errorf("journal.Read", aura.Corrupt, "%s of the journal is damaged", what)
}

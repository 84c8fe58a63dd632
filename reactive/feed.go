package reactive

import (
	"cmp"
	"errors"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

const (
	// pageRecords and pageBytes bound one update of history: the journal is not kept busy, nor memory
	// filled, while a watcher is slow.
	pageRecords = 512
	pageBytes   = 512 << 10
)

// Feed serves watchers: history from a [Reader], then new commits, in one sequence without
// gaps. It keeps no queue for anyone. A watcher has a position and fetches from there at its own
// pace, so it can be slow without losing a fact and without delaying others.
//
// Batches come in position order, from a scheduler after it published their signals.
type Feed struct {
	mu       task.Mutex
	head     fact.Position // everything up to here was published
	era      uint64        // of the facts in the tail
	tail     tail
	observed map[observedKey]observed
	version  uint64 // counts changes of observed
	watching []*task.Wake
}

type observedKey struct{ kind, key string }

type observed struct {
	version uint64
	value   fact.Observation
}

// Reader is the journal as a feed and a query see it.
type Reader interface {
	// Head returns the position of the last durable record.
	Head() fact.Position
	// Era returns the present era of the facts, see [fact.Update.Era].
	Era() uint64
	// Read calls fn with the selected records, in position order, and returns fn's error. fn may wait.
	Read(tc task.Context, sel fact.Selection, fn func(*fact.Record) error) error
}

// The reasons for which a page stops a read. They never leave the package.
var (
	errPageFull = errors.New("reactive: page is full")
	errPageDone = errors.New("reactive: page reached its end")
)

// NewFeed returns a feed for a journal whose last position is head.
func NewFeed(head fact.Position) *Feed {
	return &Feed{head: head, tail: tail{base: head}, observed: map[observedKey]observed{}}
}

// Head returns the position up to which everything was published.
func (f *Feed) Head() fact.Position {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.head
}

// Watch calls sink with the selected history in pages, then with an update that is Live and carries
// the selected observations as they are now, and, if sel.Follow is set, with every change after it
// until tc is cancelled. The facts that are durable when Watch is called belong to the history, published or
// not: a task finds the facts that it committed. An error of sink or history ends the watch and is returned. A watch
// that follows ends with [aura.Stale] when another era begins, see [fact.Update.Era], and any watch when its era is not that of
// sel.
func (f *Feed) Watch(tc task.Context, history Reader, sel fact.Selection, sink func(fact.Update) error) error {
	if err := sel.Check(); err != nil {
		return err
	}
	wake := task.NewWake()
	if sel.Follow {
		f.enter(wake)
		defer f.leave(wake)
	}
	w := watcher{feed: f, history: history, sink: sink, sel: sel, after: sel.After, era: history.Era(), durable: history.Head()}
	sink = w.deliver
	if err := w.stale(); err != nil {
		return err
	}
	if err := w.newest(tc, history, sink); err != nil {
		return err
	}
	for {
		if err := w.catchUp(tc, history, sink); err != nil {
			return err
		}
		up, changed, ok := w.next()
		if !ok {
			continue
		}
		if changed || !w.live {
			w.live = true
			if err := sink(up); err != nil {
				return err
			}
		}
		if !sel.Follow {
			return nil
		}
		if err := wake.Wait(tc); err != nil {
			return err
		}
		if err := w.stale(); err != nil {
			return err
		}
	}
}

// Publish takes the next batch and wakes the watchers. A scheduler calls it; so does a bridge that has
// none.
func (f *Feed) Publish(batch *fact.Update) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if batch.Era != 0 && batch.Era != f.era {
		f.era = batch.Era
		f.tail = tail{base: max(f.head, batch.Position)}
		if len(batch.Records) > 0 {
			f.tail.base = batch.Records[0].Position - 1
		}
	}
	f.head = max(f.head, batch.Position)
	for i := range batch.Records {
		f.head = max(f.head, batch.Records[i].Position)
		f.tail.add(&batch.Records[i])
	}
	for _, o := range batch.Observations {
		f.version++
		f.observed[observedKey{o.Kind, o.Key}] = observed{version: f.version, value: o}
	}
	for _, b := range f.watching {
		b.Notify()
	}
}

func (f *Feed) enter(b *task.Wake) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.watching = append(f.watching, b)
}

func (f *Feed) leave(b *task.Wake) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.watching = slices.DeleteFunc(f.watching, func(o *task.Wake) bool { return o == b })
}

// missing returns the position up to which the journal must be read, because the tail does not hold the facts
// any more, or not yet, or as they were in another era.
func (f *Feed) missing(durable fact.Position, era uint64) fact.Position {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case durable > f.head:
		return durable
	case f.era != 0 && f.era != era:
		return f.head
	}
	return f.tail.base
}

// watcher is one Watch call's place in the feed.
type watcher struct {
	feed    *Feed
	history Reader
	sink    func(fact.Update) error
	sel     fact.Selection
	era     uint64        // in which the watch began
	durable fact.Position // the journal's head when the watch began
	after   fact.Position // delivered up to here
	seen    uint64        // observations delivered up to this version
	live    bool
}

// deliver passes on an update, if its era has not ended.
func (w *watcher) deliver(up fact.Update) error {
	if err := w.stale(); err != nil {
		return err
	}
	up.Era = w.era
	return w.sink(up)
}

// stale returns the error of a watch whose era has ended. One that does not go on ends by itself.
func (w *watcher) stale() error {
	if now := w.history.Era(); now == w.era && (w.sel.Era == 0 || w.sel.Era == now) || !w.sel.Follow && w.sel.Era == 0 {
		return nil
	}
	return aura.Errorf("reactive.Watch", aura.Stale, "facts that were shown do not count any more, or others count again")
}

// newest delivers the newest sel.Last durable records, if only they are wanted.
func (w *watcher) newest(tc task.Context, history Reader, sink func(fact.Update) error) error {
	sel := w.sel
	w.sel.Last, w.sel.Causal = 0, false // later records are not counted
	if sel.Last <= 0 || w.durable == 0 {
		return nil
	}
	sel.Through = min(sel.End(), w.durable)
	var page []fact.Record
	bytes := 0
	deliver := func() error {
		up := fact.Update{Records: page, Position: page[len(page)-1].Position}
		page, bytes = nil, 0
		return sink(up)
	}
	err := history.Read(tc, sel, func(r *fact.Record) error {
		if len(page) == pageRecords || bytes > pageBytes {
			if err := deliver(); err != nil {
				return err
			}
		}
		page = append(page, *r)
		bytes += len(r.Fact.Payload)
		return nil
	})
	if err == nil && len(page) > 0 {
		err = deliver()
	}
	w.after = max(w.after, w.durable)
	return err
}

// catchUp delivers pages of history until the rest is in the feed's tail.
func (w *watcher) catchUp(tc task.Context, history Reader, sink func(fact.Update) error) error {
	for {
		upTo := w.feed.missing(w.durable, w.era)
		if w.after >= upTo {
			return nil
		}
		page, done, err := w.page(tc, history, upTo)
		if err != nil {
			return err
		}
		if len(page) > 0 {
			w.after = page[len(page)-1].Position
		}
		if done {
			w.after = upTo
		}
		if len(page) > 0 {
			if err := sink(fact.Update{Records: page, Position: w.after}); err != nil {
				return err
			}
		}
	}
}

// page reads one page of selected records up to a position; done says that there are no more.
func (w *watcher) page(tc task.Context, history Reader, upTo fact.Position) (page []fact.Record, done bool, err error) {
	sel, bytes := w.sel, 0
	sel.After = w.after
	err = history.Read(tc, sel, func(r *fact.Record) error {
		if r.Position > upTo {
			return errPageDone
		}
		if len(page) == pageRecords || bytes > pageBytes {
			return errPageFull
		}
		page = append(page, *r)
		bytes += len(r.Fact.Payload)
		return nil
	})
	switch {
	case err == nil, errors.Is(err, errPageDone):
		return page, true, nil
	case errors.Is(err, errPageFull):
		return page, false, nil
	}
	return nil, false, err
}

// next takes the updates of the tail and the observations for this watcher. It is not ok when the tail
// moved on since catchUp looked: the journal has the missing facts.
func (w *watcher) next() (up fact.Update, changed, ok bool) {
	f := w.feed
	f.mu.Lock()
	defer f.mu.Unlock()
	another := f.era != 0 && f.era != w.era
	if w.after < f.tail.base || another && w.after < f.head {
		return fact.Update{}, false, false
	}
	newer := f.tail.after(w.after)
	for i := range newer {
		if w.sel.Selects(&newer[i]) {
			up.Records = append(up.Records, newer[i])
		}
	}
	up.Position, up.Live = max(w.after, f.head), true
	w.after = up.Position
	up.Observations = w.observations()
	return up, len(up.Records) > 0 || len(up.Observations) > 0, true
}

// observations returns the changes since the last call, oldest first. A first call leaves
// out those that are gone already. The caller holds the leaf.
func (w *watcher) observations() []fact.Observation {
	f := w.feed
	if f.version == w.seen || len(w.sel.Observations) == 0 {
		return nil
	}
	var changed []observed
	for _, o := range f.observed {
		gone := len(o.value.Payload) == 0
		if o.version > w.seen && w.sel.Observes(o.value.Kind) && !(gone && w.seen == 0) {
			changed = append(changed, o)
		}
	}
	w.seen = f.version
	slices.SortFunc(changed, func(a, b observed) int { return cmp.Compare(a.version, b.version) })
	out := make([]fact.Observation, len(changed))
	for i, o := range changed {
		out[i] = o.value
	}
	return out
}

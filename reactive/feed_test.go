package reactive_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/reactive"
	"github.com/aura-runtime/aura/task"
)

// journal is a list of records that counts how often it is read.
type journal struct {
	records []fact.Record
	reads   int
	revised uint64 // eras that ended
}

func (j *journal) Read(_ task.Context, sel fact.Selection, fn func(*fact.Record) error) error {
	j.reads++
	selected := sel.Of(j.records)
	for i := range selected {
		if err := fn(&selected[i]); err != nil {
			return err
		}
	}
	return nil
}

func (j *journal) Head() fact.Position { return fact.Position(len(j.records)) }

func (j *journal) Era() uint64 { return 1 + j.revised }

// commit appends n facts and publishes them.
func (j *journal) commit(f *reactive.Feed, n, size int) {
	up := fact.Update{Era: j.Era()}
	for range n {
		r := record(len(j.records)+1, "test.note", string(make([]byte, size)))
		j.records = append(j.records, r)
		up.Records = append(up.Records, r)
	}
	f.Publish(&up)
}

func positions(records []fact.Record) []fact.Position {
	var out []fact.Position
	for i := range records {
		out = append(out, records[i].Position)
	}
	return out
}

func upTo(n int) []fact.Position {
	var out []fact.Position
	for i := range n {
		out = append(out, fact.Position(i+1))
	}
	return out
}

func TestWatcherGetsHistoryThenWhatCommits(t *testing.T) {
	everywhere(t, func(t *testing.T, tc task.Context) {
		j := &journal{records: []fact.Record{record(1, "test.note", "a"), record(2, "test.note", "b")}}
		f := reactive.NewFeed(2)
		ready := task.NewLatch()
		g := task.NewGroup(tc, "watcher")
		var got []fact.Position
		enough := errors.New("enough")
		var ended error
		g.Go("watch", func(tc task.Context) error {
			ended = f.Watch(tc, j, fact.Selection{Follow: true}, func(up fact.Update) error {
				got = append(got, positions(up.Records)...)
				if up.Live {
					ready.Open()
				}
				if len(got) == 5 {
					return enough
				}
				return nil
			})
			return nil
		})
		if err := ready.Wait(tc); err != nil {
			t.Fatal(err)
		}
		reads := j.reads
		j.commit(f, 1, 0)
		j.commit(f, 2, 0)
		if err := g.Wait(tc); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(upTo(5), got); diff != "" || !errors.Is(ended, enough) {
			t.Errorf("ended with %v; positions (-want +got):\n%s", ended, diff)
		}
		if j.reads != reads {
			t.Errorf("a watcher that is up to date read the journal %d times", j.reads-reads)
		}
	})
}

// A watcher that stops in the middle while the feed runs on falls out of the feed's memory, and must
// find everything in the journal.
func TestSlowWatcherLosesNothing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		bursts := rapid.SliceOfN(rapid.IntRange(1, 900), 1, 6).Draw(rt, "bursts")
		size := rapid.SampledFrom([]int{0, 100, 4000}).Draw(rt, "payload bytes")
		start := rapid.IntRange(0, 700).Draw(rt, "facts before the feed began")
		simulated(t, rapid.Uint64().Draw(rt, "seed"), nil, func(t *testing.T, tc task.Context) {
			j := &journal{}
			j.commit(reactive.NewFeed(0), start, size)
			f := reactive.NewFeed(fact.Position(start))
			total := start
			for _, n := range bursts {
				total += n
			}
			var got []fact.Position
			enough := errors.New("enough")
			err := f.Watch(tc, j, fact.Selection{Follow: true}, func(up fact.Update) error {
				got = append(got, positions(up.Records)...)
				if len(up.Records) > 0 && up.Position < up.Records[len(up.Records)-1].Position {
					t.Errorf("update ends at %d and says %d", up.Records[len(up.Records)-1].Position, up.Position)
				}
				if len(bursts) > 0 {
					j.commit(f, bursts[0], size)
					bursts = bursts[1:]
				}
				if len(got) >= total {
					return enough
				}
				return nil
			})
			if !errors.Is(err, enough) {
				rt.Fatalf("watch ended with %v", err)
			}
			if diff := cmp.Diff(upTo(total), got); diff != "" {
				rt.Fatalf("positions (-want +got):\n%s", diff)
			}
		})
	})
}

// A fact is durable before its window closes: a task that committed it must find it, once.
func TestWatcherFindsWhatIsDurableAndNotYetPublished(t *testing.T) {
	everywhere(t, func(t *testing.T, tc task.Context) {
		j := &journal{}
		f := reactive.NewFeed(0)
		j.commit(f, 3, 0)
		for n := range 2 {
			j.records = append(j.records, record(4+n, "test.note", "durable"))
		}
		var got []fact.Position
		enough := errors.New("enough")
		err := f.Watch(tc, j, fact.Selection{Follow: true}, func(up fact.Update) error {
			got = append(got, positions(up.Records)...)
			if up.Live && up.Position == 5 {
				f.Publish(&fact.Update{Records: j.records[3:]}) // the window closes
				j.commit(f, 1, 0)
			}
			if len(got) >= 6 {
				return enough
			}
			return nil
		})
		if diff := cmp.Diff(upTo(6), got); diff != "" || !errors.Is(err, enough) {
			t.Errorf("ended with %v; positions (-want +got):\n%s", err, diff)
		}
	})
}

func TestHistoryComesInPages(t *testing.T) {
	simulated(t, 1, nil, func(t *testing.T, tc task.Context) {
		j := &journal{}
		j.commit(reactive.NewFeed(0), 3000, 1000)
		f := reactive.NewFeed(3000)
		total, live := 0, 0
		err := f.Watch(tc, j, fact.Selection{}, func(up fact.Update) error {
			if len(up.Records) > 600 {
				t.Errorf("a page holds %d records", len(up.Records))
			}
			total += len(up.Records)
			if up.Live {
				live++
			}
			return nil
		})
		if err != nil || total != 3000 || live != 1 {
			t.Errorf("%d records, %d live updates, %v", total, live, err)
		}
	})
}

func TestJournalErrorEndsTheWatch(t *testing.T) {
	simulated(t, 1, nil, func(t *testing.T, tc task.Context) {
		err := reactive.NewFeed(5).Watch(tc, broken{}, fact.Selection{}, func(fact.Update) error { return nil })
		if !errors.Is(err, aura.Corrupt) {
			t.Errorf("watch ended with %v", err)
		}
	})
}

type broken struct{}

func (broken) Head() fact.Position { return 5 }

func (broken) Era() uint64 { return 1 }

func (broken) Read(task.Context, fact.Selection, func(*fact.Record) error) error {
	return aura.Errorf("test.Read", aura.Corrupt, "record 3 is damaged")
}

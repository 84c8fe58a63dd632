package journal_test

import (
	"errors"
	"flag"
	"os"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/journal/storetest"
	"github.com/aura-runtime/aura/task"
)

func TestMain(m *testing.M) {
	if os.Getenv(killedHome) != "" {
		appendUntilKilled()
	}
	flag.Parse()
	// Opening a store on a disk costs milliseconds, so fewer draws than the default.
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
		_ = f.Value.Set("30")
	}
	os.Exit(m.Run())
}

// faultyDisk is the simulated store as a disk.
type faultyDisk struct{ store *journal.Faulty }

func (d *faultyDisk) Open() (journal.Store, error) {
	if d.store == nil {
		d.store = journal.NewFaulty(entropy(1), journal.Faults{})
	} else {
		d.store = d.store.Crash() // a clean reopening when it was closed
	}
	return d.store, nil
}

func (d *faultyDisk) Crash() {}

// pebbleDisk is Pebble on a file system in memory that loses unsynced bytes.
type pebbleDisk struct{ fs *vfs.MemFS }

func (d *pebbleDisk) Open() (journal.Store, error) {
	if d.fs == nil {
		d.fs = vfs.NewCrashableMem()
	}
	return openMem(d.fs)
}

func (d *pebbleDisk) Crash() { d.fs = d.fs.CrashClone(vfs.CrashCloneCfg{}) }

func openMem(fs vfs.FS) (journal.Store, error) {
	return journal.OpenPebble("journal", journal.PebbleOptions{FS: fs, Reserve: -1})
}

func real() task.Executor { return task.NewReal(task.RealOptions{}) }

func TestFaultyStoreIsAStore(t *testing.T) {
	t.Run("simulated", func(t *testing.T) {
		storetest.Run(t, func() task.Executor { return task.NewSim(1, task.SimOptions{}) }, func() storetest.Disk { return &faultyDisk{} })
	})
	t.Run("real", func(t *testing.T) {
		storetest.Run(t, real, func() storetest.Disk { return &faultyDisk{} })
	})
}

// TestASimulatedDiskThatBrokeStaysBroken: after a sync that failed, no later one can be relied on. The disk
// refuses until the store is opened again, like a real one.
func TestASimulatedDiskThatBrokeStaysBroken(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		batch := func(key string) *journal.Batch {
			b := &journal.Batch{}
			b.Set([]byte(key), []byte("value"))
			return b
		}
		disk := journal.NewFaulty(entropy(2), journal.Faults{BreakApply: 1})
		if err := disk.Apply(tc, batch("torn")); !errors.Is(err, aura.Unavailable) {
			t.Fatalf("got %v, want unavailable", err)
		}
		disk.SetFaults(journal.Faults{})
		if err := disk.Apply(tc, batch("after")); !errors.Is(err, aura.Unavailable) {
			t.Errorf("a broken disk takes a batch: %v", err)
		}
		again := disk.Crash()
		if err := again.Apply(tc, batch("again")); err != nil {
			t.Errorf("opened again: %v", err)
		}
		if _, ok, err := again.Get([]byte("after")); ok || err != nil {
			t.Errorf("what was refused is there: %v", err)
		}
	})
}

func TestPebbleIsAStore(t *testing.T) {
	storetest.Run(t, real, func() storetest.Disk { return &pebbleDisk{} })
}

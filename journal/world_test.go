package journal_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// stream is a deterministic source of randomness.
type stream struct {
	seed  uint64
	count uint64
	lock  task.Mutex
}

func entropy(seed uint64) world.Entropy { return &stream{seed: seed} }

func (s *stream) Read(p []byte) (int, error) {
	s.lock.Lock()
	defer s.lock.Unlock()
	for n := 0; n < len(p); {
		block := sha256.Sum256(binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, s.seed), s.count))
		s.count++
		n += copy(p[n:], block[:])
	}
	return len(p), nil
}

// device is one author's device with its key.
type device struct {
	key    ed25519.PrivateKey
	author aura.AuthorityID
	id     aura.DeviceID
}

func newDevice(n byte) device {
	seed := sha256.Sum256([]byte{n})
	key := ed25519.NewKeyFromSeed(seed[:])
	return device{key: key, author: aura.AuthorityID{n}, id: aura.DeviceOf(key.Public().(ed25519.PublicKey))}
}

func (d device) public() []byte { return d.key.Public().(ed25519.PublicKey) }

func (d device) sign(message []byte) [64]byte { return [64]byte(ed25519.Sign(d.key, message)) }

// record returns the device's seq-th fact in the namespace.
func (d device) record(ns fact.Namespace, seq uint64, logical aura.Logical, text string) fact.Record {
	return d.recordOf(aura.OperationID{}, ns, seq, logical, text)
}

// recordOf is record for a fact that an action left.
func (d device) recordOf(op aura.OperationID, ns fact.Namespace, seq uint64, logical aura.Logical, text string) fact.Record {
	f := fact.Fact{
		Namespace: ns, Kind: "chat.message", Operation: op, Payload: []byte(text), Logical: logical,
		Order: aura.OrderToken{byte(seq)}, Author: d.author, Device: d.id,
	}
	r := d.signed(f)
	r.Seq = seq
	return r
}

// signed returns the record of a fact that the device signed by itself.
func (d device) signed(f fact.Fact) fact.Record {
	r := fact.NewRecord(f)
	b := fact.NewBatch([]aura.FactID{r.ID})
	r.Proof = b.Proof(0, d.sign(b.SigningBytes()))
	return r
}

var (
	self = newDevice(1)
	peer = newDevice(2)

	own  = fact.OwnNamespace(self.author)
	pair = fact.ContextNamespace(aura.ContextID{7})
	crew = fact.ContextNamespace(aura.ContextID{8})
)

func registry() *fact.Registry {
	r := fact.NewRegistry()
	if err := r.Register(fact.Domain{Name: "chat", Kinds: []fact.Kind{{Name: "chat.message"}, {Name: "chat.read"}}}); err != nil {
		panic(err)
	}
	return r
}

func options() journal.Options {
	return journal.Options{
		Key: [32]byte{1}, Entropy: entropy(1), Author: self.author, Device: self.id, Sign: self.sign, Registry: registry(),
	}
}

func draft(ns fact.Namespace, kind, text string) fact.Draft {
	return fact.Draft{Namespace: ns, Kind: kind, Payload: []byte(text)}
}

// simulate runs fn as the root task of a simulation and fails the test on its error.
func simulate(t testing.TB, seed uint64, fn func(task.Context)) {
	t.Helper()
	err := task.NewSim(seed, task.SimOptions{}).Run("test", func(tc task.Context) error {
		fn(tc)
		return nil
	})
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
}

// opened is a journal in a group of its own.
type opened struct {
	*journal.Journal
	group *task.Group
}

func open(t testing.TB, tc task.Context, store journal.Store) opened {
	t.Helper()
	j, err := tryOpen(tc, store, options())
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func tryOpen(tc task.Context, store journal.Store, o journal.Options) (opened, error) {
	g := task.NewGroup(tc, "journal")
	j, err := journal.Open(tc, store, o)
	if err == nil {
		g.Go("journal.writer", j.Serve)
	}
	return opened{j, g}, err
}

// close closes the journal and waits for its writer.
func (o opened) close(t testing.TB, tc task.Context) {
	t.Helper()
	if err := o.Close(tc); err != nil {
		t.Fatal(err)
	}
	if err := o.group.Close(tc, time.Second); err != nil {
		t.Fatal(err)
	}
}

// Append is that of the journal. Facts of the first format of which an entry does not say the digest before them are in the
// first row.
func (o opened) Append(tc task.Context, e *journal.Entry) ([]fact.Record, error) {
	e.Foreign = slices.Clone(e.Foreign)
	for i := range e.Foreign {
		r := &e.Foreign[i]
		if r.Fact.Seq != 0 || r.Seq < 2 || r.Before != [fact.ShortID]byte{} {
			continue
		}
		var last fact.Record
		if i > 0 {
			last = e.Foreign[i-1]
		}
		if last.Fact.Device != r.Fact.Device || last.Fact.Namespace != r.Fact.Namespace || last.Seq+1 != r.Seq {
			heads, err := o.Heads(r.Fact.Namespace, r.Fact.Device)
			if err != nil {
				return nil, err
			}
			if len(heads) == 1 && heads[0].Seq+1 == r.Seq {
				r.Before = heads[0].ID
				continue
			}
			there, err := o.ByAuthor(r.Fact.Namespace, r.Fact.Device, r.Seq-1, 1)
			if err != nil || len(there) == 0 {
				continue
			}
			last = there[0]
			if last.Before, err = o.Before(&last); err != nil {
				return nil, err
			}
		}
		r.Before = last.Row().ID
	}
	return o.Journal.Append(tc, e)
}

func (o opened) append(t testing.TB, tc task.Context, e *journal.Entry) []fact.Record {
	t.Helper()
	records, err := o.Append(tc, e)
	if err != nil {
		t.Fatal(err)
	}
	return records
}

func (o opened) read(t testing.TB, tc task.Context, sel fact.Selection) []fact.Record {
	t.Helper()
	var records []fact.Record
	if _, err := o.Read(tc, sel, func(r fact.Record) error {
		records = append(records, r)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return records
}

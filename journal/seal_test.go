package journal_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"strings"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// sealed returns a store with five facts, four of which have a joint proof, a charge, metadata and a checkpoint.
func sealed(t *testing.T, tc task.Context) *journal.Faulty {
	t.Helper()
	disk := journal.NewFaulty(entropy(2), journal.Faults{})
	j := open(t, tc, disk)
	e := &journal.Entry{
		Foreign:     []fact.Record{peer.record(pair, 1, 1, "the peer's secret")},
		Charges:     []fact.Charge{{Context: aura.ContextID{7}, Peer: peer.author, Spent: 1}},
		Leaks:       []fact.Leak{{Context: aura.ContextID{7}, Observer: fact.ObserverGroup, Bits: 1}},
		Meta:        []journal.KV{{Key: "address", Value: []byte("a secret place")}},
		Checkpoints: []journal.Checkpoint{{Name: "view.chat", Position: 1, State: []byte("a secret view")}},
	}
	for range 4 {
		e.Drafts = append(e.Drafts, draft(pair, "chat.message", "our secret"))
	}
	j.append(t, tc, e)
	j.close(t, tc)
	return disk.Crash()
}

func TestStoreRevealsNoContentAndNoName(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		var all []byte
		for key, value := range dump(t, sealed(t, tc)) {
			all = append(append(append(all, key...), '\n'), value...)
		}
		r := peer.record(pair, 1, 1, "the peer's secret")
		for name, secret := range map[string][]byte{
			"text": []byte("secret"), "kind": []byte("chat"), "context": pair.ID[:], "author": self.author[:], "peer": peer.author[:],
			"device": self.id[:], "metadata key": []byte("address"), "checkpoint": []byte("view"), "identity": r.ID[:8],
		} {
			if bytes.Contains(all, secret) {
				t.Errorf("the store shows the %s", name)
			}
		}
	})
}

func TestDamageIsNamedAndNeverTrusted(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		good := dump(t, sealed(t, tc))
		for key, value := range good {
			// A damaged checkpoint is as good as none.
			if len(value) == 0 || key[0] == 0x0b {
				continue
			}
			spoiled := []byte(value)
			spoiled[len(spoiled)/2] ^= 4
			err := use(tc, restore(t, tc, good, key, spoiled))
			if !errors.Is(err, aura.Corrupt) {
				t.Errorf("a bit of table %#x flipped: got %v, want corrupt", key[0], err)
			}
		}
		for key := range good {
			if key[0] == tableRecord || key[0] == tableProof {
				if err := use(tc, restore(t, tc, good, key, nil)); !errors.Is(err, aura.Corrupt) {
					t.Errorf("record or proof %d removed: got %v, want corrupt", key[8], err)
				}
			}
		}
	})
}

func TestSwappedRecordsAreCorrupt(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		good := dump(t, sealed(t, tc))
		var first, second string
		for key := range good {
			switch {
			case key[0] != 0x02:
			case first == "":
				first = key
			case second == "":
				second = key
			}
		}
		if err := use(tc, restore(t, tc, good, first, []byte(good[second]))); !errors.Is(err, aura.Corrupt) {
			t.Errorf("got %v, want corrupt", err)
		}
	})
}

// TestASealedValueStaysUnderItsKey: a writer to the disk cannot give one name the value of
// another.
func TestASealedValueStaysUnderItsKey(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		disk := journal.NewFaulty(entropy(2), journal.Faults{})
		j := open(t, tc, disk)
		before := dump(t, disk)
		j.append(t, tc, &journal.Entry{Meta: []journal.KV{{Key: "one", Value: []byte("1")}, {Key: "two", Value: []byte("2")}}})
		j.close(t, tc)
		good := dump(t, disk.Crash())
		var keys []string
		for key := range good {
			if _, old := before[key]; !old {
				keys = append(keys, key)
			}
		}
		if len(keys) != 2 {
			t.Fatalf("two names have %d keys", len(keys))
		}
		good[keys[0]], good[keys[1]] = good[keys[1]], good[keys[0]]
		again := open(t, tc, restore(t, tc, good, "", nil))
		for _, name := range []string{"one", "two"} {
			if v, err := again.Meta(name); !errors.Is(err, aura.Corrupt) {
				t.Errorf("%s is %q, %v: want corrupt", name, v, err)
			}
		}
		again.close(t, tc)
	})
}

// TestNoNonceIsUsedTwice: two values under one nonce give away how they differ, and the key of their checks.
func TestNoNonceIsUsedTwice(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		const nonceSize = 24 // XChaCha20-Poly1305
		seen, values := map[string]string{}, 0
		for key, value := range dump(t, sealed(t, tc)) {
			if key == "\x00" || len(value) < nonceSize+16 {
				continue // the header and places are not sealed
			}
			values++
			nonce := value[:nonceSize]
			if other, used := seen[nonce]; used {
				t.Errorf("values of tables %#x and %#x share a nonce", key[0], other[0])
			}
			seen[nonce] = key
		}
		if values < 8 {
			t.Fatalf("only %d sealed values", values)
		}
	})
}

// TestRecordsAfterTheHeadAreNoticed: a store that shows a record of a batch without its head has torn the
// batch, contrary to its promise.
func TestRecordsAfterTheHeadAreNoticed(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		disk := journal.NewFaulty(entropy(2), journal.Faults{})
		j := open(t, tc, disk)
		j.append(t, tc, &journal.Entry{Drafts: []fact.Draft{draft(pair, "chat.message", "one")}})
		before := dump(t, disk)
		j.append(t, tc, &journal.Entry{Drafts: []fact.Draft{draft(pair, "chat.message", "two")}})
		j.close(t, tc)
		torn := dump(t, disk.Crash())
		for key, value := range before {
			torn[key] = value // the old values that the batch replaced, and the keys that it added
		}
		if err := use(tc, restore(t, tc, torn, "", nil)); !errors.Is(err, aura.Corrupt) {
			t.Errorf("got %v, want corrupt", err)
		}
	})
}

func TestForeignBytesAreNoJournal(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		for name, content := range map[string]map[string]string{
			"no header":    {"\x02\x00": "x"},
			"short header": {"\x00": "aura journal"},
			"other header": {"\x00": strings.Repeat("x", 53)},
		} {
			if err := use(tc, restore(t, tc, content, "", nil)); !errors.Is(err, aura.Corrupt) {
				t.Errorf("%s: got %v, want corrupt", name, err)
			}
		}
	})
}

func TestNewerFormatIsNotTouched(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		good := dump(t, sealed(t, tc))
		header := []byte(good["\x00"])
		body := header[:len(header)-8]
		body[len("aura journal")]++
		sum := sha256.Sum256(body)
		if err := use(tc, restore(t, tc, good, "\x00", append(body, sum[:8]...))); !errors.Is(err, aura.Invalid) {
			t.Errorf("got %v, want invalid", err)
		}
	})
}

// restore returns a store with the content, in which key has another value or, with nil, none.
func restore(t *testing.T, tc task.Context, content map[string]string, key string, value []byte) journal.Store {
	t.Helper()
	var b journal.Batch
	for k, v := range content {
		if k != key {
			b.Set([]byte(k), []byte(v))
		} else if value != nil {
			b.Set([]byte(k), value)
		}
	}
	s := journal.NewFaulty(entropy(3), journal.Faults{})
	if err := s.Apply(tc, &b); err != nil {
		t.Fatal(err)
	}
	return s
}

// use opens a journal and reads all that it has, in every way.
func use(tc task.Context, s journal.Store) error {
	j, err := tryOpen(tc, s, options())
	if err != nil {
		return err
	}
	ids := []aura.FactID{peer.record(pair, 1, 1, "the peer's secret").ID}
	for _, sel := range []fact.Selection{{}, {Namespaces: []fact.Namespace{pair}}, {Kinds: []string{"chat.*"}}} {
		if _, e := j.Read(tc, sel, func(r fact.Record) error {
			ids = append(ids, r.ID)
			return nil
		}); e != nil {
			err = errors.Join(err, e)
		}
	}
	for _, device := range []aura.DeviceID{self.id, peer.id} {
		_, e := j.ByAuthor(pair, device, 1, 10)
		err = errors.Join(err, e)
	}
	for _, id := range ids {
		_, _, e := j.Fact(id)
		err = errors.Join(err, e)
	}
	_, e := j.Meta("address")
	return errors.Join(err, e, j.Close(tc))
}

package journal_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// batch returns facts of the device at the places from seq on, which it signed together with as many of another
// namespace that come between them.
func (d device) batch(ns fact.Namespace, seq uint64, n int) []fact.Record {
	var ids []aura.FactID
	records := make([]fact.Record, n)
	for i := range records {
		at := seq + uint64(i)
		records[i] = d.record(ns, at, aura.Logical(at), fmt.Sprint("fact ", at))
		ids = append(ids, records[i].ID, aura.FactID{byte(i), 9})
	}
	b := fact.NewBatch(ids)
	signature := d.sign(b.SigningBytes())
	for i := range records {
		records[i].Proof = b.Proof(2*i, signature)
	}
	return records
}

// travelled returns records as they are after their way to another device.
func travelled(t *testing.T, sent []fact.Record) []fact.Record {
	t.Helper()
	got := slices.Clone(sent)
	for i := range got {
		got[i].Proof = fact.Proof{}
	}
	if err := fact.SpreadProofs(got, fact.ShareProofs(sent)); err != nil {
		t.Fatal(err)
	}
	return got
}

// joints returns how many joint proofs a store has.
func joints(t *testing.T, s journal.Store) (n int) {
	t.Helper()
	for key := range dump(t, s) {
		if key[0] == tableProof {
			n++
		}
	}
	return n
}

// checkProofs makes sure that every record of the journal has a whole proof, in each way of reading.
func checkProofs(t *testing.T, tc task.Context, j opened, facts int) {
	t.Helper()
	verifiers := map[aura.DeviceID]*fact.Verifier{self.id: fact.NewVerifier(self.public()), peer.id: fact.NewVerifier(peer.public())}
	check := func(how string, r *fact.Record) {
		if err := verifiers[r.Fact.Device].Verify(r); err != nil {
			t.Errorf("%s: record %d: %v", how, r.Position, err)
		}
		alone, err := fact.DecodeRecord(r.Encode())
		if err == nil {
			err = verifiers[r.Fact.Device].Verify(&alone)
		}
		if err != nil {
			t.Errorf("%s: record %d by itself: %v", how, r.Position, err)
		}
	}
	all := j.read(t, tc, fact.Selection{})
	if len(all) != facts {
		t.Errorf("%d facts, want %d", len(all), facts)
	}
	for i := range all {
		r := &all[i]
		check("all", r)
		if i%5 != 0 {
			continue
		}
		one, err := j.ByAuthor(r.Fact.Namespace, r.Fact.Device, r.Number, 1)
		if err != nil || len(one) != 1 || !one[0].Equal(*r) {
			t.Fatalf("record %d by its place: %v, %v", r.Position, one, err)
		}
		check("by its place", &one[0])
		if i%13 != 0 {
			continue // it looks through the whole journal
		}
		found, ok, err := j.Fact(r.ID)
		if err != nil || !ok {
			t.Fatalf("record %d by its identity: %t, %v", r.Position, ok, err)
		}
		check("by its identity", &found)
	}
}

// TestAProofIsStoredOnceForTheFactsOfABatch: facts of one batch arrive in parts, some of them twice, in one entry or
// several, beside own facts. After a crash each has its proof, and the store has few.
func TestAProofIsStoredOnceForTheFactsOfABatch(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 150).Draw(rt, "facts")
		step := rapid.IntRange(1, 80).Draw(rt, "facts in a message")
		again := rapid.IntRange(0, 10).Draw(rt, "facts that come twice")
		own := rapid.IntRange(0, 70).Draw(rt, "own facts with each")
		simulate(t, 1, func(tc task.Context) {
			disk := journal.NewFaulty(entropy(2), journal.Faults{})
			j := open(t, tc, disk)
			theirs, facts, most := peer.batch(pair, 1, n), n, 0
			for from := 0; from < n; from += step {
				e := &journal.Entry{Foreign: travelled(t, theirs[max(0, from-again):min(n, from+step)])}
				for i := range own {
					e.Drafts = append(e.Drafts, draft([]fact.Namespace{pair, crew}[i%2], "chat.message", "ours"))
				}
				if len(j.append(t, tc, e)) == 0 {
					t.Fatal("nothing is new")
				}
				facts += own
				most += (own+63)/64 + (step+63)/64
			}
			checkProofs(t, tc, j, facts)
			j.close(t, tc)
			disk = disk.Crash()
			if got := joints(t, disk); got > most {
				t.Errorf("%d joint proofs for %d facts, want at most %d", got, facts, most)
			}
			j = open(t, tc, disk)
			checkProofs(t, tc, j, facts)
			j.close(t, tc)
		})
	})
}

// TestAJointProofIsOfARowOfOneSignature: facts that come in another order than their batch's, or whose device signed the batch
// twice, are read with the proofs that they had.
func TestAJointProofIsOfARowOfOneSignature(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		disk := journal.NewFaulty(entropy(2), journal.Faults{})
		j := open(t, tc, disk)
		theirs := peer.batch(pair, 1, 8)
		var ids []aura.FactID
		for i := range theirs {
			ids = append(ids, theirs[len(theirs)-1-i].ID)
		}
		backwards := fact.NewBatch(ids)
		for i := range 4 {
			theirs[i].Proof = backwards.Proof(len(theirs)-1-i, peer.sign(backwards.SigningBytes()))
		}
		for i := 6; i < 8; i++ {
			theirs[i].Proof.Signature[0] ^= 1
		}
		j.append(t, tc, &journal.Entry{Foreign: theirs})
		j.close(t, tc)
		j = open(t, tc, disk.Crash())
		for i, r := range j.read(t, tc, fact.Selection{}) {
			if r.ID != theirs[i].ID || !r.Proof.Equal(theirs[i].Proof) {
				t.Errorf("record %d has another identity or proof than before", i)
			}
		}
		j.close(t, tc)
	})
}

// TestCollectedFactsLeaveTheirProofs: the other facts of a batch keep theirs, and the last one takes the joint proof with it.
func TestCollectedFactsLeaveTheirProofs(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		disk := journal.NewFaulty(entropy(2), journal.Faults{})
		j := open(t, tc, disk)
		const each = 100
		e := &journal.Entry{Foreign: travelled(t, peer.batch(pair, 1, each))}
		for range each {
			e.Drafts = append(e.Drafts, draft(pair, "chat.message", "one"), draft(crew, "chat.message", "two"))
		}
		j.append(t, tc, e)
		before := joints(t, disk)
		if want := (2*each+63)/64 + (each+63)/64; before != want {
			t.Fatalf("%d joint proofs, want %d", before, want)
		}
		for i, ns := range []fact.Namespace{pair, crew} {
			id, err := commitSnapshot(tc, j, ns)
			if err != nil {
				t.Fatal(err)
			}
			if n, err := j.Collect(tc, id); err != nil || n != []int{2 * each, each}[i] {
				t.Fatalf("collected %d, %v", n, err)
			}
			left := []int{each + 1, 2}[i]
			checkProofs(t, tc, j, left)
			j.close(t, tc)
			disk = disk.Crash()
			if got, want := joints(t, disk), []int{(2*each + 63) / 64, 0}[i]; got != want {
				t.Errorf("%d joint proofs are left, want %d", got, want)
			}
			j = open(t, tc, disk)
			checkProofs(t, tc, j, left)
		}
		j.close(t, tc)
	})
}

// TestJournalOfFormat3GoesOn: format3.store holds four groups of a program in which each record had its own proof, ten facts
// each.
func TestJournalOfFormat3GoesOn(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		disk := written(t, tc, "testdata/format3.store").(*journal.Faulty)
		if format, n := formatOf(t, disk), joints(t, disk); format != 3 || n != 0 {
			t.Fatalf("a store of format %d with %d joint proofs", format, n)
		}
		j := open(t, tc, disk)
		checkProofs(t, tc, j, 40)
		checkIndexes(t, tc, j)
		mixed(t, tc, j, 5)
		j.close(t, tc)
		disk = disk.Crash()
		if format, n := formatOf(t, disk), joints(t, disk); format != 4 || n != 1 {
			t.Errorf("a store of format %d with %d joint proofs", format, n)
		}
		j = open(t, tc, disk)
		checkProofs(t, tc, j, 50)
		checkIndexes(t, tc, j)
		snapshot, err := commitSnapshot(tc, j, pair)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := j.Collect(tc, snapshot); err != nil || n != 20 {
			t.Fatalf("collected %d, %v", n, err)
		}
		checkProofs(t, tc, j, 31)
		j.close(t, tc)
	})
}

// TestBytesOfARecord says what a record takes on the disk and on the wire, with a text of 100 bytes, and holds that a
// fact by itself takes no more than with a proof of its own.
func TestBytesOfARecord(t *testing.T) {
	for _, n := range []int{1, 8, 64, 256} {
		simulate(t, 1, func(tc task.Context) {
			disk := journal.NewFaulty(entropy(2), journal.Faults{})
			j := open(t, tc, disk)
			j.append(t, tc, &journal.Entry{Drafts: []fact.Draft{draft(pair, "chat.message", "before")}})
			before := dump(t, disk)
			text, err := fact.Marshal(map[uint64]string{2: string(make([]byte, 100))})
			if err != nil {
				t.Fatal(err)
			}
			e := &journal.Entry{Drafts: slices.Repeat([]fact.Draft{draft(pair, "chat.message", string(text))}, n)}
			records := j.append(t, tc, e)
			stored, sent, alone := 0, 0, 0
			for key, value := range dump(t, disk) {
				if _, old := before[key]; !old && (key[0] == tableRecord || key[0] == tableProof) {
					stored += len(key) + len(value)
				}
			}
			for i := range records {
				sent += len(records[i].Canonical())
				alone += len(records[i].Encode())
			}
			facts := sent
			for _, p := range fact.ShareProofs(records) {
				sent += len(p)
			}
			t.Logf("batch of %d: a fact has %d bytes; stored %d, travelling %d, by itself %d", n, facts/n, stored/n, sent/n, alone/n)
			if sent > alone || n == 1 && stored > alone+9+24+16 {
				t.Errorf("batch of %d: %d bytes stored, %d travelling, with a proof each %d", n, stored, sent, alone)
			}
			j.close(t, tc)
		})
	}
}

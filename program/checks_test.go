package program

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/builtin"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/device"
	"github.com/aura-runtime/aura/domain/status"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/keyring"
	"github.com/aura-runtime/aura/roster"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/ui/cli"
)

// written returns the disk of a home whose journal has one entry.
func written(tc task.Context, sim *task.Sim, ring *keyring.Ring, entry *journal.Entry) (*journal.Faulty, error) {
	disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
	set, err := builtin.New()
	if err != nil {
		return nil, err
	}
	j, err := journal.Open(tc, disk, journal.Options{
		Key: ring.StoreKey(), Entropy: sim.Entropy("journal"), Registry: set.Registry(),
		Author: ring.Authority(), Device: ring.Device(), Sign: ring.Sign,
	})
	if err != nil {
		return nil, err
	}
	writer := task.NewGroup(tc, "writer")
	writer.Go("writer", j.Serve)
	if _, err := j.Append(tc, entry); err != nil {
		return nil, err
	}
	if err := j.Close(tc); err != nil {
		return nil, err
	}
	if err := writer.Close(tc, time.Minute); err != nil {
		return nil, err
	}
	return disk.Crash(), nil // it is open again
}

// TestDoctorTellsOfAContestedAccount with the remedy, also when no agent runs.
func TestDoctorTellsOfAContestedAccount(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	sim := task.NewSim(1, task.SimOptions{})
	err := sim.Run("test", func(tc task.Context) error {
		ring := keyring.Ephemeral(sim.Entropy("ring"))
		c := ring.Certificate()
		sign, err := ring.Root()
		if err != nil {
			return err
		}
		first, err := roster.Found(&c)
		if err != nil {
			return err
		}
		chain, entries := roster.New(ring.Authority()), []roster.Entry{first}
		if err := chain.Add(first, 0); err != nil {
			return err
		}
		for _, name := range []string{"tablet", "laptop"} { // each as if the other one were not
			e, err := roster.Enrol(chain.State(1), ring.Device(), ring.Sibling(sim.Entropy(name), roster.RootPlaceHere).Listed())
			if err != nil {
				return err
			}
			entries = append(entries, e.Sign(sign))
		}
		for n, want := range map[int]bool{2: false, 3: true} {
			all, err := roster.Announce(entries[:n])
			if err != nil {
				return err
			}
			payload, err := fact.Marshal(all[0])
			if err != nil {
				return err
			}
			disk, err := written(tc, sim, ring, &journal.Entry{Drafts: []fact.Draft{
				{Namespace: fact.OwnNamespace(ring.Authority()), Kind: device.KindRoster, Payload: payload},
			}})
			if err != nil {
				return err
			}
			contested := false
			for _, f := range checkJournal(tc, &cli.Shell{Out: io.Discard, Err: io.Discard}, t.TempDir(), disk, ring) {
				if f.Check == "devices" {
					contested = true
					if f.OK || !strings.Contains(f.Detail, "this account says two things") || !strings.Contains(f.Fix, "find out which of your devices") {
						t.Errorf("%+v", f)
					}
				}
			}
			if contested != want {
				t.Errorf("with %d entries it is told of a contest: %t", n, contested)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestDoctorCountsVoidFactsApart: they are intact, and no problem. A damaged entry of a log is one, which names what follows.
func TestDoctorCountsVoidFactsApart(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	sim := task.NewSim(1, task.SimOptions{})
	err := sim.Run("test", func(tc task.Context) error {
		ring := keyring.Ephemeral(sim.Entropy("ring"))
		ns := fact.ContextNamespace(aura.ContextID{3})
		payload, err := fact.Marshal(chat.Text{Text: "hello", At: 1})
		if err != nil {
			return err
		}
		d := fact.Draft{Namespace: ns, Kind: chat.KindMessage, Payload: payload}
		entry := &journal.Entry{
			Drafts: []fact.Draft{d, d, d}, Void: []journal.Void{{Namespace: ns, Device: ring.Device(), Ranges: []journal.Range{{From: 3}}}},
			Logs: []journal.LogChange{{Name: "receipt/of somebody", Values: [][]byte{{1}}}},
		}
		disk, err := written(tc, sim, ring, entry)
		if err != nil {
			return err
		}
		check := func(disk journal.Store) map[string]finding {
			found := map[string]finding{}
			for _, f := range checkJournal(tc, &cli.Shell{Out: io.Discard, Err: io.Discard}, t.TempDir(), disk, ring) {
				found[f.Check] = f
			}
			return found
		}
		found := check(disk)
		if f := found["journal"]; !f.OK || f.Detail != "3 facts, all intact; void, because their device was removed: 1" {
			t.Errorf("%+v", f)
		}
		if f := found["logs"]; !f.OK {
			t.Errorf("%+v", f)
		}
		disk = disk.Crash()
		if f := check(spoiled{disk})["journal"]; f.OK || f.Fix != lostJournal {
			t.Errorf("a start cannot read all: %+v", f)
		}
		disk = disk.Crash()
		damage := &journal.Batch{}
		if err := disk.Iterate([]byte{0x13}, []byte{0x14}, func(key, value []byte) error {
			damage.Set(bytes.Clone(key), append(bytes.Clone(value[:len(value)-1]), ^value[len(value)-1]))
			return nil
		}); err != nil {
			return err
		}
		if err := disk.Apply(tc, damage); err != nil {
			return err
		}
		if f := check(disk)["logs"]; f.OK || !strings.Contains(f.Fix, "messages to one contact may wait until the next hour") {
			t.Errorf("%+v", f)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// spoiled is a store of which one block is damaged that has neither facts nor logs.
type spoiled struct{ journal.Store }

func (s spoiled) Iterate(start, end []byte, fn func(key, value []byte) error) error {
	if len(start) == 0 {
		return aura.Errorf("test", aura.Corrupt, "block 7 is damaged")
	}
	return s.Store.Iterate(start, end, fn)
}

// TestDoctorSaysWhatADamagedLogCosts: a start does without some, and needs others.
func TestDoctorSaysWhatADamagedLogCosts(t *testing.T) {
	damaged := aura.Errorf("test", aura.Corrupt, "an entry is damaged")
	for family, want := range map[string]string{"receipt": "until the next hour", "session": "gives up the session", "ended": lostJournal, "cursor": lostJournal} {
		if fix := logsFix(family, damaged); !strings.Contains(fix, want) {
			t.Errorf("%s: %q", family, fix)
		}
	}
	if fix := logsFix("ended", aura.Errorf("test", aura.Unavailable, "no answer")); fix != "check the disk, then run aura doctor again" {
		t.Errorf("a disk that does not answer: %q", fix)
	}
}

// TestDoctorTellsOfWithheldRights when no agent runs, too.
func TestDoctorTellsOfWithheldRights(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	sim := task.NewSim(1, task.SimOptions{})
	err := sim.Run("test", func(tc task.Context) error {
		root := keyring.Ephemeral(sim.Entropy("ring"))
		for place, want := range map[roster.RootPlace]int{roster.RootPlaceHere: 0, roster.RootPlacePhrase: 1} {
			ring := root.Sibling(sim.Entropy(place.String()), place)
			payload, err := fact.Marshal(contact.Self{Name: "Ada"})
			if err != nil {
				return err
			}
			disk, err := written(tc, sim, ring, &journal.Entry{Drafts: []fact.Draft{
				{Namespace: fact.OwnNamespace(ring.Authority()), Kind: contact.KindSelf, Payload: payload},
			}})
			if err != nil {
				return err
			}
			told := 0
			for _, f := range checkJournal(tc, &cli.Shell{Out: io.Discard, Err: io.Discard}, t.TempDir(), disk, ring) {
				if f.Check == "rights" {
					told++
					if f.OK || !strings.Contains(f.Detail, "chat:send") || !strings.Contains(f.Fix, "the device that has the root key") {
						t.Errorf("%+v", f)
					}
				}
			}
			if told != want {
				t.Errorf("root key %v: it is told %d times", place, told)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestDoctorTellsAMissingProtocolFromADamagedRecording: the one is no matter of the disk.
func TestDoctorTellsAMissingProtocolFromADamagedRecording(t *testing.T) {
	findings := checkRecordings(&status.Status{Damaged: []string{"bytes"}, Suspended: []string{"protocol errand.agree is not here"}, Fallbacks: []string{"errand.agree begins in 01"}})
	if len(findings) != 3 || findings[2].OK || !strings.Contains(findings[2].Detail, "begins in 01") || !strings.Contains(findings[2].Fix, "upgrade") || !strings.Contains(findings[0].Fix, "check the disk") || !strings.Contains(findings[0].Detail, "given up: bytes") ||
		strings.Contains(findings[1].Fix, "disk") || !strings.Contains(findings[1].Fix, "Earlier") || !strings.Contains(findings[1].Detail, "errand.agree") {
		t.Errorf("doctor says %+v", findings)
	}
}

// TestDoctorCountsTheEntriesOfLogs: one is an entry.
func TestDoctorCountsTheEntriesOfLogs(t *testing.T) {
	for entries, want := range map[uint64]string{1: "receipt: 1 with 1 entry, 1 KiB", 2: "receipt: 1 with 2 entries, 1 KiB"} {
		said := countLogs([]status.Logs{{Name: "receipt", Logs: 1, Entries: entries, Bytes: 9}})
		if !said.OK || !strings.Contains(said.Detail, want) {
			t.Errorf("%d: %+v", entries, said)
		}
	}
}

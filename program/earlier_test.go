package program

import (
	"path/filepath"
	"slices"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/keyring"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// onDisk calls fn with the journal and the keys of a home whose agent does not run.
func onDisk(ts *testscript.TestScript, home, secret string, fn func(tc task.Context, j *journal.Journal, ring *keyring.Ring) error) {
	ts.Check(task.NewReal(task.RealOptions{}).Run("earlier", func(tc task.Context) error {
		ring, err := keyring.Open(tc, filepath.Join(ts.MkAbs(home), keyringFolder), keyring.KeyFile(ts.MkAbs(secret)))
		if err != nil {
			return err
		}
		registry, err := agent.Registry()
		if err != nil {
			return err
		}
		store, err := journal.OpenPebble(filepath.Join(ts.MkAbs(home), journalFolder), journal.PebbleOptions{})
		if err != nil {
			return err
		}
		j, err := journal.Open(tc, store, journal.Options{Key: ring.StoreKey(), Entropy: world.Random(), Registry: registry})
		if err != nil {
			return err
		}
		writer := task.NewGroup(tc, "journal")
		writer.Go("journal", j.Serve)
		if err := fn(tc, j, ring); err != nil {
			return err
		}
		_ = writer.Close(tc, patience)
		return j.Close(tc)
	}))
}

// conversation returns the namespace in which a text was said, and its greatest time.
func conversation(ts *testscript.TestScript, tc task.Context, j *journal.Journal, text string) (ns fact.Namespace, last aura.Logical) {
	look := func(sel fact.Selection, fn func(*fact.Record)) {
		_, err := j.Read(tc, sel, func(r fact.Record) error { fn(&r); return nil })
		ts.Check(err)
	}
	look(fact.Selection{Kinds: []string{chat.KindMessage}}, func(r *fact.Record) {
		var said chat.Text
		if fact.Unmarshal(r.Fact.Payload, &said) == nil && said.Text == text {
			ns = r.Fact.Namespace
		}
	})
	if ns == (fact.Namespace{}) {
		ts.Fatalf("no message says %q", text)
	}
	look(fact.Selection{Namespaces: []fact.Namespace{ns}}, func(r *fact.Record) { last = max(last, r.Fact.Logical) })
	return ns, last
}

// rowOf returns the facts of a device in a namespace, all of the first format and in one row.
func rowOf(ts *testscript.TestScript, j *journal.Journal, ns fact.Namespace, device aura.DeviceID) (all []fact.Record, last fact.Place) {
	all, err := j.ByAuthor(ns, device, 1, 1<<20)
	ts.Check(err)
	for i := range all {
		all[i].Before = last.ID
		last = all[i].Row()
	}
	return all, last
}

// saidEarlier HOME SECRET AFTER TEXT… adds texts to a home as the build before the chains wrote them: to the conversation in which
// AFTER was said.
func saidEarlier(ts *testscript.TestScript, _ bool, args []string) {
	onDisk(ts, args[0], args[1], func(tc task.Context, j *journal.Journal, ring *keyring.Ring) error {
		ns, logical := conversation(ts, tc, j, args[2])
		for _, text := range args[3:] {
			_, row := rowOf(ts, j, ns, ring.Device())
			payload, err := fact.Marshal(chat.Text{Text: text, At: tc.Now().At})
			if err != nil {
				return err
			}
			logical++
			r := fact.NewRecord(fact.Fact{
				Namespace: ns, Kind: chat.KindMessage, Payload: payload, Logical: logical, Order: aura.OrderToken{byte(len(text))},
				Author: ring.Authority(), Device: ring.Device(),
			})
			batch := fact.NewBatch([]aura.FactID{r.ID})
			r.Proof = batch.Proof(0, ring.Sign(batch.SigningBytes()))
			r.Seq, r.Before = row.Seq+1, row.ID
			if _, err := j.Append(tc, &journal.Entry{Foreign: []fact.Record{r}}); err != nil {
				return err
			}
		}
		return nil
	})
}

// broughtEarlier HOME SECRET AFTER TO SECRET brings what a home said in a conversation to another home as the build before the
// chains did: it took whatever had the next number.
func broughtEarlier(ts *testscript.TestScript, _ bool, args []string) {
	var news []fact.Record
	var from aura.DeviceID
	onDisk(ts, args[0], args[1], func(tc task.Context, j *journal.Journal, ring *keyring.Ring) error {
		ns, _ := conversation(ts, tc, j, args[2])
		from = ring.Device()
		news, _ = rowOf(ts, j, ns, from)
		return nil
	})
	onDisk(ts, args[3], args[4], func(tc task.Context, j *journal.Journal, _ *keyring.Ring) error {
		here, row := rowOf(ts, j, news[0].Fact.Namespace, from)
		news = slices.Clone(news[min(len(here), len(news)):])
		for i := range news {
			news[i].Before = row.ID
			row = news[i].Row()
		}
		_, err := j.Append(tc, &journal.Entry{Foreign: news})
		return err
	})
}

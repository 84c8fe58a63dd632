package agent_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/directory"
	"github.com/aura-runtime/aura/domain/builtin"
	"github.com/aura-runtime/aura/domain/capability"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/domain/moderation"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/frontier"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// mortal is a store that dies with its n-th batch, and counts the records that are read.
type mortal struct {
	journal.Store
	left    int
	records int
	dead    *task.Latch
}

func (m *mortal) Apply(tc task.Context, b *journal.Batch) error {
	if m.left--; m.left <= 0 {
		m.dead.Open()
		return aura.Errorf("test.Apply", aura.Unavailable, "the machine is off")
	}
	return m.Store.Apply(tc, b)
}

func (m *mortal) Get(key []byte) ([]byte, bool, error) {
	if key[0] == 0x02 {
		m.records++
	}
	return m.Store.Get(key)
}

func (m *mortal) Iterate(start, end []byte, fn func(key, value []byte) error) error {
	return m.Store.Iterate(start, end, func(key, value []byte) error {
		if key[0] == 0x02 {
			m.records++
		}
		return fn(key, value)
	})
}

// states returns the saved state of every fold of an agent: as its start restores it, and as all facts give
// it.
func states(tc task.Context, cert fact.Certificate, j *journal.Journal) (started, folded map[string][]byte, err error) {
	registry, err := agent.Registry()
	if err != nil {
		return nil, nil, err
	}
	book := directory.New(must(builtin.New()), cert.Authority(), j.Meta)
	if err := book.Load(tc, j, cert.Device()); err != nil {
		return nil, nil, err
	}
	tokens, detach, err := frontier.Open(tc, cert, registry.Capabilities(), j)
	if err != nil {
		return nil, nil, err
	}
	defer detach()
	started, folded = map[string][]byte{}, map[string][]byte{}
	save := func(into map[string][]byte, name string, f interface{ Save() ([]byte, error) }) {
		if err == nil {
			into[name], err = f.Save()
		}
	}
	book.Read(func(pages *directory.State) {
		save(started, "contacts", pages.Contacts)
		save(started, "moderation", pages.Moderation)
		save(started, "invites", pages.Invites)
		save(started, "groups", chat.Groups{State: pages.Chats})
	})
	save(started, "tokens", tokens)

	var contacts contact.State
	var blocks moderation.State
	var invites invite.State
	chats := chat.Groups{State: chat.NewState(cert.Authority(), chat.Keep{})}
	grants := capability.NewState(cert.Authority())
	if _, failed := j.Read(tc, fact.Selection{}, func(r fact.Record) error {
		contacts.Apply(&r)
		blocks.Apply(&r)
		invites.Apply(&r)
		chats.Apply(&r)
		grants.Apply(&r)
		return nil
	}); failed != nil {
		return nil, nil, failed
	}
	save(folded, "contacts", &contacts)
	save(folded, "moderation", &blocks)
	save(folded, "invites", &invites)
	save(folded, "groups", chats)
	save(folded, "tokens", grants)
	return started, folded, err
}

// busy mutes and unmutes a contact, often enough for checkpoints of every fold.
func busy(tc task.Context, p *auratest.Person, ref contact.Ref) error {
	for i := range 100 {
		for _, in := range []struct {
			kind    string
			payload any
		}{
			{contact.IntentRename, contact.RenameIntent{Contact: ref, Name: fmt.Sprint("Ben the ", i)}},
			{moderation.IntentBlock, moderation.ChangeIntent{Contact: ref}},
			{moderation.IntentUnblock, moderation.ChangeIntent{Contact: ref}},
			{invite.IntentCreate, invite.CreateIntent{Life: time.Duration(i+1) * time.Minute}},
		} {
			if err := p.Submit(tc, in.kind, in.payload, nil); err != nil {
				return err
			}
		}
		if err := tc.Sleep(5 * time.Second); err != nil {
			return err
		}
	}
	return nil
}

// TestAStartFromCheckpointsIsThatOfAllFacts cuts the power at one batch after the other, checkpoints and what
// collects them among them, and compares the folds of the next start with a fold of every fact.
func TestAStartFromCheckpointsIsThatOfAllFacts(t *testing.T) {
	kept, total := 0, 1
	for at := 1; at <= total; at += 1 + at/10 {
		auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
			var hands agent.Hands
			ada := w.Person(tc, "Ada", func(p *auratest.Person) {
				p.Hands = func(h agent.Hands) agent.Hands { hands = h; return h }
			})
			ben := w.Person(tc, "Ben")
			w.Meet(tc, ada, ben)
			ref := known(tc, ada, ben)
			ada.Stop(tc)
			disk := ada.Disk
			store := &mortal{Store: disk, left: at, dead: task.NewLatch()}
			if total == 1 {
				store.left = 1 << 30 // the first world counts the batches
			}
			before := disk.Syncs()
			hands.Store = store
			group := task.NewGroup(tc, "Ada")
			a, err := agent.New(tc, group, hands, agent.Options{})
			if err != nil {
				t.Fatal(err)
			}
			ada.Agent = a
			if err := a.Start(tc); err == nil {
				if err := busy(tc, ada, ref); err == nil && total > 1 && store.left > 0 {
					t.Fatalf("the store did not die at batch %d of %d", at, total)
				}
			}
			if total == 1 {
				total = int(disk.Syncs() - before)
			}
			w.Sim.Crash(group)

			group = task.NewGroup(tc, "Ada again")
			again := &mortal{Store: disk.Crash(), left: 1 << 30, dead: task.NewLatch()}
			store.Store = again.Store
			j, err := journal.Open(tc, again, journal.Options{Key: hands.Ring.StoreKey(), Entropy: hands.Entropy, Registry: must(agent.Registry())})
			if err != nil {
				t.Fatal(err)
			}
			started, folded, err := states(tc, hands.Ring.Certificate(), j)
			if err != nil {
				t.Fatal(err)
			}
			for name, want := range folded {
				if !bytes.Equal(started[name], want) {
					t.Errorf("crash at batch %d: the start has other %s than the facts", at, name)
				}
			}
			if _, ok, err := j.Checkpoint("fold.contact"); err != nil {
				t.Fatal(err)
			} else if ok {
				kept++
			}
			if err := group.Close(tc, time.Minute); err != nil && aura.KindOf(err) != aura.Cancelled {
				t.Fatal(err)
			}
		})
	}
	if kept == 0 {
		t.Error("no life kept a checkpoint")
	}
	t.Logf("%d batches", total)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

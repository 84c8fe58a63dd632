package auratest_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/keyring"
	"github.com/aura-runtime/aura/task"
)

// Homes as the build before the chains left them: facts of the first format, of which none signs its place, and no
// identities beside places.

// rowID names the facts of a device in a namespace.
type rowID struct {
	ns     fact.Namespace
	device aura.DeviceID
}

// first returns a fact in the first format, behind those of a row, and makes it the last of them.
func first(f fact.Fact, ring *keyring.Ring, row *fact.Place) fact.Record {
	f.Seq, f.Prev, f.Merges, f.Payload = 0, [fact.ShortID]byte{}, nil, withoutIDs(f.Kind, f.Payload)
	rec := fact.NewRecord(f)
	batch := fact.NewBatch([]aura.FactID{rec.ID})
	rec.Proof = batch.Proof(0, ring.Sign(batch.SigningBytes()))
	rec.Seq, rec.Before = row.Seq+1, row.ID
	*row = rec.Row()
	return rec
}

// withoutIDs returns the payload as it was when a place was a number alone.
func withoutIDs(kind string, payload []byte) []byte {
	var changed any
	switch kind {
	case delivery.KindAcked:
		var p delivery.Acked
		if fact.Unmarshal(payload, &p) == nil {
			p.ID = [fact.ShortID]byte{}
			changed = p
		}
	case chat.KindRead:
		var p chat.Read
		if fact.Unmarshal(payload, &p) == nil {
			for i := range p.Marks {
				p.Marks[i].ID = [fact.ShortID]byte{}
			}
			changed = p
		}
	}
	if b, err := fact.Marshal(changed); changed != nil && err == nil {
		return b
	}
	return payload
}

// onDisk calls fn with the journal of a home that does not run.
func (r *reunion) onDisk(p *auratest.Person, disk *journal.Faulty, fn func(j *journal.Journal) error) {
	r.w.Helper()
	registry, err := agent.Registry()
	if err != nil {
		r.w.Fatalf("%v", err)
	}
	j, err := journal.Open(r.tc, disk, journal.Options{
		Key: p.Ring.StoreKey(), Entropy: r.w.Sim.Entropy(p.Name + " earlier build"), Registry: registry,
	})
	if err != nil {
		r.w.Fatalf("%v", err)
	}
	writer := task.NewGroup(r.tc, "earlier build")
	writer.Go("journal", j.Serve)
	if err := fn(j); err != nil {
		r.w.Fatalf("%s: %v", p.Name, err)
	}
	_ = writer.Close(r.tc, time.Minute)
	if err := j.Close(r.tc); err != nil {
		r.w.Fatalf("%v", err)
	}
	p.Disk = disk.Crash()
}

// earlier stops the homes, and makes of each what an earlier build would have left.
func (r *reunion) earlier(homes ...*auratest.Person) {
	r.w.Helper()
	rings := map[aura.DeviceID]*keyring.Ring{}
	for _, p := range homes {
		rings[p.Ring.Device()] = p.Ring
	}
	for _, p := range homes {
		if p.Agent != nil {
			p.Stop(r.tc)
		}
		clear(r.held[p.Self()])
	}
	for _, p := range homes {
		var all []fact.Record
		rows := map[rowID]*fact.Place{}
		r.onDisk(p, p.Disk, func(j *journal.Journal) error {
			_, err := j.Read(r.tc, fact.Selection{}, func(rec fact.Record) error {
				id := rowID{rec.Fact.Namespace, rec.Fact.Device}
				if rows[id] == nil {
					rows[id] = new(fact.Place)
				}
				all = append(all, first(rec.Fact, rings[rec.Fact.Device], rows[id]))
				return nil
			})
			return err
		})
		// All but records, streams, checkpoints and indexes is as it was: metadata, ledger, logs.
		kept := &journal.Batch{}
		if err := p.Disk.Iterate(nil, nil, func(key, value []byte) error {
			if k := key[0]; k == 0x00 || k >= 0x08 && k <= 0x0a || k > 0x11 {
				kept.Set(bytes.Clone(key), bytes.Clone(value))
			}
			return nil
		}); err != nil {
			r.w.Fatalf("%v", err)
		}
		disk := journal.NewFaulty(r.w.Sim.Entropy(p.Name+" earlier disk"), journal.Faults{})
		if err := disk.Apply(r.tc, kept); err != nil {
			r.w.Fatalf("%v", err)
		}
		r.onDisk(p, disk, func(j *journal.Journal) error {
			for part := range slices.Chunk(all, 64) {
				if _, err := j.Append(r.tc, &journal.Entry{Foreign: part}); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// rowOf returns the facts of a device in the conversation, all of the first format and in one row.
func (r *reunion) rowOf(j *journal.Journal, device aura.DeviceID) ([]fact.Record, error) {
	all, err := j.ByAuthor(fact.ContextNamespace(r.talk), device, 1, 1<<20)
	before := fact.Place{}
	for i := range all {
		all[i].Before = before.ID
		before = all[i].Row()
	}
	return all, err
}

// saysEarlier lets a home that does not run say a text with the earlier build.
func (r *reunion) saysEarlier(p *auratest.Person, text string) {
	r.w.Helper()
	r.said[text] = p.Self()
	r.onDisk(p, p.Disk, func(j *journal.Journal) error {
		device := p.Ring.Device()
		all, err := r.rowOf(j, device)
		if err != nil {
			return err
		}
		payload, err := fact.Marshal(chat.Text{Text: text, At: r.tc.Now().At})
		if err != nil {
			return err
		}
		logical, row := aura.Logical(0), fact.Place{}
		if _, err := j.Read(r.tc, fact.Selection{Namespaces: []fact.Namespace{fact.ContextNamespace(r.talk)}}, func(rec fact.Record) error {
			logical = max(logical, rec.Fact.Logical)
			return nil
		}); err != nil {
			return err
		}
		if len(all) > 0 {
			row = all[len(all)-1].Row()
		}
		rec := first(fact.Fact{
			Namespace: fact.ContextNamespace(r.talk), Kind: chat.KindMessage, Payload: payload, Logical: logical + 1,
			Order: aura.OrderToken{byte(len(r.said))}, Author: p.Self(), Device: device,
		}, p.Ring, &row)
		_, err = j.Append(r.tc, &journal.Entry{Foreign: []fact.Record{rec}})
		return err
	})
}

// meetEarlier lets the earlier build bring what a home said to another: by numbers alone, it takes whatever has the next place.
func (r *reunion) meetEarlier(from, to *auratest.Person) {
	r.w.Helper()
	var news []fact.Record
	r.onDisk(from, from.Disk, func(j *journal.Journal) (err error) {
		news, err = r.rowOf(j, from.Ring.Device())
		return err
	})
	r.onDisk(to, to.Disk, func(j *journal.Journal) error {
		here, err := r.rowOf(j, from.Ring.Device())
		if err != nil || len(here) >= len(news) {
			return err
		}
		row, after := fact.Place{}, aura.Logical(0)
		if n := len(here); n > 0 {
			row, after = here[n-1].Row(), here[n-1].Fact.Logical
		}
		for _, rec := range news[len(here):] {
			if rec.Fact.Logical <= after {
				return nil
			}
			rec.Before = row.ID
			row, after = rec.Row(), rec.Fact.Logical
			if _, err := j.Append(r.tc, &journal.Entry{Foreign: []fact.Record{rec}}); err != nil {
				return err
			}
		}
		return nil
	})
}

// TestAHomeOfAnEarlierBuildTalksOn: no home of the two has a branch then.
func TestAHomeOfAnEarlierBuildTalksOn(t *testing.T) {
	relate(t, func(tc task.Context, r *reunion) {
		ada, ben := r.pair()
		r.earlier(ada, ben)
		r.start(ada)
		r.start(ben)
		r.goOn()
		for _, p := range r.homes {
			if at := p.Agent.Status(); len(at.Branches) > 0 {
				t.Errorf("%s tells of branches: %+v", p.Name, at.Branches)
			}
		}
	})
}

// TestAnOldCopyOfAnEarlierHomeThatWrote before it met its peer: it lacks facts that the peer has from the earlier build,
// or none, and has said something at their places.
func TestAnOldCopyOfAnEarlierHomeThatWrote(t *testing.T) {
	for _, since := range []int{0, 1, 5} {
		for _, when := range []string{"in place of the original", "beside it"} {
			t.Run(fmt.Sprintf("%d since, %s", since, when), func(t *testing.T) {
				relate(t, func(tc task.Context, r *reunion) {
					ada, ben := r.pair()
					r.earlier(ada, ben)
					old := ada.Copy(tc, "Ada's copy")
					for i := range since {
						r.saysEarlier(ada, fmt.Sprint("since the copy ", i))
						r.meetEarlier(ada, ben)
					}
					if when == "in place of the original" {
						ada.Restore(tc, old)
						old = ada
					} else {
						r.homes = append(r.homes, old)
						r.start(ada)
					}
					r.w.Cut(ada, ben)
					r.w.Cut(old, ben)
					r.start(old)
					r.start(ben)
					for i := range 3 {
						for _, p := range r.homes {
							r.say(p, fmt.Sprint(p.Name, " with this build ", i))
						}
					}
					r.w.Heal(ada, ben)
					r.w.Heal(old, ben)
					r.agree("after they met")
					r.goOn()
				})
			})
		}
	}
}

// TestCopiesThatBothWroteWithAnEarlierBuild: the peer has taken by numbers, so it has some of both, in an order that no
// copy has. It returns to each copy the facts of the other, gets those that it lacks, and all are joined.
func TestCopiesThatBothWroteWithAnEarlierBuild(t *testing.T) {
	for name, story := range map[string]func(r *reunion, ada, twin *auratest.Person, peers []*auratest.Person){
		"the peer knows one": func(r *reunion, ada, twin *auratest.Person, peers []*auratest.Person) {
			r.saysEarlier(ada, "from the original 1")
			r.saysEarlier(ada, "from the original 2")
			r.saysEarlier(twin, "from the copy 1")
			r.meetEarlier(ada, peers[0])
		},
		"the peers know one each": func(r *reunion, ada, twin *auratest.Person, peers []*auratest.Person) {
			r.saysEarlier(ada, "from the original 1")
			r.saysEarlier(twin, "from the copy 1")
			r.saysEarlier(twin, "from the copy 2")
			r.meetEarlier(ada, peers[0])
			r.meetEarlier(twin, peers[len(peers)-1])
		},
		"the peer has some of both": func(r *reunion, ada, twin *auratest.Person, peers []*auratest.Person) {
			for i := range 4 {
				r.saysEarlier(ada, fmt.Sprint("from the original ", i))
				r.saysEarlier(twin, fmt.Sprint("from the copy ", i))
				r.saysEarlier(twin, fmt.Sprint("again from the copy ", i))
				r.meetEarlier([]*auratest.Person{ada, twin}[i%2], peers[0])
				r.meetEarlier([]*auratest.Person{ada, twin}[(i+1)%2], peers[len(peers)-1])
			}
		},
	} {
		for _, group := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, group %v", name, group), func(t *testing.T) {
				relate(t, func(tc task.Context, r *reunion) {
					var ada *auratest.Person
					if group {
						ada, _, _ = r.circle()
					} else {
						ada, _ = r.pair()
					}
					peers := slices.Clone(r.homes[1:])
					r.earlier(r.homes...)
					twin := ada.Copy(tc, "Ada's copy")
					r.homes = append(r.homes, twin)
					story(r, ada, twin, peers)
					for _, p := range r.homes {
						r.start(p)
					}
					r.agree("with this build")
					r.goOn()
					for _, p := range r.homes {
						r.read(p)
					}
					r.w.Sleep(tc, time.Hour)
					twin.Stop(tc)
					r.say(ada, "alone again")
					r.agree("when the copy has gone")
					for _, p := range r.homes {
						if p.Agent != nil {
							for _, b := range p.Agent.Status().Branches {
								if b.Open > 0 {
									t.Errorf("%s tells of open branches: %+v", p.Name, b)
								}
							}
						}
					}
				})
			})
		}
	}
}

// TestRowsOfAnEarlierBuildComeBackAsTheyAre: a peer returns to an old copy what two others wrote with the earlier build, of which
// it has a fact of the one between two of the other.
func TestRowsOfAnEarlierBuildComeBackAsTheyAre(t *testing.T) {
	relate(t, func(tc task.Context, r *reunion) {
		ada, ben := r.pair()
		r.earlier(ada, ben)
		old, twin := ada.Copy(tc, "Ada's backup"), ada.Copy(tc, "Ada's copy")
		r.saysEarlier(ada, "from the original")
		r.saysEarlier(twin, "from the copy 1")
		r.meetEarlier(twin, ben)
		r.saysEarlier(twin, "from the copy 2")
		var news []fact.Record
		for _, p := range []*auratest.Person{ada, twin} {
			r.onDisk(p, p.Disk, func(j *journal.Journal) error {
				all, err := r.rowOf(j, ada.Ring.Device())
				news = append(news, all[len(all)-1])
				return err
			})
		}
		r.onDisk(ben, ben.Disk, func(j *journal.Journal) error {
			_, err := j.Append(tc, &journal.Entry{Foreign: news})
			return err
		})
		ada.Restore(tc, old)
		r.start(ada)
		r.start(ben)
		r.agree("when all came back")
		r.goOn()
		for _, p := range r.homes {
			for _, b := range p.Agent.Status().Branches {
				if b.Open > 0 {
					t.Errorf("%s tells of open branches: %+v", p.Name, b)
				}
			}
		}
	})
}

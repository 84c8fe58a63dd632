package auratest_test

import (
	"testing"
	"time"

	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
)

// dials counts the dials of one peer.
type dials struct {
	*transport.SimPeer
	of *dialled
}

type dialled struct {
	peer          transport.PeerID
	removal       *removal
	before, after int // the removal of the device was known
}

// Dial implements [transport.Network].
func (d dials) Dial(tc task.Context, peer transport.PeerID, addrs []transport.Address) (transport.Link, error) {
	switch {
	case peer != d.of.peer:
	case d.of.removal.known:
		d.of.after++
	default:
		d.of.before++
	}
	return d.SimPeer.Dial(tc, peer, addrs)
}

// TestARemovedDeviceIsNotCalled: a contact decides to dial a device while its disk is busy, and the batch with the decision has the entry that
// removes the device, too. They share two contexts.
func TestARemovedDeviceIsNotCalled(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 12}, func(tc task.Context, w *auratest.World) {
		calls := &dialled{removal: &removal{}}
		phone, cleo := w.Person(tc, "Ada's phone"), w.Person(tc, "Cleo")
		ben := w.Person(tc, "Ben", func(p *auratest.Person) {
			p.Hands = func(h agent.Hands) agent.Hands {
				open := h.Network
				h.Network = func(g agent.Gate) (transport.Network, error) {
					n, err := open(g)
					if err != nil {
						return nil, err
					}
					return dials{n.(*transport.SimPeer), calls}, nil
				}
				return h
			}
		})
		talk, other := w.Meet(tc, phone, ben), w.Meet(tc, ben, cleo)
		known, _ := phone.Look(tc).Contacts.ByAuthority(ben.Self())
		phone.Do(tc, chat.IntentCreate, chat.CreateIntent{Name: "two", Members: []contact.Ref{known.Ref}}, nil)
		laptop := phone.Enrol(tc, "Ada's laptop")
		h := &household{World: w, tc: tc, phone: phone, laptop: laptop, ben: ben, talk: talk}
		laptop.Say(tc, talk, "hello")
		h.hears(ben, phone, "hello")
		calls.peer = laptop.Ring.Certificate().Link
		*calls.removal = removal{by: phone.Ring.Device(), of: laptop.Ring.Device()}
		ben.Agent.Journal().Attach(calls.removal)
		laptop.Crash()
		// The disk is always busy, so a dial is decided together with the removal.
		ben.Disk.SetFaults(journal.Faults{SyncDelay: 3 * time.Second})
		speaking := task.NewGroup(tc, "speaking")
		for range 2 {
			speaking.Go("say", func(tc task.Context) error {
				for range 12 {
					ben.Say(tc, other, "and so on")
				}
				return nil
			})
		}
		w.Sleep(tc, 7*time.Second+time.Duration(w.Seed)*250*time.Millisecond)
		phone.Dismiss(tc, laptop)
		if err := speaking.Wait(tc); err != nil {
			w.Fatalf("%v", err)
		}
		w.Sleep(tc, time.Minute)
		if !calls.removal.known || calls.after > 0 || calls.before == 0 {
			w.Errorf("the removal came: %t; the device was called %d times before it and %d behind it", calls.removal.known, calls.before, calls.after)
		}
	})
}
